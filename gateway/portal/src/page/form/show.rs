//! Answers in words, by sections: as their writer checks them, and as a reader has them.

use gateway_forms::{Body, Definition, Field, Kind, Names, Said, Section};

use super::content::{Paper, path};
use crate::component::{Cell, Head, Html as Markup, Row, STACK, SummaryList, Table};
use crate::words;

/// What stands where nothing is answered.
const NOTHING: &str = "Not answered";

/// A section.
pub(crate) struct Shown {
    pub(crate) id: String,
    pub(crate) title: String,
    /// Its fields, where it has any.
    pub(crate) list: Option<SummaryList<'static>>,
    pub(crate) tables: Vec<ShownTable>,
}

/// A table of a section.
pub(crate) struct ShownTable {
    pub(crate) label: String,
    /// Where it is changed; empty, nowhere.
    pub(crate) change: String,
    /// Its rows; or words in their place.
    pub(crate) content: Result<Markup, String>,
}

/// A text with its lines as they were typed.
#[derive(askama::Template)]
#[template(
    source = "<span class=\"portal-words\">{{ text }}</span>",
    ext = "html"
)]
struct Words<'a> {
    text: &'a str,
}

/// All that is asked, with links to where it is changed.
pub(crate) fn to_check(paper: &Paper<'_>, names: &Names) -> Vec<Shown> {
    let sections = paper.sections().map(|section| {
        let at = format!("{}/{}", paper.address(), section.id);
        let shown = Showing {
            form: paper.form,
            body: &paper.body,
            names,
            at: Some(at),
        };
        let fields: Vec<&Field> = paper.applying(section).collect();
        shown.section(section, &fields)
    });
    sections.collect()
}

/// All that is answered.
pub(crate) fn to_read(form: &Definition, body: &Body, names: &Names) -> Vec<Shown> {
    let showing = Showing {
        form,
        body,
        names,
        at: None,
    };
    let sections = form.sections.iter().filter_map(|section| {
        let said = |field: &&Field| body.answer(&path(section, field)).is_some();
        let fields: Vec<&Field> = section.fields.iter().filter(said).collect();
        (!fields.is_empty()).then(|| showing.section(section, &fields))
    });
    sections.collect()
}

struct Showing<'a> {
    form: &'a Definition,
    body: &'a Body,
    names: &'a Names,
    /// Where the section is changed.
    at: Option<String>,
}

impl Showing<'_> {
    fn section(&self, section: &Section, fields: &[&Field]) -> Shown {
        let (tables, simple): (Vec<&Field>, Vec<&Field>) =
            fields.iter().partition(|field| field.kind == Kind::Rows);
        let rows = simple.iter().map(|field| self.row(section, field));
        let tables = tables.iter().map(|field| self.table(section, field));
        Shown {
            id: section.id.clone(),
            title: section.title.clone(),
            list: (!simple.is_empty()).then(|| SummaryList {
                rows: rows.collect(),
                classes: "",
            }),
            tables: tables.collect(),
        }
    }

    fn row(&self, section: &Section, field: &Field) -> Row {
        let text = match self.body.answer(&path(section, field)) {
            Some(answer) => match self.form.said(field, answer, self.names) {
                Said::Line(text) | Said::Text(text) => text,
                Said::List(all) => all.join("\n"),
                Said::Table { .. } => String::new(),
            },
            None => NOTHING.to_owned(),
        };
        let row = Row::new(field.label.clone(), Markup::of(&Words { text: &text }));
        match &self.at {
            Some(at) => row.changed_at(format!("{at}#{}", super::ask::anchor(field))),
            None => row,
        }
    }

    fn table(&self, section: &Section, field: &Field) -> ShownTable {
        let content = match self.body.answer(&path(section, field)) {
            Some(answer) => match self.form.said(field, answer, self.names) {
                Said::Table { header, rows: all } => Ok(rows(field, &header, &all)),
                Said::Line(words) | Said::Text(words) => Err(words),
                Said::List(all) => Err(all.join("; ")),
            },
            None => Err(NOTHING.to_owned()),
        };
        let at = self.at.as_ref();
        ShownTable {
            label: field.label.clone(),
            change: at.map_or_else(String::new, |at| format!("{at}/{}", field.id)),
            content,
        }
    }
}

fn rows(field: &Field, header: &[String], rows: &[Vec<String>]) -> Markup {
    let head = header.iter().map(|text| Head {
        text,
        numeric: false,
    });
    let cell = |text: &String| Cell {
        html: Markup::text(text),
        numeric: false,
    };
    let rows = rows.iter().map(|row| row.iter().map(cell).collect());
    Markup::of(&Table {
        caption: &field.label,
        caption_classes: "govuk-visually-hidden",
        classes: STACK,
        head: head.collect(),
        rows: rows.collect(),
    })
}

/// A code, a day or an agency in words; another text as it is.
pub(crate) fn one(form: &Definition, field: &Field, text: &str, names: &Names) -> String {
    let choices = form.choices(field).iter();
    let mut known = choices.filter(|(code, _)| code.eq_ignore_ascii_case(text));
    if let Some((_, words)) = known.next() {
        return words.clone();
    }
    if field.kind == Kind::Date {
        return words::date(text);
    }
    let name = names.get(text).filter(|_| field.kind == Kind::Agency);
    name.cloned().unwrap_or_else(|| text.to_owned())
}
