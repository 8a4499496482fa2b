//! A form that came after its writer had been away too long: taken up again, or thrown away.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse as _, Response};
use axum::routing::{get, post};

use crate::Portal;
use crate::component::Button;
use crate::frame::{Frame, Place};
use crate::router::Route;
use crate::stop::{Stop, see_other};
use crate::visitor::{Posted, Visitor};

/// Where they are.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        ("GET", "/kept/{id}", get(show)),
        ("POST", "/kept/{id}/delete", post(delete)),
    ]
}

/// Sends it to its own page, which shows it and does nothing yet.
pub(crate) const GO_BACK: Button<'static> = Button {
    text: "Go back to it",
    href: None,
    classes: "",
    name: "",
    value: "",
    prevent_double_click: true,
};

/// Throws it away.
pub(crate) const DELETE: Button<'static> = Button {
    text: "Throw it away",
    href: None,
    classes: "govuk-button--secondary",
    name: "",
    value: "",
    prevent_double_click: true,
};

#[derive(Template)]
#[template(path = "page/kept.html")]
struct Page {
    frame: Frame,
    id: String,
    path: String,
    fields: Vec<(String, String)>,
}

/// The way back to it.
async fn show(
    State(portal): State<Portal>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, Stop> {
    let form = portal.flow.kept_form(&visitor.session.person, &id).await?;
    let title = "What you wrote is kept";
    let mut frame = Frame::around(&portal, &visitor, Place::Elsewhere, title).await?;
    frame.kept = None;
    let page = Page {
        frame,
        id,
        path: form.path,
        fields: form.fields.into_inner(),
    };
    Ok(Html(page.to_string()).into_response())
}

/// Throws it away.
async fn delete(
    State(portal): State<Portal>,
    Path(id): Path<String>,
    Posted(visitor, _): Posted,
) -> Result<Response, Stop> {
    let person = &visitor.session.person;
    // Another's is as one that is not there; one's own that is gone was deleted in another tab.
    portal.flow.kept_form(person, &id).await?;
    portal.flow.drop_kept_form(person, &id).await?;
    Ok(see_other("/inbox"))
}
