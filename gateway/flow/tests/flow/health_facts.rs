//! What the record has and a request repeats: put in from it, as a reading, or compared with it. And a
//! request on its way to a body that passed it on.

use gateway_core::event::{Event, EventKind};
use gateway_core::{Channel, DeliveryState, ExchangeState};
use gateway_flow::complete::Completion;
use gateway_store::rows::DeliveryRow;
use gateway_store::testing::each;
use serde_json::{Value, json};

use crate::dossier::visitor;
use crate::health::{ASKS, OTHER, TRUST, answering, asked, asking, hospital, request, sends};
use crate::world::World;

async fn readings(world: &World) -> Vec<Event> {
    let events = crate::reasons::events(world).await.into_iter();
    events
        .filter(|event| event.kind == EventKind::RecordRead)
        .collect()
}

fn with_level(level: Option<&str>) -> Value {
    let mut given = request();
    let mappa = given["mappa"].as_object_mut().unwrap();
    mappa.remove("level");
    if let Some(level) = level {
        mappa.insert("level".to_owned(), json!(level));
    }
    given
}

#[tokio::test(flavor = "multi_thread")]
async fn a_level_that_is_not_the_records_is_for_the_sender_to_confirm() {
    for db in each().await {
        let world = hospital(db).await;
        let officer = visitor(&world, ASKS, "officer").await;
        let sent = sends(&world, &officer, asking(&world, with_level(Some("3")))).await;
        assert_eq!(sent.state, ExchangeState::Incomplete);
        assert_eq!(sent.missing, ["/level"]);
        assert!(sent.matrix.is_empty());
        assert!(sent.warnings.iter().any(|words| words.contains("level")));
        let id = sent.id.unwrap();
        let spoc = visitor(&world, TRUST, "spoc").await;
        assert!(world.flow.health_request(&spoc, &id).await.is_err());
        let draft = world.flow.health_draft(&officer, &id).await.unwrap();
        assert_eq!(draft.missing, ["/level"]);
        assert!(world.flow.health_draft(&spoc, &id).await.is_err());
        // Whatever its sender sends confirms it.
        let confirmed = world.flow.complete(&officer, &id, Completion::default());
        assert_eq!(confirmed.await.unwrap().state, ExchangeState::Released);
        assert!(world.flow.health_request(&spoc, &id).await.is_ok());
        assert!(world.flow.health_draft(&officer, &id).await.is_err());
        let right = sends(&world, &officer, asking(&world, with_level(Some("2")))).await;
        assert_eq!(right.state, ExchangeState::Released);
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_put_in_from_the_record_is_a_reading_of_it() {
    for db in each().await {
        let world = hospital(db).await;
        let officer = visitor(&world, ASKS, "officer").await;
        let before = readings(&world).await.len();
        let sent = sends(&world, &officer, asking(&world, with_level(None))).await;
        assert_eq!(sent.state, ExchangeState::Released, "{:?}", sent.missing);
        let after = readings(&world).await;
        assert_eq!(after.len(), before + 1);
        let read = after.last().unwrap();
        assert_eq!(read.from.as_ref().unwrap().as_str(), ASKS);
        assert_eq!(read.detail["what"], "form");
        let person = officer.person.as_ref().unwrap();
        assert_eq!(read.detail["person"], person.id);
        let spoc = visitor(&world, TRUST, "spoc").await;
        let form = world.flow.read_form(&spoc, &sent.id.unwrap()).await;
        let body = form.unwrap().unwrap().body;
        for path in ["subject.name", "subject.dob", "mappa.level"] {
            assert!(body.answer(path).is_some(), "{path}");
        }
        // A form that says all of it itself reads nothing.
        let mut whole = with_level(Some("2"));
        whole["subject"]["name"] = json!("Synthetic Sample");
        whole["subject"]["dob"] = json!("1980-02-01");
        whole["subject"]["nhs_number"] = json!("9990000026");
        let _ = world.flow.submit_form(officer, asking(&world, whole)).await;
        assert_eq!(readings(&world).await.len(), before + 1);
    }
}

async fn at(world: &World, exchange: &str, agency: &str) -> Vec<DeliveryRow> {
    let mut tx = world.flow.store.read().await.unwrap();
    let mut all = tx.deliveries_of(exchange).await.unwrap();
    all.retain(|one| one.agency == agency);
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_on_its_way_by_mesh_to_a_body_that_passed_it_on_is_called_back() {
    for db in each().await {
        let world = hospital(db).await;
        let flow = &world.flow;
        flow.set_route(TRUST, "health-request", Channel::Mesh)
            .await
            .unwrap();
        let id = asked(&world).await;
        flow.tick().await.unwrap();
        let waits = at(&world, &id, TRUST).await;
        assert_eq!(waits.len(), 1);
        assert_eq!(waits[0].state, DeliveryState::Waiting.as_str());
        let passed = |to: &str| {
            json!({"answer": {"outcome": "redirected", "redirected_to": to,
            "answered_by": "The single point of contact"}})
        };
        let spoc = visitor(&world, TRUST, "spoc").await;
        sends(&world, &spoc, answering(&id, passed(OTHER))).await;
        let back = at(&world, &id, TRUST).await;
        assert_eq!(back.len(), 1);
        assert_eq!(back[0].state, DeliveryState::Recalled.as_str());
        let moved = crate::reasons::events(&world).await;
        let moved = moved.iter().filter(|event| {
            event.kind == EventKind::DeliveryMoved
                && event.detail.get("delivery") == Some(&back[0].id)
                && event.detail["state"] == "recalled"
        });
        assert_eq!(moved.count(), 1);
        // It comes back to the first: it is given it by another delivery.
        let other = visitor(&world, OTHER, "spoc").await;
        sends(&world, &other, answering(&id, passed(TRUST))).await;
        let again = at(&world, &id, TRUST).await;
        let states: Vec<&str> = again.iter().map(|one| one.state.as_str()).collect();
        assert_eq!(states, ["recalled", "queued"]);
        let read = flow.read_form(&spoc, &id).await.unwrap().unwrap();
        assert!(read.closed.is_empty(), "{:?}", read.closed);
        assert!(read.body.answer("subject.name").is_some());
        world.verify().await.unwrap();
    }
}
