//! A form as a list of tasks, one a section: how far each has come, what is missing, and what has
//! changed since the form that it was begun from.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{Html, IntoResponse as _, Response};
use gateway_forms::{Body, Section, changed};

use super::content::{Paper, Standing, is_in};
use super::{Asked, list, paper};
use crate::component::{Html as Markup, Task, TaskList};
use crate::frame::{Frame, Place};
use crate::page::message::about;
use crate::stop::Stop;
use crate::visitor::Visitor;
use crate::{Portal, words};

/// So many of the things that are missing are named beside a task.
const NAMED: usize = 3;

#[derive(Template)]
#[template(path = "page/form/tasks.html")]
struct Page {
    frame: Frame,
    asked: Asked,
    heading: String,
    title: String,
    marking: String,
    about: Option<String>,
    /// When the one was sent that it was begun from.
    earlier: Option<String>,
    /// It takes that one's place.
    replaces: bool,
    saved: String,
    done: usize,
    all: usize,
    tasks: TaskList<'static>,
    check: String,
    id: String,
}

/// Shows it.
pub(crate) async fn show(
    State(portal): State<Portal>,
    visitor: Visitor,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Stop> {
    let paper = match paper(&portal, &visitor, &id).await? {
        Ok(paper) => paper,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let heading = list::label(&paper);
    let (done, all) = paper.progress();
    let earlier = paper.content.begun_from.as_ref();
    let page = Page {
        frame: Frame::around(&portal, &visitor, Place::Forms, &heading).await?,
        about: about(&portal, &visitor, paper.content.nominal.as_deref()).await?,
        earlier: earlier.map(|one| match &one.from {
            Some(from) => format!("{} by {from}", words::day(one.sent_at)),
            None => words::day(one.sent_at),
        }),
        replaces: paper.content.corrects.is_some(),
        saved: words::time(paper.saved),
        title: paper.form.title.clone(),
        marking: paper.form.marking.clone(),
        tasks: tasks(&paper),
        check: format!("{}/check", paper.address()),
        heading,
        asked,
        done,
        all,
        id,
    };
    Ok(Html(page.to_string()).into_response())
}

fn tasks(paper: &Paper<'_>) -> TaskList<'static> {
    let earlier = paper.content.begun_from.as_ref().map(|earlier| {
        let (body, _) = Body::gather(paper.form, &earlier.answers, paper.today);
        changed(&body, &paper.body)
    });
    let items = paper.sections().map(|section| Task {
        title: Markup::text(&section.title),
        href: format!("{}/{}", paper.address(), section.id),
        hint: hint(paper, section, earlier.as_ref()).map(Markup::text),
        status: state(paper.standing(section)),
        status_classes: "",
    });
    TaskList {
        id_prefix: "section",
        classes: "",
        items: items.collect(),
    }
}

/// How far a task has come, in words: what is done is said quietly.
pub(super) fn state(standing: Standing) -> Markup {
    match standing {
        Standing::Complete => Markup::text("Completed"),
        Standing::Optional => Markup::text("Optional"),
        Standing::Incomplete => Task::tag("Incomplete", "govuk-tag--blue"),
        Standing::NotStarted => Task::tag("Not started", "govuk-tag--grey"),
        Standing::Wrong => Task::tag("There is a problem", "govuk-tag--red"),
    }
}

/// Whether it has changed since the one it was begun from, and what is missing of what was begun.
fn hint(
    paper: &Paper<'_>,
    section: &Section,
    earlier: Option<&BTreeMap<String, bool>>,
) -> Option<String> {
    let begun = paper.content.begun_from.as_ref();
    let from = begun.and_then(|earlier| earlier.from.as_deref());
    let whose = begun.and_then(|earlier| earlier.whose(&section.id));
    let since = earlier.map(|changed| {
        let is_changed = changed.keys().any(|path| is_in(path, &section.id));
        match (is_changed, from, whose) {
            (true, None, _) => "Changed".to_owned(),
            (false, _, None) => "As before".to_owned(),
            (true, Some(from), _) => format!("Changed since the form of {from}"),
            (false, _, Some(whose)) => format!("As before, from {whose}"),
        }
    });
    let missing = match paper.standing(section) {
        Standing::Incomplete => missing(paper, section),
        Standing::NotStarted | Standing::Optional | Standing::Wrong | Standing::Complete => None,
    };
    let all: Vec<String> = since.into_iter().chain(missing).collect();
    (!all.is_empty()).then(|| all.join(". "))
}

/// The labels of what has to be answered yet.
fn missing(paper: &Paper<'_>, section: &Section) -> Option<String> {
    let mut labels: Vec<&str> = Vec::new();
    for fault in paper.missing(section) {
        let place = fault.path.split('.').nth(1).unwrap_or_default();
        let field = section.fields.iter().find(|field| field.id == place);
        let label = field.map_or("", |field| field.label.as_str());
        if !labels.contains(&label) {
            labels.push(label);
        }
    }
    let more = labels.len().saturating_sub(NAMED);
    labels.truncate(NAMED);
    let named = labels.join(", ");
    match (labels.is_empty(), more) {
        (true, _) => None,
        (false, 0) => Some(format!("To answer yet: {named}")),
        (false, more) => Some(format!("To answer yet: {named} and {more} more")),
    }
}
