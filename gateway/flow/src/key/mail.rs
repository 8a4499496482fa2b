//! The mail by which somebody learns that a key or an app of theirs was added, or a key removed:
//! whoever did not do it themself has to know.

use gateway_core::Id;
use gateway_store::rows::{MailOutRow, PersonRow};

use crate::Flow;
use crate::error::FlowError;
use crate::outgoing::{KEY_NOTICE, Mail, MailKind};

impl Flow {
    /// The row of such a mail, to be queued with what it tells of.
    pub(super) async fn key_mail(
        &self,
        person: &PersonRow,
        change: &str,
    ) -> Result<MailOutRow, FlowError> {
        let mut tx = self.store.read().await?;
        let areas = tx.memberships(&person.agency).await?;
        drop(tx);
        let area = match areas.into_iter().next() {
            Some(membership) => membership.area,
            None => self.default_area().await?,
        };
        let mail = Mail {
            kind: MailKind::Notice,
            subject: format!("{KEY_NOTICE}{}", Id::new(&self.clock)),
            exchange: None,
            delivery: None,
            agency: person.agency.clone(),
            recipient: self.person_email(person).await?,
            words: vec![change.to_owned().into()],
        };
        self.mail_row(&area, mail).await
    }
}
