//! Deliver: what a permit owes. A delivery for each recipient, items under `SEPARATE` apart;
//! their wraps, numbered for that reader; the notices that obligations demand. Only called
//! inside the transaction that records it.

use gateway_core::calendar::due_at;
use gateway_core::event::EventKind;
use gateway_core::{AgencyId, Channel, DeliveryState, Obligation, Role};
use gateway_store::Tx;
use gateway_store::rows::{
    DeliveryRow, DeliveryStepRow, ExchangeRow, NominalRow, NoticeRow, PartRow, WrapRow,
};
use jiff::ToSpan as _;

use crate::Flow;
use crate::case::{Case, agency, id_of};
use crate::decide::coordination_unit;
use crate::error::FlowError;
use crate::record::{Answer, Written};
use crate::recorder::Draft;
use crate::seal::{Wrapped, fresh};

impl Flow {
    /// The last step answers. What was recorded is in the API's inboxes already; what goes by
    /// another channel is in the outbox, which the clockwork carries out.
    pub(crate) fn deliver(recorded: Written) -> Answer {
        recorded.answer
    }

    /// Writes deliveries, wraps and notices for what has been permitted and sealed.
    pub(crate) async fn release(
        &self,
        tx: &mut Tx,
        row: &ExchangeRow,
        case: &Case,
        wraps: Vec<Wrapped>,
        drafts: &mut Vec<Draft>,
    ) -> Result<(), FlowError> {
        for group in grouped(wraps) {
            let Some(first) = group.first() else { continue };
            let recipient = first.cell.recipient.clone();
            let delivery = self.write_delivery(tx, row, &group).await?;
            self.write_wraps(tx, row, case, &delivery, &group).await?;
            for wrapped in &group {
                self.notify(tx, row, case, wrapped, drafts).await?;
            }
            drafts.push(
                Draft::new(EventKind::DeliveryMoved, None)
                    .about(&row.id, row.nominal.as_deref())
                    .reaching([recipient])
                    .with("delivery", &*delivery.id)
                    .with("channel", &*delivery.channel)
                    .with("state", &*delivery.state),
            );
        }
        Ok(())
    }

    async fn write_delivery(
        &self,
        tx: &mut Tx,
        row: &ExchangeRow,
        group: &[Wrapped],
    ) -> Result<DeliveryRow, FlowError> {
        let cell = group.first().map(|wrapped| &wrapped.cell);
        let cell = cell.ok_or_else(|| FlowError::Internal("an empty delivery".to_owned()))?;
        let obligations: std::collections::BTreeSet<Obligation> = group
            .iter()
            .flat_map(|w| w.cell.ruling.obligations.iter().copied())
            .collect();
        let channel = agency(tx, cell.recipient.as_str()).await?.channel;
        // What may only be seen on screen goes to the portal, whatever the agency's channel.
        let channel = match obligations.contains(&Obligation::ViewOnly) {
            true => "portal".to_owned(),
            false => channel,
        };
        // The API's inbox has it with the commit; every other channel has to be tried.
        let state = match channel == Channel::Api.as_str() {
            true => DeliveryState::Sent,
            false => DeliveryState::Queued,
        };
        let now = self.now();
        let mut delivery = DeliveryRow {
            id: fresh(self),
            exchange: row.id.clone(),
            agency: cell.recipient.to_string(),
            person: cell.person.clone(),
            channel,
            state: state.to_string(),
            obligations: serde_json::to_string(&obligations)?,
            created_at: now,
            at: now,
            updated_by: String::new(),
        };
        tx.put(&mut delivery).await?;
        self.write_step(tx, &delivery).await?;
        Ok(delivery)
    }

    pub(crate) async fn write_step(
        &self,
        tx: &mut Tx,
        delivery: &DeliveryRow,
    ) -> Result<(), FlowError> {
        let mut step = DeliveryStepRow {
            id: fresh(self),
            delivery: delivery.id.clone(),
            state: delivery.state.clone(),
            channel: delivery.channel.clone(),
            at: delivery.at,
            updated_by: String::new(),
        };
        Ok(tx.put(&mut step).await?)
    }

    async fn write_wraps(
        &self,
        tx: &mut Tx,
        row: &ExchangeRow,
        case: &Case,
        delivery: &DeliveryRow,
        group: &[Wrapped],
    ) -> Result<(), FlowError> {
        let taken = tx.wraps_for(&row.id, &delivery.agency).await?;
        let next = taken.iter().map(|wrap| wrap.n).max().unwrap_or(0) + 1;
        for (n, wrapped) in (next..).zip(group) {
            let obligations = &wrapped.cell.ruling.obligations;
            let mut wrap = WrapRow {
                id: fresh(self),
                exchange: row.id.clone(),
                item: wrapped.item.clone(),
                agency: delivery.agency.clone(),
                person: delivery.person.clone(),
                delivery: delivery.id.clone(),
                n,
                wrap: wrapped.bytes.clone(),
                key_id: wrapped.key_id.clone(),
                obligations: serde_json::to_string(obligations)?,
                expires_at: self.expiry(tx, case, &delivery.agency, obligations).await?,
                state: "active".to_owned(),
                created_at: self.now(),
                updated_by: String::new(),
            };
            tx.put(&mut wrap).await?;
        }
        Ok(())
    }

    /// When a permit's time runs out: the earliest of what its obligations say.
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the other obligations set no time"
    )]
    async fn expiry(
        &self,
        tx: &mut Tx,
        case: &Case,
        recipient: &str,
        obligations: &std::collections::BTreeSet<Obligation>,
    ) -> Result<Option<i64>, FlowError> {
        let mut earliest: Option<i64> = None;
        for obligation in obligations {
            let at = match obligation {
                Obligation::Expire(days) => {
                    let hours = i64::from(*days).saturating_mul(24);
                    self.clock
                        .now()
                        .checked_add(hours.hours())
                        .ok()
                        .map(jiff::Timestamp::as_microsecond)
                }
                Obligation::ExpireAtReview => associate_until(tx, case, recipient).await?,
                _ => None,
            };
            earliest = match (earliest, at) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (a, b) => a.or(b),
            };
        }
        Ok(earliest)
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the other obligations tell nobody"
    )]
    async fn notify(
        &self,
        tx: &mut Tx,
        row: &ExchangeRow,
        case: &Case,
        wrapped: &Wrapped,
        drafts: &mut Vec<Draft>,
    ) -> Result<(), FlowError> {
        let lead = case
            .nominal
            .as_ref()
            .and_then(|n: &NominalRow| n.lead_agency.clone());
        for obligation in &wrapped.cell.ruling.obligations {
            let told = match obligation {
                Obligation::Notify(role) => {
                    Some((coordination_unit(tx, &row.area).await?.id, *role, "shared"))
                }
                Obligation::NotifyLead => lead.clone().map(|a| (a, Role::Spoc, "shared")),
                Obligation::TellSubjectConsider => lead
                    .clone()
                    .map(|a| (a, Role::Spoc, "consider-telling-the-subject")),
                _ => None,
            };
            if let Some((agency, role, kind)) = told {
                self.write_notice(tx, row, &agency, role, kind, drafts)
                    .await?;
            }
        }
        Ok(())
    }

    pub(crate) async fn write_notice(
        &self,
        tx: &mut Tx,
        row: &ExchangeRow,
        agency: &str,
        role: Role,
        kind: &str,
        drafts: &mut Vec<Draft>,
    ) -> Result<(), FlowError> {
        // One exchange tells a role once of a kind, however many items oblige to it.
        let id = format!("{}/{agency}/{role}/{kind}", row.id);
        self.write_notice_as(tx, row, agency, role, kind, id, drafts)
            .await
    }

    /// The same, once by this id.
    #[expect(
        clippy::too_many_arguments,
        reason = "whom, of what, and once by what: a type of its own would say no more"
    )]
    pub(crate) async fn write_notice_as(
        &self,
        tx: &mut Tx,
        row: &ExchangeRow,
        agency: &str,
        role: Role,
        kind: &str,
        id: String,
        drafts: &mut Vec<Draft>,
    ) -> Result<(), FlowError> {
        if tx.get::<NoticeRow>(&id).await?.is_some() {
            return Ok(());
        }
        let emergency = row.emergency == 1;
        let due = due_at(self.clock.now(), if emergency { 0 } else { 2 });
        let mut notice = NoticeRow {
            id,
            exchange: Some(row.id.clone()),
            nominal: row.nominal.clone(),
            agency: agency.to_owned(),
            role: role.to_string(),
            kind: kind.to_owned(),
            created_at: self.now(),
            due_at: Some(due.as_microsecond()),
            done_at: None,
            updated_by: String::new(),
        };
        tx.put(&mut notice).await?;
        drafts.push(
            Draft::new(EventKind::Notified, None)
                .about(&row.id, row.nominal.as_deref())
                .reaching([id_of(agency)?])
                .with("role", role.as_str())
                .with("notice", kind),
        );
        Ok(())
    }
}

async fn associate_until(
    tx: &mut Tx,
    case: &Case,
    recipient: &str,
) -> Result<Option<i64>, FlowError> {
    let Some(nominal) = &case.nominal else {
        return Ok(None);
    };
    let parts = tx.parts_of(&nominal.id).await?;
    let entry = |part: &&PartRow| part.kind == "associate" && part.agency == recipient;
    Ok(parts
        .iter()
        .filter(entry)
        .filter_map(|part| part.until_at)
        .max())
}

/// By recipient; whatever is to be filed apart in a group of its own.
fn grouped(wraps: Vec<Wrapped>) -> Vec<Vec<Wrapped>> {
    let mut groups: Vec<(AgencyId, bool, Vec<Wrapped>)> = Vec::new();
    for wrapped in wraps {
        let apart = wrapped
            .cell
            .ruling
            .obligations
            .contains(&Obligation::Separate);
        let recipient = wrapped.cell.recipient.clone();
        let open = groups
            .iter_mut()
            .find(|(to, closed, _)| !apart && !closed && *to == recipient);
        match open {
            Some((_, _, group)) => group.push(wrapped),
            None => groups.push((recipient, apart, vec![wrapped])),
        }
    }
    groups.into_iter().map(|(_, _, group)| group).collect()
}
