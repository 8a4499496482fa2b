//! The answers that the gateway itself goes by: why a form is sent, on what it rests, and what it
//! does to the conversation that it belongs to. A form's file names the fields; nothing is read
//! from words.

use gateway_core::question::Consent;
use serde::Deserialize;

use super::{Definition, Kind};
use crate::body::{Answer, Body};

/// Fields by what they say, each as `section.field`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Says {
    /// Why it is necessary, in its writer's words.
    pub necessity: Option<String>,
    /// The lawful bases: codes, whose words are taken.
    pub bases: Option<String>,
    /// The clinician whose information it is.
    pub clinician: Option<String>,
    /// Why the public interest outweighs confidence.
    pub public_interest: Option<String>,
    /// Consent: one of `given`, `refused`, `not_sought`.
    pub consent: Option<String>,
    /// How urgent a request is: the code `emergency`, or any other.
    pub urgency: Option<String>,
    /// The day by which an answer is needed.
    pub needed_by: Option<String>,
    /// What is asked: codes.
    pub questions: Option<String>,
    /// What became of a request: one of [`OUTCOMES`].
    pub outcome: Option<String>,
    /// Why something was withheld, a code.
    pub reason: Option<String>,
    /// Who has what is asked for.
    pub redirected_to: Option<String>,
    /// Whether more is to come: yes or no.
    pub interim: Option<String>,
    /// Of a flag: the day of the meeting that decided it.
    pub decided_on: Option<String>,
    /// Of a flag: the day of its review.
    pub review_on: Option<String>,
    /// Of the answer to a flag: the day on which the person came.
    pub attended_on: Option<String>,
}

/// What becomes of a request.
pub const OUTCOMES: [&str; 6] = [
    "full",
    "partial",
    "nil_held",
    "not_known",
    "redirected",
    "refused",
];
/// How consent is answered.
const CONSENTS: [(&str, Consent); 3] = [
    ("given", Consent::Given),
    ("refused", Consent::Refused),
    ("not_sought", Consent::NotSought),
];

impl Says {
    /// Each field that is named, with what it is for and the kinds that say it.
    pub(super) fn named(&self) -> impl Iterator<Item = (&'static str, &str, &'static [Kind])> {
        const WORDS: &[Kind] = &[Kind::Line, Kind::Text];
        const CODE: &[Kind] = &[Kind::Code];
        const CODES: &[Kind] = &[Kind::Codes];
        let all = [
            ("necessity", &self.necessity, WORDS),
            ("bases", &self.bases, CODES),
            ("clinician", &self.clinician, WORDS),
            ("public_interest", &self.public_interest, WORDS),
            ("consent", &self.consent, CODE),
            ("urgency", &self.urgency, CODE),
            ("needed_by", &self.needed_by, &[Kind::Date]),
            ("questions", &self.questions, CODES),
            ("outcome", &self.outcome, CODE),
            ("reason", &self.reason, CODE),
            ("redirected_to", &self.redirected_to, &[Kind::Agency]),
            ("interim", &self.interim, &[Kind::Flag]),
            ("decided_on", &self.decided_on, &[Kind::Date]),
            ("review_on", &self.review_on, &[Kind::Date]),
            ("attended_on", &self.attended_on, &[Kind::Date]),
        ];
        let named = all.into_iter();
        named.filter_map(|(what, path, kinds)| Some((what, path.as_deref()?, kinds)))
    }

    /// The codes that a field may offer, where the gateway has to know each.
    pub(super) fn known(what: &str) -> Option<Vec<&'static str>> {
        match what {
            "consent" => Some(CONSENTS.iter().map(|(code, _)| *code).collect()),
            "outcome" => Some(OUTCOMES.to_vec()),
            _ => None,
        }
    }
}

impl Definition {
    /// The one answer of a field that says something to the gateway.
    pub fn stated<'b>(&self, body: &'b Body, path: Option<&String>) -> Option<&'b str> {
        match body.answer(path?)? {
            Answer::One(text) => Some(text),
            Answer::Number(_) | Answer::Flag(_) | Answer::Many(_) | Answer::Rows(_) => None,
        }
    }

    /// Several answers of such a field.
    pub fn stated_all<'b>(&self, body: &'b Body, path: Option<&String>) -> &'b [String] {
        match path.and_then(|path| body.answer(path)) {
            Some(Answer::Many(codes)) => codes,
            Some(Answer::One(_) | Answer::Number(_) | Answer::Flag(_) | Answer::Rows(_)) | None => {
                &[]
            }
        }
    }

    /// Whether such a field is answered with yes.
    pub fn stated_yes(&self, body: &Body, path: Option<&String>) -> bool {
        matches!(
            path.and_then(|path| body.answer(path)),
            Some(Answer::Flag(true))
        )
    }

    /// The lawful bases on which a form is sent: those that it says, else its own.
    pub fn rests_on(&self, body: &Body) -> Vec<String> {
        let path = self.says.bases.as_ref();
        let field = path.and_then(|path| self.field(path));
        let choices = field.map_or(&[][..], |(_, field)| self.choices(field));
        let said = self.stated_all(body, path).iter();
        let words = said.filter_map(|code| choices.iter().find(|(known, _)| known == code));
        let words: Vec<String> = words.map(|(_, words)| words.clone()).collect();
        match words.is_empty() {
            true => self.bases.clone(),
            false => words,
        }
    }

    /// What a form says of consent.
    pub fn consent(&self, body: &Body) -> Option<Consent> {
        let code = self.stated(body, self.says.consent.as_ref())?;
        let found = CONSENTS.iter().find(|(known, _)| *known == code)?;
        Some(found.1)
    }
}
