//! Mail on its way out: made for what waits, written and sealed once, kept sealed until it is
//! sent, sent again unchanged until it is taken or its time runs out, and told of when it fails.

mod announce;
mod delivery;
mod given;
mod lanes;
mod outcome;
mod question;
pub(crate) mod queue;
mod review;
mod send;
mod told;
mod withdrawn;
mod write;

use std::time::Duration;

use crate::error::Trouble;
use crate::room::Mailroom;

use self::lanes::Lanes;

impl Mailroom {
    /// Rounds until told to stop: every second, and as soon as something is queued.
    pub async fn run(self, mut stop: tokio::sync::watch::Receiver<bool>) {
        let mut lanes = Lanes::default();
        loop {
            if let Err(error) = self.round(&mut lanes).await {
                tracing::warn!(%error, "a round of outgoing mail failed: it is tried again");
            }
            tokio::select! {
                () = tokio::time::sleep(Duration::from_secs(1)) => {}
                () = self.0.queued.notified() => {}
                () = lanes.one_ends(), if lanes.some_are_busy() => {}
                _ = stop.changed() => break,
            }
        }
        // A mail that is half sent is sent.
        while lanes.some_are_busy() {
            lanes.one_ends().await;
        }
    }

    /// One round: makes mail for what waits, and begins to send what is due.
    async fn round(&self, lanes: &mut Lanes) -> Result<(), Trouble> {
        self.announce().await?;
        self.tell_reviewers().await?;
        self.tell_asked().await?;
        self.tell_of_withdrawals().await?;
        self.tell_notices().await?;
        self.tell_given().await?;
        self.send_due(lanes).await
    }
}
