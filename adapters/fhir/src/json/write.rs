//! Writes JSON to a writer, and the base64 of attachments from a source, piece by piece.

use std::io::{self, Read, Write};

use base64::engine::general_purpose::STANDARD;
use base64::write::EncoderWriter;

use super::Json;

/// Gives the bytes of attachments as they are written.
pub trait Source {
    /// A reader of the bytes of the attachment of that index.
    fn open(&mut self, index: usize) -> io::Result<Box<dyn Read + '_>>;
}

/// Has no attachment: to be asked for one is a failure.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoSource;

impl Source for NoSource {
    fn open(&mut self, _: usize) -> io::Result<Box<dyn Read + '_>> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

impl Json {
    /// Writes the value to `out` without white space. Attachments are read from `source`, a piece
    /// at a time; nothing holds one whole.
    ///
    /// Fails as the writer or the source fails.
    pub fn write_to(&self, out: &mut dyn Write, source: &mut dyn Source) -> io::Result<()> {
        match self {
            Self::Null => out.write_all(b"null"),
            Self::Bool(value) => write!(out, "{value}"),
            Self::Number(number) => out.write_all(number.as_bytes()),
            Self::Text(text) => string(text, out),
            Self::Attachment(attachment) => encoded(attachment.index, out, source),
            Self::List(items) => list(items, out, source),
            Self::Object(members) => object(members, out, source),
        }
    }

    /// The value as text, where it has no attachment in it.
    ///
    /// Fails where it has one: that is written with [`Json::write_to`].
    pub fn to_text(&self) -> io::Result<String> {
        let mut out = Vec::new();
        self.write_to(&mut out, &mut NoSource)?;
        String::from_utf8(out).map_err(io::Error::other)
    }
}

fn string(text: &str, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer(out, text).map_err(io::Error::from)
}

fn encoded(index: usize, out: &mut dyn Write, source: &mut dyn Source) -> io::Result<()> {
    out.write_all(b"\"")?;
    let mut reader = source.open(index)?;
    let mut encoder = EncoderWriter::new(&mut *out, &STANDARD);
    io::copy(&mut reader, &mut encoder)?;
    encoder.finish()?;
    drop(encoder);
    out.write_all(b"\"")
}

fn list(items: &[Json], out: &mut dyn Write, source: &mut dyn Source) -> io::Result<()> {
    out.write_all(b"[")?;
    for (n, item) in items.iter().enumerate() {
        if n > 0 {
            out.write_all(b",")?;
        }
        item.write_to(out, source)?;
    }
    out.write_all(b"]")
}

fn object(
    members: &[(String, Json)],
    out: &mut dyn Write,
    source: &mut dyn Source,
) -> io::Result<()> {
    out.write_all(b"{")?;
    for (n, (name, value)) in members.iter().enumerate() {
        if n > 0 {
            out.write_all(b",")?;
        }
        string(name, out)?;
        out.write_all(b":")?;
        value.write_to(out, source)?;
    }
    out.write_all(b"}")
}
