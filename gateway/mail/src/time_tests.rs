//! Waiting, with time that stands still until nobody is busy, and whatever may come in.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use gateway_core::Clock;
use proptest::prelude::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use crate::config::{Config, Limits};
use crate::quota::Quotas;
use crate::server::converse;
use crate::talk::Shared;
use crate::{Address, Envelope, Handler, Outcome, Reply, Session, Sink, Verdict};

/// Takes everything, each piece in so long, and counts what it kept and lost.
#[derive(Clone, Default)]
struct Taker {
    slow: Duration,
    kept: Arc<Mutex<Vec<Vec<u8>>>>,
    lost: Arc<Mutex<usize>>,
}

struct Hold(Taker, Option<Vec<u8>>);

#[async_trait]
impl Handler for Taker {
    async fn recipient(&self, _: &Session, _: &Address) -> Verdict {
        Verdict::Accepted
    }

    async fn begin(&self, _: Envelope) -> Result<Box<dyn Sink>, Reply> {
        Ok(Box::new(Hold(self.clone(), Some(Vec::new()))))
    }
}

#[async_trait]
impl Sink for Hold {
    async fn chunk(&mut self, octets: &[u8]) -> Result<(), Reply> {
        sleep(self.0.slow).await;
        self.1.as_mut().unwrap().extend_from_slice(octets);
        Ok(())
    }

    async fn finish(mut self: Box<Self>) -> Outcome {
        self.0.kept.lock().unwrap().extend(self.1.take());
        Outcome::All(Reply::accepted("recorded"))
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        *self.0.lost.lock().unwrap() += usize::from(self.1.is_some());
    }
}

fn config() -> Config {
    Config::new("gateway.example", Clock::system())
}

/// A conversation with `config`; it ends when the future does.
fn start(config: Config, taker: &Taker) -> (DuplexStream, impl Future<Output = ()> + use<>) {
    let (client, server) = tokio::io::duplex(64 * 1024);
    let peer = "192.0.2.1:25".parse().unwrap();
    let place = Quotas::new(Limits::default())
        .connect(peer_ip(), false)
        .unwrap();
    let (keep, stop) = watch::channel(false);
    let shared = Shared::new(config, Arc::new(taker.clone()));
    let talk = async move {
        converse(shared, place, Box::new(server), peer, stop).await;
        drop(keep);
    };
    (client, talk)
}

fn peer_ip() -> std::net::IpAddr {
    [192, 0, 2, 1].into()
}

const ENVELOPE: &str =
    "EHLO c.example\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<h@gateway.example>\r\nDATA\r\n";

/// Says the pieces, each after its pause; all that was answered until the end, and when.
async fn say(config: Config, taker: &Taker, pieces: Vec<(Duration, String)>) -> (String, Duration) {
    let (client, talk) = start(config, taker);
    let begun = Instant::now();
    let (mut read, mut write) = tokio::io::split(client);
    let saying = async move {
        for (pause, piece) in pieces {
            sleep(pause).await;
            if write.write_all(piece.as_bytes()).await.is_err() {
                break;
            }
        }
        write
    };
    let hearing = async {
        let mut heard = String::new();
        read.read_to_string(&mut heard).await.unwrap();
        (heard, begun.elapsed())
    };
    let said = tokio::spawn(saying);
    let ((), heard) = tokio::join!(talk, hearing);
    said.abort();
    heard
}

const MINUTE: Duration = Duration::from_mins(1);

#[tokio::test(start_paused = true)]
async fn a_client_that_says_nothing_is_told_after_five_minutes() {
    let (heard, after) = say(config(), &Taker::default(), Vec::new()).await;
    assert!(heard.contains("\r\n421 4.4.2 "), "{heard}");
    assert_eq!(after, 5 * MINUTE);
}

#[tokio::test(start_paused = true)]
async fn a_line_in_single_octets_gets_no_more_time() {
    let trickle = vec![(MINUTE, "N".to_owned()); 60];
    let (heard, after) = say(config(), &Taker::default(), trickle).await;
    assert!(heard.contains("\r\n421 4.4.2 "), "{heard}");
    assert_eq!(after, 5 * MINUTE);
}

#[tokio::test(start_paused = true)]
async fn a_message_that_stalls_is_cut_off_and_nothing_kept() {
    let taker = Taker::default();
    let mut config = config();
    config.timeouts.slowest = 0;
    let stall = vec![(Duration::ZERO, format!("{ENVELOPE}half a mess"))];
    let (heard, after) = say(config, &taker, stall).await;
    assert!(
        heard.ends_with("closing\r\n") && heard.contains("\r\n421 4.4.2 "),
        "{heard}"
    );
    assert_eq!(after, 3 * MINUTE);
    assert_eq!(
        (
            taker.kept.lock().unwrap().len(),
            *taker.lost.lock().unwrap()
        ),
        (0, 1)
    );
}

#[tokio::test(start_paused = true)]
async fn a_message_that_trickles_is_cut_off_after_the_grace() {
    let taker = Taker::default();
    let mut pieces = vec![(Duration::ZERO, ENVELOPE.to_owned())];
    pieces.extend(vec![(Duration::from_secs(10), "x".to_owned()); 600]);
    let (heard, after) = say(config(), &taker, pieces).await;
    assert!(heard.contains("\r\n421 4.4.2 "), "{heard}");
    assert_eq!(after, MINUTE);
    assert_eq!(*taker.lost.lock().unwrap(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_sender_that_keeps_the_rate_may_take_long() {
    let taker = Taker::default();
    let mut pieces = vec![(Duration::ZERO, ENVELOPE.to_owned())];
    let line = format!("{}\r\n", "x".repeat(11_000));
    pieces.extend(vec![(Duration::from_secs(10), line); 60]);
    pieces.push((Duration::ZERO, ".\r\nQUIT\r\n".to_owned()));
    let (heard, _) = say(config(), &taker, pieces).await;
    assert!(heard.contains("recorded"), "{heard}");
    assert_eq!(taker.kept.lock().unwrap()[0].len(), 60 * 11_002);
}

#[tokio::test(start_paused = true)]
async fn the_time_that_the_sink_takes_is_not_the_senders() {
    let taker = Taker {
        slow: 5 * MINUTE,
        ..Taker::default()
    };
    let pieces = vec![
        (Duration::ZERO, format!("{ENVELOPE}a\r\n")),
        (Duration::from_secs(1), "b\r\n.\r\nQUIT\r\n".to_owned()),
    ];
    let (heard, _) = say(config(), &taker, pieces).await;
    assert!(heard.contains("recorded"), "{heard}");
    assert_eq!(taker.kept.lock().unwrap()[0], b"a\r\nb\r\n");
}

#[tokio::test(start_paused = true)]
async fn a_transaction_has_its_own_end() {
    let taker = Taker::default();
    let mut config = config();
    config.timeouts.slowest = 0;
    let mut pieces = vec![(Duration::ZERO, ENVELOPE.to_owned())];
    pieces.extend(vec![(2 * MINUTE, "x\r\n".to_owned()); 60]);
    let (heard, after) = say(config, &taker, pieces).await;
    assert!(heard.contains("\r\n421 4.4.2 "), "{heard}");
    assert_eq!(after, 30 * MINUTE);
    let idle = vec![(4 * MINUTE, "NOOP\r\n".to_owned()); 60];
    let begin = "EHLO c.example\r\nMAIL FROM:<a@b.example>\r\n".to_owned();
    let pieces = [vec![(Duration::ZERO, begin)], idle].concat();
    let (_, after) = say(self::config(), &taker, pieces).await;
    assert_eq!(after, 30 * MINUTE, "also where only commands come");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_read_is_dropped() {
    let mut config = config();
    config.limits.idle_commands = u32::MAX;
    let (mut client, talk) = start(config, &Taker::default());
    let begun = Instant::now();
    let flood = async { while client.write_all(b"NOOP\r\n").await.is_ok() {} };
    tokio::join!(talk, flood);
    assert!(begun.elapsed() >= 5 * MINUTE);
}

#[tokio::test(start_paused = true)]
async fn a_handshake_that_does_not_come_is_not_waited_for() {
    let pair = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = rustls::pki_types::PrivatePkcs8KeyDer::from(pair.signing_key.serialize_der());
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let tls = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![pair.cert.der().clone()], key.into())
        .unwrap();
    let mut config = config();
    config.tls = Some(Arc::new(tls));
    let pieces = vec![(Duration::ZERO, "EHLO c.example\r\nSTARTTLS\r\n".to_owned())];
    let (heard, after) = say(config, &Taker::default(), pieces).await;
    assert!(heard.ends_with("220 2.0.0 begin TLS\r\n"), "{heard}");
    assert_eq!(after, Duration::from_secs(30));
}

/// Fragments of conversations, whole and broken.
fn fragment() -> impl Strategy<Value = Vec<u8>> {
    let said = prop::sample::select(vec![
        "EHLO c.example\r\n",
        "HELO c.example\r\n",
        "MAIL FROM:<a@b.example>\r\n",
        "MAIL FROM:<a@b.example> SIZE=9 BODY=8BITMIME\r\n",
        "RCPT TO:<h@gateway.example>\r\n",
        "DATA\r\n",
        "a\r\n.\r\n",
        ".\r\n",
        "..\r\n",
        "BDAT 3\r\na\r\n",
        "BDAT 3 LAST\r\na\r\n",
        "BDAT 9\r\n",
        "BDAT x\r\n",
        "RSET\r\n",
        "STARTTLS\r\n",
        "QUIT\r\n",
        "\r\n",
        "\n",
        "\r",
        "\0",
    ]);
    let begun = prop::sample::select(vec![
        "MAIL FROM:<a@b.example>\r\nRCPT TO:<h@gateway.example>\r\n",
        "MAIL FROM:<a@b.example>\r\nRCPT TO:<h@gateway.example>\r\nDATA\r\n",
    ]);
    prop_oneof![
        4 => begun.prop_map(|text| text.as_bytes().to_vec()),
        8 => said.prop_map(|text| text.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..60),
    ]
}

proptest! {
    #[test]
    fn any_stream_comes_to_an_end_and_what_is_kept_is_clean(
        fragments in prop::collection::vec(fragment(), 0..40),
        step in 1_usize..50,
    ) {
        let stream = [b"EHLO c.example\r\n".to_vec(), fragments.concat()].concat();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        let taker = Taker::default();
        let heard = runtime.block_on(async {
            let (client, talk) = start(config(), &taker);
            let (mut read, mut write) = tokio::io::split(client);
            let saying = async move {
                for piece in stream.chunks(step) {
                    let _ = write.write_all(piece).await;
                }
                let _ = write.shutdown().await;
            };
            let hearing = async {
                let mut heard = String::new();
                read.read_to_string(&mut heard).await.unwrap();
                heard
            };
            tokio::join!(talk, saying, hearing).2
        });
        prop_assert!(heard.starts_with("220 "));
        prop_assert!(heard.ends_with("\r\n"));
        let recorded = heard.matches("recorded").count();
        let kept = taker.kept.lock().unwrap();
        prop_assert_eq!(kept.len(), recorded, "kept and answered are the same");
        for text in kept.iter() {
            let text = String::from_utf8_lossy(text).replace("\r\n", "");
            prop_assert!(!text.contains(['\r', '\n', '\0']));
        }
    }
}
