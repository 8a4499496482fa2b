//! What a reader must not miss, and what can wait.

use askama::Template;

use super::Html;

/// What happened, at the head of a page.
#[derive(Debug, Template)]
#[template(path = "component/notification_banner.html")]
pub(crate) struct NotificationBanner<'a> {
    pub(crate) text: &'a str,
    /// It is good news.
    pub(crate) success: bool,
}

/// Something with consequences.
#[derive(Debug, Template)]
#[template(path = "component/warning_text.html")]
pub(crate) struct WarningText<'a> {
    pub(crate) text: &'a str,
}

/// A text set apart.
#[derive(Debug, Template)]
#[template(path = "component/inset_text.html")]
pub(crate) struct InsetText<'a> {
    pub(crate) text: &'a str,
}

/// More, for who asks.
#[derive(Debug, Template)]
#[template(path = "component/details.html")]
pub(crate) struct Details<'a> {
    pub(crate) summary: &'a str,
    pub(crate) content: Html,
}
