//! Pages that ask for a few things: what is wrong with them, said above and at its field, and how
//! a line and a day are asked.

use std::fmt::Display;

use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Response};

use crate::component::{DateInput, ErrorItem, ErrorSummary, Html as Markup, Input};
use crate::visitor::Fields;

/// What is wrong with the fields of a page, by field.
pub(crate) type Faults = Vec<(&'static str, String)>;

/// A field as it is asked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked {
    pub(crate) id: &'static str,
    /// The label, or the legend.
    pub(crate) label: &'static str,
    pub(crate) hint: &'static str,
    /// Its label stands out.
    pub(crate) strong: bool,
}

/// What is wrong with a field.
pub(crate) fn of_field<'f>(faults: &'f Faults, field: &str) -> Option<&'f str> {
    let found = faults.iter().find(|(place, _)| *place == field);
    found.map(|(_, text)| text.as_str())
}

/// All that is wrong, each fault leading to its field; to that of a day, where its first part is.
pub(crate) fn summary(faults: &Faults, days: &[&str]) -> Option<String> {
    let place = |field: &str| match days.contains(&field) {
        true => format!("#{field}-day"),
        false => format!("#{field}"),
    };
    let places: Vec<String> = faults.iter().map(|(field, _)| place(field)).collect();
    let errors = faults.iter().zip(&places);
    let errors = errors.map(|((_, text), href)| ErrorItem { text, href });
    let summary = ErrorSummary {
        title: "There is a problem",
        errors: errors.collect(),
    };
    (!faults.is_empty()).then(|| summary.to_string())
}

/// A day, as three fields bring it.
pub(crate) fn day(fields: &Fields, prefix: &str) -> [String; 3] {
    ["day", "month", "year"].map(|part| {
        let name = format!("{prefix}-{part}");
        fields.one(&name).trim().to_owned()
    })
}

/// A line.
pub(crate) fn line(faults: &Faults, asked: Asked, value: &str) -> Markup {
    Markup::of(&Input {
        id: asked.id,
        name: asked.id,
        kind: "text",
        label: asked.label,
        label_classes: if asked.strong { "govuk-label--s" } else { "" },
        hint: Some(asked.hint),
        error: of_field(faults, asked.id),
        value: Some(value).filter(|value| !value.is_empty()),
        autocomplete: Some("off"),
        ..Input::default()
    })
}

/// A day.
pub(crate) fn date(faults: &Faults, asked: Asked, values: &[String; 3]) -> Markup {
    Markup::of(&DateInput {
        id: asked.id,
        prefix: asked.id,
        legend: asked.label,
        legend_classes: match asked.strong {
            true => "govuk-fieldset__legend--s",
            false => "",
        },
        hint: Some(asked.hint),
        error: of_field(faults, asked.id),
        values: values.each_ref().map(String::as_str),
    })
}

/// The page, with the status that says whether something on it is wrong.
pub(crate) fn answer(page: &impl Display, faults: &Faults) -> Response {
    let status = match faults.is_empty() {
        true => StatusCode::OK,
        false => StatusCode::UNPROCESSABLE_ENTITY,
    };
    (status, Html(page.to_string())).into_response()
}
