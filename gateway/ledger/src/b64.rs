//! Standard base 64 (RFC 4648 section 4), padded, with one spelling for each value.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

pub fn encode(bytes: impl AsRef<[u8]>) -> String {
    STANDARD.encode(bytes)
}

/// None unless `text` is the one spelling of some bytes.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// None unless `text` is the one spelling of 32 bytes.
pub fn decode32(text: &str) -> Option<[u8; 32]> {
    decode(text)?.try_into().ok()
}
