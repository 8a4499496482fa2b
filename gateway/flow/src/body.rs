//! Bodies: streamed in and sealed as they come, streamed out and opened as they go. Memory
//! stays at a few chunks at any size, and only ciphertext reaches the disk.

use std::io::{BufRead as _, BufReader, Cursor, ErrorKind, Read, Write};

use bytes::Bytes;
use gateway_core::Id;
use gateway_seal::{Digesting, ItemKey, open_body, seal_body};
use gateway_store::blob::BlobWriter;
use gateway_store::rows::ItemRow;
use secrecy::ExposeSecret as _;
use tokio::sync::{mpsc, oneshot};
use zeroize::Zeroizing;

use crate::Flow;
use crate::error::FlowError;
use crate::staged::StagedFile;

/// Sealed bodies up to this many bytes lie in their row.
pub const INLINE: usize = 64 * 1024;
/// How many bytes a chunk going out holds.
const CHUNK: usize = 64 * 1024;

/// A body, sealed to a key of its own, that no exchange refers to yet.
#[derive(Debug)]
pub struct StagedBody {
    pub(crate) key: ItemKey,
    pub(crate) stored: Stored,
    /// Size of the content, bytes.
    pub size: u64,
    /// SHA-256 of the content.
    pub sha256: [u8; 32],
    /// Media type.
    pub media_type: String,
}

/// What is kept outside the records: the key's text, and the sealed bytes, or the staged file
/// that they lie in.
pub type Kept = (String, Option<Vec<u8>>, Option<String>);

/// Where a sealed body lies.
#[derive(Debug)]
pub(crate) enum Stored {
    Inline(Vec<u8>),
    Blob { file: StagedFile, sha256: String },
}

/// A sealed body as a row has it.
pub(crate) struct Placed {
    /// Its bytes, where they are few.
    pub(crate) inline: Option<Vec<u8>>,
    /// Else the file's id.
    pub(crate) blob: Option<String>,
    /// SHA-256 of the file, hexadecimal.
    pub(crate) blob_sha256: Option<String>,
    /// The file, to be held until the row is committed.
    pub(crate) file: Option<StagedFile>,
}

impl Stored {
    /// Where it lies, for the row that is to refer to it.
    pub(crate) fn place(self) -> Placed {
        match self {
            Self::Inline(sealed) => Placed {
                inline: Some(sealed),
                blob: None,
                blob_sha256: None,
                file: None,
            },
            Self::Blob { file, sha256 } => Placed {
                inline: None,
                blob: Some(file.id().to_owned()),
                blob_sha256: Some(sha256),
                file: Some(file),
            },
        }
    }
}

/// Ciphertext that stays in memory while it is small and goes to a file when it is not.
enum Sink {
    Memory(Vec<u8>),
    File(StagedFile, BlobWriter),
}

struct Spill {
    flow: Flow,
    runtime: tokio::runtime::Handle,
    sink: Sink,
}

impl Spill {
    fn new(flow: &Flow) -> Self {
        Self {
            flow: flow.clone(),
            runtime: tokio::runtime::Handle::current(),
            sink: Sink::Memory(Vec::new()),
        }
    }

    /// Seals what `write` writes, to a fresh key.
    fn seal(
        self,
        media_type: String,
        write: impl FnOnce(&mut dyn Write) -> Result<(), FlowError>,
    ) -> Result<StagedBody, FlowError> {
        let key = ItemKey::generate();
        let mut writer = Digesting::new(seal_body(&key, self)?);
        write(&mut writer)?;
        let (sealing, digest) = writer.finish();
        let stored = match sealing.finish()?.sink {
            Sink::Memory(sealed) => Stored::Inline(sealed),
            Sink::File(file, writer) => Stored::Blob {
                file,
                sha256: writer.finish()?,
            },
        };
        Ok(StagedBody {
            key,
            stored,
            size: digest.bytes,
            sha256: digest.sha256,
            media_type,
        })
    }
}

impl Write for Spill {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if let Sink::Memory(held) = &mut self.sink {
            if held.len() + bytes.len() <= INLINE {
                held.extend_from_slice(bytes);
                return Ok(bytes.len());
            }
            let held = std::mem::take(held);
            let id = Id::new(&self.flow.clock).to_string();
            self.runtime
                .block_on(self.flow.stage_blob(&id))
                .map_err(|error| std::io::Error::other(error.to_string()))?;
            let file = StagedFile::new(&self.flow, &self.runtime, id);
            let mut writer = self.flow.blobs.create(file.id())?;
            writer.write_all(&held)?;
            self.sink = Sink::File(file, writer);
        }
        match &mut self.sink {
            Sink::File(_, writer) => writer.write(bytes),
            Sink::Memory(_) => Ok(0),
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        match &mut self.sink {
            Sink::File(_, writer) => writer.flush(),
            Sink::Memory(_) => Ok(()),
        }
    }
}

impl Flow {
    async fn stage_blob(&self, id: &str) -> Result<(), FlowError> {
        let mut tx = self.store.write("stage-body").await?;
        tx.stage_blob(id, self.now()).await?;
        Ok(tx.commit().await?)
    }

    /// Seals what comes through `chunks` until it closes. A sender that stops half-way sends an
    /// error, and nothing is kept; nor is anything where nobody waits for it any more.
    pub async fn take_body(
        &self,
        media_type: String,
        mut chunks: mpsc::Receiver<Result<Bytes, FlowError>>,
    ) -> Result<StagedBody, FlowError> {
        let spill = Spill::new(self);
        let (send, sealed) = oneshot::channel();
        tokio::task::spawn_blocking(move || {
            let sealed = spill.seal(media_type, |writer| {
                while let Some(chunk) = chunks.blocking_recv() {
                    writer.write_all(&chunk?)?;
                }
                Ok(())
            });
            let _ = send.send(sealed);
        });
        let stopped = |_| FlowError::Internal("sealing a body stopped".to_owned());
        sealed.await.map_err(stopped)?
    }

    /// Seals bytes that are all there. Small ones are sealed where they are, which takes less
    /// than handing them to another thread.
    pub fn take_bytes(&self, media_type: String, bytes: &[u8]) -> Result<StagedBody, FlowError> {
        let spill = Spill::new(self);
        let work = move || spill.seal(media_type, |writer| Ok(writer.write_all(bytes)?));
        match bytes.len() <= INLINE / 2 {
            true => work(),
            false => tokio::task::block_in_place(work),
        }
    }

    /// Seals a text of the submission itself.
    pub fn take_text(&self, text: &str) -> Result<StagedBody, FlowError> {
        self.take_bytes("text/plain; charset=utf-8".to_owned(), text.as_bytes())
    }

    /// A staged body in clear, whole: bound its size, and how many there are.
    pub fn staged_bytes(&self, body: &StagedBody) -> Result<Zeroizing<Vec<u8>>, FlowError> {
        opened_whole(&body.key, self.staged_sealed(body)?, body.size)
    }

    /// A staged body in clear, piece by piece.
    ///
    /// # Errors
    /// [`FlowError::Internal`] where its file cannot be opened; what is wrong further on comes with
    /// the pieces.
    pub fn staged_stream(
        &self,
        body: &StagedBody,
    ) -> Result<mpsc::Receiver<std::io::Result<Bytes>>, FlowError> {
        let sealed = self.staged_sealed(body)?;
        let key = read_key(body.key.to_text().expose_secret())?;
        Ok(stream(move || {
            open_body(&key, sealed).map_err(|error| std::io::Error::other(error.to_string()))
        }))
    }

    /// A body that is kept outside the records, in clear, whole: its key's text, and where it
    /// lies.
    pub fn kept_bytes(
        &self,
        key: &str,
        inline: Option<&[u8]>,
        blob: Option<&str>,
    ) -> Result<Zeroizing<Vec<u8>>, FlowError> {
        let room = inline.map_or(0, |sealed| sealed.len() as u64);
        let sealed = self.kept_sealed(inline.map(<[u8]>::to_vec), blob)?;
        opened_whole(&read_key(key)?, sealed, room)
    }

    /// The ciphertext of a staged body.
    fn staged_sealed(&self, body: &StagedBody) -> Result<Box<dyn Read + Send>, FlowError> {
        match &body.stored {
            Stored::Inline(sealed) => Ok(Box::new(Cursor::new(sealed.clone()))),
            Stored::Blob { file, .. } => Ok(Box::new(self.blobs.open_blob(file.id())?)),
        }
    }

    /// The ciphertext of what is kept outside the records.
    fn kept_sealed(
        &self,
        inline: Option<Vec<u8>>,
        blob: Option<&str>,
    ) -> Result<Box<dyn Read + Send>, FlowError> {
        match (inline, blob) {
            (Some(sealed), _) => Ok(Box::new(Cursor::new(sealed))),
            (None, Some(id)) => Ok(Box::new(self.blobs.open_blob(id)?)),
            (None, None) => Err(FlowError::Internal("a kept body is gone".to_owned())),
        }
    }

    /// The beginning of a sealed body, at most `most` bytes of it, in clear.
    pub(crate) fn opened_part(
        &self,
        key: &ItemKey,
        inline: Option<Vec<u8>>,
        blob: Option<&str>,
        most: usize,
    ) -> Result<Zeroizing<Vec<u8>>, FlowError> {
        let sealed = self.kept_sealed(inline, blob)?;
        tokio::task::block_in_place(|| {
            let mut clear = Zeroizing::new(Vec::new());
            let most = u64::try_from(most).unwrap_or(u64::MAX);
            open_body(key, sealed)?.take(most).read_to_end(&mut clear)?;
            Ok(clear)
        })
    }

    /// Seals bytes to be kept outside the records: the key's text, and the sealed bytes, or the
    /// staged file that they lie in.
    pub fn keep_bytes(&self, bytes: &[u8]) -> Result<Kept, FlowError> {
        Ok(kept(self.take_bytes(String::new(), bytes)?))
    }

    /// Seals what `write` writes, to be kept outside the records; with its size in bytes. Blocking,
    /// within a runtime; memory stays the same at any size.
    ///
    /// # Errors
    /// As `write` fails; [`FlowError::Internal`] where it cannot be sealed or stored.
    pub fn keep_written(
        &self,
        write: impl FnOnce(&mut dyn Write) -> std::io::Result<()>,
    ) -> Result<(Kept, u64), FlowError> {
        let spill = Spill::new(self);
        let body = spill.seal(String::new(), |writer| Ok(write(writer)?))?;
        let size = body.size;
        Ok((kept(body), size))
    }

    /// What was kept outside the records, in clear, from a place in it on. Blocking.
    ///
    /// # Errors
    /// [`FlowError::Internal`] where it is gone, or does not open.
    pub fn kept_reader(
        &self,
        (key, inline, blob): (&str, Option<&[u8]>, Option<&str>),
        from: u64,
    ) -> Result<mpsc::Receiver<std::io::Result<Bytes>>, FlowError> {
        let key = read_key(key)?;
        let sealed = self.kept_sealed(inline.map(<[u8]>::to_vec), blob)?;
        Ok(stream(move || {
            let mut clear = open_body(&key, sealed)
                .map_err(|error| std::io::Error::other(error.to_string()))?;
            std::io::copy(&mut (&mut clear).take(from), &mut std::io::sink())?;
            Ok(clear)
        }))
    }

    /// Whether what was kept outside the records is still there.
    pub fn keeps(&self, blob: &str) -> bool {
        self.blobs.open_blob(blob).is_ok()
    }

    /// Removes a staged body that nothing will refer to, before anything else is done. One that is
    /// just dropped goes as well, soon after.
    ///
    /// # Errors
    /// [`FlowError`] where it cannot be removed now; it is swept later.
    pub async fn discard_staged(&self, body: StagedBody) -> Result<(), FlowError> {
        match body.stored {
            Stored::Inline(_) => Ok(()),
            Stored::Blob { file, .. } => self.remove_staged(file.into_id()).await,
        }
    }

    pub(crate) async fn remove_staged(&self, id: String) -> Result<(), FlowError> {
        let mut tx = self.store.write("condemn-body").await?;
        if !tx.condemn_blob(&id).await? {
            return Ok(());
        }
        tx.commit().await?;
        self.remove_released(id).await
    }

    /// Removes a body that was condemned or released. The file first: one without a row would
    /// never be looked for, while a row without a file is swept again.
    pub(crate) async fn remove_released(&self, id: String) -> Result<(), FlowError> {
        let (blobs, file) = (self.blobs.clone(), id.clone());
        let removed = tokio::task::spawn_blocking(move || blobs.remove(&file)).await;
        removed.map_err(|_| FlowError::Internal("sweeping stopped".to_owned()))??;
        let mut tx = self.store.write("sweep").await?;
        tx.forget_blob(&id).await?;
        Ok(tx.commit().await?)
    }

    /// The same, at once after the transaction that released it; where that fails, it is swept.
    pub(crate) async fn remove_now(&self, id: String) {
        if let Err(error) = self.remove_released(id).await {
            tracing::warn!(%error, "a sealed body of no more use is still there, and is swept later");
        }
    }

    /// The ciphertext of an item.
    pub(crate) fn sealed_reader(&self, item: &ItemRow) -> Result<Box<dyn Read + Send>, FlowError> {
        match (&item.body, &item.blob) {
            (Some(body), _) => Ok(Box::new(Cursor::new(body.clone()))),
            (None, Some(blob)) => match self.blobs.open_blob(blob) {
                Ok(file) => Ok(Box::new(file)),
                // To come again would be of no use: nobody but the operator can put it back.
                Err(error) if error.kind() == ErrorKind::NotFound => Err(lost(item, "is missing")),
                Err(error) => Err(error.into()),
            },
            (None, None) => Err(FlowError::Internal("an item without a body".to_owned())),
        }
    }

    /// Opens an item and sends it out in chunks. An altered or shortened body ends in an error,
    /// never in a clean end; one that is altered at its beginning is told before anything of it
    /// goes out.
    pub(crate) fn stream_clear(
        &self,
        item: &ItemRow,
        key: &ItemKey,
    ) -> Result<mpsc::Receiver<std::io::Result<Bytes>>, FlowError> {
        let changed = || lost(item, "does not open: it was changed or cut");
        let opened = open_body(key, self.sealed_reader(item)?).map_err(|_| changed())?;
        // A chunk, which takes less than handing it to another thread.
        let mut clear = BufReader::with_capacity(CHUNK, opened);
        clear.fill_buf().map_err(|_| changed())?;
        Ok(stream(move || Ok(clear)))
    }

    /// Sends an item's ciphertext out, for a reader who holds the key.
    pub(crate) fn stream_sealed(
        &self,
        item: &ItemRow,
    ) -> Result<mpsc::Receiver<std::io::Result<Bytes>>, FlowError> {
        let sealed = self.sealed_reader(item)?;
        Ok(stream(move || Ok(sealed)))
    }
}

/// What the operator is told of a body that is not as it was recorded.
fn lost(item: &ItemRow, what: &str) -> FlowError {
    let place = match &item.blob {
        Some(blob) => format!("`{blob}.age` in the folder of sealed bodies"),
        None => "in its row".to_owned(),
    };
    FlowError::Internal(format!(
        "the body of item {}, {place}, {what}: `gateway ledger verify --dir` names all that are so; put it back from a backup",
        item.id
    ))
}

/// Where a staged body lies, to be kept outside the records.
fn kept(body: StagedBody) -> Kept {
    let key = body.key.to_text().expose_secret().to_owned();
    match body.stored {
        Stored::Inline(sealed) => (key, Some(sealed), None),
        Stored::Blob { file, .. } => (key, None, Some(file.into_id())),
    }
}

fn read_key(text: &str) -> Result<ItemKey, FlowError> {
    let key = text.parse();
    key.map_err(|_| FlowError::Internal("a body's key does not read".to_owned()))
}

/// May take a while: other work of this thread goes elsewhere meanwhile.
fn opened_whole(
    key: &ItemKey,
    sealed: Box<dyn Read + Send + '_>,
    size: u64,
) -> Result<Zeroizing<Vec<u8>>, FlowError> {
    tokio::task::block_in_place(|| {
        let room = usize::try_from(size).unwrap_or_default();
        let mut clear = Zeroizing::new(Vec::with_capacity(room));
        open_body(key, sealed)?.read_to_end(&mut clear)?;
        Ok(clear)
    })
}

fn stream<R: Read>(
    open: impl FnOnce() -> std::io::Result<R> + Send + 'static,
) -> mpsc::Receiver<std::io::Result<Bytes>> {
    let (send, receive) = mpsc::channel(4);
    tokio::task::spawn_blocking(move || {
        let mut reader = match open() {
            Ok(reader) => reader,
            Err(error) => {
                let _ = send.blocking_send(Err(error));
                return;
            }
        };
        let mut buffer = vec![0; CHUNK];
        loop {
            let chunk = match reader.read(&mut buffer) {
                Ok(0) => return,
                Ok(n) => Ok(Bytes::copy_from_slice(buffer.get(..n).unwrap_or_default())),
                Err(error) => Err(error),
            };
            let failed = chunk.is_err();
            if send.blocking_send(chunk).is_err() || failed {
                return;
            }
        }
    });
    receive
}
