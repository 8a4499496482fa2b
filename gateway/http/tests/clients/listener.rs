//! The listener against real TLS clients.

use std::time::Duration;

use crate::support::{Listener, Pki, client};
use reqwest::StatusCode;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[tokio::test]
async fn a_client_with_a_certificate_of_the_authority_is_known_by_its_fingerprint() {
    let pki = Pki::new();
    let listener = Listener::tls(&pki).await;
    let police = pki.client("police");
    let answer = client(&pki, Some(&police))
        .get(listener.url("/whoami"))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.version(), reqwest::Version::HTTP_2);
    assert_eq!(answer.text().await.unwrap(), police.fingerprint);
}

#[tokio::test]
async fn a_client_without_a_certificate_is_let_through_as_nobody() {
    let pki = Pki::new();
    let listener = Listener::tls(&pki).await;
    let answer = client(&pki, None)
        .get(listener.url("/whoami"))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.text().await.unwrap(), "nobody");
}

#[tokio::test]
async fn a_certificate_of_another_authority_ends_the_handshake() {
    let (pki, other) = (Pki::new(), Pki::new());
    let listener = Listener::tls(&pki).await;
    let forger = other.client("police");
    assert!(
        client(&pki, Some(&forger))
            .get(listener.url("/whoami"))
            .send()
            .await
            .is_err()
    );
    let answer = client(&pki, None).get(listener.url("/whoami")).send().await;
    assert!(answer.is_ok(), "the listener goes on");
}

#[tokio::test]
async fn a_server_certificate_is_not_taken_for_a_clients() {
    let pki = Pki::new();
    let listener = Listener::tls(&pki).await;
    let server = pki.server();
    assert!(
        client(&pki, Some(&server))
            .get(listener.url("/whoami"))
            .send()
            .await
            .is_err()
    );
}

#[tokio::test]
async fn the_peers_address_is_known() {
    let pki = Pki::new();
    let listener = Listener::tls(&pki).await;
    let answer = client(&pki, None)
        .get(listener.url("/address"))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.text().await.unwrap(), "127.0.0.1");
}

#[tokio::test]
async fn a_client_that_says_nothing_delays_nobody_and_is_let_go() {
    let pki = Pki::new();
    let listener = Listener::tls(&pki).await;
    let mut silent = Vec::new();
    for _ in 0..5 {
        silent.push(TcpStream::connect(listener.address).await.unwrap());
    }
    let mut half = TcpStream::connect(listener.address).await.unwrap();
    half.write_all(&[0x16, 0x03, 0x01]).await.unwrap();
    let answer = client(&pki, None)
        .get(listener.url("/whoami"))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    for mut stream in silent {
        assert_eq!(
            stream.read(&mut [0; 16]).await.unwrap_or(0),
            0,
            "the listener has closed it"
        );
    }
}

#[tokio::test]
async fn a_client_that_speaks_plain_http_to_tls_is_refused_and_the_listener_goes_on() {
    let pki = Pki::new();
    let listener = Listener::tls(&pki).await;
    let mut plain = TcpStream::connect(listener.address).await.unwrap();
    plain
        .write_all(b"GET /whoami HTTP/1.1\r\nHost: x\r\n\r\n")
        .await
        .unwrap();
    let mut said = Vec::new();
    let _ = plain.read_to_end(&mut said).await;
    assert!(!said.starts_with(b"HTTP"));
    let answer = client(&pki, None)
        .get(listener.url("/whoami"))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
}

#[tokio::test]
async fn half_a_header_is_given_up_on() {
    let listener = Listener::plain().await;
    let mut slow = TcpStream::connect(listener.address).await.unwrap();
    slow.write_all(b"GET /whoami HTTP/1.1\r\nHost: x\r\n")
        .await
        .unwrap();
    let mut said = Vec::new();
    slow.read_to_end(&mut said).await.unwrap();
    assert!(!said.starts_with(b"HTTP/1.1 200"));
}

#[tokio::test]
async fn a_full_listener_serves_again_once_a_place_is_free() {
    let listener = Listener::plain_with(|limits| limits.connections = 1).await;
    let first = TcpStream::connect(listener.address).await.unwrap();
    let waiting = tokio::spawn(reqwest::get(listener.url("/whoami")));
    drop(first);
    assert_eq!(
        waiting.await.unwrap().unwrap().text().await.unwrap(),
        "nobody"
    );
}

#[tokio::test]
async fn stopping_lets_what_is_under_way_end_and_takes_nothing_new() {
    let pki = Pki::new();
    let mut listener = Listener::tls(&pki).await;
    let request = client(&pki, None).get(listener.url("/wait")).send();
    let under_way = tokio::spawn(request);
    listener.entered.notified().await;
    listener.stop.send_replace(true);
    while TcpStream::connect(listener.address).await.is_ok() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    listener.go_on.notify_one();
    assert_eq!(
        under_way.await.unwrap().unwrap().text().await.unwrap(),
        "done"
    );
    listener.ended().await;
}

#[tokio::test]
async fn stopping_does_not_wait_for_ever() {
    let mut listener =
        Listener::plain_with(|limits| limits.drain = Duration::from_millis(50)).await;
    let under_way = tokio::spawn(reqwest::get(listener.url("/wait")));
    listener.entered.notified().await;
    listener.stop.send_replace(true);
    listener.ended().await;
    assert!(under_way.await.unwrap().is_err());
}
