//! What somebody's roles are told.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{Html, IntoResponse as _, Response};
use gateway_flow::colleague::Told;
use gateway_flow::withdraw::WITHDRAWN;
use serde::Deserialize;

use crate::component::{InsetText, Pagination};
use crate::frame::{Frame, Place};
use crate::page::ON_A_PAGE;
use crate::stop::Stop;
use crate::visitor::Visitor;
use crate::{Portal, words};

/// Which page of the list.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Asked {
    before: Option<String>,
}

/// In place of a list with nothing in it.
pub(crate) const EMPTY: InsetText<'static> = InsetText {
    text: "There is nothing to tell you.",
};

#[derive(Template)]
#[template(path = "page/notices.html")]
struct Page {
    frame: Frame,
    notices: Vec<Line>,
    pages: Option<Pagination>,
}

struct Line {
    text: String,
    /// Where there is more of it, and what the link says.
    more: Option<(String, &'static str)>,
    at: String,
    due: Option<String>,
}

/// Notices for the roles of who asks, the newest first.
pub(crate) async fn list(
    State(portal): State<Portal>,
    visitor: Visitor,
    Query(asked): Query<Asked>,
) -> Result<Response, Stop> {
    let before = asked.before.as_deref();
    let caller = &visitor.session.caller;
    let told = portal.flow.told_to(caller, before, ON_A_PAGE).await?;
    let older = told.last().filter(|_| told.len() == ON_A_PAGE);
    let next = older.map(|last| format!("/notices?before={}", last.id));
    let pages = (before.is_some() || next.is_some()).then(|| Pagination {
        previous: before.map(|_| "/notices".to_owned()),
        next,
    });
    let page = Page {
        frame: Frame::around(&portal, &visitor, Place::Notices, "Notices").await?,
        notices: told.iter().map(line).collect(),
        pages,
    };
    Ok(Html(page.to_string()).into_response())
}

fn line(told: &Told) -> Line {
    Line {
        text: text(told),
        more: more(told),
        at: words::time(told.created),
        due: told.due.map(words::time),
    }
}

/// The message that was withdrawn says of itself by whom and when; a form that is asked for, and
/// who holds a person, have pages of their own.
fn more(told: &Told) -> Option<(String, &'static str)> {
    let kind = told.kind.as_str();
    if kind == WITHDRAWN {
        let exchange = told.exchange.as_ref()?;
        return Some((format!("/messages/{exchange}"), "Open the message"));
    }
    let asked = ["form-asked", "form-reminded", "form-late", "form-overdue"];
    if asked.contains(&kind) || kind == "form-open-again" {
        return Some(("/forms/requests".to_owned(), "See the forms asked for"));
    }
    if kind.starts_with("flag-") {
        let flag = told.exchange.as_ref()?;
        return Some((format!("/hospital-flags/{flag}"), "See the hospital flag"));
    }
    if kind.starts_with("health-") {
        let exchange = told.exchange.as_ref()?;
        return Some((format!("/health-requests/{exchange}"), "Open the request"));
    }
    let custody = kind.starts_with("custody-") || kind.starts_with("hand-over");
    (custody && kind != "custody-moved").then(|| ("/custody".to_owned(), "See custody"))
}

/// A notice as a sentence.
fn text(told: &Told) -> String {
    let named = |name: &Option<String>| name.clone().unwrap_or_else(|| "somebody".to_owned());
    let by = match &told.agency {
        Some(agency) => format!("{} of {agency}", named(&told.by)),
        None => named(&told.by),
    };
    let about = named(&told.about);
    match told.kind.as_str() {
        "people-invited" => format!("{by} invited {about}."),
        "people-joined" => format!("{by} joined by an invitation."),
        "people-invitation-withdrawn" => format!("{by} took back a link that was sent to {about}."),
        "people-deputy-named" => format!("{by} named {about} as deputy for a time."),
        "people-deputy-ended" => format!("{by} ended the time of {about} as deputy."),
        "people-factor-reset" => format!("{by} reset how {about} signs in, after a check."),
        "people-key-added" => format!("{by} added a security key to how they sign in."),
        "people-app-added" => format!("{by} added an authenticator app to how they sign in."),
        "people-key-removed" => format!("{by} removed a security key from how they sign in."),
        "people-key-copied" => format!(
            "A security key of {by} was refused: by its counter there may be a copy of it. Ask them to remove it and to use another."
        ),
        "people-suspended" => format!("{by} suspended {about}."),
        "people-session-moved" => {
            let at = told.agency.as_deref().unwrap_or("an agency");
            format!(
                "The session of {about} at {at} was used from elsewhere than it was begun, and was ended. Ask whether that was them."
            )
        }
        "people-custody-tried" => format!(
            "{by} has claimed custody several times of nobody on record, and is kept from it for a time. Ask whether they need help."
        ),
        "people-restored" => format!("{by} ended the suspension of {about}."),
        "shared" => "Something was shared that you are to know of.".to_owned(),
        "consider-telling-the-subject" => {
            "Consider whether the person is told that something was shared.".to_owned()
        }
        "hold-escalated" => "Something that waits for a decision has passed to you.".to_owned(),
        "form-asked" => "Your agency is asked for a form for a meeting.".to_owned(),
        "form-reminded" => "A form that your agency is asked for is due soon.".to_owned(),
        "form-late" => "A form that your agency is asked for is late.".to_owned(),
        "form-overdue" => {
            "A form that you asked an agency for has not come in time: see the forms asked for."
                .to_owned()
        }
        "form-considered" => {
            "How a meeting used a form that your agency sent was noted.".to_owned()
        }
        "form-open-again" => {
            "Your agency is asked for a form again, because it withdrew the one that it had sent."
                .to_owned()
        }
        WITHDRAWN => "Something that your agency was sent was withdrawn by its sender.".to_owned(),
        "identified" => "A message was matched to a person.".to_owned(),
        other => match custody(other)
            .or_else(|| health(other))
            .or_else(|| flag(other))
        {
            Some(words) => words.to_owned(),
            None => format!("You are told: {}.", other.replace('-', " ")),
        },
    }
}

/// What is told of a health information request.
fn health(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "health-asked" => "Your agency is asked for health information.",
        "health-reminded" => "An answer to a health information request is due soon.",
        "health-late" => "An answer to a health information request is late.",
        "health-overdue" => {
            "A health information request has not been answered in time: ask the health body why."
        }
        "health-answered" => "A health information request was answered.",
        "health-redirected" => {
            "The body that you asked for health information does not have it: another is asked now."
        }
        "health-refused" => "A health information request was refused, with a reason.",
        "health-review" => {
            "A refusal of a health information request waits for you: stand by it, or have it answered."
        }
        "health-reopened" => "A health information request waits for an answer again.",
        "health-wrong-patient" => {
            "An answer to a health information request was about the wrong patient. Nobody can open it any more: destroy what was taken from it."
        }
        "health-untold" => {
            "A health body could not be told that a request was withdrawn: ring it, so that nobody there answers."
        }
        "health-closed" => "The chair took note of a refusal: nothing more is asked.",
        _ => return None,
    })
}

/// What is told of a hospital flag.
fn flag(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "flag-attended" => "A hospital says that a person came of whom a flag is set there.",
        "flag-reminded" => {
            "A hospital flag that your agency set is to be reviewed. It ends by itself then, unless you renew it."
        }
        "flag-lapsed" => "The review of a hospital flag passed, and the flag is over.",
        "flag-ended" => "A hospital flag was ended.",
        "flag-clear" => {
            "A hospital flag is over. Clear it from your own systems, and say here that you have."
        }
        "flag-unopened" => {
            "Nobody at a hospital opened a flag in the time that there was, and the flag is over: its staff do not know of it. Ring the hospital."
        }
        "flag-uncleared" => {
            "A hospital has not said in time that it has cleared a flag that is over: ask it why."
        }
        _ => return None,
    })
}

/// What is told of who holds a person.
fn custody(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "custody-claimed" => "A prison says that a person is with it: see Custody.",
        "custody-confirmed" => "A claim of custody that your agency made was confirmed.",
        "custody-disputed" => {
            "A claim of custody is disputed: the coordination unit settles it. See Custody."
        }
        "custody-settled" => "The coordination unit settled a claim of custody: see Custody.",
        "custody-withdrawn" => "A claim of custody was taken back.",
        "custody-overdue" => {
            "Nobody has answered a claim of custody in time: settle it under Custody."
        }
        "custody-moved" => "A person whose lead agency you are is at another prison.",
        "hand-over" => "Your prison owes its first form on a person who came to it: see Custody.",
        "hand-over-reminded" => "A first form on a person is due soon: see Custody.",
        "hand-over-late" => "A first form on a person is late: see Custody.",
        "form-request-moved" => {
            "A form that your prison was asked for is now asked of the prison that holds the person."
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_says_who_did_what_to_whom_where() {
        let told = Told {
            id: "1".to_owned(),
            kind: "people-suspended".to_owned(),
            role: "coordinator".to_owned(),
            created: 0,
            due: None,
            exchange: None,
            nominal: None,
            agency: Some("Southwark Housing".to_owned()),
            by: Some("Beth Testwell".to_owned()),
            about: Some("Zoe Placeholder".to_owned()),
        };
        assert_eq!(
            text(&told),
            "Beth Testwell of Southwark Housing suspended Zoe Placeholder."
        );
    }
}
