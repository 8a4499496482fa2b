//! What a form starts from: an earlier one, the record of the person, what colleagues signed of the
//! request that it answers, or the answer that it corrects.

use std::collections::BTreeMap;

use gateway_core::IdentifierKind;
use gateway_flow::FlowError;
use gateway_flow::health::{Gathered, HealthState};
use gateway_flow::timeline::NominalView;
use gateway_forms::{Definition, Kind};
use serde_json::Value;

use super::begin::Chosen;
use super::content::{Content, Earlier};
use crate::Portal;
use crate::component::{ChoiceItem, Choices, Html as Markup, Pick};
use crate::page::health::{GATHERS, signed::by};
use crate::stop::Stop;
use crate::visitor::Visitor;

/// An answer starts from what colleagues signed.
pub(super) const SIGNED: &str = "signed";

/// What kind of an answer to a request it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum How {
    /// The answer.
    #[default]
    Whole,
    /// What is known now: more is to come.
    Interim,
    /// A correction of the answer that was sent.
    Correct,
}

impl How {
    /// As a link asks for it.
    pub(super) fn asked(interim: &str, correct: &str) -> Self {
        match (interim, correct) {
            (_, "yes") => Self::Correct,
            ("yes", _) => Self::Interim,
            _ => Self::Whole,
        }
    }

    /// As a form brings it.
    pub(super) fn read(word: &str) -> Self {
        match word {
            "interim" => Self::Interim,
            "correct" => Self::Correct,
            _ => Self::Whole,
        }
    }

    /// The word for it.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Whole => "",
            Self::Interim => "interim",
            Self::Correct => "correct",
        }
    }

    /// What it means, for whoever begins it.
    pub(super) const fn means(self) -> &'static str {
        match self {
            Self::Whole => {
                "It answers the request that your agency was sent, and goes to whoever asked and to the coordination unit."
            }
            Self::Interim => {
                "It says what is known now, and that more is to come. The request goes on waiting for the rest. It goes to whoever asked and to the coordination unit."
            }
            Self::Correct => {
                "It takes the place of the answer that your agency sent, which is filled in. Everyone who received that one is told."
            }
        }
    }
}

/// A form that answers a request is begun from one that waits for the visitor's agency, or that it
/// answered and corrects; one that answers a hospital flag, from a flag that runs; no other form is.
pub(super) async fn may_answer(
    portal: &Portal,
    visitor: &Visitor,
    form: &Definition,
    (request, how): (&str, How),
) -> Result<bool, Stop> {
    let caller = &visitor.session.caller;
    if super::answers_flag(form) {
        return Ok(super::waits_for_attendance(portal, caller, request).await?);
    }
    if !super::answers(form) {
        return Ok(request.is_empty());
    }
    if how != How::Correct {
        return Ok(super::waits_for_answer(portal, caller, request).await?);
    }
    Ok(answered(portal, visitor, request).await?.is_some())
}

/// The answer of the visitor's agency that stands.
async fn answered(
    portal: &Portal,
    visitor: &Visitor,
    request: &str,
) -> Result<Option<String>, FlowError> {
    let caller = &visitor.session.caller;
    match portal.flow.health_request(caller, request).await {
        Ok(view) => {
            let stands = view.holder == caller.agency.as_str()
                && view.answered.is_some()
                && view.state != HealthState::Cancelled;
            Ok(view.answer.filter(|_| stands))
        }
        Err(FlowError::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

/// How many questions of a request colleagues have signed, for whoever gathers them.
pub(super) async fn signed(
    portal: &Portal,
    visitor: &Visitor,
    (form, chosen): (&Definition, &Chosen),
) -> Result<usize, Stop> {
    if !super::answers(form) {
        return Ok(0);
    }
    if chosen.request.is_empty() || chosen.how == How::Correct || !visitor.is_any(GATHERS) {
        return Ok(0);
    }
    let caller = &visitor.session.caller;
    let given = portal.flow.given_questions(caller, &chosen.request).await?;
    Ok(given.iter().filter(|one| one.signed.is_some()).count())
}

/// Whether an answer starts with what colleagues signed.
pub(super) fn with_signed(number: usize, from: &str) -> Markup {
    let text = match number {
        1 => "The answer that a colleague signed".to_owned(),
        number => format!("The {number} answers that colleagues signed"),
    };
    Markup::of(&Choices {
        pick: Pick::One,
        id: "from",
        name: "from",
        legend: "What do you start from?",
        legend_classes: "govuk-fieldset__legend--m",
        hint: Some("That you take up what they signed is recorded as a reading"),
        items: vec![
            ChoiceItem {
                value: SIGNED,
                text: &text,
                hint: Some("Each is filled in at its question, with who signed it"),
                checked: from == SIGNED,
            },
            ChoiceItem {
                value: "",
                text: "An empty form",
                hint: None,
                checked: from != SIGNED,
            },
        ],
        ..Choices::default()
    })
}

/// Fills in an answer with what it starts from.
pub(super) async fn answer(
    portal: &Portal,
    visitor: &Visitor,
    form: &Definition,
    chosen: &Chosen,
    content: &mut Content,
) -> Result<(), Stop> {
    if chosen.how == How::Correct {
        let answer = answered(portal, visitor, &chosen.request).await?;
        let answer = answer.ok_or(Stop::NotFound)?;
        return from(portal, visitor, (&answer, true), content).await;
    }
    if chosen.from == SIGNED && visitor.is_any(GATHERS) {
        let caller = &visitor.session.caller;
        let asked = portal
            .flow
            .questions_to_give(caller, &chosen.request)
            .await?;
        let gathered = portal.flow.gathered(caller, &chosen.request).await?;
        fill_in_signed(form, &asked.questions, gathered, content);
    }
    if chosen.how == How::Interim {
        put(form, form.says.interim.as_deref(), "yes", content);
    }
    Ok(())
}

/// Puts what colleagues signed into the fields of their questions, with who signed it. The answer is
/// said to be in full only where all that was asked is signed.
fn fill_in_signed(
    form: &Definition,
    asked: &[String],
    gathered: Vec<Gathered>,
    content: &mut Content,
) {
    let mut signers: Vec<String> = Vec::new();
    let is_signed = |code: &String| gathered.iter().any(|one| one.question == *code);
    let whole = !asked.is_empty() && asked.iter().all(is_signed);
    for one in gathered {
        let named =
            |field: &&gateway_forms::Field| field.id == one.question && field.kind == Kind::Text;
        let mut places = form.sections.iter();
        let place = places.find_map(|section| {
            let field = section.fields.iter().find(named)?;
            Some((section, field))
        });
        let Some((section, field)) = place else {
            continue;
        };
        let signed = by(one.signed_by.as_deref(), one.signed);
        let words = format!("{}\n\n({signed})", one.answer);
        content.put(&section.id, &field.id, Value::from(words));
        signers.extend(one.signed_by.filter(|name| !signers.contains(name)));
    }
    if signers.is_empty() {
        return;
    }
    put(
        form,
        form.says.clinician.as_deref(),
        &signers.join("; "),
        content,
    );
    if whole {
        put(form, form.says.outcome.as_deref(), "full", content);
    }
}

/// Fills in a field of a form, where it has it.
fn put(form: &Definition, path: Option<&str>, value: &str, content: &mut Content) {
    if let Some((section, field)) = path.and_then(|path| form.field(path)) {
        content.put(&section.id, &field.id, Value::from(value));
    }
}

/// Takes up what an earlier one said. That it was opened is a reading in the log.
pub(super) async fn from(
    portal: &Portal,
    visitor: &Visitor,
    (exchange, replaces): (&str, bool),
    content: &mut Content,
) -> Result<(), Stop> {
    let caller = &visitor.session.caller;
    let (earlier, body) = portal.flow.form_to_begin_from(caller, exchange).await?;
    if earlier.form != content.form {
        return Err(Stop::NotFound);
    }
    let answers = serde_json::to_value(&body).map_err(|error| Stop::fault(&error))?;
    content.answers = answers.as_object().cloned().unwrap_or_default();
    content.begun_from = Some(Earlier {
        sent_at: earlier.sent_at,
        answers,
        from: None,
        sections: BTreeMap::new(),
    });
    content.corrects = replaces.then(|| earlier.exchange.clone());
    content.after = Some(earlier.exchange);
    content.nominal = earlier.nominal;
    Ok(())
}

/// Fills in what the record says of the person, where the form repeats it.
pub(super) fn fill_in(form: &Definition, record: &NominalView, content: &mut Content) {
    for section in &form.sections {
        for field in &section.fields {
            // Which of its words the family name is, a record does not say.
            let known_by = |one: &IdentifierKind| form.stands_alone || *one != IdentifierKind::Name;
            let wanted = field.of_record().filter(known_by);
            if field.record_level && form.stands_alone {
                let level = Value::from(record.level.to_string());
                content.put(&section.id, &field.id, level);
            }
            let known = wanted.and_then(|wanted| {
                let mut all = record.identifiers.iter();
                all.find(|(kind, _)| *kind == wanted)
            });
            if let Some((_, value)) = known {
                let value = Value::from(value.reveal().as_str());
                content.put(&section.id, &field.id, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use gateway_forms::Library;

    use super::*;

    fn signed(question: &str, answer: &str, by: &str) -> Gathered {
        Gathered {
            question: question.to_owned(),
            answer: answer.to_owned(),
            signed_by: Some(by.to_owned()),
            signed: Some(1_772_442_000_000_000),
        }
    }

    fn filled(asked: &[&str], gathered: Vec<Gathered>) -> Content {
        let forms = Library::embedded().unwrap();
        let form = forms.form("health-response").unwrap();
        let asked: Vec<String> = asked.iter().map(|code| (*code).to_owned()).collect();
        let mut content = Content::default();
        fill_in_signed(form, &asked, gathered, &mut content);
        content
    }

    #[test]
    fn what_colleagues_signed_stands_at_its_question_as_theirs() {
        let both = vec![
            signed("engagement", "Missed three", "Dr A. Example"),
            signed("medication", "Not collected", "Sister B. Example"),
        ];
        let content = filled(&["engagement", "medication"], both);
        assert_eq!(
            content.typed("risk", "engagement"),
            "Missed three\n\n(Signed by Dr A. Example, 2 March 2026)"
        );
        assert_eq!(
            content.typed("risk", "medication"),
            "Not collected\n\n(Signed by Sister B. Example, 2 March 2026)"
        );
        assert_eq!(
            content.typed("basis", "clinician"),
            "Dr A. Example; Sister B. Example"
        );
        assert_eq!(content.typed("answer", "outcome"), "full");
    }

    #[test]
    fn what_is_not_signed_by_all_is_not_said_to_be_in_full() {
        let one = vec![signed("engagement", "Missed three", "Dr A. Example")];
        let content = filled(&["engagement", "medication"], one);
        assert!(content.typed("answer", "outcome").is_null());
        let none = filled(&["engagement"], Vec::new());
        assert_eq!(none, Content::default());
    }
}
