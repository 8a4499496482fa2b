//! References that lead elsewhere, and what does not agree with itself, are refused.

use gateway_fhir::model::Document;
use gateway_fhir::{Cause, Message};
use serde_json::{Value, json};

use crate::refused::{
    communication, contained, input, message, outcome, parsed, refused, set, task, without,
};
use crate::samples::{answer, read, request, writer, written};

#[test]
fn a_reference_to_another_server_is_refused_and_never_followed() {
    for foreign in [
        "https://other.example/fhir/Patient/1",
        "http://169.254.169.254/latest",
        "Patient/1",
        "file:///etc/passwd",
        "urn:oid:1.2.3",
    ] {
        let value = set(task(), "/for", "reference", json!(foreign));
        let outcome = outcome(&value);
        assert!(outcome.has(Cause::ForeignReference), "{foreign}: {outcome}");
    }
    for broken in ["#nobody", "urn:uuid:01953f6a-0000-7000-8000-000000000009"] {
        let value = set(task(), "/focus", "reference", json!(broken));
        refused(&value, Cause::BrokenReference, "Task.focus.reference");
    }
    let value = set(task(), "/focus", "reference", json!("#patient"));
    refused(&value, Cause::WrongType, "Task.focus");
    let value = set(task(), "/focus", "reference", json!("#"));
    refused(&value, Cause::WrongType, "Task.focus");
    let at = contained(&communication(), "document-0");
    let attachment = format!("/contained/{at}/content/0/attachment");
    let value = set(
        communication(),
        &attachment,
        "url",
        json!("https://other.example/a.pdf"),
    );
    let place = format!("Communication.contained[{at}].content[0].attachment.url");
    refused(&value, Cause::ForeignReference, &place);
}

#[test]
fn two_that_are_called_the_same_are_not_chosen_between() {
    let mut value = task();
    let patient = value["contained"][contained(&value, "patient")].clone();
    value["contained"].as_array_mut().unwrap().push(patient);
    assert!(outcome(&value).has(Cause::BrokenReference));
    let mut value = message();
    let entries = value["entry"].as_array_mut().unwrap();
    let place = |kind: &str, entries: &[Value]| {
        let is = |entry: &Value| entry["resource"]["resourceType"] == kind;
        entries.iter().position(is).unwrap()
    };
    let (patient, task) = (place("Patient", entries), place("Task", entries));
    let mut second = entries[patient].clone();
    let named = format!("Patient/{}", second["resource"]["id"].as_str().unwrap());
    entries[task]["resource"]["for"]["reference"] = json!(named);
    assert!(read(value.to_string().as_bytes()).is_ok());
    second["fullUrl"] = json!("urn:uuid:01953f6a-0000-7000-8000-00000000000f");
    value["entry"].as_array_mut().unwrap().push(second);
    assert!(outcome(&value).has(Cause::ForeignReference));
    let mut value = message();
    let entry = value["entry"][2].clone();
    value["entry"].as_array_mut().unwrap().push(entry);
    assert!(outcome(&value).has(Cause::Contradiction));
}

#[test]
fn what_does_not_agree_with_itself_is_refused() {
    let reason = task_reason();
    let value = set(task(), "", "statusReason", reason.clone());
    refused(&value, Cause::Contradiction, "Task.statusReason");
    let value = set(task(), "", "status", json!("rejected"));
    refused(&value, Cause::Missing, "Task.statusReason");
    let mut other = reason;
    other["coding"][0]["code"] = json!("other");
    other.as_object_mut().unwrap().remove("text");
    let value = set(
        set(task(), "", "status", json!("rejected")),
        "",
        "statusReason",
        other,
    );
    refused(&value, Cause::Missing, "Task.statusReason.text");
    let at = contained(&task(), "request");
    let asked = format!("/contained/{at}");
    let value = set(
        task(),
        &asked,
        "occurrenceDateTime",
        json!("2026-03-19T17:00:00Z"),
    );
    let place = format!("Task.contained[{at}].occurrenceDateTime");
    refused(&value, Cause::Contradiction, &place);
    let value = set(task(), &asked, "status", json!("entered-in-error"));
    refused(
        &value,
        Cause::Contradiction,
        &format!("Task.contained[{at}].status"),
    );
    let mut value = task();
    let mut second = value["contained"][contained(&value, "patient")].clone();
    second["id"] = json!("another");
    value["contained"].as_array_mut().unwrap().push(second);
    value["contained"][at]["subject"]["reference"] = json!("#another");
    refused(
        &value,
        Cause::Contradiction,
        &format!("Task.contained[{at}].subject"),
    );
    let value = set(communication(), "", "status", json!("not-done"));
    refused(&value, Cause::Contradiction, "Communication.status");
    let value = set(communication(), "", "status", json!("entered-in-error"));
    refused(&value, Cause::Contradiction, "Communication.status");
    let mut value = task();
    let at = input(&value, "consent");
    value["input"][at]["valueCode"] = json!("refused");
    assert!(outcome(&value).has(Cause::Contradiction));
}

fn task_reason() -> Value {
    let refused = crate::samples::requests()
        .into_iter()
        .find(|r| r.refusal.is_some());
    let task = parsed(&written(&writer().task(&refused.unwrap()), &[]));
    task["statusReason"].clone()
}

#[test]
fn what_is_said_of_a_document_must_be_true_of_its_bytes() {
    let at = contained(&communication(), "document-0");
    let document = format!("/contained/{at}");
    let attachment = format!("{document}/content/0/attachment");
    let place = format!("Communication.contained[{at}].content[0].attachment");
    let value = set(communication(), &attachment, "size", json!(7));
    refused(&value, Cause::Contradiction, &format!("{place}.size"));
    let value = set(communication(), &attachment, "data", json!("QUJD"));
    assert_eq!(outcome(&value).issues().len(), 2);
    let value = set(communication(), &attachment, "data", json!("Q"));
    refused(
        &value,
        Cause::BadValue,
        &place["Communication.".len()..].replace("attachment", "attachment.data"),
    );
    let link = |_: &Document| Some("https://gateway.example/documents/1".to_owned());
    let linked = writer().linked_communication(&answer(), &link);
    refused(
        &parsed(&written(&linked, &[])),
        Cause::ForeignReference,
        &format!("{place}.url"),
    );
    let value = without(communication(), &attachment, "data");
    refused(&value, Cause::Missing, &format!("{place}.data"));
    let value = set(communication(), &attachment, "contentType", json!("pdf"));
    refused(&value, Cause::BadValue, &format!("{place}.contentType"));
    let value = set(communication(), &document, "status", json!("superseded"));
    refused(
        &value,
        Cause::Contradiction,
        &format!("Communication.contained[{at}].status"),
    );
    let category = format!("{document}/category/0/coding/0");
    let clinical = set(communication(), &category, "code", json!("HEALTH_CLIN"));
    let label = format!("{document}/securityLabel/0/coding/0");
    let code = format!("Communication.contained[{at}].securityLabel[0].coding[0].code");
    refused(&clinical, Cause::Contradiction, &code);
    let graver = set(clinical, &label, "code", json!("V"));
    assert!(read(graver.to_string().as_bytes()).is_ok());
    let value = set(communication(), &label, "code", json!("N"));
    let place = format!("Communication.contained[{at}].securityLabel[0].coding[0].code");
    refused(&value, Cause::Contradiction, &place);
    let mut value = communication();
    value["payload"].as_array_mut().unwrap().pop();
    refused(&value, Cause::Contradiction, "Communication.payload");
}

#[test]
fn an_answer_may_refer_to_the_task_and_name_its_trust_by_identifier_alone() {
    let mut value = communication();
    value["basedOn"] = json!([{"reference": format!("Task/{}", request().id)}]);
    let system = "https://gateway.example/fhir/Id/agency";
    value["sender"] = json!({"identifier": {"system": system, "value": "london-mental-health"}});
    let (Message::Answer(answer), _) = read(value.to_string().as_bytes()).unwrap() else {
        panic!("a request");
    };
    assert_eq!(answer.request, request().id);
    assert_eq!(answer.trust.agency.id.as_str(), "london-mental-health");
    assert_eq!(answer.clinician, None);
    value["sender"]["identifier"]["system"] = json!("https://other.example");
    refused(
        &value,
        Cause::Missing,
        "Communication.sender.identifier.system",
    );
    let value = set(communication(), "/basedOn/0", "reference", json!("Task/1"));
    refused(
        &value,
        Cause::BadValue,
        "Communication.basedOn[0].reference",
    );
    let value = set(
        communication(),
        "/basedOn/0",
        "reference",
        json!("https://a.example/Task/1"),
    );
    refused(
        &value,
        Cause::ForeignReference,
        "Communication.basedOn[0].reference",
    );
}

#[test]
fn a_request_takes_no_document() {
    let mut value = task();
    value["contained"].as_array_mut().unwrap().push(json!({
        "resourceType": "DocumentReference", "id": "d", "status": "current",
        "content": [{"attachment": {"data": "QUJD"}}]
    }));
    refused(&value, Cause::NotSupported, "Task");
}
