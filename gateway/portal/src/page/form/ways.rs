//! The same content of a form by every way in at once: typed and pasted in the portal, as JSON, as
//! the filled-in Word form, as a line of a batch. Each goes through the code that takes it in
//! service, and each gives the same bytes.

use gateway_annex_f::{Batch, Filled, write};
use gateway_core::json;
use gateway_core::{Identifier, IdentifierKind};
use gateway_flow::form::FormGiven;
use gateway_forms::{Body, Definition, Field, Kind, Library, Section, SheetText};
use jiff::civil::Date;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::ask::typed;
use super::brought::{Brought, FILED, PASTED, Untaken};
use super::content::{Content, Paper};
use crate::visitor::Fields;

const TODAY: Date = Date::constant(2026, 3, 2);

fn forms() -> &'static [Definition] {
    static FORMS: std::sync::LazyLock<Vec<Definition>> = std::sync::LazyLock::new(|| {
        let library = Library::embedded().unwrap();
        library.forms().cloned().collect()
    });
    &FORMS
}

/// An answer as somebody means it, before it is written in any way.
#[derive(Debug, Clone)]
enum Meant {
    Text(String),
    Lines(Vec<String>),
    Day(Date),
    Number(u32),
    Flag(bool),
    /// Places in the field's list.
    Codes(Vec<usize>),
    Rows(Vec<Vec<Option<Meant>>>),
    None,
}

/// What somebody means to say in a form, by section and field.
type Said = Vec<Vec<Option<Meant>>>;

/// Chances, and texts, that are drawn from one after another.
struct Drawn<'s> {
    seed: &'s [(u8, String)],
    at: usize,
}

impl<'s> Drawn<'s> {
    fn next(&mut self) -> (usize, &'s str) {
        let (byte, text) = &self.seed[self.at % self.seed.len()];
        self.at += 1;
        (usize::from(*byte), text)
    }
}

fn meant(form: &Definition, field: &Field, drawn: &mut Drawn<'_>) -> Option<Meant> {
    let (chance, text) = drawn.next();
    let line = |text: &str| text.replace(['\n', '\t'], " ").trim().to_owned();
    let some = |text: String| (!text.trim().is_empty()).then_some(Meant::Text(text));
    if chance % 5 == 0 {
        return None;
    }
    match field.kind {
        Kind::Line => some(line(text)),
        Kind::Text => some(text.trim().to_owned()),
        Kind::Lines => {
            let lines = text.split('\n').map(line).filter(|one| !one.is_empty());
            let lines: Vec<String> = lines.collect();
            (!lines.is_empty()).then_some(Meant::Lines(lines))
        }
        Kind::Date => {
            let part = |n: usize| i8::try_from(n).unwrap();
            let day = Date::new(2026, part(chance % 12 + 1), part(chance % 28 + 1));
            Some(Meant::Day(day.unwrap()))
        }
        Kind::Number => Some(Meant::Number(u32::try_from(chance * 7).unwrap())),
        Kind::Flag => Some(Meant::Flag(chance % 2 == 0)),
        Kind::Code => Some(Meant::Codes(vec![chance % form.choices(field).len()])),
        Kind::Codes => {
            let all = form.choices(field).len();
            let chosen = (0..all).filter(|n| (chance >> (n % 8)) & 1 == 1);
            let chosen: Vec<usize> = chosen.collect();
            (!chosen.is_empty()).then_some(Meant::Codes(chosen))
        }
        Kind::Prison => Some(Meant::Text("LEI".to_owned())),
        Kind::Agency => Some(Meant::Text("met-police".to_owned())),
        Kind::Identifier => identifier(field.identifier?),
        Kind::Rows => {
            let rows = (0..chance % 4).map(|_| {
                let columns = field.columns.iter();
                columns.map(|one| meant(form, one, drawn)).collect()
            });
            let rows = rows.filter(|row: &Vec<Option<Meant>>| row.iter().any(Option::is_some));
            let rows: Vec<_> = rows.collect();
            match (rows.is_empty(), field.none.is_some()) {
                (true, true) => Some(Meant::None),
                (true, false) => None,
                (false, _) => Some(Meant::Rows(rows)),
            }
        }
    }
}

/// A number of this kind that passes its check.
fn identifier(kind: IdentifierKind) -> Option<Meant> {
    let known = [
        "99/123456X",
        "A1234BC",
        "1980-02-01",
        "9434765919",
        "X123456",
    ];
    let fits = |text: &&&str| Identifier::parse(kind, text, TODAY).is_ok();
    let found = known.iter().find(fits)?;
    Some(Meant::Text((*found).to_owned()))
}

fn code<'f>(form: &'f Definition, field: &Field, n: usize) -> &'f (String, String) {
    &form.choices(field)[n]
}

/// As JSON: codes by their letters, days as ISO writes them.
fn as_json(form: &Definition, field: &Field, meant: &Meant) -> Value {
    match meant {
        Meant::Text(text) => json!(text),
        Meant::Lines(lines) => json!(lines),
        Meant::Day(day) => json!(day.to_string()),
        Meant::Number(number) => json!(number),
        Meant::Flag(flag) => json!(flag),
        Meant::Codes(chosen) => {
            let codes = chosen.iter().map(|n| code(form, field, *n).0.clone());
            let codes: Vec<String> = codes.collect();
            match field.kind == Kind::Code {
                true => json!(codes[0]),
                false => json!(codes),
            }
        }
        Meant::Rows(rows) => {
            let rows = rows.iter().map(|row| {
                let cells = field.columns.iter().zip(row);
                let cells = cells.filter_map(|(column, meant)| {
                    let said = as_json(form, column, meant.as_ref()?);
                    Some((column.id.clone(), said))
                });
                Value::Object(cells.collect())
            });
            json!(rows.collect::<Vec<_>>())
        }
        Meant::None => json!({"none": true}),
    }
}

/// As a browser sends it: a day in three fields, lines that end as on Windows.
fn as_fields(form: &Definition, field: &Field, meant: Option<&Meant>) -> Fields {
    let name = format!("in-{}", field.id);
    let one = |text: String| vec![(name.clone(), text)];
    let pairs = match meant {
        None => one(String::new()),
        Some(Meant::Text(text)) => one(text.replace('\n', "\r\n")),
        Some(Meant::Lines(lines)) => one(lines.join("\r\n")),
        Some(Meant::Day(day)) => vec![
            (format!("{name}-day"), day.day().to_string()),
            (format!("{name}-month"), format!("{:02}", day.month())),
            (format!("{name}-year"), day.year().to_string()),
        ],
        Some(Meant::Number(number)) => one(number.to_string()),
        Some(Meant::Flag(flag)) => one(if *flag { "yes" } else { "no" }.to_owned()),
        Some(Meant::Codes(chosen)) => {
            let codes = chosen.iter().rev();
            let codes = codes.map(|n| (name.clone(), code(form, field, *n).0.clone()));
            codes.collect()
        }
        Some(Meant::Rows(_) | Meant::None) => panic!("a table has a page of its own"),
    };
    Fields::from(pairs)
}

/// As a cell of a spreadsheet: codes in words, a day as it is written in Britain.
fn as_cell(form: &Definition, field: &Field, meant: Option<&Meant>) -> String {
    match meant {
        None => String::new(),
        Some(Meant::Text(text)) => text.clone(),
        Some(Meant::Day(day)) => format!("{}/{}/{}", day.day(), day.month(), day.year()),
        Some(Meant::Number(number)) => number.to_string(),
        Some(Meant::Flag(flag)) => if *flag { "Yes" } else { "No" }.to_owned(),
        Some(Meant::Codes(chosen)) => {
            let words = chosen.iter().map(|n| code(form, field, *n).1.clone());
            words.collect::<Vec<_>>().join("; ")
        }
        Some(Meant::Lines(_) | Meant::Rows(_) | Meant::None) => panic!("a column is one line"),
    }
}

/// A table as a spreadsheet saves it.
fn as_sheet(
    form: &Definition,
    field: &Field,
    rows: &[Vec<Option<Meant>>],
    between: &str,
) -> String {
    let quoted = |text: String| format!("\"{}\"", text.replace('"', "\"\""));
    let labels = field.columns.iter().map(|one| quoted(one.label.clone()));
    let mut lines = vec![labels.collect::<Vec<_>>().join(between)];
    for row in rows {
        let cells = field.columns.iter().zip(row);
        let cells = cells.map(|(column, meant)| quoted(as_cell(form, column, meant.as_ref())));
        lines.push(cells.collect::<Vec<_>>().join(between));
    }
    lines.join("\r\n")
}

/// How a table comes to the portal.
#[derive(Debug, Clone, Copy)]
enum By {
    Rows,
    Pasted,
    File,
}

fn rows_by(
    form: &Definition,
    (section, field): (&Section, &Field),
    rows: &[Vec<Option<Meant>>],
    by: By,
) -> Vec<Value> {
    let pairs = |pairs: &[(&str, String)]| {
        let pairs = pairs.iter();
        let pairs = pairs.map(|(name, text)| ((*name).to_owned(), text.clone()));
        Fields::from(pairs.collect::<Vec<_>>())
    };
    let nothing = Untaken::default();
    let brought = match by {
        By::Rows => {
            let row = |row: &Vec<Option<Meant>>| {
                let cells = field.columns.iter().zip(row);
                let cells = cells.filter_map(|(column, meant)| {
                    let value = typed(column, &as_fields(form, column, meant.as_ref()));
                    (!value.is_null()).then(|| (column.id.clone(), value))
                });
                Value::Object(cells.collect())
            };
            return rows.iter().map(row).collect();
        }
        By::Pasted => {
            let sheet = as_sheet(form, field, rows, "\t");
            Brought::of(&pairs(&[(PASTED, sheet)]), None, &nothing)
        }
        By::File => {
            let sheet = as_sheet(form, field, rows, ";");
            let file = SheetText::read(format!("\u{feff}{sheet}").as_bytes());
            Brought::of(&pairs(&[(FILED, String::new())]), Some(file), &nothing)
        }
    };
    assert_eq!(brought.refused, None);
    let paper = Paper::new(form, "1".to_owned(), Content::default(), TODAY);
    let place = super::content::path(section, field);
    let wrong = brought.untaken.wrong(&paper, &place);
    assert_eq!(wrong, [], "{place}: {:?}", brought.untaken);
    brought.untaken.rows(&paper, &place).unwrap()
}

/// What the portal sends of what is typed and pasted there.
fn by_portal(form: &Definition, said: &Said, by: By) -> Value {
    let mut content = Content {
        form: form.id.clone(),
        ..Content::default()
    };
    for (section, answers) in form.sections.iter().zip(said) {
        for (field, meant) in section.fields.iter().zip(answers) {
            match (field.kind, meant) {
                (Kind::Rows, None) => {}
                (Kind::Rows, Some(Meant::Rows(rows))) => {
                    let rows = rows_by(form, (section, field), rows, by);
                    content.put_rows(&section.id, &field.id, &rows, false);
                }
                (Kind::Rows, Some(_)) => content.put_rows(&section.id, &field.id, &[], true),
                (_, meant) => {
                    let value = typed(field, &as_fields(form, field, meant.as_ref()));
                    content.put(&section.id, &field.id, value);
                }
            }
        }
    }
    Paper::new(form, "1".to_owned(), content, TODAY).given()
}

fn answers(form: &Definition, said: &Said) -> Value {
    let mut sections = Map::new();
    for (section, answers) in form.sections.iter().zip(said) {
        let fields = section.fields.iter().zip(answers);
        let fields = fields.filter_map(|(field, meant)| {
            Some((field.id.clone(), as_json(form, field, meant.as_ref()?)))
        });
        let fields: Map<String, Value> = fields.collect();
        if !fields.is_empty() {
            sections.insert(section.id.clone(), fields.into());
        }
    }
    sections.into()
}

fn bytes(form: &Definition, given: &Value) -> String {
    let body = Body::read(form, given, TODAY).unwrap();
    String::from_utf8(body.canonical().unwrap()).unwrap()
}

fn given_by_json(text: &[u8]) -> Value {
    let given: FormGiven = json::read(text).unwrap();
    given.answers
}

/// What somebody means to say: of which form, and drawn for its every field.
fn said() -> impl Strategy<Value = (usize, Said)> {
    let text = "[ -~£é“”’–àß漢ا\t\n]{0,60}";
    let seed = prop::collection::vec((any::<u8>(), text), 1..120);
    (0..forms().len(), seed).prop_map(|(n, seed)| {
        let form = &forms()[n];
        let mut drawn = Drawn { seed: &seed, at: 0 };
        let sections = form.sections.iter().map(|section| {
            let fields = section.fields.iter();
            fields.map(|field| meant(form, field, &mut drawn)).collect()
        });
        (n, sections.collect())
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn the_same_content_is_the_same_bytes_whichever_way_it_comes((n, said) in said()) {
        let form = &forms()[n];
        let answers = answers(form, &said);
        let posted = json!({"answers": answers}).to_string();
        let by_json = given_by_json(posted.as_bytes());
        let wanted = bytes(form, &by_json);
        for by in [By::Rows, By::Pasted, By::File] {
            prop_assert_eq!(&bytes(form, &by_portal(form, &said, by)), &wanted, "{:?}", by);
        }
        let body = Body::read(form, &by_json, TODAY).unwrap();
        let word = write(form, &body).unwrap();
        let by_word = Filled::open(&word).unwrap().answers(form).unwrap();
        prop_assert_eq!(&bytes(form, &by_word), &wanted, "Word");
        let file = format!("\r\n {posted} \r\n");
        let line = Batch::new(file.as_bytes()).next_line().unwrap().unwrap();
        let by_line: FormGiven = line.read().unwrap();
        prop_assert_eq!(&bytes(form, &by_line.answers), &wanted, "batch");
    }
}

#[test]
fn what_is_drawn_fills_forms_with_answers_of_every_kind() {
    let seed: Vec<(u8, String)> = (1..120).map(|n| (n, format!("words, “{n}”"))).collect();
    let form = forms().iter().find(|one| one.id == "annex-f").unwrap();
    let mut kinds = std::collections::BTreeSet::new();
    let fields = form.sections.iter().flat_map(|one| &one.fields);
    for (at, field) in (0..20).flat_map(|at| fields.clone().map(move |one| (at, one))) {
        let mut drawn = Drawn { seed: &seed, at };
        if let Some(said) = meant(form, field, &mut drawn) {
            kinds.insert(field.kind);
            if matches!(said, Meant::Rows(_)) {
                kinds.extend(field.columns.iter().map(|one| one.kind));
            }
        }
    }
    for kind in [
        Kind::Line,
        Kind::Lines,
        Kind::Text,
        Kind::Date,
        Kind::Number,
        Kind::Flag,
        Kind::Code,
        Kind::Codes,
        Kind::Identifier,
        Kind::Prison,
        Kind::Agency,
        Kind::Rows,
    ] {
        assert!(kinds.contains(&kind), "{kind:?} in {kinds:?}");
    }
}
