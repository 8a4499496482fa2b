//! Base64 in lines of 76 (RFC 2045 section 6.8).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Octets that make one line of 76.
const LINE: usize = 57;

/// Writes `octets` in lines, each with its CRLF.
pub(super) fn base64_lines(octets: &[u8], out: &mut Vec<u8>) {
    out.reserve(octets.len() / LINE * 78 + 80);
    for line in octets.chunks(LINE) {
        out.extend_from_slice(STANDARD.encode(line).as_bytes());
        out.extend_from_slice(b"\r\n");
    }
}

/// One word of base64.
pub(super) fn base64_word(octets: &[u8]) -> String {
    STANDARD.encode(octets)
}
