//! One exchange from agency to agency, decided, sealed, recorded, proved, read: on every
//! database there is.

use std::sync::Arc;

use gateway_core::{ExchangeState, IdentifierKind, Outcome};
use gateway_flow::FlowError;
use gateway_flow::admin::NominalChange;
use gateway_flow::complete::Completion;
use gateway_flow::submission::{Idempotency, RecipientClaim};
use gateway_seal::Place;
use gateway_store::Record as _;
use gateway_store::rows::{ExchangeRow, HoldRow, LevelChangeRow};
use gateway_store::testing::each;

use crate::world::{agency, identifier, judgement, outcome, read, world};

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::too_many_lines, reason = "one story, told in order")]
async fn a_note_is_released_and_a_report_waits_for_the_caldicott_guardian() {
    for db in each().await {
        let world = world(db).await;
        let report = vec![0x5a; 300_000];
        let answer = world
            .flow
            .submit(world.submission(&report).await)
            .await
            .unwrap();
        world.proved(&answer);
        assert_eq!(answer.state, ExchangeState::Released);
        assert_eq!(answer.nominal.as_deref(), Some(world.nominal.as_str()));
        assert_eq!(
            outcome(&answer, "southwark-housing", 1),
            (Outcome::Permit, vec!["ISP-04".into()])
        );
        let (refused, rules) = outcome(&answer, "southwark-housing", 2);
        assert_eq!(
            (refused, rules.contains(&"ISP-17".to_owned())),
            (Outcome::Refuse, true)
        );
        assert_eq!(
            outcome(&answer, "london-probation", 1),
            (Outcome::Permit, vec!["ISP-03".into()])
        );
        assert_eq!(
            outcome(&answer, "london-probation", 2),
            (Outcome::Hold, vec!["ISP-16".into()])
        );

        let id = answer.id.unwrap();
        let probation = world.caller("london-probation", Some("spoc")).await;
        let inbox = world.flow.inbox(&probation, None, 50).await.unwrap();
        assert_eq!((inbox.len(), inbox[0].items.len()), (1, 1));
        let note = world.flow.document(&probation, &id, 1).await.unwrap();
        assert_eq!(read(note.body).await, b"He was seen at the school gate.");
        let missing = world.flow.document(&probation, &id, 2).await.unwrap_err();
        assert!(matches!(missing, FlowError::NotFound));
        world
            .flow
            .acknowledge(&probation, &inbox[0].id)
            .await
            .unwrap();

        let police = world.caller("met-police", None).await;
        let view = world.flow.exchange_for(&police, &id).await.unwrap();
        let to_probation = view
            .deliveries
            .iter()
            .find(|d| d.recipient == "london-probation");
        let steps: Vec<&str> = to_probation
            .unwrap()
            .steps
            .iter()
            .map(|step| step.state.as_str())
            .collect();
        assert_eq!(
            steps,
            ["queued", "sent", "delivered", "opened", "acknowledged"]
        );

        let guardian = world.caller("london-mental-health", Some("guardian")).await;
        let holds = world.flow.holds(&guardian, None, 50).await.unwrap();
        assert_eq!((holds.len(), holds[0].role.as_str()), (1, "caldicott"));
        let held = world
            .flow
            .hold_document(&guardian, &holds[0].id)
            .await
            .unwrap();
        assert_eq!(read(held.body).await, report);
        let empty = world
            .flow
            .decide_hold(&guardian, &holds[0].id, judgement(true, "  "))
            .await
            .unwrap_err();
        assert!(matches!(empty, FlowError::Invalid(_)));
        let decided = world
            .flow
            .decide_hold(
                &guardian,
                &holds[0].id,
                judgement(true, "needed for the plan"),
            )
            .await
            .unwrap();
        decided.receipt.verify(&world.verifier).unwrap();
        assert_eq!(decided.decisions[0].outcome, Outcome::Permit);

        let unnamed = world.caller("london-probation", None).await;
        let refused = world.flow.document(&unnamed, &id, 2).await.unwrap_err();
        assert!(matches!(refused, FlowError::Forbidden(_)), "{refused}");
        let now = world.flow.document(&probation, &id, 2).await.unwrap();
        assert_eq!(read(now.body).await, report, "{}", world.db.name);

        let coordinator = world
            .caller("london-coordination", Some("coordinator"))
            .await;
        let events = world
            .flow
            .timeline(&coordinator, &world.nominal, None, 100)
            .await
            .unwrap();
        let kinds: Vec<&str> = events.iter().map(|event| event.kind.as_str()).collect();
        for kind in [
            "exchange-recorded",
            "delivery-moved",
            "item-read",
            "hold-approved",
        ] {
            assert!(kinds.contains(&kind), "{kind} is not on the timeline");
        }
        let stranger = world.caller("capital-tagging", Some("spoc")).await;
        let nothing = world
            .flow
            .timeline(&stranger, &world.nominal, None, 100)
            .await
            .unwrap_err();
        assert!(matches!(nothing, FlowError::NotFound));
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_sends_nothing() {
    for db in each().await {
        let world = world(db).await;
        let answer = world
            .flow
            .preview(world.submission(b"%PDF-1.7").await)
            .await
            .unwrap();
        assert_eq!((answer.id.as_ref(), answer.matrix.len()), (None, 4));
        let housing = world.caller("southwark-housing", None).await;
        assert!(
            world
                .flow
                .inbox(&housing, None, 50)
                .await
                .unwrap()
                .is_empty()
        );
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_incomplete_exchange_is_kept_and_completed_or_matched() {
    for db in each().await {
        let world = world(db).await;
        let mut submission = world.submission(b"%PDF-1.7").await;
        submission.particulars.necessity = None;
        submission.particulars.identifiers = vec![identifier(IdentifierKind::Pnc, "99/123456X")];
        let answer = world.flow.submit(submission).await.unwrap();
        world.proved(&answer);
        assert_eq!(answer.state, ExchangeState::Incomplete);
        assert_eq!(answer.missing, ["/nominal", "/necessity"]);
        let id = answer.id.unwrap();

        let police = world.caller("met-police", None).await;
        let with = Completion {
            necessity: Some("whoever houses him must know".to_owned().into()),
            ..Completion::default()
        };
        let answer = world.flow.complete(&police, &id, with).await.unwrap();
        assert_eq!(
            (answer.state, answer.missing.len()),
            (ExchangeState::Incomplete, 1)
        );

        let coordinator = world
            .caller("london-coordination", Some("coordinator"))
            .await;
        let waiting = world
            .flow
            .unmatched(&coordinator, None, None, 50)
            .await
            .unwrap();
        assert_eq!(waiting[0].candidates[0].nominal, world.nominal);
        assert!(world.flow.unmatched(&police, None, None, 50).await.is_err());
        let answer = world
            .flow
            .match_exchange(
                &coordinator,
                &id,
                &world.nominal,
                "the officer rang to confirm",
            )
            .await
            .unwrap();
        assert_eq!(answer.state, ExchangeState::Released);
        let housing = world.caller("southwark-housing", None).await;
        let note = world.flow.document(&housing, &id, 1).await.unwrap();
        assert_eq!(read(note.body).await, b"He was seen at the school gate.");
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unanswered_hold_escalates_by_its_clock() {
    for db in each().await {
        let world = world(db).await;
        world
            .flow
            .submit(world.submission(b"%PDF-1.7").await)
            .await
            .unwrap();
        assert!(
            world
                .flow
                .clock
                .set("2026-03-03T18:00:00Z".parse().unwrap())
        );
        world.flow.tick().await.unwrap();
        let coordinator = world
            .caller("london-coordination", Some("coordinator"))
            .await;
        assert!(
            world
                .flow
                .holds(&coordinator, None, 50)
                .await
                .unwrap()
                .is_empty()
        );
        assert!(
            world
                .flow
                .clock
                .set("2026-03-04T18:00:00Z".parse().unwrap())
        );
        world.flow.tick().await.unwrap();
        let holds = world.flow.holds(&coordinator, None, 50).await.unwrap();
        assert!(holds[0].escalated);
        let decided = world
            .flow
            .decide_hold(
                &coordinator,
                &holds[0].id,
                judgement(false, "no need shown"),
            )
            .await
            .unwrap();
        assert_eq!(decided.decisions[0].outcome, Outcome::Refuse);
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_key_makes_one_exchange_however_often_it_is_sent() {
    for db in each().await {
        let world = world(db).await;
        let key = Idempotency {
            key: "k-1".to_owned(),
            request: "ab".to_owned(),
        };
        let mut ids = Vec::new();
        for _ in 0..2 {
            let mut submission = world.submission(b"%PDF-1.7").await;
            submission.idempotency = Some(key.clone());
            let flow = world.flow.clone();
            ids.push(tokio::spawn(async move {
                flow.submit(submission).await.unwrap().id
            }));
        }
        let first = ids.remove(0).await.unwrap();
        assert_eq!(first, ids.remove(0).await.unwrap(), "{}", world.db.name);
        let mut other = world.submission(b"%PDF-1.7").await;
        other.idempotency = Some(Idempotency {
            request: "cd".to_owned(),
            ..key
        });
        let error = world.flow.submit(other).await.unwrap_err();
        assert!(matches!(error, FlowError::Conflict(_)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_or_slipped_in_row_is_named() {
    for db in each().await {
        let world = world(db).await;
        let answer = world
            .flow
            .submit(world.submission(b"%PDF-1.7").await)
            .await
            .unwrap();
        world.verify().await.unwrap();
        let id = answer.id.unwrap();
        let mut tx = world.flow.store.write("tamper").await.unwrap();
        let mut row: ExchangeRow = tx.get(&id).await.unwrap().unwrap();
        row.purpose = Some("CARE".to_owned());
        tx.put(&mut row).await.unwrap();
        tx.drain_covered();
        tx.commit().await.unwrap();
        let fault = world.verify().await.unwrap_err().to_string();
        assert!(
            fault.contains(&id) && fault.contains(ExchangeRow::TABLE),
            "{fault}"
        );

        row.purpose = Some("MANAGE".to_owned());
        let mut tx = world.flow.store.write("record-exchange").await.unwrap();
        tx.put(&mut row).await.unwrap();
        let hold = tx.ids::<HoldRow>().await.unwrap().remove(0);
        let mut hold: HoldRow = tx.get(&hold).await.unwrap().unwrap();
        hold.id = "slipped-in".to_owned();
        tx.put(&mut hold).await.unwrap();
        tx.drain_covered();
        tx.commit().await.unwrap();
        let fault = world.verify().await.unwrap_err().to_string();
        assert!(fault.contains("slipped-in"), "{fault}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn more_senders_at_once_than_connections_are_all_answered() {
    for db in each().await {
        let world = Arc::new(world(db).await);
        let mut senders = tokio::task::JoinSet::new();
        for _ in 0..60 {
            let world = Arc::clone(&world);
            senders.spawn(async move {
                let submission = world.submission(b"%PDF-1.7").await;
                world.flow.submit(submission).await.unwrap().id.unwrap()
            });
        }
        let mut ids = senders.join_all().await;
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), 60, "{}", world.db.name);
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_level_changes_with_a_rationale_that_is_kept_and_no_other_number_passes() {
    for db in each().await {
        let world = world(db).await;
        let change = |level, why: &str| NominalChange::Level(level, why.to_owned());
        for (level, why) in [(3, " "), (0, "higher risk"), (7, "higher risk")] {
            let refused = world
                .flow
                .change_nominal(&world.nominal, change(level, why))
                .await;
            assert!(
                matches!(refused, Err(FlowError::Invalid(_))),
                "level {level}"
            );
        }
        world
            .flow
            .change_nominal(&world.nominal, change(3, "new threats"))
            .await
            .unwrap();
        let mut tx = world.flow.store.read().await.unwrap();
        let kept = tx.ids::<LevelChangeRow>().await.unwrap();
        let kept: LevelChangeRow = tx.get(&kept[0]).await.unwrap().unwrap();
        let place = Place {
            area: "london",
            table: "level_change",
            row: &kept.id,
            column: "rationale",
        };
        let words = world
            .flow
            .vault
            .open_column(&place, &kept.rationale)
            .await
            .unwrap();
        assert_eq!(
            (words.as_slice(), kept.level),
            (b"new threats".as_slice(), 3)
        );
        drop(tx);
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_decides_on_what_they_sent_themselves() {
    for db in each().await {
        let world = world(db).await;
        let mut submission = world.submission(b"%PDF-1.7").await;
        submission.caller = world.caller("london-mental-health", Some("guardian")).await;
        submission.particulars.recipients = vec![RecipientClaim {
            agency: agency("london-probation"),
            person: None,
            reason: None,
        }];
        world.flow.submit(submission).await.unwrap();
        let guardian = world.caller("london-mental-health", Some("guardian")).await;
        let holds = world.flow.holds(&guardian, None, 50).await.unwrap();
        let refused = world
            .flow
            .decide_hold(&guardian, &holds[0].id, judgement(true, "needed"))
            .await;
        assert!(
            matches!(refused, Err(FlowError::Forbidden(_))),
            "{}",
            world.db.name
        );
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rounds_of_the_clockwork_at_once_do_each_thing_once() {
    for db in each().await {
        let world = world(db).await;
        for _ in 0..4 {
            let submission = world.submission(b"%PDF-1.7").await;
            world.flow.submit(submission).await.unwrap();
        }
        world.at("2026-03-04T18:00:00Z");
        let mut rounds = tokio::task::JoinSet::new();
        for _ in 0..8 {
            let flow = world.flow.clone();
            rounds.spawn(async move { flow.tick().await });
        }
        for done in rounds.join_all().await {
            done.unwrap();
        }
        let coordinator = world
            .caller("london-coordination", Some("coordinator"))
            .await;
        let events = world
            .flow
            .timeline(&coordinator, &world.nominal, None, 1000)
            .await
            .unwrap();
        let escalated = events
            .iter()
            .filter(|event| event.kind == "hold-escalated")
            .count();
        assert_eq!(escalated, 4, "{}", world.db.name);
        world.verify().await.unwrap();
    }
}
