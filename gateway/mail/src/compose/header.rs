//! One header field: no value ends its line, no line is too long, all of it is ASCII.

use super::base64::base64_word;

/// Where lines are folded, CRLF not counted (RFC 5322 section 2.1.1).
const FOLD: usize = 78;
/// A word that cannot be folded is cut here: a line may have 998 octets.
const LONGEST_WORD: usize = 900;
/// Octets of text in one encoded word: with base64 and its frame at most 75 (RFC 2047
/// section 2).
const ENCODED: usize = 45;

/// Whether a character turns the direction of what is read around it.
const fn is_bidi(c: char) -> bool {
    matches!(
        c,
        '\u{061C}'
            | '\u{200E}'
            | '\u{200F}'
            | '\u{202A}'..='\u{202E}'
            | '\u{2066}'..='\u{2069}'
    )
}

/// The text with each control character, line separators included, as a space, and without
/// what turns its direction.
pub(super) fn clean(text: &str) -> String {
    let seen = |c: char| !is_bidi(c);
    let plain = |c: char| {
        if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') {
            ' '
        } else {
            c
        }
    };
    text.chars().filter(|c| seen(*c)).map(plain).collect()
}

/// Writes `name: value` for unstructured text. Words that are plain ASCII stay as they are;
/// anything else, and whatever folding would change, is encoded (RFC 2047).
pub(super) fn text(name: &str, value: &str, out: &mut Vec<u8>) {
    let value = clean(value);
    if is_plain(&value) {
        fold(name, value.split(' ').map(str::to_owned), out);
    } else {
        fold(name, encoded_words(name, &value).into_iter(), out);
    }
}

/// Writes `name: word word …`, a fold wherever a line would grow too long.
pub(super) fn fold(name: &str, words: impl Iterator<Item = String>, out: &mut Vec<u8>) {
    let mut line = format!("{name}:");
    let mut empty = true;
    for word in words.flat_map(cut) {
        if line.len() + 1 + word.len() > FOLD && !empty {
            out.extend_from_slice(line.as_bytes());
            out.extend_from_slice(b"\r\n");
            line.clear();
        }
        line.push(' ');
        line.push_str(&word);
        empty = false;
    }
    out.extend_from_slice(line.as_bytes());
    out.extend_from_slice(b"\r\n");
}

/// A name that a header field can have (RFC 5322 section 2.2): other characters are left out.
pub(super) fn field_name(name: &str) -> String {
    let good = |c: &char| c.is_ascii_graphic() && *c != ':';
    let name: String = name.chars().filter(good).take(70).collect();
    if name.is_empty() {
        "X-Unnamed".to_owned()
    } else {
        name
    }
}

/// Folding and unfolding gives exactly this text back, and no word reads as an encoded one.
fn is_plain(value: &str) -> bool {
    value.bytes().all(|octet| matches!(octet, b' '..=b'~'))
        && !value.contains("=?")
        && !value.contains("  ")
        && !value.starts_with(' ')
        && !value.ends_with(' ')
}

fn cut(word: String) -> Vec<String> {
    if word.len() <= LONGEST_WORD {
        return vec![word];
    }
    let mut pieces = vec![String::new()];
    for c in word.chars() {
        match pieces.last_mut() {
            Some(piece) if piece.len() < LONGEST_WORD => piece.push(c),
            _ => pieces.push(c.to_string()),
        }
    }
    pieces
}

/// The text as encoded words; the first leaves room for the field's name.
pub(super) fn encoded_words(name: &str, value: &str) -> Vec<String> {
    let first = FOLD.saturating_sub(name.len() + 2 + 12) / 4 * 3;
    let mut room = first.clamp(4, ENCODED);
    let mut words = Vec::new();
    let mut piece = String::new();
    for c in value.chars() {
        if piece.len() + c.len_utf8() > room {
            words.push(encoded_word(&piece));
            piece.clear();
            room = ENCODED;
        }
        piece.push(c);
    }
    if !piece.is_empty() {
        words.push(encoded_word(&piece));
    }
    words
}

fn encoded_word(text: &str) -> String {
    format!("=?utf-8?B?{}?=", base64_word(text.as_bytes()))
}
