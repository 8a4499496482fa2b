//! From the engine's answers to a ruling. Refusals beat holds, holds beat permits; terms add to
//! what is permitted, and change nothing else.

use std::collections::BTreeSet;

use gateway_core::question::{Reading, Seat};
use gateway_core::{AgencyKind, Outcome, Question, ReadQuestion, Reviewer, Role, RuleHit, Ruling};

use crate::engine::{Answer, Between, Engine, Fault};
use crate::facts::Facts;
use crate::rule::{Ask, Effect, Rule};

/// A ruling, and the id of every policy that any ask gave as a reason.
pub struct Traced {
    pub ruling: Ruling,
    pub reasons: BTreeSet<String>,
}

/// May this recipient have this item?
pub fn decide(engine: &Engine, question: &Question) -> Traced {
    traced(try_decide(engine, question))
}

/// May this reader read?
pub fn may_read(engine: &Engine, question: &ReadQuestion) -> Traced {
    let ask = match question.reading {
        Reading::Item => Ask::Read,
        Reading::Record => Ask::ReadRecord,
        Reading::Own => Ask::ReadOwn,
        Reading::Log => Ask::ReadLog,
    };
    traced(
        Facts::reading(&engine.names, question)
            .map_err(Fault::from)
            .and_then(|facts| {
                let answer = engine.ask(Between::alone(question.reader.kind), ask, &facts)?;
                Ok(yes_or_no(
                    &answer,
                    "default.read",
                    "No rule lets this reader read this",
                ))
            }),
    )
}

/// May an agency of this kind be the lead agency?
pub fn may_lead(engine: &Engine, kind: AgencyKind) -> Traced {
    traced(
        Facts::lead(&engine.names, kind)
            .map_err(Fault::from)
            .and_then(|facts| {
                let answer = engine.ask(Between::alone(kind), Ask::SetLead, &facts)?;
                Ok(yes_or_no(
                    &answer,
                    "default.lead",
                    "No rule lets this agency be the lead agency",
                ))
            }),
    )
}

fn traced(decided: Result<Traced, Fault>) -> Traced {
    decided.unwrap_or_else(|fault| Traced {
        reasons: BTreeSet::new(),
        ruling: Ruling {
            fault: true,
            ..ruling(Outcome::Refuse, fault.hits())
        },
    })
}

fn try_decide(engine: &Engine, question: &Question) -> Result<Traced, Fault> {
    let facts = Facts::sharing(&engine.names, question)?;
    let between = Between::sharing(question);
    let now = engine.ask(between, Ask::Receive, &facts)?;
    if now.allowed {
        let terms = engine.ask(between, Ask::Terms, &facts)?;
        return Ok(permit(&with_terms(now, terms)));
    }
    let reasons = ids(&now).collect();
    let refuses = |rule: &&Rule| rule.effect == Effect::Refuses;
    let refusals = hits(now.reasons.iter().copied().filter(refuses));
    if !refusals.is_empty() {
        return Ok(Traced {
            ruling: ruling(Outcome::Refuse, refusals),
            reasons,
        });
    }
    if now.reasons.is_empty() {
        return Ok(Traced {
            ruling: unruled(),
            reasons,
        });
    }
    let reviewers = now
        .reasons
        .iter()
        .flat_map(|rule| rule.reviewers.iter().copied())
        .collect();
    let held = ruling(Outcome::Hold, hits(now.reasons.into_iter()));
    Ok(Traced {
        ruling: Ruling { reviewers, ..held },
        reasons,
    })
}

/// A permit and the terms that match, in the order of their ids.
fn with_terms<'a>(mut permit: Answer<'a>, terms: Answer<'a>) -> Answer<'a> {
    permit.reasons.extend(terms.reasons);
    permit.reasons.sort_by(|a, b| a.hit.id.cmp(&b.hit.id));
    permit
}

fn permit(answer: &Answer<'_>) -> Traced {
    let reasons = &answer.reasons;
    let obligations = reasons
        .iter()
        .flat_map(|rule| rule.obligations.iter().copied())
        .collect();
    let permitted = ruling(Outcome::Permit, hits(reasons.iter().copied()));
    Traced {
        ruling: Ruling {
            obligations,
            ..permitted
        },
        reasons: ids(answer).collect(),
    }
}

/// No rule says anything, so a person does.
fn unruled() -> Ruling {
    let coordinator = Reviewer {
        role: Role::Coordinator,
        seat: Seat::Coordination,
    };
    let hit = RuleHit {
        basis: "CJA 2003 s.325; MAPPA Guidance 9.1".to_owned(),
        ..default_hit(
            "default.hold",
            "No rule permits this, so the coordinator decides",
        )
    };
    Ruling {
        reviewers: BTreeSet::from([coordinator]),
        ..ruling(Outcome::Hold, vec![hit])
    }
}

fn yes_or_no(answer: &Answer<'_>, id: &str, title: &str) -> Traced {
    if answer.allowed {
        return permit(answer);
    }
    let mut rules = hits(answer.reasons.iter().copied());
    if rules.is_empty() {
        rules.push(default_hit(id, title));
    }
    Traced {
        ruling: ruling(Outcome::Refuse, rules),
        reasons: ids(answer).collect(),
    }
}

fn default_hit(id: &str, title: &str) -> RuleHit {
    RuleHit {
        rule: "DEFAULT".to_owned(),
        id: id.to_owned(),
        title: title.to_owned(),
        basis: "need to know".to_owned(),
    }
}

fn ids<'a>(answer: &'a Answer<'_>) -> impl Iterator<Item = String> + 'a {
    answer.reasons.iter().map(|rule| rule.hit.id.clone())
}

fn hits<'a>(rules: impl Iterator<Item = &'a Rule>) -> Vec<RuleHit> {
    rules.map(|rule| rule.hit.clone()).collect()
}

const fn ruling(outcome: Outcome, rules: Vec<RuleHit>) -> Ruling {
    Ruling {
        outcome,
        obligations: BTreeSet::new(),
        reviewers: BTreeSet::new(),
        rules,
        fault: false,
    }
}
