//! Why a mail cannot be handled now. Whatever is wrong with the mail itself is no error: it is
//! kept apart.

use gateway_content::clamd::ScanError;
use gateway_flow::FlowError;
use gateway_store::StoreError;
use gateway_vault::VaultError;

/// It cannot be handled now: the sender keeps it and tries again.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// The flow refused, or its database is away.
    #[error("{0}")]
    Flow(#[from] FlowError),
    /// The vault is away.
    #[error("{0}")]
    Vault(#[from] VaultError),
    /// The database is away.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// The scanner is configured and gives no answer: nothing is taken unscanned.
    #[error("the scanner for malware gives no answer: {0}")]
    Scanner(#[from] ScanError),
    /// The scanner is configured wrongly, or a task was stopped.
    #[error("{0}")]
    Stopped(&'static str),
    /// A certificate, or a list of revoked ones, does not read.
    #[error("{0}")]
    Trust(String),
    /// A kept row does not read.
    #[error("{0}")]
    Corrupt(#[from] serde_json::Error),
}
