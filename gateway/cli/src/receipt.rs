//! `gateway receipt`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use gateway_ledger::{Checkpoint, ReceiptError};

use crate::{DoesNotHold, files, ledger, say};

/// Receipts
#[derive(Debug, Subcommand)]
pub enum Receipt {
    /// Check a receipt offline: its opening, its place in the log, the signature
    Verify(Verify),
}

/// Check a receipt offline
#[derive(Debug, Args)]
pub struct Verify {
    /// The receipt, a `.tlog-proof` file
    #[arg(value_name = "FILE")]
    receipt: PathBuf,
    /// The log's verifier key: a file with the line, or the line itself
    #[arg(long, value_name = "FILE")]
    key: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Receipt {
    /// Does it.
    pub fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Verify(verify) => verify.run(),
        }
    }
}

impl Verify {
    fn run(&self) -> anyhow::Result<()> {
        let verifier = ledger::verifier(&self.key)?;
        // What is not text is no receipt: it does not hold.
        let text = String::from_utf8_lossy(&files::read(&self.receipt)?).into_owned();
        let checked = gateway_ledger::Receipt::parse(&text)
            .and_then(|receipt| receipt.verify(&verifier).map(|head| (receipt, head)));
        self.show(checked)
    }

    fn show(
        &self,
        checked: Result<(gateway_ledger::Receipt, Checkpoint), ReceiptError>,
    ) -> anyhow::Result<()> {
        let (receipt, head) = match checked {
            Ok(checked) => checked,
            Err(error) => {
                if self.json {
                    say::json(&serde_json::json!({ "holds": false, "fault": error.to_string() }))?;
                } else {
                    say::line(format!("does not hold: {error}"));
                }
                return Err(DoesNotHold.into());
            }
        };
        if self.json {
            return say::json(&serde_json::json!({
                "holds": true, "origin": head.origin, "size": head.size,
                "index": receipt.index, "event": receipt.event,
            }));
        }
        say::line(format!(
            "holds: `{}` at {} is entry {} of {} in `{}`",
            receipt.event.kind, receipt.event.at, receipt.index, head.size, head.origin
        ));
        if let Some(exchange) = &receipt.event.exchange {
            say::line(format!("exchange {exchange}"));
        }
        Ok(())
    }
}
