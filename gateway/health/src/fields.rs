//! A form's answers, read and written by their paths.

use gateway_core::Personal;
use gateway_flow::Flow;
use gateway_forms::{Answer, Body, Carried, Definition};
use jiff::civil::Date;
use serde_json::{Map, Value};

use crate::Unreadable;

/// What somebody has of a form, from the bytes of those of its parts that they have.
///
/// # Errors
/// [`Unreadable`] where one is no part of a form.
pub fn joined<P: AsRef<[u8]>>(
    form: &Definition,
    parts: impl IntoIterator<Item = P>,
) -> Result<Body, Unreadable> {
    let mut carried = Vec::new();
    for part in parts {
        let part = Carried::read(part.as_ref()).map_err(|_| Unreadable("a part"))?;
        if part.form == form.id {
            carried.push(part);
        }
    }
    Ok(form.join(&carried))
}

/// The same, of a form of the flow's.
///
/// # Errors
/// [`Unreadable`] where there is no such form, or one is no part of a form.
pub fn body_of<P: AsRef<[u8]>>(
    flow: &Flow,
    form: &str,
    parts: impl IntoIterator<Item = P>,
) -> Result<Body, Unreadable> {
    let form = flow.forms.form(form).ok_or(Unreadable("the form"))?;
    joined(form, parts)
}

/// Reads answers.
#[derive(Clone, Copy)]
pub(crate) struct Said<'b>(pub(crate) &'b Body);

impl<'b> Said<'b> {
    pub(crate) fn one(self, path: &str) -> Option<&'b str> {
        match self.0.answer(path)? {
            Answer::One(text) => Some(text),
            Answer::Number(_) | Answer::Flag(_) | Answer::Many(_) | Answer::Rows(_) => None,
        }
    }

    pub(crate) fn words(self, path: &str) -> Option<Personal<String>> {
        self.one(path).map(|text| Personal::new(text.to_owned()))
    }

    pub(crate) fn many(self, path: &str) -> &'b [String] {
        match self.0.answer(path) {
            Some(Answer::Many(all)) => all,
            Some(Answer::One(_) | Answer::Number(_) | Answer::Flag(_) | Answer::Rows(_)) | None => {
                &[]
            }
        }
    }

    pub(crate) fn day(self, path: &str) -> Option<Date> {
        self.one(path)?.parse().ok()
    }
}

/// Writes answers.
#[derive(Default)]
pub(crate) struct Filled(Map<String, Value>);

impl Filled {
    pub(crate) fn set(&mut self, path: &str, value: impl Into<Value>) {
        let (section, field) = path.split_once('.').unwrap_or((path, ""));
        let fields = self.0.entry(section).or_insert_with(|| Map::new().into());
        if let Value::Object(fields) = fields {
            fields.insert(field.to_owned(), value.into());
        }
    }

    pub(crate) fn some(&mut self, path: &str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.set(path, value);
        }
    }

    pub(crate) fn words(&mut self, path: &str, value: Option<&Personal<String>>) {
        self.some(path, value.map(|value| value.reveal().as_str()));
    }

    pub(crate) fn lines<'v>(&mut self, path: &str, values: impl Iterator<Item = &'v str>) {
        let values: Vec<Value> = values.map(Value::from).collect();
        if !values.is_empty() {
            self.set(path, values);
        }
    }

    pub(crate) fn into_value(self) -> Value {
        Value::Object(self.0)
    }
}
