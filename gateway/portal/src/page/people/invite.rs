//! Inviting a colleague, and taking an invitation back.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Response};
use gateway_core::Role;
use gateway_flow::colleague::{NewColleague, roles_given_at};

use super::form::Faults;
use crate::component::{BackLink, Button, ChoiceItem, Choices, Input};
use crate::frame::{Frame, Place};
use crate::stop::{Stop, see_other};
use crate::visitor::{Posted, Visitor};
use crate::{Portal, words};

const HERE: &str = "/agency/people/invite";
const TITLE: &str = "Invite a colleague";

/// Leads back.
pub(crate) const BACK: BackLink<'static> = BackLink {
    href: super::PEOPLE,
    text: "People at your agency",
};
/// Sends the form.
pub(crate) const SEND: Button<'static> = super::submit("Send the invitation", "");

#[derive(Template)]
#[template(path = "page/people/invite.html")]
struct Page {
    frame: Frame,
    typed: NewColleague,
    roles: &'static [Role],
    faults: Faults,
}

impl Page {
    fn name(&self) -> Input<'_> {
        Input {
            id: "name",
            name: "name",
            kind: "text",
            label: "Full name",
            error: self.faults.at("/name"),
            value: Some(&self.typed.name)
                .filter(|name| !name.is_empty())
                .map(String::as_str),
            autocomplete: Some("off"),
            ..Input::default()
        }
    }

    fn email(&self) -> Input<'_> {
        Input {
            id: "email",
            name: "email",
            kind: "email",
            label: "Work email address",
            hint: Some(
                "At your agency’s own domain. The invitation goes there, and they sign in with it",
            ),
            error: self.faults.at("/email"),
            value: Some(&self.typed.email)
                .filter(|email| !email.is_empty())
                .map(String::as_str),
            autocomplete: Some("off"),
            ..Input::default()
        }
    }

    fn role(&self) -> Choices<'_> {
        Choices {
            id: "role",
            name: "role",
            legend: "Role",
            legend_classes: "govuk-fieldset__legend--s",
            hint: Some("A single point of contact is appointed by the coordination unit"),
            error: self.faults.at("/role"),
            items: self
                .roles
                .iter()
                .map(|role| ChoiceItem {
                    value: role.as_str(),
                    text: words::role_title(*role),
                    hint: None,
                    checked: role.as_str() == self.typed.role,
                })
                .collect(),
            ..Choices::default()
        }
    }
}

async fn page(
    portal: &Portal,
    visitor: &Visitor,
    typed: NewColleague,
    faults: Faults,
) -> Result<Page, Stop> {
    let agency = portal
        .flow
        .agency_row(&visitor.session.person.agency)
        .await?;
    let kind = agency.kind.parse().map_err(|_| Stop::Fault)?;
    Ok(Page {
        frame: Frame::around(portal, visitor, Place::People, &faults.title(TITLE)).await?,
        typed,
        roles: roles_given_at(kind),
        faults,
    })
}

/// The form.
pub(crate) async fn form(State(portal): State<Portal>, visitor: Visitor) -> Result<Response, Stop> {
    super::managing(&portal, &visitor).await?;
    visitor.fresh(&portal, HERE)?;
    let nothing = NewColleague {
        name: String::new(),
        email: String::new(),
        role: String::new(),
    };
    let page = page(&portal, &visitor, nothing, Faults::default()).await?;
    Ok(Html(page.to_string()).into_response())
}

/// Invites.
pub(crate) async fn send(
    State(portal): State<Portal>,
    Posted(visitor, fields): Posted,
) -> Result<Response, Stop> {
    visitor.still_fresh_with(&portal, HERE, &fields).await?;
    let typed = NewColleague {
        name: fields.one("name").to_owned(),
        email: fields.one("email").to_owned(),
        role: fields.one("role").to_owned(),
    };
    if visitor.returns(&portal).await? {
        let page = page(&portal, &visitor, typed, Faults::default()).await?;
        return Ok(Html(page.to_string()).into_response());
    }
    let caller = &visitor.session.caller;
    match portal.flow.invite(caller, typed.clone()).await {
        Ok(()) => Ok(see_other("/agency/people?done=invited")),
        Err(error) => {
            let page = page(&portal, &visitor, typed, Faults::of(error)?).await?;
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            Ok((status, Html(page.to_string())).into_response())
        }
    }
}

/// Takes a link back.
pub(crate) async fn withdraw(
    State(portal): State<Portal>,
    Path(id): Path<String>,
    Posted(visitor, _): Posted,
) -> Result<Response, Stop> {
    let caller = &visitor.session.caller;
    portal.flow.withdraw_invitation(caller, &id).await?;
    Ok(see_other("/agency/people?done=withdrawn"))
}
