//! What a mailroom is told: who the gateway is in mail, whom it trusts, how it sends.

use std::path::PathBuf;
use std::time::Duration;

use gateway_content::clamd::Scanner;
use gateway_mail::{DkimSigner, Resolver, Route};

/// The configuration of a mailroom.
#[derive(Debug)]
pub struct Settings {
    /// The gateway's mail domain: agencies' addresses are `<agency id>@` it.
    pub domain: String,
    /// The gateway's own address.
    pub address: String,
    /// Where people sign in: the base of links in notices.
    pub portal: String,
    /// Certificates of the authorities that S/MIME is trusted by, PEM.
    pub roots: PathBuf,
    /// Intermediate certificates, PEM.
    pub intermediates: Option<PathBuf>,
    /// Lists of revoked certificates, PEM or DER; read again when they change.
    pub revocation_lists: Vec<PathBuf>,
    /// Whether a certificate without a list of its issuer's is refused.
    pub revocation_required: bool,
    /// What looks for malware; none where none is configured.
    pub scanner: Option<Scanner>,
    /// How mail leaves.
    pub route: Route,
    /// What outgoing mail is signed with for its domain (RFC 6376).
    pub dkim: Option<DkimSigner>,
    /// Where the keys of senders' domains are looked up.
    pub resolver: Resolver,
    /// Mebibytes of mail opened at the same time. At 20, fifty sessions of 10 MB take the
    /// process 130 MiB above what it has at rest.
    pub open_at_once: usize,
    /// How long mail waits for its turn to be opened before it is told to come again.
    pub patience: Duration,
}
