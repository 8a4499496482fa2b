//! Content-Transfer-Encoding (RFC 2045, section 6). What cannot be decoded is kept as it came.

use mail_parser::decoders::base64::base64_decode;

use crate::entity::Entity;

/// A body, decoded where that was possible.
pub(crate) struct Decoded {
    /// The bytes.
    pub(crate) bytes: Vec<u8>,
    /// False: the bytes are as they came, still encoded.
    pub(crate) clean: bool,
}

/// Decodes an entity's body.
pub(crate) fn decode(entity: &Entity<'_>) -> Decoded {
    let encoding = entity
        .plain("Content-Transfer-Encoding")
        .unwrap_or_default();
    // A comment may follow; nothing else does.
    let encoding = encoding.split(['(', ';']).next().unwrap_or_default();
    let as_it_is = |clean| Decoded {
        bytes: entity.body.to_vec(),
        clean,
    };
    match encoding.trim().to_ascii_lowercase().as_str() {
        "" | "7bit" | "8bit" | "binary" => as_it_is(true),
        "base64" => match base64_decode(entity.body) {
            Some(bytes) => Decoded { bytes, clean: true },
            None => as_it_is(false),
        },
        "quoted-printable" => Decoded {
            bytes: quoted_printable(entity.body),
            clean: true,
        },
        _ => as_it_is(false),
    }
}

/// Quoted-printable (RFC 2045, 6.7). An equals sign that begins nothing stands for itself.
fn quoted_printable(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    for line in body.split_inclusive(|b| *b == b'\n') {
        let text = line.trim_ascii_end();
        let end = match (line.ends_with(b"\r\n"), line.ends_with(b"\n")) {
            (true, _) => &b"\r\n"[..],
            (_, true) => b"\n",
            _ => b"",
        };
        let (text, end) = match text.strip_suffix(b"=") {
            Some(text) => (text, &b""[..]),
            None => (text, end),
        };
        decode_line(text, &mut out);
        out.extend_from_slice(end);
    }
    out
}

fn decode_line(text: &[u8], out: &mut Vec<u8>) {
    let mut rest = text;
    while let Some((first, tail)) = rest.split_first() {
        rest = tail;
        let pair = match (first, tail) {
            (b'=', [high, low, ..]) => hex(*high).zip(hex(*low)),
            _ => None,
        };
        match pair {
            Some((high, low)) => {
                out.push(high << 4 | low);
                rest = tail.get(2..).unwrap_or_default();
            }
            None => out.push(*first),
        }
    }
}

fn hex(b: u8) -> Option<u8> {
    char::from(b)
        .to_digit(16)
        .and_then(|n| u8::try_from(n).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_printable_joins_soft_breaks_and_forgives_a_stray_sign() {
        let read = |text: &str| String::from_utf8(quoted_printable(text.as_bytes())).unwrap();
        assert_eq!(
            read("caf=C3=A9 =\r\nau lait  \r\n1=2 =4"),
            "café au lait\r\n1=2 =4"
        );
        assert_eq!(read("a=3db="), "a=b");
    }

    #[test]
    fn base64_that_is_none_is_kept_as_it_came() {
        let raw = b"Content-Transfer-Encoding: BASE64\n\naGk=\n";
        let entity = Entity::read(raw, 999).unwrap();
        assert_eq!(decode(&entity).bytes, b"hi");
        let raw = b"Content-Transfer-Encoding: base64\n\n{not base64}";
        let read = decode(&Entity::read(raw, 999).unwrap());
        assert_eq!(
            (read.bytes.as_slice(), read.clean),
            (&b"{not base64}"[..], false)
        );
    }

    #[test]
    fn an_encoding_nobody_knows_is_kept_and_said() {
        let raw = b"Content-Transfer-Encoding: x-uuencode\n\nbegin 644 a\n";
        assert!(!decode(&Entity::read(raw, 999).unwrap()).clean);
    }
}
