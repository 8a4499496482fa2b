//! A large message, of which neither side ever holds more than a little.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Poll};

use async_trait::async_trait;
use gateway_mesh::{Client, Incoming, Reader, Source};
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncRead, ReadBuf};

use crate::sandbox::{OURS, Sandbox, THEIRS, config, outgoing};

const LENGTH: usize = 64 * 1024 * 1024;
const CHUNK: usize = 8 * 1024 * 1024;
/// The most that is ever to be in hand.
const PIECE: usize = 2 * 1024 * 1024;

/// Content that lies nowhere: each byte is made from its place. It counts what it is asked for.
#[derive(Clone, Default)]
struct Made {
    given: Arc<AtomicU64>,
    most: Arc<AtomicUsize>,
}

struct MadeReader {
    made: Made,
    at: usize,
}

fn made(at: usize) -> u8 {
    (at ^ (at >> 9) ^ (at >> 17)).to_le_bytes()[0]
}

impl AsyncRead for MadeReader {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let room = buffer.remaining().min(LENGTH - self.at);
        self.made.most.fetch_max(room, Ordering::SeqCst);
        self.made.given.fetch_add(room as u64, Ordering::SeqCst);
        let from = self.at;
        let piece = (from..from + room).map(made).collect::<Vec<_>>();
        buffer.put_slice(&piece);
        self.at += room;
        Poll::Ready(Ok(()))
    }
}

#[async_trait]
impl Source for Made {
    async fn open(&self, from: u64) -> io::Result<Reader> {
        Ok(Box::new(MadeReader {
            made: self.clone(),
            at: usize::try_from(from).unwrap(),
        }))
    }
}

#[tokio::test]
async fn a_message_of_64_mib_goes_up_and_down_in_pieces() {
    let mesh = Sandbox::start();
    let mut config = config(mesh.base(), OURS);
    config.chunk = CHUNK as u64;
    let ours = Client::new(config).unwrap();
    let mut digest = Sha256::new();
    for from in (0..LENGTH).step_by(CHUNK) {
        digest.update((from..from + CHUNK).map(made).collect::<Vec<_>>());
    }
    let expected = digest.finalize();
    for compress in [false, true] {
        let source = Made::default();
        let mut message = outgoing(LENGTH);
        message.compress = compress;
        let id = ours.send(&message, &source).await.unwrap();
        assert_eq!(source.given.load(Ordering::SeqCst), LENGTH as u64);
        assert!(source.most.load(Ordering::SeqCst) <= 64 * 1024);

        let theirs = mesh.client(THEIRS);
        let Incoming::Data(mut download) = theirs.collect(&id, LENGTH as u64).await.unwrap() else {
            panic!("a report")
        };
        assert_eq!(download.headers().chunks, 8);
        let (mut digest, mut length) = (Sha256::new(), 0);
        while let Some(piece) = download.next().await.unwrap() {
            assert!(piece.len() <= PIECE, "{}", piece.len());
            digest.update(&piece);
            length += piece.len();
        }
        assert_eq!(length, LENGTH);
        assert_eq!(digest.finalize(), expected);
        theirs.acknowledge(&id).await.unwrap();
    }
}
