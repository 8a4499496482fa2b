//! Messages that do not arrive whole, or are not what they say.

use std::io::Write as _;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use gateway_mesh::{Client, Download, Error, Incoming, MessageId, Retry};
use tokio::io::AsyncReadExt as _;

use crate::faults::hasty;
use crate::proxy::{Act, Proxy, answer};
use crate::sandbox::{OURS, Sandbox, THEIRS, collect, content, outgoing, whole};

/// Reads until the error that must come.
async fn fails(mut download: Download, whole: usize) -> Error {
    let mut given = 0;
    loop {
        match download.next().await {
            Ok(Some(piece)) => given += piece.len(),
            Ok(None) => panic!("it was given as whole"),
            Err(error) => {
                assert!(given < whole);
                let again = download.next().await.unwrap_err();
                assert!(matches!(again, Error::Stopped), "{again:?}");
                return error;
            }
        }
    }
}

#[tokio::test]
async fn a_chunk_that_is_lost_or_cut_is_an_error_and_the_message_can_be_collected_again() {
    let mesh = Sandbox::start();
    let sent = content(2500);
    let mut message = outgoing(sent.len());
    message.compress = true;
    let id = mesh
        .client(OURS)
        .send(&message, &Bytes::from(sent.clone()))
        .await
        .unwrap();
    let lost = answer(404, "", b"");
    let late = answer(503, "", b"");
    for (act, kind, retry) in [
        (
            Act::Answer(lost),
            "ChunkLost { chunk: 2, chunks: 3 }",
            Retry::Afresh,
        ),
        (Act::Answer(late), "Server", Retry::Later),
        (Act::Answer(answer(403, "", b"")), "Denied", Retry::Never),
        (Act::Cut(50), "ChunkCut { chunk: 2 }", Retry::Afresh),
        (Act::Cut(0), "ChunkCut { chunk: 2 }", Retry::Afresh),
        (Act::Lost, "Cut", Retry::Later),
        (Act::Hang(Vec::new()), "Timeout", Retry::Later),
        (
            Act::Hang(
                b"HTTP/1.1 206 X\r\ncontent-length: 9\r\nmex-chunk-range: 2:3\r\n\r\nab".into(),
            ),
            "Timeout",
            Retry::Later,
        ),
    ] {
        let proxy = Proxy::before(mesh.base(), move |head, _| {
            if head.contains("/2 http") {
                act.clone()
            } else {
                Act::Pass
            }
        })
        .await;
        let client = hasty(&proxy.base(), THEIRS);
        let error = fails(collect(&client, &id).await, sent.len()).await;
        assert!(
            format!("{error:?}").starts_with(kind),
            "{error:?}, not {kind}"
        );
        assert_eq!(error.retry(), retry, "{error:?}");
        let mut all = Vec::new();
        let mut reader = collect(&client, &id).await.into_reader();
        assert!(reader.read_to_end(&mut all).await.is_err());
    }
    assert_eq!(whole(&mesh.client(THEIRS), &id).await, sent);
}

const ID: &str = "20210311101813838554_1B8F53";
const HEAD: &str = "mex-messageid: 20210311101813838554_1B8F53\r\nmex-messagetype: DATA\r\n\
    mex-from: X26ABC2\r\nmex-to: X26ABC1\r\nmex-workflowid: TEST_WORKFLOW\r\n";

async fn first(status: u16, headers: &str, body: &[u8], limit: u64) -> Result<Vec<u8>, Error> {
    collected(answer(status, headers, body), limit).await
}

async fn collected(bytes: Vec<u8>, limit: u64) -> Result<Vec<u8>, Error> {
    let proxy = Proxy::alone(Act::Answer(bytes)).await;
    let client: Client = hasty(&proxy.base(), OURS);
    let id = MessageId::parse(ID).unwrap();
    let Incoming::Data(mut download) = client.collect(&id, limit).await? else {
        panic!("a report")
    };
    let mut all = Vec::new();
    while let Some(piece) = download.next().await? {
        all.extend_from_slice(&piece);
    }
    Ok(all)
}

#[tokio::test]
async fn a_message_whose_headers_break_the_rules_is_not_taken_in() {
    let with = |more: &str| format!("{HEAD}{more}");
    let without = |name: &str| {
        HEAD.split_inclusive("\r\n")
            .filter(|line| !line.starts_with(name))
            .collect::<String>()
    };
    assert_eq!(first(200, HEAD, b"abc", 3).await.unwrap(), b"abc");
    for (status, headers) in [
        (200, without("mex-messageid")),
        (200, without("mex-messagetype")),
        (200, without("mex-from")),
        (200, without("mex-to")),
        (200, without("mex-workflowid")),
        (200, HEAD.replace("1B8F53", "1B8F54")),
        (200, HEAD.replace("DATA", "NEWS")),
        (200, HEAD.replace("mex-to: X26ABC1", "mex-to: X26ABC3")),
        (
            200,
            HEAD.replace("mex-from: X26ABC2", "mex-from: ../X26ABC2"),
        ),
        (200, with("mex-from: X26ABC2\r\n")),
        (200, with(&format!("mex-localid: {}\r\n", "x".repeat(301)))),
        (206, HEAD.to_owned()),
        (204, HEAD.to_owned()),
        (206, with("mex-chunk-range: 1:1\r\n")),
        (200, with("mex-chunk-range: 1:2\r\n")),
        (206, with("mex-chunk-range: 2:2\r\n")),
        (200, with("mex-chunk-range: 1:0\r\n")),
        (206, with("mex-chunk-range: 1:+2\r\n")),
        (206, with("mex-chunk-range: 1:99999999999\r\n")),
        (206, with("mex-chunk-range: 1:70000\r\n")),
        (200, with("content-encoding: br\r\n")),
    ] {
        let error = first(status, &headers, b"abc", 3).await.unwrap_err();
        assert!(
            matches!(error, Error::Message(_)),
            "{status} {headers} {error:?}"
        );
        assert_eq!(error.retry(), Retry::Never);
    }
    let open = format!("HTTP/1.1 200 X\r\nconnection: close\r\n{HEAD}\r\nabc");
    let error = collected(open.into_bytes(), 3).await.unwrap_err();
    assert!(matches!(error, Error::Message(_)), "{error:?}");
}

#[tokio::test]
async fn a_second_chunk_that_is_another_is_not_taken_in() {
    for (status, headers) in [
        (200, String::new()),
        (206, "mex-chunk-range: 2:2\r\n".to_owned()),
        (200, "mex-chunk-range: 1:2\r\n".to_owned()),
        (206, "mex-chunk-range: 2:3\r\n".to_owned()),
        (
            200,
            "mex-chunk-range: 2:2\r\nmex-messageid: ANOTHER\r\n".to_owned(),
        ),
    ] {
        let begin = answer(206, &format!("{HEAD}mex-chunk-range: 1:2\r\n"), b"abc");
        let proxy = Proxy::before("", move |_, before| {
            Act::Answer(match before {
                0 => begin.clone(),
                _ => answer(status, &headers, b"def"),
            })
        })
        .await;
        let client = hasty(&proxy.base(), OURS);
        let download = collect(&client, &MessageId::parse(ID).unwrap()).await;
        let error = fails(download, 6).await;
        assert!(matches!(error, Error::Message(_)), "{error:?}");
    }
}

fn zip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn more_than_the_caller_takes_is_an_error_before_and_after_decompression() {
    let zipped = format!("{HEAD}content-encoding: gzip\r\n");
    let bomb = zip(&vec![0; 20_000_000]);
    assert_eq!(first(200, &zipped, &zip(b"abc"), 3).await.unwrap(), b"abc");
    for (headers, body) in [
        (HEAD, &b"abcd"[..]),
        (&zipped, &zip(b"abcd")),
        (&zipped, &bomb),
    ] {
        let error = first(200, headers, body, 3).await.unwrap_err();
        assert!(matches!(error, Error::TooLarge { limit: 3 }), "{error:?}");
        assert_eq!(error.retry(), Retry::Never);
    }
    // Empty members without end come to nothing, and are not read without end.
    let empty = zip(b"").repeat(100_000);
    let error = first(200, &zipped, &empty, 3).await.unwrap_err();
    assert!(matches!(error, Error::TooLarge { .. }), "{error:?}");
}

#[tokio::test]
async fn what_is_compressed_and_damaged_is_never_given_as_whole() {
    let zipped = format!("{HEAD}content-encoding: gzip\r\n");
    let whole = zip(&content(5000));
    let mut changed = whole.clone();
    let last = changed.len() - 5;
    changed[last] ^= 1;
    for body in [&whole[..whole.len() - 1], &changed, b"", b"abc"] {
        let error = first(200, &zipped, body, 10_000).await.unwrap_err();
        assert!(matches!(error, Error::Damaged { chunk: 1 }), "{error:?}");
        assert_eq!(error.retry(), Retry::Never);
    }
}
