//! A request: from the form to the model, and back.

use gateway_core::{Id, Personal};
use gateway_fhir::codes::{ConsentCode, LegalBasis, NotSoughtReason, RefusalCode, State, Urgency};
use gateway_fhir::model::{
    Consent, Contact, Keeping, Mappa, Name, Need, Question, Refusal, Requester, Subject,
};
use gateway_fhir::{Cause, Issue, Outcome, Request};
use gateway_flow::health::HealthView;
use gateway_forms::Body;
use jiff::Timestamp;
use serde_json::Value;

use crate::codes::{QUESTIONS, SERVES, URGENCIES, ours, theirs};
use crate::fields::{Filled, Said};
use crate::{Names, Unreadable};

/// What is told of a refusal whose reason is in the answer's words alone.
const IN_THE_ANSWER: &str = "the reason is in the answer";

/// What a reader has of a request: where it stands, and of its form what is in `body`.
///
/// # Errors
/// [`Unreadable`] where what is kept of it does not read.
pub fn request_model(view: &HealthView, body: &Body, names: &Names) -> Result<Request, Unreadable> {
    let said = Said(body);
    let state = State::find(view.state.as_str()).ok_or(Unreadable("the state"))?;
    Ok(Request {
        id: id(&view.id)?,
        sent: time(view.asked),
        changed: time(changed(view)),
        state,
        refusal: (state == State::Refused).then(|| refused(view)),
        answer: view.answer.as_deref().map(id).transpose()?,
        partly: false,
        area: names.area(),
        requester: Requester {
            agency: names.agency(&view.agency)?,
            contact: contact(said),
            role: said.one("requester.role").map(str::to_owned),
        },
        coordinator: names.coordinator(&view.unit),
        subject: subject(view, said),
        mappa: mappa(said, names)?,
        need: need(said),
        questions: questions(said),
        detail: said.words("questions.detail"),
        consent: consent(said),
        consent_words: None,
        needed_by: said.day("handling.needed_by"),
        deadline: Some(time(view.due)),
        urgency: theirs(&URGENCIES, &view.urgency).unwrap_or(Urgency::Routine),
        keeping: keeping(said),
        trust: names.trust(&view.holder)?,
        owner: None,
    })
}

pub(crate) fn id(text: &str) -> Result<Id, Unreadable> {
    text.parse().map_err(|_| Unreadable("an id"))
}

pub(crate) fn time(micros: i64) -> Timestamp {
    Timestamp::from_microsecond(micros).unwrap_or_default()
}

/// When it or its state last changed, as far as it says.
fn changed(view: &HealthView) -> i64 {
    let steps = view.steps.iter().map(|step| step.at);
    let ended = view.answered.into_iter().chain(view.closed);
    let times = steps.chain(ended).chain([view.asked]);
    times.max().unwrap_or(view.asked)
}

fn refused(view: &HealthView) -> Refusal {
    let code = view.reason.as_deref().and_then(RefusalCode::find);
    let code = code.unwrap_or(RefusalCode::Other);
    let words = (code == RefusalCode::Other).then(|| IN_THE_ANSWER.to_owned().into());
    Refusal { code, words }
}

fn contact(said: Said<'_>) -> Option<Contact> {
    Some(Contact {
        name: said.words("requester.name")?,
        address: None,
        phone: said.words("requester.phone"),
    })
}

fn subject(view: &HealthView, said: Said<'_>) -> Subject {
    let former = said.many("subject.former_names").iter();
    Subject {
        reference: Some(view.nominal.clone()),
        name: said.one("subject.name").map(Name::of),
        former_names: former.map(|name| name.clone().into()).collect(),
        born: said.day("subject.dob").map(Personal::new),
        nhs_number: said.words("subject.nhs_number"),
        address: said.words("subject.address"),
        gp_practice: said.words("subject.gp_practice"),
    }
}

fn mappa(said: Said<'_>, names: &Names) -> Result<Mappa, Unreadable> {
    let figure = |path| said.one(path).and_then(|figure| figure.parse().ok());
    let lead = said.one("mappa.lead_agency");
    Ok(Mappa {
        category: figure("mappa.category"),
        level: figure("mappa.level"),
        level_reason: said.words("mappa.level_1_reason"),
        lead: lead.map(|lead| names.agency(lead)).transpose()?,
        next_meeting: said.day("mappa.next_meeting"),
    })
}

fn need(said: Said<'_>) -> Need {
    let at_risk = said.many("need.to_whom").iter();
    let bases = said.many("need.bases").iter();
    Need {
        at_risk: at_risk.map(|one| one.clone().into()).collect(),
        why_now: said.words("need.why_now"),
        purpose: said
            .one("need.serves")
            .and_then(|code| theirs(&SERVES, code)),
        decision: said.words("need.decision"),
        bases: bases.filter_map(|code| LegalBasis::find(code)).collect(),
    }
}

fn questions(said: Said<'_>) -> Vec<Question> {
    let codes = said.many("questions.asked").iter();
    let codes = codes.filter_map(|code| Some((code, theirs(&QUESTIONS, code)?)));
    codes
        .map(|(id, code)| Question {
            id: question_id(id),
            code,
            text: code.words().to_owned().into(),
        })
        .collect()
}

/// R4's ids have no underscores.
pub(crate) fn question_id(code: &str) -> String {
    code.replace('_', "-")
}

fn consent(said: Said<'_>) -> Option<Consent> {
    match ConsentCode::find(said.one("consent.sought")?)? {
        ConsentCode::Given => Some(Consent::Given(None)),
        ConsentCode::Refused => Some(Consent::Refused),
        ConsentCode::Sought => Some(Consent::Sought),
        ConsentCode::NotSought => {
            let why = said.one("consent.why_not").and_then(NotSoughtReason::find);
            why.map(Consent::NotSought)
        }
    }
}

fn keeping(said: Said<'_>) -> Keeping {
    Keeping {
        readers: said.many("handling.readers").to_vec(),
        retention: said.one("handling.retention").map(str::to_owned),
        may_be_told: said.one("handling.may_tell").map(|told| told == "yes"),
        why_not_told: said.words("handling.why_not_told"),
    }
}

/// The answers of the form `health-request`. What the form asks for and the request does not say
/// is left to the form to name.
///
/// # Errors
/// What the request says and the form cannot, by name.
pub fn request_form(request: &Request) -> Result<Value, Outcome> {
    let mut filled = Filled::default();
    let mut issues = Vec::new();
    if let Some(contact) = &request.requester.contact {
        filled.words("requester.name", Some(&contact.name));
        filled.words("requester.phone", contact.phone.as_ref());
    }
    filled.some("requester.role", request.requester.role.as_deref());
    fill_subject(&mut filled, &request.subject);
    fill_mappa(&mut filled, &request.mappa);
    fill_need(&mut filled, &mut issues, &request.need);
    fill_questions(&mut filled, request);
    fill_consent(&mut filled, &mut issues, request);
    match ours(&URGENCIES, request.urgency) {
        Some(urgency) => filled.set("handling.urgency", urgency),
        None => issues.push(unsaid(
            "Task.priority",
            "is not known here: give `routine`, and the end of the period where it is sooner than \
             the level gives; or `stat` where serious harm is imminent",
        )),
    }
    let needed = request.needed_by.map(|day| day.to_string());
    filled.some("handling.needed_by", needed);
    fill_keeping(&mut filled, &request.keeping);
    settled(issues)?;
    Ok(filled.into_value())
}

pub(crate) fn unsaid(at: &str, words: &str) -> Issue {
    Issue::error(Cause::NotSupported, at, words)
}

/// Nothing, or what was found.
pub(crate) fn settled(issues: Vec<Issue>) -> Result<(), Outcome> {
    Outcome::of_all(issues).map_or(Ok(()), Err)
}

fn fill_subject(filled: &mut Filled, subject: &Subject) {
    let name = subject.name.as_ref().map(Name::whole);
    filled.some("subject.name", name);
    let born = subject.born.as_ref().map(|born| born.reveal().to_string());
    filled.some("subject.dob", born);
    filled.words("subject.nhs_number", subject.nhs_number.as_ref());
    let former = subject.former_names.iter();
    filled.lines(
        "subject.former_names",
        former.map(|one| one.reveal().as_str()),
    );
    filled.words("subject.address", subject.address.as_ref());
    filled.words("subject.gp_practice", subject.gp_practice.as_ref());
}

fn fill_mappa(filled: &mut Filled, mappa: &Mappa) {
    filled.some("mappa.category", mappa.category.map(|n| n.to_string()));
    filled.some("mappa.level", mappa.level.map(|n| n.to_string()));
    filled.words("mappa.level_1_reason", mappa.level_reason.as_ref());
    let lead = mappa.lead.as_ref();
    filled.some("mappa.lead_agency", lead.map(|lead| lead.id.as_str()));
    let meeting = mappa.next_meeting.map(|day| day.to_string());
    filled.some("mappa.next_meeting", meeting);
}

fn fill_need(filled: &mut Filled, issues: &mut Vec<Issue>, need: &Need) {
    let at_risk = need.at_risk.iter();
    filled.lines("need.to_whom", at_risk.map(|one| one.reveal().as_str()));
    filled.words("need.why_now", need.why_now.as_ref());
    filled.words("need.decision", need.decision.as_ref());
    filled.lines("need.bases", need.bases.iter().map(|one| one.as_str()));
    let Some(purpose) = need.purpose else { return };
    if let Some(serves) = ours(&SERVES, purpose) {
        filled.set("need.serves", serves);
        return;
    }
    let all: Vec<&str> = SERVES.iter().map(|(_, purpose)| purpose.as_str()).collect();
    let words = format!(
        "is not what health information is asked for: give one of {}",
        all.join(", ")
    );
    issues.push(unsaid("Task.reasonCode", &words));
}

/// Questions are asked by their codes; what the sender's own words say more, is said below them.
fn fill_questions(filled: &mut Filled, request: &Request) {
    let asked: Vec<&str> = request
        .questions
        .iter()
        .filter_map(|question| ours(&QUESTIONS, question.code))
        .collect();
    filled.lines("questions.asked", asked.into_iter());
    let own = request.questions.iter();
    let own = own.filter(|question| question.text.reveal().trim() != question.code.words());
    let own = own.map(|one| format!("{}: {}", one.code.words(), one.text.reveal().trim()));
    let detail = request.detail.iter().map(|words| words.reveal().clone());
    let all: Vec<String> = detail.chain(own).collect();
    filled.some(
        "questions.detail",
        (!all.is_empty()).then(|| all.join("\n")),
    );
}

fn fill_consent(filled: &mut Filled, issues: &mut Vec<Issue>, request: &Request) {
    match &request.consent {
        None => {}
        Some(Consent::Sought) => issues.push(unsaid(
            "Task.input",
            "says of consent that it was `sought`, with no answer yet: send the request when there \
             is one, or say why it is `not_sought`",
        )),
        Some(consent) => {
            filled.set("consent.sought", consent.code().as_str());
            if let Consent::NotSought(why) = consent {
                filled.set("consent.why_not", why.as_str());
            }
        }
    }
    if request.consent_words.is_some() {
        let words = "has `consent_words`, for which there is no place here: say it in `necessity`";
        issues.push(unsaid("Task.input", words));
    }
}

fn fill_keeping(filled: &mut Filled, keeping: &Keeping) {
    let readers = keeping.readers.iter();
    filled.lines("handling.readers", readers.map(String::as_str));
    filled.some("handling.retention", keeping.retention.as_deref());
    let told = keeping.may_be_told.map(|told| match told {
        true => "yes",
        false => "no",
    });
    filled.some("handling.may_tell", told);
    filled.words("handling.why_not_told", keeping.why_not_told.as_ref());
}
