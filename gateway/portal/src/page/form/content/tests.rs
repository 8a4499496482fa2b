//! What a draft amounts to, of a small form.

use super::*;

const FORM: &str = r#"
id = "x"
version = "1"
title = "X"
about = "x"
marking = "OFFICIAL"
purpose = "MEETING"
necessity = "x"
bases = ["x"]
[lists]
kind = [["one", "The first"], ["two", "The second"]]
[[section]]
id = "a"
title = "A"
category = "IDENT"
fields = [
  { id = "kind", label = "Kind", kind = "code", list = "kind", required = true },
  { id = "name", label = "Name", kind = "line", required = true },
  { id = "pnc", label = "PNC", kind = "identifier", identifier = "PNC" },
  { id = "more", label = "More", kind = "line", required = { field = "a.kind", is = ["two"] } },
]
[[section]]
id = "b"
title = "B"
category = "RISK"
when = { field = "a.kind", is = ["two"] }
fields = [{ id = "text", label = "Text", kind = "text" }]
[[section]]
id = "c"
title = "C"
category = "RISK"
fields = [
  { id = "then", label = "Then", kind = "line", required = { field = "a.kind", is = ["two"] } },
  { id = "list", label = "List", kind = "rows", none = "None", required = true, columns = [
{ id = "day", label = "Day", kind = "date", required = true },
{ id = "word", label = "Word", kind = "line", required = true },
  ] },
]
"#;

fn paper(form: &Definition, answers: &Value) -> Content {
    Content {
        form: form.id.clone(),
        answers: answers.as_object().cloned().unwrap(),
        ..Content::default()
    }
}

fn read<'f>(form: &'f Definition, answers: &Value) -> Paper<'f> {
    let content = paper(form, answers);
    Paper::new(form, "1".to_owned(), content, Date::constant(2026, 3, 2))
}

fn standings(paper: &Paper<'_>) -> Vec<(String, Standing)> {
    let all = paper.sections();
    all.map(|one| (one.id.clone(), paper.standing(one)))
        .collect()
}

#[test]
fn each_section_says_how_far_it_has_come_and_only_what_applies_is_asked() {
    let form = Definition::read(FORM).unwrap();
    let of = |answers: &Value| standings(&read(&form, answers));
    let named = |all: &[(&str, Standing)]| -> Vec<(String, Standing)> {
        all.iter().map(|(id, at)| ((*id).to_owned(), *at)).collect()
    };
    let fresh = of(&json!({}));
    assert_eq!(
        fresh,
        named(&[("a", Standing::NotStarted), ("c", Standing::NotStarted)])
    );
    let wrong = of(&json!({"a": {"kind": "two", "name": "N", "pnc": "99/123456Y"}}));
    assert_eq!(
        wrong,
        named(&[
            ("a", Standing::Wrong),
            ("b", Standing::Optional),
            ("c", Standing::NotStarted)
        ])
    );
    let done = json!({"a": {"kind": "one", "name": "N"}, "c": {"list": {"none": true}}});
    assert_eq!(read(&form, &done).progress(), (2, 2));
    assert_eq!(read(&form, &done).subject().as_deref(), Some("N"));
}

#[test]
fn what_does_not_apply_is_not_asked_unless_it_has_something() {
    let form = Definition::read(FORM).unwrap();
    let asked = |answers: &Value, section: usize| {
        let paper = read(&form, answers);
        let fields = paper.fields(&form.sections[section]);
        fields.map(|one| one.id.clone()).collect::<Vec<_>>()
    };
    // What it hangs on stands on the same page.
    assert_eq!(asked(&json!({}), 0), ["kind", "name", "pnc", "more"]);
    assert_eq!(asked(&json!({}), 2), ["list"]);
    assert_eq!(asked(&json!({"a": {"kind": "two"}}), 2), ["then", "list"]);
    assert_eq!(asked(&json!({"c": {"then": "x"}}), 2), ["then", "list"]);
}

#[test]
fn what_is_asked_no_more_is_kept_and_said_until_it_is_taken_out() {
    let form = Definition::read(FORM).unwrap();
    let paper = read(
        &form,
        &json!({"a": {"kind": "one"}, "b": {"text": "was typed"}}),
    );
    let section = paper.section("b").unwrap();
    assert_eq!(paper.standing(section), Standing::Wrong);
    assert!(paper.unasked(section).is_some());
    assert_eq!(paper.content.typed("b", "text"), "was typed");
    let without = read(&form, &json!({"a": {"kind": "one"}, "b": {}}));
    assert!(without.section("b").is_none() && without.faults.is_empty());
}

#[test]
fn pages_of_one_draft_do_not_disturb_each_other() {
    let form = Definition::read(FORM).unwrap();
    let (a, c) = (&form.sections[0], &form.sections[2]);
    let table = Scope::Table(c, &c.fields[1]);
    let mut content = paper(&form, &json!({}));
    let before = (content.digest(Scope::Fields(a)), content.digest(table));
    content.put_rows("c", "list", &[json!({"word": "x"})], true);
    assert_eq!(content.digest(Scope::Fields(a)), before.0);
    assert_ne!(content.digest(table), before.1);
    assert!(!content.says_none("c", "list"), "there is a row");
    content.put_rows("c", "list", &[], true);
    assert!(content.says_none("c", "list"));
    content.put_rows("c", "list", &[], false);
    assert_eq!(content.digest(table), before.1);
    let written = serde_json::to_string(&content).unwrap();
    assert_eq!(Content::read(&written), Some(content));
    assert_eq!(Content::read("{\"title\":\"a message\"}"), None);
}

#[test]
fn a_row_says_what_is_wrong_and_what_is_missing_by_column() {
    let form = Definition::read(FORM).unwrap();
    let c = &form.sections[2];
    let today = Date::constant(2026, 3, 2);
    let wrong = wrong_in_row(&form, c, &c.fields[1], &json!({"day": "31/2/2026"}), today);
    let columns: Vec<&str> = wrong.iter().map(|(column, _)| column.as_str()).collect();
    assert_eq!(columns, ["day", "word"]);
    let right = json!({"day": "3/2/2026", "word": "x"});
    assert!(wrong_in_row(&form, c, &c.fields[1], &right, today).is_empty());
}

#[test]
fn a_section_is_not_done_while_rows_of_it_wait_to_be_added() {
    let form = Definition::read(FORM).unwrap();
    let mut read = read(&form, &json!({"c": {"list": {"none": true}}}));
    let section = &form.sections[2];
    assert_eq!(read.standing(section), Standing::Complete);
    let rows = "3/2/2026\tx".to_owned();
    for boxes in [true, false] {
        let kept = match boxes {
            true => &mut read.content.pasted,
            false => &mut read.content.filed,
        };
        kept.insert("c.list".to_owned(), rows.clone());
        assert_eq!(read.standing(section), Standing::Incomplete);
        assert_eq!(read.untaken().collect::<Vec<_>>(), ["c.list"]);
        read.content.pasted.clear();
        read.content.filed.clear();
    }
    assert_eq!(read.untaken().count(), 0);
}
