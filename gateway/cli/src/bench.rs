//! `gateway bench`: each figure beside its limit or its peer, measured in the same run.
//!
//! One file a measurement; `figure` is what they give, `times` how they time. The peers are the
//! machine's own limit for the same work, or the bare part that the gateway adds to.

mod absent;
mod annex_f;
mod bare;
mod decide;
mod figure;
mod health;
mod ingest;
mod mails;
mod memory;
mod mix;
mod portal;
mod post;
mod proof;
mod record;
mod seal;
mod send;
mod times;
mod world;

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;

use self::figure::Figure;
use crate::{DoesNotHold, say, usage};

/// The measurements. Memory is measured first, while the process is small.
const NAMES: [&str; 11] = [
    "seal", "decide", "proof", "record", "post", "ingest", "absent", "portal", "annex-f", "health",
    "mix",
];

/// Measure the gateway against its limits
///
/// NAME is one of `record`, `post`, `ingest`, `decide`, `seal`, `proof`, `absent`, `portal`, `annex-f`, `health` and `mix`. Every
/// figure stands beside its limit or its peer, measured in the same run; `ratio` is the figure
/// divided by the peer's. In JSON, `median` and `p99` are microseconds, `rate` is a second, and
/// `unit` is that of `figure` and `peer_figure`. Everything happens in a temporary folder (TMPDIR
/// says where).
#[derive(Debug, Args)]
pub struct Bench {
    /// One measurement; all without it
    name: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Measure `record`, `post`, `ingest`, `portal`, `annex-f` and `health` on this PostgreSQL server as well, in databases of its own, and `mix` on it alone
    #[arg(long, value_name = "URL")]
    database: Option<String>,
    /// Seal a stream of 1 GiB as well, import 10,000 forms, take in an answer of 1 GiB by MESH, and let `mix` go on for ten minutes
    #[arg(long)]
    large: bool,
    /// Hand the mails of `ingest` to this mail server too, which is to accept and keep them
    #[arg(long, value_name = "ADDR")]
    smtp: Option<std::net::SocketAddr>,
    /// Carry the requests of `health` by the MESH at URL, as the NHS's own sandbox serves it
    #[arg(long, value_name = "URL")]
    mesh: Option<String>,
}

/// What every measurement is told.
#[derive(Debug, Clone)]
struct Setup {
    /// Divides how often everything is done: 1, and much more in tests of the form alone.
    divisor: usize,
    /// A PostgreSQL server, to measure on as well.
    database: Option<String>,
    /// Streams of 1 GiB, and an import of 10,000 forms.
    large: bool,
    /// A mail server to compare with.
    smtp: Option<std::net::SocketAddr>,
    /// A MESH to carry requests by.
    mesh: Option<String>,
    /// The binary whose installation is put under load.
    gateway: PathBuf,
}

impl Setup {
    /// How often to do what is done `full` times.
    fn times(&self, full: usize) -> usize {
        (full / self.divisor).max(4)
    }

    /// The databases: embedded, and on a server where one is named.
    fn databases(&self) -> impl Iterator<Item = Option<&str>> {
        std::iter::once(None).chain(self.database.as_deref().map(Some))
    }
}

impl Bench {
    /// Runs it.
    ///
    /// # Errors
    /// [`DoesNotHold`] where a figure is not what it is meant to be.
    pub async fn run(self) -> anyhow::Result<()> {
        let names = match &self.name {
            None => NAMES.to_vec(),
            Some(name) => vec![known(name)?],
        };
        let setup = Setup {
            divisor: 1,
            database: self.database,
            large: self.large,
            smtp: self.smtp,
            mesh: self.mesh,
            gateway: std::env::current_exe().context("this binary's own place")?,
        };
        let mut all = Vec::new();
        for name in names {
            let figures = measure(name, &setup).await?;
            if !self.json {
                figure::table(name, &figures);
            }
            all.extend(figures);
        }
        if self.json {
            say::json(&all)?;
        } else {
            say::line(format!("profile: {}", figure::PROFILE));
        }
        match all.iter().any(Figure::falls_short) {
            true => Err(DoesNotHold.into()),
            false => Ok(()),
        }
    }
}

fn known(name: &str) -> anyhow::Result<&'static str> {
    NAMES.into_iter().find(|n| *n == name).ok_or_else(|| {
        usage(format!(
            "there is no measurement `{name}`: give one of {}",
            NAMES.join(", ")
        ))
    })
}

async fn measure(name: &str, setup: &Setup) -> anyhow::Result<Vec<Figure>> {
    match name {
        "record" => record::run(setup).await,
        "post" => post::run(setup).await,
        "ingest" => ingest::run(setup).await,
        "decide" => decide::run(setup),
        "seal" => seal::run(setup),
        "proof" => proof::run(setup),
        "absent" => absent::run(setup).await,
        "portal" => portal::run(setup).await,
        "annex-f" => annex_f::run(setup).await,
        "health" => health::run(setup).await,
        "mix" => mix::run(setup).await,
        other => Err(known(other).err().unwrap_or_else(|| usage(other))),
    }
}

#[cfg(test)]
mod tests;
