//! What a form asks: its file as it is written, and what a file has to hold to be one.

use std::collections::{BTreeMap, BTreeSet};

use gateway_core::{AgencyKind, Category, IdentifierKind, Purpose, Role};
use serde::Deserialize;

use crate::body::Body;
use crate::example::EXAMPLE_DAY;

/// Words of the portal's own addresses, which no form and no section may have for an id.
const OWN_OF_FORMS: [&str; 1] = ["draft"];
const OWN_OF_SECTIONS: [&str; 1] = ["check"];

/// A form's definition.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Definition {
    /// Its id, as in addresses and file names.
    pub id: String,
    /// Its version; one that was used is never changed.
    pub version: String,
    /// What it is called.
    pub title: String,
    /// What it is for.
    pub about: String,
    /// The marking of all of it.
    pub marking: String,
    /// The kinds of agency that write it.
    #[serde(default)]
    pub writers: Vec<AgencyKind>,
    /// The kinds of agency that it is for, where its writer names nobody: those of the person's
    /// partners, and the area's coordination unit.
    #[serde(default)]
    pub readers: Vec<AgencyKind>,
    /// Why it is sent.
    pub purpose: Purpose,
    /// Of a report of some kind, another purpose.
    #[serde(default)]
    pub purpose_when: Vec<PurposeWhen>,
    /// Why it is necessary, where its writer does not say.
    pub necessity: String,
    /// The lawful bases on which it is sent.
    pub bases: Vec<String>,
    /// The field that says which kind of report it is, as `section.field`: lists name it.
    #[serde(default)]
    pub report: Option<String>,
    /// The field that says for the meeting of which day it is, as `section.field`.
    #[serde(default)]
    pub meeting: Option<String>,
    /// The role that signs it beside its writer.
    #[serde(default)]
    pub countersigned_by: Option<Role>,
    /// Codes and their words, in the order in which they are offered.
    #[serde(default)]
    pub lists: BTreeMap<String, List>,
    /// Its sections, in their order.
    #[serde(rename = "section")]
    pub sections: Vec<Section>,
}

/// Another purpose, where a field says so.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PurposeWhen {
    /// The field, as `section.field`.
    pub field: String,
    /// The codes.
    pub is: Vec<String>,
    /// The purpose then.
    pub purpose: Purpose,
}

/// Codes, each with its words.
pub type List = Vec<(String, String)>;

/// A section.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Section {
    /// Its id.
    pub id: String,
    /// Its heading.
    pub title: String,
    /// The kind of information of its fields, but for those that say another.
    pub category: Category,
    /// Asked only then.
    #[serde(default)]
    pub when: Option<Condition>,
    /// The role that releases it.
    #[serde(default)]
    pub cleared_by: Option<Role>,
    /// Of each of these sets one field at least is answered.
    #[serde(default)]
    pub at_least_one: Vec<Vec<String>>,
    /// Its fields, in their order.
    pub fields: Vec<Field>,
}

/// A field; or a column of one with rows.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// Its id.
    pub id: String,
    /// What is asked.
    pub label: String,
    /// How it is answered.
    pub kind: Kind,
    /// More about what is asked.
    #[serde(default)]
    pub hint: Option<String>,
    /// A plausible answer, for the example of a filled-in form, where what is made from the kind
    /// reads badly.
    #[serde(default)]
    pub example: Option<String>,
    /// The kind of information, where it is not the section's.
    #[serde(default)]
    pub category: Option<Category>,
    /// What it is sent for, where that is not what the form is for: intelligence is shared to
    /// assess or manage only (ISP-11), what is about a victim for their safety only (ISP-27).
    #[serde(default)]
    pub purpose: Option<Purpose>,
    /// The identifier of the record that it repeats: it may be left out where the record is
    /// named, and is compared with it. Of a name, any word in common will do.
    #[serde(default)]
    pub record: Option<IdentifierKind>,
    /// Whether it has to be answered.
    #[serde(default)]
    pub required: Required,
    /// Of [`Kind::Code`] and [`Kind::Codes`]: the list.
    #[serde(default)]
    pub list: Option<String>,
    /// Of [`Kind::Identifier`]: which.
    #[serde(default)]
    pub identifier: Option<IdentifierKind>,
    /// Of [`Kind::Agency`]: of no such kind.
    #[serde(default)]
    pub not_kind: Option<AgencyKind>,
    /// Of [`Kind::Rows`]: what is said where there are none. Absent, there has to be one.
    #[serde(default)]
    pub none: Option<String>,
    /// Of [`Kind::Rows`]: its columns.
    #[serde(default)]
    pub columns: Vec<Field>,
}

/// How a field is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// One line, at most 200 characters.
    Line,
    /// Several short lines, each as a line.
    Lines,
    /// A text, at most 4,000 characters.
    Text,
    /// A day, ISO 8601.
    Date,
    /// A whole number, not negative.
    Number,
    /// Yes or no.
    Flag,
    /// One of a list.
    Code,
    /// Some of a list.
    Codes,
    /// An identifier of the person, in its one spelling.
    Identifier,
    /// A prison's code: three letters.
    Prison,
    /// An agency's id.
    Agency,
    /// Rows of columns, or the word that there are none.
    Rows,
}

/// Whether a field has to be answered.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Required {
    /// Always, or never.
    Always(bool),
    /// Then.
    When(Condition),
}

impl Default for Required {
    fn default() -> Self {
        Self::Always(false)
    }
}

/// That a field of one answer has one of these.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// The field, as `section.field`.
    pub field: String,
    /// The codes.
    pub is: Vec<String>,
}

/// What is wrong with a definition, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadDefinition {
    /// Not TOML, or of another shape.
    #[error("the form's file does not read: {0}")]
    Unread(String),
    /// Something in it does not fit the rest.
    #[error("`{at}`: {why}")]
    Unfit {
        /// Where, as `section.field.column`.
        at: String,
        /// Why.
        why: String,
    },
}

impl Definition {
    /// Reads a form's file.
    ///
    /// # Errors
    /// [`BadDefinition`], with the place of what is wrong.
    pub fn read(text: &str) -> Result<Self, BadDefinition> {
        let definition: Self =
            toml::from_str(text).map_err(|error| BadDefinition::Unread(error.to_string()))?;
        definition.fits()?;
        definition.example_fits()?;
        Ok(definition)
    }

    /// A field by its path, `section.field`.
    pub fn field(&self, path: &str) -> Option<(&Section, &Field)> {
        let (section, field) = path.split_once('.')?;
        let section = self.sections.iter().find(|one| one.id == section)?;
        let field = section.fields.iter().find(|one| one.id == field)?;
        Some((section, field))
    }

    /// The codes and words that a field offers.
    pub fn choices(&self, field: &Field) -> &[(String, String)] {
        let list = field.list.as_ref().and_then(|name| self.lists.get(name));
        list.map_or(&[], Vec::as_slice)
    }

    fn fits(&self) -> Result<(), BadDefinition> {
        self.has_an_address()?;
        for (name, list) in &self.lists {
            distinct(name, list.iter().map(|(code, _)| code))?;
            told_apart(name, list)?;
        }
        for when in &self.purpose_when {
            let condition = Condition {
                field: when.field.clone(),
                is: when.is.clone(),
            };
            self.condition_fits("purpose_when", &condition)?;
        }
        if let Some(report) = &self.report {
            let condition = Condition {
                field: report.clone(),
                is: Vec::new(),
            };
            self.condition_fits("report", &condition)?;
        }
        let day = self.meeting.as_ref().map(|path| self.field(path));
        if day.is_some_and(|found| found.is_none_or(|(_, field)| field.kind != Kind::Date)) {
            return unfit("meeting", "there is no such day in the form".to_owned());
        }
        distinct("section", self.sections.iter().map(|one| &one.id))?;
        for section in &self.sections {
            distinct(&section.id, section.fields.iter().map(|one| &one.id))?;
            if let Some(condition) = &section.when {
                self.condition_fits(&section.id, condition)?;
            }
            for set in &section.at_least_one {
                for id in set {
                    if section.fields.iter().all(|field| field.id != *id) {
                        return unfit(&section.id, format!("`{id}` is none of its fields"));
                    }
                }
            }
            for field in &section.fields {
                self.field_fits(&section.id, field)?;
            }
        }
        Ok(())
    }

    /// The form and its sections are found by their ids in the portal, beside other pages.
    fn has_an_address(&self) -> Result<(), BadDefinition> {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if self.id.is_empty() || !self.id.bytes().all(plain) {
            let why = "it is part of addresses: small letters, digits and `-`";
            return unfit("id", format!("`{}` cannot be a form's id: {why}", self.id));
        }
        if OWN_OF_FORMS.contains(&self.id.as_str()) {
            return unfit("id", taken(&self.id));
        }
        let mut sections = self.sections.iter();
        let own = |section: &&Section| OWN_OF_SECTIONS.contains(&section.id.as_str());
        match sections.find(own) {
            Some(section) => unfit(&section.id, taken(&section.id)),
            None => Ok(()),
        }
    }

    /// What the form gives as examples are answers to it.
    fn example_fits(&self) -> Result<(), BadDefinition> {
        let (_, faults) = Body::gather(self, &self.example(), EXAMPLE_DAY);
        match faults.into_iter().next() {
            Some(fault) => unfit(
                &fault.path,
                format!("the example does not fit: {}", fault.words),
            ),
            None => Ok(()),
        }
    }

    fn field_fits(&self, place: &str, field: &Field) -> Result<(), BadDefinition> {
        let at = format!("{place}.{}", field.id);
        let (kind, has) = (field.kind, |is: bool, what: &str| match is {
            true => Ok(()),
            false => unfit(&at, what.to_owned()),
        });
        let listed = matches!(kind, Kind::Code | Kind::Codes);
        has(
            listed == field.list.is_some(),
            "`list` goes with `code` and `codes`, and with no other kind",
        )?;
        if let Some(list) = &field.list {
            has(self.lists.contains_key(list), "there is no such list")?;
        }
        has(
            (kind == Kind::Identifier) == field.identifier.is_some(),
            "`identifier` goes with the kind `identifier`, and with no other",
        )?;
        has(
            (kind == Kind::Rows) != field.columns.is_empty(),
            "`columns` go with `rows`, and with no other kind",
        )?;
        has(
            field.none.is_none() || kind == Kind::Rows,
            "`none` goes with `rows`",
        )?;
        if let Required::When(condition) = &field.required {
            self.condition_fits(&at, condition)?;
        }
        distinct(&at, field.columns.iter().map(|one| &one.id))?;
        for column in &field.columns {
            let nested = matches!(column.kind, Kind::Rows | Kind::Lines | Kind::Text);
            has(!nested, "a column is answered in one line")?;
            let fixed = matches!(column.required, Required::Always(_));
            has(fixed, "a column is required always or never")?;
            self.field_fits(&at, column)?;
        }
        Ok(())
    }

    fn condition_fits(&self, at: &str, condition: &Condition) -> Result<(), BadDefinition> {
        let Some((_, field)) = self.field(&condition.field) else {
            return unfit(at, format!("there is no field `{}`", condition.field));
        };
        if field.kind != Kind::Code {
            return unfit(at, format!("`{}` has no code", condition.field));
        }
        let choices = self.choices(field);
        for code in &condition.is {
            if choices.iter().all(|(known, _)| known != code) {
                return unfit(at, format!("`{}` is never `{code}`", condition.field));
            }
        }
        Ok(())
    }
}

impl Section {
    /// The kind of information of one of its fields.
    pub fn category(&self, field: &Field) -> Category {
        field.category.unwrap_or(self.category)
    }
}

impl Field {
    /// The identifier of the record that it repeats.
    pub fn of_record(&self) -> Option<IdentifierKind> {
        self.record.or(self.identifier)
    }
}

fn taken(id: &str) -> String {
    format!("`{id}` is the address of another page of the portal: choose another id")
}

fn unfit(at: &str, why: String) -> Result<(), BadDefinition> {
    Err(BadDefinition::Unfit {
        at: at.to_owned(),
        why,
    })
}

fn distinct<'a>(at: &str, ids: impl Iterator<Item = &'a String>) -> Result<(), BadDefinition> {
    let mut known = BTreeSet::new();
    for id in ids {
        let plain = !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        if !plain {
            return unfit(at, format!("`{id}` is no id: letters, digits and `_`"));
        }
        if !known.insert(id) {
            return unfit(at, format!("`{id}` stands there twice"));
        }
    }
    Ok(())
}

/// Codes are also written in their words: neither may be read as another's.
fn told_apart(name: &str, list: &List) -> Result<(), BadDefinition> {
    let mut known = BTreeMap::new();
    for (at, (code, words)) in list.iter().enumerate() {
        for said in [code, words] {
            let earlier = known.insert(said.to_lowercase(), at);
            if earlier.is_some_and(|earlier| earlier != at) {
                return unfit(name, format!("`{said}` means two things"));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(crate) const ANNEX_F: &str = include_str!("../../../policies/forms/annex-f.toml");

    fn small(fields: &str) -> Result<Definition, BadDefinition> {
        Definition::read(&format!(
            "id = 'x'\nversion = '1'\ntitle = 'X'\nabout = 'x'\nmarking = 'OFFICIAL'\npurpose = 'MEETING'\nnecessity = 'x'\nbases = ['x']\n\
             [lists]\nyes_no = [['yes', 'Yes'], ['no', 'No']]\n\
             [[section]]\nid = 's'\ntitle = 'S'\ncategory = 'RISK'\nfields = [{fields}]"
        ))
    }

    #[test]
    fn annex_f_is_a_form() {
        let form = Definition::read(ANNEX_F).unwrap();
        let (section, field) = form.field("contacts.victim_attempts").unwrap();
        assert_eq!(section.category(field), Category::Victim);
        let (section, field) = form.field("contacts.letters").unwrap();
        assert_eq!(section.category(field), Category::Contacts);
    }

    #[test]
    fn what_does_not_fit_is_named_with_its_place() {
        let code = "{ id = 'a', label = 'A', kind = 'code', list = 'yes_no' }";
        small(code).unwrap();
        for (fields, at) in [
            ("{ id = 'a', label = 'A', kind = 'code' }".to_owned(), "s.a"),
            (
                "{ id = 'a', label = 'A', kind = 'code', list = 'other' }".to_owned(),
                "s.a",
            ),
            (
                "{ id = 'a', label = 'A', kind = 'line', list = 'yes_no' }".to_owned(),
                "s.a",
            ),
            ("{ id = 'a', label = 'A', kind = 'rows' }".to_owned(), "s.a"),
            (format!("{code}, {code}"), "s"),
            (
                format!("{code}, {{ id = 'b', label = 'B', kind = 'line', required = {{ field = 's.a', is = ['maybe'] }} }}"),
                "s.b",
            ),
            (
                "{ id = 'a', label = 'A', kind = 'line', required = { field = 's.z', is = ['yes'] } }".to_owned(),
                "s.a",
            ),
            ("{ id = 'a b', label = 'A', kind = 'line' }".to_owned(), "s"),
            (
                "{ id = 'a', label = 'A', kind = 'date', example = 'today' }".to_owned(),
                "s.a",
            ),
        ] {
            match small(&fields) {
                Err(BadDefinition::Unfit { at: found, .. }) => assert_eq!(found, at, "{fields}"),
                other => panic!("{fields}: {other:?}"),
            }
        }
        for (id, section, at) in [
            ("annex-f", "check", "check"),
            ("draft", "header", "id"),
            ("Annex F", "header", "id"),
        ] {
            let text = ANNEX_F
                .replace(r#"id = "annex-f""#, &format!("id = '{id}'"))
                .replace(r#"id = "header""#, &format!("id = '{section}'"))
                .replace(r#""header."#, &format!("\"{section}."));
            match Definition::read(&text) {
                Err(BadDefinition::Unfit { at: found, .. }) => assert_eq!(found, at),
                other => panic!("{id}, {section}: {other:?}"),
            }
        }
        let twice = ANNEX_F.replace(r#"["remand", "On remand"]"#, r#"["remand", "Sentenced"]"#);
        assert!(matches!(
            Definition::read(&twice),
            Err(BadDefinition::Unfit { at, .. }) if at == "status"
        ));
        assert!(matches!(
            small("{ id = 'a', label = 'A', kind = 'song' }"),
            Err(BadDefinition::Unread(_))
        ));
    }
}
