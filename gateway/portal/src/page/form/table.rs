//! A table of a section: its rows, that there are none, and rows from a spreadsheet.

use askama::Template;
use axum::extract::{Path, Query, Request, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Response};
use gateway_forms::{Field, Kind, Names, Section};
use serde_json::Value;

use super::ask::{as_text, date_parts, names};
use super::brought::{Brought, FILED, PASTED, Untaken};
use super::came::{Came, draft};
use super::content::{Paper, Scope, path, wrong_in_row};
use super::pages::{Pages, address as on_page};
use super::row::NEW;
use super::{Asked, LEFT, Wrong, agencies, capital, paper, show, summary, title};
use crate::Portal;
use crate::component::{
    BackLink, Button, Cell, ChoiceItem, Choices, FileUpload, Head, Html as Markup,
    NotificationBanner, Pick, STACK, Table, Textarea,
};
use crate::frame::{Frame, Place};
use crate::stop::{Stop, see_other};
use crate::visitor::Visitor;
use crate::words;

/// So many errors are named at once.
pub(super) const NAMED: usize = 20;

/// To a page for a row.
pub(crate) const ADD: Button<'static> = Button {
    text: "Add a row",
    href: None,
    classes: "govuk-button--secondary",
    name: "do",
    value: "add",
    prevent_double_click: false,
};

/// Takes rows from a spreadsheet.
pub(crate) const PASTE: Button<'static> = Button {
    text: "Add these rows",
    href: None,
    classes: "govuk-button--secondary",
    name: "do",
    value: "paste",
    prevent_double_click: false,
};

#[derive(Template)]
#[template(path = "page/form/table.html")]
struct Page {
    frame: Frame,
    banner: Option<NotificationBanner<'static>>,
    heading: String,
    caption: String,
    hint: Option<String>,
    back: String,
    back_text: String,
    action: String,
    revision: String,
    rows: Option<Markup>,
    pages: Pages,
    none: Option<Markup>,
    /// The columns, in the order in which they are pasted, each with what can stand in it.
    columns: Vec<(String, String)>,
    untaken: Untaken,
    wrong: Vec<Wrong>,
    /// What is wrong with what was pasted, and with what a file had.
    not_taken: [Option<String>; 2],
}

/// What can be done about a row.
#[derive(Template)]
#[template(
    source = "<a class=\"govuk-link\" href=\"{{ href }}\">Change<span class=\"govuk-visually-hidden\"> row {{ n }}</span></a> <button type=\"submit\" class=\"portal-link-button\" name=\"remove\" value=\"{{ n }}\">Remove<span class=\"govuk-visually-hidden\"> row {{ n }}</span></button>",
    ext = "html"
)]
struct Acts {
    href: String,
    n: usize,
}

/// A cell with something wrong in it.
#[derive(Template)]
#[template(
    source = "<span class=\"portal-words\">{{ text }}</span> <span class=\"govuk-error-message govuk-!-margin-bottom-0\"><span class=\"govuk-visually-hidden\">Error:</span> {{ error }}</span>",
    ext = "html"
)]
struct Mistaken<'a> {
    text: &'a str,
    error: &'a str,
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

    fn area(&self) -> Textarea<'_> {
        Textarea {
            id: "pasted",
            name: "pasted",
            label: "Paste rows from a spreadsheet",
            label_classes: "govuk-label--s",
            hint: Some(
                "One row on each line, with the columns in the order below. The first line may be the columns’ names",
            ),
            error: self.not_taken[0].as_deref(),
            value: &self.untaken.pasted,
            rows: 5,
        }
    }

    /// The rows of a file that could not be taken.
    fn of_file(&self) -> Option<Textarea<'_>> {
        (!self.untaken.filed.is_empty()).then(|| Textarea {
            id: "filed",
            name: "filed",
            label: "Rows from the file that you chose",
            label_classes: "govuk-label--s",
            hint: Some("Put them right here, or in your spreadsheet and choose the file again"),
            error: self.not_taken[1].as_deref(),
            value: &self.untaken.filed,
            rows: 5,
        })
    }

    fn upload() -> FileUpload<'static> {
        FileUpload {
            id: "file",
            name: "file",
            label: "Or choose a CSV file",
            hint: None,
            error: None,
            multiple: false,
        }
    }
}

/// A table of a form by the ids of its section and field.
pub(super) fn find<'f>(
    paper: &Paper<'f>,
    section: &str,
    field: &str,
) -> Result<(&'f Section, &'f Field), Stop> {
    let found = paper.form.field(&format!("{section}.{field}"));
    let found = found.filter(|(_, field)| field.kind == Kind::Rows);
    found.ok_or(Stop::NotFound)
}

/// A cell as it was typed, in words.
fn text_of(paper: &Paper<'_>, column: &Field, typed: &Value, names: &Names) -> String {
    let text = as_text(typed);
    if column.kind == Kind::Date {
        let [day, month, year] = date_parts(&text);
        let day = format!("{year:0>4}-{month:0>2}-{day:0>2}");
        return match day.parse::<jiff::civil::Date>() {
            Ok(_) => words::date(&day),
            Err(_) => text,
        };
    }
    if column.kind == Kind::Flag {
        return capital(&text);
    }
    let each = text.split('\n');
    let each = each.map(|one| show::one(paper.form, column, one, names));
    each.collect::<Vec<_>>().join("; ")
}

/// What is wrong with the rows, each with the way to the row.
type OfRows = Vec<(usize, Vec<(String, String)>)>;

fn wrong_rows(paper: &Paper<'_>, section: &Section, field: &Field) -> OfRows {
    let rows = paper.content.rows(&section.id, &field.id);
    let wrong = rows.iter().enumerate().map(|(at, row)| {
        let wrong = wrong_in_row(paper.form, section, field, row, paper.today);
        (at + 1, wrong)
    });
    wrong.filter(|(_, wrong)| !wrong.is_empty()).collect()
}

fn table(
    paper: &Paper<'_>,
    section: &Section,
    field: &Field,
    (wrong, names): (&OfRows, &Names),
    pages: &Pages,
) -> Option<Markup> {
    let at = format!("{}/{}/{}", paper.address(), section.id, field.id);
    let rows = paper.content.rows(&section.id, &field.id);
    let mut head = vec![Head {
        text: "Row",
        numeric: false,
    }];
    head.extend(field.columns.iter().map(|column| Head {
        text: &column.label,
        numeric: false,
    }));
    head.push(Head {
        text: "What you can do",
        numeric: false,
    });
    let cell = |html| Cell {
        html,
        numeric: false,
    };
    let shown = rows.iter().enumerate().skip(pages.shown().start);
    let lines = shown.take(pages.shown().len()).map(|(n, row)| {
        let n = n + 1;
        let of_row = wrong.iter().find(|(row, _)| *row == n);
        let mut cells = vec![cell(Markup::text(n))];
        cells.extend(field.columns.iter().map(|column| {
            let text = text_of(paper, column, &row[&column.id], names);
            let error = of_row.and_then(|(_, all)| all.iter().find(|(id, _)| *id == column.id));
            cell(match error {
                Some((_, words)) => Markup::of(&Mistaken {
                    text: &text,
                    error: &capital(words),
                }),
                None => Markup::text(text),
            })
        }));
        let href = format!("{at}/{n}");
        cells.push(cell(Markup::of(&Acts { href, n })));
        cells
    });
    (!rows.is_empty()).then(|| {
        Markup::of(&Table {
            caption: &field.label,
            caption_classes: "govuk-visually-hidden",
            classes: STACK,
            head,
            rows: lines.collect(),
        })
    })
}

fn none(paper: &Paper<'_>, section: &Section, field: &Field) -> Option<Markup> {
    let words = field.none.as_deref()?;
    let rows = paper.content.rows(&section.id, &field.id);
    let legend = format!("{}: none", field.label);
    rows.is_empty().then(|| {
        Markup::of(&Choices {
            pick: Pick::Any,
            id: "none",
            name: "none",
            legend: &legend,
            legend_classes: "govuk-visually-hidden",
            items: vec![ChoiceItem {
                value: "yes",
                text: words,
                hint: Some("Choose this rather than leaving it empty: nothing said is not the same as none"),
                checked: paper.content.says_none(&section.id, &field.id),
            }],
            ..Choices::default()
        })
    })
}

/// The columns, and what can stand in each.
fn columns(paper: &Paper<'_>, field: &Field) -> Vec<(String, String)> {
    let columns = field.columns.iter().map(|column| {
        let choices = paper.form.choices(column).iter();
        let choices: Vec<&str> = choices.map(|(_, words)| words.as_str()).collect();
        let says = match column.kind {
            Kind::Date => "a date, such as 27/3/2026".to_owned(),
            Kind::Number => "a whole number".to_owned(),
            Kind::Flag => "Yes or No".to_owned(),
            Kind::Prison => "three letters, such as LEI".to_owned(),
            Kind::Code => choices.join(", "),
            Kind::Codes => format!("{}; several with ; between them", choices.join(", ")),
            Kind::Line
            | Kind::Lines
            | Kind::Text
            | Kind::Identifier
            | Kind::Agency
            | Kind::Rows => "text".to_owned(),
        };
        (column.label.clone(), says)
    });
    columns.collect()
}

/// What is said at a box: what is wrong with it, or that there is more than one thing.
fn at_box(not_taken: &[(String, &str)], at: &str) -> Option<String> {
    let mut here = not_taken.iter().filter(|(_, of)| *of == at);
    match (here.next(), here.next()) {
        (None, _) => None,
        (Some((words, _)), None) => Some(words.clone()),
        (Some(_), Some(_)) => Some("None of these rows was added: put right what is named above, here or in your spreadsheet".to_owned()),
    }
}

/// A table's page.
async fn shown(
    portal: &Portal,
    visitor: &Visitor,
    paper: &Paper<'_>,
    (section, field): (&Section, &Field),
    asked: &Asked,
    refused: Option<&str>,
) -> Result<Response, Stop> {
    let names = names(&agencies(portal, visitor).await?);
    let of_rows = wrong_rows(paper, section, field);
    let at = format!("{}/{}/{}", paper.address(), section.id, field.id);
    let mut wrong: Vec<Wrong> = Vec::new();
    for (n, all) in of_rows.iter().take(NAMED) {
        let columns = field.columns.iter();
        let labels = columns.filter(|column| all.iter().any(|(id, _)| *id == column.id));
        let labels: Vec<&str> = labels.map(|column| column.label.as_str()).collect();
        wrong.push((
            format!("Row {n}: check {}", labels.join(", ")),
            format!("{at}/{n}"),
        ));
    }
    if let Some((n, _)) = of_rows.get(NAMED) {
        let more = of_rows.len() - NAMED;
        wrong.push((format!("And {more} more rows"), format!("{at}/{n}")));
    }
    let place = path(section, field);
    let whole = paper.faults.iter().find(|fault| fault.path == place);
    wrong.extend(whole.map(|fault| (capital(&fault.words), "#none".to_owned())));
    let untaken = Untaken::of(&paper.content, &place);
    let mut not_taken = untaken.wrong(paper, &place);
    let here = if untaken.filed.is_empty() {
        PASTED
    } else {
        FILED
    };
    not_taken.extend(refused.map(|words| (capital(words), here)));
    wrong.extend(
        not_taken
            .iter()
            .map(|(words, at)| (words.clone(), format!("#{at}"))),
    );
    let is_wrong = !wrong.is_empty();
    let pages = Pages::new(asked.page, paper.content.rows(&section.id, &field.id).len());
    let page = Page {
        frame: Frame::around(
            portal,
            visitor,
            Place::Forms,
            &title(&field.label, is_wrong),
        )
        .await?,
        banner: asked.banner(),
        heading: field.label.clone(),
        caption: section.title.clone(),
        hint: field.hint.clone(),
        back: format!("{}/{}", paper.address(), section.id),
        back_text: format!("Back to {}", section.title.to_lowercase()),
        action: at,
        revision: paper.content.digest(Scope::Table(section, field)),
        rows: table(paper, section, field, (&of_rows, &names), &pages),
        pages,
        none: none(paper, section, field),
        columns: columns(paper, field),
        not_taken: [PASTED, FILED].map(|at| at_box(&not_taken, at)),
        untaken,
        wrong,
    };
    let status = match is_wrong {
        true => StatusCode::UNPROCESSABLE_ENTITY,
        false => StatusCode::OK,
    };
    Ok((status, Html(page.to_string())).into_response())
}

/// Shows it.
pub(crate) async fn show(
    State(portal): State<Portal>,
    visitor: Visitor,
    Path((id, section, field)): Path<(String, String, String)>,
    Query(asked): Query<Asked>,
) -> Result<Response, Stop> {
    let paper = match paper(&portal, &visitor, &id).await? {
        Ok(paper) => paper,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let found = find(&paper, &section, &field)?;
    let page = shown(&portal, &visitor, &paper, found, &asked, None).await?;
    Ok((StatusCode::OK, page).into_response())
}

/// Keeps it, and goes on as the pressed button says.
pub(crate) async fn save(
    State(portal): State<Portal>,
    Path((id, section, field)): Path<(String, String, String)>,
    request: Request,
) -> Result<Response, Stop> {
    let mut came = Came::take(&portal, request).await?;
    let paper = draft(&portal, came.person(), &id).await?;
    let paper = paper.ok_or(Stop::NotFound)?;
    let (section, field) = find(&paper, &section, &field)?;
    let (place, scope) = (path(section, field), Scope::Table(section, field));
    let kept = Untaken::of(&paper.content, &place);
    let brought = Brought::of(&came.fields, came.file.take(), &kept);
    let new = match came.script || brought.refused.is_some() {
        true => None,
        false => brought.untaken.rows(&paper, &place),
    };
    let mut rows = paper.content.rows(&section.id, &field.id);
    let remove: Option<usize> = came.fields.one("remove").parse().ok();
    let remove = remove.and_then(|n| n.checked_sub(1));
    if let Some(at) = remove.filter(|at| *at < rows.len()) {
        rows.remove(at);
    }
    let (said_none, taken) = (came.fields.has("none"), new.is_some());
    rows.extend(new.into_iter().flatten());
    let kept = came
        .keep(&portal, paper, scope, |content| {
            content.put_rows(&section.id, &field.id, &rows, said_none);
            match taken {
                true => Untaken::default().keep(content, &place),
                false => brought.untaken.keep(content, &place),
            }
        })
        .await?;
    let at = format!("{}/{}", kept.paper.address(), section.id);
    let address = format!("{at}/{}", field.id);
    if came.script {
        return Ok(came.told(&kept, scope, &address));
    }
    let pressed = came.fields.one("do").to_owned();
    let went: Option<usize> = came.fields.one("page").parse().ok();
    let here: usize = came.fields.one("at").parse().unwrap_or_default();
    let visitor = came.here(&address)?;
    let paper = &kept.paper;
    if kept.beside {
        return Ok(see_other(&format!("{address}?beside=true")));
    }
    if let Some(page) = went.or_else(|| remove.map(|_| here)) {
        return Ok(see_other(&on_page(&address, page)));
    }
    if taken && (brought.guessed || pressed == "paste") {
        let last = Pages::of_row(rows.len().saturating_sub(1));
        let note = if brought.guessed { "&guessed=true" } else { "" };
        return Ok(see_other(&format!("{address}?page={last}{note}")));
    }
    if pressed == "later" {
        return Ok(see_other(LEFT));
    }
    if pressed == "add" {
        return Ok(see_other(&format!("{address}/{NEW}")));
    }
    let untaken = Untaken::of(&paper.content, &place);
    let wrong = untaken != Untaken::default() || paper.fault(section, field).is_some();
    if wrong || brought.refused.is_some() || pressed == "paste" {
        let asked = Asked {
            page: here,
            guessed: brought.guessed,
            ..Asked::default()
        };
        let place = (section, field);
        return shown(&portal, &visitor, paper, place, &asked, brought.refused).await;
    }
    let mut after = paper.tables(section).skip_while(|one| one.id != field.id);
    Ok(match after.nth(1) {
        Some(next) => see_other(&format!("{at}/{}", next.id)),
        None => see_other(&paper.address()),
    })
}
