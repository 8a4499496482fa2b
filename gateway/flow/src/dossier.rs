//! A nominal's record and timeline as people read them on one page: the reason first, the newest
//! event first, filtered by what a reader may see of an event and by nothing else.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use gateway_core::calendar::london;
use gateway_core::event::{Event, EventKind};
use gateway_core::{AgencyId, IdentifierKind, Role};
use gateway_store::rows::{NominalRow, PersonRow};
use gateway_store::{EventFilter, EventsOf, LeafRow, Tx};
use gateway_vault::parties;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::Flow;
use crate::case::{agency, corrupt};
use crate::error::FlowError;
use crate::reason::{Given, ReadingOf};
use crate::recorder::{Draft, work};
use crate::submission::Caller;
use crate::timeline::{Admitted, NominalView, PartView, concerns};

/// Which events of a timeline, and how many.
#[derive(Debug, Clone, Default)]
pub struct Look {
    /// Of these kinds; empty, of any.
    pub kinds: Vec<EventKind>,
    /// By this agency or reaching it.
    pub agency: Option<AgencyId>,
    /// From this day on, by the calendar of London.
    pub from: Option<Date>,
    /// Until the end of this day.
    pub until: Option<Date>,
    /// Before the event with this id.
    pub before: Option<String>,
    /// At most so many.
    pub limit: usize,
}

/// A nominal's record with a page of its timeline.
#[derive(Debug, Clone)]
pub struct Dossier {
    /// The record.
    pub record: NominalView,
    /// Times in prison, past ones too.
    pub custodies: Vec<PartView>,
    /// Who is in the record, by the agency's id.
    pub agencies: BTreeMap<String, Contact>,
    /// The events.
    pub events: Vec<Happening>,
    /// There are older ones.
    pub older: bool,
    /// The reader sees all events, and not those of their agency alone.
    pub sees_all: bool,
    /// The reader is the area's coordinator.
    pub coordinator: bool,
}

/// An agency and whom to speak to there.
#[derive(Debug, Clone)]
pub struct Contact {
    /// What it is called.
    pub name: String,
    /// Its single point of contact in post, or the deputy; none is a gap.
    pub spoc: Option<String>,
}

/// A nominal in the list of an area.
#[derive(Debug, Clone)]
pub struct NominalSummary {
    /// The gateway's reference.
    pub reference: String,
    /// The name.
    pub name: Option<String>,
    /// The date of birth, ISO.
    pub date_of_birth: Option<String>,
    /// `active` or `provisional`.
    pub state: String,
    /// Level, 1 to 3; 0 unknown.
    pub level: i64,
    /// Category, 1 to 4; 0 unknown.
    pub category: i64,
    /// What the lead agency is called.
    pub lead_agency: Option<String>,
}

/// One event, cut to what its reader may know.
#[derive(Debug, Clone)]
pub struct Happening {
    /// Its id.
    pub id: String,
    /// When, microseconds UTC.
    pub at: i64,
    /// What happened.
    pub kind: EventKind,
    /// The exchange.
    pub exchange: Option<String>,
    /// The exchange is the reader's, as its sender or as one whom it reached.
    pub own_exchange: bool,
    /// Who acted.
    pub from: Option<AgencyId>,
    /// Whom it reached.
    pub to: Vec<AgencyId>,
    /// The rules, for those who see all.
    pub rules: Vec<String>,
    /// Opaque particulars, for those who see all.
    pub detail: BTreeMap<String, String>,
}

impl Look {
    fn filter(&self) -> EventFilter {
        EventFilter {
            kinds: self.kinds.clone(),
            naming: self.agency.iter().map(ToString::to_string).collect(),
            from: self.from.map(begin_of),
            until: self.until.map(end_of),
        }
    }
}

/// When a day begins in London, microseconds UTC.
pub fn begin_of(day: Date) -> i64 {
    london()
        .to_ambiguous_zoned_datetime(day.at(0, 0, 0, 0))
        .compatible()
        .map_or(i64::MAX, |at| at.timestamp().as_microsecond())
}

/// When it ends: the next one's beginning.
pub fn end_of(day: Date) -> i64 {
    day.tomorrow().map_or(i64::MAX, begin_of)
}

impl Flow {
    /// A nominal's record with a page of its timeline, for a person who gave a reason since they
    /// signed in; none where they have not yet.
    ///
    /// # Errors
    /// [`FlowError::NotFound`] where the nominal is not theirs to read, or is not there.
    pub async fn dossier(
        &self,
        caller: &Caller,
        reference: &str,
        look: &Look,
        since: Timestamp,
    ) -> Result<Option<Dossier>, FlowError> {
        let admitted = self.admits(caller, reference).await?;
        let Some(reading) = self.reason_for(caller, &admitted, since).await? else {
            return Ok(None);
        };
        self.log_look(caller, &admitted, &reading, None).await?;
        let Admitted {
            nominal, sees_all, ..
        } = admitted;
        let record = self.record_of(&nominal).await?;
        let mut tx = self.store.read().await?;
        let custodies: Vec<PartView> = tx
            .parts_of(&nominal.id)
            .await?
            .into_iter()
            .filter(|part| part.kind == "custody")
            .map(PartView::of)
            .collect();
        let mut agencies = self.contacts(&mut tx, &record, &custodies).await?;
        let (events, older) = page_of(&mut tx, &nominal, caller, sees_all, look).await?;
        for id in actors(&events) {
            if let Entry::Vacant(place) = agencies.entry(id) {
                let name = agency(&mut tx, place.key()).await?.name;
                place.insert(Contact { name, spoc: None });
            }
        }
        let coordinator = self.looks_after(&mut tx, caller, &nominal).await?;
        Ok(Some(Dossier {
            record,
            custodies,
            agencies,
            events,
            older,
            sees_all,
            coordinator,
        }))
    }

    /// The nominals of the coordinator's area, after one of them, once they gave a reason since
    /// they signed in; none where they have not yet.
    ///
    /// # Errors
    /// [`FlowError::NotFound`] outside a coordination unit, [`FlowError::Forbidden`] for others
    /// of it.
    pub async fn area_nominals(
        &self,
        caller: &Caller,
        since: Timestamp,
        after: Option<&str>,
        limit: i64,
    ) -> Result<Option<Vec<NominalSummary>>, FlowError> {
        let (area, person) = self.coordinator(caller, "seeing the records").await?;
        let given = self
            .reason_given(caller, ReadingOf::Nominals, since)
            .await?;
        let Some(reading) = given else {
            return Ok(None);
        };
        let draft = Draft::new(EventKind::RecordRead, Some(&caller.agency))
            .reaching([caller.agency.clone()])
            .with("what", "nominals")
            .with("person", &*person.id)
            .with("reading", reading.id());
        let read = work(move |_| Box::pin(async move { Ok((vec![draft], ())) }));
        self.recorder.record(&area, "read-nominals", read).await?;
        let mut tx = self.store.read().await?;
        let after = after.unwrap_or_default();
        let mut all = Vec::new();
        for row in tx.nominals_after(&area, after, limit).await? {
            all.push(self.summary_of(&mut tx, row).await?);
        }
        Ok(Some(all))
    }

    async fn summary_of(&self, tx: &mut Tx, row: NominalRow) -> Result<NominalSummary, FlowError> {
        let known = self.identifiers(tx, &row).await?;
        let first = |wanted| {
            let found = known.iter().find(|(kind, _)| *kind == wanted);
            found.map(|(_, value)| value.reveal().clone())
        };
        let lead_agency = match &row.lead_agency {
            Some(lead) => Some(agency(tx, lead).await?.name),
            None => None,
        };
        Ok(NominalSummary {
            name: first(IdentifierKind::Name),
            date_of_birth: first(IdentifierKind::Dob),
            reference: row.id,
            state: row.state,
            level: row.level,
            category: row.category,
            lead_agency,
        })
    }

    /// The reference that a nominal has now, where it is the caller's to read.
    ///
    /// # Errors
    /// [`FlowError::NotFound`] where it is not theirs, or is not there.
    pub async fn readable_nominal(
        &self,
        caller: &Caller,
        reference: &str,
    ) -> Result<String, FlowError> {
        Ok(self.admits(caller, reference).await?.nominal.id)
    }

    /// The proof of one event of a timeline, as a file: with its opening for those who see all;
    /// for others without, which would say the rest.
    ///
    /// # Errors
    /// [`FlowError::NotFound`] where the event is not theirs to see, or no reason was given.
    pub async fn event_proof(
        &self,
        caller: &Caller,
        reference: &str,
        event: &str,
        since: Timestamp,
    ) -> Result<String, FlowError> {
        let admitted = self.admits(caller, reference).await?;
        let reading = self.reason_for(caller, &admitted, since).await?;
        let reading = reading.ok_or(FlowError::NotFound)?;
        let mut tx = self.store.read().await?;
        let leaf = tx
            .event(EventsOf::Nominal(&admitted.nominal.id), event)
            .await?
            .ok_or(FlowError::NotFound)?;
        let said: Event = serde_json::from_str(&leaf.event)?;
        if !admitted.sees_all && !concerns(&said, &caller.agency) {
            return Err(FlowError::NotFound);
        }
        drop(tx);
        self.log_look(caller, &admitted, &reading, Some(event))
            .await?;
        let mut tx = self.store.read().await?;
        match admitted.sees_all {
            true => self
                .prove(&mut tx, leaf)
                .await?
                .render()
                .map_err(|error| FlowError::Internal(error.to_string())),
            false => crate::timeline::closed(&mut tx, &leaf).await,
        }
    }

    async fn reason_for(
        &self,
        caller: &Caller,
        admitted: &Admitted,
        since: Timestamp,
    ) -> Result<Option<Given>, FlowError> {
        let of = ReadingOf::Nominal(&admitted.nominal.id);
        self.reason_given(caller, of, since).await
    }

    async fn log_look(
        &self,
        caller: &Caller,
        admitted: &Admitted,
        reading: &Given,
        proof: Option<&str>,
    ) -> Result<(), FlowError> {
        let what = if proof.is_some() { "proof" } else { "record" };
        let mut draft = Draft::new(EventKind::RecordRead, Some(&caller.agency))
            .nominal(&admitted.nominal.id)
            .reaching([caller.agency.clone()])
            .with("what", what)
            .with("person", &*admitted.person)
            .with("reading", reading.id());
        if let Some(event) = proof {
            draft = draft.with("event", event);
        }
        let read = work(move |_| Box::pin(async move { Ok((vec![draft], ())) }));
        let area = &admitted.nominal.area;
        self.recorder.record(area, "read-record", read).await?;
        Ok(())
    }

    async fn contacts(
        &self,
        tx: &mut Tx,
        record: &NominalView,
        custodies: &[PartView],
    ) -> Result<BTreeMap<String, Contact>, FlowError> {
        let parts = record.partners.iter().chain(custodies);
        let ids: BTreeSet<&String> = parts
            .map(|part| &part.agency)
            .chain(&record.lead_agency)
            .chain(&record.trust)
            .collect();
        let mut contacts = BTreeMap::new();
        for id in ids {
            let name = agency(tx, id).await?.name;
            let in_post = parties::in_post(tx, id, Role::Spoc, self.clock.now()).await?;
            let spoc = match in_post {
                Some(person) => {
                    let row: Option<PersonRow> = tx.get(&person).await?;
                    let row = row.ok_or_else(|| corrupt("person", &person))?;
                    Some(self.person_name(&row).await?.into_inner())
                }
                None => None,
            };
            contacts.insert(id.clone(), Contact { name, spoc });
        }
        Ok(contacts)
    }

    async fn looks_after(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        nominal: &NominalRow,
    ) -> Result<bool, FlowError> {
        let own = agency(tx, caller.agency.as_str()).await?;
        let party = parties::party(tx, &own, Some(nominal), self.clock.now()).await?;
        let Some(person) = caller.person.as_ref().filter(|_| party.area_unit) else {
            return Ok(false);
        };
        let roles = parties::roles_of(tx, &person.id, self.clock.now()).await?;
        Ok(roles.contains(&Role::Coordinator))
    }
}

/// The agencies that a timeline names, each once.
fn actors(events: &[Happening]) -> BTreeSet<String> {
    let named = events.iter().flat_map(|one| one.from.iter().chain(&one.to));
    named.map(ToString::to_string).collect()
}

/// A page of a timeline, and whether there is more. Each event is cut first to what this reader
/// may know of it: what they ask for is looked for in that alone.
async fn page_of(
    tx: &mut Tx,
    nominal: &NominalRow,
    caller: &Caller,
    sees_all: bool,
    look: &Look,
) -> Result<(Vec<Happening>, bool), FlowError> {
    let filter = look.filter();
    let limit = i64::try_from(look.limit).unwrap_or(i64::MAX);
    let mut before = look.before.clone();
    let mut events: Vec<Happening> = Vec::new();
    loop {
        let of = EventsOf::Nominal(&nominal.id);
        let leaves = tx
            .events(of, &filter, before.as_deref(), limit.saturating_add(1))
            .await?;
        let Some(last) = leaves.last() else {
            return Ok((events, false));
        };
        before = Some(last.id.clone());
        for leaf in leaves {
            let Some(seen) = seen(tx, leaf, caller, sees_all, look).await? else {
                continue;
            };
            if events.len() == look.limit {
                return Ok((events, true));
            }
            events.push(seen);
        }
    }
}

async fn seen(
    tx: &mut Tx,
    leaf: LeafRow,
    caller: &Caller,
    sees_all: bool,
    look: &Look,
) -> Result<Option<Happening>, FlowError> {
    let mut event: Event = serde_json::from_str(&leaf.event)?;
    if !sees_all {
        if !concerns(&event, &caller.agency) {
            return Ok(None);
        }
        crate::timeline::cut(&mut event, &caller.agency);
        let named =
            |agency: &AgencyId| event.from.as_ref() == Some(agency) || event.to.contains(agency);
        if look.agency.as_ref().is_some_and(|agency| !named(agency)) {
            return Ok(None);
        }
    }
    let own_exchange = match &event.exchange {
        None => false,
        Some(id) => {
            let agency = caller.agency.as_str();
            tx.exchange_of(id, agency).await?.is_some()
                || !tx.wraps_for(id, agency).await?.is_empty()
        }
    };
    Ok(Some(Happening {
        id: leaf.id,
        at: leaf.at,
        kind: event.kind,
        exchange: event.exchange,
        own_exchange,
        from: event.from,
        to: event.to,
        rules: event.rules,
        detail: event.detail,
    }))
}
