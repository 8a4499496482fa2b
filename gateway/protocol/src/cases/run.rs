//! Reads cases, puts them, and compares.

use std::collections::{BTreeMap, BTreeSet};

use gateway_core::{AgencyKind, Obligation, Outcome, Reviewer, Ruling};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::cases::defaults::{default_question, default_reading};
use crate::cases::{Failure, Report};
use crate::decide::{self, Traced};
use crate::{Protocols, Rule};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    question: Option<Map<String, Value>>,
    read: Option<Map<String, Value>>,
    lead: Option<AgencyKind>,
    expect: Expect,
}

#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expect {
    outcome: Outcome,
    #[serde(default)]
    rules: BTreeSet<String>,
    #[serde(default)]
    obligations: BTreeSet<Obligation>,
    #[serde(default)]
    reviewers: BTreeSet<Reviewer>,
}

impl Expect {
    fn of(ruling: &Ruling) -> Self {
        Self {
            outcome: ruling.outcome,
            rules: ruling.rules.iter().map(|hit| hit.rule.clone()).collect(),
            obligations: ruling.obligations.clone(),
            reviewers: ruling.reviewers.clone(),
        }
    }
}

/// What a case came to: the ruling, and whose question it was.
struct Put {
    traced: Traced,
    kind: AgencyKind,
}

pub fn run(protocols: &Protocols) -> Report {
    let mut report = Report::default();
    let mut reasons = BTreeSet::new();
    let mut outcomes: BTreeMap<String, BTreeSet<Outcome>> = BTreeMap::new();
    for (file, text) in protocols.files.ending("cases.json") {
        let cases: Vec<Case> = match serde_json::from_str(text) {
            Ok(cases) => cases,
            Err(error) => {
                fail(
                    &mut report,
                    file,
                    None,
                    format!("not a list of cases: {error}"),
                );
                continue;
            }
        };
        let own = own_kind(file);
        for case in cases {
            report.cases += 1;
            match put(protocols, &case, own.unwrap_or(AgencyKind::Police)) {
                Ok(put) => {
                    if own.is_none_or(|own| own == put.kind) {
                        let outcome = put.traced.ruling.outcome;
                        outcomes
                            .entry(folder(file).to_owned())
                            .or_default()
                            .insert(outcome);
                    }
                    compare(&mut report, file, &case, &put.traced.ruling);
                    reasons.extend(put.traced.reasons);
                }
                Err(reason) => fail(&mut report, file, Some(&case), reason),
            }
        }
    }
    uncovered(&mut report, protocols.rules(), &reasons);
    one_sided(&mut report, protocols, &outcomes);
    report
}

fn put(protocols: &Protocols, case: &Case, own: AgencyKind) -> Result<Put, String> {
    let unnamed = || "the defaults do not hold: report this as a fault".to_owned();
    let engine = &protocols.engine;
    match (&case.question, &case.read, case.lead) {
        (Some(facts), None, None) => {
            let default = default_question(own).ok_or_else(unnamed)?;
            let mut question = json!(default);
            lay(&mut question, facts, "")?;
            owned(&mut question, facts);
            let question: gateway_core::Question = read(question)?;
            let kind = question.recipient.kind;
            Ok(Put {
                traced: decide::decide(engine, &question),
                kind,
            })
        }
        (None, Some(facts), None) => {
            let mut question = json!(default_reading(own).ok_or_else(unnamed)?);
            lay(&mut question, facts, "")?;
            let question: gateway_core::ReadQuestion = read(question)?;
            let kind = question.reader.kind;
            Ok(Put {
                traced: decide::may_read(engine, &question),
                kind,
            })
        }
        (None, None, Some(kind)) => Ok(Put {
            traced: decide::may_lead(engine, kind),
            kind,
        }),
        _ => Err("give one of `question`, `read` and `lead`".to_owned()),
    }
}

fn read<T: serde::de::DeserializeOwned>(question: Value) -> Result<T, String> {
    serde_json::from_value(question).map_err(|error| error.to_string())
}

/// Lays a case's facts over the defaults; a fact that the defaults do not have is misspelt.
fn lay(onto: &mut Value, facts: &Map<String, Value>, path: &str) -> Result<(), String> {
    for (name, fact) in facts {
        let path = format!("{path}/{name}");
        let Some(place) = onto.get_mut(name) else {
            return Err(format!(
                "`{path}` is no fact of the question: correct its spelling"
            ));
        };
        if let (Value::Object(inner), true) = (fact, place.is_object()) {
            lay(place, inner, &path)?;
        } else {
            *place = fact.clone();
        }
    }
    Ok(())
}

/// An item belongs to the sender, unless the case says otherwise.
fn owned(question: &mut Value, facts: &Map<String, Value>) {
    let given = |name: &str| facts.get("item").and_then(|item| item.get(name)).cloned();
    let sender_kind = question
        .pointer("/sender/kind")
        .cloned()
        .unwrap_or(Value::Null);
    let sender = question
        .pointer("/sender/agency")
        .cloned()
        .unwrap_or(Value::Null);
    let kind = given("owner_kind").unwrap_or_else(|| sender_kind.clone());
    let others = if kind == sender_kind {
        sender
    } else {
        json!("owner-agency")
    };
    if let Some(item) = question.get_mut("item").and_then(Value::as_object_mut) {
        item.insert("owner".to_owned(), given("owner").unwrap_or(others));
        item.insert("owner_kind".to_owned(), kind);
    }
}

fn compare(report: &mut Report, file: &str, case: &Case, ruling: &Ruling) {
    let got = Expect::of(ruling);
    if ruling.fault {
        fail(
            report,
            file,
            Some(case),
            format!("a rule could not be worked out: {:?}", got.rules),
        );
    } else if got != case.expect {
        let reason = format!("expected {}, got {}", told(&case.expect), told(&got));
        fail(report, file, Some(case), reason);
    }
}

fn told(expect: &Expect) -> String {
    let obligations: Vec<String> = expect.obligations.iter().map(ToString::to_string).collect();
    let reviewers: Vec<String> = expect.reviewers.iter().map(ToString::to_string).collect();
    let rules: Vec<&str> = expect.rules.iter().map(String::as_str).collect();
    format!(
        "{} by {} [{}] [{}]",
        expect.outcome,
        rules.join(", "),
        obligations.join(","),
        reviewers.join(",")
    )
}

/// A policy that decides in no case could be lost without a test noticing.
fn uncovered<'a>(
    report: &mut Report,
    rules: impl Iterator<Item = &'a Rule>,
    reasons: &BTreeSet<String>,
) {
    for rule in rules.filter(|rule| !reasons.contains(&rule.hit.id)) {
        let reason = format!(
            "`{}` (line {}) decides in no case: add one",
            rule.hit.id, rule.line
        );
        fail(report, &rule.file, None, reason);
    }
}

/// A protocol shows what it lets through and what it stops.
fn one_sided(
    report: &mut Report,
    protocols: &Protocols,
    outcomes: &BTreeMap<String, BTreeSet<Outcome>>,
) {
    let nothing = BTreeSet::new();
    for (file, _) in protocols.files.ending("protocol.cedar") {
        let seen = outcomes.get(folder(file)).unwrap_or(&nothing);
        let cases = format!("{}/cases.json", folder(file));
        if !seen.contains(&Outcome::Permit) {
            fail(
                report,
                &cases,
                None,
                "no case is permitted: add one".to_owned(),
            );
        }
        if !seen.contains(&Outcome::Hold) && !seen.contains(&Outcome::Refuse) {
            fail(
                report,
                &cases,
                None,
                "no case is held or refused: add one".to_owned(),
            );
        }
    }
}

fn fail(report: &mut Report, file: &str, case: Option<&Case>, reason: String) {
    let case = case.map(|case| case.name.clone());
    report.failures.push(Failure {
        file: file.to_owned(),
        case,
        reason,
    });
}

fn folder(file: &str) -> &str {
    file.rsplit_once('/').map_or(file, |(folder, _)| folder)
}

fn own_kind(file: &str) -> Option<AgencyKind> {
    file.strip_prefix("protocols/")?
        .split('/')
        .next()?
        .parse()
        .ok()
}
