//! The coordinator's finding that something is about none of the candidates.

use gateway_core::event::EventKind;
use gateway_core::{Category, IdentifierKind};
use gateway_flow::{Caller, FlowError};
use gateway_store::testing::each;

use crate::reasons::events;
use crate::world::{World, identifier, item, letter, world};

const WHY: &str = "the sender says that he is another Daniel";

async fn unmatched(world: &World) -> String {
    let mut unknown = letter()
        .to("london-probation")
        .item(item("Risk note", Category::Risk, None), "A note");
    unknown.said.identifiers = vec![
        identifier(IdentifierKind::Name, "Daniel Marlowe-Test"),
        identifier(IdentifierKind::Dob, "1980-02-01"),
    ];
    world.send("met-police", None, unknown).await.id.unwrap()
}

async fn at_unit(world: &World, name: &str) -> Caller {
    world.caller("london-coordination", Some(name)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_recorded_with_her_reasons_and_shown_to_who_looks_next() {
    for db in each().await {
        let world = world(db).await;
        let flow = &world.flow;
        let (id, unit) = (
            unmatched(&world).await,
            at_unit(&world, "coordinator").await,
        );
        let listed = flow.unmatched(&unit, None, None, 20).await.unwrap();
        assert_eq!(listed[0].none, None);
        for (n, why) in [(1, "too early to say"), (2, WHY)] {
            flow.none_of_these(&unit, &id, why).await.unwrap();
            let events = events(&world).await;
            let found = events
                .iter()
                .filter(|event| event.kind == EventKind::NoneMatched);
            assert_eq!(found.count(), n);
            let event = events.last().unwrap();
            assert_eq!(event.exchange.as_deref(), Some(id.as_str()));
            assert!(event.detail.contains_key("reading"));
            assert!(!serde_json::to_string(event).unwrap().contains("Daniel"));
        }
        let listed = flow.unmatched(&unit, None, None, 20).await.unwrap();
        let none = listed[0].none.clone().unwrap();
        assert_eq!(
            (none.by.as_str(), none.reasons.as_str()),
            ("Synthetic coordinator", WHY)
        );
        assert!(!listed[0].candidates.is_empty(), "it stays unmatched");
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_the_coordinators_alone_with_reasons_and_of_what_is_unmatched() {
    for db in each().await {
        let world = world(db).await;
        let flow = &world.flow;
        let (id, unit) = (
            unmatched(&world).await,
            at_unit(&world, "coordinator").await,
        );
        let refused = flow.none_of_these(&unit, &id, "  ").await;
        assert!(
            matches!(refused, Err(FlowError::Invalid(faults)) if faults[0].pointer == "/reasons")
        );
        let vlo = at_unit(&world, "vlo").await;
        let refused = flow.none_of_these(&vlo, &id, WHY).await;
        assert!(matches!(refused, Err(FlowError::Forbidden(_))));
        let police = world.caller("met-police", Some("manager")).await;
        for (caller, id) in [(&police, id.as_str()), (&unit, "nothing")] {
            let refused = flow.none_of_these(caller, id, WHY).await;
            assert!(matches!(refused, Err(FlowError::NotFound)));
        }
        flow.match_exchange(&unit, &id, &world.nominal, WHY)
            .await
            .unwrap();
        let late = flow.none_of_these(&unit, &id, WHY).await;
        assert!(matches!(late, Err(FlowError::Conflict(_))));
    }
}
