//! The policies and a plain second reading of the rule table say the same.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod generate;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use gateway_core::{Outcome, Ruling};
use gateway_protocol::Protocols;
use gateway_reference::{Answer, evaluate};

use crate::generate::Questions;

const SEED: u64 = 325;

fn answer(ruling: Ruling) -> Answer {
    assert!(!ruling.fault, "{:?}", ruling.rules);
    Answer {
        outcome: ruling.outcome,
        obligations: ruling.obligations,
        reviewers: ruling.reviewers,
        rules: ruling.rules.into_iter().map(|hit| hit.rule).collect(),
    }
}

/// Every rule of the table that decides on sharing.
const NUMBERS: [&str; 36] = [
    "DEFAULT",
    "ISP-01",
    "ISP-02",
    "ISP-03",
    "ISP-04",
    "ISP-05",
    "ISP-06",
    "ISP-07",
    "ISP-08",
    "ISP-09",
    "ISP-10",
    "ISP-11",
    "ISP-14",
    "ISP-15",
    "ISP-16",
    "ISP-17",
    "ISP-18",
    "ISP-19",
    "ISP-20",
    "ISP-21",
    "ISP-24",
    "ISP-25",
    "ISP-26",
    "ISP-27",
    "ISP-29",
    "ISP-33",
    "ISP-34",
    "ISP-35",
    "ISP-36",
    "ISP-37",
    "ISP-38",
    "ISP-41",
    "ISP-42",
    "NO-ONWARD",
    "SIGNED",
    "UNLABELLED",
];

/// Rules on reading and on leading, which the table's second reading leaves out.
const ELSEWHERE: [&str; 11] = [
    "EXPIRED",
    "ISP-12",
    "ISP-13",
    "ISP-39",
    "LEAD",
    "NAMED_RECIPIENT",
    "READ",
    "RECALLED",
    "SPOC_ONLY",
    "SUSPENDED",
    "VIEW_ONLY",
];

#[test]
fn the_policies_and_the_reference_agree_on_100_000_random_questions() {
    let protocols = Protocols::embedded().unwrap();
    let mut hits: BTreeMap<String, usize> = BTreeMap::new();
    let mut outcomes: BTreeMap<Outcome, usize> = BTreeMap::new();
    let mut ids: BTreeSet<String> = BTreeSet::new();
    for question in Questions::seeded(SEED).take(100_000) {
        let ruling = protocols.decide(&question);
        ids.extend(ruling.rules.iter().map(|hit| hit.id.clone()));
        let decided = answer(ruling);
        assert_eq!(decided, evaluate(&question), "{question:#?}");
        *outcomes.entry(decided.outcome).or_default() += 1;
        for rule in decided.rules {
            *hits.entry(rule).or_default() += 1;
        }
    }
    for number in NUMBERS {
        let times = hits.get(number).copied().unwrap_or(0);
        assert!(
            times >= 100,
            "{number} decided {times} times only: {hits:?}"
        );
    }
    let compared = protocols
        .rules()
        .filter(|r| !ELSEWHERE.contains(&r.hit.rule.as_str()));
    for rule in compared {
        assert!(
            ids.contains(&rule.hit.id),
            "{} decided nothing",
            rule.hit.id
        );
    }
    for outcome in [Outcome::Permit, Outcome::Hold, Outcome::Refuse] {
        assert!(outcomes[&outcome] >= 10_000, "{outcomes:?}");
    }
}

#[test]
fn every_rule_on_sharing_is_compared() {
    let protocols = Protocols::embedded().unwrap();
    let all: BTreeSet<&str> = protocols
        .rules()
        .map(|rule| rule.hit.rule.as_str())
        .collect();
    let known: BTreeSet<&str> = NUMBERS.into_iter().chain(ELSEWHERE).collect();
    assert_eq!(all, known);
}

/// One change to one policy: the file, what it says, what it says after.
const MUTATIONS: [(&str, &str, &str); 20] = [
    (
        "floor/channels.cedar",
        " || resource.category == \"STATS\"",
        "",
    ),
    ("floor/channels.cedar", "EXPIRE(14)", "EXPIRE(15)"),
    (
        "floor/channels.cedar",
        "principal.secure_channel",
        "context.sender.secure_channel",
    ),
    (
        "floor/health.cedar",
        "[\"HEALTH_CLIN\", \"HEALTH_RISK\"]",
        "[\"HEALTH_CLIN\"]",
    ),
    ("floor/health.cedar", "\"jobcentre\", ", ""),
    (
        "floor/health.cedar",
        "unless { context.approvals.caldicott || context.emergency }",
        "unless { context.approvals.caldicott }",
    ),
    (
        "floor/prison.cedar",
        "[\"ASSESS\", \"MANAGE\"]",
        "[\"ASSESS\", \"MANAGE\", \"MEETING\"]",
    ),
    (
        "floor/prison.cedar",
        "@reviewers(\"manager@owner\")",
        "@reviewers(\"security@owner\")",
    ),
    (
        "floor/protected.cedar",
        "[\"victim\", \"witness\"]",
        "[\"victim\"]",
    ),
    (
        "floor/parties.cedar",
        "context.provisional ||\n",
        "false ||\n",
    ),
    (
        "floor/minutes.cedar",
        "@obligations(\"NAMED_RECIPIENT,NO_ONWARD,MARK,RECEIPT\")",
        "@obligations(\"NAMED_RECIPIENT,NO_ONWARD,MARK\")",
    ),
    (
        "protocols/common/protocol.cedar",
        "context.level >= 2 &&\n    [\"IDENT\", \"OFFENCE\"",
        "context.level >= 1 &&\n    [\"IDENT\", \"OFFENCE\"",
    ),
    (
        "protocols/common/protocol.cedar",
        "context.sender.agency == resource.owner &&",
        "",
    ),
    (
        "protocols/common/protocol.cedar",
        "principal.attendee &&\n    context.copied",
        "context.copied",
    ),
    (
        "protocols/adult-social-care/protocol.cedar",
        "context.adult_at_risk &&",
        "",
    ),
    (
        "protocols/prison/protocol.cedar",
        "principal.custody &&",
        "",
    ),
    (
        "protocols/health/protocol.cedar",
        "context.meeting_decision &&",
        "",
    ),
    (
        "protocols/health/protocol.cedar",
        "context.review_within_six_months &&",
        "",
    ),
    (
        "protocols/health/protocol.cedar",
        "resource.category == \"OFFENCE\"",
        "resource.category == \"ORDERS\"",
    ),
    (
        "protocols/common/protocol.cedar",
        "!context.hospital_flag &&\n    principal.asked",
        "principal.asked",
    ),
];

#[test]
fn a_change_to_any_one_rule_is_noticed() {
    for (file, from, to) in MUTATIONS {
        let dir = tempfile::tempdir().unwrap();
        copy(Path::new("../../policies"), dir.path());
        let path = dir.path().join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{file} does not say {from}");
        fs::write(&path, text.replacen(from, to, 1)).unwrap();
        let changed = Protocols::load(dir.path()).unwrap_or_else(|error| panic!("{error}"));
        let noticed = Questions::seeded(SEED)
            .take(20_000)
            .any(|question| answer(changed.decide(&question)) != evaluate(&question));
        assert!(noticed, "nobody noticed that {file} says {to} for {from}");
    }
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            fs::create_dir_all(&target).unwrap();
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), &target).unwrap();
        }
    }
}
