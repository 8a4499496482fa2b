//! The mailbox itself: who is let in, what waits, what became of what was sent.

use bytes::Bytes;
use gateway_mesh::{
    Client, Config, Error, Listing, MailboxId, MessageId, OdsCode, Retry, Stage, WorkflowId,
};
use serde_json::json;

use crate::sandbox::{OURS, Sandbox, THEIRS, config, local_id, outgoing};

const ABC: Bytes = Bytes::from_static(b"abc");

#[tokio::test]
async fn a_mailbox_is_let_in_by_its_password_and_the_shared_key_alone() {
    let mesh = Sandbox::start();
    let client = mesh.client(OURS);
    client.handshake().await.unwrap();
    client.handshake().await.unwrap();
    let with = |change: fn(&mut Config)| {
        let mut config = config(mesh.base(), OURS);
        change(&mut config);
        Client::new(config).unwrap()
    };
    for wrong in [
        with(|config| config.password = "another".into()),
        with(|config| config.shared_key = "another".into()),
        with(|config| config.mailbox = MailboxId::parse("X26ABC9").unwrap()),
    ] {
        for error in [
            wrong.handshake().await.unwrap_err(),
            wrong.inbox(&Listing::default()).await.unwrap_err(),
            wrong.begin(&outgoing(3), &ABC).await.unwrap_err(),
        ] {
            assert!(matches!(error, Error::Denied(_)), "{error:?}");
            assert_eq!(error.retry(), Retry::Never);
            assert!(!format!("{error} {error:?}").contains("another"));
        }
    }
}

#[tokio::test]
async fn a_message_to_nobody_is_refused_for_good() {
    let mesh = Sandbox::start();
    let client = mesh.client(OURS);
    let mut nobody = outgoing(3);
    nobody.to = MailboxId::parse("X26NOBODY").unwrap();
    let interrupted = client.send(&nobody, &ABC).await.unwrap_err();
    assert_eq!(interrupted.upload, None);
    let error = interrupted.error;
    assert_eq!(error.retry(), Retry::Never);
    let fault = error.fault().unwrap();
    assert!(fault.unknown_recipient());
    assert_eq!((fault.status, fault.code.as_deref()), (417, Some("12")));
    assert_eq!(fault.event.as_deref(), Some("SEND"));
    assert_eq!(client.track_local(&nobody.local_id).await.unwrap(), None);
}

#[tokio::test]
async fn the_directory_says_which_mailbox_takes_a_workflow() {
    let mesh = Sandbox::start();
    let client = mesh.client(OURS);
    let found = |ods: &'static str, workflow: &'static str| {
        let client = client.clone();
        async move {
            let ods = OdsCode::parse(ods).unwrap();
            let workflow = WorkflowId::parse(workflow).unwrap();
            let found = client.look_up(&ods, &workflow).await.unwrap();
            found
                .into_iter()
                .map(|found| (found.mailbox.to_string(), found.name.unwrap()))
                .collect::<Vec<_>>()
        }
    };
    let theirs = (THEIRS.to_owned(), "TESTMB2".to_owned());
    assert_eq!(found("X26", "TEST_WORKFLOW").await, [theirs]);
    assert_eq!(found("X26", "TEST_WORKFLOW2").await.len(), 2);
    assert!(found("X27", "TEST_WORKFLOW").await.is_empty());
    assert!(found("X26", "a workflow of nobody").await.is_empty());
}

#[tokio::test]
async fn an_inbox_is_listed_page_by_page_and_by_workflow() {
    let mesh = Sandbox::start();
    let (ours, theirs) = (mesh.client(OURS), mesh.client(THEIRS));
    let mut sent = Vec::new();
    for number in 0..12 {
        let mut message = outgoing(3);
        if number == 5 {
            message.workflow = WorkflowId::parse("TEST_WORKFLOW2").unwrap();
        }
        sent.push(ours.send(&message, &ABC).await.unwrap());
    }
    let mut listing = Listing {
        most: Some(10),
        ..Listing::default()
    };
    let first = theirs.inbox(&listing).await.unwrap();
    assert_eq!(first.messages, sent[..10]);
    assert_eq!(first.about, Some(12));
    listing.after = first.next;
    assert!(listing.after.is_some());
    let second = theirs.inbox(&listing).await.unwrap();
    assert_eq!(second.messages, sent[10..]);
    assert_eq!(second.next, None);
    let other = Listing {
        workflow: WorkflowId::parse("TEST_WORKFLOW2").ok(),
        ..Listing::default()
    };
    assert_eq!(theirs.inbox(&other).await.unwrap().messages, sent[5..6]);
    let all = theirs.inbox(&Listing::default()).await.unwrap();
    assert_eq!((all.messages, all.next), (sent, None));
}

#[tokio::test]
async fn mesh_takes_a_local_id_twice_and_tracking_says_so() {
    let mesh = Sandbox::start();
    let client = mesh.client(OURS);
    let message = outgoing(3);
    let first = client.send(&message, &ABC).await.unwrap();
    let found = client.track_local(&message.local_id).await.unwrap();
    assert_eq!(found.unwrap().message, first);
    let second = client.send(&message, &ABC).await.unwrap();
    assert_ne!(first, second);
    let error = client.track_local(&message.local_id).await.unwrap_err();
    assert!(matches!(error, Error::Several), "{error:?}");
    assert_eq!(error.retry(), Retry::Never);
    for id in [first, second] {
        assert_eq!(
            client.track(&id).await.unwrap().unwrap().stage,
            Stage::Accepted
        );
    }
}

#[tokio::test]
async fn a_message_that_is_not_ours_is_neither_tracked_nor_collected() {
    let mesh = Sandbox::start();
    let (ours, theirs) = (mesh.client(OURS), mesh.client(THEIRS));
    let id = ours.send(&outgoing(3), &ABC).await.unwrap();
    assert_eq!(theirs.track(&id).await.unwrap(), None);
    assert_eq!(ours.track_local(&local_id()).await.unwrap(), None);
    let error = ours.collect(&id, 10).await.unwrap_err();
    assert!(matches!(error, Error::Denied(_)), "{error:?}");
    let unknown = MessageId::parse("20210311101813838554_1B8F53").unwrap();
    let error = ours.collect(&unknown, 10).await.unwrap_err();
    assert!(matches!(error, Error::NotFound), "{error:?}");
    assert_eq!(error.retry(), Retry::Never);
    let error = ours.acknowledge(&unknown).await.unwrap_err();
    assert!(matches!(error, Error::NotFound), "{error:?}");
}

#[tokio::test]
async fn a_message_that_failed_is_gone_from_the_inbox_and_tracked_as_failed() {
    let mesh = Sandbox::start();
    let (ours, theirs) = (mesh.client(OURS), mesh.client(THEIRS));
    for (status, stage) in [
        ("undeliverable", Stage::Undeliverable),
        ("error", Stage::Failed),
    ] {
        let message = outgoing(3);
        let id = ours.send(&message, &ABC).await.unwrap();
        let event = json!({"status": status, "code": "14", "event": "SEND",
            "description": "Message not collected", "linked_message_id": id.as_str()});
        mesh.administer(&format!("message/{id}/event"), event).await;
        assert_eq!(ours.track(&id).await.unwrap().unwrap().stage, stage);
        let older = ours.track_local(&message.local_id).await.unwrap().unwrap();
        assert_eq!(older.stage, stage);
        if stage == Stage::Failed {
            assert_eq!(older.description.as_deref(), Some("Message not collected"));
        }
        let error = theirs.collect(&id, 10).await.unwrap_err();
        assert!(matches!(error, Error::Gone), "{error:?}");
        assert_eq!(error.retry(), Retry::Never);
    }
}
