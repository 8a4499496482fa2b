//! What a form's file has to hold: every name in it leads somewhere, and nothing means two things.

use std::collections::{BTreeMap, BTreeSet};

use super::{BadDefinition, Condition, Definition, Field, Kind, List, Required, Says, Section};
use crate::body::Body;
use crate::example::EXAMPLE_DAY;

/// Words of the portal's own addresses, which no form and no section may have for an id.
const OWN_OF_FORMS: [&str; 1] = ["draft"];
const OWN_OF_SECTIONS: [&str; 1] = ["check"];

impl Definition {
    pub(super) fn fits(&self) -> Result<(), BadDefinition> {
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
        self.says_fit()?;
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

    /// What the gateway goes by is there, answered in a way that says it, and every code is one
    /// that the gateway knows.
    fn says_fit(&self) -> Result<(), BadDefinition> {
        for (what, path, kinds) in self.says.named() {
            let at = format!("says.{what}");
            let Some((_, field)) = self.field(path) else {
                return unfit(&at, format!("there is no field `{path}`"));
            };
            if !kinds.contains(&field.kind) {
                return unfit(&at, format!("`{path}` is of a kind that cannot say it"));
            }
            let known = Says::known(what).unwrap_or_default();
            let mut choices = self.choices(field).iter();
            let other = choices.find(|(code, _)| !known.contains(&code.as_str()));
            if let (Some((code, _)), false) = (other, known.is_empty()) {
                let known = known.join(", ");
                return unfit(&at, format!("`{code}` is none of {known}"));
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
    pub(super) fn example_fits(&self) -> Result<(), BadDefinition> {
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
    use gateway_core::Category;

    use super::*;

    pub(crate) const ANNEX_F: &str = include_str!("../../../../policies/forms/annex-f.toml");

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
