//! A filled-in form in parts: one for each kind of information and purpose, so that each is sealed
//! to those who may have that kind, and to nobody else.

use std::collections::BTreeMap;

use gateway_core::{Category, Purpose};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::body::{Answer, Body, Row};
use crate::check::Fault;
use crate::definition::{Definition, Kind};

/// The media type of a part.
pub const MEDIA_TYPE: &str = "application/vnd.mappa-gateway.form+json";

/// What of a form is one kind of information.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The kind.
    pub category: Category,
    /// What it is sent for, where that is not what the form is for.
    pub purpose: Option<Purpose>,
    /// The sections that it has something of, by their headings, in the form's order.
    pub sections: Vec<String>,
    /// The answers.
    pub body: Body,
}

/// A part as it is sealed.
#[derive(Serialize)]
struct Written<'a> {
    form: &'a str,
    version: &'a str,
    answers: &'a Body,
}

/// A part as it is read again.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Carried {
    /// The form's id.
    pub form: String,
    /// The form's version.
    pub version: String,
    /// The answers, as they are read by [`Body::read`].
    pub answers: Value,
}

impl Definition {
    /// A filled-in form in its parts, in the order in which the form first has something of each.
    pub fn parts(&self, body: &Body) -> Vec<Part> {
        let mut parts: Vec<Part> = Vec::new();
        for section in &self.sections {
            for field in &section.fields {
                let Some(answer) = body.answer(&format!("{}.{}", section.id, field.id)) else {
                    continue;
                };
                let kind = (section.category(field), field.purpose);
                let known = parts.iter().position(|p| (p.category, p.purpose) == kind);
                let at = known.unwrap_or_else(|| {
                    parts.push(Part {
                        category: kind.0,
                        purpose: kind.1,
                        sections: Vec::new(),
                        body: Body::default(),
                    });
                    parts.len() - 1
                });
                let part = &mut parts[at];
                if part.sections.last() != Some(&section.title) {
                    part.sections.push(section.title.clone());
                }
                part.body.set(&section.id, &field.id, answer.clone());
            }
        }
        parts
    }

    /// How much of a part somebody wrote, bytes: texts and rows. Codes, days, numbers and marks
    /// are alike for many people, and tell nobody's document from another's.
    pub fn written(&self, part: &Part) -> usize {
        let answers = part.body.answers();
        let lengths = answers.map(|(section, field, answer)| {
            let field = self.field(&format!("{section}.{field}"));
            let free = field.is_some_and(|(_, field)| is_written(field.kind));
            match answer {
                Answer::One(text) if free => text.len(),
                Answer::Many(texts) if free => texts.iter().map(String::len).sum(),
                Answer::Rows(table) => table.rows.iter().map(row_length).sum(),
                Answer::One(_) | Answer::Many(_) | Answer::Number(_) | Answer::Flag(_) => 0,
            }
        });
        lengths.sum()
    }

    /// A part's bytes: JSON in the one spelling of RFC 8785.
    ///
    /// # Errors
    /// Where a number has no such spelling, which none of an answer has.
    pub fn write(&self, part: &Part) -> Result<Vec<u8>, serde_json::Error> {
        serde_json_canonicalizer::to_vec(&Written {
            form: &self.id,
            version: &self.version,
            answers: &part.body,
        })
    }

    /// What somebody has of a form, from those of its parts that they have. Fields that this
    /// version of the form does not know are left out.
    pub fn join<'a>(&self, parts: impl IntoIterator<Item = &'a Carried>) -> Body {
        let mut whole = Body::default();
        for part in parts {
            let (body, _) = Body::gather(self, &part.answers, Date::MAX);
            for (section, field, answer) in body.answers() {
                whole.set(section, field, answer.clone());
            }
        }
        whole
    }

    /// What a filled-in form is sent for.
    pub fn sent_for(&self, body: &Body) -> Purpose {
        let other = self.purpose_when.iter().find(|when| {
            matches!(body.answer(&when.field), Some(Answer::One(code)) if when.is.contains(code))
        });
        other.map_or(self.purpose, |when| when.purpose)
    }
}

impl Carried {
    /// Reads a part.
    ///
    /// # Errors
    /// [`Fault`] where it is none.
    pub fn read(bytes: &[u8]) -> Result<Self, Fault> {
        serde_json::from_slice(bytes).map_err(|_| Fault::new("", "is no part of a form"))
    }
}

const fn is_written(kind: Kind) -> bool {
    matches!(kind, Kind::Line | Kind::Text | Kind::Lines)
}

/// A row is told from others by all that stands in it together.
fn row_length(row: &Row) -> usize {
    let texts = row.values().map(|answer| match answer {
        Answer::One(text) => text.len(),
        Answer::Many(texts) => texts.iter().map(String::len).sum(),
        Answer::Rows(_) | Answer::Number(_) | Answer::Flag(_) => 0,
    });
    texts.sum()
}

/// Which fields differ between two states of a form: `section.field`, each with whether it is in
/// the later one.
pub fn changed(earlier: &Body, later: &Body) -> BTreeMap<String, bool> {
    let paths = |body: &Body| -> BTreeMap<String, Answer> {
        let answers = body.answers();
        answers
            .map(|(section, field, answer)| (format!("{section}.{field}"), answer.clone()))
            .collect()
    };
    let (earlier, later) = (paths(earlier), paths(later));
    let differs = |path: &&String| earlier.get(*path) != later.get(*path);
    let all = earlier.keys().chain(later.keys()).filter(differs);
    all.map(|path| (path.clone(), later.contains_key(path)))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ANNEX_F: &str = include_str!("../../../policies/forms/annex-f.toml");

    fn form() -> Definition {
        Definition::read(ANNEX_F).unwrap()
    }

    fn body(given: &Value) -> Body {
        Body::read(&form(), given, Date::constant(2026, 3, 2)).unwrap()
    }

    #[test]
    fn each_kind_of_information_is_a_part_and_all_of_them_are_the_form() {
        let whole = body(&json!({
            "header": {"report_type": "pre_release"},
            "offender": {"family_name": "Marlow", "pnc_id": "99/123456X"},
            "behaviour": {"summary": "Quiet.\n\nMostly."},
            "security": {"escape_status": "none", "intelligence": "A debt."},
            "contacts": {"visitors": {"none": true}, "victim_attempts": {"rows": [
                {"date": "2026-01-03", "how": "A letter"}]}},
        }));
        let form = form();
        let parts = form.parts(&whole);
        let kinds: Vec<_> = parts.iter().map(|p| (p.category, p.purpose)).collect();
        assert_eq!(
            kinds,
            [
                (Category::Ident, None),
                (Category::Custody, None),
                (Category::Intel, Some(Purpose::Assess)),
                (Category::Contacts, None),
                (Category::Victim, Some(Purpose::VictimSafety)),
            ]
        );
        let custody = &parts[1];
        assert_eq!(custody.sections, ["Behaviour", "Security"]);
        assert!(custody.body.answer("security.intelligence").is_none());
        let written: Vec<Carried> = parts
            .iter()
            .map(|part| Carried::read(&form.write(part).unwrap()).unwrap())
            .collect();
        assert_eq!(form.join(&written), whole);
        assert!(
            form.join(&written[..1])
                .answer("behaviour.summary")
                .is_none()
        );
        assert_eq!(form.sent_for(&whole), Purpose::Release);
    }

    #[test]
    fn what_somebody_wrote_is_told_from_what_many_forms_are_alike_in() {
        let form = form();
        let written = |given: Value| -> Vec<(Category, usize)> {
            let parts = form.parts(&body(&given));
            let parts = parts.iter();
            parts
                .map(|part| (part.category, form.written(part)))
                .collect()
        };
        let marks = json!({
            "header": {"report_type": "pre_release"},
            "health": {"held": "none_known"},
            "contacts": {"visitors": {"none": true}},
        });
        assert!(written(marks).iter().all(|(_, length)| *length == 0));
        let words = json!({
            "behaviour": {"summary": "Quiet"},
            "contacts": {"victim_attempts": {"rows": [{"date": "2026-01-03", "how": "A letter"}]}},
        });
        assert_eq!(
            written(words),
            [(Category::Custody, 5), (Category::Victim, 18)]
        );
    }

    #[test]
    fn what_has_changed_since_is_named() {
        let (earlier, later) = (
            body(&json!({"behaviour": {"summary": "Quiet"}, "protective": {"factors": "Work"}})),
            body(&json!({"behaviour": {"summary": "Loud"}, "health": {"held": "none_known"}})),
        );
        let changed = changed(&earlier, &later);
        let found: Vec<_> = changed
            .iter()
            .map(|(path, is)| (path.as_str(), *is))
            .collect();
        assert_eq!(
            found,
            [
                ("behaviour.summary", true),
                ("health.held", true),
                ("protective.factors", false)
            ]
        );
    }
}
