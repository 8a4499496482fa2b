//! A claim is answered: confirmed or disputed by the prison on record, settled by the coordination
//! unit, or taken back. What fits is asked in the piece of work that changes it.

use gateway_core::calendar::local_date;
use gateway_core::event::EventKind;
use gateway_core::text::clean;
use gateway_core::{AgencyId, Role};
use gateway_store::Tx;
use gateway_store::rows::{CustodyClaimRow, NominalRow};
use jiff::civil::Date;

use super::claim::began;
use super::moving::Days;
use super::{
    ClaimAnswer, ClaimView, LONGEST, SPEAKS, Told, conflict, event, holder, invalid, place, state,
};
use crate::Flow;
use crate::case::corrupt;
use crate::dossier::begin_of;
use crate::error::FlowError;
use crate::identify::live;
use crate::recorder::{Done, Draft, work};
use crate::submission::Caller;

/// What a prison is told that answers after the record was changed.
const CHANGED: &str = "another prison was put on record meanwhile: the coordination unit settles \
                       this claim";

/// An answer on its way in: who gives it, and its sealed words.
struct Given {
    answer: ClaimAnswer,
    by: AgencyId,
    person: String,
    words: Option<Vec<u8>>,
}

impl Given {
    /// What the claim becomes.
    const fn state(&self) -> &'static str {
        match self.answer {
            ClaimAnswer::Confirm { .. }
            | ClaimAnswer::Settle {
                for_claimant: true, ..
            } => state::CONFIRMED,
            ClaimAnswer::Settle { .. } => state::REFUSED,
            ClaimAnswer::Dispute { .. } => state::DISPUTED,
            ClaimAnswer::Withdraw => state::WITHDRAWN,
        }
    }
}

impl Flow {
    /// Answers a claim. The same again changes nothing.
    ///
    /// # Errors
    /// [`FlowError::NotFound`] for agencies that have no part in the claim;
    /// [`FlowError::Forbidden`] where the answer is another's to give; [`FlowError::Invalid`]
    /// where a day does not fit or reasons are missing; [`FlowError::Conflict`] where it was
    /// answered otherwise, or the record was changed meanwhile.
    pub async fn answer_custody(
        &self,
        caller: &Caller,
        id: &str,
        answer: ClaimAnswer,
    ) -> Result<ClaimView, FlowError> {
        let mut tx = self.store.read().await?;
        let claim: Option<CustodyClaimRow> = tx.get(id).await?;
        let claim = claim
            .filter(|claim| super::list::is_theirs(claim, caller.agency.as_str()))
            .ok_or(FlowError::NotFound)?;
        drop(tx);
        let person = self.may_answer(caller, &claim, &answer).await?;
        let given = Given {
            words: self.sealed_words(&claim, &answer).await?,
            by: caller.agency.clone(),
            person,
            answer,
        };
        let (flow, area) = (self.clone(), claim.area.clone());
        let work =
            work(move |tx| Box::pin(async move { flow.write_answer(tx, &claim.id, given).await }));
        let row = self.recorder.record(&area, "answer-custody", work).await?.0;
        self.claim_view(&row, caller).await
    }

    /// Who answers, where the answer is theirs to give.
    async fn may_answer(
        &self,
        caller: &Caller,
        claim: &CustodyClaimRow,
        answer: &ClaimAnswer,
    ) -> Result<String, FlowError> {
        let own = caller.agency.as_str();
        let held = claim.holder.as_deref();
        let what = "answering a claim of custody";
        let (theirs, by_unit) = match answer {
            ClaimAnswer::Confirm { .. } if held.is_none() => (claim.unit == own, true),
            ClaimAnswer::Confirm { .. } | ClaimAnswer::Dispute { .. } => (held == Some(own), false),
            ClaimAnswer::Settle { .. } => (claim.unit == own, true),
            ClaimAnswer::Withdraw => (claim.agency == own, false),
        };
        if !theirs {
            let why = "this is not yours to say of this claim";
            return Err(FlowError::Forbidden(why.to_owned()));
        }
        let roles: &[Role] = match by_unit {
            true => &[Role::Coordinator],
            false => SPEAKS,
        };
        Ok(self.acting(caller, roles, what).await?.id.clone())
    }

    async fn sealed_words(
        &self,
        claim: &CustodyClaimRow,
        answer: &ClaimAnswer,
    ) -> Result<Option<Vec<u8>>, FlowError> {
        let (column, words) = match answer {
            ClaimAnswer::Dispute { reasons } => ("dispute", reasons),
            ClaimAnswer::Settle { reasons, .. } => ("reasons", reasons),
            ClaimAnswer::Confirm { .. } | ClaimAnswer::Withdraw => return Ok(None),
        };
        let words =
            clean(words, LONGEST).map_err(|error| invalid("/reasons", &error.to_string()))?;
        let place = place(&claim.area, &claim.id, column);
        Ok(Some(
            self.vault.seal_column(&place, words.as_bytes()).await?,
        ))
    }

    async fn write_answer(&self, tx: &mut Tx, id: &str, given: Given) -> Done<CustodyClaimRow> {
        let row: Option<CustodyClaimRow> = tx.get(id).await?;
        let row = row.ok_or(FlowError::NotFound)?;
        if row.state == given.state() && said_by(&row, &given.person) {
            return Ok((Vec::new(), row));
        }
        if row.closed_at.is_some() {
            return Err(conflict("this claim has been answered already"));
        }
        let answers = matches!(
            given.answer,
            ClaimAnswer::Confirm { .. } | ClaimAnswer::Dispute { .. }
        );
        let asked = row.holder.as_ref().unwrap_or(&row.unit);
        if answers && asked != given.by.as_str() {
            return Err(conflict(CHANGED));
        }
        match &given.answer {
            ClaimAnswer::Confirm { left_on } => {
                let left_on = *left_on;
                self.confirm_claim(tx, row, given, left_on).await
            }
            ClaimAnswer::Dispute { .. } => self.dispute_claim(tx, row, given).await,
            ClaimAnswer::Settle { for_claimant, .. } => {
                let for_claimant = *for_claimant;
                self.settle_claim(tx, row, given, for_claimant).await
            }
            ClaimAnswer::Withdraw => self.take_back_claim(tx, row, given).await,
        }
    }

    async fn confirm_claim(
        &self,
        tx: &mut Tx,
        mut row: CustodyClaimRow,
        given: Given,
        left_on: Option<Date>,
    ) -> Done<CustodyClaimRow> {
        let nominal = claimed(tx, &row).await?;
        let since = day(&row, &row.since_on)?;
        let held = holder(tx, &nominal.id, self.now()).await?;
        if held.as_ref().map(|part| &part.agency) != row.holder.as_ref() {
            return Err(conflict(CHANGED));
        }
        let left = match (&held, left_on) {
            (None, _) => since,
            (Some(_), None) => {
                return Err(invalid(
                    "/left_on",
                    "is missing: give the day on which the person left you",
                ));
            }
            (Some(part), Some(left)) => {
                self.left_fits(left, since, began(part.from_at))?;
                left
            }
        };
        row.left_on = held.map(|_| left.to_string());
        row.answered_at = Some(self.now());
        row.answered_by = Some(given.person.clone());
        self.close_claim(&mut row, &given);
        tx.put(&mut row).await?;
        let mut drafts = vec![said(EventKind::CustodyConfirmed, &row, &given)?];
        let days = Days {
            left: begin_of(left),
            since: begin_of(since),
        };
        self.hand_on(tx, &nominal, &row.agency, &days, &mut drafts)
            .await?;
        let told = Told::at(&row.agency, Role::Spoc, "custody-confirmed", None);
        self.tell_of_custody(tx, &nominal.id, told, &mut drafts)
            .await?;
        Ok((drafts, row))
    }

    fn left_fits(&self, left: Date, since: Date, from: Date) -> Result<(), FlowError> {
        if left > local_date(self.clock.now()) {
            return Err(invalid(
                "/left_on",
                "is to come: give the day on which the person left you",
            ));
        }
        if left > since {
            return Err(invalid(
                "/left_on",
                "is after the day since which the other prison has the person: dispute the claim if its day is wrong",
            ));
        }
        if left < from {
            return Err(invalid(
                "/left_on",
                "is before the day on which the person came to you",
            ));
        }
        Ok(())
    }

    async fn dispute_claim(
        &self,
        tx: &mut Tx,
        mut row: CustodyClaimRow,
        given: Given,
    ) -> Done<CustodyClaimRow> {
        if row.state == state::DISPUTED {
            return Err(conflict(
                "this claim is disputed already: the coordination unit settles it",
            ));
        }
        row.state = given.state().to_owned();
        row.answered_at = Some(self.now());
        row.answered_by = Some(given.person.clone());
        row.dispute.clone_from(&given.words);
        tx.put(&mut row).await?;
        let mut drafts = vec![said(EventKind::CustodyDisputed, &row, &given)?];
        for (agency, role) in [(&row.unit, Role::Coordinator), (&row.agency, Role::Spoc)] {
            let told = Told::at(agency, role, "custody-disputed", None);
            self.tell_of_custody(tx, &row.nominal, told, &mut drafts)
                .await?;
        }
        Ok((drafts, row))
    }

    async fn settle_claim(
        &self,
        tx: &mut Tx,
        mut row: CustodyClaimRow,
        given: Given,
        for_claimant: bool,
    ) -> Done<CustodyClaimRow> {
        let nominal = claimed(tx, &row).await?;
        let held = holder(tx, &nominal.id, self.now()).await?;
        let same = held.as_ref().map(|part| &part.agency) == row.holder.as_ref();
        let waits = row.state == state::OPEN && row.due_at > self.now();
        if waits && same && row.holder.is_some() {
            return Err(conflict(
                "the prison on record has time to answer: settle what it disputes, or has not answered in two working days",
            ));
        }
        row.reasons.clone_from(&given.words);
        self.close_claim(&mut row, &given);
        tx.put(&mut row).await?;
        let event = said(EventKind::CustodySettled, &row, &given)?;
        let mut drafts = vec![event.with("outcome", given.state())];
        if for_claimant {
            let since = begin_of(day(&row, &row.since_on)?);
            let days = Days { left: since, since };
            self.hand_on(tx, &nominal, &row.agency, &days, &mut drafts)
                .await?;
        }
        for agency in std::iter::once(&row.agency).chain(&row.holder) {
            let told = Told::at(agency, Role::Spoc, "custody-settled", None);
            self.tell_of_custody(tx, &nominal.id, told, &mut drafts)
                .await?;
        }
        Ok((drafts, row))
    }

    async fn take_back_claim(
        &self,
        tx: &mut Tx,
        mut row: CustodyClaimRow,
        given: Given,
    ) -> Done<CustodyClaimRow> {
        self.close_claim(&mut row, &given);
        tx.put(&mut row).await?;
        let mut drafts = vec![said(EventKind::CustodyWithdrawn, &row, &given)?];
        let told = match &row.holder {
            Some(holder) => Told::at(holder, Role::Spoc, "custody-withdrawn", None),
            None => Told::at(&row.unit, Role::Coordinator, "custody-withdrawn", None),
        };
        self.tell_of_custody(tx, &row.nominal, told, &mut drafts)
            .await?;
        Ok((drafts, row))
    }

    fn close_claim(&self, row: &mut CustodyClaimRow, given: &Given) {
        row.state = given.state().to_owned();
        row.closed_at = Some(self.now());
        row.closed_by = Some(given.person.clone());
    }
}

fn said_by(row: &CustodyClaimRow, person: &str) -> bool {
    let by = row.closed_by.as_deref().or(row.answered_by.as_deref());
    by == Some(person)
}

fn said(kind: EventKind, row: &CustodyClaimRow, given: &Given) -> Result<Draft, FlowError> {
    let event = event(kind, Some(&given.by), row)?;
    let event = event.with("person", &*given.person);
    Ok(match &row.left_on {
        Some(left) => event.with("left", &**left),
        None => event,
    })
}

/// Whose custody is claimed, by the record that stands for them now.
async fn claimed(tx: &mut Tx, row: &CustodyClaimRow) -> Result<NominalRow, FlowError> {
    let found = live(tx, &row.nominal).await?;
    found.ok_or_else(|| corrupt("nominal", &row.nominal))
}

fn day(row: &CustodyClaimRow, text: &str) -> Result<Date, FlowError> {
    text.parse().map_err(|_| corrupt("custody_claim", &row.id))
}
