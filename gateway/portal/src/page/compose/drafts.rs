//! The drafts of whoever is signed in.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse as _, Response};
use gateway_core::calendar::local_date;

use super::form::Form;
use crate::component::{Button, InsetText};
use crate::frame::{Frame, Place};
use crate::page::form::content::{Content, Paper};
use crate::page::form::list::label;
use crate::stop::{Stop, see_other};
use crate::visitor::{Posted, Visitor};
use crate::{Portal, words};

/// In place of a list with nothing in it.
pub(crate) const EMPTY: InsetText<'static> = InsetText {
    text: "You have no drafts. What you write is kept here until you send it.",
};

/// Throws a draft away.
pub(crate) const DELETE: Button<'static> = Button {
    text: "Delete",
    href: None,
    classes: "govuk-button--secondary govuk-!-margin-bottom-0",
    name: "",
    value: "",
    prevent_double_click: true,
};

#[derive(Template)]
#[template(path = "page/drafts.html")]
struct Page {
    frame: Frame,
    drafts: Vec<Line>,
}

struct Line {
    id: String,
    label: String,
    /// Where it is gone on with.
    href: String,
    saved: String,
    files: usize,
}

/// Lists them, the one saved last first.
pub(crate) async fn list(State(portal): State<Portal>, visitor: Visitor) -> Result<Response, Stop> {
    let mut drafts = Vec::new();
    for draft in portal.flow.drafts(&visitor.session.person).await? {
        let (label, href) = if let Some(content) = Content::read(draft.content.reveal()) {
            of_form(&portal, &draft.id, content)
        } else {
            let form: Form = serde_json::from_str(draft.content.reveal())
                .map_err(|error| Stop::fault(&error))?;
            (form.label(), format!("/drafts/{}", draft.id))
        };
        drafts.push(Line {
            id: draft.id,
            label,
            href,
            saved: words::time(draft.saved),
            files: draft.files.len(),
        });
    }
    let page = Page {
        frame: Frame::around(&portal, &visitor, Place::New, "Drafts").await?,
        drafts,
    };
    Ok(Html(page.to_string()).into_response())
}

/// What a form's draft is called, and where it is gone on with.
fn of_form(portal: &Portal, id: &str, content: Content) -> (String, String) {
    let today = local_date(portal.flow.clock.now());
    let label = match portal.flow.forms.form(&content.form) {
        Some(form) => label(&Paper::new(form, id.to_owned(), content, today)),
        None => "A form that is not in use any more".to_owned(),
    };
    (label, format!("/forms/draft/{id}"))
}

/// Throws one away.
pub(crate) async fn delete(
    State(portal): State<Portal>,
    Path(id): Path<String>,
    Posted(visitor, _): Posted,
) -> Result<Response, Stop> {
    // Another's is as one that is not there; one's own that is gone was deleted in another tab.
    portal.flow.draft(&visitor.session.person, &id).await?;
    portal.flow.drop_draft(&visitor.session.person, &id).await?;
    Ok(see_other("/drafts"))
}
