//! Mail on its way out: made for what waits, written and sealed once, kept sealed until it is
//! sent, sent again unchanged until it is taken or its time runs out, and told of when it fails.

mod announce;
mod batch;
mod delivery;
mod given;
mod lanes;
mod look;
mod outcome;
mod question;
pub(crate) mod queue;
mod review;
mod send;
mod told;
mod withdrawn;
mod write;

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::sleep;

use crate::error::Trouble;
use crate::room::Mailroom;

use self::lanes::Lanes;
use self::look::Looks;

/// How often what waits is looked for, where nothing says that something does.
const EACH: Duration = Duration::from_secs(1);
/// How long it rests between two looks: what comes meanwhile is dealt with together.
const REST: Duration = Duration::from_millis(100);

impl Mailroom {
    /// Rounds until told to stop: every second, and soon after something is queued.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        let (mut lanes, mut looks) = (Lanes::default(), Looks::default());
        loop {
            if let Err(error) = self.round(&mut lanes, &mut looks).await {
                tracing::warn!(%error, "a round of outgoing mail failed: it is tried again");
            }
            let rested = sleep(REST);
            tokio::select! {
                () = sleep(EACH) => {}
                () = self.0.queued.notified() => rested.await,
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
    async fn round(&self, lanes: &mut Lanes, looks: &mut Looks) -> Result<(), Trouble> {
        let now = self.0.flow.clock.now();
        if let Some(look) = looks.due(now) {
            let mut more = self.announce(look).await?;
            more |= self.tell_reviewers(look).await?;
            self.tell_asked().await?;
            self.tell_of_withdrawals().await?;
            more |= self.tell_notices(look).await?;
            self.tell_given().await?;
            match more {
                true => self.0.queued.notify_one(),
                false => looks.done(look, now),
            }
        }
        self.send_due(lanes).await
    }
}
