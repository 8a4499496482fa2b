//! PDF (ISO 32000-1): encryption, actions, and files within. The file is searched rather than
//! parsed: what a strict reader would not see, a lenient viewer may still act on.

use memchr::{memchr_iter, memmem};

use crate::Finding;
use crate::deflate::{self, End};
use crate::look::Look;

/// Longest name that is looked for, written with an escape for each letter.
const LONGEST: usize = 48;
/// How far behind its type a stream may begin.
const DICTIONARY: usize = 4096;

pub(crate) fn look(look: &mut Look, bytes: &[u8], depth: usize) {
    let found = names(look, bytes);
    // The streams of an encrypted document say nothing.
    if found.encrypted {
        return look.find(Finding::EncryptedDocument);
    }
    for (kind, at) in found.streams {
        if !look.member() {
            return;
        }
        let Some(data) = data(bytes, at) else {
            continue;
        };
        let Some(content) = content(look, data) else {
            continue;
        };
        match kind {
            Stream::Objects => drop(names(look, &content)),
            Stream::File => drop(look.document("", &content, depth + 1)),
        }
    }
}

/// The streams that have to be opened.
#[derive(Debug, Clone, Copy)]
enum Stream {
    /// Objects of the document itself (7.5.7).
    Objects,
    /// A file within (7.11.4).
    File,
}

/// What the names in a document tell.
#[derive(Debug, Default)]
struct Named {
    encrypted: bool,
    /// The streams to be opened, and where their dictionaries go on.
    streams: Vec<(Stream, usize)>,
}

/// Reads the names; those of actions are found.
fn names(look: &mut Look, bytes: &[u8]) -> Named {
    let mut named = Named::default();
    for at in memchr_iter(b'/', bytes) {
        let from = at + 1;
        let (name, length) = name(bytes.get(from..).unwrap_or_default());
        let end = from + length;
        match name.as_slice() {
            b"JavaScript" | b"Launch" => look.find(Finding::ActivePdf),
            b"Encrypt" if is_dictionary(bytes.get(end..).unwrap_or_default()) => {
                named.encrypted = true;
            }
            b"ObjStm" => named.streams.push((Stream::Objects, end)),
            b"EmbeddedFile" => named.streams.push((Stream::File, end)),
            _ => {}
        }
        // One more than is opened, so that it is said.
        named.streams.truncate(look.members_left() + 1);
    }
    named
}

/// A name with its escapes read (7.3.5), and its length as written.
fn name(bytes: &[u8]) -> (Vec<u8>, usize) {
    let mut name = Vec::new();
    let mut at = 0;
    while let Some(&byte) = bytes
        .get(at)
        .filter(|byte| at < LONGEST && is_regular(**byte))
    {
        let escaped = bytes
            .get(at + 1..at + 3)
            .filter(|_| byte == b'#')
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        name.push(escaped.unwrap_or(byte));
        at += if escaped.is_some() { 3 } else { 1 };
    }
    (name, at)
}

/// Neither white space nor a delimiter (7.2.2).
fn is_regular(byte: u8) -> bool {
    !matches!(byte, 0 | b'\t' | b'\n' | 0x0c | b'\r' | b' ') && !b"()<>[]{}/%".contains(&byte)
}

/// Whether a dictionary or a reference to one follows.
fn is_dictionary(bytes: &[u8]) -> bool {
    let rest = bytes.trim_ascii_start();
    rest.first()
        .is_some_and(|byte| byte.is_ascii_digit() || matches!(byte, b'<' | b'%'))
}

/// The data of the stream whose dictionary goes on at that place.
fn data(bytes: &[u8], at: usize) -> Option<&[u8]> {
    let rest = bytes.get(at..)?;
    let near = rest.get(..DICTIONARY).unwrap_or(rest);
    let keyword = memmem::find(near, b"stream")?;
    let data = rest.get(keyword + b"stream".len()..)?;
    let data = data.strip_prefix(b"\r").unwrap_or(data);
    Some(data.strip_prefix(b"\n").unwrap_or(data))
}

/// What a stream holds, inflated where it is deflated; nothing where it cannot be read.
fn content(look: &mut Look, data: &[u8]) -> Option<Vec<u8>> {
    let room = look.room();
    let deflated = data
        .first_chunk::<2>()
        .is_some_and(|head| head[0] & 0x0f == 8 && u16::from_be_bytes(*head) % 31 == 0);
    if !deflated {
        let near = data.get(..room).unwrap_or(data);
        let end = memmem::find(near, b"endstream").unwrap_or(near.len());
        if end == near.len() && near.len() < data.len() {
            look.find(Finding::TooDeep);
        }
        look.spend(end);
        return near.get(..end).map(<[u8]>::to_vec);
    }
    let inflated = deflate::zlib(data, room);
    look.spend(inflated.bytes.len());
    match inflated.end {
        End::Whole => {}
        End::Limit => look.find(Finding::TooDeep),
        End::Damaged => look.find(Finding::Unreadable),
    }
    Some(inflated.bytes)
}
