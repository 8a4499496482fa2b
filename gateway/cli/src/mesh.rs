//! `[mesh]` in `gateway.toml`: the gateway's own mailbox at NHS MESH, and the workflows that an area
//! has been given.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use gateway_content::clamd::Scanner;
use gateway_fhir::Systems;
use gateway_flow::Flow;
use gateway_mesh::{Client, Config, MailboxId, POLL_EVERY, WorkflowId, mutual_tls};
use gateway_meshroom::{Meshroom, Settings, Workflows};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::{files, usage};

/// The demo's mailbox, as the NHS's sandbox has it.
pub const DEMO_MAILBOX: &str = "X26ABC1";
/// The demo's trust's.
pub const DEMO_TRUST: &str = "X26ABC2";
/// What every mailbox of the sandbox has.
const DEMO_PASSWORD: &str = "password";
/// The sandbox's shared key.
const DEMO_SHARED_KEY: &str = "TestKey";
/// The sandbox's workflow.
const DEMO_WORKFLOW: &str = "TEST_WORKFLOW";
/// A sandbox on this machine may be asked more often than MESH.
const DEMO_POLL: u64 = 2;
/// The most that one message may be, MiB.
const LARGEST: u64 = 4096;

/// The `[mesh]` part of a configuration. Paths are from the file's own folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MeshConfig {
    /// Where MESH is: `https://HOST`; plain HTTP on this machine alone.
    pub url: String,
    /// The gateway's own mailbox.
    pub mailbox: String,
    /// The file of the mailbox's password.
    pub password: PathBuf,
    /// The file of the key that all mailboxes share.
    pub shared_key: PathBuf,
    /// MESH's authority, PEM; needed for HTTPS, as the next two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authority: Option<PathBuf>,
    /// The certificate that the NHS issued to the mailbox, PEM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<PathBuf>,
    /// Its private key, PEM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<PathBuf>,
    /// The workflow of health information requests.
    pub request_workflow: String,
    /// The workflow of the answers to them.
    pub answer_workflow: String,
    /// The workflow of everything else.
    pub exchange_workflow: String,
    /// The workflow of the word on a message: by convention it ends in `_ACK`.
    pub acknowledgement_workflow: String,
    /// How often the mailbox is looked at, seconds. MESH asks for 300 at least.
    #[serde(default = "poll_seconds")]
    pub poll_seconds: u64,
    /// The most that one message may be, MiB.
    #[serde(default = "largest")]
    pub largest_mebibytes: u64,
}

const fn poll_seconds() -> u64 {
    POLL_EVERY.as_secs()
}

const fn largest() -> u64 {
    LARGEST
}

impl MeshConfig {
    /// The demo's: a sandbox at `url`. Its well-known secrets are written to the folder.
    pub fn of_folder(folder: &Path, url: &str) -> anyhow::Result<Self> {
        let secrets = folder.join("mesh");
        files::folder(&secrets)?;
        let (password, shared_key) = (secrets.join("password"), secrets.join("shared-key"));
        files::write(&password, DEMO_PASSWORD.as_bytes())?;
        files::write(&shared_key, DEMO_SHARED_KEY.as_bytes())?;
        Ok(Self {
            url: url.to_owned(),
            mailbox: DEMO_MAILBOX.to_owned(),
            password,
            shared_key,
            authority: None,
            certificate: None,
            key: None,
            request_workflow: DEMO_WORKFLOW.to_owned(),
            answer_workflow: DEMO_WORKFLOW.to_owned(),
            exchange_workflow: DEMO_WORKFLOW.to_owned(),
            acknowledgement_workflow: format!("{DEMO_WORKFLOW}_ACK"),
            poll_seconds: DEMO_POLL,
            largest_mebibytes: LARGEST,
        })
    }

    /// Makes its paths absolute.
    pub fn seen_from(&mut self, folder: &Path) {
        let paths = [&mut self.password, &mut self.shared_key];
        let optional = [&mut self.authority, &mut self.certificate, &mut self.key];
        for path in paths.into_iter().chain(optional.into_iter().flatten()) {
            *path = folder.join(&path);
        }
    }

    /// The client of a mailbox that has the same secrets: the gateway's own, and in a sandbox any.
    pub fn client_of(&self, mailbox: &str, flow: &Flow) -> anyhow::Result<Client> {
        let mut config = Config::new(
            self.url.trim_end_matches('/'),
            MailboxId::parse(mailbox).map_err(|error| wrong("mailbox", &error))?,
            secret(&self.password)?,
            secret(&self.shared_key)?,
            flow.clock.clone(),
        );
        if let (Some(authority), Some(certificate), Some(key)) =
            (&self.authority, &self.certificate, &self.key)
        {
            let tls = mutual_tls(
                &files::read(authority)?,
                &files::read(certificate)?,
                &files::read(key)?,
            );
            config.tls = Some(tls.context("TLS to MESH")?);
        }
        Client::new(config).map_err(|error| wrong("url", &error))
    }

    /// The meshroom over a flow.
    pub fn room(&self, flow: &Flow, scanner: Option<Scanner>) -> anyhow::Result<Meshroom> {
        let workflow =
            |name: &str, id: &str| WorkflowId::parse(id).map_err(|error| wrong(name, &error));
        if self.poll_seconds == 0 {
            return Err(usage(
                "`poll_seconds = 0` under `[mesh]`: give 300, or less for a sandbox of your own",
            ));
        }
        let settings = Settings {
            client: self.client_of(&self.mailbox, flow)?,
            workflows: Workflows {
                request: workflow("request_workflow", &self.request_workflow)?,
                answer: workflow("answer_workflow", &self.answer_workflow)?,
                exchange: workflow("exchange_workflow", &self.exchange_workflow)?,
                acknowledgement: workflow(
                    "acknowledgement_workflow",
                    &self.acknowledgement_workflow,
                )?,
            },
            systems: Systems::new(gateway_health::BASE)?,
            poll: Duration::from_secs(self.poll_seconds),
            largest: self.largest_mebibytes.saturating_mul(1 << 20),
            scanner,
        };
        Ok(Meshroom::new(flow.clone(), settings))
    }
}

fn secret(path: &Path) -> anyhow::Result<SecretString> {
    Ok(files::read_text(path)?.trim_end().to_owned().into())
}

fn wrong(name: &str, error: &dyn std::fmt::Display) -> anyhow::Error {
    usage(format!("`{name}` under `[mesh]`: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_reads_back_and_its_secrets_are_files() {
        let folder = tempfile::tempdir().unwrap();
        let config = MeshConfig::of_folder(folder.path(), "http://127.0.0.1:8700").unwrap();
        let text = toml::to_string(&config).unwrap();
        assert!(!text.contains(DEMO_SHARED_KEY), "{text}");
        assert_eq!(toml::from_str::<MeshConfig>(&text).unwrap(), config);
    }

    #[test]
    fn how_often_mesh_is_asked_is_its_own_word_where_nothing_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let config = MeshConfig::of_folder(folder.path(), "http://127.0.0.1:8700").unwrap();
        let text = toml::to_string(&config).unwrap();
        let said = text
            .lines()
            .filter(|line| !line.starts_with("poll_seconds"));
        let said: Vec<&str> = said.collect();
        let read: MeshConfig = toml::from_str(&said.join("\n")).unwrap();
        assert_eq!(read.poll_seconds, 300);
    }
}
