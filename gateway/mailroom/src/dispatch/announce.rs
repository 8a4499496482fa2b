//! What waits for an agency is mailed to it sealed, where the rules, its address and its
//! certificate allow that; else it is told that something waits, and nothing more (ISP-36).

use gateway_cms::Recipient;
use gateway_core::calendar::local_date;
use gateway_core::{Obligation, Role};
use gateway_flow::admin::KnownCertificate;
use gateway_flow::outgoing::{Mail, MailKind};
use gateway_protocol::Standing as DomainStanding;
use gateway_store::Tx;
use gateway_store::rows::{AgencyRow, DeliveryRow, ItemRow, PersonRow};
use gateway_vault::parties;

use crate::error::Trouble;
use crate::room::Mailroom;

/// The most content of one mail, bytes: larger is fetched from the portal or the API.
const LARGEST: i64 = 20 * 1024 * 1024;

impl Mailroom {
    /// Queues a mail for every delivery that has none yet.
    pub(crate) async fn announce(&self) -> Result<(), Trouble> {
        let mut tx = self.0.flow.store.read().await?;
        let waiting = tx.unannounced(100).await?;
        drop(tx);
        for delivery in waiting {
            if let Err(error) = self.announce_one(&delivery).await {
                tracing::warn!(delivery = %delivery.id, %error, "no mail could be made for a delivery");
            }
        }
        Ok(())
    }

    async fn announce_one(&self, delivery: &DeliveryRow) -> Result<(), Trouble> {
        let mut tx = self.0.flow.store.read().await?;
        let agency: Option<AgencyRow> = tx.get(&delivery.agency).await?;
        let agency = agency.ok_or(Trouble::Stopped("a delivery is for no agency"))?;
        let obligations: Vec<Obligation> = serde_json::from_str(&delivery.obligations)?;
        let address = self
            .address_for(&mut tx, &agency, delivery, &obligations)
            .await?;
        let fits = size_of(&mut tx, delivery).await? <= LARGEST;
        drop(tx);
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
            return self
                .pass_over(mail(MailKind::Notice, ""), "no-address")
                .await;
        };
        let standing = self.standing_of(&address);
        if let DomainStanding::Retired { .. } = standing {
            // Nothing goes to a retired domain, not even a notice: somebody else may have it.
            // The sender is told first: it is told once, and what is passed over is not looked at again.
            self.tell_of_failure(delivery, "retired", &standing).await?;
            return self
                .pass_over(mail(MailKind::Notice, &address), "retired-domain")
                .await;
        }
        let sealed = standing.is_secure()
            && fits
            && delivery.channel == "secure-email"
            && agency.custody == "gateway"
            && may_be_mailed(&obligations)
            && self.certificate_for(delivery).await?.is_some();
        let kind = if sealed {
            MailKind::Delivery
        } else {
            MailKind::Notice
        };
        self.queue(mail(kind, &address)).await
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
        let spoc = parties::in_post(tx, &agency.id, Role::Spoc, now).await?;
        let person = match (&delivery.person, &agency.email) {
            (Some(person), _) => Some(person.clone()),
            (None, Some(_)) if !to_spoc => None,
            (None, _) => spoc,
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

async fn size_of(tx: &mut Tx, delivery: &DeliveryRow) -> Result<i64, Trouble> {
    let mut size = 0;
    for wrap in tx.wraps_in(&delivery.id).await? {
        let item: Option<ItemRow> = tx.get(&wrap.item).await?;
        size += item.map_or(0, |item| item.size);
    }
    Ok(size)
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
