//! `demo.json`: where everything is, who there is and how to sign in.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use crate::files;

/// The name of the file.
pub const NAME: &str = "demo.json";

/// What a demo leaves for people and scripts.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct State {
    /// The portal's address.
    #[serde(default)]
    pub portal: String,
    /// The API's address.
    pub api: String,
    /// The mail listener.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub smtp: Option<SmtpState>,
    /// The operator's address.
    pub ops: String,
    /// The authority of all certificates, PEM.
    pub ca: PathBuf,
    /// The gateway in mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gateway: Option<GatewayState>,
    /// The default area's log.
    pub ledger: LedgerState,
    /// Its time stands still until it is moved.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub manual_clock: bool,
    /// The agencies.
    pub agencies: Vec<AgencyState>,
    /// The nominals.
    pub nominals: Vec<NominalState>,
}

/// The mail listener.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SmtpState {
    /// Its host.
    pub host: String,
    /// Its port.
    pub port: u16,
}

/// The gateway in mail.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct GatewayState {
    /// Its own address: agencies' are at the same domain.
    pub email: String,
    /// The certificate to encrypt to, PEM.
    pub smime_cert: PathBuf,
}

/// A log.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct LedgerState {
    /// Its origin.
    pub origin: String,
    /// Its C2SP verifier key, one line.
    pub verifier_key: String,
}

/// An agency.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AgencyState {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: String,
    /// How it receives.
    pub channel: String,
    /// Who holds its key.
    pub custody: String,
    /// Its functional address.
    pub email: String,
    /// Its system's certificate, PEM.
    pub api_cert: PathBuf,
    /// The certificate's key, PEM.
    pub api_key: PathBuf,
    /// Its own age identity, where it holds its key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub age_identity: Option<PathBuf>,
    /// Its S/MIME certificate, PEM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub smime_cert: Option<PathBuf>,
    /// That certificate's key, PEM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub smime_key: Option<PathBuf>,
    /// Its mailbox at NHS MESH, where it is reached by that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mesh_mailbox: Option<String>,
    /// Its people.
    pub users: Vec<UserState>,
}

/// A person at an agency.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct UserState {
    /// The name.
    pub name: String,
    /// The enrolled address.
    pub email: String,
    /// The role.
    pub role: String,
    /// The password.
    pub password: String,
    /// The secret of the one-time codes, base32.
    pub totp_secret: String,
    /// The S/MIME certificate, PEM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub smime_cert: Option<PathBuf>,
    /// That certificate's key, PEM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub smime_key: Option<PathBuf>,
}

/// A nominal.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NominalState {
    /// The gateway's reference.
    #[serde(rename = "ref")]
    pub reference: String,
    /// The name.
    pub name: String,
    /// The date of birth, ISO.
    pub date_of_birth: String,
    /// The PNC ID.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pnc_id: Option<String>,
    /// The NHS number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nhs_number: Option<String>,
    /// The prison number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prison_number: Option<String>,
    /// The MAPPA category.
    pub category: u8,
    /// The MAPPA level.
    pub level: u8,
    /// The lead agency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lead_agency: Option<String>,
    /// The partners.
    pub partners: Vec<String>,
}

impl State {
    /// Reads a folder's.
    pub fn read(dir: &Path) -> anyhow::Result<Self> {
        let text = files::read_text(&dir.join(NAME))?;
        serde_json::from_str(&text).with_context(|| format!("`{NAME}` does not read"))
    }

    /// Writes a folder's.
    pub fn write(&self, dir: &Path) -> anyhow::Result<()> {
        let mut text = serde_json::to_string_pretty(self)?;
        text.push('\n');
        files::write(&dir.join(NAME), text.as_bytes())
    }
}
