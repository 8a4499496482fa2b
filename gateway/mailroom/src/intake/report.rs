//! Reports on mail that the gateway sent (RFC 3464): they come to an address that names the
//! mail, and say how its delivery fares. They prove nothing, so they can move a delivery to
//! failed or delivered, and nothing else.

use gateway_core::DeliveryState;
use gateway_email::{Action, Limits, ReportKind};
use gateway_mail::Envelope;
use gateway_store::rows::MailOutRow;

use crate::error::Trouble;
use crate::room::Mailroom;

use super::BOUNCE;

/// Whether a mail came to an address that only reports come to.
pub(crate) fn is_one(envelope: &Envelope) -> bool {
    named(envelope).is_some()
}

fn named(envelope: &Envelope) -> Option<&str> {
    let mut locals = envelope.recipients.iter().map(|to| to.address.local());
    locals.find_map(|local| local.strip_prefix(BOUNCE))
}

/// Acts on a report; false where it is none that says anything about a mail of the gateway's.
pub(crate) async fn take(
    room: &Mailroom,
    envelope: &Envelope,
    bytes: &[u8],
) -> Result<bool, Trouble> {
    let Some(id) = named(envelope) else {
        return Ok(false);
    };
    let Ok(mail) = gateway_email::read(bytes, &Limits::default()) else {
        return Ok(false);
    };
    let Some(report) = mail
        .report
        .filter(|report| report.kind == ReportKind::Delivery)
    else {
        return Ok(false);
    };
    let mut tx = room.0.flow.store.read().await?;
    let row: Option<MailOutRow> = tx.get(id).await?;
    drop(tx);
    let Some(row) = row else {
        return Ok(false);
    };
    let failed = report.recipients.iter().find(|one| one.is_final());
    if let Some(failed) = failed {
        room.not_delivered(&row, failed.status.as_deref()).await?;
        return Ok(true);
    }
    let arrived = |one: &gateway_email::ReportedRecipient| one.action == Some(Action::Delivered);
    if !report.recipients.is_empty()
        && report.recipients.iter().all(arrived)
        && let Some(delivery) = row.delivery.filter(|_| row.kind == "delivery")
    {
        room.0
            .flow
            .carried_to(&delivery, DeliveryState::Delivered, None)
            .await?;
    }
    // Delays are the relay's to bear.
    Ok(true)
}
