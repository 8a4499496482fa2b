//! From the forms in which a CMS message comes (DER, PEM, the base64 of a mail's part, a whole
//! `application/pkcs7-mime` part) to DER.

use std::borrow::Cow;

use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

/// Mailers differ about padding; nothing hangs on it.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// How many bytes of header a part may have.
const HEADER: usize = 16 * 1024;

/// The message as DER; `None` where it is none of the forms.
pub(crate) fn to_der(message: &[u8]) -> Option<Cow<'_, [u8]>> {
    if message.first() == Some(&0x30) {
        return Some(Cow::Borrowed(message));
    }
    let text = message.trim_ascii();
    if text.starts_with(b"-----BEGIN ") {
        return blocks(text).next().map(|(_, der)| Cow::Owned(der));
    }
    decode(body(text)).map(Cow::Owned)
}

/// What follows a part's header, or the whole where there is no header.
fn body(text: &[u8]) -> &[u8] {
    let head = text.get(..HEADER).unwrap_or(text);
    if !head
        .iter()
        .take_while(|byte| **byte != b'\n')
        .any(|byte| *byte == b':')
    {
        return text;
    }
    let ends = [&b"\r\n\r\n"[..], b"\n\n"];
    ends.iter()
        .filter_map(|end| {
            let at = head.windows(end.len()).position(|window| window == *end)?;
            Some(at + end.len())
        })
        .min()
        .and_then(|start| text.get(start..))
        .unwrap_or(text)
}

/// Every PEM block: its label and its bytes. Blocks that are not base64 are left out.
pub(crate) fn blocks(text: &[u8]) -> impl Iterator<Item = (String, Vec<u8>)> {
    let text = String::from_utf8_lossy(text).into_owned();
    let mut found = Vec::new();
    let mut open: Option<(String, String)> = None;
    for line in text.lines().map(str::trim) {
        if let Some(label) = label(line, "-----BEGIN ") {
            open = Some((label.to_owned(), String::new()));
        } else if label(line, "-----END ").is_some() {
            if let Some((label, body)) = open.take()
                && let Some(der) = decode(body.as_bytes())
            {
                found.push((label, der));
            }
        } else if let Some((_, body)) = &mut open {
            body.push_str(line);
        }
    }
    found.into_iter()
}

fn label<'a>(line: &'a str, start: &str) -> Option<&'a str> {
    line.strip_prefix(start)?.strip_suffix("-----")
}

fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let dense: Vec<u8> = text
        .iter()
        .copied()
        .filter(|byte| !byte.is_ascii_whitespace())
        .collect();
    BASE64.decode(dense).ok().filter(|der| !der.is_empty())
}
