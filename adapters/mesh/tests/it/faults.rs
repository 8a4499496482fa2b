//! Every way in which an answer can fail, and what to do then.

use std::time::Duration;

use gateway_mesh::{Client, Error, Listing, Retry, Timeouts};

use crate::proxy::{Act, Proxy, answer};
use crate::sandbox::{OURS, config};

/// A client that does not wait long.
pub fn hasty(base: &str, mailbox: &str) -> Client {
    let mut config = config(base, mailbox);
    config.timeouts = Timeouts {
        connect: Duration::from_secs(2),
        idle: Duration::from_secs(2),
    };
    Client::new(config).unwrap()
}

async fn asked(act: Act) -> Error {
    let proxy = Proxy::alone(act).await;
    let client = hasty(&proxy.base(), OURS);
    let error = client.inbox(&Listing::default()).await.unwrap_err();
    assert_eq!(
        proxy.served(),
        1,
        "a request is sent once: its token is for one use"
    );
    error
}

#[tokio::test]
async fn each_status_says_whether_to_try_again() {
    let fault = br#"{"detail": [{"event": "SEND", "code": "17", "msg": "not registered"}]}"#;
    for (status, kind, retry) in [
        (302, "Answer", Retry::Later),
        (400, "Refused", Retry::Never),
        (401, "Denied", Retry::Never),
        (403, "Denied", Retry::Never),
        (404, "NotFound", Retry::Never),
        (408, "Busy", Retry::Later),
        (410, "Gone", Retry::Never),
        (417, "Refused", Retry::Never),
        (425, "Busy", Retry::Later),
        (429, "Busy", Retry::Later),
        (500, "Server", Retry::Later),
        (502, "Server", Retry::Later),
        (503, "Server", Retry::Later),
    ] {
        let headers = "retry-after: 7\r\nlocation: http://127.0.0.1:1/\r\n";
        let error = asked(Act::Answer(answer(status, headers, fault))).await;
        assert!(format!("{error:?}").starts_with(kind), "{status} {error:?}");
        assert_eq!(error.retry(), retry, "{status}");
        if let Error::Busy { after } = &error {
            assert_eq!(*after, Some(Duration::from_secs(7)));
        }
        if let Some(fault) = error.fault() {
            assert_eq!(fault.status, status);
            assert!(fault.unregistered_workflow() && !fault.unknown_recipient());
            assert_eq!(fault.description.as_deref(), Some("not registered"));
        }
    }
}

#[tokio::test]
async fn an_answer_that_is_not_from_mesh_is_not_believed() {
    let page = answer(200, "", b"<html>Sign in to the network</html>");
    let other = answer(200, "", br#"{"messages": ["../../outbox"]}"#);
    let endless = answer(200, "", &vec![b' '; 2 * 1024 * 1024]);
    for bytes in [page, other, endless] {
        let error = asked(Act::Answer(bytes)).await;
        assert!(matches!(error, Error::Answer(_)), "{error:?}");
        assert_eq!(error.retry(), Retry::Later);
    }
    // Of an account of an error, no more is read than is kept.
    let error = asked(Act::Answer(answer(500, "", &vec![b'x'; 2 * 1024 * 1024]))).await;
    assert!(matches!(error, Error::Server(_)), "{error:?}");
}

#[tokio::test]
async fn no_connection_no_answer_and_half_an_answer_are_told_apart() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", free.local_addr().unwrap());
    drop(free);
    let error = hasty(&base, OURS).handshake().await.unwrap_err();
    assert!(matches!(error, Error::Unreachable), "{error:?}");
    assert_eq!(error.retry(), Retry::Later);

    let begun = b"HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\n{\"messages\"".to_vec();
    for act in [Act::Hang(Vec::new()), Act::Hang(begun.clone()), Act::Deaf] {
        let error = asked(act).await;
        assert!(matches!(error, Error::Timeout), "{error:?}");
        assert_eq!(error.retry(), Retry::Later);
    }
    for act in [Act::Answer(Vec::new()), Act::Answer(begun)] {
        let error = asked(act).await;
        assert!(matches!(error, Error::Cut), "{error:?}");
        assert_eq!(error.retry(), Retry::Later);
    }
}
