//! `gateway init`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use gateway_core::Clock;

use crate::config::{Config, NAME};
use crate::pki::Authority;
use crate::{files, installation, say, usage};

/// Make a new installation: configuration, master key, certificates, an empty database
///
/// The certificates are for a trial on this machine: put your own in their place before
/// others call.
#[derive(Debug, Args)]
pub struct Init {
    /// The folder to make it in
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    /// A PostgreSQL database for records and keys, instead of files in the folder
    #[arg(long, value_name = "URL")]
    database: Option<String>,
    /// Where the API listens
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8444")]
    api: SocketAddr,
    /// Where the operator's listener is: loopback
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:9443")]
    ops: SocketAddr,
}

impl Init {
    /// Makes it.
    pub async fn run(self) -> anyhow::Result<()> {
        let file = self.dir.join(NAME);
        if file.exists() {
            return Err(usage(format!(
                "`{}` is there already: give another folder",
                file.display()
            )));
        }
        files::folder(&self.dir)?;
        installation::ensure_master_key(&self.dir.join("master.key"))?;
        let authority = Authority::create(&self.dir.join("pki"), "Gateway trial authority")?;
        authority.server()?;
        // The configuration last: with it the folder is an installation.
        Config::of_folder(self.database, self.api, self.ops).write(&file)?;
        let flow = installation::open(&Config::read(&file)?, Clock::system()).await?;
        flow.store.close().await;
        say::line(file.display().to_string());
        say::note(format!(
            "next: `gateway area add london --name London --origin gateway.example/london --dir {dir}`, \
             agencies and people the same way, then `gateway serve --config {file}`; \
             move master.key into a systemd credential before it holds real records",
            dir = self.dir.display(),
            file = file.display(),
        ));
        Ok(())
    }
}
