//! What a form asks: its file as it is written. What a file has to hold to be one is in `fits`;
//! which of its answers the gateway itself goes by, in `says`.

mod fits;
mod says;

use std::collections::BTreeMap;

use gateway_core::{AgencyKind, Category, IdentifierKind, Purpose, Role};
use serde::Deserialize;

pub use self::says::{OUTCOMES, Says};

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
    /// Its readers may not have the person's record: nothing that the record has is left out of it.
    #[serde(default)]
    pub stands_alone: bool,
    /// Documents may be sent with it.
    #[serde(default)]
    pub documents: bool,
    /// The answers that the gateway itself goes by.
    #[serde(default)]
    pub says: Says,
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
    /// It repeats the level of the record: it may be left out of a form that stands alone where the
    /// record is named, and is compared with it.
    #[serde(default)]
    pub record_level: bool,
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

    /// Whether the record has it, so that it may be left out where the record is named.
    pub fn is_on_record(&self) -> bool {
        self.of_record().is_some() || self.record_level
    }
}
