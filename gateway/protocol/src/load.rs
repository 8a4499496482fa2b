//! From texts to rules that have passed every check. Strict: what does not wholly validate,
//! without a warning, does not load.

use std::collections::BTreeMap;
use std::str::FromStr;

use cedar_policy::{Effect as CedarEffect, Policy, PolicyId, PolicySet, Schema};
use cedar_policy::{ValidationMode, Validator};
use gateway_core::{AgencyKind, RuleHit};
use miette::Diagnostic;

use crate::annotation::Annotations;
use crate::error::{LoadError, Place};
use crate::files::{COMMON, Files, SCHEMA};
use crate::rule::{Ask, Effect, Loaded, Rule, Scope};
use crate::words;

/// Reads and checks all rules; in the order of their ids.
pub fn load(files: &Files) -> Result<Vec<Loaded>, LoadError> {
    let schema = schema(files)?;
    let mut rules: BTreeMap<String, Loaded> = BTreeMap::new();
    for (file, text) in files.rules() {
        for loaded in parse(file, text)? {
            let rule = &loaded.rule;
            if let Some(first) = rules.get(&rule.hit.id) {
                return Err(LoadError::DoubleId {
                    place: place(rule),
                    id: rule.hit.id.clone(),
                    first: place(&first.rule),
                });
            }
            rules.insert(rule.hit.id.clone(), loaded);
        }
    }
    let rules: Vec<Loaded> = rules.into_values().collect();
    words::redactions(&rules)?;
    validate(&schema, &rules)?;
    Ok(rules)
}

/// The words that rules may use.
pub fn schema(files: &Files) -> Result<Schema, LoadError> {
    let text = files.get(SCHEMA).unwrap_or_default();
    match Schema::from_cedarschema_str(text) {
        Ok((schema, warnings)) => match warnings.into_iter().next() {
            None => Ok(schema),
            Some(warning) => Err(LoadError::Schema {
                place: at(SCHEMA, text, offset(&warning)),
                reason: warning.to_string(),
            }),
        },
        Err(error) => Err(LoadError::Schema {
            place: at(SCHEMA, text, offset(&error)),
            reason: error.to_string(),
        }),
    }
}

fn parse(file: &str, text: &str) -> Result<Vec<Loaded>, LoadError> {
    let set = PolicySet::from_str(text).map_err(|errors| {
        let first = errors.iter().next();
        LoadError::Syntax {
            place: at(file, text, first.map_or(0, offset)),
            reason: first.map_or_else(|| errors.to_string(), ToString::to_string),
        }
    })?;
    if let Some(template) = set.templates().next() {
        let place = at(file, text, text.find(&template.to_string()).unwrap_or(0));
        let reason = "a rule with a slot (`?principal`) decides nothing".to_owned();
        return Err(LoadError::Syntax { place, reason });
    }
    set.policies()
        .map(|policy| {
            let start = text.find(&policy.to_string()).unwrap_or(0);
            one(policy, at(file, text, start))
        })
        .collect()
}

/// One policy, named from its `@id`: the engine would number it by its place in the file.
fn one(policy: &Policy, place: Place) -> Result<Loaded, LoadError> {
    let annotations = Annotations::read(policy, &place)?;
    let hit = RuleHit {
        rule: annotations.required("rule")?,
        id: annotations.required("id")?,
        title: annotations.required("title")?,
        basis: annotations.required("basis")?,
    };
    let asks = Ask::of(policy);
    let permits = policy.effect() == CedarEffect::Permit;
    let rule = Rule {
        effect: effect(permits, &asks),
        obligations: annotations.obligations()?,
        reviewers: annotations.reviewers()?,
        hit,
        file: place.file.clone(),
        line: place.line,
    };
    words::check(policy, &place)?;
    let loaded = Loaded {
        policy: policy.new_id(PolicyId::new(&rule.hit.id)),
        scope: scope(&place)?,
        categories: words::categories(policy),
        rule,
        asks,
    };
    match fault_of_shape(&loaded) {
        None => Ok(loaded),
        Some(reason) => Err(LoadError::Shape {
            place,
            id: loaded.rule.hit.id,
            reason,
        }),
    }
}

fn effect(permits: bool, asks: &[Ask]) -> Effect {
    let holds = asks.contains(&Ask::Receive) && !asks.contains(&Ask::ReceiveAfterReview);
    match (permits, holds) {
        (true, _) if asks.contains(&Ask::Terms) => Effect::Obliges,
        (true, _) => Effect::Permits,
        (false, true) => Effect::Holds,
        (false, false) => Effect::Refuses,
    }
}

fn fault_of_shape(loaded: &Loaded) -> Option<&'static str> {
    let rule = &loaded.rule;
    let review = loaded.asks.contains(&Ask::ReceiveAfterReview);
    let receive = loaded.asks.contains(&Ask::Receive);
    if loaded.asks.is_empty() {
        return Some("names no action: name `Action::\"receive\"` or another of the schema");
    }
    if words::name_the_action(&loaded.policy) {
        return Some("asks for the action in a condition: name it in the rule's head alone");
    }
    if loaded.asks.contains(&Ask::Terms) {
        return fault_of_terms(loaded);
    }
    match rule.effect {
        Effect::Permits if !rule.reviewers.is_empty() => {
            Some("is a permit and asks nobody: take `@reviewers` out")
        }
        Effect::Permits if review => {
            Some("permits `receiveAfterReview`, which is there to be forbidden: permit `receive`")
        }
        Effect::Holds | Effect::Refuses if !rule.obligations.is_empty() => {
            Some("is a forbid and obliges to nothing: take `@obligations` out")
        }
        Effect::Holds if rule.reviewers.is_empty() => Some(
            "forbids `receive` alone, so it is a hold: name who decides in `@reviewers`, or forbid `receiveAfterReview` as well to refuse",
        ),
        Effect::Refuses if !rule.reviewers.is_empty() => Some(
            "refuses, so nobody decides: take `@reviewers` out, or forbid `receive` alone to hold",
        ),
        Effect::Refuses if review && !receive => {
            Some("forbids `receiveAfterReview` alone: forbid `receive` as well")
        }
        Effect::Permits | Effect::Holds | Effect::Refuses | Effect::Obliges => None,
    }
}

/// Terms only add: what forbids them would take away what others oblige to.
fn fault_of_terms(loaded: &Loaded) -> Option<&'static str> {
    let rule = &loaded.rule;
    if rule.effect != Effect::Obliges {
        return Some(
            "forbids `terms`, which only add to what is permitted: forbid `receive` to hold, and `receiveAfterReview` as well to refuse",
        );
    }
    if loaded.asks.len() > 1 {
        return Some("sets `terms` and more: make it two rules, of which one sets the terms alone");
    }
    if rule.obligations.is_empty() {
        return Some("sets terms that oblige to nothing: name them in `@obligations`");
    }
    if !rule.reviewers.is_empty() {
        return Some("sets terms and asks nobody: take `@reviewers` out");
    }
    None
}

fn scope(place: &Place) -> Result<Scope, LoadError> {
    let folder = place.file.split('/').nth(1).unwrap_or_default();
    if place.file.starts_with("floor/") {
        Ok(Scope::Floor)
    } else if folder == COMMON {
        Ok(Scope::Common)
    } else {
        let unexpected = |_| LoadError::Unexpected {
            file: place.file.clone(),
        };
        folder
            .parse::<AgencyKind>()
            .map(Scope::Kind)
            .map_err(unexpected)
    }
}

fn validate(schema: &Schema, rules: &[Loaded]) -> Result<(), LoadError> {
    let all = PolicySet::from_policies(rules.iter().map(|loaded| loaded.policy.clone()))
        .map_err(|_| LoadError::Engine { word: "id" })?;
    let result = Validator::new(schema.clone()).validate(&all, ValidationMode::Strict);
    let errors = result
        .validation_errors()
        .map(|e| (e.policy_id(), e.to_string()));
    let warnings = result
        .validation_warnings()
        .map(|w| (w.policy_id(), w.to_string()));
    let Some((id, reason)) = errors.chain(warnings).next() else {
        return Ok(());
    };
    let place = rules
        .iter()
        .find(|loaded| loaded.policy.id() == id)
        .map_or_else(
            || Place {
                file: SCHEMA.to_owned(),
                line: 1,
            },
            |found| place(&found.rule),
        );
    Err(LoadError::Invalid {
        place,
        id: id.to_string(),
        reason,
    })
}

fn place(rule: &Rule) -> Place {
    Place {
        file: rule.file.clone(),
        line: rule.line,
    }
}

fn at(file: &str, text: &str, offset: usize) -> Place {
    let before = text.get(..offset).unwrap_or_default();
    Place {
        file: file.to_owned(),
        line: before.matches('\n').count() + 1,
    }
}

fn offset(diagnostic: &impl Diagnostic) -> usize {
    diagnostic
        .labels()
        .and_then(|mut labels| labels.next())
        .map_or(0, |label| label.offset())
}
