//! What stands around every page.

use std::collections::BTreeSet;

use askama::Template;
use gateway_core::{AgencyKind, Role};
use gateway_store::HealthWaits;

use crate::component::{GenericHeader, Html, NavigationItem, ServiceNavigation, SkipLink};
use crate::page::form::writes;
use crate::page::health;
use crate::visitor::Visitor;
use crate::{Portal, cookie};

/// What the service is called.
pub(crate) const SERVICE: &str = "MAPPA information exchange";

/// Leads past what every page begins with.
pub(crate) const SKIP: SkipLink<'static> = SkipLink {
    href: "#main-content",
    text: "Skip to main content",
};

/// Whose service it is.
pub(crate) fn header() -> GenericHeader<'static> {
    GenericHeader {
        url: "/",
        logo: Html::of(&Logo { name: "MAPPA" }),
    }
}

/// Where in the service a page is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// What waits.
    Inbox,
    /// A message in the making.
    New,
    /// Forms, in the making and sent.
    Forms,
    /// What was sent.
    Sent,
    /// What waits for a decision.
    Holds,
    /// What the coordination unit looks after.
    Coordination,
    /// Who holds a person.
    Custody,
    /// Health information that is asked for.
    Health,
    /// What colleagues give one to answer.
    Questions,
    /// The agency's people.
    People,
    /// What one's roles are told.
    Notices,
    /// How the service was used.
    Audit,
    /// What may be shared.
    Share,
    /// The records of people.
    Records,
    /// None of these.
    Elsewhere,
}

/// A place to go, and the roles that are led there; none is everybody.
type Way = (&'static str, &'static str, Place, &'static [Role]);

/// Those for whom something may be held.
const REVIEWERS: &[Role] = &[
    Role::Caldicott,
    Role::Chair,
    Role::Clinician,
    Role::Coordinator,
    Role::Dpo,
    Role::Manager,
    Role::Security,
];

/// Where one can go, in the order of the navigation.
const WAYS: &[Way] = &[
    ("/inbox", "Inbox", Place::Inbox, &[]),
    ("/messages/new", "New message", Place::New, &[]),
    ("/forms", "Forms", Place::Forms, &[]),
    ("/sent", "Sent", Place::Sent, &[]),
    ("/holds", "Holds", Place::Holds, REVIEWERS),
    (
        "/coordination",
        "Coordination",
        Place::Coordination,
        &[Role::Coordinator],
    ),
    ("/custody", "Custody", Place::Custody, &[]),
    (health::HERE, "Health requests", Place::Health, &[]),
    (health::own::LIST, "Questions", Place::Questions, &[]),
    (
        "/agency/people",
        "People",
        Place::People,
        &[Role::Spoc, Role::DeputySpoc],
    ),
    (
        "/notices",
        "Notices",
        Place::Notices,
        &[
            Role::Coordinator,
            Role::Spoc,
            Role::DeputySpoc,
            Role::Chair,
            Role::Vlo,
        ],
    ),
    ("/may-i-share", "May I share this?", Place::Share, &[]),
    ("/nominals", "Records", Place::Records, &[Role::Coordinator]),
    ("/audit", "Audit", Place::Audit, &[Role::Auditor]),
];

/// What stands around a page.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) title: String,
    place: Place,
    who: Option<Who>,
    pub(crate) checkpoint: Option<String>,
    /// A form that came too late waits to be taken up again: the way to it.
    pub(crate) kept: Option<String>,
    /// This page is such a form, taken up again.
    pub(crate) returned: bool,
    pub(crate) phone: String,
}

#[derive(Debug)]
struct Who {
    name: String,
    agency: String,
    token: String,
    roles: BTreeSet<Role>,
    /// Their agency writes a form.
    writes: bool,
    /// Their agency is a prison, or they coordinate.
    custody: bool,
    /// What waits of health information requests, for those whom they concern.
    health: Option<Health>,
}

/// What waits of health information requests, and the words that lead there.
#[derive(Debug)]
struct Health {
    waits: HealthWaits,
    requests: String,
    questions: String,
}

impl Health {
    fn of(waits: HealthWaits) -> Self {
        let said = |what: &str, number| match number {
            0 => what.to_owned(),
            number => format!("{what} ({number})"),
        };
        Self {
            requests: said("Health requests", waits.requests),
            questions: said("Questions", waits.questions),
            waits,
        }
    }

    /// What leads to a place of these, with how much waits there.
    fn text(&self, place: Place) -> Option<&str> {
        if place == Place::Health {
            return Some(&self.requests);
        }
        (place == Place::Questions).then_some(&self.questions)
    }
}

#[derive(Template)]
#[template(path = "component/who.html")]
struct End<'a> {
    who: &'a Who,
}

#[derive(Template)]
#[template(
    source = "<span class=\"portal-header__name\">{{ name }}</span>",
    ext = "html"
)]
struct Logo<'a> {
    name: &'a str,
}

impl Frame {
    /// Around a page for whoever asks.
    pub(crate) async fn bare(portal: &Portal, title: &str) -> Self {
        Self {
            title: title.to_owned(),
            place: Place::Elsewhere,
            who: None,
            kept: None,
            returned: false,
            // Without the store the page is about that, and has no checkpoint.
            checkpoint: portal.flow.checkpoint(None).await.ok().flatten(),
            phone: portal.settings.coordination_phone.clone(),
        }
    }

    /// Around a page for somebody who is signed in.
    pub(crate) async fn around(
        portal: &Portal,
        visitor: &Visitor,
        place: Place,
        title: &str,
    ) -> Result<Self, gateway_flow::FlowError> {
        let name = portal.flow.person_name(&visitor.session.person).await?;
        let agency = portal
            .flow
            .agency_row(&visitor.session.person.agency)
            .await?;
        let mut forms = portal.flow.forms.forms();
        let writes = forms.any(|form| writes(form, &agency.kind));
        let prison = agency.kind == AgencyKind::Prison.as_str();
        let health = match health::concerns(portal, &agency.kind, |roles| visitor.is_any(roles)) {
            true => Some(portal.flow.health_waits(&visitor.session.caller).await?),
            false => None,
        };
        let kept = portal
            .flow
            .newest_kept_form(&visitor.session.person)
            .await?;
        Ok(Self {
            place,
            kept: kept.map(|id| format!("/kept/{id}")),
            returned: visitor.returns.is_some(),
            who: Some(Who {
                name: name.into_inner(),
                agency: agency.name,
                token: cookie::token(&visitor.token),
                roles: visitor.roles.clone(),
                writes,
                custody: prison || visitor.is_any(&[Role::Coordinator]),
                health: health.map(Health::of),
            }),
            ..Self::bare(portal, title).await
        })
    }

    /// The token for forms of the page.
    pub(crate) fn token(&self) -> &str {
        self.who.as_ref().map_or("", |who| &who.token)
    }

    /// Questions that wait for whoever it is.
    pub(crate) fn questions(&self) -> i64 {
        let health = self.who.as_ref().and_then(|who| who.health.as_ref());
        health.map_or(0, |health| health.waits.questions)
    }

    /// Where one can go.
    pub(crate) fn navigation(&self) -> ServiceNavigation<'_> {
        let ways = self.who.iter().flat_map(|who| {
            let led = |(_, _, place, roles): &&Way| {
                let questions = self.questions() > 0 || self.place == Place::Questions;
                let is_theirs = (*place != Place::Forms || who.writes)
                    && (*place != Place::Custody || who.custody)
                    && (*place != Place::Health || who.health.is_some())
                    && (*place != Place::Questions || questions);
                is_theirs && (roles.is_empty() || roles.iter().any(|role| who.roles.contains(role)))
            };
            WAYS.iter().filter(led)
        });
        let health = self.who.as_ref().and_then(|who| who.health.as_ref());
        let item = |(href, text, place, _): &'static Way| NavigationItem {
            href,
            text: health
                .and_then(|health| health.text(*place))
                .unwrap_or(text),
            current: self.place == *place,
        };
        ServiceNavigation {
            service_name: SERVICE,
            service_url: "/",
            navigation: ways.map(item).collect(),
            end: self
                .who
                .as_ref()
                .map(|who| Html::of(&End { who }))
                .unwrap_or_default(),
        }
    }
}
