//! The word of another system on a message of ours: that it took it in, or could not.

use gateway_core::DeliveryState;
use gateway_fhir::Reply;
use gateway_flow::body::StagedBody;

use super::apart::Apart;
use super::take::From;
use crate::error::Trouble;
use crate::room::Meshroom;

impl Meshroom {
    /// Carries it to the delivery. A word on nothing that went to that mailbox is kept apart, and so
    /// is one that declines: the coordinator reads why.
    pub(super) async fn take_reply(
        &self,
        from: &From,
        whole: StagedBody,
        reply: Reply,
    ) -> Result<(), Trouble> {
        let mut tx = self.0.flow.store.read().await?;
        let mailbox = from.headers.from.as_str();
        let sent = tx.mesh_by_header(mailbox, &reply.to).await?;
        drop(tx);
        let Some(sent) = sent else {
            let apart = Apart::of("mesh-reply-to-nothing");
            return self.keep_apart(from, whole, apart).await;
        };
        if !reply.taken {
            self.not_delivered(sent, "mesh-declined").await?;
            return self
                .keep_apart(from, whole, Apart::of("mesh-declined"))
                .await;
        }
        if let Some(delivery) = &sent.delivery {
            let how = Some(format!("MESH message {}", from.headers.message));
            let flow = &self.0.flow;
            flow.carried_to(delivery, DeliveryState::Acknowledged, how)
                .await?;
        }
        self.note_taken(&self.in_row(from, "reply", None)).await?;
        Ok(self.0.flow.discard_staged(whole).await?)
    }
}
