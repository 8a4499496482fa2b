//! Strings, their escapes resolved.

use std::io::Read;

use super::{Data, Parser};
use crate::issue::{Cause, ReadError, Severity};
use crate::json::base64::{Fault, Sink};
use crate::json::bytes::Bytes;

impl<R: Read, S: Sink + ?Sized> Parser<'_, R, S> {
    /// A string, after its opening quotation mark.
    pub(super) fn string(&mut self) -> Result<String, ReadError> {
        let mut text = Vec::new();
        loop {
            if text.len() > self.limits.string {
                return Err(self.refuse(
                    Severity::Error,
                    Cause::TooLong,
                    "is too long a text: attach it as a document",
                ));
            }
            match self.next()? {
                b'"' => break,
                b'\\' => {
                    let character = self.escape()?;
                    text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                }
                0..=0x1f => {
                    return Err(self.syntax("holds a control character: write it as an escape"));
                }
                byte => text.push(byte),
            }
        }
        String::from_utf8(text).map_err(|_| self.syntax("is not UTF-8: send the message in UTF-8"))
    }

    fn escape(&mut self) -> Result<char, ReadError> {
        let byte = self.next()?;
        if let Some(plain) = plain(byte) {
            return Ok(char::from(plain));
        }
        if byte != b'u' {
            return Err(self.syntax("has an escape that JSON does not have: write the character"));
        }
        let first = self.unit()?;
        let code = match first {
            0xD800..=0xDBFF => {
                let pair = (self.next()?, self.next()?);
                let second = if pair == (b'\\', b'u') {
                    self.unit()?
                } else {
                    0
                };
                if !(0xDC00..=0xDFFF).contains(&second) {
                    return Err(self.half());
                }
                0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00)
            }
            code => code,
        };
        char::from_u32(code).ok_or_else(|| self.half())
    }

    fn half(&self) -> ReadError {
        self.syntax("holds half a character: write surrogates in pairs")
    }

    /// Four hexadecimal figures.
    fn unit(&mut self) -> Result<u32, ReadError> {
        let mut code = 0;
        for _ in 0..4 {
            let figure = char::from(self.next()?).to_digit(16);
            let figure =
                figure.ok_or_else(|| self.syntax("has an escape without four figures: \\u0041"))?;
            code = code * 16 + figure;
        }
        Ok(code)
    }
}

/// What a letter after a backslash stands for.
const fn plain(byte: u8) -> Option<u8> {
    match byte {
        b'"' | b'\\' | b'/' => Some(byte),
        b'b' => Some(0x08),
        b'f' => Some(0x0c),
        b'n' => Some(b'\n'),
        b'r' => Some(b'\r'),
        b't' => Some(b'\t'),
        _ => None,
    }
}

/// An escape within base64: some writers escape the slash, or the plus sign, or break lines.
pub(super) fn base64_escape<R: Read>(bytes: &mut Bytes<R>) -> Result<u8, Data> {
    bytes.take(1);
    let byte = bytes.next()?.ok_or(Data::Cut)?;
    if let Some(plain) = plain(byte) {
        return Ok(plain);
    }
    let mut code = 0;
    for _ in 0..4 {
        let figure = bytes.next()?.ok_or(Data::Cut)?;
        let figure = char::from(figure).to_digit(16).filter(|_| byte == b'u');
        code = code * 16 + figure.ok_or(Data::Base64(Fault::NotBase64))?;
    }
    u8::try_from(code).map_err(|_| Data::Base64(Fault::NotBase64))
}
