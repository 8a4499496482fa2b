//! How far a form has been filled in, section by section.

use crate::body::Body;
use crate::check::is_required;
use crate::definition::{Definition, Field};

/// A section's share of what has to be answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    /// The section's id.
    pub section: String,
    /// Fields that have to be answered, and are.
    pub answered: usize,
    /// Fields that have to be answered.
    pub required: usize,
    /// The labels of those that are not.
    pub missing: Vec<String>,
}

impl Definition {
    /// Each section that is asked, with what is missing of it.
    pub fn completeness(&self, body: &Body) -> Vec<Share> {
        let asked = self.sections.iter();
        let asked = asked.filter(|section| self.asks(section, body));
        asked
            .map(|section| {
                let required = section.fields.iter().filter(|f| is_required(f, body));
                let required: Vec<&Field> = required.collect();
                let missing: Vec<String> = required
                    .iter()
                    .filter(|f| body.answer(&format!("{}.{}", section.id, f.id)).is_none())
                    .map(|f| f.label.clone())
                    .collect();
                Share {
                    section: section.id.clone(),
                    answered: required.len() - missing.len(),
                    required: required.len(),
                    missing,
                }
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::Date;
    use serde_json::json;

    use super::*;

    const ANNEX_F: &str = include_str!("../../../policies/forms/annex-f.toml");

    #[test]
    fn what_is_missing_follows_custody_and_the_kind_of_report() {
        let form = Definition::read(ANNEX_F).unwrap();
        let of = |status: &str, report: &str| {
            let given = json!({"custody": {"status": status}, "header": {"report_type": report}});
            let body = Body::read(&form, &given, Date::constant(2026, 3, 2)).unwrap();
            let missing = form.missing(&body);
            let paths: Vec<String> = missing.into_iter().map(|fault| fault.path).collect();
            (paths, form.completeness(&body))
        };
        let has = |paths: &[String], path: &str| paths.iter().any(|one| one == path);
        let (remand, shares) = of("remand", "emergency");
        assert!(!has(&remand, "sentence.length"), "no sentence yet");
        assert!(has(&remand, "offender.pnc_id"), "one of three numbers");
        assert!(shares.iter().all(|share| share.section != "release"));
        let header = shares
            .iter()
            .find(|share| share.section == "header")
            .unwrap();
        assert_eq!((header.answered, header.required), (1, 2));
        assert_eq!(header.missing, ["Date of the meeting"]);
        let (sentenced, shares) = of("sentenced", "pre_release");
        assert!(has(&sentenced, "sentence.length") && has(&sentenced, "release.planned_date"));
        assert!(!has(&sentenced, "sentence.recalled_on"));
        assert!(shares.iter().any(|share| share.section == "release"));
    }

    #[test]
    fn none_is_an_answer_and_a_row_without_what_it_must_have_is_not() {
        let form = Definition::read(ANNEX_F).unwrap();
        let given = json!({"behaviour": {
            "adjudications": {"none": true},
            "incidents": [{"date": "2026-01-03", "kind": "fire"}],
        }});
        let body = Body::read(&form, &given, Date::constant(2026, 3, 2)).unwrap();
        let missing = form.missing(&body);
        let paths: Vec<&str> = missing.iter().map(|fault| fault.path.as_str()).collect();
        assert!(!paths.contains(&"behaviour.adjudications"));
        assert!(paths.contains(&"behaviour.incidents.1.summary"));
    }
}
