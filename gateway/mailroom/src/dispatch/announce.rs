//! What waits for an agency is mailed to it sealed, where the rules, its address and its
//! certificate allow that; else it is told that something waits, and nothing more (ISP-36).

use std::sync::Arc;

use gateway_cms::Recipient;
use gateway_core::calendar::local_date;
use gateway_core::{Obligation, Role};
use gateway_flow::admin::KnownCertificate;
use gateway_flow::outgoing::{Mail, MailKind};
use gateway_protocol::Standing as DomainStanding;
use gateway_store::Tx;
use gateway_store::rows::{AgencyRow, DeliveryRow, MailOutRow, PersonRow};
use gateway_vault::parties;

use super::batch::Batch;
use super::lanes::side_by_side;
use super::look::Look;
use super::queue::passed_over;

use crate::error::Trouble;
use crate::room::Mailroom;

/// The most content of one mail, bytes: larger is fetched from the portal or the API.
const LARGEST: i64 = 20 * 1024 * 1024;

/// How many deliveries are looked at in one round.
const AT_ONCE: i64 = 100;
/// How many of them side by side.
const SIDE_BY_SIDE: usize = 8;

impl Mailroom {
    /// Queues a mail for every delivery that has none yet; whether there may be more.
    pub(crate) async fn announce(&self, look: Look) -> Result<bool, Trouble> {
        let mut tx = self.0.flow.store.read().await?;
        let waiting = tx.unannounced(look.since, AT_ONCE).await?;
        drop(tx);
        if waiting.is_empty() {
            return Ok(false);
        }
        let full = i64::try_from(waiting.len()) == Ok(AT_ONCE);
        let batch = Arc::new(self.batch_for(&waiting).await?);
        let rows = side_by_side(waiting, SIDE_BY_SIDE, |delivery| {
            let (room, batch) = (self.clone(), Arc::clone(&batch));
            async move {
                match room.announcement(&delivery, &batch).await {
                    Ok(row) => Some(row),
                    Err(error) => {
                        tracing::warn!(delivery = %delivery.id, %error, "no mail could be made for a delivery");
                        None
                    }
                }
            }
        });
        let rows: Vec<MailOutRow> = rows.await.into_iter().flatten().collect();
        if rows.is_empty() {
            // None could be made: they are tried again, and nobody else's waits for that.
            return Ok(false);
        }
        let mut tx = self.0.flow.store.write("queue-mail").await?;
        tx.queue_mails(&rows).await?;
        tx.commit().await?;
        self.0.queued.notify_one();
        Ok(full)
    }

    /// The mail of a delivery; where it gets none, the note of that.
    async fn announcement(
        &self,
        delivery: &DeliveryRow,
        batch: &Batch,
    ) -> Result<MailOutRow, Trouble> {
        let agency = batch.agency(&delivery.agency);
        let agency = agency.ok_or(Trouble::Stopped("a delivery is for no agency"))?;
        let area = &batch.exchange(&delivery.exchange)?.area;
        let obligations: Vec<Obligation> = serde_json::from_str(&delivery.obligations)?;
        let mut tx = self.0.flow.store.read().await?;
        let address = self
            .address_for(&mut tx, agency, delivery, &obligations)
            .await?;
        drop(tx);
        let row = async |mail| self.0.flow.mail_row(area, mail).await;
        let mail = |kind, recipient: &str| Mail {
            kind,
            subject: format!("delivery/{}", delivery.id),
            exchange: Some(delivery.exchange.clone()),
            delivery: Some(delivery.id.clone()),
            agency: delivery.agency.clone(),
            recipient: recipient.to_owned().into(),
            words: Vec::new(),
        };
        let Some(address) = address else {
            let none = row(mail(MailKind::Notice, "")).await?;
            return Ok(passed_over(none, "no-address"));
        };
        let standing = self.standing_of(&address);
        if let DomainStanding::Retired { .. } = standing {
            // Nothing goes to a retired domain, not even a notice: somebody else may have it.
            // The sender is told first: it is told once, and what is passed over is not looked at again.
            self.tell_of_failure(delivery, "retired", &standing).await?;
            let none = row(mail(MailKind::Notice, &address)).await?;
            return Ok(passed_over(none, "retired-domain"));
        }
        let may = standing.is_secure()
            && delivery.channel == "secure-email"
            && agency.custody == "gateway"
            && may_be_mailed(&obligations);
        if !may {
            return Ok(row(mail(MailKind::Notice, &address)).await?);
        }
        let mut tx = self.0.flow.store.read().await?;
        let size = tx.size_carried(&delivery.id).await?;
        drop(tx);
        if size > LARGEST {
            return Ok(row(mail(MailKind::Notice, &address)).await?);
        }
        // Where there is no certificate to seal it to when it is written, it becomes a notice.
        let mut sealed = mail(MailKind::Delivery, &address);
        sealed.words = vec![size.to_string().into()];
        Ok(row(sealed).await?)
    }

    /// How the domain of an address stands today.
    pub(crate) fn standing_of(&self, address: &str) -> DomainStanding {
        let today = local_date(self.0.flow.clock.now());
        self.0.flow.directory.of_address(address, today)
    }

    /// Where mail for a delivery goes: to the person named, to the single point of contact, or
    /// to the agency's functional address.
    async fn address_for(
        &self,
        tx: &mut Tx,
        agency: &AgencyRow,
        delivery: &DeliveryRow,
        obligations: &[Obligation],
    ) -> Result<Option<String>, Trouble> {
        let now = self.0.flow.clock.now();
        let to_spoc = obligations.contains(&Obligation::SpocOnly)
            || obligations.contains(&Obligation::NamedRecipient);
        let person = match (&delivery.person, &agency.email) {
            (Some(person), _) => Some(person.clone()),
            (None, Some(_)) if !to_spoc => None,
            (None, _) => parties::in_post(tx, &agency.id, Role::Spoc, now).await?,
        };
        let Some(person) = person else {
            return Ok(agency.email.clone());
        };
        let person: Option<PersonRow> = tx.get(&person).await?;
        match person.filter(|person| person.state == "active") {
            Some(person) => {
                let email = self.0.flow.person_email(&person).await?;
                Ok(Some(email.into_inner()))
            }
            None => Ok(agency.email.clone()),
        }
    }

    /// The certificate that mail for a delivery is sealed to: the person's where one is named,
    /// else the agency's own; approved, trusted and in date.
    pub(crate) async fn certificate_for(
        &self,
        delivery: &DeliveryRow,
    ) -> Result<Option<(KnownCertificate, Recipient)>, Trouble> {
        let known = self.0.flow.certificates(&delivery.agency).await?;
        let trust = self.trust();
        let at = self.0.flow.clock.now();
        let usable = known
            .into_iter()
            .filter(|one| one.state == "active" && one.person == delivery.person)
            .find_map(|one| {
                let recipient = Recipient::from_bytes(&one.der).ok()?;
                trust.may_encrypt_to(&recipient, at).ok()?;
                Some((one, recipient))
            });
        Ok(usable)
    }
}

/// What the obligations forbid to leave by mail: what only one person may read, what may only be
/// seen, and what has an end.
fn may_be_mailed(obligations: &[Obligation]) -> bool {
    !obligations.iter().any(|obligation| {
        matches!(
            obligation,
            Obligation::NamedRecipient
                | Obligation::ViewOnly
                | Obligation::Expire(_)
                | Obligation::ExpireAtReview
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_person_may_read_and_what_has_an_end_is_never_mailed() {
        assert!(may_be_mailed(&[Obligation::Mark, Obligation::SpocOnly]));
        for forbids in [
            Obligation::NamedRecipient,
            Obligation::ViewOnly,
            Obligation::Expire(14),
            Obligation::ExpireAtReview,
        ] {
            assert!(!may_be_mailed(&[Obligation::Mark, forbids]), "{forbids}");
        }
    }
}
