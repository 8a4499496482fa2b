//! Whether a name or a declaration misleads about the content.

use crate::finding::Finding;
use crate::kind::{Family, Kind};
use crate::names;

/// Longest media type repeated to people.
const LONGEST: usize = 100;

/// The lie, where there is one. The name goes first, since it is what opens a document; what
/// was declared counts only where the name says nothing.
pub(crate) fn find(name: &str, declared: &str, kind: &Kind) -> Option<Finding> {
    let (family, word) = match names::stands_for(name) {
        Some((family, word)) => (family, word.to_owned()),
        None => declaration(declared)?,
    };
    let lie = !agree(family, &word, kind);
    lie.then(|| Finding::TypeLies {
        declared: word,
        real: kind.media_type().to_owned(),
    })
}

/// Whether nobody is misled by this content under a word for that family.
fn agree(declared: Family, word: &str, kind: &Kind) -> bool {
    let real = kind.family;
    match declared {
        Family::Text | Family::Pdf | Family::Image => real == declared,
        Family::Office => real == Family::Office || kind.media_type() == "application/zip",
        // OpenDocument and Office Open XML are archives.
        // What is looked into as the one would be opened as the other.
        Family::Archive => match (tape(word), tape(kind.media_type())) {
            (None, None) => matches!(real, Family::Archive | Family::Office),
            (said, is) => said == is,
        },
        Family::Mail => matches!(real, Family::Mail | Family::Text),
        // There are too many formats to know all by their beginning.
        Family::Recording => matches!(real, Family::Recording | Family::Unknown),
        Family::Program | Family::Other | Family::Unknown => true,
    }
}

/// The archives that are looked into beside ZIP, which could hold another by what they are called.
fn tape(media_type: &str) -> Option<&'static str> {
    match media_type {
        "application/gzip" | "application/x-gzip" => Some("gzip"),
        "application/x-tar" => Some("tar"),
        _ => None,
    }
}

/// What a declared media type stands for (RFC 2045, section 5.1: case does not matter, and
/// parameters follow a semicolon).
fn declaration(declared: &str) -> Option<(Family, String)> {
    let word = declared.split(';').next().unwrap_or_default();
    let word: String = word
        .trim()
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || "/.+-_".contains(*c))
        .take(LONGEST)
        .collect::<String>()
        .to_ascii_lowercase();
    let (top, sub) = word.split_once('/')?;
    let family = match (top, sub) {
        ("text", "rtf") | ("application", "rtf" | "msword") => Family::Office,
        ("text", _) | ("image", "svg+xml") | ("application", "json" | "xml") => Family::Text,
        ("image", _) => Family::Image,
        ("audio" | "video", _) => Family::Recording,
        ("message", "rfc822") | ("application", "vnd.ms-outlook") => Family::Mail,
        ("application", "pdf" | "x-pdf") => Family::Pdf,
        (
            "application",
            "zip" | "x-zip-compressed" | "x-7z-compressed" | "vnd.rar" | "x-rar-compressed"
            | "gzip" | "x-gzip" | "x-tar",
        ) => Family::Archive,
        ("application", sub) if is_office(sub) => Family::Office,
        _ => return None,
    };
    Some((family, word))
}

fn is_office(sub: &str) -> bool {
    [
        "vnd.ms-word",
        "vnd.ms-excel",
        "vnd.ms-powerpoint",
        "vnd.openxmlformats-officedocument.",
        "vnd.oasis.opendocument.",
    ]
    .iter()
    .any(|start| sub.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kind;

    fn lie(name: &str, declared: &str, bytes: &[u8]) -> Option<(String, String)> {
        let found = find(name, declared, &kind::of(bytes))?;
        let Finding::TypeLies { declared, real } = found else {
            unreachable!("{found:?}")
        };
        Some((declared, real))
    }

    #[test]
    fn a_name_or_else_a_declaration_that_misleads_is_a_lie() {
        let exe = b"MZ\x90\0\x03\0";
        let lied = lie("plan.pdf", "application/pdf", exe);
        let (declared, real) = lied.expect("a program called a PDF");
        assert_eq!(declared, "application/pdf");
        assert_eq!(real, "application/vnd.microsoft.portable-executable");
        assert!(lie("plan", "Application/PDF; x=y", exe).is_some());
        assert!(lie("plan.docx", "", b"%PDF-1.4\n").is_some());
        assert!(lie("photo.jpg", "", b"\x01\x02\x03").is_some());
        assert!(lie("notes.txt", "", b"\x01\x02\x03").is_some());
        assert!(lie("a.zip", "", b"\x1f\x8b\x08\0").is_some());
        assert!(lie("a.tar", "", b"\x1f\x8b\x08\0").is_some());
        assert!(lie("a.gz", "", b"PK\x05\x06\0\0").is_some());
    }

    #[test]
    fn what_misleads_nobody_is_no_lie() {
        for (name, declared, bytes) in [
            ("a.csv", "application/vnd.ms-excel", &b"a,b\r\n"[..]),
            ("a.docx", "", b"PK\x05\x06\0\0"),
            ("a.tgz", "", b"\x1f\x8b\x08\0"),
            ("a", "application/x-gzip", b"\x1f\x8b\x08\0"),
            ("a.zip", "", b"7z\xbc\xaf\x27\x1c"),
            ("a.jpg", "image/png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"),
            ("a.doc", "", b"{\\rtf1 }"),
            ("a.eml", "message/rfc822", b"From: a@b.example\r\n\r\n"),
            ("a.mp3", "audio/mpeg", b"\x01\x02\x03"),
            ("a.pdf", "application/octet-stream", b"%PDF-1.4"),
            ("a.unknown", "application/octet-stream", b"\x01\x02"),
            ("", "", b"%PDF-1.4"),
        ] {
            assert_eq!(lie(name, declared, bytes), None, "{name} {declared}");
        }
    }
}
