//! A row of a table, on a page of its own.

use askama::Template;
use axum::extract::{Path, Query, Request, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Response};
use gateway_forms::{Field, Section};
use serde_json::{Map, Value};

use super::ask::{Ask, anchor, typed};
use super::came::{Came, draft};
use super::content::{Paper, Scope, is_empty, wrong_in_row};
use super::pages::{Pages, address as on_page};
use super::table::find;
use super::{Asked, LEFT, Wrong, agencies, capital, paper, summary, title};
use crate::Portal;
use crate::component::{BackLink, Button, Html as Markup, NotificationBanner};
use crate::frame::{Frame, Place};
use crate::stop::{Stop, see_other};
use crate::visitor::Visitor;

/// The row that is not there yet.
pub(super) const NEW: &str = "new";

/// Keeps the row, and begins the next.
pub(crate) const ANOTHER: Button<'static> = Button {
    text: "Save and add another",
    href: None,
    classes: "govuk-button--secondary",
    name: "do",
    value: "another",
    prevent_double_click: false,
};

#[derive(Template)]
#[template(path = "page/form/row.html")]
struct Page {
    frame: Frame,
    banner: Option<NotificationBanner<'static>>,
    heading: String,
    caption: String,
    back: String,
    back_text: String,
    action: String,
    revision: String,
    fields: Vec<Markup>,
    wrong: Vec<Wrong>,
}

impl Page {
    fn summary(&self) -> Option<String> {
        summary(&self.wrong)
    }

    fn back(&self) -> BackLink<'_> {
        BackLink {
            href: &self.back,
            text: &self.back_text,
        }
    }
}

/// Which row is meant, from 0; none is a new one.
fn place(word: &str, rows: usize) -> Result<Option<usize>, Stop> {
    if word == NEW {
        return Ok(None);
    }
    let n: usize = word.parse().map_err(|_| Stop::NotFound)?;
    let at = n.checked_sub(1).filter(|at| *at < rows);
    at.map(Some).ok_or(Stop::NotFound)
}

/// A table's row on its page.
struct Shown<'s> {
    section: &'s Section,
    field: &'s Field,
    at: Option<usize>,
    /// It was sent: what is missing of it is said.
    sent: bool,
    banner: Option<NotificationBanner<'static>>,
}

impl Shown<'_> {
    async fn page(
        self,
        portal: &Portal,
        visitor: &Visitor,
        paper: &Paper<'_>,
    ) -> Result<Response, Stop> {
        let (section, field) = (self.section, self.field);
        let rows = paper.content.rows(&section.id, &field.id);
        let row = self.at.and_then(|at| rows.get(at));
        let row = row.cloned().unwrap_or(Value::Null);
        let wrong = match (self.at, self.sent) {
            (None, false) => Vec::new(),
            (None, true) => {
                let first = field.columns.first();
                let id = first.map_or_else(String::new, |one| one.id.clone());
                vec![(id, "fill in the row, or go back".to_owned())]
            }
            (Some(_), _) => wrong_in_row(paper.form, section, field, &row, paper.today),
        };
        let agencies = agencies(portal, visitor).await?;
        let fields = field.columns.iter().map(|column| {
            let found = wrong.iter().find(|(id, _)| *id == column.id);
            let error = found.map(|(_, words)| capital(words));
            let asked = Ask {
                form: paper.form,
                section,
                field: column,
                typed: &row[&column.id],
                error: error.as_deref(),
                agencies: &agencies,
            };
            asked.markup()
        });
        let table = format!("{}/{}/{}", paper.address(), section.id, field.id);
        let (word, heading) = match self.at {
            Some(at) => ((at + 1).to_string(), format!("Row {}", at + 1)),
            None => (NEW.to_owned(), "Add a row".to_owned()),
        };
        let page = Page {
            frame: Frame::around(
                portal,
                visitor,
                Place::Forms,
                &title(&format!("{heading}, {}", field.label), !wrong.is_empty()),
            )
            .await?,
            banner: self.banner,
            heading,
            caption: field.label.clone(),
            back_text: format!("Back to {}", field.label.to_lowercase()),
            action: format!("{table}/{word}"),
            back: on_page(&table, self.at.map_or(1, Pages::of_row)),
            revision: paper.content.digest(Scope::Table(section, field)),
            fields: fields.collect(),
            wrong: led(field, &wrong),
        };
        let status = match page.wrong.is_empty() {
            true => StatusCode::OK,
            false => StatusCode::UNPROCESSABLE_ENTITY,
        };
        Ok((status, Html(page.to_string())).into_response())
    }
}

/// What is wrong by column, each with where it leads.
fn led(field: &Field, wrong: &[(String, String)]) -> Vec<Wrong> {
    let led = wrong.iter().filter_map(|(id, words)| {
        let column = field.columns.iter().find(|one| one.id == *id)?;
        let words = format!("{}: {words}", column.label);
        Some((words, format!("#{}", anchor(column))))
    });
    led.collect()
}

/// Shows it.
pub(crate) async fn show(
    State(portal): State<Portal>,
    visitor: Visitor,
    Path((id, section, field, row)): Path<(String, String, String, String)>,
    Query(asked): Query<Asked>,
) -> Result<Response, Stop> {
    let paper = match paper(&portal, &visitor, &id).await? {
        Ok(paper) => paper,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let (section, field) = find(&paper, &section, &field)?;
    let rows = paper.content.rows(&section.id, &field.id).len();
    let shown = Shown {
        section,
        field,
        at: place(&row, rows)?,
        sent: false,
        banner: asked.banner(),
    };
    let page = shown.page(&portal, &visitor, &paper).await?;
    Ok((StatusCode::OK, page).into_response())
}

/// Keeps it, and goes on.
pub(crate) async fn save(
    State(portal): State<Portal>,
    Path((id, section, field, row)): Path<(String, String, String, String)>,
    request: Request,
) -> Result<Response, Stop> {
    let came = Came::take(&portal, request).await?;
    let paper = draft(&portal, came.person(), &id).await?;
    let paper = paper.ok_or(Stop::NotFound)?;
    let (section, field) = find(&paper, &section, &field)?;
    let scope = Scope::Table(section, field);
    let mut rows = paper.content.rows(&section.id, &field.id);
    // A row that was removed in another window meanwhile is added again.
    let mut at = place(&row, rows.len()).ok().flatten();
    let known = at.and_then(|at| rows.get(at)).and_then(Value::as_object);
    let mut new: Map<String, Value> = known.cloned().unwrap_or_default();
    for column in &field.columns {
        let value = typed(column, &came.fields);
        match value.is_null() {
            true => new.remove(&column.id),
            false => new.insert(column.id.clone(), value),
        };
    }
    let nothing = new.values().all(is_empty);
    let new = Value::Object(new);
    if let Some(row) = at.and_then(|at| rows.get_mut(at)) {
        *row = new;
    } else if !nothing {
        at = Some(rows.len());
        rows.push(new);
    }
    let kept = came
        .keep(&portal, paper, scope, |content| {
            let none = content.says_none(&section.id, &field.id);
            content.put_rows(&section.id, &field.id, &rows, none);
        })
        .await?;
    let table = format!("{}/{}/{}", kept.paper.address(), section.id, field.id);
    let address = match at {
        Some(at) => format!("{table}/{}", at + 1),
        None => format!("{table}/{NEW}"),
    };
    if came.script {
        return Ok(came.told(&kept, scope, &address));
    }
    let pressed = came.fields.one("do").to_owned();
    let visitor = came.here(&address)?;
    if kept.beside {
        return Ok(see_other(&format!("{address}?beside=true")));
    }
    if pressed == "later" {
        return Ok(see_other(LEFT));
    }
    let paper = &kept.paper;
    let rows = paper.content.rows(&section.id, &field.id);
    let is_wrong = match at.and_then(|at| rows.get(at)) {
        Some(row) => !wrong_in_row(paper.form, section, field, row, paper.today).is_empty(),
        None => true,
    };
    if is_wrong {
        let shown = Shown {
            section,
            field,
            at,
            sent: true,
            banner: None,
        };
        return shown.page(&portal, &visitor, paper).await;
    }
    Ok(match pressed.as_str() {
        "another" => see_other(&format!("{table}/{NEW}")),
        _ => see_other(&on_page(&table, at.map_or(1, Pages::of_row))),
    })
}
