//! The demo's world without its month, in a temporary folder, for one measurement.

use std::path::Path;

use gateway_core::Clock;
use gateway_flow::Flow;
use gateway_store::Store;
use gateway_store::measure::Scratch;
use jiff::ToSpan as _;
use tempfile::TempDir;

use crate::config::{Config, NAME};
use crate::demo::State;
use crate::pki::Authority;
use crate::world::{self, Dates};
use crate::{files, installation};

/// A world, and a second one that stands where the first began.
pub struct World {
    /// Its flow.
    pub flow: Flow,
    /// Who is in it.
    pub state: State,
    /// Its configuration.
    pub config: Config,
    /// The records as they were before anything was measured.
    pub twin: Store,
    /// The database, in words.
    pub database: &'static str,
    folder: TempDir,
    scratch: Vec<Scratch>,
}

impl World {
    /// Makes one: on the embedded database, or in databases of its own on a server.
    pub async fn make(server: Option<&str>) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix("gateway-bench-")
            .tempdir()?;
        let dir = folder.path();
        let mut scratch = Vec::new();
        if let Some(server) = server {
            let name = format!("gateway_bench_{:016x}", rand::random::<u64>());
            scratch.push(Scratch::make(server, &name, None).await?);
        }
        match Self::fill(dir, server, &mut scratch).await {
            Ok((flow, state, config, twin)) => Ok(Self {
                flow,
                state,
                config,
                twin,
                database: server.map_or("SQLite", |_| "PostgreSQL"),
                folder,
                scratch,
            }),
            Err(error) => {
                remove(scratch).await?;
                Err(error)
            }
        }
    }

    async fn fill(
        dir: &Path,
        server: Option<&str>,
        scratch: &mut Vec<Scratch>,
    ) -> anyhow::Result<(Flow, State, Config, Store)> {
        let any = ([127, 0, 0, 1], 0).into();
        let url = scratch.first().map(|made| made.url().to_owned());
        Config::of_folder(url, any, any).write(&dir.join(NAME))?;
        let config = Config::read(&dir.join(NAME))?;
        installation::ensure_master_key(&dir.join("master.key"))?;
        let authority = Authority::create(&dir.join("pki"), "Gateway bench authority")?;
        authority.server()?;
        let flow = installation::open(&config, Clock::system()).await?;
        let now = flow.clock.now();
        let ago = |days: i64| now.checked_sub((24 * days).hours());
        let dates = Dates {
            begins: ago(32)?,
            first: ago(28)?,
            ends: now,
        };
        let state = world::build(&flow, &authority, dir, &dates).await?;
        flow.store.close().await;
        drop(flow);
        let twin = twin(dir, server, scratch).await?;
        let flow = installation::open(&config, Clock::system()).await?;
        Ok((flow, state, config, twin))
    }

    /// The folder that everything is in.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Removes it.
    pub async fn end(self) -> anyhow::Result<()> {
        self.flow.store.close().await;
        self.twin.close().await;
        drop(self.flow);
        remove(self.scratch).await
    }
}

async fn remove(scratch: Vec<Scratch>) -> anyhow::Result<()> {
    for made in scratch {
        made.remove().await?;
    }
    Ok(())
}

/// A copy of the records, which nobody is writing.
async fn twin(
    dir: &Path,
    server: Option<&str>,
    scratch: &mut Vec<Scratch>,
) -> anyhow::Result<Store> {
    if let (Some(server), Some(first)) = (server, scratch.first()) {
        let name = format!("{}_twin", first.name());
        let copy = Scratch::make(server, &name, Some(first)).await?;
        let store = Store::open(copy.url()).await;
        scratch.push(copy);
        return Ok(store?);
    }
    for part in ["", "-wal"] {
        let from = dir.join(format!("records.db{part}"));
        if from.exists() {
            files::write(&dir.join(format!("twin.db{part}")), &files::read(&from)?)?;
        }
    }
    Ok(Store::open_file(&dir.join("twin.db")).await?)
}
