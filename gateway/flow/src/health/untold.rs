//! What a health body could not be given, or could not be told.

use gateway_core::event::EventKind;
use gateway_core::{Channel, DeliveryState, Role};
use gateway_store::Tx;
use gateway_store::rows::{DeliveryRow, ExchangeRow, HealthRequestRow};

use super::review::health_row;
use crate::Flow;
use crate::case::{corrupt, id_of};
use crate::error::FlowError;
use crate::recorder::{Draft, work};
use crate::seal::fresh;

impl Flow {
    /// A trust could not be told by its channel that a request was withdrawn: whoever asked is told,
    /// to ring it.
    ///
    /// # Errors
    /// [`FlowError::Unavailable`] where the store is away.
    pub async fn withdrawal_untold(&self, request: &str) -> Result<(), FlowError> {
        let mut tx = self.store.read().await?;
        let row = health_row(&mut tx, request).await?;
        drop(tx);
        let (flow, area) = (self.clone(), row.area.clone());
        let work = work(move |tx| {
            Box::pin(async move {
                let mut drafts = Vec::new();
                let told = (&*row.agency, Role::Spoc);
                flow.tell_of_health(tx, &row, told, "health-untold", &mut drafts)
                    .await?;
                Ok((drafts, ()))
            })
        });
        self.recorder
            .record(&area, "withdrawal-untold", work)
            .await?;
        Ok(())
    }

    /// What was on its way by MESH to a body that passed the request on goes no further: it is not that
    /// body's to answer, and nothing of it arrived.
    pub(super) async fn call_back_unsent(
        &self,
        tx: &mut Tx,
        request: &HealthRequestRow,
        before: &str,
        drafts: &mut Vec<Draft>,
    ) -> Result<(), FlowError> {
        let row: Option<ExchangeRow> = tx.get(&request.id).await?;
        let row = row.ok_or_else(|| corrupt("exchange", &request.id))?;
        for delivery in tx.deliveries_of(&request.id).await? {
            let unsent = matches!(delivery.state.as_str(), "queued" | "waiting");
            let by_mesh = delivery.channel == Channel::Mesh.as_str();
            let theirs = delivery.agency == before && by_mesh && unsent;
            if !theirs || is_written(tx, &delivery).await? {
                continue;
            }
            for mut wrap in tx.wraps_in(&delivery.id).await? {
                wrap.state = "recalled".to_owned();
                tx.put(&mut wrap).await?;
            }
            let state = DeliveryState::Recalled;
            self.step(tx, &row, &delivery.id, state, None, drafts)
                .await?;
        }
        Ok(())
    }

    /// A body that is asked again has what it was given before; what was called back on its way is
    /// given it by another delivery.
    pub(super) async fn give_again(
        &self,
        tx: &mut Tx,
        row: &ExchangeRow,
        next: &str,
        drafts: &mut Vec<Draft>,
    ) -> Result<(), FlowError> {
        for delivery in tx.deliveries_of(&row.id).await? {
            if delivery.agency != next || delivery.state != DeliveryState::Recalled.as_str() {
                continue;
            }
            let mut again = DeliveryRow {
                id: fresh(self),
                state: DeliveryState::Queued.to_string(),
                created_at: self.now(),
                at: self.now(),
                ..delivery.clone()
            };
            let wraps = tx.wraps_in(&delivery.id).await?;
            if wraps.is_empty() {
                // It was given again before.
                continue;
            }
            tx.put(&mut again).await?;
            self.write_step(tx, &again).await?;
            for mut wrap in wraps {
                wrap.delivery.clone_from(&again.id);
                wrap.state = "active".to_owned();
                tx.put(&mut wrap).await?;
            }
            drafts.push(
                Draft::new(EventKind::DeliveryMoved, None)
                    .about(&row.id, row.nominal.as_deref())
                    .reaching([id_of(&again.agency)?])
                    .with("delivery", &*again.id)
                    .with("channel", &*again.channel)
                    .with("state", &*again.state),
            );
        }
        Ok(())
    }
}

/// Whether a message carries a delivery that may be with MESH already.
async fn is_written(tx: &mut Tx, delivery: &DeliveryRow) -> Result<bool, FlowError> {
    let message = tx.mesh_of(&delivery.id).await?;
    Ok(message.is_some_and(|message| message.size.is_some()))
}
