//! What a form says to the conversation that it belongs to.

use gateway_core::AgencyId;
use gateway_forms::{Answer, Body, Definition};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// That a form asks a health body, or answers for one. No words of it: codes and days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HealthNote {
    /// It asks.
    Asks {
        /// The health body that is asked.
        holder: AgencyId,
        /// Serious harm is imminent.
        emergency: bool,
        /// The day by which an answer is needed, where that is sooner than the level gives.
        needed_by: Option<Date>,
        /// The day of the next meeting.
        meeting: Option<Date>,
        /// The codes of the questions that are asked.
        #[serde(default)]
        questions: Vec<String>,
    },
    /// It answers.
    Answers {
        /// What became of the request, a word of [`gateway_forms::OUTCOMES`].
        outcome: String,
        /// Why something is withheld, a code.
        reason: Option<String>,
        /// Who has what is asked for.
        redirected_to: Option<AgencyId>,
        /// More is to come.
        interim: bool,
    },
}

impl HealthNote {
    /// Whether a form asks health bodies.
    pub(crate) const fn asks(form: &Definition) -> bool {
        form.says.questions.is_some()
    }

    /// Whether a form answers such a one.
    pub(crate) const fn answers(form: &Definition) -> bool {
        form.says.outcome.is_some()
    }

    /// What a form asks of a health body.
    pub(crate) fn of_request(form: &Definition, body: &Body, holder: AgencyId) -> Self {
        let day = |path| {
            let said = form.stated(body, path);
            said.and_then(|day| day.parse().ok())
        };
        Self::Asks {
            holder,
            emergency: form.stated(body, form.says.urgency.as_ref()) == Some("emergency"),
            needed_by: day(form.says.needed_by.as_ref()),
            meeting: day(form.meeting.as_ref()),
            questions: match form
                .says
                .questions
                .as_ref()
                .and_then(|path| body.answer(path))
            {
                Some(Answer::Many(codes)) => codes.clone(),
                Some(Answer::One(code)) => vec![code.clone()],
                Some(Answer::Number(_) | Answer::Flag(_) | Answer::Rows(_)) | None => Vec::new(),
            },
        }
    }

    /// What a form answers; none where it says nothing.
    pub(crate) fn of_answer(form: &Definition, body: &Body) -> Option<Self> {
        let outcome = form.stated(body, form.says.outcome.as_ref())?.to_owned();
        let withheld = matches!(outcome.as_str(), "partial" | "refused");
        let passed_on = outcome == "redirected";
        let reason = form.stated(body, form.says.reason.as_ref());
        let next = form.stated(body, form.says.redirected_to.as_ref());
        Some(Self::Answers {
            reason: reason.filter(|_| withheld).map(str::to_owned),
            redirected_to: next.filter(|_| passed_on).and_then(|id| id.parse().ok()),
            // Who refuses, or has nothing, has answered: what is more to come is of an answer.
            interim: matches!(outcome.as_str(), "full" | "partial")
                && form.stated_yes(body, form.says.interim.as_ref()),
            outcome,
        })
    }
}
