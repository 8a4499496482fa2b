//! The queue of outgoing mail: rows that say what is to be written, and for whom.

use gateway_core::Id;
use gateway_seal::Place;
use gateway_store::rows::{ExchangeRow, MailOutRow};

use crate::error::Trouble;
use crate::room::Mailroom;

/// What kind of mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
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
}

impl Kind {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Delivery => "delivery",
            Self::Notice => "notice",
            Self::Receipt => "receipt",
            Self::Incomplete => "incomplete",
            Self::Failure => "failure",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        [
            Self::Delivery,
            Self::Notice,
            Self::Receipt,
            Self::Incomplete,
            Self::Failure,
        ]
        .into_iter()
        .find(|kind| kind.as_str() == word)
    }
}

/// A mail to be written.
pub(crate) struct Mail {
    pub kind: Kind,
    /// What it is about: one mail each.
    pub subject: String,
    pub exchange: String,
    pub delivery: Option<String>,
    pub agency: String,
    pub recipient: String,
    /// Words for its text: what is to be put right, or why it failed.
    pub words: Vec<String>,
}

impl Mailroom {
    /// Puts a mail into the queue, once for each subject.
    pub(crate) async fn queue(&self, mail: Mail) -> Result<(), Trouble> {
        let row = self.row(mail, "queued").await?;
        let mut tx = self.0.flow.store.write("queue-mail").await?;
        let fresh = tx.queue_mail(&row).await?;
        tx.commit().await?;
        if fresh {
            self.0.queued.notify_one();
        }
        Ok(())
    }

    /// Keeps in mind that a delivery gets no mail, so that it is not looked at again.
    pub(crate) async fn pass_over(&self, mail: Mail, why: &str) -> Result<(), Trouble> {
        let mut row = self.row(mail, "failed").await?;
        row.status = Some(why.to_owned());
        let mut tx = self.0.flow.store.write("queue-mail").await?;
        tx.queue_mail(&row).await?;
        Ok(tx.commit().await?)
    }

    async fn row(&self, mail: Mail, state: &str) -> Result<MailOutRow, Trouble> {
        let flow = &self.0.flow;
        let mut tx = flow.store.read().await?;
        let exchange: Option<ExchangeRow> = tx.get(&mail.exchange).await?;
        drop(tx);
        let area = exchange
            .ok_or(Trouble::Stopped("a mail is about no exchange"))?
            .area;
        let id = Id::new(&flow.clock).to_string();
        let now = flow.clock.now().as_microsecond();
        let place = place(&area, &id, "recipient");
        let recipient = flow
            .vault
            .seal_column(&place, mail.recipient.as_bytes())
            .await?;
        let words = serde_json::to_vec(&mail.words)?;
        let place = self::place(&area, &id, "details");
        let details = flow.vault.seal_column(&place, &words).await?;
        Ok(MailOutRow {
            id,
            kind: mail.kind.as_str().to_owned(),
            subject: mail.subject,
            area,
            exchange: mail.exchange,
            delivery: mail.delivery,
            agency: mail.agency,
            recipient,
            key: None,
            body: None,
            blob: None,
            details: Some(details),
            state: state.to_owned(),
            attempts: 0,
            next_at: now,
            status: None,
            created_at: now,
            sent_at: None,
        })
    }

    /// The address that a mail goes to.
    pub(crate) async fn recipient_of(&self, row: &MailOutRow) -> Result<String, Trouble> {
        let plain = self.open(row, "recipient", &row.recipient).await?;
        String::from_utf8(plain).map_err(|_| Trouble::Stopped("a mail's address does not read"))
    }

    /// The words that were queued with a mail.
    pub(crate) async fn words_of(&self, row: &MailOutRow) -> Result<Vec<String>, Trouble> {
        match &row.details {
            Some(sealed) => Ok(serde_json::from_slice(
                &self.open(row, "details", sealed).await?,
            )?),
            None => Ok(Vec::new()),
        }
    }

    pub(crate) async fn open(
        &self,
        row: &MailOutRow,
        column: &str,
        sealed: &[u8],
    ) -> Result<Vec<u8>, Trouble> {
        let place = place(&row.area, &row.id, column);
        let vault = &self.0.flow.vault;
        Ok(vault.open_column(&place, sealed).await?.to_vec())
    }
}

/// Where a sealed value of a mail lies.
pub(crate) const fn place<'a>(area: &'a str, row: &'a str, column: &'a str) -> Place<'a> {
    Place {
        area,
        table: "mail_out",
        row,
        column,
    }
}
