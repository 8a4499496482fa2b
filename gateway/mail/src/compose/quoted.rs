//! Quoted-printable (RFC 2045 section 6.7), in the strict form that survives relays and
//! signatures (RFC 8551 section 3.1.3).

use std::fmt::Write;

/// The longest line, its soft break included.
const LINE: usize = 76;

/// Encodes text whose lines end in CRLF.
pub(super) fn quoted_printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    for line in text.split_inclusive("\r\n") {
        let (line, end) = match line.strip_suffix("\r\n") {
            Some(line) => (line, "\r\n"),
            None => (line, ""),
        };
        encode_line(line.as_bytes(), &mut out);
        out.push_str(end);
    }
    out
}

fn encode_line(line: &[u8], out: &mut String) {
    let mut column = 0;
    let mut word = String::with_capacity(3);
    for (at, &octet) in line.iter().enumerate() {
        word.clear();
        let last = at + 1 == line.len();
        // A dot or an F at the start of a line is what SMTP and mbox may change.
        let changed = column == 0 && matches!(octet, b'.' | b'F');
        let blank = matches!(octet, b' ' | b'\t');
        if octet == b'=' || changed || (blank && last) || !(blank || octet.is_ascii_graphic()) {
            let _ = write!(word, "={octet:02X}");
        } else {
            word.push(char::from(octet));
        }
        if column + word.len() > LINE - 1 {
            out.push_str("=\r\n");
            column = 0;
            if matches!(octet, b'.' | b'F') {
                word.clear();
                let _ = write!(word, "={octet:02X}");
            }
        }
        out.push_str(&word);
        column += word.len();
    }
}
