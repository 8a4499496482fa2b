//! Drafts: kept by revision under their writer's key, with files that come piece by piece, and
//! sent once.

use bytes::Bytes;
use gateway_core::{Category, Channel, Personal};
use gateway_flow::body::StagedBody;
use gateway_flow::compose::{Arrived, DraftMessage, LARGEST, NewFile, Saved, TOGETHER};
use gateway_flow::submission::Caller;
use gateway_flow::{FlowError, Submission};
use gateway_store::rows::{DraftPartRow, DraftRow, PersonRow};
use gateway_store::testing::each;
use sha2::{Digest as _, Sha256};
use tokio::sync::mpsc;

use crate::world::{World, agency, item, letter, world};

async fn person(world: &World, at: &str) -> PersonRow {
    let email = format!("spoc@{at}.example");
    world.flow.caller_person(&agency(at), &email).await.unwrap()
}

fn file(size: usize) -> NewFile {
    NewFile {
        name: Personal::new("film.mp4".to_owned()),
        media_type: "video/mp4".to_owned(),
        size: i64::try_from(size).unwrap(),
    }
}

/// Sends a piece in small chunks; a broken one ends in an error.
async fn part(
    world: &World,
    who: &PersonRow,
    (draft, file): (&str, &str),
    from: usize,
    bytes: &[u8],
    breaks: bool,
) -> Result<i64, FlowError> {
    let (send, receive) = mpsc::channel(4);
    let bytes = bytes.to_vec();
    tokio::spawn(async move {
        for chunk in bytes.chunks(10_000) {
            let _ = send.send(Ok(Bytes::copy_from_slice(chunk))).await;
        }
        if breaks {
            let _ = send
                .send(Err(FlowError::Unavailable("broke".to_owned())))
                .await;
        }
    });
    let from = i64::try_from(from).unwrap();
    world.flow.take_part(who, draft, file, from, receive).await
}

async fn whole(world: &World, who: &PersonRow, draft: &str, file: &str) -> Vec<u8> {
    let mut chunks = world.flow.read_file(who, draft, file).await.unwrap();
    let mut bytes = Vec::new();
    while let Some(chunk) = chunks.recv().await {
        bytes.extend_from_slice(&chunk.unwrap());
    }
    bytes
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_is_its_writers_alone_and_two_windows_lose_nothing() {
    for db in each().await {
        let world = world(db).await;
        let (ann, bob) = (
            person(&world, "southwark-housing").await,
            person(&world, "met-police").await,
        );
        let id = world.flow.open_draft(&ann, "one").await.unwrap();
        let flow = &world.flow;
        assert_eq!(
            flow.save_draft(&ann, &id, 1, "two").await.unwrap(),
            Saved::Next(2)
        );
        // The same words again, from a form that is behind, are saved already.
        assert_eq!(
            flow.save_draft(&ann, &id, 1, "two").await.unwrap(),
            Saved::Next(2)
        );
        let Saved::Beside(other) = flow.save_draft(&ann, &id, 1, "three").await.unwrap() else {
            panic!("a form that is behind does not overwrite");
        };
        let said = |id: String| async move {
            flow.draft(&ann_of(flow).await, &id)
                .await
                .unwrap()
                .content
                .into_inner()
        };
        assert_eq!(
            (said(id.clone()).await, said(other).await),
            ("two".to_owned(), "three".to_owned())
        );
        assert_eq!(flow.drafts(&ann).await.unwrap().len(), 2);
        for refused in [
            flow.draft(&bob, &id).await.map(|_| ()),
            flow.save_draft(&bob, &id, 2, "x").await.map(|_| ()),
            flow.begin_file(&bob, &id, file(1)).await.map(|_| ()),
        ] {
            assert!(matches!(refused, Err(FlowError::NotFound)), "{refused:?}");
        }
        assert!(flow.drafts(&bob).await.unwrap().is_empty());
        flow.drop_draft(&bob, &id).await.unwrap();
        let mut tx = flow.store.read().await.unwrap();
        let row: DraftRow = tx.get(&id).await.unwrap().unwrap();
        assert!(
            !row.content.windows(3).any(|bytes| bytes == b"two"),
            "sealed"
        );
        drop(tx);
        flow.drop_draft(&ann, &id).await.unwrap();
        assert!(matches!(
            flow.draft(&ann, &id).await,
            Err(FlowError::NotFound)
        ));
        world.verify().await.unwrap();
    }
}

async fn ann_of(flow: &gateway_flow::Flow) -> PersonRow {
    let at = agency("southwark-housing");
    flow.caller_person(&at, "spoc@southwark-housing.example")
        .await
        .unwrap()
}

fn film() -> Vec<u8> {
    let bytes = (0..300_000_u32).map(|n| u8::try_from(n % 251).unwrap());
    bytes.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_goes_on_where_its_line_broke() {
    for db in each().await {
        let world = world(db).await;
        let (flow, ann) = (&world.flow, person(&world, "southwark-housing").await);
        let film = film();
        let draft = flow.open_draft(&ann, "words").await.unwrap();
        let too_large = NewFile {
            size: LARGEST + 1,
            ..file(1)
        };
        assert!(matches!(
            flow.begin_file(&ann, &draft, too_large).await,
            Err(FlowError::Conflict(_))
        ));
        let id = flow
            .begin_file(&ann, &draft, file(film.len()))
            .await
            .unwrap();
        let at = (draft.as_str(), id.as_str());
        assert_eq!(
            part(&world, &ann, at, 0, &film[..100_000], false)
                .await
                .unwrap(),
            100_000
        );
        // A broken piece leaves nothing; one of another place is not taken.
        part(&world, &ann, at, 100_000, &film[100_000..150_000], true)
            .await
            .unwrap_err();
        let elsewhere = part(&world, &ann, at, 150_000, &film[150_000..], false).await;
        assert!(matches!(elsewhere, Err(FlowError::Conflict(_))));
        let early = flow
            .finish_file(&ann, &draft, &id, Arrived::default())
            .await;
        assert!(matches!(early, Err(FlowError::Conflict(_))));
        assert_eq!(
            flow.draft(&ann, &draft).await.unwrap().files[0].has,
            100_000
        );
        let past = part(&world, &ann, at, 100_000, &film, false).await;
        assert!(
            matches!(past, Err(FlowError::Conflict(_))),
            "more than was announced"
        );
        world.nothing_is_staged().await;
        part(&world, &ann, at, 100_000, &film[100_000..], false)
            .await
            .unwrap();
        let arrived = Arrived {
            sha256: Sha256::digest(&film).into(),
            ..Arrived::default()
        };
        flow.finish_file(&ann, &draft, &id, arrived).await.unwrap();
        assert_eq!(whole(&world, &ann, &draft, &id).await, film);
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_comes_at_once_is_there_whole_or_never_was() {
    for db in each().await {
        let world = world(db).await;
        let (flow, ann) = (&world.flow, person(&world, "southwark-housing").await);
        let film = film();
        let draft = flow.open_draft(&ann, "words").await.unwrap();
        let (body, _) = staged(&world, &film).await;
        let expected = flow.expect_file(&ann, &draft, file(film.len())).await;
        flow.keep_file(&ann, expected.unwrap(), body, Arrived::default())
            .await
            .unwrap();
        let files = flow.draft(&ann, &draft).await.unwrap().files;
        let [kept] = files.as_slice() else {
            panic!("one file is kept: {files:?}");
        };
        let size = i64::try_from(film.len()).unwrap();
        assert_eq!((kept.whole, kept.has, kept.size), (true, size, size));
        assert_eq!(whole(&world, &ann, &draft, &kept.id).await, film);

        // Its content is gone before it is kept: nothing of it is kept.
        let (body, blob) = staged(&world, &film).await;
        let expected = flow.expect_file(&ann, &draft, file(film.len())).await;
        let mut tx = flow.store.write("test").await.unwrap();
        assert!(tx.condemn_blob(&blob).await.unwrap());
        tx.commit().await.unwrap();
        let swept = flow.keep_file(&ann, expected.unwrap(), body, Arrived::default());
        assert!(matches!(swept.await, Err(FlowError::Unavailable(_))));
        assert_eq!(flow.draft(&ann, &draft).await.unwrap().files.len(), 1);

        // The draft is gone before it is kept: so is its content.
        let (body, blob) = staged(&world, &film).await;
        let expected = flow.expect_file(&ann, &draft, file(film.len())).await;
        flow.drop_draft(&ann, &draft).await.unwrap();
        let dropped = flow.keep_file(&ann, expected.unwrap(), body, Arrived::default());
        assert!(matches!(dropped.await, Err(FlowError::NotFound)));
        world.has_gone(&blob).await;
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn files_on_their_way_count_as_theirs_whose_they_are() {
    let largest = || NewFile {
        size: LARGEST,
        ..file(1)
    };
    for db in each().await {
        let world = world(db).await;
        let (flow, ann) = (&world.flow, person(&world, "southwark-housing").await);
        let bob = person(&world, "met-police").await;
        let draft = flow.open_draft(&ann, "words").await.unwrap();
        let other = flow.open_draft(&bob, "words").await.unwrap();
        let mut coming = Vec::new();
        for _ in 0..TOGETHER / LARGEST {
            coming.push(flow.expect_file(&ann, &draft, largest()).await.unwrap());
        }
        let full = flow.expect_file(&ann, &draft, file(1)).await.map(|_| ());
        assert!(matches!(full, Err(FlowError::Conflict(_))), "{full:?}");
        let full = flow.begin_file(&ann, &draft, file(1)).await.map(|_| ());
        assert!(matches!(full, Err(FlowError::Conflict(_))), "{full:?}");
        flow.expect_file(&bob, &other, largest()).await.unwrap();
        // One that is given up makes room.
        coming.pop();
        flow.begin_file(&ann, &draft, largest()).await.unwrap();
        let full = flow.expect_file(&ann, &draft, file(1)).await.map(|_| ());
        assert!(matches!(full, Err(FlowError::Conflict(_))), "{full:?}");
        let stranger = flow.expect_file(&bob, &draft, file(1)).await.map(|_| ());
        assert!(matches!(stranger, Err(FlowError::NotFound)), "{stranger:?}");
    }
}

/// Content that is sealed and no row refers to yet, with the file that it lies in.
async fn staged(world: &World, bytes: &[u8]) -> (StagedBody, String) {
    world.nothing_is_staged().await;
    let body = world
        .flow
        .take_bytes("video/mp4".to_owned(), bytes)
        .unwrap();
    (body, world.staged().await.remove(0))
}

/// A draft with one file that has come in two pieces.
async fn with_film(world: &World, who: &PersonRow, film: &[u8]) -> String {
    let draft = world.flow.open_draft(who, "words").await.unwrap();
    let new = file(film.len());
    let id = world.flow.begin_file(who, &draft, new).await.unwrap();
    let at = (draft.as_str(), id.as_str());
    part(world, who, at, 0, &film[..100_000], false)
        .await
        .unwrap();
    part(world, who, at, 100_000, &film[100_000..], false)
        .await
        .unwrap();
    let arrived = Arrived {
        sha256: Sha256::digest(film).into(),
        ..Arrived::default()
    };
    world
        .flow
        .finish_file(who, &draft, &id, arrived)
        .await
        .unwrap();
    draft
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_is_sent_once_and_its_files_become_items() {
    for db in each().await {
        let world = world(db).await;
        let (flow, ann) = (&world.flow, person(&world, "southwark-housing").await);
        let film = film();
        let draft = with_film(&world, &ann, &film).await;
        let known = flow.draft(&ann, &draft).await.unwrap().files.remove(0);
        let mut tx = flow.store.read().await.unwrap();
        let parts: Vec<DraftPartRow> = tx.parts_of_file(&known.id).await.unwrap();
        assert!(
            parts.iter().all(|part| part.blob.is_some()),
            "large pieces lie in files"
        );
        drop(tx);
        let note = letter()
            .to("met-police")
            .item(item("film.mp4", Category::Risk, None), "");
        let mut bodies = Vec::new();
        for _ in 0..2 {
            bodies.push(flow.take_up_file(&ann, &draft, &known).await.unwrap());
        }
        let mut send = async || {
            let submission = Submission {
                caller: Caller {
                    person: Some(ann.clone()),
                    channel: Channel::Portal,
                    ..world.caller("southwark-housing", None).await
                },
                particulars: note.said.clone(),
                bodies: bodies.pop().into_iter().collect(),
                idempotency: Some(DraftMessage::idempotency(&draft)),
                answer_to: None,
            };
            flow.submit(submission).await.unwrap().id.unwrap()
        };
        let first = send().await;
        assert_eq!(send().await, first, "sent twice is sent once");
        let gone = flow.draft(&ann, &draft).await;
        assert!(
            matches!(gone, Err(FlowError::NotFound)),
            "it is no draft any more"
        );
        let caller = world.caller("southwark-housing", None).await;
        assert_eq!(
            flow.sent_from(&caller, &draft).await.unwrap(),
            Some(first.clone())
        );
        let elsewhere = world.caller("met-police", None).await;
        assert_eq!(flow.sent_from(&elsewhere, &draft).await.unwrap(), None);
        // The pieces are swept; what was sent of them stays.
        flow.tick().await.unwrap();
        assert!(
            parts
                .iter()
                .filter_map(|part| part.blob.as_deref())
                .all(|blob| !flow.keeps(blob))
        );
        let reader = world.caller("met-police", Some("spoc")).await;
        let read = flow.document(&reader, &first, 1).await.unwrap();
        assert_eq!(crate::world::read(read.body).await, film);
        world.verify().await.unwrap();
    }
}
