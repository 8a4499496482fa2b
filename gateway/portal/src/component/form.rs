//! What forms are made of.

use askama::Template;

/// A button, or a link that looks like one.
#[derive(Debug, Default, Template)]
#[template(path = "component/button.html")]
pub(crate) struct Button<'a> {
    pub(crate) text: &'a str,
    /// Where it leads; none is a button that submits its form.
    pub(crate) href: Option<&'a str>,
    pub(crate) classes: &'a str,
    /// Of a button that submits: what the form is told of it.
    pub(crate) name: &'a str,
    pub(crate) value: &'a str,
    pub(crate) prevent_double_click: bool,
}

/// All that is wrong with a form, each with a link to its field.
#[derive(Debug, Template)]
#[template(path = "component/error_summary.html")]
pub(crate) struct ErrorSummary<'a> {
    pub(crate) title: &'a str,
    pub(crate) errors: Vec<ErrorItem<'a>>,
}

/// One thing that is wrong.
#[derive(Debug)]
pub(crate) struct ErrorItem<'a> {
    pub(crate) text: &'a str,
    /// The field, as `#id`; empty, none.
    pub(crate) href: &'a str,
}

/// One line of text.
#[derive(Debug, Default, Template)]
#[template(path = "component/input.html")]
pub(crate) struct Input<'a> {
    pub(crate) id: &'a str,
    pub(crate) name: &'a str,
    /// The type: `text`, `email`.
    pub(crate) kind: &'a str,
    pub(crate) label: &'a str,
    pub(crate) label_classes: &'a str,
    pub(crate) classes: &'a str,
    pub(crate) hint: Option<&'a str>,
    pub(crate) error: Option<&'a str>,
    pub(crate) value: Option<&'a str>,
    pub(crate) autocomplete: Option<&'a str>,
    pub(crate) autocapitalize: Option<&'a str>,
    pub(crate) inputmode: Option<&'a str>,
}

/// A password, which a script can show. It is never sent back with a value.
#[derive(Debug, Default, Template)]
#[template(path = "component/password_input.html")]
pub(crate) struct PasswordInput<'a> {
    pub(crate) id: &'a str,
    pub(crate) name: &'a str,
    pub(crate) label: &'a str,
    pub(crate) classes: &'a str,
    pub(crate) error: Option<&'a str>,
}
