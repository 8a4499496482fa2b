//! One MIME entity: its header fields, and where its body begins (RFC 5322, section 2.2;
//! RFC 2045, section 2.4). Field values are parsed by `mail-parser`, each by itself.

use mail_parser::parsers::MessageStream;
use mail_parser::{ContentType, HeaderValue};

use crate::limits::Refused;

/// A header field as it stands.
#[derive(Clone, Copy)]
pub(crate) struct Field<'x> {
    /// The name, without white space around it.
    pub(crate) name: &'x [u8],
    /// The value with its folds, its last line end included.
    pub(crate) value: &'x [u8],
}

impl Field<'_> {
    pub(crate) fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }
}

/// An entity.
#[derive(Clone)]
pub(crate) struct Entity<'x> {
    /// The header fields, in order.
    pub(crate) fields: Vec<Field<'x>>,
    /// What follows the empty line.
    pub(crate) body: &'x [u8],
}

impl<'x> Entity<'x> {
    /// Splits header from body. A line that is neither a field nor its continuation is passed
    /// over; bytes with no empty line are all header.
    pub(crate) fn read(raw: &'x [u8], max_header: usize) -> Result<Self, Refused> {
        let mut fields = Vec::new();
        let mut at = 0;
        let mut open: Option<(&'x [u8], usize)> = None;
        let body = loop {
            let line = line_at(raw, at);
            let end = at + line.len();
            let folded = line.first().is_some_and(|b| matches!(b, b' ' | b'\t'));
            if folded && open.is_some() && !line.is_empty() {
                at = end;
            } else {
                if let Some((name, from)) = open.take() {
                    fields.push(field(name, raw.get(from..at).unwrap_or_default()));
                }
                if line.is_empty() || matches!(line, b"\n" | b"\r\n") {
                    break end;
                }
                open = name_of(line).map(|(name, skip)| (name, at + skip));
                at = end;
            }
            if at > max_header {
                return Err(Refused::Headers { max: max_header });
            }
        };
        Ok(Self {
            fields,
            body: raw.get(body..).unwrap_or_default(),
        })
    }

    /// The entity; or, where no field is one that entities and mails have, all of it as text:
    /// some tools seal a text as it is, without a header.
    pub(crate) fn read_or_text(raw: &'x [u8], max_header: usize) -> Result<Self, Refused> {
        let entity = Self::read(raw, max_header);
        let known = |field: &Field<'_>| {
            let name = field.name.to_ascii_lowercase();
            name.starts_with(b"content-")
                || [
                    &b"mime-version"[..],
                    b"from",
                    b"date",
                    b"subject",
                    b"message-id",
                    b"received",
                    b"return-path",
                ]
                .contains(&name.as_slice())
        };
        match entity {
            Ok(entity) if entity.fields.iter().any(known) => Ok(entity),
            Ok(_) => Ok(Self {
                fields: Vec::new(),
                body: raw,
            }),
            Err(refused) => Err(refused),
        }
    }

    /// Every field of that name.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = Field<'x>> + 'a {
        self.fields
            .iter()
            .copied()
            .filter(move |field| field.is(name))
    }

    /// The first field of that name as it stands, unfolded.
    pub(crate) fn plain(&self, name: &str) -> Option<String> {
        self.all(name).next().map(|field| unfold(field.value))
    }

    /// A field of the form of `Content-Type`.
    pub(crate) fn typed(&self, name: &str) -> Option<ContentType<'static>> {
        let field = self.all(name).next()?;
        let value = ended(field.value);
        match MessageStream::new(&value).parse_content_type().into_owned() {
            HeaderValue::ContentType(read) => Some(read),
            HeaderValue::Text(_)
            | HeaderValue::Address(_)
            | HeaderValue::TextList(_)
            | HeaderValue::DateTime(_)
            | HeaderValue::Received(_)
            | HeaderValue::Empty => None,
        }
    }

    /// The media type in lower case, `text/plain` where there is none (RFC 2045, 5.2).
    pub(crate) fn media_type(&self, default: &str) -> String {
        let read = self.typed("Content-Type").and_then(|read| {
            let subtype = read.subtype()?.to_owned();
            Some(format!("{}/{subtype}", read.ctype()).to_ascii_lowercase())
        });
        match read {
            Some(read) if read.bytes().all(type_byte) => read,
            Some(_) => "application/octet-stream".to_owned(),
            None => default.to_owned(),
        }
    }

    /// A parameter of `Content-Type`.
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        let read = self.typed("Content-Type")?;
        read.attribute(name).map(str::to_owned)
    }
}

fn type_byte(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"/!#$&-^_.+".contains(&b)
}

fn field<'x>(name: &'x [u8], value: &'x [u8]) -> Field<'x> {
    Field { name, value }
}

/// The line that begins at `at`, its line end included.
pub(crate) fn line_at(bytes: &[u8], at: usize) -> &[u8] {
    let rest = bytes.get(at..).unwrap_or_default();
    let end = rest
        .iter()
        .position(|b| *b == b'\n')
        .map_or(rest.len(), |n| n + 1);
    rest.get(..end).unwrap_or_default()
}

/// The field's name, and how many bytes it takes with its colon.
fn name_of(line: &[u8]) -> Option<(&[u8], usize)> {
    let colon = line.iter().position(|b| *b == b':')?;
    let name = line.get(..colon)?.trim_ascii();
    let fits = !name.is_empty() && name.iter().all(|b| (33..127).contains(b));
    fits.then_some((name, colon + 1))
}

/// Unstructured text, its encoded words read (RFC 2047).
pub(crate) fn text(value: &[u8]) -> String {
    match MessageStream::new(&ended(value)).parse_unstructured() {
        HeaderValue::Text(text) => text.trim().to_owned(),
        HeaderValue::Address(_)
        | HeaderValue::TextList(_)
        | HeaderValue::DateTime(_)
        | HeaderValue::ContentType(_)
        | HeaderValue::Received(_)
        | HeaderValue::Empty => String::new(),
    }
}

/// The value on one line.
pub(crate) fn unfold(value: &[u8]) -> String {
    let text = String::from_utf8_lossy(value);
    text.replace(['\r', '\n'], "").trim().to_owned()
}

/// The parsers want a line end.
pub(crate) fn ended(value: &[u8]) -> Vec<u8> {
    let mut value = value.to_vec();
    if !value.ends_with(b"\n") {
        value.push(b'\n');
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(raw: &[u8]) -> Entity<'_> {
        Entity::read(raw, 1000).unwrap()
    }

    #[test]
    fn folded_fields_are_one_field_and_the_body_follows_the_empty_line() {
        let entity = read(b"Subject: a\r\n b\r\nX: y\r\n\r\nbody\r\n");
        assert_eq!(text(entity.all("subject").next().unwrap().value), "a b");
        assert_eq!(entity.plain("x").unwrap(), "y");
        assert_eq!(entity.body, b"body\r\n");
    }

    #[test]
    fn line_feeds_alone_and_no_body_are_read_too() {
        let entity = read(b"A: 1\nB: 2");
        assert_eq!(entity.fields.len(), 2);
        assert!(entity.body.is_empty());
        assert_eq!(read(b"\nbody").body, b"body");
    }

    #[test]
    fn a_field_that_is_there_twice_is_two_fields() {
        let entity = read(b"From: a@b.example\nFROM : c@d.example\n\n");
        assert_eq!(entity.all("from").count(), 2);
    }

    #[test]
    fn a_header_beyond_the_limit_is_refused() {
        let raw = format!("A: {}\n\n", "x".repeat(2000));
        assert_eq!(
            Entity::read(raw.as_bytes(), 1000).err(),
            Some(Refused::Headers { max: 1000 })
        );
        let endless = "A: x\n".repeat(1000);
        assert!(Entity::read(endless.as_bytes(), 1000).is_err());
    }

    #[test]
    fn a_media_type_that_is_none_is_bytes() {
        assert_eq!(
            read(b"Content-Type: TEXT/HTML; x=y\n\n").media_type("a/b"),
            "text/html"
        );
        assert_eq!(read(b"A: b\n\n").media_type("text/plain"), "text/plain");
        assert_eq!(
            read(b"Content-Type: te\"xt/<x>\n\n").media_type("a/b"),
            "application/octet-stream"
        );
    }
}
