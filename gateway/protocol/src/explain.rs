//! Why a question was decided so: every policy that was considered, and whether it fired.

use std::collections::BTreeSet;
use std::fmt;

use cedar_policy::PolicySet;
use gateway_core::{Question, Ruling};
use serde::Serialize;

use crate::decide;
use crate::engine::{Engine, Fault};
use crate::facts::Facts;
use crate::rule::{Ask, Effect, Loaded, Rule};

/// One policy that the question was put to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Considered {
    /// The policy, in words.
    #[serde(flatten)]
    pub rule: Rule,
    /// It applies to the question's facts (it need not have decided: a hold beats a permit, and
    /// terms are set only of what is permitted).
    pub fired: bool,
    /// It could not be worked out.
    pub failed: bool,
}

/// Why a question was decided so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The ruling.
    pub ruling: Ruling,
    /// Every policy that was considered, in the order of their ids.
    pub considered: Vec<Considered>,
}

/// Explains one question.
pub fn explain(engine: &Engine, question: &Question) -> Explanation {
    let ruling = decide::decide(engine, question).ruling;
    let counting = engine.counting(Some(question.sender.kind), question.recipient.kind);
    let facts = Facts::sharing(&engine.names, question).map_err(Fault::from);
    let considered = counting.filter_map(|loaded| {
        let ask = *[Ask::Receive, Ask::Terms]
            .iter()
            .find(|ask| loaded.asks.contains(ask))?;
        // Asked alone: an answer to all would name the permits or the forbids, never both.
        let asked = facts
            .as_ref()
            .map_err(|_| ())
            .and_then(|facts| alone(engine, loaded, ask, facts));
        Some(Considered {
            rule: loaded.rule.clone(),
            fired: asked == Ok(true),
            failed: asked.is_err(),
        })
    });
    Explanation {
        ruling,
        considered: considered.collect(),
    }
}

fn alone(engine: &Engine, loaded: &Loaded, ask: Ask, facts: &Facts) -> Result<bool, ()> {
    let set = PolicySet::from_policies([loaded.policy.clone()]).map_err(|_| ())?;
    let answer = engine.ask_set(&set, ask, facts).map_err(|_| ())?;
    Ok(!answer.reasons.is_empty())
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{}{}",
            self.ruling.outcome,
            listed(", with ", &self.ruling.obligations)
        )?;
        if !self.ruling.reviewers.is_empty() {
            writeln!(f, "waits for {}", listed("", &self.ruling.reviewers))?;
        }
        for hit in &self.ruling.rules {
            writeln!(f, "  {} {} ({})", hit.rule, hit.title, hit.basis)?;
        }
        writeln!(
            f,
            "of {} rules considered, these apply:",
            self.considered.len()
        )?;
        for considered in self.considered.iter().filter(|c| c.fired || c.failed) {
            let rule = &considered.rule;
            let does = match (considered.failed, rule.effect) {
                (true, _) => "could not be worked out",
                (false, Effect::Permits) => "permits",
                (false, Effect::Holds) => "holds",
                (false, Effect::Refuses) => "refuses",
                (false, Effect::Obliges) => "adds to what is permitted",
            };
            let obligations = listed(", with ", &rule.obligations);
            let reviewers = listed(", for ", &rule.reviewers);
            let (id, title) = (&rule.hit.id, &rule.hit.title);
            writeln!(
                f,
                "  {id} {does}{obligations}{reviewers}: {title} [{}:{}]",
                rule.file, rule.line
            )?;
        }
        Ok(())
    }
}

fn listed<T: fmt::Display>(lead: &str, words: &BTreeSet<T>) -> String {
    if words.is_empty() {
        return String::new();
    }
    let words: Vec<String> = words.iter().map(ToString::to_string).collect();
    format!("{lead}{}", words.join(", "))
}
