//! Bodies: streamed in and sealed as they come, streamed out and opened as they go. Memory
//! stays at a few chunks at any size, and only ciphertext reaches the disk.

use std::io::{Cursor, Read, Write};

use bytes::Bytes;
use gateway_core::Id;
use gateway_seal::{Digesting, ItemKey, open_body, seal_body};
use gateway_store::blob::BlobWriter;
use gateway_store::rows::ItemRow;
use tokio::sync::mpsc;

use crate::Flow;
use crate::error::FlowError;

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

/// Where a sealed body lies.
#[derive(Debug)]
pub(crate) enum Stored {
    Inline(Vec<u8>),
    Blob { id: String, sha256: String },
}

/// Ciphertext that stays in memory while it is small and goes to a file when it is not.
enum Sink {
    Memory(Vec<u8>),
    File(String, BlobWriter),
}

struct Spill {
    flow: Flow,
    runtime: tokio::runtime::Handle,
    sink: Sink,
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
            let mut writer = self.flow.blobs.create(&id)?;
            writer.write_all(&held)?;
            self.sink = Sink::File(id, writer);
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
    /// error, and nothing is kept.
    pub async fn take_body(
        &self,
        media_type: String,
        mut chunks: mpsc::Receiver<Result<Bytes, FlowError>>,
    ) -> Result<StagedBody, FlowError> {
        let flow = self.clone();
        let runtime = tokio::runtime::Handle::current();
        tokio::task::spawn_blocking(move || {
            let key = ItemKey::generate();
            let spill = Spill {
                flow,
                runtime,
                sink: Sink::Memory(Vec::new()),
            };
            let mut writer = Digesting::new(seal_body(&key, spill)?);
            while let Some(chunk) = chunks.blocking_recv() {
                writer.write_all(&chunk?)?;
            }
            let (sealing, digest) = writer.finish();
            let stored = match sealing.finish()?.sink {
                Sink::Memory(sealed) => Stored::Inline(sealed),
                Sink::File(id, file) => Stored::Blob {
                    id,
                    sha256: file.finish()?,
                },
            };
            Ok(StagedBody {
                key,
                stored,
                size: digest.bytes,
                sha256: digest.sha256,
                media_type,
            })
        })
        .await
        .map_err(|_| FlowError::Internal("sealing a body stopped".to_owned()))?
    }

    /// Seals a text of the submission itself.
    pub async fn take_text(&self, text: String) -> Result<StagedBody, FlowError> {
        let (send, receive) = mpsc::channel(1);
        // One chunk fits into the channel, so this cannot wait.
        let _ = send.try_send(Ok(Bytes::from(text)));
        drop(send);
        self.take_body("text/plain; charset=utf-8".to_owned(), receive)
            .await
    }

    /// The ciphertext of an item.
    pub(crate) fn sealed_reader(&self, item: &ItemRow) -> Result<Box<dyn Read + Send>, FlowError> {
        match (&item.body, &item.blob) {
            (Some(body), _) => Ok(Box::new(Cursor::new(body.clone()))),
            (None, Some(blob)) => Ok(Box::new(self.blobs.open_blob(blob)?)),
            (None, None) => Err(FlowError::Internal("an item without a body".to_owned())),
        }
    }

    /// Opens an item and sends it out in chunks. An altered or shortened body ends in an error,
    /// never in a clean end.
    pub(crate) fn stream_clear(
        &self,
        item: &ItemRow,
        key: ItemKey,
    ) -> Result<mpsc::Receiver<std::io::Result<Bytes>>, FlowError> {
        let sealed = self.sealed_reader(item)?;
        Ok(stream(move || {
            open_body(&key, sealed).map_err(|e| std::io::Error::other(e.to_string()))
        }))
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
