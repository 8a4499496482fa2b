//! The only place where a policy set is asked. Only the floor, the common permits, the
//! recipient's protocol and the sender's forbids and terms are; each pair's set is made once.

use std::collections::{BTreeSet, HashMap};
use std::sync::OnceLock;

use cedar_policy::{AuthorizationError, Authorizer, Decision, PolicyId, PolicySet};
use gateway_core::{AgencyKind, RuleHit};

use crate::facts::{Facts, Unaskable};
use crate::names::Names;
use crate::rule::{Ask, Loaded, Rule};

/// The policies that count, by what is asked.
pub type Sets = HashMap<Ask, PolicySet>;

/// What the engine said to one ask.
pub struct Answer<'a> {
    /// It is allowed.
    pub allowed: bool,
    /// Of an allow the permits, of a deny the forbids; in the order of their ids.
    pub reasons: Vec<&'a Rule>,
}

/// The rules could not be worked out: the ruling is a refusal and the operator is alarmed.
pub struct Fault {
    /// The policies that failed; none where the question could not be asked at all.
    pub policies: BTreeSet<String>,
}

impl From<Unaskable> for Fault {
    fn from(_: Unaskable) -> Self {
        Self {
            policies: BTreeSet::new(),
        }
    }
}

impl Fault {
    /// The words for it.
    pub fn hits(self) -> Vec<RuleHit> {
        let hit = |id| RuleHit {
            rule: "FAULT".to_owned(),
            id,
            title: "A rule could not be worked out, so this is refused and the operator is told"
                .to_owned(),
            basis: "a doubt is a refusal".to_owned(),
        };
        if self.policies.is_empty() {
            return vec![hit("engine".to_owned())];
        }
        self.policies.into_iter().map(hit).collect()
    }
}

/// The rules, and the sets made of them.
#[derive(Debug)]
pub struct Engine {
    pub names: Names,
    pub rules: Vec<Loaded>,
    index: HashMap<PolicyId, usize>,
    pub authorizer: Authorizer,
    /// By sender (the last row: no sender) and recipient.
    pairs: Vec<OnceLock<Option<Sets>>>,
}

impl Engine {
    pub fn new(names: Names, rules: Vec<Loaded>) -> Self {
        let kinds = AgencyKind::ALL.len();
        let index = rules.iter().enumerate();
        let index = index
            .map(|(n, loaded)| (loaded.policy.id().clone(), n))
            .collect();
        let pairs = (0..(kinds + 1) * kinds).map(|_| OnceLock::new()).collect();
        Self {
            names,
            rules,
            index,
            authorizer: Authorizer::new(),
            pairs,
        }
    }

    /// The rules that count for a sender (where there is one) and a recipient or reader.
    pub fn counting(
        &self,
        sender: Option<AgencyKind>,
        recipient: AgencyKind,
    ) -> impl Iterator<Item = &Loaded> {
        self.rules
            .iter()
            .filter(move |loaded| loaded.counts(sender, recipient))
    }

    /// The sets of a pair, made at its first question.
    pub fn sets(&self, sender: Option<AgencyKind>, recipient: AgencyKind) -> Result<&Sets, Fault> {
        let kinds = AgencyKind::ALL.len();
        let row = sender.map_or(kinds, |kind| kind as usize);
        self.pairs
            .get(row * kinds + recipient as usize)
            .and_then(|pair| pair.get_or_init(|| self.make(sender, recipient)).as_ref())
            .ok_or_else(|| Unaskable.into())
    }

    /// None where a set cannot be made whole: better no answer than one that lacks a forbid.
    fn make(&self, sender: Option<AgencyKind>, recipient: AgencyKind) -> Option<Sets> {
        let asks = Ask::ALL.into_iter().filter(|ask| ask.is_put());
        asks.map(|ask| {
            let counting = self
                .counting(sender, recipient)
                .filter(|l| l.asks.contains(&ask));
            let policies = counting.map(|loaded| loaded.policy.clone());
            PolicySet::from_policies(policies)
                .ok()
                .map(|set| (ask, set))
        })
        .collect()
    }

    /// Asks one thing. Any error, even beside an allow, is a fault: an erroring forbid is
    /// skipped by the engine, and would fail open.
    pub fn ask(
        &self,
        sender: Option<AgencyKind>,
        recipient: AgencyKind,
        ask: Ask,
        facts: &Facts,
    ) -> Result<Answer<'_>, Fault> {
        let set = self.sets(sender, recipient)?.get(&ask).ok_or(Unaskable)?;
        self.ask_set(set, ask, facts)
    }

    /// Asks one thing of a set made for it.
    pub fn ask_set(&self, set: &PolicySet, ask: Ask, facts: &Facts) -> Result<Answer<'_>, Fault> {
        let request = facts.request(&self.names, ask, None)?;
        let response = self
            .authorizer
            .is_authorized(&request, set, facts.entities());
        let diagnostics = response.diagnostics();
        let policies: BTreeSet<String> = diagnostics
            .errors()
            .map(|AuthorizationError::PolicyEvaluationError(error)| error.policy_id().to_string())
            .collect();
        if !policies.is_empty() {
            return Err(Fault { policies });
        }
        let mut places: Vec<usize> = diagnostics
            .reason()
            .filter_map(|id| self.index.get(id).copied())
            .collect();
        places.sort_unstable();
        let reasons = places.into_iter().filter_map(|n| self.rules.get(n));
        Ok(Answer {
            allowed: response.decision() == Decision::Allow,
            reasons: reasons.map(|loaded| &loaded.rule).collect(),
        })
    }
}
