//! Tasks, and how far each has come.

use askama::Template;

use super::{Html, Tag};

/// Tasks that are done in any order.
#[derive(Debug, Template)]
#[template(path = "component/task_list.html")]
pub(crate) struct TaskList<'a> {
    /// The ids of hints and states begin so.
    pub(crate) id_prefix: &'a str,
    pub(crate) classes: &'a str,
    pub(crate) items: Vec<Task>,
}

/// One of them.
#[derive(Debug)]
pub(crate) struct Task {
    pub(crate) title: Html,
    /// Where it is done; empty, it cannot be begun yet.
    pub(crate) href: String,
    pub(crate) hint: Option<Html>,
    /// How far it has come.
    pub(crate) status: Html,
    pub(crate) status_classes: &'static str,
}

impl Task {
    /// A state that stands out.
    pub(crate) fn tag(text: &str, classes: &str) -> Html {
        Html::of(&Tag { text, classes })
    }
}
