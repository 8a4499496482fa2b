//! `[portal]` in `gateway.toml`: the listener for people's browsers.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use gateway_api::{Api, ledger_router};
use gateway_content::clamd::Scanner;
use gateway_flow::Flow;
use gateway_flow::key::Keys;
use gateway_portal::{Pages, Portal, Settings, router};
use serde::{Deserialize, Serialize};

use crate::mail::MailConfig;

/// The demo's number for whoever cannot go on: one that Ofcom keeps for drama.
const DEMO_PHONE: &str = "020 7946 0123";

/// The portal's listener.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PortalConfig {
    /// Where it listens.
    pub address: SocketAddr,
    /// The certificate chain, PEM.
    pub certificate: PathBuf,
    /// Its private key, PEM.
    pub key: PathBuf,
    /// The coordination unit's number, for whoever cannot go on.
    pub coordination_phone: String,
    /// A session ends when it is used from another network than it was begun in (IPv4 /24, IPv6
    /// /48), as it does from another browser. Set to `false` where staff move between networks
    /// while they work, or where the portal has both an IPv4 and an IPv6 address.
    #[serde(default = "bound")]
    pub session_network: bool,
    /// The address that people open it by, `https://NAME[:PORT]`: security keys are bound to its
    /// name. Absent, it is the one that mails lead to, or where it listens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
}

const fn bound() -> bool {
    true
}

impl PortalConfig {
    /// The demo's, which shares the API's certificate.
    pub fn of_folder(folder: &Path, address: SocketAddr) -> Self {
        Self {
            address,
            certificate: folder.join("pki/server.pem"),
            key: folder.join("pki/server.key"),
            coordination_phone: DEMO_PHONE.to_owned(),
            session_network: bound(),
            origin: None,
        }
    }

    /// What security keys are bound to; none where the address has no name.
    pub fn keys(&self, mail: Option<&MailConfig>) -> Option<Keys> {
        let origin = match (&self.origin, mail) {
            (Some(origin), _) => origin.clone(),
            (None, Some(mail)) => mail.portal.clone(),
            (None, None) => format!("https://{}", self.address),
        };
        let keys = Keys::at(&named(&origin));
        if keys.is_none() {
            tracing::warn!(%origin, "security keys cannot be used: the portal's address has no name. Give one as `origin` in `[portal]`");
        }
        keys
    }

    /// Makes its paths absolute.
    pub fn seen_from(&mut self, folder: &Path) {
        for path in [&mut self.certificate, &mut self.key] {
            *path = folder.join(&path);
        }
    }

    /// Its pages, with the log beside them.
    pub fn router(&self, flow: Flow, api: Api, scanner: Option<Scanner>) -> Pages {
        let settings = Settings {
            coordination_phone: self.coordination_phone.clone(),
            session_network: self.session_network,
        };
        let portal = Portal::new(flow, settings).scanned_by(scanner);
        router(portal, ledger_router(api))
    }
}

/// An address on loopback by its name: a number is none.
fn named(origin: &str) -> String {
    for loopback in ["https://127.0.0.1", "https://[::1]"] {
        if let Some(rest) = origin.strip_prefix(loopback)
            && (rest.is_empty() || rest.starts_with([':', '/']))
        {
            return format!("https://localhost{rest}");
        }
    }
    origin.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loopback_address_has_a_name() {
        for (origin, name) in [
            ("https://127.0.0.1:8443", "https://localhost:8443"),
            ("https://[::1]:8443", "https://localhost:8443"),
            ("https://127.0.0.1", "https://localhost"),
            ("https://127.0.0.15", "https://127.0.0.15"),
            ("https://portal.example", "https://portal.example"),
        ] {
            assert_eq!(named(origin), name);
        }
    }
}
