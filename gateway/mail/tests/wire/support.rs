//! A gateway on loopback that keeps mail in memory, and a client that says whatever it is told.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use gateway_core::Clock;
use gateway_mail::{
    Address, Config, Envelope, Handler, Mode, Outcome, Reply, Server, Session, Sink, Verdict,
};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;

/// What came of the messages.
pub struct Keeper {
    pub kept: Mutex<Vec<(Envelope, Vec<u8>)>>,
    pub begun: AtomicUsize,
    pub dropped: AtomicUsize,
    /// Each finish takes one permit: tests hold them back.
    pub permits: Semaphore,
    /// A message larger than this is refused by its sink.
    pub room: usize,
}

impl Keeper {
    pub fn only(&self) -> (Envelope, Vec<u8>) {
        let mut kept = self.kept.lock().unwrap();
        assert_eq!(kept.len(), 1, "one message is kept");
        kept.pop().unwrap()
    }

    pub fn count(&self) -> usize {
        self.kept.lock().unwrap().len()
    }

    pub fn dropped(&self) -> usize {
        self.dropped.load(Ordering::SeqCst)
    }
}

pub struct Taker(Arc<Keeper>);

#[async_trait]
impl Handler for Taker {
    async fn recipient(&self, _: &Session, address: &Address) -> Verdict {
        match address.local() {
            "later" => Verdict::Later,
            "full" => Verdict::Refused(Reply::new(452, (2, 2), "full")),
            "broken" => panic!("a handler that breaks down"),
            "yes" => Verdict::Refused(Reply::accepted("a refusal that accepts")),
            _ if address.domain() == Some("gateway.example") => Verdict::Accepted,
            _ => Verdict::Unknown,
        }
    }

    async fn begin(&self, envelope: Envelope) -> Result<Box<dyn Sink>, Reply> {
        let busy = |address: &str| {
            envelope
                .recipients
                .iter()
                .any(|of| of.address.local() == address)
        };
        if busy("busy") {
            return Err(Reply::later("the vault is busy"));
        }
        self.0.begun.fetch_add(1, Ordering::SeqCst);
        Ok(Box::new(Hold {
            keeper: Arc::clone(&self.0),
            message: Some((envelope, Vec::new())),
        }))
    }
}

struct Hold {
    keeper: Arc<Keeper>,
    message: Option<(Envelope, Vec<u8>)>,
}

#[async_trait]
impl Sink for Hold {
    async fn chunk(&mut self, octets: &[u8]) -> Result<(), Reply> {
        let (_, text) = self.message.as_mut().unwrap();
        text.extend_from_slice(octets);
        if text.len() > self.keeper.room {
            return Err(Reply::new(554, (3, 0), "a header too large"));
        }
        Ok(())
    }

    async fn finish(mut self: Box<Self>) -> Outcome {
        self.keeper.permits.acquire().await.unwrap().forget();
        let (envelope, text) = self.message.take().unwrap();
        let reply = |local: &str| match local {
            "refused" => Reply::refused("refused after reading"),
            "wait" => Reply::later("wait"),
            _ => Reply::accepted("recorded"),
        };
        let replies = envelope
            .recipients
            .iter()
            .map(|of| reply(of.address.local()))
            .collect();
        self.keeper.kept.lock().unwrap().push((envelope, text));
        Outcome::Each(replies)
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        if self.message.is_some() {
            self.keeper.dropped.fetch_add(1, Ordering::SeqCst);
        }
    }
}

pub struct Gateway {
    pub address: SocketAddr,
    pub keeper: Arc<Keeper>,
    pub stop: watch::Sender<bool>,
    pub task: JoinHandle<()>,
}

impl Gateway {
    pub async fn start(configure: impl FnOnce(&mut Config)) -> Self {
        Self::with(1_000_000, usize::MAX, configure).await
    }

    pub async fn with(permits: usize, room: usize, configure: impl FnOnce(&mut Config)) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut config = Config::new("gateway.example", Clock::system());
        configure(&mut config);
        let keeper = Arc::new(Keeper {
            kept: Mutex::default(),
            begun: AtomicUsize::new(0),
            dropped: AtomicUsize::new(0),
            permits: Semaphore::new(permits),
            room,
        });
        let handler = Arc::new(Taker(Arc::clone(&keeper)));
        let (stop, stopped) = watch::channel(false);
        let server = Server {
            listener,
            config,
            handler,
        };
        let task = tokio::spawn(server.serve(stopped));
        Self {
            address,
            keeper,
            stop,
            task,
        }
    }

    pub async fn lmtp() -> Self {
        Self::start(|config| config.mode = Mode::Lmtp).await
    }

    /// A client that has read the greeting.
    pub async fn connect(&self) -> Peer<TcpStream> {
        let mut peer = Peer(TcpStream::connect(self.address).await.unwrap());
        peer.reply(220).await;
        peer
    }

    /// A client that has said hello.
    pub async fn client(&self) -> Peer<TcpStream> {
        let mut peer = self.connect().await;
        peer.ask("EHLO client.example", 250).await;
        peer
    }

    /// A client that has begun a message to one recipient.
    pub async fn sender(&self) -> Peer<TcpStream> {
        let mut peer = self.client().await;
        peer.envelope().await;
        peer
    }
}

/// A client that says exactly what it is told.
pub struct Peer<S>(pub S);

impl<S: AsyncRead + AsyncWrite + Unpin> Peer<S> {
    pub async fn send(&mut self, octets: impl AsRef<[u8]>) {
        self.0.write_all(octets.as_ref()).await.unwrap();
        self.0.flush().await.unwrap();
    }

    /// The next line of a reply.
    async fn line(&mut self) -> String {
        let mut line = Vec::new();
        while !line.ends_with(b"\r\n") {
            let octet = self.0.read_u8().await;
            line.push(octet.unwrap_or_else(|_| panic!("closed after {line:?}")));
        }
        String::from_utf8(line).unwrap()
    }

    /// The next reply, all its lines, which must have this code.
    pub async fn reply(&mut self, code: u16) -> String {
        let mut whole = String::new();
        loop {
            let line = self.line().await;
            assert!(
                line.starts_with(&code.to_string()),
                "expected {code}: {whole}{line}"
            );
            whole.push_str(&line);
            if line.as_bytes()[3] == b' ' {
                return whole;
            }
        }
    }

    pub async fn ask(&mut self, line: &str, code: u16) -> String {
        self.send(format!("{line}\r\n")).await;
        self.reply(code).await
    }

    /// MAIL and one RCPT.
    pub async fn envelope(&mut self) {
        self.ask("MAIL FROM:<officer@police.example>", 250).await;
        self.ask("RCPT TO:<housing@gateway.example>", 250).await;
    }

    /// All that comes until the server closes.
    pub async fn rest(&mut self) -> String {
        let mut rest = Vec::new();
        // A reset is an end as well.
        let _ = self.0.read_to_end(&mut rest).await;
        String::from_utf8_lossy(&rest).into_owned()
    }
}

impl Peer<TcpStream> {
    /// Whether the first line is a greeting.
    pub async fn is_greeted(&mut self) -> bool {
        self.line().await.starts_with("220")
    }
}
