//! `gateway ledger`.

mod source;

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, Subcommand};
use gateway_flow::audit::{RecordsVerified, verify_records};
use gateway_ledger::{FolderSource, TileSource, Verifier, verify_log};
use gateway_store::Store;

use self::source::{DatabaseSource, WebSource};
use crate::config::NAME;
use crate::{DoesNotHold, files, installation, progress, say, usage};

/// The transparency log
#[derive(Debug, Subcommand)]
pub enum Ledger {
    /// Check a whole log, with no trust in who serves it
    Verify(Verify),
}

/// Check a whole log: every entry, every tile, the root, the signature
///
/// Of an installation's folder, the database is compared with the log too: every covered row
/// and every sealed body.
#[derive(Debug, Args)]
pub struct Verify {
    /// The log's verifier key: a file with the line, or the line itself
    #[arg(long, value_name = "FILE")]
    key: String,
    #[command(flatten)]
    log: Log,
    /// The authority of the server's certificate, PEM, where the system does not know it
    #[arg(long, value_name = "FILE", requires = "url")]
    ca: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Where the log is.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Log {
    /// Where the log is served: the folder that has `checkpoint` in it, such as
    /// <https://127.0.0.1:8444/ledger>
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// A folder of tiles, or an installation's folder
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

impl Ledger {
    /// Does it.
    pub fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Verify(verify) => verify.run(),
        }
    }
}

/// A verifier key, from a file or the line itself.
pub fn verifier(key: &str) -> anyhow::Result<Verifier> {
    if !Path::new(key).exists()
        && let Ok(verifier) = Verifier::parse(key.trim())
    {
        return Ok(verifier);
    }
    let text = files::read_text(Path::new(key)).map_err(|error| usage(format!("{error:#}")))?;
    Verifier::parse(text.trim())
        .map_err(|error| usage(format!("`{key}` holds no verifier key: {error}")))
}

impl Verify {
    fn run(&self) -> anyhow::Result<()> {
        let verifier = verifier(&self.key)?;
        match (&self.log.url, &self.log.dir) {
            (Some(url), _) => self.walk(&WebSource::new(url, self.ca.as_deref())?, &verifier, None),
            (None, Some(dir)) if dir.join(NAME).exists() => self.installation(dir, &verifier),
            (None, Some(dir)) => self.walk(&FolderSource::new(dir), &verifier, None),
            (None, None) => Err(usage("give --url URL or --dir DIR")),
        }
    }

    fn installation(&self, dir: &Path, verifier: &Verifier) -> anyhow::Result<()> {
        let config = installation::of_dir(dir)?;
        let runtime = tokio::runtime::Runtime::new().context("the asynchronous runtime")?;
        let store = runtime.block_on(Store::open(&config.database))?;
        let heads = runtime.block_on(async { store.read().await?.logs().await })?;
        let head = heads
            .into_iter()
            .find(|head| head.origin == verifier.origin());
        let head = head.with_context(|| {
            format!(
                "this installation has no log of the origin `{}`, which the key is for",
                verifier.origin()
            )
        })?;
        let source = DatabaseSource::new(&runtime, store.clone(), head);
        let bar = progress::bar("rows");
        let compared = runtime.block_on(verify_records(
            &store,
            &installation::blobs(&config)?,
            &mut |rows| bar.set_position(rows),
        ));
        bar.finish_and_clear();
        let done = match compared {
            Ok(records) => self.walk(&source, verifier, Some(records)),
            Err(fault) => self.fault(&fault),
        };
        runtime.block_on(store.close());
        done
    }

    fn walk(
        &self,
        source: &dyn TileSource,
        verifier: &Verifier,
        records: Option<RecordsVerified>,
    ) -> anyhow::Result<()> {
        let bar = progress::bar("entries");
        let walked = verify_log(source, verifier, &mut |done, of| {
            bar.set_length(of);
            bar.set_position(done);
        });
        bar.finish_and_clear();
        let whole = match walked {
            Ok(whole) => whole,
            Err(fault) => return self.fault(&fault),
        };
        let head = &whole.checkpoint;
        if self.json {
            return say::json(&serde_json::json!({
                "holds": true, "origin": head.origin, "entries": whole.entries,
                "root": head.root.to_string(),
                "rows": records.map(|r| r.rows), "leaves": records.map(|r| r.leaves),
            }));
        }
        say::line(format!(
            "holds: {} entries of `{}`, root {}",
            whole.entries, head.origin, head.root
        ));
        if let Some(records) = records {
            say::line(format!(
                "holds: {} rows of the database are what {} entries of its logs committed to",
                records.rows, records.leaves
            ));
        }
        Ok(())
    }

    fn fault(&self, fault: &dyn std::fmt::Display) -> anyhow::Result<()> {
        if self.json {
            say::json(&serde_json::json!({ "holds": false, "fault": fault.to_string() }))?;
        } else {
            say::line(format!("does not hold: {fault}"));
        }
        Err(DoesNotHold.into())
    }
}
