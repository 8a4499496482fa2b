//! An answer: from the form to the model, and back.

use gateway_core::{Category, Personal};
use gateway_fhir::codes::{AnswerCode, BasisCode, ConsentCode, HealthCategory, RefusalCode};
use gateway_fhir::model::{Answered, Basis, Document, Kind, Refusal};
use gateway_fhir::{Answer, Issue, Outcome};
use gateway_flow::form::DocumentView;
use gateway_flow::health::HealthAnswerView;
use gateway_forms::Body;
use serde_json::Value;

use crate::codes::{OUTCOMES, QUESTIONS, ours, theirs};
use crate::fields::{Filled, Said};
use crate::request::{id, question_id, settled, time, unsaid};
use crate::{Names, Unreadable};

/// R4, unsignedInt.
const MOST_BYTES: i64 = 2_147_483_647;

/// What a reader has of an answer: what it says became of the request, of its form what is in
/// `body`, and of its documents those that can be opened. Beside it the documents' numbers, in the
/// order in which the answer has them.
///
/// # Errors
/// [`Unreadable`] where what is kept of it does not read.
pub fn answer_model(
    view: &HealthAnswerView,
    body: &Body,
    names: &Names,
    documents: &[DocumentView],
) -> Result<(Answer, Vec<i64>), Unreadable> {
    let said = Said(body);
    let kind = kind(view, said)?;
    let (numbers, attached) = attached(documents);
    let answer = Answer {
        id: id(&view.id)?,
        request: id(&view.request)?,
        sent: time(view.sent),
        interim: view.interim,
        called_back: view.called_back,
        partly: attached.len() < documents.len(),
        kind,
        trust: names.trust(&view.agency)?,
        clinician: said.words("basis.clinician"),
        answered_by: said.words("answer.answered_by"),
        basis: basis(said),
        nhs_number: None,
        answers: answers(said),
        clinical: said.words("clinical.detail"),
        documents: attached,
    };
    Ok((answer, numbers))
}

fn kind(view: &HealthAnswerView, said: Said<'_>) -> Result<Kind, Unreadable> {
    let code = theirs(&OUTCOMES, &view.outcome).ok_or(Unreadable("the outcome"))?;
    let refusal = || {
        let code = view.reason.as_deref().and_then(RefusalCode::find)?;
        let words = said.words("answer.reason_words");
        let unsaid = (code == RefusalCode::Other).then(|| code.words().to_owned().into());
        Some(Refusal {
            code,
            words: words.or(unsaid),
        })
    };
    Ok(match code {
        AnswerCode::Full => Kind::Full,
        AnswerCode::Partial => Kind::Partial(refusal()),
        AnswerCode::NilHeld => Kind::NilHeld,
        AnswerCode::NotKnown => Kind::NotKnownToService,
        AnswerCode::Redirected => {
            let to = view.redirected_to.as_ref();
            Kind::Redirected(to.map(ToString::to_string).unwrap_or_default())
        }
        AnswerCode::Refused => Kind::Refused(refusal().ok_or(Unreadable("the reason"))?),
    })
}

fn basis(said: Said<'_>) -> Option<Basis> {
    let consent = said.one("basis.consent").and_then(ConsentCode::find)?;
    Some(Basis {
        consent: Some(consent),
        given: None,
        public_interest: said.words("basis.public_interest"),
    })
}

fn answers(said: Said<'_>) -> Vec<Answered> {
    let all = QUESTIONS.iter();
    let all = all.filter_map(|(field, code)| {
        Some(Answered {
            question: question_id(field),
            code: *code,
            category: HealthCategory::Risk,
            text: said.words(&format!("risk.{field}"))?,
        })
    });
    all.collect()
}

/// Documents that may be opened and can be said in FHIR, each by its place in that list.
fn attached(documents: &[DocumentView]) -> (Vec<i64>, Vec<Document>) {
    let sendable = documents
        .iter()
        .filter(|one| one.opens && (1..=MOST_BYTES).contains(&one.size));
    let known = sendable.filter_map(|one| Some((one, health(one.category)?)));
    let all = known.enumerate().map(|(index, (one, category))| {
        let document = Document {
            index,
            title: one.title.clone().into(),
            media_type: one.media_type.clone(),
            size: u64::try_from(one.size).unwrap_or_default(),
            sha256: None,
            category,
        };
        (one.n, document)
    });
    all.unzip()
}

fn health(category: Category) -> Option<HealthCategory> {
    HealthCategory::find(category.as_str())
}

/// The answers of the form `health-response`. Its documents are not among them. What the form asks
/// for and the answer does not say is left to the form to name.
///
/// # Errors
/// What the answer says and the form cannot, by name.
pub fn answer_form(answer: &Answer) -> Result<Value, Outcome> {
    let mut filled = Filled::default();
    let mut issues = Vec::new();
    filled.some("answer.outcome", ours(&OUTCOMES, answer.kind.code()));
    filled.set("answer.interim", answer.interim);
    match &answer.kind {
        Kind::Refused(refusal) | Kind::Partial(Some(refusal)) => {
            filled.set("answer.reason", refusal.code.as_str());
            filled.words("answer.reason_words", refusal.words.as_ref());
        }
        Kind::Redirected(to) => filled.set("answer.redirected_to", to.as_str()),
        Kind::Full | Kind::Partial(None) | Kind::NilHeld | Kind::NotKnownToService => {}
    }
    let by = answer.answered_by.as_ref().or(answer.clinician.as_ref());
    filled.words("answer.answered_by", by);
    // Where nothing is shared, whoever is named is who answers, and it rests on nothing.
    if matches!(answer.kind, Kind::Full | Kind::Partial(_)) {
        filled.words("basis.clinician", answer.clinician.as_ref());
    }
    if let Some(basis) = &answer.basis {
        fill_basis(&mut filled, &mut issues, basis);
    }
    for (field, code) in QUESTIONS {
        let texts = of_category(answer, HealthCategory::Risk);
        let texts = texts.filter(|one| one.code == code);
        let texts: Vec<&str> = texts.map(|one| one.text.reveal().as_str()).collect();
        let said = (!texts.is_empty()).then(|| texts.join("\n\n"));
        filled.some(&format!("risk.{field}"), said);
    }
    filled.words("clinical.detail", clinical(answer).as_ref());
    settled(issues)?;
    Ok(filled.into_value())
}

fn fill_basis(filled: &mut Filled, issues: &mut Vec<Issue>, basis: &Basis) {
    match basis.consent {
        Some(ConsentCode::Sought) => issues.push(unsaid(
            "Communication.extension",
            "says of consent that it was `sought`, with no answer yet: give `refused` or \
             `not_sought` with the public interest",
        )),
        Some(consent) => filled.set("basis.consent", consent.as_str()),
        None => {}
    }
    let words = basis.public_interest.as_ref();
    if basis.code() == BasisCode::PublicInterest || words.is_some() {
        filled.words("basis.public_interest", words);
    }
}

fn of_category(answer: &Answer, category: HealthCategory) -> impl Iterator<Item = &Answered> {
    let all = answer.answers.iter();
    all.filter(move |one| one.category == category)
}

/// What is more than a summary: what answers no one question, and each answer that is clinical
/// below the name of its question.
fn clinical(answer: &Answer) -> Option<Personal<String>> {
    let own = answer.clinical.iter().map(|words| words.reveal().clone());
    let answers = of_category(answer, HealthCategory::Clinical);
    let answers = answers.map(|one| format!("{}: {}", one.code.words(), one.text.reveal()));
    let all: Vec<String> = own.chain(answers).collect();
    (!all.is_empty()).then(|| all.join("\n\n").into())
}
