//! `gateway backup`.

pub mod archive;
pub mod logs;
pub mod manifest;

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use gateway_core::{Clock, Id};
use gateway_store::backup::Schema;
use gateway_store::{Blobs, KeyRow, KeyStore, Store, Tx};
use indicatif::ProgressBar;

use self::archive::{Archive, BLOBS, Beside, Member, Writer, blob_name};
use self::manifest::{FORMAT, Keys, Kind, Label, Log, Records, day, destroy_after};
use crate::installation::{self, Where};
use crate::{progress, say};

/// Back up an installation while it runs
///
/// Two files: FILE, with the records and the sealed bodies, and FILE.keys, with the keys, each
/// under the master key, which is in neither. Keep the two apart, and destroy FILE.keys by the
/// day that is said: a retention key that is destroyed is then gone from every copy.
#[derive(Debug, Args)]
pub struct Backup {
    #[command(flatten)]
    at: Where,
    /// Where to write the backup; the keys go to FILE.keys
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What a backup is made of.
pub struct Source {
    /// The records.
    pub store: Store,
    /// The key store.
    pub keys: KeyStore,
    /// The folder of sealed bodies.
    pub blobs: Blobs,
}

impl Backup {
    /// Makes it.
    pub async fn run(self) -> anyhow::Result<()> {
        let config = self.at.config()?;
        let source = Source {
            store: Store::open(&config.database)
                .await
                .context("the database of the records")?,
            keys: KeyStore::open(&config.key_database)
                .await
                .context("the key store")?,
            blobs: installation::blobs(&config)?,
        };
        let made = make(&source, &self.out, &Clock::system()).await?;
        source.store.close().await;
        source.keys.close().await;
        let rows: u64 = made.label.rows.values().sum();
        let (keys, gone) = (keys_file(&self.out), day(made.keys_destroy_after));
        if self.json {
            return say::json(&serde_json::json!({
                "records": self.out, "keys": keys, "destroy_keys_by": made.keys_destroy_after,
                "tables": made.label.rows.len(), "rows": rows, "bodies": made.bodies,
                "logs": made.logs.iter().map(|log| serde_json::json!({
                    "origin": log.origin, "entries": log.size, "root": log.root,
                })).collect::<Vec<_>>(),
            }));
        }
        say::line(format!(
            "{}: {rows} rows of {} tables, {} sealed bodies",
            self.out.display(),
            made.label.rows.len(),
            made.bodies
        ));
        for log in &made.logs {
            say::line(format!("log `{}`: {} entries", log.origin, log.size));
        }
        say::line(format!("{}: destroy it by {gone}", keys.display()));
        say::note(
            "keep the two files apart, and the master key apart from both: it is in neither, and without it nothing can be restored",
        );
        Ok(())
    }
}

/// The keys' file beside a backup.
pub fn keys_file(records: &Path) -> PathBuf {
    let mut name = records.as_os_str().to_owned();
    name.push(".keys");
    name.into()
}

/// The member of a table's rows.
pub fn records_name(table: &str) -> String {
    format!("records/{table}.jsonl")
}

/// Makes a backup of a gateway that may be running, and reads it back before it gets its name.
pub async fn make(source: &Source, out: &Path, clock: &Clock) -> anyhow::Result<Records> {
    let id = Id::new(clock).to_string();
    let label = |kind, schema: &Schema| Label {
        format: FORMAT,
        kind,
        backup: id.clone(),
        gateway: env!("CARGO_PKG_VERSION").to_owned(),
        made_at: clock.now(),
        schema: schema.version,
        rows: BTreeMap::new(),
        members: Vec::new(),
    };
    let schema = Schema::records().await?;
    let bar = progress::bar("rows");
    let mut archive = Writer::create(out)?;
    // The records' snapshot first: a key is made before a row needs it.
    let mut snapshot = source.store.snapshot().await?;
    let logs = snapshot.logs().await?.into_iter().map(Log::from).collect();
    let of_keys = label(Kind::Keys, &Schema::keys().await?);
    let (keys, public) = write_keys(source, &keys_file(out), of_keys).await?;
    let mut label = label(Kind::Records, &schema);
    for table in &schema.tables {
        bar.set_length(bar.length().unwrap_or(0) + snapshot.count(table).await?);
    }
    for table in &schema.tables {
        let mut member = archive.begin(&records_name(&table.name))?;
        let rows = snapshot
            .dump(table, &mut |values| {
                bar.inc(1);
                writeln!(member, "{}", table.line(&values))
            })
            .await?;
        member.finish()?;
        label.rows.insert(table.name.clone(), rows);
    }
    list_bodies(&mut snapshot, &source.blobs, &mut archive).await?;
    drop(snapshot);
    bar.finish_and_clear();
    let bodies = copy_bodies(&source.blobs, &mut archive)?;
    label.members = archive.members().to_vec();
    let made = Records {
        keys_destroy_after: destroy_after(label.made_at),
        label,
        logs,
        bodies,
        keys: keys.member()?,
    };
    let records = archive.close(&made)?;
    read_back(&records, &schema, &made, &public)?;
    keys.place()?;
    records.place()?;
    Ok(made)
}

/// Writes the keys, beside their place yet; the logs' verifier keys too.
async fn write_keys(
    source: &Source,
    out: &Path,
    mut label: Label,
) -> anyhow::Result<(Beside, BTreeMap<String, String>)> {
    let mut archive = Writer::create(out)?;
    let mut snapshot = source.keys.snapshot().await?;
    let mut public = BTreeMap::new();
    for table in &Schema::keys().await?.tables {
        let mut member = archive.begin(&records_name(&table.name))?;
        let rows = snapshot
            .dump(table, &mut |values| {
                writeln!(member, "{}", table.line(&values))?;
                if let Some(key) = KeyRow::from_values(values).filter(|key| key.purpose == "log") {
                    public.insert(key.scope, key.public);
                }
                Ok(())
            })
            .await?;
        member.finish()?;
        label.rows.insert(table.name.clone(), rows);
    }
    label.members = archive.members().to_vec();
    let destroy_after = destroy_after(label.made_at);
    Ok((
        archive.close(&Keys {
            label,
            destroy_after,
        })?,
        public,
    ))
}

/// Lists the sealed bodies of the snapshot; they are copied after it, for they never change.
async fn list_bodies(snapshot: &mut Tx, blobs: &Blobs, archive: &mut Writer) -> anyhow::Result<()> {
    let mut member = archive.begin(BLOBS)?;
    let list = &mut |id: String, sha256| {
        let listed = Member {
            size: blobs.open_blob(&id)?.metadata()?.len(),
            name: blob_name(&id),
            sha256,
        };
        writeln!(member, "{}", serde_json::to_string(&listed)?)
    };
    snapshot
        .bodies(list)
        .await
        .context("a sealed body is missing: run `gateway ledger verify`, which names its item")?;
    Ok(member.finish()?)
}

fn copy_bodies(blobs: &Blobs, archive: &mut Writer) -> anyhow::Result<u64> {
    let listed = archive.read_back(BLOBS)?;
    let bar = progress::bar("sealed bodies");
    let mut done = 0;
    for line in io::BufRead::lines(listed) {
        let member: Member = serde_json::from_str(&line?)?;
        let id = archive::blob_id(&member.name).context("a body without an id")?;
        archive.body(&member, &mut blobs.open_blob(id)?)?;
        done += 1;
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(done)
}

/// A backup that has not been read back is none.
fn read_back(
    beside: &Beside,
    schema: &Schema,
    made: &Records,
    keys: &BTreeMap<String, String>,
) -> anyhow::Result<()> {
    let archive = Archive::open(beside.path())?;
    let bar = bytes_bar(beside.path());
    archive.check(&made.label.members, &mut |read| bar.inc(read))?;
    archive.check_bodies(&mut |read| bar.inc(read))?;
    bar.finish_and_clear();
    for table in &schema.tables {
        for line in archive.lines(&records_name(&table.name))? {
            table.read(&line?)?;
        }
    }
    logs::check(&archive, schema, &made.logs, keys, &[], &mut |_| {})
        .context("a log does not hold: run `gateway ledger verify`, which names the place")
}

/// A bar of the bytes of a file that are read.
pub fn bytes_bar(path: &Path) -> ProgressBar {
    let bar = progress::bar("bytes read");
    bar.set_length(path.metadata().map_or(0, |file| file.len()));
    bar
}
