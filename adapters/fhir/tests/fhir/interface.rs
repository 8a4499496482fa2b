//! What a REST interface needs beside: searches, pages, what it can do.

use gateway_fhir::{Cause, Handling, Page, Search, Searched};

use crate::samples::{request, systems, writer};

fn search(query: &str) -> Result<Search, Vec<Cause>> {
    let read = Search::parse(Searched::Task, query, Handling::Strict, &systems());
    read.map_err(|outcome| outcome.issues().iter().map(|issue| issue.cause).collect())
}

#[test]
fn a_search_is_read() {
    let all = search("").unwrap();
    assert_eq!(
        (all.count, all.status, all.owner, all.ids),
        (20, None, None, None)
    );
    let found = search(
        "status=requested,http://hl7.org/fhir/task-status%7Creceived&owner=Organization/london-mental-health\
         &_count=500&_id=01953f6a-0000-7000-8000-000000000001,x&page=abc&_format=application%2Ffhir%2Bjson&",
    )
    .unwrap();
    assert_eq!(found.status.unwrap(), ["requested", "received"]);
    assert_eq!(found.owner.unwrap().as_str(), "london-mental-health");
    assert_eq!(found.ids.unwrap(), [request().id]);
    assert_eq!((found.count, found.page.as_deref()), (100, Some("abc")));
}

#[test]
fn an_owner_may_be_named_in_three_ways_and_is_one() {
    let system = systems()
        .identifier("agency")
        .replace(':', "%3A")
        .replace('/', "%2F");
    for query in [
        "owner=ab-cd".to_owned(),
        "owner:Organization=ab-cd".to_owned(),
        format!("owner:identifier={system}|ab-cd"),
    ] {
        assert_eq!(search(&query).unwrap().owner.unwrap().as_str(), "ab-cd");
    }
    assert_eq!(search("owner=ab&owner=cd"), Err(vec![Cause::Contradiction]));
    assert_eq!(
        search("owner=https://a.example/Organization/ab"),
        Err(vec![Cause::BadValue])
    );
    assert_eq!(
        search("owner:identifier=other|ab"),
        Err(vec![Cause::BadValue])
    );
}

#[test]
fn answers_are_searched_for_by_the_request_that_they_answer() {
    let id = request().id;
    let query = format!("based-on=Task/{id},Task/x&status=entered-in-error");
    let parse = |kind, query: &str| Search::parse(kind, query, Handling::Strict, &systems());
    let found = parse(Searched::Communication, &query).unwrap();
    assert_eq!(found.based_on.as_deref(), Some(&[id][..]));
    assert_eq!(found.status.as_deref(), Some(&["entered-in-error"][..]));
    assert_eq!(
        parse(Searched::Communication, &found.query(None)),
        Ok(found)
    );
    assert!(parse(Searched::Task, &query).is_err());
    assert!(parse(Searched::Communication, "based-on:Patient=1").is_err());
}

#[test]
fn a_parameter_that_is_there_twice_asks_for_both() {
    let found = search("status=requested,received&status=received,accepted").unwrap();
    assert_eq!(found.status.unwrap(), ["received"]);
    assert_eq!(
        search("status=draft&status=accepted")
            .unwrap()
            .status
            .unwrap()
            .len(),
        0
    );
}

#[test]
fn what_is_not_known_is_refused_or_passed_over_as_is_preferred() {
    assert_eq!(
        search("patient=1&status=odd&_count=x"),
        Err(vec![
            Cause::UnknownParameter,
            Cause::UnknownCode,
            Cause::BadValue,
        ])
    );
    for wrong in [
        "status:not=draft",
        "_count=-1",
        "_format=xml",
        "page=%20",
        "_count:x=1",
    ] {
        assert!(search(wrong).is_err(), "{wrong}");
    }
    for wrong in ["status=%zz", "status=%", "status=%ff"] {
        assert_eq!(search(wrong), Err(vec![Cause::BadValue]), "{wrong}");
    }
    assert_eq!(search(&"a".repeat(9_000)), Err(vec![Cause::TooLong]));
    let lenient = Handling::of_prefer("respond-async, handling = lenient");
    assert_eq!(lenient, Handling::Lenient);
    assert_eq!(Handling::of_prefer("handling=strict"), Handling::Strict);
    let found = Search::parse(
        Searched::Communication,
        "owner=ab&%3Cb%3E=1",
        lenient,
        &systems(),
    );
    let notes = found.unwrap().notes;
    assert!(
        notes[0]
            .diagnostics
            .contains("`owner` is not known for Communication")
    );
    assert!(!notes[1].diagnostics.contains('<'));
    let strict = Search::parse(Searched::Task, "status:not=draft", lenient, &systems());
    assert!(strict.unwrap_err().has(Cause::NotSupported));
}

#[test]
fn the_query_of_a_search_asks_for_the_same() {
    let found = search("status=draft&owner=ab&_count=3&_id=x&_format=json").unwrap();
    let query = found.query(Some("a+b="));
    assert_eq!(
        query,
        "_id=&status=draft&owner=Organization/ab&_count=3&page=a%2Bb%3D"
    );
    let plain = search("status=draft&owner=ab&_count=3").unwrap();
    assert_eq!(search(&plain.query(None)), Ok(plain));
}

#[test]
fn a_page_links_to_itself_and_to_the_next() {
    let page = Page {
        this: "https://gateway.example/fhir/R4/Task?_count=1",
        next: Some("https://gateway.example/fhir/R4/Task?_count=1&page=x"),
        total: Some(2),
        server: "https://gateway.example/fhir/R4",
        found: vec![writer().task(&request())],
        notes: &[],
    };
    let text = page.bundle().to_text().unwrap();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(json["link"][1]["relation"], "next");
    assert_eq!(json["total"], 2);
    let url = format!("https://gateway.example/fhir/R4/Task/{}", request().id);
    assert_eq!(json["entry"][0]["fullUrl"], url.as_str());
    assert_eq!(json["entry"][0]["search"]["mode"], "match");
}
