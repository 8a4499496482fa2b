//! The only place where a policy set is asked. Only the floor, the common permits, the
//! recipient's protocol and the sender's forbids and terms are, and of those the ones that can
//! apply to the item's category; each set is made once.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use cedar_policy::{AuthorizationError, Authorizer, Decision, PolicyId, PolicySet};
use gateway_core::{AgencyKind, Category, Question, RuleHit};

use crate::facts::{Facts, Unaskable};
use crate::names::Names;
use crate::rule::{Ask, Loaded, Rule};

/// The policies that count, by what is asked.
pub type Sets = HashMap<Ask, Arc<PolicySet>>;

/// What tells which policies count.
#[derive(Debug, Clone, Copy)]
pub struct Between {
    /// Where something is sent.
    sender: Option<AgencyKind>,
    /// Or the reader, or who would lead.
    recipient: AgencyKind,
    /// Where an item is sent.
    category: Option<Category>,
}

impl Between {
    /// Of one item to one recipient.
    pub const fn sharing(question: &Question) -> Self {
        Self {
            sender: Some(question.sender.kind),
            recipient: question.recipient.kind,
            category: Some(question.item.category),
        }
    }

    /// Of what is asked of one agency alone.
    pub const fn alone(kind: AgencyKind) -> Self {
        Self {
            sender: None,
            recipient: kind,
            category: None,
        }
    }

    /// One number for each.
    fn place(self) -> usize {
        let kinds = AgencyKind::ALL.len();
        let categories = Category::ALL.len();
        let row = self.sender.map_or(kinds, |kind| kind as usize);
        let column = self
            .category
            .map_or(categories, |category| category as usize);
        (row * kinds + self.recipient as usize) * (categories + 1) + column
    }

    fn places() -> usize {
        let kinds = AgencyKind::ALL.len();
        (kinds + 1) * kinds * (Category::ALL.len() + 1)
    }
}

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
    /// By [`Between::place`].
    sets: Vec<OnceLock<Option<Sets>>>,
    /// The sets themselves, by the places of their policies: most are those of many.
    made: Mutex<HashMap<Vec<usize>, Arc<PolicySet>>>,
}

impl Engine {
    pub fn new(names: Names, rules: Vec<Loaded>) -> Self {
        let index = rules.iter().enumerate();
        let index = index
            .map(|(n, loaded)| (loaded.policy.id().clone(), n))
            .collect();
        Self {
            names,
            rules,
            index,
            authorizer: Authorizer::new(),
            sets: (0..Between::places()).map(|_| OnceLock::new()).collect(),
            made: Mutex::default(),
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

    /// The sets, made at the first question of their kind.
    pub fn sets(&self, between: Between) -> Result<&Sets, Fault> {
        self.sets
            .get(between.place())
            .and_then(|sets| sets.get_or_init(|| self.make(between)).as_ref())
            .ok_or_else(|| Unaskable.into())
    }

    /// None where a set cannot be made whole: better no answer than one that lacks a forbid.
    fn make(&self, between: Between) -> Option<Sets> {
        let asks = Ask::ALL.into_iter().filter(|ask| ask.is_put());
        asks.map(|ask| {
            let counts = |loaded: &Loaded| {
                loaded.asks.contains(&ask)
                    && loaded.counts(between.sender, between.recipient)
                    && between.category.is_none_or(|one| loaded.can_apply_to(one))
            };
            let counting = self.rules.iter().enumerate();
            let places = counting.filter_map(|(n, loaded)| counts(loaded).then_some(n));
            self.set(places.collect()).map(|set| (ask, set))
        })
        .collect()
    }

    fn set(&self, places: Vec<usize>) -> Option<Arc<PolicySet>> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(set) = made.get(&places) {
            return Some(Arc::clone(set));
        }
        let rules = places.iter().filter_map(|n| self.rules.get(*n));
        let policies = rules.map(|loaded| loaded.policy.clone());
        let set = Arc::new(PolicySet::from_policies(policies).ok()?);
        made.insert(places, Arc::clone(&set));
        Some(set)
    }

    /// Asks one thing. Any error, even beside an allow, is a fault: an erroring forbid is
    /// skipped by the engine, and would fail open.
    pub fn ask(&self, between: Between, ask: Ask, facts: &Facts) -> Result<Answer<'_>, Fault> {
        let set = self.sets(between)?.get(&ask).ok_or(Unaskable)?;
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
