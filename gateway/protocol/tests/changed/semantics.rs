//! Refusals beat holds, holds beat permits, errors refuse, and a sender's protocol only closes.

use std::collections::BTreeSet;

use gateway_core::{AgencyKind, Category, Obligation, Outcome, Purpose, Question, Ruling};
use gateway_protocol::cases::{default_question, default_reading};
use gateway_protocol::{Effect, Protocols};

use crate::folder::Folder;

const CARELESS: &str = "@id(\"careless\") @rule(\"CARELESS\") @title(\"Everything to everybody\")
@basis(\"none\") permit(principal, action == Action::\"receive\", resource);\n";

fn question(kind: AgencyKind, category: Category, purpose: Purpose) -> Question {
    let mut question = default_question(kind).unwrap();
    question.item.category = category;
    question.purpose = Some(purpose);
    question
}

fn rules(ruling: &Ruling) -> Vec<&str> {
    ruling.rules.iter().map(|hit| hit.id.as_str()).collect()
}

#[test]
fn a_permit_in_the_senders_protocol_opens_nothing() {
    let employment = question(AgencyKind::Housing, Category::Risk, Purpose::Employment);
    let sender = Folder::new()
        .append("protocols/police/protocol.cedar", CARELESS)
        .load();
    assert_eq!(
        sender.decide(&employment),
        Protocols::embedded().unwrap().decide(&employment)
    );
    assert_eq!(sender.decide(&employment).outcome, Outcome::Hold);
    let recipient = Folder::new()
        .append("protocols/housing/protocol.cedar", CARELESS)
        .load();
    assert_eq!(rules(&recipient.decide(&employment)), ["careless"]);
}

#[test]
fn a_careless_permit_outvotes_no_hold_and_no_refusal() {
    let careless = Folder::new()
        .append("protocols/common/protocol.cedar", CARELESS)
        .load();
    let plain = Protocols::embedded().unwrap();
    for category in Category::ALL {
        for kind in AgencyKind::ALL {
            let asked = question(*kind, *category, Purpose::Manage);
            let (before, after) = (plain.decide(&asked), careless.decide(&asked));
            if before.outcome == Outcome::Refuse || rules(&before) != ["default.hold"] {
                assert_eq!(before.outcome, after.outcome, "{kind} {category}");
            } else {
                assert_eq!(after.outcome, Outcome::Permit, "{kind} {category}");
            }
        }
    }
}

#[test]
fn a_forbid_in_the_senders_protocol_holds_what_it_sends_and_nothing_else() {
    let hold = "@id(\"own.hold\") @rule(\"OWN\") @title(\"Our manager looks at what we send\")
@basis(\"local\") @reviewers(\"manager@owner\")
forbid(principal, action == Action::\"receive\", resource) unless { context.approvals.manager };\n";
    let changed = Folder::new()
        .append("protocols/gp/protocol.cedar", hold)
        .load();
    let mut asked = question(AgencyKind::Police, Category::Risk, Purpose::Manage);
    assert_eq!(changed.decide(&asked).outcome, Outcome::Permit);
    asked.sender.kind = AgencyKind::Gp;
    let ruling = changed.decide(&asked);
    assert_eq!(
        (ruling.outcome, rules(&ruling)),
        (Outcome::Hold, vec!["own.hold"])
    );
    assert_eq!(
        ruling
            .reviewers
            .iter()
            .map(ToString::to_string)
            .next()
            .unwrap(),
        "manager@owner"
    );
}

#[test]
fn a_rule_that_fails_makes_a_refusal_and_an_alarm_never_a_permit() {
    let overflowing = "@id(\"overflow\") @rule(\"X\") @title(\"Refuses a great many levels\")
@basis(\"none\")
forbid(principal, action in [Action::\"receive\", Action::\"receiveAfterReview\"], resource)
when { context.level * 9223372036854775807 > 10 };\n";
    for file in ["floor/parties.cedar", "protocols/police/protocol.cedar"] {
        let changed = Folder::new().append(file, overflowing).load();
        let asked = question(AgencyKind::Probation, Category::Risk, Purpose::Manage);
        assert_eq!(
            Protocols::embedded().unwrap().decide(&asked).outcome,
            Outcome::Permit
        );
        let ruling = changed.decide(&asked);
        assert!(ruling.fault);
        assert_eq!(
            (ruling.outcome, rules(&ruling)),
            (Outcome::Refuse, vec!["overflow"])
        );
        assert_eq!(ruling.rules[0].rule, "FAULT");
        assert!(
            changed
                .explain(&asked)
                .to_string()
                .contains("overflow could not be worked out")
        );
    }
}

#[test]
fn a_permit_that_fails_is_a_refusal_too() {
    let overflowing = "@id(\"overflow\") @rule(\"X\") @title(\"Permits a great many levels\")
@basis(\"none\")
permit(principal, action == Action::\"receive\", resource)
when { context.level * 9223372036854775807 > 10 };\n";
    let changed = Folder::new()
        .append("floor/parties.cedar", overflowing)
        .load();
    let ruling = changed.decide(&question(
        AgencyKind::Police,
        Category::Risk,
        Purpose::Manage,
    ));
    assert!(ruling.fault && ruling.outcome == Outcome::Refuse);
}

#[test]
fn a_reading_rule_that_fails_refuses_the_reading() {
    let failing = "@id(\"overflow\") @rule(\"X\") @title(\"Refuses a reading that overflows\")
@basis(\"none\") forbid(principal, action == Action::\"read\", resource)
when { context.person_given && 9223372036854775807 + 1 > 0 };\n";
    let changed = Folder::new().append("floor/reading.cedar", failing).load();
    let ruling = changed.may_read(&default_reading(AgencyKind::Police).unwrap());
    assert!(ruling.fault && ruling.outcome == Outcome::Refuse);
}

#[test]
fn an_explanation_names_the_permit_that_a_hold_outvoted() {
    let protocols = Protocols::embedded().unwrap();
    let mut asked = question(AgencyKind::Probation, Category::Risk, Purpose::Manage);
    asked.item.owner_kind = AgencyKind::Prison;
    let explanation = protocols.explain(&asked);
    assert_eq!(explanation.ruling, protocols.decide(&asked));
    let fired: BTreeSet<(&str, Effect)> = explanation
        .considered
        .iter()
        .filter(|considered| considered.fired)
        .map(|considered| (considered.rule.hit.id.as_str(), considered.rule.effect))
        .collect();
    let expected = BTreeSet::from([("ISP-03", Effect::Permits), ("ISP-10.hold", Effect::Holds)]);
    assert_eq!(fired, expected);
    let text = explanation.to_string();
    assert!(
        text.starts_with("hold\nwaits for manager@owner\n  ISP-10 "),
        "{text}"
    );
    assert!(
        text.contains("ISP-03 permits, with MARK, LINK_NOMINAL: "),
        "{text}"
    );
}

/// Terms of whoever sends or receives, with a condition.
fn terms(condition: &str) -> String {
    format!(
        "@id(\"terms\") @rule(\"TERMS\") @title(\"A reason stands beside it\") @basis(\"a test\")
@obligations(\"REASON\") permit(principal, action == Action::\"terms\", resource)
when {{ {condition} }};\n"
    )
}

#[test]
fn terms_add_to_what_others_permit_and_change_no_outcome() {
    let plain = Protocols::embedded().unwrap();
    let all = terms("context.level < 4");
    let changed = Folder::new().append("floor/channels.cedar", &all).load();
    for category in Category::ALL {
        for kind in AgencyKind::ALL {
            let mut asked = question(*kind, *category, Purpose::Manage);
            for approvals in [vec![], gateway_core::Role::ALL.to_vec()] {
                asked.approvals = approvals.into_iter().collect();
                let (mut before, after) = (plain.decide(&asked), changed.decide(&asked));
                if before.outcome == Outcome::Permit {
                    before.obligations.insert(Obligation::Reason);
                    let hit = after.rules.iter().find(|hit| hit.id == "terms");
                    before.rules.push(hit.unwrap().clone());
                    before.rules.sort_by(|a, b| a.id.cmp(&b.id));
                }
                assert_eq!(before, after, "{kind} {category}");
            }
        }
    }
}

#[test]
fn terms_of_the_sender_and_of_the_recipient_count_and_nobody_elses() {
    let all = terms("context.level < 4");
    for (at, count) in [("gp", true), ("police", true), ("housing", false)] {
        let file = format!("protocols/{at}/protocol.cedar");
        let changed = Folder::new().append(&file, &all).load();
        let mut asked = question(AgencyKind::Police, Category::Risk, Purpose::Manage);
        asked.sender.kind = AgencyKind::Gp;
        let ruling = changed.decide(&asked);
        assert_eq!(ruling.outcome, Outcome::Permit);
        assert_eq!(rules(&ruling).contains(&"terms"), count, "{at}");
        assert_eq!(ruling.obligations.contains(&Obligation::Reason), count);
    }
}

#[test]
fn terms_that_fail_make_a_refusal_of_what_was_permitted() {
    let failing = terms("context.level * 9223372036854775807 > 10");
    let changed = Folder::new()
        .append("floor/channels.cedar", &failing)
        .load();
    let mut asked = question(AgencyKind::Probation, Category::Risk, Purpose::Manage);
    let ruling = changed.decide(&asked);
    assert!(ruling.fault);
    assert_eq!(
        (ruling.outcome, rules(&ruling)),
        (Outcome::Refuse, vec!["terms"])
    );
    assert_eq!(ruling.rules[0].rule, "FAULT");
    asked.recipient.partner = false;
    let held = changed.decide(&asked);
    assert_eq!((held.outcome, held.fault), (Outcome::Hold, false));
}

#[test]
fn an_explanation_names_the_terms_with_their_words_and_says_that_they_only_add() {
    let protocols = Protocols::embedded().unwrap();
    let mut asked = question(AgencyKind::Probation, Category::Risk, Purpose::Manage);
    let fires = |asked: &Question| {
        let considered = protocols.explain(asked).considered;
        let of = considered.iter().find(|one| one.rule.hit.id == "ISP-36");
        let of = of.unwrap();
        assert_eq!(of.rule.effect, Effect::Obliges);
        (of.fired, of.failed)
    };
    assert_eq!(fires(&asked), (false, false));
    asked.recipient.secure_channel = false;
    assert_eq!(fires(&asked), (true, false));
    let explanation = protocols.explain(&asked);
    assert_eq!(explanation.ruling, protocols.decide(&asked));
    let text = explanation.to_string();
    assert!(
        text.contains("\n  ISP-36 This agency has no secure channel"),
        "{text}"
    );
    assert!(
        text.contains("(report 4.10, 5.30; GOV.UK, Securing government email)"),
        "{text}"
    );
    assert!(
        text.contains("ISP-36 adds to what is permitted, with NAMED_RECIPIENT, EXPIRE(14): "),
        "{text}"
    );
}

#[test]
fn a_question_kept_from_before_the_channel_was_asked_is_decided_as_it_was() {
    let asked = question(AgencyKind::Probation, Category::Risk, Purpose::Manage);
    let mut kept = serde_json::to_value(&asked).unwrap();
    for party in ["sender", "recipient"] {
        let party = kept[party].as_object_mut().unwrap();
        assert!(party.remove("secure_channel").is_some());
    }
    assert_eq!(serde_json::from_value::<Question>(kept).unwrap(), asked);
}

#[test]
fn a_health_item_reaches_housing_by_no_approval_and_no_emergency() {
    let protocols = Protocols::embedded().unwrap();
    for purpose in Purpose::ALL {
        for category in [Category::HealthClin, Category::HealthRisk] {
            let mut asked = question(AgencyKind::Housing, category, *purpose);
            asked.approvals = gateway_core::Role::ALL.iter().copied().collect();
            asked.emergency = true;
            asked.recipient_confirmed = true;
            let ruling = protocols.decide(&asked);
            assert_eq!(ruling.outcome, Outcome::Refuse, "{purpose} {category}");
            assert!(rules(&ruling).contains(&"ISP-17"));
        }
    }
}

#[test]
fn leading_is_for_every_kind_but_a_prison() {
    let protocols = Protocols::embedded().unwrap();
    for kind in AgencyKind::ALL {
        let may = protocols.may_lead(*kind).outcome == Outcome::Permit;
        assert_eq!(may, *kind != AgencyKind::Prison, "{kind}");
    }
}

#[test]
fn reading_the_log_is_view_only() {
    let protocols = Protocols::embedded().unwrap();
    let mut asked = default_reading(AgencyKind::Coordination).unwrap();
    asked.reading = gateway_core::question::Reading::Log;
    asked.reader.area_unit = true;
    asked.roles = BTreeSet::from([gateway_core::Role::Auditor]);
    assert_eq!(
        protocols.may_read(&asked).obligations,
        BTreeSet::from([Obligation::ViewOnly])
    );
}
