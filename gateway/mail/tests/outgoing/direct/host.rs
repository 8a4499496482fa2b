//! A mail host: the crate's own server, and one that only writes down what it hears.

use std::sync::Arc;

use async_trait::async_trait;
use gateway_core::Clock;
use gateway_mail::{
    Address, Config, Envelope, Handler, Outcome, Reply, Server, Session, Sink, Verdict,
};
use rustls::ServerConfig;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::world::{Count, Shared};

/// A server that takes mail; by the local part of the address, not always.
pub struct Host {
    pub kept: Shared<Vec<(Envelope, Vec<u8>)>>,
    /// How often it was asked for a recipient.
    pub asked: Count,
    /// How many texts it read to their end.
    pub read: Count,
    _stop: watch::Sender<bool>,
}

#[derive(Clone)]
struct Taker {
    kept: Shared<Vec<(Envelope, Vec<u8>)>>,
    asked: Count,
    read: Count,
}

struct Held {
    taker: Taker,
    envelope: Envelope,
    text: Vec<u8>,
}

impl Host {
    pub fn start(listener: TcpListener, tls: Option<Arc<ServerConfig>>) -> Self {
        let taker = Taker {
            kept: Shared::default(),
            asked: Count::default(),
            read: Count::default(),
        };
        let mut config = Config::new("mx.example", Clock::system());
        config.tls = tls;
        let (stop, stopped) = watch::channel(false);
        let server = Server {
            listener,
            config,
            handler: Arc::new(taker.clone()),
        };
        tokio::spawn(server.serve(stopped));
        Self {
            kept: taker.kept,
            asked: taker.asked,
            read: taker.read,
            _stop: stop,
        }
    }

    pub fn count(&self) -> usize {
        self.kept.lock().unwrap().len()
    }

    pub fn only(&self) -> (Envelope, Vec<u8>) {
        let mut kept = self.kept.lock().unwrap();
        assert_eq!(kept.len(), 1, "one message is kept");
        kept.pop().unwrap()
    }

    /// Nothing of any letter came here.
    pub fn heard_nothing(&self) -> bool {
        (self.asked.get(), self.count()) == (0, 0)
    }
}

#[async_trait]
impl Handler for Taker {
    async fn recipient(&self, _: &Session, address: &Address) -> Verdict {
        self.asked.one_more();
        match address.local() {
            "later" => Verdict::Later,
            "nobody" => Verdict::Unknown,
            _ => Verdict::Accepted,
        }
    }

    async fn begin(&self, envelope: Envelope) -> Result<Box<dyn Sink>, Reply> {
        Ok(Box::new(Held {
            taker: self.clone(),
            envelope,
            text: Vec::new(),
        }))
    }
}

#[async_trait]
impl Sink for Held {
    async fn chunk(&mut self, octets: &[u8]) -> Result<(), Reply> {
        self.text.extend_from_slice(octets);
        Ok(())
    }

    async fn finish(self: Box<Self>) -> Outcome {
        self.taker.read.one_more();
        let local = self.envelope.recipients[0].address.local();
        assert_ne!(
            local, "breaks",
            "a host that goes with the answer on its lips"
        );
        let reply = match local {
            "full" => Reply::later("no room"),
            _ => Reply::accepted("taken"),
        };
        let replies = self.envelope.recipients.iter().map(|_| reply.clone());
        let outcome = Outcome::Each(replies.collect());
        if local != "full" {
            self.taker
                .kept
                .lock()
                .unwrap()
                .push((self.envelope, self.text));
        }
        outcome
    }
}

/// A host without TLS that agrees to all it hears, and writes it down.
pub fn listening(listener: TcpListener) -> Shared<Vec<String>> {
    let heard: Shared<Vec<String>> = Shared::default();
    let into = Arc::clone(&heard);
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let (read, mut write) = stream.into_split();
        let mut lines = BufReader::new(read).lines();
        write.write_all(b"220 mx.example\r\n").await.unwrap();
        while let Ok(Some(line)) = lines.next_line().await {
            into.lock().unwrap().push(line);
            if write.write_all(b"250 mx.example\r\n").await.is_err() {
                break;
            }
        }
    });
    heard
}
