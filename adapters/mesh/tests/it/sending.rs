//! Messages that stop half way, and how they go on: once, and only once.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use async_trait::async_trait;
use bytes::Bytes;
use gateway_mesh::{
    Client, Error, Interrupted, Listing, MessageId, Outgoing, Reader, Retry, Source, Stage, Upload,
};
use tokio::io::{AsyncRead, ReadBuf};

use crate::faults::hasty;
use crate::proxy::{Act, Proxy, answer};
use crate::sandbox::{OURS, Sandbox, THEIRS, config, content, outgoing, whole};

/// That the trust has one message, with this content.
async fn one_arrived(mesh: &Sandbox, id: &MessageId, content: &[u8]) {
    let theirs = mesh.client(THEIRS);
    let page = theirs.inbox(&Listing::default()).await.unwrap();
    assert_eq!(page.messages, std::slice::from_ref(id));
    assert_eq!(whole(&theirs, id).await, content);
}

async fn none_arrived(mesh: &Sandbox) {
    let page = mesh
        .client(THEIRS)
        .inbox(&Listing::default())
        .await
        .unwrap();
    assert_eq!(page.messages, []);
}

/// A client before which one request meets a fault: that whose line holds `path`, the first time.
async fn once(mesh: &Sandbox, path: &'static str, act: Act) -> (Proxy, Client) {
    let met = AtomicBool::new(false);
    let proxy = Proxy::before(mesh.base(), move |head, _| {
        if head.contains(path) && !met.swap(true, Ordering::SeqCst) {
            act.clone()
        } else {
            Act::Pass
        }
    })
    .await;
    let client = hasty(&proxy.base(), OURS);
    (proxy, client)
}

#[tokio::test]
async fn a_message_to_which_no_answer_came_is_asked_for_before_it_is_sent_again() {
    let mesh = Sandbox::start();
    let sent = content(2500);
    let source = Bytes::from(sent.clone());
    // MESH has its first chunk: the rest follows, and nothing is sent twice.
    let message = outgoing(sent.len());
    let (_proxy, client) = once(&mesh, "/outbox http", Act::Lost).await;
    let error = client.begin(&message, &source).await.unwrap_err();
    assert!(
        matches!(&error, Error::Doubtful(why) if matches!(**why, Error::Cut)),
        "{error:?}"
    );
    assert_eq!(error.retry(), Retry::AskFirst);
    let found = client
        .track_local(&message.local_id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(found.stage, Stage::Uploading);
    let mut upload = client.adopt(&message, found.message).unwrap();
    client.resume(&mut upload, &source).await.unwrap();
    one_arrived(&mesh, upload.message(), &sent).await;
}

#[tokio::test]
async fn a_message_that_mesh_does_not_have_may_be_sent_again() {
    let mesh = Sandbox::start();
    let sent = content(900);
    let source = Bytes::from(sent.clone());
    let mut last = None;
    for act in [
        Act::Answer(answer(503, "", b"")),
        Act::Answer(answer(202, "", b"taken")),
        Act::Hang(Vec::new()),
        Act::Deaf,
    ] {
        let message = outgoing(sent.len());
        let (_proxy, client) = once(&mesh, "/outbox http", act).await;
        let error = client.begin(&message, &source).await.unwrap_err();
        assert_eq!(error.retry(), Retry::AskFirst, "{error:?}");
        assert_eq!(client.track_local(&message.local_id).await.unwrap(), None);
        none_arrived(&mesh).await;
        last = Some(message);
    }
    let message = last.unwrap();
    let id = mesh.client(OURS).send(&message, &source).await.unwrap();
    one_arrived(&mesh, &id, &sent).await;
}

#[tokio::test]
async fn a_message_that_was_surely_not_taken_is_not_doubtful() {
    let mesh = Sandbox::start();
    for (act, retry) in [
        (Act::Answer(answer(429, "", b"")), Retry::Later),
        (Act::Answer(answer(403, "", b"")), Retry::Never),
        (Act::Answer(answer(417, "", b"")), Retry::Never),
    ] {
        let (_proxy, client) = once(&mesh, "/outbox http", act).await;
        let error = client
            .begin(&outgoing(3), &Bytes::from("abc"))
            .await
            .unwrap_err();
        assert_eq!(error.retry(), retry, "{error:?}");
    }
    none_arrived(&mesh).await;
}

#[tokio::test]
async fn a_message_goes_on_from_the_chunk_where_it_stopped() {
    let mesh = Sandbox::start();
    let sent = content(2500);
    let source = Bytes::from(sent.clone());
    for (path, act, has) in [
        ("/2 http", Act::Answer(answer(503, "", b"")), 1),
        ("/2 http", Act::Lost, 1),
        ("/3 http", Act::Hang(Vec::new()), 2),
        // The answer to the last chunk is lost: MESH has the message, and takes no chunk again.
        ("/3 http", Act::Lost, 2),
    ] {
        let message = outgoing(sent.len());
        let (_proxy, client) = once(&mesh, path, act).await;
        let interrupted = client.send(&message, &source).await.unwrap_err();
        assert_eq!(
            interrupted.error.retry(),
            Retry::Later,
            "{:?}",
            interrupted.error
        );
        let upload = interrupted.upload.unwrap();
        assert_eq!((upload.sent(), upload.chunks()), (has, 3));
        let kept = serde_json::to_string(&upload).unwrap();
        let mut upload: Upload = serde_json::from_str(&kept).unwrap();
        mesh.client(OURS)
            .resume(&mut upload, &source)
            .await
            .unwrap();
        assert!(upload.is_whole());
        one_arrived(&mesh, upload.message(), &sent).await;
        mesh.client(THEIRS)
            .acknowledge(upload.message())
            .await
            .unwrap();
        // What was kept is older than what MESH has: nothing is sent again.
        let mut old: Upload = serde_json::from_str(&kept).unwrap();
        mesh.client(OURS).resume(&mut old, &source).await.unwrap();
        assert!(old.is_whole());
    }
}

#[tokio::test]
async fn a_message_that_mesh_no_longer_has_is_sent_afresh() {
    let mesh = Sandbox::start();
    let source = Bytes::from(content(2500));
    let client = mesh.client(OURS);
    let unknown = MessageId::parse("20210311101813838554_1B8F53").unwrap();
    let mut upload = client.adopt(&outgoing(2500), unknown).unwrap();
    let error = client.resume(&mut upload, &source).await.unwrap_err();
    assert!(matches!(error, Error::UploadLost), "{error:?}");
    assert_eq!(error.retry(), Retry::Afresh);

    let mut upload = client.begin(&outgoing(2500), &source).await.unwrap();
    let event = serde_json::json!({"status": "error", "code": "06"});
    let path = format!("message/{}/event", upload.message());
    mesh.administer(&path, event).await;
    let error = client.resume(&mut upload, &source).await.unwrap_err();
    assert!(matches!(error, Error::UploadLost), "{error:?}");
    assert_eq!((upload.sent(), upload.is_whole()), (1, false));
}

#[tokio::test]
async fn a_request_says_its_length_and_nothing_of_its_content() {
    let mesh = Sandbox::start();
    let heads = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&heads);
    let proxy = Proxy::before(mesh.base(), move |head, _| {
        seen.lock().unwrap().push(head.to_owned());
        Act::Pass
    })
    .await;
    let client = hasty(&proxy.base(), OURS);
    let mut message = outgoing(1001);
    for compress in [false, true] {
        message.compress = compress;
        let source = Bytes::from(content(1001));
        client.send(&message, &source).await.unwrap();
        let heads = std::mem::take(&mut *heads.lock().unwrap());
        let [first, second] = &heads[..] else {
            panic!("{heads:?}")
        };
        for (head, length) in [(first, 1000), (second, 1)] {
            let length = format!("content-length: {length}\r\n");
            assert_eq!(head.contains(&length), !compress, "{head}");
            assert_eq!(head.contains("transfer-encoding: chunked\r\n"), compress);
            assert_eq!(head.contains("content-encoding: gzip\r\n"), compress);
            assert!(head.contains("content-type: application/octet-stream\r\n"));
            assert!(head.contains("authorization: nhsmesh x26abc1:"));
            for name in [
                "mex-subject",
                "mex-filename",
                "mex-partnerid",
                "expect",
                "cookie",
            ] {
                assert!(!head.contains(name), "{head}");
            }
        }
        let local_id = format!("mex-localid: {}\r\n", message.local_id);
        assert!(first.contains(&local_id) && first.contains("mex-chunk-range: 1:2\r\n"));
        assert!(!second.contains(&local_id) && second.contains("mex-chunk-range: 2:2\r\n"));
    }
}

#[tokio::test]
async fn a_refusal_before_all_of_a_chunk_was_read_is_heard() {
    let proxy = Proxy::alone(Act::Early(answer(403, "", b""))).await;
    let mut config = config(&proxy.base(), OURS);
    config.chunk = 8_000_000;
    let client = Client::new(config).unwrap();
    let source = Bytes::from(vec![0; 8_000_000]);
    let error = client
        .begin(&outgoing(8_000_000), &source)
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Denied(_)), "{error:?}");
}

/// A source of which the reading fails after its first bytes.
struct Failing;

struct FailingReader(bool);

impl AsyncRead for FailingReader {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if std::mem::replace(&mut self.0, true) {
            return Poll::Ready(Err(io::Error::other("the disk is gone")));
        }
        buffer.put_slice(b"abc");
        Poll::Ready(Ok(()))
    }
}

#[async_trait]
impl Source for Failing {
    async fn open(&self, _: u64) -> io::Result<Reader> {
        Ok(Box::new(FailingReader(false)))
    }
}

#[tokio::test]
async fn a_source_that_is_not_what_was_said_sends_nothing() {
    let mesh = Sandbox::start();
    let client = mesh.client(OURS);
    for compress in [false, true] {
        let send = |length: usize, source: Box<dyn Source>| {
            let client = client.clone();
            let message = Outgoing {
                compress,
                ..outgoing(length)
            };
            async move {
                let Interrupted { error, upload } =
                    client.send(&message, &*source).await.unwrap_err();
                (error, upload)
            }
        };
        let abc = || Box::new(Bytes::from_static(b"abc"));
        for (length, retry) in [(2, Retry::Never), (4, Retry::Never), (0, Retry::Never)] {
            let (error, upload) = send(length, abc()).await;
            assert!(matches!(error, Error::Length | Error::Size(0)), "{error:?}");
            assert_eq!((error.retry(), upload), (retry, None));
        }
        for source in [
            Box::new(Failing) as Box<dyn Source>,
            Box::new(mesh.folder().join("of nothing")),
        ] {
            let (error, upload) = send(9, source).await;
            assert!(matches!(error, Error::Source(_)), "{error:?}");
            assert_eq!((error.retry(), upload), (Retry::Later, None));
        }
        // A later chunk that is short leaves a message that never becomes whole.
        let (error, upload) = send(2500, Box::new(Bytes::from(content(1500)))).await;
        assert!(matches!(error, Error::Length), "{error:?}");
        assert_eq!(upload.unwrap().sent(), 1);
    }
    none_arrived(&mesh).await;
}
