//! A prison says that a person is with it.

use gateway_core::calendar::{due_at, local_date};
use gateway_core::event::EventKind;
use gateway_core::{AgencyId, AgencyKind, Role};
use gateway_store::Tx;
use gateway_store::rows::{AgencyRow, CustodyClaimRow, NominalRow};

use super::{ClaimView, Claimed, SPEAKS, Told, conflict, event, holder, invalid, place, state};
use crate::Flow;
use crate::case::{agency, kind_of};
use crate::decide::coordination_unit;
use crate::error::FlowError;
use crate::identify::live;
use crate::recorder::{Done, work};
use crate::seal::fresh;
use crate::submission::Caller;

/// A claim that nobody has answered after so many working days is the coordination unit's to
/// settle, as with a hold (domain 1.3, proposal).
const ANSWER: u16 = 2;
/// Why nobody is found: the same for a reference and for identifiers, whoever there is.
const NOBODY: &str = "is no person on record here: give the reference, or the prison number and \
                      one more identifier exactly as they are recorded; if they are right, ask \
                      the coordination unit";

impl Flow {
    /// A prison says since when a person is with it. Said twice, it is one claim.
    ///
    /// # Errors
    /// [`FlowError::Forbidden`] for others than a prison's people; [`FlowError::Invalid`] where
    /// nobody is meant exactly, or the day does not fit; [`FlowError::Conflict`] where the prison
    /// is on record already, has claimed another day; [`FlowError::TooOften`] where it has
    /// named nobody on record too often.
    pub async fn claim_custody(
        &self,
        caller: &Caller,
        claimed: &Claimed,
    ) -> Result<ClaimView, FlowError> {
        let person = self.acting(caller, SPEAKS, "claiming custody").await?;
        let person = person.id.clone();
        let mut tx = self.store.read().await?;
        let own = agency(&mut tx, caller.agency.as_str()).await?;
        if kind_of(&own)? != AgencyKind::Prison {
            let why = "custody is claimed by the prison that the person is in";
            return Err(FlowError::Forbidden(why.to_owned()));
        }
        if claimed.since > local_date(self.clock.now()) {
            return Err(invalid(
                "/since",
                "is to come: give the day on which the person came to you",
            ));
        }
        let trier = self.trier(&mut tx, &own, &person).await?;
        let found = self.claimed_person(&mut tx, &own, claimed).await?;
        self.judge_try(&trier, found.is_none()).await?;
        let nominal = found.ok_or_else(|| invalid("/nominal", NOBODY))?;
        let unit = coordination_unit(&mut tx, &nominal.area).await?;
        drop(tx);
        let row = self
            .claim_row(claimed, &nominal, (&own.id, &unit.id), &person)
            .await?;
        let (flow, by, area) = (self.clone(), caller.agency.clone(), nominal.area);
        let work = work(move |tx| Box::pin(async move { flow.write_claim(tx, row, &by).await }));
        match self.recorder.record(&area, "claim-custody", work).await {
            Ok((row, _)) => self.claim_view(&row, caller).await,
            Err(error) => {
                // A day that cannot be says as much as a claim would, and nobody is told of it.
                if matches!(error, FlowError::Invalid(_)) {
                    self.judge_try(&trier, true).await?;
                }
                Err(error)
            }
        }
    }

    /// The one person who is meant, in the prison's own areas or, of somebody who was moved, in
    /// another.
    async fn claimed_person(
        &self,
        tx: &mut Tx,
        own: &AgencyRow,
        claimed: &Claimed,
    ) -> Result<Option<NominalRow>, FlowError> {
        let found = match &claimed.reference {
            Some(reference) => live(tx, reference).await?,
            None => self.exactly(tx, own, claimed).await?,
        };
        Ok(found.filter(|nominal| nominal.state == "active"))
    }

    async fn exactly(
        &self,
        tx: &mut Tx,
        own: &AgencyRow,
        claimed: &Claimed,
    ) -> Result<Option<NominalRow>, FlowError> {
        if claimed.identifiers.is_empty() {
            return Ok(None);
        }
        let memberships = tx.memberships(&own.id).await?.into_iter();
        let mut areas: Vec<String> = memberships.map(|membership| membership.area).collect();
        for area in tx.areas().await? {
            if !areas.contains(&area.id) {
                areas.push(area.id);
            }
        }
        for area in areas {
            let found = self.vault.match_person(&area, &claimed.identifiers).await?;
            if let Some(id) = found.attach {
                return live(tx, &id).await;
            }
        }
        Ok(None)
    }

    async fn claim_row(
        &self,
        claimed: &Claimed,
        nominal: &NominalRow,
        (own, unit): (&str, &str),
        person: &str,
    ) -> Result<CustodyClaimRow, FlowError> {
        let id = fresh(self);
        let now = self.clock.now();
        // So that those who answer know whom it is about, and nobody has to look for them.
        let words = match claimed.identifiers.first() {
            Some(first) => first.value().reveal().clone(),
            None => nominal.id.clone(),
        };
        let named = place(&nominal.area, &id, "named");
        Ok(CustodyClaimRow {
            named: self.vault.seal_column(&named, words.as_bytes()).await?,
            area: nominal.area.clone(),
            nominal: nominal.id.clone(),
            agency: own.to_owned(),
            holder: None,
            unit: unit.to_owned(),
            person: person.to_owned(),
            since_on: claimed.since.to_string(),
            state: state::OPEN.to_owned(),
            claimed_at: now.as_microsecond(),
            due_at: due_at(now, ANSWER).as_microsecond(),
            overdue_at: None,
            left_on: None,
            dispute: None,
            answered_by: None,
            answered_at: None,
            reasons: None,
            closed_by: None,
            closed_at: None,
            updated_by: String::new(),
            id,
        })
    }

    async fn write_claim(
        &self,
        tx: &mut Tx,
        mut row: CustodyClaimRow,
        by: &AgencyId,
    ) -> Done<CustodyClaimRow> {
        let open = tx.custody_claims_open(&row.nominal).await?.into_iter();
        let mut ours = open.filter(|other| other.agency == row.agency);
        if let Some(other) = ours.next() {
            if other.since_on == row.since_on {
                return Ok((Vec::new(), other));
            }
            return Err(conflict(
                "your prison has claimed this person since another day: take that claim back first",
            ));
        }
        let held = holder(tx, &row.nominal, self.now()).await?;
        if let Some(part) = &held {
            if part.agency == row.agency {
                return Err(conflict(
                    "your prison is on record as holding this person already",
                ));
            }
            if row.since_on < began(part.from_at).to_string() {
                return Err(invalid(
                    "/since",
                    "is before the day on which the prison on record began to hold the person: ask the coordination unit",
                ));
            }
        }
        row.holder = held.map(|part| part.agency);
        let claimed = event(EventKind::CustodyClaimed, Some(by), &row)?;
        let mut drafts = vec![claimed.with("person", &*row.person)];
        let due = Some(row.due_at);
        let told = match &row.holder {
            Some(holder) => Told::at(holder, Role::Spoc, "custody-claimed", due),
            None => Told::at(&row.unit, Role::Coordinator, "custody-claimed", due),
        };
        self.tell_of_custody(tx, &row.nominal, told, &mut drafts)
            .await?;
        tx.put(&mut row).await?;
        Ok((drafts, row))
    }
}

/// The day on which a custody began.
pub(super) fn began(at: i64) -> jiff::civil::Date {
    local_date(jiff::Timestamp::from_microsecond(at).unwrap_or(jiff::Timestamp::MIN))
}
