//! A query string, taken apart and put together (WHATWG URL, application/x-www-form-urlencoded).

use crate::issue::{Cause, Issue, Outcome};

const LONGEST: usize = 8_192;
const PARAMETERS: usize = 50;

/// A name and a value, decoded.
pub(super) struct Pair {
    pub(super) name: String,
    pub(super) value: String,
}

impl Pair {
    /// The name, as it may be shown: what is no name of a parameter is not repeated.
    pub(super) fn shown(&self) -> String {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"_-.:".contains(&b);
        if self.name.len() <= 40 && self.name.bytes().all(plain) {
            self.name.clone()
        } else {
            "…".to_owned()
        }
    }
}

/// The pairs of a query, in their order. Pairs without a value are passed over: an empty parameter
/// asks for nothing.
pub(super) fn pairs(query: &str) -> Result<Vec<Pair>, Outcome> {
    let refuse = |cause, words: &str| Outcome::of(Issue::error(cause, "", words));
    if query.len() > LONGEST {
        return Err(refuse(
            Cause::TooLong,
            "the query is too long: ask for less",
        ));
    }
    let parts: Vec<&str> = query.split('&').filter(|part| !part.is_empty()).collect();
    if parts.len() > PARAMETERS {
        return Err(refuse(
            Cause::TooMuch,
            "the query has more than 50 parameters: ask for less",
        ));
    }
    let mut pairs = Vec::new();
    for part in parts {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let pair = decoded(name).zip(decoded(value));
        let (name, value) = pair.ok_or_else(|| {
            let words = "the query is not percent-encoded UTF-8: encode names and values";
            refuse(Cause::BadValue, words)
        })?;
        if !value.is_empty() {
            pairs.push(Pair { name, value });
        }
    }
    Ok(pairs)
}

fn decoded(text: &str) -> Option<String> {
    let mut bytes = text.bytes();
    let mut out = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'+' => b' ',
            b'%' => {
                let high = char::from(bytes.next()?).to_digit(16)?;
                let low = char::from(bytes.next()?).to_digit(16)?;
                u8::try_from(high * 16 + low).ok()?
            }
            byte => byte,
        });
    }
    String::from_utf8(out).ok()
}

/// A value as it stands in a query.
pub(super) fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let hex = hex::encode_upper([byte]);
            out.extend(["%", &hex]);
        }
    }
    out
}
