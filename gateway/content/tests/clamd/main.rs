//! The client against a real clamd that knows EICAR's test file, and against peers that break.
#![expect(
    clippy::unwrap_used,
    reason = "a scanner that does not start fails the test"
)]

mod daemon;

use std::time::Duration;

use daemon::{Clamd, eicar};
use gateway_content::clamd::{ScanError, Scanner, Timeouts, Verdict};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

fn scanner(address: &str) -> Scanner {
    Scanner::new(address, Timeouts::default()).unwrap()
}

fn infected() -> Verdict {
    Verdict::Infected {
        signature: "Eicar-Test-Signature.UNOFFICIAL".to_owned(),
    }
}

#[tokio::test]
async fn a_real_clamd_tells_clean_from_infected_by_tcp_and_by_socket() {
    let clamd = Clamd::start("25M").await;
    for address in [clamd.tcp(), clamd.unix()] {
        let scanner = scanner(&address);
        scanner.ping().await.unwrap();
        let version = scanner.version().await.unwrap();
        assert!(version.starts_with("ClamAV 1"), "{version}");
        assert_eq!(scanner.scan(&eicar()).await.unwrap(), infected());
        assert_eq!(scanner.scan(b"minutes").await.unwrap(), Verdict::Clean);
        assert_eq!(scanner.scan(b"").await.unwrap(), Verdict::Clean);
    }
}

#[tokio::test]
async fn a_document_in_many_pieces_is_scanned_as_one() {
    let clamd = Clamd::start("25M").await;
    let scanner = scanner(&clamd.tcp());
    let mut stream = scanner.begin().await.unwrap();
    for byte in eicar() {
        stream.chunk(&[byte]).await.unwrap();
    }
    assert_eq!(stream.finish().await.unwrap(), infected());

    let mut stream = scanner.begin().await.unwrap();
    stream.chunk(&vec![b'x'; 3_000_000]).await.unwrap();
    stream.chunk(&eicar()).await.unwrap();
    assert_eq!(stream.finish().await.unwrap(), infected());
}

#[tokio::test]
async fn what_is_larger_than_clamd_takes_has_no_verdict() {
    let clamd = Clamd::start("1M").await;
    for address in [clamd.tcp(), clamd.unix()] {
        let scanner = scanner(&address);
        for size in [1_100_000, 20_000_000] {
            let answer = scanner.scan(&vec![b'x'; size]).await;
            assert!(matches!(answer, Err(ScanError::TooLarge)), "{answer:?}");
        }
        assert_eq!(
            scanner.scan(&vec![b'x'; 900_000]).await.unwrap(),
            Verdict::Clean
        );
    }
}

#[tokio::test]
async fn where_nobody_listens_there_is_no_verdict() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = closed.local_addr().unwrap().to_string();
    drop(closed);
    for address in [address.as_str(), "unix:/nonexistent/clamd.sock"] {
        let scanner = scanner(address);
        let answer = scanner.scan(b"minutes").await;
        assert!(
            matches!(answer, Err(ScanError::Unreachable(_))),
            "{answer:?}"
        );
        assert!(matches!(
            scanner.ping().await,
            Err(ScanError::Unreachable(_))
        ));
    }
}

#[tokio::test]
async fn a_clamd_that_dies_in_the_middle_gives_no_verdict() {
    let mut clamd = Clamd::start("25M").await;
    let scanner = scanner(&clamd.tcp());
    let mut stream = scanner.begin().await.unwrap();
    stream.chunk(&vec![b'x'; 500_000]).await.unwrap();
    clamd.kill();
    let sent = stream.chunk(&vec![b'x'; 500_000]).await;
    let answer = match sent {
        Err(error) => Err(error),
        Ok(()) => stream.finish().await,
    };
    assert!(
        matches!(answer, Err(ScanError::Unreachable(_))),
        "{answer:?}"
    );
}

/// An answer that has no end.
static ENDLESS: [u8; 100_000] = [b'x'; 100_000];

/// A peer that reads a document to its end, says something, and hangs up, or else waits.
async fn peer(says: &'static [u8], hangs_up: bool) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut heard = Vec::new();
        while !heard.ends_with(&[0; 4]) && heard != b"zPING\0" {
            heard.push(stream.read_u8().await.unwrap());
        }
        stream.write_all(says).await.unwrap();
        if !hangs_up {
            std::future::pending::<()>().await;
        }
    });
    address
}

#[tokio::test]
async fn an_answer_that_is_no_verdict_is_not_taken_for_one() {
    for says in [&b"stream: OK"[..], b"", b"stream: Eicar FOUND"] {
        let answer = scanner(&peer(says, true).await).scan(b"minutes").await;
        assert!(
            matches!(answer, Err(ScanError::Unreachable(_))),
            "cut short: {answer:?}"
        );
    }
    for says in [
        &b"stream: Can't open file ERROR\0"[..],
        b"PONG\0",
        b"\0",
        b"OK\0",
    ] {
        let answer = scanner(&peer(says, true).await).scan(b"minutes").await;
        assert!(
            matches!(answer, Err(ScanError::Unexpected(_))),
            "{answer:?}"
        );
    }
    let answer = scanner(&peer(&ENDLESS, true).await).scan(b"minutes").await;
    assert!(answer.is_err(), "without an end: {answer:?}");
    let pong = scanner(&peer(b"stream: OK\0", true).await).ping().await;
    assert!(matches!(pong, Err(ScanError::Unexpected(_))), "{pong:?}");
}

#[tokio::test]
async fn a_scanner_that_says_nothing_is_not_waited_for_for_ever() {
    let timeouts = Timeouts {
        answer: Duration::from_millis(20),
        ..Timeouts::default()
    };
    let silent = Scanner::new(&peer(b"", false).await, timeouts).unwrap();
    let answer = silent.scan(b"minutes").await;
    assert!(matches!(answer, Err(ScanError::TimedOut)), "{answer:?}");
}
