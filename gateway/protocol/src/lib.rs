//! The information-sharing protocols: loads the policy files, decides, explains.
//!
//! A question is a set of plain facts ([`Question`]); the answer is a [`Ruling`] in words. The
//! rules are files (`policies/`): the floor, which no agency may loosen, the permits common to
//! many kinds of recipient, and one protocol for each kind of agency. Asked are the floor, the
//! common permits, the recipient's protocol, and of the sender's protocol what forbids or sets
//! terms. Refusals beat holds and holds beat permits; what is permitted goes on the terms that
//! match; where no rule permits, the coordinator decides; an error of any rule is a refusal.
//!
//! Beside them stands the [`Directory`] of mail domains: by which a party's channel is secure.
//!
//! What it will not do: read a clock or a database, send, seal or log anything, or show the
//! policy language to its callers. To add a rule, add a few lines to one protocol's
//! `protocol.cedar` and a case on each side to the `cases.json` beside it; [`cases`] says how.

mod annotation;
mod bare;
pub mod cases;
mod decide;
mod directory;
mod engine;
mod error;
mod explain;
mod facts;
mod files;
mod known;
mod load;
mod names;
mod particulars;
mod rule;
mod words;

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use gateway_core::{AgencyKind, Question, ReadQuestion, RuleHit, Ruling};

use crate::engine::Engine;
use crate::files::Files;
use crate::known::Known;
use crate::names::Names;

pub use crate::bare::Bare;
pub use crate::cases::{Report, test_policies};
pub use crate::directory::{Directory, DirectoryError, Row, Standing, What};
pub use crate::error::{LoadError, Place};
pub use crate::explain::{Considered, Explanation};
pub use crate::particulars::Particulars;
pub use crate::rule::{Effect, Rule};

/// All protocols, checked and ready to be asked. Cheap to ask, from many threads at once.
pub struct Protocols {
    files: Files,
    digest: String,
    engine: Engine,
    known: Known,
    particulars: BTreeMap<AgencyKind, Particulars>,
    common: Particulars,
}

impl fmt::Debug for Protocols {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Protocols")
            .field("digest", &self.digest)
            .finish_non_exhaustive()
    }
}

impl Protocols {
    /// The protocols that this build carries.
    ///
    /// # Errors
    /// A file that does not hold; the tests of this crate see to it that none is built in.
    pub fn embedded() -> Result<Self, LoadError> {
        Self::from_files(Files::embedded()?)
    }

    /// The protocols in a folder that an area keeps, laid out like the embedded ones.
    ///
    /// # Errors
    /// The first file that cannot be read or does not hold: nothing loads then.
    pub fn load(dir: &Path) -> Result<Self, LoadError> {
        Self::from_files(Files::read(dir)?)
    }

    fn from_files(files: Files) -> Result<Self, LoadError> {
        let rules = load::load(&files)?;
        let common = particulars(&files, files::COMMON)?;
        let particulars = AgencyKind::ALL
            .iter()
            .map(|kind| Ok((*kind, particulars(&files, kind.as_str())?)))
            .collect::<Result<_, LoadError>>()?;
        Ok(Self {
            digest: files.digest(),
            engine: Engine::new(Names::new()?, rules),
            known: Known::default(),
            particulars,
            common,
            files,
        })
    }

    /// What the rules are known by: hex SHA-256 over the names and contents of their files.
    /// Every decision stores it.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// May this recipient have this item? Never fails: what cannot be worked out is refused,
    /// with [`Ruling::fault`] set.
    pub fn decide(&self, question: &Question) -> Ruling {
        decide::decide(&self.engine, question).ruling
    }

    /// The same, for who asks much alike: what was decided before is not worked out again.
    pub fn ruling(&self, question: &Question) -> Ruling {
        self.known.ruling(question, || self.decide(question))
    }

    /// May this reader read, now? Permit or refuse, never hold.
    pub fn may_read(&self, question: &ReadQuestion) -> Ruling {
        decide::may_read(&self.engine, question).ruling
    }

    /// May an agency of this kind be the lead agency (ISP-13)? Permit or refuse, never hold.
    pub fn may_lead(&self, kind: AgencyKind) -> Ruling {
        decide::may_lead(&self.engine, kind).ruling
    }

    /// Why a question is decided so.
    pub fn explain(&self, question: &Question) -> Explanation {
        explain::explain(&self.engine, question)
    }

    /// The words of a rule by its number (`ISP-01`); its first policy's where it has several.
    pub fn rule(&self, number: &str) -> Option<RuleHit> {
        self.rules()
            .find(|rule| rule.hit.rule == number)
            .map(|rule| rule.hit.clone())
    }

    /// All rules, in the order of their ids.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.engine.rules.iter().map(|loaded| &loaded.rule)
    }

    /// The particulars of one kind's protocol: its title, version, review date, signatories.
    pub fn particulars(&self, kind: AgencyKind) -> &Particulars {
        self.particulars.get(&kind).unwrap_or(&self.common)
    }
}

fn particulars(files: &Files, folder: &str) -> Result<Particulars, LoadError> {
    let file = format!("protocols/{folder}/protocol.toml");
    match files.get(&file) {
        Some(text) => Particulars::parse(&file, text),
        None => Err(LoadError::Missing { file }),
    }
}
