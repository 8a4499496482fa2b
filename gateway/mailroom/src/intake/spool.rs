//! A mail while it arrives: small ones in memory, larger ones on disk, sealed as they come to a
//! key that only this process has. A spool that is dropped leaves nothing that can be read; its
//! file is swept.

use async_trait::async_trait;
use bytes::Bytes;
use gateway_flow::FlowError;
use gateway_flow::body::StagedBody;
use gateway_mail::{Envelope, Outcome, Reply, Sink};
use gateway_store::failpoint;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use zeroize::Zeroizing;

use crate::error::Trouble;
use crate::room::Mailroom;

use super::take;

/// Mails up to this many bytes wait in memory.
const IN_MEMORY: usize = 256 * 1024;
/// The media type of a mail.
const MAIL: &str = "message/rfc822";

pub(crate) struct Spool {
    room: Mailroom,
    envelope: Envelope,
    held: Held,
}

enum Held {
    Memory(Zeroizing<Vec<u8>>),
    Sealing {
        send: mpsc::Sender<Result<Bytes, FlowError>>,
        sealed: JoinHandle<Result<StagedBody, FlowError>>,
        size: usize,
    },
}

impl Spool {
    pub fn new(room: Mailroom, envelope: Envelope) -> Self {
        Self {
            room,
            envelope,
            held: Held::Memory(Zeroizing::default()),
        }
    }

    async fn more(&mut self, octets: &[u8]) -> Result<(), Reply> {
        match &mut self.held {
            Held::Memory(held) if held.len() + octets.len() <= IN_MEMORY => {
                held.extend_from_slice(octets);
                Ok(())
            }
            Held::Memory(held) => {
                let mut held = std::mem::take(held);
                held.extend_from_slice(octets);
                let size = held.len();
                let (send, receive) = mpsc::channel(4);
                let flow = self.room.0.flow.clone();
                let sealed =
                    tokio::spawn(async move { flow.take_body(MAIL.to_owned(), receive).await });
                let first = Bytes::copy_from_slice(&held);
                self.held = Held::Sealing { send, sealed, size };
                self.hand_on(first).await
            }
            Held::Sealing { size, .. } => {
                *size += octets.len();
                self.hand_on(Bytes::copy_from_slice(octets)).await
            }
        }
    }

    async fn hand_on(&mut self, octets: Bytes) -> Result<(), Reply> {
        let Held::Sealing { send, .. } = &self.held else {
            return Ok(());
        };
        // The other end goes away only where sealing failed: the disk is full, most likely.
        send.send(Ok(octets)).await.map_err(|_| not_now())
    }
}

#[async_trait]
impl Sink for Spool {
    async fn chunk(&mut self, octets: &[u8]) -> Result<(), Reply> {
        self.more(octets).await
    }

    async fn finish(self: Box<Self>) -> Outcome {
        let Self {
            room,
            envelope,
            held,
        } = *self;
        let id = envelope.id;
        let taken = match whole(held).await {
            Ok(whole) => take::take(&room, &envelope, whole).await,
            Err(error) => Err(error),
        };
        failpoint::reached("mail-answer");
        Outcome::All(match taken {
            Ok(()) => Reply::accepted(format!("kept as {id}")),
            Err(Refusal::Loop) => Reply::new(554, (4, 6), "this mail goes round in a loop"),
            Err(Refusal::Busy) => not_now(),
            Err(Refusal::Trouble(error)) => {
                tracing::warn!(mail.id = %id, %error, "a mail cannot be taken now");
                not_now()
            }
        })
    }
}

/// Why a mail is not taken.
pub(crate) enum Refusal {
    /// It has been through too many hands (RFC 5321 section 6.3).
    Loop,
    /// Too much is being opened at the moment.
    Busy,
    /// Something that is needed is away.
    Trouble(Trouble),
}

impl<E: Into<Trouble>> From<E> for Refusal {
    fn from(error: E) -> Self {
        Self::Trouble(error.into())
    }
}

/// A mail that is whole: its bytes in memory, or sealed on disk.
pub(crate) enum Whole {
    Memory(Zeroizing<Vec<u8>>),
    Sealed(StagedBody, usize),
}

impl Whole {
    pub fn size(&self) -> usize {
        match self {
            Self::Memory(bytes) => bytes.len(),
            Self::Sealed(_, size) => *size,
        }
    }

    /// Its bytes, to be opened: hold a place for them.
    pub fn bytes(&self, room: &Mailroom) -> Result<Zeroizing<Vec<u8>>, Trouble> {
        match self {
            Self::Memory(bytes) => Ok(bytes.clone()),
            Self::Sealed(body, _) => Ok(room.0.flow.staged_bytes(body)?),
        }
    }

    /// Sealed, to be kept as it came.
    pub fn sealed(self, room: &Mailroom) -> Result<StagedBody, Trouble> {
        match self {
            Self::Memory(bytes) => Ok(room.0.flow.take_bytes(MAIL.to_owned(), &bytes)?),
            Self::Sealed(body, _) => Ok(body),
        }
    }

    /// It is of no more use as it came.
    pub async fn discard(self, room: &Mailroom) {
        if let Self::Sealed(body, _) = self
            && let Err(error) = room.0.flow.discard_staged(body).await
        {
            tracing::debug!(%error, "a spooled mail is left to the sweeper");
        }
    }
}

async fn whole(held: Held) -> Result<Whole, Refusal> {
    match held {
        Held::Memory(bytes) => Ok(Whole::Memory(bytes)),
        Held::Sealing { send, sealed, size } => {
            drop(send);
            let body = sealed
                .await
                .map_err(|_| Trouble::Stopped("sealing a mail was stopped"))??;
            Ok(Whole::Sealed(body, size))
        }
    }
}

fn not_now() -> Reply {
    Reply::later("the gateway cannot take this now; try again later")
}
