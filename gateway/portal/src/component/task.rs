//! Steps of a longer task, and how far each has come.

use askama::Template;

use super::Html;

/// The steps.
#[derive(Debug, Template)]
#[template(path = "component/task_list.html")]
pub(crate) struct TaskList<'a> {
    pub(crate) items: Vec<Task<'a>>,
}

/// A step.
#[derive(Debug)]
pub(crate) struct Task<'a> {
    pub(crate) title: &'a str,
    /// Where it is done; none where it cannot be begun yet.
    pub(crate) href: Option<&'a str>,
    pub(crate) hint: Option<&'a str>,
    /// How far it has come: words, or a tag.
    pub(crate) status: Html,
    pub(crate) status_classes: &'a str,
}
