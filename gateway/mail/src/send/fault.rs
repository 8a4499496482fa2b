//! What a host's reply, or its silence, comes to.

use std::error::Error as _;

use lettre::transport::smtp::Error;

use super::{Sent, Why};

/// Why an attempt ended.
#[derive(Debug)]
pub(super) enum Fault {
    /// The host or the network.
    Smtp(Error),
    /// No reply in time.
    TooSlow,
    /// This outcome, whatever the host would say.
    Is(Sent),
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Smtp(error)
    }
}

impl Fault {
    /// An outcome that waits.
    pub(super) const fn later(why: Why) -> Self {
        Self::Is(Sent::Later { status: None, why })
    }

    /// Whether the connection is still good after it: the host said no and listens on.
    pub(super) fn is_reply(&self) -> bool {
        match self {
            Self::Smtp(error) => error.status().is_some_and(|code| u16::from(code) != 421),
            Self::TooSlow | Self::Is(_) => false,
        }
    }

    /// What it means for the letter.
    pub(super) fn outcome(self) -> Sent {
        let later = |status, why| Sent::Later { status, why };
        match self {
            Self::Is(sent) => sent,
            Self::Smtp(error) if error.is_permanent() => Sent::Refused {
                status: status(&error),
            },
            Self::Smtp(error) if error.is_transient() => later(status(&error), Why::Deferred),
            Self::Smtp(_) | Self::TooSlow => later(None, Why::Unreachable),
        }
    }

    /// What it means before anything was said of the letter: a host that will not talk at all
    /// refuses no letter, it waits.
    pub(super) fn before_the_letter(self) -> Sent {
        match self.outcome() {
            Sent::Refused { status } => Sent::Later {
                status,
                why: Why::Deferred,
            },
            sent @ (Sent::Accepted(_) | Sent::Later { .. }) => sent,
        }
    }
}

/// The enhanced status of a reply; nothing else of it is read.
pub(super) fn status(error: &Error) -> Option<String> {
    let class = u16::from(error.status()?) / 100;
    let said = super::enhanced(&error.source()?.to_string())?;
    // RFC 2034 section 4: its class is the reply's own.
    said.starts_with(&class.to_string()).then_some(said)
}
