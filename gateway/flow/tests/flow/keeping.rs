//! What is kept, and what is not: keys that change, bodies that nobody took up, keys that are
//! destroyed.

use gateway_core::Category;
use gateway_flow::FlowError;
use gateway_store::testing::each;
use tokio::sync::mpsc;

use crate::world::{item, letter, world};

const NOTE: &str = "He was seen at the school gate on three mornings of this week.";

#[tokio::test(flavor = "multi_thread")]
async fn a_new_key_reads_all_that_the_old_one_did() {
    for db in each().await {
        let world = world(db).await;
        let sent = || {
            letter()
                .to("london-probation")
                .item(item("Risk note", Category::Risk, None), NOTE)
        };
        let before = world.send("met-police", None, sent()).await.id.unwrap();
        let count = world
            .flow
            .rotate_key("london-probation", None)
            .await
            .unwrap();
        assert_eq!(count, 1);
        let after = world.send("met-police", None, sent()).await.id.unwrap();
        let mut tx = world.flow.store.read().await.unwrap();
        let mut keys = Vec::new();
        for id in [&before, &after] {
            let wraps = tx.wraps_for(id, "london-probation").await.unwrap();
            keys.push(wraps[0].key_id.clone());
        }
        assert_eq!(keys[0], keys[1]);
        drop(tx);
        for id in [before, after] {
            let text = world.text("london-probation", None, &id, 1).await.unwrap();
            assert_eq!(text, NOTE);
        }
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_no_exchange_took_up_is_swept_and_no_other() {
    for db in each().await {
        let world = world(db).await;
        let large = vec![b'x'; 300_000];
        let take = || async {
            let (send, receive) = mpsc::channel(1);
            let body = large.clone();
            tokio::spawn(async move { send.send(Ok(body.into())).await });
            let kind = "application/pdf".to_owned();
            world.flow.take_body(kind, receive).await.unwrap()
        };
        // As a stop of the process leaves one: nobody holds it, and nothing refers to it.
        world.flow.keep_bytes(&vec![b'x'; 300_000]).unwrap();
        let mut kept = letter()
            .to("london-probation")
            .item(item("Plan", Category::Risk, None), "");
        kept.texts.clear();
        let answer = world
            .flow
            .submit(gateway_flow::Submission {
                caller: world.caller("met-police", None).await,
                particulars: kept.said,
                bodies: vec![take().await],
                idempotency: None,
                answer_to: None,
            })
            .await
            .unwrap();
        let files = || {
            std::fs::read_dir(world.db.folder.path().join("blobs"))
                .unwrap()
                .map(|entry| {
                    let path = entry.unwrap().path();
                    if path.is_dir() {
                        std::fs::read_dir(path).unwrap().count()
                    } else {
                        1
                    }
                })
                .sum::<usize>()
        };
        assert_eq!(files(), 2);
        world.at("2026-03-03T08:59:59Z");
        world.flow.tick().await.unwrap();
        assert_eq!(files(), 2);
        world.at("2026-03-03T09:00:01Z");
        world.flow.tick().await.unwrap();
        assert_eq!(files(), 1);
        let text = world
            .text("london-probation", None, &answer.id.unwrap(), 1)
            .await
            .unwrap();
        assert_eq!(text.len(), large.len());
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sender_that_stops_half_way_keeps_nothing() {
    for db in each().await {
        let world = world(db).await;
        let (send, receive) = mpsc::channel(2);
        send.send(Ok(vec![b'x'; 300_000].into())).await.unwrap();
        send.send(Err(FlowError::Conflict("the connection broke".to_owned())))
            .await
            .unwrap();
        let taken = world
            .flow
            .take_body("application/pdf".to_owned(), receive)
            .await;
        assert!(taken.is_err());
        world.nothing_is_staged().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_destroyed_retention_key_ends_every_way_to_the_content_and_the_log_still_verifies() {
    for db in each().await {
        let world = world(db).await;
        let sent = letter()
            .to("london-probation")
            .item(item("Risk note", Category::Risk, None), NOTE);
        let id = world.send("met-police", None, sent).await.id.unwrap();
        let did = world
            .flow
            .vault
            .destroy_retention(&world.nominal, "met-police", "mappa")
            .await
            .unwrap();
        assert!(did);
        let gone = world.text("london-probation", None, &id, 1).await;
        assert!(gone.is_err(), "{gone:?}");
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_areas_new_keys_open_what_waits_under_the_old_ones() {
    for db in each().await {
        let world = world(db).await;
        let report = item(
            "report.pdf",
            Category::HealthClin,
            Some("london-mental-health"),
        );
        let sent = || letter().to("london-probation").item(report.clone(), NOTE);
        let before = world.send("met-police", None, sent()).await.id.unwrap();
        world.flow.rotate_area_keys("london").await.unwrap();
        world.decide("london-mental-health", "guardian", true).await;
        let after = world.send("met-police", None, sent()).await.id.unwrap();
        world.decide("london-mental-health", "guardian", true).await;
        for id in [before, after] {
            let text = world.text("london-probation", Some("spoc"), &id, 1).await;
            assert_eq!(text.unwrap(), NOTE);
        }
        world.verify().await.unwrap();
    }
}
