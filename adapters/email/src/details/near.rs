//! Which known word somebody meant.

use gateway_core::text::slips;

/// The known word that is near: alike but for case, separators, or up to two slips.
pub(super) fn near(given: &str, known: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    let given = plain(given)?;
    let best = known
        .map(|word| (slips(&given, &plain(word).unwrap_or_default()), word))
        .min()?;
    let allowed = match given.chars().count() {
        0..=2 => 0,
        3..=5 => 1,
        _ => 2,
    };
    (best.0 <= allowed).then_some(best.1)
}

fn plain(word: &str) -> Option<String> {
    let kept = word
        .chars()
        .filter(|c| c.is_alphanumeric())
        .map(|c| c.to_ascii_lowercase());
    let kept: String = kept.take(41).collect();
    (1..=40).contains(&kept.chars().count()).then_some(kept)
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
}
