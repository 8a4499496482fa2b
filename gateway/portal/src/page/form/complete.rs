//! How complete a form is, section by section, as far as whoever reads may read it.

use gateway_flow::form::{FormMeasure, FormUse};
use gateway_forms::Definition;

use crate::component::{Cell, Head, Html as Markup, STACK, Table};
use crate::words;

/// A section's line: its title, how much was answered, and what was not.
struct Section {
    title: String,
    answered: usize,
    asked: usize,
    missing: Vec<String>,
}

/// The sections with what is missing of each; none where nothing was counted.
pub(super) fn table(form: &Definition, measure: &FormMeasure) -> Option<Table<'static>> {
    let sections = sections(form, measure);
    let text = |text: String| Cell {
        html: Markup::text(text),
        numeric: false,
    };
    let rows = sections.iter().map(|one| {
        vec![
            text(one.title.clone()),
            text(format!("{} of {}", one.answered, one.asked)),
            text(match one.missing.is_empty() {
                true => "Nothing".to_owned(),
                false => one.missing.join("; "),
            }),
        ]
    });
    (!sections.is_empty()).then(|| Table {
        caption: "How complete it is",
        caption_classes: "govuk-table__caption--m",
        classes: STACK,
        head: ["Section", "Answered", "Not answered"]
            .map(|text| Head {
                text,
                numeric: false,
            })
            .into(),
        rows: rows.collect(),
    })
}

fn sections(form: &Definition, measure: &FormMeasure) -> Vec<Section> {
    let mut all: Vec<Section> = Vec::new();
    for section in &form.sections {
        let mut line = Section {
            title: section.title.clone(),
            answered: 0,
            asked: 0,
            missing: Vec::new(),
        };
        for one in measure
            .covered
            .iter()
            .filter(|one| one.section == section.id)
        {
            line.answered += one.answered();
            line.asked += one.asked;
            let labels = section
                .fields
                .iter()
                .filter(|field| one.missing.contains(&field.id));
            line.missing.extend(labels.map(|field| field.label.clone()));
        }
        if line.asked > 0 {
            all.push(line);
        }
    }
    all
}

/// How a meeting used a form, as a sentence.
pub(super) fn used(used: &FormUse) -> String {
    let on = words::date(&used.meeting_on.to_string());
    match used.considered {
        true => format!("The meeting of {on} considered it"),
        false => format!("The meeting of {on} did not consider it"),
    }
}
