//! Signing in with a security key or passkey: alone, or after a password in place of a code. The
//! key checks its person by a PIN, a fingerprint or a face, so that it is enough by itself.

use std::convert::Infallible;

use askama::Template;
use axum::extract::{Form, FromRequestParts, Query, State};
use axum::http::header::{HOST, SET_COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse as _, Response};
use axum::routing::{get, post};
use gateway_flow::key::Ceremony;
use gateway_flow::sign_in::{SignInError, Whence};
use serde::Deserialize;

use super::sign_in::{BUSY, signed_in};
use crate::component::{ErrorItem, ErrorSummary, Html as Markup, KeyForm, KeyOffer};
use crate::frame::Frame;
use crate::router::Route;
use crate::stop::{Stop, leading_on};
use crate::visitor::own_way;
use crate::{Portal, cookie};

/// What is said of every key that does not let in, whatever the reason.
pub(crate) const REFUSED: &str = "This did not sign you in. The key may not be set up here, or it took more than 5 minutes, or there were too many attempts. Try again, or use another way to sign in; after 15 minutes you can try this one again.";
/// What is said where no key was asked.
pub(crate) const NOT_ASKED: &str =
    "No key has answered. Press the button, and do what your browser asks.";
/// On the button that asks a key.
pub(crate) const ASK: &str = "Continue with your key";

/// The routes that need nobody to be signed in.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        ("GET", "/sign-in/key", get(form)),
        ("POST", "/sign-in/key", post(send)),
    ]
}

/// Where keys can be used, as seen from the address that a page was asked for by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Keys {
    /// Here.
    Here,
    /// At another address of the same service.
    At(String),
    /// Nowhere: this installation's address has no name.
    Nowhere,
}

impl Keys {
    fn of(origin: Option<&str>, host: Option<&str>) -> Self {
        match (origin, host) {
            (None, _) => Self::Nowhere,
            (Some(origin), Some(host)) if origin == format!("https://{host}") => Self::Here,
            (Some(origin), _) => Self::At(origin.to_owned()),
        }
    }

    /// Whether a key can be asked on this page.
    pub(crate) fn here(&self) -> bool {
        *self == Self::Here
    }

    /// The offer to use one; empty where there are none.
    pub(crate) fn offer(&self, text: &str, next: &str, way: &str) -> Markup {
        let elsewhere = match self {
            Self::Nowhere => return Markup::default(),
            Self::At(origin) => Some(origin.as_str()),
            Self::Here => None,
        };
        let href = match next {
            "" => way.to_owned(),
            next => leading_on(way, next),
        };
        Markup::of(&KeyOffer {
            text,
            href: &href,
            button: "Use a security key or passkey",
            elsewhere,
        })
    }
}

impl FromRequestParts<Portal> for Keys {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, portal: &Portal) -> Result<Self, Infallible> {
        let host = parts.uri.authority().map(ToString::to_string);
        let host = host.or_else(|| Some(parts.headers.get(HOST)?.to_str().ok()?.to_owned()));
        Ok(Self::of(portal.flow.key_origin(), host.as_deref()))
    }
}

/// Where to go on.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    pub(crate) next: String,
}

/// What came back.
#[derive(Deserialize)]
pub(crate) struct Answered {
    #[serde(default)]
    token: String,
    #[serde(default)]
    next: String,
    #[serde(default)]
    ceremony: String,
    #[serde(default)]
    answer: String,
}

#[derive(Template)]
#[template(path = "page/key.html")]
struct Page {
    frame: Frame,
    token: String,
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
            action: "/sign-in/key",
            token: &self.token,
            next: &self.next,
            ceremony: &self.ceremony.id,
            options: &self.ceremony.options,
            fields: Markup::default(),
            button: ASK,
            plain: "Sign in with your password and a code from your authenticator app.",
        }
    }

    fn back(&self) -> String {
        match self.next.as_str() {
            "" => "/sign-in".to_owned(),
            next => leading_on("/sign-in", next),
        }
    }
}

/// What is wrong with no field of its own.
pub(crate) fn summary(wrong: Option<&'static str>) -> Option<ErrorSummary<'static>> {
    let text = wrong?;
    Some(ErrorSummary {
        title: "There is a problem",
        errors: vec![ErrorItem { text, href: "" }],
    })
}

/// The page that asks a key.
pub(crate) async fn form(
    State(portal): State<Portal>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Result<Response, Stop> {
    let known = cookie::value(&headers, cookie::FORM);
    let value = known
        .as_ref()
        .map_or_else(cookie::fresh, |known| known.to_string());
    let ceremony = portal.flow.ask_key(&value).await?;
    let mut response = page(&portal, &value, &asked.next, ceremony, None).await;
    if let (None, Some(set)) = (known, cookie::set(cookie::FORM, &value)) {
        response.headers_mut().append(SET_COOKIE, set);
    }
    Ok(response)
}

/// The page for a browser that holds a form's cookie.
pub(crate) async fn page(
    portal: &Portal,
    form: &str,
    next: &str,
    ceremony: Ceremony,
    wrong: Option<&'static str>,
) -> Response {
    let title = match wrong {
        Some(_) => "Error: Use a security key or passkey",
        None => "Use a security key or passkey",
    };
    let page = Page {
        frame: Frame::bare(portal, title).await,
        token: cookie::token(form),
        next: own_way(next).unwrap_or_default().to_owned(),
        ceremony,
        wrong,
    };
    Html(page.to_string()).into_response()
}

/// Signs in.
pub(crate) async fn send(
    State(portal): State<Portal>,
    from: Whence,
    headers: HeaderMap,
    Form(answered): Form<Answered>,
) -> Result<Response, Stop> {
    let form = cookie::value(&headers, cookie::FORM).ok_or(Stop::Stale)?;
    if !cookie::matches(&answered.token, &form) {
        return Err(Stop::Stale);
    }
    if answered.answer.is_empty() {
        let ceremony = portal.flow.ask_key(&form).await?;
        let page = page(&portal, &form, &answered.next, ceremony, Some(NOT_ASKED)).await;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    }
    let earlier = cookie::value(&headers, cookie::SESSION);
    let earlier = earlier.as_ref().map(|token| token.as_str());
    let (ceremony, answer) = (&answered.ceremony, &answered.answer);
    let signed = portal
        .flow
        .sign_in_by_key(&form, earlier, ceremony, answer)
        .await;
    let (words, status) = match signed {
        Ok(new) => return signed_in(&portal, &from, &new, &answered.next).await,
        Err(error) => refusal(error)?,
    };
    let ceremony = portal.flow.ask_key(&form).await?;
    let page = page(&portal, &form, &answered.next, ceremony, Some(words)).await;
    Ok((status, page).into_response())
}

/// What is said where somebody is not let in.
pub(crate) fn refusal(error: SignInError) -> Result<(&'static str, StatusCode), Stop> {
    match error {
        SignInError::Refused => Ok((REFUSED, StatusCode::FORBIDDEN)),
        SignInError::Busy => Ok((BUSY, StatusCode::SERVICE_UNAVAILABLE)),
        SignInError::Flow(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_offered_where_they_are_good() {
        let origin = Some("https://localhost:8443");
        assert_eq!(Keys::of(origin, Some("localhost:8443")), Keys::Here);
        let at = Keys::At("https://localhost:8443".to_owned());
        for host in [Some("127.0.0.1:8443"), Some("localhost"), None] {
            assert_eq!(Keys::of(origin, host), at, "{host:?}");
        }
        assert_eq!(Keys::of(None, Some("127.0.0.1")), Keys::Nowhere);
        let link = "href=\"/sign-in/key?next=/inbox%3Fa%3Db\"";
        let offer = Keys::Here.offer("x", "/inbox?a=b", "/sign-in/key");
        assert!(offer.to_string().contains(link), "{offer}");
        let offer = at.offer("x", "", "/sign-in/key").to_string();
        assert!(offer.contains("href=\"https://localhost:8443/sign-in\""));
        assert_eq!(Keys::Nowhere.offer("x", "", "/"), Markup::default());
    }
}
