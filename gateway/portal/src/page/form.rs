//! Filling in a form, checking it, sending it, and reading it. Which forms there are, what they
//! ask and of whom follows from their definitions: nothing here knows one by name. A definition's
//! sections have addresses of their own, so none of them may be called `check`.

mod ask;
mod begin;
mod brought;
mod came;
mod carried;
pub(crate) mod check;
mod complete;
pub(crate) mod content;
mod hospital;
pub(crate) mod list;
mod pages;
pub(crate) mod print;
pub(crate) mod queue;
pub(crate) mod read;
pub(crate) mod request;
pub(crate) mod requests;
mod row;
mod section;
pub(crate) mod show;
mod start;
mod table;
mod tasks;
pub(crate) mod used;
#[cfg(test)]
mod ways;
mod word;

use axum::extract::DefaultBodyLimit;
use axum::response::Response;
use axum::routing::{get, post};
use gateway_flow::flag::FlagState;
use gateway_flow::{Caller, FlowError};
use gateway_forms::Definition;
use gateway_store::rows::AgencyRow;

use self::content::Paper;
use crate::Portal;
use crate::component::{Button, ErrorItem, ErrorSummary, NotificationBanner};
use crate::page::compose;
use crate::router::Route;
use crate::stop::{Stop, see_other};
use crate::visitor::Visitor;

/// The longest piece of a form that is taken; its parts are measured one by one.
const LARGEST: usize = 32 << 20;

/// Where they are.
pub(crate) fn routes() -> Vec<Route> {
    let limit = || DefaultBodyLimit::max(LARGEST);
    vec![
        ("GET", "/forms", get(list::list)),
        ("GET", queue::HERE, get(queue::page)),
        ("POST", queue::HERE, post(queue::decide)),
        ("GET", requests::HERE, get(requests::list)),
        ("GET", request::HERE, get(request::page)),
        ("POST", request::HERE, post(request::ask)),
        ("GET", used::HERE, get(used::page)),
        ("POST", used::HERE, post(used::note)),
        ("GET", "/forms/{form}/word", get(word::file)),
        ("GET", "/forms/{form}/new", get(begin::page)),
        ("POST", begin::HERE, post(begin::begin)),
        ("GET", "/forms/draft/{id}", get(tasks::show)),
        ("GET", "/forms/draft/{id}/check", get(check::page)),
        ("POST", "/forms/draft/{id}/check", post(check::send)),
        ("GET", "/forms/draft/{id}/{section}", get(section::show)),
        (
            "POST",
            "/forms/draft/{id}/{section}",
            post(section::save).layer(limit()),
        ),
        (
            "GET",
            "/forms/draft/{id}/{section}/{field}",
            get(table::show),
        ),
        (
            "POST",
            "/forms/draft/{id}/{section}/{field}",
            post(table::save).layer(limit()),
        ),
        (
            "GET",
            "/forms/draft/{id}/{section}/{field}/{row}",
            get(row::show),
        ),
        (
            "POST",
            "/forms/draft/{id}/{section}/{field}/{row}",
            post(row::save).layer(limit()),
        ),
        ("GET", "/messages/{id}/form", get(read::received)),
        ("GET", "/sent/{id}", get(read::sent)),
        ("GET", "/messages/{id}/form.pdf", get(print::received)),
        ("GET", "/sent/{id}/form.pdf", get(print::sent)),
        ("GET", "/forms/draft/{id}/form.pdf", get(print::draft)),
    ]
}

/// Keeps what is written, and goes on.
pub(crate) const CONTINUE: Button<'static> = Button {
    text: "Save and continue",
    href: None,
    classes: "",
    name: "do",
    value: "continue",
    prevent_double_click: false,
};

/// Keeps what is written, and leaves.
pub(crate) const LATER: Button<'static> = Button {
    text: "Save and return later",
    href: None,
    classes: "govuk-button--secondary",
    name: "do",
    value: "later",
    prevent_double_click: false,
};

/// Where one is after leaving a form for later.
const LEFT: &str = "/forms?saved=true";

/// What has just been done.
#[derive(Debug, Default, serde::Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    beside: bool,
    /// Of a table: the page.
    #[serde(default)]
    page: usize,
    /// A file was read by a guess at how it is written.
    #[serde(default)]
    guessed: bool,
}

const BESIDE: &str = "This page was changed in another window. What you wrote here is kept as a draft of its own: nothing is lost";
const GUESSED: &str = "The file does not say how its letters are written, and was read as Windows text. Check names with accents. To be sure, save it in the spreadsheet as CSV (UTF-8)";

impl Asked {
    fn banner(&self) -> Option<NotificationBanner<'static>> {
        let text = match (self.beside, self.guessed) {
            (true, _) => BESIDE,
            (false, true) => GUESSED,
            (false, false) => return None,
        };
        Some(NotificationBanner {
            text,
            success: false,
        })
    }
}

/// A draft of the visitor's; where it is something else or has been sent, the way there.
async fn paper<'p>(
    portal: &'p Portal,
    visitor: &Visitor,
    id: &str,
) -> Result<Result<Paper<'p>, Response>, Stop> {
    match came::draft(portal, &visitor.session.person, id).await {
        Ok(Some(paper)) => Ok(Ok(paper)),
        Ok(None) => Ok(Err(see_other(&format!("/drafts/{id}")))),
        Err(Stop::NotFound) => Ok(Err(compose::sent(portal, visitor, id).await?)),
        Err(stop) => Err(stop),
    }
}

/// Whether an agency of this kind writes a form.
pub(crate) fn writes(form: &Definition, kind: &str) -> bool {
    form.writers.iter().any(|writer| writer.as_str() == kind)
}

/// Whether a form answers a request, and so is begun from one.
pub(crate) const fn answers(form: &Definition) -> bool {
    form.says.outcome.is_some()
}

/// Whether a form answers a hospital flag, and so is begun from one.
pub(crate) const fn answers_flag(form: &Definition) -> bool {
    form.says.attended_on.is_some()
}

/// Whether a flag is set at the caller's agency, which says when the person comes.
pub(crate) async fn waits_for_attendance(
    portal: &Portal,
    caller: &Caller,
    flag: &str,
) -> Result<bool, FlowError> {
    match portal.flow.hospital_flag(caller, flag).await {
        Ok(view) => Ok(view.holder == caller.agency.as_str() && view.state == FlagState::Set),
        Err(FlowError::NotFound) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Whether a request waits for an answer of the caller's agency.
pub(crate) async fn waits_for_answer(
    portal: &Portal,
    caller: &Caller,
    request: &str,
) -> Result<bool, FlowError> {
    match portal.flow.health_request(caller, request).await {
        Ok(view) => Ok(view.waits_for(caller.agency.as_str())),
        Err(FlowError::NotFound) => Ok(false),
        Err(error) => Err(error),
    }
}

/// The agencies that a form can name.
async fn agencies(portal: &Portal, visitor: &Visitor) -> Result<Vec<AgencyRow>, Stop> {
    let agency = &visitor.session.caller.agency;
    Ok(portal.flow.addressable(agency).await?)
}

/// What is wrong on a page: words, and where they lead.
pub(crate) type Wrong = (String, String);

fn summary(wrong: &[Wrong]) -> Option<String> {
    let errors = wrong.iter().map(|(text, href)| ErrorItem { text, href });
    let summary = ErrorSummary {
        title: "There is a problem",
        errors: errors.collect(),
    };
    (!wrong.is_empty()).then(|| summary.to_string())
}

/// A page's title, which says when something on it is wrong.
pub(crate) fn title(heading: &str, is_wrong: bool) -> String {
    match is_wrong {
        true => format!("Error: {heading}"),
        false => heading.to_owned(),
    }
}

/// What is wrong, as a sentence begins, without an end.
pub(crate) fn capital(words: &str) -> String {
    let mut chars = words.chars();
    let first = chars.next().map(|c| c.to_uppercase().to_string());
    format!("{}{}", first.unwrap_or_default(), chars.as_str())
}
