//! Forms as PDFs, as other programs read them.

use std::process::Command;

use gateway_annex_f::{Cover, print};
use gateway_forms::{Body, Definition, Names, Said, View, changed};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::common::{annex_f, body, filled, forms};

/// What a program of poppler says of a PDF.
fn asked(program: &str, options: &[&str], pdf: &[u8]) -> String {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("form.pdf");
    std::fs::write(&file, pdf).unwrap();
    let mut command = Command::new(program);
    command.args(options).arg(&file);
    if program == "pdftotext" {
        command.arg("-");
    }
    let output = command
        .output()
        .expect("this test reads PDFs with poppler: apt-get install poppler-utils");
    assert!(output.status.success(), "{output:?}");
    // Poppler takes the entry `Suspects`, which PDF/UA asks for, for another type than it is.
    let complaints = String::from_utf8(output.stderr).unwrap();
    let own = |line: &str| line.contains("Suspects object is wrong type");
    assert!(complaints.lines().all(own), "{complaints}");
    String::from_utf8(output.stdout).unwrap()
}

/// The words of a PDF in the order in which they were set.
fn words(pdf: &[u8]) -> String {
    asked("pdftotext", &["-raw", "-enc", "UTF-8"], pdf)
}

/// Without what a line's end may take or add.
fn close(text: &str) -> String {
    text.split_whitespace().collect()
}

fn view(form: &Definition, given: &Value) -> View {
    form.view(&body(form, given), None, &Names::new())
}

fn printed(form: &Definition, given: &Value) -> Vec<u8> {
    print(&view(form, given), &Cover::default()).unwrap()
}

fn cover() -> Cover {
    Cover {
        facts: vec![
            ("From".to_owned(), "HMP Leeds".to_owned()),
            ("Person’s reference".to_owned(), "P-0001".to_owned()),
        ],
        duties: vec!["Keep it at your agency.".to_owned()],
        withheld: vec!["You cannot open “Annex F: Security” here. Ask the prison.".to_owned()],
    }
}

#[test]
fn every_form_is_tagged_and_has_its_marking_and_number_on_each_page() {
    for form in forms() {
        let pdf = printed(&form, &form.example());
        let info = asked("pdfinfo", &[], &pdf);
        let says = |name: &str, value: &str| {
            let mut lines = info.lines();
            let found = lines.any(|line| line.starts_with(name) && line.ends_with(value));
            assert!(found, "{name} {value}: {info}");
        };
        says("Tagged:", "yes");
        says("Title:", &format!("{}, {}", form.title, form.marking));
        says("Page size:", "(A4)");
        says("JavaScript:", "no");
        assert!(!info.contains("Date:"), "{info}");
        let structure = asked("pdfinfo", &["-struct-text"], &pdf);
        assert!(
            structure.contains("H1 ") && structure.contains("TH:"),
            "{structure}"
        );
        let words = words(&pdf);
        let pages: Vec<&str> = words.split_terminator('\u{c}').collect();
        for (n, page) in pages.iter().enumerate() {
            assert_eq!(page.matches(&form.marking).count(), 2, "{}", form.id);
            let foot = format!(
                "version {}. Page {} of {}",
                form.version,
                n + 1,
                pages.len()
            );
            assert!(page.contains(&foot), "{foot}: {page}");
        }
        let file = String::from_utf8_lossy(&pdf);
        assert!(
            file.contains("/Lang") && file.contains("pdfuaid"),
            "{}",
            form.id
        );
    }
}

#[test]
fn all_that_was_answered_is_read_back_in_its_order() {
    let form = annex_f();
    for given in [form.example(), filled()] {
        let view = view(&form, &given);
        let pdf = print(&view, &cover()).unwrap();
        let text = close(&words(&pdf));
        let mut rest = text.as_str();
        let mut next = |said: &str| {
            let said = close(said);
            match rest.split_once(&said) {
                Some((_, after)) => rest = after,
                None => panic!("{said} is not after what was before it: {rest}"),
            }
        };
        for said in [
            "Annex F",
            "From",
            "HMP Leeds",
            "Person’s reference",
            "P-0001",
            "What you must do",
            "Keep it at your agency.",
            "What is not shown here",
            "You cannot open “Annex F: Security” here. Ask the prison.",
        ] {
            next(said);
        }
        for section in &view.sections {
            next(&section.title);
            for item in &section.items {
                next(&item.label);
                match &item.said {
                    Said::Line(said) | Said::Text(said) => next(said),
                    Said::List(all) => all.iter().for_each(|said| next(said)),
                    Said::Table { header, rows } => {
                        // A table's cells are set line by line: those of one line are in order.
                        assert!(!header.is_empty());
                        for cell in rows.iter().filter_map(|row| row.first()) {
                            next(cell);
                        }
                    }
                }
            }
        }
        for section in &view.sections {
            for item in &section.items {
                if let Said::Table { rows, .. } = &item.said {
                    for word in rows.iter().flatten().flat_map(|cell| cell.split(' ')) {
                        assert!(text.contains(word), "{word}");
                    }
                }
            }
        }
    }
}

#[test]
fn what_has_changed_and_what_there_is_none_of_is_said() {
    let form = annex_f();
    let later = body(&form, &filled());
    let earlier = body(
        &form,
        &json!({"offender": {"sex": "male"}, "protective": {"factors": "Work"}}),
    );
    let changes = changed(&earlier, &later);
    let names = Names::from([("london-probation".to_owned(), "London Probation".to_owned())]);
    let view = form.view(&later, Some(&changes), &names);
    let words = words(&print(&view, &Cover::default()).unwrap());
    for said in [
        "Marlow-O’Brien",
        "27 March 2026",
        "London Probation",
        "No tests were held",
        "Caution; Payback",
        "Changed since the last report",
        "As before",
        "No longer answered: Support, work, motivation",
    ] {
        assert!(words.contains(said), "{said}: {words}");
    }
    assert!(!words.contains('□'));
}

#[test]
fn a_table_has_its_headings_on_each_page_that_it_is_on() {
    let form = annex_f();
    let word = "x".repeat(200);
    let row = json!({"name": "Ann Marlow", "relationship": word, "age": "adult", "concern": word});
    let given = json!({
        "behaviour": {"summary": "long ".repeat(799), "attitude": "y".repeat(4_000),
            "adjudications": vec![json!({"date": "2026-01-03", "punishment": ["CAUTION", "PAYBACK", "EARNINGS", "PRIVILEGE", "CONFINEMENT"]}); 40]},
        "contacts": {"visitors": vec![row; 120]}});
    let text = words(&printed(&form, &given));
    assert_eq!(text.matches("Ann Marlow").count(), 120);
    assert!(close(&text).contains(&"y".repeat(100)));
    assert!(text.matches('y').count() >= 4_000);
    let pages = text.split_terminator('\u{c}');
    let of_visitors: Vec<&str> = pages.filter(|page| page.contains("Ann Marlow")).collect();
    assert!(of_visitors.len() > 5);
    for page in of_visitors {
        let (head, _) = page.split_once("Ann Marlow").unwrap();
        assert!(head.contains("Relationship"), "{page}");
    }
    assert!(words(&printed(&form, &json!({}))).contains("There is nothing in it"));
}

#[test]
fn names_are_printed_in_the_letters_that_they_are_written_in() {
    let form = annex_f();
    let known = "Łukasz Ñandú Σωκράτης Дмитрий Şükrü Nguyễn";
    let pdf = printed(&form, &json!({"offender": {"family_name": known}}));
    let text = words(&pdf);
    assert!(
        close(&text).contains(&close(known)) && !text.contains('□'),
        "{text}"
    );
    let hebrew = words(&printed(
        &form,
        &json!({"offender": {"family_name": "דוד כהן"}}),
    ));
    assert!(hebrew.contains("דוד") && !hebrew.contains('□'), "{hebrew}");
    // What no font of ours has is marked for who looks, and right for who listens or copies.
    let unknown = words(&printed(
        &form,
        &json!({"offender": {"family_name": "王小明"}}),
    ));
    assert!(unknown.contains("王小明"), "{unknown}");
    assert!(unknown.contains("□ stands for a letter"), "{unknown}");
}

#[test]
fn the_same_form_gives_the_same_bytes() {
    let form = annex_f();
    let of = || print(&view(&form, &filled()), &cover()).unwrap();
    assert_eq!(of(), of());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_is_written_is_printed(text in any::<String>(), label in any::<String>()) {
        let form = annex_f();
        let given = json!({"offender": {"family_name": "A"}, "behaviour": {"summary": "B"}});
        let mut view = form.view(&Body::gather(&form, &given, crate::common::TODAY).0, None, &Names::new());
        view.title.push_str(&label);
        view.sections[0].title.push_str(&label);
        view.sections[0].items[0].said = Said::Text(text.clone());
        view.sections[1].items[0].said = Said::Table {
            header: vec![label.clone(), text.clone()],
            rows: vec![vec![text.clone(), label.clone()]; 3],
        };
        let cover = Cover {
            facts: vec![(label.clone(), text.clone())],
            duties: vec![text.clone()],
            withheld: vec![label],
        };
        print(&view, &cover).unwrap();
    }
}
