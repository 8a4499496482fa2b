//! A field on a page: how it is asked, and what was typed in it.

use gateway_core::AgencyKind;
use gateway_forms::{Definition, Field, Kind, Names, Required, Section};
use gateway_store::rows::AgencyRow;
use serde_json::Value;

use super::content::is_beside;
use crate::component::{
    ChoiceItem, Choices, DateInput, Html as Markup, Input, Pick, Select, Textarea,
};
use crate::visitor::Fields;

/// So many choices are seen at once; more are in a list that is opened.
const SEEN: usize = 7;
/// The names of a date's parts, in their order.
const PARTS: [&str; 3] = ["day", "month", "year"];

/// A field as it is asked.
pub(crate) struct Ask<'a> {
    pub(crate) form: &'a Definition,
    pub(crate) section: &'a Section,
    pub(crate) field: &'a Field,
    /// What was typed.
    pub(crate) typed: &'a Value,
    pub(crate) error: Option<&'a str>,
    /// The agencies that can be chosen.
    pub(crate) agencies: &'a [AgencyRow],
}

/// A field's name on a page.
fn name(field: &Field) -> String {
    format!("in-{}", field.id)
}

/// Where a field's error leads.
pub(crate) fn anchor(field: &Field) -> String {
    match field.kind == Kind::Date {
        true => format!("in-{}-day", field.id),
        false => name(field),
    }
}

/// What was typed in a field, as it was.
pub(crate) fn typed(field: &Field, fields: &Fields) -> Value {
    let name = name(field);
    match field.kind {
        Kind::Date => {
            let parts = PARTS.map(|part| fields.one(&format!("{name}-{part}")).trim());
            match parts.iter().all(|part| part.is_empty()) {
                true => Value::Null,
                false => Value::from(parts.join("/")),
            }
        }
        Kind::Codes => {
            let all: Vec<&str> = fields.all(&name).filter(|one| !one.is_empty()).collect();
            match all.is_empty() {
                true => Value::Null,
                false => Value::from(all),
            }
        }
        Kind::Line
        | Kind::Lines
        | Kind::Text
        | Kind::Number
        | Kind::Flag
        | Kind::Code
        | Kind::Identifier
        | Kind::Prison
        | Kind::Agency
        | Kind::Rows => match fields.one(&name).replace("\r\n", "\n") {
            text if text.trim().is_empty() => Value::Null,
            text => Value::from(text),
        },
    }
}

/// What was typed, as a text of one or more lines.
pub(crate) fn as_text(typed: &Value) -> String {
    match typed {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Array(all) => all.iter().map(as_text).collect::<Vec<_>>().join("\n"),
        Value::Null | Value::Object(_) => String::new(),
    }
}

/// Day, month and year as they were typed; or of a day as it is kept, ISO 8601.
pub(crate) fn date_parts(text: &str) -> [String; 3] {
    if let Ok(day) = text.parse::<jiff::civil::Date>() {
        return [
            day.day().to_string(),
            day.month().to_string(),
            day.year().to_string(),
        ];
    }
    let mut parts = text.rsplitn(3, '/').map(str::to_owned);
    let last = parts.next().unwrap_or_default();
    let month = parts.next();
    let day = parts.next();
    match (day, month) {
        (Some(day), Some(month)) => [day, month, last],
        _ => [text.to_owned(), String::new(), String::new()],
    }
}

impl Ask<'_> {
    /// Whether it is no error to leave it out.
    fn is_optional(&self) -> bool {
        self.field.required == Required::Always(false)
    }

    fn label(&self) -> String {
        match self.is_optional() {
            true => format!("{} (optional)", self.field.label),
            false => self.field.label.clone(),
        }
    }

    /// What is said under the question.
    fn hint(&self) -> Option<String> {
        let own = self.field.hint.clone();
        let kind = match self.field.kind {
            Kind::Lines => Some("One on each line".to_owned()),
            Kind::Date => Some("For example, 27 3 2026".to_owned()),
            Kind::Prison => Some("The prison’s code: three letters, such as LEI".to_owned()),
            Kind::Line
            | Kind::Text
            | Kind::Number
            | Kind::Flag
            | Kind::Code
            | Kind::Codes
            | Kind::Identifier
            | Kind::Agency
            | Kind::Rows => None,
        };
        let all = [self.condition(), own.or(kind)];
        let said: Vec<String> = all.into_iter().flatten().collect();
        (!said.is_empty()).then(|| said.join(". "))
    }

    /// When it is asked, where that hangs on another field of the page.
    fn condition(&self) -> Option<String> {
        let Required::When(condition) = &self.field.required else {
            return None;
        };
        if !is_beside(self.section, condition) {
            return None;
        }
        let (_, other) = self.form.field(&condition.field)?;
        let words = self.form.choices(other).iter();
        let words: Vec<String> = words
            .filter(|(code, _)| condition.is.contains(code))
            .map(|(_, words)| format!("“{words}”"))
            .collect();
        Some(format!("Only if you chose {}", words.join(" or ")))
    }

    /// The field on the page.
    pub(crate) fn markup(&self) -> Markup {
        let (label, hint) = (self.label(), self.hint());
        let text = as_text(self.typed);
        match self.field.kind {
            Kind::Text => self.area(&label, hint.as_deref(), &text, 6),
            Kind::Lines => self.area(&label, hint.as_deref(), &text, 3),
            Kind::Date => self.date(&label, hint.as_deref(), &text),
            Kind::Flag => {
                let items = vec![("yes", "Yes"), ("no", "No")];
                self.choice(&label, hint.as_deref(), &text, &items)
            }
            Kind::Code => {
                let choices = self.form.choices(self.field).iter();
                let items: Vec<_> = choices
                    .map(|(code, words)| (code.as_str(), words.as_str()))
                    .collect();
                self.choice(&label, hint.as_deref(), &text, &items)
            }
            Kind::Codes => self.any(&label, hint.as_deref()),
            Kind::Agency => {
                let not = self.field.not_kind.map(AgencyKind::as_str);
                let agencies = self.agencies.iter();
                let agencies = agencies.filter(|one| Some(one.kind.as_str()) != not);
                let items: Vec<_> = agencies
                    .map(|one| (one.id.as_str(), one.name.as_str()))
                    .collect();
                self.list(&label, hint.as_deref(), &text, &items)
            }
            Kind::Line | Kind::Number | Kind::Identifier | Kind::Prison | Kind::Rows => {
                self.line(&label, hint.as_deref(), &text)
            }
        }
    }

    fn line(&self, label: &str, hint: Option<&str>, text: &str) -> Markup {
        let name = name(self.field);
        Markup::of(&Input {
            id: &name,
            name: &name,
            kind: "text",
            label,
            classes: self.width(),
            hint,
            error: self.error,
            value: Some(text).filter(|text| !text.is_empty()),
            autocomplete: Some("off"),
            inputmode: (self.field.kind == Kind::Number).then_some("numeric"),
            ..Input::default()
        })
    }

    /// How much is typed there, as far as that is known.
    fn width(&self) -> &'static str {
        if matches!(self.field.kind, Kind::Number | Kind::Prison) {
            return "govuk-input--width-5";
        }
        match self.field.kind == Kind::Identifier {
            true => "govuk-input--width-20",
            false => "",
        }
    }

    fn area(&self, label: &str, hint: Option<&str>, text: &str, rows: u8) -> Markup {
        let name = name(self.field);
        Markup::of(&Textarea {
            id: &name,
            name: &name,
            label,
            hint,
            error: self.error,
            value: text,
            rows,
            ..Textarea::default()
        })
    }

    fn date(&self, legend: &str, hint: Option<&str>, text: &str) -> Markup {
        let name = name(self.field);
        let parts = date_parts(text);
        Markup::of(&DateInput {
            id: &name,
            prefix: &name,
            legend,
            hint,
            error: self.error,
            values: [&parts[0], &parts[1], &parts[2]],
            ..DateInput::default()
        })
    }

    /// One of some: seen at once where there are few and one has to be chosen.
    fn choice(
        &self,
        legend: &str,
        hint: Option<&str>,
        text: &str,
        items: &[(&str, &str)],
    ) -> Markup {
        if self.is_optional() || items.len() > SEEN {
            return self.list(legend, hint, text, items);
        }
        let name = name(self.field);
        let items = items.iter().map(|(value, words)| ChoiceItem {
            value,
            text: words,
            hint: None,
            checked: is_chosen(text, value, words),
        });
        Markup::of(&Choices {
            pick: Pick::One,
            id: &name,
            name: &name,
            legend,
            classes: "govuk-radios--small",
            hint,
            error: self.error,
            items: items.collect(),
            ..Choices::default()
        })
    }

    fn list(&self, label: &str, hint: Option<&str>, text: &str, items: &[(&str, &str)]) -> Markup {
        let name = name(self.field);
        let none = ChoiceItem {
            text: match self.is_optional() {
                true => "Not given",
                false => "Choose one",
            },
            ..ChoiceItem::default()
        };
        let items = items.iter().map(|(value, words)| ChoiceItem {
            value,
            text: words,
            hint: None,
            checked: is_chosen(text, value, words),
        });
        Markup::of(&Select {
            id: &name,
            name: &name,
            label,
            hint,
            error: self.error,
            items: std::iter::once(none).chain(items).collect(),
        })
    }

    fn any(&self, legend: &str, hint: Option<&str>) -> Markup {
        let name = name(self.field);
        let chosen = as_text(self.typed);
        let choices = self.form.choices(self.field).iter();
        let items = choices.map(|(value, words)| ChoiceItem {
            value,
            text: words,
            hint: None,
            checked: chosen
                .split(['\n', ';'])
                .any(|one| is_chosen(one, value, words)),
        });
        Markup::of(&Choices {
            pick: Pick::Any,
            id: &name,
            name: &name,
            legend,
            classes: "govuk-checkboxes--small",
            hint: Some(hint.unwrap_or("Choose all that apply")),
            error: self.error,
            items: items.collect(),
            ..Choices::default()
        })
    }
}

/// Whether a text is a code, or its words, as a table that was pasted has them.
fn is_chosen(text: &str, code: &str, words: &str) -> bool {
    let text = text.trim();
    text.eq_ignore_ascii_case(code) || text.eq_ignore_ascii_case(words)
}

/// The names of agencies.
pub(crate) fn names(agencies: &[AgencyRow]) -> Names {
    let named = agencies
        .iter()
        .map(|one| (one.id.clone(), one.name.clone()));
    named.collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn field(kind: Kind) -> Field {
        let text = "id = 'x'\nversion = '1'\ntitle = 'X'\nabout = 'x'\nmarking = 'OFFICIAL'\npurpose = 'MEETING'\nnecessity = 'x'\nbases = ['x']\n\
             [[section]]\nid = 's'\ntitle = 'S'\ncategory = 'RISK'\nfields = [{ id = 'f', label = 'F', kind = 'line' }]";
        let form = Definition::read(text).unwrap();
        Field {
            kind,
            ..form.sections[0].fields[0].clone()
        }
    }

    fn typed_in(kind: Kind, pairs: &[(&str, &str)]) -> Value {
        let pairs = pairs
            .iter()
            .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()));
        typed(&field(kind), &Fields::from(pairs.collect::<Vec<_>>()))
    }

    #[test]
    fn what_is_typed_is_kept_as_it_is_and_shown_again() {
        let day = |d, m, y| {
            let typed = typed_in(
                Kind::Date,
                &[("in-f-day", d), ("in-f-month", m), ("in-f-year", y)],
            );
            date_parts(typed.as_str().unwrap())
        };
        assert_eq!(day("31", "2", "2026"), ["31", "2", "2026"]);
        assert_eq!(day("", "March", ""), ["", "March", ""]);
        assert_eq!(day("3/4/2026", "", ""), ["3/4/2026", "", ""]);
        assert_eq!(date_parts("2026-03-02"), ["2", "3", "2026"]);
        assert_eq!(date_parts("soon"), ["soon", "", ""]);
        assert_eq!(typed_in(Kind::Date, &[("in-f-day", " ")]), Value::Null);
        let many = typed_in(Kind::Codes, &[("in-f", "a"), ("in-f", "b")]);
        assert_eq!(many, json!(["a", "b"]));
        assert_eq!(
            typed_in(Kind::Text, &[("in-f", "one\r\ntwo ")]),
            "one\ntwo "
        );
        assert_eq!(typed_in(Kind::Line, &[("in-f", "  ")]), Value::Null);
    }
}
