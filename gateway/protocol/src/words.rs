//! The words in a rule are words of the code lists: a misspelt one would compare with nothing
//! for ever, and a forbid that never fires is an open door.

use std::collections::BTreeSet;

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

/// The categories of an item that a policy can apply to, where its first condition is that the item
/// has one of them: of any other the engine looks no further, so it need not be asked. None where it
/// begins otherwise.
pub fn categories(policy: &Policy) -> Option<BTreeSet<Category>> {
    let conditions = conditions(policy)?;
    let first = conditions.as_array()?.first()?;
    if first.get("kind")? != "when" {
        return None;
    }
    let mut condition = first.get("body")?;
    while let Some(both) = condition.get("&&") {
        condition = both.get("left")?;
    }
    let words = one_of(condition)?;
    words.iter().map(|word| word.parse().ok()).collect()
}

/// The words of `resource.category == "…"`, or of `["…", …].contains(resource.category)`.
fn one_of(condition: &Value) -> Option<Vec<&str>> {
    if let Some(equal) = condition.get("==") {
        let word = equal.get("right")?.get("Value")?.as_str()?;
        return is_category(equal.get("left")?).then_some(vec![word]);
    }
    let contains = condition.get("contains")?;
    let words = contains.get("left")?.get("Set")?.as_array()?;
    let words = words.iter().map(|word| word.get("Value")?.as_str());
    is_category(contains.get("right")?).then(|| words.collect())?
}

fn is_category(json: &Value) -> bool {
    *json == serde_json::json!({".": {"left": {"Var": "resource"}, "attr": "category"}})
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

#[cfg(test)]
mod tests {
    use super::*;

    fn named(conditions: &str) -> Option<Vec<&'static str>> {
        let text = format!("permit(principal, action, resource) {conditions};");
        let policy = Policy::parse(None, text).unwrap();
        categories(&policy).map(|named| named.into_iter().map(Category::as_str).collect())
    }

    #[test]
    fn a_rule_that_begins_with_categories_can_apply_to_no_other() {
        let risk = "resource.category == \"RISK\"";
        let some = "[\"RISK\", \"CHILD\"].contains(resource.category)";
        let other = "context.linked";
        let one = Some(vec!["RISK"]);
        assert_eq!(named(&format!("when {{ {risk} }}")), one);
        assert_eq!(
            named(&format!("when {{ {risk} && {other} && {other} }}")),
            one
        );
        assert_eq!(
            named(&format!("when {{ {risk} }} unless {{ {other} }}")),
            one
        );
        let mut two = named(&format!("when {{ {some} && {other} }}")).unwrap();
        two.sort_unstable();
        assert_eq!(two, ["CHILD", "RISK"]);
    }

    #[test]
    fn a_rule_that_begins_otherwise_can_apply_to_any() {
        let risk = "resource.category == \"RISK\"";
        for conditions in [
            String::new(),
            format!("unless {{ {risk} }}"),
            format!("when {{ {risk} || context.linked }}"),
            format!("when {{ context.linked && {risk} }}"),
            format!("when {{ !({risk}) }}"),
            format!("when {{ context.linked }} when {{ {risk} }}"),
            "when { resource.category != \"RISK\" }".to_owned(),
            "when { resource.category == resource.owner_kind }".to_owned(),
            "when { resource.owner_kind == \"RISK\" }".to_owned(),
            "when { principal.category == \"RISK\" }".to_owned(),
            "when { [\"RISK\", resource.about].contains(resource.category) }".to_owned(),
            "when { [\"RISK\"].contains(resource.about) }".to_owned(),
            "when { if resource.category == \"RISK\" then true else context.linked }".to_owned(),
        ] {
            assert_eq!(named(&conditions), None, "{conditions}");
        }
    }
}
