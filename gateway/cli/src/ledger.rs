//! `gateway ledger`.

mod epochs;
mod source;

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, Subcommand};
use gateway_flow::audit::{RecordsVerified, verify_records};
use gateway_ledger::{FolderSource, TileSource, Verified, Verifier, verify_log};
use gateway_store::Store;

use self::epochs::{Beside, Earlier, Epochs};
use self::source::WebSource;
use crate::config::NAME;
use crate::{DoesNotHold, files, installation, progress, restore, say, usage};

/// The transparency log
#[derive(Debug, Subcommand)]
pub enum Ledger {
    /// Check a whole log, with no trust in who serves it
    Verify(Verify),
}

/// Check a whole log: every entry, every tile, the root, the signature
///
/// Of an installation's folder, the database is compared with the logs too: every covered row
/// and every sealed body. After a restore the logs before this one are checked as well, with the
/// keys that its first entry names.
#[derive(Debug, Args)]
pub struct Verify {
    /// The log's verifier key: a file with the line, or the line itself; again for each other
    /// log of an installation
    #[arg(long = "key", value_name = "FILE", required = true)]
    keys: Vec<String>,
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
        let verifiers: Vec<Verifier> = self
            .keys
            .iter()
            .map(|key| verifier(key))
            .collect::<anyhow::Result<_>>()?;
        let Some((verifier, others)) = verifiers.split_first() else {
            return Err(usage("give the log's --key"));
        };
        let of_an_installation = self.log.dir.as_ref().filter(|dir| dir.join(NAME).exists());
        if of_an_installation.is_none() && !others.is_empty() {
            return Err(usage("one log has one key: give one --key"));
        }
        match (&self.log.url, &self.log.dir) {
            (Some(url), _) => self.walk(&WebSource::new(url, self.ca.as_deref())?, verifier),
            (None, Some(dir)) if of_an_installation.is_some() => {
                self.installation(dir, verifier, others)
            }
            (None, Some(dir)) => self.walk(&FolderSource::new(dir), verifier),
            (None, None) => Err(usage("give --url URL or --dir DIR")),
        }
    }

    fn installation(
        &self,
        dir: &Path,
        verifier: &Verifier,
        others: &[Verifier],
    ) -> anyhow::Result<()> {
        let config = installation::of_dir(dir)?;
        let runtime = tokio::runtime::Runtime::new().context("the asynchronous runtime")?;
        let store = runtime.block_on(Store::open(&config.database))?;
        let heads = runtime.block_on(async { store.read().await?.logs().await })?;
        let epochs = Epochs {
            runtime: &runtime,
            store: &store,
            heads,
        };
        let head = epochs.of_origin(verifier.origin()).with_context(|| {
            format!(
                "this installation has no log of the origin `{}`, which the key is for",
                verifier.origin()
            )
        })?;
        let bar = progress::bar("rows");
        let compared = runtime.block_on(verify_records(
            &store,
            &installation::blobs(&config)?,
            &mut |rows| bar.set_position(rows),
        ));
        bar.finish_and_clear();
        let checked = compared
            .map_err(|fault| fault.to_string())
            .and_then(|rows| {
                epochs.not_put_back(&config.key_database)?;
                let whole = epochs.walk(head, verifier)?;
                let earlier = epochs.earlier(head)?;
                let beside = epochs.beside(head, &earlier, others)?;
                Ok((whole, rows, earlier, beside))
            });
        runtime.block_on(store.close());
        match checked {
            Ok((whole, rows, earlier, beside)) => {
                self.holds(&whole, Some(rows), &earlier, &beside)?;
                match epochs.instead(head) {
                    Some(open) if !self.json => say::line(format!(
                        "`{}` is closed, and `{}` goes on in its place: check that with its own key",
                        head.origin, open.origin
                    )),
                    Some(_) | None => {}
                }
                Ok(())
            }
            Err(fault) => self.fault(&fault),
        }
    }

    fn walk(&self, source: &dyn TileSource, verifier: &Verifier) -> anyhow::Result<()> {
        let bar = progress::bar("entries");
        let walked = verify_log(source, verifier, &mut |done, of| {
            bar.set_length(of);
            bar.set_position(done);
        });
        bar.finish_and_clear();
        match walked {
            Ok(whole) => self.holds(&whole, None, &[], &[]),
            Err(fault) => self.fault(&fault),
        }
    }

    fn holds(
        &self,
        whole: &Verified,
        records: Option<RecordsVerified>,
        earlier: &[Earlier],
        beside: &[Beside],
    ) -> anyhow::Result<()> {
        let head = &whole.checkpoint;
        if self.json {
            return say::json(&serde_json::json!({
                "holds": true, "origin": head.origin, "entries": whole.entries,
                "root": head.root.to_string(),
                "rows": records.map(|r| r.rows), "leaves": records.map(|r| r.leaves),
                "earlier": earlier.iter().map(|old| serde_json::json!({
                    "origin": old.continues.origin, "entries": old.whole.entries,
                    "root": old.whole.checkpoint.root.to_string(),
                    "entries_lost": old.continues.entries_lost(),
                })).collect::<Vec<_>>(),
                "beside": beside.iter().map(|other| serde_json::json!({
                    "origin": other.whole.checkpoint.origin, "entries": other.whole.entries,
                    "signature_checked": other.signed,
                })).collect::<Vec<_>>(),
            }));
        }
        for old in std::iter::once(whole).chain(earlier.iter().map(|old| &old.whole)) {
            say::line(format!(
                "holds: {} entries of `{}`, root {}",
                old.entries, old.checkpoint.origin, old.checkpoint.root
            ));
        }
        for old in earlier {
            say::line(format!(
                "`{}` was closed by a restore at {} entries; {}",
                old.continues.origin,
                old.whole.entries,
                restore::lost(&old.continues)
            ));
        }
        for other in beside {
            let words = match other.signed {
                true => "",
                false => "; who signed it is not checked: give its key with one more --key",
            };
            say::line(format!(
                "holds: {} entries of `{}`{words}",
                other.whole.entries, other.whole.checkpoint.origin
            ));
        }
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
