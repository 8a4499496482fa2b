//! One policy as people and the engine see it.

use std::collections::BTreeSet;

use cedar_policy::{ActionConstraint, Policy};
use gateway_core::{AgencyKind, Category, Obligation, Reviewer, RuleHit};
use serde::Serialize;

/// What a policy does where it applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// Opens the way, with obligations.
    Permits,
    /// Closes it until its reviewers approve.
    Holds,
    /// Closes it, whoever approves.
    Refuses,
    /// Adds obligations to what others permit, and permits nothing itself.
    Obliges,
}

/// A policy in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rule {
    /// Its number, id, title and basis.
    #[serde(flatten)]
    pub hit: RuleHit,
    /// What it does.
    pub effect: Effect,
    /// Of a permit, and of terms: what it obliges to.
    pub obligations: BTreeSet<Obligation>,
    /// Of a hold: who must approve.
    pub reviewers: BTreeSet<Reviewer>,
    /// Its file, from the policies folder on.
    pub file: String,
    /// The line it begins on.
    pub line: usize,
}

/// Which questions count a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// All.
    Floor,
    /// All: permits that serve many kinds of recipient.
    Common,
    /// Those with this kind as recipient or reader; with this kind as sender too, but its permits.
    Kind(AgencyKind),
}

/// The questions that can be put, as the schema names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ask {
    Receive,
    ReceiveAfterReview,
    Terms,
    Read,
    ReadRecord,
    ReadOwn,
    ReadLog,
    SetLead,
}

impl Ask {
    pub const ALL: [Self; 8] = [
        Self::Receive,
        Self::ReceiveAfterReview,
        Self::Terms,
        Self::Read,
        Self::ReadRecord,
        Self::ReadOwn,
        Self::ReadLog,
        Self::SetLead,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Receive => "receive",
            Self::ReceiveAfterReview => "receiveAfterReview",
            Self::Terms => "terms",
            Self::Read => "read",
            Self::ReadRecord => "readRecord",
            Self::ReadOwn => "readOwn",
            Self::ReadLog => "readLog",
            Self::SetLead => "setLead",
        }
    }

    /// Whether it is put to the engine. What nobody's approval opens is forbidden as well while
    /// nobody has approved, so the answer to `receive` names it.
    pub const fn is_put(self) -> bool {
        !matches!(self, Self::ReceiveAfterReview)
    }

    /// The questions that a policy's scope names; none where it names none.
    pub fn of(policy: &Policy) -> Vec<Self> {
        let actions = match policy.action_constraint() {
            ActionConstraint::Any => Vec::new(),
            ActionConstraint::Eq(action) => vec![action],
            ActionConstraint::In(actions) => actions,
        };
        let named = |ask: &Self| actions.iter().any(|a| a.id().unescaped() == ask.as_str());
        Self::ALL.into_iter().filter(named).collect()
    }
}

/// A policy that has passed every check.
#[derive(Debug)]
pub struct Loaded {
    pub rule: Rule,
    pub policy: Policy,
    pub scope: Scope,
    pub asks: Vec<Ask>,
    /// Those that it can apply to, where it begins by naming them.
    pub categories: Option<BTreeSet<Category>>,
}

impl Loaded {
    /// Whether it can apply to an item of this category.
    pub fn can_apply_to(&self, category: Category) -> bool {
        let named = self.categories.as_ref();
        named.is_none_or(|named| named.contains(&category))
    }

    /// Whether a question from `sender` (where there is one) for `recipient` counts it.
    pub fn counts(&self, sender: Option<AgencyKind>, recipient: AgencyKind) -> bool {
        match self.scope {
            Scope::Floor | Scope::Common => true,
            Scope::Kind(kind) if kind == recipient => true,
            // A sender's protocol may close a way or set terms, never open one.
            Scope::Kind(kind) => sender == Some(kind) && self.rule.effect != Effect::Permits,
        }
    }
}
