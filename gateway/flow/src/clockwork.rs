//! What happens by itself: the outbox, reminders and escalations, expiry, the end of
//! sessions, sweeping.

use std::collections::BTreeMap;
use std::time::Duration;

use gateway_core::DeliveryState;

use crate::Flow;
use crate::error::FlowError;

/// A staged body that no exchange took up is swept after this long, microseconds; one that was
/// released, at once.
const STALE: i64 = 24 * 3600 * 1_000_000;

/// Numbers for the operator.
#[derive(Debug, Clone)]
pub struct Counts {
    /// Exchanges by state.
    pub exchanges: Vec<(String, i64)>,
    /// Deliveries by state.
    pub deliveries: Vec<(String, i64)>,
    /// Mails out by state.
    pub mails: Vec<(String, i64)>,
    /// Messages out by MESH, by state.
    pub mesh: Vec<(String, i64)>,
    /// What is kept apart, by reason.
    pub quarantine: Vec<(String, i64)>,
    /// Open holds.
    pub open_holds: i64,
    /// Entries of each area's open log.
    pub log_size: Vec<(String, u64)>,
}

impl Flow {
    /// One round.
    pub async fn tick(&self) -> Result<(), FlowError> {
        // Each is tried, whatever became of the one before.
        let done = [
            self.run_outbox().await,
            self.run_hold_clock().await,
            self.run_form_clock().await,
            self.run_custody_clock().await,
            self.run_health_clock().await,
            self.run_flag_clock().await,
            self.run_expiry().await,
            self.sweep().await,
            self.sweep_sign_ins().await,
            self.sweep_kept_forms().await,
        ];
        done.into_iter().collect()
    }

    /// Rounds until told to stop: every second, and soon after a manual clock is moved.
    pub async fn run_clockwork(self, mut stop: tokio::sync::watch::Receiver<bool>) {
        loop {
            if let Err(error) = self.tick().await {
                tracing::warn!(error = %error, "a round of the clockwork failed: it is tried again");
            }
            tokio::select! {
                () = tokio::time::sleep(Duration::from_secs(1)) => {}
                _ = stop.changed() => return,
            }
        }
    }

    /// The operator's numbers.
    pub async fn counts(&self) -> Result<Counts, FlowError> {
        let mut tx = self.store.read().await?;
        Ok(Counts {
            exchanges: tx.exchange_counts().await?,
            deliveries: tx.delivery_counts().await?,
            mails: tx.mail_counts().await?,
            mesh: tx.mesh_counts().await?,
            quarantine: tx.quarantine_counts().await?,
            open_holds: tx.open_hold_count().await?,
            // By epoch: of an area's logs the newest is the open one.
            log_size: tx
                .logs()
                .await?
                .into_iter()
                .map(|head| (head.area, head.size))
                .collect::<BTreeMap<_, _>>()
                .into_iter()
                .collect(),
        })
    }

    async fn run_expiry(&self) -> Result<(), FlowError> {
        let mut tx = self.store.read().await?;
        let run_out = tx.run_out(self.now()).await?;
        drop(tx);
        for delivery in run_out {
            self.move_delivery(&delivery.id, DeliveryState::Expired, None)
                .await?;
        }
        Ok(())
    }

    /// Removes bodies that were sealed and never recorded.
    async fn sweep(&self) -> Result<(), FlowError> {
        let mut tx = self.store.read().await?;
        let stale = tx.stale_blobs(self.now() - STALE).await?;
        drop(tx);
        for blob in stale {
            match blob.created_at {
                0 => self.remove_released(blob.id).await?,
                _ => self.remove_staged(blob.id).await?,
            }
        }
        Ok(())
    }
}
