//! The hand-over: a prison that has begun to hold a person owes its first form on them.

use gateway_core::Role;
use gateway_core::calendar::{close_of, due_at, local_date, working_days_before};
use gateway_core::event::EventKind;
use gateway_store::Tx;
use gateway_store::rows::{ExchangeRow, HandOverRow, NominalRow};

use super::Told;
use crate::Flow;
use crate::case::id_of;
use crate::decide::coordination_unit;
use crate::error::FlowError;
use crate::recorder::{Draft, work};
use crate::seal::fresh;

/// A prison has so many working days for its first form on a person (proposal: as long as the
/// prison before may finish what it owes, ISP-12).
const HAND_OVER: u16 = 5;
/// It is reminded so many working days before.
const REMIND: u16 = 1;

impl Flow {
    /// The prison before owes nothing any more, and the one that holds the person now does.
    pub(super) async fn pass_hand_over(
        &self,
        tx: &mut Tx,
        nominal: &NominalRow,
        prison: &str,
        drafts: &mut Vec<Draft>,
    ) -> Result<(), FlowError> {
        let mut owed = false;
        for mut row in tx.hand_overs_open(&nominal.id).await? {
            if row.agency == prison {
                owed = true;
                continue;
            }
            row.ended_at = Some(self.now());
            tx.put(&mut row).await?;
            drafts.push(event(EventKind::HandOverEnded, &row)?.with("because", "custody-ended"));
        }
        if owed {
            return Ok(());
        }
        let now = self.clock.now();
        let due = due_at(now, HAND_OVER);
        let mut row = HandOverRow {
            id: fresh(self),
            area: nominal.area.clone(),
            nominal: nominal.id.clone(),
            agency: prison.to_owned(),
            unit: coordination_unit(tx, &nominal.area).await?.id,
            opened_at: now.as_microsecond(),
            remind_at: close_of(working_days_before(local_date(due), REMIND)).as_microsecond(),
            due_at: due.as_microsecond(),
            reminded_at: None,
            late_at: None,
            exchange: None,
            ended_at: None,
            updated_by: String::new(),
        };
        tx.put(&mut row).await?;
        drafts.push(event(EventKind::HandOverOpened, &row)?);
        let told = Told::at(&row.agency, Role::Spoc, "hand-over", Some(row.due_at));
        self.tell_of_custody(tx, &row.nominal, told, drafts).await
    }

    /// A form about a person ends what its prison owes of them.
    pub(crate) async fn end_hand_over(
        &self,
        tx: &mut Tx,
        form: &ExchangeRow,
        drafts: &mut Vec<Draft>,
    ) -> Result<(), FlowError> {
        let (Some(nominal), false) = (&form.nominal, form.state == "incomplete") else {
            return Ok(());
        };
        for mut row in tx.hand_overs_open(nominal).await? {
            if row.agency != form.sender {
                continue;
            }
            row.exchange = Some(form.id.clone());
            row.ended_at = Some(self.now());
            let late = row.late_at.is_some() || self.now() > row.due_at;
            drafts.push(
                event(EventKind::HandOverEnded, &row)?
                    .with("exchange", &*form.id)
                    .with("late", late.to_string()),
            );
            tx.put(&mut row).await?;
        }
        Ok(())
    }

    /// Reminds of hand-overs that are due soon, and says which are late: each once.
    pub(super) async fn run_hand_overs(&self) -> Result<(), FlowError> {
        let mut tx = self.store.read().await?;
        let due = tx.hand_overs_due(self.now()).await?;
        drop(tx);
        for row in due {
            let (flow, area) = (self.clone(), row.area.clone());
            let work =
                work(move |tx| Box::pin(async move { flow.press_hand_over(tx, &row.id).await }));
            self.recorder.record(&area, "hand-over-clock", work).await?;
        }
        Ok(())
    }

    async fn press_hand_over(&self, tx: &mut Tx, id: &str) -> Result<(Vec<Draft>, ()), FlowError> {
        let mut drafts = Vec::new();
        let row: Option<HandOverRow> = tx.get(id).await?;
        let Some(mut row) = row.filter(|row| row.ended_at.is_none()) else {
            return Ok((drafts, ()));
        };
        let now = self.now();
        let late = row.late_at.is_none() && row.due_at <= now;
        let reminded = row.reminded_at.is_none() && row.remind_at <= now;
        if reminded {
            row.reminded_at = Some(now);
            drafts.push(event(EventKind::HandOverReminded, &row)?);
        }
        if late {
            row.late_at = Some(now);
            drafts.push(event(EventKind::HandOverLate, &row)?);
        }
        if drafts.is_empty() {
            // Another round of the clockwork was faster.
            return Ok((drafts, ()));
        }
        tx.put(&mut row).await?;
        let (due, nominal) = (Some(row.due_at), &row.nominal);
        let kind = match late {
            true => "hand-over-late",
            false => "hand-over-reminded",
        };
        let told = Told::at(&row.agency, Role::Spoc, kind, due);
        self.tell_of_custody(tx, nominal, told, &mut drafts).await?;
        if late {
            let told = Told::at(&row.unit, Role::Coordinator, kind, due);
            self.tell_of_custody(tx, nominal, told, &mut drafts).await?;
        }
        Ok((drafts, ()))
    }
}

pub(super) fn event(kind: EventKind, row: &HandOverRow) -> Result<Draft, FlowError> {
    Ok(Draft::new(kind, None)
        .nominal(&row.nominal)
        .reaching([id_of(&row.agency)?, id_of(&row.unit)?])
        .with("hand-over", &*row.id)
        .with("agency", &*row.agency))
}
