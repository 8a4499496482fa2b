//! One answer, from the spellings in which it comes to the one in which it is kept.

use gateway_core::{AgencyId, Identifier, IdentifierKind};
use jiff::civil::Date;
use serde_json::Value;
use unicode_normalization::UnicodeNormalization as _;

use crate::body::{Answer, Row, Table};
use crate::check::Fault;
use crate::definition::{Definition, Field, Kind};

/// The longest line and the longest text, characters.
pub(crate) const LINE: usize = 200;
pub(crate) const TEXT: usize = 4_000;
/// Most lines of a field, and most rows.
pub(crate) const LINES: usize = 50;
pub(crate) const ROWS: usize = 1_000;

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// Reads answers of one form on one day.
pub(crate) struct Reader<'d> {
    pub(crate) form: &'d Definition,
    /// What an identifier with a short year means depends on it.
    pub(crate) today: Date,
    pub(crate) faults: Vec<Fault>,
}

impl Reader<'_> {
    /// An answer to a field at a path; none where nothing is said.
    pub(crate) fn answer(&mut self, path: &str, field: &Field, value: &Value) -> Option<Answer> {
        match field.kind {
            Kind::Rows => return self.rows(path, field, value),
            Kind::Lines | Kind::Codes => return self.many(path, field, value),
            Kind::Flag => {
                let flag = flag(value);
                if flag.is_none() && !is_empty(value) {
                    self.fault(path, "say yes or no");
                }
                return flag.map(Answer::Flag);
            }
            Kind::Line
            | Kind::Text
            | Kind::Date
            | Kind::Number
            | Kind::Code
            | Kind::Identifier
            | Kind::Prison
            | Kind::Agency => {}
        }
        if is_empty(value) {
            return None;
        }
        let Some(text) = text(value) else {
            self.fault(path, "give one value, as a text");
            return None;
        };
        match self.one(field, &text) {
            Ok(answer) => answer,
            Err(words) => {
                self.fault(path, words);
                None
            }
        }
    }

    fn fault(&mut self, path: &str, words: impl Into<String>) {
        self.faults.push(Fault {
            path: path.to_owned(),
            words: words.into(),
        });
    }

    fn one(&self, field: &Field, text: &str) -> Result<Option<Answer>, String> {
        let text = match field.kind == Kind::Text {
            true => block(text)?,
            false => line(text)?,
        };
        if text.is_empty() {
            return Ok(None);
        }
        let answer = match field.kind {
            Kind::Date => Answer::One(date(&text).ok_or("enter a real date, such as 27 3 2026")?),
            Kind::Number => {
                let number = text.parse::<u32>();
                Answer::Number(number.map_err(|_| "enter a whole number, such as 12")?)
            }
            Kind::Code => Answer::One(self.code(field, &text)?),
            Kind::Identifier => {
                let kind = field.identifier.unwrap_or(IdentifierKind::Ref);
                let read = Identifier::parse(kind, &text, self.today);
                let read = read.map_err(|error| format!("{error}: it is {}", kind.form()))?;
                Answer::One(read.value().reveal().clone())
            }
            Kind::Prison => Answer::One(prison(&text)?),
            Kind::Agency => {
                let agency = text.parse::<AgencyId>();
                let agency = agency.map_err(|_| "enter an agency's id, such as met-police")?;
                Answer::One(agency.as_str().to_owned())
            }
            Kind::Line | Kind::Lines | Kind::Text | Kind::Flag | Kind::Codes | Kind::Rows => {
                Answer::One(text)
            }
        };
        Ok(Some(answer))
    }

    /// A code; or the words for it, as people write them.
    fn code(&self, field: &Field, text: &str) -> Result<String, String> {
        let choices = self.form.choices(field);
        let same = |known: &str| known.to_lowercase() == text.to_lowercase();
        let by_code = choices.iter().find(|(code, _)| same(code));
        let found = by_code.or_else(|| choices.iter().find(|(_, words)| same(words)));
        if let Some((code, _)) = found {
            return Ok(code.clone());
        }
        let offered: Vec<&str> = choices.iter().map(|(code, _)| code.as_str()).collect();
        Err(format!("choose one of {}", offered.join(", ")))
    }

    fn many(&mut self, path: &str, field: &Field, value: &Value) -> Option<Answer> {
        let given: Vec<String> = match value {
            Value::Array(all) => {
                let texts: Option<Vec<String>> = all.iter().map(text).collect();
                let Some(texts) = texts else {
                    self.fault(path, "give a list of texts");
                    return None;
                };
                texts
            }
            // A line is one answer with all that stands on it; codes are also listed on one.
            Value::String(one) if field.kind == Kind::Lines => {
                one.split('\n').map(str::to_owned).collect()
            }
            Value::String(one) => one.split(['\n', ';']).map(str::to_owned).collect(),
            Value::Null => return None,
            Value::Bool(_) | Value::Number(_) | Value::Object(_) => {
                self.fault(path, "give a list");
                return None;
            }
        };
        if given.len() > LINES {
            self.fault(path, format!("give at most {LINES}"));
            return None;
        }
        let mut read = Vec::new();
        for (n, one) in given.iter().enumerate() {
            let one = match line(one) {
                Ok(one) if one.is_empty() => continue,
                Ok(one) if field.kind == Kind::Codes => self.code(field, &one),
                other => other,
            };
            match one {
                Ok(one) => read.push(one),
                Err(words) => self.fault(&format!("{path}.{}", n + 1), words),
            }
        }
        if field.kind == Kind::Codes {
            let choices = self.form.choices(field);
            let place = |code: &String| choices.iter().position(|(known, _)| known == code);
            read.sort_by_key(place);
            read.dedup();
        }
        (!read.is_empty()).then_some(Answer::Many(read))
    }

    fn rows(&mut self, path: &str, field: &Field, value: &Value) -> Option<Answer> {
        let (none, rows) = match value {
            Value::Null => return None,
            Value::Object(table) => self.table(path, table)?,
            Value::Array(rows) => (false, rows.as_slice()),
            Value::String(_) | Value::Bool(_) | Value::Number(_) => {
                self.fault(path, "give rows, or say that there are none");
                return None;
            }
        };
        if none && field.none.is_none() {
            self.fault(path, "there has to be one");
            return None;
        }
        if none && !rows.is_empty() {
            self.fault(path, "give rows, or say that there are none, and not both");
            return None;
        }
        if rows.len() > ROWS {
            let count = rows.len();
            let words = format!("these are {count} rows: give at most {ROWS}");
            self.fault(path, words);
            return None;
        }
        let mut read = Vec::new();
        for (n, row) in rows.iter().enumerate() {
            let path = format!("{path}.{}", n + 1);
            match row.as_object() {
                Some(row) => read.extend(self.row(&path, field, row)),
                None => self.fault(&path, "give a row as its columns"),
            }
        }
        let table = Table { none, rows: read };
        (table.none || !table.rows.is_empty()).then_some(Answer::Rows(table))
    }

    /// A table's word that there are none, and its rows.
    fn table<'v>(
        &mut self,
        path: &str,
        table: &'v serde_json::Map<String, Value>,
    ) -> Option<(bool, &'v [Value])> {
        let known = |name: &&String| matches!(name.as_str(), "none" | "rows");
        if let Some(name) = table.keys().find(|name| !known(name)) {
            self.fault(&format!("{path}.{name}"), "give `rows` or `none`");
            return None;
        }
        let none = match table.get("none") {
            None => Some(false),
            Some(given) if is_empty(given) => Some(false),
            Some(given) => flag(given),
        };
        let rows = match table.get("rows") {
            None | Some(Value::Null) => Some(&[][..]),
            Some(given) => given.as_array().map(Vec::as_slice),
        };
        match (none, rows) {
            (None, _) => self.fault(&format!("{path}.none"), "say yes or no"),
            (_, None) => self.fault(&format!("{path}.rows"), "give a list of rows"),
            (Some(none), Some(rows)) => return Some((none, rows)),
        }
        None
    }

    fn row(
        &mut self,
        path: &str,
        field: &Field,
        given: &serde_json::Map<String, Value>,
    ) -> Option<Row> {
        let mut row = Row::new();
        for column in &field.columns {
            let value = given.get(&column.id).unwrap_or(&Value::Null);
            let path = format!("{path}.{}", column.id);
            if let Some(answer) = self.answer(&path, column, value) {
                row.insert(column.id.clone(), answer);
            }
        }
        for name in given.keys() {
            if field.columns.iter().all(|column| column.id != *name) {
                self.fault(&format!("{path}.{name}"), "there is no such column");
            }
        }
        (!row.is_empty()).then_some(row)
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => false,
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

fn flag(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::String(text) => match text.trim().to_lowercase().as_str() {
            "yes" | "true" => Some(true),
            "no" | "false" => Some(false),
            _ => None,
        },
        Value::Null | Value::Number(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// One line: composed, without spaces at its ends and without two beside each other.
fn line(text: &str) -> Result<String, String> {
    let composed: String = text.nfc().collect();
    let words: Vec<&str> = composed.split_whitespace().collect();
    let line = words.join(" ");
    plain(&line)?;
    match line.chars().count() <= LINE {
        true => Ok(line),
        false => Err(format!("enter at most {LINE} characters")),
    }
}

/// A text: composed, its lines ended alike and without spaces at their ends; none at its beginning.
fn block(text: &str) -> Result<String, String> {
    let composed: String = text.nfc().collect();
    let composed = composed.replace("\r\n", "\n").replace('\r', "\n");
    let lines: Vec<&str> = composed.split('\n').map(str::trim_end).collect();
    let block = lines.join("\n").trim().to_owned();
    plain(&block.replace(['\n', '\t'], " "))?;
    match block.chars().count() <= TEXT {
        true => Ok(block),
        false => Err(format!("enter at most {TEXT} characters")),
    }
}

/// Nothing that hides or turns around what one reads.
fn plain(text: &str) -> Result<(), String> {
    let hides = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
    };
    match text.chars().any(hides) {
        true => Err("take out the characters that cannot be seen".to_owned()),
        false => Ok(()),
    }
}

/// A day as ISO 8601.
fn date(text: &str) -> Option<String> {
    day(text).map(|day| day.to_string())
}

/// A day as it is read in any answer: `2026-03-27`, `27/3/2026`, `27 March 2026`.
pub fn day(text: &str) -> Option<Date> {
    let parts: Vec<&str> = text.split(['-', '/', '.', ' ']).collect();
    let [first, month, last] = parts.as_slice() else {
        return None;
    };
    let (year, day) = match first.len() {
        4 => (first, last),
        _ => (last, first),
    };
    let month = month.parse().ok().or_else(|| month_in_words(month))?;
    let date = Date::new(year.parse().ok()?, month, day.parse().ok()?);
    date.ok()
        .filter(|date| (1900..=2999).contains(&date.year()))
}

/// A month's number, from its name or the first three letters of it.
fn month_in_words(text: &str) -> Option<i8> {
    let text = text.to_lowercase();
    let is = |name: &&'static str| *name == text || (text.len() == 3 && name.starts_with(&text));
    let at = MONTHS.iter().position(is)?;
    i8::try_from(at + 1).ok()
}

/// A prison's code.
fn prison(text: &str) -> Result<String, String> {
    let code = text.to_uppercase();
    match code.len() == 3 && code.bytes().all(|b| b.is_ascii_uppercase()) {
        true => Ok(code),
        false => Err("enter the prison's code: three letters, such as LEI".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_and_a_text_have_one_spelling() {
        assert_eq!(line("  Cafe\u{301}  au\tlait ").unwrap(), "Café au lait");
        assert_eq!(
            block("\r\n  one \r\n\r\n  two\r\n\r\n").unwrap(),
            "one\n\n  two"
        );
        line("a\u{202e}b").unwrap_err();
        line(&"x".repeat(LINE + 1)).unwrap_err();
        block(&"x".repeat(TEXT + 1)).unwrap_err();
    }

    #[test]
    fn a_day_is_read_as_it_is_written_here() {
        for text in [
            "2026-03-27",
            "27 3 2026",
            "27/03/2026",
            "27.3.2026",
            "27 March 2026",
            "27-mar-2026",
        ] {
            assert_eq!(date(text).as_deref(), Some("2026-03-27"), "{text}");
        }
        for text in [
            "31 2 2026",
            "3/27/2026",
            "27 3 26",
            "27 Ma 2026",
            "27 Mart 2026",
            "today",
            "",
        ] {
            assert_eq!(date(text), None, "{text}");
        }
    }
}
