//! Words for times, states and roles.

use gateway_core::calendar::london;
use gateway_core::{ExchangeState, Outcome, Role};
use jiff::Timestamp;

/// Longest line of a text, characters; links may be longer.
const WIDTH: usize = 72;

/// A time by the clock of London, as it is said: `17:00 on Tuesday 3 March 2026`.
pub fn time(at: Timestamp) -> String {
    at.to_zoned_datetime(london())
        .strftime("%H:%M on %A %-d %B %Y")
        .to_string()
}

/// Breaks a paragraph between words.
pub fn wrap(paragraph: &str) -> String {
    let mut out = String::new();
    let mut width = 0;
    for word in paragraph.split_whitespace() {
        let length = word.chars().count();
        if width > 0 && width + 1 + length > WIDTH {
            out.push('\n');
            width = 0;
        } else if width > 0 {
            out.push(' ');
            width += 1;
        }
        out.push_str(word);
        width += length;
    }
    out.push('\n');
    out
}

/// Paragraphs, an empty line between them.
pub(super) fn paragraphs<'a>(all: impl IntoIterator<Item = &'a str>) -> String {
    let wrapped: Vec<String> = all.into_iter().map(wrap).collect();
    wrapped.join("\n")
}

/// Text of others on one line, without control characters.
pub(super) fn plain(text: &str) -> String {
    let kept: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    kept.split_whitespace().collect::<Vec<_>>().join(" ")
}

pub(super) const fn state(state: ExchangeState) -> &'static str {
    match state {
        ExchangeState::Incomplete => "It is kept, and nothing is sent on yet: details are missing.",
        ExchangeState::Quarantined => {
            "It is kept apart, and nothing is sent on: the coordination unit will look at it."
        }
        ExchangeState::Held => "Nothing is sent on yet: it waits for a person to decide.",
        ExchangeState::Refused => "Nothing is sent on: the rules do not allow it.",
        ExchangeState::Released => "It is recorded, and sent on as the list below says.",
        ExchangeState::Superseded => "A later version has taken its place.",
        ExchangeState::Recalled => "It has been called back.",
    }
}

pub(super) const fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Permit => "sent on",
        Outcome::Hold => "waits for a decision",
        Outcome::Refuse => "not sent on",
    }
}

pub(super) const fn role(role: Role) -> &'static str {
    match role {
        Role::Practitioner => "practitioner",
        Role::Spoc => "single point of contact",
        Role::DeputySpoc => "deputy single point of contact",
        Role::Manager => "manager",
        Role::Security => "security officer",
        Role::Caldicott => "Caldicott guardian",
        Role::Dpo => "data protection officer",
        Role::Clinician => "clinician",
        Role::Coordinator => "coordinator",
        Role::Chair => "chair",
        Role::Vlo => "victim liaison officer",
        Role::Auditor => "auditor",
        Role::Operator => "operator",
    }
}
