//! Commands that have a name already and are not built yet: each says so and exits 2.

use std::path::PathBuf;

use clap::Args;

use crate::usage;

/// Write an evidence pack that verifies offline
#[derive(Debug, Args)]
pub struct Export {
    /// The nominal's reference
    #[arg(long, value_name = "REF", conflicts_with = "exchange")]
    nominal: Option<String>,
    /// The exchange's id
    #[arg(long, value_name = "ID")]
    exchange: Option<String>,
    /// Where to write the pack
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// The installation's folder
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

macro_rules! not_built {
    ($($command:ident: $what:literal,)+) => {$(
        impl $command {
            #[doc = "Says that it is not built yet."]
            pub fn run(&self) -> anyhow::Result<()> {
                Err(usage(concat!("`gateway ", $what)))
            }
        }
    )+};
}

not_built! {
    Export: "export` is not built yet: a receipt (`GET /api/v1/exchanges/ID/receipt`) verifies offline meanwhile",
}
