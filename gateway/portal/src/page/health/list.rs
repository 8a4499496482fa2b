//! The requests of somebody's agency, by its side of them: what waits first, the soonest due before
//! all.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{Html, IntoResponse as _, Response};
use gateway_flow::health::{HealthState, HealthView};
use serde::Deserialize;

use super::say::{self, Codes, Names, named};
use super::{HERE, counts, is_health_body, writes_requests};
use crate::component::{Button, InsetText, Pagination, Tag};
use crate::frame::{Frame, Place};
use crate::page::ON_A_PAGE;
use crate::page::form::writes;
use crate::stop::Stop;
use crate::visitor::Visitor;
use crate::{Portal, words};

/// In place of a list with nothing in it.
pub(crate) const EMPTY: InsetText<'static> = InsetText {
    text: "There is no such request.",
};
/// The same for those whom none concerns.
pub(crate) const NONE: InsetText<'static> = InsetText {
    text: "Your agency neither asks for health information nor is asked for it.",
};

/// Which of them.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    view: String,
    #[serde(default)]
    show: String,
    /// The page, from 1.
    #[serde(default)]
    page: usize,
}

/// Whose side is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    /// What the agency is asked.
    Asked,
    /// What it oversees.
    Overseen,
    /// What it asked.
    Asks,
}

impl Side {
    const ALL: [Self; 3] = [Self::Asked, Self::Overseen, Self::Asks];

    const fn word(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Overseen => "overseen",
            Self::Asks => "asks",
        }
    }

    const fn title(self) -> &'static str {
        match self {
            Self::Asked => "What your agency is asked",
            Self::Overseen => "What your unit oversees",
            Self::Asks => "What your agency asked",
        }
    }

    fn has(self, view: &HealthView, own: &str) -> bool {
        match self {
            Self::Asked => view.holder == own,
            Self::Overseen => view.unit == own,
            Self::Asks => view.agency == own,
        }
    }
}

/// Which requests are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Show {
    /// An answer waits, or a look at a refusal.
    Waiting,
    /// No answer came in time, and none has come yet.
    Late,
    /// They were refused.
    Refused,
    /// All.
    All,
}

impl Show {
    const ALL: [Self; 4] = [Self::Waiting, Self::Late, Self::Refused, Self::All];

    const fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Late => "late",
            Self::Refused => "refused",
            Self::All => "all",
        }
    }

    const fn title(self) -> &'static str {
        match self {
            Self::Waiting => "Waiting",
            Self::Late => "Late",
            Self::Refused => "Refused",
            Self::All => "All",
        }
    }

    fn has(self, view: &HealthView) -> bool {
        match self {
            Self::Waiting => view.closed.is_none(),
            Self::Late => view.late && say::waits(view),
            Self::Refused => view.state == HealthState::Rejected,
            Self::All => true,
        }
    }
}

/// A way to another part of the list.
struct Part {
    href: String,
    text: String,
    current: bool,
}

struct Line {
    href: String,
    title: String,
    tags: Vec<Tag<'static>>,
    facts: Vec<String>,
}

#[derive(Template)]
#[template(path = "page/health/list.html")]
struct Page {
    frame: Frame,
    /// Where a request is begun, by an agency that asks.
    ask: Option<String>,
    /// The visitor is shown how requests went.
    counts: bool,
    /// The side that is shown; none where none is theirs.
    side: Option<Side>,
    sides: Vec<Part>,
    shows: Vec<Part>,
    lines: Vec<Line>,
    pages: Option<Pagination>,
}

impl Page {
    fn ask(href: &str) -> String {
        Button {
            text: "Ask for health information",
            href: Some(href),
            ..Button::default()
        }
        .to_string()
    }
}

/// Lists them.
pub(crate) async fn list(
    State(portal): State<Portal>,
    visitor: Visitor,
    Query(asked): Query<Asked>,
) -> Result<Response, Stop> {
    let (flow, caller) = (&portal.flow, &visitor.session.caller);
    let own = caller.agency.as_str();
    let all = flow.health_requests(caller).await?;
    let kind = flow.agency_row(own).await?.kind;
    let sides: Vec<Side> = Side::ALL
        .into_iter()
        .filter(|side| is_theirs(&portal, *side, &kind) || all.iter().any(|one| side.has(one, own)))
        .collect();
    let side = sides.iter().find(|side| side.word() == asked.view);
    let side = side.or(sides.first()).copied();
    let show = Show::ALL.into_iter().find(|show| show.word() == asked.show);
    let show = show.unwrap_or(Show::Waiting);
    let of_side: Vec<&HealthView> = match side {
        Some(side) => all.iter().filter(|one| side.has(one, own)).collect(),
        None => Vec::new(),
    };
    let shown: Vec<&&HealthView> = of_side.iter().filter(|one| show.has(one)).collect();
    let page = asked.page.max(1);
    let (from, until) = (
        (page - 1).saturating_mul(ON_A_PAGE),
        page.saturating_mul(ON_A_PAGE),
    );
    let here = shown.iter().skip(from).take(ON_A_PAGE);
    let names = names(&portal, here.clone().map(|one| **one)).await?;
    let line = |one: &&&HealthView| line(&portal, one, side, &names);
    let at = |side: Option<Side>, show: Show| address(side, show, 1);
    let count = |side: Side| {
        let waiting = all.iter().filter(|one| side.has(one, own));
        waiting.filter(|one| Show::Waiting.has(one)).count()
    };
    let page = Page {
        frame: Frame::around(
            &portal,
            &visitor,
            Place::Health,
            "Health information requests",
        )
        .await?,
        ask: ask(&portal, &kind),
        counts: kind == "coordination" && visitor.is_any(counts::READ_BY),
        sides: sides
            .iter()
            .map(|one| Part {
                href: at(Some(*one), Show::Waiting),
                text: format!("{} ({} waiting)", one.title(), count(*one)),
                current: Some(*one) == side,
            })
            .collect(),
        shows: Show::ALL
            .into_iter()
            .map(|one| Part {
                href: at(side, one),
                text: {
                    let number = of_side.iter().filter(|view| one.has(view)).count();
                    format!("{} ({number})", one.title())
                },
                current: one == show,
            })
            .collect(),
        lines: here.map(line).collect(),
        pages: (page > 1 || shown.len() > until).then(|| Pagination {
            previous: (page > 1).then(|| address(side, show, page - 1)),
            next: (shown.len() > until).then(|| address(side, show, page + 1)),
        }),
        side,
    };
    Ok(Html(page.to_string()).into_response())
}

/// Whether a side is there for agencies of this kind even with nothing in it.
fn is_theirs(portal: &Portal, side: Side, kind: &str) -> bool {
    match side {
        Side::Asked => is_health_body(kind),
        Side::Overseen => kind == "coordination",
        Side::Asks => writes_requests(portal, kind),
    }
}

/// Where a request is begun.
fn ask(portal: &Portal, kind: &str) -> Option<String> {
    let mut forms = portal.flow.forms.forms();
    let form = forms.find(|form| super::asks(form) && writes(form, kind))?;
    Some(format!("/forms/{}/new", form.id))
}

fn address(side: Option<Side>, show: Show, page: usize) -> String {
    let side = side.map_or("", Side::word);
    let page = match page {
        1 => String::new(),
        page => format!("&page={page}"),
    };
    format!("{HERE}?view={side}&show={}{page}", show.word())
}

async fn names<'v>(
    portal: &Portal,
    views: impl Iterator<Item = &'v HealthView>,
) -> Result<Names, Stop> {
    let ids = views.flat_map(|one| [one.agency.as_str(), one.holder.as_str()]);
    Ok(portal.flow.agency_names(ids).await?)
}

fn line(portal: &Portal, one: &HealthView, side: Option<Side>, names: &Names) -> Line {
    let (asks, holder) = (named(names, &one.agency), named(names, &one.holder));
    let asked = words::time(one.asked);
    let codes = Codes::of(portal);
    let mut facts = vec![say::state(one, codes)];
    if say::waits(one) {
        facts.push(say::due(one.due, portal.flow.clock.now()));
    }
    if let Some(at) = one.answered {
        let late = if one.late { ", late" } else { "" };
        facts.push(format!("Answered {}{late}", words::time(at)));
    }
    let withheld = one.reason.as_deref().map(|code| codes.reason(code));
    facts.extend(withheld.map(|why| format!("Withheld because: {why}")));
    facts.extend(say::stage(one));
    facts.push(format!("Level {}", one.level));
    Line {
        href: super::address(&one.id),
        title: match side {
            Some(Side::Asked) => format!("Asked by {asks}, {asked}"),
            Some(Side::Asks) => format!("Asked of {holder}, {asked}"),
            Some(Side::Overseen) | None => format!("{asks} asks {holder}, {asked}"),
        },
        tags: say::tags(one),
        facts,
    }
}
