//! What becomes of a mail, carried to its delivery and told to who has to know.

use gateway_core::DeliveryState;
use gateway_flow::carry::{Along, Carried};
use gateway_flow::outgoing::MailKind;
use gateway_protocol::Standing as DomainStanding;
use gateway_store::rows::{DeliveryRow, MailOutRow};

use crate::error::Trouble;
use crate::room::Mailroom;

impl Mailroom {
    /// Another server has it; `transport` says which, and how its TLS was verified.
    pub(crate) async fn sent(
        &self,
        mut row: MailOutRow,
        transport: Option<String>,
    ) -> Result<(), Trouble> {
        let of_no_use = row.blob.take();
        row.state = "sent".to_owned();
        row.sent_at = Some(self.0.flow.clock.now().as_microsecond());
        (row.key, row.body) = (None, None);
        forget_link(&mut row);
        row.status.clone_from(&transport);
        let step = carried(&row, DeliveryState::Sent, transport);
        let along = Along {
            mail: Some(row),
            of_no_use,
            ..Along::default()
        };
        Ok(self.0.flow.carried_along(step, along).await?)
    }

    /// It cannot be sent now.
    pub(crate) async fn later(
        &self,
        mail: &str,
        status: Option<&str>,
        next_at: i64,
    ) -> Result<(), Trouble> {
        let mut tx = self.0.flow.store.write("mail-later").await?;
        // Not where it was taken back meanwhile.
        tx.mail_later(mail, status, next_at).await?;
        Ok(tx.commit().await?)
    }

    /// It will not be delivered: refused, or reported so afterwards, or out of time. What it
    /// carried waits for the agency in the portal and the API.
    pub(crate) async fn not_delivered(
        &self,
        row: &MailOutRow,
        status: Option<&str>,
    ) -> Result<(), Trouble> {
        if row.state == "failed" || row.state == "expired" {
            return Ok(());
        }
        let mut row = row.clone();
        let of_no_use = row.blob.take();
        let expired = status.is_none() && row.state == "queued";
        row.state = if expired { "expired" } else { "failed" }.to_owned();
        row.status = status.map(str::to_owned);
        (row.key, row.body) = (None, None);
        forget_link(&mut row);
        tracing::warn!(mail = %row.id, kind = %row.kind, status = ?row.status, "a mail was not delivered");
        let why = match (&row.status, expired) {
            (_, true) => "expired".to_owned(),
            (Some(status), false) => format!("refused {status}"),
            (None, false) => "refused".to_owned(),
        };
        let flow = &self.0.flow;
        let mut tx = flow.store.read().await?;
        let delivery: Option<DeliveryRow> = match &row.delivery {
            Some(id) => tx.get(id).await?,
            None => None,
        };
        drop(tx);
        let told = match &delivery {
            Some(delivery) => flow.failure_mail(delivery, &why, None).await?,
            None => None,
        };
        let step = carried(&row, DeliveryState::Failed, None);
        let along = Along {
            mail: Some(row),
            of_no_use,
            told: told.into_iter().collect(),
            ..Along::default()
        };
        flow.carried_along(step, along).await?;
        self.0.queued.notify_one();
        Ok(())
    }

    /// Tells the sender that a delivery did not arrive.
    pub(crate) async fn tell_of_failure(
        &self,
        delivery: &DeliveryRow,
        why: &str,
        standing: &DomainStanding,
    ) -> Result<(), Trouble> {
        let instead = match standing {
            DomainStanding::Retired { use_instead } => use_instead.as_deref(),
            DomainStanding::Secure
            | DomainStanding::Alias { .. }
            | DomainStanding::PortalOnly
            | DomainStanding::Unknown => None,
        };
        self.0.flow.tell_of_failure(delivery, why, instead).await?;
        self.0.queued.notify_one();
        Ok(())
    }
}

/// The step of its delivery that a mail is, where it carries one.
fn carried(row: &MailOutRow, state: DeliveryState, transport: Option<String>) -> Option<Carried> {
    let carries = row.kind == MailKind::Delivery.as_str();
    let delivery = row.delivery.clone().filter(|_| carries)?;
    Some(Carried {
        delivery,
        state,
        transport,
    })
}

/// The link of an invitation is kept no longer than it takes to send it.
fn forget_link(row: &mut MailOutRow) {
    if row.kind == MailKind::Invitation.as_str() {
        row.details = None;
    }
}
