//! What Word, `LibreOffice` and people do to a form is read as it was meant.

use gateway_annex_f::{read, write};
use gateway_forms::Body;
use serde_json::{Value, json};

use crate::common::{annex_f, body, filled, with};

fn after(change: impl Fn(&str) -> String) -> Value {
    let form = annex_f();
    let bytes = write(&form, &body(&form, &filled())).unwrap();
    read(&form, &with(&bytes, "word/document.xml", change)).unwrap()
}

fn same(change: impl Fn(&str) -> String) {
    let form = annex_f();
    let original = write(&form, &body(&form, &filled())).unwrap();
    let touched = with(&original, "word/document.xml", |text| {
        let changed = change(text);
        assert_ne!(changed, text, "something was done to it");
        changed
    });
    assert_eq!(
        body(&form, &read(&form, &touched).unwrap()),
        body(&form, &filled())
    );
}

#[test]
fn runs_are_split_and_spell_checked() {
    same(|text| {
        text.replace(
            "Settled since",
            "Sett</w:t></w:r><w:proofErr w:type=\"spellStart\"/><w:r><w:rPr><w:b/></w:rPr><w:t xml:space=\"preserve\">led since",
        )
    });
}

#[test]
fn tags_are_lost_or_bookmarks_are() {
    same(|text| text.replace("<w:tag ", "<w:tog "));
    same(|text| text.replace("<w:bookmarkStart ", "<w:bookmarkStop "));
}

#[test]
fn controls_are_lost_altogether() {
    let bare = |text: &str| {
        let mut bare = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("<w:sdtPr>") {
            bare.push_str(before);
            rest = after.split_once("</w:sdtPr>").unwrap().1;
        }
        (bare + rest)
            .replace("<w:sdt>", "")
            .replace("</w:sdt>", "")
            .replace("<w:sdtContent>", "")
            .replace("</w:sdtContent>", "")
    };
    same(bare);
}

#[test]
fn what_was_deleted_with_changes_tracked_is_not_read() {
    let answers = after(|text| {
        text.replace(
            "<w:t xml:space=\"preserve\">Polite.</w:t></w:r>",
            "<w:t>Polite</w:t></w:r><w:del w:id=\"1\"><w:r><w:delText> and more</w:delText></w:r></w:del><w:ins w:id=\"2\"><w:r><w:t>, mostly.</w:t></w:r></w:ins><w:moveFrom w:id=\"3\"><w:r><w:t>moved</w:t></w:r></w:moveFrom>",
        )
    });
    assert_eq!(
        answers["behaviour"]["with_staff"].as_str().unwrap().trim(),
        "Polite, mostly."
    );
}

#[test]
fn a_date_that_is_shown_otherwise_is_read_from_its_control() {
    let answers = after(|text| text.replace(">27 March 2026<", ">next Friday<"));
    assert_eq!(answers["header"]["meeting_date"], "2026-03-27");
    let typed = after(|text| text.replace(">27 March 2026<", ">28 March 2026<"));
    assert_eq!(typed["header"]["meeting_date"], "28 March 2026");
}

#[test]
fn a_row_that_was_added_has_no_controls_and_is_read() {
    let form = annex_f();
    let empty = write(&form, &Body::default()).unwrap();
    let cell =
        |text: &str| format!("<w:tc><w:tcPr/><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:tc>");
    let row = format!(
        "<w:tr>{}{}{}{}</w:tr></w:tbl>",
        cell("4 January 2026"),
        cell("Random"),
        cell("Positive"),
        cell("THC &amp; more")
    );
    let added = with(&empty, "word/document.xml", |text| {
        let at = text.find("q_substance__tests__date").unwrap();
        let (before, after) = text.split_at(at);
        format!("{before}{}", after.replacen("</w:tbl>", &row, 1))
    });
    assert_eq!(
        read(&form, &added).unwrap(),
        json!({"substance": {"tests": {"none": false, "rows": [
            {"date": "4 January 2026", "type": "Random", "result": "Positive", "substance": "THC & more"}]}}})
    );
}
