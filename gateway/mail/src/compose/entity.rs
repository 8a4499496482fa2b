//! The part of a mail that people read: its text and its files.

use std::fmt::Write;

use memchr::memmem;

use super::base64::base64_lines;
use super::head::Head;
use super::header::clean;
use super::quoted::quoted_printable;

/// The longest name of a file, in characters.
const LONGEST_NAME: usize = 150;

/// A file that goes along.
#[derive(Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Its name; what leads out of a folder is replaced.
    pub name: String,
    /// Its media type, `type/subtype`. What is no such thing, and `multipart` and `message`,
    /// which have no base64, become `application/octet-stream`.
    pub media_type: String,
    /// The file.
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for Attachment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Attachment")
            .field("bytes", &self.bytes.len())
            .finish_non_exhaustive()
    }
}

/// How the header is protected (RFC 9788 section 2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protection {
    /// The entity is signed and not encrypted: `hp="clear"`.
    Clear,
    /// The entity is encrypted: `hp="cipher"`, and `HP-Outer` says what is to be seen outside.
    Cipher,
}

/// The header that is repeated inside an entity, so that signature and encryption hold it too
/// (RFC 9788).
#[derive(Debug, Clone, Copy)]
pub struct Protected<'a> {
    /// How.
    pub how: Protection,
    /// The true header.
    pub head: &'a Head,
    /// With [`Protection::Cipher`], the subject that is seen outside: the one that the outer
    /// [`Head`] must have. `[...]` where it is none.
    pub outer_subject: Option<&'a str>,
}

/// A MIME entity: the text, and the files in `multipart/mixed` where there are any. Lines end
/// in CRLF and all is 7-bit; text is UTF-8 in quoted-printable or base64, and ends its last
/// line. Boundaries are made from `seed`, such as the message's id, and occur in no part.
pub fn entity(seed: &str, text: &str, files: &[Attachment]) -> Vec<u8> {
    build(seed, text, files, "", Vec::new())
}

/// An entity that repeats the header inside (RFC 9788).
pub fn protected_entity(
    seed: &str,
    text: &str,
    files: &[Attachment],
    protected: &Protected<'_>,
) -> Vec<u8> {
    let (parameter, outer) = match protected.how {
        Protection::Clear => (";\r\n hp=\"clear\"", Vec::new()),
        Protection::Cipher => {
            let subject = protected.outer_subject.unwrap_or("[...]");
            (";\r\n hp=\"cipher\"", protected.head.fields(subject))
        }
    };
    let mut fields = protected.head.lines();
    for field in outer {
        fields.extend_from_slice(b"HP-Outer: ");
        fields.extend_from_slice(&field);
    }
    build(seed, text, files, parameter, fields)
}

fn build(
    seed: &str,
    text: &str,
    files: &[Attachment],
    parameter: &str,
    mut fields: Vec<u8>,
) -> Vec<u8> {
    if files.is_empty() {
        fields.extend_from_slice(&text_part(text, parameter));
        return fields;
    }
    let mut parts = vec![text_part(text, "")];
    parts.extend(files.iter().map(file_part));
    let all: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
    let boundary = boundary('m', seed, &all);
    fields.extend_from_slice(
        format!("Content-Type: multipart/mixed; boundary=\"{boundary}\"{parameter}\r\n\r\n")
            .as_bytes(),
    );
    for part in parts {
        fields.extend_from_slice(format!("--{boundary}\r\n").as_bytes());
        fields.extend_from_slice(&part);
        fields.extend_from_slice(b"\r\n");
    }
    fields.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    fields
}

/// A boundary that occurs in none of `parts`. `=_` cannot stand in base64 or quoted-printable
/// (RFC 2045 section 6.7); for parts made elsewhere it is looked for.
pub(super) fn boundary(kind: char, seed: &str, parts: &[&[u8]]) -> String {
    let seed: String = seed
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .take(40)
        .collect();
    let mut number = 0_u32;
    loop {
        let boundary = format!("=_{kind}_{number}_{seed}");
        let found = |part: &&[u8]| memmem::find(part, boundary.as_bytes()).is_some();
        if !parts.iter().any(found) {
            return boundary;
        }
        number = number.wrapping_add(1);
    }
}

fn text_part(text: &str, parameter: &str) -> Vec<u8> {
    let text = crlf(text);
    let other = text.bytes().filter(|octet| !octet.is_ascii()).count();
    // Quoted-printable takes three octets for one, base64 four for three.
    let base64 = other * 6 > text.len();
    let encoding = if base64 { "base64" } else { "quoted-printable" };
    let mut part = format!(
        "Content-Type: text/plain; charset=utf-8{parameter}\r\n\
         Content-Transfer-Encoding: {encoding}\r\n\r\n"
    )
    .into_bytes();
    if base64 {
        base64_lines(text.as_bytes(), &mut part);
    } else {
        part.extend_from_slice(quoted_printable(&text).as_bytes());
    }
    part
}

/// All line ends as CRLF, the last one as well.
fn crlf(text: &str) -> String {
    let mut text = text.replace("\r\n", "\n").replace('\r', "\n");
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text.replace('\n', "\r\n")
}

fn file_part(file: &Attachment) -> Vec<u8> {
    let mut part = format!(
        "Content-Type: {}\r\nContent-Transfer-Encoding: base64\r\n\
         Content-Disposition: attachment;\r\n{}\r\n",
        media_type(&file.media_type),
        file_name(&file.name)
    )
    .into_bytes();
    base64_lines(&file.bytes, &mut part);
    part
}

fn media_type(text: &str) -> String {
    let token = |text: &str| {
        let good = |c: char| c.is_ascii_alphanumeric() || "!#$&^_.+-".contains(c);
        (1..=64).contains(&text.len()) && text.chars().all(good)
    };
    let text = text.to_ascii_lowercase();
    match text.split_once('/') {
        Some(("multipart" | "message", _)) => {}
        Some((kind, subtype)) if token(kind) && token(subtype) => return text,
        _ => {}
    }
    "application/octet-stream".to_owned()
}

/// The `filename` parameter, quoted where it is ASCII and fits a line, else in the pieces of
/// RFC 2231. Not a second time as `name`: RFC 2047 forbids encoded words there.
fn file_name(name: &str) -> String {
    let inside = |c: char| if matches!(c, '/' | '\\') { '_' } else { c };
    let name: String = clean(name).chars().take(LONGEST_NAME).map(inside).collect();
    let name = match name.trim() {
        "" | "." | ".." => "unnamed",
        name => name,
    };
    let plain = |octet: u8| matches!(octet, b' '..=b'~');
    if name.len() <= 60 && name.bytes().all(plain) {
        return format!(" filename=\"{}\"\r\n", name.replace('"', "\\\""));
    }
    let mut out = String::new();
    let mut piece = String::from("utf-8''");
    let mut number = 0;
    for octet in name.bytes() {
        if piece.len() > 55 {
            let _ = write!(out, " filename*{number}*={piece};\r\n");
            piece.clear();
            number += 1;
        }
        if octet.is_ascii_alphanumeric() || b"-._".contains(&octet) {
            piece.push(char::from(octet));
        } else {
            let _ = write!(piece, "%{octet:02X}");
        }
    }
    if number == 0 {
        return format!(" filename*={piece}\r\n");
    }
    let _ = write!(out, " filename*{number}*={piece}\r\n");
    out
}
