//! MOJ Frontend's components, as far as the pages use them.

use askama::Template;

use super::Html;

/// What happened, the newest first.
#[derive(Debug, Template)]
#[template(path = "component/timeline.html")]
pub(crate) struct Timeline<'a> {
    pub(crate) items: Vec<TimelineItem>,
    pub(crate) heading_level: u8,
    pub(crate) classes: &'a str,
}

/// One thing that happened.
#[derive(Debug)]
pub(crate) struct TimelineItem {
    pub(crate) label: String,
    pub(crate) byline: Option<String>,
    /// For programs, RFC 3339.
    pub(crate) timestamp: String,
    /// For people.
    pub(crate) time: String,
    pub(crate) html: Html,
}

/// What is asked of a list; it stands in a form.
#[derive(Debug, Template)]
#[template(path = "component/filter.html")]
pub(crate) struct Filter<'a> {
    pub(crate) heading: &'a str,
    /// What is asked already; none, nothing.
    pub(crate) selected: Option<SelectedFilters>,
    pub(crate) submit: &'a str,
    /// The fields.
    pub(crate) options: Html,
}

/// What is asked already, each with a way to ask it no longer.
#[derive(Debug)]
pub(crate) struct SelectedFilters {
    pub(crate) heading: &'static str,
    pub(crate) clear_href: String,
    pub(crate) clear_text: &'static str,
    pub(crate) categories: Vec<SelectedCategory>,
}

/// What is asked of one field.
#[derive(Debug)]
pub(crate) struct SelectedCategory {
    pub(crate) heading: &'static str,
    pub(crate) items: Vec<SelectedItem>,
}

/// One thing that is asked.
#[derive(Debug)]
pub(crate) struct SelectedItem {
    pub(crate) href: String,
    pub(crate) text: String,
}
