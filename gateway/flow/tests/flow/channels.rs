//! What a channel may ask of the flow beside submitting: keep apart, let others join, carry out;
//! and whose certificates count.

use std::time::Duration;

use gateway_core::event::{Event, EventKind};
use gateway_core::{Category, Channel, ExchangeState};
use gateway_flow::FlowError;
use gateway_flow::admin::NewCertificate;
use gateway_flow::complete::Completion;
use gateway_flow::quarantine::Unproved;
use gateway_store::rows::{DeliveryRow, ExchangeRow};
use gateway_store::testing::each;

use crate::world::{World, agency, item, letter, read, world};

const NOTE: &str = "He was seen at the school gate on three mornings of this week.";
const DAY: Duration = Duration::from_hours(24);

async fn leaves(world: &World, exchange: &str) -> Vec<Event> {
    let mut tx = world.flow.store.read().await.unwrap();
    let leaves = tx.leaves_of_exchange(exchange).await.unwrap();
    let event = |leaf: gateway_store::LeafRow| serde_json::from_str(&leaf.event).unwrap();
    leaves.into_iter().map(event).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_proved_is_kept_whole_and_shown_to_the_coordinator_alone() {
    for db in each().await {
        let world = world(db).await;
        let unproved = Unproved {
            channel: Channel::SecureEmail,
            reason: "sender-not-enrolled",
            claimed: "somebody@elsewhere.example".to_owned().into(),
            agency: None,
            addressed: vec![agency("london-probation")],
            body: world.flow.take_text(NOTE).unwrap(),
        };
        let id = world.flow.keep_apart(unproved).await.unwrap();
        let coordinator = world
            .caller("london-coordination", Some("coordinator"))
            .await;
        let kept = world
            .flow
            .quarantine(&coordinator, None, None, 10)
            .await
            .unwrap();
        assert_eq!(kept.len(), 1);
        assert_eq!(kept[0].id, id);
        assert_eq!(kept[0].claimed.reveal(), "somebody@elsewhere.example");
        assert_eq!(kept[0].size, i64::try_from(NOTE.len()).unwrap());
        let police = world.caller("met-police", Some("manager")).await;
        let refused = world.flow.quarantine(&police, None, None, 10).await;
        assert!(refused.is_err());
        assert!(world.inbox("london-probation").await.is_empty());
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_body_that_is_kept_apart_is_for_the_backup_and_is_missed_when_it_is_gone() {
    for db in each().await {
        let world = world(db).await;
        let unproved = Unproved {
            channel: Channel::SecureEmail,
            reason: "unreadable",
            claimed: String::new().into(),
            agency: None,
            addressed: Vec::new(),
            body: world.flow.take_text(&"x".repeat(300_000)).unwrap(),
        };
        world.flow.keep_apart(unproved).await.unwrap();
        world.verify().await.unwrap();
        let mut listed = Vec::new();
        let mut tx = world.flow.store.read().await.unwrap();
        tx.bodies(&mut |id, sha256| {
            listed.push((id, sha256));
            Ok(())
        })
        .await
        .unwrap();
        drop(tx);
        let [(id, sha256)] = listed.as_slice() else {
            panic!("one body: {}", listed.len());
        };
        assert_eq!(world.flow.blobs.digest(id).unwrap().as_ref(), Some(sha256));
        world.flow.blobs.remove(id).unwrap();
        assert!(world.verify().await.is_err());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_set_aside_is_decided_for_nobody_and_is_nobodys_record() {
    for db in each().await {
        let world = world(db).await;
        let mut letter = letter()
            .to("london-probation")
            .item(item("The mail as it came", Category::Risk, None), NOTE);
        letter.said.intake.set_aside = Some("malware".to_owned());
        let answer = world.send("met-police", None, letter).await;
        assert_eq!(answer.state, ExchangeState::Quarantined);
        assert!(answer.matrix.is_empty() && answer.nominal.is_none());
        let id = answer.id.unwrap();
        let police = world.caller("met-police", None).await;
        let completed = world
            .flow
            .complete(&police, &id, Completion::default())
            .await;
        assert!(matches!(completed, Err(FlowError::Conflict(_))));
        let joined = [agency("southwark-housing")];
        let answer = world
            .flow
            .join_recipients(&police, &id, &joined, DAY)
            .await
            .unwrap();
        assert_eq!(answer.state, ExchangeState::Quarantined);
        assert!(world.inbox("london-probation").await.is_empty());
        let events = leaves(&world, &id).await;
        assert_eq!(events.len(), 1);
        assert_eq!(events[0].kind, EventKind::ExchangeQuarantined);
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_joins_in_time_gets_what_was_sent_and_the_others_keep_theirs() {
    for db in each().await {
        let world = world(db).await;
        let sent = letter()
            .to("london-probation")
            .item(item("Risk note", Category::Risk, None), NOTE);
        let id = world.send("met-police", None, sent).await.id.unwrap();
        let police = world.caller("met-police", None).await;
        let join = async |who: &str| {
            let who = [agency(who)];
            world
                .flow
                .join_recipients(&police, &id, &who, DAY)
                .await
                .unwrap()
        };
        assert_eq!(join("southwark-housing").await.matrix.len(), 2);
        assert_eq!(join("southwark-housing").await.matrix.len(), 2);
        for reader in ["london-probation", "southwark-housing"] {
            let by = (reader == "southwark-housing").then_some("spoc");
            assert_eq!(world.text(reader, by, &id, 1).await.unwrap(), NOTE);
        }
        let another = world.caller("london-probation", None).await;
        let housing = [agency("capital-tagging")];
        let foreign = world
            .flow
            .join_recipients(&another, &id, &housing, DAY)
            .await;
        assert!(matches!(foreign, Err(FlowError::NotFound)));
        world
            .flow
            .clock
            .advance(jiff::SignedDuration::from_hours(25));
        assert_eq!(join("london-mental-health").await.matrix.len(), 2);
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn recipients_that_no_proof_covers_are_believed_only_with_a_live_part() {
    for db in each().await {
        let world = world(db).await;
        let unbound = |to: &str| {
            let mut letter = letter()
                .to(to)
                .item(item("Risk note", Category::Risk, None), NOTE);
            letter.said.intake.unbound = true;
            letter
        };
        let known = world
            .send("met-police", None, unbound("london-probation"))
            .await;
        assert_eq!(known.state, ExchangeState::Released);
        let police = world.caller("met-police", None).await;
        let stranger = [agency("southwark-childrens")];
        let joined = world
            .flow
            .join_recipients(&police, &known.id.unwrap(), &stranger, DAY)
            .await
            .unwrap();
        assert_eq!(joined.matrix.len(), 1);
        let waits = world
            .send("met-police", None, unbound("southwark-childrens"))
            .await;
        assert_eq!(waits.state, ExchangeState::Incomplete);
        assert_eq!(waits.missing, ["/recipients"]);
        let confirmed = world
            .flow
            .complete(&police, &waits.id.unwrap(), Completion::default())
            .await
            .unwrap();
        assert_ne!(confirmed.state, ExchangeState::Incomplete);
        assert_eq!(confirmed.matrix.len(), 1);
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_carried_out_is_in_the_log_and_waits_for_no_acknowledgement() {
    for db in each().await {
        let world = world(db).await;
        let sent = letter()
            .to("london-probation")
            .item(item("Risk note", Category::Risk, None), NOTE);
        let id = world.send("met-police", None, sent).await.id.unwrap();
        let mut tx = world.flow.store.read().await.unwrap();
        let delivery: DeliveryRow = tx.deliveries_of(&id).await.unwrap().remove(0);
        let exchange: ExchangeRow = tx.get(&id).await.unwrap().unwrap();
        drop(tx);
        let carried = world.flow.carried(&delivery, &exchange).await;
        let carried = carried.unwrap().unwrap();
        assert_eq!(carried.len(), 1);
        let (n, document) = carried.into_iter().next().unwrap();
        assert_eq!((n, document.title.as_str()), (1, "Risk note"));
        assert_eq!(read(document.body).await, NOTE.as_bytes());
        let events = leaves(&world, &id).await;
        let read: Vec<&Event> = events
            .iter()
            .filter(|event| event.kind == EventKind::ItemRead)
            .collect();
        assert_eq!(read.len(), 1);
        assert_eq!(read[0].detail["carried-by"], "secure-email");
        let mut tx = world.flow.store.read().await.unwrap();
        let after: DeliveryRow = tx.get(&delivery.id).await.unwrap().unwrap();
        assert_eq!(after.state, delivery.state);
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_learnt_certificate_counts_when_approved_and_a_revoked_one_never_again() {
    for db in each().await {
        let world = world(db).await;
        let new = |approved| NewCertificate {
            fingerprint: "ab".repeat(32),
            der: b"a certificate in DER".to_vec(),
            agency: agency("met-police"),
            person: None,
            profile: "modern",
            approved,
        };
        let flow = &world.flow;
        let state = async || {
            let known = flow.certificate(&"ab".repeat(32)).await.unwrap().unwrap();
            assert_eq!(known.der, b"a certificate in DER");
            known.state
        };
        flow.add_certificate(new(false)).await.unwrap();
        assert_eq!(state().await, "proposed");
        flow.add_certificate(new(true)).await.unwrap();
        assert_eq!(state().await, "active");
        flow.add_certificate(new(false)).await.unwrap();
        assert_eq!(state().await, "active");
        flow.change_certificate(&"ab".repeat(32), "revoked")
            .await
            .unwrap();
        flow.add_certificate(new(false)).await.unwrap();
        assert_eq!(state().await, "revoked");
        let back = flow.add_certificate(new(true)).await;
        assert!(matches!(back, Err(FlowError::Conflict(_))));
        let approved = flow.change_certificate(&"ab".repeat(32), "active").await;
        assert!(matches!(approved, Err(FlowError::Conflict(_))));
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thread_is_its_agencys_alone() {
    for db in each().await {
        let world = world(db).await;
        let sent = letter()
            .to("london-probation")
            .item(item("Risk note", Category::Risk, None), NOTE);
        let id = world.send("met-police", None, sent).await.id.unwrap();
        let flow = &world.flow;
        let thread = async |who: &str| {
            // Asked for twice, and with another's: it is begun once, and is nobody else's.
            let threads = flow.threads(&[(&id, who), (&id, who)]).await.unwrap();
            let mut own = threads.into_iter().filter(|one| one.agency == who);
            let reference = own.next().unwrap().id;
            assert_eq!(own.next(), None);
            reference
        };
        let reference = thread("london-probation").await;
        assert_ne!(thread("met-police").await, reference);
        assert_eq!(thread("london-probation").await, reference);
        let of = async |who: &str| flow.threaded(&reference, &agency(who)).await.unwrap();
        assert_eq!(of("london-probation").await.unwrap().to_string(), id);
        assert_eq!(of("met-police").await, None);
        assert_eq!(of("southwark-housing").await, None);
    }
}
