//! A flag is over: ended by whoever set it or by the coordinator, renewed, withdrawn, because the level
//! fell, or because its review passed. Nobody opens it any more, and the trust clears it.

use gateway_core::calendar::due_at;
use gateway_core::event::EventKind;
use gateway_core::text::clean;
use gateway_core::{DeliveryState, Role};
use gateway_store::Tx;
use gateway_store::rows::{ExchangeRow, HospitalFlagRow, NominalRow};

use super::list::FlagView;
use super::open::conflict;
use super::{LONGEST_WORDS, SPEAKS, STEPS, Step, event, flag_row};
use crate::Flow;
use crate::admin::clocks::clocks;
use crate::case::corrupt;
use crate::error::{FieldFault, FlowError};
use crate::recorder::{Draft, work};
use crate::submission::Caller;

/// Why a flag is over, and by whom.
pub(super) struct Over<'a> {
    pub(super) why: &'static str,
    /// The agency; none, the gateway itself.
    pub(super) by: Option<&'a str>,
    pub(super) person: Option<&'a str>,
    /// Of a renewal: the flag that goes on from it.
    pub(super) other: Option<&'a str>,
    pub(super) words: Option<(String, Vec<u8>)>,
}

impl Over<'_> {
    /// By the gateway itself, for a reason.
    pub(super) const fn because(why: &'static str) -> Self {
        Self {
            why,
            by: None,
            person: None,
            other: None,
            words: None,
        }
    }
}

impl Flow {
    /// Ends a flag, with reasons.
    ///
    /// # Errors
    /// [`FlowError::NotFound`] where the caller's agency has no part in it; [`FlowError::Forbidden`]
    /// for the trust that has it, and for others of the coordination unit than its coordinator;
    /// [`FlowError::Invalid`] without reasons; [`FlowError::Conflict`] where it is over.
    pub async fn end_hospital_flag(
        &self,
        caller: &Caller,
        id: &str,
        reasons: &str,
    ) -> Result<FlagView, FlowError> {
        let row = self.own_flag(caller, id).await?;
        let own = caller.agency.as_str();
        let by_unit = row.unit == own && row.agency != own;
        if row.agency != own && !by_unit {
            return Err(FlowError::Forbidden(
                "a hospital flag is ended by whoever set it, or by the coordinator: ask them"
                    .to_owned(),
            ));
        }
        let roles = match by_unit {
            true => &[Role::Coordinator][..],
            false => SPEAKS,
        };
        let person = self.acting(caller, roles, "ending a hospital flag").await?;
        let person = person.id.clone();
        let reasons = clean(reasons, LONGEST_WORDS).map_err(|error| {
            FlowError::Invalid(vec![FieldFault::new("/reasons", error.to_string())])
        })?;
        let words = self.seal_step_words(STEPS, &row.area, &reasons).await?;
        let (flow, by) = (self.clone(), caller.agency.clone());
        let area = row.area.clone();
        let work = work(move |tx| {
            Box::pin(async move {
                let row = flag_row(tx, &row.id).await?;
                if row.ended_at.is_some() {
                    return Err(conflict("this flag is over already"));
                }
                let over = Over {
                    by: Some(by.as_str()),
                    person: Some(&person),
                    words: Some(words),
                    ..Over::because("ended")
                };
                let mut drafts = Vec::new();
                flow.flag_is_over(tx, row, over, &mut drafts).await?;
                Ok((drafts, ()))
            })
        });
        self.recorder.record(&area, "end-flag", work).await?;
        self.hospital_flag(caller, id).await
    }

    /// The trust says that it has cleared a flag from its own system; said twice, it is said once.
    ///
    /// # Errors
    /// [`FlowError::NotFound`] where the caller's agency does not have it; [`FlowError::Conflict`]
    /// where it is still set, or another goes on from it.
    pub async fn clear_hospital_flag(
        &self,
        caller: &Caller,
        id: &str,
    ) -> Result<FlagView, FlowError> {
        let row = self.own_flag(caller, id).await?;
        if row.holder != caller.agency.as_str() {
            return Err(FlowError::NotFound);
        }
        let person = caller.person.as_ref().map(|person| person.id.clone());
        let (flow, area) = (self.clone(), row.area.clone());
        let work = work(move |tx| {
            Box::pin(async move {
                let mut row = flag_row(tx, &row.id).await?;
                match (row.ended_at, row.clear_due_at, row.cleared_at) {
                    (None, ..) => {
                        return Err(conflict("this flag is still set: it stays in your system"));
                    }
                    (Some(_), None, _) => {
                        return Err(conflict("nothing of this flag is to be cleared"));
                    }
                    (.., Some(_)) => return Ok((Vec::new(), ())),
                    (Some(_), Some(_), None) => {}
                }
                row.cleared_at = Some(flow.now());
                let holder = row.holder.clone();
                let cleared = event(EventKind::FlagCleared, Some(&holder), &row)?;
                tx.put(&mut row).await?;
                let step = Step {
                    kind: "cleared",
                    agency: Some(&holder),
                    person: person.as_deref(),
                    other: None,
                };
                flow.write_flag_step(tx, &row.id, step, None).await?;
                Ok((vec![cleared], ()))
            })
        });
        self.recorder.record(&area, "clear-flag", work).await?;
        self.hospital_flag(caller, id).await
    }

    /// A flag is over, in the transaction that makes it so.
    pub(super) async fn flag_is_over(
        &self,
        tx: &mut Tx,
        mut row: HospitalFlagRow,
        over: Over<'_>,
        drafts: &mut Vec<Draft>,
    ) -> Result<(), FlowError> {
        let had = self.expire_flag(tx, &row, drafts).await?;
        row.ended_at = Some(self.now());
        row.ended_why = Some(over.why.to_owned());
        let renewed = over.why == "renewed";
        // What nobody at the trust has opened is in no system of the trust's.
        if had && !renewed && over.why != "unopened" {
            let days = clocks(tx, &row.area).await?.flag_clear;
            row.clear_due_at = Some(due_at(self.clock.now(), days).as_microsecond());
        }
        tx.put(&mut row).await?;
        let kind = match over.why {
            "renewed" => EventKind::FlagRenewed,
            "lapsed" | "unopened" => EventKind::FlagLapsed,
            _ => EventKind::FlagEnded,
        };
        let ended = event(kind, over.by, &row)?.with("because", over.why);
        drafts.push(match over.other {
            Some(next) => ended.with("next", next),
            None => ended,
        });
        let step = Step {
            kind: over.why,
            agency: over.by,
            person: over.person,
            other: over.other,
        };
        self.write_flag_step(tx, &row.id, step, over.words).await?;
        if renewed {
            return Ok(());
        }
        self.tell_over(tx, &row, over.by, drafts).await
    }

    /// The trust is asked to clear it; whoever set it and the coordinator are told, but for who did it.
    async fn tell_over(
        &self,
        tx: &mut Tx,
        row: &HospitalFlagRow,
        by: Option<&str>,
        drafts: &mut Vec<Draft>,
    ) -> Result<(), FlowError> {
        if row.clear_due_at.is_some() {
            let told = (&*row.holder, Role::Spoc, "flag-clear");
            self.tell_of_flag(tx, row, told, row.clear_due_at, drafts)
                .await?;
        }
        let kind = match row.ended_why.as_deref() {
            Some("lapsed") => "flag-lapsed",
            Some("unopened") => "flag-unopened",
            _ => "flag-ended",
        };
        // That nobody there knows of it cannot wait.
        let unopened = kind == "flag-unopened";
        let soon = due_at(self.clock.now(), 1).as_microsecond();
        let due = unopened.then_some(soon);
        if by != Some(&*row.agency) && row.agency != row.unit {
            let told = (&*row.agency, Role::Spoc, kind);
            self.tell_of_flag(tx, row, told, due, drafts).await?;
            self.tell_setter(tx, row, kind, due, drafts).await?;
        }
        if by != Some(&*row.unit) {
            let told = (&*row.unit, Role::Coordinator, kind);
            self.tell_of_flag(tx, row, told, due, drafts).await?;
        }
        Ok(())
    }

    /// Nobody opens what the trust was told, and nobody decides about it any more; whether it had it.
    async fn expire_flag(
        &self,
        tx: &mut Tx,
        row: &HospitalFlagRow,
        drafts: &mut Vec<Draft>,
    ) -> Result<bool, FlowError> {
        let exchange: Option<ExchangeRow> = tx.get(&row.id).await?;
        let exchange = exchange.ok_or_else(|| corrupt("exchange", &row.id))?;
        for mut hold in tx.holds_of(&row.id).await? {
            if hold.state == "open" {
                hold.state = "closed".to_owned();
                tx.put(&mut hold).await?;
            }
        }
        let deliveries = tx.deliveries_of(&row.id).await?;
        for delivery in &deliveries {
            let state = DeliveryState::Expired;
            self.step(tx, &exchange, &delivery.id, state, None, drafts)
                .await?;
        }
        let holder = |agency: &str| agency == row.holder;
        Ok(deliveries.iter().any(|one| holder(&one.agency)))
    }

    /// Ends the flags on a person who is not managed at level 2 or 3 any more.
    pub(crate) async fn flags_follow_level(
        &self,
        tx: &mut Tx,
        nominal: &str,
        drafts: &mut Vec<Draft>,
    ) -> Result<(), FlowError> {
        let person: Option<NominalRow> = tx.get(nominal).await?;
        if person.is_some_and(|person| person.level >= 2) {
            return Ok(());
        }
        for row in tx.hospital_flags_about(nominal).await? {
            if row.ended_at.is_none() {
                let over = Over::because("level");
                self.flag_is_over(tx, row, over, drafts).await?;
            }
        }
        Ok(())
    }

    /// Moves the flags on a record to the one that survives it.
    pub(crate) async fn join_flags(
        &self,
        tx: &mut Tx,
        gone: &str,
        kept: &str,
        drafts: &mut Vec<Draft>,
    ) -> Result<(), FlowError> {
        for mut row in tx.hospital_flags_about(gone).await? {
            kept.clone_into(&mut row.nominal);
            tx.put(&mut row).await?;
        }
        self.flags_follow_level(tx, kept, drafts).await
    }

    /// What becomes of the flag that is taken back, in the transaction that does it.
    pub(crate) async fn flag_withdrawn(
        &self,
        tx: &mut Tx,
        exchange: &str,
        drafts: &mut Vec<Draft>,
    ) -> Result<(), FlowError> {
        let row: Option<HospitalFlagRow> = tx.get(exchange).await?;
        let Some(row) = row.filter(|row| row.ended_at.is_none()) else {
            return Ok(());
        };
        let by = row.agency.clone();
        let over = Over {
            by: Some(&by),
            ..Over::because("withdrawn")
        };
        self.flag_is_over(tx, row, over, drafts).await
    }
}
