//! What the portal asks of the flow: the inbox as people read it, the reader's reasons and proof,
//! and what may be seen there alone.

use gateway_core::event::{Event, EventKind};
use gateway_core::{Category, Channel, DeliveryState};
use gateway_flow::{Caller, FlowError};
use gateway_store::testing::each;
use jiff::SignedDuration;

use crate::world::{World, agency, item, letter, read, world};

const NOTE: &str = "He was seen at the school gate on three mornings of this week.";
const AT: &str = "london-probation";

/// Somebody at an agency, with a browser.
async fn visitor(world: &World, at: &str, name: &str) -> Caller {
    Caller {
        channel: Channel::Portal,
        ..world.caller(at, Some(name)).await
    }
}

async fn note(world: &World) -> String {
    let sent = letter()
        .to(AT)
        .to("southwark-housing")
        .item(item("Risk note", Category::Risk, None), NOTE);
    world.send("met-police", None, sent).await.id.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_to_be_viewed_only_opens_in_the_portal_and_is_taken_by_it() {
    for db in each().await {
        let world = world(db).await;
        let custody = gateway_flow::admin::NominalChange::Custody(agency("hmp-riverside"));
        world.change(custody).await;
        let intel = item("Source", Category::Intel, Some("hmp-riverside"));
        let sent = letter().for_person(AT, "officer").item(intel, NOTE);
        let id = world.send("hmp-riverside", None, sent).await.id.unwrap();
        world.decide("hmp-riverside", "security", true).await;

        let officer = visitor(&world, AT, "officer").await;
        let other = visitor(&world, AT, "spoc").await;
        let listed = world.flow.inbox_newest(&officer, None, 20).await.unwrap();
        assert_eq!((listed.len(), listed[0].state.as_str()), (1, "delivered"));
        let document = world.flow.document(&officer, &id, 1).await.unwrap();
        assert_eq!(read(document.body).await, NOTE.as_bytes());
        let refused = world.flow.document(&other, &id, 1).await;
        assert!(matches!(refused, Err(FlowError::Forbidden(_))));
        let seen = world.flow.exchange_for(&officer, &id).await.unwrap();
        let delivery = &seen.deliveries[0];
        assert_eq!(delivery.state, DeliveryState::Opened.as_str());
        assert_eq!(delivery.channel, Channel::Portal.as_str());
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_inbox_is_read_from_the_newest_and_a_page_goes_on_where_the_last_ended() {
    for db in each().await {
        let world = world(db).await;
        let sent = [note(&world).await, note(&world).await, note(&world).await];
        let reader = visitor(&world, AT, "officer").await;
        let first = world.flow.inbox_newest(&reader, None, 2).await.unwrap();
        let ids = |page: &[gateway_flow::view::InboxEntry]| -> Vec<String> {
            page.iter().map(|entry| entry.exchange.clone()).collect()
        };
        assert_eq!(ids(&first), [sent[2].clone(), sent[1].clone()]);
        let before = Some(first[1].id.as_str());
        let second = world.flow.inbox_newest(&reader, before, 2).await.unwrap();
        assert_eq!(ids(&second), [sent[0].clone()]);
        let week = SignedDuration::from_hours(7 * 24);
        assert!(
            world
                .flow
                .inbox_due(&reader, week)
                .await
                .unwrap()
                .is_empty()
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_new_messages_is_taken_in_one_recording_each_with_its_event() {
    for db in each().await {
        let world = world(db).await;
        let sent = [note(&world).await, note(&world).await, note(&world).await];
        let reader = visitor(&world, AT, "officer").await;
        let before = moves(&world).await.len();
        let page = world.flow.inbox_newest(&reader, None, 20).await.unwrap();
        assert_eq!(page.len(), sent.len());
        assert!(page.iter().all(|entry| entry.state == "delivered"));

        let moved = moves(&world).await.split_off(before);
        for id in &sent {
            let own = moved
                .iter()
                .filter(|event| event.exchange.as_ref() == Some(id));
            let states: Vec<&str> = own.map(|event| event.detail["state"].as_str()).collect();
            assert_eq!(states, ["sent", "delivered"], "taken through an inbox");
        }
        assert_eq!(moved.len(), 2 * sent.len());
        // The rows of one recording go with its first event.
        let with_rows: Vec<bool> = moved.iter().map(|event| event.rows.is_some()).collect();
        assert_eq!(with_rows, [true, false, false, false, false, false]);
        world.verify().await.unwrap();

        world.flow.inbox_newest(&reader, None, 20).await.unwrap();
        assert_eq!(
            moves(&world).await.len(),
            before + moved.len(),
            "taken once"
        );
    }
}

/// The moves of deliveries in the log, in order.
async fn moves(world: &World) -> Vec<Event> {
    let mut tx = world.flow.store.read().await.unwrap();
    let head = world.flow.log_head(None).await.unwrap().unwrap();
    let leaves = tx.leaves(&head.id, 0, 10_000).await.unwrap();
    let events = leaves
        .iter()
        .map(|leaf| serde_json::from_str(&leaf.event).unwrap());
    events
        .filter(|event: &Event| event.kind == EventKind::DeliveryMoved)
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_is_told_its_own_reasons_and_proves_its_own_delivery() {
    for db in each().await {
        let world = world(db).await;
        let id = note(&world).await;
        let reader = visitor(&world, AT, "officer").await;
        let early = world.flow.delivery_receipt(&reader, &id).await;
        assert!(
            matches!(early, Err(FlowError::NotFound)),
            "nothing reached it"
        );
        world.flow.take(&reader, &id).await.unwrap();

        let rules = world.flow.because(&reader, &id).await.unwrap();
        assert!(rules.iter().any(|hit| hit.rule == "ISP-03"), "{rules:?}");
        let receipt = world.flow.delivery_receipt(&reader, &id).await.unwrap();
        let text = receipt.render().unwrap();
        assert_eq!(receipt.event.exchange.as_deref(), Some(id.as_str()));
        assert_eq!(receipt.event.to, [agency(AT)]);
        assert!(receipt.event.content.is_empty() && !text.contains("southwark"));

        let stranger = visitor(&world, "hmp-riverside", "security").await;
        assert!(world.flow.because(&stranger, &id).await.unwrap().is_empty());
        let theirs = world.flow.delivery_receipt(&stranger, &id).await;
        assert!(matches!(theirs, Err(FlowError::NotFound)));
    }
}
