//! How far a form has been filled in, section by section.

use crate::body::{Answer, Body};
use gateway_core::Category;
use serde::{Deserialize, Serialize};

use crate::check::{Fault, is_required};
use crate::definition::{Definition, Field, Kind, Required, Section};

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

/// What was answered of a section, as far as it is of one kind of information: of all that is
/// asked, whether it has to be answered or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Covered {
    /// The section's id.
    pub section: String,
    /// The kind of information.
    pub category: Category,
    /// How many fields are asked.
    pub asked: usize,
    /// The ids of those that were not answered.
    pub missing: Vec<String>,
}

impl Covered {
    /// How many fields were answered.
    pub const fn answered(&self) -> usize {
        self.asked.saturating_sub(self.missing.len())
    }
}

impl Definition {
    /// How much of all that is asked was answered, in the order of the sections: what may be left
    /// out counts too, since a reader wants to know what was not said.
    pub fn covered(&self, body: &Body) -> Vec<Covered> {
        let mut all: Vec<Covered> = Vec::new();
        for section in self.sections.iter().filter(|one| self.asks(one, body)) {
            for field in &section.fields {
                if matches!(field.required, Required::When(_)) && !is_required(field, body) {
                    continue;
                }
                let category = section.category(field);
                let at = all
                    .iter()
                    .position(|one| one.section == section.id && one.category == category);
                let at = at.unwrap_or_else(|| {
                    all.push(Covered {
                        section: section.id.clone(),
                        category,
                        asked: 0,
                        missing: Vec::new(),
                    });
                    all.len() - 1
                });
                let Some(one) = all.get_mut(at) else { continue };
                one.asked += 1;
                let path = format!("{}.{}", section.id, field.id);
                if body.answer(&path).is_none() {
                    one.missing.push(field.id.clone());
                }
            }
        }
        all
    }

    /// The code of the kind of report that a form says it is.
    pub fn report(&self, body: &Body) -> Option<String> {
        match body.answer(self.report.as_ref()?)? {
            Answer::One(code) => Some(code.clone()),
            Answer::Number(_) | Answer::Flag(_) | Answer::Many(_) | Answer::Rows(_) => None,
        }
    }

    /// A kind of report in words; the code where there are none.
    pub fn report_words<'a>(&'a self, code: &'a str) -> &'a str {
        let field = self.report.as_ref().and_then(|path| self.field(path));
        let choices = field.map_or(&[][..], |(_, field)| self.choices(field));
        let found = choices.iter().find(|(known, _)| known == code);
        found.map_or(code, |(_, words)| words)
    }

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
    fn what_was_left_out_is_counted_by_section_and_kind_of_information() {
        let form = Definition::read(ANNEX_F).unwrap();
        let given = json!({"header": {"report_type": "review"}, "custody": {"status": "remand"},
            "contacts": {"letters": {"none": true}}});
        let body = Body::read(&form, &given, Date::constant(2026, 3, 2)).unwrap();
        assert_eq!(form.report(&body).as_deref(), Some("review"));
        assert_eq!(form.report_words("review"), "Review");
        let covered = form.covered(&body);
        let of = |section: &str, category: Category| {
            let mut all = covered.iter();
            all.find(|one| one.section == section && one.category == category)
                .unwrap()
        };
        let header = of("header", Category::Ident);
        assert_eq!(header.answered(), 1);
        assert!(header.missing.contains(&"meeting_date".to_owned()));
        let contacts = of("contacts", Category::Contacts);
        assert!(!contacts.missing.contains(&"letters".to_owned()));
        let victim = of("contacts", Category::Victim);
        assert_eq!((victim.asked, victim.answered()), (1, 0));
        let all = form
            .sections
            .iter()
            .find(|one| one.id == "sentence")
            .unwrap();
        let sentence: usize = covered
            .iter()
            .filter(|one| one.section == "sentence")
            .map(|one| one.asked)
            .sum();
        assert!(
            sentence < all.fields.len(),
            "what is asked of others is not"
        );
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
