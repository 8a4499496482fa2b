use std::net::SocketAddr;
use std::time::Duration;

use gateway_mail::{
    Encryption, Letter, Notify, RelayConfig, RelayTls, Return, Route, RouteError, Sent, Why,
};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use crate::support::Gateway;
use crate::tls::Identity;

pub fn letter(id: &str, to: &[&str]) -> Letter {
    Letter {
        id: id.to_owned(),
        envelope_from: Some("bounce@gateway.example".to_owned()),
        to: to.iter().map(|to| (*to).to_owned()).collect(),
        bytes: b"Subject: x\r\n\r\n.\r\n..two\r\n\r\nlast\r\n".to_vec(),
    }
}

pub fn config(port: u16, tls: RelayTls) -> RelayConfig {
    RelayConfig {
        host: "localhost".to_owned(),
        port,
        tls,
        credentials: None,
        hello: "gateway.example".to_owned(),
        timeout: Duration::from_secs(20),
    }
}

fn route(to: SocketAddr, tls: RelayTls) -> Route {
    Route::relay(config(to.port(), tls)).unwrap()
}

fn later(status: Option<&str>, why: Why) -> Sent {
    Sent::Later {
        status: status.map(str::to_owned),
        why,
    }
}

fn refused(status: &str) -> Sent {
    Sent::Refused {
        status: Some(status.to_owned()),
    }
}

/// Whether the relay has it.
pub fn taken(sent: &Sent) -> bool {
    matches!(sent, Sent::Accepted(_))
}

/// What is stored of how it went.
fn told(sent: &Sent) -> String {
    match sent {
        Sent::Accepted(Some(evidence)) => evidence.to_string(),
        Sent::Accepted(None) | Sent::Later { .. } | Sent::Refused { .. } => panic!("{sent:?}"),
    }
}

const TO: &[&str] = &["housing@gateway.example"];

#[tokio::test]
async fn a_letter_arrives_octet_for_octet_each_time_over_one_connection() {
    let gateway = Gateway::start(|_| ()).await;
    let route = route(gateway.address, RelayTls::None);
    for _ in 0..3 {
        let sent = route.send(&letter("one", TO)).await;
        assert_eq!(told(&sent), "tls=none by=nobody host=localhost");
    }
    let mut ends = letter("two", TO);
    ends.bytes = b"Subject: x\r\n\r\nno last end".to_vec();
    assert!(taken(&route.send(&ends).await));
    let kept = gateway.keeper.kept.lock().unwrap();
    assert_eq!(kept.len(), 4);
    for (envelope, text) in &kept[..3] {
        assert_eq!(*text, letter("one", TO).bytes);
        assert_eq!(envelope.session.id, kept[0].0.session.id, "one connection");
        assert_eq!(envelope.session.hello.as_deref(), Some("gateway.example"));
    }
    assert_eq!(kept[3].1, b"Subject: x\r\n\r\nno last end\r\n");
}

#[tokio::test]
async fn a_letter_asks_for_notices_that_carry_its_id() {
    let gateway = Gateway::start(|_| ()).await;
    let route = route(gateway.address, RelayTls::None);
    assert!(taken(&route.send(&letter("0193-abc", TO)).await));
    let (envelope, _) = gateway.keeper.only();
    assert_eq!(envelope.ret, Some(Return::Headers));
    assert_eq!(envelope.envelope_id.unwrap().as_str(), "0193-abc");
    assert_eq!(envelope.sender.unwrap().as_str(), "bounce@gateway.example");
    let on = Notify::On {
        success: false,
        failure: true,
        delay: true,
    };
    assert_eq!(envelope.recipients[0].notify, on);
}

#[tokio::test]
async fn a_notice_has_the_null_path() {
    let gateway = Gateway::start(|_| ()).await;
    let mut notice = letter("one", TO);
    notice.envelope_from = None;
    let route = route(gateway.address, RelayTls::None);
    assert!(taken(&route.send(&notice).await));
    assert_eq!(gateway.keeper.only().0.sender, None);
}

#[tokio::test]
async fn what_the_relay_answers_is_told_by_its_status_and_the_connection_goes_on() {
    let gateway = Gateway::start(|_| ()).await;
    let route = route(gateway.address, RelayTls::None);
    let asked = |status| later(Some(status), Why::Deferred);
    for (to, sent) in [
        ("later@gateway.example", asked("4.3.0")),
        ("full@gateway.example", asked("4.2.2")),
        ("wait@gateway.example", asked("4.3.0")),
        ("nobody@elsewhere.example", refused("5.1.1")),
        ("refused@gateway.example", refused("5.0.0")),
    ] {
        assert_eq!(route.send(&letter("one", &[to])).await, sent, "{to}");
    }
    gateway.keeper.kept.lock().unwrap().clear();
    assert!(taken(&route.send(&letter("one", TO)).await));
    assert_eq!(gateway.keeper.count(), 1);
}

#[tokio::test]
async fn nobody_gets_what_one_recipient_cannot_have() {
    let gateway = Gateway::start(|_| ()).await;
    let route = route(gateway.address, RelayTls::None);
    let both = letter(
        "one",
        &["housing@gateway.example", "nobody@elsewhere.example"],
    );
    assert_eq!(route.send(&both).await, refused("5.1.1"));
    assert_eq!(gateway.keeper.count(), 0);
}

#[tokio::test]
async fn an_address_with_two_readings_is_not_said_at_all() {
    let gateway = Gateway::start(|_| ()).await;
    let route = route(gateway.address, RelayTls::None);
    for to in [
        "a@b.example>\r\nRCPT TO:<c@d.example",
        "\"a b\"@c.example",
        "",
        "a",
        "a@[127.0.0.1]",
    ] {
        assert_eq!(
            route.send(&letter("one", &[to])).await,
            refused("5.1.3"),
            "{to:?}"
        );
    }
    assert_eq!(route.send(&letter("one", &[])).await, refused("5.1.3"));
    assert_eq!(
        gateway
            .keeper
            .begun
            .load(std::sync::atomic::Ordering::SeqCst),
        0
    );
}

#[tokio::test]
async fn a_relay_that_is_not_there_is_tried_later() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let sent = route(address, RelayTls::None)
        .send(&letter("one", TO))
        .await;
    assert_eq!(sent, later(None, Why::Unreachable));
}

#[tokio::test]
async fn a_relay_that_says_nothing_is_tried_later() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut config = config(listener.local_addr().unwrap().port(), RelayTls::None);
    config.timeout = Duration::from_millis(50);
    let sent = Route::relay(config).unwrap().send(&letter("one", TO)).await;
    assert_eq!(sent, later(None, Why::Unreachable));
}

#[tokio::test]
async fn where_tls_is_required_nothing_is_said_without_it() {
    let identity = Identity::new();
    let required = || RelayTls::Required(Some(identity.pem.clone().into_bytes()));
    let gateway = Gateway::start(|_| ()).await;
    let sent = route(gateway.address, required())
        .send(&letter("one", TO))
        .await;
    assert_eq!(sent, later(None, Why::NotSecure), "not offered");

    let stranger = Identity::new().start(|_| ()).await;
    for tls in [required(), RelayTls::Required(None)] {
        let sent = route(stranger.address, tls).send(&letter("one", TO)).await;
        assert_eq!(sent, later(None, Why::NotSecure), "another's certificate");
    }
    assert_eq!((gateway.keeper.count(), stranger.keeper.count()), (0, 0));

    let gateway = identity.start(|config| config.require_tls = true).await;
    let sent = route(gateway.address, required())
        .send(&letter("one", TO))
        .await;
    assert_eq!(told(&sent), "tls=1.3 by=pkix host=localhost");
    let (envelope, text) = gateway.keeper.only();
    assert_eq!(text, letter("one", TO).bytes);
    let version = |encryption: Encryption| encryption.version;
    assert_eq!(envelope.session.encryption.map(version).unwrap(), "TLSv1_3");
}

#[tokio::test]
async fn a_certificate_for_another_name_is_not_good() {
    let identity = Identity::new();
    let gateway = identity.start(|_| ()).await;
    let roots = identity.pem.clone().into_bytes();
    let mut config = config(gateway.address.port(), RelayTls::Required(Some(roots)));
    config.host = "127.0.0.2".to_owned();
    let listener = TcpListener::bind(("127.0.0.2", 0)).await.unwrap();
    config.port = listener.local_addr().unwrap().port();
    let to = gateway.address;
    tokio::spawn(async move {
        let (mut from, _) = listener.accept().await.unwrap();
        let mut to = TcpStream::connect(to).await.unwrap();
        let _ = tokio::io::copy_bidirectional(&mut from, &mut to).await;
    });
    let sent = Route::relay(config).unwrap().send(&letter("one", TO)).await;
    assert_eq!(sent, later(None, Why::NotSecure));
    assert_eq!(gateway.keeper.count(), 0);
}

#[tokio::test]
async fn opportunistic_takes_what_there_is() {
    let clear = Gateway::start(|_| ()).await;
    let sent = route(clear.address, RelayTls::Opportunistic);
    assert!(taken(&sent.send(&letter("one", TO)).await));
    assert!(clear.keeper.only().0.session.encryption.is_none());
    let gateway = Identity::new().start(|_| ()).await;
    let sent = route(gateway.address, RelayTls::Opportunistic);
    let sent = sent.send(&letter("one", TO)).await;
    assert_eq!(told(&sent), "tls=1.3 by=nobody host=localhost");
    assert!(gateway.keeper.only().0.session.encryption.is_some());
}

#[test]
fn a_route_that_could_be_read_on_the_way_is_not_made() {
    let made = |change: fn(&mut RelayConfig)| {
        let mut config = config(25, RelayTls::None);
        change(&mut config);
        Route::relay(config).err()
    };
    let far = made(|config| config.host = "relay.example".to_owned());
    assert!(matches!(far, Some(RouteError::ClearOverNetwork(_))));
    let password = made(|config| {
        config.tls = RelayTls::Opportunistic;
        config.credentials = Some(("gateway".to_owned(), "secret".into()));
    });
    assert!(matches!(password, Some(RouteError::CredentialsInClear(_))));
    let roots = made(|config| config.tls = RelayTls::Required(Some(b"none".to_vec())));
    assert!(matches!(roots, Some(RouteError::Roots)));
    let hello = made(|config| config.hello = "a\r\nMAIL FROM:<>".to_owned());
    assert!(matches!(hello, Some(RouteError::Hello(_))));
}

/// A relay that says these lines, one for each that it hears, and then goes; what it heard.
async fn scripted(script: &'static [&'static str]) -> (SocketAddr, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let heard = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let (read, mut write) = stream.into_split();
        let mut lines = BufReader::new(read);
        let mut heard = Vec::new();
        for say in script {
            if write.write_all(say.as_bytes()).await.is_err() {
                break;
            }
            let mut line = Vec::new();
            let _ = lines.read_until(b'\n', &mut line).await;
            heard.push(String::from_utf8_lossy(&line).into_owned());
        }
        heard
    });
    (address, heard)
}

#[tokio::test]
async fn replies_injected_behind_starttls_are_never_believed() {
    let identity = Identity::new();
    let acceptor = TlsAcceptor::from(identity.server());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        for say in [
            "220 relay\r\n",
            "250-relay\r\n250 STARTTLS\r\n",
            "220 go\r\n250 relay\r\n250 relay\r\n250 ok\r\n250 ok\r\n354 go\r\n250 taken\r\n",
        ] {
            stream.write_all(say.as_bytes()).await.unwrap();
            if !say.starts_with("220 go") {
                let mut hello = [0; 256];
                let _ = stream.read(&mut hello).await.unwrap();
            }
        }
        // The relay itself is honest: somebody between put the rest behind its 220.
        if let Ok(mut secret) = acceptor.accept(stream).await {
            let _ = secret.read_to_end(&mut Vec::new()).await;
        }
    });
    let roots = identity.pem.clone().into_bytes();
    let route = route(address, RelayTls::Required(Some(roots)));
    let sent = route.send(&letter("one", TO)).await;
    assert_eq!(sent, later(None, Why::NotSecure));
}

#[tokio::test]
async fn a_relay_that_is_closed_to_the_gateway_refuses_no_letter() {
    let (address, _) = scripted(&["554 5.7.1 not you, officer@police.example\r\n"]).await;
    let sent = route(address, RelayTls::None)
        .send(&letter("one", TO))
        .await;
    assert_eq!(sent, later(Some("5.7.1"), Why::Deferred));
    assert!(
        !format!("{sent:?}").contains("officer"),
        "their words are not kept"
    );
}

#[tokio::test]
async fn a_relay_that_goes_in_the_middle_is_tried_later() {
    for script in [
        &[
            "220 relay\r\n",
            "250 relay\r\n",
            "250 relay\r\n",
            "250 ok\r\n",
        ][..],
        &[
            "220 relay\r\n",
            "250 relay\r\n",
            "250 relay\r\n",
            "250 ok\r\n",
            "250 ok\r\n",
            "354 go\r\n",
        ],
        &[
            "220 relay\r\n",
            "250 relay\r\n",
            "250 relay\r\n",
            "250 ok\r\n",
            "250 ok\r\n",
            "250 what\r\n",
        ],
        &[
            "220 relay\r\n",
            "250 relay\r\n",
            "250 relay\r\n",
            "no reply\r\n",
        ],
        &["hello\r\n"],
    ] {
        let (address, _) = scripted(script).await;
        let sent = route(address, RelayTls::None)
            .send(&letter("one", TO))
            .await;
        assert_eq!(sent, later(None, Why::Unreachable), "{script:?}");
    }
}

#[tokio::test]
async fn a_connection_that_was_closed_while_it_rested_is_made_anew() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let relay = tokio::spawn(async move {
        let mut taken = 0;
        for _ in 0..2 {
            let (stream, _) = listener.accept().await.unwrap();
            let (read, mut write) = stream.into_split();
            let mut lines = BufReader::new(read).lines();
            write.write_all(b"220 relay\r\n").await.unwrap();
            let mut data = false;
            while let Ok(Some(line)) = lines.next_line().await {
                let reply: &[u8] = match line.as_str() {
                    "." => b"250 ok\r\n",
                    _ if data => continue,
                    "DATA" => b"354 go\r\n",
                    _ => b"250 ok\r\n",
                };
                data = line == "DATA";
                write.write_all(reply).await.unwrap();
                if line == "." {
                    taken += 1;
                    break;
                }
            }
        }
        taken
    });
    let route = route(address, RelayTls::None);
    assert!(taken(&route.send(&letter("one", TO)).await));
    assert!(taken(&route.send(&letter("two", TO)).await));
    assert_eq!(relay.await.unwrap(), 2);
}
