//! Any form that its definition takes, with every field that may be there or not.

use gateway_forms::{Definition, Field, Kind};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Map, Value, json};

use crate::samples::form;

type Of<T> = BoxedStrategy<T>;

fn line() -> Of<String> {
    "[A-Za-z0-9é'\"\\\\/<&{}|.-]{1,12}( [A-Za-z0-9é'\"\\\\/<&{}|.-]{1,12}){0,3}".boxed()
}

fn text() -> Of<String> {
    "[A-Za-z0-9é\"\\\\/.]{1,12}([ \n][A-Za-z0-9é\"\\\\/.]{1,12}){0,5}".boxed()
}

fn day() -> Of<String> {
    (1950_i16..2020, 1_i8..=12, 1_i8..=28)
        .prop_map(|(y, m, d)| jiff::civil::date(y, m, d).to_string())
        .boxed()
}

fn answer(form: &Definition, field: &Field) -> Of<Value> {
    let codes = form.choices(field).iter().map(|(code, _)| code.clone());
    let codes: Vec<String> = codes.collect();
    match field.kind {
        Kind::Line => line().prop_map(Value::from).boxed(),
        Kind::Lines => proptest::collection::vec(line(), 1..4)
            .prop_map(Value::from)
            .boxed(),
        Kind::Text => text().prop_map(Value::from).boxed(),
        Kind::Date => day().prop_map(Value::from).boxed(),
        Kind::Flag => any::<bool>().prop_map(Value::from).boxed(),
        Kind::Code => select(codes).prop_map(Value::from).boxed(),
        Kind::Codes => {
            let most = codes.len();
            subsequence(codes, 1..=most).prop_map(Value::from).boxed()
        }
        Kind::Identifier => Just(json!("9990000018")).boxed(),
        Kind::Agency => select(vec!["met-police", "kent-mental-health"])
            .prop_map(Value::from)
            .boxed(),
        Kind::Number | Kind::Prison | Kind::Rows => unreachable!("no such field here"),
    }
}

/// Every field of a form, filled in or left out.
fn filled(id: &'static str) -> Of<Value> {
    let form = form(id);
    let mut fields: Vec<Of<(String, String, Option<Value>)>> = Vec::new();
    for section in &form.sections {
        for field in &section.fields {
            let (section, name) = (section.id.clone(), field.id.clone());
            let answer = option::weighted(0.7, answer(&form, field));
            fields.push(
                answer
                    .prop_map(move |answer| (section.clone(), name.clone(), answer))
                    .boxed(),
            );
        }
    }
    fields
        .prop_map(|fields| {
            let mut given = Map::new();
            for (section, field, answer) in fields {
                let Some(answer) = answer else { continue };
                let fields = given.entry(section).or_insert_with(|| json!({}));
                fields[field] = answer;
            }
            Value::Object(given)
        })
        .boxed()
}

/// Takes what `base` says where `given` lacks something that has to be answered.
fn completed(mut given: Value, base: &Value, must: &[(&str, &str)]) -> Value {
    for (section, field) in must {
        if given[*section][*field].is_null() {
            given[*section][*field] = base[*section][*field].clone();
        }
    }
    given
}

pub fn request() -> Of<Value> {
    let base = json!({
        "requester": {"name": "S. Officer", "role": "Officer", "phone": "01632 960001"},
        "subject": {"name": "Daniel Marlow", "dob": "1980-02-01", "address": "1 Sample Street"},
        "mappa": {"category": "1", "level": "1", "level_1_reason": "Nobody else", "lead_agency": "met-police"},
        "need": {"to_whom": ["Her"], "why_now": "Now", "serves": "manage", "decision": "Where", "bases": ["s325"]},
        "questions": {"asked": ["known"]},
        "consent": {"sought": "refused", "why_not": "danger"},
        "handling": {"urgency": "standard", "readers": ["The meeting"], "retention": "Ever",
            "may_tell": "no", "why_not_told": "He would go"},
    });
    filled(gateway_health::REQUEST)
        .prop_map(move |given| {
            let must: Vec<(&str, &str)> = vec![
                ("requester", "name"),
                ("requester", "role"),
                ("requester", "phone"),
                ("subject", "name"),
                ("subject", "dob"),
                ("subject", "address"),
                ("mappa", "category"),
                ("mappa", "level"),
                ("mappa", "level_1_reason"),
                ("mappa", "lead_agency"),
                ("need", "to_whom"),
                ("need", "why_now"),
                ("need", "serves"),
                ("need", "decision"),
                ("need", "bases"),
                ("questions", "asked"),
                ("consent", "sought"),
                ("handling", "urgency"),
                ("handling", "readers"),
                ("handling", "retention"),
                ("handling", "may_tell"),
                ("handling", "why_not_told"),
            ];
            let mut given = completed(given, &base, &must);
            // A reason stands only where consent was not sought.
            match given["consent"]["sought"] == "not_sought" {
                true => given = completed(given, &base, &[("consent", "why_not")]),
                false => drop(given["consent"].as_object_mut().unwrap().remove("why_not")),
            }
            given
        })
        .boxed()
}

pub fn answer_given() -> Of<Value> {
    let base = json!({
        "answer": {"outcome": "partial", "interim": false, "reason": "other", "reason_words": "It is so",
            "redirected_to": "kent-mental-health", "answered_by": "Sister R."},
        "basis": {"clinician": "Dr A.", "consent": "refused", "public_interest": "Serious harm"},
        "risk": {"known": "Yes"},
    });
    filled(gateway_health::RESPONSE)
        .prop_map(move |given| {
            let always = [
                ("answer", "outcome"),
                ("answer", "interim"),
                ("answer", "answered_by"),
            ];
            let mut given = completed(given, &base, &always);
            let outcome = given["answer"]["outcome"].as_str().unwrap().to_owned();
            let said = given["answer"].as_object_mut().unwrap();
            match outcome.as_str() {
                "partial" | "refused" => {}
                _ => {
                    said.remove("reason");
                    said.remove("reason_words");
                }
            }
            if outcome != "redirected" {
                said.remove("redirected_to");
            }
            if !["full", "partial"].contains(&outcome.as_str()) {
                said.insert("interim".to_owned(), json!(false));
            }
            let withheld = [("answer", "reason"), ("answer", "reason_words")];
            let given = match outcome.as_str() {
                "partial" | "refused" => completed(given, &base, &withheld),
                "redirected" => completed(given, &base, &[("answer", "redirected_to")]),
                _ => given,
            };
            told(given, &base, &outcome)
        })
        .boxed()
}

/// What is given stands only where something is.
fn told(mut given: Value, base: &Value, outcome: &str) -> Value {
    let all = given.as_object_mut().unwrap();
    if !["full", "partial"].contains(&outcome) {
        for section in ["basis", "risk", "clinical"] {
            all.remove(section);
        }
        return given;
    }
    let must = [
        ("basis", "clinician"),
        ("basis", "consent"),
        ("basis", "public_interest"),
        ("risk", "known"),
    ];
    completed(given, base, &must)
}
