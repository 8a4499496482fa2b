//! The walk through the tree of entities, in the order in which a reader sees them.

use gateway_core::Personal;

use super::names;
use super::tree::{Counter, Node};
use super::unpack::Unpacked;
use super::{Note, Part, PartKind};
use crate::entity::Entity;
use crate::limits::{Limits, Refused};
use crate::tnef::Body;
use crate::{charset, file_name, flowed, html, transfer};

/// What was found.
pub(crate) struct Taken {
    /// The text that was written, line ends as LF.
    pub(crate) text: String,
    /// The text was made of HTML.
    pub(crate) from_html: bool,
    /// What a reader has to know about the text.
    pub(crate) notes: Vec<Note>,
    /// Everything else.
    pub(crate) parts: Vec<Part>,
}

/// Takes a mail apart.
pub(crate) fn take(root: &Entity<'_>, limits: &Limits) -> Result<Taken, Refused> {
    let mut counter = Counter::new(limits);
    let tree = Node::grow(root, 0, &mut counter)?;
    let mut walker = Walker {
        decoded: limits.decoded_bytes,
        max: limits.decoded_bytes,
        counter,
        names: file_name::Names::default(),
        bodies: Vec::new(),
        taken: Taken {
            text: String::new(),
            from_html: false,
            notes: Vec::new(),
            parts: Vec::new(),
        },
    };
    walker.node(&tree, true, Mode::Text)?;
    walker.place_bodies()?;
    Ok(walker.taken)
}

/// What is to become of texts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// They are what was written.
    Text,
    /// They say again what was taken already.
    Again,
    /// They are documents.
    Document,
}

/// The walk, and what it has found so far.
pub(super) struct Walker {
    /// Bytes that may still be decoded.
    pub(super) decoded: usize,
    max: usize,
    pub(super) counter: Counter,
    names: file_name::Names,
    /// Texts of the mail in Outlook's own form, placed when all else is known.
    pub(super) bodies: Vec<Body>,
    pub(super) taken: Taken,
}

/// A part as it was found.
pub(super) struct Found<'a> {
    pub(super) kind: PartKind,
    /// What it is called where the sender gave no name.
    pub(super) default: &'a str,
    pub(super) named: Option<String>,
    pub(super) media_type: &'a str,
    pub(super) charset: Option<String>,
    pub(super) content_id: Option<String>,
    pub(super) bytes: Vec<u8>,
    pub(super) notes: Vec<Note>,
}

impl Walker {
    /// So many bytes more are kept.
    pub(super) fn spend(&mut self, bytes: usize) -> Result<(), Refused> {
        let left = self.decoded.checked_sub(bytes);
        self.decoded = left.ok_or(Refused::Decoded { max: self.max })?;
        Ok(())
    }

    /// Adds a part under a name of its own.
    pub(super) fn add(&mut self, found: Found<'_>) {
        let name = found.named.as_deref().unwrap_or(found.default);
        let name = self.names.unique(name);
        self.taken.parts.push(Part {
            kind: found.kind,
            name: Personal::new(name),
            given_name: found.named.map(Personal::new),
            media_type: found.media_type.to_owned(),
            charset: found.charset,
            content_id: found.content_id.map(Personal::new),
            bytes: Personal::new(found.bytes),
            notes: found.notes,
        });
    }

    fn node(&mut self, node: &Node<'_>, root: bool, mode: Mode) -> Result<(), Refused> {
        let Some((subtype, children)) = node.multipart() else {
            return self.leaf(node, root, mode);
        };
        let before = self.taken.parts.len();
        let chosen = match subtype {
            "alternative" => best(children),
            "related" => start(&node.entity, children),
            _ => 0,
        };
        for (n, child) in children.iter().enumerate() {
            let mode = match (subtype, mode) {
                ("alternative", Mode::Text) if n != chosen => Mode::Again,
                ("related", _) if n != chosen => Mode::Document,
                ("signed" | "encrypted", _) if n > 0 => Mode::Document,
                _ => mode,
            };
            self.node(child, false, mode)?;
        }
        if !node.closed {
            self.note_break(before);
        }
        Ok(())
    }

    fn leaf(&mut self, node: &Node<'_>, root: bool, mode: Mode) -> Result<(), Refused> {
        let (entity, media_type) = (&node.entity, node.media_type.as_str());
        let named = names::given(entity);
        let text = matches!(media_type, "text/plain" | "text/html")
            && !node.is_attachment()
            && (named.is_none() || root)
            && mode != Mode::Document;
        // RFC 9788, appendix on older drafts: a copy of the header for old programs.
        let copy =
            media_type == "text/rfc822-headers" && entity.parameter("protected-headers").is_some();
        if copy || text && mode == Mode::Again {
            return Ok(());
        }
        let decoded = transfer::decode(entity);
        self.spend(decoded.bytes.len())?;
        if text && decoded.clean {
            self.text(entity, media_type, &decoded.bytes);
        } else {
            self.document(node, named, decoded)?;
        }
        if media_type == "text/html" && text {
            self.original(entity);
        }
        Ok(())
    }

    /// A text that was written, put after what stands already.
    fn text(&mut self, entity: &Entity<'_>, media_type: &str, bytes: &[u8]) {
        let read = charset::read(bytes, entity.parameter("charset").as_deref());
        let yes = |name: &str, wanted: &str| {
            entity
                .parameter(name)
                .is_some_and(|value| value.eq_ignore_ascii_case(wanted))
        };
        let legacy = yes("hp-legacy-display", "1");
        let text = if media_type == "text/html" {
            self.taken.from_html = true;
            html::to_text(&read.text, legacy)
        } else {
            let text = read.text.replace("\r\n", "\n");
            let text = if yes("format", "flowed") {
                flowed::unflow(&text, yes("delsp", "yes"))
            } else {
                text
            };
            // RFC 9788, 5.2.1: up to the first empty line.
            match (legacy, text.split_once("\n\n")) {
                (true, Some((_, rest))) => rest.to_owned(),
                _ => text,
            }
        };
        if !read.sure {
            self.taken.notes.push(Note::GuessedCharset);
        }
        let all = &mut self.taken.text;
        if text.trim().is_empty() {
            return;
        }
        if !all.is_empty() {
            all.push_str(if all.ends_with('\n') { "\n" } else { "\n\n" });
        }
        all.push_str(&text);
    }

    /// The HTML itself, beside the text that was made of it.
    fn original(&mut self, entity: &Entity<'_>) {
        let decoded = transfer::decode(entity);
        if decoded.clean {
            let kind = PartKind::OriginalHtml;
            self.push(entity, kind, "text/html", None, (decoded.bytes, Vec::new()));
        }
    }

    fn document(
        &mut self,
        node: &Node<'_>,
        named: Option<String>,
        decoded: transfer::Decoded,
    ) -> Result<(), Refused> {
        let (entity, media_type) = (&node.entity, node.media_type.as_str());
        let mut notes = notes_of(media_type, named.as_deref());
        if !decoded.clean {
            notes.push(Note::StillEncoded);
        } else if notes == [Note::Tnef] {
            match self.container(&decoded.bytes, node.depth)? {
                Unpacked::Wholly => return Ok(()),
                Unpacked::InPart => notes = vec![Note::TnefInPart],
                Unpacked::Not => {}
            }
        }
        let kind = kind_of(entity, media_type);
        self.push(entity, kind, media_type, named, (decoded.bytes, notes));
        Ok(())
    }

    fn push(
        &mut self,
        entity: &Entity<'_>,
        kind: PartKind,
        media_type: &str,
        named: Option<String>,
        (bytes, notes): (Vec<u8>, Vec<Note>),
    ) {
        let default = match kind {
            PartKind::OriginalHtml => "message.html",
            PartKind::Attachment
            | PartKind::Inline
            | PartKind::Message
            | PartKind::Calendar
            | PartKind::Signature
            | PartKind::OriginalRtf
            | PartKind::Report => names::by_type(media_type),
        };
        let content_id = entity.plain("Content-ID");
        self.add(Found {
            kind,
            default,
            named,
            media_type,
            charset: entity
                .parameter("charset")
                .filter(|_| media_type.starts_with("text/")),
            content_id: content_id.map(|id| id.trim_matches(['<', '>']).to_owned()),
            bytes,
            notes,
        });
    }

    /// The mail breaks off in what was taken last.
    fn note_break(&mut self, before: usize) {
        let last = self.taken.parts.iter_mut().skip(before).next_back();
        let notes = match last {
            Some(part) => &mut part.notes,
            None => &mut self.taken.notes,
        };
        if !notes.contains(&Note::BrokenOff) {
            notes.push(Note::BrokenOff);
        }
    }
}

/// Which of several forms of the same text is taken: the first plain one that says something,
/// else the last in HTML, else the first.
fn best(children: &[Node<'_>]) -> usize {
    children
        .iter()
        .position(|child| child.holds("text/plain"))
        .or_else(|| children.iter().rposition(|child| child.holds("text/html")))
        .unwrap_or(0)
}

/// The root of a multipart/related (RFC 2387, 3.2).
fn start(entity: &Entity<'_>, children: &[Node<'_>]) -> usize {
    let Some(start) = entity.parameter("start") else {
        return 0;
    };
    let wanted = start.trim_matches(['<', '>']);
    let is = |child: &Node<'_>| {
        let id = child.entity.plain("Content-ID");
        id.is_some_and(|id| id.trim_matches(['<', '>']) == wanted)
    };
    children.iter().position(is).unwrap_or(0)
}

fn kind_of(entity: &Entity<'_>, media_type: &str) -> PartKind {
    let disposition = entity.typed("Content-Disposition");
    let inline = disposition.map(|read| read.ctype().eq_ignore_ascii_case("inline"));
    let shown = inline.unwrap_or_else(|| entity.plain("Content-ID").is_some());
    kind_by(media_type, shown)
}

/// What a part of that type is. `shown`: within the text.
pub(super) fn kind_by(media_type: &str, shown: bool) -> PartKind {
    match media_type {
        "message/rfc822" | "message/global" => PartKind::Message,
        "text/calendar" => PartKind::Calendar,
        "application/pkcs7-signature"
        | "application/x-pkcs7-signature"
        | "application/pgp-signature" => PartKind::Signature,
        "message/delivery-status"
        | "message/global-delivery-status"
        | "message/disposition-notification"
        | "text/rfc822-headers"
        | "message/global-headers" => PartKind::Report,
        _ if shown => PartKind::Inline,
        _ => PartKind::Attachment,
    }
}

pub(super) fn notes_of(media_type: &str, name: Option<&str>) -> Vec<Note> {
    let name = name.unwrap_or_default().to_lowercase();
    let note = match media_type {
        "application/ms-tnef" | "application/vnd.ms-tnef" => Some(Note::Tnef),
        "application/pkcs7-mime" | "application/x-pkcs7-mime" | "application/pgp-encrypted" => {
            Some(Note::SealedInside)
        }
        "message/partial" => Some(Note::Fragment),
        "message/external-body" => Some(Note::Elsewhere),
        _ if media_type.starts_with("multipart/") => Some(Note::NoBoundary),
        _ if name == "winmail.dat" => Some(Note::Tnef),
        _ if file_name::ends_in(&name, "p7m") => Some(Note::SealedInside),
        _ => None,
    };
    note.into_iter().collect()
}
