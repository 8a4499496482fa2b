//! Reads JSON (RFC 8259) as it streams in, within limits. The base64 of an attachment goes to a
//! sink piece by piece, and never stands in memory whole.

mod number;
mod string;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::io::Read;

use super::base64::{Decoder, Fault, Sink};
use super::bytes::{Bytes, Stop};
use super::{Attachment, Json};
use crate::issue::{Cause, Issue, Outcome, ReadError, Severity};
use crate::limits::Limits;

/// The elements that have the type `Attachment` in what the gateway reads.
const ATTACHMENTS: [&str; 2] = ["attachment", "contentAttachment"];

/// What was read: the value, and every attachment that went to the sink.
pub(crate) struct Parsed {
    pub(crate) value: Json,
    pub(crate) attachments: Vec<Attachment>,
}

/// Reads one JSON object and nothing after it.
pub(crate) fn read<R: Read, S: Sink + ?Sized>(
    input: R,
    limits: &Limits,
    sink: &mut S,
) -> Result<Parsed, ReadError> {
    let mut parser = Parser {
        bytes: Bytes::new(input, limits.whole),
        limits,
        sink,
        path: Vec::new(),
        values: 0,
        streamed: 0,
        attachments: Vec::new(),
    };
    parser.space()?;
    if parser.peek()? != Some(b'{') {
        return Err(parser.syntax("begins with something else: send one resource, an object"));
    }
    let value = parser.value(false)?;
    parser.space()?;
    if parser.peek()?.is_some() {
        return Err(parser.syntax("goes on after its end: send one resource"));
    }
    Ok(Parsed {
        value,
        attachments: parser.attachments,
    })
}

struct Parser<'a, R, S: Sink + ?Sized> {
    bytes: Bytes<R>,
    limits: &'a Limits,
    sink: &'a mut S,
    path: Vec<Step>,
    values: usize,
    streamed: u64,
    attachments: Vec<Attachment>,
}

enum Step {
    Name(String),
    Index(usize),
}

impl<R: Read, S: Sink + ?Sized> Parser<'_, R, S> {
    /// Where the parser is, in `FHIRPath` without the resource's type. It ends before a name that
    /// is no element's, which may be anything.
    fn at(&self) -> String {
        let mut at = String::new();
        for step in &self.path {
            match step {
                Step::Index(n) => at.extend(["[", &n.to_string(), "]"]),
                Step::Name(name) if is_element(name) => {
                    let dot = if at.is_empty() { "" } else { "." };
                    at.extend([dot, name]);
                }
                Step::Name(_) => break,
            }
        }
        at
    }

    fn refuse(&self, severity: Severity, cause: Cause, words: &str) -> ReadError {
        Outcome::of(Issue {
            severity,
            cause,
            expression: self.at(),
            diagnostics: words.to_owned(),
        })
        .into()
    }

    fn syntax(&self, words: &str) -> ReadError {
        self.refuse(Severity::Fatal, Cause::Syntax, words)
    }

    fn too_much(&self, words: &str) -> ReadError {
        self.refuse(Severity::Fatal, Cause::TooMuch, words)
    }

    fn stopped(&self, stop: Stop) -> ReadError {
        match stop {
            Stop::Io(error) => error.into(),
            Stop::Limit => self.too_much("is larger than a message may be: send fewer documents"),
        }
    }

    fn peek(&mut self) -> Result<Option<u8>, ReadError> {
        let peeked = self.bytes.peek();
        peeked.map_err(|stop| self.stopped(stop))
    }

    /// The next byte, which must be there.
    fn next(&mut self) -> Result<u8, ReadError> {
        match self.bytes.next() {
            Ok(Some(byte)) => Ok(byte),
            Ok(None) => Err(self.syntax("ends before its end: send it whole")),
            Err(stop) => Err(self.stopped(stop)),
        }
    }

    fn space(&mut self) -> Result<(), ReadError> {
        while matches!(self.peek()?, Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.next()?;
        }
        // White space counts as well: it is as long to read as anything else.
        if self.bytes.taken().saturating_sub(self.streamed) > self.limits.structure {
            return Err(self.too_much("holds more text than is read: attach it as documents"));
        }
        Ok(())
    }

    /// `attachment` says that the value is that of an element of the type `Attachment`.
    fn value(&mut self, attachment: bool) -> Result<Json, ReadError> {
        self.values += 1;
        if self.values > self.limits.values {
            return Err(self.too_much("holds more values than are read: send less at once"));
        }
        match self.peek()? {
            Some(b'{') => self.object(attachment),
            Some(b'[') => self.list(attachment),
            Some(b'"') => {
                self.next()?;
                Ok(Json::Text(self.string()?))
            }
            Some(b't') => self.word("true", Json::Bool(true)),
            Some(b'f') => self.word("false", Json::Bool(false)),
            Some(b'n') => self.word("null", Json::Null),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(_) => Err(self.syntax("is not JSON: send what RFC 8259 describes, in UTF-8")),
            None => Err(self.syntax("ends before its end: send it whole")),
        }
    }

    fn word(&mut self, word: &str, value: Json) -> Result<Json, ReadError> {
        for expected in word.bytes() {
            if self.next()? != expected {
                return Err(self.syntax("is not JSON: write true, false, null, or a string"));
            }
        }
        Ok(value)
    }

    fn deeper(&mut self, step: Step) -> Result<(), ReadError> {
        self.path.push(step);
        if self.path.len() > self.limits.depth {
            return Err(self.too_much("is deeper than is read: leave parts of parts out"));
        }
        Ok(())
    }

    fn list(&mut self, attachment: bool) -> Result<Json, ReadError> {
        self.next()?;
        self.space()?;
        let mut items = Vec::new();
        if self.peek()? == Some(b']') {
            return Err(self.syntax("is an empty array: leave the element out"));
        }
        loop {
            self.deeper(Step::Index(items.len()))?;
            self.space()?;
            items.push(self.value(attachment)?);
            self.path.pop();
            self.space()?;
            match self.next()? {
                b',' => {}
                b']' => return Ok(Json::List(items)),
                _ => return Err(self.syntax("is not JSON: put a comma between values")),
            }
        }
    }

    fn object(&mut self, attachment: bool) -> Result<Json, ReadError> {
        self.next()?;
        self.space()?;
        let mut members = Vec::new();
        let mut names = BTreeSet::new();
        if self.peek()? == Some(b'}') {
            return Err(self.syntax("is an empty object: leave the element out"));
        }
        loop {
            self.space()?;
            if self.next()? != b'"' {
                return Err(self.syntax("is not JSON: an object's names are strings"));
            }
            let name = self.string()?;
            self.deeper(Step::Name(name.clone()))?;
            if !names.insert(name.clone()) {
                return Err(self.syntax("is there twice: write each element once"));
            }
            let value = self.member(&name, attachment)?;
            members.push((name, value));
            self.path.pop();
            self.space()?;
            match self.next()? {
                b',' => {}
                b'}' => return Ok(Json::Object(members)),
                _ => return Err(self.syntax("is not JSON: put a comma between members")),
            }
        }
    }

    fn member(&mut self, name: &str, attachment: bool) -> Result<Json, ReadError> {
        self.space()?;
        if self.next()? != b':' {
            return Err(self.syntax("is not JSON: put a colon after a name"));
        }
        self.space()?;
        if attachment && name == "data" && self.peek()? == Some(b'"') {
            self.next()?;
            return self.data();
        }
        self.value(ATTACHMENTS.contains(&name))
    }

    /// An attachment's data, after its opening quotation mark.
    fn data(&mut self) -> Result<Json, ReadError> {
        if self.attachments.len() >= self.limits.attachments {
            return Err(self.too_much("is one document too many: send the rest in a second answer"));
        }
        let from = self.bytes.taken();
        let read = self.decoded();
        self.streamed = self
            .streamed
            .saturating_add(self.bytes.taken().saturating_sub(from));
        let attachment = read?;
        self.attachments.push(attachment.clone());
        Ok(Json::Attachment(attachment))
    }

    fn decoded(&mut self) -> Result<Attachment, ReadError> {
        let from = self.bytes.taken();
        let Self {
            bytes,
            sink,
            attachments,
            limits,
            ..
        } = self;
        let read = (|| {
            let mut decoder = Decoder::begin(&mut **sink, attachments.len())?;
            loop {
                if bytes.taken().saturating_sub(from) > limits.attachment {
                    return Err(Data::TooLong);
                }
                let piece = bytes.fill()?;
                let plain = memchr::memchr2(b'"', b'\\', piece).unwrap_or(piece.len());
                decoder.push(piece.get(..plain).unwrap_or_default())?;
                bytes.take(plain);
                match bytes.peek()? {
                    Some(b'"') => break,
                    Some(b'\\') => decoder.push(&[string::base64_escape(bytes)?])?,
                    Some(_) => {}
                    None => return Err(Data::Cut),
                }
            }
            bytes.take(1);
            Ok(decoder.end()?)
        })();
        read.map_err(|fault| match fault {
            Data::TooLong => self.too_much("is larger than a document may be: send it in parts"),
            Data::Cut => self.syntax("ends before its end: send it whole"),
            Data::Stop(stop) => self.stopped(stop),
            Data::Base64(Fault::Io(error)) => error.into(),
            Data::Base64(Fault::NotBase64) => self.refuse(
                Severity::Error,
                Cause::BadValue,
                "is not base64: write the document's bytes as RFC 4648, section 4, with padding",
            ),
        })
    }
}

/// Why an attachment's data is not read.
enum Data {
    TooLong,
    Cut,
    Stop(Stop),
    Base64(Fault),
}

impl From<Stop> for Data {
    fn from(stop: Stop) -> Self {
        Self::Stop(stop)
    }
}

impl From<Fault> for Data {
    fn from(fault: Fault) -> Self {
        Self::Base64(fault)
    }
}

/// Whether a name can be that of an element, and so stand in a path.
pub(crate) fn is_element(name: &str) -> bool {
    let mut bytes = name.bytes();
    name.len() <= 64
        && bytes
            .next()
            .is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
        && bytes.all(|b| b.is_ascii_alphanumeric())
}
