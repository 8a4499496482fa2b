//! Whoever had something that its sender took back is told that something waits for them: the
//! agency, or its single point of contact where it has no address. What it is about is said in the
//! portal alone (ISP-36), in the words of every other notice.

use gateway_core::Role;
use gateway_flow::outgoing::{Mail, MailKind};
use gateway_store::Tx;
use gateway_store::rows::{AgencyRow, NoticeRow};
use gateway_vault::parties;

use crate::error::Trouble;
use crate::room::Mailroom;

impl Mailroom {
    /// Queues a notice for everybody who has not been told of a withdrawal.
    pub(crate) async fn tell_of_withdrawals(&self) -> Result<(), Trouble> {
        let mut tx = self.0.flow.store.read().await?;
        let untold = tx.withdrawals_untold(100).await?;
        drop(tx);
        for notice in untold {
            if let Err(error) = self.tell_of_withdrawal(&notice).await {
                tracing::warn!(notice = %notice.id, %error, "no mail could be made for a withdrawal");
            }
        }
        Ok(())
    }

    async fn tell_of_withdrawal(&self, notice: &NoticeRow) -> Result<(), Trouble> {
        let mut tx = self.0.flow.store.read().await?;
        let address = self.address_of_agency(&mut tx, &notice.agency).await?;
        drop(tx);
        let mail = |recipient: &str| Mail {
            kind: MailKind::Notice,
            subject: format!("withdrawn/{}", notice.id),
            exchange: notice.exchange.clone(),
            delivery: None,
            agency: notice.agency.clone(),
            recipient: recipient.to_owned().into(),
            words: Vec::new(),
        };
        match address {
            Some(address) => self.queue(mail(&address)).await,
            None => self.pass_over(mail(""), "no-address").await,
        }
    }

    /// Where an agency is reached: its own address, else its single point of contact.
    pub(super) async fn address_of_agency(
        &self,
        tx: &mut Tx,
        agency: &str,
    ) -> Result<Option<String>, Trouble> {
        let row: Option<AgencyRow> = tx.get(agency).await?;
        let own = row.and_then(|row| row.email);
        if let Some(address) = own.filter(|address| self.is_reached(address)) {
            return Ok(Some(address));
        }
        let now = self.0.flow.clock.now();
        match parties::in_post(tx, agency, Role::Spoc, now).await? {
            Some(spoc) => self.address_of(tx, &spoc).await,
            None => Ok(None),
        }
    }
}
