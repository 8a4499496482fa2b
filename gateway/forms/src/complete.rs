//! How far a form has been filled in, section by section.

use crate::body::Body;
use crate::check::{Fault, is_required};
use crate::definition::{Definition, Field, Kind, Section};

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
    /// Each section that is asked, with what is missing of it: as [`Definition::missing`] has it,
    /// a set of which one is wanted counting as one, and a table with a gap in a row as missing.
    pub fn completeness(&self, body: &Body) -> Vec<Share> {
        let gaps = self.missing(body);
        let asked = self.sections.iter();
        let asked = asked.filter(|section| self.asks(section, body));
        asked.map(|section| share(section, body, &gaps)).collect()
    }
}

fn share(section: &Section, body: &Body, gaps: &[Fault]) -> Share {
    let is_gap = |field: &Field| {
        let path = format!("{}.{}", section.id, field.id);
        let row = format!("{path}.");
        let mut gaps = gaps.iter();
        gaps.any(|gap| gap.path == path || gap.path.starts_with(&row))
    };
    let said = |field: &Field| {
        body.answer(&format!("{}.{}", section.id, field.id))
            .is_some()
    };
    let (mut required, mut missing) = (0, Vec::new());
    for field in &section.fields {
        let counts = is_required(field, body) || (field.kind == Kind::Rows && said(field));
        required += usize::from(counts);
        if counts && is_gap(field) {
            missing.push(field.label.clone());
        }
    }
    for set in &section.at_least_one {
        let of_set = |field: &&Field| set.contains(&field.id);
        let fields: Vec<&Field> = section.fields.iter().filter(of_set).collect();
        required += 1;
        if !fields.iter().any(|field| said(field)) {
            let labels: Vec<&str> = fields.iter().map(|field| field.label.as_str()).collect();
            missing.push(labels.join(" or "));
        }
    }
    Share {
        section: section.id.clone(),
        answered: required - missing.len(),
        required,
        missing,
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
        let offender = shares.iter().find(|share| share.section == "offender");
        let missing = &offender.unwrap().missing;
        let one_of = "PNC ID or Probation CRN or ViSOR reference";
        assert!(missing.iter().any(|label| label == one_of), "{missing:?}");
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
        let shares = form.completeness(&body);
        let behaviour = shares.iter().find(|share| share.section == "behaviour");
        let missing = &behaviour.unwrap().missing;
        assert!(missing.iter().any(|label| label == "Incidents"));
        assert!(missing.iter().all(|label| label != "Adjudications"));
    }
}
