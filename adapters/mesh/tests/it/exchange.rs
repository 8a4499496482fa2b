//! With the NHS's own client at the other end.

use bytes::Bytes;
use gateway_mesh::{Incoming, Listing, Stage, WorkflowId};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use tokio::io::AsyncReadExt as _;

use crate::sandbox::{
    OURS, Sandbox, THEIRS, collect, content, local_id, outgoing, whole, workflow,
};
use crate::trust::{receives, trust};

#[tokio::test]
async fn what_we_send_the_nhs_client_collects_the_same() {
    let mesh = Sandbox::start();
    let (client, folder) = (mesh.client(OURS), mesh.folder());
    let short = content(900);
    let long = content(4321);
    let file = folder.join("sealed");
    std::fs::write(&file, &long).unwrap();
    for compress in [false, true] {
        let mut one = outgoing(short.len());
        let mut many = outgoing(long.len());
        (one.compress, many.compress) = (compress, compress);
        let first = client
            .send(&one, &Bytes::from(short.clone()))
            .await
            .unwrap();
        let second = client.send(&many, &file).await.unwrap();
        for id in [&first, &second] {
            let tracking = client.track(id).await.unwrap().unwrap();
            assert_eq!(tracking.stage, Stage::Accepted);
            assert!(tracking.uploaded.is_some() && tracking.expires > tracking.uploaded);
        }

        let got = receives(mesh.base(), &folder);
        assert_eq!(got.len(), 2);
        for (message, sent, id, content, chunks) in [
            (&got[0], &one, &first, &short, "1"),
            (&got[1], &many, &second, &long, "5"),
        ] {
            assert_eq!(message["message_id"], id.as_str());
            assert_eq!(message["from"], OURS);
            assert_eq!(message["workflow_id"], "TEST_WORKFLOW");
            assert_eq!(message["local_id"], sent.local_id.as_str());
            assert_eq!(message["type"], "DATA");
            assert_eq!(message["subject"], json!(null));
            assert_eq!(message["chunks"], chunks);
            assert_eq!(message["sha256"], hex::encode(Sha256::digest(content)));
        }
        for id in [&first, &second] {
            let tracking = client.track(id).await.unwrap().unwrap();
            assert_eq!(tracking.stage, Stage::Acknowledged);
        }
        let by_ours = client.track_local(&one.local_id).await.unwrap().unwrap();
        assert_eq!(
            (by_ours.message, by_ours.stage),
            (first, Stage::Acknowledged)
        );
        assert_eq!(by_ours.local_id, Some(one.local_id));
    }
}

#[tokio::test]
async fn what_the_nhs_client_sends_we_collect_the_same() {
    let mesh = Sandbox::start();
    let (client, folder) = (mesh.client(OURS), mesh.folder());
    let file = folder.join("report");
    let sent = content(150_001);
    std::fs::write(&file, &sent).unwrap();
    for (compress, chunk) in [
        (false, None),
        (true, None),
        (false, Some(70_000)),
        (true, Some(70_000)),
    ] {
        let theirs = format!("trust-{}", local_id());
        let id = trust(
            mesh.base(),
            json!({"do": "send", "to": OURS, "file": file, "workflow_id": "TEST_WORKFLOW_ACK",
                "local_id": theirs, "subject": "A. Patient", "compress": compress,
                "chunk": chunk, "content_type": "application/pdf"}),
        );
        let page = client.inbox(&Listing::default()).await.unwrap();
        assert_eq!(page.messages.len(), 1);
        assert_eq!(page.messages[0].as_str(), id);

        let download = collect(&client, &page.messages[0]).await;
        let headers = download.headers().clone();
        assert_eq!((headers.from.as_str(), headers.to.as_str()), (THEIRS, OURS));
        assert_eq!(Some(headers.workflow), workflow().acknowledgement());
        assert_eq!(headers.local_id.unwrap().reveal(), &theirs);
        assert_eq!(headers.content_type.as_deref(), Some("application/pdf"));
        assert_eq!(headers.chunks, if chunk.is_some() { 3 } else { 1 });
        assert!(!format!("{:?}", download.headers()).contains(&theirs));
        let mut all = Vec::new();
        download.into_reader().read_to_end(&mut all).await.unwrap();
        assert!(all == sent);

        // Until it is acknowledged it stays, and can be collected again.
        assert!(whole(&client, &page.messages[0]).await == sent);
        let wanted = json!({"do": "track", "message_id": id});
        assert_eq!(trust(mesh.base(), wanted.clone())["status"], "accepted");
        client.acknowledge(&page.messages[0]).await.unwrap();
        client.acknowledge(&page.messages[0]).await.unwrap();
        assert_eq!(trust(mesh.base(), wanted)["status"], "acknowledged");
        let page = client.inbox(&Listing::default()).await.unwrap();
        assert!(page.messages.is_empty());
    }
}

#[tokio::test]
async fn mesh_reports_in_the_inbox_that_nobody_collected_a_message() {
    let mesh = Sandbox::start();
    let client = mesh.client(OURS);
    let sent = outgoing(3);
    let id = client
        .send(&sent, &Bytes::from_static(b"abc"))
        .await
        .unwrap();
    let made = mesh
        .administer(
            "report",
            json!({"mailbox_id": OURS, "code": "14", "description": "not collected",
                "workflow_id": "TEST_WORKFLOW", "local_id": sent.local_id.as_str(),
                "linked_message_id": id.as_str(), "status": "undeliverable"}),
        )
        .await;
    let page = client.inbox(&Listing::default()).await.unwrap();
    assert_eq!(page.messages.len(), 1);
    let report = match client.collect(&page.messages[0], 0).await.unwrap() {
        Incoming::Report(report) => report,
        Incoming::Data(data) => panic!("{data:?}"),
    };
    assert_eq!(made["message_id"], report.message.as_str());
    assert_eq!(report.about, Some(id));
    assert_eq!(report.local_id, Some(sent.local_id));
    assert_eq!(report.workflow, WorkflowId::parse("TEST_WORKFLOW").ok());
    assert!(report.undelivered() && report.at.is_some());
    assert_eq!(report.event.as_deref(), Some("SEND"));
    let words = report.description.unwrap();
    assert!(
        words.contains("not collected by recipient after 5 days"),
        "{words}"
    );
    client.acknowledge(&page.messages[0]).await.unwrap();
    let page = client.inbox(&Listing::default()).await.unwrap();
    assert!(page.messages.is_empty());
}
