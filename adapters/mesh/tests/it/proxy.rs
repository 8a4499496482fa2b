//! Something between us and MESH that can fail in every way that we want.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What becomes of a request.
#[derive(Clone, Debug)]
pub enum Act {
    /// It goes to MESH, and the answer comes back.
    Pass,
    /// It goes to MESH, and only so many bytes of the answer's body come back.
    Cut(usize),
    /// It goes to MESH, and no answer comes back.
    Lost,
    /// It goes nowhere; this is the answer.
    Answer(Vec<u8>),
    /// This is the beginning of an answer, and then nothing more happens.
    Hang(Vec<u8>),
    /// Its body is not even read.
    Deaf,
    /// This is the answer, before its body is read; the rest of it is then let in.
    Early(Vec<u8>),
}

/// A running proxy. It ends with this.
pub struct Proxy {
    address: SocketAddr,
    served: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Proxy {
    /// Before the MESH at `base`; `decide` is told the request's head, in small letters, and
    /// how many came before.
    pub async fn before(
        base: &str,
        decide: impl Fn(&str, usize) -> Act + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mesh = base.trim_start_matches("http://").to_owned();
        let served = Arc::new(AtomicUsize::new(0));
        let (count, decide) = (Arc::clone(&served), Arc::new(decide));
        let task = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (mesh, count) = (mesh.clone(), Arc::clone(&count));
                let decide = Arc::clone(&decide);
                tokio::spawn(async move {
                    let decide = |head: &str| decide(head, count.fetch_add(1, Ordering::SeqCst));
                    let _ = serve(stream, &mesh, decide).await;
                });
            }
        });
        Self {
            address,
            served,
            task,
        }
    }

    /// With no MESH behind it.
    pub async fn alone(act: Act) -> Self {
        Self::before("", move |_, _| act.clone()).await
    }

    pub fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How many requests came.
    pub fn served(&self) -> usize {
        self.served.load(Ordering::SeqCst)
    }
}

/// An answer, its length said, the connection closed after it.
pub fn answer(status: u16, headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n{headers}\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

async fn serve(
    mut client: TcpStream,
    mesh: &str,
    decide: impl Fn(&str) -> Act,
) -> std::io::Result<()> {
    let mut request = Vec::new();
    let head = loop {
        if client.read_buf(&mut request).await? == 0 {
            return Ok(());
        }
        if let Some(at) = find(&request, b"\r\n\r\n") {
            break at + 4;
        }
    };
    let text = String::from_utf8_lossy(&request[..head]).to_ascii_lowercase();
    let act = decide(&text);
    if let Act::Early(answer) = &act {
        client.write_all(answer).await?;
    }
    if !matches!(act, Act::Deaf) {
        while !is_whole(&text, &request[head..]) {
            if client.read_buf(&mut request).await? == 0 {
                return Ok(());
            }
        }
    }
    match act {
        Act::Answer(answer) => client.write_all(&answer).await?,
        Act::Early(_) => {}
        Act::Hang(begun) => {
            client.write_all(&begun).await?;
            std::future::pending::<()>().await;
        }
        Act::Deaf => std::future::pending::<()>().await,
        Act::Pass => client.write_all(&forward(mesh, &request).await?).await?,
        Act::Lost => drop(forward(mesh, &request).await?),
        Act::Cut(bytes) => {
            let answer = forward(mesh, &request).await?;
            let body = find(&answer, b"\r\n\r\n").unwrap() + 4;
            client
                .write_all(&answer[..answer.len().min(body + bytes)])
                .await?;
        }
    }
    client.shutdown().await
}

/// The answer of MESH.
async fn forward(mesh: &str, request: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut server = TcpStream::connect(mesh).await?;
    let line = find(request, b"\r\n").unwrap() + 2;
    server.write_all(&request[..line]).await?;
    server.write_all(b"connection: close\r\n").await?;
    server.write_all(&request[line..]).await?;
    let mut answer = Vec::new();
    server.read_to_end(&mut answer).await?;
    Ok(answer)
}

fn is_whole(head: &str, body: &[u8]) -> bool {
    if head.contains("transfer-encoding: chunked") {
        return body.ends_with(b"0\r\n\r\n");
    }
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .map_or(0, |length| length.parse().unwrap());
    body.len() >= length
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes
        .windows(wanted.len())
        .position(|window| window == wanted)
}
