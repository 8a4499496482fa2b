//! The people of one's agency, for its single point of contact, and for the deputy in an absence.

mod deputy;
pub(super) mod form;
mod invite;
mod one;
mod reset;
mod suspend;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{Html, IntoResponse as _, Response};
use axum::routing::{get, post};
use gateway_flow::colleague::{Colleague, Invited, LinkPurpose, NamedDeputy, Right};
use jiff::Timestamp;
use serde::Deserialize;

use crate::component::{Button, InsetText, NotificationBanner, Tag};
use crate::frame::{Frame, Place};
use crate::router::Route;
use crate::stop::Stop;
use crate::visitor::Visitor;
use crate::{Portal, words};

/// The page that the others lead back to.
pub(crate) const PEOPLE: &str = "/agency/people";

/// The routes of these pages.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        ("GET", "/agency/people", get(list)),
        ("GET", "/agency/people/invite", get(invite::form)),
        ("POST", "/agency/people/invite", post(invite::send)),
        (
            "POST",
            "/agency/people/invitations/{id}/withdraw",
            post(invite::withdraw),
        ),
        ("GET", "/agency/people/deputy", get(deputy::form)),
        ("POST", "/agency/people/deputy", post(deputy::send)),
        (
            "POST",
            "/agency/people/deputies/{id}/end",
            post(deputy::end),
        ),
        ("GET", "/agency/people/{id}", get(one::show)),
        ("GET", "/agency/people/{id}/reset", get(reset::form)),
        ("POST", "/agency/people/{id}/reset", post(reset::send)),
        ("GET", "/agency/people/{id}/suspend", get(suspend::form)),
        ("POST", "/agency/people/{id}/suspend", post(suspend::send)),
        (
            "POST",
            "/agency/people/{id}/restore",
            post(suspend::restore),
        ),
    ]
}

/// What was done just before.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Done {
    Invited,
    Withdrawn,
    Named,
    Ended,
    Reset,
    Suspended,
    Restored,
}

impl Done {
    const fn words(self) -> &'static str {
        match self {
            Self::Invited => {
                "The invitation is on its way by mail. The coordination unit has been told"
            }
            Self::Withdrawn => "The link is good no longer",
            Self::Named => "The deputy is named. The coordination unit has been told",
            Self::Ended => "The deputy’s time has ended. The coordination unit has been told",
            Self::Reset => {
                "The old way to sign in has ended, and a link to set it up again is on its way by mail. The coordination unit has been told"
            }
            Self::Suspended => {
                "Suspended, and signed out everywhere. The coordination unit has been told"
            }
            Self::Restored => "The suspension has ended. The coordination unit has been told",
        }
    }
}

/// What has just happened.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Asked {
    done: Option<Done>,
}

/// Leads to the form that invites.
pub(crate) const INVITE: Button<'static> = link("Invite a colleague", "/agency/people/invite", "");
/// Leads to the form that names a deputy.
pub(crate) const DEPUTY: Button<'static> = link(
    "Name a deputy",
    "/agency/people/deputy",
    "govuk-button--secondary",
);
/// Takes a link back.
pub(crate) const WITHDRAW: Button<'static> = submit("Withdraw", "govuk-button--secondary");
/// Ends a deputy's time.
pub(crate) const END: Button<'static> = submit("End now", "govuk-button--secondary");
/// In place of people, where one is alone.
pub(crate) const ALONE: InsetText<'static> = InsetText {
    text: "Nobody else at your agency has an account. Invite a colleague, so that somebody can stand in for you.",
};

const fn link(text: &'static str, href: &'static str, classes: &'static str) -> Button<'static> {
    Button {
        text,
        href: Some(href),
        classes,
        name: "",
        value: "",
        prevent_double_click: false,
    }
}

const fn submit(text: &'static str, classes: &'static str) -> Button<'static> {
    Button {
        text,
        href: None,
        classes,
        name: "",
        value: "",
        prevent_double_click: true,
    }
}

#[derive(Template)]
#[template(path = "page/people.html")]
struct Page {
    frame: Frame,
    agency: String,
    done: Option<Done>,
    spoc: bool,
    people: Vec<Line>,
    invited: Vec<Waiting>,
    deputies: Vec<Deputy>,
}

struct Line {
    id: String,
    name: String,
    email: String,
    roles: String,
    signed_in: Option<String>,
    tag: Tag<'static>,
}

struct Waiting {
    id: String,
    name: String,
    email: String,
    what: String,
    until: String,
    expired: bool,
}

struct Deputy {
    id: String,
    name: String,
    from: String,
    until: String,
    begun: bool,
}

impl Page {
    fn banner(&self) -> Option<NotificationBanner<'_>> {
        self.done.map(|done| NotificationBanner {
            text: done.words(),
            success: true,
        })
    }
}

/// Goes on for who manages the agency's people; reading nothing of them.
async fn managing(portal: &Portal, visitor: &Visitor) -> Result<(), Stop> {
    match portal.flow.manages_people(&visitor.session.caller).await? {
        true => Ok(()),
        false => Err(Stop::Forbidden(
            "only your agency’s single point of contact manages its people, or the deputy while the single point of contact is away".to_owned(),
        )),
    }
}

/// Everybody, with what waits and who stands in.
pub(crate) async fn list(
    State(portal): State<Portal>,
    visitor: Visitor,
    Query(asked): Query<Asked>,
) -> Result<Response, Stop> {
    let people = portal.flow.people(&visitor.session.caller).await?;
    let agency = portal
        .flow
        .agency_row(&visitor.session.person.agency)
        .await?;
    let page = Page {
        frame: Frame::around(&portal, &visitor, Place::People, "People at your agency").await?,
        agency: agency.name,
        done: asked.done,
        spoc: people.right == Right::Spoc,
        people: people.people.iter().map(line).collect(),
        invited: people.invited.into_iter().map(waiting).collect(),
        deputies: people.deputies.into_iter().map(deputy).collect(),
    };
    Ok(Html(page.to_string()).into_response())
}

fn line(one: &Colleague) -> Line {
    let (text, classes) = state(one);
    Line {
        id: one.id.clone(),
        name: one.name.reveal().clone(),
        email: one.email.reveal().clone(),
        roles: roles(one),
        signed_in: one.signed_in.map(at),
        tag: Tag { text, classes },
    }
}

/// How somebody's account stands, and the colour of its tag.
fn state(one: &Colleague) -> (&'static str, &'static str) {
    match (one.suspended, one.myself, one.has_factor) {
        (true, _, _) => ("Suspended", "govuk-tag--red"),
        (false, true, _) => ("You", ""),
        (false, false, false) => ("Cannot sign in yet", "govuk-tag--yellow"),
        (false, false, true) => ("Active", "govuk-tag--green"),
    }
}

fn roles(one: &Colleague) -> String {
    let all: Vec<String> = one
        .roles
        .iter()
        .map(|(role, deputy)| match deputy {
            true => format!("{} as deputy", words::role_title(*role)),
            false => words::role_title(*role).to_owned(),
        })
        .collect();
    match all.is_empty() {
        true => "No role now".to_owned(),
        false => all.join("; "),
    }
}

fn waiting(one: Invited) -> Waiting {
    let what = match (one.purpose, one.role) {
        (LinkPurpose::Join, Some(role)) => format!("Invited as {}", words::role_title(role)),
        (LinkPurpose::Join, None) => "Invited".to_owned(),
        (LinkPurpose::Factor, _) => "To set the second factor up again".to_owned(),
        (LinkPurpose::Both, _) => "To set password and second factor up again".to_owned(),
    };
    Waiting {
        id: one.id,
        name: one.name.into_inner(),
        email: one.email.into_inner(),
        what,
        until: at(one.until),
        expired: one.expired,
    }
}

fn deputy(one: NamedDeputy) -> Deputy {
    // The last day is the one before the instant at which it ends.
    let last = one.until.as_microsecond() - 1;
    Deputy {
        id: one.id,
        name: one.name.into_inner(),
        from: words::day(one.from.as_microsecond()),
        until: words::day(last),
        begun: one.begun,
    }
}

fn at(at: Timestamp) -> String {
    words::time(at.as_microsecond())
}
