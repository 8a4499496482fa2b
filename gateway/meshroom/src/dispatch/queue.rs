//! The queue: a row for each delivery that goes by MESH, and for each word on what came.

use gateway_core::Id;
use gateway_fhir::header_id;
use gateway_mesh::WorkflowId;
use gateway_store::rows::{DeliveryRow, ExchangeRow, FormSentRow, MeshMailboxRow, MeshOutRow};

use crate::error::Trouble;
use crate::room::{Meshroom, gone};

/// A message that carries a delivery.
pub(crate) const DELIVERY: &str = "delivery";
/// The word on a message that came.
pub(crate) const REPLY: &str = "reply";

/// What a message is to be.
pub(crate) struct New<'a> {
    pub kind: &'static str,
    pub area: String,
    pub delivery: Option<String>,
    pub replies_to: Option<String>,
    pub mailbox: String,
    pub workflow: &'a WorkflowId,
    /// The id of the record that the message is about; its header's follows from it.
    pub about: Id,
}

impl Meshroom {
    /// Queues a message for every delivery that goes by MESH and has none. One to an agency without
    /// a mailbox waits: the agency has it in its inbox meanwhile.
    pub(crate) async fn queue_waiting(&self) -> Result<(), Trouble> {
        let mut tx = self.0.flow.store.read().await?;
        let waiting = tx.mesh_unqueued(100).await?;
        drop(tx);
        for delivery in waiting {
            if let Err(error) = self.queue_one(&delivery).await {
                tracing::warn!(delivery = %delivery.id, %error, "no message could be made for a delivery");
            }
        }
        Ok(())
    }

    async fn queue_one(&self, delivery: &DeliveryRow) -> Result<(), Trouble> {
        let mut tx = self.0.flow.store.read().await?;
        let mailbox: Option<MeshMailboxRow> = tx.get(&delivery.agency).await?;
        let exchange: Option<ExchangeRow> = tx.get(&delivery.exchange).await?;
        let form: Option<FormSentRow> = tx.get(&delivery.exchange).await?;
        drop(tx);
        let mailbox = mailbox.ok_or_else(|| gone("an agency has no mailbox at MESH"))?;
        let exchange = exchange.ok_or_else(|| gone("a delivery is of no exchange"))?;
        let workflows = &self.0.settings.workflows;
        let workflow = match form.as_ref().map(|form| form.form.as_str()) {
            Some("health-request") => &workflows.request,
            Some("health-response") => &workflows.answer,
            Some(_) | None => &workflows.exchange,
        };
        let about = exchange.id.parse();
        let row = self.row(New {
            kind: DELIVERY,
            area: exchange.area,
            delivery: Some(delivery.id.clone()),
            replies_to: None,
            mailbox: mailbox.mailbox,
            workflow,
            about: about.map_err(|_| gone("an exchange's id does not read"))?,
        });
        self.put(&row).await
    }

    /// A message's row, due now.
    pub(crate) fn row(&self, new: New<'_>) -> MeshOutRow {
        let (id, now) = (Id::new(&self.0.flow.clock).to_string(), self.now());
        MeshOutRow {
            local_id: id.clone(),
            id,
            kind: new.kind.to_owned(),
            area: new.area,
            delivery: new.delivery,
            replies_to: new.replies_to,
            withdraws: None,
            mailbox: new.mailbox,
            workflow: new.workflow.to_string(),
            header: header_id(new.about),
            key: None,
            body: None,
            blob: None,
            size: None,
            upload: None,
            message: None,
            state: "queued".to_owned(),
            attempts: 0,
            next_at: now,
            status: None,
            created_at: now,
            sent_at: None,
        }
    }

    /// Puts a message into the queue, once.
    pub(crate) async fn put(&self, row: &MeshOutRow) -> Result<(), Trouble> {
        let mut tx = self.0.flow.store.write("queue-mesh").await?;
        if let Some(blob) = &row.blob {
            tx.enliven_blob(blob).await?;
        }
        let fresh = tx.queue_mesh(row).await?;
        tx.commit().await?;
        if fresh {
            self.0.queued.notify_one();
        }
        Ok(())
    }
}
