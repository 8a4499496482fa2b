//! What is missing of a form, and what is said of it.

use crate::body::{Answer, Body, Row};
use crate::definition::{Condition, Definition, Field, Required, Section};

/// Something wrong or missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The field: `section.field`, or `section.field.row.column`.
    pub path: String,
    /// What is wrong, and what would be right; never what was given.
    pub words: String,
}

impl Fault {
    pub(crate) fn new(path: &str, words: &str) -> Self {
        Self {
            path: path.to_owned(),
            words: words.to_owned(),
        }
    }
}

impl Definition {
    /// Whether a section is asked, by what was answered.
    pub fn asks(&self, section: &Section, body: &Body) -> bool {
        let holds = |condition: &Condition| holds(condition, body);
        section.when.as_ref().is_none_or(holds)
    }

    /// What has to be answered yet before the form can be sent, in the form's order.
    pub fn missing(&self, body: &Body) -> Vec<Fault> {
        let mut missing = Vec::new();
        for section in &self.sections {
            if self.asks(section, body) {
                of_section(section, body, &mut missing);
            }
        }
        missing
    }

    /// What was answered in sections that are not asked: it is for its writer to take out or to
    /// put right, and neither sent nor lost unseen.
    pub fn unasked(&self, body: &Body) -> Vec<Fault> {
        let mut unasked = Vec::new();
        for section in &self.sections {
            let Some(condition) = section.when.as_ref() else {
                continue;
            };
            let said = body.answers().any(|(id, _, _)| id == section.id);
            if said && !holds(condition, body) {
                unasked.push(Fault {
                    path: section.id.clone(),
                    words: self.only_where(section, condition),
                });
            }
        }
        unasked
    }

    fn only_where(&self, section: &Section, condition: &Condition) -> String {
        let (mut label, mut answers) = (condition.field.as_str(), condition.is.clone());
        if let Some((_, field)) = self.field(&condition.field) {
            label = &field.label;
            let choices = self.choices(field).iter();
            let meant = choices.filter(|(code, _)| condition.is.contains(code));
            answers = meant.map(|(_, words)| format!("“{words}”")).collect();
        }
        format!(
            "“{}” is asked only where “{label}” is {}: take out what is written there, or put that answer right",
            section.title,
            answers.join(" or ")
        )
    }
}

fn of_section(section: &Section, body: &Body, missing: &mut Vec<Fault>) {
    for field in &section.fields {
        let path = format!("{}.{}", section.id, field.id);
        match body.answer(&path) {
            None if is_required(field, body) => missing.push(Fault {
                words: asked(field),
                path,
            }),
            Some(Answer::Rows(table)) => {
                for (n, row) in table.rows.iter().enumerate() {
                    of_row(&format!("{path}.{}", n + 1), field, row, missing);
                }
            }
            None | Some(_) => {}
        }
    }
    for set in &section.at_least_one {
        let said = |id: &String| body.answer(&format!("{}.{id}", section.id)).is_some();
        if !set.iter().any(said) {
            let labels: Vec<&str> = section
                .fields
                .iter()
                .filter(|field| set.contains(&field.id))
                .map(|field| field.label.as_str())
                .collect();
            let first = set.first().map_or("", String::as_str);
            missing.push(Fault {
                path: format!("{}.{first}", section.id),
                words: format!("give at least one of: {}", labels.join(", ")),
            });
        }
    }
}

fn of_row(path: &str, field: &Field, row: &Row, missing: &mut Vec<Fault>) {
    for column in &field.columns {
        let required = column.required == Required::Always(true);
        if required && !row.contains_key(&column.id) {
            missing.push(Fault {
                path: format!("{path}.{}", column.id),
                words: asked(column),
            });
        }
    }
}

/// Whether a field has to be answered, by what else was.
pub(crate) fn is_required(field: &Field, body: &Body) -> bool {
    match &field.required {
        Required::Always(required) => *required,
        Required::When(condition) => holds(condition, body),
    }
}

fn holds(condition: &Condition, body: &Body) -> bool {
    match body.answer(&condition.field) {
        Some(Answer::One(code)) => condition.is.contains(code),
        Some(Answer::Number(_) | Answer::Flag(_) | Answer::Many(_) | Answer::Rows(_)) | None => {
            false
        }
    }
}

fn asked(field: &Field) -> String {
    match &field.none {
        Some(none) => format!("give “{}”, or say: {none}", field.label),
        None => format!("answer “{}”", field.label),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::Date;
    use serde_json::json;

    use super::*;

    const ANNEX_F: &str = include_str!("../../../policies/forms/annex-f.toml");

    #[test]
    fn what_is_written_where_nothing_is_asked_is_a_fault() {
        let form = Definition::read(ANNEX_F).unwrap();
        let of = |report: &str, release: serde_json::Value| {
            let given = json!({"header": {"report_type": report}, "release": release});
            let body = Body::read(&form, &given, Date::constant(2026, 3, 2)).unwrap();
            form.unasked(&body)
        };
        let planned = json!({"planned_date": "2026-04-30"});
        assert_eq!(of("pre_release", planned.clone()), []);
        assert_eq!(
            of("emergency", json!({"planned_date": ""})),
            [],
            "nothing is written"
        );
        let faults = of("emergency", planned);
        assert_eq!(faults.len(), 1);
        assert_eq!(faults[0].path, "release");
        let words = &faults[0].words;
        assert!(
            words.starts_with("“Release” is asked only where “"),
            "{words}"
        );
        assert!(
            words.contains("is “First report” or “Review” or “Before release”"),
            "{words}"
        );
    }
}
