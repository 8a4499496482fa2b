//! The installation that is measured: this binary's own demo, as a process of its own.

use std::path::Path;
use std::process::Stdio;

use anyhow::{Context as _, bail};
use reqwest::{Certificate, Client, Identity};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::super::times::{Times, count};
use super::LOOK;
use crate::demo::{AgencyState, State};
use crate::files;

/// A running installation.
pub struct House {
    /// Who is in it, and where it listens.
    pub state: State,
    /// The binary.
    gateway: std::path::PathBuf,
    folder: TempDir,
    child: Child,
}

impl House {
    /// Starts one with nothing in it yet.
    pub async fn open(gateway: &Path, database: Option<&str>) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix("gateway-bench-")
            .tempdir()?;
        let any = "127.0.0.1:0";
        let mut command = Command::new(gateway);
        command
            .args(["demo", "--sample", "none", "--dir"])
            .arg(folder.path())
            .args(["--api", any, "--ops", any, "--portal", any, "--smtp", any])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(folder.path().join("stderr.log"))?)
            .kill_on_drop(true);
        if let Some(url) = database {
            command.args(["--database", url]);
        }
        let mut child = command.spawn().context("the installation does not start")?;
        let says = child
            .stdout
            .take()
            .context("the installation has no output")?;
        let mut lines = BufReader::new(says).lines();
        loop {
            match lines.next_line().await? {
                Some(line) if line.starts_with("ready") => break,
                Some(_) => {}
                None => {
                    let why = files::read_text(&folder.path().join("stderr.log"))?;
                    bail!("the installation ended before it was ready: {why}");
                }
            }
        }
        // What it says is read on, so that it never waits for a reader.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let state = State::read(folder.path())?;
        let gateway = gateway.to_owned();
        Ok(Self {
            state,
            gateway,
            folder,
            child,
        })
    }

    /// Its folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// An agency.
    pub fn agency(&self, id: &str) -> anyhow::Result<&AgencyState> {
        let found = self.state.agencies.iter().find(|agency| agency.id == id);
        found.with_context(|| format!("the demo has no agency `{id}`"))
    }

    /// An agency's system, with its certificate.
    pub fn system(&self, id: &str) -> anyhow::Result<Client> {
        let own = self.agency(id)?;
        let pair = [files::read(&own.api_cert)?, files::read(&own.api_key)?].concat();
        Ok(self
            .client()?
            .identity(Identity::from_pem(&pair)?)
            .build()?)
    }

    /// A client that knows the installation's authority alone, and follows nothing.
    pub fn client(&self) -> anyhow::Result<reqwest::ClientBuilder> {
        let ca = Certificate::from_pem(&files::read(&self.state.ca)?)?;
        let quiet = reqwest::redirect::Policy::none();
        Ok(Client::builder()
            .no_proxy()
            .redirect(quiet)
            .tls_certs_only([ca]))
    }

    /// What one of its commands says.
    pub async fn command(&self, words: &[&str]) -> anyhow::Result<String> {
        let done = Command::new(&self.gateway).args(words).output().await?;
        if !done.status.success() {
            let said = [done.stdout, done.stderr].concat();
            bail!(
                "`gateway {}`: {}",
                words.join(" "),
                String::from_utf8_lossy(&said)
            );
        }
        Ok(String::from_utf8(done.stdout)?)
    }

    /// Looks at its memory from now on.
    pub fn watch_memory(&self) -> Watching {
        let place = format!("/proc/{}/status", self.child.id().unwrap_or_default());
        let (stopping, mut stop) = watch::channel(false);
        let looking = tokio::spawn(async move {
            let (mut seen, mut due) = (Vec::new(), tokio::time::interval(LOOK));
            loop {
                tokio::select! {
                    _ = due.tick() => seen.extend(resident(&place)),
                    _ = stop.changed() => return Memory(seen),
                }
            }
        });
        Watching { stopping, looking }
    }

    /// Ends it.
    pub async fn close(mut self) -> anyhow::Result<()> {
        Ok(self.child.kill().await?)
    }
}

fn resident(place: &str) -> Option<f64> {
    super::super::memory::of_status(&std::fs::read_to_string(place).ok()?)
}

/// Somebody looks at the memory.
pub struct Watching {
    stopping: watch::Sender<bool>,
    looking: JoinHandle<Memory>,
}

impl Watching {
    /// What was seen.
    pub async fn stop(self) -> anyhow::Result<Memory> {
        self.stopping.send(true)?;
        Ok(self.looking.await?)
    }
}

/// Resident memory over the time, MiB.
pub struct Memory(Vec<f64>);

impl Memory {
    /// The medians of the second fifth of the time, when all is warm, and of the last.
    pub fn early_and_late(&self) -> Option<(f64, f64)> {
        let fifth = (self.0.len() / 5).max(1);
        let median = |part: &[f64]| Times::of(part.to_vec()).median();
        let early = self.0.chunks(fifth).nth(1)?;
        let late = self.0.rchunks(fifth).next()?;
        (count(self.0.len()) >= 5.0).then(|| (median(early), median(late)))
    }
}
