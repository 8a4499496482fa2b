//! One message on its way from the wire to its sink: scanned, measured, paced. Nothing of it is
//! kept here but the piece at hand.

use std::time::Duration;

use bytes::{Buf, BytesMut};
use tokio::time::Instant;

use crate::body::Scanner;
use crate::config::{Config, Timeouts};
use crate::quota::Place;
use crate::wire::{End, Wire};
use crate::{Outcome, Reply, Sink};

/// How far past the limit a message is still read, to find its end and answer there.
const OVERRUN: u64 = 1024 * 1024;

pub(crate) struct Intake {
    scanner: Scanner,
    sink: Option<Box<dyn Sink>>,
    refused: Option<Reply>,
    piece: Vec<u8>,
    limit: u64,
    timeouts: Timeouts,
    /// The transaction's own end.
    deadline: Instant,
    waited: Duration,
    received: u64,
}

impl Intake {
    /// A message that goes to `sink`, or that is read to its end to be answered with a refusal.
    pub(crate) fn new(
        scanner: Scanner,
        sink: Result<Box<dyn Sink>, Reply>,
        config: &Config,
        deadline: Instant,
    ) -> Self {
        let (sink, refused) = match sink {
            Ok(sink) => (Some(sink), None),
            Err(reply) => (None, Some(reply.refusing())),
        };
        Self {
            scanner,
            sink,
            refused,
            piece: Vec::new(),
            limit: config.limits.message,
            timeouts: config.timeouts,
            deadline,
            waited: Duration::ZERO,
            received: 0,
        }
    }

    /// Octets of the message so far.
    pub(crate) const fn size(&self) -> u64 {
        self.scanner.size()
    }

    /// The reply that the message will get whatever follows.
    pub(crate) const fn refused(&self) -> Option<&Reply> {
        self.refused.as_ref()
    }

    /// Says that a chunk is coming: one that makes the message too large is refused before it
    /// is read, and one far too large not read at all.
    pub(crate) fn announce(&mut self, octets: u64) -> Result<(), End> {
        let whole = self.size().saturating_add(octets);
        if whole > self.limit {
            self.refuse(too_large());
        }
        self.overrun(whole)
    }

    /// Takes the message's next piece from the wire, at most `most` octets, waiting for it if
    /// need be. Says how many it took, and whether CRLF.CRLF came.
    pub(crate) async fn take(
        &mut self,
        wire: &mut Wire,
        most: u64,
        place: &Place,
    ) -> Result<(u64, bool), End> {
        if wire.input.is_empty() {
            self.wait(wire).await?;
        }
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let input: &BytesMut = &wire.input;
        let input = input.get(..most).unwrap_or(input);
        self.piece.clear();
        let fed = self.scanner.feed(input, &mut self.piece);
        wire.input.advance(fed.used);
        let used = fed.used as u64;
        self.received = self.received.saturating_add(used);
        place.bytes(used);
        self.pass_on().await;
        self.overrun(self.size())?;
        Ok((used, fed.ended))
    }

    /// Ends a message that came in chunks.
    pub(crate) fn end(&mut self) {
        self.scanner.end();
        self.check();
    }

    /// Hands the whole message over, or answers why not.
    pub(crate) async fn finish(self) -> Outcome {
        match (self.refused, self.sink) {
            (Some(reply), _) => Outcome::All(reply),
            (None, Some(sink)) => sink.finish().await,
            (None, None) => Outcome::Each(Vec::new()),
        }
    }

    /// A sender may spend `grace`, and what its octets take at the slowest rate allowed. Only
    /// time spent waiting for it counts, not what the sink took.
    async fn wait(&mut self, wire: &mut Wire) -> Result<(), End> {
        let begun = Instant::now();
        let mut deadline = self.deadline.min(begun + self.timeouts.block);
        if let Some(due) = self.received.checked_div(u64::from(self.timeouts.slowest)) {
            let allowed = self.timeouts.grace.saturating_add(Duration::from_secs(due));
            deadline = deadline.min(begun + allowed.saturating_sub(self.waited));
        }
        wire.fill(deadline).await?;
        self.waited += begun.elapsed();
        Ok(())
    }

    async fn pass_on(&mut self) {
        self.check();
        if self.piece.is_empty() {
            return;
        }
        if let Some(sink) = &mut self.sink
            && let Err(reply) = sink.chunk(&self.piece).await
        {
            self.refuse(reply.refusing());
        }
    }

    fn check(&mut self) {
        if let Some(fault) = self.scanner.fault() {
            self.refuse(fault.reply());
        } else if self.size() > self.limit {
            self.refuse(too_large());
        }
    }

    /// The first refusal stands, and the sink is dropped: nothing is kept.
    fn refuse(&mut self, reply: Reply) {
        self.sink = None;
        self.refused.get_or_insert(reply);
    }

    fn overrun(&self, whole: u64) -> Result<(), End> {
        if whole > self.limit.saturating_mul(2).saturating_add(OVERRUN) {
            return Err(End::Told(too_large()));
        }
        Ok(())
    }
}

/// RFC 1870 section 6.
pub(crate) fn too_large() -> Reply {
    Reply::new(
        552,
        (3, 4),
        "the message is larger than SIZE says; send documents by the portal",
    )
}
