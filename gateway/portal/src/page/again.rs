//! Proving again who one is, before an act that asks for it (step-up).

use askama::Template;
use axum::extract::{Form, Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Response};
use gateway_flow::sign_in::{SignInError, Whence};
use serde::Deserialize;
use zeroize::Zeroizing;

use super::key::Keys;
use super::sign_in::{BUSY, signed_in, wiped};
use crate::component::{Button, ErrorItem, ErrorSummary, Input, PasswordInput};
use crate::frame::{Frame, Place};
use crate::stop::Stop;
use crate::visitor::{Visitor, own_way};
use crate::{Portal, cookie};

const REFUSED: &str = "Your password or code is not right, or there were too many attempts. Check both and use the newest code; after 15 minutes you can try again.";

/// Where to go on.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    next: String,
}

/// What was typed.
#[derive(Deserialize)]
pub(crate) struct Typed {
    #[serde(default)]
    token: String,
    #[serde(default)]
    next: String,
    #[serde(default, deserialize_with = "wiped")]
    password: Zeroizing<String>,
    #[serde(default)]
    code: String,
}

/// What is wrong with it, by field; or with both.
#[derive(Debug, Default)]
struct Wrong {
    password: Option<&'static str>,
    code: Option<&'static str>,
    all: Option<&'static str>,
}

impl Wrong {
    fn of(typed: &Typed) -> Option<Self> {
        let code = typed.code.trim().is_empty();
        let wrong = Self {
            password: typed.password.is_empty().then_some("Enter your password"),
            code: code.then_some("Enter the 6-digit code"),
            all: None,
        };
        let any = wrong.password.is_some() || wrong.code.is_some();
        any.then_some(wrong)
    }
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

#[derive(Template)]
#[template(path = "page/again.html")]
struct Page {
    frame: Frame,
    email: String,
    next: String,
    wrong: Option<Wrong>,
    /// An authenticator app is set up.
    app: bool,
    /// Where keys can be used, where there is one.
    keys: Option<Keys>,
}

impl Page {
    async fn new(
        portal: &Portal,
        visitor: &Visitor,
        keys: Keys,
        next: &str,
        wrong: Option<Wrong>,
    ) -> Result<Self, Stop> {
        let title = match wrong {
            Some(_) => "Error: Confirm that it is you",
            None => "Confirm that it is you",
        };
        let email = portal.flow.person_email(&visitor.session.person).await?;
        let factors = portal.flow.factors(&visitor.session).await?;
        Ok(Self {
            app: factors.app,
            keys: (!factors.keys.is_empty()).then_some(keys),
            frame: Frame::around(portal, visitor, Place::Elsewhere, title).await?,
            email: email.into_inner(),
            next: own_way(next).unwrap_or_default().to_owned(),
            wrong,
        })
    }

    fn summary(&self) -> Option<ErrorSummary<'_>> {
        let wrong = self.wrong.as_ref()?;
        let fields = [
            (wrong.password, "#password"),
            (wrong.code, "#code"),
            (wrong.all, "#password"),
        ];
        let errors = fields.into_iter();
        let errors = errors.filter_map(|(text, href)| text.map(|text| ErrorItem { text, href }));
        Some(ErrorSummary {
            title: "There is a problem",
            errors: errors.collect(),
        })
    }

    fn password(&self) -> PasswordInput<'_> {
        PasswordInput {
            id: "password",
            name: "password",
            label: "Password",
            error: self.wrong.as_ref().and_then(|wrong| wrong.password),
            ..PasswordInput::default()
        }
    }

    fn code(&self) -> Input<'_> {
        Input {
            id: "code",
            name: "code",
            kind: "text",
            label: "One-time code",
            hint: Some("The 6-digit code that your authenticator app shows now"),
            classes: "govuk-input--width-10 govuk-input--extra-letter-spacing",
            error: self.wrong.as_ref().and_then(|wrong| wrong.code),
            autocomplete: Some("one-time-code"),
            inputmode: Some("numeric"),
            ..Input::default()
        }
    }
}

/// The form.
pub(crate) async fn form(
    State(portal): State<Portal>,
    visitor: Visitor,
    keys: Keys,
    Query(asked): Query<Asked>,
) -> Result<Response, Stop> {
    let page = Page::new(&portal, &visitor, keys, &asked.next, None).await?;
    Ok(Html(page.to_string()).into_response())
}

/// Goes on, under a new token.
pub(crate) async fn send(
    State(portal): State<Portal>,
    visitor: Visitor,
    from: Whence,
    keys: Keys,
    Form(typed): Form<Typed>,
) -> Result<Response, Stop> {
    if !cookie::matches(&typed.token, &visitor.token) {
        return Err(Stop::Stale);
    }
    if let Some(wrong) = Wrong::of(&typed) {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        return refused(&portal, &visitor, keys, &typed, (wrong, status)).await;
    }
    let email = portal.flow.person_email(&visitor.session.person).await?;
    let code = typed.code.replace(' ', "");
    let proved = portal
        .flow
        .sign_in_again(&visitor.token, email.reveal(), &typed.password, &code)
        .await;
    let all = |words| Wrong {
        all: Some(words),
        ..Wrong::default()
    };
    match proved {
        Ok(new) => signed_in(&portal, &from, &new, &typed.next).await,
        Err(SignInError::Refused) => {
            let (wrong, status) = (all(REFUSED), StatusCode::FORBIDDEN);
            refused(&portal, &visitor, keys, &typed, (wrong, status)).await
        }
        Err(SignInError::Busy) => {
            let (wrong, status) = (all(BUSY), StatusCode::SERVICE_UNAVAILABLE);
            refused(&portal, &visitor, keys, &typed, (wrong, status)).await
        }
        Err(SignInError::Flow(error)) => Err(error.into()),
    }
}

async fn refused(
    portal: &Portal,
    visitor: &Visitor,
    keys: Keys,
    typed: &Typed,
    (wrong, status): (Wrong, StatusCode),
) -> Result<Response, Stop> {
    let page = Page::new(portal, visitor, keys, &typed.next, Some(wrong)).await?;
    Ok((status, Html(page.to_string())).into_response())
}
