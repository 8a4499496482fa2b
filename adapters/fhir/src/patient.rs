//! The person whom a request is about: `Patient`.

use gateway_core::{Identifier, IdentifierKind, Personal};
use jiff::civil::Date;

use crate::issue::Cause;
use crate::json::{Json, Object};
use crate::model::{Name, Subject};
use crate::node::Node;
use crate::party::LINE;
use crate::reading::Reading;
use crate::systems::{NHS_NUMBER, name as system};
use crate::write::{Places, Writer, identifier};

const ADDRESS: usize = 500;
const OTHER_NAMES: usize = 50;

impl Writer {
    pub(crate) fn patient(&self, places: &mut Places, subject: &Subject) -> Json {
        let number = subject.nhs_number.as_ref();
        let number = number.map(|number| identifier(NHS_NUMBER, number.reveal()).into());
        let reference = subject.reference.as_ref();
        let reference =
            reference.map(|reference| self.identifier(system::NOMINAL, reference).into());
        let mut names: Vec<Json> = subject.name.iter().map(official).collect();
        names.extend(subject.former_names.iter().map(|name| {
            let name = Object::new()
                .with("use", "old")
                .with("text", name.reveal().as_str());
            Json::from(name)
        }));
        let text = |name: &str, value: &Option<Personal<String>>| {
            let value = value.as_ref();
            let value = value.map(|value| Object::new().with(name, value.reveal().as_str()));
            value.map(Json::from).into_iter().collect::<Vec<_>>()
        };
        let elements = self
            .profiled("Patient")
            .with_list("identifier", number.into_iter().chain(reference).collect())
            .with_list("name", names)
            .with_some(
                "birthDate",
                subject.born.as_ref().map(|born| born.reveal().to_string()),
            )
            .with_list("address", text("text", &subject.address))
            .with_list("generalPractitioner", text("display", &subject.gp_practice));
        places.put("patient", "Patient", elements)
    }
}

fn official(name: &Name) -> Json {
    Object::new()
        .with("use", "official")
        .with("text", name.whole())
        .with("family", name.family.reveal().as_str())
        .with_list("given", given(name.given.reveal()))
        .into()
}

fn given(names: &str) -> Vec<Json> {
    words(names).map(Json::from).collect()
}

/// Its words: what stands between single or more spaces.
fn words(names: &str) -> impl Iterator<Item = &str> {
    names.split(' ').filter(|word| !word.is_empty())
}

impl<'a> Reading<'a> {
    pub(crate) fn subject(&mut self, patient: &Node<'a>) -> Option<Subject> {
        self.current(patient);
        let reference = self.identifier(patient, &self.systems.identifier(system::NOMINAL));
        let reference = reference.map(|reference| self.line(&reference, LINE));
        let known = reference.is_some();
        let names = patient.children("name");
        let (other, current): (Vec<_>, Vec<_>) = names.into_iter().partition(is_other);
        let name = match known && current.is_empty() {
            true => None,
            false => Some(self.current_name(patient, &current)),
        };
        let former_names = self.other_names(&other);
        let born = match known && patient.child("birthDate").is_none() {
            true => None,
            false => Some(self.born(patient)),
        };
        let nhs_number = self.nhs_number(patient);
        let home = patient.children("address").into_iter();
        let home = home.into_iter().find(|a| a.text_of("use") != Some("old"));
        let address = home.map(|home| self.home(&home));
        let practice = patient.children("generalPractitioner").into_iter().next();
        let gp_practice = practice.map(|practice| {
            let display = self.must(&practice, "display", "name the practice")?;
            self.line(&display, LINE).map(Personal::new)
        });
        Some(Subject {
            reference: settled(reference)?,
            name: settled(name)?,
            former_names: former_names?,
            born: settled(born)?,
            nhs_number: nhs_number?,
            address: settled(address)?,
            gp_practice: settled(gp_practice)?,
        })
    }

    /// Refuses what says that the record is no longer that of a living patient.
    fn current(&mut self, patient: &Node<'a>) {
        self.active(patient);
        let dead = patient.json().get("deceasedBoolean") == Some(&Json::Bool(true))
            || patient.child("deceasedDateTime").is_some();
        if dead {
            let words = "says that the person has died: tell the coordinator by another way";
            self.issues
                .add(Cause::Modifier, patient.path_of("deceased"), words);
        }
        if let Some(link) = patient.child("link") {
            let words = "says that another record may count instead: send the one that counts";
            self.bad(Cause::Modifier, &link, words);
        }
    }

    fn current_name(&mut self, patient: &Node<'a>, current: &[Node<'a>]) -> Option<Name> {
        let official = |name: &&Node<'a>| name.text_of("use") == Some("official");
        let chosen = current.iter().find(official).or_else(|| current.first());
        let Some(name) = chosen else {
            let words = "is not there: give the person's family and given names";
            self.issues
                .add(Cause::Missing, patient.path_of("name"), words);
            return None;
        };
        if let (None, Some(text)) = (name.child("family"), name.child("text")) {
            return Some(Name::of(&self.line(&text, LINE)?));
        }
        let family = self.must(name, "family", "give the family name");
        let family = family.and_then(|family| self.line(&family, LINE));
        let given = name.children("given");
        let given: Option<Vec<_>> = given.iter().map(|one| self.line(one, LINE)).collect();
        let given = given?.join(" ");
        let given = words(&given).collect::<Vec<_>>().join(" ");
        Some(Name {
            family: family?.into(),
            given: given.into(),
        })
    }

    fn other_names(&mut self, names: &[Node<'a>]) -> Option<Vec<Personal<String>>> {
        if let Some(beyond) = names.get(OTHER_NAMES) {
            let words = "is one too many: give at most 50 other names";
            self.bad(Cause::TooMuch, beyond, words);
            return None;
        }
        let one = |name: &Node<'a>| {
            let text = match name.child("text") {
                Some(text) => self.line(&text, LINE)?,
                None => self.composed(name)?,
            };
            Some(Personal::new(text))
        };
        names.iter().map(one).collect()
    }

    /// A name in one line, of its parts.
    fn composed(&mut self, name: &Node<'a>) -> Option<String> {
        let mut parts = name.children("given");
        parts.extend(name.child("family"));
        if parts.is_empty() {
            let words = "is a name without text: write it in `text`";
            self.bad(Cause::Missing, name, words);
            return None;
        }
        let parts: Option<Vec<_>> = parts.iter().map(|part| self.line(part, LINE)).collect();
        Some(parts?.join(" "))
    }

    fn born(&mut self, patient: &Node<'a>) -> Option<Personal<Date>> {
        let node = self.must(patient, "birthDate", "give the date of birth")?;
        let day = self.day(&node)?;
        match Identifier::parse(IdentifierKind::Dob, node.text()?, self.today) {
            Ok(_) => Some(day.into()),
            Err(bad) => {
                self.bad(Cause::BadValue, &node, format!("is {bad}"));
                None
            }
        }
    }

    /// The NHS number among the identifiers. The outer `None` says that it is wrong.
    #[expect(clippy::option_option, reason = "absent and wrong are two things")]
    pub(crate) fn nhs_number(&mut self, node: &Node<'a>) -> Option<Option<Personal<String>>> {
        match self.identifier(node, NHS_NUMBER) {
            Some(value) => self.checked_number(&value).map(Some),
            None => Some(None),
        }
    }

    /// An NHS number, its check digit looked at.
    pub(crate) fn checked_number(&mut self, value: &Node<'a>) -> Option<Personal<String>> {
        match Identifier::parse(IdentifierKind::Nhs, value.text()?, self.today) {
            Ok(number) => Some(number.value().clone()),
            Err(bad) => {
                self.bad(Cause::BadValue, value, format!("is {bad}"));
                None
            }
        }
    }

    fn home(&mut self, address: &Node<'a>) -> Option<Personal<String>> {
        if let Some(text) = address.child("text") {
            return self.prose(&text, ADDRESS);
        }
        let mut parts = address.children("line");
        for name in ["city", "district", "state", "postalCode", "country"] {
            parts.extend(address.child(name));
        }
        let parts: Option<Vec<_>> = parts.iter().map(|part| self.line(part, LINE)).collect();
        let text = parts?.join("\n");
        if text.is_empty() || text.chars().count() > ADDRESS {
            let words = "has no text, or too much: write up to 500 characters in `text`";
            self.bad(Cause::BadValue, address, words);
            return None;
        }
        Some(text.into())
    }
}

/// Whether a name is not the one that the person goes by.
fn is_other(name: &Node<'_>) -> bool {
    matches!(
        name.text_of("use"),
        Some("old" | "maiden" | "nickname" | "anonymous" | "temp")
    )
}

/// What was read of an element that need not be there. The outer `None` says that it is wrong.
#[expect(clippy::option_option, reason = "absent and wrong are two things")]
pub(crate) fn settled<T>(read: Option<Option<T>>) -> Option<Option<T>> {
    match read {
        Some(Some(value)) => Some(Some(value)),
        Some(None) => None,
        None => Some(None),
    }
}
