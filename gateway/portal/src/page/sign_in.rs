//! Signing in, and going on where one was.

use askama::Template;
use axum::extract::{Form, Query, State};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse as _, Response};
use gateway_flow::sign_in::{NewSession, SignInError, Standing, Whence};
use serde::{Deserialize, Deserializer};
use zeroize::Zeroizing;

use super::key::{self, Keys};
use crate::component::{Button, ErrorItem, ErrorSummary, Input, NotificationBanner, PasswordInput};
use crate::frame::Frame;
use crate::page::moved;
use crate::stop::{Stop, see_other};
use crate::visitor::own_way;
use crate::{Portal, cookie};

const REFUSED: &str = "Your email address, password or code is not right, or there were too many attempts. Check all three and use the newest code; after 15 minutes you can try again.";
const OVER: &str =
    "Your session has ended. Sign in to go on: what you wrote is kept in your drafts";
const UNKEPT: &str = "Your session had ended before you sent the form, so nothing was done and what you wrote in it is not kept. Drafts that were saved before are. Sign in, and write it again";
pub(crate) const BUSY: &str =
    "Too many people are signing in at this moment. Wait a few seconds and try again.";

/// Where to go on, and what has just happened.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    next: String,
    #[serde(default)]
    out: bool,
    #[serde(default)]
    ready: bool,
    /// A form came with it, and is not kept.
    #[serde(default)]
    unkept: bool,
    /// What was set up, where that was not an app.
    #[serde(default)]
    set: String,
}

/// What was typed.
#[derive(Deserialize)]
pub(crate) struct Typed {
    #[serde(default)]
    token: String,
    #[serde(default)]
    next: String,
    #[serde(default)]
    email: String,
    #[serde(default, deserialize_with = "wiped")]
    password: Zeroizing<String>,
    #[serde(default)]
    code: String,
    /// By what else than a code.
    #[serde(default)]
    with: String,
}

impl Typed {
    /// A key is to be asked in place of a code.
    fn by_key(&self) -> bool {
        self.with == "key"
    }
}

/// A text that is wiped when it is dropped.
pub(crate) fn wiped<'de, D: Deserializer<'de>>(text: D) -> Result<Zeroizing<String>, D::Error> {
    String::deserialize(text).map(Zeroizing::new)
}

/// What is wrong with it, by field; or with all of it.
#[derive(Debug, Default)]
struct Wrong {
    email: Option<&'static str>,
    password: Option<&'static str>,
    code: Option<&'static str>,
    all: Option<&'static str>,
}

impl Wrong {
    fn of(typed: &Typed) -> Option<Self> {
        let wrong = Self {
            email: typed
                .email
                .trim()
                .is_empty()
                .then_some("Enter your email address"),
            password: typed.password.is_empty().then_some("Enter your password"),
            code: (typed.code.trim().is_empty() && !typed.by_key())
                .then_some("Enter the 6-digit code"),
            all: None,
        };
        let any = wrong.email.is_some() || wrong.password.is_some() || wrong.code.is_some();
        any.then_some(wrong)
    }
}

/// Sends the form.
pub(crate) const SEND: Button<'static> = Button {
    text: "Sign in",
    href: None,
    classes: "",
    name: "",
    value: "",
    prevent_double_click: true,
};

#[derive(Template)]
#[template(path = "page/sign_in.html")]
struct Page {
    frame: Frame,
    token: String,
    next: String,
    email: String,
    wrong: Option<Wrong>,
    /// What has happened before.
    told: Option<&'static str>,
    keys: Keys,
}

impl Page {
    fn summary(&self) -> Option<ErrorSummary<'_>> {
        let wrong = self.wrong.as_ref()?;
        let fields = [
            (wrong.email, "#email"),
            (wrong.password, "#password"),
            (wrong.code, "#code"),
            (wrong.all, "#email"),
        ];
        let errors = fields.into_iter();
        let errors = errors.filter_map(|(text, href)| text.map(|text| ErrorItem { text, href }));
        Some(ErrorSummary {
            title: "There is a problem",
            errors: errors.collect(),
        })
    }

    fn banner(&self) -> Option<NotificationBanner<'_>> {
        let text = self.told.filter(|_| self.wrong.is_none())?;
        Some(NotificationBanner {
            text,
            success: false,
        })
    }

    fn email(&self) -> Input<'_> {
        Input {
            id: "email",
            name: "email",
            kind: "email",
            label: "Email address",
            error: self.wrong.as_ref().and_then(|wrong| wrong.email),
            value: (!self.email.is_empty()).then_some(&self.email),
            autocomplete: Some("username"),
            ..Input::default()
        }
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

/// The form; or, for who is signed in, on to where they were going.
pub(crate) async fn form(
    State(portal): State<Portal>,
    Query(asked): Query<Asked>,
    from: Whence,
    keys: Keys,
    headers: HeaderMap,
) -> Result<Response, Stop> {
    let mut told = match (asked.out, asked.ready) {
        (true, _) => Some("You have signed out"),
        (false, true) => {
            Some("You are set up. Sign in with your password and the next code that your app shows")
        }
        (false, false) if asked.unkept => Some(UNKEPT),
        (false, false) if asked.set == "key" => Some("You are set up. Sign in with your key"),
        (false, false) => None,
    };
    if let Some(token) = cookie::value(&headers, cookie::SESSION) {
        match portal.flow.session(&token, &from).await? {
            Standing::Open(_) => return Ok(see_other(own_way(&asked.next).unwrap_or("/inbox"))),
            Standing::Locked(_) => {
                told = Some(
                    "You were away for 20 minutes, so your session was locked. Sign in to go on where you were",
                );
            }
            // Of every cookie that is good no longer, and of one that never was.
            Standing::Absent => told = told.or(Some(OVER)),
        }
    }
    let known = cookie::value(&headers, cookie::FORM);
    let value = known
        .as_ref()
        .map_or_else(cookie::fresh, |known| known.to_string());
    let page = Page {
        frame: Frame::bare(&portal, "Sign in").await,
        token: cookie::token(&value),
        next: own_way(&asked.next).unwrap_or_default().to_owned(),
        email: String::new(),
        wrong: None,
        told,
        keys,
    };
    let mut response = Html(page.to_string()).into_response();
    if let (None, Some(set)) = (known, cookie::set(cookie::FORM, &value)) {
        response.headers_mut().append(SET_COOKIE, set);
    }
    Ok(response)
}

/// Signs in.
pub(crate) async fn send(
    State(portal): State<Portal>,
    from: Whence,
    keys: Keys,
    headers: HeaderMap,
    Form(typed): Form<Typed>,
) -> Result<Response, Stop> {
    let form = cookie::value(&headers, cookie::FORM).ok_or(Stop::Stale)?;
    if !cookie::matches(&typed.token, &form) {
        return Err(Stop::Stale);
    }
    if let Some(wrong) = Wrong::of(&typed) {
        return Ok(again(
            &portal,
            &form,
            typed,
            keys,
            (wrong, StatusCode::UNPROCESSABLE_ENTITY),
        )
        .await);
    }
    let all = |words| Wrong {
        all: Some(words),
        ..Wrong::default()
    };
    let done = match typed.by_key() {
        true => ask_key(&portal, &form, &typed).await,
        false => match proved(&portal, &headers, &typed).await {
            Ok(new) => return signed_in(&portal, &from, &new, &typed.next).await,
            Err(error) => Err(error),
        },
    };
    let (words, status) = match done {
        Ok(response) => return Ok(response),
        Err(SignInError::Refused) => (REFUSED, StatusCode::FORBIDDEN),
        Err(SignInError::Busy) => (BUSY, StatusCode::SERVICE_UNAVAILABLE),
        Err(SignInError::Flow(error)) => return Err(error.into()),
    };
    Ok(again(&portal, &form, typed, keys, (all(words), status)).await)
}

/// The page that asks a key, after the password. Whether that was right is not said there.
async fn ask_key(portal: &Portal, form: &str, typed: &Typed) -> Result<Response, SignInError> {
    let (flow, email) = (&portal.flow, typed.email.trim());
    let ceremony = flow.ask_key_after(form, email, &typed.password).await?;
    Ok(key::page(portal, form, &typed.next, ceremony, None).await)
}

/// A session of one's own; or the one that was locked, gone on with.
async fn proved(
    portal: &Portal,
    headers: &HeaderMap,
    typed: &Typed,
) -> Result<NewSession, SignInError> {
    let (email, code) = (typed.email.trim(), typed.code.replace(' ', ""));
    match cookie::value(headers, cookie::SESSION) {
        Some(token) => {
            let flow = &portal.flow;
            flow.sign_in_again(&token, email, &typed.password, &code)
                .await
        }
        None => portal.flow.sign_in(email, &typed.password, &code).await,
    }
}

/// On to a page, with the cookie of the session, which is bound to where it is begun; of sessions
/// that were used from elsewhere their person is told first.
pub(crate) async fn signed_in(
    portal: &Portal,
    from: &Whence,
    new: &NewSession,
    next: &str,
) -> Result<Response, Stop> {
    portal.flow.bind_session(new, from).await?;
    let next = own_way(next).unwrap_or("/inbox");
    let mut response = match moved::untold(portal, &new.session).await? {
        true => see_other(&moved::before(next)),
        false => see_other(next),
    };
    let cookies = [
        cookie::set(cookie::SESSION, &new.token),
        cookie::clear(cookie::FORM),
    ];
    for set in cookies.into_iter().flatten() {
        response.headers_mut().append(SET_COOKIE, set);
    }
    Ok(response)
}

async fn again(
    portal: &Portal,
    form: &str,
    typed: Typed,
    keys: Keys,
    (wrong, status): (Wrong, StatusCode),
) -> Response {
    let page = Page {
        frame: Frame::bare(portal, "Error: Sign in").await,
        token: cookie::token(form),
        next: own_way(&typed.next).unwrap_or_default().to_owned(),
        email: typed.email,
        wrong: Some(wrong),
        told: None,
        keys,
    };
    (status, Html(page.to_string())).into_response()
}
