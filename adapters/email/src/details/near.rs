//! Which known word somebody meant.

/// The known word that is near: alike but for case, separators, or up to two slips.
pub(super) fn near(given: &str, known: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    let given = plain(given)?;
    let best = known
        .map(|word| (slips(&given, &plain(word).unwrap_or_default()), word))
        .min()?;
    let allowed = match given.len() {
        0..=2 => 0,
        3..=5 => 1,
        _ => 2,
    };
    (best.0 <= allowed).then_some(best.1)
}

fn plain(word: &str) -> Option<Vec<char>> {
    let kept = word
        .chars()
        .filter(|c| c.is_alphanumeric())
        .map(|c| c.to_ascii_lowercase());
    let kept: Vec<char> = kept.take(41).collect();
    (!kept.is_empty() && kept.len() <= 40).then_some(kept)
}

/// Letters to add, take away or change (Levenshtein).
fn slips(a: &[char], b: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (n, x) in a.iter().enumerate() {
        let mut diagonal = n;
        let mut left = n + 1;
        for (y, cell) in b.iter().zip(row.iter_mut().skip(1)) {
            let above = *cell;
            *cell = (diagonal + usize::from(x != y))
                .min(above + 1)
                .min(left + 1);
            diagonal = above;
            left = *cell;
        }
        if let Some(first) = row.first_mut() {
            *first = n + 1;
        }
    }
    row.last().copied().unwrap_or(a.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_its_word_and_another_word_does_not() {
        let known = || ["MANAGE", "HEALTH_CLIN", "CARE", "PNC"].into_iter();
        assert_eq!(near("MANGE", known()), Some("MANAGE"));
        assert_eq!(near("health clin", known()), Some("HEALTH_CLIN"));
        assert_eq!(near("CARES", known()), Some("CARE"));
        assert_eq!(near("PCN", known()), None);
        assert_eq!(near("chemist", known()), None);
        assert_eq!(near("", known()), None);
    }

    #[test]
    fn slips_are_counted() {
        let count = |a: &str, b: &str| {
            slips(
                &a.chars().collect::<Vec<_>>(),
                &b.chars().collect::<Vec<_>>(),
            )
        };
        assert_eq!(count("kitten", "sitting"), 3);
        assert_eq!(count("", "abc"), 3);
        assert_eq!(count("abc", "abc"), 0);
    }
}
