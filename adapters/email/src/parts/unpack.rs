//! What is in Outlook's own form of a mail (`winmail.dat`), as if it had been attached itself.

use super::walk::{Found, Walker, kind_by, notes_of};
use super::{Note, PartKind, names};
use crate::file_name::clean;
use crate::limits::Refused;
use crate::tnef::{self, Attached, Content, Message, Pages};

/// How much of a container was unpacked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unpacked {
    /// All of it: it need not be kept.
    Wholly,
    /// Something, or not all of it for certain.
    InPart,
    /// Nothing.
    Not,
}

impl Walker {
    /// A container that was counted as a part, `depth` deep. Where it is not unpacked wholly it
    /// is for the caller to keep.
    pub(super) fn container(&mut self, bytes: &[u8], depth: usize) -> Result<Unpacked, Refused> {
        // What comes out of it is what was in it: it is not counted twice, unless it is kept.
        self.decoded = self.decoded.saturating_add(bytes.len());
        let unpacked = self.message(bytes, None, depth)?;
        if unpacked != Unpacked::Wholly {
            self.spend(bytes.len())?;
        }
        Ok(unpacked)
    }

    /// A message in that form. `within`: the name under which it was attached to another.
    fn message(
        &mut self,
        bytes: &[u8],
        within: Option<&str>,
        depth: usize,
    ) -> Result<Unpacked, Refused> {
        let message = match tnef::read(bytes, self.counter.left()) {
            Ok(message) => message,
            Err(tnef::Unread::NotTnef) => return Ok(Unpacked::Not),
            Err(tnef::Unread::TooMany) => return Err(self.counter.too_many()),
        };
        let known = within.is_none() || message.letter.says_whose();
        let mut wholly = message.complete() && known;
        if !wholly && self.decoded / 2 < bytes.len() {
            // There is no room for it beside what is in it.
            return Ok(Unpacked::Not);
        }
        let before = (self.taken.parts.len(), self.bodies.len());
        for attached in &message.attached {
            wholly &= self.attached(attached, &message.pages, depth + 1)?;
        }
        wholly &= self.rich(&message, within, depth + 1)?;
        self.body(&message, within, depth + 1)?;
        let after = (self.taken.parts.len(), self.bodies.len());
        Ok(match (wholly, before == after) {
            (true, _) => Unpacked::Wholly,
            (false, false) => Unpacked::InPart,
            (false, true) => Unpacked::Not,
        })
    }

    /// One attachment; whether all of it was unpacked.
    fn attached(
        &mut self,
        attached: &Attached<'_>,
        pages: &Pages,
        depth: usize,
    ) -> Result<bool, Refused> {
        self.counter.enter(depth)?;
        let named = attached.name(pages).and_then(|name| clean(&name));
        match attached.content {
            None => Ok(false),
            Some(Content::Message(bytes)) => {
                let name = named.as_deref().unwrap_or_default();
                let unpacked = self.message(bytes, Some(name), depth)?;
                Ok(unpacked == Unpacked::Wholly)
            }
            Some(Content::File(bytes)) => {
                self.file(attached, pages, named, bytes, depth)?;
                Ok(true)
            }
        }
    }

    fn file(
        &mut self,
        attached: &Attached<'_>,
        pages: &Pages,
        named: Option<String>,
        bytes: &[u8],
        depth: usize,
    ) -> Result<(), Refused> {
        let media_type = attached.media_type.and_then(|tag| tag.line(pages));
        let media_type = media_type.map_or_else(unknown, |tag| media_type_of(&tag));
        let mut notes = notes_of(&media_type, named.as_deref());
        if notes == [Note::Tnef] {
            let name = named.as_deref().unwrap_or_default();
            match self.message(bytes, Some(name), depth)? {
                Unpacked::Wholly => return Ok(()),
                Unpacked::InPart => notes = vec![Note::TnefInPart],
                Unpacked::Not => {}
            }
        }
        if matches!(media_type.as_str(), "message/rfc822" | "message/global") {
            self.counter.mail(bytes, depth + 1)?;
        }
        if attached.damaged {
            notes.push(Note::Damaged);
        }
        let content_id = attached.content_id.and_then(|id| id.line(pages));
        self.spend(bytes.len())?;
        self.add(Found {
            kind: kind_by(&media_type, content_id.is_some()),
            default: names::by_type(&media_type),
            named,
            media_type: &media_type,
            charset: None,
            content_id: content_id.map(|id| id.trim_matches(['<', '>']).to_owned()),
            bytes: bytes.to_vec(),
            notes,
        });
        Ok(())
    }

    /// The rich text; whether it could be unpacked.
    fn rich(
        &mut self,
        message: &Message<'_>,
        within: Option<&str>,
        depth: usize,
    ) -> Result<bool, Refused> {
        let Some(packed) = message.rtf else {
            return Ok(true);
        };
        let Some(bytes) = tnef::unpack_rtf(packed, self.decoded) else {
            return Ok(false);
        };
        self.counter.enter(depth)?;
        let name = format!("{}.rtf", stem(within, message));
        self.keep(
            PartKind::OriginalRtf,
            &name,
            ("application/rtf", None),
            bytes,
            Vec::new(),
        )?;
        Ok(true)
    }

    /// The text: of the mail itself to be placed at the end; of a message within as a file,
    /// below the lines that say whose it is.
    fn body(
        &mut self,
        message: &Message<'_>,
        within: Option<&str>,
        depth: usize,
    ) -> Result<(), Refused> {
        let body = message.letter.body(&message.pages);
        let heading = match within {
            Some(_) => message.letter.heading(&message.pages),
            None => String::new(),
        };
        if heading.is_empty() && body.text.trim().is_empty() {
            return Ok(());
        }
        self.counter.enter(depth)?;
        if within.is_none() {
            self.bodies.push(body);
            return Ok(());
        }
        let stem = stem(within, message);
        let text = format!("{heading}\n{}", body.text);
        self.text_file(&format!("{stem}.txt"), text, body.sure)?;
        match body.html {
            Some(html) => self.html_file(&format!("{stem}.html"), html),
            None => Ok(()),
        }
    }

    /// Places the texts of the mail: the first is the mail's where it has none of its own. One
    /// that says the same again is one form of the same text; any other is kept.
    pub(super) fn place_bodies(&mut self) -> Result<(), Refused> {
        for body in std::mem::take(&mut self.bodies) {
            let first = self.taken.text.trim().is_empty();
            if !first && same(&body.text, &self.taken.text) {
                continue;
            }
            match (first, body.html) {
                (true, html) => {
                    self.spend(body.text.len())?;
                    self.taken.text = body.text;
                    self.taken.notes.extend(guessed(body.sure));
                    if let Some(html) = html {
                        self.taken.from_html = true;
                        self.html_file("message.html", html)?;
                    }
                }
                (false, Some(html)) => self.html_file("message.html", html)?,
                (false, None) => self.text_file("message.txt", body.text, body.sure)?,
            }
        }
        Ok(())
    }

    fn text_file(&mut self, name: &str, text: String, sure: bool) -> Result<(), Refused> {
        let (kind, charset) = (PartKind::Attachment, Some("utf-8".to_owned()));
        let notes = guessed(sure);
        self.keep(
            kind,
            name,
            ("text/plain", charset),
            text.into_bytes(),
            notes,
        )
    }

    fn html_file(&mut self, name: &str, html: Html) -> Result<(), Refused> {
        let (bytes, charset) = html;
        let kind = PartKind::OriginalHtml;
        self.keep(kind, name, ("text/html", charset), bytes, Vec::new())
    }

    /// Keeps what has no name that the sender gave.
    fn keep(
        &mut self,
        kind: PartKind,
        name: &str,
        (media_type, charset): (&str, Option<String>),
        bytes: Vec<u8>,
        notes: Vec<Note>,
    ) -> Result<(), Refused> {
        self.spend(bytes.len())?;
        self.add(Found {
            kind,
            default: name,
            named: None,
            media_type,
            charset,
            content_id: None,
            bytes,
            notes,
        });
        Ok(())
    }
}

/// HTML and its charset.
type Html = (Vec<u8>, Option<String>);

fn guessed(sure: bool) -> Vec<Note> {
    match sure {
        true => Vec::new(),
        false => vec![Note::GuessedCharset],
    }
}

/// What the text of a message is called, before its ending: as the message was, when it was
/// attached to another, or as its subject.
fn stem(within: Option<&str>, message: &Message<'_>) -> String {
    let Some(name) = within else {
        return "message".to_owned();
    };
    let stem = match name.rsplit_once('.') {
        Some((stem, "msg" | "dat")) => stem,
        _ => name,
    };
    if !stem.is_empty() {
        return stem.to_owned();
    }
    let subject = message.letter.subject(&message.pages);
    let subject = subject.and_then(|subject| clean(&subject));
    subject.unwrap_or_else(|| "message".to_owned())
}

/// The same words, however they are broken into lines.
fn same(one: &str, other: &str) -> bool {
    one.split_whitespace().eq(other.split_whitespace())
}

fn unknown() -> String {
    "application/octet-stream".to_owned()
}

/// A media type as it is declared in a mail; anything else is bytes.
fn media_type_of(tag: &str) -> String {
    let fits = |part: &str| {
        let byte = |b: u8| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b);
        !part.is_empty() && part.bytes().all(byte)
    };
    match tag.split_once('/') {
        Some((kind, subtype)) if fits(kind) && fits(subtype) => tag.to_ascii_lowercase(),
        _ => unknown(),
    }
}

#[cfg(test)]
mod tests;
