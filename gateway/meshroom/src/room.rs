//! The meshroom itself: what dispatch and intake share, and its rounds.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use gateway_flow::Flow;
use gateway_mesh::MessageId;
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;

use crate::dispatch::Uploads;
use crate::error::Trouble;
use crate::settings::Settings;

/// MESH asks for a handshake a day.
const HANDSHAKE: Duration = Duration::from_hours(20);
/// After a handshake that failed.
const HANDSHAKE_AGAIN: Duration = Duration::from_mins(1);

/// A message that did not come whole so often is left at MESH.
const TIMES: u32 = 5;

/// A meshroom. Clones are the same.
#[derive(Clone)]
pub struct Meshroom(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub flow: Flow,
    pub settings: Settings,
    /// Something was put into the queue.
    pub queued: Notify,
    /// How often messages did not come whole.
    broken: Mutex<HashMap<MessageId, u32>>,
}

impl std::fmt::Debug for Meshroom {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Meshroom({})", self.0.settings.client.mailbox())
    }
}

/// What is done now and then, by the machine's own clock: how often MESH may be asked does not turn
/// on whose time the records have.
struct Turn {
    every: Duration,
    next: Instant,
}

impl Turn {
    fn new(every: Duration) -> Self {
        Self {
            every,
            next: Instant::now(),
        }
    }

    /// Whether it is time; if so, the next is after the usual time.
    fn comes(&mut self) -> bool {
        let now = Instant::now();
        let comes = now >= self.next;
        if comes {
            self.next = now + self.every;
        }
        comes
    }
}

impl Meshroom {
    /// A meshroom over a flow.
    pub fn new(flow: Flow, settings: Settings) -> Self {
        Self(Arc::new(Inner {
            flow,
            settings,
            queued: Notify::new(),
            broken: Mutex::default(),
        }))
    }

    /// Rounds until told to stop: every second, and as soon as something is queued.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        let mut uploads = Uploads::default();
        let mut intake = JoinSet::new();
        let mut poll = Turn::new(self.0.settings.poll);
        let mut handshake = Turn::new(HANDSHAKE);
        loop {
            if handshake.comes() && !self.greet().await {
                handshake.next = Instant::now() + HANDSHAKE_AGAIN;
            }
            if let Err(error) = self.dispatch(&mut uploads).await {
                tracing::warn!(%error, "a round of messages for MESH failed: it is tried again");
            }
            if intake.is_empty() && poll.comes() {
                intake.spawn(self.clone().look());
            }
            tokio::select! {
                () = tokio::time::sleep(Duration::from_secs(1)) => {}
                () = self.0.queued.notified() => {}
                () = uploads.one_ends(), if uploads.some_are_busy() => {}
                Some(_) = intake.join_next(), if !intake.is_empty() => {}
                _ = stop.changed() => break,
            }
        }
        // What is half sent goes on from there at the next start; what is half taken was not
        // acknowledged, and comes again.
    }

    /// Tells MESH that the mailbox is looked at.
    async fn greet(&self) -> bool {
        match self.0.settings.client.handshake().await {
            Ok(()) => true,
            Err(error) => {
                tracing::warn!(%error, "the handshake with MESH failed");
                false
            }
        }
    }

    /// Collects what waits, and asks after what was sent.
    async fn look(self) {
        let mut seen = BTreeSet::new();
        if let Err(error) = self.collect(&mut seen).await {
            tracing::warn!(%error, "the mailbox at MESH could not be looked at: it is tried again");
        }
        if let Err(error) = self.ask_after().await {
            tracing::warn!(%error, "what was sent by MESH could not be asked after: it is tried again");
        }
    }

    /// Whether a message did not come whole so often that it is not tried again.
    pub(crate) fn is_hopeless(&self, message: &MessageId) -> bool {
        let mut broken = self.0.broken.lock().unwrap_or_else(PoisonError::into_inner);
        let times = broken.entry(message.clone()).or_default();
        *times += 1;
        let hopeless = *times > TIMES;
        if hopeless {
            broken.remove(message);
        }
        hopeless
    }

    /// Now, microseconds UTC.
    pub(crate) fn now(&self) -> i64 {
        self.0.flow.clock.now().as_microsecond()
    }
}

/// What a record refers to is not there, or does not read.
pub(crate) fn gone(what: &'static str) -> Trouble {
    Trouble::Stopped(what)
}
