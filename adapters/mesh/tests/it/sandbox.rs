//! The NHS's MESH on a port of its own, with a folder of its own.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use gateway_core::{Clock, Id};
use gateway_mesh::{
    Client, Config, Download, Incoming, LocalId, MailboxId, MessageId, Outgoing, Timeouts,
    WorkflowId,
};
use tempfile::TempDir;

/// Where `scripts/test` puts what it installs with pip.
const MODULES: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../tests/peers/mesh_modules"
);
const HINT: &str = "these tests need the NHS's MESH: run scripts/test, or `python3 -m pip install \
    --no-deps --target tests/peers/mesh_modules -r tests/peers/mesh-requirements.txt`";

/// The mailbox of the gateway.
pub const OURS: &str = "X26ABC1";
/// The mailbox of the trust.
pub const THEIRS: &str = "X26ABC2";

/// A running sandbox. It ends with this.
pub struct Sandbox {
    child: Child,
    folder: TempDir,
    address: String,
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Sandbox {
    /// By plain HTTP.
    pub fn start() -> Self {
        Self::with(&[])
    }

    /// With more options of uvicorn.
    pub fn with(options: &[&str]) -> Self {
        assert!(Path::new(MODULES).join("mesh_sandbox").is_dir(), "{HINT}");
        let folder = tempfile::tempdir().unwrap();
        let log = File::create(folder.path().join("log")).unwrap();
        let child = Command::new("python3")
            .args(["-m", "uvicorn", "mesh_sandbox.api:app"])
            .args(["--host", "127.0.0.1", "--port", "0", "--no-access-log"])
            .args(options)
            .env("PYTHONPATH", MODULES)
            .env("PYTHONWARNINGS", "ignore")
            .env("STORE_MODE", "file")
            .env("MAILBOXES_DATA_DIR", folder.path().join("mailboxes"))
            .env("AUTH_MODE", "full")
            .env("SHARED_KEY", "TestKey")
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .expect(HINT);
        let mut sandbox = Self {
            child,
            folder,
            address: String::new(),
        };
        sandbox.address = sandbox.wait();
        sandbox
    }

    /// Waits until it says which port it listens on.
    fn wait(&mut self) -> String {
        let until = Instant::now() + Duration::from_mins(1);
        loop {
            let log = fs::read_to_string(self.folder.path().join("log")).unwrap();
            let said = log.split_once("Uvicorn running on ");
            if let Some((address, _)) = said.and_then(|(_, rest)| rest.split_once(" (")) {
                return address.to_owned();
            }
            let ended = self.child.try_wait().unwrap();
            assert!(ended.is_none() && Instant::now() < until, "{HINT}\n{log}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Its base, as `http://127.0.0.1:PORT`.
    pub fn base(&self) -> &str {
        &self.address
    }

    /// A folder for a test's own files.
    pub fn folder(&self) -> PathBuf {
        let folder = self.folder.path().join("files");
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    /// A mailbox of it.
    pub fn client(&self, mailbox: &str) -> Client {
        client(self.base(), mailbox)
    }

    /// What only a sandbox has: its own administration.
    pub async fn administer(&self, path: &str, wanted: serde_json::Value) -> serde_json::Value {
        let answer = plain()
            .post(format!("{}/messageexchange/admin/{path}", self.base()))
            .json(&wanted)
            .send()
            .await
            .unwrap();
        assert!(answer.status().is_success(), "{}", answer.status());
        let body = answer.bytes().await.unwrap();
        serde_json::from_slice(&body).unwrap_or_default()
    }
}

/// An HTTP client that knows nothing of MESH.
pub fn plain() -> reqwest::Client {
    let provider = std::sync::Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .no_proxy()
        .build()
        .unwrap()
}

/// The usual configuration, with short times and small chunks.
pub fn config(base: &str, mailbox: &str) -> Config {
    let mut config = Config::new(
        base,
        MailboxId::parse(mailbox).unwrap(),
        "password".into(),
        "TestKey".into(),
        Clock::system(),
    );
    config.timeouts = Timeouts {
        connect: Duration::from_secs(5),
        idle: Duration::from_secs(20),
    };
    config.chunk = 1000;
    config
}

/// The same, as a client.
pub fn client(base: &str, mailbox: &str) -> Client {
    Client::new(config(base, mailbox)).unwrap()
}

/// A local id that nobody has used.
pub fn local_id() -> LocalId {
    LocalId::from(Id::new(&Clock::system()))
}

/// A workflow that the sandbox knows, from us to the trust.
pub fn workflow() -> WorkflowId {
    WorkflowId::parse("TEST_WORKFLOW").unwrap()
}

/// A message to the trust.
pub fn outgoing(length: usize) -> Outgoing {
    Outgoing {
        to: MailboxId::parse(THEIRS).unwrap(),
        workflow: workflow(),
        local_id: local_id(),
        length: u64::try_from(length).unwrap(),
        compress: false,
    }
}

/// Bytes that no two places have alike for long.
pub fn content(length: usize) -> Vec<u8> {
    (0..length)
        .map(|at| (at / 251 + at * 7).to_le_bytes()[0])
        .collect()
}

/// A message of data that is in the inbox.
pub async fn collect(client: &Client, message: &MessageId) -> Download {
    match client.collect(message, 10_000_000).await.unwrap() {
        Incoming::Data(download) => *download,
        Incoming::Report(report) => panic!("{report:?}"),
    }
}

/// The whole content of a message.
pub async fn whole(client: &Client, message: &MessageId) -> Vec<u8> {
    let mut download = collect(client, message).await;
    let mut all = Vec::new();
    while let Some(piece) = download.next().await.unwrap() {
        all.extend_from_slice(&piece);
    }
    all
}
