//! A plain second reading of the rule table, to compare the protocol engine with.
//!
//! It reads no policy file and shares no code with the engine: the table's rows, written as
//! they read, in the table's own words (Responsible Authority, duty-to-cooperate agency). It
//! will not explain, load or store anything. When a rule of the table changes, change its row
//! here as well as its policy; the comparison fails until both say the same.

mod holds;
mod permits;
mod refusals;
mod terms;
mod who;

use std::collections::BTreeSet;

use gateway_core::question::{Question, Reviewer, Seat};
use gateway_core::{Obligation, Outcome, Role};

/// What the table says to one question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Permit, hold or refuse.
    pub outcome: Outcome,
    /// Of a permit: everything that its rules oblige to.
    pub obligations: BTreeSet<Obligation>,
    /// Of a hold: everybody who must approve.
    pub reviewers: BTreeSet<Reviewer>,
    /// The numbers of the rules that decided.
    pub rules: BTreeSet<String>,
}

/// Puts one question to the table. The most restrictive outcome wins: a refusal, whatever else
/// matches; then a hold; then a permit, with whatever terms match; and where nothing matches, the
/// coordinator decides.
pub fn evaluate(q: &Question) -> Answer {
    let refusals = refusals::matching(q);
    if !refusals.is_empty() {
        return answer(Outcome::Refuse, refusals);
    }
    let holds = holds::matching(q);
    if !holds.is_empty() {
        let reviewers = holds.iter().map(|(_, reviewer)| *reviewer).collect();
        let rules = holds.into_iter().map(|(rule, _)| rule).collect();
        return Answer {
            reviewers,
            ..answer(Outcome::Hold, rules)
        };
    }
    let mut permits = permits::matching(q);
    if !permits.is_empty() {
        permits.extend(terms::matching(q));
        let obligations = permits
            .iter()
            .flat_map(|(_, list)| list.iter().copied())
            .collect();
        let rules = permits.into_iter().map(|(rule, _)| rule).collect();
        return Answer {
            obligations,
            ..answer(Outcome::Permit, rules)
        };
    }
    let coordinator = Reviewer {
        role: Role::Coordinator,
        seat: Seat::Coordination,
    };
    Answer {
        reviewers: BTreeSet::from([coordinator]),
        ..answer(Outcome::Hold, vec!["DEFAULT"])
    }
}

fn answer(outcome: Outcome, rules: Vec<&'static str>) -> Answer {
    Answer {
        outcome,
        obligations: BTreeSet::new(),
        reviewers: BTreeSet::new(),
        rules: rules.into_iter().map(str::to_owned).collect(),
    }
}
