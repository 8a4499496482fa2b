//! A form as JSON: what a system posts, what lies attached to a mail, a row of a batch. One shape
//! for all of them.

use std::str::FromStr;

use gateway_core::{AgencyId, Id, Identifier, IdentifierKind, Personal};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::FormSent;
use crate::error::{FieldFault, FlowError};
use crate::submission::{Emergency, RecipientClaim};

/// A form as JSON; its answers are by its definition. No `Debug`: what is said in it is content.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FormGiven {
    /// The person, where the sender has the gateway's reference.
    #[serde(default)]
    pub nominal: Option<Named>,
    /// For whom; left out, whom the form is for.
    #[serde(default)]
    pub recipients: Option<Vec<Reader>>,
    /// Why, where it is not what the form is for.
    #[serde(default)]
    pub purpose: Option<String>,
    /// Why it is necessary, where the form's own words do not say.
    #[serde(default)]
    pub necessity: Option<String>,
    /// Imminent risk of serious harm.
    #[serde(default)]
    pub emergency: Option<Imminent>,
    /// The exchange that it answers.
    #[serde(default)]
    pub in_reply_to: Option<String>,
    /// The earlier form that it goes on from.
    #[serde(default)]
    pub after: Option<String>,
    /// The earlier form that it puts right.
    #[serde(default)]
    pub corrects: Option<String>,
    /// Documents that come with it, each in a part of the body of that name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub documents: Option<Vec<GivenDocument>>,
    /// The answers: sections of fields.
    pub answers: Value,
}

/// A document that comes with a form.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GivenDocument {
    /// Its title.
    pub title: String,
    /// Its kind of information, a code.
    pub category: String,
    /// The name of the part that it is in.
    pub document: String,
}

/// A person by reference.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Named {
    /// The gateway's own reference.
    #[serde(rename = "ref")]
    pub reference: String,
}

/// A reader: an agency's id, or the agency with a person and a reason.
#[derive(Clone, Serialize, Deserialize)]
#[serde(
    untagged,
    expecting = "an agency's id, or an object with `agency` and perhaps `person` and `reason`"
)]
pub enum Reader {
    /// The agency's id.
    Agency(String),
    /// The agency, with more.
    More {
        /// The agency's id.
        agency: String,
        /// An enrolled address there.
        #[serde(default)]
        person: Option<String>,
        /// Why it is likely to hold or to need it.
        #[serde(default)]
        reason: Option<String>,
    },
}

/// The emergency flag with its statement.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Imminent {
    /// What is imminent.
    pub statement: String,
    /// Recipients given again (ISP-41).
    #[serde(default)]
    pub confirm_recipients: Vec<String>,
}

impl FormGiven {
    /// Answers, of which nothing more is said.
    pub const fn of(answers: Value) -> Self {
        Self {
            nominal: None,
            recipients: None,
            purpose: None,
            necessity: None,
            emergency: None,
            in_reply_to: None,
            after: None,
            corrects: None,
            documents: None,
            answers,
        }
    }

    /// As the flow takes it; the answers are read by the form's definition then. Its documents are
    /// not in it: whoever has them has taken them out.
    ///
    /// # Errors
    /// [`FlowError::Invalid`], each field by its JSON Pointer.
    pub fn read(self, form: &str, today: Date) -> Result<FormSent, FlowError> {
        let mut reading = Reading(Vec::new());
        if self
            .documents
            .is_some_and(|documents| !documents.is_empty())
        {
            let detail = "are taken in a multipart body only: send each as a part of its name";
            reading.0.push(FieldFault::new("/documents", detail));
        }
        let recipients = self.recipients.unwrap_or_default();
        let recipients = recipients.into_iter().enumerate();
        let sent = FormSent {
            reference: self
                .nominal
                .and_then(|named| reading.reference(&named.reference, today)),
            recipients: recipients
                .filter_map(|(n, reader)| reading.recipient(n, reader))
                .collect(),
            purpose: reading.word("/purpose", stated(self.purpose)),
            necessity: stated(self.necessity).map(Personal::new),
            emergency: self.emergency.map(|emergency| reading.imminent(emergency)),
            in_reply_to: reading.word::<Id>("/in_reply_to", self.in_reply_to),
            after: reading.word::<Id>("/after", self.after),
            corrects: reading.word::<Id>("/corrects", self.corrects),
            ..FormSent::new(form, self.answers)
        };
        match reading.0.is_empty() {
            true => Ok(sent),
            false => Err(FlowError::Invalid(reading.0)),
        }
    }
}

struct Reading(Vec<FieldFault>);

impl Reading {
    /// A word of a code list, or anything else that says by itself what is wrong with it.
    fn word<T: FromStr<Err: ToString>>(
        &mut self,
        pointer: &str,
        given: Option<String>,
    ) -> Option<T> {
        match given?.parse() {
            Ok(word) => Some(word),
            Err(error) => {
                self.0.push(FieldFault::new(pointer, error.to_string()));
                None
            }
        }
    }

    fn reference(&mut self, text: &str, today: Date) -> Option<String> {
        match Identifier::parse(IdentifierKind::Ref, text, today) {
            Ok(read) => Some(read.value().reveal().clone()),
            Err(error) => {
                self.0
                    .push(FieldFault::new("/nominal/ref", error.to_string()));
                None
            }
        }
    }

    fn agency(&mut self, pointer: &str, id: &str) -> Option<AgencyId> {
        let read = id.parse().ok();
        if read.is_none() {
            let detail = "is no agency's id: give lower-case letters, digits and hyphens, such as \
                          `london-probation`";
            self.0.push(FieldFault::new(pointer, detail));
        }
        read
    }

    fn recipient(&mut self, n: usize, reader: Reader) -> Option<RecipientClaim> {
        let pointer = format!("/recipients/{n}");
        let (agency, person, reason) = match reader {
            Reader::Agency(agency) => (self.agency(&pointer, &agency), None, None),
            Reader::More {
                agency,
                person,
                reason,
            } => (
                self.agency(&format!("{pointer}/agency"), &agency),
                person.map(Personal::new),
                reason.map(Personal::new),
            ),
        };
        agency.map(|agency| RecipientClaim {
            agency,
            person,
            reason,
        })
    }

    fn imminent(&mut self, given: Imminent) -> Emergency {
        let confirmed = given.confirm_recipients.iter().enumerate();
        Emergency {
            statement: given.statement.into(),
            confirm_recipients: confirmed
                .filter_map(|(n, id)| {
                    self.agency(&format!("/emergency/confirm_recipients/{n}"), id)
                })
                .collect(),
        }
    }
}

/// A text that says something.
fn stated(given: Option<String>) -> Option<String> {
    given.filter(|text| !text.trim().is_empty())
}
