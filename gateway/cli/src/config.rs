//! `gateway.toml`: what an installation is made of. Paths are from the file's own folder.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use gateway_content::clamd::{Scanner, Timeouts};
use serde::{Deserialize, Serialize};

use crate::files;

/// The name of the file in an installation's folder.
pub const NAME: &str = "gateway.toml";

/// The configuration of an installation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The records: `postgres://…`, or `sqlite://FILE`.
    pub database: String,
    /// The key store: apart from the records, so that its backups can expire sooner.
    pub key_database: String,
    /// The folder of sealed bodies.
    pub blobs: PathBuf,
    /// The file of the master key; absent, the systemd credential `master.key`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub master_key: Option<PathBuf>,
    /// A folder of protocols; absent, those that the binary carries.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policies: Option<PathBuf>,
    /// The `clamd` that looks for malware in all that comes, by mail and by the API: `HOST:PORT`
    /// or `unix:PATH`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clamd: Option<String>,
    /// The API's listener.
    pub api: Tls,
    /// The operator's listener.
    pub ops: Plain,
    /// The portal; absent, there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub portal: Option<crate::portal::PortalConfig>,
    /// Secure email; absent, there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mail: Option<crate::mail::MailConfig>,
    /// NHS MESH; absent, there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mesh: Option<crate::mesh::MeshConfig>,
}

/// A listener with TLS.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// Where it listens.
    pub address: SocketAddr,
    /// The certificate chain, PEM.
    pub certificate: PathBuf,
    /// Its private key, PEM.
    pub key: PathBuf,
    /// The authority of the clients' certificates, PEM.
    pub client_ca: PathBuf,
}

/// A plain listener.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plain {
    /// Where it listens: loopback alone.
    pub address: SocketAddr,
}

impl Config {
    /// Reads a configuration; its paths are made absolute.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let text = files::read_text(path)?;
        let config: Self = toml::from_str(&text).with_context(|| {
            format!("`{}` is not a configuration of the gateway", path.display())
        })?;
        let folder = files::absolute(path)?;
        Ok(config.seen_from(folder.parent().unwrap_or(Path::new("/"))))
    }

    /// Writes a configuration, for the owner alone: a database's address may hold a password.
    pub fn write(&self, path: &Path) -> anyhow::Result<()> {
        let text = toml::to_string(self).context("the configuration cannot be written as TOML")?;
        files::write(path, text.as_bytes())
    }

    /// What looks for malware, where it is configured.
    pub fn scanner(&self) -> anyhow::Result<Option<Scanner>> {
        let of_mail = self.mail.as_ref().and_then(|mail| mail.clamd.as_ref());
        let Some(address) = self.clamd.as_ref().or(of_mail) else {
            return Ok(None);
        };
        Ok(Some(Scanner::new(address, Timeouts::default())?))
    }

    fn seen_from(mut self, folder: &Path) -> Self {
        for database in [&mut self.database, &mut self.key_database] {
            if let Some(file) = database.strip_prefix("sqlite://") {
                *database = sqlite(&folder.join(file));
            }
        }
        let paths = [
            &mut self.blobs,
            &mut self.api.certificate,
            &mut self.api.key,
            &mut self.api.client_ca,
        ];
        for path in paths
            .into_iter()
            .chain(&mut self.master_key)
            .chain(&mut self.policies)
        {
            *path = folder.join(&path);
        }
        if let Some(portal) = &mut self.portal {
            portal.seen_from(folder);
        }
        if let Some(mail) = &mut self.mail {
            mail.seen_from(folder);
        }
        if let Some(mesh) = &mut self.mesh {
            mesh.seen_from(folder);
        }
        self
    }

    /// The configuration of a folder with everything in it.
    pub fn of_folder(database: Option<String>, api: SocketAddr, ops: SocketAddr) -> Self {
        let embedded = |name| sqlite(Path::new(name));
        Self {
            key_database: database.clone().unwrap_or_else(|| embedded("keys.db")),
            database: database.unwrap_or_else(|| embedded("records.db")),
            blobs: "blobs".into(),
            master_key: Some("master.key".into()),
            policies: None,
            clamd: None,
            api: Tls {
                address: api,
                certificate: "pki/server.pem".into(),
                key: "pki/server.key".into(),
                client_ca: "pki/ca.pem".into(),
            },
            ops: Plain { address: ops },
            portal: None,
            mail: None,
            mesh: None,
        }
    }
}

fn sqlite(file: &Path) -> String {
    format!("sqlite://{}", file.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_reads_back_with_its_paths_from_its_own_folder() {
        let folder = tempfile::tempdir().unwrap();
        let (api, ops) = (
            "127.0.0.1:8444".parse().unwrap(),
            "127.0.0.1:9443".parse().unwrap(),
        );
        let file = folder.path().join(NAME);
        Config::of_folder(None, api, ops).write(&file).unwrap();
        let read = Config::read(&file).unwrap();
        assert_eq!(read.database, sqlite(&folder.path().join("records.db")));
        assert_eq!(read.blobs, folder.path().join("blobs"));
        assert_eq!(read.master_key, Some(folder.path().join("master.key")));
    }

    #[test]
    fn the_scanner_is_named_for_all_or_as_it_was_in_the_part_of_mail() {
        let (api, ops) = (
            "127.0.0.1:8444".parse().unwrap(),
            "127.0.0.1:9443".parse().unwrap(),
        );
        let mut config = Config::of_folder(None, api, ops);
        assert!(config.scanner().unwrap().is_none());
        let folder = Path::new("/demo");
        let mut mail = crate::mail::MailConfig::of_folder(folder, api, String::new());
        mail.clamd = Some("127.0.0.1:3310".to_owned());
        config.mail = Some(mail);
        assert!(config.scanner().unwrap().is_some());
        config.clamd = Some("nowhere".to_owned());
        let error = config.scanner().unwrap_err().to_string();
        assert!(error.contains("nowhere"), "{error}");
        let text = toml::to_string(&config).unwrap();
        assert_eq!(toml::from_str::<Config>(&text).unwrap(), config);
    }

    #[test]
    fn a_word_that_is_not_known_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(NAME);
        std::fs::write(&file, "databse = \"x\"\n").unwrap();
        let error = format!("{:#}", Config::read(&file).unwrap_err());
        assert!(error.contains("databse"), "{error}");
    }
}
