//! Writing: the sealed bodies, and in one transaction all records and the new epochs. A failure
//! before the keys are committed leaves nothing; one after it leaves keys that a second run
//! finds to be the same, and no record.

use anyhow::Context as _;
use gateway_core::Clock;
use gateway_flow::audit::{RecordsVerified, verify_within};
use gateway_flow::epoch::{Continuation, Epoch, open_epoch};
use gateway_store::backup::Table;
use gateway_store::{Blobs, KeyRow, KeyStore, Mark, Tx};
use gateway_vault::Vault;

use super::{Checked, Restored, Target};
use crate::backup::archive::{Archive, blob_id};
use crate::backup::records_name;
use crate::{installation, progress};

/// How many rows are read before they are written.
const PAGE: usize = 200;

/// Writes what was checked.
pub async fn all(checked: Checked, target: Target, clock: &Clock) -> anyhow::Result<Restored> {
    let mut added = Vec::new();
    let blobs = target.blobs.clone();
    let done = records(&checked, target, clock, &mut added).await;
    match done {
        Ok((rows, epochs)) => Ok(Restored {
            manifest: checked.manifest,
            epochs,
            rows: rows.rows,
        }),
        Err(error) => {
            for id in added {
                blobs.remove(&id)?;
            }
            Err(error)
        }
    }
}

async fn records(
    checked: &Checked,
    target: Target,
    clock: &Clock,
    added: &mut Vec<String>,
) -> anyhow::Result<(RecordsVerified, Vec<(Continuation, Epoch)>)> {
    let protocols = installation::protocols(target.policies.as_deref())?;
    let mut keys = target.keys.merging().await?;
    if let Some(archive) = &checked.keys {
        for table in &checked.keys_schema.tables {
            merge(&mut keys, table, archive).await?;
        }
    }
    bodies(&checked.records, &target.blobs, added)?;
    let mut tx = target.store.write("restore").await?;
    tx.unhurried().await?;
    load(&mut tx, checked).await?;
    let bar = progress::bar("rows compared");
    let verified = verify_within(&mut tx, &target.blobs, &mut |rows| bar.set_position(rows))
        .await
        .context("the backup's records are not what its logs committed to")?;
    bar.finish_and_clear();
    // Whoever signed out since the backup would be signed in again.
    tx.remove_sessions().await?;
    tx.remove_ceremonies().await?;
    keys.commit().await?;
    let store = target.store.clone();
    let policy = protocols.digest().to_owned();
    let key_store = target.keys.clone();
    let vault = Vault::open(target.keys, store, protocols, target.master, clock.clone()).await?;
    let mut epochs = Vec::new();
    for head in checked.heads() {
        let old = tx.log(&head.log.id).await?.context("a log is gone")?;
        let epoch = open_epoch(
            &mut tx,
            &vault,
            clock,
            &policy,
            &old,
            head.epoch,
            &head.continues,
        );
        epochs.push((head.continues.clone(), epoch.await?));
    }
    nothing_signed_since(&key_store, &epochs).await?;
    tx.commit().await?;
    for (_, epoch) in &epochs {
        let mark = Mark {
            size: epoch.log.size,
            root: epoch.log.root.clone(),
        };
        vault.given_out(&epoch.log.id, &mark).await?;
    }
    target.store.close().await;
    Ok((verified, epochs))
}

/// The old logs are closed by now. A gateway that still ran, and signed after the marks were
/// read, makes this begin again: the new epoch must commit to all that was given out.
async fn nothing_signed_since(
    keys: &KeyStore,
    epochs: &[(Continuation, Epoch)],
) -> anyhow::Result<()> {
    for (continues, _) in epochs {
        let mark = keys.mark(&continues.log).await?;
        let ahead = mark.filter(|mark| mark.size > continues.known.size);
        anyhow::ensure!(
            ahead.is_none(),
            "log `{}` was signed in while this ran: stop the old gateway, and run this again",
            continues.origin
        );
    }
    Ok(())
}

async fn merge(keys: &mut Tx, table: &Table, archive: &Archive) -> anyhow::Result<()> {
    for line in archive.lines(&records_name(&table.name))? {
        let values = table.read(&line?)?;
        if table.name == "key" {
            let key = KeyRow::from_values(values).context("a key does not read")?;
            keys.merge_key(&key).await?;
        } else {
            let (log, mark) = Mark::from_values(values).context("a mark does not read")?;
            keys.merge_mark(&log, &mark).await?;
        }
    }
    Ok(())
}

fn bodies(archive: &Archive, blobs: &Blobs, added: &mut Vec<String>) -> anyhow::Result<()> {
    let bar = progress::bar("sealed bodies");
    archive.bodies(&mut |member, from| {
        let id = blob_id(&member.name).context("a body without an id")?;
        let there = blobs.digest(id)?.is_some();
        let put = blobs.put_back(id, &member.sha256, from);
        if put.with_context(|| format!("the sealed body `{id}`"))? && !there {
            added.push(id.to_owned());
        }
        bar.inc(1);
        Ok(())
    })?;
    bar.finish_and_clear();
    Ok(())
}

async fn load(tx: &mut Tx, checked: &Checked) -> anyhow::Result<()> {
    let rows = &checked.manifest.label.rows;
    let bar = progress::bar("rows");
    bar.set_length(rows.values().sum());
    for table in &checked.schema.tables {
        let mut later = Vec::new();
        let mut lines = checked
            .records
            .lines(&records_name(&table.name))?
            .peekable();
        let mut done = 0;
        while lines.peek().is_some() {
            let page: anyhow::Result<Vec<_>> = lines
                .by_ref()
                .take(PAGE)
                .map(|line| Ok(table.read(&line?)?))
                .collect();
            let page = page?;
            done += page.len() as u64;
            bar.inc(page.len() as u64);
            tx.load(table, page, &mut later).await?;
        }
        tx.refer(table, later).await?;
        anyhow::ensure!(
            rows.get(&table.name) == Some(&done),
            "the table `{}` has not the rows of the manifest",
            table.name
        );
    }
    bar.finish_and_clear();
    Ok(())
}
