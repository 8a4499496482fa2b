//! A section: its simple fields on one page, and its tables as tasks of their own.

use askama::Template;
use axum::extract::{Path, Query, Request, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Response};
use gateway_forms::{Answer, Field, Kind, Section};

use super::ask::{Ask, anchor, typed};
use super::came::{Came, draft};
use super::content::{Paper, Scope, is_in};
use super::{Asked, LEFT, Wrong, agencies, capital, paper, summary, title};
use crate::Portal;
use crate::component::{BackLink, Button, Html as Markup, NotificationBanner, Task, TaskList};
use crate::frame::{Frame, Place};
use crate::stop::{Stop, see_other};
use crate::visitor::Visitor;

#[derive(Template)]
#[template(path = "page/form/section.html")]
struct Page {
    frame: Frame,
    banner: Option<NotificationBanner<'static>>,
    heading: String,
    form: String,
    /// The form's tasks.
    back: String,
    action: String,
    revision: String,
    /// The fields' ids, and how each is asked.
    fields: Vec<(String, Markup)>,
    wrong: Vec<Wrong>,
    tables: Option<TaskList<'static>>,
    /// It is not asked, and what is written in it can be taken out.
    unasked: bool,
}

/// Takes out all that is written in a section that is not asked.
pub(crate) const CLEAR: Button<'static> = Button {
    text: "Take out all that is written here",
    href: None,
    classes: "govuk-button--warning",
    name: "do",
    value: "clear",
    prevent_double_click: true,
};

impl Page {
    fn summary(&self) -> Option<String> {
        summary(&self.wrong)
    }

    fn back(&self) -> BackLink<'_> {
        BackLink {
            href: &self.back,
            text: "Back to all sections",
        }
    }
}

fn simple<'f>(paper: &Paper<'f>, section: &'f Section) -> Vec<&'f Field> {
    let fields = paper.fields(section);
    fields.filter(|field| field.kind != Kind::Rows).collect()
}

/// What is wrong in the section's simple fields and with all of it, and where that leads.
fn wrong(paper: &Paper<'_>, section: &Section, fields: &[&Field]) -> Vec<Wrong> {
    let whole = paper.unasked(section);
    let whole = whole.map(|fault| (fault.words.clone(), "#clear".to_owned()));
    let wrong = fields.iter().filter_map(|field| {
        let fault = paper.fault(section, field)?;
        let words = format!("{}: {}", field.label, fault.words);
        Some((words, format!("#{}", anchor(field))))
    });
    whole.into_iter().chain(wrong).collect()
}

async fn shown(
    portal: &Portal,
    visitor: &Visitor,
    paper: &Paper<'_>,
    section: &Section,
    banner: Option<NotificationBanner<'static>>,
) -> Result<Response, Stop> {
    let Some(section) = paper.section(&section.id) else {
        return Ok(see_other(&paper.address()));
    };
    let agencies = agencies(portal, visitor).await?;
    let simple = simple(paper, section);
    let wrong = wrong(paper, section, &simple);
    let fields = simple.iter().map(|field| {
        let error = paper.fault(section, field).map(|one| capital(&one.words));
        let asked = Ask {
            form: paper.form,
            section,
            field,
            typed: paper.content.typed(&section.id, &field.id),
            error: error.as_deref(),
            agencies: &agencies,
        };
        (field.id.clone(), asked.markup())
    });
    let fields = fields.collect();
    let heading = title(&section.title, !wrong.is_empty());
    let page = Page {
        frame: Frame::around(portal, visitor, Place::Forms, &heading).await?,
        heading: section.title.clone(),
        form: paper.form.title.clone(),
        back: paper.address(),
        action: format!("{}/{}", paper.address(), section.id),
        revision: paper.content.digest(Scope::Fields(section)),
        tables: tables(paper, section),
        unasked: paper.unasked(section).is_some(),
        banner,
        fields,
        wrong,
    };
    let status = match page.wrong.is_empty() {
        true => StatusCode::OK,
        false => StatusCode::UNPROCESSABLE_ENTITY,
    };
    Ok((status, Html(page.to_string())).into_response())
}

/// The section's tables as tasks.
fn tables<'f>(paper: &Paper<'f>, section: &'f Section) -> Option<TaskList<'static>> {
    let items = paper.tables(section).map(|field| {
        let place = super::content::path(section, field);
        let rows = paper.content.rows(&section.id, &field.id).len();
        let status = match (paper.fault(section, field), paper.body.answer(&place)) {
            (Some(_), _) => Task::tag("There is a problem", "govuk-tag--red"),
            (None, Some(Answer::Rows(table))) if table.none => {
                Markup::text(field.none.as_deref().unwrap_or("None"))
            }
            (None, Some(_)) => Markup::text(match rows {
                1 => "1 row".to_owned(),
                many => format!("{many} rows"),
            }),
            (None, None) => Task::tag("Not started", "govuk-tag--grey"),
        };
        Task {
            title: Markup::text(&field.label),
            href: format!("{}/{}/{}", paper.address(), section.id, field.id),
            hint: None,
            status,
            status_classes: "",
        }
    });
    let items: Vec<Task> = items.collect();
    (!items.is_empty()).then_some(TaskList {
        id_prefix: "table",
        classes: "",
        items,
    })
}

/// Shows it.
pub(crate) async fn show(
    State(portal): State<Portal>,
    visitor: Visitor,
    Path((id, section)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Result<Response, Stop> {
    let paper = match paper(&portal, &visitor, &id).await? {
        Ok(paper) => paper,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let section = paper.section(&section).ok_or(Stop::NotFound)?;
    let page = shown(&portal, &visitor, &paper, section, asked.banner()).await?;
    // What is wrong was kept as it was typed: to look at it again is no fault.
    Ok((StatusCode::OK, page).into_response())
}

/// Keeps it, and goes on.
pub(crate) async fn save(
    State(portal): State<Portal>,
    Path((id, section)): Path<(String, String)>,
    request: Request,
) -> Result<Response, Stop> {
    let came = Came::take(&portal, request).await?;
    let paper = draft(&portal, came.person(), &id).await?;
    let paper = paper.ok_or(Stop::NotFound)?;
    // One that is asked no more since its page was opened keeps what was typed in it.
    let mut all = paper.form.sections.iter();
    let section = all.find(|one| one.id == section).ok_or(Stop::NotFound)?;
    let scope = Scope::Fields(section);
    let clear = came.fields.one("do") == "clear" && paper.unasked(section).is_some();
    let kept = came
        .keep(&portal, paper, scope, |content| {
            if clear {
                content.answers.remove(&section.id);
                content.pasted.retain(|place, _| !is_in(place, &section.id));
                content.filed.retain(|place, _| !is_in(place, &section.id));
            }
            for id in came.fields.all("asked") {
                let field = section.fields.iter().find(|one| one.id == id);
                if let Some(field) = field.filter(|one| one.kind != Kind::Rows) {
                    content.put(&section.id, &field.id, typed(field, &came.fields));
                }
            }
        })
        .await?;
    let address = format!("{}/{}", kept.paper.address(), section.id);
    if came.script {
        return Ok(came.told(&kept, scope, &address));
    }
    let left = came.fields.one("do") == "later";
    let visitor = came.here(&address)?;
    if kept.beside {
        return Ok(see_other(&format!("{address}?beside=true")));
    }
    if left {
        return Ok(see_other(LEFT));
    }
    let paper = kept.paper;
    if paper.section(&section.id).is_none() {
        return Ok(see_other(&paper.address()));
    }
    if !wrong(&paper, section, &simple(&paper, section)).is_empty() {
        return shown(&portal, &visitor, &paper, section, None).await;
    }
    let next = paper.tables(section).next();
    Ok(match next {
        Some(table) => see_other(&format!("{address}/{}", table.id)),
        None => see_other(&paper.address()),
    })
}
