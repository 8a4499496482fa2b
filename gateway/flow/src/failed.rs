//! A channel gave up on a delivery: whoever sent it is told, and the agency is told that something
//! waits for it in the portal.

use gateway_core::{Personal, Role};
use gateway_store::rows::{AgencyRow, DeliveryRow, ExchangeRow, MailOutRow, PersonRow};
use gateway_vault::parties;

use crate::Flow;
use crate::case::corrupt;
use crate::error::FlowError;
use crate::outgoing::{Mail, MailKind};

impl Flow {
    /// Queues the mail that tells the sender why a delivery did not arrive, once; `instead` is the
    /// address that took the place of one that is retired.
    ///
    /// # Errors
    /// [`FlowError::Unavailable`] where the store or the vault is away.
    pub async fn tell_of_failure(
        &self,
        delivery: &DeliveryRow,
        why: &str,
        instead: Option<&str>,
    ) -> Result<(), FlowError> {
        let Some(row) = self.failure_mail(delivery, why, instead).await? else {
            return Ok(());
        };
        let mut tx = self.store.write("queue-mail").await?;
        tx.queue_mail(&row).await?;
        Ok(tx.commit().await?)
    }

    /// That mail, not queued yet; none where the sender has no address.
    ///
    /// # Errors
    /// As [`Flow::tell_of_failure`].
    pub async fn failure_mail(
        &self,
        delivery: &DeliveryRow,
        why: &str,
        instead: Option<&str>,
    ) -> Result<Option<MailOutRow>, FlowError> {
        let mut tx = self.store.read().await?;
        let exchange: Option<ExchangeRow> = tx.get(&delivery.exchange).await?;
        let exchange = exchange.ok_or_else(|| corrupt("exchange", &delivery.exchange))?;
        let person: Option<PersonRow> = match &exchange.sender_person {
            Some(person) => tx.get(person).await?,
            None => None,
        };
        let agency: Option<AgencyRow> = tx.get(&exchange.sender).await?;
        drop(tx);
        let address = match person.filter(|person| person.state == "active") {
            Some(person) => Some(self.person_email(&person).await?.into_inner()),
            None => agency.and_then(|agency| agency.email),
        };
        let Some(recipient) = address else {
            return Ok(None);
        };
        let words = [&delivery.agency, why].map(str::to_owned);
        let words = words.into_iter().chain(instead.map(str::to_owned));
        let mail = Mail {
            kind: MailKind::Failure,
            subject: format!("failure/{}", delivery.id),
            exchange: Some(delivery.exchange.clone()),
            delivery: Some(delivery.id.clone()),
            agency: exchange.sender,
            recipient: recipient.into(),
            words: words.map(Personal::new).collect(),
        };
        Ok(Some(self.mail_row(&exchange.area, mail).await?))
    }

    /// The notice to an agency's single point of contact that a delivery waits, not queued yet; none
    /// where nobody is in post.
    ///
    /// # Errors
    /// As [`Flow::tell_of_failure`].
    pub async fn waiting_mail(
        &self,
        delivery: &DeliveryRow,
    ) -> Result<Option<MailOutRow>, FlowError> {
        let mut tx = self.store.read().await?;
        let exchange: Option<ExchangeRow> = tx.get(&delivery.exchange).await?;
        let exchange = exchange.ok_or_else(|| corrupt("exchange", &delivery.exchange))?;
        let now = self.clock.now();
        let spoc = parties::in_post(&mut tx, &delivery.agency, Role::Spoc, now).await?;
        let spoc: Option<PersonRow> = match spoc {
            Some(spoc) => tx.get(&spoc).await?,
            None => None,
        };
        drop(tx);
        let Some(spoc) = spoc.filter(|spoc| spoc.state == "active") else {
            return Ok(None);
        };
        let recipient = self.person_email(&spoc).await?.into_inner();
        let mail = Mail {
            kind: MailKind::Notice,
            subject: format!("delivery/{}", delivery.id),
            exchange: Some(delivery.exchange.clone()),
            delivery: Some(delivery.id.clone()),
            agency: delivery.agency.clone(),
            recipient: recipient.into(),
            words: Vec::new(),
        };
        Ok(Some(self.mail_row(&exchange.area, mail).await?))
    }
}
