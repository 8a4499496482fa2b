//! A filled-in form, in one spelling: the same content gives the same bytes whichever way it came.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Serialize;
use serde_json::Value;

use crate::answer::Reader;
use crate::check::Fault;
use crate::definition::Definition;

/// What was answered, by section and field.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Body(BTreeMap<String, BTreeMap<String, Answer>>);

/// A row of a table: its answered columns.
pub type Row = BTreeMap<String, Answer>;

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Answer {
    /// A text, a day, a code, an identifier.
    One(String),
    /// A number.
    Number(u32),
    /// Yes or no.
    Flag(bool),
    /// Several.
    Many(Vec<String>),
    /// Rows.
    Rows(Table),
}

/// Rows, or the word that there are none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Table {
    /// It was said that there are none.
    pub none: bool,
    /// The rows, in their order.
    pub rows: Vec<Row>,
}

impl Body {
    /// Reads what a way in has brought, as JSON of sections and fields. What is missing is no
    /// fault here: see [`Definition::missing`].
    ///
    /// # Errors
    /// All that is wrong, each with its path `section.field`, `section.field.row.column`, and
    /// with what would be right.
    pub fn read(form: &Definition, given: &Value, today: Date) -> Result<Self, Vec<Fault>> {
        let (body, faults) = Self::gather(form, given, today);
        match faults.is_empty() {
            true => Ok(body),
            false => Err(faults),
        }
    }

    /// As [`Body::read`], of a form that is being filled in: what is right of it, and all that is
    /// wrong.
    pub fn gather(form: &Definition, given: &Value, today: Date) -> (Self, Vec<Fault>) {
        let mut reader = Reader {
            form,
            today,
            faults: Vec::new(),
        };
        let mut body = Self::default();
        let Some(sections) = given.as_object() else {
            return (body, vec![Fault::new("", "give the form's sections")]);
        };
        for (name, fields) in sections {
            let Some(section) = form.sections.iter().find(|one| one.id == *name) else {
                let words = "there is no such section";
                reader.faults.push(Fault::new(name, words));
                continue;
            };
            let Some(fields) = fields.as_object() else {
                reader.faults.push(Fault::new(name, "give its fields"));
                continue;
            };
            for (id, value) in fields {
                let path = format!("{name}.{id}");
                match section.fields.iter().find(|field| field.id == *id) {
                    None => reader
                        .faults
                        .push(Fault::new(&path, "there is no such field")),
                    Some(field) => {
                        if let Some(answer) = reader.answer(&path, field, value) {
                            let section = body.0.entry(name.clone()).or_default();
                            section.insert(id.clone(), answer);
                        }
                    }
                }
            }
        }
        (body, reader.faults)
    }

    /// An answer by its path, `section.field`.
    pub fn answer(&self, path: &str) -> Option<&Answer> {
        let (section, field) = path.split_once('.')?;
        self.0.get(section)?.get(field)
    }

    /// Writes an answer at a path, `section.field`.
    pub fn set(&mut self, section: &str, field: &str, answer: Answer) {
        let section = self.0.entry(section.to_owned()).or_default();
        section.insert(field.to_owned(), answer);
    }

    /// Each answered field: its section, its id, its answer.
    pub fn answers(&self) -> impl Iterator<Item = (&str, &str, &Answer)> {
        self.0.iter().flat_map(|(section, fields)| {
            let fields = fields.iter();
            fields.map(move |(field, answer)| (section.as_str(), field.as_str(), answer))
        })
    }

    /// Nothing is answered.
    pub fn is_empty(&self) -> bool {
        self.0.values().all(BTreeMap::is_empty)
    }

    /// Its bytes: JSON in the one spelling of RFC 8785.
    ///
    /// # Errors
    /// Where a number has no such spelling, which none of an answer has.
    pub fn canonical(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json_canonicalizer::to_vec(self)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ANNEX_F: &str = include_str!("../../../policies/forms/annex-f.toml");

    fn today() -> Date {
        Date::constant(2026, 3, 2)
    }

    fn read(given: &Value) -> Result<Body, Vec<Fault>> {
        Body::read(&Definition::read(ANNEX_F).unwrap(), given, today())
    }

    #[test]
    fn the_same_content_gives_the_same_bytes() {
        let one = read(&json!({
            "offender": {"family_name": "Cafe\u{301}", "pnc_id": "99/123456X", "dob": "1980-02-01",
                "aliases": ["Dan; or Danny", "D."]},
            "behaviour": {"adjudications": {"rows": [{"date": "2026-01-03", "prison": "lei",
                "description": "Fight", "finding": "PROVED", "punishment": ["PAYBACK", "CAUTION"]}]}},
            "contacts": {"visitors": {"none": true}},
        }));
        let other = read(&json!({
            "contacts": {"visitors": {"none": "yes", "rows": []}, "telephone": null},
            "behaviour": {"adjudications": [{"finding": "proved", "punishment": "Caution; Payback",
                "description": " Fight ", "prison": "LEI", "date": "3/1/2026", "rule": ""}]},
            "offender": {"dob": "1 2 1980", "pnc_id": "1999/0123456X", "family_name": "Café ",
                "aliases": "Dan; or Danny\n\nD."},
        }));
        let (one, other) = (one.unwrap(), other.unwrap());
        assert_eq!(one.canonical().unwrap(), other.canonical().unwrap());
        let again: Value = serde_json::from_slice(&one.canonical().unwrap()).unwrap();
        assert_eq!(read(&again).unwrap(), one, "read again it is the same");
    }

    #[test]
    fn what_is_wrong_is_named_with_what_would_be_right() {
        let faults = read(&json!({
            "header": {"report_type": "weekly", "meeting_date": "31 2 2026", "colour": "red"},
            "custody": {"security_category": "e"},
            "sentence": {"index_offences": {"none": true}},
            "contacts": {"visitors": {"none": true, "rows": [{"name": "A"}]}},
            "substance": {"tests": [{"date": "x", "kind": "random"}]},
            "selfharm": {"acct": {"nune": true}},
            "offender": {"pnc_id": "99/123456Y", "aliases": ["A", {"b": 1}]},
            "risk": {"rotl": {"none": "perhaps"}},
            "licence": {"actions": {"rows": {"what": "x"}}},
            "songs": {},
        }))
        .unwrap_err();
        let found: Vec<&str> = faults.iter().map(|fault| fault.path.as_str()).collect();
        let expected = [
            "contacts.visitors",
            "header.colour",
            "header.meeting_date",
            "header.report_type",
            "licence.actions.rows",
            "offender.aliases",
            "offender.pnc_id",
            "risk.rotl.none",
            "selfharm.acct.nune",
            "sentence.index_offences",
            "songs",
            "substance.tests.1.date",
            "substance.tests.1.kind",
        ];
        let mut sorted = found.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, expected);
        let words = |path: &str| {
            let fault = faults.iter().find(|fault| fault.path == path);
            fault.map(|fault| fault.words.clone()).unwrap()
        };
        assert!(words("header.report_type").starts_with("choose one of initial, review"));
        assert!(!words("offender.pnc_id").contains("123456Y"));
    }
}
