//! Backup and restore, on both databases.

mod epochs;
mod refusals;
mod round_trip;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use clap::Parser as _;
use gateway_core::{
    AgencyKind, Category, Channel, Clock, Custody, Identifier, IdentifierKind, Purpose,
};
use gateway_flow::admin::{NewAgency, NewNominal};
use gateway_flow::audit::verify_records;
use gateway_flow::read::DocumentBody;
use gateway_flow::submission::{ItemClaim, Particulars, RecipientClaim};
use gateway_flow::{Answer, Caller, Flow, Submission};
use gateway_ledger::{Receipt, Verifier};
use gateway_store::backup::{Schema, Table};
use gateway_store::{Store, testing};
use tempfile::TempDir;

use super::Restore;
use crate::backup::{Source, make};
use crate::config::{Config, NAME};
use crate::installation;

/// Larger than what lies in a row.
const LARGE: usize = 200_000;

/// A folder with a configuration, a master key, and databases.
pub struct Home {
    pub dir: TempDir,
    pub config: Config,
}

#[derive(clap::Parser)]
struct Line {
    #[command(flatten)]
    restore: Restore,
}

/// The kinds of database that there are here; none is PostgreSQL outside CI where none is named.
fn kinds() -> Vec<&'static str> {
    let mut kinds = vec!["sqlite"];
    testing::note("sqlite");
    kinds.extend(testing::server().map(|_| "postgres"));
    kinds
}

impl Home {
    pub async fn new(kind: &str) -> Self {
        let database = match std::env::var(testing::VARIABLE) {
            Ok(server) if kind == "postgres" => Some(testing::postgres(&server).await.url),
            Ok(_) | Err(_) => None,
        };
        let dir = tempfile::tempdir().unwrap();
        let any = "127.0.0.1:0".parse().unwrap();
        let file = dir.path().join(NAME);
        Config::of_folder(database, any, any).write(&file).unwrap();
        installation::ensure_master_key(&dir.path().join("master.key")).unwrap();
        let config = Config::read(&file).unwrap();
        Self { dir, config }
    }

    /// One with the same master key.
    pub async fn beside(&self, kind: &str) -> Self {
        let home = Self::new(kind).await;
        std::fs::copy(self.path("master.key"), home.path("master.key")).unwrap();
        home
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub async fn open(&self, clock: &Clock) -> Flow {
        installation::open(&self.config, clock.clone())
            .await
            .unwrap()
    }

    /// Backs it up, as the operator would beside the running gateway.
    pub async fn backup(&self, name: &str) -> PathBuf {
        let source = Source {
            store: Store::open(&self.config.database).await.unwrap(),
            keys: gateway_store::KeyStore::open(&self.config.key_database)
                .await
                .unwrap(),
            blobs: installation::blobs(&self.config).unwrap(),
        };
        let out = self.path(name);
        make(&source, &out, &Clock::system()).await.unwrap();
        out
    }

    pub async fn restore(&self, from: &Path, more: &[&str]) -> anyhow::Result<()> {
        let words = [
            "restore",
            "--dir",
            self.dir.path().to_str().unwrap(),
            "--from",
        ];
        let from = from.to_str().unwrap();
        let line = words.iter().chain([&from]).chain(more);
        Line::parse_from(line).restore.run().await
    }

    /// Why it is not restored, with nothing written.
    pub async fn refused(&self, from: &Path, more: &[&str]) -> String {
        let said = format!("{:#}", self.restore(from, more).await.unwrap_err());
        let store = Store::open(&self.config.database).await.unwrap();
        assert!(
            store
                .is_empty(&Schema::records().await.unwrap())
                .await
                .unwrap(),
            "{said}"
        );
        assert_eq!(bodies(&self.path("blobs")), 0, "{said}");
        said
    }

    /// Copies a database's file, and what is not written back into it yet.
    pub fn copy(&self, name: &str, folder: &Path) {
        for name in [name.to_owned(), format!("{name}-wal")] {
            if self.path(&name).exists() {
                std::fs::copy(self.path(&name), folder.join(&name)).unwrap();
            }
        }
    }

    /// Moves the records' file away, as an operator does before a restore.
    pub fn lose_records(&self) {
        for name in ["records.db", "records.db-wal", "records.db-shm"] {
            let _ = std::fs::remove_file(self.path(name));
        }
    }
}

/// Files below a folder.
fn bodies(folder: &Path) -> usize {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return 0;
    };
    entries
        .map(|entry| entry.unwrap().path())
        .map(|path| if path.is_dir() { bodies(&path) } else { 1 })
        .sum()
}

pub fn clock() -> Clock {
    Clock::manual("2026-03-02T09:00:00Z".parse().unwrap())
}

/// An area, two agencies and one nominal.
pub async fn people(flow: &Flow) {
    flow.add_area("london", "London", "gateway.example/london")
        .await
        .unwrap();
    for (id, kind) in [
        ("met-police", AgencyKind::Police),
        ("london-probation", AgencyKind::Probation),
    ] {
        let new = NewAgency {
            id: id.parse().unwrap(),
            name: id.to_owned(),
            kind,
            channel: Channel::Api,
            custody: Custody::Gateway,
            recipient: None,
            email: None,
            areas: vec!["london".to_owned()],
            overseas: false,
            signed_on: Some("2026-01-05".to_owned()),
            signed_until: Some("2027-12-31".to_owned()),
        };
        flow.add_agency(new).await.unwrap();
    }
    let new = NewNominal {
        area: "london".to_owned(),
        identifiers: identifiers(),
        level: 2,
        category: 1,
        lead_agency: Some("met-police".parse().unwrap()),
        trust: None,
        partners: vec!["london-probation".parse().unwrap()],
        custody: None,
        gp: None,
    };
    flow.add_nominal(new).await.unwrap();
}

fn identifiers() -> Vec<Identifier> {
    let day = jiff::civil::date(2026, 3, 2);
    [
        (IdentifierKind::Pnc, "1999/0123456X"),
        (IdentifierKind::Dob, "1980-02-01"),
    ]
    .map(|(kind, value)| Identifier::parse(kind, value, day).unwrap())
    .to_vec()
}

pub fn caller(at: &str) -> Caller {
    Caller {
        agency: at.parse().unwrap(),
        person: None,
        channel: Channel::Api,
        proof: "mutual-tls",
    }
}

/// Police send probation a document; in reply to an earlier exchange, where one is named.
pub async fn send(flow: &Flow, body: &[u8], reply: Option<&str>) -> Answer {
    let (send, chunks) = tokio::sync::mpsc::channel(64);
    for chunk in body.chunks(60_000) {
        send.send(Ok(Bytes::copy_from_slice(chunk))).await.unwrap();
    }
    drop(send);
    let item = ItemClaim {
        category: Some(Category::Risk),
        ..ItemClaim::new("Risk note".to_owned().into())
    };
    let submission = Submission {
        caller: caller("met-police"),
        particulars: Particulars {
            identifiers: identifiers(),
            purpose: Some(Purpose::Manage),
            necessity: Some("the officer must know".to_owned().into()),
            bases: vec!["CJA 2003 s.325".to_owned()],
            in_reply_to: reply.map(|id| id.parse().unwrap()),
            items: vec![item],
            ..Particulars::new(vec![RecipientClaim {
                agency: "london-probation".parse().unwrap(),
                person: None,
                reason: None,
            }])
        },
        bodies: vec![
            flow.take_body("text/plain".to_owned(), chunks)
                .await
                .unwrap(),
        ],
        idempotency: None,
        answer_to: None,
    };
    flow.submit(submission).await.unwrap()
}

/// What probation reads of an exchange.
pub async fn read(flow: &Flow, exchange: &str) -> Vec<u8> {
    let document = flow
        .document(&caller("london-probation"), exchange, 1)
        .await
        .unwrap();
    let DocumentBody::Clear(mut chunks) = document.body else {
        panic!("sealed");
    };
    let mut all = Vec::new();
    while let Some(chunk) = chunks.recv().await {
        all.extend(chunk.unwrap());
    }
    all
}

pub async fn verifier(flow: &Flow, log: &str) -> Verifier {
    Verifier::parse(flow.vault.verifier_key(log).await.unwrap().trim()).unwrap()
}

pub async fn holds(flow: &Flow) {
    verify_records(&flow.store, &flow.blobs, &mut |_| {})
        .await
        .unwrap();
}

pub fn proved(receipt: &Receipt, verifier: &Verifier) {
    receipt.verify(verifier).unwrap();
}

/// Every row of every table, as it is written down.
pub async fn rows(store: &Store) -> BTreeMap<String, Vec<String>> {
    let mut tx = store.snapshot().await.unwrap();
    let mut all = BTreeMap::new();
    for table in Schema::records().await.unwrap().tables {
        all.insert(table.name.clone(), of_table(&mut tx, &table).await);
    }
    all
}

async fn of_table(tx: &mut gateway_store::Tx, table: &Table) -> Vec<String> {
    let mut lines = Vec::new();
    let take = &mut |values: Vec<_>| {
        lines.push(table.line(&values));
        Ok(())
    };
    tx.dump(table, take).await.unwrap();
    lines.sort_unstable();
    lines
}
