//! Requests as their sides see them, and how they went.

use gateway_core::Role;
use gateway_store::rows::{HealthRequestRow, HealthStepRow};
use gateway_store::{HealthCounts, HealthStanding, HealthWaits, Tx};

use super::{LISTED, STEPS};
use crate::Flow;
use crate::error::FlowError;
use crate::submission::Caller;

/// The reasons that are confidentiality's (measure M35 counts them).
const CONFIDENTIAL: [&str; 4] = [
    "consent_refused_and_interest_not_outweighed",
    "third_party_confidence",
    "serious_harm_to_subject",
    "legal_privilege",
];

/// Where a request stands; each is a status of FHIR R4's `Task`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HealthState {
    /// Sent, and not opened: `requested`.
    Requested,
    /// Opened by the body that is asked, or taken from its mailbox at MESH: `received`.
    Received,
    /// It agreed to answer: `accepted`.
    Accepted,
    /// Answered in part, and more is to come: `in-progress`.
    InProgress,
    /// The answer waits for the Caldicott guardian or a clinician: `on-hold`.
    OnHold,
    /// Answered: `completed`.
    Completed,
    /// Refused: `rejected`.
    Rejected,
    /// Taken back by whoever asked: `cancelled`.
    Cancelled,
}

impl HealthState {
    /// The word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Received => "received",
            Self::Accepted => "accepted",
            Self::InProgress => "in-progress",
            Self::OnHold => "on-hold",
            Self::Completed => "completed",
            Self::Rejected => "rejected",
            Self::Cancelled => "cancelled",
        }
    }
}

/// A request.
#[derive(Debug, Clone)]
pub struct HealthView {
    /// Its id, which is its exchange's.
    pub id: String,
    /// The area.
    pub area: String,
    /// The nominal's reference.
    pub nominal: String,
    /// Who asks.
    pub agency: String,
    /// Who is asked now.
    pub holder: String,
    /// The coordination unit that oversees it.
    pub unit: String,
    /// Where it stands.
    pub state: HealthState,
    /// `standard` or `emergency`.
    pub urgency: String,
    /// The level of the case when it was asked.
    pub level: i64,
    /// When it was asked, microseconds UTC.
    pub asked: i64,
    /// When an answer is due, microseconds UTC.
    pub due: i64,
    /// It is late, or was answered late.
    pub late: bool,
    /// When the body that is asked was reminded, microseconds UTC.
    pub reminded: Option<i64>,
    /// When that body agreed to answer, microseconds UTC.
    pub accepted: Option<i64>,
    /// What became of it, a word of [`gateway_forms::OUTCOMES`].
    pub outcome: Option<String>,
    /// Why something was withheld, a code.
    pub reason: Option<String>,
    /// The exchange that answers it.
    pub answer: Option<String>,
    /// When it was answered, microseconds UTC.
    pub answered: Option<i64>,
    /// Who looks at a refusal: `caldicott` or `chair`.
    pub stage: Option<String>,
    /// Until when, microseconds UTC.
    pub stage_due: Option<i64>,
    /// When nothing was to be done about it any more, microseconds UTC.
    pub closed: Option<i64>,
    /// What happened, the oldest first; of a list, nothing.
    pub steps: Vec<HealthStepView>,
}

impl HealthView {
    /// Whether it waits for an answer of an agency.
    pub fn waits_for(&self, agency: &str) -> bool {
        let cancelled = self.state == HealthState::Cancelled;
        self.holder == agency && self.answered.is_none() && !cancelled
    }
}

/// A step of a request.
#[derive(Debug, Clone)]
pub struct HealthStepView {
    /// Its id.
    pub id: String,
    /// What happened: `accepted`, `redirected`, `upheld`, `reopened`, `noted`, `wrong-patient`.
    pub kind: String,
    /// Whose step it is.
    pub agency: String,
    /// Of a redirection: who was asked next.
    pub other: Option<String>,
    /// The reasons given, in words.
    pub words: Option<String>,
    /// When, microseconds UTC.
    pub at: i64,
}

impl Flow {
    /// The requests that the caller's agency made, is asked, or oversees; what waits first, the
    /// soonest due before all.
    ///
    /// # Errors
    /// [`FlowError::Unavailable`] where the store is away.
    pub async fn health_requests(&self, caller: &Caller) -> Result<Vec<HealthView>, FlowError> {
        let mut tx = self.store.read().await?;
        let rows = tx
            .health_requests_of(caller.agency.as_str(), LISTED)
            .await?;
        health_views(&mut tx, rows, self.now()).await
    }

    /// How much waits at the caller's agency, and for whoever calls.
    ///
    /// # Errors
    /// [`FlowError::Unavailable`] where the store is away.
    pub async fn health_waits(&self, caller: &Caller) -> Result<HealthWaits, FlowError> {
        let person = caller.person.as_ref().map_or("", |person| &person.id);
        let mut tx = self.store.read().await?;
        Ok(tx.health_waits(caller.agency.as_str(), person).await?)
    }

    /// One request, with its steps.
    ///
    /// # Errors
    /// [`FlowError::NotFound`] where the caller's agency neither made it, nor is asked, nor
    /// oversees it.
    pub async fn health_request(&self, caller: &Caller, id: &str) -> Result<HealthView, FlowError> {
        let mut tx = self.store.read().await?;
        let row: Option<HealthRequestRow> = tx.get(id).await?;
        let own = caller.agency.as_str();
        let row = row
            .filter(|row| row.agency == own || row.holder == own || row.unit == own)
            .ok_or(FlowError::NotFound)?;
        let area = row.area.clone();
        let steps = tx.health_steps(id).await?;
        let mut view = one_view(&mut tx, row, self.now()).await?;
        for step in steps {
            view.steps.push(self.step_view(&area, step).await?);
        }
        Ok(view)
    }

    /// How the requests went that the caller's coordination unit oversees.
    ///
    /// # Errors
    /// [`FlowError::NotFound`] for agencies that are no coordination unit; [`FlowError::Forbidden`]
    /// for others than its coordinator, chair or auditor.
    pub async fn health_counts(&self, caller: &Caller) -> Result<HealthCounts, FlowError> {
        self.unit(caller).await?;
        let roles = [Role::Coordinator, Role::Chair, Role::Auditor];
        self.acting(caller, &roles, "counting health information requests")
            .await?;
        let mut tx = self.store.read().await?;
        let private = serde_json::to_string(&CONFIDENTIAL)?;
        Ok(tx
            .health_counts(caller.agency.as_str(), &private, self.now())
            .await?)
    }

    async fn step_view(
        &self,
        area: &str,
        step: HealthStepRow,
    ) -> Result<HealthStepView, FlowError> {
        let words = match &step.words {
            Some(sealed) => {
                let opened = self.open_step_words((STEPS, area), &step.id, sealed);
                Some(opened.await?)
            }
            None => None,
        };
        Ok(HealthStepView {
            id: step.id,
            kind: step.kind,
            agency: step.agency,
            other: step.other,
            words,
            at: step.at,
        })
    }
}

/// Requests as they stand, in this order: what their exchanges say is asked of the database once.
pub(super) async fn health_views(
    tx: &mut Tx,
    rows: Vec<HealthRequestRow>,
    now: i64,
) -> Result<Vec<HealthView>, FlowError> {
    let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    let standings = tx.health_standings(&ids).await?;
    let view = |row: HealthRequestRow| {
        let standing = standings.get(&row.id).copied().unwrap_or_default();
        health_view(row, standing, now)
    };
    Ok(rows.into_iter().map(view).collect())
}

/// A request as it stands.
pub(super) async fn one_view(
    tx: &mut Tx,
    row: HealthRequestRow,
    now: i64,
) -> Result<HealthView, FlowError> {
    let standings = tx.health_standings(&[&row.id]).await?;
    let standing = standings.get(&row.id).copied().unwrap_or_default();
    Ok(health_view(row, standing, now))
}

fn health_view(row: HealthRequestRow, standing: HealthStanding, now: i64) -> HealthView {
    let open = row.answered_at.is_none() && row.closed_at.is_none();
    HealthView {
        state: health_state(&row, standing),
        late: row.answered_at.is_some_and(|at| at > row.due_at) || open && now > row.due_at,
        id: row.id,
        area: row.area,
        nominal: row.nominal,
        agency: row.agency,
        holder: row.holder,
        unit: row.unit,
        urgency: row.urgency,
        level: row.level,
        asked: row.asked_at,
        due: row.due_at,
        reminded: row.reminded_at,
        accepted: row.accepted_at,
        outcome: row.outcome,
        reason: row.reason,
        answer: row.answer,
        answered: row.answered_at,
        stage: row.stage,
        stage_due: row.stage_due_at,
        closed: row.closed_at,
        steps: Vec::new(),
    }
}

fn health_state(row: &HealthRequestRow, standing: HealthStanding) -> HealthState {
    match row.outcome.as_deref() {
        Some("cancelled") => return HealthState::Cancelled,
        Some("refused") => return HealthState::Rejected,
        Some(_) | None => {}
    }
    if row.answer.is_some() {
        return match (standing.held, row.answered_at) {
            (true, _) => HealthState::OnHold,
            (false, Some(_)) => HealthState::Completed,
            (false, None) => HealthState::InProgress,
        };
    }
    match (row.accepted_at.is_some(), standing.opened) {
        (true, _) => HealthState::Accepted,
        (false, true) => HealthState::Received,
        (false, false) => HealthState::Requested,
    }
}
