//! Whoever sent what a reviewer asks about is told that something waits for them: the person, or
//! the agency where no person sent it. Nothing is said of the question (ISP-36).

use gateway_core::Role;
use gateway_flow::outgoing::{Mail, MailKind};
use gateway_store::Tx;
use gateway_store::rows::{AgencyRow, ExchangeRow, PersonRow, QuestionRow};
use gateway_vault::parties;

use crate::error::Trouble;
use crate::room::Mailroom;

impl Mailroom {
    /// Queues a notice for every question that its sender has not been told of.
    pub(crate) async fn tell_asked(&self) -> Result<(), Trouble> {
        let mut tx = self.0.flow.store.read().await?;
        let untold = tx.questions_untold(100).await?;
        drop(tx);
        for asked in untold {
            if let Err(error) = self.tell_of_question(&asked).await {
                tracing::warn!(question = %asked.id, %error, "no notice could be made for a question");
            }
        }
        Ok(())
    }

    async fn tell_of_question(&self, asked: &QuestionRow) -> Result<(), Trouble> {
        let mut tx = self.0.flow.store.read().await?;
        let exchange: Option<ExchangeRow> = tx.get(&asked.exchange).await?;
        let exchange = exchange.ok_or(Trouble::Stopped("a question is of no exchange"))?;
        let address = self.address_of_sender(&mut tx, &exchange).await?;
        drop(tx);
        let mail = |recipient: &str| Mail {
            kind: MailKind::Notice,
            subject: format!("question/{}", asked.id),
            exchange: Some(exchange.id.clone()),
            delivery: None,
            agency: exchange.sender.clone(),
            recipient: recipient.to_owned().into(),
            words: Vec::new(),
        };
        match address {
            Some(address) => self.queue(mail(&address)).await,
            None => self.pass_over(mail(""), "no-address").await,
        }
    }

    /// Where the sender of an exchange is reached: the person, else the agency, else its single
    /// point of contact.
    async fn address_of_sender(
        &self,
        tx: &mut Tx,
        exchange: &ExchangeRow,
    ) -> Result<Option<String>, Trouble> {
        if let Some(person) = &exchange.sender_person
            && let Some(address) = self.address_of(tx, person).await?
        {
            return Ok(Some(address));
        }
        let agency: Option<AgencyRow> = tx.get(&exchange.sender).await?;
        let agency = agency.and_then(|agency| agency.email);
        if let Some(address) = agency.filter(|address| self.is_reached(address)) {
            return Ok(Some(address));
        }
        let now = self.0.flow.clock.now();
        match parties::in_post(tx, &exchange.sender, Role::Spoc, now).await? {
            Some(spoc) => self.address_of(tx, &spoc).await,
            None => Ok(None),
        }
    }

    /// The address of a person who is active, where mail reaches it.
    pub(super) async fn address_of(
        &self,
        tx: &mut Tx,
        person: &str,
    ) -> Result<Option<String>, Trouble> {
        let person: Option<PersonRow> = tx.get(person).await?;
        let Some(person) = person.filter(|person| person.state == "active") else {
            return Ok(None);
        };
        let address = self.0.flow.person_email(&person).await?.into_inner();
        Ok(Some(address).filter(|address| self.is_reached(address)))
    }
}
