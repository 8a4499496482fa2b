//! A resource on its way out, its documents streamed out of the vault while it is written.

use std::io::{self, BufWriter, Read, Write};

use bytes::Bytes;
use gateway_fhir::{Json, Source};
use gateway_flow::read::DocumentBody;
use gateway_flow::{Caller, Flow};
use tokio::runtime::Handle;
use tokio::sync::mpsc;

use crate::receive::Chunks;

/// Bytes of a piece on its way out.
const PIECE: usize = 64 * 1024;
/// Pieces that wait to be taken.
const WAITING: usize = 4;

/// Documents of an exchange, each opened, and logged as read, when it is written.
#[derive(Debug)]
pub struct Vaulted {
    flow: Flow,
    caller: Caller,
    exchange: String,
    numbers: Vec<i64>,
    runtime: Handle,
}

impl Vaulted {
    /// The documents of these numbers, in this order, for a reader. To be called within the
    /// runtime.
    pub fn new(flow: Flow, caller: Caller, exchange: String, numbers: Vec<i64>) -> Self {
        Self {
            flow,
            caller,
            exchange,
            numbers,
            runtime: Handle::current(),
        }
    }
}

impl Source for Vaulted {
    fn open(&mut self, index: usize) -> io::Result<Box<dyn Read + '_>> {
        let n = self.numbers.get(index).ok_or(io::ErrorKind::NotFound)?;
        let opening = self.flow.document(&self.caller, &self.exchange, *n);
        let document = self.runtime.block_on(opening).map_err(io::Error::other)?;
        clear(document.body)
    }
}

/// Documents that a channel carries, opened already (`Flow::carried`).
#[derive(Debug)]
pub struct Carried(Vec<Option<DocumentBody>>);

impl Carried {
    /// These, in this order; each can be written once.
    pub fn new(bodies: Vec<DocumentBody>) -> Self {
        Self(bodies.into_iter().map(Some).collect())
    }
}

impl Source for Carried {
    fn open(&mut self, index: usize) -> io::Result<Box<dyn Read + '_>> {
        let body = self.0.get_mut(index).and_then(Option::take);
        clear(body.ok_or(io::ErrorKind::NotFound)?)
    }
}

fn clear<'r>(body: DocumentBody) -> io::Result<Box<dyn Read + 'r>> {
    match body {
        DocumentBody::Clear(chunks) => Ok(Box::new(Chunks::new(chunks))),
        DocumentBody::Sealed { .. } => Err(io::ErrorKind::Unsupported.into()),
    }
}

/// Writes a resource piece by piece, in a thread of its own. An error in the channel means: what
/// came so far is not the resource.
pub fn send<S: Source + Send + 'static>(
    resource: Json,
    mut source: S,
) -> mpsc::Receiver<io::Result<Bytes>> {
    let (send, receive) = mpsc::channel(WAITING);
    tokio::task::spawn_blocking(move || {
        let mut out = BufWriter::with_capacity(PIECE, Pieces(send.clone()));
        let written = resource.write_to(&mut out, &mut source);
        if let Err(error) = written.and_then(|()| out.flush()) {
            tracing::warn!(%error, "a resource broke off on its way out");
            let _ = send.blocking_send(Err(error));
        }
    });
    receive
}

struct Pieces(mpsc::Sender<io::Result<Bytes>>);

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for piece in bytes.chunks(PIECE) {
            let sent = self.0.blocking_send(Ok(Bytes::copy_from_slice(piece)));
            sent.map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
