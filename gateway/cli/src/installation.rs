//! Opening an installation: a demo's or an `init` folder, or a configuration.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use clap::Args;
use gateway_core::Clock;
use gateway_flow::Flow;
use gateway_forms::Library;
use gateway_protocol::{Directory, Protocols};
use gateway_seal::MasterKey;
use gateway_store::{Blobs, KeyStore, Store};
use gateway_vault::Vault;
use secrecy::{ExposeSecret as _, SecretString};

use crate::config::{Config, NAME};
use crate::{files, usage};

/// Which installation.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct Where {
    /// The folder of a demo, or one made by `gateway init`
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// The configuration file of an installation
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl Where {
    /// Its configuration.
    pub fn config(&self) -> anyhow::Result<Config> {
        match (&self.dir, &self.config) {
            (Some(dir), _) => of_dir(dir),
            (None, Some(file)) => Config::read(file),
            (None, None) => Err(usage("give --dir DIR or --config FILE")),
        }
    }

    /// Its flow, by the system's clock or, in a demo whose clock is set by hand, by the last
    /// time that its log knows.
    pub async fn open(&self) -> anyhow::Result<Flow> {
        let config = self.config()?;
        open(&config, clock_of(&config).await?).await
    }
}

/// The configuration of a folder.
pub fn of_dir(dir: &Path) -> anyhow::Result<Config> {
    let file = dir.join(NAME);
    if !file.exists() {
        return Err(usage(format!(
            "`{}` is no installation: it has no `{NAME}`; make one with `gateway demo` or `gateway init`",
            dir.display()
        )));
    }
    Config::read(&file)
}

/// The clock for a command beside the gateway. Where a demo's is set by hand, its time counts:
/// asked of the running demo, else that of the newest event, for a log never runs backwards.
async fn clock_of(config: &Config) -> anyhow::Result<Clock> {
    let Some(folder) = config.blobs.parent() else {
        return Ok(Clock::system());
    };
    let Ok(state) = crate::demo::State::read(folder) else {
        return Ok(Clock::system());
    };
    if !state.manual_clock {
        return Ok(Clock::system());
    }
    if let Some(now) = shown_by(&state.ops).await {
        return Ok(Clock::manual(now));
    }
    let store = Store::open(&config.database).await?;
    let last = last_event(&store).await?;
    store.close().await;
    Ok(last.map_or_else(Clock::system, Clock::manual))
}

/// What a running demo's clock shows.
async fn shown_by(ops: &str) -> Option<jiff::Timestamp> {
    #[derive(serde::Deserialize)]
    struct Shown {
        now: jiff::Timestamp,
    }
    let client = reqwest::Client::builder()
        .no_proxy()
        .timeout(std::time::Duration::from_secs(2))
        .build()
        .ok()?;
    let answer = client.get(format!("{ops}/clock")).send().await.ok()?;
    let shown: Shown = answer.json().await.ok()?;
    Some(shown.now)
}

/// The time of the newest event of any log.
pub async fn last_event(store: &Store) -> anyhow::Result<Option<jiff::Timestamp>> {
    let mut tx = store.read().await?;
    let mut newest = None;
    for head in tx.logs().await? {
        let last = head.size.checked_sub(1);
        if let Some(last) = last
            && let Some(leaf) = tx.leaf(&head.id, last).await?
        {
            newest = newest.max(Some(jiff::Timestamp::from_microsecond(leaf.at)?));
        }
    }
    Ok(newest)
}

/// Opens everything that a configuration names.
pub async fn open(config: &Config, clock: Clock) -> anyhow::Result<Flow> {
    let protocols = protocols(config.policies.as_deref())?;
    let directory = Arc::new(directory(config)?);
    let store = Store::open(&config.database)
        .await
        .context("the database of the records")?;
    let keys = KeyStore::open(&config.key_database)
        .await
        .context("the key store")?;
    let master = master_key(config)?;
    let vault = Vault::open(
        keys,
        store.clone(),
        Arc::clone(&protocols),
        master,
        clock.clone(),
    )
    .await?;
    let blobs = blobs(config)?;
    let forms = forms(config.policies.as_deref())?;
    Ok(Flow::new(store, blobs, vault, protocols, directory, clock).with_forms(forms))
}

/// The directory of mail domains that a configuration names; the standard one without mail.
fn directory(config: &Config) -> anyhow::Result<Directory> {
    match &config.mail {
        Some(mail) => mail.directory(),
        None => Ok(Directory::standard()?),
    }
}

/// The folder of sealed bodies.
pub fn blobs(config: &Config) -> anyhow::Result<Blobs> {
    Blobs::open(&config.blobs)
        .with_context(|| format!("the folder of sealed bodies `{}`", config.blobs.display()))
}

/// The protocols of a folder, or those that the binary carries.
pub fn protocols(dir: Option<&Path>) -> anyhow::Result<Arc<Protocols>> {
    let loaded = match dir {
        Some(dir) => Protocols::load(dir),
        None => Protocols::embedded(),
    };
    let loaded = loaded.with_context(|| match dir {
        Some(dir) => format!("the sharing protocols do not load from `{}`", dir.display()),
        None => "the sharing protocols do not load".to_owned(),
    })?;
    Ok(Arc::new(loaded))
}

/// The forms of a folder, or those that the binary carries.
pub fn forms(policies: Option<&Path>) -> anyhow::Result<Library> {
    let loaded = match policies {
        Some(policies) => Library::read(policies),
        None => Library::embedded(),
    };
    loaded.context("the forms do not load")
}

/// The master key that a configuration names.
pub fn master_key(config: &Config) -> anyhow::Result<MasterKey> {
    let path = match (
        &config.master_key,
        std::env::var_os("CREDENTIALS_DIRECTORY"),
    ) {
        (Some(path), _) => path.clone(),
        (None, Some(folder)) => Path::new(&folder).join("master.key"),
        (None, None) => anyhow::bail!(
            "there is no master key: name its file as `master_key`, or give systemd the credential `master.key` (LoadCredential=)"
        ),
    };
    let text = SecretString::from(files::read_text(&path)?);
    let key = text.expose_secret().parse();
    key.with_context(|| format!("`{}` holds no master key", path.display()))
}

/// Makes a master key, where there is none.
pub fn ensure_master_key(path: &Path) -> anyhow::Result<()> {
    if path.exists() {
        return Ok(());
    }
    let text = MasterKey::generate().to_text()?;
    files::write(path, format!("{}\n", text.expose_secret()).as_bytes())
}
