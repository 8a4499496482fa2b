//! What the server asks of its owner.

use async_trait::async_trait;

use crate::envelope::{Envelope, Session};
use crate::{Address, Outcome, Reply};

/// Whether a recipient is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Yes: 250.
    Accepted,
    /// There is no such recipient here: 550 5.1.1.
    Unknown,
    /// It cannot be said now: 451 4.3.0.
    Later,
    /// No, for this reason (a 4xx or 5xx reply).
    Refused(Reply),
}

/// What a message is for. The server keeps the protocol; the handler knows the recipients and
/// takes the messages.
#[async_trait]
pub trait Handler: Send + Sync + 'static {
    /// Whether mail is taken for `address`.
    async fn recipient(&self, session: &Session, address: &Address) -> Verdict;

    /// A message begins: where its octets go, or why it is not taken now.
    async fn begin(&self, envelope: Envelope) -> Result<Box<dyn Sink>, Reply>;
}

/// Where one message goes.
///
/// A sink that is dropped without [`Sink::finish`] must leave nothing behind: the sender went
/// away, broke the rules, or ran out of time.
#[async_trait]
pub trait Sink: Send {
    /// The next octets of the message: lines end in CRLF, stuffed dots are gone, pieces are of
    /// any size. An error is the reply to the message; the sink is dropped at once, and what
    /// is left of the message read and thrown away.
    async fn chunk(&mut self, octets: &[u8]) -> Result<(), Reply>;

    /// The message is whole. An acceptance must not be returned before it is durable: the
    /// sender forgets the message when it reads it. Runs to its end also where the sender has
    /// gone meanwhile.
    async fn finish(self: Box<Self>) -> Outcome;
}
