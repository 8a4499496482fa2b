//! The forms that wait for somebody to countersign or release them, many at a time (ISP-10, ISP-11,
//! ISP-34). Each is decided in a recording of its own: what cannot be decided stands in nobody's
//! way.
//!
//! A countersignature says that somebody has read it. So what was not opened by the very person who
//! ticks it is not decided here: the log knows what they opened.

use std::collections::BTreeSet;

use gateway_core::event::{Event, EventKind};
use gateway_store::rows::{ExchangeRow, FormSentRow, HoldRow};
use gateway_store::{Desk, Tx};
use sha2::{Digest as _, Sha256};

use super::measure::{FormMeasure, kind_of_part};
use crate::Flow;
use crate::case::corrupt;
use crate::error::FlowError;
use crate::hold::{Chosen, WaitKind};
use crate::submission::Caller;

/// Most exchanges that are looked through for forms.
const LOOKED_THROUGH: i64 = 500;

/// A form that waits for a person.
#[derive(Debug, Clone)]
pub struct FormWaiting {
    /// The exchange.
    pub exchange: String,
    /// What waits of it: it changes when that does.
    pub mark: String,
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
        let mut waiting = Vec::new();
        for place in places {
            let mut tx = self.store.read().await?;
            let form: Option<FormSentRow> = tx.get(&place.exchange).await?;
            drop(tx);
            if form.is_some()
                && let Some(one) = self.form_waiting(caller, &place.exchange).await?
            {
                waiting.push(one);
            }
        }
        waiting.sort_by_key(|one| one.due);
        Ok(waiting)
    }

    async fn form_waiting(
        &self,
        caller: &Caller,
        exchange: &str,
    ) -> Result<Option<FormWaiting>, FlowError> {
        let holds = self.own_open(caller, exchange).await?;
        let Some(first) = holds.first() else {
            return Ok(None);
        };
        let person = caller.person.as_ref().map_or("", |person| &person.id);
        let mut tx = self.store.read().await?;
        let row: ExchangeRow = tx
            .get(exchange)
            .await?
            .ok_or_else(|| corrupt("exchange", exchange))?;
        let hindrance = self.hindrance(&mut tx, person, &caller.agency, &row, first);
        let hindrance = hindrance.await?;
        let mut kinds = BTreeSet::new();
        for hold in &holds {
            kinds.extend(kind_of_part(&mut tx, &hold.item).await?);
        }
        let writer = match &row.sender_person {
            Some(id) => Some(self.named(&mut tx, id).await?),
            None => None,
        };
        let opened = is_opened(&mut tx, exchange, person, &holds).await?;
        drop(tx);
        Ok(Some(FormWaiting {
            mark: mark(&holds),
            nominal: row.nominal.clone(),
            from: row.sender.clone(),
            writer,
            roles: holds.iter().map(|hold| hold.role.clone()).collect(),
            measure: self.measured(&row, Some(&kinds)).await?,
            kind: match (holds.iter().all(|hold| hold.after == 1), row.emergency == 1) {
                (true, _) => WaitKind::After,
                (false, true) => WaitKind::Emergency,
                (false, false) => WaitKind::Routine,
            },
            late: holds.iter().any(|hold| hold.escalated_at.is_some()),
            since: holds.iter().map(|hold| hold.since).min().unwrap_or(0),
            due: holds.iter().map(|hold| hold.escalate_at).min().unwrap_or(0),
            opened,
            hindrance,
            exchange: row.id,
        }))
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
        let row: Option<ExchangeRow> = tx.get(exchange).await?;
        let all = tx.holds_of(exchange).await?;
        drop(tx);
        let Some(row) = row else {
            return Ok(Vec::new());
        };
        let mut own = Vec::new();
        for hold in all.into_iter().filter(|hold| hold.state == "open") {
            if self.may_decide(caller, &hold, &row.area).await? {
                own.push(hold);
            }
        }
        Ok(own)
    }
}

/// What waits, in short: another one where a hold came or went.
fn mark(holds: &[HoldRow]) -> String {
    let mut digest = Sha256::new();
    for hold in holds {
        digest.update(hold.id.as_bytes());
    }
    let digest: [u8; 32] = digest.finalize().into();
    hex::encode(digest.get(..8).unwrap_or_default())
}

/// Whether the log says that a person opened each item that waits.
async fn is_opened(
    tx: &mut Tx,
    exchange: &str,
    person: &str,
    holds: &[HoldRow],
) -> Result<bool, FlowError> {
    let all = tx.holds_of(exchange).await?;
    let mut opened: BTreeSet<&str> = BTreeSet::new();
    for leaf in tx.leaves_of_exchange(exchange).await? {
        if leaf.kind != EventKind::ItemRead.as_str() {
            continue;
        }
        let event: Event = serde_json::from_str(&leaf.event)?;
        if event.detail.get("person").is_some_and(|by| by == person)
            && let Some(through) = event.detail.get("hold")
        {
            let hold = all.iter().find(|hold| hold.id == *through);
            opened.extend(hold.map(|hold| hold.item.as_str()));
        }
    }
    Ok(holds.iter().all(|hold| opened.contains(hold.item.as_str())))
}
