//! What is wrong is refused, by its cause and its place, in words without personal data.

use gateway_fhir::{Cause, Outcome};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::samples::{PDF, answer, read, request, writer, written};

pub fn parsed(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap()
}

pub fn task() -> Value {
    parsed(&written(&writer().task(&request()), &[]))
}

pub fn communication() -> Value {
    parsed(&written(
        &writer().communication(&answer()),
        &[PDF.to_vec()],
    ))
}

pub fn message() -> Value {
    parsed(&written(&writer().request_message(&request()), &[]))
}

pub fn outcome(value: &Value) -> Outcome {
    match read(value.to_string().as_bytes()) {
        Ok(_) => panic!("it was read"),
        Err(outcome) => outcome,
    }
}

/// One issue, of that cause, at that place.
#[track_caller]
pub fn refused(value: &Value, cause: Cause, at: &str) {
    let outcome = outcome(value);
    let found: Vec<_> = outcome
        .issues()
        .iter()
        .map(|issue| (issue.cause, issue.expression.as_str()))
        .collect();
    assert_eq!(found, [(cause, at)], "{outcome}");
}

/// The place of a contained resource of that id.
pub fn contained(value: &Value, id: &str) -> usize {
    let all = value["contained"].as_array().unwrap();
    all.iter().position(|inner| inner["id"] == id).unwrap()
}

/// The place of the input of that detail.
pub fn input(value: &Value, detail: &str) -> usize {
    let all = value["input"].as_array().unwrap();
    let found = all
        .iter()
        .position(|i| i["type"]["coding"][0]["code"] == detail);
    found.unwrap()
}

pub fn without(mut value: Value, path: &str, name: &str) -> Value {
    let holder = value.pointer_mut(path).unwrap().as_object_mut().unwrap();
    assert!(holder.remove(name).is_some());
    value
}

pub fn set(mut value: Value, path: &str, name: &str, new: Value) -> Value {
    value.pointer_mut(path).unwrap()[name] = new;
    value
}

#[test]
fn what_is_missing_is_named_by_its_place() {
    refused(
        &without(task(), "", "status"),
        Cause::Missing,
        "Task.status",
    );
    for name in [
        "authoredOn",
        "lastModified",
        "requester",
        "owner",
        "for",
        "focus",
        "reasonCode",
    ] {
        let at = format!("Task.{name}");
        refused(&without(task(), "", name), Cause::Missing, &at);
    }
    refused(
        &without(task(), "", "identifier"),
        Cause::Missing,
        "Task.identifier",
    );
    let whole = without(task(), "", "input");
    assert_eq!(outcome(&whole).issues().len(), 10 + 1);
    let at = contained(&task(), "patient");
    let patient = format!("/contained/{at}");
    refused(
        &without(task(), &patient, "birthDate"),
        Cause::Missing,
        &format!("Task.contained[{at}].birthDate"),
    );
    refused(
        &without(communication(), "", "sender"),
        Cause::Missing,
        "Communication.sender",
    );
    refused(
        &without(communication(), "", "sent"),
        Cause::Missing,
        "Communication.sent",
    );
    refused(
        &without(communication(), "", "category"),
        Cause::Missing,
        "Communication.category",
    );
    refused(
        &without(task(), "", "resourceType"),
        Cause::Missing,
        "resourceType",
    );
}

#[test]
fn every_input_that_must_be_there_is_asked_for_by_name() {
    for detail in [
        "mappa_category",
        "lead_agency",
        "at_risk",
        "necessity",
        "decision",
        "legal_basis",
        "consent",
        "reader",
        "retention",
        "subject_may_be_told",
    ] {
        let mut value = task();
        let inputs = value["input"].as_array_mut().unwrap();
        inputs.retain(|input| input["type"]["coding"][0]["code"] != detail);
        if detail == "consent" {
            inputs.retain(|i| i["type"]["coding"][0]["code"] != "consent_not_sought_because");
        }
        let outcome = outcome(&value);
        assert_eq!(outcome.issues().len(), 1, "{outcome}");
        assert!(
            outcome.to_string().contains(&format!("`{detail}`")),
            "{outcome}"
        );
    }
}

#[test]
fn a_wrong_type_or_form_is_refused_as_r4_has_it() {
    refused(
        &set(task(), "", "status", json!(1)),
        Cause::WrongType,
        "Task.status",
    );
    refused(
        &set(task(), "", "input", json!({"a": 1})),
        Cause::WrongType,
        "Task.input",
    );
    refused(
        &set(task(), "", "status", json!("odd")),
        Cause::UnknownCode,
        "Task.status",
    );
    refused(
        &set(task(), "", "authoredOn", json!("2/3/2026")),
        Cause::BadValue,
        "Task.authoredOn",
    );
    refused(
        &set(task(), "", "authoredOn", json!("2026-03")),
        Cause::BadValue,
        "Task.authoredOn",
    );
    refused(
        &set(task(), "", "for", Value::Null),
        Cause::WrongType,
        "Task.for",
    );
    refused(
        &set(task(), "", "description", json!("")),
        Cause::BadValue,
        "Task.description",
    );
}

#[test]
fn states_of_r4_that_a_request_does_not_have_are_refused_with_those_it_has() {
    for status in ["ready", "failed"] {
        let value = set(task(), "", "status", json!(status));
        refused(&value, Cause::NotSupported, "Task.status");
    }
    refused(
        &set(task(), "", "intent", json!("plan")),
        Cause::NotSupported,
        "Task.intent",
    );
}

#[test]
fn a_wrong_nhs_number_is_caught_by_its_check_digit() {
    let at = contained(&task(), "patient");
    let value = set(
        task(),
        &format!("/contained/{at}/identifier/0"),
        "value",
        json!("9990000019"),
    );
    refused(
        &value,
        Cause::BadValue,
        &format!("Task.contained[{at}].identifier[0].value"),
    );
    let value = set(
        communication(),
        "/subject/identifier",
        "value",
        json!("123"),
    );
    refused(
        &value,
        Cause::BadValue,
        "Communication.subject.identifier.value",
    );
}

#[test]
fn of_two_that_differ_none_is_chosen() {
    let at = contained(&task(), "patient");
    let mut value = task();
    let identifiers = value["contained"][at]["identifier"].as_array_mut().unwrap();
    let mut second = identifiers[0].clone();
    identifiers.push(second.clone());
    assert!(read(value.to_string().as_bytes()).is_ok());
    second["value"] = json!("9434765919");
    value["contained"][at]["identifier"][1] = second;
    let place = format!("Task.contained[{at}].identifier[1].value");
    refused(&value, Cause::Contradiction, &place);
    value["contained"][at]["identifier"][1]["use"] = json!("old");
    assert!(read(value.to_string().as_bytes()).is_ok());
    let at = input(&task(), "consent");
    let value = set(
        task(),
        &format!("/input/{at}"),
        "valueString",
        json!("given"),
    );
    refused(&value, Cause::Contradiction, &format!("Task.input[{at}]"));
}

#[test]
fn what_changes_the_meaning_of_the_rest_is_refused_wherever_it_stands() {
    let modifier = json!([{"url": "http://a.example/not", "valueBoolean": true}]);
    for (path, place) in [
        ("", "Task.modifierExtension"),
        ("/input/0", "Task.input[0].modifierExtension"),
        ("/contained/0", "Task.contained[0].modifierExtension"),
    ] {
        let value = set(task(), path, "modifierExtension", modifier.clone());
        refused(&value, Cause::Modifier, place);
    }
    let value = set(
        task(),
        "",
        "unknownHere",
        json!({"modifierExtension": modifier}),
    );
    refused(
        &value,
        Cause::Modifier,
        "Task.unknownHere.modifierExtension",
    );
    let value = set(task(), "", "implicitRules", json!("http://a.example/rules"));
    refused(&value, Cause::Modifier, "Task.implicitRules");
    let at = contained(&task(), "request");
    let value = set(
        task(),
        &format!("/contained/{at}"),
        "doNotPerform",
        json!(true),
    );
    refused(
        &value,
        Cause::Modifier,
        &format!("Task.contained[{at}].doNotPerform"),
    );
    let at = contained(&task(), "patient");
    for (name, value) in [("active", json!(false)), ("deceasedBoolean", json!(true))] {
        let value = set(task(), &format!("/contained/{at}"), name, value);
        assert!(outcome(&value).has(Cause::Modifier));
    }
}

#[test]
fn other_elements_that_are_not_known_are_passed_over() {
    let mut value = set(task(), "", "encounter", json!({"reference": "Encounter/1"}));
    value["extension"] = json!([{"url": "http://a.example/x", "valueMoney": {"value": 1.50}}]);
    value["_description"] = json!({"id": "a"});
    value["note"] = json!([{"text": "a note"}]);
    value["input"].as_array_mut().unwrap().push(json!({
        "type": {"text": "somebody else's"}, "valueMoney": {"value": 3}
    }));
    assert!(read(value.to_string().as_bytes()).is_ok());
}

#[test]
fn what_is_right_and_not_ours_is_told_so_and_nothing_else() {
    let value = set(task(), "", "code", json!({"text": "Lipid panel"}));
    refused(&value, Cause::NotOurs, "Task.code");
    let value = without(communication(), "", "basedOn");
    refused(&value, Cause::NotOurs, "Communication.basedOn");
    let value = set(message(), "", "type", json!("transaction"));
    refused(&value, Cause::NotOurs, "Bundle.type");
    let mut value = message();
    value["entry"].as_array_mut().unwrap().remove(0);
    refused(&value, Cause::NotOurs, "Bundle.entry");
    let value = set(
        message(),
        "/entry/0/resource/eventCoding",
        "code",
        json!("other"),
    );
    refused(
        &value,
        Cause::NotOurs,
        "Bundle.entry[0].resource.eventCoding",
    );
    let value = json!({"resourceType": "Observation", "status": "final"});
    refused(&value, Cause::NotSupported, "resourceType");
}

#[test]
fn many_entries_and_long_texts_are_refused() {
    let mut value = message();
    let entry = json!({"fullUrl": "urn:x:1", "resource": {"resourceType": "Basic"}});
    value["entry"] = Value::Array(vec![entry; 101]);
    refused(&value, Cause::TooMuch, "entry");
    let mut value = task();
    let at = input(&value, "necessity");
    value["input"][at]["valueString"] = json!("x".repeat(4_001));
    refused(
        &value,
        Cause::TooLong,
        &format!("Task.input[{at}].valueString"),
    );
    value["input"][at]["valueString"] = json!("x\u{202e}y");
    refused(
        &value,
        Cause::BadValue,
        &format!("Task.input[{at}].valueString"),
    );
    value["input"][at]["valueString"] = json!("x".repeat(200_000));
    refused(&value, Cause::TooLong, &format!("input[{at}].valueString"));
}

#[test]
fn no_more_than_fifty_issues_are_listed() {
    let mut value = task();
    let input = json!({"type": {"text": 1}});
    value["input"] = Value::Array(vec![input; 80]);
    assert_eq!(outcome(&value).issues().len(), 50);
}

/// Every place in a value where there is text.
fn texts(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::String(_) => found.push(path.to_owned()),
        Value::Array(items) => {
            for (n, item) in items.iter().enumerate() {
                texts(item, &format!("{path}/{n}"), found);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                texts(member, &format!("{path}/{name}"), found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_issue_repeats_what_was_sent(
        at in any::<prop::sample::Index>(),
        wrong in prop_oneof![Just(""), Just("\u{202e}"), Just(" \n "), Just("@"), Just("1")],
        which in 0..3_usize,
    ) {
        let mut value = [task(), communication(), message()][which].clone();
        let mut places = Vec::new();
        texts(&value, "", &mut places);
        let place = &places[at.index(places.len())];
        *value.pointer_mut(place).unwrap() = json!(format!("zz-secret{wrong}"));
        if let Err(outcome) = read(value.to_string().as_bytes()) {
            let said = format!("{outcome} {outcome:?} {}", outcome.resource().to_text().unwrap());
            prop_assert!(!said.contains("zz-secret"), "{}", said);
            prop_assert!(!said.contains("9990000018") && !said.contains("Example"), "{}", said);
        }
    }
}
