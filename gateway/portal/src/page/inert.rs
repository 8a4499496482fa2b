//! What nobody vouches for, as text and nothing else: no markup, no image, no letter that a
//! browser would act on or hide. What is no text is written out byte by byte.

use std::fmt::Write as _;

/// How much of it is read, bytes.
pub(crate) const READ: usize = 32 * 1024;
/// How much is shown of what is no text, bytes.
const BYTES: usize = 4 * 1024;

/// An excerpt.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Inert {
    pub(crate) text: String,
    /// It is no text: its bytes are written out.
    pub(crate) binary: bool,
    /// There is more.
    pub(crate) cut: bool,
}

/// The beginning of something as text; `size` is that of the whole, bytes.
pub(crate) fn inert(bytes: &[u8], size: i64) -> Inert {
    let text = beginning(bytes);
    let binary = text.is_none();
    let shown = text.unwrap_or_else(|| written_out(&bytes[..bytes.len().min(BYTES)]));
    let read = if binary {
        bytes.len().min(BYTES)
    } else {
        bytes.len()
    };
    Inert {
        text: shown,
        binary,
        cut: usize::try_from(size).is_ok_and(|size| size > read),
    }
}

/// The bytes as text, where they are one. A character that was cut at the end is left out.
fn beginning(bytes: &[u8]) -> Option<String> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&bytes[..error.valid_up_to()]).ok()?
        }
        Err(_) => return None,
    };
    if text.contains('\0') {
        return None;
    }
    Some(shown_if(text, is_seen))
}

/// What somebody has sent, for its reader: as it is, but for controls and for marks that turn the
/// direction of writing, which can make a text show something other than it says (Unicode UTR 36,
/// section 2.5). Those are written out.
pub(crate) fn plain(text: &str) -> String {
    shown_if(text, |letter| !letter.is_control() && !turns(letter))
}

fn shown_if(text: &str, is_shown: impl Fn(char) -> bool) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.replace("\r\n", "\n").chars() {
        match letter {
            '\n' | '\t' => shown.push(letter),
            letter if is_shown(letter) => shown.push(letter),
            letter => {
                // Writing to a string cannot fail.
                let _ = write!(shown, "\\u{{{:04x}}}", u32::from(letter));
            }
        }
    }
    shown
}

const fn turns(letter: char) -> bool {
    matches!(letter, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Neither a control nor one of those that turn, hide or join what stands around them
/// (Unicode 23.2, 23.3 and Trojan Source).
fn is_seen(letter: char) -> bool {
    !letter.is_control()
        && !matches!(letter,
            '\u{00ad}' | '\u{061c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}')
}

/// Letters, digits and signs of ASCII as they are, everything else as `\x1f`.
fn written_out(bytes: &[u8]) -> String {
    let mut shown = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        match byte {
            b'\\' => shown.push_str("\\\\"),
            b'\n' => shown.push('\n'),
            b' '..=b'~' => shown.push(char::from(*byte)),
            byte => {
                let _ = write!(shown, "\\x{byte:02x}");
            }
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_text_and_hides_nothing() {
        let shown = inert("Caf\u{e9}\r\n<b>x</b>\u{202e}gpj.exe\u{7}".as_bytes(), 30);
        assert_eq!(shown.text, "Caf\u{e9}\n<b>x</b>\\u{202e}gpj.exe\\u{0007}");
        assert!(!shown.binary);
        let cut = "é".as_bytes();
        assert_eq!(inert(&[b"a", &cut[..1]].concat(), 3).text, "a");
    }

    #[test]
    fn what_was_sent_is_shown_as_it_is_but_for_what_turns_or_controls() {
        let sent = "Siân \u{1f469}\u{200d}\u{2695} said\r\n\u{202e}gpj.exe\u{2066}\0\u{1b}[2J";
        let shown =
            "Siân \u{1f469}\u{200d}\u{2695} said\n\\u{202e}gpj.exe\\u{2066}\\u{0000}\\u{001b}[2J";
        assert_eq!(plain(sent), shown);
    }

    #[test]
    fn what_is_no_text_is_written_out_and_bounded() {
        let shown = inert(b"MZ\x90\x00\\ok", 7);
        assert_eq!(
            (shown.text.as_str(), shown.binary),
            ("MZ\\x90\\x00\\\\ok", true)
        );
        assert!(!shown.cut);
        let long = inert(&vec![0xff; READ], 1 << 20);
        assert_eq!(long.text.len(), BYTES * 4);
        assert!(long.cut && long.binary);
        assert!(inert(b"short", 1 << 20).cut);
    }
}
