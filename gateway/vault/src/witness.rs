//! What the log must bear witness to before anything is opened; and why something is not
//! opened, which is said to the operator's log, never to who asked.

use gateway_core::event::{Event, EventKind};
use gateway_ledger::{Salt, leaf_data};
use gateway_store::{StoreError, Tx};
use jiff::{SignedDuration, Timestamp};

use crate::error::VaultError;

/// A leaf serves for this long after it was written.
const FRESH: SignedDuration = SignedDuration::from_mins(5);

/// The clocks of two gateways may differ by as much.
const SKEW: SignedDuration = SignedDuration::from_secs(30);

/// What was found wanting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The wrap, hold, item or exchange is not there.
    NotThere,
    /// It is another agency's.
    NotTheirs,
    /// No such leaf, or not yet committed.
    NotLogged,
    /// The leaf's event is not the one that its data commits to.
    LeafChanged,
    /// The leaf is about something else, or names somebody else.
    OtherReading,
    /// The leaf is too old, or of the future.
    Stale,
    /// The agency is not there, or suspended.
    Agency,
    /// The person is not there, suspended, or at another agency.
    Person,
    /// The hold has been decided.
    HoldClosed,
    /// The person has not the role.
    Role,
    /// The item's keys have been destroyed.
    Destroyed,
    /// The protocols refuse.
    Protocols,
}

/// Refused for a reason, or something went wrong on the way.
#[derive(Debug)]
pub enum Denied {
    /// Refused.
    Because(Reason),
    /// It could not be found out.
    Fault(VaultError),
}

impl From<StoreError> for Denied {
    fn from(error: StoreError) -> Self {
        Self::Fault(error.into())
    }
}

impl From<VaultError> for Denied {
    fn from(error: VaultError) -> Self {
        if matches!(error, VaultError::Destroyed(_)) {
            Self::Because(Reason::Destroyed)
        } else {
            Self::Fault(error)
        }
    }
}

impl Denied {
    /// The answer to who asked: every refusal is alike. The reason is logged under the ids.
    pub fn answer(self, what: &str, id: &str) -> VaultError {
        match self {
            Self::Because(reason) => {
                tracing::warn!(vault.what = what, vault.id = id, ?reason, "refused to open");
                VaultError::Refused
            }
            Self::Fault(error) => error,
        }
    }
}

/// Sees that something holds.
pub fn hold_that(holds: bool, reason: Reason) -> Result<(), Denied> {
    if holds {
        Ok(())
    } else {
        Err(Denied::Because(reason))
    }
}

/// What is there, or the reason for its absence.
pub fn found<T>(found: Option<T>, reason: Reason) -> Result<T, Denied> {
    found.ok_or(Denied::Because(reason))
}

/// The event of a reading that the log has: committed, of this area's log, unchanged, of kind
/// item-read, about this exchange, and fresh. The caller checks whom it names.
pub async fn reading(
    tx: &mut Tx,
    log: &str,
    index: u64,
    area: &str,
    exchange: &str,
    now: Timestamp,
) -> Result<Event, Denied> {
    let event = logged(tx, log, index, area, now).await?;
    let this = event.kind == EventKind::ItemRead && event.exchange.as_deref() == Some(exchange);
    hold_that(this, Reason::OtherReading)?;
    Ok(event)
}

/// The same of what belongs to no exchange: of kind record-read. The caller checks whom and
/// what it names.
pub async fn consulting(
    tx: &mut Tx,
    log: &str,
    index: u64,
    area: &str,
    now: Timestamp,
) -> Result<Event, Denied> {
    let event = logged(tx, log, index, area, now).await?;
    hold_that(event.kind == EventKind::RecordRead, Reason::OtherReading)?;
    Ok(event)
}

async fn logged(
    tx: &mut Tx,
    log: &str,
    index: u64,
    area: &str,
    now: Timestamp,
) -> Result<Event, Denied> {
    let head = found(tx.log(log).await?, Reason::NotLogged)?;
    hold_that(index < head.size && head.area == area, Reason::NotLogged)?;
    let leaf = found(tx.leaf(log, index).await?, Reason::NotLogged)?;
    let event: Event = found(serde_json::from_str(&leaf.event).ok(), Reason::LeafChanged)?;
    let salt = found(leaf.salt.as_slice().try_into().ok(), Reason::LeafChanged)?;
    let data = leaf_data(&Salt::from_bytes(salt), &event).ok();
    hold_that(
        data.is_some_and(|data| data == *leaf.data),
        Reason::LeafChanged,
    )?;
    let at: Timestamp = found(event.at.parse().ok(), Reason::LeafChanged)?;
    let age = now.duration_since(at);
    hold_that(age <= FRESH && age >= -SKEW, Reason::Stale)?;
    hold_that(event.area == area, Reason::OtherReading)?;
    Ok(event)
}
