//! Many forms that wait for one person: read one by one, decided together, each by itself; and what
//! an emergency sent first is countersigned within the area's time.

use gateway_core::Role;
use gateway_flow::admin::clocks::Clocks;
use gateway_flow::form::{Asked, Became, FormSent, FormWaiting};
use gateway_flow::hold::WaitKind;
use gateway_flow::submission::Emergency;
use gateway_flow::{Caller, FlowError};
use gateway_store::testing::each;
use jiff::Timestamp;
use jiff::civil::date;

use crate::dossier::visitor;
use crate::form::{answers, prison, send, sent};
use crate::world::{World, add_person};

async fn waiting(world: &World, by: &Caller) -> Vec<FormWaiting> {
    world.flow.forms_waiting(by).await.unwrap()
}

/// Opens each item of a form that waits for somebody, as its page does.
async fn read(world: &World, by: &Caller, exchange: &str) {
    let review = world.flow.review(by, exchange).await.unwrap();
    for item in &review.items {
        let open = item.cells.iter().find(|cell| cell.state == "open").unwrap();
        world.flow.hold_document(by, &open.hold).await.unwrap();
    }
}

fn ticked(all: &[FormWaiting]) -> Vec<(String, String)> {
    let one = |one: &FormWaiting| (one.exchange.clone(), one.mark.clone());
    all.iter().map(one).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_read_is_countersigned_together_and_the_rest_is_named() {
    for db in each().await {
        let world = prison(db).await;
        let officer = visitor(&world, "hmp-riverside", "officer").await;
        let manager = visitor(&world, "hmp-riverside", "manager").await;
        let mut ids = Vec::new();
        for by in [&officer, &officer, &officer, &manager] {
            ids.push(send(&world, by, sent(answers())).await.id.unwrap());
        }
        let all = waiting(&world, &manager).await;
        assert_eq!(all.len(), 4);
        let measure = all[0].measure.as_ref().unwrap();
        assert_eq!(measure.report.as_deref(), Some("review"));
        let (answered, asked) = measure.score();
        assert!(0 < answered && answered < asked);
        assert!(
            all.iter()
                .all(|one| !one.opened && one.kind == WaitKind::Routine)
        );
        let own = all.iter().find(|one| one.exchange == ids[3]).unwrap();
        assert!(own.hindrance.as_ref().unwrap().contains("another person"));
        let shown = ticked(&all);
        let none = world.flow.decide_forms(&manager, &shown, true, " ").await;
        assert!(none.is_ok_and(|all| all.iter().all(|(_, one)| *one != Became::Decided)));

        for id in [&ids[0], &ids[1], &ids[3]] {
            read(&world, &manager, id).await;
        }
        let empty = world.flow.decide_forms(&manager, &shown, true, " ").await;
        assert!(matches!(empty, Err(FlowError::Invalid(_))));
        let mut shown = shown;
        shown
            .iter_mut()
            .filter(|(id, _)| *id == ids[1])
            .for_each(|(_, mark)| mark.push('0'));
        let became = world
            .flow
            .decide_forms(&manager, &shown, true, "read and right")
            .await
            .unwrap();
        let of = |id: &String| &became.iter().find(|(one, _)| one == id).unwrap().1;
        assert_eq!(of(&ids[0]), &Became::Decided);
        assert_eq!(of(&ids[1]), &Became::Changed);
        assert_eq!(of(&ids[2]), &Became::NotOpened);
        assert!(matches!(of(&ids[3]), Became::Hindered(_)));
        let again = world
            .flow
            .decide_forms(&manager, &shown[..1], true, "read and right")
            .await
            .unwrap();
        assert_eq!(again[0].1, Became::Already);
        assert_eq!(waiting(&world, &manager).await.len(), 3);
        // The intelligence of the one that is signed still waits for its release.
        let security = visitor(&world, "hmp-riverside", "security").await;
        let theirs = waiting(&world, &security).await;
        assert!(theirs.iter().any(|one| one.exchange == ids[0]));
        assert!(theirs.iter().all(|one| one.roles.len() == 1));
        let police = visitor(&world, "met-police", "manager").await;
        assert!(waiting(&world, &police).await.is_empty());
        world.verify().await.unwrap();
    }
}

fn emergency() -> FormSent {
    FormSent {
        emergency: Some(Emergency {
            statement: "He has said that he will harm her on release today"
                .to_owned()
                .into(),
            confirm_recipients: Vec::new(),
        }),
        ..sent(answers())
    }
}

fn at(micros: i64) -> String {
    Timestamp::from_microsecond(micros).unwrap().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_emergency_sent_is_countersigned_within_two_working_days_or_is_late() {
    for db in each().await {
        let world = prison(db).await;
        add_person(&world.flow, "hmp-riverside", "other", Role::Manager).await;
        let officer = visitor(&world, "hmp-riverside", "officer").await;
        let answer = send(&world, &officer, emergency()).await;
        let id = answer.id.unwrap();
        let manager = visitor(&world, "hmp-riverside", "manager").await;
        let all = waiting(&world, &manager).await;
        let one = all.iter().find(|one| one.exchange == id).unwrap();
        assert!(one.kind == WaitKind::After && !one.late);
        // Monday 2 March; two working days after it, at five.
        assert_eq!(at(one.due), "2026-03-04T17:00:00Z");
        let unit = visitor(&world, "london-coordination", "coordinator").await;
        let told = async || {
            world.flow.tick().await.unwrap();
            let told = world.flow.told_to(&unit, None, 10).await.unwrap();
            told.iter()
                .filter(|one| one.kind == "hold-escalated")
                .count()
        };
        assert_eq!(told().await, 0);
        world.at("2026-03-03T17:00:00Z");
        assert_eq!(told().await, 0, "reminded, not late");
        world.at("2026-03-04T17:00:00Z");
        assert_eq!(told().await, 1);
        assert_eq!(told().await, 1, "once");
        let all = waiting(&world, &manager).await;
        assert!(all.iter().any(|one| one.exchange == id && one.late));
        read(&world, &manager, &id).await;
        let all = waiting(&world, &manager).await;
        let shown: Vec<_> = ticked(&all)
            .into_iter()
            .filter(|(one, _)| *one == id)
            .collect();
        let became = world
            .flow
            .decide_forms(&manager, &shown, true, "read afterwards")
            .await
            .unwrap();
        assert_eq!(became[0].1, Became::Decided);
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_area_sets_its_own_clocks() {
    for db in each().await {
        let world = prison(db).await;
        assert_eq!(
            world.flow.clocks("london").await.unwrap(),
            Clocks::default()
        );
        let set = Clocks {
            form_due: 5,
            countersign: 3,
            ..Clocks::default()
        };
        world.flow.set_clocks("london", set).await.unwrap();
        assert_eq!(world.flow.clocks("london").await.unwrap(), set);
        let never = Clocks {
            countersign: 0,
            ..set
        };
        let wrong = world.flow.set_clocks("london", never).await;
        assert!(matches!(wrong, Err(FlowError::Invalid(_))));
        let nowhere = world.flow.set_clocks("kent", set).await;
        assert!(matches!(nowhere, Err(FlowError::NotFound)));
        let unit = visitor(&world, "london-coordination", "coordinator").await;
        let asked = Asked {
            form: "annex-f".to_owned(),
            nominal: world.nominal.clone(),
            agency: None,
            meeting_on: date(2026, 3, 27),
            emergency: false,
        };
        let request = world.flow.ask_for_form(&unit, &asked).await.unwrap();
        assert_eq!(
            at(request.due),
            "2026-03-20T17:00:00Z",
            "five working days before"
        );
        let officer = visitor(&world, "hmp-riverside", "officer").await;
        send(&world, &officer, emergency()).await;
        let manager = visitor(&world, "hmp-riverside", "manager").await;
        let one = &waiting(&world, &manager).await[0];
        assert_eq!(at(one.due), "2026-03-05T17:00:00Z");
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_afterwards_that_waited_before_there_were_clocks_has_its_time_from_then_on() {
    for db in each().await {
        let world = prison(db).await;
        let officer = visitor(&world, "hmp-riverside", "officer").await;
        let id = send(&world, &officer, emergency()).await.id.unwrap();
        let manager = visitor(&world, "hmp-riverside", "manager").await;
        // Long after its time the gateway is made newer: the records are opened by it.
        world.at("2026-03-16T09:00:00Z");
        gateway_store::testing::before_told(&world.flow.store).await;
        gateway_store::Store::open(&world.db.url).await.unwrap();
        for _ in 0..2 {
            world.flow.tick().await.unwrap();
        }
        let unit = visitor(&world, "london-coordination", "coordinator").await;
        let told = async || {
            let told = world.flow.told_to(&unit, None, 10).await.unwrap();
            let late = told.iter().filter(|one| one.kind == "hold-escalated");
            late.count()
        };
        assert_eq!(told().await, 0, "not late at once");
        let all = waiting(&world, &manager).await;
        let one = all.iter().find(|one| one.exchange == id).unwrap();
        assert!(one.kind == WaitKind::After && !one.late);
        // Monday 16 March; two working days after it, at five.
        assert_eq!(at(one.due), "2026-03-18T17:00:00Z");
        world.at("2026-03-18T17:00:00Z");
        world.flow.tick().await.unwrap();
        assert_eq!(told().await, 1, "and late after it");
        world.verify().await.unwrap();
    }
}
