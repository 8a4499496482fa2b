//! What a message says while it is written: the fields as they were typed, kept as they are, and
//! what they amount to.

use std::collections::BTreeMap;

use gateway_core::{AgencyId, Category, Id, Identifier, IdentifierKind, Personal, Purpose};
use gateway_flow::compose::DraftFile;
use gateway_flow::submission::{Emergency, ItemClaim, Particulars, RecipientClaim};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::visitor::Fields;

/// The legal bases that are offered, as the record holds them, and in words.
pub(crate) const BASES: [(&str, &str); 6] = [
    (
        "CJA 2003 s.325",
        "MAPPA: the duty to cooperate (Criminal Justice Act 2003, section 325)",
    ),
    (
        "CDA 1998 s.115",
        "To prevent crime (Crime and Disorder Act 1998, section 115)",
    ),
    (
        "OMA 2007 s.14",
        "To manage an offender (Offender Management Act 2007, section 14)",
    ),
    (
        "Children Act 2004 s.11",
        "To keep a child safe (Children Act 2004, section 11)",
    ),
    (
        "Care Act 2014 s.42",
        "To keep an adult safe (Care Act 2014, section 42)",
    ),
    (
        "public interest",
        "Public interest: a risk of serious harm (common law)",
    ),
];

/// What stands for a kind that the writer does not know: a person decides it.
pub(crate) const UNSURE: &str = "unsure";

/// The fields, as they were typed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Form {
    /// The message that it answers.
    pub(crate) reply_to: String,
    pub(crate) name: String,
    pub(crate) day: String,
    pub(crate) month: String,
    pub(crate) year: String,
    /// Where the person lives and what else is known of them.
    pub(crate) described: String,
    pub(crate) pnc: String,
    pub(crate) reference: String,
    pub(crate) to: Vec<String>,
    pub(crate) purpose: String,
    pub(crate) necessity: String,
    pub(crate) bases: Vec<String>,
    pub(crate) title: String,
    pub(crate) text: String,
    pub(crate) category: String,
    /// What kind of information each file is, by the file's id.
    pub(crate) kinds: BTreeMap<String, String>,
    pub(crate) emergency: bool,
    pub(crate) statement: String,
}

/// What is wrong with a field: its id on the page, and the words.
pub(crate) type Wrong = (String, String);

impl Form {
    /// The fields of a form that was sent.
    pub(crate) fn of(fields: &Fields) -> Self {
        let one = |name: &str| fields.one(name).replace("\r\n", "\n");
        let all = |name: &str| fields.all(name).map(str::to_owned).collect();
        let kinds = fields.named("kind-");
        Self {
            reply_to: one("reply-to"),
            name: one("name"),
            day: one("born-day"),
            month: one("born-month"),
            year: one("born-year"),
            described: one("described"),
            pnc: one("pnc"),
            reference: one("reference"),
            to: all("to"),
            purpose: one("purpose"),
            necessity: one("necessity"),
            bases: all("basis"),
            title: one("title"),
            text: one("text"),
            category: one("category"),
            kinds: kinds
                .map(|(id, kind)| (id.to_owned(), kind.to_owned()))
                .collect(),
            emergency: fields.has("emergency"),
            statement: one("statement"),
        }
    }

    /// Whether it answers another message.
    pub(crate) fn is_reply(&self) -> bool {
        !self.reply_to.is_empty()
    }

    /// What it is called in a list.
    pub(crate) fn label(&self) -> String {
        let words = [&self.title, &self.name, &self.text];
        let first = words.into_iter().find(|text| !text.trim().is_empty());
        first.map_or_else(
            || "Message without a title".to_owned(),
            |text| {
                text.trim()
                    .lines()
                    .next()
                    .unwrap_or_default()
                    .chars()
                    .take(80)
                    .collect()
            },
        )
    }

    /// What is sent of it, or all that is wrong with it.
    pub(crate) fn read(&self, files: &[DraftFile], today: Date) -> Result<Particulars, Vec<Wrong>> {
        let mut reader = Reader {
            form: self,
            today,
            wrong: Vec::new(),
        };
        let said = reader.particulars(files);
        match reader.wrong.is_empty() {
            true => Ok(said),
            false => Err(reader.wrong),
        }
    }
}

struct Reader<'f> {
    form: &'f Form,
    today: Date,
    wrong: Vec<Wrong>,
}

fn stated(text: &str) -> Option<Personal<String>> {
    let text = text.trim();
    (!text.is_empty()).then(|| Personal::new(text.to_owned()))
}

impl Reader<'_> {
    fn fault(&mut self, field: &str, words: impl Into<String>) {
        self.wrong.push((field.to_owned(), words.into()));
    }

    fn particulars(&mut self, files: &[DraftFile]) -> Particulars {
        let form = self.form;
        let to = form.to.iter().filter_map(|id| id.parse::<AgencyId>().ok());
        let recipients: Vec<RecipientClaim> = to
            .map(|agency| RecipientClaim {
                agency,
                person: None,
                reason: None,
            })
            .collect();
        if recipients.is_empty() {
            self.fault("to", "Choose who it is for");
        }
        let mut said = Particulars::new(recipients);
        self.person(&mut said);
        self.grounds(&mut said);
        said.items = self.items(files);
        if form.emergency {
            match stated(&form.statement) {
                None => self.fault("statement", "Say what is about to happen, and to whom"),
                Some(statement) => {
                    // Whom the writer means all the same is asked beside the preview (ISP-41).
                    said.emergency = Some(Emergency {
                        statement,
                        confirm_recipients: Vec::new(),
                    });
                }
            }
        }
        said
    }

    fn person(&mut self, said: &mut Particulars) {
        let form = self.form;
        said.in_reply_to = form.reply_to.parse::<Id>().ok();
        said.described = stated(&form.described);
        let mut given = vec![
            (IdentifierKind::Name, "name", form.name.clone()),
            (IdentifierKind::Pnc, "pnc", form.pnc.clone()),
        ];
        let born = [&form.year, &form.month, &form.day].map(|part| part.trim());
        if born.iter().any(|part| !part.is_empty()) {
            match date(born) {
                Some(born) => given.push((IdentifierKind::Dob, "born-day", born)),
                None => self.fault("born-day", "Enter a real date of birth, such as 31 3 1980"),
            }
        }
        for (kind, field, text) in given {
            if text.trim().is_empty() {
                continue;
            }
            match Identifier::parse(kind, &text, self.today) {
                Ok(read) => said.identifiers.push(read),
                Err(error) => self.fault(field, asked(kind, &error.to_string())),
            }
        }
        said.reference = stated(&form.reference).map(Personal::into_inner);
        let nobody = said.identifiers.is_empty() && said.reference.is_none();
        if nobody && !form.is_reply() && self.wrong.iter().all(|(field, _)| field != "born-day") {
            self.fault("name", "Enter the name of the person it is about");
        }
    }

    fn grounds(&mut self, said: &mut Particulars) {
        let form = self.form;
        said.purpose = form.purpose.parse::<Purpose>().ok();
        if said.purpose.is_none() && !form.is_reply() {
            self.fault("purpose", "Choose what it is shared for");
        }
        said.necessity = stated(&form.necessity);
        if said.necessity.is_none() {
            self.fault("necessity", "Say why they need to know it");
        }
        let known = |basis: &&String| BASES.iter().any(|(code, _)| code == basis);
        said.bases = form.bases.iter().filter(known).cloned().collect();
        if said.bases.is_empty() && !form.is_reply() {
            self.fault("basis", "Choose at least one legal basis");
        }
    }

    fn items(&mut self, files: &[DraftFile]) -> Vec<ItemClaim> {
        let form = self.form;
        let mut items = Vec::new();
        if stated(&form.text).is_some() {
            let title = stated(&form.title).unwrap_or_else(|| Personal::new("Message".to_owned()));
            let mut item = ItemClaim::new(title);
            item.category = self.kind("category", &form.category);
            items.push(item);
        }
        for file in files {
            let field = format!("kind-{}", file.id);
            if !file.whole {
                let name = file.name.reveal();
                self.fault(
                    &field,
                    format!(
                        "{name} has not come whole: wait until it has, add it again, or remove it"
                    ),
                );
            }
            let mut item = ItemClaim::new(file.name.clone());
            let kind = form.kinds.get(&file.id).map_or("", String::as_str);
            item.category = self.kind(&field, kind);
            item.notes.clone_from(&file.notes);
            if file.holds {
                item.unlabel();
            }
            items.push(item);
        }
        if items.is_empty() {
            self.fault("text", "Write a message, or add a file");
        }
        items
    }

    fn kind(&mut self, field: &str, word: &str) -> Option<Category> {
        let read = word.parse().ok();
        if read.is_none() && word != UNSURE {
            self.fault(field, "Choose what kind of information it is");
        }
        read
    }
}

/// What to enter where an identifier does not read: never what was typed.
fn asked(kind: IdentifierKind, error: &str) -> String {
    // The first words name the kind, as the field's label does here.
    let why = error.split_once(": ").map(|(_, why)| why);
    match kind {
        IdentifierKind::Dob => "Enter a date of birth in the past, such as 31 3 1980".to_owned(),
        IdentifierKind::Pnc => format!("Check the PNC ID: {}", why.unwrap_or(error)),
        IdentifierKind::Name
        | IdentifierKind::Cro
        | IdentifierKind::Nhs
        | IdentifierKind::Prison
        | IdentifierKind::Crn
        | IdentifierKind::Visor
        | IdentifierKind::Ref => match why {
            Some(why) => format!("Check the name: {why}"),
            None => "Enter the given and the family name, on one line".to_owned(),
        },
    }
}

/// Year, month and day as an ISO date.
fn date([year, month, day]: [&str; 3]) -> Option<String> {
    let (year, month, day) = (year.parse().ok()?, month.parse().ok()?, day.parse().ok()?);
    (year >= 1000).then_some(())?;
    Date::new(year, month, day)
        .ok()
        .map(|date| date.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole() -> Form {
        Form {
            name: "Test Person".to_owned(),
            to: vec!["london-probation".to_owned()],
            purpose: "MANAGE".to_owned(),
            necessity: "whoever houses him must know".to_owned(),
            bases: vec!["CJA 2003 s.325".to_owned()],
            text: "He has moved.".to_owned(),
            category: "LOCATION".to_owned(),
            ..Form::default()
        }
    }

    fn today() -> Date {
        Date::constant(2026, 3, 2)
    }

    fn faults(form: &Form) -> Vec<String> {
        let wrong = form.read(&[], today()).err().unwrap_or_default();
        wrong.into_iter().map(|(field, _)| field).collect()
    }

    #[test]
    fn everything_that_is_missing_is_named_at_once() {
        assert_eq!(
            faults(&Form::default()),
            ["to", "name", "purpose", "necessity", "basis", "text"]
        );
        assert!(faults(&whole()).is_empty());
    }

    #[test]
    fn a_reply_takes_person_purpose_and_bases_from_what_it_answers() {
        let reply = Form {
            reply_to: "01890000-0000-7000-8000-000000000000".to_owned(),
            name: String::new(),
            purpose: String::new(),
            bases: Vec::new(),
            ..whole()
        };
        let said = reply.read(&[], today()).unwrap();
        assert!(said.in_reply_to.is_some() && said.purpose.is_none());
    }

    #[test]
    fn a_date_is_real_and_a_kind_is_chosen_or_left_to_a_person() {
        let bad = Form {
            day: "31".to_owned(),
            month: "2".to_owned(),
            year: "1980".to_owned(),
            category: String::new(),
            ..whole()
        };
        assert_eq!(faults(&bad), ["born-day", "category"]);
        let unsure = Form {
            category: UNSURE.to_owned(),
            ..whole()
        };
        assert_eq!(unsure.read(&[], today()).unwrap().items[0].category, None);
    }

    #[test]
    fn an_emergency_says_what_is_imminent() {
        let bare = Form {
            emergency: true,
            ..whole()
        };
        assert_eq!(faults(&bare), ["statement"]);
    }
}
