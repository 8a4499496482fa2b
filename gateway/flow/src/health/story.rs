//! What happened to a request, as the log says it to one of its sides.

use std::collections::BTreeMap;

use gateway_core::event::{Event, EventKind};

use super::list::HealthView;
use crate::Flow;
use crate::error::FlowError;
use crate::submission::Caller;

/// A request, and what happened to it.
#[derive(Debug, Clone)]
pub struct HealthStory {
    /// The request.
    pub view: HealthView,
    /// What happened, the oldest first: what reached the caller's agency.
    pub happened: Vec<HealthHappened>,
}

/// What can happen to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Happening {
    /// It was asked.
    Asked,
    /// The body that is asked agreed to answer.
    Accepted,
    /// A question of it was given to a colleague there.
    Given,
    /// A colleague signed an answer.
    Signed,
    /// It was answered, in full, in part, for now, or with nothing.
    Answered,
    /// It was refused.
    Refused,
    /// Another body has it, and is asked.
    Redirected,
    /// The Caldicott guardian stands by a refusal.
    Upheld,
    /// It waits for an answer again.
    Reopened,
    /// The answer was about the wrong patient.
    WrongPatient,
    /// The body that is asked was reminded.
    Reminded,
    /// Its time ran out.
    Late,
    /// A refusal that nobody looked at went to the chair.
    Escalated,
    /// The chair took note of a refusal.
    Closed,
}

/// The kinds of event that are a request's own.
const OF_A_REQUEST: [(EventKind, Happening); 14] = [
    (EventKind::HealthAsked, Happening::Asked),
    (EventKind::HealthAccepted, Happening::Accepted),
    (EventKind::HealthAssigned, Happening::Given),
    (EventKind::HealthSigned, Happening::Signed),
    (EventKind::HealthAnswered, Happening::Answered),
    (EventKind::HealthRefused, Happening::Refused),
    (EventKind::HealthRedirected, Happening::Redirected),
    (EventKind::HealthUpheld, Happening::Upheld),
    (EventKind::HealthReopened, Happening::Reopened),
    (EventKind::HealthWrongPatient, Happening::WrongPatient),
    (EventKind::HealthReminded, Happening::Reminded),
    (EventKind::HealthLate, Happening::Late),
    (EventKind::HealthEscalated, Happening::Escalated),
    (EventKind::HealthClosed, Happening::Closed),
];

/// One thing that happened to a request.
#[derive(Debug, Clone)]
pub struct HealthHappened {
    /// What.
    pub what: Happening,
    /// When, microseconds UTC.
    pub at: i64,
    /// Who did it; none where the clock did.
    pub agency: Option<String>,
    /// Codes that were noted with it: `outcome`, `reason`, `next`, `question`, `interim`, `late`.
    pub detail: BTreeMap<String, String>,
    /// The reasons given, in words.
    pub words: Option<String>,
}

impl Flow {
    /// One request, with what happened to it as far as it reached the caller's agency: what a
    /// body does among its own people stays there.
    ///
    /// # Errors
    /// As [`Flow::health_request`].
    pub async fn health_story(&self, caller: &Caller, id: &str) -> Result<HealthStory, FlowError> {
        let view = self.health_request(caller, id).await?;
        let mut tx = self.store.read().await?;
        let leaves = tx.leaves_of_exchange(id).await?;
        drop(tx);
        let mut happened = Vec::new();
        for leaf in leaves {
            let event: Event = serde_json::from_str(&leaf.event)?;
            let kind = OF_A_REQUEST.iter().find(|(kind, _)| *kind == event.kind);
            let own = Some(&caller.agency) == event.from.as_ref();
            let Some((_, what)) = kind.filter(|_| own || event.to.contains(&caller.agency)) else {
                continue;
            };
            let step = event.detail.get("step");
            let step = step.and_then(|id| view.steps.iter().find(|step| step.id == *id));
            happened.push(HealthHappened {
                what: *what,
                at: leaf.at,
                agency: event.from.map(|agency| agency.to_string()),
                words: step.and_then(|step| step.words.clone()),
                detail: event.detail,
            });
        }
        Ok(HealthStory { view, happened })
    }
}
