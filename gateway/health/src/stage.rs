//! Documents on their way in: sealed and shown to the scanner while they are decoded. Never more
//! than a few pieces of one are in memory, and none is plain on disk.

use std::io;

use bytes::Bytes;
use gateway_content::Beginning;
use gateway_content::clamd::{ScanError, Scanner, Verdict, Watch};
use gateway_fhir::Sink;
use gateway_flow::body::StagedBody;
use gateway_flow::{Flow, FlowError};
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// Pieces that wait to be sealed.
const WAITING: usize = 4;
/// Until a document's own type is known.
const BYTES: &str = "application/octet-stream";

/// What the scanner said of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// Nothing was found, or there is no scanner.
    Clean,
    /// Malware.
    Infected,
    /// The scanner takes no document so large.
    TooLarge,
}

/// A document, sealed, that no exchange refers to yet.
#[derive(Debug)]
pub struct Staged {
    /// The document.
    pub body: StagedBody,
    /// What the scanner said of it.
    pub seen: Seen,
    /// How it begins.
    pub beginning: Beginning,
}

/// Why a document was not staged. What came may be right: it can be sent again.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    /// The scanner gives no answer.
    #[error("the document cannot be scanned now")]
    Scan(#[from] ScanError),
    /// It cannot be sealed or kept.
    #[error("the document cannot be kept now")]
    Flow(#[from] FlowError),
}

/// Takes documents as they are decoded; what is not taken out of it goes when it is dropped. To be
/// used where blocking is right, such as within `spawn_blocking`.
pub struct Staging {
    flow: Flow,
    scanner: Option<Scanner>,
    runtime: Handle,
    staged: Vec<Staged>,
    current: Option<Current>,
    error: Option<StageError>,
}

/// The document that is coming.
struct Current {
    send: mpsc::Sender<Result<Bytes, FlowError>>,
    sealing: JoinHandle<Result<StagedBody, FlowError>>,
    watch: Watch,
    beginning: Beginning,
}

impl Staging {
    /// Stages into the folder of a flow, past the scanner where there is one. To be called within
    /// the runtime.
    pub fn new(flow: Flow, scanner: Option<Scanner>) -> Self {
        Self {
            flow,
            scanner,
            runtime: Handle::current(),
            staged: Vec::new(),
            current: None,
            error: None,
        }
    }

    /// Why it failed, where it did.
    pub fn take_error(&mut self) -> Option<StageError> {
        self.error.take()
    }

    /// The documents, in the order in which they came.
    pub fn into_staged(self) -> Vec<Staged> {
        self.staged
    }

    fn failed<T>(&mut self, result: Result<T, StageError>) -> io::Result<T> {
        result.map_err(|error| {
            let text = error.to_string();
            self.error = Some(error);
            io::Error::other(text)
        })
    }

    fn taken(current: &mut Current, runtime: &Handle, bytes: &[u8]) -> Result<(), StageError> {
        current.beginning.chunk(bytes);
        // Where nobody takes it, sealing has failed, and says why at the end.
        let _ = current
            .send
            .blocking_send(Ok(Bytes::copy_from_slice(bytes)));
        Ok(runtime.block_on(current.watch.chunk(bytes))?)
    }

    fn ended(current: Current, runtime: &Handle) -> Result<Staged, StageError> {
        let Current {
            send,
            sealing,
            watch,
            beginning,
        } = current;
        drop(send);
        let stopped = |_| FlowError::Internal("sealing a document stopped".to_owned());
        let body = runtime.block_on(sealing).map_err(stopped)??;
        let seen = match runtime.block_on(watch.finish()) {
            Ok(Verdict::Clean) => Seen::Clean,
            Ok(Verdict::Infected { signature }) => {
                tracing::warn!(%signature, "malware was found in a document that came as FHIR");
                Seen::Infected
            }
            Err(ScanError::TooLarge) => Seen::TooLarge,
            Err(error) => return Err(error.into()),
        };
        Ok(Staged {
            body,
            seen,
            beginning,
        })
    }
}

impl Sink for Staging {
    fn begin(&mut self, _: usize) -> io::Result<()> {
        let begun = self.runtime.block_on(Watch::begin(self.scanner.as_ref()));
        let watch = self.failed(begun.map_err(StageError::from))?;
        let (send, receive) = mpsc::channel(WAITING);
        let flow = self.flow.clone();
        let sealing = async move { flow.take_body(BYTES.to_owned(), receive).await };
        self.current = Some(Current {
            send,
            sealing: self.runtime.spawn(sealing),
            watch,
            beginning: Beginning::default(),
        });
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let Some(mut current) = self.current.take() else {
            return Err(io::ErrorKind::Unsupported.into());
        };
        match Self::taken(&mut current, &self.runtime, bytes) {
            Ok(()) => {
                self.current = Some(current);
                Ok(())
            }
            Err(error) => {
                let why = FlowError::Conflict("the scanner gives no answer".to_owned());
                let _ = current.send.blocking_send(Err(why));
                self.failed(Err(error))
            }
        }
    }

    fn end(&mut self) -> io::Result<()> {
        let Some(current) = self.current.take() else {
            return Err(io::ErrorKind::Unsupported.into());
        };
        let ended = Self::ended(current, &self.runtime);
        let staged = self.failed(ended)?;
        self.staged.push(staged);
        Ok(())
    }
}
