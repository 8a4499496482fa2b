//! The clock of flags: reminded of before their review, over when it passes, and not cleared in time.

use gateway_core::Role;
use gateway_core::event::EventKind;
use gateway_store::Tx;

use super::end::Over;
use super::{event, flag_row};
use crate::Flow;
use crate::error::FlowError;
use crate::recorder::{Done, work};

impl Flow {
    /// Reminds of reviews, ends flags whose review passed, and says what is not cleared: each once, as
    /// events.
    pub(crate) async fn run_flag_clock(&self) -> Result<(), FlowError> {
        let mut tx = self.store.read().await?;
        let due = tx.hospital_flags_due(self.now()).await?;
        let uncleared = tx.hospital_flags_uncleared(self.now()).await?;
        let unopened = tx.hospital_flags_unopened(self.now()).await?;
        drop(tx);
        for row in due {
            let (flow, area) = (self.clone(), row.area.clone());
            let work = work(move |tx| Box::pin(async move { flow.press_flag(tx, &row.id).await }));
            self.recorder.record(&area, "flag-clock", work).await?;
        }
        for row in unopened {
            let (flow, area) = (self.clone(), row.area.clone());
            let work =
                work(move |tx| Box::pin(async move { flow.press_unopened(tx, &row.id).await }));
            self.recorder.record(&area, "flag-clock", work).await?;
        }
        for row in uncleared {
            let (flow, area) = (self.clone(), row.area.clone());
            let work =
                work(move |tx| Box::pin(async move { flow.press_clearing(tx, &row.id).await }));
            self.recorder.record(&area, "flag-clock", work).await?;
        }
        Ok(())
    }

    async fn press_flag(&self, tx: &mut Tx, id: &str) -> Done<()> {
        let mut drafts = Vec::new();
        let mut row = flag_row(tx, id).await?;
        let now = self.now();
        if row.ended_at.is_some() {
            return Ok((drafts, ()));
        }
        if row.review_at <= now {
            let over = Over::because("lapsed");
            self.flag_is_over(tx, row, over, &mut drafts).await?;
            return Ok((drafts, ()));
        }
        if row.reminded_at.is_some() || row.remind_at > now {
            // Another round of the clockwork was faster.
            return Ok((drafts, ()));
        }
        row.reminded_at = Some(now);
        tx.put(&mut row).await?;
        drafts.push(event(EventKind::FlagReminded, None, &row)?);
        let (kind, due) = ("flag-reminded", Some(row.review_at));
        let told = (&*row.agency, Role::Spoc, kind);
        self.tell_of_flag(tx, &row, told, due, &mut drafts).await?;
        self.tell_setter(tx, &row, kind, due, &mut drafts).await?;
        Ok((drafts, ()))
    }

    /// To a trust without a secure channel a flag is open for a time (ISP-36). Where nobody there
    /// opened it, nobody there knows of it: it is over, and whoever set it rings the hospital.
    async fn press_unopened(&self, tx: &mut Tx, id: &str) -> Done<()> {
        let mut drafts = Vec::new();
        let row = flag_row(tx, id).await?;
        let opened = tx.hospital_flag_opened(&row).await?;
        let until = tx.hospital_flag_opens_until(&row).await?;
        let passed = until.is_some_and(|until| until <= self.now());
        if row.ended_at.is_some() || opened.is_some() || !passed {
            return Ok((drafts, ()));
        }
        let over = Over::because("unopened");
        self.flag_is_over(tx, row, over, &mut drafts).await?;
        Ok((drafts, ()))
    }

    async fn press_clearing(&self, tx: &mut Tx, id: &str) -> Done<()> {
        let mut row = flag_row(tx, id).await?;
        let overdue = row.clear_due_at.is_some_and(|due| due <= self.now());
        if !overdue || row.cleared_at.is_some() || row.clear_late_at.is_some() {
            return Ok((Vec::new(), ()));
        }
        row.clear_late_at = Some(self.now());
        tx.put(&mut row).await?;
        let mut drafts = vec![event(EventKind::FlagUncleared, None, &row)?];
        let told = (&*row.unit, Role::Coordinator, "flag-uncleared");
        self.tell_of_flag(tx, &row, told, None, &mut drafts).await?;
        Ok((drafts, ()))
    }
}
