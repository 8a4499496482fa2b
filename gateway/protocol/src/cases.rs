//! Cases: small stories beside the rules, each with the ruling it must get.
//!
//! A `cases.json` is a list. Each case has a `name` (a sentence), one of `question`, `read` and
//! `lead`, and `expect`:
//! ```json
//! {"name": "a housing authority gets no clinical record",
//!  "question": {"item": {"category": "HEALTH_CLIN"}},
//!  "expect": {"outcome": "refuse", "rules": ["ISP-17"]}}
//! ```
//! - `question` gives the facts that differ from [`default_question`]; `read` those that differ
//!   from [`default_reading`]; both have the kind of agency whose folder the case is in as
//!   recipient or reader (police, in the floor and in common). An unknown fact is refused. An
//!   item whose `owner_kind` is not given belongs to the sender.
//! - `lead` is the kind of agency proposed as lead.
//! - `expect` has `outcome`, and `rules` (their numbers), `obligations`, `reviewers`: all of
//!   them, in any order; an absent list is an empty one.
//!
//! [`test_policies`] runs them all, and demands that every policy decides in at least one case,
//! and that every protocol has a case that is permitted and one that is held or refused.

mod defaults;
mod run;

use std::fmt;

use serde::Serialize;

use crate::Protocols;

pub use defaults::{default_question, default_reading};

/// What the cases showed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// How many cases ran.
    pub cases: usize,
    /// What did not hold, each with its file and case.
    pub failures: Vec<Failure>,
}

/// One thing that did not hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// The file, from the policies folder on.
    pub file: String,
    /// The case; none where the file or the whole is at fault.
    pub case: Option<String>,
    /// What is wrong, and what to do.
    pub reason: String,
}

impl Report {
    /// Every case got its ruling, and every demand is met.
    pub const fn passed(&self) -> bool {
        self.failures.is_empty()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for failure in &self.failures {
            write!(f, "{}", failure.file)?;
            if let Some(case) = &failure.case {
                write!(f, ": `{case}`")?;
            }
            writeln!(f, ": {}", failure.reason)?;
        }
        write!(f, "{} cases, {} failures", self.cases, self.failures.len())
    }
}

/// Runs every case of every folder, and checks that together they cover the rules.
pub fn test_policies(protocols: &Protocols) -> Report {
    run::run(protocols)
}
