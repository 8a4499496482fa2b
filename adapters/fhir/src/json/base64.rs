//! Base64 (RFC 4648, section 4) that comes in pieces, decoded to a sink.

use std::io;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::Attachment;

/// Characters that are decoded at once: a multiple of four.
const PIECE: usize = 64 * 1024;

/// Takes the bytes of attachments as they are read. The same calls come for each, in this order.
pub trait Sink {
    /// An attachment begins; `index` counts from nought.
    fn begin(&mut self, index: usize) -> io::Result<()>;
    /// The next bytes of it, at most 48 KiB.
    fn write(&mut self, bytes: &[u8]) -> io::Result<()>;
    /// It ended well. Where this never comes, what was written is to be thrown away.
    fn end(&mut self) -> io::Result<()>;
}

/// Takes no attachment: the first is a failure of the sink.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoAttachments;

impl Sink for NoAttachments {
    fn begin(&mut self, _: usize) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn write(&mut self, _: &[u8]) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn end(&mut self) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

/// Why base64 does not decode.
pub(crate) enum Fault {
    /// It is not base64.
    NotBase64,
    /// The sink failed.
    Io(io::Error),
}

/// An attachment in the course of being decoded.
pub(crate) struct Decoder<'s, S: Sink + ?Sized> {
    sink: &'s mut S,
    index: usize,
    waiting: Vec<u8>,
    decoded: Vec<u8>,
    size: u64,
    hash: Sha256,
}

impl<'s, S: Sink + ?Sized> Decoder<'s, S> {
    pub(crate) fn begin(sink: &'s mut S, index: usize) -> Result<Self, Fault> {
        sink.begin(index).map_err(Fault::Io)?;
        Ok(Self {
            sink,
            index,
            waiting: Vec::with_capacity(PIECE),
            decoded: vec![0; PIECE / 4 * 3],
            size: 0,
            hash: Sha256::new(),
        })
    }

    /// Takes characters. White space among them does not matter (R4, base64Binary).
    pub(crate) fn push(&mut self, mut characters: &[u8]) -> Result<(), Fault> {
        while !characters.is_empty() {
            if self.waiting.len() == PIECE {
                // More follows, so that no padding may stand here.
                if self.waiting.last() == Some(&b'=') {
                    return Err(Fault::NotBase64);
                }
                self.decode()?;
            }
            let room = PIECE - self.waiting.len();
            let (now, later) = characters.split_at(room.min(characters.len()));
            let plain = now.iter().copied().filter(|c| !c.is_ascii_whitespace());
            self.waiting.extend(plain);
            characters = later;
        }
        Ok(())
    }

    fn decode(&mut self) -> Result<(), Fault> {
        let length = STANDARD
            .decode_slice(&self.waiting, &mut self.decoded)
            .map_err(|_| Fault::NotBase64)?;
        self.waiting.clear();
        let bytes = self.decoded.get(..length).unwrap_or_default();
        if bytes.is_empty() {
            return Ok(());
        }
        self.hash.update(bytes);
        self.size = self.size.saturating_add(length as u64);
        self.sink.write(bytes).map_err(Fault::Io)
    }

    /// The end of it. One without a byte is no attachment.
    pub(crate) fn end(mut self) -> Result<Attachment, Fault> {
        self.decode()?;
        if self.size == 0 {
            return Err(Fault::NotBase64);
        }
        self.sink.end().map_err(Fault::Io)?;
        Ok(Attachment {
            index: self.index,
            size: self.size,
            sha256: hex::encode(self.hash.finalize()),
        })
    }
}
