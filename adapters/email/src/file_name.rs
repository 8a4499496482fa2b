//! File names as they can be shown and stored: no path, no control, nothing hidden.

use std::collections::{HashMap, HashSet};

use unicode_normalization::UnicodeNormalization;

/// Longest name, characters.
const LONGEST: usize = 200;

/// Cleans a name: the last step of a path, without control characters and controls of the
/// direction of writing (Unicode UTR 36, 2.5), composed (NFC: some systems send it apart), on
/// one line. None where nothing is left.
pub(crate) fn clean(name: &str) -> Option<String> {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let kept: String = last.nfc().filter(|c| !hidden(*c)).collect();
    let words: Vec<&str> = kept.split_whitespace().collect();
    let name = words.join(" ");
    let name = name.trim_matches(|c: char| c == '.' && name.chars().all(|c| c == '.'));
    (!name.is_empty()).then(|| shorten(name))
}

fn hidden(c: char) -> bool {
    let control = c.is_control() && !c.is_whitespace();
    control
        || matches!(c,
            '\u{00AD}' | '\u{061C}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{2069}' | '\u{FEFF}' | '\u{FFFE}' | '\u{FFFF}'
            | '"' | '<' | '>' | '|' | '?' | '*' | ':' | ';' | '=' | '\u{FDD0}'..='\u{FDEF}'
            | '\u{E0000}'..='\u{E007F}')
        || u32::from(c) & 0xFFFE == 0xFFFE
}

/// Cuts in the middle, so that the ending stays.
fn shorten(name: &str) -> String {
    let count = name.chars().count();
    if count <= LONGEST {
        return name.to_owned();
    }
    let (stem, ending) = split(name);
    let ending: String = ending.chars().take(20).collect();
    let keep = LONGEST - ending.chars().count();
    let stem: String = stem.chars().take(keep).collect();
    format!("{stem}{ending}")
}

/// The stem, and the ending with its full stop.
fn split(name: &str) -> (&str, &str) {
    match name.rfind('.') {
        Some(at) if at > 0 => name.split_at(at),
        _ => (name, ""),
    }
}

/// Names given so far, each to one part only.
#[derive(Default)]
pub(crate) struct Names {
    taken: HashSet<String>,
    /// How often a name was asked for, so that many of one name are no slow work.
    asked: HashMap<String, u32>,
}

impl Names {
    /// The name where nothing has it yet, else `stem (2).ending` and so on.
    pub(crate) fn unique(&mut self, name: &str) -> String {
        let (stem, ending) = split(name);
        let mut free = name.to_owned();
        let asked = self.asked.entry(name.to_lowercase()).or_insert(1);
        while !self.taken.insert(free.to_lowercase()) {
            *asked = asked.saturating_add(1);
            free = format!("{stem} ({asked}){ending}");
        }
        free
    }
}

/// The name has that ending, which is given without its full stop.
pub(crate) fn ends_in(name: &str, ending: &str) -> bool {
    name.rsplit_once('.')
        .is_some_and(|(_, end)| end.eq_ignore_ascii_case(ending))
}

/// Two names that a person takes for one.
pub(crate) fn same(a: &str, b: &str) -> bool {
    a.to_lowercase() == b.to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_controls_and_directions_are_taken_off() {
        for (given, kept) in [
            ("../../etc/passwd", Some("passwd")),
            ("C:\\Users\\x\\report.pdf", Some("report.pdf")),
            ("a\0b\r\nc.txt", Some("ab c.txt")),
            ("invoice\u{202e}fdp.exe", Some("invoicefdp.exe")),
            ("cafe\u{301}.pdf", Some("café.pdf")),
            ("..", None),
            ("/", None),
            ("\u{200b}", None),
            (" .hidden ", Some(".hidden")),
        ] {
            assert_eq!(clean(given).as_deref(), kept, "{given:?}");
        }
    }

    #[test]
    fn a_long_name_keeps_its_ending() {
        let name = clean(&format!("{}.pdf", "x".repeat(500))).unwrap();
        assert!(name.ends_with("x.pdf") && name.chars().count() == LONGEST);
    }

    #[test]
    fn a_name_that_is_taken_gets_a_number() {
        let mut names = Names::default();
        for (asked, given) in [
            ("a.pdf", "a.pdf"),
            ("A (2).pdf", "A (2).pdf"),
            ("A.pdf", "A (3).pdf"),
            ("a.pdf", "a (4).pdf"),
            ("plain", "plain"),
            ("plain", "plain (2)"),
        ] {
            assert_eq!(names.unique(asked), given);
        }
    }
}
