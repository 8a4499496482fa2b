//! What shows facts.

use std::borrow::Cow;

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

impl SummaryList<'_> {
    fn has_actions(&self) -> bool {
        self.rows.iter().any(|row| !row.actions.is_empty())
    }
}

/// A fact.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) key: Cow<'static, str>,
    pub(crate) value: Html,
    /// What can be done about it.
    pub(crate) actions: Vec<Action>,
}

impl Row {
    /// A fact about which nothing is to be done.
    pub(crate) fn new(key: impl Into<Cow<'static, str>>, value: Html) -> Self {
        Self {
            key: key.into(),
            value,
            actions: Vec::new(),
        }
    }

    /// The same, with a link to where it is changed.
    pub(crate) fn changed_at(mut self, href: impl Into<String>) -> Self {
        self.actions.push(Action {
            href: href.into(),
            text: "Change",
            hidden: self.key.to_lowercase(),
        });
        self
    }
}

/// A link beside a fact.
#[derive(Debug, Template)]
#[template(path = "component/action.html")]
pub(crate) struct Action {
    pub(crate) href: String,
    pub(crate) text: &'static str,
    /// Of what, for those who hear it; empty, the text says it.
    pub(crate) hidden: String,
}

/// The class of a table whose cells stand below each other on a narrow screen, each after the
/// name of its column.
pub(crate) const STACK: &str = "portal-stack";

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
