//! What becomes of a message, carried to its delivery and told to whoever sent it.

use gateway_core::DeliveryState;
use gateway_flow::carry::{Along, Carried};
use gateway_store::rows::{DeliveryRow, HealthRequestRow, HealthStepRow, MailOutRow, MeshOutRow};

use super::queue::DELIVERY;
use crate::error::Trouble;
use crate::room::{Meshroom, gone};

impl Meshroom {
    /// Why a message is not to be sent any more: what it carries was taken back, or has run out.
    pub(super) async fn no_more(&self, row: &MeshOutRow) -> Result<Option<&'static str>, Trouble> {
        let Some(delivery) = self.delivery_of(row).await? else {
            return Ok(None);
        };
        let over = matches!(delivery.state.as_str(), "expired" | "recalled");
        let over = over || !self.is_written(row) && self.is_passed_on(&delivery).await?;
        Ok(over.then_some("taken-back"))
    }

    /// Whether what a delivery carries is a request that its recipient passed on to another body.
    async fn is_passed_on(&self, delivery: &DeliveryRow) -> Result<bool, Trouble> {
        let mut tx = self.0.flow.store.read().await?;
        let request: Option<HealthRequestRow> = tx.get(&delivery.exchange).await?;
        let Some(request) = request.filter(|row| row.holder != delivery.agency) else {
            return Ok(false);
        };
        let steps = tx.health_steps(&request.id).await?;
        let passed =
            |step: &HealthStepRow| step.kind == "redirected" && step.agency == delivery.agency;
        Ok(steps.iter().any(passed))
    }

    async fn delivery_of(&self, row: &MeshOutRow) -> Result<Option<DeliveryRow>, Trouble> {
        let Some(id) = &row.delivery else {
            return Ok(None);
        };
        let mut tx = self.0.flow.store.read().await?;
        let delivery: Option<DeliveryRow> = tx.get(id).await?;
        Ok(Some(
            delivery.ok_or_else(|| gone("a message is of no delivery"))?,
        ))
    }

    /// MESH has all of it.
    pub(super) async fn sent(&self, mut row: MeshOutRow) -> Result<(), Trouble> {
        let now = self.now();
        row.state = "sent".to_owned();
        (row.sent_at, row.next_at, row.status) = (Some(now), now, None);
        self.settle(row, DeliveryState::Sent, Vec::new()).await
    }

    /// Its recipient has taken it.
    pub(super) async fn taken(&self, mut row: MeshOutRow) -> Result<(), Trouble> {
        row.state = "delivered".to_owned();
        self.settle(row, DeliveryState::Delivered, Vec::new()).await
    }

    /// It will not be delivered: refused, reported so afterwards, or out of time. What it carried
    /// waits for the agency in the portal and the API.
    pub(crate) async fn not_delivered(
        &self,
        mut row: MeshOutRow,
        why: &str,
    ) -> Result<(), Trouble> {
        if matches!(row.state.as_str(), "failed" | "expired") {
            return Ok(());
        }
        row.state = match why {
            "expired" => "expired".to_owned(),
            _ => "failed".to_owned(),
        };
        row.status = Some(why.to_owned());
        tracing::warn!(message = %row.id, why, "a message was not delivered by MESH");
        let delivery = self.delivery_of(&row).await?;
        if delivery.is_none() {
            // Before it ends: a stop between the two tells it again, and never not at all.
            self.untold(row.withdraws.as_deref()).await?;
        }
        let mut told = Vec::new();
        if let Some(delivery) = delivery
            && row.kind == DELIVERY
            && why != "taken-back"
        {
            let why = match why {
                "expired" => "mesh-expired",
                why => why,
            };
            let flow = &self.0.flow;
            told.extend(flow.failure_mail(&delivery, why, None).await?);
            told.extend(flow.waiting_mail(&delivery).await?);
        }
        self.settle(row, DeliveryState::Failed, told).await
    }

    /// Whoever asked is told where a trust could not be told that a request was withdrawn.
    async fn untold(&self, withdraws: Option<&str>) -> Result<(), Trouble> {
        let Some(id) = withdraws else {
            return Ok(());
        };
        let mut tx = self.0.flow.store.read().await?;
        let delivery: Option<DeliveryRow> = tx.get(id).await?;
        drop(tx);
        let delivery = delivery.ok_or_else(|| gone("a message is of no delivery"))?;
        Ok(self.0.flow.withdrawal_untold(&delivery.exchange).await?)
    }

    /// Ends a message: its bytes go, the delivery comes as far as that, and who has to know is told.
    async fn settle(
        &self,
        mut row: MeshOutRow,
        state: DeliveryState,
        told: Vec<MailOutRow>,
    ) -> Result<(), Trouble> {
        let of_no_use = row.blob.take();
        (row.key, row.body, row.upload) = (None, None, None);
        let transport = match (&row.status, &row.message) {
            (Some(status), _) => Some(format!("MESH: {status}")),
            (None, Some(message)) => Some(format!("MESH message {message}")),
            (None, None) => None,
        };
        let step = row.delivery.clone().map(|delivery| Carried {
            delivery,
            state,
            transport,
        });
        let along = Along {
            message: Some(row),
            of_no_use,
            told,
            ..Along::default()
        };
        Ok(self.0.flow.carried_along(step, along).await?)
    }
}
