//! The clock of a hold that nobody answers: reminded of, then passed to the deputy and the
//! coordinator.

use gateway_core::calendar::due_at;
use gateway_core::event::EventKind;
use gateway_core::{AgencyId, Role};
use gateway_store::Tx;
use gateway_store::rows::{AgencyRow, ExchangeRow, FormSentRow, HoldRow};
use jiff::{Timestamp, ToSpan as _};

use crate::Flow;
use crate::admin::clocks::clocks;
use crate::case::{corrupt, id_of};
use crate::error::FlowError;
use crate::recorder::{Draft, work};

/// When holds are reminded of and passed on, microseconds UTC: those that something waits for, and
/// looks afterwards at what has gone out.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HoldClocks {
    pub(crate) before: (i64, i64),
    pub(crate) afterwards: (i64, i64),
}

impl Flow {
    /// When a hold is reminded of and when it escalates: one and two working days, in an
    /// emergency two and four hours.
    pub(crate) fn hold_clock(now: Timestamp, emergency: bool) -> (i64, i64) {
        if emergency {
            let hours = |n: i64| now.checked_add(n.hours()).unwrap_or(now).as_microsecond();
            (hours(2), hours(4))
        } else {
            (
                due_at(now, 1).as_microsecond(),
                due_at(now, 2).as_microsecond(),
            )
        }
    }

    /// The clocks of holds on an exchange that open now; of a form, or of anything else.
    pub(crate) async fn hold_clocks(
        &self,
        tx: &mut Tx,
        row: &ExchangeRow,
        form: bool,
    ) -> Result<HoldClocks, FlowError> {
        let before = Self::hold_clock(self.clock.now(), row.emergency == 1);
        Ok(HoldClocks {
            before,
            afterwards: match row.emergency {
                1 => self.afterwards(tx, row, form).await?,
                _ => before,
            },
        })
    }

    /// When a look at what an emergency has sent is reminded of, and when it is late: of a form
    /// that is its countersignature, which the area's clock gives some working days (ISP-34).
    async fn afterwards(
        &self,
        tx: &mut Tx,
        row: &ExchangeRow,
        form: bool,
    ) -> Result<(i64, i64), FlowError> {
        if !form {
            return Ok(Self::hold_clock(self.clock.now(), true));
        }
        let days = clocks(tx, &row.area).await?.countersign;
        let due = |days| due_at(self.clock.now(), days).as_microsecond();
        Ok((due(days.saturating_sub(1)), due(days)))
    }

    /// Looks afterwards that waited since before they had a clock get it from now on: nobody was
    /// told of a time that they had missed.
    async fn start_clocks(&self) -> Result<(), FlowError> {
        let mut tx = self.store.read().await?;
        let waiting = tx.holds_clockless().await?;
        drop(tx);
        for hold in waiting {
            let mut tx = self.store.read().await?;
            let row: Option<ExchangeRow> = tx.get(&hold.exchange).await?;
            drop(tx);
            let row = row.ok_or_else(|| corrupt("exchange", &hold.exchange))?;
            let (flow, area) = (self.clone(), row.area.clone());
            let work =
                work(move |tx| Box::pin(async move { flow.start_clock(tx, &row, &hold.id).await }));
            self.recorder.record(&area, "hold-clock", work).await?;
        }
        Ok(())
    }

    async fn start_clock(
        &self,
        tx: &mut Tx,
        row: &ExchangeRow,
        id: &str,
    ) -> Result<(Vec<Draft>, ()), FlowError> {
        tx.hold_has_clock(id).await?;
        let hold: Option<HoldRow> = tx.get(id).await?;
        let Some(mut hold) = hold.filter(|hold| hold.state == "open") else {
            return Ok((Vec::new(), ()));
        };
        let form = is_form(tx, row).await?;
        (hold.remind_at, hold.escalate_at) = self.afterwards(tx, row, form).await?;
        let event = Draft::new(EventKind::HoldClocked, None)
            .about(&row.id, row.nominal.as_deref())
            .reaching([id_of(&hold.agency)?])
            .with("hold", id)
            .with("role", &*hold.role);
        tx.put(&mut hold).await?;
        Ok((vec![event], ()))
    }

    /// Reminds of holds that wait too long, then passes them to the deputy and the coordinator.
    pub(crate) async fn run_hold_clock(&self) -> Result<(), FlowError> {
        self.start_clocks().await?;
        let mut tx = self.store.read().await?;
        let due = tx.holds_due(self.now()).await?;
        drop(tx);
        for hold in due {
            let mut tx = self.store.read().await?;
            let row: ExchangeRow = tx
                .get(&hold.exchange)
                .await?
                .ok_or_else(|| corrupt("exchange", &hold.exchange))?;
            drop(tx);
            let (flow, area) = (self.clone(), row.area.clone());
            let work =
                work(move |tx| Box::pin(async move { flow.press(tx, &row, &hold.id).await }));
            self.recorder.record(&area, "hold-clock", work).await?;
        }
        Ok(())
    }

    async fn press(
        &self,
        tx: &mut Tx,
        row: &ExchangeRow,
        id: &str,
    ) -> Result<(Vec<Draft>, ()), FlowError> {
        let mut drafts = Vec::new();
        let Some(mut hold) = tx.get::<HoldRow>(id).await? else {
            return Ok((drafts, ()));
        };
        if hold.state != "open" {
            return Ok((drafts, ()));
        }
        let now = self.now();
        let to: AgencyId = id_of(&hold.agency)?;
        let unit: AgencyRow = crate::decide::coordination_unit(tx, &row.area).await?;
        let role = hold.role.clone();
        let event = |kind, reached: Vec<AgencyId>| {
            Draft::new(kind, None)
                .about(&row.id, row.nominal.as_deref())
                .reaching(reached)
                .with("hold", id)
                .with("role", &*role)
        };
        if hold.reminded_at.is_none() && hold.remind_at <= now {
            drafts.push(event(EventKind::HoldReminded, vec![to.clone()]));
            hold.reminded_at = Some(now);
        }
        let escalates = hold.escalated_at.is_none() && hold.escalate_at <= now;
        if escalates {
            let reached = vec![to, id_of(&unit.id)?];
            let event = event(EventKind::HoldEscalated, reached);
            drafts.push(match hold.after == 1 {
                true => event.with("late", "countersignature"),
                false => event,
            });
            hold.escalated_at = Some(now);
        }
        if drafts.is_empty() {
            // Another round of the clockwork was faster.
            return Ok((drafts, ()));
        }
        tx.put(&mut hold).await?;
        if escalates {
            let role = Role::Coordinator;
            self.write_notice(tx, row, &unit.id, role, "hold-escalated", &mut drafts)
                .await?;
        }
        Ok((drafts, ()))
    }
}

/// Whether an exchange is a form.
pub(crate) async fn is_form(tx: &mut Tx, row: &ExchangeRow) -> Result<bool, FlowError> {
    Ok(tx.get::<FormSentRow>(&row.id).await?.is_some())
}
