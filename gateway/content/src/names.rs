//! What a file's name says.

use crate::kind::Family;

/// Names that Windows or a browser would start, or that hand on to one that would.
const PROGRAMS: &[&str] = &[
    "apk",
    "appinstaller",
    "application",
    "appref-ms",
    "appx",
    "bat",
    "chm",
    "class",
    "cmd",
    "com",
    "cpl",
    "dll",
    "exe",
    "gadget",
    "hta",
    "inf",
    "jar",
    "jnlp",
    "js",
    "jse",
    "lnk",
    "mht",
    "mhtml",
    "msc",
    "msi",
    "msix",
    "msp",
    "mst",
    "ocx",
    "pif",
    "pl",
    "ps1",
    "ps1xml",
    "psd1",
    "psm1",
    "py",
    "reg",
    "scf",
    "scr",
    "sct",
    "sh",
    "sys",
    "url",
    "vb",
    "vbe",
    "vbs",
    "wsc",
    "wsf",
    "wsh",
    "xll",
];

/// Names that stand for a kind of document, and the media type that they stand for.
const DOCUMENTS: &[(&str, Family, &str)] = &[
    ("txt", Family::Text, "text/plain"),
    ("text", Family::Text, "text/plain"),
    ("log", Family::Text, "text/plain"),
    ("md", Family::Text, "text/markdown"),
    ("csv", Family::Text, "text/csv"),
    ("tsv", Family::Text, "text/tab-separated-values"),
    ("htm", Family::Text, "text/html"),
    ("html", Family::Text, "text/html"),
    ("xml", Family::Text, "text/xml"),
    ("json", Family::Text, "application/json"),
    ("svg", Family::Text, "image/svg+xml"),
    ("ics", Family::Text, "text/calendar"),
    ("vcf", Family::Text, "text/vcard"),
    ("pdf", Family::Pdf, "application/pdf"),
    ("rtf", Family::Office, "application/rtf"),
    ("doc", Family::Office, "application/msword"),
    ("dot", Family::Office, "application/msword"),
    ("xls", Family::Office, "application/vnd.ms-excel"),
    ("ppt", Family::Office, "application/vnd.ms-powerpoint"),
    (
        "docx",
        Family::Office,
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ),
    (
        "docm",
        Family::Office,
        "application/vnd.ms-word.document.macroenabled.12",
    ),
    (
        "xlsx",
        Family::Office,
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ),
    (
        "xlsm",
        Family::Office,
        "application/vnd.ms-excel.sheet.macroenabled.12",
    ),
    (
        "xlsb",
        Family::Office,
        "application/vnd.ms-excel.sheet.binary.macroenabled.12",
    ),
    (
        "pptx",
        Family::Office,
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ),
    (
        "pptm",
        Family::Office,
        "application/vnd.ms-powerpoint.presentation.macroenabled.12",
    ),
    (
        "odt",
        Family::Office,
        "application/vnd.oasis.opendocument.text",
    ),
    (
        "ods",
        Family::Office,
        "application/vnd.oasis.opendocument.spreadsheet",
    ),
    (
        "odp",
        Family::Office,
        "application/vnd.oasis.opendocument.presentation",
    ),
    ("msg", Family::Mail, "application/vnd.ms-outlook"),
    ("eml", Family::Mail, "message/rfc822"),
    ("zip", Family::Archive, "application/zip"),
    ("7z", Family::Archive, "application/x-7z-compressed"),
    ("rar", Family::Archive, "application/vnd.rar"),
    ("gz", Family::Archive, "application/gzip"),
    ("tgz", Family::Archive, "application/gzip"),
    ("tar", Family::Archive, "application/x-tar"),
    ("jpg", Family::Image, "image/jpeg"),
    ("jpeg", Family::Image, "image/jpeg"),
    ("png", Family::Image, "image/png"),
    ("gif", Family::Image, "image/gif"),
    ("bmp", Family::Image, "image/bmp"),
    ("tif", Family::Image, "image/tiff"),
    ("tiff", Family::Image, "image/tiff"),
    ("webp", Family::Image, "image/webp"),
    ("heic", Family::Image, "image/heic"),
    ("mp3", Family::Recording, "audio/mpeg"),
    ("wav", Family::Recording, "audio/wav"),
    ("m4a", Family::Recording, "audio/mp4"),
    ("mp4", Family::Recording, "video/mp4"),
    ("mov", Family::Recording, "video/quicktime"),
    ("avi", Family::Recording, "video/x-msvideo"),
];

/// The end of a name as Windows reads it, which drops dots and spaces at the end.
fn ending(name: &str) -> Option<String> {
    let name = name.trim_end_matches(|c: char| c == '.' || c.is_whitespace() || c.is_control());
    let base = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let (_, ending) = base.rsplit_once('.')?;
    Some(ending.to_ascii_lowercase())
}

/// Whether a file of this name would be started when it is opened.
pub(crate) fn is_program(name: &str) -> bool {
    ending(name).is_some_and(|ending| PROGRAMS.contains(&ending.as_str()))
}

/// The family and the media type that a name stands for.
pub(crate) fn stands_for(name: &str) -> Option<(Family, &'static str)> {
    let ending = ending(name)?;
    DOCUMENTS
        .iter()
        .find(|(known, ..)| *known == ending)
        .map(|(_, family, media_type)| (*family, *media_type))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_windows_would_start_is_a_program_however_it_is_dressed() {
        for name in [
            "a.exe",
            "minutes.pdf.JS",
            "x.vbs. ",
            "folder/run.hta",
            "a\\b.lnk",
        ] {
            assert!(is_program(name), "{name}");
        }
        for name in ["exe", "a.pdf", "a.exe/minutes.txt", ""] {
            assert!(!is_program(name), "{name}");
        }
    }
}
