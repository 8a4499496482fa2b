//! Readings with a reason: who may give one for what, that it is kept sealed, and that what is
//! read by it is in the log under its id.

use gateway_core::event::{Event, EventKind};
use gateway_flow::reason::ReadingOf;
use gateway_flow::{Caller, FlowError};
use gateway_store::rows::ReadingRow;
use gateway_store::testing::each;

use crate::world::{World, world};

const REASON: &str = "the morning round at the school gate";

async fn at_unit(world: &World, name: &str) -> Caller {
    world.caller("london-coordination", Some(name)).await
}

/// All events of the area's log.
pub async fn events(world: &World) -> Vec<Event> {
    let mut tx = world.flow.store.read().await.unwrap();
    let leaves = tx.leaves("london-0", 0, 10_000).await.unwrap();
    let event = |leaf: gateway_store::LeafRow| serde_json::from_str(&leaf.event).unwrap();
    leaves.into_iter().map(event).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reason_is_kept_sealed_and_holds_for_one_sitting() {
    for db in each().await {
        let world = world(db).await;
        let flow = &world.flow;
        let coordinator = at_unit(&world, "coordinator").await;
        let since = flow.clock.now();
        let none = flow
            .reason_given(&coordinator, ReadingOf::Queues, since)
            .await;
        assert_eq!(none.unwrap(), None);
        let given = flow
            .read_with_reason(&coordinator, ReadingOf::Queues, REASON)
            .await
            .unwrap();
        let found = flow
            .reason_given(&coordinator, ReadingOf::Queues, since)
            .await;
        assert_eq!(found.unwrap().as_ref(), Some(&given));
        let later = since + jiff::SignedDuration::from_secs(1);
        let found = flow
            .reason_given(&coordinator, ReadingOf::Queues, later)
            .await;
        assert_eq!(found.unwrap(), None, "the next sitting asks again");
        let nominal = ReadingOf::Nominal(&world.nominal);
        let other = flow.reason_given(&coordinator, nominal, since).await;
        assert_eq!(other.unwrap(), None, "a reason is for one thing");

        let mut tx = flow.store.read().await.unwrap();
        let row: ReadingRow = tx.get(given.id()).await.unwrap().unwrap();
        drop(tx);
        assert!(!row.reason.windows(6).any(|part| part == b"school"));
        let event = events(&world).await.pop().unwrap();
        assert_eq!(event.kind, EventKind::RecordRead);
        assert_eq!(event.detail["reading"], given.id());
        assert_eq!(event.detail["of"], "queues");
        assert!(!serde_json::to_string(&event).unwrap().contains("school"));
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reason_is_given_for_what_one_may_see_and_in_words() {
    for db in each().await {
        let world = world(db).await;
        let flow = &world.flow;
        let coordinator = at_unit(&world, "coordinator").await;
        for empty in ["", "  \n ", "\u{7}"] {
            let refused = flow.read_with_reason(&coordinator, ReadingOf::Queues, empty);
            assert!(
                matches!(refused.await, Err(FlowError::Invalid(faults)) if faults[0].pointer == "/reason"),
                "{empty:?}"
            );
        }
        let vlo = at_unit(&world, "vlo").await;
        let refused = flow.read_with_reason(&vlo, ReadingOf::Queues, REASON).await;
        assert!(matches!(refused, Err(FlowError::Forbidden(_))));
        let police = world.caller("met-police", Some("manager")).await;
        for of in [ReadingOf::Queues, ReadingOf::Quarantined("nothing")] {
            let refused = flow.read_with_reason(&police, of, REASON).await;
            assert!(matches!(refused, Err(FlowError::NotFound)), "{of:?}");
        }
        let nominal = ReadingOf::Nominal(&world.nominal);
        flow.read_with_reason(&police, nominal, REASON)
            .await
            .unwrap();
        let event = events(&world).await.pop().unwrap();
        assert_eq!(event.nominal.as_deref(), Some(world.nominal.as_str()));
        let prison = world.caller("hmp-riverside", Some("manager")).await;
        let refused = flow.read_with_reason(&prison, nominal, REASON).await;
        assert!(
            matches!(refused, Err(FlowError::NotFound)),
            "it has no part"
        );
        let absent = ReadingOf::Quarantined("nothing");
        let refused = flow.read_with_reason(&coordinator, absent, REASON).await;
        assert!(matches!(refused, Err(FlowError::NotFound)));
        world.verify().await.unwrap();
    }
}
