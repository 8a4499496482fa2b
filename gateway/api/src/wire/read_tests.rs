use gateway_core::{Category, Purpose};
use gateway_http::json::from_slice;
use jiff::civil::date;
use serde_json::{Value, json};

use super::*;

fn whole() -> Value {
    json!({
        "nominal": {"identifiers": [{"kind": "PNC", "value": "99/123456X"}, {"kind": "DOB", "value": "1980-02-01"}]},
        "recipients": ["southwark-housing", {"agency": "london-probation", "person": "s.ali@probation.example"}],
        "purpose": "MANAGE", "necessity": "he visits the school", "bases": ["CJA 2003 s.325"],
        "emergency": null, "in_reply_to": null,
        "items": [
            {"title": "Risk note", "category": "RISK", "text": "seen on Monday"},
            {"title": "report.pdf", "category": "HEALTH_CLIN", "owner": "london-mental-health",
             "about": "subject", "document": "report"}
        ]
    })
}

fn read(request: &Value) -> Result<(Particulars, Vec<Content>), Fault> {
    from_slice(request.to_string().as_bytes()).and_then(|r| exchange(r, date(2026, 3, 2)))
}

fn with(pointer: &str, value: Value) -> Value {
    let mut request = whole();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let place = request.pointer_mut(parent).unwrap();
    if let Some(list) = place.as_array_mut() {
        list[name.parse::<usize>().unwrap()] = value;
    } else {
        place
            .as_object_mut()
            .unwrap()
            .insert(name.to_owned(), value);
    }
    request
}

fn faults(request: &Value) -> Vec<(String, String)> {
    let Some(Fault::Unprocessable(errors)) = read(request).err() else {
        panic!("{request} is not refused for a field");
    };
    errors.into_iter().map(|e| (e.pointer, e.detail)).collect()
}

#[test]
fn the_example_of_the_api_reads_whole() {
    let (said, contents) = read(&whole()).unwrap();
    assert_eq!(said.purpose, Some(Purpose::Manage));
    assert_eq!(said.identifiers[0].value().reveal(), "1999/0123456X");
    assert_eq!(said.recipients[1].agency.as_str(), "london-probation");
    assert_eq!(
        said.recipients[1].person.as_ref().unwrap().reveal(),
        "s.ali@probation.example"
    );
    assert_eq!(said.items[0].category, Some(Category::Risk));
    assert_eq!(said.items[0].about, About::Subject);
    assert_eq!(said.items[0].retention_class, "mappa");
    assert!(
        contents
            == [
                Content::Text("seen on Monday".into()),
                Content::Document("report".into())
            ]
    );
}

#[test]
fn what_may_be_completed_later_may_be_absent_null_or_empty() {
    for (pointer, empty) in [
        ("/nominal", json!(null)),
        ("/purpose", json!(null)),
        ("/purpose", json!("")),
        ("/necessity", json!(null)),
        ("/necessity", json!(" ")),
        ("/bases", json!(null)),
        ("/bases", json!([])),
        ("/bases", json!([""])),
    ] {
        assert!(
            read(&with(pointer, empty.clone())).is_ok(),
            "{pointer} {empty}"
        );
    }
    let mut request = whole();
    for name in ["nominal", "purpose", "necessity", "bases"] {
        request.as_object_mut().unwrap().remove(name);
    }
    let (said, _) = read(&request).unwrap();
    assert!(said.purpose.is_none() && said.necessity.is_none());
    assert!(said.bases.is_empty() && said.identifiers.is_empty());
}

#[test]
fn each_wrong_value_names_its_pointer() {
    for (pointer, value) in [
        ("/purpose", json!("GOSSIP")),
        ("/nominal/identifiers/0/kind", json!("PASSPORT")),
        ("/nominal/identifiers/0/value", json!("99/123456Y")),
        ("/nominal/identifiers/1/value", json!("2030-01-01")),
        ("/recipients/0", json!("Southwark Housing")),
        ("/recipients/1/agency", json!("")),
        ("/recipients/0", json!(7)),
        ("/recipients", json!(null)),
        ("/items", json!("none")),
        ("/in_reply_to", json!("42")),
        ("/items/0/title", json!(null)),
        ("/items/0/category", json!("risk")),
        ("/items/0/owner", json!("The Trust")),
        ("/items/0/about", json!("nobody")),
        ("/items/0/nature", json!("rumour")),
        ("/items/0/as_at", json!("2 March")),
        ("/items/0/as_at", json!("2026-02-30")),
        ("/items/0/as_at", json!("2026-03-02T09:00:00Z")),
        ("/items/0/review_on", json!("soon")),
        ("/items/0/consent", json!("maybe")),
        ("/items/0/retention_class", json!("For ever")),
        ("/items/0/disputed", json!("yes")),
        ("/items/0/text", json!("  ")),
        ("/items/1/document", json!("exchange")),
        ("/items/0/surprise", json!(1)),
        ("/surprise", json!(1)),
        ("/recipients/1/surprise", json!(1)),
    ] {
        let found = faults(&with(pointer, value.clone()));
        assert_eq!(found.len(), 1, "{pointer} {value}");
        assert_eq!(found[0].0, pointer, "{value}: {}", found[0].1);
    }
}

#[test]
fn deeper_places_are_named_as_well() {
    let place = json!({"exchange": "42", "item": 0});
    let found = faults(&with("/items/0/corrects", place));
    let pointers: Vec<&str> = found.iter().map(|(pointer, _)| pointer.as_str()).collect();
    assert_eq!(
        pointers,
        ["/items/0/corrects/item", "/items/0/corrects/exchange"]
    );
    let emergency = json!({"statement": "now", "confirm_recipients": ["london-probation", "X"]});
    let found = faults(&with("/emergency", emergency));
    assert_eq!(found[0].0, "/emergency/confirm_recipients/1");
    assert_eq!(
        faults(&with("/emergency", json!({})))[0].0,
        "/emergency/statement"
    );
    assert_eq!(
        faults(&with("/nominal", json!({"ref": "him"})))[0].0,
        "/nominal/ref"
    );
    let both = json!({"ref": "01890a5d-ac96-774b-bcce-b302099a8057", "identifiers": []});
    assert_eq!(faults(&with("/nominal", both))[0].0, "/nominal");
}

#[test]
fn all_wrong_values_are_named_at_once() {
    let mut request = with("/purpose", json!("GOSSIP"));
    request["nominal"]["identifiers"][0]["value"] = json!("99/123456Y");
    request["items"][1]["category"] = json!("HEALTH");
    request["items"][0]["nature"] = json!("rumour");
    assert_eq!(faults(&request).len(), 4);
}

#[test]
fn a_wrong_check_letter_is_said_to_be_one() {
    let found = faults(&with("/nominal/identifiers/0/value", json!("99/123456Y")));
    assert!(
        found[0].1.contains("check character does not fit"),
        "{}",
        found[0].1
    );
}

#[test]
fn an_item_has_exactly_one_content() {
    let found = faults(&with("/items/1/text", json!("and a text")));
    assert_eq!(found[0].0, "/items/1");
    let found = faults(&with("/items/1/document", json!(null)));
    assert_eq!(found[0].0, "/items/1");
}

#[test]
fn a_reference_may_be_given_in_either_place() {
    let id = "01890a5d-ac96-774b-bcce-b302099a8057";
    let (said, _) = read(&with("/nominal", json!({"ref": id}))).unwrap();
    assert_eq!(said.reference.as_deref(), Some(id));
    let listed = json!({"identifiers": [{"kind": "REF", "value": id}]});
    let (said, _) = read(&with("/nominal", listed)).unwrap();
    assert_eq!(said.reference.as_deref(), Some(id));
    assert!(said.identifiers.is_empty());
}

#[test]
fn a_name_given_twice_is_refused_and_a_value_is_never_repeated() {
    let twice = br#"{"recipients": [], "recipients": [], "items": []}"#;
    assert!(from_slice::<ExchangeRequest>(twice).is_err());
    let found = faults(&with("/nominal/identifiers/0/value", json!("secret")));
    assert!(!found[0].1.contains("secret"));
}

#[test]
fn reasons_cannot_be_empty() {
    for empty in [None, Some(""), Some(" \n")] {
        assert_eq!(reasons(empty).unwrap_err().pointer, "/reasons");
    }
    assert_eq!(reasons(Some("he asked")).unwrap(), "he asked");
}

#[test]
fn a_completion_takes_only_what_completes() {
    let read = |text: &[u8]| {
        from_slice::<CompletionRequest>(text).and_then(|r| completion(r, date(2026, 3, 2)))
    };
    let found = read(br#"{"purpose": "MANAGE", "necessity": "", "bases": ["CJA 2003 s.325"]}"#);
    let found = found.unwrap();
    assert_eq!(found.purpose, Some(Purpose::Manage));
    assert!(found.necessity.is_none() && found.identifiers.is_none());
    assert!(read(br#"{"items": []}"#).is_err());
    assert!(read(br#"{"purpose": "GOSSIP"}"#).is_err());
}
