//! Health information requests, for each side: what is asked and waits, what became of it, and what
//! whoever looks may do about it. The words of a request and of its answer are forms, and stay on
//! the pages of their messages.

pub(crate) mod counts;
pub(crate) mod give;
pub(crate) mod list;
pub(crate) mod one;
pub(crate) mod own;
pub(crate) mod review;
pub(crate) mod say;
pub(crate) mod signed;
mod ways;
pub(crate) mod wrong;

use axum::routing::{get, post};
use gateway_core::{AgencyKind, Role};
use gateway_flow::FieldFault;
use gateway_forms::Definition;

use crate::Portal;
use crate::component::{Button, Html as Markup, Textarea};
use crate::page::few::{Faults, of_field};
use crate::page::form::writes;
use crate::page::hold::decide::said;
use crate::router::Route;

/// The page that the others lead back to.
pub(crate) const HERE: &str = "/health-requests";

/// Who speaks for an agency in a request.
const SPEAKS: &[Role] = &[
    Role::Practitioner,
    Role::Manager,
    Role::Spoc,
    Role::DeputySpoc,
    Role::Coordinator,
];
/// Who sees to a request at the body that is asked.
pub(crate) const GATHERS: &[Role] = &[Role::Spoc, Role::DeputySpoc];
/// Who is led to requests, at an agency that asks or is asked.
const LED: &[Role] = &[
    Role::Practitioner,
    Role::Manager,
    Role::Spoc,
    Role::DeputySpoc,
    Role::Caldicott,
    Role::Clinician,
    Role::Coordinator,
    Role::Chair,
    Role::Auditor,
];

/// The routes of these pages.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        ("GET", HERE, get(list::list)),
        ("GET", "/health-requests/{id}", get(one::show)),
        ("POST", "/health-requests/{id}/accept", post(one::accept)),
        ("GET", give::PATH, get(give::form)),
        ("POST", give::PATH, post(give::send)),
        ("GET", "/health-requests/{id}/signed", get(signed::show)),
        ("GET", review::PATH, get(review::form)),
        ("POST", review::PATH, post(review::send)),
        ("GET", wrong::PATH, get(wrong::form)),
        ("POST", wrong::PATH, post(wrong::send)),
        ("GET", own::LIST, get(own::list)),
        ("GET", own::PATH, get(own::show)),
        ("POST", own::PATH, post(own::sign)),
        ("GET", counts::HERE, get(counts::show)),
    ]
}

/// The address of a request.
pub(crate) fn address(id: &str) -> String {
    format!("{HERE}/{id}")
}

/// A form that asks health bodies.
fn asks(form: &Definition) -> bool {
    form.says.questions.is_some()
}

/// Whether somebody with these roles is led to requests, at an agency of this kind.
pub(crate) fn concerns(portal: &Portal, kind: &str, has_any: impl Fn(&[Role]) -> bool) -> bool {
    (is_health_body(kind) || writes_requests(portal, kind)) && has_any(LED)
}

fn is_health_body(kind: &str) -> bool {
    kind.parse().is_ok_and(AgencyKind::is_health_body)
}

/// Whether agencies of this kind ask health bodies.
fn writes_requests(portal: &Portal, kind: &str) -> bool {
    let mut forms = portal.flow.forms.forms();
    forms.any(|form| asks(form) && writes(form, kind))
}

/// A button that sends a form.
const fn submit(text: &'static str, classes: &'static str) -> Button<'static> {
    Button {
        text,
        href: None,
        classes,
        name: "",
        value: "",
        prevent_double_click: true,
    }
}

/// Where reasons are written.
fn reasons(faults: &Faults, (label, hint): (&str, &str), value: &str) -> Markup {
    Markup::of(&Textarea {
        id: "reasons",
        name: "reasons",
        label,
        label_classes: "govuk-label--s",
        hint: Some(hint),
        error: of_field(faults, "reasons"),
        value,
        ..Textarea::default()
    })
}

/// What the flow finds wrong with reasons.
fn wrong_reasons(faults: &[FieldFault]) -> Faults {
    vec![("reasons", said("The reasons", faults))]
}
