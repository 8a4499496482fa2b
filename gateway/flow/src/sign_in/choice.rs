//! What a new password must be: long, and none that is guessed first (NCSC, "Password policy:
//! updating your approach": length and a list of passwords to refuse, no rules about kinds of
//! letters).

/// The fewest characters.
const FEWEST: usize = 12;
/// The most: a longer one is no safer, and is hashed at our cost.
const MOST: usize = 200;
/// The commonest passwords of leaked lists, and what is guessed of this service; without what is
/// put at the ends of them.
const COMMON: &str = include_str!("common.txt");

/// What is wrong with a new password, in words for who chose it.
pub(crate) fn password_faults(password: &str, address: &str) -> Option<&'static str> {
    let letters = password.chars().count();
    if letters < FEWEST {
        return Some(
            "Your password must be 12 characters or more. Three random words make a good one",
        );
    }
    if letters > MOST {
        return Some("Your password must be 200 characters or fewer");
    }
    let lower = password.to_lowercase();
    if is_of(&lower, &address.to_lowercase()) {
        return Some(
            "Your password must not be your email address, or your name as it stands there",
        );
    }
    if is_common(&lower) || is_repeated(&lower) || is_run(&lower) {
        return Some(
            "This password is one of those that are guessed first. Three random words make a good one",
        );
    }
    None
}

/// The address, or the part before the `@`, with nothing but signs and digits around it.
fn is_of(password: &str, address: &str) -> bool {
    let local = address.split('@').next().unwrap_or_default();
    let bare = |text: &str| -> String { text.chars().filter(|c| c.is_alphabetic()).collect() };
    let own = bare(password);
    !own.is_empty() && (own == bare(local) || own == bare(address))
}

/// On the list, whatever signs and digits are around or in place of letters.
fn is_common(password: &str) -> bool {
    let core = password.trim_matches(|c: char| !c.is_alphabetic());
    let plain: String = core
        .chars()
        .map(|c| match c {
            '0' => 'o',
            '1' | '!' => 'i',
            '3' => 'e',
            '4' | '@' => 'a',
            '5' | '$' => 's',
            '7' => 't',
            other => other,
        })
        .collect();
    let doubled = |word: &str, text: &str| {
        text.len() > word.len()
            && text.len().is_multiple_of(word.len())
            && text.replace(word, "").is_empty()
    };
    COMMON
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .any(|line| {
            [password, core, &plain]
                .iter()
                .any(|text| *text == line || doubled(line, text))
        })
}

/// A few letters again and again.
fn is_repeated(password: &str) -> bool {
    let letters: Vec<char> = password.chars().collect();
    (1..=4).any(|step| {
        letters
            .iter()
            .zip(letters.iter().skip(step))
            .all(|(a, b)| a == b)
    })
}

/// Letters in the order of the alphabet, of digits, or of a keyboard's row.
fn is_run(password: &str) -> bool {
    const ROWS: [&str; 6] = [
        "abcdefghijklmnopqrstuvwxyz",
        "01234567890123456789",
        "12345678901234567890",
        "qwertyuiopasdfghjklzxcvbnm",
        "qwertyuiop[]asdfghjkl;'zxcvbnm,./",
        "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik",
    ];
    let back = |row: &str| row.chars().rev().collect::<String>();
    ROWS.iter()
        .any(|row| row.contains(password) || back(row).contains(password))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADDRESS: &str = "zoe.placeholder@southwark-housing.example";

    #[test]
    fn three_random_words_are_taken_and_what_is_guessed_first_is_not() {
        for good in [
            "kettle-orbit-mango",
            "correct horse battery",
            "Häuser-Bäume-Wege",
            "xT9#kq2!Lm0z",
        ] {
            assert_eq!(password_faults(good, ADDRESS), None, "{good}");
        }
        for bad in [
            "",
            "short",
            "elevenchars",
            "password1234",
            "Password!2026",
            "P@ssw0rd1234",
            "passwordpassword",
            "aaaaaaaaaaaa",
            "abcabcabcabc",
            "123456789012",
            "qwertyuiopas",
            "1qaz2wsx3edc",
            "abcdefghijkl",
            "098765432109",
            "zoe.placeholder",
            "Zoe.Placeholder1",
            "zoe.placeholder@southwark-housing.example",
            "letmeinletmein",
            "Welcome123456",
            "iloveyou12345",
        ] {
            assert!(password_faults(bad, ADDRESS).is_some(), "{bad}");
        }
        assert!(password_faults(&"x y".repeat(100), ADDRESS).is_some());
    }

    #[test]
    fn the_list_is_in_the_form_that_it_is_compared_in() {
        for line in COMMON.lines() {
            assert_eq!(line, line.trim().to_lowercase(), "{line}");
            assert!(!line.is_empty());
        }
    }
}
