//! What a ZIP archive is as a document: Office Open XML (ECMA-376) or `OpenDocument`
//! (OASIS ODF 1.3, part 2), and what its parts say.

use memchr::memmem;

use crate::kind::{Family, Form, Kind};
use crate::look::Look;
use crate::{Finding, text};

const CONTENT_TYPES: &str = "[content_types].xml";
const MANIFEST: &str = "meta-inf/manifest.xml";
const MEDIA_TYPE: &str = "mimetype";

/// The folder of the main part, the media type, and that with macros.
const OPEN_XML: [(&str, &str, &str); 3] = [
    (
        "word/",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "application/vnd.ms-word.document.macroEnabled.12",
    ),
    (
        "xl/",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/vnd.ms-excel.sheet.macroEnabled.12",
    ),
    (
        "ppt/",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "application/vnd.ms-powerpoint.presentation.macroEnabled.12",
    ),
];

const OPEN_DOCUMENT: [&str; 5] = [
    "application/vnd.oasis.opendocument.text",
    "application/vnd.oasis.opendocument.spreadsheet",
    "application/vnd.oasis.opendocument.presentation",
    "application/vnd.oasis.opendocument.graphics",
    "application/vnd.oasis.opendocument.formula",
];

/// What the members of an archive have told so far.
#[derive(Debug, Default)]
pub(crate) struct Package {
    open_xml: Option<usize>,
    has_types: bool,
    declared: Option<&'static str>,
    /// A part that is a macro in Office Open XML.
    vba: bool,
    /// A part that is a macro in `OpenDocument`.
    basic: bool,
    findings: Vec<Finding>,
}

impl Package {
    /// Whether a part is read whole for what it says.
    pub(crate) fn is_read(name: &str) -> bool {
        [CONTENT_TYPES, MANIFEST, MEDIA_TYPE].contains(&plain(name).as_str())
    }

    /// Takes note of a member's name.
    pub(crate) fn name(&mut self, name: &str) {
        let name = plain(name);
        let at = OPEN_XML
            .iter()
            .position(|(folder, ..)| name.starts_with(folder));
        self.open_xml = self.open_xml.or(at);
        self.has_types |= name == CONTENT_TYPES;
        let file = name.rsplit('/').next().unwrap_or_default();
        self.vba |= file == "vbaproject.bin" || name.contains("/macrosheets/");
        self.basic |=
            (name.starts_with("basic/") || name.starts_with("scripts/")) && !file.is_empty();
    }

    /// Takes note of a member's content.
    pub(crate) fn member(&mut self, name: &str, bytes: &[u8]) {
        match plain(name).as_str() {
            CONTENT_TYPES => {
                let words = text::without_nul(bytes).to_ascii_lowercase();
                let macros = [&b"macroenabled"[..], b"vbaproject", b"macrosheet"];
                if macros.iter().any(|m| memmem::find(&words, m).is_some()) {
                    self.findings.push(Finding::Macros);
                    self.vba = true;
                }
            }
            MANIFEST => {
                let words = text::without_nul(bytes);
                if memmem::find(&words, b"encryption-data").is_some() {
                    self.findings.push(Finding::EncryptedDocument);
                }
            }
            MEDIA_TYPE => {
                let word = bytes.trim_ascii();
                self.declared = OPEN_DOCUMENT
                    .into_iter()
                    .find(|known| word.starts_with(known.as_bytes()));
            }
            _ => {}
        }
    }

    /// What the archive is, with what was found said.
    pub(crate) fn finish(self, look: &mut Look) -> Kind {
        self.findings.into_iter().for_each(|f| look.find(f));
        let office = |media_type| Kind::new(Family::Office, Form::Zip, media_type);
        let open_xml = self.open_xml.filter(|_| self.has_types);
        if let Some((_, without, with)) = open_xml.and_then(|at| OPEN_XML.get(at)) {
            if self.vba {
                look.find(Finding::Macros);
            }
            return office(if self.vba { with } else { without });
        }
        if let Some(media_type) = self.declared {
            if self.basic {
                look.find(Finding::Macros);
            }
            return office(media_type);
        }
        Kind::new(Family::Archive, Form::Zip, "application/zip")
    }
}

/// Programs take both slashes and any case.
fn plain(name: &str) -> String {
    name.replace('\\', "/")
        .trim_start_matches('/')
        .to_ascii_lowercase()
}
