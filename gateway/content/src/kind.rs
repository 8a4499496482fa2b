//! What bytes are, by what they begin with.

use std::borrow::Cow;

use file_format::{FileFormat, Kind as Group};
use memchr::memmem;

use crate::{tar, text};

/// Readers take a PDF whose header lies this far in (ISO 32000-1, annex H, note 13).
const PDF_HEADER_WITHIN: usize = 1024;

/// What can stand for what without anybody being misled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    Program,
    Text,
    Pdf,
    Office,
    Mail,
    Archive,
    Image,
    Recording,
    /// Known, and none of these.
    Other,
    /// The content says nothing.
    Unknown,
}

/// How it is to be looked into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Zip,
    Ole,
    Pdf,
    Rtf,
    Seven,
    Rar,
    Tar,
    Gzip,
    /// An archive that nothing here reads.
    Closed,
    /// Nothing in it to look into.
    Plain,
}

/// A kind of document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Kind {
    pub(crate) family: Family,
    pub(crate) form: Form,
    media_type: Cow<'static, str>,
}

impl Kind {
    pub(crate) fn new(family: Family, form: Form, media_type: &'static str) -> Self {
        Self {
            family,
            form,
            media_type: Cow::Borrowed(media_type),
        }
    }

    pub(crate) fn media_type(&self) -> &str {
        &self.media_type
    }

    /// Whether a beginning is enough to know all that is looked for.
    pub(crate) fn is_plain(&self) -> bool {
        self.form == Form::Plain && self.family != Family::Unknown
    }
}

/// The kind of these bytes; of a ZIP archive and an OLE file only that it is one.
pub(crate) fn of(bytes: &[u8]) -> Kind {
    container(bytes)
        .or_else(|| program(bytes))
        .unwrap_or_else(|| other(bytes))
}

fn container(bytes: &[u8]) -> Option<Kind> {
    let kind = match bytes {
        [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] | [b'P', b'K', 7, 8, ..] => {
            Kind::new(Family::Archive, Form::Zip, "application/zip")
        }
        [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1, ..] => {
            Kind::new(Family::Office, Form::Ole, "application/x-ole-storage")
        }
        [b'7', b'z', 0xbc, 0xaf, 0x27, 0x1c, ..] => {
            Kind::new(Family::Archive, Form::Seven, "application/x-7z-compressed")
        }
        [b'R', b'a', b'r', b'!', 0x1a, 0x07, ..] => {
            Kind::new(Family::Archive, Form::Rar, "application/vnd.rar")
        }
        // Deflate is the one method that there is (RFC 1952, 2.3.1).
        [0x1f, 0x8b, 8, ..] => Kind::new(Family::Archive, Form::Gzip, "application/gzip"),
        // Word takes it without the rest of the word as well.
        [b'{', b'\\', b'r', b't', ..] => Kind::new(Family::Office, Form::Rtf, "application/rtf"),
        _ if bytes.starts_with(b"%PDF-") => pdf(),
        _ if tar::is_one(bytes) => Kind::new(Family::Archive, Form::Tar, "application/x-tar"),
        _ => return None,
    };
    Some(kind)
}

fn pdf() -> Kind {
    Kind::new(Family::Pdf, Form::Pdf, "application/pdf")
}

/// Programs of Windows, Linux, macOS and Java, shortcuts, and scripts that name their reader.
fn program(bytes: &[u8]) -> Option<Kind> {
    let media_type = match bytes {
        [0x7f, b'E', b'L', b'F', ..] => "application/x-executable",
        [0xfe, 0xed, 0xfa, 0xce | 0xcf, ..]
        | [0xce | 0xcf, 0xfa, 0xed, 0xfe, ..]
        | [0xca, 0xfe, 0xba, 0xbe, ..] => "application/x-mach-binary",
        [0x4c, 0, 0, 0, 0x01, 0x14, 0x02, 0, ..] => "application/x-ms-shortcut",
        [b'M', b'Z', ..] if !text::is_text(bytes) => {
            "application/vnd.microsoft.portable-executable"
        }
        _ if is_script(bytes) => "text/x-shellscript",
        _ => return None,
    };
    Some(Kind::new(Family::Program, Form::Plain, media_type))
}

fn is_script(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    bytes
        .strip_prefix(b"#!")
        .is_some_and(|rest| rest.trim_ascii_start().starts_with(b"/"))
}

fn other(bytes: &[u8]) -> Kind {
    if text::is_text(bytes) {
        return Kind::new(Family::Text, Form::Plain, text::media_type(bytes));
    }
    let head = bytes.get(..PDF_HEADER_WITHIN).unwrap_or(bytes);
    if memmem::find(head, b"%PDF-").is_some() {
        return pdf();
    }
    let format = FileFormat::from_bytes(bytes);
    let group = format.kind();
    let (family, form) = if format == FileFormat::ArbitraryBinaryData {
        (Family::Unknown, Form::Plain)
    } else if group == Group::Executable {
        (Family::Program, Form::Plain)
    } else if matches!(
        group,
        Group::Archive | Group::Compressed | Group::Disk | Group::Package
    ) {
        (Family::Archive, Form::Closed)
    } else if group == Group::Image {
        (Family::Image, Form::Plain)
    } else if matches!(group, Group::Audio | Group::Video) {
        (Family::Recording, Form::Plain)
    } else {
        (Family::Other, Form::Plain)
    };
    Kind {
        family,
        form,
        media_type: Cow::Owned(format.media_type().to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn media_type(bytes: &[u8]) -> String {
        of(bytes).media_type().to_owned()
    }

    #[test]
    fn what_bytes_begin_with_tells_their_kind() {
        assert_eq!(media_type(b"%PDF-1.7\n"), "application/pdf");
        assert_eq!(media_type(b"\x00junk\n%PDF-1.7\n"), "application/pdf");
        assert_eq!(media_type(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), "image/png");
        assert_eq!(media_type(b"\xff\xd8\xff\xe0\0\x10JFIF\0"), "image/jpeg");
        assert_eq!(media_type(b"<?xml version='1.0'?><a/>"), "text/xml");
        assert_eq!(media_type(b"\x01\x02\x03"), "application/octet-stream");
        assert_eq!(media_type(b""), "text/plain");
    }

    #[test]
    fn programs_are_known_and_notes_about_them_are_not_taken_for_them() {
        for bytes in [
            &b"MZ\x90\0\x03\0"[..],
            b"\x7fELF\x02\x01",
            b"\xcf\xfa\xed\xfe\x07\0\0\x01",
            b"#!/bin/sh\n",
            b"#! /usr/bin/python3\n",
            b"\x4c\0\0\0\x01\x14\x02\0\0",
        ] {
            assert_eq!(of(bytes).family, Family::Program, "{bytes:?}");
        }
        for bytes in [
            &b"MZ was seen at the address"[..],
            b"#!important",
            b"see %PDF-1.7",
        ] {
            assert_eq!(of(bytes).family, Family::Text, "{bytes:?}");
        }
    }
}
