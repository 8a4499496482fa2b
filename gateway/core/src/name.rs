//! Comparing names of persons. A name is never proof of who somebody is: it can only agree
//! with, or contradict, what a unique identifier says.

use std::collections::BTreeSet;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The words of a name, without case, accents or punctuation, in no order: compatibility
/// decomposition (UAX 15), marks taken off, case folded, split at everything that is neither
/// letter nor digit (spaces, hyphens, apostrophes, full stops).
pub fn tokens(name: &str) -> BTreeSet<String> {
    let plain: String = name.nfkd().filter(|c| !is_combining_mark(*c)).collect();
    // Upper case first: it is what folds the German sharp s and the Greek final sigma.
    let folded = plain.to_uppercase().to_lowercase();
    folded
        .split(|c: char| !c.is_alphanumeric())
        .filter(|t| !t.is_empty())
        .map(str::to_owned)
        .collect()
}

/// The two names have the same words, in whatever order.
pub fn agree(a: &str, b: &str) -> bool {
    let a = tokens(a);
    !a.is_empty() && a == tokens(b)
}

/// The two names have no word in common: they cannot be of one person without an alias.
/// Names that have some words in common neither agree nor contradict.
pub fn contradict(a: &str, b: &str) -> bool {
    let (a, b) = (tokens(a), tokens(b));
    !a.is_empty() && !b.is_empty() && a.is_disjoint(&b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_accents_order_and_punctuation_do_not_matter() {
        for (a, b) in [
            ("Siân O'Brien", "SIAN O’BRIEN"),
            ("Ann-Marie Weiß", "weiss, ann marie"),
            ("José Núñez", "Jose\u{301} Nun\u{303}ez"),
            ("ﬁona Ågren", "Fiona Agren"),
        ] {
            assert!(agree(a, b), "{a} / {b}");
            assert!(!contradict(a, b), "{a} / {b}");
        }
    }

    #[test]
    fn a_name_with_one_word_in_common_neither_agrees_nor_contradicts() {
        assert!(!agree("John Smith", "Jane Smith"));
        assert!(!contradict("John Smith", "Jane Smith"));
        assert!(!agree("John Smith", "John Peter Smith"));
    }

    #[test]
    fn a_name_with_nothing_in_common_contradicts() {
        assert!(contradict("John Smith", "Peter Jones"));
    }

    #[test]
    fn no_name_says_nothing() {
        assert!(!agree("", "") && !contradict("", "John") && !agree("-", "'"));
    }
}
