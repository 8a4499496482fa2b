//! Forms that came too late: kept for their writer alone, sealed, for a day.

use gateway_core::Personal;
use gateway_flow::FlowError;
use gateway_flow::kept::KeptForm;
use gateway_store::rows::{KeptFormRow, PersonRow};
use gateway_store::testing::each;
use jiff::SignedDuration;

use crate::world::{World, agency, world};

async fn person(world: &World, at: &str) -> PersonRow {
    let email = format!("spoc@{at}.example");
    world.flow.caller_person(&agency(at), &email).await.unwrap()
}

fn form(path: &str, words: &str) -> KeptForm {
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    KeptForm {
        path: path.to_owned(),
        fields: Personal::new(vec![
            pair("holds", "one"),
            pair("holds", "two"),
            pair("reasons", words),
        ]),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_is_kept_for_its_writer_alone_and_sealed() {
    for db in each().await {
        let world = world(db).await;
        let (ann, bob) = (
            person(&world, "southwark-housing").await,
            person(&world, "met-police").await,
        );
        let flow = &world.flow;
        let late = form("/holds/1", "the plan turns on it");
        let id = flow.keep_form(&ann, &late).await.unwrap();
        assert_eq!(flow.kept_form(&ann, &id).await.unwrap(), late);
        let theirs = flow.kept_form(&bob, &id).await;
        assert!(matches!(theirs, Err(FlowError::NotFound)), "{theirs:?}");
        assert_eq!(flow.newest_kept_form(&bob).await.unwrap(), None);
        flow.drop_kept_form(&bob, &id).await.unwrap();
        assert_eq!(flow.newest_kept_form(&ann).await.unwrap(), Some(id.clone()));
        let mut tx = flow.store.read().await.unwrap();
        let row: KeptFormRow = tx.get(&id).await.unwrap().unwrap();
        drop(tx);
        assert!(!row.content.windows(4).any(|bytes| bytes == b"plan"));
        flow.drop_kept_form(&ann, &id).await.unwrap();
        assert_eq!(flow.newest_kept_form(&ann).await.unwrap(), None);
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_is_kept_for_each_address_ten_in_all_and_for_a_day() {
    for db in each().await {
        let world = world(db).await;
        let (flow, ann) = (&world.flow, person(&world, "southwark-housing").await);
        let first = flow.keep_form(&ann, &form("/holds/0", "a")).await.unwrap();
        let again = flow.keep_form(&ann, &form("/holds/0", "b")).await.unwrap();
        let gone = flow.kept_form(&ann, &first).await;
        assert!(matches!(gone, Err(FlowError::NotFound)), "{gone:?}");
        let mut last = again.clone();
        for n in 1..=10 {
            assert!(flow.clock.advance(SignedDuration::from_secs(1)));
            let late = form(&format!("/holds/{n}"), "c");
            last = flow.keep_form(&ann, &late).await.unwrap();
        }
        let oldest = flow.kept_form(&ann, &again).await;
        assert!(matches!(oldest, Err(FlowError::NotFound)), "{oldest:?}");
        assert_eq!(flow.newest_kept_form(&ann).await.unwrap(), Some(last));
        assert!(flow.clock.advance(SignedDuration::from_hours(23)));
        flow.tick().await.unwrap();
        assert!(flow.newest_kept_form(&ann).await.unwrap().is_some());
        assert!(flow.clock.advance(SignedDuration::from_hours(2)));
        flow.tick().await.unwrap();
        assert_eq!(flow.newest_kept_form(&ann).await.unwrap(), None);
    }
}
