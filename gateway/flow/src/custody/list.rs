//! What a prison and its coordination unit see: claims, hand-overs, who is with us. That it is
//! seen is in the log, for it names people.

use std::collections::BTreeSet;

use gateway_core::event::EventKind;
use gateway_core::{AgencyKind, IdentifierKind, Personal, Role};
use gateway_store::rows::{CustodyClaimRow, HandOverRow, NominalRow, PersonRow};

use super::joined::standing;
use super::{LISTED, place, state};
use crate::Flow;
use crate::case::{agency, corrupt, kind_of};
use crate::error::FlowError;
use crate::recorder::{Draft, work};
use crate::submission::Caller;

/// Whose answer a claim waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaitsFor {
    /// The prison on record.
    Holder,
    /// The coordination unit.
    Unit,
    /// Nobody's.
    Nobody,
}

impl WaitsFor {
    /// The word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Holder => "holder",
            Self::Unit => "unit",
            Self::Nobody => "nobody",
        }
    }
}

/// A claim, as its sides see it.
#[derive(Debug, Clone)]
pub struct ClaimView {
    /// Its id.
    pub id: String,
    /// The nominal's reference.
    pub nominal: String,
    /// How the claim named the person: a prison number or another identifier, or the reference.
    pub named: Personal<String>,
    /// The prison that claims.
    pub agency: String,
    /// The prison that was on record.
    pub holder: Option<String>,
    /// The coordination unit.
    pub unit: String,
    /// Since when the person is there, ISO.
    pub since: String,
    /// `open`, `disputed`, `confirmed`, `refused` or `withdrawn`.
    pub state: String,
    /// Whose answer it waits for.
    pub waits_for: WaitsFor,
    /// When it was made, microseconds UTC.
    pub claimed: i64,
    /// By when it is answered, microseconds UTC.
    pub due: i64,
    /// Nobody answered it in time.
    pub overdue: bool,
    /// The day the person left the prison that was on record, ISO.
    pub left_on: Option<String>,
    /// Why it is disputed, for the prison that says so and the unit.
    pub dispute: Option<Personal<String>>,
    /// Why the unit settled it so.
    pub reasons: Option<Personal<String>>,
    /// When it was closed, microseconds UTC.
    pub closed: Option<i64>,
}

/// What a prison owes that began to hold a person.
#[derive(Debug, Clone)]
pub struct HandOverView {
    /// Its id.
    pub id: String,
    /// The nominal's reference.
    pub nominal: String,
    /// The prison.
    pub agency: String,
    /// Since when, microseconds UTC.
    pub opened: i64,
    /// By when, microseconds UTC.
    pub due: i64,
    /// It is, or was, late.
    pub late: bool,
    /// The form that it ended with.
    pub exchange: Option<String>,
    /// When it ended, microseconds UTC.
    pub ended: Option<i64>,
}

/// Somebody whom a prison holds.
#[derive(Debug, Clone)]
pub struct HeldView {
    /// The nominal's reference.
    pub nominal: String,
    /// The name.
    pub name: Option<Personal<String>>,
    /// The prison number.
    pub prison_number: Option<Personal<String>>,
    /// Since when, microseconds UTC.
    pub since: i64,
}

/// All that there is of custody for one agency.
#[derive(Debug, Clone)]
pub struct CustodyDesk {
    /// The agency is a prison; else a coordination unit.
    pub prison: bool,
    /// Those that wait first.
    pub claims: Vec<ClaimView>,
    /// Those that wait first.
    pub hand_overs: Vec<HandOverView>,
    /// The newest first.
    pub held: Vec<HeldView>,
}

impl Flow {
    /// The claims that the caller's agency made, answers or settles; what waits first.
    ///
    /// # Errors
    /// [`FlowError::Forbidden`] where no person is named, for the list names people; and for others
    /// of a unit than its coordinators.
    pub async fn custody_claims(&self, caller: &Caller) -> Result<Vec<ClaimView>, FlowError> {
        let mut tx = self.store.read().await?;
        let rows = tx.custody_claims_of(caller.agency.as_str(), LISTED).await?;
        drop(tx);
        let areas = rows.iter().map(|row| row.area.clone()).collect();
        self.log_custody_read(caller, areas).await?;
        self.claim_views(&rows, caller).await
    }

    /// The hand-overs that the caller's agency owes, or whose coordination unit it is; what waits
    /// first.
    ///
    /// # Errors
    /// [`FlowError::Unavailable`] where the store is away.
    pub async fn hand_overs(&self, caller: &Caller) -> Result<Vec<HandOverView>, FlowError> {
        let mut tx = self.store.read().await?;
        let rows = tx.hand_overs_of(caller.agency.as_str(), LISTED).await?;
        let about: Vec<&str> = rows.iter().map(|row| &*row.nominal).collect();
        let now = standing(&mut tx, &about).await?;
        Ok(rows
            .into_iter()
            .map(|mut row| {
                if let Some(survivor) = now.get(&row.nominal) {
                    row.nominal.clone_from(survivor);
                }
                hand_over_view(row)
            })
            .collect())
    }

    /// All that there is of custody for the caller's agency.
    ///
    /// # Errors
    /// [`FlowError::NotFound`] for agencies that are neither a prison nor a coordination unit;
    /// [`FlowError::Forbidden`] for others of a unit than its coordinators.
    pub async fn custody_desk(&self, caller: &Caller) -> Result<CustodyDesk, FlowError> {
        let id = caller.agency.as_str();
        let mut tx = self.store.read().await?;
        let own = agency(&mut tx, id).await?;
        let prison = kind_of(&own)? == AgencyKind::Prison;
        if !prison && kind_of(&own)? != AgencyKind::Coordination {
            return Err(FlowError::NotFound);
        }
        drop(tx);
        self.sees_custody(caller).await?;
        let mut tx = self.store.read().await?;
        let claims = tx.custody_claims_of(id, LISTED).await?;
        let parts = tx.held_by(id, self.now(), LISTED).await?;
        let mut people: Vec<(NominalRow, i64)> = Vec::new();
        for part in parts {
            let nominal: Option<NominalRow> = tx.get(&part.nominal).await?;
            people.extend(
                nominal
                    .filter(|nominal| nominal.state != "merged")
                    .map(|nominal| (nominal, part.from_at)),
            );
        }
        drop(tx);
        let areas = claims.iter().map(|row| row.area.clone());
        let areas = areas.chain(people.iter().map(|(nominal, _)| nominal.area.clone()));
        self.log_custody_read(caller, areas.collect()).await?;
        let mut held = Vec::new();
        for (nominal, since) in people {
            held.push(self.held_view(&nominal, since).await?);
        }
        Ok(CustodyDesk {
            prison,
            claims: self.claim_views(&claims, caller).await?,
            hand_overs: self.hand_overs(caller).await?,
            held,
        })
    }

    /// One claim that is the caller's agency's to see.
    ///
    /// # Errors
    /// [`FlowError::NotFound`] where it is not, or is not there.
    pub async fn custody_claim(&self, caller: &Caller, id: &str) -> Result<ClaimView, FlowError> {
        let mut tx = self.store.read().await?;
        let row: Option<CustodyClaimRow> = tx.get(id).await?;
        let row = row
            .filter(|row| is_theirs(row, caller.agency.as_str()))
            .ok_or(FlowError::NotFound)?;
        drop(tx);
        self.log_custody_read(caller, [row.area.clone()].into())
            .await?;
        self.claim_view(&row, caller).await
    }

    /// Who may see who is in custody: anybody of a prison, and of a unit its coordinators.
    async fn sees_custody<'c>(&self, caller: &'c Caller) -> Result<&'c PersonRow, FlowError> {
        let mut tx = self.store.read().await?;
        let own = agency(&mut tx, caller.agency.as_str()).await?;
        drop(tx);
        let roles: &[Role] = match kind_of(&own)? == AgencyKind::Coordination {
            true => &[Role::Coordinator],
            false => &[],
        };
        self.acting(caller, roles, "reading who is in custody")
            .await
    }

    async fn log_custody_read(
        &self,
        caller: &Caller,
        areas: BTreeSet<String>,
    ) -> Result<(), FlowError> {
        let person = self.sees_custody(caller).await?;
        for area in areas {
            let draft = Draft::new(EventKind::RecordRead, Some(&caller.agency))
                .reaching([caller.agency.clone()])
                .with("what", "custody")
                .with("person", &*person.id);
            let work = work(move |_| Box::pin(async move { Ok((vec![draft], ())) }));
            self.recorder.record(&area, "read-custody", work).await?;
        }
        Ok(())
    }

    async fn claim_views(
        &self,
        rows: &[CustodyClaimRow],
        caller: &Caller,
    ) -> Result<Vec<ClaimView>, FlowError> {
        let about: Vec<&str> = rows.iter().map(|row| &*row.nominal).collect();
        let mut tx = self.store.read().await?;
        let now = standing(&mut tx, &about).await?;
        drop(tx);
        let mut views = Vec::new();
        for row in rows {
            let mut view = self.one_claim(row, caller).await?;
            if let Some(survivor) = now.get(&row.nominal) {
                view.nominal.clone_from(survivor);
            }
            views.push(view);
        }
        Ok(views)
    }

    pub(super) async fn claim_view(
        &self,
        row: &CustodyClaimRow,
        caller: &Caller,
    ) -> Result<ClaimView, FlowError> {
        let rows = std::slice::from_ref(row);
        let mut views = self.claim_views(rows, caller).await?;
        views.pop().ok_or(FlowError::NotFound)
    }

    async fn one_claim(
        &self,
        row: &CustodyClaimRow,
        caller: &Caller,
    ) -> Result<ClaimView, FlowError> {
        let own = caller.agency.as_str();
        let told_why = row.unit == own || row.holder.as_deref() == Some(own);
        let dispute = match (&row.dispute, told_why) {
            (Some(sealed), true) => Some(self.words(row, "dispute", sealed).await?),
            _ => None,
        };
        let reasons = match &row.reasons {
            Some(sealed) => Some(self.words(row, "reasons", sealed).await?),
            None => None,
        };
        Ok(ClaimView {
            named: self.words(row, "named", &row.named).await?,
            dispute,
            reasons,
            id: row.id.clone(),
            nominal: row.nominal.clone(),
            agency: row.agency.clone(),
            holder: row.holder.clone(),
            unit: row.unit.clone(),
            since: row.since_on.clone(),
            state: row.state.clone(),
            waits_for: self.waits_for(row),
            claimed: row.claimed_at,
            due: row.due_at,
            overdue: row.closed_at.is_none() && row.due_at <= self.now(),
            left_on: row.left_on.clone(),
            closed: row.closed_at,
        })
    }

    fn waits_for(&self, row: &CustodyClaimRow) -> WaitsFor {
        if row.closed_at.is_some() {
            return WaitsFor::Nobody;
        }
        let in_time = row.state == state::OPEN && row.due_at > self.now();
        match in_time && row.holder.is_some() {
            true => WaitsFor::Holder,
            false => WaitsFor::Unit,
        }
    }

    async fn words(
        &self,
        row: &CustodyClaimRow,
        column: &str,
        sealed: &[u8],
    ) -> Result<Personal<String>, FlowError> {
        let place = place(&row.area, &row.id, column);
        let plain = self.vault.open_column(&place, sealed).await?;
        let text = String::from_utf8(plain.to_vec());
        let text = text.map_err(|_| corrupt("custody_claim", &row.id))?;
        Ok(Personal::new(text))
    }

    async fn held_view(&self, nominal: &NominalRow, since: i64) -> Result<HeldView, FlowError> {
        let mut tx = self.store.read().await?;
        let identifiers = self.identifiers(&mut tx, nominal).await?;
        let first = |wanted| {
            let mut all = identifiers.iter();
            all.find(|(kind, _)| *kind == wanted)
                .map(|(_, value)| value.clone())
        };
        Ok(HeldView {
            nominal: nominal.id.clone(),
            name: first(IdentifierKind::Name),
            prison_number: first(IdentifierKind::Prison),
            since,
        })
    }
}

/// Whether an agency is one of a claim's sides, or its unit.
pub(super) fn is_theirs(claim: &CustodyClaimRow, agency: &str) -> bool {
    claim.agency == agency || claim.unit == agency || claim.holder.as_deref() == Some(agency)
}

fn hand_over_view(row: HandOverRow) -> HandOverView {
    HandOverView {
        late: row.late_at.is_some(),
        id: row.id,
        nominal: row.nominal,
        agency: row.agency,
        opened: row.opened_at,
        due: row.due_at,
        exchange: row.exchange,
        ended: row.ended_at,
    }
}
