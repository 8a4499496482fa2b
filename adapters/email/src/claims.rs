//! A mail and its details together, as items: the text, then each part, with what the sender
//! said of it. A listener maps them one to one.

use gateway_core::{AgencyId, Category, Personal};

use crate::details::{Details, Fault, Name, Problem, Reading};
use crate::file_name;
use crate::mail::Mail;
use crate::parts::{Note, Part, PartKind};

/// What an item is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// The message.
    Message,
    /// The part of that place in [`Mail::parts`].
    Part(usize),
}

/// One item as the sender gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Its title: the subject, or the file's name.
    pub title: Personal<String>,
    /// Its category; none is held for a person to say.
    pub category: Option<Category>,
    /// Its owner; the sender where absent.
    pub owner: Option<AgencyId>,
    /// The clinician.
    pub clinician: Option<Personal<String>>,
    /// Its media type as declared.
    pub media_type: String,
    /// What it is made of.
    pub content: Content,
    /// What a reader has to know about it.
    pub notes: Vec<Note>,
}

/// The items, and what is wrong with what was said of attachments.
///
/// `Category` is of the message; without a message it is of the attachments that have none of
/// their own. An attachment beside a message is never given the message's: it is for a person
/// to say. Nor is the original HTML or rich text, which has the whole block in it, whatever it
/// shows.
pub fn claims(mail: &Mail, reading: &Reading) -> (Vec<Claim>, Vec<Fault>) {
    let none = Details::default();
    let details = reading.details.as_ref().unwrap_or(&none);
    let message = !reading.message.reveal().trim().is_empty();
    let mut claims = Vec::new();
    if message {
        let title = mail.headers.title();
        claims.push(Claim {
            title: title.unwrap_or_else(|| Personal::new("Message".to_owned())),
            category: details.category,
            owner: None,
            clinician: details.clinician.clone(),
            media_type: "text/plain".to_owned(),
            content: Content::Message,
            notes: mail.notes.clone(),
        });
    }
    let spare = details.category.filter(|_| !message);
    for (n, part) in mail.parts.iter().enumerate() {
        let twins = twins(
            mail,
            part.given_name.as_ref().unwrap_or(&part.name).reveal(),
        );
        claims.push(claim(n, part, details, spare, twins > 1));
    }
    (claims, faults(mail, details))
}

fn claim(n: usize, part: &Part, details: &Details, spare: Option<Category>, twin: bool) -> Claim {
    // Two parts of one name: what is said is of neither.
    let mut all = details.attachments.iter().filter(|_| !twin);
    let said = all.find(|said| part_is(part, said.name.reveal()));
    let category = said.and_then(|said| said.category);
    let category = match part.kind {
        PartKind::OriginalHtml | PartKind::OriginalRtf => None,
        PartKind::Attachment
        | PartKind::Inline
        | PartKind::Message
        | PartKind::Calendar
        | PartKind::Signature
        | PartKind::Report => category.or(spare.filter(|_| !twin)),
    };
    Claim {
        title: part.name.clone(),
        category,
        owner: said.and_then(|said| said.owner.clone()),
        clinician: details.clinician.clone(),
        media_type: part.media_type.clone(),
        content: Content::Part(n),
        notes: part.notes.clone(),
    }
}

fn part_is(part: &Part, name: &str) -> bool {
    file_name::same(part.name.reveal(), name)
}

/// How many parts were sent under that name.
fn twins(mail: &Mail, name: &str) -> usize {
    let given = |part: &&Part| {
        let given = part.given_name.as_ref().map(Personal::reveal);
        given.is_some_and(|given| file_name::same(given, name))
    };
    mail.parts.iter().filter(given).count()
}

fn faults(mail: &Mail, details: &Details) -> Vec<Fault> {
    let mut faults = Vec::new();
    for said in &details.attachments {
        let name = said.name.reveal();
        let known = mail.parts.iter().find(|part| part_is(part, name));
        let shared = known.and_then(|part| part.given_name.as_ref());
        let problem = match (known, shared.map(|given| twins(mail, given.reveal()))) {
            (None, _) => Problem::NoSuchAttachment,
            (Some(_), Some(2..)) => Problem::AmbiguousAttachment,
            (Some(_), _) => continue,
        };
        let label = match said.category {
            Some(_) => Name::AttachmentCategory,
            None => Name::AttachmentOwner,
        };
        faults.push(Fault {
            line: said.line,
            name: Some(label),
            problem,
        });
    }
    faults
}

#[cfg(test)]
mod tests;
