//! A sealed document that no record refers to does not lie about: it goes with what brought it.

use gateway_core::Channel;
use gateway_flow::FlowError;
use gateway_flow::quarantine::Unproved;
use gateway_flow::submission::Idempotency;
use gateway_store::testing::each;

use crate::world::{World, agency, world};

/// More than a row holds.
const LARGE: usize = 200_000;

async fn with_document(world: &World) -> gateway_flow::Submission {
    world.submission(&vec![7; LARGE]).await
}

async fn sent(world: &World, key: &str) -> gateway_flow::Submission {
    gateway_flow::Submission {
        idempotency: Some(Idempotency {
            key: key.to_owned(),
            request: "of this".to_owned(),
        }),
        ..with_document(world).await
    }
}

/// The sealed files in the folder.
fn files(world: &World) -> usize {
    let shelves = std::fs::read_dir(world.db.folder.path().join("blobs")).unwrap();
    let shelves = shelves.filter_map(|shelf| std::fs::read_dir(shelf.unwrap().path()).ok());
    shelves.flatten().count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_that_is_refused_looked_at_or_sent_before_goes_at_once() {
    for db in each().await {
        let world = world(db).await;
        let flow = &world.flow;

        let mut nobodys = with_document(&world).await;
        nobodys.particulars.recipients.clear();
        let refused = flow.submit(nobodys).await;
        assert!(matches!(refused, Err(FlowError::Invalid(_))), "{refused:?}");
        world.nothing_is_staged().await;

        let looked_at = flow.preview(with_document(&world).await).await;
        assert_eq!(looked_at.unwrap().id, None);
        world.nothing_is_staged().await;

        drop(with_document(&world).await);
        world.nothing_is_staged().await;
        assert_eq!(files(&world), 0);

        let once = flow.submit(sent(&world, "k").await).await.unwrap();
        let again = flow.submit(sent(&world, "k").await).await.unwrap();
        assert_eq!((&again.id, again.again), (&once.id, true));
        world.nothing_is_staged().await;
        assert_eq!(files(&world), 1);
        let other = Idempotency {
            key: "k".to_owned(),
            request: "of something else".to_owned(),
        };
        let taken = gateway_flow::Submission {
            idempotency: Some(other),
            ..with_document(&world).await
        };
        assert!(matches!(
            flow.submit(taken).await,
            Err(FlowError::Conflict(_))
        ));
        world.nothing_is_staged().await;
        assert_eq!(files(&world), 1);
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_that_are_one_one_documents_file_is_left() {
    for db in each().await {
        let world = world(db).await;
        let mut posts = tokio::task::JoinSet::new();
        for _ in 0..10 {
            let (flow, submission) = (world.flow.clone(), sent(&world, "same").await);
            posts.spawn(async move { flow.submit(submission).await.unwrap().id });
        }
        let ids = posts.join_all().await;
        assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
        world.nothing_is_staged().await;
        assert_eq!(files(&world), 1);
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_apart_keeps_its_file() {
    for db in each().await {
        let world = world(db).await;
        let unproved = Unproved {
            channel: Channel::Api,
            reason: "malware",
            claimed: "met-police".to_owned().into(),
            agency: Some(agency("met-police")),
            addressed: vec![agency("london-probation")],
            body: with_document(&world).await.bodies.remove(1),
        };
        world.flow.keep_apart(unproved).await.unwrap();
        world.nothing_is_staged().await;
        assert_eq!(files(&world), 1);
        world.verify().await.unwrap();
    }
}
