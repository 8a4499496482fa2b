//! The queue of outgoing mail: rows that say what is to be written, and for whom.

use gateway_flow::outgoing::{Mail, mail_place};
use gateway_store::rows::{ExchangeRow, MailOutRow};

use crate::error::Trouble;
use crate::room::Mailroom;

impl Mailroom {
    /// Puts a mail into the queue, once for each subject.
    pub(crate) async fn queue(&self, mail: Mail) -> Result<(), Trouble> {
        let row = self.row(mail).await?;
        let mut tx = self.0.flow.store.write("queue-mail").await?;
        let fresh = tx.queue_mail(&row).await?;
        tx.commit().await?;
        if fresh {
            self.0.queued.notify_one();
        }
        Ok(())
    }

    /// Keeps in mind that something gets no mail, so that it is not looked at again.
    pub(crate) async fn pass_over(&self, mail: Mail, why: &str) -> Result<(), Trouble> {
        let row = passed_over(self.row(mail).await?, why);
        let mut tx = self.0.flow.store.write("queue-mail").await?;
        tx.queue_mail(&row).await?;
        Ok(tx.commit().await?)
    }

    /// A mail about an exchange as it is queued.
    async fn row(&self, mail: Mail) -> Result<MailOutRow, Trouble> {
        let stopped = || Trouble::Stopped("a mail is about no exchange");
        let id = mail.exchange.as_deref().ok_or_else(stopped)?;
        let mut tx = self.0.flow.store.read().await?;
        let exchange: Option<ExchangeRow> = tx.get(id).await?;
        drop(tx);
        let area = exchange.ok_or_else(stopped)?.area;
        Ok(self.0.flow.mail_row(&area, mail).await?)
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
        let place = mail_place(&row.area, &row.id, column);
        let vault = &self.0.flow.vault;
        Ok(vault.open_column(&place, sealed).await?.to_vec())
    }
}

/// The note that there is no mail, and why.
pub(crate) fn passed_over(mut row: MailOutRow, why: &str) -> MailOutRow {
    "failed".clone_into(&mut row.state);
    row.status = Some(why.to_owned());
    row
}
