//! The clock of requests: reminded of, late; and refusals at which nobody looks.

use gateway_core::Role;
use gateway_core::event::EventKind;
use gateway_store::Tx;

use super::event;
use super::review::health_row;
use crate::Flow;
use crate::error::FlowError;
use crate::recorder::{Done, work};

impl Flow {
    /// Reminds of what is due soon, says what is late, and takes refusals on to the chair: each
    /// once, as events.
    pub(crate) async fn run_health_clock(&self) -> Result<(), FlowError> {
        let mut tx = self.store.read().await?;
        let due = tx.health_requests_due(self.now()).await?;
        let stages = tx.health_stages_due(self.now()).await?;
        drop(tx);
        for row in due {
            let (flow, area) = (self.clone(), row.area.clone());
            let work =
                work(move |tx| Box::pin(async move { flow.press_health(tx, &row.id).await }));
            self.recorder.record(&area, "health-clock", work).await?;
        }
        for row in stages {
            let (flow, area) = (self.clone(), row.area.clone());
            let work = work(move |tx| Box::pin(async move { flow.move_stage(tx, &row.id).await }));
            self.recorder.record(&area, "health-clock", work).await?;
        }
        Ok(())
    }

    async fn press_health(&self, tx: &mut Tx, id: &str) -> Done<()> {
        let mut drafts = Vec::new();
        let mut row = health_row(tx, id).await?;
        if row.answered_at.is_some() || row.closed_at.is_some() {
            return Ok((drafts, ()));
        }
        let now = self.now();
        let late = row.late_at.is_none() && row.due_at <= now;
        let reminded = row.reminded_at.is_none() && row.remind_at <= now;
        if late {
            row.late_at = Some(now);
            drafts.push(event(EventKind::HealthLate, None, &row)?);
        }
        if reminded {
            row.reminded_at = Some(now);
            drafts.push(event(EventKind::HealthReminded, None, &row)?);
        }
        if drafts.is_empty() {
            // Another round of the clockwork was faster.
            return Ok((drafts, ()));
        }
        tx.put(&mut row).await?;
        let (holder, unit, asks) = (row.holder.clone(), row.unit.clone(), row.agency.clone());
        let kind = match late {
            true => "health-late",
            false => "health-reminded",
        };
        self.tell_of_health(tx, &row, (&holder, Role::Spoc), kind, &mut drafts)
            .await?;
        if late {
            let kind = "health-overdue";
            let unit_told = (&*unit, Role::Coordinator);
            self.tell_of_health(tx, &row, unit_told, kind, &mut drafts)
                .await?;
            if asks != unit {
                self.tell_of_health(tx, &row, (&asks, Role::Spoc), kind, &mut drafts)
                    .await?;
            }
        }
        Ok((drafts, ()))
    }

    async fn move_stage(&self, tx: &mut Tx, id: &str) -> Done<()> {
        let mut row = health_row(tx, id).await?;
        let overdue = row.stage_due_at.is_some_and(|due| due <= self.now());
        if row.stage.as_deref() != Some("caldicott") || !overdue {
            return Ok((Vec::new(), ()));
        }
        let mut drafts = vec![event(EventKind::HealthEscalated, None, &row)?];
        self.to_chair(tx, &mut row, &mut drafts).await?;
        Ok((drafts, ()))
    }
}
