//! What a reader was not given is not in the model; what is written of the rest is still right.

use gateway_core::Category;
use gateway_flow::form::DocumentView;
use gateway_health::{REQUEST, RESPONSE, joined};
use serde_json::{Value, json};

use crate::samples::{answer, answer_given, body, form, request, request_given, writer};

/// The bytes of the parts of a filled-in form, each with its kind of information.
fn parts(id: &str, given: &Value) -> Vec<(Category, Vec<u8>)> {
    let form = form(id);
    let parts = form.parts(&body(id, given)).into_iter();
    parts
        .map(|part| (part.category, form.write(&part).unwrap()))
        .collect()
}

fn document(n: i64, category: Category, opens: bool) -> DocumentView {
    DocumentView {
        n,
        title: "Letter.pdf".to_owned(),
        category,
        media_type: "application/pdf".to_owned(),
        size: 3,
        opens,
    }
}

#[test]
fn a_request_without_the_person_says_nothing_of_the_person_but_the_reference() {
    let all = parts(REQUEST, &request_given());
    let kinds: Vec<Category> = all.iter().map(|(kind, _)| *kind).collect();
    assert_eq!(kinds, [Category::Ident, Category::Risk]);
    let some = all.iter().filter(|(kind, _)| *kind == Category::Risk);
    let body = joined(&form(REQUEST), some.map(|(_, bytes)| bytes)).unwrap();
    let model = request(&body);
    assert_eq!(
        (&model.subject.name, &model.requester.contact),
        (&None, &None)
    );
    assert!(model.need.why_now.is_some());
    let text = writer().task(&model).to_text().unwrap();
    assert!(
        !text.contains("Marlow") && !text.contains("PractitionerRole"),
        "{text}"
    );
    let task: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(task["requester"]["reference"], "#requester-agency");
}

#[test]
fn a_request_of_which_nothing_was_given_is_a_task_all_the_same() {
    let body = joined(&form(REQUEST), Vec::<Vec<u8>>::new()).unwrap();
    let task = writer().task(&request(&body)).to_text().unwrap();
    let task: Value = serde_json::from_str(&task).unwrap();
    assert_eq!(task["status"], "requested");
    assert!(task["reasonCode"].is_null() && task["restriction"]["period"]["end"].is_string());
    joined(&form(REQUEST), [b"{}".to_vec()]).unwrap_err();
}

#[test]
fn an_answer_without_its_clinical_part_is_no_less_right() {
    let all = parts(RESPONSE, &answer_given());
    let some = all.iter().filter(|(kind, _)| *kind != Category::HealthClin);
    let body = joined(&form(RESPONSE), some.map(|(_, bytes)| bytes)).unwrap();
    let (model, _) = answer(&answer_given(), &body, &[]);
    assert_eq!(model.clinical, None);
    assert_eq!(model.answers.len(), 2);
    let only = all.iter().filter(|(kind, _)| *kind == Category::Risk);
    let body = joined(&form(RESPONSE), only.map(|(_, bytes)| bytes)).unwrap();
    let (model, _) = answer(&answer_given(), &body, &[]);
    assert!(model.answers.is_empty() && model.basis.is_none() && model.clinician.is_none());
    let text = writer().communication(&model).to_text().unwrap();
    assert!(!text.contains("Missed three"));
}

#[test]
fn documents_that_can_be_opened_and_said_go_with_an_answer_in_their_order() {
    let documents = [
        document(2, Category::HealthClin, true),
        document(3, Category::HealthRisk, false),
        document(4, Category::Rmp, true),
        document(7, Category::HealthRisk, true),
    ];
    let body = body(RESPONSE, &answer_given());
    let (model, numbers) = answer(&answer_given(), &body, &documents);
    assert_eq!(numbers, [2, 7]);
    let places: Vec<usize> = model.documents.iter().map(|one| one.index).collect();
    assert_eq!(places, [0, 1]);
    assert!(model.partly, "something was left out");
    let (whole, _) = answer(&answer_given(), &body, &documents[..1]);
    assert!(!whole.partly);
    let linked = writer().linked_communication(&model, &|_| None);
    let value: Value = serde_json::from_str(&linked.to_text().unwrap()).unwrap();
    assert_eq!(value["meta"]["tag"][0]["code"], json!("SUBSETTED"));
}
