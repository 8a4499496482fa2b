//! The records against the log: every leaf's opening gives its data, every covered row is what
//! the newest leaf that covers it committed to, none is missing and none was slipped in, and
//! every sealed body is the one that its item names.

use std::collections::HashSet;

use gateway_core::event::Event;
use gateway_ledger::{Checkpoint, Salt, commit_rows, leaf_data};
use gateway_store::rows::{
    AbsenceRow, AgencyRouteRow, AgencyRow, AppointmentRow, AreaRow, AttendanceRow, CellRow,
    CredentialRow, CustodyClaimRow, DeliveryRow, DeliveryStepRow, ExchangeRow, FormRequestRow,
    FormSentRow, FormUseRow, HandOverRow, HealthRequestRow, HealthStepRow, HealthTaskRow, HoldRow,
    HospitalFlagRow, HospitalFlagStepRow, InvitationRow, ItemRow, LevelChangeRow,
    MailCertificateRow, MeetingRow, MembershipRow, MeshMailboxRow, NominalActRow,
    NominalIdentifierRow, NominalRow, NoticeRow, PartRow, PersonRow, QuarantineRow, QuestionRow,
    ReadingRow, SecurityKeyRow, WithdrawalRow, WrapRow,
};
use gateway_store::{Blobs, LeafRow, LogHead, Record, Store, StoreError, Tx};

/// How many leaves, or rows that are committed to, are looked at in one page.
const PAGE: i64 = 500;
/// How many rows are read at once: some have a body in them.
const AT_ONCE: usize = 100;

/// What was found to hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordsVerified {
    /// Rows compared.
    pub rows: u64,
    /// Leaves compared.
    pub leaves: u64,
}

/// What does not hold, and where.
#[derive(Debug, thiserror::Error)]
pub enum AuditFault {
    /// A leaf's opening was changed.
    #[error("entry {index} of log `{log}`: its {what} is not what the log committed to")]
    Leaf {
        /// The log.
        log: String,
        /// The entry.
        index: u64,
        /// What.
        what: &'static str,
    },
    /// A log's row was changed.
    #[error("log `{log}`: its {what} is not that of its `checkpoint`")]
    Head {
        /// The log.
        log: String,
        /// What.
        what: &'static str,
    },
    /// Leaves are missing or too many.
    #[error("log `{log}` says {size} entries, the database has {found}")]
    Size {
        /// The log.
        log: String,
        /// By its head.
        size: u64,
        /// Found.
        found: u64,
    },
    /// A covered row was changed.
    #[error(
        "row `{id}` of table `{table}` is not what entry {index} of log `{log}` committed to: it was changed"
    )]
    Changed {
        /// The table.
        table: &'static str,
        /// The row.
        id: String,
        /// The log.
        log: String,
        /// The entry.
        index: u64,
    },
    /// A covered row is gone.
    #[error(
        "row `{id}` of table `{table}`, which entry {index} of log `{log}` committed to, is missing: it was deleted"
    )]
    Deleted {
        /// The table.
        table: &'static str,
        /// The row.
        id: String,
        /// The log.
        log: String,
        /// The entry.
        index: u64,
    },
    /// A row that no leaf covers.
    #[error("row `{id}` of table `{table}` is in no entry of any log: it was slipped in")]
    Unlogged {
        /// The table.
        table: &'static str,
        /// The row.
        id: String,
    },
    /// A sealed body was changed or is gone.
    #[error("the sealed body of item `{item}` (blob `{blob}`) is {what}")]
    Body {
        /// The item.
        item: String,
        /// The blob.
        blob: String,
        /// `missing` or `changed`.
        what: &'static str,
    },
    /// The database could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The folder of bodies could not be read.
    #[error("the folder of sealed bodies cannot be read: {0}")]
    Blobs(#[from] std::io::Error),
}

/// Compares the records with the log. `progress` is told how many rows are done.
pub async fn verify_records(
    store: &Store,
    blobs: &Blobs,
    progress: &mut (dyn FnMut(u64) + Send),
) -> Result<RecordsVerified, AuditFault> {
    verify_within(&mut store.snapshot().await?, blobs, progress).await
}

/// As [`verify_records`], of what a transaction sees: a restored copy before it is committed.
pub async fn verify_within(
    tx: &mut Tx,
    blobs: &Blobs,
    progress: &mut (dyn FnMut(u64) + Send),
) -> Result<RecordsVerified, AuditFault> {
    let mut done = RecordsVerified { rows: 0, leaves: 0 };
    for head in tx.logs().await? {
        done.leaves += leaves(tx, &head).await?;
    }
    macro_rules! each {
        ($($row:ty),+ $(,)?) => {$(
            done.rows += table::<$row>(tx).await?;
            progress(done.rows);
        )+};
    }
    each!(
        AreaRow,
        AgencyRow,
        MembershipRow,
        CredentialRow,
        PersonRow,
        AppointmentRow,
        AbsenceRow,
        NominalRow,
        NominalIdentifierRow,
        PartRow,
        MeetingRow,
        AttendanceRow,
        ExchangeRow,
        CellRow,
        HoldRow,
        DeliveryRow,
        DeliveryStepRow,
        WrapRow,
        NoticeRow,
        ItemRow,
        LevelChangeRow,
        NominalActRow,
        FormRequestRow,
        FormSentRow,
        FormUseRow,
        CustodyClaimRow,
        HandOverRow,
        HealthRequestRow,
        HealthStepRow,
        HealthTaskRow,
        HospitalFlagRow,
        HospitalFlagStepRow,
        WithdrawalRow,
        MailCertificateRow,
        MeshMailboxRow,
        AgencyRouteRow,
        QuarantineRow,
        ReadingRow,
        QuestionRow,
        InvitationRow,
        SecurityKeyRow,
    );
    bodies(tx, blobs).await?;
    Ok(done)
}

/// A log's row says what its own checkpoint does. There is no empty log: a log and its first
/// entry are made together.
fn head_is_signed(head: &LogHead) -> Result<(), AuditFault> {
    let fault = |what| AuditFault::Head {
        log: head.id.clone(),
        what,
    };
    let signed = Checkpoint::unsigned(&head.checkpoint).map_err(|_| fault("checkpoint"))?;
    for (same, what) in [
        (head.origin == signed.origin, "origin"),
        (head.size == signed.size, "size"),
        (head.root == hex::encode(signed.root.0), "root"),
    ] {
        if !same {
            return Err(fault(what));
        }
    }
    Ok(())
}

async fn leaves(tx: &mut Tx, head: &LogHead) -> Result<u64, AuditFault> {
    head_is_signed(head)?;
    let mut next = 0;
    loop {
        let page = tx.leaves(&head.id, next, PAGE).await?;
        if page.is_empty() {
            break;
        }
        let mut covered = tx.leaf_rows_from(&head.id, next, PAGE).await?;
        for leaf in page {
            let fault = |what| AuditFault::Leaf {
                log: head.id.clone(),
                index: next,
                what,
            };
            if leaf.index != next {
                return Err(fault("place"));
            }
            let rows = covered.remove(&next).unwrap_or_default();
            opening(&leaf, &head.area, &rows).map_err(fault)?;
            next += 1;
        }
    }
    if next == head.size {
        return Ok(next);
    }
    Err(AuditFault::Size {
        log: head.id.clone(),
        size: head.size,
        found: next,
    })
}

fn opening(
    leaf: &LeafRow,
    area: &str,
    rows: &[gateway_ledger::CoveredRow],
) -> Result<(), &'static str> {
    let salt = |bytes: &[u8]| bytes.try_into().map(Salt::from_bytes).map_err(|_| "salt");
    let event: Event = serde_json::from_str(&leaf.event).map_err(|_| "event")?;
    let data = leaf_data(&salt(&leaf.salt)?, &event).map_err(|_| "event")?;
    if data.as_slice() != leaf.data {
        return Err("event or salt");
    }
    let at: jiff::Timestamp = event.at.parse().map_err(|_| "time")?;
    for (same, what) in [
        (leaf.id == event.id, "id"),
        (leaf.at == at.as_microsecond(), "time"),
        (leaf.kind == event.kind.as_str(), "kind"),
        (leaf.exchange == event.exchange, "exchange"),
        (leaf.nominal == event.nominal, "nominal"),
        (area == event.area, "area"),
    ] {
        if !same {
            return Err(what);
        }
    }
    let committed = match rows.is_empty() {
        true if leaf.row_salt.is_empty() => None,
        true => return Err("salt of rows"),
        false => Some(commit_rows(&salt(&leaf.row_salt)?, rows)),
    };
    if committed == event.rows {
        Ok(())
    } else {
        Err("list of covered rows")
    }
}

async fn table<R: Record>(tx: &mut Tx) -> Result<u64, AuditFault> {
    let mut logged = HashSet::new();
    let mut after = String::new();
    loop {
        let page = tx.newest_digests(R::TABLE, &after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after.clone_from(&last.id);
        for some in page.chunks(AT_ONCE) {
            let ids: Vec<&str> = some.iter().map(|newest| newest.id.as_str()).collect();
            let rows = tx.get_all::<R>(&ids).await?;
            for newest in some {
                let (table, id) = (R::TABLE, newest.id.clone());
                let (log, index) = (newest.log.clone(), newest.index);
                match rows.get(&newest.id) {
                    None => {
                        return Err(AuditFault::Deleted {
                            table,
                            id,
                            log,
                            index,
                        });
                    }
                    Some(row) if row.covered().digest != newest.digest => {
                        return Err(AuditFault::Changed {
                            table,
                            id,
                            log,
                            index,
                        });
                    }
                    Some(_) => logged.insert(id),
                };
            }
        }
    }
    for id in tx.ids::<R>().await? {
        if !logged.contains(&id) {
            return Err(AuditFault::Unlogged {
                table: R::TABLE,
                id,
            });
        }
    }
    Ok(u64::try_from(logged.len()).unwrap_or(u64::MAX))
}

async fn bodies(tx: &mut Tx, blobs: &Blobs) -> Result<(), AuditFault> {
    let ids = tx.ids::<ItemRow>().await?;
    for some in ids.chunks(AT_ONCE) {
        let some: Vec<&str> = some.iter().map(String::as_str).collect();
        for (id, item) in tx.get_all::<ItemRow>(&some).await? {
            body(blobs, id, item.blob, item.blob_sha256)?;
        }
    }
    let ids = tx.ids::<QuarantineRow>().await?;
    for some in ids.chunks(AT_ONCE) {
        let some: Vec<&str> = some.iter().map(String::as_str).collect();
        for (id, kept) in tx.get_all::<QuarantineRow>(&some).await? {
            body(blobs, id, kept.blob, kept.blob_sha256)?;
        }
    }
    Ok(())
}

/// The sealed body that a row names is there, and is the one that it names.
fn body(
    blobs: &Blobs,
    item: String,
    blob: Option<String>,
    wanted: Option<String>,
) -> Result<(), AuditFault> {
    let (Some(blob), Some(wanted)) = (blob, wanted) else {
        return Ok(());
    };
    let what = match blobs.digest(&blob)? {
        None => "missing",
        Some(found) if found != wanted => "changed",
        Some(_) => return Ok(()),
    };
    Err(AuditFault::Body { item, blob, what })
}
