//! The forms that somebody's agency writes: to begin one, to go on with one, to read what was
//! sent.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{Html, IntoResponse as _, Response};
use gateway_core::calendar::local_date;
use gateway_forms::Definition;
use serde::Deserialize;

use super::content::{Content, Paper};
use crate::component::{Button, InsetText, NotificationBanner};
use crate::frame::{Frame, Place};
use crate::page::flag;
use crate::page::message::about;
use crate::stop::Stop;
use crate::visitor::Visitor;
use crate::{Portal, words};

/// So many of each form that were sent are listed.
pub(crate) const LISTED: usize = 10;

/// In place of a list with nothing in it.
pub(crate) const EMPTY: InsetText<'static> = InsetText {
    text: "Your agency writes none of the forms that there are here. Write a message instead.",
};

/// What has just been done.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    saved: bool,
}

#[derive(Template)]
#[template(path = "page/form/list.html")]
struct Page {
    frame: Frame,
    forms: Vec<Kind>,
    drafts: Vec<Draft>,
    /// How many are asked for and not sent.
    owed: usize,
    /// The agency sets hospital flags, or is given them.
    flags: bool,
    saved: bool,
}

/// A form that can be begun, and what was sent of it.
struct Kind {
    id: String,
    /// It is begun from here, and not from what it answers.
    begins: bool,
    title: String,
    about: String,
    sent: Vec<Sent>,
}

/// A form in the making.
struct Draft {
    href: String,
    id: String,
    label: String,
    saved: String,
    done: usize,
    all: usize,
}

/// A form that was sent.
pub(crate) struct Sent {
    pub(crate) id: String,
    /// When, and about whom, as far as one may know.
    pub(crate) label: String,
    /// Nothing is begun from it any more.
    pub(crate) withdrawn: bool,
}

impl Sent {
    /// A form that was sent; `sent` says when, and by whom.
    pub(super) fn new(id: String, about: Option<String>, sent: &str) -> Self {
        Self {
            id,
            label: match about {
                Some(about) => format!("{about}, sent {sent}"),
                None => format!("Sent {sent}"),
            },
            withdrawn: false,
        }
    }
}

impl Page {
    fn banner(&self) -> Option<NotificationBanner<'static>> {
        self.saved.then_some(NotificationBanner {
            text: "Your draft is saved",
            success: true,
        })
    }

    fn start(form: &Kind) -> String {
        let href = format!("/forms/{}/new", form.id);
        let text = format!("Start {}", form.title);
        Button {
            text: &text,
            href: Some(&href),
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
    let kind = portal
        .flow
        .agency_row(&visitor.session.person.agency)
        .await?
        .kind;
    let mut names = BTreeMap::new();
    let mut forms = Vec::new();
    for form in portal.flow.forms.forms() {
        if super::writes(form, &kind) {
            forms.push(Kind {
                id: form.id.clone(),
                begins: !super::answers(form) && !super::answers_flag(form),
                title: form.title.clone(),
                about: form.about.clone(),
                sent: sent(&portal, &visitor, form, &mut names).await?,
            });
        }
    }
    let page = Page {
        frame: Frame::around(&portal, &visitor, Place::Forms, "Forms").await?,
        drafts: drafts(&portal, &visitor).await?,
        owed: super::requests::owed(&portal, &visitor).await?,
        flags: flag::has_to_do_with(&portal, &kind),
        forms,
        saved: asked.saved,
    };
    Ok(Html(page.to_string()).into_response())
}

async fn drafts(portal: &Portal, visitor: &Visitor) -> Result<Vec<Draft>, Stop> {
    let today = local_date(portal.flow.clock.now());
    let mut drafts = Vec::new();
    for draft in portal.flow.drafts(&visitor.session.person).await? {
        let Some(content) = Content::read(draft.content.reveal()) else {
            continue;
        };
        let Some(form) = portal.flow.forms.form(&content.form) else {
            continue;
        };
        let paper = Paper::new(form, draft.id, content, today);
        let (done, all) = paper.progress();
        drafts.push(Draft {
            href: paper.address(),
            label: label(&paper),
            saved: words::time(draft.saved),
            id: paper.id,
            done,
            all,
        });
    }
    Ok(drafts)
}

/// What a draft is called in a list.
pub(crate) fn label(paper: &Paper<'_>) -> String {
    match paper.subject() {
        Some(subject) => format!("{}: {subject}", paper.form.title),
        None => paper.form.title.clone(),
    }
}

/// What of a form the agency has sent, the newest first.
pub(crate) async fn sent(
    portal: &Portal,
    visitor: &Visitor,
    form: &Definition,
    names: &mut BTreeMap<String, Option<String>>,
) -> Result<Vec<Sent>, Stop> {
    let caller = &visitor.session.caller;
    let mut sent = Vec::new();
    let all = portal.flow.own_forms(caller, &form.id, None).await?;
    for one in all.into_iter().take(LISTED) {
        let about = whom(portal, visitor, one.nominal.as_deref(), names).await?;
        let mut day = words::day(one.sent_at);
        match (one.withdrawn, one.state.as_str()) {
            (true, _) => day.push_str(", withdrawn"),
            (false, "recalled") => day.push_str(", called back"),
            (false, _) => {}
        }
        sent.push(Sent {
            withdrawn: one.withdrawn,
            ..Sent::new(one.exchange, about, &day)
        });
    }
    Ok(sent)
}

/// Whom a form is about, looked up once; none where this agency may not know it now.
pub(crate) async fn whom(
    portal: &Portal,
    visitor: &Visitor,
    nominal: Option<&str>,
    names: &mut BTreeMap<String, Option<String>>,
) -> Result<Option<String>, Stop> {
    let Some(nominal) = nominal else {
        return Ok(None);
    };
    if let Some(known) = names.get(nominal) {
        return Ok(known.clone());
    }
    let found = about(portal, visitor, Some(nominal)).await?;
    names.insert(nominal.to_owned(), found.clone());
    Ok(found)
}
