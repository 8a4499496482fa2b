//! A request in words: where it stands, when it is due, what its codes are called, and what
//! happened to it.

use std::collections::BTreeMap;

use gateway_core::calendar::local_date;
use gateway_flow::health::{Happening, HealthHappened, HealthState, HealthView};
use gateway_forms::Definition;
use jiff::Timestamp;

use crate::component::Tag;
use crate::page::form::{answers, capital};
use crate::{Portal, words};

/// What agencies are called, by id.
pub(crate) type Names = BTreeMap<String, String>;

/// An agency's name.
pub(crate) fn named(names: &Names, id: &str) -> String {
    names.get(id).cloned().unwrap_or_else(|| id.to_owned())
}

/// What the codes of requests and answers are called: their forms say it.
#[derive(Clone, Copy)]
pub(crate) struct Codes<'p> {
    asks: Option<&'p Definition>,
    answers: Option<&'p Definition>,
}

impl<'p> Codes<'p> {
    /// By the forms that are in use.
    pub(crate) fn of(portal: &'p Portal) -> Self {
        let forms = || portal.flow.forms.forms();
        Self {
            asks: forms().find(|form| super::asks(form)),
            answers: forms().find(|form| answers(form)),
        }
    }

    /// A question.
    pub(crate) fn question(&self, code: &str) -> String {
        let path = self.asks.and_then(|form| form.says.questions.as_deref());
        called(self.asks, path, code)
    }

    /// What became of a request.
    pub(crate) fn outcome(&self, code: &str) -> String {
        let path = self.answers.and_then(|form| form.says.outcome.as_deref());
        called(self.answers, path, code)
    }

    /// Why something is withheld.
    pub(crate) fn reason(&self, code: &str) -> String {
        let path = self.answers.and_then(|form| form.says.reason.as_deref());
        called(self.answers, path, code)
    }
}

/// What a form calls a code of one of its fields.
fn called(form: Option<&Definition>, path: Option<&str>, code: &str) -> String {
    let found = form.zip(path).and_then(|(form, path)| {
        let (_, field) = form.field(path)?;
        let mut choices = form.choices(field).iter();
        choices.find(|(known, _)| known == code)
    });
    found.map_or_else(
        || capital(&code.replace('_', " ")),
        |(_, words)| words.clone(),
    )
}

/// When an answer is due, by the calendar of London.
pub(crate) fn due(due: i64, now: Timestamp) -> String {
    let at = words::time(due);
    let days = Timestamp::from_microsecond(due)
        .ok()
        .and_then(|due| local_date(now).until(local_date(due)).ok())
        .map_or(0, |span| span.get_days());
    match (now.as_microsecond() > due, days) {
        (true, 0) => format!("Late: it was due today, {at}"),
        (true, -1) => format!("1 day late: it was due {at}"),
        (true, days) => format!("{} days late: it was due {at}", days.abs()),
        (false, 0) => format!("Due today, {at}"),
        (false, 1) => format!("Due tomorrow, {at}"),
        (false, days) => format!("Due in {days} days, {at}"),
    }
}

/// Whether it waits for an answer.
pub(crate) fn waits(view: &HealthView) -> bool {
    view.answered.is_none() && view.state != HealthState::Cancelled
}

/// Where a request stands.
pub(crate) fn state(view: &HealthView, codes: Codes<'_>) -> String {
    let fixed = match view.state {
        HealthState::Requested => "Sent, not opened yet",
        HealthState::Received => "Opened, not accepted yet",
        HealthState::Accepted => "Accepted, the answer is to come",
        HealthState::InProgress => "Answered in part, more is to come",
        HealthState::OnHold => "Answered, and part of it waits for a decision",
        HealthState::Rejected => "Refused",
        HealthState::Cancelled => "Withdrawn by whoever asked",
        HealthState::Completed => {
            let outcome = view.outcome.as_deref();
            return outcome.map_or_else(|| "Answered".to_owned(), |code| codes.outcome(code));
        }
    };
    fixed.to_owned()
}

/// The tags of a request: where it stands in a word, and what presses.
pub(crate) fn tags(view: &HealthView) -> Vec<Tag<'static>> {
    let tag = |text, classes| Tag { text, classes };
    let stands = match view.state {
        HealthState::Requested => tag("Sent", "govuk-tag--grey"),
        HealthState::Received => tag("Opened", "govuk-tag--yellow"),
        HealthState::Accepted => tag("Accepted", "govuk-tag--blue"),
        HealthState::InProgress => tag("In part", "govuk-tag--blue"),
        HealthState::OnHold => tag("Held", "govuk-tag--yellow"),
        HealthState::Rejected => tag("Refused", "govuk-tag--red"),
        HealthState::Cancelled => tag("Withdrawn", "govuk-tag--grey"),
        HealthState::Completed => tag("Answered", "govuk-tag--green"),
    };
    let waits = waits(view);
    let late = (waits && view.late).then(|| tag("Late", "govuk-tag--red"));
    let urgent = waits && view.urgency == "emergency";
    let urgent = urgent.then(|| tag("Emergency", "govuk-tag--red"));
    std::iter::once(stands).chain(urgent).chain(late).collect()
}

/// Who looks at a refusal, or that nobody does any more; none where it is no refusal.
pub(crate) fn stage(view: &HealthView) -> Option<String> {
    if view.state != HealthState::Rejected {
        return None;
    }
    let by = view.stage_due.map(words::time).unwrap_or_default();
    Some(match view.stage.as_deref() {
        Some("caldicott") => format!("The Caldicott guardian looks at the refusal, by {by}"),
        Some(_) => format!("The chair looks at the refusal, by {by}"),
        None => "The refusal stands".to_owned(),
    })
}

/// How pressing it is.
pub(crate) fn urgency(view: &HealthView) -> &'static str {
    match view.urgency.as_str() {
        "emergency" => "Today: serious harm is imminent",
        _ => "By the level of the case",
    }
}

/// What happened, and what more is said of it.
pub(crate) fn happened(
    one: &HealthHappened,
    codes: Codes<'_>,
    names: &Names,
) -> (&'static str, Vec<String>) {
    let detail = |name: &str| one.detail.get(name).map(String::as_str);
    let reason = detail("reason").map(|code| codes.reason(code));
    let question = detail("question").map(|code| codes.question(code));
    let next = detail("next").map(|id| format!("{} is asked now", named(names, id)));
    let outcome = detail("outcome").map(|code| codes.outcome(code));
    let late = (detail("late") == Some("true")).then(|| "It came late".to_owned());
    let (label, more) = match one.what {
        Happening::Asked => ("Asked", None),
        Happening::Accepted => ("Accepted: it will be answered", None),
        Happening::Given => ("A question was given to a colleague", question),
        Happening::Signed => ("A colleague signed an answer", question),
        Happening::Answered if detail("interim") == Some("true") => {
            ("Answered for now, more is to come", outcome)
        }
        Happening::Answered => ("Answered", outcome),
        Happening::Refused => ("Refused", reason.clone()),
        Happening::Redirected => ("Passed on: another body has it", next),
        Happening::Upheld => ("The Caldicott guardian stands by the refusal", None),
        Happening::Reopened => ("Asked again", None),
        Happening::WrongPatient => (
            "The answer was about the wrong patient, and is called back",
            None,
        ),
        Happening::Reminded => ("A reminder was sent", None),
        Happening::Late => ("The time ran out", None),
        Happening::Escalated => (
            "The Caldicott guardian did not look in time: it is with the chair",
            None,
        ),
        Happening::Closed => ("The chair took note of the refusal: it stands", None),
    };
    let withheld = reason.filter(|_| one.what == Happening::Answered);
    let withheld = withheld.map(|why| format!("Something is withheld: {why}"));
    (
        label,
        [more, withheld, late].into_iter().flatten().collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_counted_in_days_of_londons_calendar() {
        let now: Timestamp = "2026-03-04T10:00:00Z".parse().unwrap();
        let said = |at: &str| {
            let at: Timestamp = at.parse().unwrap();
            due(at.as_microsecond(), now)
        };
        assert_eq!(
            said("2026-03-04T17:00:00Z"),
            "Due today, 4 March 2026 at 5:00pm"
        );
        assert_eq!(
            said("2026-03-05T00:30:00Z"),
            "Due tomorrow, 5 March 2026 at 12:30am"
        );
        assert_eq!(
            said("2026-03-09T17:00:00Z"),
            "Due in 5 days, 9 March 2026 at 5:00pm"
        );
        assert_eq!(
            said("2026-03-04T09:00:00Z"),
            "Late: it was due today, 4 March 2026 at 9:00am"
        );
        assert_eq!(
            said("2026-03-03T17:00:00Z"),
            "1 day late: it was due 3 March 2026 at 5:00pm"
        );
        assert_eq!(
            said("2026-03-02T17:00:00Z"),
            "2 days late: it was due 2 March 2026 at 5:00pm"
        );
    }

    #[test]
    fn a_code_that_no_form_knows_is_said_as_it_is() {
        assert_eq!(called(None, None, "risk_self"), "Risk self");
    }
}
