//! What can go wrong, and whether it is worth trying again.

use std::io;
use std::time::Duration;

use rustls::AlertDescription as Alert;

use crate::fault::Fault;

/// What to do after an [`Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// The same call, after a while.
    Later,
    /// From the beginning, after a while: what was received, or sent in part, is of no use.
    Afresh,
    /// It may have been done although no answer came: ask MESH by the local id first
    /// ([`crate::Client::track_local`]), because MESH takes the same message twice.
    AskFirst,
    /// Not before somebody has changed something.
    Never,
}

/// Why a call to MESH did not succeed. No text of it holds personal data, content, a password or
/// a key.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No connection.
    #[error("MESH cannot be reached: see that the base is right and the network works")]
    Unreachable,
    /// TLS failed: one side does not take the other's certificate. A server that refuses ours
    /// without a word, as some do, is [`Error::Cut`].
    #[error("MESH and this mailbox do not trust each other: see that certificates are in force")]
    Untrusted,
    /// No answer, or none of its bytes, in time.
    #[error("MESH did not answer in time: try again later")]
    Timeout,
    /// The connection ended in the middle of a request.
    #[error("the connection to MESH broke: try again later")]
    Cut,
    /// 401 or 403.
    #[error("MESH does not let this mailbox do that ({0}): see password, shared key and clock")]
    Denied(Box<Fault>),
    /// 404: there is no such message, or it is not this mailbox's.
    #[error("MESH has no such message for this mailbox")]
    NotFound,
    /// 410: the message is past, or failed.
    #[error("the message is no longer in the inbox: ask its sender to send it again")]
    Gone,
    /// 408, 425 or 429: MESH wants to be asked less often.
    #[error("MESH has too much to do: try again later")]
    Busy {
        /// How long MESH asks us to wait.
        after: Option<Duration>,
    },
    /// Any other refusal: the request is what is wrong. 417 is that of a message.
    #[error("MESH refused ({0}): see recipient, workflow and their registration")]
    Refused(Box<Fault>),
    /// 5xx.
    #[error("MESH failed ({0}): try again later")]
    Server(Box<Fault>),
    /// The answer is none of MESH's.
    #[error("the answer is not one of MESH's ({0}): see that the base is right")]
    Answer(&'static str),
    /// A message whose headers break the API's rules.
    #[error("the message cannot be taken in ({0}): ask its sender what it is")]
    Message(&'static str),
    /// More than one message of ours has this local id.
    #[error("more than one message was sent with this local id: see the outbox")]
    Several,
    /// The content, after decompression, is more than the caller takes.
    #[error("the message is larger than {limit} bytes: ask its sender for less at a time")]
    TooLarge {
        /// The most that the caller takes, in bytes.
        limit: u64,
    },
    /// The connection ended, or the server gave up, within a chunk.
    #[error("chunk {chunk} did not arrive whole: collect the message again")]
    ChunkCut {
        /// Its number, from 1.
        chunk: u32,
    },
    /// A chunk of a message is not there.
    #[error("chunk {chunk} of {chunks} is missing: collect the message again")]
    ChunkLost {
        /// Its number, from 1.
        chunk: u32,
        /// How many there are.
        chunks: u32,
    },
    /// What was compressed cannot be decompressed, or ends too soon.
    #[error("chunk {chunk} is damaged: ask the sender to send the message again")]
    Damaged {
        /// Its number, from 1.
        chunk: u32,
    },
    /// A message that is being sent is no longer open for its next chunk.
    #[error("the message can no longer be completed: send it again")]
    UploadLost,
    /// What is to be sent cannot be read.
    #[error("what is to be sent cannot be read: see its storage")]
    Source(#[source] io::Error),
    /// What is to be sent is not as long as was said.
    #[error("what is to be sent is not of the length that was said: say its length in bytes")]
    Length,
    /// MESH takes no empty message, and none over 100 GB.
    #[error("a message of {0} bytes cannot be sent by MESH: send 1 byte to 100 GB")]
    Size(u64),
    /// The message may have been taken although no answer came.
    #[error(
        "MESH may have taken the message ({0}): track it by its local id before it is sent again"
    )]
    Doubtful(#[source] Box<Error>),
    /// The download was read on after it had failed.
    #[error("the message did not arrive whole: collect it again")]
    Stopped,
}

impl Error {
    /// Whether it is worth trying again.
    pub fn retry(&self) -> Retry {
        match self {
            Self::Unreachable
            | Self::Timeout
            | Self::Cut
            | Self::Busy { .. }
            | Self::Server(_)
            | Self::Answer(_)
            | Self::Source(_) => Retry::Later,
            Self::ChunkCut { .. } | Self::ChunkLost { .. } | Self::UploadLost | Self::Stopped => {
                Retry::Afresh
            }
            Self::Doubtful(_) => Retry::AskFirst,
            Self::Untrusted
            | Self::Denied(_)
            | Self::NotFound
            | Self::Gone
            | Self::Refused(_)
            | Self::Message(_)
            | Self::Several
            | Self::TooLarge { .. }
            | Self::Damaged { .. }
            | Self::Length
            | Self::Size(_) => Retry::Never,
        }
    }

    /// How long MESH asks to be left alone, where it says so.
    pub fn after(&self) -> Option<Duration> {
        match self {
            Self::Busy { after } => *after,
            Self::Doubtful(error) => error.after(),
            Self::Unreachable
            | Self::Untrusted
            | Self::Timeout
            | Self::Cut
            | Self::Denied(_)
            | Self::NotFound
            | Self::Gone
            | Self::Refused(_)
            | Self::Server(_)
            | Self::Answer(_)
            | Self::Message(_)
            | Self::Several
            | Self::TooLarge { .. }
            | Self::ChunkCut { .. }
            | Self::ChunkLost { .. }
            | Self::Damaged { .. }
            | Self::UploadLost
            | Self::Source(_)
            | Self::Length
            | Self::Size(_)
            | Self::Stopped => None,
        }
    }

    /// MESH's own account, where it gave one.
    pub fn fault(&self) -> Option<&Fault> {
        match self {
            Self::Denied(fault) | Self::Refused(fault) | Self::Server(fault) => Some(fault),
            Self::Doubtful(error) => error.fault(),
            Self::Unreachable
            | Self::Untrusted
            | Self::Timeout
            | Self::Cut
            | Self::NotFound
            | Self::Gone
            | Self::Busy { .. }
            | Self::Answer(_)
            | Self::Message(_)
            | Self::Several
            | Self::TooLarge { .. }
            | Self::ChunkCut { .. }
            | Self::ChunkLost { .. }
            | Self::Damaged { .. }
            | Self::UploadLost
            | Self::Source(_)
            | Self::Length
            | Self::Size(_)
            | Self::Stopped => None,
        }
    }

    /// From what the HTTP client says; its own words hold addresses and are left out.
    pub(crate) fn transport(error: &reqwest::Error) -> Self {
        if error.is_timeout() {
            Self::Timeout
        } else if distrust(error) {
            Self::Untrusted
        } else if error.is_connect() {
            Self::Unreachable
        } else {
            Self::Cut
        }
    }

    /// The same, of the first request of a message: where it may have been carried out, this is
    /// the error to give.
    pub(crate) fn of_send(self) -> Self {
        if matches!(
            self,
            Self::Timeout | Self::Cut | Self::Server(_) | Self::Answer(_)
        ) {
            Self::Doubtful(Box::new(self))
        } else {
            self
        }
    }
}

/// True where one of the causes is a certificate that is missing or not taken.
fn distrust(error: &reqwest::Error) -> bool {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(current) = cause {
        if current.downcast_ref().is_some_and(is_distrust) {
            return true;
        }
        // What an `io::Error` holds is not among its sources.
        cause = match current.downcast_ref::<io::Error>() {
            Some(io) => io.get_ref().map(|inner| inner as _),
            None => current.source(),
        };
    }
    false
}

fn is_distrust(error: &rustls::Error) -> bool {
    matches!(
        error,
        rustls::Error::InvalidCertificate(_)
            | rustls::Error::NoCertificatesPresented
            | rustls::Error::PeerIncompatible(_)
            | rustls::Error::AlertReceived(
                Alert::HandshakeFailure
                    | Alert::NoCertificate
                    | Alert::BadCertificate
                    | Alert::UnsupportedCertificate
                    | Alert::CertificateRevoked
                    | Alert::CertificateExpired
                    | Alert::CertificateUnknown
                    | Alert::UnknownCA
                    | Alert::AccessDenied
                    | Alert::ProtocolVersion
                    | Alert::CertificateRequired
            )
    )
}
