//! Numbers, kept as they are written.

use std::io::Read;

use super::Parser;
use crate::issue::ReadError;
use crate::json::Json;
use crate::json::base64::Sink;

/// More characters than any number of FHIR needs.
const MOST: usize = 40;

impl<R: Read, S: Sink + ?Sized> Parser<'_, R, S> {
    pub(super) fn number(&mut self) -> Result<Json, ReadError> {
        let mut text = String::new();
        while let Some(byte @ (b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E')) = self.peek()? {
            self.next()?;
            text.push(char::from(byte));
            if text.len() > MOST {
                return Err(self.syntax("is a number of too many figures: write up to forty"));
            }
        }
        if is_number(&text) {
            Ok(Json::Number(text))
        } else {
            Err(self.syntax("is not a number as JSON writes one: write such as 12 or 1.50"))
        }
    }
}

/// RFC 8259, section 6.
fn is_number(text: &str) -> bool {
    let text = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let signed = |e: &str| figures(e.strip_prefix(['+', '-']).unwrap_or(e));
    figures(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(figures)
        && exponent.is_none_or(signed)
}

fn figures(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}
