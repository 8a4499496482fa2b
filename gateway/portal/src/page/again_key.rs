//! Proving again who one is, by a security key or passkey.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Response};
use axum::routing::{get, post};
use gateway_flow::key::Ceremony;
use gateway_flow::sign_in::Whence;

use super::key::{ASK, Asked, NOT_ASKED, refusal, summary};
use super::sign_in::signed_in;
use crate::Portal;
use crate::component::{ErrorSummary, Html as Markup, KeyForm};
use crate::frame::{Frame, Place};
use crate::router::Route;
use crate::stop::{Stop, leading_on};
use crate::visitor::{Posted, Visitor, own_way};

/// The routes of this page.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        ("GET", "/sign-in/again/key", get(form)),
        ("POST", "/sign-in/again/key", post(send)),
    ]
}

#[derive(Template)]
#[template(path = "page/again_key.html")]
struct Page {
    frame: Frame,
    next: String,
    ceremony: Ceremony,
    wrong: Option<&'static str>,
}

impl Page {
    fn summary(&self) -> Option<ErrorSummary<'_>> {
        summary(self.wrong)
    }

    fn form(&self) -> KeyForm<'_> {
        KeyForm {
            action: "/sign-in/again/key",
            token: self.frame.token(),
            next: &self.next,
            ceremony: &self.ceremony.id,
            options: &self.ceremony.options,
            fields: Markup::default(),
            button: ASK,
            plain: "Confirm with your password and a code from your authenticator app.",
        }
    }

    fn back(&self) -> String {
        match self.next.as_str() {
            "" => "/sign-in/again".to_owned(),
            next => leading_on("/sign-in/again", next),
        }
    }
}

/// The page that asks a key.
pub(crate) async fn form(
    State(portal): State<Portal>,
    visitor: Visitor,
    Query(asked): Query<Asked>,
) -> Result<Response, Stop> {
    page(&portal, &visitor, &asked.next, None).await
}

async fn page(
    portal: &Portal,
    visitor: &Visitor,
    next: &str,
    wrong: Option<&'static str>,
) -> Result<Response, Stop> {
    let title = match wrong {
        Some(_) => "Error: Confirm with your key",
        None => "Confirm with your key",
    };
    let page = Page {
        frame: Frame::around(portal, visitor, Place::Elsewhere, title).await?,
        next: own_way(next).unwrap_or_default().to_owned(),
        ceremony: portal.flow.ask_key(&visitor.token).await?,
        wrong,
    };
    Ok(Html(page.to_string()).into_response())
}

/// Goes on, under a new token.
pub(crate) async fn send(
    State(portal): State<Portal>,
    from: Whence,
    Posted(visitor, fields): Posted,
) -> Result<Response, Stop> {
    let person = &visitor.session.person;
    let (ceremony, answer) = (fields.one("ceremony"), fields.one("answer"));
    let next = fields.one("next");
    if answer.is_empty() {
        let page = page(&portal, &visitor, next, Some(NOT_ASKED)).await?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    }
    let proved = portal
        .flow
        .sign_in_again_by_key(&visitor.token, person, ceremony, answer)
        .await;
    match proved {
        Ok(new) => signed_in(&portal, &from, &new, next).await,
        Err(error) => {
            let (words, status) = refusal(error)?;
            let page = page(&portal, &visitor, next, Some(words)).await?;
            Ok((status, page).into_response())
        }
    }
}
