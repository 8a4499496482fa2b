//! The web host of a domain's policy.

use std::sync::{Arc, Mutex};

use rustls::ServerConfig;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use super::world::{Count, Shared};

/// One that answers every request alike.
pub struct Web {
    pub port: u16,
    /// How often it was asked.
    pub asked: Count,
    answer: Shared<Vec<u8>>,
    tls: Shared<Arc<ServerConfig>>,
    task: JoinHandle<()>,
}

impl Web {
    pub async fn start(tls: Arc<ServerConfig>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (asked, answer) = (Count::default(), Shared::default());
        let tls = Arc::new(Mutex::new(tls));
        let task = tokio::spawn(serve(
            listener,
            Arc::clone(&tls),
            asked.clone(),
            Arc::clone(&answer),
        ));
        Self {
            port,
            asked,
            answer,
            tls,
            task,
        }
    }

    /// From now on, this as text.
    pub fn serve(&self, text: &str) {
        self.answer("200 OK", "text/plain; charset=utf-8", text.as_bytes());
    }

    pub fn answer(&self, status: &str, fields: &str, body: &[u8]) {
        let length = body.len();
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Type: {fields}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
        );
        *self.answer.lock().unwrap() = [head.as_bytes(), body].concat();
    }

    /// From now on, as somebody else.
    pub fn show(&self, tls: Arc<ServerConfig>) {
        *self.tls.lock().unwrap() = tls;
    }

    /// It is gone.
    pub async fn stop(&mut self) {
        self.task.abort();
        let _ = (&mut self.task).await;
    }
}

async fn serve(
    listener: TcpListener,
    tls: Shared<Arc<ServerConfig>>,
    asked: Count,
    answer: Shared<Vec<u8>>,
) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        asked.one_more();
        let acceptor = TlsAcceptor::from(Arc::clone(&tls.lock().unwrap()));
        let answer = answer.lock().unwrap().clone();
        let Ok(mut stream) = acceptor.accept(stream).await else {
            continue;
        };
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            if stream.read_buf(&mut request).await.unwrap_or(0) == 0 {
                break;
            }
        }
        let wanted = b"GET /.well-known/mta-sts.txt HTTP/1.1\r\n";
        assert!(
            request.starts_with(wanted),
            "{}",
            String::from_utf8_lossy(&request)
        );
        let _ = stream.write_all(&answer).await;
        let _ = stream.shutdown().await;
    }
}
