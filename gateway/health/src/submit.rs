//! A request or an answer that came as FHIR becomes an exchange, the one way through as any form.

use gateway_content::Finding;
use gateway_content::clamd::UNSEEN;
use gateway_core::calendar::local_date;
use gateway_core::{AgencyId, Category, Identifier, IdentifierKind};
use gateway_fhir::codes::HealthCategory;
use gateway_fhir::model::Document;
use gateway_fhir::{Cause, Issue, Outcome, Request};
use gateway_flow::form::{FormDocument, FormSent};
use gateway_flow::quarantine::Unproved;
use gateway_flow::submission::{Idempotency, RecipientClaim};
use gateway_flow::{Answer, Caller, Flow, FlowError};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::stage::{Seen, Staged};
use crate::{REQUEST, RESPONSE, answer_form, place, request_form};

/// Why nothing was submitted.
#[derive(Debug, thiserror::Error)]
pub enum NotSubmitted {
    /// What came cannot be taken as it is: all that is wrong, by place.
    #[error("it is refused: {0}")]
    Refused(#[from] Outcome),
    /// Documents hold malware: which, counted from 1. They are kept apart.
    #[error("{} documents hold malware", .0.len())]
    Malware(Vec<usize>),
    /// The flow did not take it.
    #[error(transparent)]
    Flow(#[from] FlowError),
}

/// Asks a health body. The day by which the answer is needed is that of the request's deadline,
/// where it names none.
///
/// # Errors
/// [`NotSubmitted`], and no request is recorded.
pub async fn submit_request(
    flow: &Flow,
    caller: Caller,
    request: &Request,
    key: Option<String>,
) -> Result<Answer, NotSubmitted> {
    let asks = &request.requester.agency.id;
    callers(&caller, asks, "Task.requester")?;
    let mut asked = request.clone();
    asked.needed_by = asked.needed_by.or(asked.deadline.map(local_date));
    let answers = request_form(&asked)?;
    let reference = request.subject.reference.clone();
    let trust = request.trust.agency.id.clone();
    let said = json!([REQUEST, reference, trust.as_str(), answers]);
    let sent = FormSent {
        reference,
        recipients: vec![claim(trust)],
        idempotency: key.map(|key| idempotency(key, &said, &[])),
        ..FormSent::new(REQUEST, answers)
    };
    submitted(flow, caller, sent).await
}

/// Answers for a health body. `documents` are those of the answer, by their index.
///
/// # Errors
/// [`NotSubmitted`], and no answer is recorded: where the NHS number is not that of the person whom
/// the request is about, where the request is not the caller's to answer, was withdrawn or is
/// answered, and where documents hold malware or are not those that the answer names.
pub async fn submit_answer(
    flow: &Flow,
    caller: Caller,
    answer: &gateway_fhir::Answer,
    documents: Vec<Staged>,
    key: Option<String>,
) -> Result<Answer, NotSubmitted> {
    let sent = form_of(flow, &caller, answer).await?;
    let documents = clean(flow, &caller, answer, documents).await?;
    let documents = paired(&answer.documents, documents)?;
    let said = json!([RESPONSE, answer.request.to_string(), sent.given]);
    let sent = FormSent {
        idempotency: key.map(|key| idempotency(key, &said, &documents)),
        documents,
        ..sent
    };
    submitted(flow, caller, sent).await
}

/// The form of an answer, but for its documents.
async fn form_of(
    flow: &Flow,
    caller: &Caller,
    answer: &gateway_fhir::Answer,
) -> Result<FormSent, NotSubmitted> {
    callers(caller, &answer.trust.agency.id, "Communication.sender")?;
    let answers = answer_form(answer)?;
    if let Some(number) = &answer.nhs_number {
        same_person(flow, caller, answer, number.reveal()).await?;
    }
    Ok(FormSent {
        in_reply_to: Some(answer.request),
        ..FormSent::new(RESPONSE, answers)
    })
}

fn claim(agency: AgencyId) -> RecipientClaim {
    RecipientClaim {
        agency,
        person: None,
        reason: None,
    }
}

async fn submitted(flow: &Flow, caller: Caller, sent: FormSent) -> Result<Answer, NotSubmitted> {
    let form = sent.form.clone();
    match flow.submit_form(caller, sent).await {
        Ok(answer) => Ok(answer),
        Err(FlowError::Invalid(faults)) => Err(match place::faults(&form, &faults) {
            Some(outcome) => outcome.into(),
            None => FlowError::Invalid(faults).into(),
        }),
        Err(error) => Err(error.into()),
    }
}

fn refused(cause: Cause, at: &str, words: &str) -> NotSubmitted {
    Outcome::of(Issue::error(cause, at, words)).into()
}

/// Nobody speaks for another agency.
fn callers(caller: &Caller, said: &AgencyId, at: &str) -> Result<(), NotSubmitted> {
    if caller.agency == *said {
        return Ok(());
    }
    let words = "is not the agency that calls: each sends in its own name";
    Err(refused(Cause::Contradiction, at, words))
}

async fn same_person(
    flow: &Flow,
    caller: &Caller,
    answer: &gateway_fhir::Answer,
    number: &str,
) -> Result<(), NotSubmitted> {
    let at = "Communication.subject.identifier";
    let today = local_date(flow.clock.now());
    let Ok(number) = Identifier::parse(IdentifierKind::Nhs, number, today) else {
        return Err(refused(Cause::BadValue, at, "is no NHS number"));
    };
    match flow.may_be_about(caller, answer.request, &number).await {
        Ok(true) => Ok(()),
        Ok(false) => {
            let words = "is not the NHS number of the person whom the request is about: look again \
                         whose record this is";
            Err(refused(Cause::Contradiction, at, words))
        }
        Err(FlowError::NotFound) => {
            let words = "is no health information request that your agency is asked";
            Err(refused(
                Cause::BrokenReference,
                "Communication.basedOn",
                words,
            ))
        }
        Err(error) => Err(error.into()),
    }
}

/// The documents, where none holds malware; else what holds it is kept apart, and the others go.
async fn clean(
    flow: &Flow,
    caller: &Caller,
    answer: &gateway_fhir::Answer,
    documents: Vec<Staged>,
) -> Result<Vec<Staged>, NotSubmitted> {
    if documents.iter().all(|one| one.seen != Seen::Infected) {
        return Ok(documents);
    }
    let request = answer.request.to_string();
    let request = flow.health_request(caller, &request).await;
    let asks = request.ok().and_then(|view| view.agency.parse().ok());
    let addressed: Vec<AgencyId> = asks.into_iter().collect();
    let mut found = Vec::new();
    for (n, one) in (1..).zip(documents) {
        if one.seen != Seen::Infected {
            continue;
        }
        let apart = Unproved {
            channel: caller.channel,
            reason: "malware",
            claimed: caller.agency.to_string().into(),
            agency: Some(caller.agency.clone()),
            addressed: addressed.clone(),
            body: one.body,
        };
        let kept = flow.keep_apart(apart).await?;
        tracing::warn!(quarantine = %kept, agency = %caller.agency, document = n, "a document with malware in it is kept apart");
        found.push(n);
    }
    Err(NotSubmitted::Malware(found))
}

/// Each document with what the answer says of it.
fn paired(said: &[Document], staged: Vec<Staged>) -> Result<Vec<FormDocument>, NotSubmitted> {
    let mut staged: Vec<Option<Staged>> = staged.into_iter().map(Some).collect();
    let mut documents = Vec::new();
    for one in said {
        let Some(found) = staged.get_mut(one.index).and_then(Option::take) else {
            let words = "names a document that was not sent";
            return Err(refused(
                Cause::BrokenReference,
                "Communication.payload",
                words,
            ));
        };
        let Staged {
            mut body,
            seen,
            beginning,
        } = found;
        let findings = beginning.findings(one.title.reveal(), &one.media_type);
        body.media_type.clone_from(&one.media_type);
        let mut document = FormDocument::new(one.title.clone(), category(one.category), body);
        if seen == Seen::TooLarge {
            document.unlabel(UNSEEN);
        }
        for finding in findings.iter().map(Finding::words) {
            document.unlabel(&finding);
        }
        documents.push(document);
    }
    Ok(documents)
}

const fn category(category: HealthCategory) -> Category {
    match category {
        HealthCategory::Risk => Category::HealthRisk,
        HealthCategory::Clinical => Category::HealthClin,
    }
}

/// The key with a digest of what is asked under it: the form, and its documents.
fn idempotency(key: String, said: &Value, documents: &[FormDocument]) -> Idempotency {
    let mut digest = Sha256::new_with_prefix(Sha256::digest(said.to_string()));
    for one in documents {
        let category = one.category.map_or("", |category| category.as_str());
        digest.update(Sha256::digest(one.title.reveal()));
        digest.update(Sha256::digest(category));
        digest.update(one.body.sha256);
    }
    Idempotency {
        key,
        request: hex::encode(digest.finalize()),
    }
}
