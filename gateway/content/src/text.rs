//! Whether bytes are text, and of what kind.

/// How much of the beginning tells the kind of a text.
const HEAD: usize = 4096;

/// Whether the bytes are text: UTF-8, UTF-16 behind a byte order mark, or an 8-bit character
/// set, without other control characters than white space and escape.
pub(crate) fn is_text(bytes: &[u8]) -> bool {
    match utf16(bytes) {
        Some(units) => char::decode_utf16(units).all(|c| c.is_ok_and(is_written)),
        // Of UTF-8 and of 8-bit sets alike; C1 is where Windows-1252 has its quotation marks.
        None => bytes.iter().all(|byte| is_written(char::from(*byte))),
    }
}

fn is_written(c: char) -> bool {
    !c.is_ascii_control() || matches!(c, '\t' | '\n' | '\r' | '\x0c' | '\x1b' | '\x7f')
}

/// The code units after a byte order mark.
fn utf16(bytes: &[u8]) -> Option<impl Iterator<Item = u16>> {
    let big = match bytes {
        [0xfe, 0xff, ..] => true,
        [0xff, 0xfe, ..] => false,
        _ => return None,
    };
    let (pairs, rest) = bytes.as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    let unit = move |pair: &[u8; 2]| match big {
        true => u16::from_be_bytes(*pair),
        false => u16::from_le_bytes(*pair),
    };
    Some(pairs.iter().skip(1).map(unit))
}

/// The media type of a text by its first words.
pub(crate) fn media_type(bytes: &[u8]) -> &'static str {
    let head = without_nul(bytes.get(..HEAD).unwrap_or(bytes));
    let head = String::from_utf8_lossy(&head).to_ascii_lowercase();
    let head = head.trim_start_matches(|c: char| c.is_whitespace() || !c.is_ascii());
    if head.contains("<svg") {
        "image/svg+xml"
    } else if head.starts_with("<!doctype html")
        || head.starts_with("<html")
        || head.contains("<html")
    {
        "text/html"
    } else if head.starts_with("<?xml") {
        "text/xml"
    } else if head.starts_with("begin:vcalendar") {
        "text/calendar"
    } else {
        "text/plain"
    }
}

/// UTF-16 of ASCII text without its zero bytes is that text: enough to search for words.
pub(crate) fn without_nul(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().copied().filter(|byte| *byte != 0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utf_8_utf_16_and_windows_1252_are_text() {
        assert!(is_text("the café’s minutes\r\n".as_bytes()));
        let utf16 = "\u{feff}café".encode_utf16();
        let little: Vec<u8> = utf16.clone().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = utf16.flat_map(u16::to_be_bytes).collect();
        assert!(is_text(&little) && is_text(&big));
        assert!(is_text(b"caf\xe9 \x93quoted\x94"));
    }

    #[test]
    fn what_has_nul_or_odd_control_characters_is_no_text() {
        assert!(!is_text(b"minutes\0"));
        assert!(!is_text(b"\xff\xfea\0\0\0"), "NUL in UTF-16");
        assert!(!is_text(b"\xff\xfe\x00\xd8a\x00"), "half a surrogate pair");
        assert!(!is_text(b"\x01\x02\xe9") && !is_text(b"\x01\x02"));
    }
}
