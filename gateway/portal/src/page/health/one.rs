//! One request: who asks whom, its clock, what happened to it, and what may be done about it now.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{Html, IntoResponse as _, Response};
use gateway_flow::FlowError;
use gateway_flow::health::{HealthHappened, HealthTaskView, HealthView};
use serde::Deserialize;

use super::say::{self, Codes, Names, named};
use super::ways::{Ways, ways};
use super::{GATHERS, address, submit};
use crate::component::{
    BackLink, Button, Cell, Head, Html as Markup, NotificationBanner, Row, STACK, SummaryList,
    Table, Tag, Timeline, TimelineItem,
};
use crate::frame::{Frame, Place};
use crate::page::message::about;
use crate::stop::{Stop, see_other};
use crate::visitor::{Posted, Visitor};
use crate::{Portal, words};

/// The page above.
pub(crate) const BACK: BackLink<'static> = BackLink {
    href: super::HERE,
    text: "Back to health information requests",
};
/// Agrees to answer.
pub(crate) const ACCEPT: Button<'static> = submit("Accept this request", "govuk-button--secondary");

/// What has just been done.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    done: String,
}

#[derive(Template)]
#[template(path = "page/health/one.html")]
struct Page {
    frame: Frame,
    done: Option<&'static str>,
    view: HealthView,
    happened: Vec<HealthHappened>,
    /// The questions that were given out at the visitor's agency.
    given: Vec<HealthTaskView>,
    seen: Seen,
    ways: Ways,
    codes: Said,
    names: Names,
}

/// What of the request the visitor has elsewhere.
struct Seen {
    /// Whom it is about, as far as their agency may know.
    about: Option<String>,
    /// They have the request's message.
    request: bool,
    /// They have the answer's message.
    answer: bool,
}

/// The words of all codes on the page.
struct Said {
    reason: Option<String>,
    state: String,
    pressing: Vec<Markup>,
    questions: BTreeMap<String, String>,
    /// Each thing that happened, and what more is said of it.
    happened: Vec<(&'static str, Vec<String>)>,
    due: String,
}

#[derive(Template)]
#[template(path = "page/health/happened.html")]
struct More<'a> {
    more: &'a [String],
    words: Option<&'a str>,
}

#[derive(Template)]
#[template(
    source = "<a class=\"govuk-link\" href=\"{{ href }}\">{{ text }}</a>",
    ext = "html"
)]
struct Link<'a> {
    href: String,
    text: &'a str,
}

impl Page {
    fn banner(&self) -> Option<NotificationBanner<'static>> {
        self.done.map(|text| NotificationBanner {
            text,
            success: true,
        })
    }

    fn answer(href: &str) -> String {
        Button {
            text: "Answer this request",
            href: Some(href),
            ..Button::default()
        }
        .to_string()
    }

    fn facts(&self) -> SummaryList<'static> {
        let view = &self.view;
        let text = |key: &'static str, value: &str| Row::new(key, Markup::text(value));
        let link = |key: &'static str, href, text| Row::new(key, Markup::of(&Link { href, text }));
        let mut rows = Vec::new();
        rows.extend(self.seen.about.as_deref().map(|about| text("About", about)));
        let state = std::iter::once(Markup::text(format!("{} ", self.codes.state)));
        let state = state.chain(self.codes.pressing.iter().cloned()).collect();
        rows.push(Row::new("State", state));
        rows.extend(
            self.codes
                .reason
                .as_deref()
                .map(|why| text("Withheld because", why)),
        );
        rows.extend(say::stage(view).map(|stage| text("The refusal", &stage)));
        rows.push(text("Asked by", &named(&self.names, &view.agency)));
        rows.push(text("Asked of", &named(&self.names, &view.holder)));
        rows.push(text("Overseen by", &named(&self.names, &view.unit)));
        rows.push(text("Asked on", &words::time(view.asked)));
        match view.answered {
            Some(at) => {
                let late = if view.late { ", late" } else { "" };
                rows.push(text("Answered", &format!("{}{late}", words::time(at))));
            }
            None if say::waits(view) => rows.push(text("Answer", &self.codes.due)),
            None => {}
        }
        let reminded = view.reminded.filter(|_| say::waits(view));
        rows.extend(reminded.map(|at| text("Reminded", &words::time(at))));
        rows.push(text("How soon", say::urgency(view)));
        rows.push(text("Level", words::level(view.level)));
        if self.seen.request {
            let href = format!("/messages/{}", view.id);
            rows.push(link("The request", href, "Open the request’s message"));
        }
        if let Some(answer) = view.answer.as_ref().filter(|_| self.seen.answer) {
            let href = format!("/messages/{answer}");
            rows.push(link("The answer", href, "Open the answer’s message"));
        }
        SummaryList { rows, classes: "" }
    }

    fn given(&self) -> Table<'static> {
        let text = |text: &str| Cell {
            html: Markup::text(text),
            numeric: false,
        };
        let rows = self.given.iter().map(|one| {
            let (state, classes, at) = match one.signed {
                Some(at) => ("Signed", "govuk-tag--green", at),
                None => ("Waits", "govuk-tag--yellow", one.given),
            };
            let question = self.codes.questions.get(&one.question);
            vec![
                text(question.map_or(one.question.as_str(), String::as_str)),
                text(one.person.as_deref().unwrap_or_default()),
                Cell {
                    html: Markup::of(&Tag {
                        text: state,
                        classes,
                    }),
                    numeric: false,
                },
                text(&words::time(at)),
            ]
        });
        Table {
            caption: "Questions given to colleagues",
            caption_classes: "govuk-table__caption--m",
            classes: STACK,
            head: ["Question", "Given to", "State", "Since"]
                .map(|text| Head {
                    text,
                    numeric: false,
                })
                .into(),
            rows: rows.collect(),
        }
    }

    /// The newest first.
    fn timeline(&self) -> Timeline<'static> {
        let said = self.happened.iter().zip(&self.codes.happened);
        let items = said.rev().map(|(one, (label, more))| TimelineItem {
            label: (*label).to_owned(),
            byline: one.agency.as_ref().map(|id| named(&self.names, id)),
            timestamp: words::timestamp(one.at),
            time: words::time(one.at),
            html: Markup::of(&More {
                more,
                words: one.words.as_deref(),
            }),
        });
        Timeline {
            items: items.collect(),
            heading_level: 3,
            classes: "",
        }
    }
}

fn done(what: &str) -> Option<&'static str> {
    Some(match what {
        "accepted" => "You accepted the request. Whoever asked can see that",
        "given" => "The question is given to your colleague",
        "stands" => "You stood by the refusal",
        "again" => "It is asked again. The health body is told",
        "called-back" => {
            "The answer is called back. Nobody can open it any more, and whoever had it is told"
        }
        _ => return None,
    })
}

/// Shows it. Whoever was asked before another body was is led to the message that they have.
pub(crate) async fn show(
    State(portal): State<Portal>,
    visitor: Visitor,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Stop> {
    let (flow, caller) = (&portal.flow, &visitor.session.caller);
    let story = match flow.health_story(caller, &id).await {
        Err(FlowError::NotFound) => return elsewhere(&portal, &visitor, &id).await,
        story => story?,
    };
    let (view, happened) = (story.view, story.happened);
    let own = caller.agency.as_str();
    let gathers = view.holder == own && visitor.is_any(GATHERS);
    let given = match gathers {
        true => flow.given_questions(caller, &id).await?,
        false => Vec::new(),
    };
    let kind = flow.agency_row(own).await?.kind;
    let answer = view.answer.clone();
    let names = names(&portal, &view, &happened).await?;
    let page = Page {
        frame: Frame::around(
            &portal,
            &visitor,
            Place::Health,
            "Health information request",
        )
        .await?,
        done: done(&asked.done),
        seen: Seen {
            about: about(&portal, &visitor, Some(&view.nominal)).await?,
            request: has(&portal, &visitor, Some(&id)).await?,
            answer: has(&portal, &visitor, answer.as_deref()).await?,
        },
        ways: ways(&portal, &visitor, &view, &given, &kind),
        codes: Said::of(&portal, &view, &given, (&happened, &names)),
        names,
        view,
        happened,
        given,
    };
    Ok(Html(page.to_string()).into_response())
}

/// The message of a request that is another body's now, for whoever has it.
async fn elsewhere(portal: &Portal, visitor: &Visitor, id: &str) -> Result<Response, Stop> {
    match has(portal, visitor, Some(id)).await? {
        true => Ok(see_other(&format!("/messages/{id}"))),
        false => Err(Stop::NotFound),
    }
}

/// Whether the visitor's agency has a message.
async fn has(portal: &Portal, visitor: &Visitor, message: Option<&str>) -> Result<bool, Stop> {
    let Some(message) = message else {
        return Ok(false);
    };
    let caller = &visitor.session.caller;
    match portal.flow.exchange_for(caller, message).await {
        Ok(_) => Ok(true),
        Err(FlowError::NotFound) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

async fn names(
    portal: &Portal,
    view: &HealthView,
    happened: &[HealthHappened],
) -> Result<Names, Stop> {
    let sides = [&view.agency, &view.holder, &view.unit];
    let acted = happened.iter().filter_map(|one| one.agency.as_ref());
    let next = happened.iter().filter_map(|one| one.detail.get("next"));
    let ids = sides.into_iter().chain(acted).chain(next);
    Ok(portal.flow.agency_names(ids.map(String::as_str)).await?)
}

impl Said {
    fn of(
        portal: &Portal,
        view: &HealthView,
        given: &[HealthTaskView],
        (happened, names): (&[HealthHappened], &Names),
    ) -> Self {
        let codes = Codes::of(portal);
        let questions = given.iter().map(|one| {
            let words = codes.question(&one.question);
            (one.question.clone(), words)
        });
        let happened = happened.iter().map(|one| say::happened(one, codes, names));
        Self {
            reason: view.reason.as_deref().map(|code| codes.reason(code)),
            state: say::state(view, codes),
            pressing: say::tags(view).iter().skip(1).map(Markup::of).collect(),
            questions: questions.collect(),
            happened: happened.collect(),
            due: say::due(view.due, portal.flow.clock.now()),
        }
    }
}

/// The health body agrees to answer.
pub(crate) async fn accept(
    State(portal): State<Portal>,
    Path(id): Path<String>,
    Posted(visitor, _): Posted,
) -> Result<Response, Stop> {
    let (flow, caller) = (&portal.flow, &visitor.session.caller);
    flow.health_request(caller, &id).await?;
    let view = flow.accept_health_request(caller, &id).await?;
    Ok(see_other(&format!("{}?done=accepted", address(&view.id))))
}
