//! All that is written is right by `fhir.resources`, a validator that is not ours.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use gateway_fhir::model::Document;
use gateway_fhir::{Capability, Handling, Page, Search, Searched};
use jiff::civil::date;
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use crate::any;
use crate::samples::{PDF, answers, read, request, requests, systems, writer, written};

/// Runs the validator. `None` where its package is not installed, which is a failure in CI.
fn run(input: &[u8]) -> Option<Output> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/peers/fhir_validate.py");
    let mut child = Command::new("python3")
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // One that has not its package ends before it reads.
    let _ = stdin.write_all(input);
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    if output.status.code() == Some(2) {
        let words = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(std::env::var_os("CI").is_none(), "{words}");
        println!("not validated: {words}");
        return None;
    }
    Some(output)
}

#[track_caller]
pub fn validates(resources: &[Vec<u8>]) {
    let Some(output) = run(&resources.join(&b'\n')) else {
        return;
    };
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{words}");
}

#[test]
fn requests_in_every_state_validate() {
    let mut all = Vec::new();
    for request in requests() {
        all.push(written(&writer().task(&request), &[]));
        all.push(written(&writer().request_message(&request), &[]));
        let profiled = writer().with_uk_core();
        all.push(written(&profiled.request_message(&request), &[]));
    }
    validates(&all);
}

#[test]
fn answers_of_every_kind_validate() {
    let mut all = Vec::new();
    for answer in answers() {
        all.push(written(&writer().communication(&answer), &[PDF.to_vec()]));
        all.push(written(&writer().answer_message(&answer), &[PDF.to_vec()]));
        let profiled = writer().with_uk_core();
        all.push(written(&profiled.answer_message(&answer), &[PDF.to_vec()]));
        all.push(written(&profiled.communication(&answer), &[PDF.to_vec()]));
        let link = |_: &Document| Some("https://gateway.example/documents/1".to_owned());
        all.push(written(&writer().linked_communication(&answer, &link), &[]));
    }
    validates(&all);
}

#[test]
fn any_request_and_any_answer_validate() {
    let mut runner = TestRunner::default();
    let mut all = Vec::new();
    for _ in 0..40 {
        let request = any::request().new_tree(&mut runner).unwrap().current();
        all.push(written(&writer().task(&request), &[]));
        all.push(written(&writer().request_message(&request), &[]));
        let (answer, documents) = any::answer().new_tree(&mut runner).unwrap().current();
        all.push(written(&writer().communication(&answer), &documents));
        all.push(written(&writer().answer_message(&answer), &documents));
    }
    validates(&all);
}

#[test]
fn what_the_interface_says_validates() {
    let capability = Capability {
        server: "https://gateway.example/fhir/R4",
        version: "0.1.0",
        changed: date(2026, 3, 1),
        publisher: "The area's coordination unit",
    };
    let refused = read(br#"{"resourceType":"Task","status":"odd","intent":1}"#).unwrap_err();
    let search = Search::parse(Searched::Task, "a=1", Handling::Lenient, &systems()).unwrap();
    let page = |found: Vec<gateway_fhir::Json>| Page {
        this: "https://gateway.example/fhir/R4/Task?_count=20",
        next: None,
        total: Some(found.len() as u64),
        server: "https://gateway.example/fhir/R4",
        found,
        notes: &search.notes,
    };
    let full = page(vec![
        writer().task(&request()),
        writer().communication(&answers()[3]),
    ]);
    validates(&[
        written(&capability.statement(), &[]),
        written(&refused.resource(), &[]),
        written(&full.bundle(), &[]),
        written(&page(Vec::new()).bundle(), &[]),
    ]);
}

#[test]
fn the_validator_fails_on_what_is_broken_and_names_it() {
    let sound: Value =
        serde_json::from_slice(&written(&writer().request_message(&request()), &[])).unwrap();
    let broken = |path: &str, name: &str, new: Value| {
        let mut value = sound.clone();
        let holder = value.pointer_mut(path).unwrap().as_object_mut().unwrap();
        if new.is_null() {
            holder.remove(name).unwrap();
        } else {
            holder.insert(name.to_owned(), new);
        }
        value
    };
    let task = sound["entry"].as_array().unwrap().iter();
    let task = task
        .map(|e| &e["resource"]["resourceType"])
        .position(|kind| kind == "Task");
    let task = format!("/entry/{}/resource", task.unwrap());
    let cases = [
        (broken(&task, "status", json!("odd")), "status"),
        (broken(&task, "intent", Value::Null), "intent"),
        (broken(&task, "authoredOn", json!("today")), "authoredOn"),
        (broken(&task, "surprise", json!(1)), "surprise"),
        (
            broken(&format!("{task}/for"), "reference", json!("urn:uuid:0")),
            "is not in it",
        ),
        (
            broken(&format!("{task}/owner"), "type", json!("Medication")),
            "owner",
        ),
        (broken("/entry/0/resource", "source", Value::Null), "source"),
        (broken("/entry/0", "fullUrl", Value::Null), "fullUrl"),
        (json!({"resourceType": "Nonsense"}), "Nonsense"),
        (json!({"resourceType": "OperationOutcome"}), "issue"),
    ];
    for (value, named) in cases {
        let Some(output) = run(value.to_string().as_bytes()) else {
            return;
        };
        let words = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{named}: {words}");
        assert!(words.contains(named), "{named}: {words}");
    }
    for nothing in [&b""[..], b"{", b"[]"] {
        let Some(output) = run(nothing) else { return };
        assert_ne!(output.status.code(), Some(0));
    }
}
