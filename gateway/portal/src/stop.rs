//! Why a page is not shown: each reason a page of its own, with what happened, what was saved,
//! and whom to ring.

use askama::Template;
use axum::http::header::{LOCATION, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use gateway_flow::FlowError;

use crate::Portal;
use crate::frame::Frame;

const NOTHING: &str = "Nothing was changed.";

/// Why a page is not shown. A response that carries one gets its page on the way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stop {
    /// Nobody is signed in, or the session is locked; then to go on there.
    SignIn(String),
    /// The same, and a form that came meanwhile is not kept: whoever sent it is not known.
    Unkept(String),
    /// Who it is must be proved again first; then to go on there.
    Again(String),
    /// What is asked for has a page elsewhere.
    Elsewhere(String),
    /// Not there, or not this agency's: the two are one.
    NotFound,
    /// Not for this person; and why.
    Forbidden(String),
    /// It has happened already, or something else has meanwhile.
    Conflict(String),
    /// Tried too often; and when to try again.
    TooOften(String, u64),
    /// A form whose token does not go with the cookie.
    Stale,
    /// A form from another site.
    Foreign,
    /// Not what this address takes.
    Method,
    /// An address or a form that does not read.
    Unread,
    /// The records or the keys are away.
    Away,
    /// A fault of the gateway, which its log knows of.
    Fault,
}

impl Stop {
    /// A fault: logged here, and not told.
    pub(crate) fn fault(error: &dyn std::error::Error) -> Self {
        tracing::error!(%error, "a page could not be made");
        Self::Fault
    }

    const fn status(&self) -> StatusCode {
        match self {
            Self::SignIn(_) | Self::Unkept(_) | Self::Again(_) | Self::Elsewhere(_) => {
                StatusCode::SEE_OTHER
            }
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Forbidden(_) | Self::Stale | Self::Foreign => StatusCode::FORBIDDEN,
            Self::Conflict(_) => StatusCode::CONFLICT,
            Self::TooOften(..) => StatusCode::TOO_MANY_REQUESTS,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::Unread => StatusCode::BAD_REQUEST,
            Self::Away => StatusCode::SERVICE_UNAVAILABLE,
            Self::Fault => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn said(&self) -> Said {
        let words = |heading, what: &str, saved| Said {
            heading,
            what: what.to_owned(),
            saved,
        };
        match self {
            Self::NotFound
            | Self::SignIn(_)
            | Self::Unkept(_)
            | Self::Again(_)
            | Self::Elsewhere(_) => words(
                "Page not found",
                "There is nothing here for you. If you typed the address, check it. If a link brought you here, what it leads to may be for another agency.",
                NOTHING,
            ),
            Self::Forbidden(why) => words("You cannot open this", &sentence(why), NOTHING),
            Self::Conflict(why) | Self::TooOften(why, _) => {
                words("This could not be done", &sentence(why), NOTHING)
            }
            Self::Stale => words(
                "This form is out of date",
                "You signed in or out since the page was opened. Go back, load the page again, and send the form from there.",
                NOTHING,
            ),
            Self::Foreign => words(
                "This form came from elsewhere",
                "It was not sent from a page of this service. Open the page here and send the form from it.",
                NOTHING,
            ),
            Self::Method => words(
                "This address does not take that",
                "Start again from your inbox.",
                NOTHING,
            ),
            Self::Unread => words(
                "This could not be read",
                "The address or the form is not as this service makes them. Go back, load the page again, and try once more.",
                NOTHING,
            ),
            Self::Away => words(
                "The service is not available",
                "The records cannot be reached at this moment. Try again in a few minutes.",
                "What you had sent before is kept. What you were doing just now was not recorded.",
            ),
            Self::Fault => words(
                "Sorry, there is a problem with the service",
                "This is a fault of the service and not yours. Try again later.",
                "What you had sent before is kept. What you were doing just now may not have been recorded: look at it again before you repeat it.",
            ),
        }
    }

    /// The page, or the way to sign in.
    pub(crate) async fn page(&self, portal: &Portal) -> Response {
        if let Self::SignIn(next) = self {
            return see_other(&sign_in_address(next));
        }
        if let Self::Unkept(next) = self {
            return see_other(&format!("{}&unkept=true", leading_on("/sign-in", next)));
        }
        if let Self::Again(next) = self {
            return see_other(&leading_on("/sign-in/again", next));
        }
        if let Self::Elsewhere(page) = self {
            return see_other(page);
        }
        let said = self.said();
        let page = Page {
            frame: Frame::bare(portal, said.heading).await,
            said,
        };
        let mut response = (self.status(), Html(page.to_string())).into_response();
        let wait = if let Self::TooOften(_, seconds) = self {
            Some(*seconds)
        } else {
            (*self == Self::Away).then_some(60)
        };
        if let Some(seconds) = wait {
            let headers = response.headers_mut();
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// The sign-in page that leads on to a page of ours.
fn sign_in_address(next: &str) -> String {
    if next == "/" || next == "/inbox" {
        return "/sign-in".to_owned();
    }
    leading_on("/sign-in", next)
}

/// An address that leads on to a page of ours.
pub(crate) fn leading_on(address: &str, next: &str) -> String {
    let mut address = format!("{address}?next=");
    for byte in next.bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte) {
            address.push(char::from(byte));
        } else {
            address.push('%');
            address.push_str(&hex::encode_upper([byte]));
        }
    }
    address
}

/// Go on there, by `GET`.
pub(crate) fn see_other(address: &str) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    if let Ok(address) = HeaderValue::from_str(address) {
        response.headers_mut().insert(LOCATION, address);
    }
    response
}

impl IntoResponse for Stop {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<FlowError> for Stop {
    fn from(error: FlowError) -> Self {
        match error {
            FlowError::NotFound => Self::NotFound,
            FlowError::Forbidden(why) => Self::Forbidden(why),
            FlowError::Conflict(what) => Self::Conflict(what),
            FlowError::TooOften { words, seconds } => Self::TooOften(words, seconds),
            FlowError::Unavailable(why) => {
                tracing::warn!(%why, "the records or the keys are away");
                Self::Away
            }
            FlowError::Invalid(_) | FlowError::Internal(_) => Self::fault(&error),
        }
    }
}

struct Said {
    heading: &'static str,
    what: String,
    saved: &'static str,
}

#[derive(Template)]
#[template(path = "page/stop.html")]
struct Page {
    frame: Frame,
    said: Said,
}

/// A reason as a sentence.
pub(crate) fn sentence(why: &str) -> String {
    let mut chars = why.chars();
    let first = chars.next().map(|c| c.to_uppercase().to_string());
    let text = format!("{}{}", first.unwrap_or_default(), chars.as_str());
    if text.ends_with(['.', '!', '?']) {
        text
    } else {
        format!("{text}.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_back_is_encoded() {
        assert_eq!(sign_in_address("/inbox"), "/sign-in");
        assert_eq!(sign_in_address("/messages/1"), "/sign-in?next=/messages/1");
        assert_eq!(
            sign_in_address("/inbox?before=a&b"),
            "/sign-in?next=/inbox%3Fbefore%3Da%26b"
        );
    }

    #[test]
    fn what_is_for_the_operator_is_not_told() {
        for error in [
            FlowError::Internal("secret".to_owned()),
            FlowError::Unavailable("secret".to_owned()),
        ] {
            let said = Stop::from(error).said();
            assert!(!said.what.contains("secret"));
        }
        assert_eq!(sentence("only the named person"), "Only the named person.");
    }
}
