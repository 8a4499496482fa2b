//! What shows facts.

use askama::Template;

use super::Html;

/// A state in a word or two.
#[derive(Debug, Template)]
#[template(path = "component/tag.html")]
pub(crate) struct Tag<'a> {
    pub(crate) text: &'a str,
    pub(crate) classes: &'a str,
}

/// Facts by name.
#[derive(Debug, Template)]
#[template(path = "component/summary_list.html")]
pub(crate) struct SummaryList<'a> {
    pub(crate) rows: Vec<Row>,
    pub(crate) classes: &'a str,
}

/// A fact.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) key: &'static str,
    pub(crate) value: Html,
}

/// Facts in rows and columns; the first cell of a row names it.
#[derive(Debug, Template)]
#[template(path = "component/table.html")]
pub(crate) struct Table<'a> {
    pub(crate) caption: &'a str,
    pub(crate) caption_classes: &'a str,
    pub(crate) classes: &'a str,
    pub(crate) head: Vec<Head<'a>>,
    pub(crate) rows: Vec<Vec<Cell>>,
}

/// The head of a column.
#[derive(Debug)]
pub(crate) struct Head<'a> {
    pub(crate) text: &'a str,
    pub(crate) numeric: bool,
}

/// A cell.
#[derive(Debug)]
pub(crate) struct Cell {
    pub(crate) html: Html,
    pub(crate) numeric: bool,
}
