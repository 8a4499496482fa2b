//! Why somebody reads a record: asked before anything of it is shown.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Response};

use crate::Portal;
use crate::component::{Button, ChoiceItem, Choices, ErrorItem, ErrorSummary, Pick, Textarea};
use crate::frame::{Frame, Place};
use crate::stop::Stop;
use crate::visitor::{Fields, Visitor};

/// Reasons that are given often.
const COMMON: [(&str, &str); 5] = [
    ("meeting", "To prepare or follow up a MAPPA meeting"),
    (
        "decide",
        "To decide about something that is held or unmatched",
    ),
    ("parts", "To check or change who takes part in this case"),
    ("news", "Something new has come in about this person"),
    ("asked", "An agency has asked about this case"),
];
const OTHER: &str = "other";

const NONE: &str = "Select why you are reading this";
const NO_WORDS: &str = "Enter your reason in your own words";

/// The form.
#[derive(Template)]
#[template(path = "page/why.html")]
struct Page {
    frame: Frame,
    /// Where the form goes.
    action: String,
    /// What is to be read, as a heading.
    heading: &'static str,
    why: Why,
    fault: Option<Fault>,
}

/// What was answered.
#[derive(Debug, Default)]
pub(crate) struct Why {
    choice: String,
    words: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    None,
    NoWords,
}

impl Fault {
    const fn item(self) -> ErrorItem<'static> {
        match self {
            Self::None => ErrorItem {
                text: NONE,
                href: "#why",
            },
            Self::NoWords => ErrorItem {
                text: NO_WORDS,
                href: "#words",
            },
        }
    }
}

impl Why {
    /// What a form brought.
    pub(crate) fn of(fields: &Fields) -> Self {
        Self {
            choice: fields.one("why").to_owned(),
            words: fields.one("words").trim().to_owned(),
        }
    }

    /// The reason as it is kept.
    fn reason(&self) -> Result<String, Fault> {
        let common = COMMON.iter().find(|(value, _)| *value == self.choice);
        match common {
            Some((_, text)) if self.words.is_empty() => Ok((*text).to_owned()),
            Some((_, text)) => Ok(format!("{text}: {}", self.words)),
            None if self.choice != OTHER => Err(Fault::None),
            None if self.words.is_empty() => Err(Fault::NoWords),
            None => Ok(self.words.clone()),
        }
    }
}

impl Page {
    fn summary(&self) -> Option<ErrorSummary<'static>> {
        self.fault.map(|fault| ErrorSummary {
            title: "There is a problem",
            errors: vec![fault.item()],
        })
    }

    fn choices(&self) -> Choices<'_> {
        let item = |(value, text): &(&'static str, &'static str)| ChoiceItem {
            value,
            text,
            checked: self.why.choice == *value,
            ..ChoiceItem::default()
        };
        Choices {
            pick: Pick::One,
            id: "why",
            name: "why",
            legend: "Your reason",
            legend_classes: "govuk-fieldset__legend--m",
            error: (self.fault == Some(Fault::None)).then_some(NONE),
            items: COMMON
                .iter()
                .chain(&[(OTHER, "Another reason")])
                .map(item)
                .collect(),
            ..Choices::default()
        }
    }

    fn words(&self) -> Textarea<'_> {
        Textarea {
            id: "words",
            name: "words",
            label: "In your own words",
            hint: Some(
                "You need not say more where one of the reasons above is yours. Do not name the person.",
            ),
            error: (self.fault == Some(Fault::NoWords)).then_some(NO_WORDS),
            value: &self.why.words,
            rows: 3,
            ..Textarea::default()
        }
    }
}

/// Goes on.
pub(crate) const GO_ON: Button<'static> = Button {
    text: "Continue",
    href: None,
    classes: "",
    name: "",
    value: "",
    prevent_double_click: true,
};

/// The page that asks.
pub(crate) async fn ask(
    portal: &Portal,
    visitor: &Visitor,
    action: String,
    heading: &'static str,
) -> Result<Response, Stop> {
    let page = Page {
        frame: Frame::around(portal, visitor, Place::Records, heading).await?,
        action,
        heading,
        why: Why::default(),
        fault: None,
    };
    Ok(Html(page.to_string()).into_response())
}

/// The reason, or the page once more with what is wrong.
pub(crate) async fn answered(
    portal: &Portal,
    visitor: &Visitor,
    action: String,
    heading: &'static str,
    why: Why,
) -> Result<Result<String, Response>, Stop> {
    let fault = match why.reason() {
        Ok(reason) => return Ok(Ok(reason)),
        Err(fault) => fault,
    };
    let title = format!("Error: {heading}");
    let page = Page {
        frame: Frame::around(portal, visitor, Place::Records, &title).await?,
        action,
        heading,
        why,
        fault: Some(fault),
    };
    let body = Html(page.to_string());
    Ok(Err((StatusCode::UNPROCESSABLE_ENTITY, body).into_response()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(choice: &str, words: &str) -> Result<String, Fault> {
        let pairs = [("why", choice), ("words", words)];
        let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Why::of(&Fields::from(pairs.to_vec())).reason()
    }

    #[test]
    fn a_reason_is_one_of_the_common_ones_or_in_words() {
        assert_eq!(reason("", "words"), Err(Fault::None));
        assert_eq!(reason("other", "  "), Err(Fault::NoWords));
        assert_eq!(reason("other", "an audit"), Ok("an audit".to_owned()));
        assert_eq!(reason("meeting", ""), Ok(COMMON[0].1.to_owned()));
        assert!(
            reason("meeting", "on Friday")
                .unwrap()
                .ends_with(": on Friday")
        );
    }
}
