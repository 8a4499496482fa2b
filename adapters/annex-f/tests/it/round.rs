//! What is written is read again.

use gateway_annex_f::{Filled, read, write};
use gateway_forms::{Body, Kind};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::common::{TODAY, annex_f, body, filled, forms, unpack};

#[test]
fn every_form_is_written_and_read_again() {
    for form in forms() {
        let example = body(&form, &form.example());
        let bytes = write(&form, &example).unwrap();
        let filled = Filled::open(&bytes).unwrap();
        assert_eq!(
            (filled.form(), filled.version()),
            (&*form.id, &*form.version)
        );
        let again = body(&form, &filled.answers(&form).unwrap());
        assert_eq!(again, example, "{}", form.id);
        let empty = write(&form, &Body::default()).unwrap();
        assert_eq!(read(&form, &empty).unwrap(), json!({}), "{}", form.id);
    }
}

#[test]
fn what_an_officer_writes_is_read_again() {
    let form = annex_f();
    let body_of = body(&form, &filled());
    let bytes = write(&form, &body_of).unwrap();
    assert_eq!(body(&form, &read(&form, &bytes).unwrap()), body_of);
}

#[test]
fn the_file_is_a_form_that_anyone_can_use() {
    let form = annex_f();
    let parts = unpack(&write(&form, &Body::default()).unwrap());
    let part = |wanted: &str| {
        let found = parts.iter().find(|(name, _)| name == wanted);
        String::from_utf8(found.unwrap().1.clone()).unwrap()
    };
    let document = part("word/document.xml");
    assert!(part("word/header.xml").contains("OFFICIAL-SENSITIVE"));
    assert!(part("word/footer.xml").contains("OFFICIAL-SENSITIVE"));
    assert!(part("docProps/custom.xml").contains("annex-f version 1"));
    assert!(part("docProps/core.xml").contains("<dc:language>en-GB</dc:language>"));
    assert!(part("docProps/core.xml").contains("<dc:title>Annex F: "));
    assert!(document.contains("w:lock w:val=\"sdtContentLocked\""));
    assert!(document.contains("<w:tag w:val=\"behaviour.summary\"/>"));
    let headings = document.matches("w:val=\"Heading1\"").count();
    assert_eq!(headings, form.sections.len());
    let fields = form.sections.iter().flat_map(|one| &one.fields);
    let tables = fields.filter(|field| field.kind == Kind::Rows).count();
    assert_eq!(document.matches("<w:tblHeader/>").count(), tables);
}

fn text() -> impl Strategy<Value = String> {
    "[ -~£é“”’–àß漢ا\t\n]{0,60}"
}

/// Answers of a form: some of its fields, each with something that fits its kind.
fn answers() -> impl Strategy<Value = (usize, Value)> {
    let seed = prop::collection::vec((any::<u8>(), text()), 1..80);
    (0..forms().len(), seed).prop_map(|(n, seed)| (n, made(n, &seed)))
}

fn made(n: usize, seed: &[(u8, String)]) -> Value {
    let form = &forms()[n];
    let mut seeds = seed.iter().cycle();
    let mut one = |kind: Kind, codes: &[(String, String)]| -> Option<Value> {
        let (byte, text) = seeds.next()?;
        let at = usize::from(*byte);
        let code = || {
            codes
                .get(at % codes.len().max(1))
                .map(|(code, _)| code.clone())
        };
        (at % 4 > 0).then(|| match kind {
            Kind::Line => json!(text.replace(['\n', '\t'], " ")),
            Kind::Text => json!(text),
            Kind::Lines => json!(text.split(['\n', '\t']).collect::<Vec<_>>()),
            Kind::Date => json!(format!("2026-{:02}-{:02}", at % 12 + 1, at % 28 + 1)),
            Kind::Number => json!(at * 7),
            Kind::Flag => json!(at % 2 == 0),
            Kind::Code => json!(code()),
            Kind::Codes => json!([code(), codes[0].0]),
            Kind::Prison => json!("LEI"),
            Kind::Agency => json!("met-police"),
            Kind::Identifier | Kind::Rows => Value::Null,
        })
    };
    let mut sections = Map::new();
    for section in &form.sections {
        let mut fields = Map::new();
        for field in &section.fields {
            if field.kind != Kind::Rows {
                let answer = one(field.kind, form.choices(field));
                fields.extend(answer.map(|answer| (field.id.clone(), answer)));
                continue;
            }
            let mut rows = Vec::new();
            for _ in 0..seed.len() % 4 {
                let mut row = Map::new();
                for column in &field.columns {
                    let answer = one(column.kind, form.choices(column));
                    row.extend(answer.map(|answer| (column.id.clone(), answer)));
                }
                rows.push(Value::Object(row));
            }
            let answer = match rows.is_empty() && field.none.is_some() {
                true => json!({"none": true}),
                false => json!(rows),
            };
            fields.insert(field.id.clone(), answer);
        }
        sections.insert(section.id.clone(), fields.into());
    }
    sections.into()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_fits_a_form_is_written_and_read_again((n, given) in answers()) {
        let form = &forms()[n];
        let body = Body::read(form, &given, TODAY).unwrap();
        let kept: Value = serde_json::from_slice(&body.canonical().unwrap()).unwrap();
        prop_assert_eq!(&Body::read(form, &kept, TODAY).unwrap(), &body, "it has one spelling");
        let answers = read(form, &write(form, &body).unwrap()).unwrap();
        let (again, faults) = Body::gather(form, &answers, TODAY);
        prop_assert_eq!(faults, vec![]);
        prop_assert_eq!(again.canonical().unwrap(), body.canonical().unwrap());
    }
}
