//! What is chosen from a list.

use std::fmt;

use askama::Template;

/// How many of the choices can be taken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Pick {
    /// One: radios.
    #[default]
    One,
    /// Any: checkboxes.
    Any,
}

impl Pick {
    /// The component's name.
    const fn component(self) -> &'static str {
        match self {
            Self::One => "radios",
            Self::Any => "checkboxes",
        }
    }

    /// The type of each input.
    const fn kind(self) -> &'static str {
        match self {
            Self::One => "radio",
            Self::Any => "checkbox",
        }
    }
}

/// Choices that are all seen at once.
#[derive(Debug, Default, Template)]
#[template(path = "component/choices.html")]
pub(crate) struct Choices<'a> {
    pub(crate) pick: Pick,
    /// The first choice has this id, the next ones with `-2`, `-3`.
    pub(crate) id: &'a str,
    pub(crate) name: &'a str,
    /// What is asked; empty where something else says it.
    pub(crate) legend: &'a str,
    pub(crate) legend_classes: &'a str,
    pub(crate) classes: &'a str,
    pub(crate) hint: Option<&'a str>,
    pub(crate) error: Option<&'a str>,
    pub(crate) items: Vec<ChoiceItem<'a>>,
}

/// One choice.
#[derive(Debug, Default)]
pub(crate) struct ChoiceItem<'a> {
    pub(crate) value: &'a str,
    pub(crate) text: &'a str,
    pub(crate) hint: Option<&'a str>,
    pub(crate) checked: bool,
}

impl Choices<'_> {
    fn item_id(&self, index: usize) -> String {
        match index {
            0 => self.id.to_owned(),
            n => format!("{}-{}", self.id, n + 1),
        }
    }

    fn described(&self) -> Described<'_> {
        Described {
            id: self.id,
            hint: self.hint.is_some(),
            error: self.error.is_some(),
        }
    }
}

/// Choices of which one is shown until it is opened.
#[derive(Debug, Default, Template)]
#[template(path = "component/select.html")]
pub(crate) struct Select<'a> {
    pub(crate) id: &'a str,
    pub(crate) name: &'a str,
    pub(crate) label: &'a str,
    pub(crate) hint: Option<&'a str>,
    pub(crate) error: Option<&'a str>,
    pub(crate) items: Vec<ChoiceItem<'a>>,
}

impl Select<'_> {
    fn described(&self) -> Described<'_> {
        Described {
            id: self.id,
            hint: self.hint.is_some(),
            error: self.error.is_some(),
        }
    }
}

/// The attribute that leads from a field to its hint and its error.
#[derive(Debug)]
pub(super) struct Described<'a> {
    pub(super) id: &'a str,
    pub(super) hint: bool,
    pub(super) error: bool,
}

impl fmt::Display for Described<'_> {
    /// Ids are of ours: there is nothing in them to escape.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = self.id;
        match (self.hint, self.error) {
            (false, false) => Ok(()),
            (true, false) => write!(f, " aria-describedby=\"{id}-hint\""),
            (false, true) => write!(f, " aria-describedby=\"{id}-error\""),
            (true, true) => write!(f, " aria-describedby=\"{id}-hint {id}-error\""),
        }
    }
}
