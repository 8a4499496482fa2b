//! Imminent risk of serious harm: it goes at once to whoever has a part in the case, it is
//! looked at afterwards, and what should not have gone is called back.

use gateway_core::{AgencyKind, Category, ExchangeState, IdentifierKind, Obligation, Outcome};
use gateway_flow::FlowError;
use gateway_store::testing::each;

use crate::world::{World, add_agency, identifier, item, judgement, letter, outcome, world};

const REPORT: &str = "He has stopped his medicine and speaks of the school again.";

fn clinical() -> gateway_flow::submission::ItemClaim {
    item(
        "report.pdf",
        Category::HealthClin,
        Some("london-mental-health"),
    )
}

/// A clinical report to probation in an emergency, by the police's contact.
async fn sent_at_once(world: &World) -> String {
    let sent = letter()
        .to("london-probation")
        .item(clinical(), REPORT)
        .emergency(&[]);
    let answer = world.send("met-police", Some("spoc"), sent).await;
    assert_eq!(answer.state, ExchangeState::Released);
    answer.id.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_emergency_needs_a_person_and_a_statement() {
    for db in each().await {
        let world = world(db).await;
        let sent = || letter().to("london-probation").item(clinical(), REPORT);
        let refused = world
            .try_send("met-police", None, sent().emergency(&[]))
            .await;
        assert!(
            matches!(refused, Err(FlowError::Invalid(faults)) if faults[0].pointer == "/emergency")
        );
        let mut empty = sent().emergency(&[]);
        empty.said.emergency.as_mut().unwrap().statement = "  ".to_owned().into();
        let refused = world.try_send("met-police", Some("spoc"), empty).await;
        assert!(
            matches!(refused, Err(FlowError::Invalid(faults)) if faults[0].pointer == "/emergency/statement")
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_went_at_once_is_reviewed_by_whoever_was_passed_over() {
    for db in each().await {
        let world = world(db).await;
        let id = sent_at_once(&world).await;
        let at = "london-probation";
        assert_eq!(world.text(at, Some("spoc"), &id, 1).await.unwrap(), REPORT);
        let inbox = world.inbox(at).await;
        assert_eq!(
            inbox[0].emergency.as_deref(),
            Some("he said that he goes there this afternoon")
        );
        for owed in [
            Obligation::Reason,
            Obligation::NamedRecipient,
            Obligation::NoOnward,
        ] {
            assert!(inbox[0].items[0].obligations.contains(&owed), "{owed}");
        }
        let holds = world.holds("london-mental-health").await;
        assert_eq!(
            (holds.len(), holds[0].after, holds[0].role.as_str()),
            (1, true, "caldicott")
        );
        // The coordinator and the lead agency are told at once.
        for told in ["london-coordination", "met-police"] {
            let caller = world.caller(told, None).await;
            let notices = world.flow.notices(&caller, None, 50).await.unwrap();
            assert_eq!(
                (notices.len(), notices[0].kind.as_str()),
                (1, "shared"),
                "{told}"
            );
        }
        world.decide("london-mental-health", "guardian", true).await;
        world.text(at, Some("spoc"), &id, 1).await.unwrap();
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_no_afterwards_calls_it_back() {
    for db in each().await {
        let world = world(db).await;
        let id = sent_at_once(&world).await;
        let at = "london-probation";
        world.text(at, Some("spoc"), &id, 1).await.unwrap();
        let decided = world
            .decide("london-mental-health", "guardian", false)
            .await;
        assert_eq!(
            (decided.decisions[0].outcome, decided.state),
            (Outcome::Refuse, ExchangeState::Recalled)
        );
        let refused = world.text(at, Some("spoc"), &id, 1).await;
        assert!(matches!(refused, Err(FlowError::Forbidden(words)) if words.contains("back")));
        assert!(world.inbox(at).await.is_empty());
        let police = world.caller("met-police", None).await;
        let seen = world.flow.exchange_for(&police, &id).await.unwrap();
        assert_eq!(
            (seen.row.state.as_str(), seen.deliveries[0].state.as_str()),
            ("recalled", "recalled")
        );
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_emergency_does_not_outvote_a_refusal() {
    for db in each().await {
        let world = world(db).await;
        let victim = item("Her new address", Category::Victim, None);
        let sent = letter()
            .to("southwark-housing")
            .item(clinical(), REPORT)
            .item(victim, "the house by the river, with the blue door")
            .emergency(&["southwark-housing"]);
        let answer = world.send("met-police", Some("spoc"), sent).await;
        assert_eq!(answer.state, ExchangeState::Refused);
        assert!(world.inbox("southwark-housing").await.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agency_without_a_part_must_be_named_a_second_time() {
    for db in each().await {
        let world = world(db).await;
        let at = "lambeth-housing";
        add_agency(&world.flow, at, AgencyKind::Housing).await;
        let sent = || {
            letter().to(at).item(
                item("Risk note", Category::Risk, None),
                "He is on his way to the hostel in Elm Row.",
            )
        };
        let once = world
            .send("met-police", Some("spoc"), sent().emergency(&[]))
            .await;
        assert_eq!(
            outcome(&once, at, 1),
            (Outcome::Hold, vec!["ISP-41".to_owned()])
        );
        // To name another again is not to name this one.
        let other = world
            .send(
                "met-police",
                Some("spoc"),
                sent().emergency(&["london-probation"]),
            )
            .await;
        assert_eq!(other.state, ExchangeState::Held);
        let twice = world
            .send("met-police", Some("spoc"), sent().emergency(&[at]))
            .await;
        assert_eq!(twice.state, ExchangeState::Released);
        world.text(at, None, &twice.id.unwrap(), 1).await.unwrap();
        let reviews: Vec<bool> = world
            .holds("london-coordination")
            .await
            .iter()
            .map(|hold| hold.after)
            .collect();
        assert_eq!(reviews, [false, false, true]);
        world.verify().await.unwrap();
    }
}

/// An emergency about somebody whom no record shows, to an agency named twice.
async fn about_somebody_unknown(world: &World) -> gateway_flow::Answer {
    let mut sent = letter()
        .to("london-probation")
        .item(clinical(), REPORT)
        .item(
            item("Risk note", Category::Risk, None),
            "A man of about forty, at the school gate, with a knife.",
        )
        .emergency(&["london-probation"]);
    sent.said.identifiers = vec![identifier(IdentifierKind::Name, "Daniel Marlow-Test")];
    world.send("met-police", Some("spoc"), sent).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_emergency_about_somebody_unknown_opens_a_provisional_nominal() {
    for db in each().await {
        let world = world(db).await;
        let answer = about_somebody_unknown(&world).await;
        assert_eq!(answer.state, ExchangeState::Released);
        let provisional = answer.nominal.clone().unwrap();
        assert_ne!(provisional, world.nominal);
        let id = answer.id.unwrap();
        world
            .text("london-probation", Some("spoc"), &id, 2)
            .await
            .unwrap();

        let coordinator = world
            .caller("london-coordination", Some("coordinator"))
            .await;
        let waiting = world
            .flow
            .unmatched(&coordinator, None, None, 50)
            .await
            .unwrap();
        assert_eq!(
            (waiting.len(), waiting[0].exchange.as_str()),
            (1, id.as_str())
        );
        let matched = world
            .flow
            .match_exchange(
                &coordinator,
                &id,
                &world.nominal,
                "the officer rang to confirm",
            )
            .await
            .unwrap();
        assert_eq!(matched.nominal.as_deref(), Some(world.nominal.as_str()));
        assert!(
            world
                .flow
                .unmatched(&coordinator, None, None, 50)
                .await
                .unwrap()
                .is_empty()
        );

        // What was shared under the provisional one is on the nominal's record, is still read,
        // and the provisional reference leads to the nominal.
        let events = world
            .flow
            .timeline(&coordinator, &world.nominal, None, 100)
            .await
            .unwrap();
        let kinds: Vec<&str> = events.iter().map(|event| event.kind.as_str()).collect();
        for kind in ["exchange-recorded", "item-read", "matched"] {
            assert!(kinds.contains(&kind), "{kind}: {kinds:?}");
        }
        world
            .text("london-probation", Some("spoc"), &id, 2)
            .await
            .unwrap();
        let mut again = letter().to("london-probation").item(
            item("Risk note", Category::Risk, None),
            "He has gone home; nobody was hurt.",
        );
        again.said.identifiers.clear();
        again.said.reference = Some(provisional);
        let answer = world.send("met-police", None, again).await;
        assert_eq!(answer.nominal.as_deref(), Some(world.nominal.as_str()));
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_coordinator_says_who_the_unknown_was() {
    for db in each().await {
        let world = world(db).await;
        let id = about_somebody_unknown(&world).await.id.unwrap();
        for (at, by) in [
            ("met-police", "spoc"),
            ("london-probation", "spoc"),
            ("london-coordination", "vlo"),
        ] {
            let caller = world.caller(at, Some(by)).await;
            let refused = world
                .flow
                .match_exchange(&caller, &id, &world.nominal, "I know him")
                .await;
            assert!(
                matches!(refused, Err(FlowError::NotFound | FlowError::Forbidden(_))),
                "{by} of {at}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_gives_a_category_to_what_came_without_one() {
    for db in each().await {
        let world = world(db).await;
        let mut bare = item("attachment", Category::Risk, None);
        bare.category = None;
        let sent = letter()
            .to("southwark-housing")
            .to("london-probation")
            .item(
                bare,
                "Admitted on Monday; on section since; takes his medicine.",
            );
        let answer = world.send("met-police", None, sent).await;
        assert_eq!(answer.state, ExchangeState::Held);
        let coordinator = world
            .caller("london-coordination", Some("coordinator"))
            .await;
        let holds = world.holds("london-coordination").await;
        let to = |at: &str| holds.iter().find(|hold| hold.recipient == at).unwrap();
        let decide = |hold: &str, category| {
            let (flow, caller, hold) = (world.flow.clone(), coordinator.clone(), hold.to_owned());
            async move {
                let judgement = gateway_flow::hold::Judgement {
                    category,
                    ..judgement(true, "needed for the plan")
                };
                flow.decide_hold(&caller, &hold, judgement).await
            }
        };
        let housing = &to("southwark-housing").id;
        for none in [None, Some(Category::Unlabelled)] {
            let refused = decide(housing, none).await;
            assert!(
                matches!(refused, Err(FlowError::Invalid(faults)) if faults[0].pointer == "/category")
            );
        }
        // It is clinical, so the approval does not carry it to housing.
        let decided = decide(housing, Some(Category::HealthClin)).await.unwrap();
        assert_eq!(decided.decisions[0].outcome, Outcome::Refuse);
        let probation = &to("london-probation").id;
        let refused = decide(probation, Some(Category::Risk)).await;
        assert!(matches!(refused, Err(FlowError::Invalid(_))));
        let decided = decide(probation, None).await.unwrap();
        assert_eq!(decided.decisions[0].outcome, Outcome::Hold);
        assert!(
            decided.decisions[0]
                .rules
                .iter()
                .any(|hit| hit.rule == "ISP-16")
        );
        assert!(world.inbox("southwark-housing").await.is_empty());
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_incomplete_emergency_is_matched_and_then_completed() {
    for db in each().await {
        let world = world(db).await;
        let mut sent = letter()
            .to("london-probation")
            .item(item("Risk note", Category::Risk, None), REPORT)
            .emergency(&["london-probation"]);
        sent.said.identifiers = vec![identifier(IdentifierKind::Name, "Nobody Known")];
        sent.said.bases.clear();
        let answer = world.send("met-police", Some("spoc"), sent).await;
        assert_eq!(answer.missing, ["/bases"]);
        let id = answer.id.unwrap();
        let coordinator = world
            .caller("london-coordination", Some("coordinator"))
            .await;
        let matched = world
            .flow
            .match_exchange(&coordinator, &id, &world.nominal, "he was named")
            .await
            .unwrap();
        assert_eq!(matched.state, ExchangeState::Incomplete);
        let police = world.caller("met-police", Some("spoc")).await;
        let with = gateway_flow::complete::Completion {
            bases: Some(vec!["CJA 2003 s.325".to_owned()]),
            ..gateway_flow::complete::Completion::default()
        };
        let done = world.flow.complete(&police, &id, with).await.unwrap();
        assert_eq!(done.state, ExchangeState::Released);
        assert_eq!(done.nominal.as_deref(), Some(world.nominal.as_str()));
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cell_that_is_released_waits_for_nobody_any_more() {
    for db in each().await {
        let world = world(db).await;
        // Held twice: for the prison's security and for the coordinator.
        let at = "lambeth-probation";
        add_agency(&world.flow, at, AgencyKind::Probation).await;
        let intel = item("Source", Category::Intel, Some("hmp-riverside"));
        let sent = letter().to(at).item(intel, REPORT);
        let id = world.send("met-police", None, sent).await.id.unwrap();
        assert_eq!(world.holds("london-coordination").await.len(), 1);
        // It becomes a partner, so security's approval is enough.
        world
            .change(gateway_flow::admin::NominalChange::AddPartner(
                at.parse().unwrap(),
            ))
            .await;
        let decided = world.decide("hmp-riverside", "security", true).await;
        assert_eq!(decided.decisions[0].outcome, Outcome::Permit);
        assert!(world.holds("london-coordination").await.is_empty());
        let mut tx = world.flow.store.read().await.unwrap();
        assert_eq!(tx.wraps_for(&id, at).await.unwrap().len(), 1);
        drop(tx);
        world.verify().await.unwrap();
    }
}
