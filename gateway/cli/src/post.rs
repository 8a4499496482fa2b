//! `gateway mail`.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, Subcommand};
use gateway_core::AgencyId;
use gateway_flow::Flow;
use gateway_flow::admin::NewCertificate;
use serde::Serialize;

use crate::installation::Where;
use crate::person::AsPerson;
use crate::{files, say, usage};

/// How many are listed at once.
const PAGE: i64 = 500;

/// Secure email: the gateway's key, agencies' certificates, what is kept apart
#[derive(Debug, Subcommand)]
pub enum Mail {
    /// Give the gateway an S/MIME key: mail to the older ones is still opened
    Key(OwnKey),
    /// Enter the S/MIME certificate of an agency, or of a person there
    Add(Add),
    /// List agencies' S/MIME certificates; `proposed` ones were learnt from mail
    List(List),
    /// Approve a certificate that was learnt from mail
    Approve(One),
    /// Revoke a certificate: its signature counts for nothing from now
    Revoke(One),
    /// List what is kept apart, with the coordinator's authority
    Quarantine(Apart),
}

/// Give the gateway an S/MIME key
#[derive(Debug, Args)]
pub struct OwnKey {
    #[command(flatten)]
    at: Where,
    /// The certificate with its chain, PEM
    #[arg(long, value_name = "FILE")]
    certificate: PathBuf,
    /// Its private key, PEM; remove the file afterwards
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
}

/// Enter a certificate
#[derive(Debug, Args)]
pub struct Add {
    #[command(flatten)]
    at: Where,
    /// The agency
    agency: AgencyId,
    /// The certificate, PEM or DER
    #[arg(long, value_name = "FILE")]
    certificate: PathBuf,
    /// The person's enrolled address, where it is not the agency's own
    #[arg(long, value_name = "ADDRESS")]
    person: Option<String>,
    /// What the other side's program reads: `modern` (AES-GCM, OAEP), `cbc` or `compatible`
    #[arg(long, default_value = "compatible", value_parser = ["modern", "cbc", "compatible"])]
    profile: String,
}

/// List certificates
#[derive(Debug, Args)]
pub struct List {
    #[command(flatten)]
    at: Where,
    /// The agency
    agency: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// One certificate
#[derive(Debug, Args)]
pub struct One {
    #[command(flatten)]
    at: Where,
    /// Its SHA-256 fingerprint, hexadecimal
    fingerprint: String,
}

/// What is kept apart
#[derive(Debug, Args)]
pub struct Apart {
    #[command(flatten)]
    person: AsPerson,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Serialize)]
struct Shown {
    fingerprint: String,
    agency: String,
    of: &'static str,
    profile: String,
    state: String,
}

impl Mail {
    /// Does it.
    pub async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Key(own) => {
                let flow = own.at.open().await?;
                let certificate = files::read_text(&own.certificate)?;
                let key = files::read(&own.key)?;
                flow.vault.add_mail_key(&certificate, &key).await?;
                say::note("the vault has the key now: remove its file");
                Ok(())
            }
            Self::Add(add) => add.run().await,
            Self::List(list) => list.run().await,
            Self::Approve(one) => {
                let flow = one.at.open().await?;
                Ok(flow.change_certificate(&one.fingerprint, "active").await?)
            }
            Self::Revoke(one) => {
                let flow = one.at.open().await?;
                Ok(flow.change_certificate(&one.fingerprint, "revoked").await?)
            }
            Self::Quarantine(apart) => apart.run().await,
        }
    }
}

impl Add {
    async fn run(self) -> anyhow::Result<()> {
        let flow = self.at.open().await?;
        let person = match &self.person {
            Some(address) => Some(flow.caller_person(&self.agency, address).await?.id),
            None => None,
        };
        let profile = match self.profile.as_str() {
            "modern" => "modern",
            "cbc" => "cbc",
            _ => "compatible",
        };
        let fingerprint = enter(&flow, &self.certificate, &self.agency, person, profile).await?;
        say::line(fingerprint);
        Ok(())
    }
}

/// Enters the certificate of a file as approved; its fingerprint.
pub async fn enter(
    flow: &Flow,
    file: &Path,
    agency: &AgencyId,
    person: Option<String>,
    profile: &'static str,
) -> anyhow::Result<String> {
    let certificate = gateway_cms::Recipient::from_bytes(&files::read(file)?)
        .with_context(|| format!("`{}` is no certificate for mail", file.display()))?;
    let fingerprint = hex::encode(certificate.fingerprint()?);
    flow.add_certificate(NewCertificate {
        fingerprint: fingerprint.clone(),
        der: certificate.der()?,
        agency: agency.clone(),
        person,
        profile,
        approved: true,
    })
    .await?;
    Ok(fingerprint)
}

impl List {
    async fn run(self) -> anyhow::Result<()> {
        let flow = self.at.open().await?;
        let shown: Vec<Shown> = flow
            .certificates(&self.agency)
            .await?
            .into_iter()
            .map(|known| Shown {
                fingerprint: known.fingerprint,
                agency: known.agency,
                of: if known.person.is_some() {
                    "person"
                } else {
                    "agency"
                },
                profile: known.profile,
                state: known.state,
            })
            .collect();
        if self.json {
            return say::json(&serde_json::json!({ "certificates": shown }));
        }
        if shown.is_empty() {
            return Err(usage(format!("`{}` has no certificate here", self.agency)));
        }
        let rows: Vec<[String; 4]> = shown
            .into_iter()
            .map(|one| [one.fingerprint, one.of.to_owned(), one.profile, one.state])
            .collect();
        say::table(["fingerprint", "of", "profile", "state"], &rows);
        Ok(())
    }
}

impl Apart {
    async fn run(self) -> anyhow::Result<()> {
        let (flow, caller) = self.person.open().await?;
        let kept = flow.quarantine(&caller, None, None, PAGE).await?;
        if self.json {
            let list: Vec<_> = kept
                .iter()
                .map(|one| {
                    serde_json::json!({
                        "id": one.id, "channel": one.channel, "reason": one.reason,
                        "claims": one.claimed.reveal(), "agency": one.agency,
                        "addressed": one.addressed, "size": one.size, "since": say::time(one.at),
                    })
                })
                .collect();
            return say::json(&serde_json::json!({ "quarantine": list }));
        }
        let rows: Vec<[String; 5]> = kept
            .into_iter()
            .map(|one| {
                [
                    say::time(one.at),
                    one.reason,
                    one.claimed.into_inner(),
                    one.addressed.join(" "),
                    one.size.to_string(),
                ]
            })
            .collect();
        say::table(
            ["since", "reason", "claims to be from", "for", "bytes"],
            &rows,
        );
        Ok(())
    }
}
