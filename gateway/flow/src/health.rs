//! Health information requests: asked in public-protection terms, answered or withheld with a
//! reason, with a clock (report 5.26, 5.35 to 5.38). The request and each answer are forms, and go
//! the one way through as anything else; what is here is the conversation that they belong to.

mod answer;
mod answers;
mod asks;
mod clock;
mod draft;
mod due;
mod list;
mod note;
mod open;
mod question;
mod redirect;
mod review;
mod story;
mod task;
mod untold;

use gateway_core::Role;
use gateway_core::event::EventKind;
use gateway_store::Tx;
use gateway_store::rows::{ExchangeRow, HealthRequestRow, HealthStepRow};

pub use self::answers::HealthAnswerView;
pub(crate) use self::asks::Asks;
pub use self::draft::HealthDraft;
pub use self::list::{HealthState, HealthStepView, HealthView};
pub use self::note::HealthNote;
pub use self::question::{HealthColleague, OwnQuestion, ToGive};
pub use self::story::{Happening, HealthHappened, HealthStory};
pub use self::task::{Gathered, HealthTaskView};
use crate::Flow;
use crate::case::id_of;
use crate::error::FlowError;
use crate::form::NoticeFor;
use crate::recorder::Draft;
use crate::seal::fresh;
use crate::submission::FormNote;

/// Who speaks for an agency in a request: not those who only clear or audit.
const SPEAKS: &[Role] = &[
    Role::Practitioner,
    Role::Manager,
    Role::Spoc,
    Role::DeputySpoc,
    Role::Coordinator,
];
/// Who at the health body sees to a request: gives its questions out, and sends the answer.
const GATHERS: &[Role] = &[Role::Spoc, Role::DeputySpoc];
/// The longest reasons and answers, characters.
const LONGEST: usize = 20_000;
/// Most requests and tasks that are listed at once.
const LISTED: i64 = 500;

/// An event of a request, by one of its agencies, reaching the others.
fn event(kind: EventKind, by: Option<&str>, row: &HealthRequestRow) -> Result<Draft, FlowError> {
    let by = by.map(id_of).transpose()?;
    let mut reached = Vec::new();
    for agency in [&row.agency, &row.holder, &row.unit] {
        let agency = id_of(agency)?;
        if by.as_ref() != Some(&agency) {
            reached.push(agency);
        }
    }
    Ok(Draft::new(kind, by.as_ref())
        .about(&row.id, Some(&row.nominal))
        .reaching(reached))
}

/// The table of the steps of requests.
const STEPS: &str = "health_step";

/// A step of a request.
struct Step<'a> {
    kind: &'a str,
    agency: &'a str,
    person: Option<&'a str>,
    other: Option<&'a str>,
}

impl Flow {
    /// Notes, in the recording of a form, what it does to the request that it makes or answers.
    pub(crate) async fn write_health(
        &self,
        tx: &mut Tx,
        row: &ExchangeRow,
        form: &FormNote,
        drafts: &mut Vec<Draft>,
    ) -> Result<(), FlowError> {
        let waits = ["incomplete", "quarantined"].contains(&row.state.as_str());
        match &form.health {
            Some(_) if waits => Ok(()),
            Some(note @ HealthNote::Asks { .. }) => {
                self.open_health_request(tx, row, note, drafts).await
            }
            Some(note @ HealthNote::Answers { .. }) => {
                self.note_health_answer(tx, row, (note, form.corrects), drafts)
                    .await
            }
            None => Ok(()),
        }
    }

    /// Writes a step, its words sealed already.
    async fn write_step_of(
        &self,
        tx: &mut Tx,
        request: &str,
        step: Step<'_>,
        words: Option<(String, Vec<u8>)>,
    ) -> Result<(), FlowError> {
        let (id, words) = match words {
            Some((id, words)) => (id, Some(words)),
            None => (fresh(self), None),
        };
        let mut row = HealthStepRow {
            id,
            request: request.to_owned(),
            kind: step.kind.to_owned(),
            agency: step.agency.to_owned(),
            person: step.person.map(str::to_owned),
            other: step.other.map(str::to_owned),
            words,
            at: self.now(),
            updated_by: String::new(),
        };
        Ok(tx.put(&mut row).await?)
    }

    /// Tells a role at an agency of a request.
    async fn tell_of_health(
        &self,
        tx: &mut Tx,
        row: &HealthRequestRow,
        (agency, role): (&str, Role),
        kind: &str,
        drafts: &mut Vec<Draft>,
    ) -> Result<(), FlowError> {
        let waits = row.closed_at.is_none();
        let told = NoticeFor {
            agency,
            role,
            kind,
            due: match kind {
                "health-review" => row.stage_due_at,
                _ => Some(row.due_at).filter(|_| waits && row.answered_at.is_none()),
            },
        };
        self.tell_of_form(tx, Some(&row.id), &row.nominal, &told, drafts)
            .await
    }
}
