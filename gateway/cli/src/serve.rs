//! `gateway serve`.

use std::path::PathBuf;

use clap::Args;
use gateway_core::Clock;

use crate::config::Config;
use crate::listen::Listeners;
use crate::{installation, say};

/// Run an installation until SIGINT or SIGTERM
#[derive(Debug, Args)]
pub struct Serve {
    /// Its configuration, as `gateway init` writes it
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

impl Serve {
    /// Runs it.
    pub async fn run(self) -> anyhow::Result<()> {
        let config = Config::read(&self.config)?;
        let flow = installation::open(&config, Clock::system()).await?;
        flow.may_record().await?;
        let listeners = Listeners::bind(&config).await?;
        let (api, _) = listeners.addresses()?;
        let named = listeners.portal_address()?.unwrap_or(api);
        listeners
            .serve(flow, &config, || {
                say::line(format!("ready https://{named}"));
                Ok(())
            })
            .await
    }
}
