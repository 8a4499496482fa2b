//! What colleagues have signed of a request, gathered: a reading, and logged as one.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse as _, Response};

use super::address;
use super::give::seen_to;
use super::say::Codes;
use crate::component::{BackLink, Button, InsetText};
use crate::frame::{Frame, Place};
use crate::page::form::{answers, writes};
use crate::stop::Stop;
use crate::visitor::Visitor;
use crate::{Portal, words};

/// Where nothing is signed.
pub(crate) const NOTHING: InsetText<'static> = InsetText {
    text: "Nobody has signed an answer yet.",
};

struct Answer {
    question: String,
    words: String,
    signed: String,
}

#[derive(Template)]
#[template(path = "page/health/signed.html")]
struct Page {
    frame: Frame,
    id: String,
    answers: Vec<Answer>,
    /// Where the request is answered with them.
    begin: Option<String>,
}

impl Page {
    fn back(&self) -> String {
        BackLink {
            href: &address(&self.id),
            text: "Back to the request",
        }
        .to_string()
    }

    fn begin(href: &str) -> String {
        Button {
            text: "Answer the request with these",
            href: Some(href),
            ..Button::default()
        }
        .to_string()
    }
}

/// Shows them.
pub(super) async fn show(
    State(portal): State<Portal>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, Stop> {
    let view = seen_to(&portal, &visitor, &id).await?;
    let (flow, caller) = (&portal.flow, &visitor.session.caller);
    let own = caller.agency.as_str();
    let codes = Codes::of(&portal);
    let gathered = flow.gathered(caller, &id).await?;
    let kind = flow.agency_row(own).await?.kind;
    let mut forms = portal.flow.forms.forms();
    let form = forms.find(|form| answers(form) && writes(form, &kind));
    let form = form.filter(|_| view.waits_for(own) && !gathered.is_empty());
    let title = "What colleagues signed";
    let page = Page {
        frame: Frame::around(&portal, &visitor, Place::Health, title).await?,
        begin: form.map(|form| format!("/forms/{}/new?request={id}&signed=yes", form.id)),
        answers: gathered
            .into_iter()
            .map(|one| Answer {
                question: codes.question(&one.question),
                words: one.answer,
                signed: by(one.signed_by.as_deref(), one.signed),
            })
            .collect(),
        id,
    };
    Ok(Html(page.to_string()).into_response())
}

/// Who signed it, and when.
pub(crate) fn by(name: Option<&str>, at: Option<i64>) -> String {
    let name = name.unwrap_or("a colleague");
    match at {
        Some(at) => format!("Signed by {name}, {}", words::day(at)),
        None => format!("Signed by {name}"),
    }
}
