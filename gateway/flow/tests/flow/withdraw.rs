//! What its sender takes back: nobody opens it any more, nothing of it is lost, and whoever had it
//! knows.

use gateway_core::event::EventKind;
use gateway_core::{Category, Role};
use gateway_flow::FlowError;
use gateway_flow::form::Asked;
use gateway_flow::outgoing::{Mail, MailKind};
use gateway_flow::usage::UsageQuery;
use gateway_store::rows::MailOutRow;
use gateway_store::testing::each;
use jiff::civil::date;

use crate::dossier::{note, visitor};
use crate::form::{answers, prison, send, sent, signed};
use crate::world::{add_person, item, judgement, letter};

#[tokio::test(flavor = "multi_thread")]
async fn nobody_opens_what_was_taken_back_and_who_had_it_is_told() {
    for db in each().await {
        let world = crate::world::world(db).await;
        let id = note(&world).await;
        world.text("london-probation", None, &id, 1).await.unwrap();
        let manager = visitor(&world, "met-police", "manager").await;
        let reader = visitor(&world, "london-probation", "officer").await;
        let not_theirs = world.flow.withdraw_exchange(&reader, &id, "wrong").await;
        assert!(matches!(not_theirs, Err(FlowError::NotFound)));
        let empty = world.flow.withdraw_exchange(&manager, &id, " ").await;
        assert!(matches!(empty, Err(FlowError::Invalid(_))));
        assert!(world.flow.may_withdraw(&manager, &id).await.unwrap());
        assert!(!world.flow.may_withdraw(&reader, &id).await.unwrap());

        let why = "it is about another man of the same name";
        let done = world
            .flow
            .withdraw_exchange(&manager, &id, why)
            .await
            .unwrap();
        let again = world
            .flow
            .withdraw_exchange(&manager, &id, "once more")
            .await;
        assert_eq!(again.unwrap(), done, "done twice, it is done once");
        assert!(!world.flow.may_withdraw(&manager, &id).await.unwrap());
        assert_eq!(done.own.as_ref().unwrap().1, why);

        let closed = world.text("london-probation", None, &id, 1).await;
        assert!(matches!(closed, Err(FlowError::Forbidden(_))), "{closed:?}");
        let view = world.flow.exchange_for(&reader, &id).await.unwrap();
        let known = view.withdrawn.unwrap();
        assert_eq!(
            (known.at, known.own),
            (done.at, None),
            "not why, nor by whom"
        );
        assert!(view.items.is_empty() && view.necessity.is_none());
        assert!(view.deliveries.iter().all(|one| one.state == "recalled"));
        for at in ["london-probation", "southwark-housing"] {
            assert!(world.inbox(at).await.is_empty(), "{at}");
        }
        let own = world.flow.exchange_for(&manager, &id).await.unwrap();
        assert_eq!((own.row.state.as_str(), own.items.len()), ("recalled", 1));

        let told = async |at: &str| {
            let spoc = visitor(&world, at, "spoc").await;
            let told = world.flow.told_to(&spoc, None, 10).await.unwrap();
            told.into_iter().any(|told| told.kind == "withdrawn")
        };
        assert!(told("london-probation").await, "who had it");
        assert!(
            !told("southwark-housing").await,
            "who had nothing of it yet"
        );
        world.flow.tick().await.unwrap();
        assert!(world.inbox("southwark-housing").await.is_empty());
        add_person(&world.flow, "london-coordination", "auditor", Role::Auditor).await;
        let auditor = visitor(&world, "london-coordination", "auditor").await;
        let query = UsageQuery {
            kinds: vec![EventKind::ExchangeWithdrawn],
            ..UsageQuery::default()
        };
        let usage = world.flow.usage(&auditor, &query, 10).await.unwrap();
        assert_eq!(usage.events.len(), 1);
        let event = &usage.events[0].event;
        let detail = world.flow.usage_event(&auditor, &event.id).await.unwrap();
        assert_eq!(detail.reasons, Some(true));
        let by = manager.person.as_ref().unwrap();
        assert_eq!(detail.used.person(), Some(by.id.as_str()));
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waited_for_a_decision_waits_no_more() {
    for db in each().await {
        let world = crate::world::world(db).await;
        let sent = letter().to("london-probation").item(
            item("Report", Category::HealthClin, Some("london-mental-health")),
            "He hears voices.",
        );
        let id = world.send("met-police", None, sent).await.id.unwrap();
        let holds = world.holds("london-mental-health").await;
        assert!(!holds.is_empty());
        let spoc = visitor(&world, "met-police", "spoc").await;
        world
            .flow
            .withdraw_exchange(&spoc, &id, "too soon")
            .await
            .unwrap();
        assert!(world.holds("london-mental-health").await.is_empty());
        let guardian = visitor(&world, "london-mental-health", "guardian").await;
        let late = world
            .flow
            .decide_hold(&guardian, &holds[0].id, judgement(true, "yes"))
            .await;
        assert!(matches!(late, Err(FlowError::Conflict(_))), "{late:?}");
        assert!(world.inbox("london-probation").await.is_empty());
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_is_taken_back_is_asked_for_again_while_its_meeting_is_to_come() {
    for db in each().await {
        let world = prison(db).await;
        let unit = visitor(&world, "london-coordination", "coordinator").await;
        let asked = Asked {
            form: "annex-f".to_owned(),
            nominal: world.nominal.clone(),
            agency: None,
            meeting_on: date(2026, 3, 27),
            emergency: false,
        };
        world.flow.ask_for_form(&unit, &asked).await.unwrap();
        let officer = visitor(&world, "hmp-riverside", "officer").await;
        let id = send(&world, &officer, sent(answers())).await.id.unwrap();
        signed(&world).await;
        let read = world.flow.read_form(&unit, &id).await.unwrap().unwrap();
        assert!(read.body.answer("behaviour.summary").is_some());
        add_person(&world.flow, "hmp-riverside", "other", Role::Practitioner).await;
        let other = visitor(&world, "hmp-riverside", "other").await;
        let refused = world.flow.withdraw_exchange(&other, &id, "mine?").await;
        assert!(matches!(refused, Err(FlowError::Forbidden(_))));

        world
            .flow
            .withdraw_exchange(&officer, &id, "wrong wing")
            .await
            .unwrap();
        let gone = world.flow.read_form(&unit, &id).await.unwrap().unwrap();
        assert!(gone.body.answer("behaviour.summary").is_none());
        world.flow.own_form(&officer, &id).await.unwrap();
        let none = world.flow.form_to_begin_from(&officer, &id).await;
        assert!(matches!(none, Err(FlowError::Conflict(_))));
        let own = world.flow.own_forms(&officer, "annex-f", None);
        assert!(own.await.unwrap()[0].withdrawn);
        let open = world.flow.form_requests(&officer).await.unwrap();
        assert_eq!((open[0].answered, open[0].exchange.clone()), (None, None));
        let spoc = visitor(&world, "hmp-riverside", "spoc").await;
        let told = world.flow.told_to(&spoc, None, 10).await.unwrap();
        assert!(told.iter().any(|told| told.kind == "form-open-again"));

        let next = send(&world, &officer, sent(answers())).await.id.unwrap();
        world
            .flow
            .form_to_begin_from(&officer, &next)
            .await
            .unwrap();
        let answered = world.flow.form_requests(&officer).await.unwrap();
        assert_eq!(answered[0].exchange.as_deref(), Some(&*next));
        world.at("2026-03-30T10:00:00Z");
        world
            .flow
            .withdraw_exchange(&officer, &next, "wrong too")
            .await
            .unwrap();
        let past = world.flow.form_requests(&officer).await.unwrap();
        assert!(past[0].answered.is_some(), "the meeting is over");
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_waits_to_go_is_dropped_with_what_it_would_carry() {
    for db in each().await {
        let world = crate::world::world(db).await;
        let flow = &world.flow;
        let id = note(&world).await;
        let mut tx = flow.store.read().await.unwrap();
        let deliveries = tx.deliveries_of(&id).await.unwrap();
        drop(tx);
        let mail = |kind: MailKind, delivery: Option<&str>| Mail {
            kind,
            subject: format!("{}/{}", kind.as_str(), delivery.unwrap_or(&id)),
            exchange: Some(id.clone()),
            delivery: delivery.map(str::to_owned),
            agency: "london-probation".to_owned(),
            recipient: "inbox@probation.example".to_owned().into(),
            words: Vec::new(),
        };
        // One whose bytes are made already, one that is only noted, and the answer to the sender.
        let delivery = Some(deliveries[0].id.as_str());
        let mut made = flow
            .mail_row("london", mail(MailKind::Delivery, delivery))
            .await
            .unwrap();
        let (key, _, blob) = flow.keep_bytes(&vec![7; 300_000]).unwrap();
        let blob = blob.unwrap();
        (made.key, made.blob) = (Some(key.into_bytes()), Some(blob.clone()));
        let notice = Some(deliveries[1].id.as_str());
        let noted = flow
            .mail_row("london", mail(MailKind::Notice, notice))
            .await
            .unwrap();
        let receipt = flow
            .mail_row("london", mail(MailKind::Receipt, None))
            .await
            .unwrap();
        let mut tx = flow.store.write("test").await.unwrap();
        assert!(tx.enliven_blob(&blob).await.unwrap());
        for row in [&made, &noted, &receipt] {
            assert!(tx.queue_mail(row).await.unwrap());
        }
        tx.commit().await.unwrap();
        assert!(flow.keeps(&blob));

        let manager = visitor(&world, "met-police", "manager").await;
        flow.withdraw_exchange(&manager, &id, "it is another man's")
            .await
            .unwrap();
        let mut tx = flow.store.read().await.unwrap();
        for row in [&made, &noted] {
            let row: MailOutRow = tx.get(&row.id).await.unwrap().unwrap();
            assert_eq!(row.state, "expired", "{}", row.kind);
            assert_eq!(row.status.as_deref(), Some("withdrawn"));
            assert!(row.key.is_none() && row.body.is_none() && row.blob.is_none());
        }
        let due = tx.mails_due(i64::MAX, 10).await.unwrap();
        let due: Vec<&str> = due.iter().map(|mail| mail.id.as_str()).collect();
        assert_eq!(due, [receipt.id.as_str()], "nothing of it goes any more");
        drop(tx);
        assert!(!flow.keeps(&blob), "nor do its sealed bytes lie there");
        world.verify().await.unwrap();
    }
}
