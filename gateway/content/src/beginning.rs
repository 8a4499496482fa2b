//! The beginning of a document that passes by and is never whole in memory: its kind, and whether
//! its name says another.

use zeroize::Zeroizing;

use crate::finding::Finding;
use crate::kind::{self, Family, Form, Kind};
use crate::{lies, names, text};

/// How much of it is kept, bytes.
const KEPT: usize = 8 << 10;

/// The beginning of a document, kept while that passes by.
#[derive(Debug, Default)]
pub struct Beginning(Zeroizing<Vec<u8>>);

impl Beginning {
    /// The next bytes.
    pub fn chunk(&mut self, bytes: &[u8]) {
        let room = KEPT.saturating_sub(self.0.len());
        self.0.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
    }

    /// What it tells a person of a document that came under a file name and a declared media type:
    /// that it is a program, or is not what it is called. Each of it [holds](Finding::holds); what
    /// lies deeper is for [`inspect`](crate::inspect), and for a scanner.
    pub fn findings(&self, name: &str, declared: &str) -> Vec<Finding> {
        let kind = self.kind();
        let program = kind.family == Family::Program || names::is_program(name);
        let program = program.then_some(Finding::Executable);
        program
            .into_iter()
            .chain(lie(name, declared, &kind))
            .collect()
    }

    fn kind(&self) -> Kind {
        // Where it was cut, half of a pair of UTF-16 may stand.
        let cut = self.0.len().saturating_sub(2);
        match self.0.get(..cut) {
            Some(text) if self.0.len() == KEPT && text::is_text(text) => kind::of(text),
            _ => kind::of(&self.0),
        }
    }
}

/// An OLE file begins alike whether it is of Office or a mail of Outlook.
fn lie(name: &str, declared: &str, kind: &Kind) -> Option<Finding> {
    let mail = Kind::new(Family::Mail, Form::Ole, "application/vnd.ms-outlook");
    let lie = lies::find(name, declared, kind)?;
    let as_mail = kind.form != Form::Ole || lies::find(name, declared, &mail).is_some();
    as_mail.then_some(lie)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(name: &str, declared: &str, bytes: &[u8]) -> Vec<String> {
        let mut beginning = Beginning::default();
        for chunk in bytes.chunks(1000) {
            beginning.chunk(chunk);
        }
        let found = beginning.findings(name, declared);
        found.iter().map(Finding::words).collect()
    }

    #[test]
    fn what_is_not_what_it_is_called_is_found_by_its_beginning() {
        let program = b"MZ\x90\0\x03\0".repeat(20_000);
        assert_eq!(
            words("report.pdf", "application/pdf", &program),
            [
                "is or holds a program, script or shortcut that could run",
                "is called a PDF but its content is a Windows program"
            ]
        );
        assert_eq!(
            words("the report", "application/pdf", b"PK\x03\x04..."),
            ["is called a PDF but its content is a ZIP archive"]
        );
        assert_eq!(words("setup.exe", "", b"just words").len(), 1);
    }

    #[test]
    fn what_is_what_it_is_called_is_not() {
        let ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0";
        for (name, declared, bytes) in [
            ("report.pdf", "", &b"%PDF-1.7\n"[..]),
            ("plan.docx", "", b"PK\x03\x04..."),
            ("letter.doc", "", ole),
            ("thread.msg", "", ole),
            ("thread", "application/vnd.ms-outlook", ole),
            ("report", "application/octet-stream", b"\x01\x02\x03"),
            ("report", "", b""),
        ] {
            assert_eq!(words(name, declared, bytes), [""; 0], "{name}");
        }
        assert_eq!(words("a.pdf", "", ole).len(), 1);
    }

    #[test]
    fn a_long_text_of_utf_16_is_text_wherever_it_is_cut() {
        for before in ["", "a"] {
            let text = format!("\u{feff}{before}{}", "\u{1f4c4}".repeat(KEPT));
            let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
            assert_eq!(words("minutes.txt", "", &bytes), [""; 0]);
        }
    }
}
