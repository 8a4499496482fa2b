//! What became of each row: a line of JSON each, with no word of what the row says.

use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;

use anyhow::Context as _;
use gateway_flow::FieldFault;
use serde_json::{Value, json};

use crate::say;

/// What became of a row.
pub struct Row {
    /// Its number, from 1.
    pub number: u64,
    /// Its digest.
    pub digest: String,
    /// What became of it.
    pub became: Became,
}

/// Sent, or not.
pub enum Became {
    /// It is an exchange.
    Sent {
        /// The exchange.
        exchange: String,
        /// Its state.
        state: String,
        /// What is missing of it.
        missing: Vec<String>,
        /// It was sent before.
        again: bool,
    },
    /// Something is wrong with it.
    Wrong(Vec<FieldFault>),
}

impl Became {
    /// One thing is wrong with it.
    pub fn wrong(pointer: &str, detail: &str) -> Self {
        Self::Wrong(vec![FieldFault::new(pointer, detail)])
    }
}

/// The report, and what it says so far.
pub struct Report {
    file: File,
    path: String,
    done: HashSet<String>,
    before: u64,
    sent: u64,
    again: u64,
    wrong: u64,
}

impl Report {
    /// Opens a report, to go on from what it says.
    pub fn open(path: &Path) -> anyhow::Result<Self> {
        let name = path.display().to_string();
        let unopened = || format!("the report `{name}`");
        let mut file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .open(path)
            .with_context(unopened)?;
        let mut done = HashSet::new();
        let mut whole = true;
        for line in BufReader::new(&file).split(b'\n') {
            let line = line.with_context(unopened)?;
            // A line that was cut off is a row that is sent again, which changes nothing.
            let Ok(row) = serde_json::from_slice::<Value>(&line) else {
                whole = line.is_empty();
                continue;
            };
            whole = true;
            let sent = row["outcome"] != "wrong";
            done.extend(row["digest"].as_str().filter(|_| sent).map(str::to_owned));
        }
        if !whole {
            file.write_all(b"\n").with_context(unopened)?;
        }
        Ok(Self {
            file,
            path: name,
            done,
            before: 0,
            sent: 0,
            again: 0,
            wrong: 0,
        })
    }

    /// Whether a row has been sent.
    pub fn is_done(&mut self, digest: &str) -> bool {
        let done = self.done.contains(digest);
        self.before += u64::from(done);
        done
    }

    /// Writes down what became of a row.
    pub fn write(&mut self, row: &Row) -> anyhow::Result<()> {
        let (number, digest) = (row.number, &row.digest);
        let line = match &row.became {
            Became::Sent {
                exchange,
                state,
                missing,
                again,
            } => {
                *match again {
                    true => &mut self.again,
                    false => &mut self.sent,
                } += 1;
                let outcome = if *again { "again" } else { "sent" };
                json!({"row": number, "digest": digest, "outcome": outcome, "exchange": exchange,
                    "state": state, "missing": missing})
            }
            Became::Wrong(faults) => {
                self.wrong += 1;
                let errors = faults
                    .iter()
                    .map(|fault| json!({"pointer": fault.pointer, "detail": fault.detail}));
                let errors: Vec<Value> = errors.collect();
                json!({"row": number, "digest": digest, "outcome": "wrong", "errors": errors})
            }
        };
        let line = format!("{line}\n");
        let written = self.file.write_all(line.as_bytes());
        written.with_context(|| format!("the report `{}`", self.path))
    }

    /// All of it lies on the disk.
    pub fn finish(&self) -> anyhow::Result<()> {
        let synced = self.file.sync_all();
        synced.with_context(|| format!("the report `{}`", self.path))
    }

    /// Every row was sent, now or before.
    pub const fn whole(&self) -> bool {
        self.wrong == 0
    }

    /// Says how many became what.
    pub fn say(&self, as_json: bool) -> anyhow::Result<()> {
        if as_json {
            return say::json(
                &json!({"sent": self.sent, "sent_before": self.before + self.again,
                "wrong": self.wrong, "report": self.path}),
            );
        }
        say::line(format!(
            "{} sent, {} sent before, {} wrong: see {}",
            self.sent,
            self.before + self.again,
            self.wrong,
            self.path
        ));
        Ok(())
    }
}
