//! What happens by itself: claims that nobody answers, hand-overs that are due, and what the
//! prison before still owed.

use gateway_core::Role;
use gateway_core::calendar::{add_working_days, close_of, local_date, working_days_before};
use gateway_core::event::EventKind;
use gateway_store::Tx;
use gateway_store::rows::{CustodyClaimRow, FormRequestRow};
use gateway_vault::parties::{lately, left_lately};

use super::{Told, event, holder};
use crate::Flow;
use crate::case::{agency, id_of};
use crate::error::FlowError;
use crate::recorder::{Draft, work};

/// A form that passes to another prison is due there no sooner than after so many working days:
/// as short as for an emergency meeting.
const NOTICE: u16 = 2;
/// It is reminded so many working days before.
const REMIND: u16 = 1;

impl Flow {
    /// Says which claims are overdue, presses for hand-overs, and passes on what the prison before
    /// may not finish any more.
    pub(crate) async fn run_custody_clock(&self) -> Result<(), FlowError> {
        let now = self.clock.now();
        let mut tx = self.store.read().await?;
        let claims = tx.custody_claims_due(self.now()).await?;
        let requests = tx.form_requests_left(lately(now), self.now()).await?;
        drop(tx);
        for row in claims {
            let (flow, area) = (self.clone(), row.area.clone());
            let work = work(move |tx| Box::pin(async move { flow.press_claim(tx, &row.id).await }));
            self.recorder.record(&area, "custody-clock", work).await?;
        }
        for row in requests {
            let (flow, area) = (self.clone(), row.area.clone());
            let work =
                work(move |tx| Box::pin(async move { flow.pass_request(tx, &row.id).await }));
            self.recorder.record(&area, "custody-clock", work).await?;
        }
        self.run_hand_overs().await
    }

    async fn press_claim(&self, tx: &mut Tx, id: &str) -> Result<(Vec<Draft>, ()), FlowError> {
        let mut drafts = Vec::new();
        let row: Option<CustodyClaimRow> = tx.get(id).await?;
        let Some(mut row) = row.filter(|row| row.closed_at.is_none() && row.overdue_at.is_none())
        else {
            return Ok((drafts, ()));
        };
        row.overdue_at = Some(self.now());
        tx.put(&mut row).await?;
        drafts.push(event(EventKind::CustodyOverdue, None, &row)?);
        let told = Told::at(
            &row.unit,
            Role::Coordinator,
            "custody-overdue",
            Some(row.due_at),
        );
        self.tell_of_custody(tx, &row.nominal, told, &mut drafts)
            .await?;
        Ok((drafts, ()))
    }

    /// What a prison was asked for and has not sent five working days after the person left it,
    /// the prison that holds them now is asked for.
    async fn pass_request(&self, tx: &mut Tx, id: &str) -> Result<(Vec<Draft>, ()), FlowError> {
        let mut drafts = Vec::new();
        let row: Option<FormRequestRow> = tx.get(id).await?;
        let Some(mut row) = row.filter(|row| row.answered_at.is_none()) else {
            return Ok((drafts, ()));
        };
        let was = agency(tx, &row.agency).await?;
        let held = holder(tx, &row.nominal, self.now()).await?;
        let may_finish = left_lately(tx, &was, &row.nominal, self.clock.now()).await?;
        let Some(held) = held.filter(|held| held.agency != row.agency && !may_finish) else {
            return Ok((drafts, ()));
        };
        let soonest = add_working_days(local_date(self.clock.now()), NOTICE);
        if close_of(soonest).as_microsecond() > row.due_at {
            row.due_at = close_of(soonest).as_microsecond();
            row.remind_at = close_of(working_days_before(soonest, REMIND)).as_microsecond();
        }
        row.reminded_at = None;
        row.late_at = None;
        row.agency = held.agency;
        tx.put(&mut row).await?;
        let parties = [id_of(&was.id)?, id_of(&row.agency)?, id_of(&row.unit)?];
        drafts.push(
            Draft::new(EventKind::FormRequestMoved, None)
                .nominal(&row.nominal)
                .reaching(parties)
                .with("request", &*row.id)
                .with("form", &*row.form)
                .with("was", &*was.id)
                .with("agency", &*row.agency),
        );
        let due = Some(row.due_at);
        for told in [
            Told::at(&was.id, Role::Spoc, "form-request-moved", None),
            Told::at(&row.agency, Role::Spoc, "form-asked", due),
        ] {
            self.tell_of_custody(tx, &row.nominal, told, &mut drafts)
                .await?;
        }
        Ok((drafts, ()))
    }
}
