//! The parts of a mail as they really come: the text that was written, and everything that was
//! attached, inline or not, named or not (RFC 2045, 2046, 2183, 2231, 2387). Nothing that a
//! sender can have meant to send is dropped but other forms of the same text.

mod names;
mod tree;
mod unpack;
mod walk;

use gateway_core::Personal;

pub(crate) use walk::take;

/// What a part is to the mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartKind {
    /// A document.
    Attachment,
    /// Shown within the text, such as a picture.
    Inline,
    /// A whole mail, kept as it came.
    Message,
    /// An invitation (RFC 5545).
    Calendar,
    /// The HTML that the text was made of, as it came.
    OriginalHtml,
    /// The text as rich text, as Outlook made it.
    OriginalRtf,
    /// The signature over another part.
    Signature,
    /// What a delivery report is made of.
    Report,
}

/// What a reader has to know about a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Note {
    /// Its encoding is unknown or broken: the bytes are as they came.
    StillEncoded,
    /// The charset was missing or wrong: the text is read by a guess.
    GuessedCharset,
    /// The mail breaks off before it ends.
    BrokenOff,
    /// A multipart whose parts could not be told apart.
    NoBoundary,
    /// Outlook's own form (`winmail.dat`): it could not be unpacked.
    Tnef,
    /// Outlook's own form: what could be unpacked of it is beside it.
    TnefInPart,
    /// Its checksum is wrong.
    Damaged,
    /// Encrypted or signed by itself: what is in it could not be read.
    SealedInside,
    /// One piece of a mail that was sent in pieces (RFC 2046, 5.2.2).
    Fragment,
    /// Only says where the content lies; nothing is fetched (RFC 2046, 5.2.3).
    Elsewhere,
}

impl Note {
    /// The note in words, to follow the item's title.
    pub const fn words(self) -> &'static str {
        match self {
            Self::StillEncoded => {
                "could not be decoded and is kept as it came: attach the document again"
            }
            Self::GuessedCharset => {
                "does not say rightly how its letters are written: some may be wrong"
            }
            Self::BrokenOff => "comes from a mail that breaks off: send it again",
            Self::NoBoundary => "could not be taken apart and is kept as it came: send it again",
            Self::Tnef => {
                "is in a form that only Outlook reads: send it again as HTML or plain text, not Rich Text"
            }
            Self::TnefInPart => {
                "is in a form that only Outlook reads, and not all of it could be unpacked: send it again as HTML or plain text, not Rich Text"
            }
            Self::Damaged => "may have come to harm, its checksum is wrong: attach it again",
            Self::SealedInside => {
                "is encrypted or signed by itself and could not be read: attach the document itself"
            }
            Self::Fragment => "is one piece of a mail sent in pieces: send it whole",
            Self::Elsewhere => "only says where it lies: attach the document itself",
        }
    }
}

/// A part that becomes an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// What it is.
    pub kind: PartKind,
    /// A clean file name, the only one of its kind in this mail.
    pub name: Personal<String>,
    /// The clean name that the sender gave, which another part may have too.
    pub given_name: Option<Personal<String>>,
    /// The media type that was declared, in lower case; not proved.
    pub media_type: String,
    /// The charset that was declared, for text.
    pub charset: Option<String>,
    /// The id by which HTML shows it, without angle brackets.
    pub content_id: Option<Personal<String>>,
    /// The content, decoded.
    pub bytes: Personal<Vec<u8>>,
    /// What a reader has to know.
    pub notes: Vec<Note>,
}

#[cfg(test)]
mod tests;
