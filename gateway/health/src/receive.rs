//! A message on its way in: read as it comes, in a thread of its own, since reading and unsealing
//! are synchronous.

use std::io::{self, Read};

use bytes::{Buf as _, Bytes};
use gateway_content::clamd::Scanner;
use gateway_fhir::{Message, Outcome, ReadError, Reader};
use gateway_flow::{Flow, FlowError};
use tokio::sync::mpsc;

use crate::stage::{StageError, Staged, Staging};

/// What comes through a channel, as a reader. To be read where blocking is right.
#[derive(Debug)]
pub struct Chunks {
    receive: mpsc::Receiver<io::Result<Bytes>>,
    rest: Bytes,
}

impl Chunks {
    /// Reads what comes until the channel closes. Who stops half-way sends an error.
    pub const fn new(receive: mpsc::Receiver<io::Result<Bytes>>) -> Self {
        Self {
            receive,
            rest: Bytes::new(),
        }
    }
}

impl Read for Chunks {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.rest.is_empty() {
            match self.receive.blocking_recv() {
                None => return Ok(0),
                Some(chunk) => self.rest = chunk?,
            }
        }
        let length = buffer.len().min(self.rest.len());
        self.rest
            .copy_to_slice(buffer.get_mut(..length).unwrap_or_default());
        Ok(length)
    }
}

/// Why a message was not received. Nothing of it is kept.
#[derive(Debug, thiserror::Error)]
pub enum NotReceived {
    /// It is not right.
    #[error("the message is refused: {0}")]
    Refused(#[from] Outcome),
    /// Its documents cannot be staged now.
    #[error(transparent)]
    Stage(#[from] StageError),
    /// It broke off.
    #[error("the message broke off: send it again")]
    BrokenOff(#[source] io::Error),
}

/// Reads a message as it comes, and stages its documents, in their order.
///
/// # Errors
/// [`NotReceived`], and nothing is kept.
pub async fn receive(
    flow: &Flow,
    scanner: Option<&Scanner>,
    reader: Reader,
    chunks: mpsc::Receiver<io::Result<Bytes>>,
) -> Result<(Message, Vec<Staged>), NotReceived> {
    let mut staging = Staging::new(flow.clone(), scanner.cloned());
    let work = move || match reader.message(Chunks::new(chunks), &mut staging) {
        Ok(message) => Ok((message, staging.into_staged())),
        Err(error) => {
            let staged = staging.take_error();
            Err(match (error, staged) {
                (ReadError::Refused(outcome), _) => NotReceived::Refused(outcome),
                (ReadError::Io(_), Some(error)) => NotReceived::Stage(error),
                (ReadError::Io(error), None) => NotReceived::BrokenOff(error),
            })
        }
    };
    let read = tokio::task::spawn_blocking(work).await;
    read.unwrap_or_else(|_| {
        let stopped = FlowError::Internal("reading a message stopped".to_owned());
        Err(StageError::from(stopped).into())
    })
}
