//! A session from its first octet: the real server on loopback, and a client that says this.
//!
//! Whatever is said, a message that is taken has no bare CR or LF in it, ends in CRLF, and has
//! recipients; and the server comes to an end of the session.
#![no_main]

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use async_trait::async_trait;
use gateway_core::Clock;
use gateway_mail::{
    Address, Config, Envelope, Handler, Outcome, Reply, Server, Session, Sink, Verdict,
};
use libfuzzer_sys::fuzz_target;
use tokio::runtime::Runtime;
use tokio::sync::watch;

struct Taker;

struct Whole {
    recipients: usize,
    octets: Vec<u8>,
}

#[async_trait]
impl Handler for Taker {
    async fn recipient(&self, _: &Session, address: &Address) -> Verdict {
        match address.domain() {
            Some("gateway.example") => Verdict::Accepted,
            _ => Verdict::Unknown,
        }
    }

    async fn begin(&self, envelope: Envelope) -> Result<Box<dyn Sink>, Reply> {
        Ok(Box::new(Whole {
            recipients: envelope.recipients.len(),
            octets: Vec::new(),
        }))
    }
}

#[async_trait]
impl Sink for Whole {
    async fn chunk(&mut self, octets: &[u8]) -> Result<(), Reply> {
        self.octets.extend_from_slice(octets);
        Ok(())
    }

    async fn finish(self: Box<Self>) -> Outcome {
        assert!(self.recipients > 0, "a message to nobody");
        let bare = self
            .octets
            .iter()
            .enumerate()
            .any(|(at, octet)| match octet {
                b'\r' => self.octets.get(at + 1) != Some(&b'\n'),
                b'\n' => at == 0 || self.octets[at - 1] != b'\r',
                _ => false,
            });
        assert!(!bare, "a bare CR or LF");
        Outcome::Each(vec![Reply::accepted("recorded"); self.recipients])
    }
}

struct Running {
    address: SocketAddr,
    _runtime: Runtime,
    _stop: watch::Sender<bool>,
}

static SERVER: LazyLock<Running> = LazyLock::new(|| {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime");
    let listener = runtime
        .block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))
        .expect("a port");
    let address = listener.local_addr().expect("an address");
    let mut config = Config::new("gateway.example", Clock::system());
    config.relays = vec!["127.0.0.0/8".parse().expect("a network")];
    let (stop, stopped) = watch::channel(false);
    let server = Server {
        listener,
        config,
        handler: Arc::new(Taker),
    };
    runtime.spawn(server.serve(stopped));
    Running {
        address,
        _runtime: runtime,
        _stop: stop,
    }
});

fuzz_target!(|bytes: &[u8]| {
    let mut stream = TcpStream::connect(SERVER.address).expect("a connection");
    // Thousands of sessions a second would use up the ports otherwise.
    let _ = socket2::SockRef::from(&stream).set_linger(Some(Duration::ZERO));
    let _ = stream.set_read_timeout(Some(Duration::from_secs(20)));
    // A server that hangs up on nonsense is in its right.
    let _ = stream.write_all(bytes);
    let _ = stream.shutdown(Shutdown::Write);
    let mut heard = Vec::new();
    if let Err(error) = stream.read_to_end(&mut heard) {
        let waits = [std::io::ErrorKind::WouldBlock, std::io::ErrorKind::TimedOut];
        assert!(!waits.contains(&error.kind()), "the session does not end");
    }
});
