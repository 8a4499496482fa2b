//! What a reader is shown of a filled-in form: its sections in their order, each answer beside its
//! label and in words. The pages, the printed form and the Word form are made from it.

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::body::{Answer, Body, Row, Table};
use crate::definition::{Definition, Field, Kind, Section};

/// A filled-in form, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// The form's id.
    pub form: String,
    /// Its version.
    pub version: String,
    /// What it is called.
    pub title: String,
    /// The marking of all of it.
    pub marking: String,
    /// The sections that something is said in.
    pub sections: Vec<Shown>,
}

/// A section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// Its id.
    pub id: String,
    /// Its heading.
    pub title: String,
    /// The answered fields.
    pub items: Vec<Item>,
    /// The labels of what was answered in the earlier report, and is not in this one.
    pub gone: Vec<String>,
}

/// An answered field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Its path, `section.field`.
    pub path: String,
    /// What was asked.
    pub label: String,
    /// What was answered.
    pub said: Said,
    /// Whether it differs from the earlier report, where there is one.
    pub differs: Option<bool>,
}

/// An answer in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// One line; also the words that there are none.
    Line(String),
    /// A text of lines and empty lines.
    Text(String),
    /// Several.
    List(Vec<String>),
    /// A table: the columns that something is said in, and the rows.
    Table {
        /// The columns' labels.
        header: Vec<String>,
        /// The cells; empty where nothing was said.
        rows: Vec<Vec<String>>,
    },
}

impl Shown {
    /// Whether something in the section differs from the earlier report, where there is one.
    pub fn differs(&self) -> Option<bool> {
        if !self.gone.is_empty() {
            return Some(true);
        }
        let known = self.items.iter().filter_map(|item| item.differs);
        known.reduce(|one, other| one || other)
    }
}

/// Agencies' names by their ids: only their directory knows them.
pub type Names = BTreeMap<String, String>;

/// What a mark says, for [`Item::differs`] and [`Shown::differs`].
pub const fn mark(differs: bool) -> &'static str {
    match differs {
        true => "Changed since the last report",
        false => "As before",
    }
}

impl Definition {
    /// What a reader is shown; `since` is the answer of [`crate::changed`], given where there is
    /// an earlier report.
    pub fn view(&self, body: &Body, since: Option<&BTreeMap<String, bool>>, names: &Names) -> View {
        let words = Words { form: self, names };
        let sections = self.sections.iter();
        let shown = sections.map(|section| words.section(section, body, since));
        View {
            form: self.id.clone(),
            version: self.version.clone(),
            title: self.title.clone(),
            marking: self.marking.clone(),
            sections: shown
                .filter(|shown| !shown.items.is_empty() || !shown.gone.is_empty())
                .collect(),
        }
    }

    /// An answer in words.
    pub fn said(&self, field: &Field, answer: &Answer, names: &Names) -> Said {
        Words { form: self, names }.said(field, answer)
    }
}

/// Answers in words, of one form.
struct Words<'a> {
    form: &'a Definition,
    names: &'a Names,
}

impl Words<'_> {
    fn said(&self, field: &Field, answer: &Answer) -> Said {
        match (answer, field.kind) {
            (Answer::One(text), Kind::Text) => Said::Text(text.clone()),
            (Answer::Many(all), _) => {
                Said::List(all.iter().map(|one| self.one(field, one)).collect())
            }
            (Answer::Rows(table), _) => self.table_in_words(field, table),
            (Answer::One(_) | Answer::Number(_) | Answer::Flag(_), _) => {
                Said::Line(self.cell(field, answer))
            }
        }
    }

    fn section(
        &self,
        section: &Section,
        body: &Body,
        since: Option<&BTreeMap<String, bool>>,
    ) -> Shown {
        let mut shown = Shown {
            id: section.id.clone(),
            title: section.title.clone(),
            items: Vec::new(),
            gone: Vec::new(),
        };
        for field in &section.fields {
            let path = format!("{}.{}", section.id, field.id);
            let differs = since.map(|since| since.contains_key(&path));
            match body.answer(&path) {
                Some(answer) => shown.items.push(Item {
                    said: self.said(field, answer),
                    label: field.label.clone(),
                    differs,
                    path,
                }),
                None if differs == Some(true) => shown.gone.push(field.label.clone()),
                None => {}
            }
        }
        shown
    }

    fn table_in_words(&self, field: &Field, table: &Table) -> Said {
        if table.rows.is_empty() {
            return Said::Line(field.none.clone().unwrap_or_else(|| "None".to_owned()));
        }
        let is_used = |column: &&Field| table.rows.iter().any(|row| row.contains_key(&column.id));
        let columns: Vec<&Field> = field.columns.iter().filter(is_used).collect();
        let cell = |row: &Row, column: &Field| {
            let answer = row.get(&column.id);
            answer.map_or_else(String::new, |answer| self.cell(column, answer))
        };
        let row = |row: &Row| columns.iter().map(|column| cell(row, column)).collect();
        Said::Table {
            header: columns.iter().map(|column| column.label.clone()).collect(),
            rows: table.rows.iter().map(row).collect(),
        }
    }

    /// An answer on one line.
    fn cell(&self, field: &Field, answer: &Answer) -> String {
        match answer {
            Answer::One(text) => self.one(field, text),
            Answer::Number(number) => number.to_string(),
            Answer::Flag(true) => "Yes".to_owned(),
            Answer::Flag(false) => "No".to_owned(),
            Answer::Many(all) => {
                let all: Vec<String> = all.iter().map(|one| self.one(field, one)).collect();
                all.join("; ")
            }
            Answer::Rows(_) => String::new(),
        }
    }

    fn one(&self, field: &Field, text: &str) -> String {
        let choices = self.form.choices(field);
        match (choices.iter().find(|(code, _)| code == text), field.kind) {
            (Some((_, words)), _) => words.clone(),
            (None, Kind::Date) => day_in_words(text),
            (None, Kind::Agency) => self.names.get(text).map_or(text, String::as_str).to_owned(),
            (None, _) => text.to_owned(),
        }
    }
}

/// A day of ISO 8601 as people write it: "27 March 2026".
pub fn day_in_words(text: &str) -> String {
    let day = text.parse::<Date>();
    day.map_or_else(
        |_| text.to_owned(),
        |day| day.strftime("%-d %B %Y").to_string(),
    )
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::changed;

    const ANNEX_F: &str = include_str!("../../../policies/forms/annex-f.toml");

    fn body(form: &Definition, given: &Value) -> Body {
        Body::read(form, given, Date::constant(2026, 3, 2)).unwrap()
    }

    fn names() -> Names {
        let name = ("met-police".to_owned(), "Metropolitan Police".to_owned());
        Names::from([name])
    }

    fn line(text: &str) -> Said {
        Said::Line(text.to_owned())
    }

    #[test]
    fn answers_are_shown_in_words_and_in_the_forms_order() {
        let form = Definition::read(ANNEX_F).unwrap();
        let body = body(
            &form,
            &json!({
                "release": {"conditions": ["curfew", "residence"]},
                "offender": {"dob": "1980-02-01", "sex": "male"},
                "behaviour": {"summary": "One.\n\nTwo.", "adjudications": [
                    {"date": "2026-03-27", "prison": "LEI", "description": "Fight",
                     "finding": "PROVED", "punishment": ["PAYBACK", "CAUTION"]},
                    {"date": "2026-03-28", "prison": "MDI", "description": "Spice", "finding": "DISMISSED"}]},
                "mappa": {"lead_agency": "met-police"},
                "contacts": {"visitors": {"none": true}, "telephone": [
                    {"number": "123", "name": "A", "monitored": false}]},
            }),
        );
        let view = form.view(&body, None, &names());
        let titles: Vec<&str> = view.sections.iter().map(|one| one.title.as_str()).collect();
        assert_eq!(
            titles,
            ["The person", "MAPPA", "Release", "Behaviour", "Contacts"]
        );
        let said: Vec<&Said> = view
            .sections
            .iter()
            .flat_map(|one| one.items.iter().map(|item| &item.said))
            .collect();
        assert_eq!(*said[0], line("1 February 1980"));
        assert_eq!(*said[1], line("Male"));
        assert_eq!(*said[2], line("Metropolitan Police"));
        let said = &said[1..];
        let conditions = ["Residence", "Curfew"].map(str::to_owned).to_vec();
        assert_eq!(*said[2], Said::List(conditions));
        assert_eq!(*said[3], Said::Text("One.\n\nTwo.".to_owned()));
        let Said::Table { header, rows } = said[4] else {
            panic!("a table");
        };
        assert_eq!(
            *header,
            ["Date", "Prison", "What for", "Finding", "Punishment"]
        );
        assert_eq!(
            rows[0],
            [
                "27 March 2026",
                "LEI",
                "Fight",
                "Proved",
                "Caution; Payback"
            ]
        );
        assert_eq!(rows[1][4], "");
        assert_eq!(*said[5], line("There are none"));
        assert!(matches!(said[6], Said::Table { rows, .. } if rows[0][2] == "No"));
        assert!(view.sections.iter().all(|one| one.differs().is_none()));
    }

    #[test]
    fn what_differs_from_the_last_report_is_marked() {
        let form = Definition::read(ANNEX_F).unwrap();
        let earlier = json!({"health": {"held": "none_known"}, "behaviour": {"summary": "Quiet"},
            "custody": {"wing": "C"}, "protective": {"factors": "Work"}});
        let later = json!({"health": {"held": "none_known"}, "behaviour": {"summary": "Loud"},
            "custody": {"wing": "C", "establishment": "LEI"}});
        let (earlier, later) = (body(&form, &earlier), body(&form, &later));
        let view = form.view(&later, Some(&changed(&earlier, &later)), &names());
        let marks: Vec<_> = view
            .sections
            .iter()
            .map(|one| (one.id.as_str(), one.differs().map(mark)))
            .collect();
        let (new, old) = (Some(mark(true)), Some(mark(false)));
        assert_eq!(
            marks,
            [
                ("custody", new),
                ("behaviour", new),
                ("health", old),
                ("protective", new)
            ]
        );
        let custody: Vec<_> = view.sections[0].items.iter().map(|i| i.differs).collect();
        assert_eq!(custody, [Some(true), Some(false)]);
        assert_eq!(view.sections[3].gone, ["Support, work, motivation"]);
    }
}
