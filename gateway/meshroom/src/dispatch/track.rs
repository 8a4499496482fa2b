//! What was sent is asked after: it is delivered once its recipient says to MESH that it was taken,
//! and not before.

use gateway_mesh::{MessageId, Stage};
use gateway_store::rows::MeshOutRow;

use super::send::TRIED_FOR;
use crate::error::Trouble;
use crate::room::Meshroom;

/// Most messages that are asked after at once.
const AT_ONCE: i64 = 100;
/// MESH gives up after five days and says so; where that word was lost, it is taken as said this
/// much later, microseconds.
const AFTERWARDS: i64 = 24 * 3600 * 1_000_000;

impl Meshroom {
    /// Asks after what was sent, the longest not asked after first.
    pub(crate) async fn ask_after(&self) -> Result<(), Trouble> {
        let mut tx = self.0.flow.store.read().await?;
        let sent = tx.mesh_due("sent", i64::MAX, AT_ONCE).await?;
        drop(tx);
        for row in sent {
            let id = row.id.clone();
            match self.ask_after_one(row).await {
                Ok(()) => {}
                // Nothing else would go better now.
                Err(Trouble::Mesh(error)) => return Err(error.into()),
                Err(error) => {
                    tracing::warn!(message = %id, %error, "a message could not be asked after");
                }
            }
        }
        Ok(())
    }

    async fn ask_after_one(&self, mut row: MeshOutRow) -> Result<(), Trouble> {
        let message = row.message.as_deref().map(MessageId::parse);
        let Some(Ok(message)) = message else {
            return Err(Trouble::Stopped(
                "a message that was sent has no id of MESH's",
            ));
        };
        let tracking = self.0.settings.client.track(&message).await?;
        match tracking.as_ref().map(|tracking| tracking.stage) {
            Some(Stage::Acknowledged) => self.taken(row).await,
            Some(Stage::Undeliverable) => self.not_delivered(row, "mesh-not-collected").await,
            Some(Stage::Failed) => self.not_delivered(row, "mesh-failed").await,
            Some(Stage::Uploading | Stage::Accepted | Stage::Unknown) | None => {
                let sent = row.sent_at.unwrap_or(row.created_at);
                if self.now() - sent > TRIED_FOR + AFTERWARDS {
                    return self.not_delivered(row, "mesh-not-collected").await;
                }
                row.next_at = self.now();
                self.note(&row, "mesh-asked").await
            }
        }
    }
}
