//! Holds as people decide them: several at once, in part, once only; asked back and answered;
//! and not by the sender's colleague where the rule wants another agency.

use gateway_core::event::EventKind;
use gateway_core::{Category, Outcome};
use gateway_flow::hold::{Asked, Chosen, ReviewView};
use gateway_flow::{Caller, FlowError};
use gateway_store::rows::QuestionRow;
use gateway_store::testing::each;
use jiff::SignedDuration;

use crate::reasons::events;
use crate::world::{World, item, letter, world};

const TRUST: &str = "london-mental-health";
const AT: &str = "london-probation";
const REPORT: &str = "Psychiatric report. Synthetic sample.";
const WHY: &str = "needed to plan his supervision";

/// Two clinical items of the trust, sent by somebody to probation.
async fn two(world: &World, from: &str, by: Option<&str>) -> String {
    let clinical = |title| item(title, Category::HealthClin, Some(TRUST));
    let sent = letter()
        .to(AT)
        .item(clinical("Report of March"), REPORT)
        .item(clinical("Report of April"), "Another report.");
    world.send(from, by, sent).await.id.unwrap()
}

async fn guardian(world: &World) -> Caller {
    world.caller(TRUST, Some("guardian")).await
}

/// The holds that are open for whoever looks.
fn open(view: &ReviewView) -> Vec<Chosen> {
    let cells = view.items.iter().flat_map(|item| &item.cells);
    let open = cells.filter(|cell| cell.is_open());
    open.map(|cell| Chosen {
        hold: cell.hold.clone(),
        category: None,
    })
    .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reviewer_approves_in_part_and_a_form_sent_twice_decides_once() {
    for db in each().await {
        let world = world(db).await;
        let flow = &world.flow;
        let id = two(&world, "met-police", None).await;
        let guardian = guardian(&world).await;
        let waiting = flow.waiting(&guardian, None, 20).await.unwrap();
        assert_eq!((waiting.len(), waiting[0].holds), (1, 2));
        assert_eq!(waiting[0].titles, ["Report of March", "Report of April"]);
        let view = flow.review(&guardian, &id).await.unwrap();
        assert_eq!(view.row.sender, "met-police");
        assert!(!view.items[0].cells[0].rules.is_empty());
        let all = open(&view);
        let [first, second] = all.as_slice() else {
            panic!("{all:?}")
        };
        let first = std::slice::from_ref(first);
        let done = flow
            .decide_holds(&guardian, first, true, WHY)
            .await
            .unwrap();
        assert_eq!(done[0].decisions[0].outcome, Outcome::Permit);
        done[0].receipt.verify(&world.verifier).unwrap();
        let before = events(&world).await.len();
        let again = flow.decide_holds(&guardian, first, true, WHY).await;
        assert!(again.unwrap().is_empty());
        assert_eq!(
            events(&world).await.len(),
            before,
            "nothing more is recorded"
        );
        let other = flow.decide_holds(&guardian, first, false, WHY).await;
        assert!(matches!(other, Err(FlowError::Conflict(_))), "{other:?}");

        let waiting = flow.waiting(&guardian, None, 20).await.unwrap();
        assert_eq!(waiting[0].titles, ["Report of April"]);
        // One of them was decided meanwhile: neither is decided now.
        let both = flow.decide_holds(&guardian, &all, false, WHY).await;
        assert!(matches!(both, Err(FlowError::Conflict(_))));
        assert_eq!(open(&flow.review(&guardian, &id).await.unwrap()).len(), 1);
        let second = std::slice::from_ref(second);
        flow.decide_holds(&guardian, second, false, WHY)
            .await
            .unwrap();
        assert!(flow.waiting(&guardian, None, 20).await.unwrap().is_empty());
        let inbox = world.inbox(AT).await;
        assert_eq!(inbox[0].items.len(), 1);
        let view = flow.review(&guardian, &id).await.unwrap();
        let states: Vec<&str> = view
            .items
            .iter()
            .map(|item| item.cells[0].state.as_str())
            .collect();
        assert_eq!(states, ["approved", "refused"]);
        assert!(
            view.items[0].cells[0]
                .decided
                .as_ref()
                .unwrap()
                .0
                .contains("guardian")
        );
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_is_shown_to_whoever_may_decide_it_and_to_nobody_else() {
    for db in each().await {
        let world = world(db).await;
        let flow = &world.flow;
        let id = two(&world, "met-police", None).await;
        for (at, name) in [
            (TRUST, "spoc"),
            ("met-police", "manager"),
            (AT, "officer"),
            ("london-coordination", "coordinator"),
        ] {
            let caller = world.caller(at, Some(name)).await;
            assert!(flow.waiting(&caller, None, 20).await.unwrap().is_empty());
            let refused = flow.review(&caller, &id).await;
            assert!(matches!(refused, Err(FlowError::NotFound)), "{at}");
            let refused = flow.open_hold_of(&caller, &id, 1).await;
            assert!(matches!(refused, Err(FlowError::NotFound)), "{at}");
            let refused = flow.ask_back(&caller, &id, "Why?").await;
            assert!(matches!(refused, Err(FlowError::NotFound)), "{at}");
        }
        // Nobody answered: the coordinator has it too, and sees it as overdue.
        world.at("2026-03-06T09:00:00Z");
        flow.tick().await.unwrap();
        let coordinator = world
            .caller("london-coordination", Some("coordinator"))
            .await;
        let waiting = flow.waiting(&coordinator, None, 20).await.unwrap();
        assert!(waiting[0].escalated && waiting[0].yours);
        let hold = flow.open_hold_of(&coordinator, &id, 1).await.unwrap();
        flow.hold_document(&coordinator, &hold).await.unwrap();
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_goes_on_where_the_page_before_ended() {
    for db in each().await {
        let world = world(db).await;
        let flow = &world.flow;
        let mut sent = Vec::new();
        for day in 2..5 {
            world.at(&format!("2026-03-0{day}T10:00:00Z"));
            sent.push(two(&world, "met-police", None).await);
        }
        let guardian = guardian(&world).await;
        let first = flow.waiting(&guardian, None, 2).await.unwrap();
        let after = first.last().map(|one| &one.place);
        let rest = flow.waiting(&guardian, after, 2).await.unwrap();
        let listed: Vec<String> = first
            .iter()
            .chain(&rest)
            .map(|one| one.place.exchange.clone())
            .collect();
        assert_eq!(listed, sent, "the first due stands first");
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reviewer_asks_back_and_a_colleague_of_the_sender_answers() {
    for db in each().await {
        let world = world(db).await;
        let flow = &world.flow;
        let id = two(&world, "met-police", Some("spoc")).await;
        let guardian = guardian(&world).await;
        let asked = "Which page does the plan turn on?";
        flow.ask_back(&guardian, &id, asked).await.unwrap();
        let before = events(&world).await.len();
        flow.ask_back(&guardian, &id, asked).await.unwrap();
        assert_eq!(events(&world).await.len(), before, "asked once");
        let other = flow.ask_back(&guardian, &id, "And who wrote it?").await;
        assert!(matches!(other, Err(FlowError::Conflict(_))), "{other:?}");
        let waiting = flow.waiting(&guardian, None, 20).await.unwrap();
        assert_eq!((waiting[0].asked, waiting[0].holds), (Asked::Waits, 2));

        let colleague = world.caller("met-police", Some("manager")).await;
        assert_eq!(flow.unanswered(&colleague).await.unwrap(), [&*id]);
        let notices = flow.notices(&colleague, None, 20).await.unwrap();
        assert!(notices.iter().any(|one| one.kind == "asked-back"));
        let seen = flow.asked_of(&colleague, &id).await.unwrap();
        assert_eq!((seen[0].question.as_str(), seen[0].open), (asked, true));
        let reader = world.caller(AT, Some("officer")).await;
        let refused = flow.asked_of(&reader, &id).await;
        assert!(matches!(refused, Err(FlowError::NotFound)));
        let refused = flow
            .answer_back(&guardian, &id, &seen[0].id, "Page 3.")
            .await;
        assert!(matches!(refused, Err(FlowError::NotFound)));
        let refused = flow.answer_back(&colleague, &id, &seen[0].id, " ").await;
        assert!(matches!(refused, Err(FlowError::Invalid(_))));
        for _ in 0..2 {
            flow.answer_back(&colleague, &id, &seen[0].id, "Page 3.")
                .await
                .unwrap();
        }
        let late = flow
            .answer_back(&colleague, &id, &seen[0].id, "Page 4.")
            .await;
        assert!(matches!(late, Err(FlowError::Conflict(_))));

        assert!(flow.unanswered(&colleague).await.unwrap().is_empty());
        let notices = flow.notices(&colleague, None, 20).await.unwrap();
        assert!(
            notices.iter().all(|one| one.kind != "asked-back"),
            "it is done"
        );
        let view = flow.review(&guardian, &id).await.unwrap();
        let answer = view.questions[0].answer.as_ref().unwrap();
        assert_eq!(answer.text, "Page 3.");
        assert!(answer.by.contains("manager"));
        let waiting = flow.waiting(&guardian, None, 20).await.unwrap();
        assert_eq!(waiting[0].asked, Asked::Answered);
        let mut tx = flow.store.read().await.unwrap();
        let row: QuestionRow = tx.get(&seen[0].id).await.unwrap().unwrap();
        drop(tx);
        assert!(!row.question.windows(4).any(|part| part == b"page"));
        assert!(!row.answer.unwrap().windows(4).any(|part| part == b"Page"));
        let of = |kind| {
            let all = events(&world);
            async move { all.await.iter().filter(|event| event.kind == kind).count() }
        };
        assert_eq!(of(EventKind::AskedBack).await, 1);
        assert_eq!(of(EventKind::AnsweredBack).await, 1);

        flow.ask_back(&guardian, &id, "Once more?").await.unwrap();
        let all = open(&view);
        flow.decide_holds(&guardian, &all, true, WHY).await.unwrap();
        assert!(flow.unanswered(&colleague).await.unwrap().is_empty());
        let seen = flow.asked_of(&colleague, &id).await.unwrap();
        let late = flow.answer_back(&colleague, &id, &seen[1].id, "Yes.").await;
        assert!(matches!(late, Err(FlowError::Conflict(words)) if words.contains("decided")));
        let late = flow.ask_back(&guardian, &id, "And now?").await;
        assert!(matches!(late, Err(FlowError::Conflict(_))));
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_decides_on_what_their_colleague_sent_where_the_rule_wants_another_agency() {
    for db in each().await {
        let world = world(db).await;
        let flow = &world.flow;
        let unit = "london-coordination";
        let id = two(&world, unit, Some("vlo")).await;
        world.at("2026-03-06T09:00:00Z");
        flow.tick().await.unwrap();
        let coordinator = world.caller(unit, Some("coordinator")).await;
        let waits = async |who: &Caller| {
            let waiting = flow.waiting(who, None, 20).await.unwrap();
            let of = waiting.iter().map(|one| (one.yours, one.decidable));
            of.collect::<Vec<_>>()
        };
        assert_eq!(waits(&coordinator).await, [(true, false)], "for another");
        assert_eq!(waits(&guardian(&world).await).await, [(true, true)]);
        let view = flow.review(&coordinator, &id).await.unwrap();
        let cell = &view.items[0].cells[0];
        assert!(cell.hindrance.as_ref().unwrap().contains("another agency"));
        assert!(open(&view).is_empty());
        let chosen = Chosen {
            hold: cell.hold.clone(),
            category: None,
        };
        let chosen = std::slice::from_ref(&chosen);
        for approve in [true, false] {
            let refused = flow.decide_holds(&coordinator, chosen, approve, WHY).await;
            assert!(matches!(refused, Err(FlowError::Forbidden(_))));
        }
        let refused = flow.ask_back(&coordinator, &id, "Why?").await;
        assert!(matches!(refused, Err(FlowError::Forbidden(_))));
        // The guardian, whom the rule names, decides; so would a guardian about a colleague's.
        let guardian = guardian(&world).await;
        flow.decide_holds(&guardian, chosen, true, WHY)
            .await
            .unwrap();
        let own = two(&world, TRUST, Some("spoc")).await;
        let view = flow.review(&guardian, &own).await.unwrap();
        assert_eq!(open(&view).len(), 2);
        assert!(flow.clock.advance(SignedDuration::from_secs(1)));
        let own = two(&world, TRUST, Some("guardian")).await;
        let last = waits(&guardian).await.pop().unwrap();
        assert_eq!(last, (true, false), "sent by themself");
        let view = flow.review(&guardian, &own).await.unwrap();
        assert!(
            view.items[0].cells[0]
                .hindrance
                .as_ref()
                .unwrap()
                .contains("yourself")
        );
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_approves_what_has_no_category_says_it_once_for_all_recipients() {
    for db in each().await {
        let world = world(db).await;
        let flow = &world.flow;
        let mut claim = item("Scanned page", Category::Risk, None);
        claim.category = None;
        let sent = letter().to(AT).to("southwark-housing").item(claim, REPORT);
        let id = world.send("met-police", None, sent).await.id.unwrap();
        let coordinator = world
            .caller("london-coordination", Some("coordinator"))
            .await;
        let view = flow.review(&coordinator, &id).await.unwrap();
        assert!(view.items[0].is_unlabelled());
        let mut chosen = open(&view);
        assert_eq!(chosen.len(), 2);
        let missing = flow.decide_holds(&coordinator, &chosen, true, WHY).await;
        assert!(matches!(missing, Err(FlowError::Invalid(_))));
        chosen[0].category = Some(Category::Risk);
        let done = flow
            .decide_holds(&coordinator, &chosen, true, WHY)
            .await
            .unwrap();
        assert_eq!(done.len(), 2);
        assert_eq!(world.inbox(AT).await[0].items[0].category, "RISK");
        world.verify().await.unwrap();
    }
}
