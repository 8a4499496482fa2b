//! `[portal]` in `gateway.toml`: the listener for people's browsers.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use gateway_api::{Api, ledger_router};
use gateway_content::clamd::Scanner;
use gateway_flow::Flow;
use gateway_portal::{Pages, Portal, Settings, router};
use serde::{Deserialize, Serialize};

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
        }
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
