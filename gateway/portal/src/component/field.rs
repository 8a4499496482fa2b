//! Fields that are more than one line of text.

use askama::Template;

use super::choice::Described;

/// Lines of text.
#[derive(Debug, Template)]
#[template(path = "component/textarea.html")]
pub(crate) struct Textarea<'a> {
    pub(crate) id: &'a str,
    pub(crate) name: &'a str,
    pub(crate) label: &'a str,
    pub(crate) label_classes: &'a str,
    pub(crate) hint: Option<&'a str>,
    pub(crate) error: Option<&'a str>,
    pub(crate) value: &'a str,
    /// How many lines are seen.
    pub(crate) rows: u8,
}

impl Default for Textarea<'_> {
    fn default() -> Self {
        Self {
            id: "",
            name: "",
            label: "",
            label_classes: "",
            hint: None,
            error: None,
            value: "",
            rows: 5,
        }
    }
}

impl Textarea<'_> {
    fn described(&self) -> Described<'_> {
        Described {
            id: self.id,
            hint: self.hint.is_some(),
            error: self.error.is_some(),
        }
    }
}

/// Files from the reader's machine. The form's `enctype` is `multipart/form-data`.
#[derive(Debug, Default, Template)]
#[template(path = "component/file_upload.html")]
pub(crate) struct FileUpload<'a> {
    pub(crate) id: &'a str,
    pub(crate) name: &'a str,
    pub(crate) label: &'a str,
    pub(crate) hint: Option<&'a str>,
    pub(crate) error: Option<&'a str>,
    /// Several at once.
    pub(crate) multiple: bool,
}

impl FileUpload<'_> {
    fn described(&self) -> Described<'_> {
        Described {
            id: self.id,
            hint: self.hint.is_some(),
            error: self.error.is_some(),
        }
    }
}

/// A date in three fields, `{prefix}-day`, `{prefix}-month` and `{prefix}-year`.
#[derive(Debug, Default, Template)]
#[template(path = "component/date_input.html")]
pub(crate) struct DateInput<'a> {
    pub(crate) id: &'a str,
    /// Of the fields' names; empty, they have none.
    pub(crate) prefix: &'a str,
    pub(crate) legend: &'a str,
    pub(crate) legend_classes: &'a str,
    pub(crate) hint: Option<&'a str>,
    pub(crate) error: Option<&'a str>,
    /// Day, month, year, as they were typed.
    pub(crate) values: [&'a str; 3],
}

/// A field of a date.
struct DatePart<'a> {
    word: &'static str,
    label: &'static str,
    width: u8,
    value: &'a str,
}

impl DateInput<'_> {
    fn described(&self) -> Described<'_> {
        Described {
            id: self.id,
            hint: self.hint.is_some(),
            error: self.error.is_some(),
        }
    }

    fn name(&self, word: &str) -> String {
        match self.prefix {
            "" => word.to_owned(),
            prefix => format!("{prefix}-{word}"),
        }
    }

    fn parts(&self) -> [DatePart<'_>; 3] {
        let [day, month, year] = self.values;
        let part = |word, label, width, value| DatePart {
            word,
            label,
            width,
            value,
        };
        [
            part("day", "Day", 2, day),
            part("month", "Month", 2, month),
            part("year", "Year", 4, year),
        ]
    }
}
