//! `gateway key`.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use gateway_core::AgencyId;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::installation::Where;
use crate::{files, say, usage};

/// Agencies' keys and the certificates by which their systems call
#[derive(Debug, Subcommand)]
pub enum Key {
    /// Enrol the client certificate of an agency's system
    Add(Add),
    /// List agencies' keys and certificates
    List(List),
    /// Give an agency a new key, and wrap what it has for it; or an area new keys
    Rotate(Rotate),
    /// Revoke a client certificate: at once, on open connections too
    Revoke(Revoke),
}

/// Enrol the client certificate of an agency's system
#[derive(Debug, Args)]
pub struct Add {
    #[command(flatten)]
    at: Where,
    /// The agency
    agency: String,
    /// The certificate, PEM
    #[arg(long, value_name = "FILE")]
    certificate: PathBuf,
}

/// List agencies' keys and certificates
#[derive(Debug, Args)]
pub struct List {
    #[command(flatten)]
    at: Where,
    /// Those of one agency
    #[arg(long)]
    agency: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Give an agency a new key, and wrap what it has for it
#[derive(Debug, Args)]
pub struct Rotate {
    #[command(flatten)]
    at: Where,
    /// The agency
    #[arg(required_unless_present = "area")]
    agency: Option<String>,
    /// Or an area: new keys for its sealed columns and held items
    #[arg(long, conflicts_with_all = ["agency", "recipient"])]
    area: Option<String>,
    /// The new recipient, where the agency holds its key itself
    #[arg(long, value_name = "AGE1…")]
    recipient: Option<String>,
}

/// Revoke a client certificate
#[derive(Debug, Args)]
pub struct Revoke {
    #[command(flatten)]
    at: Where,
    /// The SHA-256 of the certificate, hexadecimal, as `gateway key list` shows it
    #[arg(required_unless_present = "certificate")]
    fingerprint: Option<String>,
    /// Or the certificate itself, PEM
    #[arg(long, value_name = "FILE", conflicts_with = "fingerprint")]
    certificate: Option<PathBuf>,
}

#[derive(Debug, Serialize)]
struct Shown {
    agency: String,
    kind: &'static str,
    id: String,
    state: String,
}

impl Key {
    /// Does it.
    pub async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Add(add) => {
                let print = fingerprint(&add.certificate)?;
                let flow = add.at.open().await?;
                flow.add_credential(&add.agency, &print).await?;
                say::line(print);
                Ok(())
            }
            Self::List(list) => list.run().await,
            Self::Rotate(rotate) => {
                let flow = rotate.at.open().await?;
                if let Some(area) = &rotate.area {
                    return Ok(flow.rotate_area_keys(area).await?);
                }
                let agency = rotate
                    .agency
                    .ok_or_else(|| usage("give an agency or --area"))?;
                let wraps = flow
                    .rotate_key(&agency, rotate.recipient.as_deref())
                    .await?;
                say::line(format!("{wraps} wraps made again for the new key"));
                Ok(())
            }
            Self::Revoke(revoke) => {
                let print = match (&revoke.fingerprint, &revoke.certificate) {
                    (Some(print), _) => print.clone(),
                    (None, Some(file)) => fingerprint(file)?,
                    (None, None) => return Err(usage("give a fingerprint or --certificate")),
                };
                let flow = revoke.at.open().await?;
                Ok(flow.revoke_credential(&print).await?)
            }
        }
    }
}

fn fingerprint(file: &std::path::Path) -> anyhow::Result<String> {
    let certificate = CertificateDer::from_pem_slice(&files::read(file)?)
        .ok()
        .with_context(|| format!("`{}` holds no PEM certificate", file.display()))?;
    Ok(hex::encode(Sha256::digest(&certificate)))
}

impl List {
    async fn run(self) -> anyhow::Result<()> {
        let flow = self.at.open().await?;
        let mut tx = flow.store.read().await?;
        let mut shown = Vec::new();
        for agency in tx.agencies().await? {
            if self
                .agency
                .as_ref()
                .is_some_and(|wanted| *wanted != agency.id)
            {
                continue;
            }
            let id: AgencyId = agency.id.parse()?;
            let keys = flow.vault.reader_keys(std::slice::from_ref(&id)).await?;
            shown.extend(keys.into_values().map(|key| Shown {
                agency: agency.id.clone(),
                kind: "reader key",
                id: key.key_id,
                state: format!("active, held by the {}", agency.custody),
            }));
            let certificates = tx.credentials_of(&agency.id).await?;
            shown.extend(certificates.into_iter().map(|row| Shown {
                agency: agency.id.clone(),
                kind: "certificate",
                id: row.fingerprint,
                state: row.state,
            }));
        }
        if self.json {
            return say::json(&serde_json::json!({ "keys": shown }));
        }
        let rows: Vec<_> = shown
            .into_iter()
            .map(|key| [key.agency, key.kind.to_owned(), key.id, key.state])
            .collect();
        say::table(["AGENCY", "KIND", "ID", "STATE"], &rows);
        Ok(())
    }
}
