//! Whoever has to decide about what is held is told that something waits: when it begins to
//! wait, when the hold's clock reminds of it, and when it passes to the deputies and the
//! coordinators. A hold that nobody knows of is the very lateness that report paragraph 5.30
//! is about. Nothing is said of what is held (ISP-36).

use gateway_core::calendar::due_at;
use gateway_core::{AgencyKind, Role};
use gateway_email::render::Urgency;
use gateway_flow::outgoing::{Mail, MailKind};
use gateway_protocol::Standing as DomainStanding;
use gateway_store::rows::{AgencyRow, AppointmentRow, ExchangeRow, HoldRow, MailOutRow, PersonRow};
use gateway_store::{HOLDS_AT_ONCE, HoldStep, StoreError, Tx};
use jiff::Timestamp;

use super::look::Look;
use crate::error::Trouble;
use crate::room::Mailroom;

/// Whom a notice goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Reader {
    /// The person's id, or `agency` for its functional address.
    who: String,
    agency: String,
    address: String,
}

/// Whether a mail is a notice of a hold.
pub(crate) fn is_one(row: &MailOutRow) -> bool {
    row.kind == MailKind::Notice.as_str() && row.subject.starts_with("hold/")
}

/// How urgent a hold is, by the words that were queued with its notice.
pub(crate) fn urgency(words: &[String]) -> Urgency {
    let due = words.first().and_then(|due| due.parse().ok());
    due.map_or(Urgency::Routine, Urgency::ActBy)
}

impl Mailroom {
    /// Queues notices for every step of an open hold that nobody has been told of; whether there may
    /// be more.
    pub(crate) async fn tell_reviewers(&self, look: Look) -> Result<bool, Trouble> {
        let now = self.0.flow.clock.now().as_microsecond();
        let mut more = false;
        for step in HoldStep::ALL {
            let mut tx = self.0.flow.store.read().await?;
            let untold = tx.holds_untold(step, look.since(0), now).await?;
            drop(tx);
            let full = untold.len() == HOLDS_AT_ONCE;
            // One exchange tells each of an agency once, however many of its items wait.
            let together =
                |a: &HoldRow, b: &HoldRow| a.exchange == b.exchange && a.agency == b.agency;
            for holds in untold.chunk_by(together) {
                match self.tell_of(holds, step).await {
                    Ok(()) => more |= full,
                    Err(error) => {
                        let exchange = holds.first().map(|hold| &hold.exchange);
                        tracing::warn!(?exchange, %error, "no notice could be made for what is held");
                    }
                }
            }
        }
        Ok(more)
    }

    async fn tell_of(&self, holds: &[HoldRow], step: HoldStep) -> Result<(), Trouble> {
        let Some(first) = holds.first() else {
            return Ok(());
        };
        let mut tx = self.0.flow.store.read().await?;
        let exchange: Option<ExchangeRow> = tx.get(&first.exchange).await?;
        let exchange = exchange.ok_or(Trouble::Stopped("a hold is of no exchange"))?;
        let readers = self.readers(&mut tx, holds, step, &exchange).await?;
        drop(tx);
        if readers.is_empty() {
            tracing::warn!(hold = %first.id, agency = %first.agency, role = %first.role, "something is held, and nobody who could decide has an address: give the role's holder or the agency one");
        }
        let due = due(holds, step, exchange.emergency == 1);
        let mut rows = Vec::new();
        for reader in readers {
            let mail = Mail {
                kind: MailKind::Notice,
                subject: format!("hold/{}/{}/{}", first.id, step.as_str(), reader.who),
                exchange: Some(exchange.id.clone()),
                delivery: None,
                agency: reader.agency,
                recipient: reader.address.into(),
                words: due.iter().map(|due| due.to_string().into()).collect(),
            };
            rows.push(self.0.flow.mail_row(&exchange.area, mail).await?);
        }
        self.queue_once(holds, step, rows).await
    }

    /// Queues the notices with the note that the holds are told of, or neither.
    async fn queue_once(
        &self,
        holds: &[HoldRow],
        step: HoldStep,
        rows: Vec<MailOutRow>,
    ) -> Result<(), Trouble> {
        let now = self.0.flow.clock.now().as_microsecond();
        let mut tx = self.0.flow.store.write("tell-reviewers").await?;
        let all: Vec<&str> = holds.iter().map(|hold| &*hold.id).collect();
        if !tx.holds_are_told(&all, step.as_str(), now).await? {
            // Another gateway was faster.
            return Ok(());
        }
        let reminded = holds.iter().filter(|hold| hold.reminded_at.is_some());
        let reminded: Vec<&str> = reminded.map(|hold| &*hold.id).collect();
        if step == HoldStep::Opened && !reminded.is_empty() {
            // The one mail says it all.
            let step = HoldStep::Reminded.as_str();
            tx.holds_are_told(&reminded, step, now).await?;
        }
        tx.queue_mails(&rows).await?;
        tx.commit().await?;
        self.0.queued.notify_one();
        Ok(())
    }

    /// Whom to tell, each address once: those who may decide, and where none of them can be
    /// reached the agency itself.
    async fn readers(
        &self,
        tx: &mut Tx,
        holds: &[HoldRow],
        step: HoldStep,
        exchange: &ExchangeRow,
    ) -> Result<Vec<Reader>, Trouble> {
        let mut readers: Vec<Reader> = Vec::new();
        let mut roles: Vec<&str> = holds.iter().map(|hold| hold.role.as_str()).collect();
        roles.sort_unstable();
        roles.dedup();
        let agency = holds.first().map_or("", |hold| hold.agency.as_str());
        for role in roles {
            let tiers = self.tiers(tx, agency, role, step).await?;
            self.add(tx, &mut readers, agency, tiers, exchange).await?;
        }
        let unit = unit_of(tx, &exchange.area).await?;
        if let Some(unit) = unit.filter(|unit| step == HoldStep::Escalated && unit.id != agency) {
            let coordinator = Role::Coordinator.as_str();
            let posts = vec![self.present(tx, &unit.id, coordinator).await?];
            self.add(tx, &mut readers, &unit.id, posts, exchange)
                .await?;
        }
        Ok(readers)
    }

    /// Adds the first of an agency who can be reached, else its functional address.
    async fn add(
        &self,
        tx: &mut Tx,
        readers: &mut Vec<Reader>,
        agency: &str,
        tiers: Vec<Vec<AppointmentRow>>,
        exchange: &ExchangeRow,
    ) -> Result<(), Trouble> {
        let mut found = Vec::new();
        for posts in tiers {
            if found.is_empty() {
                found = self.reached(tx, posts, exchange).await?;
            }
        }
        if found.is_empty() {
            let agency: Option<AgencyRow> = tx.get(agency).await?;
            let address = agency.and_then(|agency| agency.email);
            let address = address.filter(|address| self.is_reached(address));
            found.extend(address.map(|address| ("agency".to_owned(), address)));
        }
        for (who, address) in found {
            let known = |one: &Reader| one.address.eq_ignore_ascii_case(&address);
            if !readers.iter().any(known) {
                readers.push(Reader {
                    who: format!("{agency}/{who}"),
                    agency: agency.to_owned(),
                    address,
                });
            }
        }
        Ok(())
    }

    /// The people of these posts whom mail reaches, with their addresses.
    async fn reached(
        &self,
        tx: &mut Tx,
        posts: Vec<AppointmentRow>,
        exchange: &ExchangeRow,
    ) -> Result<Vec<(String, String)>, Trouble> {
        let mut reached = Vec::new();
        for post in posts {
            // Nobody decides about what they have sent themselves.
            if exchange.sender_person.as_ref() == Some(&post.person) {
                continue;
            }
            let person: Option<PersonRow> = tx.get(&post.person).await?;
            let Some(person) = person.filter(|person| person.state == "active") else {
                continue;
            };
            let address = self.0.flow.person_email(&person).await?.into_inner();
            if self.is_reached(&address) {
                reached.push((person.id, address));
            }
        }
        Ok(reached)
    }

    /// Nothing goes to a retired domain, not even a notice: somebody else may have it.
    pub(super) fn is_reached(&self, address: &str) -> bool {
        !matches!(self.standing_of(address), DomainStanding::Retired { .. })
    }

    /// Who acts in a role, the first to be told first: its holders and then the deputies; once a
    /// hold has passed on, the deputies and then the holders. At a coordination unit the
    /// coordinators act for a role that nobody has.
    async fn tiers(
        &self,
        tx: &mut Tx,
        agency: &str,
        role: &str,
        step: HoldStep,
    ) -> Result<Vec<Vec<AppointmentRow>>, Trouble> {
        let present = self.present(tx, agency, role).await?;
        let deputy = |post: &AppointmentRow| post.deputy == 1;
        let (deputies, holders) = present.into_iter().partition(deputy);
        let mut tiers = match step {
            HoldStep::Opened | HoldStep::Reminded => vec![holders, deputies],
            HoldStep::Escalated => vec![deputies, holders],
        };
        let row: Option<AgencyRow> = tx.get(agency).await?;
        if row.is_some_and(|row| row.kind == AgencyKind::Coordination.as_str()) {
            let coordinator = Role::Coordinator.as_str();
            tiers.push(self.present(tx, agency, coordinator).await?);
        }
        Ok(tiers)
    }

    /// Those in a post at an agency who are not away.
    async fn present(
        &self,
        tx: &mut Tx,
        agency: &str,
        role: &str,
    ) -> Result<Vec<AppointmentRow>, StoreError> {
        let now = self.0.flow.clock.now().as_microsecond();
        tx.holders_in_post(agency, role, now).await
    }
}

async fn unit_of(tx: &mut Tx, area: &str) -> Result<Option<AgencyRow>, StoreError> {
    let units = tx.agencies_in(area, AgencyKind::Coordination.as_str());
    Ok(units.await?.into_iter().find(|unit| unit.state == "active"))
}

/// When holds are to be decided by: before the first of them passes on; once it has, within the
/// time that the coordinator has for it.
fn due(holds: &[HoldRow], step: HoldStep, emergency: bool) -> Option<Timestamp> {
    match step {
        HoldStep::Opened | HoldStep::Reminded => {
            let first = holds.iter().map(|hold| hold.escalate_at).min()?;
            Timestamp::from_microsecond(first).ok()
        }
        HoldStep::Escalated => {
            let first = holds.iter().filter_map(|hold| hold.escalated_at).min()?;
            let since = Timestamp::from_microsecond(first).ok()?;
            Some(due_at(since, if emergency { 0 } else { 2 }))
        }
    }
}
