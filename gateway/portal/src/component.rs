//! GOV.UK Frontend's components, as far as the pages use them. Each renders what the package's
//! own macro renders, which the package's fixtures prove; text is escaped, and [`Html`] is the
//! one type that is not.

mod choice;
mod field;
mod form;
mod frame;
mod key;
mod moj;
mod notice;
mod show;
mod task_list;
#[cfg(test)]
mod tests;

use std::fmt;

use askama::Template;

pub(crate) use self::choice::{ChoiceItem, Choices, Pick, Select};
pub(crate) use self::field::{DateInput, FileUpload, Textarea};
pub(crate) use self::form::{Button, ErrorItem, ErrorSummary, Input, PasswordInput};
pub(crate) use self::frame::{
    BackLink, GenericHeader, NavigationItem, Pagination, ServiceNavigation, SkipLink,
};
pub(crate) use self::key::{KeyForm, KeyOffer};
pub(crate) use self::moj::{
    Filter, SelectedCategory, SelectedFilters, SelectedItem, Timeline, TimelineItem,
};
pub(crate) use self::notice::{Details, InsetText, NotificationBanner, WarningText};
pub(crate) use self::show::{Action, Cell, Head, Row, STACK, SummaryList, Table, Tag};
pub(crate) use self::task_list::{Task, TaskList};

/// Markup of ours: rendered by a template, or text that was escaped.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Html(String);

impl Html {
    /// Text, escaped.
    pub(crate) fn text(text: impl fmt::Display) -> Self {
        Self(
            Text {
                text: text.to_string(),
            }
            .to_string(),
        )
    }

    /// What a template renders.
    pub(crate) fn of(template: &impl Template) -> Self {
        Self(template.to_string())
    }
}

impl FromIterator<Html> for Html {
    /// One after the other.
    fn from_iter<I: IntoIterator<Item = Self>>(parts: I) -> Self {
        Self(parts.into_iter().map(|part| part.0).collect())
    }
}

impl fmt::Display for Html {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[derive(Template)]
#[template(source = "{{ text }}", ext = "html")]
struct Text {
    text: String,
}
