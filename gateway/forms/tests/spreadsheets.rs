//! Tables by way of a spreadsheet, whatever is in them.

#![expect(clippy::unwrap_used, reason = "tests")]

use gateway_forms::{Body, Definition, Library, Pasted};
use jiff::civil::Date;
use proptest::prelude::*;
use serde_json::{Value, json};

const TODAY: Date = Date::constant(2026, 3, 2);
const TABLE: &str = "contacts.visitors";
const COLUMNS: [&str; 4] = ["name", "relationship", "area", "concern"];

fn form() -> Definition {
    let library = Library::embedded().unwrap();
    library.form("annex-f").unwrap().clone()
}

fn body(rows: &Value) -> Body {
    let given = json!({"contacts": {"visitors": rows}});
    Body::read(&form(), &given, TODAY).unwrap()
}

fn written(rows: &[[String; 4]], delimiter: u8, headings: bool) -> Vec<u8> {
    let mut csv = csv::WriterBuilder::new()
        .delimiter(delimiter)
        .terminator(csv::Terminator::CRLF)
        .quote_style(csv::QuoteStyle::Always)
        .from_writer(Vec::new());
    if headings {
        csv.write_record(["CONCERN", "name", "Area they live in", "Relation ship"])
            .unwrap();
    }
    for [name, relationship, area, concern] in rows {
        match headings {
            true => csv.write_record([concern, name, area, relationship]),
            false => csv.write_record([name, relationship, "", area, "", "", "", concern]),
        }
        .unwrap();
    }
    csv.into_inner().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn rows_written_as_csv_are_read_as_they_were(
        rows in prop::collection::vec(prop::array::uniform4("[a-zA-Z0-9 ,;\t\"'é\n]{0,30}"), 1..20),
        delimiter in prop::sample::select(vec![b',', b';', b'\t']),
        headings in any::<bool>(),
    ) {
        // A cell that is never empty: a row of nothing is none.
        let rows: Vec<[String; 4]> = rows
            .into_iter()
            .map(|[name, relationship, area, concern]| [format!("N {name}"), relationship, area, concern])
            .collect();
        let direct: Vec<Value> = rows
            .iter()
            .map(|row| COLUMNS.iter().zip(row).map(|(id, cell)| ((*id).to_owned(), json!(cell))).collect())
            .collect();
        let Pasted { rows, faults } = form().paste(TABLE, &written(&rows, delimiter, headings), TODAY);
        prop_assert_eq!(faults, vec![]);
        prop_assert_eq!(body(&rows), body(&json!(direct)));
    }

    #[test]
    fn bytes_never_break_the_reader(bytes in prop::collection::vec(any::<u8>(), 0..3_000)) {
        let form = form();
        let Pasted { rows, .. } = form.paste(TABLE, &bytes, TODAY);
        Body::gather(&form, &json!({"contacts": {"visitors": rows}}), TODAY);
    }

    #[test]
    fn letters_and_signs_never_break_the_reader(text in "[a-z0-9,;\t\"\r\n/ ]{0,400}") {
        let form = form();
        for table in [TABLE, "substance.tests", "behaviour.adjudications", "health.held", "x"] {
            let Pasted { rows, faults } = form.paste(table, text.as_bytes(), TODAY);
            let (section, field) = table.split_once('.').unwrap_or(("contacts", "letters"));
            let (_, found) = Body::gather(&form, &json!({section: {field: rows}}), TODAY);
            // Each cell that does not fit was named by its line and column.
            prop_assert!(found.len() <= faults.len(), "{:?} {:?}", found, faults);
        }
    }
}
