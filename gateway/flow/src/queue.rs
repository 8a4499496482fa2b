//! What waits in an area, for its coordinator: how much of each, since when, and the lists. The
//! numbers name nobody; each list is read with a reason, and logged.

use gateway_core::Role;
use gateway_core::calendar::began_before;
use gateway_core::event::EventKind;
use gateway_store::rows::{DeliveryRow, ExchangeRow};
use gateway_store::{LateBefore, QueueCount};
use jiff::ToSpan as _;

use crate::Flow;
use crate::case::corrupt;
use crate::error::FlowError;
use crate::reason::Given;
use crate::recorder::{Draft, work};
use crate::submission::Caller;

/// A delivery that nobody has opened is late after so many working days.
const WORKING_DAYS: u16 = 2;
/// In an emergency, after so many hours.
const HOURS: i64 = 4;

/// How much waits in an area.
#[derive(Debug, Clone, Default)]
pub struct Overview {
    /// Holds, by the role that decides.
    pub holds: Vec<(String, QueueCount)>,
    /// Exchanges with a hold that passed to the coordinator.
    pub escalated: QueueCount,
    /// Kept apart.
    pub quarantine: QueueCount,
    /// About nobody known.
    pub unmatched: QueueCount,
    /// Not complete.
    pub incomplete: QueueCount,
    /// Deliveries that nobody has opened in time.
    pub unopened: QueueCount,
    /// Deliveries that could not be made.
    pub undelivered: QueueCount,
}

/// An incomplete exchange.
#[derive(Debug, Clone)]
pub struct IncompleteView {
    /// The exchange.
    pub exchange: String,
    /// The sender.
    pub from: String,
    /// Received at, microseconds UTC.
    pub received: i64,
    /// The channel.
    pub channel: String,
    /// What is missing, as JSON Pointers.
    pub missing: Vec<String>,
    /// Why it is set aside as a whole, where it is.
    pub set_aside: Option<String>,
}

/// A delivery that is late or could not be made.
#[derive(Debug, Clone)]
pub struct LateView {
    /// The delivery.
    pub id: String,
    /// The exchange.
    pub exchange: String,
    /// The sender.
    pub from: String,
    /// The recipient.
    pub recipient: String,
    /// The channel.
    pub channel: String,
    /// Its state.
    pub state: String,
    /// Since when it is in that state, microseconds UTC.
    pub at: i64,
    /// When it was made, microseconds UTC.
    pub created: i64,
    /// Of an emergency.
    pub emergency: bool,
    /// The role at the recipient to ring: its single point of contact, who is there.
    pub spoc: Option<String>,
}

impl Flow {
    /// How much waits in the caller's area. It names nobody, and asks for no reason.
    pub async fn overview(&self, caller: &Caller) -> Result<Overview, FlowError> {
        let (area, _) = self.coordinator(caller, "seeing what waits").await?;
        let late = self.late_before();
        let mut tx = self.store.read().await?;
        Ok(Overview {
            holds: tx.hold_counts(&area).await?,
            escalated: tx.escalated_count(&area).await?,
            quarantine: tx.kept_apart_count(&area).await?,
            unmatched: tx.unmatched_count(&area).await?,
            incomplete: tx.incomplete_count(&area).await?,
            unopened: tx.unopened_count(&area, late).await?,
            undelivered: tx.undelivered_count(&area).await?,
        })
    }

    /// The incomplete exchanges of the caller's area, the oldest first.
    pub async fn incomplete_in_area(
        &self,
        caller: &Caller,
        given: &Given,
        after: Option<&str>,
        limit: i64,
    ) -> Result<Vec<IncompleteView>, FlowError> {
        let area = self.log_queue(caller, "incomplete", Some(given)).await?;
        let mut tx = self.store.read().await?;
        let rows = tx.incomplete(&area, after, limit).await?;
        drop(tx);
        let mut views = Vec::new();
        for row in rows {
            let set_aside = self.particulars(&row).await?.intake.set_aside;
            views.push(IncompleteView {
                missing: self.missing_of(&row).await?,
                exchange: row.id,
                from: row.sender,
                received: row.received_at,
                channel: row.channel,
                set_aside,
            });
        }
        Ok(views)
    }

    /// The deliveries of the caller's area that nobody has opened in time, the oldest first.
    pub async fn unopened_in_area(
        &self,
        caller: &Caller,
        given: &Given,
        after: Option<&str>,
        limit: i64,
    ) -> Result<Vec<LateView>, FlowError> {
        let area = self.log_queue(caller, "overdue", Some(given)).await?;
        let mut tx = self.store.read().await?;
        let late = self.late_before();
        let rows = tx.unopened(&area, late, after, limit).await?;
        drop(tx);
        self.late_views(rows).await
    }

    /// The deliveries of the caller's area that could not be made, the oldest first.
    pub async fn undelivered_in_area(
        &self,
        caller: &Caller,
        given: &Given,
        after: Option<&str>,
        limit: i64,
    ) -> Result<Vec<LateView>, FlowError> {
        let area = self.log_queue(caller, "undelivered", Some(given)).await?;
        let mut tx = self.store.read().await?;
        let rows = tx.undelivered(&area, after, limit).await?;
        drop(tx);
        self.late_views(rows).await
    }

    /// Whether the caller may see an area's lists, once they have said why.
    ///
    /// # Errors
    /// [`FlowError::NotFound`] outside the coordination unit, [`FlowError::Forbidden`] for those
    /// there who do not coordinate.
    pub async fn may_see_queues(&self, caller: &Caller) -> Result<(), FlowError> {
        self.coordinator(caller, "seeing what waits")
            .await
            .map(|_| ())
    }

    /// Logs that the coordinator reads a list, and why; her area.
    pub(crate) async fn log_queue(
        &self,
        caller: &Caller,
        what: &str,
        given: Option<&Given>,
    ) -> Result<String, FlowError> {
        let (area, person) = self.coordinator(caller, "seeing what waits").await?;
        let mut draft = Draft::new(EventKind::RecordRead, Some(&caller.agency))
            .with("what", what)
            .with("person", &*person.id);
        if let Some(given) = given {
            draft = draft.with("reading", given.id());
        }
        let read = work(move |_| Box::pin(async move { Ok((vec![draft], ())) }));
        self.recorder.record(&area, "read-queue", read).await?;
        Ok(area)
    }

    fn late_before(&self) -> LateBefore {
        let now = self.clock.now();
        let hours = now.checked_sub(HOURS.hours()).unwrap_or(now);
        LateBefore {
            routine: began_before(now, WORKING_DAYS).as_microsecond(),
            emergency: hours.as_microsecond(),
        }
    }

    async fn late_views(&self, rows: Vec<DeliveryRow>) -> Result<Vec<LateView>, FlowError> {
        let mut views = Vec::new();
        for delivery in rows {
            let mut tx = self.store.read().await?;
            let row: ExchangeRow = tx
                .get(&delivery.exchange)
                .await?
                .ok_or_else(|| corrupt("exchange", &delivery.exchange))?;
            let now = self.clock.now();
            let spoc =
                gateway_vault::parties::in_post(&mut tx, &delivery.agency, Role::Spoc, now).await?;
            let spoc = match spoc {
                Some(person) => Some(self.named(&mut tx, &person).await?),
                None => None,
            };
            views.push(LateView {
                id: delivery.id,
                exchange: row.id,
                from: row.sender,
                recipient: delivery.agency,
                channel: delivery.channel,
                state: delivery.state,
                at: delivery.at,
                created: delivery.created_at,
                emergency: row.emergency == 1,
                spoc,
            });
        }
        Ok(views)
    }
}
