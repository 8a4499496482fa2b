//! The forms that wait for somebody to countersign or release them, many at a time (ISP-10, ISP-11,
//! ISP-34). Each is decided in a recording of its own: what cannot be decided stands in nobody's
//! way.
//!
//! A countersignature says that somebody has read it. So what was not opened by the very person who
//! ticks it is not decided here: the log knows what they opened.

use std::borrow::Borrow;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use gateway_core::event::{Event, EventKind};
use gateway_forms::MEDIA_TYPE;
use gateway_store::rows::{CellRow, ExchangeRow, HoldRow, NominalRow, PersonRow};
use gateway_store::{Desk, ItemHead, LeafRow};
use sha2::{Digest as _, Sha256};

use super::measure::FormMeasure;
use crate::Flow;
use crate::case::corrupt;
use crate::error::FlowError;
use crate::hold::{Chosen, Seating, WaitKind};
use crate::submission::Caller;
use crate::view::by_id;

/// Most exchanges that are looked through for forms.
const LOOKED_THROUGH: i64 = 500;
/// So many are decided at once.
pub const AT_ONCE: usize = 50;

/// A form that waits for a person.
#[derive(Debug, Clone)]
pub struct FormWaiting {
    /// The exchange.
    pub exchange: String,
    /// What waits of it: it changes when that does.
    pub mark: String,
    /// The holds that wait here, by which each part is opened.
    pub holds: Vec<String>,
    /// The nominal's reference, where one is linked.
    pub nominal: Option<String>,
    /// The agency that sent it.
    pub from: String,
    /// Who wrote it.
    pub writer: Option<String>,
    /// The roles in which the person decides.
    pub roles: BTreeSet<String>,
    /// How much of it was answered, of what waits here.
    pub measure: Option<FormMeasure>,
    /// How it came to wait; after an emergency it is sent already.
    pub kind: WaitKind,
    /// It is past its time.
    pub late: bool,
    /// Since when, microseconds UTC.
    pub since: i64,
    /// By when, microseconds UTC.
    pub due: i64,
    /// The person has opened all of it that waits.
    pub opened: bool,
    /// Why the person may not decide it, where they may not.
    pub hindrance: Option<String>,
}

/// What became of one of many.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Became {
    /// It is decided as was said.
    Decided,
    /// It had been decided, or withdrawn, before.
    Already,
    /// What waits is not what was shown.
    Changed,
    /// The person has not opened it.
    NotOpened,
    /// The person may not decide it, and why.
    Hindered(String),
}

impl Flow {
    /// The forms that wait for a person, the first due first.
    ///
    /// # Errors
    /// [`FlowError::Forbidden`] where no person asks.
    pub async fn forms_waiting(&self, caller: &Caller) -> Result<Vec<FormWaiting>, FlowError> {
        let person = self.acting(caller, &[], "seeing what is held").await?;
        let area = self.coordinates(caller).await?;
        let mut tx = self.store.read().await?;
        let desk = Desk {
            person: &person.id,
            agency: caller.agency.as_str(),
            area: area.as_deref(),
            now: self.now(),
        };
        let places = tx.holds_at_desk(&desk, None, LOOKED_THROUGH).await?;
        drop(tx);
        let ids: Vec<&str> = places.iter().map(|place| &*place.exchange).collect();
        let mut waiting = self.waiting_among(caller, &ids).await?;
        waiting.sort_by_key(|one| one.due);
        Ok(waiting)
    }

    async fn form_waiting(
        &self,
        caller: &Caller,
        exchange: &str,
    ) -> Result<Option<FormWaiting>, FlowError> {
        Ok(self.waiting_among(caller, &[exchange]).await?.pop())
    }

    /// Those of these exchanges that are forms of which something waits for the caller, in their
    /// order; their rows are asked for at once.
    async fn waiting_among(
        &self,
        caller: &Caller,
        exchanges: &[&str],
    ) -> Result<Vec<FormWaiting>, FlowError> {
        let mut tx = self.store.read().await?;
        let forms = tx.forms_by_id(exchanges).await?;
        let forms: BTreeSet<&str> = forms.iter().map(|form| &*form.id).collect();
        let ids: Vec<&str> = exchanges
            .iter()
            .copied()
            .filter(|id| forms.contains(id))
            .collect();
        let rows = by_id(tx.exchanges_by_id(&ids).await?, |row| &row.id);
        let holds = tx.holds_of_all(&ids).await?;
        drop(tx);
        let own = self.own_among(caller, &rows, &holds).await?;
        let gathered = self.gather(&ids, rows, &holds, &own).await?;
        let mut names = BTreeMap::new();
        let mut waiting = Vec::new();
        for id in ids {
            let own: Vec<&HoldRow> = own
                .iter()
                .copied()
                .filter(|hold| hold.exchange == id)
                .collect();
            if !own.is_empty() {
                let one = self.one_waiting(caller, id, &own, &gathered, &mut names);
                waiting.push(one.await?);
            }
        }
        Ok(waiting)
    }

    /// What else is needed to show them, a statement each.
    async fn gather(
        &self,
        ids: &[&str],
        rows: HashMap<String, ExchangeRow>,
        holds: &[HoldRow],
        own: &[&HoldRow],
    ) -> Result<Gathered, FlowError> {
        let of = |each: fn(&HoldRow) -> &String| -> Vec<&str> {
            let all: BTreeSet<&str> = own.iter().map(|hold| each(hold).as_str()).collect();
            all.into_iter().collect()
        };
        let (items, cells) = (of(|hold| &hold.item), of(|hold| &hold.cell));
        let nominals: Vec<&str> = rows
            .values()
            .filter_map(|row| row.nominal.as_deref())
            .collect();
        let writers = rows.values().filter_map(|row| row.sender_person.as_deref());
        let writers: Vec<&str> = writers.collect();
        let mut tx = self.store.read().await?;
        let kind = EventKind::ItemRead.as_str();
        let opened = opened(&tx.leaves_of_all(ids, kind).await?, holds)?;
        Ok(Gathered {
            items: by_id(tx.item_heads(&items).await?, |item| &item.id),
            cells: by_id(tx.cells_by_id(&cells).await?, |cell| &cell.id),
            nominals: by_id(tx.nominals_by_id(&nominals).await?, |one| &one.id),
            writers: by_id(tx.people_by_id(&writers).await?, |person| &person.id),
            opened,
            rows,
        })
    }

    async fn one_waiting(
        &self,
        caller: &Caller,
        exchange: &str,
        holds: &[&HoldRow],
        gathered: &Gathered,
        names: &mut BTreeMap<String, String>,
    ) -> Result<FormWaiting, FlowError> {
        let person = caller.person.as_ref().map_or("", |person| &person.id);
        let row = gathered.rows.get(exchange);
        let row = row.ok_or_else(|| corrupt("exchange", exchange))?;
        let hindrance = match holds.first() {
            Some(first) => {
                let among = gathered.seating(row, first)?;
                self.hindrance_among(person, &caller.agency, row, first, &among)?
            }
            None => None,
        };
        let mut kinds = BTreeSet::new();
        for hold in holds {
            let item = gathered.item(hold)?;
            if item.media_type == MEDIA_TYPE {
                kinds.insert(item.category.clone());
            }
        }
        let writer = match &row.sender_person {
            Some(id) => Some(self.writer(id, gathered, names).await?),
            None => None,
        };
        let is_opened = |hold: &&HoldRow| {
            let key = (hold.item.clone(), person.to_owned());
            gathered.opened.contains(&key)
        };
        Ok(FormWaiting {
            exchange: row.id.clone(),
            mark: mark(holds),
            holds: holds.iter().map(|hold| hold.id.clone()).collect(),
            nominal: row.nominal.clone(),
            from: row.sender.clone(),
            writer,
            roles: holds.iter().map(|hold| hold.role.clone()).collect(),
            measure: self.measured(row, Some(&kinds)).await?,
            kind: match (holds.iter().all(|hold| hold.after == 1), row.emergency == 1) {
                (true, _) => WaitKind::After,
                (false, true) => WaitKind::Emergency,
                (false, false) => WaitKind::Routine,
            },
            late: holds.iter().any(|hold| hold.escalated_at.is_some()),
            since: holds.iter().map(|hold| hold.since).min().unwrap_or(0),
            due: holds.iter().map(|hold| hold.escalate_at).min().unwrap_or(0),
            opened: holds.iter().all(is_opened),
            hindrance,
        })
    }

    async fn writer(
        &self,
        id: &str,
        gathered: &Gathered,
        names: &mut BTreeMap<String, String>,
    ) -> Result<String, FlowError> {
        if let Some(known) = names.get(id) {
            return Ok(known.clone());
        }
        let row = gathered.writers.get(id);
        let row = row.ok_or_else(|| corrupt("person", id))?;
        let name = self.person_name(row).await?.into_inner();
        names.insert(id.to_owned(), name.clone());
        Ok(name)
    }

    /// Decides what waits of several forms, each by itself, with the same reasons; `chosen` are
    /// exchanges with the marks that they were shown with.
    ///
    /// # Errors
    /// [`FlowError::Invalid`] where the reasons cannot be taken; nothing is decided then.
    pub async fn decide_forms(
        &self,
        caller: &Caller,
        chosen: &[(String, String)],
        approve: bool,
        reasons: &str,
    ) -> Result<Vec<(String, Became)>, FlowError> {
        let mut became = Vec::new();
        for (exchange, shown) in chosen {
            let one = self.decide_form(caller, exchange, shown, approve, reasons);
            became.push((exchange.clone(), one.await?));
        }
        Ok(became)
    }

    async fn decide_form(
        &self,
        caller: &Caller,
        exchange: &str,
        shown: &str,
        approve: bool,
        reasons: &str,
    ) -> Result<Became, FlowError> {
        let Some(waits) = self.form_waiting(caller, exchange).await? else {
            return Ok(Became::Already);
        };
        if waits.mark != shown {
            return Ok(Became::Changed);
        }
        if let Some(why) = waits.hindrance {
            return Ok(Became::Hindered(why));
        }
        if !waits.opened {
            return Ok(Became::NotOpened);
        }
        let holds = self.own_open(caller, exchange).await?;
        // What came to wait since it was looked at has not been read.
        if mark(&holds) != shown {
            return Ok(Became::Changed);
        }
        let chosen: Vec<Chosen> = holds
            .into_iter()
            .map(|hold| Chosen {
                hold: hold.id,
                category: None,
            })
            .collect();
        match self.decide_holds(caller, &chosen, approve, reasons).await {
            Ok(_) => Ok(Became::Decided),
            Err(FlowError::Conflict(_)) => Ok(Became::Already),
            Err(FlowError::Forbidden(why)) => Ok(Became::Hindered(why)),
            Err(error) => Err(error),
        }
    }

    /// What of an exchange waits for a role of the caller's.
    async fn own_open(&self, caller: &Caller, exchange: &str) -> Result<Vec<HoldRow>, FlowError> {
        let mut tx = self.store.read().await?;
        let rows = by_id(tx.exchanges_by_id(&[exchange]).await?, |row| &row.id);
        let holds = tx.holds_of(exchange).await?;
        drop(tx);
        let own = self.own_among(caller, &rows, &holds).await?;
        Ok(own.into_iter().cloned().collect())
    }

    /// Those of these holds that wait for a role of the caller's. What is asked of a role at an
    /// agency is asked once, however many wait for it.
    async fn own_among<'h>(
        &self,
        caller: &Caller,
        rows: &HashMap<String, ExchangeRow>,
        holds: &'h [HoldRow],
    ) -> Result<Vec<&'h HoldRow>, FlowError> {
        let mut known: BTreeMap<(&str, &str, bool, &str), bool> = BTreeMap::new();
        let mut own = Vec::new();
        for hold in holds.iter().filter(|hold| hold.state == "open") {
            let Some(row) = rows.get(&hold.exchange) else {
                continue;
            };
            let escalated = hold.escalated_at.is_some();
            let key = (&*hold.agency, &*hold.role, escalated, &*row.area);
            let theirs = match known.get(&key) {
                Some(theirs) => *theirs,
                None => self.may_decide(caller, hold, &row.area).await?,
            };
            known.insert(key, theirs);
            if theirs {
                own.push(hold);
            }
        }
        Ok(own)
    }
}

/// The rows that a list of forms is shown from.
struct Gathered {
    rows: HashMap<String, ExchangeRow>,
    items: HashMap<String, ItemHead>,
    cells: HashMap<String, CellRow>,
    nominals: HashMap<String, NominalRow>,
    writers: HashMap<String, PersonRow>,
    /// Items that were opened for a decision, and by whom.
    opened: BTreeSet<(String, String)>,
}

impl Gathered {
    fn item(&self, hold: &HoldRow) -> Result<&ItemHead, FlowError> {
        let item = self.items.get(&hold.item);
        item.ok_or_else(|| corrupt("item", &hold.item))
    }

    fn seating(&self, row: &ExchangeRow, hold: &HoldRow) -> Result<Seating<'_>, FlowError> {
        let cell = self.cells.get(&hold.cell);
        let cell = cell.ok_or_else(|| corrupt("cell", &hold.cell))?;
        let nominal = row.nominal.as_ref().and_then(|id| self.nominals.get(id));
        Ok(Seating {
            question: &cell.question,
            owner: &self.item(hold)?.owner,
            trust: nominal.and_then(|nominal| nominal.trust.as_deref()),
        })
    }
}

/// What waits, in short: another one where a hold came or went.
fn mark<H: Borrow<HoldRow>>(holds: &[H]) -> String {
    let mut digest = Sha256::new();
    for hold in holds {
        digest.update(hold.borrow().id.as_bytes());
    }
    let digest: [u8; 32] = digest.finalize().into();
    hex::encode(digest.get(..8).unwrap_or_default())
}

/// Which items were opened through one of these holds, and by whom, as the log says.
fn opened(leaves: &[LeafRow], holds: &[HoldRow]) -> Result<BTreeSet<(String, String)>, FlowError> {
    let items: HashMap<&str, &str> = holds.iter().map(|hold| (&*hold.id, &*hold.item)).collect();
    let mut opened = BTreeSet::new();
    for leaf in leaves {
        let event: Event = serde_json::from_str(&leaf.event)?;
        let through = event.detail.get("hold").and_then(|hold| items.get(&**hold));
        if let (Some(item), Some(by)) = (through, event.detail.get("person")) {
            opened.insert(((*item).to_owned(), by.clone()));
        }
    }
    Ok(opened)
}
