//! Free text as people type it: what is refused at the door, so that no later step, database
//! or screen is surprised by it. It is never changed in meaning, only its line ends are.

/// What is wrong with a text, and what would be right. It never repeats the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadText {
    /// Nothing but white space.
    #[error("is empty: write it in words")]
    Empty,
    /// Longer than this field takes.
    #[error("is longer than {max} characters: shorten it, or attach it as a document")]
    TooLong {
        /// The limit, in characters (Unicode scalar values).
        max: usize,
    },
    /// A control character (NUL, escape, a lone carriage return …).
    #[error("holds a control character: leave only text, tabs and line ends")]
    Control,
    /// A line end where one line is asked for.
    #[error("holds a line end: write it on one line")]
    LineEnd,
    /// A control that changes the direction of writing, which can make a text show something
    /// other than it says (Unicode UTR 36, section 2.5).
    #[error("holds a hidden control of the direction of writing: leave it out")]
    Direction,
    /// A code point that is no character (Unicode 23.7), such as U+FFFE.
    #[error("holds a code point that is no character: leave it out")]
    NoCharacter,
}

/// Text of several lines, at most `max_chars` long. CRLF becomes LF; nothing else changes.
pub fn clean(text: &str, max_chars: usize) -> Result<String, BadText> {
    // Four bytes a character at most, two of line end: refuse before any copy is made.
    if text.len() > max_chars.saturating_mul(8) {
        return Err(BadText::TooLong { max: max_chars });
    }
    let text = text.replace("\r\n", "\n");
    if text.trim().is_empty() {
        return Err(BadText::Empty);
    }
    if text.chars().count() > max_chars {
        return Err(BadText::TooLong { max: max_chars });
    }
    text.chars().try_for_each(acceptable)?;
    Ok(text)
}

/// Text of one line, at most `max_chars` long; white space around it is taken off.
pub fn line(text: &str, max_chars: usize) -> Result<String, BadText> {
    let text = clean(text.trim(), max_chars)?;
    if text.contains(['\n', '\u{2028}', '\u{2029}']) {
        return Err(BadText::LineEnd);
    }
    Ok(text)
}

fn acceptable(c: char) -> Result<(), BadText> {
    match c {
        '\n' | '\t' => Ok(()),
        _ if c.is_control() => Err(BadText::Control),
        '\u{061C}'
        | '\u{200E}'
        | '\u{200F}'
        | '\u{202A}'..='\u{202E}'
        | '\u{2066}'..='\u{2069}' => Err(BadText::Direction),
        '\u{FDD0}'..='\u{FDEF}' => Err(BadText::NoCharacter),
        _ if u32::from(c) & 0xFFFE == 0xFFFE => Err(BadText::NoCharacter),
        _ => Ok(()),
    }
}

/// Letters to add, take away or change between two words (Levenshtein): for "did you mean".
pub fn slips(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (n, x) in a.chars().enumerate() {
        let mut diagonal = n;
        let mut left = n + 1;
        for (y, cell) in b.iter().zip(row.iter_mut().skip(1)) {
            let above = *cell;
            *cell = (diagonal + usize::from(x != *y))
                .min(above + 1)
                .min(left + 1);
            diagonal = above;
            left = *cell;
        }
        if let Some(first) = row.first_mut() {
            *first = n + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_words_pass_unchanged_but_for_their_line_ends() {
        assert_eq!(
            clean("  Siân said\r\n\t“no”\n", 100).unwrap(),
            "  Siân said\n\t“no”\n"
        );
        assert_eq!(clean("שלום 👩‍⚕️", 20).unwrap(), "שלום 👩‍⚕️");
    }

    #[test]
    fn what_cannot_be_stored_or_shown_as_it_is_is_refused() {
        for bad in ["a\0b", "a\x1b[2J", "a\rb", "a\u{85}b", "\u{7f}"] {
            assert_eq!(clean(bad, 100), Err(BadText::Control), "{bad:?}");
        }
        for bad in [
            "a\u{202e}b",
            "a\u{2066}b",
            "a\u{2069}b",
            "\u{200f}a",
            "\u{200e}a",
        ] {
            assert_eq!(clean(bad, 100), Err(BadText::Direction), "{bad:?}");
        }
        for bad in ["\u{fdd0}", "\u{fffe}", "\u{1ffff}", "\u{10ffff}"] {
            assert_eq!(clean(bad, 100), Err(BadText::NoCharacter), "{bad:?}");
        }
    }

    #[test]
    fn emptiness_is_told_apart_from_length() {
        assert_eq!(clean(" \r\n\t ", 3), Err(BadText::Empty));
        assert_eq!(clean("", 3), Err(BadText::Empty));
        assert_eq!(clean("éééé", 3), Err(BadText::TooLong { max: 3 }));
        assert_eq!(
            clean(&"x".repeat(1000), 3),
            Err(BadText::TooLong { max: 3 })
        );
        assert_eq!(clean("ééé", 3).unwrap(), "ééé");
        assert_eq!(
            BadText::TooLong { max: 3 }.to_string(),
            "is longer than 3 characters: shorten it, or attach it as a document"
        );
    }

    #[test]
    fn a_line_is_one_line() {
        assert_eq!(line("  Risk note\r\n", 40).unwrap(), "Risk note");
        assert_eq!(line("a\nb", 40), Err(BadText::LineEnd));
        assert_eq!(line("a\u{2028}b", 40), Err(BadText::LineEnd));
    }

    #[test]
    fn slips_are_counted() {
        assert_eq!(slips("kitten", "sitting"), 3);
        assert_eq!(slips("", "abc"), 3);
        assert_eq!(slips("abc", ""), 3);
        assert_eq!(slips("abc", "abc"), 0);
    }
}
