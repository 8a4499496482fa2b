//! The block of details that a mail's text may begin with: a name and a value on each line,
//! an empty line at its end. What is wrong is said line by line beside what could be read, so
//! that nothing is lost for want of one line.

mod block;
mod fault;
mod near;
mod reader;
mod write;

use gateway_core::{AgencyId, Category, Id, Identifier, Personal, Purpose};
use jiff::civil::Date;

pub use fault::{Fault, Problem};

macro_rules! names {
    ($($(#[$doc:meta])* $variant:ident = $text:literal, $often:literal;)+) => {
        /// The names that a line may begin with; letter case does not matter.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Name { $($(#[$doc])* $variant,)+ }

        impl Name {
            /// Every name.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name as it is written.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }

            /// It may stand more than once.
            pub const fn is_repeatable(self) -> bool {
                match self { $(Self::$variant => $often,)+ }
            }
        }
    };
}

names! {
    /// The agencies it is for, each with `<person@…>` behind it where a person is meant.
    To = "To", true;
    /// Identifiers of the person, each after its word.
    Nominal = "Nominal", false;
    /// A code of the purposes.
    Purpose = "Purpose", false;
    /// Why it is necessary, in words.
    Necessity = "Necessity", false;
    /// Lawful bases.
    Basis = "Basis", true;
    /// The category of the text.
    Category = "Category", false;
    /// The category of an attachment.
    AttachmentCategory = "Attachment-Category", true;
    /// The owner of an attachment.
    AttachmentOwner = "Attachment-Owner", true;
    /// What is imminent, in words.
    Emergency = "Emergency", false;
    /// The recipients again, in an emergency (ISP-41).
    ConfirmRecipients = "Confirm-Recipients", true;
    /// The clinician of the health items (ISP-16).
    Clinician = "Clinician", false;
    /// Why the recipients are likely to hold or need it (ISP-05).
    Reason = "Reason", false;
    /// The exchange that it answers.
    ReplyToExchange = "Reply-To-Exchange", false;
}

impl Name {
    /// The name that `text` is, whatever its letter case.
    pub fn find(text: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|name| name.as_str().eq_ignore_ascii_case(text))
    }
}

/// One addressee.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// The agency.
    pub agency: AgencyId,
    /// The person's address there.
    pub person: Option<Personal<String>>,
}

/// What is said of one attachment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Its file name, cleaned as those of the parts are.
    pub name: Personal<String>,
    /// The line that named it first.
    pub line: usize,
    /// Its category.
    pub category: Option<Category>,
    /// Its owner.
    pub owner: Option<AgencyId>,
}

/// What the block says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Details {
    /// For whom, where there is a `To` line: it binds the recipients inside the signature.
    pub recipients: Option<Vec<Recipient>>,
    /// The gateway's own reference of the person.
    pub reference: Option<String>,
    /// Identifiers of the person.
    pub identifiers: Vec<Identifier>,
    /// Why.
    pub purpose: Option<Purpose>,
    /// Why it is necessary.
    pub necessity: Option<Personal<String>>,
    /// Lawful bases.
    pub bases: Vec<String>,
    /// The category of the text.
    pub category: Option<Category>,
    /// What is said of attachments.
    pub attachments: Vec<Attachment>,
    /// What is imminent.
    pub emergency: Option<Personal<String>>,
    /// Recipients given again.
    pub confirm_recipients: Vec<AgencyId>,
    /// The clinician.
    pub clinician: Option<Personal<String>>,
    /// Why the recipients are likely to hold or need it.
    pub reason: Option<Personal<String>>,
    /// The exchange it answers.
    pub in_reply_to: Option<Id>,
}

/// A text, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The details; none where the text does not begin with a known name.
    pub details: Option<Details>,
    /// What is wrong. Where there is anything, the exchange is to stay incomplete.
    pub faults: Vec<Fault>,
    /// Lines of the block that could not be read, as they came: show them to the sender only.
    pub unread: Personal<String>,
    /// The message that follows the block, or the whole text.
    pub message: Personal<String>,
}

/// What the block is read with.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// Today, in Europe/London: no date of birth lies behind it.
    pub today: Date,
    /// The gateway's domain: agencies may be given as their addresses there.
    pub domain: &'a str,
}

/// Reads the block, where there is one.
pub fn read(text: &str, context: &Context<'_>) -> Reading {
    let Some(block) = block::find(text) else {
        return Reading {
            details: None,
            faults: Vec::new(),
            unread: Personal::default(),
            message: Personal::new(text.to_owned()),
        };
    };
    let mut reader = reader::Reader::new(*context);
    for entry in &block.entries {
        reader.entry(entry);
    }
    let (details, faults, unread) = reader.done();
    Reading {
        details: Some(details),
        faults,
        unread: Personal::new(unread),
        message: Personal::new(block.message.to_owned()),
    }
}

#[cfg(test)]
mod tests;
