//! What is to go out by mail: rows that say what, about which exchange, and to whom. The
//! mailroom writes the mail itself when it is sent; an answer to a sender is queued in the very
//! transaction that records what it answers.

use gateway_core::{ExchangeState, Id, Personal};
use gateway_seal::Place;
use gateway_store::rows::MailOutRow;

use crate::Flow;
use crate::error::FlowError;

/// What kind of mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailKind {
    /// Content, sealed to the agency.
    Delivery,
    /// Something waits.
    Notice,
    /// What became of the sender's mail.
    Receipt,
    /// The sender's mail waits to be completed.
    Incomplete,
    /// A delivery failed.
    Failure,
    /// A link to join by, or to set a second factor anew.
    Invitation,
}

impl MailKind {
    const ALL: [Self; 6] = [
        Self::Delivery,
        Self::Notice,
        Self::Receipt,
        Self::Incomplete,
        Self::Failure,
        Self::Invitation,
    ];

    /// Its word in the queue.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Delivery => "delivery",
            Self::Notice => "notice",
            Self::Receipt => "receipt",
            Self::Incomplete => "incomplete",
            Self::Failure => "failure",
            Self::Invitation => "invitation",
        }
    }

    /// The kind of this word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// What the subjects of mails to a person about their own keys begin with, in the queue.
pub const KEY_NOTICE: &str = "key/";

/// What the subjects of mails of a notice begin with, in the queue.
pub const TOLD_NOTICE: &str = "told/";

/// A mail to be written.
#[derive(Debug, Clone)]
pub struct Mail {
    /// Its kind.
    pub kind: MailKind,
    /// What it is about: one mail each.
    pub subject: String,
    /// The exchange, where it is about one.
    pub exchange: Option<String>,
    /// The delivery, where it is one's.
    pub delivery: Option<String>,
    /// The agency that it goes to.
    pub agency: String,
    /// The address that it goes to.
    pub recipient: Personal<String>,
    /// Words for its text: what is to be put right, or why it failed.
    pub words: Vec<Personal<String>>,
}

/// A sender who is answered by mail.
#[derive(Debug, Clone)]
pub struct AnswerTo {
    /// The address.
    pub address: Personal<String>,
    /// What the sender should put right, in words.
    pub words: Vec<Personal<String>>,
}

impl AnswerTo {
    /// The answer to what became of an exchange.
    pub(crate) fn about(self, exchange: &str, agency: &str, state: ExchangeState) -> Mail {
        let kind = match state {
            ExchangeState::Incomplete => MailKind::Incomplete,
            ExchangeState::Quarantined
            | ExchangeState::Held
            | ExchangeState::Refused
            | ExchangeState::Released
            | ExchangeState::Superseded
            | ExchangeState::Recalled => MailKind::Receipt,
        };
        Mail {
            kind,
            subject: format!("answer/{exchange}"),
            exchange: Some(exchange.to_owned()),
            delivery: None,
            agency: agency.to_owned(),
            recipient: self.address,
            words: self.words,
        }
    }
}

impl Flow {
    /// A mail's row in the queue, due now.
    pub async fn mail_row(&self, area: &str, mail: Mail) -> Result<MailOutRow, FlowError> {
        let id = Id::new(&self.clock).to_string();
        let now = self.now();
        let recipient = mail_place(area, &id, "recipient");
        let recipient = self
            .vault
            .seal_column(&recipient, mail.recipient.reveal().as_bytes())
            .await?;
        let words: Vec<&String> = mail.words.iter().map(Personal::reveal).collect();
        let words = serde_json::to_vec(&words)?;
        let details = mail_place(area, &id, "details");
        let details = self.vault.seal_column(&details, &words).await?;
        Ok(MailOutRow {
            id,
            kind: mail.kind.as_str().to_owned(),
            subject: mail.subject,
            area: area.to_owned(),
            exchange: mail.exchange,
            delivery: mail.delivery,
            agency: mail.agency,
            recipient,
            key: None,
            body: None,
            blob: None,
            details: Some(details),
            state: "queued".to_owned(),
            attempts: 0,
            next_at: now,
            status: None,
            created_at: now,
            sent_at: None,
        })
    }
}

/// Where a sealed value of a mail lies.
pub const fn mail_place<'a>(area: &'a str, row: &'a str, column: &'a str) -> Place<'a> {
    Place {
        area,
        table: "mail_out",
        row,
        column,
    }
}
