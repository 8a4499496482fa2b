//! The words in a rule are words of the code lists: a misspelt one would compare with nothing
//! for ever, and a forbid that never fires is an open door.

use cedar_policy::Policy;
use gateway_core::{About, AgencyKind, Category, Obligation, Purpose, Role};
use serde_json::Value;

use crate::error::{LoadError, Place};
use crate::facts::NOT_STATED;
use crate::rule::{Effect, Loaded};

/// Every string in the rule is on a code list.
pub fn check(policy: &Policy, place: &Place) -> Result<(), LoadError> {
    match strings(policy).into_iter().find(|word| !known(word)) {
        None => Ok(()),
        Some(word) => Err(LoadError::UnknownWord {
            place: place.clone(),
            word,
        }),
    }
}

fn known(word: &str) -> bool {
    word == NOT_STATED
        || word.parse::<AgencyKind>().is_ok()
        || word.parse::<Category>().is_ok()
        || word.parse::<Purpose>().is_ok()
        || word.parse::<About>().is_ok()
        || word.parse::<Role>().is_ok()
        || word.parse::<Obligation>().is_ok()
}

/// `REDACT(x)` is kept by a refusal: the rule `R` that obliges to it has beside it a policy
/// `R.redact` that refuses category x.
pub fn redactions(rules: &[Loaded]) -> Result<(), LoadError> {
    for loaded in rules {
        let rule = &loaded.rule;
        let id = format!("{}.redact", rule.hit.rule);
        let refused = rules
            .iter()
            .find(|other| {
                other.rule.hit.id == id
                    && other.rule.file == rule.file
                    && other.rule.effect == Effect::Refuses
            })
            .map(|other| strings(&other.policy))
            .unwrap_or_default();
        let kept = rule.obligations.iter().all(|obligation| {
            let Obligation::Redact(category) = obligation else {
                return true;
            };
            refused.iter().any(|word| word == category.as_str())
        });
        if !kept {
            return Err(LoadError::Shape {
                place: Place {
                    file: rule.file.clone(),
                    line: rule.line,
                },
                id: rule.hit.id.clone(),
                reason: "obliges to REDACT a category that nothing refuses: add beside it a forbid with the id `<rule>.redact` on `receive` and `receiveAfterReview` that names the category",
            });
        }
    }
    Ok(())
}

/// Whether a condition looks at the action. A rule that forbids two would then not forbid them
/// alike, and which it is, a hold or a refusal, is read off its head.
pub fn name_the_action(policy: &Policy) -> bool {
    conditions(policy).is_none_or(|found| names(&found, "action"))
}

fn names(json: &Value, variable: &str) -> bool {
    match json {
        Value::Array(list) => list.iter().any(|inner| names(inner, variable)),
        Value::Object(map) => map.iter().any(|(key, inner)| {
            (key == "Var" && inner.as_str() == Some(variable)) || names(inner, variable)
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

fn strings(policy: &Policy) -> Vec<String> {
    let mut found = Vec::new();
    if let Some(conditions) = conditions(policy) {
        collect(&conditions, &mut found);
    }
    found
}

fn conditions(policy: &Policy) -> Option<Value> {
    policy.to_json().ok()?.get("conditions").cloned()
}

fn collect(json: &Value, found: &mut Vec<String>) {
    match json {
        Value::Array(list) => list.iter().for_each(|inner| collect(inner, found)),
        Value::Object(map) => {
            for (key, inner) in map {
                if let (Value::String(word), "Value") = (inner, key.as_str()) {
                    found.push(word.clone());
                } else {
                    collect(inner, found);
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
