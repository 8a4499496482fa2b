//! Why something cannot be done now. What is wrong with a message itself is no error: it is kept
//! apart, or failed.

use gateway_content::clamd::ScanError;
use gateway_flow::FlowError;
use gateway_store::StoreError;
use gateway_vault::VaultError;

/// It cannot be done now, and is tried again.
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
    /// MESH is away, or refuses.
    #[error("{0}")]
    Mesh(#[from] gateway_mesh::Error),
    /// The scanner is configured and gives no answer: nothing is taken unscanned.
    #[error("the scanner for malware gives no answer: {0}")]
    Scanner(#[from] ScanError),
    /// A record cannot be said as a message, or a message as a record, by the gateway's own fault.
    #[error("{0}")]
    Stopped(&'static str),
    /// A kept row does not read.
    #[error("{0}")]
    Corrupt(#[from] serde_json::Error),
    /// A body cannot be read or kept.
    #[error("{0}")]
    Io(#[from] std::io::Error),
}
