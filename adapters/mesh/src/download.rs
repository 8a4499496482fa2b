//! A message of the inbox as a stream, whole or an error.

use std::io;

use bytes::Bytes;
use futures_util::stream::{self, Stream};
use reqwest::header::ACCEPT_ENCODING;
use reqwest::{Method, Response};
use tokio::io::AsyncRead;
use tokio_util::io::StreamReader;

use crate::client::{Client, checked};
use crate::error::Error;
use crate::headers::{self, Headers, Kind};
use crate::names::MessageId;
use crate::report::Report;
use crate::unzip::{Bad, Unzip};

/// What was collected.
#[derive(Debug)]
pub enum Incoming {
    /// A message of another mailbox.
    Data(Box<Download>),
    /// MESH's own word that a message of ours failed.
    Report(Report),
}

/// The content of a message on its way in. Nothing of it is to be acted on before
/// [`Download::next`] has said that it is whole, by `None`.
pub struct Download {
    client: Client,
    headers: Headers,
    /// The chunk that is read, with its number; none once all of them were.
    chunk: Option<(u32, Chunk)>,
    budget: Budget,
    failed: bool,
}

/// One chunk's body.
struct Chunk {
    response: Response,
    unzip: Option<Unzip>,
    pending: Bytes,
}

/// What may still come, in bytes: as content, and over the wire.
struct Budget {
    limit: u64,
    content: u64,
    wire: u64,
}

impl std::fmt::Debug for Download {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Download")
            .field("headers", &self.headers)
            .finish_non_exhaustive()
    }
}

impl Client {
    /// Begins to collect a message ("Download message"): its headers are checked, its content is
    /// still to be read, at most `limit` bytes of it after decompression. It stays in the inbox
    /// until it is acknowledged.
    pub async fn collect(&self, message: &MessageId, limit: u64) -> Result<Incoming, Error> {
        let response = self.chunk_of(message, 1).await?;
        let (status, map) = (response.status(), response.headers());
        match headers::read(status, map, message, self.mailbox())? {
            Kind::Report(report) => Ok(Incoming::Report(report)),
            Kind::Data(headers) => {
                let budget = Budget::new(limit);
                let chunk = Chunk::new(response, &budget)?;
                Ok(Incoming::Data(Box::new(Download {
                    client: self.clone(),
                    headers,
                    chunk: Some((1, chunk)),
                    budget,
                    failed: false,
                })))
            }
        }
    }

    /// Asks for a chunk and waits until its body begins.
    async fn chunk_of(&self, message: &MessageId, chunk: u32) -> Result<Response, Error> {
        let number = chunk.to_string();
        let parts = ["inbox", message.as_str(), &number];
        let parts = if chunk == 1 { &parts[..2] } else { &parts[..] };
        let request = self
            .request(Method::GET, self.mailbox_url(parts)?)?
            .header(ACCEPT_ENCODING, "gzip");
        let begun = async {
            let response = request
                .send()
                .await
                .map_err(|error| Error::transport(&error))?;
            checked(response).await
        };
        match tokio::time::timeout(self.idle(), begun).await {
            Ok(response) => response,
            Err(_) => Err(Error::Timeout),
        }
    }
}

impl Download {
    /// What is said of the message.
    pub fn headers(&self) -> &Headers {
        &self.headers
    }

    /// The next piece of the content, seldom more than 1 MiB; `None` once the message is whole.
    /// After an error it gives only errors: begin again by [`Client::collect`] where
    /// [`Error::retry`] says so. The future may be dropped, and the call made again.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        if self.failed {
            return Err(Error::Stopped);
        }
        let piece = self.piece().await;
        self.failed = piece.is_err();
        piece
    }

    async fn piece(&mut self) -> Result<Option<Bytes>, Error> {
        loop {
            let Some((number, chunk)) = &mut self.chunk else {
                return Ok(None);
            };
            let number = *number;
            let wait = self.client.idle();
            let piece = match tokio::time::timeout(wait, chunk.next(number, &mut self.budget)).await
            {
                Ok(piece) => piece?,
                Err(_) => return Err(Error::Timeout),
            };
            match piece {
                Some(piece) => return Ok(Some(piece)),
                None if number < self.headers.chunks => {
                    let chunk = open(&self.client, &self.headers, &self.budget, number + 1).await?;
                    self.chunk = Some((number + 1, chunk));
                }
                None => self.chunk = None,
            }
        }
    }

    /// The content as a stream, which ends only when it is whole, and after the first error.
    pub fn into_stream(self) -> impl Stream<Item = Result<Bytes, Error>> + Send + 'static {
        stream::try_unfold(self, async |mut download| {
            Ok(download.next().await?.map(|piece| (piece, download)))
        })
    }

    /// The content as a reader, which ends only when it is whole; its errors hold an [`Error`].
    pub fn into_reader(self) -> impl AsyncRead + Send + Unpin + 'static {
        let stream = stream::try_unfold(self, async |mut download| {
            let piece = download.next().await.map_err(io::Error::other)?;
            Ok::<_, io::Error>(piece.map(|piece| (piece, download)))
        });
        StreamReader::new(Box::pin(stream))
    }
}

/// Asks for a later chunk of a message.
async fn open(
    client: &Client,
    headers: &Headers,
    budget: &Budget,
    chunk: u32,
) -> Result<Chunk, Error> {
    let (message, chunks) = (&headers.message, headers.chunks);
    let response = match client.chunk_of(message, chunk).await {
        Err(Error::NotFound) => return Err(Error::ChunkLost { chunk, chunks }),
        response => response?,
    };
    let (status, map) = (response.status(), response.headers());
    headers::later_chunk(status, map, chunk, chunks, message)?;
    Chunk::new(response, budget)
}

impl Chunk {
    fn new(response: Response, budget: &Budget) -> Result<Self, Error> {
        let unzip = headers::is_gzip(response.headers())?.then(|| Unzip::new(budget.content));
        Ok(Self {
            response,
            unzip,
            pending: Bytes::new(),
        })
    }

    /// The next of its content, never empty; `None` once the chunk is whole.
    async fn next(&mut self, number: u32, budget: &mut Budget) -> Result<Option<Bytes>, Error> {
        loop {
            if self.pending.is_empty() {
                match self.response.chunk().await {
                    Ok(Some(piece)) => {
                        budget.arrived(piece.len())?;
                        self.pending = piece;
                    }
                    Ok(None) => {
                        let last = match self.unzip.take() {
                            Some(unzip) => unzip.finish().map_err(|bad| budget.bad(bad, number))?,
                            None => Bytes::new(),
                        };
                        return budget
                            .given(last)
                            .map(|last| (!last.is_empty()).then_some(last));
                    }
                    Err(error) if error.is_timeout() => return Err(Error::Timeout),
                    Err(_) => return Err(Error::ChunkCut { chunk: number }),
                }
            }
            let piece = match &mut self.unzip {
                Some(unzip) => unzip
                    .push(&mut self.pending)
                    .map_err(|bad| budget.bad(bad, number))?,
                None => std::mem::take(&mut self.pending),
            };
            if !piece.is_empty() {
                return budget.given(piece).map(Some);
            }
        }
    }
}

impl Budget {
    /// What is compressed may be a little longer than its content, and not without end.
    fn new(limit: u64) -> Self {
        Self {
            limit,
            content: limit,
            wire: limit.saturating_add(limit / 8).saturating_add(1024 * 1024),
        }
    }

    fn arrived(&mut self, bytes: usize) -> Result<(), Error> {
        self.wire = left(self.wire, bytes).ok_or(Error::TooLarge { limit: self.limit })?;
        Ok(())
    }

    fn given(&mut self, piece: Bytes) -> Result<Bytes, Error> {
        self.content =
            left(self.content, piece.len()).ok_or(Error::TooLarge { limit: self.limit })?;
        Ok(piece)
    }

    fn bad(&self, bad: Bad, chunk: u32) -> Error {
        match bad {
            Bad::TooLarge => Error::TooLarge { limit: self.limit },
            Bad::Damaged => Error::Damaged { chunk },
        }
    }
}

fn left(of: u64, bytes: usize) -> Option<u64> {
    of.checked_sub(u64::try_from(bytes).ok()?)
}
