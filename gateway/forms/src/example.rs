//! A filled-in form that nobody wrote: what a form's schema shows as its example, and what its
//! tests send. Nothing in it is about anybody.

use gateway_core::IdentifierKind;
use jiff::civil::Date;
use serde_json::{Map, Value, json};

use crate::body::{Answer, Body};
use crate::check::is_required;
use crate::definition::{Definition, Field, Kind, Required};

/// The day on which an example is read: what a short year means depends on it.
pub(crate) const EXAMPLE_DAY: Date = Date::constant(2026, 3, 2);

impl Definition {
    /// A complete set of answers, but for what comes from the record; what is asked only by what that
    /// says is answered.
    pub fn example(&self) -> Value {
        let chosen = self.chosen();
        let mut sections = Map::new();
        for section in &self.sections {
            if !self.asks(section, &chosen) {
                continue;
            }
            let asked = section.fields.iter().filter(|field| {
                let asked = match &field.required {
                    Required::When(condition) => {
                        let by = self.field(&condition.field);
                        let by_record = by.is_some_and(|(_, by)| by.is_on_record());
                        by_record || is_required(field, &chosen)
                    }
                    Required::Always(_) => true,
                };
                !field.is_on_record() && asked
            });
            let fields: Map<String, Value> = asked
                .map(|field| (field.id.clone(), self.made(field)))
                .collect();
            if !fields.is_empty() {
                sections.insert(section.id.clone(), fields.into());
            }
        }
        sections.into()
    }

    /// The codes of the example: what else is asked depends on them.
    fn chosen(&self) -> Body {
        let mut chosen = Body::default();
        for section in &self.sections {
            for field in &section.fields {
                if let (Kind::Code, Some(code)) = (field.kind, self.made(field).as_str()) {
                    chosen.set(&section.id, &field.id, Answer::One(code.to_owned()));
                }
            }
        }
        chosen
    }

    fn made(&self, field: &Field) -> Value {
        let own = field.example.as_deref();
        let or = |made: &str| own.unwrap_or(made).to_owned();
        let code = || {
            let first = self.choices(field).first();
            or(first.map_or("", |(code, _)| code.as_str()))
        };
        match field.kind {
            Kind::Line => or("An example").into(),
            Kind::Text => or("An example of a text.\n\nWith a second paragraph.").into(),
            Kind::Lines => json!([or("An example")]),
            Kind::Date => or("2026-02-16").into(),
            Kind::Number => own.and_then(|own| own.parse::<u32>().ok()).map_or_else(
                || own.map_or_else(|| json!(3), |own| json!(own)),
                |number| json!(number),
            ),
            Kind::Flag => match own {
                None | Some("yes") => json!(true),
                Some("no") => json!(false),
                Some(other) => json!(other),
            },
            Kind::Code => code().into(),
            Kind::Codes => json!([code()]),
            Kind::Prison => or("LEI").into(),
            Kind::Agency => or("london-probation").into(),
            Kind::Identifier => or(identifier(field)).into(),
            Kind::Rows => {
                let columns = field.columns.iter();
                let row: Map<String, Value> = columns
                    .map(|column| (column.id.clone(), self.made(column)))
                    .collect();
                json!({"none": false, "rows": [row]})
            }
        }
    }
}

/// Of the ranges that are kept for tests; a column's, as the person's own come from the record.
fn identifier(field: &Field) -> &'static str {
    match field.identifier.unwrap_or(IdentifierKind::Ref) {
        IdentifierKind::Pnc => "1999/0123456X",
        IdentifierKind::Cro => "123456/08T",
        IdentifierKind::Nhs => "9990000018",
        IdentifierKind::Prison => "A1234BC",
        IdentifierKind::Crn => "X123456",
        IdentifierKind::Visor => "EXAMPLE-1",
        IdentifierKind::Dob => "1980-02-01",
        IdentifierKind::Name | IdentifierKind::Ref => "An example",
    }
}
