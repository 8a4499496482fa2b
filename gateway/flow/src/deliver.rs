//! Deliver: what a permit owes. A delivery for each recipient, items under `SEPARATE` apart;
//! their wraps, numbered for that reader; the notices that obligations demand. Only called
//! inside the transaction that records it.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use gateway_core::calendar::due_at;
use gateway_core::event::EventKind;
use gateway_core::{AgencyId, Channel, DeliveryState, Obligation, Role};
use gateway_store::rows::{DeliveryRow, DeliveryStepRow, ExchangeRow, NoticeRow, PartRow, WrapRow};
use gateway_store::{Ready, Tx};
use jiff::ToSpan as _;

use crate::Flow;
use crate::case::{Case, agency, id_of};
use crate::error::FlowError;
use crate::posts::Posts;
use crate::record::{Answer, Written};
use crate::recorder::Draft;
use crate::route::{channel_for, way};
use crate::seal::{Wrapped, fresh};

/// What one release writes, whom it tells of what, and the events of its deliveries.
#[derive(Default)]
struct Release {
    deliveries: Vec<DeliveryRow>,
    steps: Vec<DeliveryStepRow>,
    wraps: Vec<WrapRow>,
    moved: Vec<Draft>,
    told: BTreeSet<(String, Role, &'static str)>,
}

/// The same, its rows ready to be written.
#[derive(Debug)]
pub(crate) struct ReadyRelease {
    deliveries: Ready,
    steps: Ready,
    wraps: Ready,
    moved: Vec<Draft>,
    told: BTreeSet<(String, Role, &'static str)>,
}

/// Which transaction a release is for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ReleaseInto {
    /// Its name.
    pub name: &'static str,
    /// The exchange is written by it, and nobody has anything of it yet.
    pub new: bool,
}

/// A reader in a release: the agency's channel for this kind of exchange, and the last number that it has of the exchange.
struct Reader {
    channel: Channel,
    last: i64,
}

impl Reader {
    async fn of(tx: &mut Tx, case: &Case, to: &AgencyId, new: bool) -> Result<Self, FlowError> {
        let taken = match new {
            true => Vec::new(),
            false => tx.wraps_for(&case.id, to.as_str()).await?,
        };
        let known = case.addressees.iter().map(|addressee| &addressee.agency);
        let agency = match known.into_iter().find(|known| known.id == to.as_str()) {
            Some(known) => known,
            None => &agency(tx, to.as_str()).await?,
        };
        Ok(Self {
            channel: channel_for(tx, agency, case).await?,
            last: taken.iter().map(|wrap| wrap.n).max().unwrap_or(0),
        })
    }
}

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
        let to = ReleaseInto {
            name: tx.name(),
            new: false,
        };
        let release = self.ready_release(tx, row, case, wraps, to).await?;
        self.write_release(tx, row, release, drafts).await
    }

    /// Works out what a transaction of this name writes for what has been permitted and sealed.
    pub(crate) async fn ready_release(
        &self,
        tx: &mut Tx,
        row: &ExchangeRow,
        case: &Case,
        wraps: Vec<Wrapped>,
        into: ReleaseInto,
    ) -> Result<ReadyRelease, FlowError> {
        let ReleaseInto { name, new } = into;
        let (mut release, mut readers) = (Release::default(), BTreeMap::new());
        let mut posts = Posts::default();
        for group in grouped(wraps) {
            let Some(first) = group.first() else { continue };
            let recipient = first.cell.recipient.clone();
            let reader = match readers.entry(recipient.clone()) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(vacant) => {
                    vacant.insert(Reader::of(tx, case, &recipient, new).await?)
                }
            };
            let delivery = self.delivery_row(row, first, &group, reader.channel)?;
            release.steps.push(self.step_row(&delivery));
            for wrapped in &group {
                reader.last += 1;
                let wrap = self.wrap_row(tx, case, &delivery, wrapped, reader.last);
                release.wraps.push(wrap.await?);
                let told = told(tx, row, case, wrapped, &mut posts).await?;
                release.told.extend(told);
            }
            release.moved.push(
                Draft::new(EventKind::DeliveryMoved, None)
                    .about(&row.id, row.nominal.as_deref())
                    .reaching([recipient])
                    .with("delivery", &*delivery.id)
                    .with("channel", &*delivery.channel)
                    .with("state", &*delivery.state),
            );
            release.deliveries.push(delivery);
        }
        Ok(ReadyRelease {
            deliveries: Ready::of(name, &mut release.deliveries),
            steps: Ready::of(name, &mut release.steps),
            wraps: Ready::of(name, &mut release.wraps),
            moved: release.moved,
            told: release.told,
        })
    }

    /// Writes what is ready, and tells whom obligations name.
    pub(crate) async fn write_release(
        &self,
        tx: &mut Tx,
        row: &ExchangeRow,
        release: ReadyRelease,
        drafts: &mut Vec<Draft>,
    ) -> Result<(), FlowError> {
        drafts.extend(release.moved);
        for (agency, role, kind) in release.told {
            self.write_notice(tx, row, &agency, role, kind, drafts)
                .await?;
        }
        tx.put_ready(release.deliveries).await?;
        tx.put_ready(release.steps).await?;
        Ok(tx.put_ready(release.wraps).await?)
    }

    fn delivery_row(
        &self,
        row: &ExchangeRow,
        first: &Wrapped,
        group: &[Wrapped],
        channel: Channel,
    ) -> Result<DeliveryRow, FlowError> {
        let obligations: BTreeSet<Obligation> = group
            .iter()
            .flat_map(|w| w.cell.ruling.obligations.iter().copied())
            .collect();
        let channel = way(channel, first.cell.person.as_deref(), &obligations);
        // The API's inbox has it with the commit; every other channel has to be tried.
        let state = match channel == Channel::Api {
            true => DeliveryState::Sent,
            false => DeliveryState::Queued,
        };
        let now = self.now();
        Ok(DeliveryRow {
            id: fresh(self),
            exchange: row.id.clone(),
            agency: first.cell.recipient.to_string(),
            person: first.cell.person.clone(),
            channel: channel.to_string(),
            state: state.to_string(),
            obligations: serde_json::to_string(&obligations)?,
            created_at: now,
            at: now,
            updated_by: String::new(),
        })
    }

    pub(crate) async fn write_step(
        &self,
        tx: &mut Tx,
        delivery: &DeliveryRow,
    ) -> Result<(), FlowError> {
        Ok(tx.put(&mut self.step_row(delivery)).await?)
    }

    pub(crate) fn step_row(&self, delivery: &DeliveryRow) -> DeliveryStepRow {
        DeliveryStepRow {
            id: fresh(self),
            delivery: delivery.id.clone(),
            state: delivery.state.clone(),
            channel: delivery.channel.clone(),
            at: delivery.at,
            updated_by: String::new(),
        }
    }

    async fn wrap_row(
        &self,
        tx: &mut Tx,
        case: &Case,
        delivery: &DeliveryRow,
        wrapped: &Wrapped,
        n: i64,
    ) -> Result<WrapRow, FlowError> {
        let obligations = &wrapped.cell.ruling.obligations;
        Ok(WrapRow {
            id: fresh(self),
            exchange: delivery.exchange.clone(),
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
        })
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
        obligations: &BTreeSet<Obligation>,
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
                Obligation::ExpireAtReview => match crate::flag::read_until(case) {
                    Some(review) => Some(review),
                    None => associate_until(tx, case, recipient).await?,
                },
                _ => None,
            };
            earliest = match (earliest, at) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (a, b) => a.or(b),
            };
        }
        Ok(earliest)
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

/// Whom the obligations of a permit have told: agency, role, and of what.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the other obligations tell nobody"
)]
async fn told(
    tx: &mut Tx,
    row: &ExchangeRow,
    case: &Case,
    wrapped: &Wrapped,
    posts: &mut Posts,
) -> Result<Vec<(String, Role, &'static str)>, FlowError> {
    let nominal = case.nominal.as_ref();
    let lead = nominal.and_then(|nominal| nominal.lead_agency.clone());
    let mut told = Vec::new();
    for obligation in &wrapped.cell.ruling.obligations {
        match obligation {
            Obligation::Notify(role) => {
                told.push((posts.unit(tx, &row.area).await?, *role, "shared"));
            }
            Obligation::NotifyLead => {
                told.extend(lead.clone().map(|lead| (lead, Role::Spoc, "shared")));
            }
            Obligation::TellSubjectConsider => {
                let kind = "consider-telling-the-subject";
                told.extend(lead.clone().map(|lead| (lead, Role::Spoc, kind)));
            }
            _ => {}
        }
    }
    Ok(told)
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
