//! How the gateway was used, for the area's auditor: every event of the area's log, what it was
//! decided by, whether reasons were given, and its proof; and nothing of what was said. Each look
//! is an event itself.

use std::collections::{BTreeMap, BTreeSet};

use gateway_core::event::{Event, EventKind};
use gateway_core::{AgencyId, Role, RuleHit};
use gateway_store::rows::{HoldRow, PersonRow, ReadingRow, WithdrawalRow};
use gateway_store::{EventCount, EventFilter, EventsOf, LeafRow, Tx};
use jiff::civil::Date;

use crate::Flow;
use crate::dossier::{begin_of, end_of};
use crate::error::FlowError;
use crate::recorder::{Draft, work};
use crate::submission::Caller;

/// Most events of one export.
pub const EXPORTED: usize = 10_000;

/// Which events.
#[derive(Debug, Clone, Default)]
pub struct UsageQuery {
    /// Of these kinds; empty, of any.
    pub kinds: Vec<EventKind>,
    /// That name this agency.
    pub agency: Option<AgencyId>,
    /// That name this person, by id.
    pub person: Option<String>,
    /// From this day on, by the calendar of London.
    pub from: Option<Date>,
    /// Until the end of this day.
    pub until: Option<Date>,
    /// Before the event with this id.
    pub before: Option<String>,
}

/// A page of events.
#[derive(Debug, Clone)]
pub struct Usage {
    /// The events, the newest first.
    pub events: Vec<UsageEvent>,
    /// There are older ones.
    pub older: bool,
    /// The names of the people in them, by id.
    pub people: BTreeMap<String, String>,
}

/// One event.
#[derive(Debug, Clone)]
pub struct UsageEvent {
    /// As the log commits to it.
    pub event: Event,
    /// The log.
    pub log: String,
    /// Its index there.
    pub index: u64,
    /// When, microseconds UTC.
    pub at: i64,
}

/// One event with what there is to say about it.
#[derive(Debug, Clone)]
pub struct UsageDetail {
    /// The event.
    pub used: UsageEvent,
    /// The rules that decided, in words.
    pub rules: Vec<RuleHit>,
    /// Whether reasons are kept with it; none where it asks for none.
    pub reasons: Option<bool>,
    /// The names of the people in it, by id.
    pub people: BTreeMap<String, String>,
}

impl UsageQuery {
    fn filter(&self) -> EventFilter {
        let agency = self.agency.iter().map(ToString::to_string);
        EventFilter {
            kinds: self.kinds.clone(),
            naming: agency.chain(self.person.clone()).collect(),
            from: self.from.map(begin_of),
            until: self.until.map(end_of),
        }
    }
}

impl UsageEvent {
    fn of(leaf: LeafRow) -> Result<Self, FlowError> {
        Ok(Self {
            event: serde_json::from_str(&leaf.event)?,
            log: leaf.log,
            index: leaf.index,
            at: leaf.at,
        })
    }

    /// The person who acted, or about whom it is, by id.
    pub fn person(&self) -> Option<&str> {
        self.event.detail.get("person").map(String::as_str)
    }
}

impl Flow {
    /// The events of the auditor's area.
    ///
    /// # Errors
    /// [`FlowError::NotFound`] outside a coordination unit, [`FlowError::Forbidden`] for others
    /// of it.
    pub async fn usage(
        &self,
        caller: &Caller,
        query: &UsageQuery,
        limit: usize,
    ) -> Result<Usage, FlowError> {
        let area = self.audited(caller, "events", None).await?;
        self.usage_page(&area, query, limit).await
    }

    /// The same for a file: as many as one file takes.
    ///
    /// # Errors
    /// As [`Flow::usage`].
    pub async fn usage_export(
        &self,
        caller: &Caller,
        query: &UsageQuery,
    ) -> Result<Usage, FlowError> {
        let area = self.audited(caller, "export", None).await?;
        self.usage_page(&area, query, EXPORTED).await
    }

    /// How often each kind of event happened between two days, by who acted.
    ///
    /// # Errors
    /// As [`Flow::usage`].
    pub async fn usage_counts(
        &self,
        caller: &Caller,
        from: Date,
        until: Date,
    ) -> Result<Vec<EventCount>, FlowError> {
        let area = self.audited(caller, "counts", None).await?;
        let (from, until) = (begin_of(from), end_of(until));
        let mut tx = self.store.read().await?;
        Ok(tx.event_counts(&area, from, until).await?)
    }

    /// One event of the auditor's area.
    ///
    /// # Errors
    /// As [`Flow::usage`]; [`FlowError::NotFound`] where the area has no such event.
    pub async fn usage_event(&self, caller: &Caller, id: &str) -> Result<UsageDetail, FlowError> {
        let leaf = self.audited_leaf(caller, "event", id).await?;
        let used = UsageEvent::of(leaf)?;
        let mut tx = self.store.read().await?;
        let rules = used.event.rules.iter();
        let rules = rules.filter_map(|rule| self.protocols.rule(rule)).collect();
        let reasons = reasons_kept(&mut tx, &used.event).await?;
        let people = self.names(&mut tx, std::iter::once(&used)).await?;
        Ok(UsageDetail {
            used,
            rules,
            reasons,
            people,
        })
    }

    /// The proof of one event of the auditor's area, with its opening, as a file.
    ///
    /// # Errors
    /// As [`Flow::usage_event`].
    pub async fn usage_proof(&self, caller: &Caller, id: &str) -> Result<String, FlowError> {
        let leaf = self.audited_leaf(caller, "proof", id).await?;
        let mut tx = self.store.read().await?;
        let proof = self.prove(&mut tx, leaf).await?;
        proof
            .render()
            .map_err(|error| FlowError::Internal(error.to_string()))
    }

    async fn audited_leaf(
        &self,
        caller: &Caller,
        what: &'static str,
        id: &str,
    ) -> Result<LeafRow, FlowError> {
        let area = self.audited(caller, what, Some(id)).await?;
        let mut tx = self.store.read().await?;
        let leaf = tx.event(EventsOf::Area(&area), id).await?;
        leaf.ok_or(FlowError::NotFound)
    }

    /// The auditor's area; that they look is logged.
    async fn audited(
        &self,
        caller: &Caller,
        what: &'static str,
        event: Option<&str>,
    ) -> Result<String, FlowError> {
        let area = self.unit(caller).await?;
        let person = self
            .acting(caller, &[Role::Auditor], "seeing how this is used")
            .await?;
        if let Some(id) = event {
            let mut tx = self.store.read().await?;
            let there = tx.event(EventsOf::Area(&area), id).await?;
            there.ok_or(FlowError::NotFound)?;
        }
        let mut draft = Draft::new(EventKind::LogRead, Some(&caller.agency))
            .reaching([caller.agency.clone()])
            .with("what", what)
            .with("person", &*person.id);
        if let Some(id) = event {
            draft = draft.with("event", id);
        }
        let read = work(move |_| Box::pin(async move { Ok((vec![draft], ())) }));
        self.recorder.record(&area, "read-log", read).await?;
        Ok(area)
    }

    async fn usage_page(
        &self,
        area: &str,
        query: &UsageQuery,
        limit: usize,
    ) -> Result<Usage, FlowError> {
        let mut tx = self.store.read().await?;
        let more = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
        let before = query.before.as_deref();
        let leaves = tx
            .events(EventsOf::Area(area), &query.filter(), before, more)
            .await?;
        let older = leaves.len() > limit;
        let events: Vec<UsageEvent> = leaves
            .into_iter()
            .take(limit)
            .map(UsageEvent::of)
            .collect::<Result<_, _>>()?;
        let people = self.names(&mut tx, events.iter()).await?;
        Ok(Usage {
            events,
            older,
            people,
        })
    }

    /// The names of those who acted.
    async fn names(
        &self,
        tx: &mut Tx,
        events: impl Iterator<Item = &UsageEvent>,
    ) -> Result<BTreeMap<String, String>, FlowError> {
        let ids: BTreeSet<&str> = events.filter_map(UsageEvent::person).collect();
        let mut names = BTreeMap::new();
        for id in ids {
            if let Some(row) = tx.get::<PersonRow>(id).await? {
                let name = self.person_name(&row).await?.into_inner();
                names.insert(id.to_owned(), name);
            }
        }
        Ok(names)
    }
}

/// Whether the words that an event asks for are kept: that they are there, and not what they say.
async fn reasons_kept(tx: &mut Tx, event: &Event) -> Result<Option<bool>, FlowError> {
    let said = |name: &str| event.detail.get(name).map(String::as_str);
    if let Some(id) = said("reading") {
        return Ok(Some(tx.get::<ReadingRow>(id).await?.is_some()));
    }
    let decided = matches!(event.kind, EventKind::HoldApproved | EventKind::HoldRefused);
    if let Some(id) = said("hold").filter(|_| decided) {
        let hold: Option<HoldRow> = tx.get(id).await?;
        return Ok(Some(hold.is_some_and(|hold| hold.reasons.is_some())));
    }
    if event.kind == EventKind::ExchangeWithdrawn
        && let Some(id) = &event.exchange
    {
        return Ok(Some(tx.get::<WithdrawalRow>(id).await?.is_some()));
    }
    Ok(None)
}
