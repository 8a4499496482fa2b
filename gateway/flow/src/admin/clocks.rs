//! The clocks that an area can set for itself, in working days; and what they are where it has not.

use gateway_core::event::EventKind;
use gateway_store::Tx;
use gateway_store::rows::AreaRow;
use serde::{Deserialize, Serialize};

use super::invalid;
use crate::Flow;
use crate::case::corrupt;
use crate::error::FlowError;
use crate::recorder::{Draft, work};

/// The longest that an area can set, working days.
const LONGEST: u16 = 60;

/// An area's clocks, as they lie in its settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Clocks {
    /// A form is due so many working days before its meeting (report 5.24).
    pub form_due: u16,
    /// Before a meeting that is called in an emergency, so many.
    pub form_due_emergency: u16,
    /// Whoever is asked is reminded so many working days before a form is due.
    pub form_reminder: u16,
    /// A form that an emergency sent first is countersigned within so many working days (ISP-34).
    pub countersign: u16,
    /// A health body answers within so many working days at level 3; in an emergency the same day.
    pub health_level_3: u16,
    /// At level 2.
    pub health_level_2: u16,
    /// At level 1.
    pub health_level_1: u16,
    /// In any case so many working days before the meeting.
    pub health_before_meeting: u16,
    /// A health body is reminded so many working days before its answer is due.
    pub health_reminder: u16,
    /// A refusal is looked at within so many working days, at each stage.
    pub health_review: u16,
    /// Whoever set a hospital flag is reminded so many working days before its review.
    pub flag_reminder: u16,
    /// A hospital clears a flag that is over within so many working days.
    pub flag_clear: u16,
}

impl Default for Clocks {
    fn default() -> Self {
        Self {
            form_due: 10,
            form_due_emergency: 2,
            form_reminder: 2,
            countersign: 2,
            health_level_3: 3,
            health_level_2: 5,
            health_level_1: 10,
            health_before_meeting: 2,
            health_reminder: 1,
            health_review: 2,
            flag_reminder: 10,
            flag_clear: 2,
        }
    }
}

impl Clocks {
    /// Those of an area's row; what it has not set is as it is where nothing is set.
    fn of(area: &AreaRow) -> Result<Self, FlowError> {
        serde_json::from_str(&area.settings).map_err(|_| corrupt("area", &area.id))
    }

    /// Each with its place, and the least that it can be.
    const fn numbers(self) -> [(&'static str, u16, u16); 12] {
        [
            ("/form_due", self.form_due, 1),
            ("/form_due_emergency", self.form_due_emergency, 1),
            ("/form_reminder", self.form_reminder, 0),
            ("/countersign", self.countersign, 1),
            ("/health_level_3", self.health_level_3, 1),
            ("/health_level_2", self.health_level_2, 1),
            ("/health_level_1", self.health_level_1, 1),
            ("/health_before_meeting", self.health_before_meeting, 0),
            ("/health_reminder", self.health_reminder, 0),
            ("/health_review", self.health_review, 1),
            ("/flag_reminder", self.flag_reminder, 0),
            ("/flag_clear", self.flag_clear, 1),
        ]
    }

    fn fits(self) -> Result<(), FlowError> {
        for (pointer, days, least) in self.numbers() {
            if days < least || days > LONGEST {
                let detail = format!("is a number of working days from {least} to {LONGEST}");
                return Err(invalid(pointer, &detail));
            }
        }
        Ok(())
    }
}

impl Flow {
    /// An area's clocks.
    ///
    /// # Errors
    /// [`FlowError::NotFound`] where there is no such area.
    pub async fn clocks(&self, area: &str) -> Result<Clocks, FlowError> {
        let mut tx = self.store.read().await?;
        clocks(&mut tx, area).await
    }

    /// Sets an area's clocks. What is under way keeps the time that it was given.
    ///
    /// # Errors
    /// [`FlowError::NotFound`] where there is no such area; [`FlowError::Invalid`] where a number
    /// is none that a clock can have.
    pub async fn set_clocks(&self, area: &str, set: Clocks) -> Result<(), FlowError> {
        set.fits()?;
        let id = area.to_owned();
        let work = work(move |tx| {
            Box::pin(async move {
                let mut row: AreaRow = tx.get(&id).await?.ok_or(FlowError::NotFound)?;
                if Clocks::of(&row)? == set {
                    return Ok((Vec::new(), ()));
                }
                row.settings = serde_json::to_string(&set)?;
                tx.put(&mut row).await?;
                let event = Draft::new(EventKind::AreaChanged, None).with("change", "clocks");
                let numbers = set.numbers().into_iter();
                let event = numbers.fold(event, |event, (pointer, days, _)| {
                    event.with(pointer.trim_start_matches('/'), days.to_string())
                });
                Ok((vec![event], ()))
            })
        });
        let there = self.store.read().await?.get::<AreaRow>(area).await?;
        there.ok_or(FlowError::NotFound)?;
        self.recorder.record(area, "set-clocks", work).await?;
        Ok(())
    }
}

/// An area's clocks, within a transaction.
pub(crate) async fn clocks(tx: &mut Tx, area: &str) -> Result<Clocks, FlowError> {
    let row: AreaRow = tx.get(area).await?.ok_or(FlowError::NotFound)?;
    Clocks::of(&row)
}
