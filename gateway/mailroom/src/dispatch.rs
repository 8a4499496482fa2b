//! Mail on its way out: made for what waits, written and sealed once, kept sealed until it is
//! sent, sent again unchanged until it is taken or its time runs out, and told of when it fails.

mod announce;
mod delivery;
mod outcome;
pub(crate) mod queue;
mod send;
mod write;

use std::time::Duration;

use crate::error::Trouble;
use crate::room::Mailroom;

impl Mailroom {
    /// Rounds until told to stop: every second, and as soon as something is queued.
    pub async fn run(self, mut stop: tokio::sync::watch::Receiver<bool>) {
        loop {
            if let Err(error) = self.round().await {
                tracing::warn!(%error, "a round of outgoing mail failed: it is tried again");
            }
            tokio::select! {
                () = tokio::time::sleep(Duration::from_secs(1)) => {}
                () = self.0.queued.notified() => {}
                _ = stop.changed() => return,
            }
        }
    }

    /// One round: makes mail for what waits, and sends what is due.
    pub async fn round(&self) -> Result<(), Trouble> {
        self.announce().await?;
        self.send_due().await
    }
}
