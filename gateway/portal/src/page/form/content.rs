//! What a form says while it is written: what was typed, kept as it was typed, and what it
//! amounts to by the form's definition.

use std::collections::{BTreeMap, BTreeSet};

use gateway_forms::{Answer, Body, Condition, Definition, Fault, Field, Kind, Required, Section};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

/// A form's draft.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Content {
    /// The form.
    pub(crate) form: String,
    /// Its version when it was begun.
    pub(crate) version: String,
    /// The record of whom it is about, where its writer knows it.
    #[serde(default)]
    pub(crate) nominal: Option<String>,
    /// What was typed, by section and field.
    #[serde(default)]
    pub(crate) answers: Map<String, Value>,
    /// What is imminent, in an emergency.
    #[serde(default)]
    pub(crate) emergency: Option<String>,
    /// Whom it is for, where not for the form's own readers.
    #[serde(default)]
    pub(crate) recipients: Vec<String>,
    /// The earlier one that it goes on from.
    #[serde(default)]
    pub(crate) after: Option<String>,
    /// The earlier one that it puts right.
    #[serde(default)]
    pub(crate) corrects: Option<String>,
    /// The exchange that it answers.
    #[serde(default)]
    pub(crate) answers_to: Option<String>,
    /// What the earlier one said.
    #[serde(default)]
    pub(crate) begun_from: Option<Earlier>,
    /// Rows that were pasted and could not be taken yet, by `section.field`.
    #[serde(default)]
    pub(crate) pasted: BTreeMap<String, String>,
    /// The same of a file.
    #[serde(default)]
    pub(crate) filed: BTreeMap<String, String>,
}

/// An earlier form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Earlier {
    /// When it was sent, microseconds UTC.
    pub(crate) sent_at: i64,
    /// What it said.
    pub(crate) answers: Value,
    /// The prison that sent it, where it was not one's own; what it is called.
    #[serde(default)]
    pub(crate) from: Option<String>,
    /// The prisons that wrote sections before it, where these are others: by section.
    #[serde(default)]
    pub(crate) sections: BTreeMap<String, String>,
}

impl Earlier {
    /// Whose a section is; none where it is one's own.
    pub(crate) fn whose(&self, section: &str) -> Option<&str> {
        self.sections
            .get(section)
            .or(self.from.as_ref())
            .map(String::as_str)
    }
}

/// What one page of a form changes. Two windows on different pages do not disturb each other.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Scope<'s> {
    /// The fields of a section but for its tables.
    Fields(&'s Section),
    /// A table.
    Table(&'s Section, &'s Field),
    /// How it is sent.
    Sending,
}

impl Content {
    /// A form's draft; none where it is a draft of something else.
    pub(crate) fn read(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// What was typed in a field.
    pub(crate) fn typed(&self, section: &str, field: &str) -> &Value {
        let section = self.answers.get(section);
        section
            .and_then(|section| section.get(field))
            .unwrap_or(&Value::Null)
    }

    /// Takes what is typed in a field.
    pub(crate) fn put(&mut self, section: &str, field: &str, value: Value) {
        let place = self
            .answers
            .entry(section)
            .or_insert_with(|| Value::Object(Map::new()));
        if let Some(fields) = place.as_object_mut() {
            match value.is_null() {
                true => fields.remove(field),
                false => fields.insert(field.to_owned(), value),
            };
        }
    }

    /// The rows of a table, as they were typed.
    pub(crate) fn rows(&self, section: &str, field: &str) -> Vec<Value> {
        let rows = match self.typed(section, field) {
            Value::Object(table) => table.get("rows").and_then(Value::as_array).cloned(),
            Value::Array(rows) => Some(rows.clone()),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
        };
        rows.unwrap_or_default()
    }

    /// Whether it is said of a table that there are no rows.
    pub(crate) fn says_none(&self, section: &str, field: &str) -> bool {
        self.typed(section, field)["none"] == Value::Bool(true)
    }

    /// Takes the rows of a table, or that there are none.
    pub(crate) fn put_rows(&mut self, section: &str, field: &str, rows: &[Value], none: bool) {
        let none = none && rows.is_empty();
        let table = match none || !rows.is_empty() {
            true => json!({"none": none, "rows": rows}),
            false => Value::Null,
        };
        self.put(section, field, table);
    }

    /// What a page was made of: a page that was made of something else was changed meanwhile.
    pub(crate) fn digest(&self, scope: Scope<'_>) -> String {
        let part = match scope {
            Scope::Fields(section) => {
                let simple = section.fields.iter().filter(|one| one.kind != Kind::Rows);
                simple
                    .map(|field| self.typed(&section.id, &field.id).clone())
                    .collect()
            }
            Scope::Table(section, field) => json!([
                self.typed(&section.id, &field.id),
                self.pasted.get(&path(section, field)),
                self.filed.get(&path(section, field))
            ]),
            Scope::Sending => json!([self.emergency, self.recipients]),
        };
        hex::encode(&Sha256::digest(part.to_string())[..8])
    }
}

/// A field's path.
pub(crate) fn path(section: &Section, field: &Field) -> String {
    format!("{}.{}", section.id, field.id)
}

/// A draft with its form.
#[derive(Debug)]
pub(crate) struct Paper<'f> {
    pub(crate) id: String,
    /// When it was last saved, microseconds UTC.
    pub(crate) saved: i64,
    pub(crate) revision: i64,
    pub(crate) form: &'f Definition,
    pub(crate) content: Content,
    /// What of it is right.
    pub(crate) body: Body,
    /// What of it is wrong.
    pub(crate) faults: Vec<Fault>,
    pub(crate) today: Date,
}

/// How far a section has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Nothing in it is answered, and something has to be.
    NotStarted,
    /// Nothing in it is answered, and nothing has to be.
    Optional,
    /// Something in it has to be answered yet.
    Incomplete,
    /// Something in it is wrong.
    Wrong,
    /// All that has to be answered is.
    Complete,
}

impl<'f> Paper<'f> {
    /// A draft's content, read by its form.
    pub(crate) fn new(form: &'f Definition, id: String, content: Content, today: Date) -> Self {
        let given = Value::Object(content.answers.clone());
        let (body, mut faults) = Body::gather(form, &given, today);
        faults.extend(form.unasked(&body));
        Self {
            id,
            saved: 0,
            revision: 1,
            form,
            content,
            body,
            faults,
            today,
        }
    }

    /// Its address.
    pub(crate) fn address(&self) -> String {
        format!("/forms/draft/{}", self.id)
    }

    /// The sections that are asked, and those that have something: it is for their writer to take
    /// it out.
    pub(crate) fn sections(&self) -> impl Iterator<Item = &'f Section> {
        let asked = |section: &&'f Section| {
            self.form.asks(section, &self.body) || self.has_something(section)
        };
        self.form.sections.iter().filter(asked)
    }

    fn has_something(&self, section: &Section) -> bool {
        let typed = self.content.answers.get(&section.id);
        let fields = typed.and_then(Value::as_object);
        fields.is_some_and(|fields| !fields.values().all(is_empty))
    }

    /// What is wrong with a section as a whole: it has something, and is not asked.
    pub(crate) fn unasked(&self, section: &Section) -> Option<&Fault> {
        self.faults.iter().find(|fault| fault.path == section.id)
    }

    /// One of [`Paper::sections`].
    pub(crate) fn section(&self, id: &str) -> Option<&'f Section> {
        self.sections().find(|section| section.id == id)
    }

    /// The fields of a section that are asked: those that apply, and those that have something.
    pub(crate) fn fields(&self, section: &'f Section) -> impl Iterator<Item = &'f Field> {
        section.fields.iter().filter(|field| {
            let applies = match &field.required {
                Required::Always(_) => true,
                Required::When(condition) => {
                    is_beside(section, condition) || holds(condition, &self.body)
                }
            };
            applies || !self.content.typed(&section.id, &field.id).is_null()
        })
    }

    /// The fields of a section that apply by what was answered, and those that have something.
    pub(crate) fn applying(&self, section: &'f Section) -> impl Iterator<Item = &'f Field> {
        self.fields(section).filter(|field| {
            let applies = match &field.required {
                Required::Always(_) => true,
                Required::When(condition) => holds(condition, &self.body),
            };
            applies || !self.content.typed(&section.id, &field.id).is_null()
        })
    }

    /// The tables of a section that are asked.
    pub(crate) fn tables(&self, section: &'f Section) -> impl Iterator<Item = &'f Field> {
        self.fields(section).filter(|one| one.kind == Kind::Rows)
    }

    /// What is wrong with a field or with what is in it, the first thing of it.
    pub(crate) fn fault(&self, section: &Section, field: &Field) -> Option<&Fault> {
        let place = path(section, field);
        self.faults.iter().find(|fault| is_in(&fault.path, &place))
    }

    /// What has to be answered yet. What the record of a person has may be left out where the
    /// record is named.
    pub(crate) fn all_missing(&self) -> Vec<Fault> {
        let known = |fault: &Fault| {
            let field = self.form.field(&fault.path);
            field.is_some_and(|(_, field)| field.is_on_record())
        };
        let mut missing = self.form.missing(&self.body);
        missing.retain(|fault| self.content.nominal.is_none() || !known(fault));
        missing
    }

    /// Tables with rows that were pasted or chosen and are in none yet, by `section.field`.
    pub(crate) fn untaken(&self) -> impl Iterator<Item = &str> {
        let (pasted, filed) = (&self.content.pasted, &self.content.filed);
        let all: BTreeSet<&String> = pasted.keys().chain(filed.keys()).collect();
        all.into_iter().map(String::as_str)
    }

    /// What has to be answered yet of a section.
    pub(crate) fn missing(&self, section: &Section) -> Vec<Fault> {
        let mut missing = self.all_missing();
        missing.retain(|one| is_in(&one.path, &section.id));
        missing
    }

    /// How far a section has come.
    pub(crate) fn standing(&self, section: &'f Section) -> Standing {
        if self.faults.iter().any(|one| is_in(&one.path, &section.id)) {
            return Standing::Wrong;
        }
        let mut answers = self.body.answers();
        let untaken = self.untaken().any(|path| is_in(path, &section.id));
        let begun = untaken || answers.any(|(id, _, _)| id == section.id);
        match (!untaken && self.missing(section).is_empty(), begun) {
            (true, true) => Standing::Complete,
            (true, false) => Standing::Optional,
            (false, true) => Standing::Incomplete,
            (false, false) => Standing::NotStarted,
        }
    }

    /// How many sections are done, and how many there are.
    pub(crate) fn progress(&self) -> (usize, usize) {
        let done = |section: &&'f Section| {
            matches!(
                self.standing(section),
                Standing::Complete | Standing::Optional
            )
        };
        (
            self.sections().filter(done).count(),
            self.sections().count(),
        )
    }

    /// What is sent of it.
    pub(crate) fn given(&self) -> Value {
        let asked = self.sections().filter_map(|section| {
            let answers = self.content.answers.get(&section.id)?;
            Some((section.id.clone(), answers.clone()))
        });
        Value::Object(asked.collect())
    }

    /// What it says of whom it is about, in a list of drafts: what stands in lines of the section
    /// that has the person's identifiers.
    pub(crate) fn subject(&self) -> Option<String> {
        let of_person = |one: &&Section| one.fields.iter().any(|field| field.of_record().is_some());
        let section = self.form.sections.iter().find(of_person)?;
        let lines = section.fields.iter().filter(|one| one.kind == Kind::Line);
        let said: Vec<&str> = lines
            .filter_map(|field| match self.body.answer(&path(section, field))? {
                Answer::One(line) => Some(line.as_str()),
                Answer::Number(_) | Answer::Flag(_) | Answer::Many(_) | Answer::Rows(_) => None,
            })
            .take(2)
            .collect();
        (!said.is_empty()).then(|| said.join(", "))
    }
}

/// Whether a path is a place or in it.
pub(crate) fn is_in(path: &str, place: &str) -> bool {
    path.strip_prefix(place)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Whether what a condition asks about stands in the same section, so that it is not known yet
/// when the page is made.
pub(crate) fn is_beside(section: &Section, condition: &Condition) -> bool {
    is_in(&condition.field, &section.id)
}

fn holds(condition: &Condition, body: &Body) -> bool {
    matches!(body.answer(&condition.field), Some(Answer::One(code)) if condition.is.contains(code))
}

/// Nothing was typed.
pub(crate) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(all) => all.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => false,
    }
}

/// What is wrong with or missing in one row: each with its column.
pub(crate) fn wrong_in_row(
    form: &Definition,
    section: &Section,
    field: &Field,
    row: &Value,
    today: Date,
) -> Vec<(String, String)> {
    let mut fields = Map::new();
    fields.insert(field.id.clone(), json!({"none": false, "rows": [row]}));
    let mut sections = Map::new();
    sections.insert(section.id.clone(), Value::Object(fields));
    let (_, faults) = Body::gather(form, &Value::Object(sections), today);
    let first = format!("{}.1.", path(section, field));
    let mut wrong: Vec<(String, String)> = Vec::new();
    for fault in faults {
        let Some(rest) = fault.path.strip_prefix(&first) else {
            continue;
        };
        let column = rest.split('.').next().unwrap_or_default();
        if wrong.iter().all(|(known, _)| known != column) {
            wrong.push((column.to_owned(), fault.words));
        }
    }
    for column in &field.columns {
        let required = column.required == Required::Always(true);
        if required && is_empty(&row[&column.id]) {
            let words = format!("answer “{}”", column.label);
            wrong.push((column.id.clone(), words));
        }
    }
    let place = |column: &str| field.columns.iter().position(|one| one.id == column);
    wrong.sort_by_key(|(column, _)| place(column));
    wrong
}

#[cfg(test)]
mod tests;
