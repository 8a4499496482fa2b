//! Bytes to text. A charset that is missing, unknown or wrong never loses a byte's worth of
//! text: UTF-8 where it is UTF-8, else Windows-1252, which reads every byte.

use mail_parser::decoders::charsets::map::charset_decoder;

/// Text, and whether its charset was as declared.
pub(crate) struct Text {
    /// The text.
    pub(crate) text: String,
    /// False: a guess.
    pub(crate) sure: bool,
}

/// Reads `bytes` in the declared charset.
pub(crate) fn read(bytes: &[u8], declared: Option<&str>) -> Text {
    let declared = declared.unwrap_or("us-ascii").trim().to_ascii_lowercase();
    let plain = matches!(
        declared.as_str(),
        "us-ascii" | "ascii" | "utf-8" | "utf8" | ""
    );
    let utf8 = std::str::from_utf8(bytes).ok();
    let decoder = charset_decoder(declared.as_bytes());
    match (plain, utf8, decoder) {
        (true, Some(text), _) => Text {
            text: text.to_owned(),
            sure: declared.starts_with("utf") || text.is_ascii(),
        },
        (false, _, Some(decode)) => Text {
            text: decode(bytes),
            sure: true,
        },
        (false, Some(text), None) => Text {
            text: text.to_owned(),
            sure: false,
        },
        (_, None, _) => Text {
            text: windows(bytes),
            sure: false,
        },
    }
}

fn windows(bytes: &[u8]) -> String {
    match charset_decoder(b"windows-1252") {
        Some(decode) => decode(bytes),
        None => String::from_utf8_lossy(bytes).into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_declared_charset_is_read_as_declared() {
        let read = read(b"caf\xe9", Some("ISO-8859-1"));
        assert!(read.sure && read.text == "café");
        assert_eq!(super::read("café".as_bytes(), Some("utf-8")).text, "café");
    }

    #[test]
    fn a_wrong_or_unknown_charset_is_read_as_what_it_is_and_said() {
        for (bytes, declared) in [
            ("café".as_bytes(), None),
            ("café".as_bytes(), Some("us-ascii")),
            ("café".as_bytes(), Some("x-nobody-knows")),
            (&b"caf\xe9"[..], Some("utf-8")),
            (&b"caf\xe9"[..], Some("x-nobody-knows")),
            (&b"caf\xe9"[..], Some("us-ascii")),
        ] {
            let read = read(bytes, declared);
            assert_eq!(
                (read.text.as_str(), read.sure),
                ("café", false),
                "{declared:?}"
            );
        }
    }
}
