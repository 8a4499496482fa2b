//! A request and an answer, and the ways between form, model and FHIR.

use gateway_fhir::{Answer, Json, Limits, Message, Reader, Request, Source, Systems, Writer};
use gateway_flow::form::DocumentView;
use gateway_flow::health::{HealthAnswerView, HealthState, HealthView};
use gateway_forms::{Body, Definition, Library};
use gateway_health::{Names, REQUEST, RESPONSE, answer_model, request_model};
use jiff::civil::{Date, date};
use serde_json::{Value, json};

pub const ID: &str = "01953f6a-0000-7000-8000-000000000001";
pub const OTHER: &str = "01953f6a-0000-7000-8000-000000000002";

pub const fn today() -> Date {
    date(2026, 3, 2)
}

pub fn form(id: &str) -> Definition {
    Library::embedded().unwrap().form(id).unwrap().clone()
}

pub fn body(id: &str, given: &Value) -> Body {
    let form = form(id);
    let body = Body::read(&form, given, today()).unwrap();
    let missing = form.missing(&body);
    assert!(missing.is_empty(), "{missing:?}");
    assert!(form.unasked(&body).is_empty());
    body
}

pub fn request_given() -> Value {
    let mut given = form(REQUEST).example();
    // The example leaves out what the record of the person has.
    given["subject"]["name"] = json!("Daniel Marlow");
    given["subject"]["dob"] = json!("1980-02-01");
    given["mappa"]["level"] = json!("2");
    given
}

pub fn answer_given() -> Value {
    json!({
        "answer": {"outcome": "full", "interim": false, "answered_by": "Sister R. Example"},
        "basis": {"clinician": "Dr A. Example", "consent": "not_sought",
            "public_interest": "Serious harm is likely without it"},
        "risk": {"engagement": "Missed three", "medication": "Not collected"},
        "clinical": {"detail": "A history of relapse in winter"},
    })
}

pub fn view() -> HealthView {
    HealthView {
        id: ID.to_owned(),
        area: "london".to_owned(),
        nominal: OTHER.to_owned(),
        agency: "london-probation".to_owned(),
        holder: "london-mental-health".to_owned(),
        unit: "london-coordination".to_owned(),
        state: HealthState::Requested,
        urgency: "standard".to_owned(),
        level: 2,
        asked: 1_772_442_000_000_000,
        reminded: None,
        accepted: None,
        due: 1_773_046_800_000_000,
        late: false,
        outcome: None,
        reason: None,
        answer: None,
        answered: None,
        closed: None,
        stage: None,
        stage_due: None,
        steps: Vec::new(),
    }
}

/// The view of an answer, as the gateway makes it from the form.
pub fn answer_view(given: &Value) -> HealthAnswerView {
    let said = |field: &str| given["answer"][field].as_str();
    let outcome = said("outcome").unwrap();
    let withheld = ["partial", "refused"].contains(&outcome);
    HealthAnswerView {
        id: OTHER.to_owned(),
        request: ID.to_owned(),
        area: "london".to_owned(),
        agency: "london-mental-health".to_owned(),
        sent: 1_772_442_000_000_000,
        outcome: outcome.to_owned(),
        reason: said("reason").filter(|_| withheld).map(str::to_owned),
        redirected_to: said("redirected_to").map(|id| id.parse().unwrap()),
        interim: given["answer"]["interim"] == true,
        called_back: false,
        own: false,
    }
}

pub fn request(body: &Body) -> Request {
    let urgent = body.answer("handling.urgency");
    let urgency = match urgent {
        Some(gateway_forms::Answer::One(code)) => code.clone(),
        _ => "standard".to_owned(),
    };
    let view = HealthView { urgency, ..view() };
    request_model(&view, body, &Names::default()).unwrap()
}

pub fn answer(given: &Value, body: &Body, documents: &[DocumentView]) -> (Answer, Vec<i64>) {
    answer_model(&answer_view(given), body, &Names::default(), documents).unwrap()
}

pub fn systems() -> Systems {
    Systems::new("https://gateway.example/fhir").unwrap()
}

pub fn writer() -> Writer {
    Writer::new(systems())
}

/// What is read of a resource that was written.
pub fn read(resource: &Json, source: &mut dyn Source) -> Message {
    let mut written = Vec::new();
    resource.write_to(&mut written, source).unwrap();
    let reader = Reader::new(systems(), Limits::default(), today());
    let read = reader.message(written.as_slice(), &mut Nowhere);
    read.unwrap_or_else(|error| panic!("{error}"))
}

pub struct Nowhere;

impl gateway_fhir::Sink for Nowhere {
    fn begin(&mut self, _: usize) -> std::io::Result<()> {
        Ok(())
    }

    fn write(&mut self, _: &[u8]) -> std::io::Result<()> {
        Ok(())
    }

    fn end(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

pub fn response_body(given: &Value) -> Body {
    body(RESPONSE, given)
}
