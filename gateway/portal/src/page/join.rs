//! The page of a link that is good once: to join, or to set a second factor anew. To look at it
//! changes nothing, since programs that scan mail open every link; and a link that is over says
//! nothing of whom it was for.

use askama::Template;
use axum::extract::{Form, Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Response};
use gateway_flow::colleague::{Chosen, JoinError, Link, LinkPurpose, OpenLink};
use gateway_flow::error::FieldFault;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::join_key;
use super::key::Keys;
use super::sign_in::{BUSY, wiped};
use crate::Portal;
use crate::component::{Button, ErrorItem, ErrorSummary, Input, PasswordInput};
use crate::frame::Frame;
use crate::qr;
use crate::stop::{Stop, see_other};
use crate::words;

/// What was typed.
#[derive(Deserialize)]
pub(crate) struct Typed {
    #[serde(default, deserialize_with = "wiped")]
    password: Zeroizing<String>,
    #[serde(default)]
    code: String,
    /// By what else than an app.
    #[serde(default)]
    with: String,
}

/// Sends the form.
pub(crate) const SEND: Button<'static> = Button {
    text: "Continue",
    href: None,
    classes: "",
    name: "",
    value: "",
    prevent_double_click: true,
};

/// Goes on to a key in place of the app.
pub(crate) const WITH_KEY: Button<'static> = Button {
    text: "Use a security key or passkey",
    href: None,
    classes: "govuk-button--secondary",
    name: "with",
    value: "key",
    prevent_double_click: true,
};
const NOT_TAKEN: &str = "The key was not set up: it took more than 5 minutes, or its answer was not right. Choose your password and try again. The key must have a PIN, or check your fingerprint or face.";

#[derive(Template)]
#[template(path = "page/join.html")]
struct Page {
    frame: Frame,
    heading: &'static str,
    token: String,
    agency: String,
    purpose: LinkPurpose,
    until: String,
    /// The key in groups of four letters.
    key: String,
    picture: crate::component::Html,
    password: Option<String>,
    code: Option<String>,
    all: Option<&'static str>,
    keys: Keys,
}

/// What is wrong with what was typed.
#[derive(Default)]
struct Wrong {
    faults: Vec<FieldFault>,
    all: Option<&'static str>,
}

impl Page {
    async fn new(
        portal: &Portal,
        token: &str,
        open: &OpenLink,
        keys: Keys,
        wrong: Wrong,
    ) -> Result<Self, Stop> {
        let heading = match open.purpose {
            LinkPurpose::Join => "Set up your account",
            LinkPurpose::Factor => "Set up how you sign in again",
            LinkPurpose::Both => "Set up your sign-in again",
        };
        let any = wrong.all.is_some() || !wrong.faults.is_empty();
        let title = if any {
            format!("Error: {heading}")
        } else {
            heading.to_owned()
        };
        let at = |pointer| {
            let mut faults = wrong.faults.iter();
            let fault = faults.find(|fault| fault.pointer == pointer);
            fault.map(|fault| fault.detail.clone())
        };
        Ok(Self {
            frame: Frame::bare(portal, &title).await,
            heading,
            token: token.to_owned(),
            agency: open.agency.clone(),
            purpose: open.purpose,
            until: words::time(open.until.as_microsecond()),
            key: grouped(&open.secret),
            picture: qr::picture(&address(&open.agency, &open.secret))
                .map_err(|error| Stop::fault(&error))?,
            password: at("/password"),
            code: at("/code"),
            all: wrong.all,
            keys,
        })
    }

    fn summary(&self) -> Option<ErrorSummary<'_>> {
        let fields = [
            (self.password.as_deref(), "#password"),
            (self.code.as_deref(), "#code"),
            (self.all, "#password"),
        ];
        let errors: Vec<_> = fields
            .into_iter()
            .filter_map(|(text, href)| text.map(|text| ErrorItem { text, href }))
            .collect();
        (!errors.is_empty()).then_some(ErrorSummary {
            title: "There is a problem",
            errors,
        })
    }

    fn keeps_password(&self) -> bool {
        self.purpose == LinkPurpose::Factor
    }

    fn password(&self) -> PasswordInput<'_> {
        PasswordInput {
            id: "password",
            name: "password",
            label: match self.keeps_password() {
                true => "Your password",
                false => "New password",
            },
            error: self.password.as_deref(),
            ..PasswordInput::default()
        }
    }

    fn code(&self) -> Input<'_> {
        Input {
            id: "code",
            name: "code",
            kind: "text",
            label: "One-time code",
            hint: Some("The 6-digit code that the app shows now for this key"),
            classes: "govuk-input--width-10 govuk-input--extra-letter-spacing",
            error: self.code.as_deref(),
            autocomplete: Some("one-time-code"),
            inputmode: Some("numeric"),
            ..Input::default()
        }
    }
}

#[derive(Template)]
#[template(path = "page/link_over.html")]
struct Over {
    frame: Frame,
    heading: &'static str,
    what: &'static str,
}

/// What the link leads to.
pub(crate) async fn form(
    State(portal): State<Portal>,
    Path(token): Path<String>,
    keys: Keys,
) -> Result<Response, Stop> {
    shown(&portal, &token, keys, Wrong::default(), StatusCode::OK).await
}

/// The page of a link as it is now.
async fn shown(
    portal: &Portal,
    token: &str,
    keys: Keys,
    wrong: Wrong,
    status: StatusCode,
) -> Result<Response, Stop> {
    match portal.flow.link(token).await? {
        Link::Open(open) => {
            let page = Page::new(portal, token, &open, keys, wrong).await?;
            Ok((status, Html(page.to_string())).into_response())
        }
        over @ (Link::Used | Link::Expired | Link::Withdrawn | Link::Unknown) => {
            Ok(is_over(portal, &over).await)
        }
    }
}

/// Takes it.
pub(crate) async fn send(
    State(portal): State<Portal>,
    Path(token): Path<String>,
    keys: Keys,
    Form(typed): Form<Typed>,
) -> Result<Response, Stop> {
    let done = if typed.with == "key" {
        let asked = portal.flow.ask_key_by_link(&token, &typed.password).await;
        match asked {
            Ok(ceremony) => Ok(join_key::page(&portal, &token, ceremony).await),
            Err(error) => Err(error),
        }
    } else {
        let chosen = Chosen {
            password: typed.password,
            code: typed.code.replace(' ', ""),
        };
        let set = portal.flow.take_link(&token, chosen).await;
        set.map(|()| see_other("/sign-in?ready=true"))
    };
    match done {
        Ok(response) => Ok(response),
        Err(error) => failed(&portal, &token, keys, error).await,
    }
}

/// Why a link was not taken.
pub(super) async fn failed(
    portal: &Portal,
    token: &str,
    keys: Keys,
    error: JoinError,
) -> Result<Response, Stop> {
    let (wrong, status) = match error {
        JoinError::Over(over) => return Ok(is_over(portal, &over).await),
        JoinError::Flow(error) => return Err(error.into()),
        JoinError::Wrong(faults) => (
            Wrong { faults, all: None },
            StatusCode::UNPROCESSABLE_ENTITY,
        ),
        JoinError::Busy => (
            Wrong {
                all: Some(BUSY),
                ..Wrong::default()
            },
            StatusCode::SERVICE_UNAVAILABLE,
        ),
    };
    shown(portal, token, keys, wrong, status).await
}

/// The page once more, after a key that was not taken.
pub(super) async fn begin_again(
    portal: &Portal,
    token: &str,
    keys: Keys,
    status: StatusCode,
) -> Result<Response, Stop> {
    let wrong = Wrong {
        all: Some(NOT_TAKEN),
        ..Wrong::default()
    };
    shown(portal, token, keys, wrong, status).await
}

async fn is_over(portal: &Portal, over: &Link) -> Response {
    let (heading, what, status) = match over {
        Link::Used => (
            "This link has been used",
            "It was good once. If it was you who used it, sign in with your password and a code from your app. If it was not, tell your agency’s single point of contact or the coordination unit at once.",
            StatusCode::GONE,
        ),
        Link::Expired => (
            "This link is too old",
            "It was good for 72 hours. Ask your agency’s single point of contact to send another.",
            StatusCode::GONE,
        ),
        Link::Withdrawn => (
            "This link is no longer good",
            "It was taken back, or a newer one was sent. Look for a newer mail from the gateway, or ask your agency’s single point of contact to send another.",
            StatusCode::GONE,
        ),
        Link::Unknown | Link::Open(_) => (
            "This link is not complete",
            "Open it again from the mail, or copy the whole of it: it is one long line. If that does not help, ask your agency’s single point of contact to send another.",
            StatusCode::NOT_FOUND,
        ),
    };
    let page = Over {
        frame: Frame::bare(portal, heading).await,
        heading,
        what,
    };
    (status, Html(page.to_string())).into_response()
}

/// A key as it is typed: four letters and a space.
pub(crate) fn grouped(key: &str) -> String {
    let letters: Vec<char> = key.chars().collect();
    let groups: Vec<String> = letters
        .chunks(4)
        .map(|four| four.iter().collect())
        .collect();
    groups.join(" ")
}

/// What an authenticator app reads (the Key URI format). It names the agency and nobody.
pub(crate) fn address(agency: &str, secret: &str) -> String {
    let encoded = |text: &str| {
        let mut encoded = String::new();
        for byte in text.bytes() {
            if byte.is_ascii_alphanumeric() {
                encoded.push(char::from(byte));
            } else {
                encoded.push('%');
                encoded.push_str(&hex::encode_upper([byte]));
            }
        }
        encoded
    };
    let issuer = encoded("MAPPA gateway");
    format!(
        "otpauth://totp/{issuer}:{}?secret={secret}&issuer={issuer}",
        encoded(agency)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_in_groups_and_its_address_is_encoded() {
        assert_eq!(grouped("ABCDEFGHIJ"), "ABCD EFGH IJ");
        assert_eq!(
            address("Guy’s & co", "AB"),
            "otpauth://totp/MAPPA%20gateway:Guy%E2%80%99s%20%26%20co?secret=AB&issuer=MAPPA%20gateway"
        );
    }
}
