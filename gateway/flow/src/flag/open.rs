//! A flag is recorded, with the clock of its review; and that the person came.

use gateway_core::calendar::{close_of, end_of, working_days_before};
use gateway_core::event::EventKind;
use gateway_core::{Id, Role};
use gateway_store::Tx;
use gateway_store::rows::{ExchangeRow, HospitalFlagRow, NominalRow};
use gateway_vault::parties;
use jiff::Timestamp;
use jiff::ToSpan as _;

use super::end::Over;
use super::note::FlagNote;
use super::talk::has_flag;
use super::{Step, event, flag_row, owed};
use crate::Flow;
use crate::admin::clocks::clocks;
use crate::case::corrupt;
use crate::decide::coordination_unit;
use crate::error::FlowError;
use crate::recorder::Draft;
use crate::submission::FormNote;

/// That the person came is acted on within so many hours.
const AT_ONCE: i64 = 1;

impl Flow {
    /// Notes, in the recording of a form, what it does to a hospital flag.
    pub(crate) async fn write_flag(
        &self,
        tx: &mut Tx,
        row: &ExchangeRow,
        form: &FormNote,
        drafts: &mut Vec<Draft>,
    ) -> Result<(), FlowError> {
        let waits = ["incomplete", "quarantined"].contains(&row.state.as_str());
        match &form.flag {
            Some(_) if waits => Ok(()),
            Some(note @ FlagNote::Sets { .. }) => self.open_flag(tx, row, note, drafts).await,
            Some(FlagNote::Attends { flag }) => self.note_attended(tx, row, *flag, drafts).await,
            None => Ok(()),
        }
    }

    async fn open_flag(
        &self,
        tx: &mut Tx,
        row: &ExchangeRow,
        note: &FlagNote,
        drafts: &mut Vec<Draft>,
    ) -> Result<(), FlowError> {
        let (
            FlagNote::Sets {
                holder,
                decided_on,
                review_on,
                follows,
            },
            Some(nominal),
        ) = (note, &row.nominal)
        else {
            return Ok(());
        };
        let person: Option<NominalRow> = tx.get(nominal).await?;
        let person = person.ok_or_else(|| corrupt("nominal", nominal))?;
        if person.level < 2 {
            return Err(conflict(
                "this person is not managed at level 2 or 3 any more: no hospital flag is set",
            ));
        }
        if follows.is_none() && has_flag(tx, (&row.sender, holder.as_str()), nominal).await? {
            return Err(conflict(
                "your agency has set a flag on this person at this trust meanwhile: renew that one",
            ));
        }
        let unit = coordination_unit(tx, &person.area).await?;
        let reminder = clocks(tx, &person.area).await?.flag_reminder;
        let mut flag = HospitalFlagRow {
            id: row.id.clone(),
            area: row.area.clone(),
            nominal: nominal.clone(),
            agency: row.sender.clone(),
            person: row.sender_person.clone(),
            holder: holder.to_string(),
            unit: unit.id,
            follows: follows.map(|id| id.to_string()),
            decided_on: decided_on.to_string(),
            review_on: review_on.to_string(),
            set_at: self.now(),
            remind_at: close_of(working_days_before(*review_on, reminder)).as_microsecond(),
            review_at: end_of(*review_on)
                .unwrap_or(Timestamp::MAX)
                .as_microsecond(),
            reminded_at: None,
            ended_at: None,
            ended_why: None,
            clear_due_at: None,
            clear_late_at: None,
            cleared_at: None,
            updated_by: String::new(),
        };
        if flag.remind_at <= flag.set_at {
            // So near a review is known to whoever sets it.
            flag.reminded_at = Some(flag.set_at);
        }
        tx.put(&mut flag).await?;
        let set = event(EventKind::FlagSet, Some(&flag.agency), &flag)?;
        drafts.push(set.with("review_on", &*flag.review_on));
        if let Some(follows) = &flag.follows {
            let before = flag_row(tx, follows).await?;
            if before.ended_at.is_some() {
                return Err(conflict(
                    "the flag that this one goes on from is over by now: set a new one",
                ));
            }
            let over = Over {
                by: Some(&flag.agency),
                person: flag.person.as_deref(),
                other: Some(&flag.id),
                ..Over::because("renewed")
            };
            self.flag_is_over(tx, before, over, drafts).await?;
        }
        Ok(())
    }

    async fn note_attended(
        &self,
        tx: &mut Tx,
        row: &ExchangeRow,
        flag: Id,
        drafts: &mut Vec<Draft>,
    ) -> Result<(), FlowError> {
        let flag = flag_row(tx, &flag.to_string()).await?;
        if flag.ended_at.is_some() {
            return Err(conflict(
                "this flag is over by now: clear it from your system",
            ));
        }
        let step = Step {
            kind: "attended",
            agency: Some(&flag.holder),
            person: row.sender_person.as_deref(),
            other: Some(&row.id),
        };
        self.write_flag_step(tx, &flag.id, step, None).await?;
        let attended = event(EventKind::FlagAttended, Some(&flag.holder), &flag)?;
        drafts.push(attended.with("attendance", &*row.id));
        self.tell_attended(tx, &flag, drafts).await
    }

    /// Whoever set it, the lead agency and the coordination unit act at once.
    async fn tell_attended(
        &self,
        tx: &mut Tx,
        flag: &HospitalFlagRow,
        drafts: &mut Vec<Draft>,
    ) -> Result<(), FlowError> {
        let soon = self.clock.now().checked_add(AT_ONCE.hours());
        let due = soon.ok().map(Timestamp::as_microsecond);
        for agency in owed(tx, flag).await? {
            let role = match agency == flag.unit {
                true => Role::Coordinator,
                false => Role::Spoc,
            };
            let told = (&*agency, role, "flag-attended");
            self.tell_of_flag(tx, flag, told, due, drafts).await?;
        }
        self.tell_setter(tx, flag, "flag-attended", due, drafts)
            .await
    }

    /// The person who set it, where another role is theirs than that which its agency is told by.
    pub(super) async fn tell_setter(
        &self,
        tx: &mut Tx,
        flag: &HospitalFlagRow,
        kind: &str,
        due: Option<i64>,
        drafts: &mut Vec<Draft>,
    ) -> Result<(), FlowError> {
        let Some(person) = &flag.person else {
            return Ok(());
        };
        let roles = parties::roles_of(tx, person, self.clock.now()).await?;
        let told = [Role::Spoc, Role::Coordinator];
        if told.iter().any(|role| roles.contains(role)) {
            return Ok(());
        }
        let Some(role) = roles.into_iter().next() else {
            return Ok(());
        };
        let told = (&*flag.agency, role, kind);
        self.tell_of_flag(tx, flag, told, due, drafts).await
    }
}

pub(super) fn conflict(why: &str) -> FlowError {
    FlowError::Conflict(why.to_owned())
}
