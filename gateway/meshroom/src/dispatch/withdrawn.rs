//! A request that was withdrawn after its message went out, or may have: the trust's system is told,
//! by a message of its own with the request's `Task` as `cancelled` and nothing of the person. What was
//! never written is not sent at all.

use gateway_core::{Channel, Id};
use gateway_flow::body::Kept;
use gateway_flow::submission::Caller;
use gateway_forms::Body;
use gateway_health::{Carried, Names, request_model};
use gateway_store::rows::{DeliveryRow, ExchangeRow, MeshMailboxRow, MeshOutRow};

use super::bytes::write;
use super::queue::New;
use super::write::{agency_id, unread};
use crate::error::Trouble;
use crate::room::{Meshroom, gone};

/// A message that says that a request was withdrawn.
pub(crate) const WITHDRAWAL: &str = "withdrawal";

impl Meshroom {
    /// Queues the word that a request was withdrawn, once for each mailbox that it went to.
    pub(super) async fn queue_withdrawn(&self) -> Result<(), Trouble> {
        let mut tx = self.0.flow.store.read().await?;
        let withdrawn = tx.mesh_withdrawn(100).await?;
        drop(tx);
        for delivery in withdrawn {
            if let Err(error) = self.queue_withdrawal(&delivery).await {
                tracing::warn!(delivery = %delivery.id, %error, "no message could be made for a request that was withdrawn");
            }
        }
        Ok(())
    }

    async fn queue_withdrawal(&self, delivery: &DeliveryRow) -> Result<(), Trouble> {
        let mut tx = self.0.flow.store.read().await?;
        let mailbox: Option<MeshMailboxRow> = tx.get(&delivery.agency).await?;
        let exchange: Option<ExchangeRow> = tx.get(&delivery.exchange).await?;
        // The mailbox that has the request, where the agency has none any more.
        let sent = tx.mesh_of(&delivery.id).await?;
        drop(tx);
        let exchange = exchange.ok_or_else(|| gone("a delivery is of no exchange"))?;
        let mailbox = mailbox.map(|row| row.mailbox);
        let mailbox = mailbox.or(sent.map(|row| row.mailbox));
        let mailbox = mailbox.ok_or_else(|| gone("a request that went out has no message"))?;
        // Another message than the request's: a system that knows that one by its header takes this
        // one as well.
        let about = Id::new(&self.0.flow.clock);
        let row = self.row(New {
            kind: WITHDRAWAL,
            area: exchange.area,
            delivery: None,
            replies_to: None,
            mailbox,
            workflow: &self.0.settings.workflows.request,
            about,
        });
        let row = MeshOutRow {
            withdraws: Some(delivery.id.clone()),
            ..row
        };
        let written = self.withdrawal(&row, about).await?;
        let mut row = row;
        self.keep(&mut row, written).await?;
        self.put(&row).await
    }

    /// The sealed bytes of the word that a request was withdrawn.
    async fn withdrawal(&self, row: &MeshOutRow, about: Id) -> Result<(Kept, u64), Trouble> {
        let delivery = row.withdraws.as_deref().unwrap_or_default();
        let mut tx = self.0.flow.store.read().await?;
        let delivery: Option<DeliveryRow> = tx.get(delivery).await?;
        let delivery = delivery.ok_or_else(|| gone("a message is of no delivery"))?;
        let exchange: Option<ExchangeRow> = tx.get(&delivery.exchange).await?;
        let exchange = exchange.ok_or_else(|| gone("a delivery is of no exchange"))?;
        drop(tx);
        let flow = &self.0.flow;
        let view = flow
            .health_request(&asking(&exchange)?, &exchange.id)
            .await?;
        let body = Body::default();
        let names = Names::of_request(flow, &view, &body).await?;
        let mut request = request_model(&view, &body, &names).map_err(unread)?;
        request.partly = true;
        let message = self.writer().withdrawal_message(&request, about);
        write(flow, message, Carried::new(Vec::new())).await
    }

    /// After a restore the bytes may be gone: they are written anew, as another message.
    pub(super) async fn withdrawal_again(
        &self,
        row: &mut MeshOutRow,
    ) -> Result<(Kept, u64), Trouble> {
        let about = Id::new(&self.0.flow.clock);
        row.header = gateway_fhir::header_id(about);
        self.withdrawal(row, about).await
    }
}

/// Whoever asked: the request is theirs to see whomever it is asked of now.
pub(super) fn asking(exchange: &ExchangeRow) -> Result<Caller, Trouble> {
    Ok(Caller {
        agency: agency_id(&exchange.sender)?,
        person: None,
        channel: Channel::Mesh,
        proof: "mesh-mailbox",
    })
}
