//! The outbox and the inbox: a delivery's way to its reader, each step an event.

use std::collections::BTreeMap;

use gateway_core::event::EventKind;
use gateway_core::{AgencyId, Channel, DeliveryState};
use gateway_store::Tx;
use gateway_store::rows::{DeliveryRow, DeliveryStepRow, ExchangeRow};
use jiff::SignedDuration;

use crate::Flow;
use crate::carry::Along;
use crate::case::{corrupt, id_of};
use crate::error::FlowError;
use crate::recorder::{Draft, Recorded, work};
use crate::submission::Caller;
use crate::view::InboxEntry;

/// How many deliveries whose time runs out are named above all others.
const DUE_AT_ONCE: i64 = 20;

/// Who takes a delivery, and through which channel.
#[derive(Debug, Clone)]
pub(crate) struct Taker {
    agency: AgencyId,
    channel: Channel,
}

impl Taker {
    pub(crate) fn of(caller: &Caller) -> Self {
        Self {
            agency: caller.agency.clone(),
            channel: caller.channel,
        }
    }

    /// What may only be seen in the portal is listed elsewhere, but not taken.
    fn may_take(&self, delivery: &DeliveryRow) -> bool {
        self.channel == Channel::Portal || !delivery.obligations.contains("\"VIEW_ONLY\"")
    }
}

/// What deliveries that move write, each once, and the events of it.
#[derive(Default)]
struct Moves {
    deliveries: Vec<DeliveryRow>,
    steps: Vec<DeliveryStepRow>,
    drafts: Vec<Draft>,
}

impl Moves {
    async fn write(mut self, tx: &mut Tx) -> Result<Vec<Draft>, FlowError> {
        tx.put_all(&mut self.deliveries).await?;
        tx.put_all(&mut self.steps).await?;
        Ok(self.drafts)
    }
}

impl Flow {
    /// Carries out what is queued: an area's deliveries in one recording. A channel that is not
    /// up leaves them waiting, visibly, and the API's inbox serves meanwhile.
    pub(crate) async fn run_outbox(&self) -> Result<(), FlowError> {
        loop {
            let mut tx = self.store.read().await?;
            let queued = tx.outbox(100).await?;
            let areas = by_area(&mut tx, &queued).await?;
            drop(tx);
            if areas.is_empty() {
                return Ok(());
            }
            let mut failed = None;
            for (area, deliveries) in areas {
                // One area's fault is not the others'.
                let moved = self.move_all(
                    &area,
                    "run-outbox",
                    deliveries,
                    DeliveryState::Waiting,
                    None,
                );
                if let Err(error) = moved.await {
                    tracing::warn!(%area, %error, "an area's outbox was not carried out");
                    failed = Some(error);
                }
            }
            if let Some(error) = failed {
                return Err(error);
            }
        }
    }

    /// Moves deliveries of one area in one recording, each with its event.
    async fn move_all(
        &self,
        area: &str,
        name: &'static str,
        deliveries: Vec<(ExchangeRow, String)>,
        state: DeliveryState,
        by: Option<Taker>,
    ) -> Result<(), FlowError> {
        let flow = self.clone();
        let work = work(move |tx| {
            Box::pin(async move {
                let mut moves = Moves::default();
                let ids: Vec<&str> = deliveries.iter().map(|(_, id)| id.as_str()).collect();
                let mut known = tx.deliveries_by_id(&ids).await?;
                for (row, id) in &deliveries {
                    let place = known.iter().position(|delivery| delivery.id == *id);
                    let place = place.ok_or_else(|| corrupt("delivery", id))?;
                    let delivery = known.swap_remove(place);
                    flow.add_step(&mut moves, row, delivery, state, by.as_ref())?;
                }
                Ok((moves.write(tx).await?, ()))
            })
        });
        self.recorder.record(area, name, work).await?;
        Ok(())
    }

    /// Moves a delivery, where it has not gone further already.
    pub(crate) async fn move_delivery(
        &self,
        id: &str,
        state: DeliveryState,
        by: Option<Taker>,
    ) -> Result<Vec<Recorded>, FlowError> {
        self.move_carried(id, state, by, None, Along::default())
            .await
    }

    /// The same, with how it was carried, for the log, and what its channel writes along with it.
    pub(crate) async fn move_carried(
        &self,
        id: &str,
        state: DeliveryState,
        by: Option<Taker>,
        transport: Option<String>,
        along: Along,
    ) -> Result<Vec<Recorded>, FlowError> {
        let mut tx = self.store.read().await?;
        let row = tx.exchange_of_delivery(id).await?;
        let row = row.ok_or_else(|| corrupt("delivery", id))?;
        drop(tx);
        let flow = self.clone();
        let (area, id) = (row.area.clone(), id.to_owned());
        let work = work(move |tx| {
            Box::pin(async move {
                let mut drafts = Vec::new();
                flow.step(tx, &row, &id, state, by.as_ref(), &mut drafts)
                    .await?;
                if let (Some(transport), Some(moved)) = (transport, drafts.last_mut()) {
                    moved.detail.insert("transport".to_owned(), transport);
                }
                along.write(tx).await?;
                Ok((drafts, ()))
            })
        });
        Ok(self.recorder.record(&area, "move-delivery", work).await?.1)
    }

    /// One step of a delivery, inside a recording. Going back is no step.
    pub(crate) async fn step(
        &self,
        tx: &mut Tx,
        row: &ExchangeRow,
        id: &str,
        state: DeliveryState,
        by: Option<&Taker>,
        drafts: &mut Vec<Draft>,
    ) -> Result<(), FlowError> {
        let delivery: DeliveryRow = tx.get(id).await?.ok_or_else(|| corrupt("delivery", id))?;
        let mut moves = Moves::default();
        self.add_step(&mut moves, row, delivery, state, by)?;
        drafts.extend(moves.write(tx).await?);
        Ok(())
    }

    fn add_step(
        &self,
        moves: &mut Moves,
        row: &ExchangeRow,
        mut delivery: DeliveryRow,
        state: DeliveryState,
        by: Option<&Taker>,
    ) -> Result<(), FlowError> {
        let stands: DeliveryState = delivery
            .state
            .parse()
            .map_err(|_| corrupt("delivery", &delivery.id))?;
        if !goes(stands, state) {
            return Ok(());
        }
        if let Some(taker) = by
            && delivery.channel != taker.channel.as_str()
            && state == DeliveryState::Delivered
        {
            // Taken through an inbox: that is the channel which carried it.
            delivery.channel = taker.channel.to_string();
            self.add_move(moves, row, &mut delivery, DeliveryState::Sent, by)?;
        }
        self.add_move(moves, row, &mut delivery, state, by)?;
        moves.deliveries.push(delivery);
        Ok(())
    }

    fn add_move(
        &self,
        moves: &mut Moves,
        row: &ExchangeRow,
        delivery: &mut DeliveryRow,
        state: DeliveryState,
        by: Option<&Taker>,
    ) -> Result<(), FlowError> {
        delivery.state = state.to_string();
        delivery.at = self.now();
        moves.steps.push(self.step_row(delivery));
        moves.drafts.push(
            Draft::new(EventKind::DeliveryMoved, by.map(|taker| &taker.agency))
                .about(&row.id, row.nominal.as_deref())
                .reaching([id_of(&delivery.agency)?])
                .with("delivery", &*delivery.id)
                .with("channel", &*delivery.channel)
                .with("state", state.as_str()),
        );
        Ok(())
    }

    /// What waits for the calling agency. Listing it is taking it: what had not been delivered
    /// is, from now.
    pub async fn inbox(
        &self,
        caller: &Caller,
        after: Option<&str>,
        limit: i64,
    ) -> Result<Vec<InboxEntry>, FlowError> {
        let mut tx = self.store.read().await?;
        let waiting = tx.inbox(caller.agency.as_str(), after, limit).await?;
        drop(tx);
        self.taken(caller, waiting).await
    }

    /// As [`Flow::inbox`], the newest first, before a delivery's id.
    pub async fn inbox_newest(
        &self,
        caller: &Caller,
        before: Option<&str>,
        limit: i64,
    ) -> Result<Vec<InboxEntry>, FlowError> {
        let mut tx = self.store.read().await?;
        let waiting = tx
            .inbox_newest(caller.agency.as_str(), before, limit)
            .await?;
        drop(tx);
        self.taken(caller, waiting).await
    }

    /// What waits and can be read for no longer than `within`: at most twenty.
    pub async fn inbox_due(
        &self,
        caller: &Caller,
        within: SignedDuration,
    ) -> Result<Vec<InboxEntry>, FlowError> {
        let until = self
            .now()
            .saturating_add(i64::try_from(within.as_micros()).unwrap_or(i64::MAX));
        let mut tx = self.store.read().await?;
        let due = tx
            .inbox_due(caller.agency.as_str(), self.now(), until, DUE_AT_ONCE)
            .await?;
        drop(tx);
        self.taken(caller, due).await
    }

    /// The caller takes what it was given of an exchange: to be shown it is to have it.
    pub async fn take(&self, caller: &Caller, exchange: &str) -> Result<(), FlowError> {
        let mut tx = self.store.read().await?;
        let mut own = tx.deliveries_of(exchange).await?;
        drop(tx);
        own.retain(|delivery| delivery.agency == caller.agency.as_str());
        self.note_taken(caller, &own).await
    }

    async fn taken(
        &self,
        caller: &Caller,
        waiting: Vec<DeliveryRow>,
    ) -> Result<Vec<InboxEntry>, FlowError> {
        self.note_taken(caller, &waiting).await?;
        // As they stand now, a page in one snapshot.
        let mut tx = self.store.read().await?;
        let ids: Vec<&str> = waiting.iter().map(|delivery| &*delivery.id).collect();
        self.inbox_entries(&mut tx, &ids).await
    }

    /// Those that are new are delivered from now, an area's in one recording.
    async fn note_taken(&self, caller: &Caller, waiting: &[DeliveryRow]) -> Result<(), FlowError> {
        let taker = Taker::of(caller);
        let is_new = |delivery: &&DeliveryRow| {
            let state = delivery.state.as_str();
            matches!(state, "queued" | "waiting" | "sent" | "failed") && taker.may_take(delivery)
        };
        let new: Vec<&DeliveryRow> = waiting.iter().filter(is_new).collect();
        if new.is_empty() {
            return Ok(());
        }
        let mut tx = self.store.read().await?;
        let areas = by_area(&mut tx, new).await?;
        drop(tx);
        for (area, deliveries) in areas {
            let by = Some(taker.clone());
            self.move_all(
                &area,
                "move-delivery",
                deliveries,
                DeliveryState::Delivered,
                by,
            )
            .await?;
        }
        Ok(())
    }

    /// The recipient says that it has it.
    pub async fn acknowledge(&self, caller: &Caller, id: &str) -> Result<InboxEntry, FlowError> {
        let mut tx = self.store.read().await?;
        let delivery: DeliveryRow = tx
            .get(id)
            .await?
            .filter(|d: &DeliveryRow| d.agency == caller.agency.as_str())
            .ok_or(FlowError::NotFound)?;
        drop(tx);
        if matches!(delivery.state.as_str(), "expired" | "recalled") {
            return Err(FlowError::Conflict(format!(
                "this delivery is {}: there is nothing to acknowledge",
                delivery.state
            )));
        }
        let by = Some(Taker::of(caller));
        self.move_delivery(id, DeliveryState::Acknowledged, by)
            .await?;
        let mut tx = self.store.read().await?;
        self.inbox_entry(&mut tx, id).await
    }
}

/// Deliveries with their exchanges, by the area that each is of.
async fn by_area(
    tx: &mut Tx,
    deliveries: impl IntoIterator<Item = &DeliveryRow>,
) -> Result<BTreeMap<String, Vec<(ExchangeRow, String)>>, FlowError> {
    let deliveries: Vec<&DeliveryRow> = deliveries.into_iter().collect();
    let of: Vec<&str> = deliveries.iter().map(|one| &*one.exchange).collect();
    let rows = tx.exchanges_by_id(&of).await?;
    let mut areas: BTreeMap<String, Vec<(ExchangeRow, String)>> = BTreeMap::new();
    for delivery in deliveries {
        let row = rows.iter().find(|row| row.id == delivery.exchange);
        let row = row.ok_or_else(|| corrupt("exchange", &delivery.exchange))?;
        let area = areas.entry(row.area.clone()).or_default();
        area.push((row.clone(), delivery.id.clone()));
    }
    Ok(areas)
}

const fn rank(state: DeliveryState) -> u8 {
    match state {
        DeliveryState::Queued => 0,
        DeliveryState::Waiting => 1,
        DeliveryState::Sent => 2,
        // Its channel gave up: it is still there to be fetched.
        DeliveryState::Failed => 3,
        DeliveryState::Delivered => 4,
        DeliveryState::Opened => 5,
        DeliveryState::Acknowledged => 6,
        DeliveryState::Expired | DeliveryState::Recalled => 7,
    }
}

/// Forward only; an expired or recalled delivery rests. A failed one can still be fetched, and an
/// acknowledged one may still expire or be recalled.
const fn goes(from: DeliveryState, to: DeliveryState) -> bool {
    rank(to) > rank(from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delivery_goes_forward_only() {
        assert!(goes(DeliveryState::Queued, DeliveryState::Waiting));
        assert!(goes(DeliveryState::Waiting, DeliveryState::Delivered));
        assert!(goes(DeliveryState::Acknowledged, DeliveryState::Recalled));
        assert!(goes(DeliveryState::Failed, DeliveryState::Delivered));
        assert!(!goes(DeliveryState::Delivered, DeliveryState::Failed));
        assert!(!goes(DeliveryState::Opened, DeliveryState::Delivered));
        assert!(!goes(DeliveryState::Expired, DeliveryState::Recalled));
    }
}
