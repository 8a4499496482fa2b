//! `gateway restore`.

mod known;
mod load;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use gateway_core::Clock;
use gateway_flow::epoch::{Continuation, Epoch};
use gateway_seal::MasterKey;
use gateway_store::backup::Schema;
use gateway_store::{Blobs, KeyRow, KeyStore, Store};
use gateway_vault::check_at_rest;

use self::known::{Heads, Known};
use crate::backup::archive::{Archive, file_member};
use crate::backup::manifest::{FORMAT, Keys, Kind, Label, Records, day};
use crate::backup::{bytes_bar, keys_file, logs, records_name};
use crate::config::Config;
use crate::installation::{self, Where};
use crate::{demo, files, say, usage};

/// Restore an installation from a backup, and open a new epoch of each log
///
/// The installation has its configuration and its master key, and a database of records that is
/// empty; of its key store leave what is there. What was recorded after the backup is lost: each
/// log is closed, and a new one begins with the last checkpoint known of it, under a new name
/// and a new verifier key.
#[derive(Debug, Args)]
pub struct Restore {
    #[command(flatten)]
    at: Where,
    /// The backup
    #[arg(long, value_name = "FILE")]
    from: PathBuf,
    /// The keys of the backup, where they are not in FILE.keys
    #[arg(long, value_name = "FILE")]
    keys: Option<PathBuf>,
    /// A checkpoint or a receipt that somebody kept; may be given again
    #[arg(long, value_name = "FILE")]
    known: Vec<PathBuf>,
    /// Take the keys though they should have been destroyed by now
    #[arg(long)]
    expired_keys: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Where to restore to.
pub struct Target {
    /// The records, empty.
    pub store: Store,
    /// The key store, empty or that of the backup's installation.
    pub keys: KeyStore,
    /// The folder of sealed bodies.
    pub blobs: Blobs,
    /// The master key.
    pub master: MasterKey,
    /// A folder of protocols; absent, those that the binary carries.
    pub policies: Option<PathBuf>,
}

/// What is restored from, checked.
pub struct Checked {
    records: Archive,
    manifest: Records,
    keys: Option<Archive>,
    schema: Schema,
    keys_schema: Schema,
    known: Known,
}

/// What was restored.
pub struct Restored {
    /// Of the backup.
    pub manifest: Records,
    /// The new logs, each with what it says of the one before.
    pub epochs: Vec<(Continuation, Epoch)>,
    /// Rows that were compared with what the logs committed to.
    pub rows: u64,
}

impl Restore {
    /// Does it.
    pub async fn run(self) -> anyhow::Result<()> {
        let config = self.at.config()?;
        let target = Target {
            master: installation::master_key(&config)?,
            store: Store::open(&config.database)
                .await
                .context("the database of the records")?,
            keys: KeyStore::open(&config.key_database)
                .await
                .context("the key store")?,
            blobs: installation::blobs(&config)?,
            policies: config.policies.clone(),
        };
        let restored = self.restore(target, &config).await?;
        let places = hand_over(&config, &restored)?;
        self.show(&restored, &places)
    }

    async fn restore(&self, target: Target, config: &Config) -> anyhow::Result<Restored> {
        let checked = self.check(&target, Clock::system().now()).await?;
        let clock = match demo::stands_still(config) {
            // Its time is its log's.
            true => checked
                .newest_event()?
                .map_or_else(Clock::system, Clock::manual),
            false => Clock::system(),
        };
        load::all(checked, target, &clock).await
    }

    /// Everything that can be known before anything is written.
    pub async fn check(&self, target: &Target, now: jiff::Timestamp) -> anyhow::Result<Checked> {
        let (schema, keys_schema) = (Schema::records().await?, Schema::keys().await?);
        if !target.store.is_empty(&schema).await? {
            return Err(usage(
                "the database of this installation has records already: stop the gateway, move the database aside (of SQLite with its -wal and -shm files) or name an empty one in the configuration, and leave the key store where it is",
            ));
        }
        let records = Archive::open(&self.from)?;
        let manifest: Records = records.manifest()?;
        fits(&manifest.label, Kind::Records, &schema)?;
        let keys = self.keys_of(&manifest, target, now, &keys_schema).await?;
        let mut known = Known::of(target).await?;
        if let Some(keys) = &keys {
            check_keys(keys, &keys_schema, &target.master, &mut known)?;
        }
        known.check(&target.master)?;
        for file in &self.known {
            known.kept(file)?;
        }
        known.no_fork()?;
        let bar = bytes_bar(&self.from);
        records.check(&manifest.label.members, &mut |read| bar.inc(read))?;
        records.check_bodies(&mut |read| bar.inc(read))?;
        bar.finish_and_clear();
        let (verifiers, seen) = (known.verifiers(), known.seen());
        logs::check(
            &records,
            &schema,
            &manifest.logs,
            &verifiers,
            &seen,
            &mut |_| {},
        )
        .with_context(|| format!("`{}` cannot be restored", self.from.display()))?;
        Ok(Checked {
            records,
            manifest,
            keys,
            schema,
            keys_schema,
            known,
        })
    }

    /// The backup's keys. Without them a key store that is still there will do: it has every key
    /// but those that were destroyed since.
    async fn keys_of(
        &self,
        manifest: &Records,
        target: &Target,
        now: jiff::Timestamp,
        schema: &Schema,
    ) -> anyhow::Result<Option<Archive>> {
        let path = self.keys.clone().unwrap_or_else(|| keys_file(&self.from));
        let shown = path.display();
        if !path.exists() {
            if self.keys.is_none() && !target.keys.is_empty().await? {
                say::note(format!(
                    "`{shown}` is not there: the key store that is there serves"
                ));
                return Ok(None);
            }
            anyhow::bail!(
                "`{shown}` is not there, and without the keys no record can be opened: name it with --keys, or restore over the key store that the backup was made of"
            );
        }
        let found = file_member(&path, &manifest.keys.name)?;
        anyhow::ensure!(
            found == manifest.keys,
            "`{shown}` is not the file of keys that belongs to `{}`, or it was changed: give another copy of it",
            self.from.display()
        );
        let keys = Archive::open(&path)?;
        let label: Keys = keys.manifest()?;
        fits(&label.label, Kind::Keys, schema)?;
        keys.check(&label.label.members, &mut |_| {})?;
        if now > label.destroy_after && !self.expired_keys {
            return Err(usage(format!(
                "`{shown}` had to be destroyed by {}: it may hold retention keys that were destroyed since; restore over the key store that is still there, without it, or take it all the same with --expired-keys",
                day(label.destroy_after)
            )));
        }
        Ok(Some(keys))
    }

    fn show(&self, restored: &Restored, places: &[PathBuf]) -> anyhow::Result<()> {
        let manifest = &restored.manifest;
        if self.json {
            return say::json(&serde_json::json!({
                "made_at": manifest.label.made_at, "rows": restored.rows, "bodies": manifest.bodies,
                "logs": restored.epochs.iter().zip(places).map(|((old, new), place)| serde_json::json!({
                    "closed": old.origin, "entries": old.held.size, "entries_lost": old.entries_lost(),
                    "opened": new.log.origin, "verifier_key": new.verifier_key, "receipt": place,
                })).collect::<Vec<_>>(),
            }));
        }
        say::line(format!(
            "restored as of {}: {} rows hold against the logs, {} sealed bodies",
            manifest.label.made_at, restored.rows, manifest.bodies
        ));
        for ((old, new), place) in restored.epochs.iter().zip(places) {
            say::line(format!(
                "closed `{}` at {} entries; {}",
                old.origin,
                old.held.size,
                lost(old)
            ));
            say::line(format!("opened `{}`, verifier key:", new.log.origin));
            say::line(&new.verifier_key);
            say::line(format!("its first entry's receipt: {}", place.display()));
        }
        say::note(
            "hand each new verifier key and receipt out to everybody who checks receipts; the old key goes on checking the receipts of before",
        );
        Ok(())
    }
}

/// The verifier keys to hand out: the demo's in `demo.json`, and each new log's first receipt
/// in a file beside the sealed bodies.
fn hand_over(config: &Config, restored: &Restored) -> anyhow::Result<Vec<PathBuf>> {
    let folder = config
        .blobs
        .parent()
        .context("the folder of sealed bodies")?;
    demo::renew_ledger(
        folder,
        restored.epochs.iter().map(|(old, new)| {
            (
                old.origin.as_str(),
                new.log.origin.as_str(),
                new.verifier_key.as_str(),
            )
        }),
    )?;
    let mut places = Vec::new();
    for (_, new) in &restored.epochs {
        let place = folder.join(format!("epoch-{}.tlog-proof", new.log.id));
        files::write(&place, new.receipt.render()?.as_bytes())?;
        places.push(place);
    }
    Ok(places)
}

/// What is lost, in words.
pub fn lost(of: &Continuation) -> String {
    match of.entries_lost() {
        0 => "no entry is known to be lost".to_owned(),
        1 => "1 entry that is known to have been signed is lost".to_owned(),
        n => format!("{n} entries that are known to have been signed are lost"),
    }
}

fn fits(label: &Label, kind: Kind, schema: &Schema) -> anyhow::Result<()> {
    if label.kind != kind {
        return Err(usage(match kind {
            Kind::Records => "this is a file of keys: give the backup itself with --from",
            Kind::Keys => "this is no file of keys: give the one beside the backup with --keys",
        }));
    }
    if (label.format, label.schema) != (FORMAT, schema.version) {
        anyhow::bail!(
            "the backup is of another version (gateway {}, schema {}; this is {} with schema {}): restore it with that gateway, then start the new one on it",
            label.gateway,
            label.schema,
            env!("CARGO_PKG_VERSION"),
            schema.version
        );
    }
    let tables: Vec<&String> = label.rows.keys().collect();
    let mut known: Vec<&String> = schema.tables.iter().map(|table| &table.name).collect();
    known.sort_unstable();
    anyhow::ensure!(
        tables == known,
        "the backup has not the tables of its version: give another copy of it"
    );
    Ok(())
}

/// Every key is under the master key, and what they say of the logs.
fn check_keys(
    keys: &Archive,
    schema: &Schema,
    master: &MasterKey,
    known: &mut Known,
) -> anyhow::Result<()> {
    for table in &schema.tables {
        for line in keys.lines(&records_name(&table.name))? {
            let values = table.read(&line?)?;
            if table.name == "key" {
                let key = KeyRow::from_values(values).context("a key does not read")?;
                check_at_rest(master, &key)?;
                known.key(&key)?;
            } else {
                let mark = gateway_store::Mark::from_values(values);
                let (log, mark) = mark.context("a mark does not read")?;
                known.mark(&log, &mark, "the backup's key store");
            }
        }
    }
    Ok(())
}

impl Checked {
    /// The time of the newest event, which the new epochs follow.
    fn newest_event(&self) -> anyhow::Result<Option<jiff::Timestamp>> {
        let table = self
            .schema
            .table("log_leaf")
            .context("no table of leaves")?;
        let mut newest = None;
        for line in self.records.lines(&records_name(&table.name))? {
            let row: BTreeMap<String, serde_json::Value> = serde_json::from_str(&line?)?;
            newest = newest.max(row.get("at").and_then(serde_json::Value::as_i64));
        }
        Ok(newest.map(jiff::Timestamp::from_microsecond).transpose()?)
    }

    /// What is known of each area's logs.
    fn heads(&self) -> Vec<Heads> {
        self.known.heads(&self.manifest.logs)
    }
}
