//! What is sent, from where it can be read again, and how it becomes the body of a request.

use std::io::{self, SeekFrom, Write as _};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use futures_util::stream;
use reqwest::Body;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncSeekExt as _};

use crate::error::Error;

/// How much is read at a time, in bytes.
const PIECE: usize = 64 * 1024;

/// A reader of what is sent.
pub type Reader = Box<dyn AsyncRead + Send + Unpin>;

/// Content that can be read again from any place, the same each time, so that a chunk can be sent
/// again after a fault.
#[async_trait]
pub trait Source: Send + Sync {
    /// A reader of the content from its byte `from` (counted from 0) to its end.
    async fn open(&self, from: u64) -> io::Result<Reader>;
}

/// A file.
#[async_trait]
impl Source for PathBuf {
    async fn open(&self, from: u64) -> io::Result<Reader> {
        let mut file = tokio::fs::File::open(self).await?;
        file.seek(SeekFrom::Start(from)).await?;
        Ok(Box::new(file))
    }
}

/// A short content, in memory.
#[async_trait]
impl Source for Bytes {
    async fn open(&self, from: u64) -> io::Result<Reader> {
        let from = usize::try_from(from).unwrap_or(usize::MAX).min(self.len());
        Ok(Box::new(io::Cursor::new(self.slice(from..))))
    }
}

/// What is known of a body on its way out.
#[derive(Clone, Default)]
pub(crate) struct Gauge(Arc<Shared>);

#[derive(Default)]
struct Shared {
    pieces: AtomicU64,
    fault: Mutex<Option<Error>>,
}

impl Gauge {
    /// How many pieces were taken so far.
    pub(crate) fn pieces(&self) -> u64 {
        self.0.pieces.load(Ordering::Relaxed)
    }

    /// Why the body ended too soon, if our own side is why.
    pub(crate) fn fault(&self) -> Option<Error> {
        self.slot().take()
    }

    fn slot(&self) -> std::sync::MutexGuard<'_, Option<Error>> {
        self.0.fault.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The part of a source that one request carries.
pub(crate) struct Part {
    /// Its length, in bytes before compression.
    pub(crate) length: u64,
    /// True where the source must end with it.
    pub(crate) last: bool,
    /// True where it is compressed by gzip.
    pub(crate) compress: bool,
}

impl Part {
    /// A body that reads and compresses as it is sent, and that breaks off rather than be shorter
    /// or longer than was said.
    pub(crate) fn body(self, reader: Reader, gauge: &Gauge) -> Body {
        let pour = Pour {
            reader,
            left: self.length,
            last: self.last,
            zip: self
                .compress
                .then(|| GzEncoder::new(Vec::new(), Compression::default())),
            done: false,
            gauge: gauge.clone(),
        };
        Body::wrap_stream(stream::try_unfold(pour, async |mut pour| {
            match pour.piece().await {
                Ok(piece) => Ok(piece.map(|piece| (piece, pour))),
                Err(error) => {
                    *pour.gauge.slot() = Some(error);
                    Err(io::Error::other("the source failed"))
                }
            }
        }))
    }
}

struct Pour {
    reader: Reader,
    left: u64,
    last: bool,
    zip: Option<GzEncoder<Vec<u8>>>,
    done: bool,
    gauge: Gauge,
}

impl Pour {
    async fn piece(&mut self) -> Result<Option<Bytes>, Error> {
        self.gauge.0.pieces.fetch_add(1, Ordering::Relaxed);
        while !self.done {
            let piece = if self.left > 0 {
                self.read().await?
            } else {
                self.end()?
            };
            if !piece.is_empty() {
                return Ok(Some(piece));
            }
        }
        Ok(None)
    }

    /// The next of the content, or what its compression has ready.
    async fn read(&mut self) -> Result<Bytes, Error> {
        let most = usize::try_from(self.left).map_or(PIECE, |left| left.min(PIECE));
        let mut piece = vec![0; most];
        let count = self.reader.read(&mut piece).await.map_err(Error::Source)?;
        if count == 0 {
            return Err(Error::Length);
        }
        piece.truncate(count);
        self.left -= u64::try_from(count).map_err(|_| Error::Length)?;
        if self.left == 0 && self.last {
            // Before the last piece is out: with it MESH would have the message.
            self.ended().await?;
        }
        match &mut self.zip {
            None => Ok(Bytes::from(piece)),
            Some(zip) => {
                zip.write_all(&piece).map_err(Error::Source)?;
                Ok(Bytes::from(std::mem::take(zip.get_mut())))
            }
        }
    }

    /// That nothing follows the last part.
    async fn ended(&mut self) -> Result<(), Error> {
        match self.reader.read(&mut [0]).await {
            Ok(0) => Ok(()),
            Ok(_) => Err(Error::Length),
            Err(error) => Err(Error::Source(error)),
        }
    }

    /// The end of the compression.
    fn end(&mut self) -> Result<Bytes, Error> {
        self.done = true;
        match self.zip.take() {
            None => Ok(Bytes::new()),
            Some(zip) => zip.finish().map(Bytes::from).map_err(Error::Source),
        }
    }
}
