//! The forms of R4's primitive types (R4, datatypes 2.24.0.1).

use jiff::Timestamp;
use jiff::civil::Date;

use super::Kind;

/// What is wrong with a text as a primitive of that type, in words.
pub(super) fn fault(kind: Kind, text: &str) -> Option<&'static str> {
    let (right, words) = match kind {
        Kind::Text => (
            !text.is_empty(),
            "is empty: leave the element out, or write it in words",
        ),
        Kind::Uri => (
            !text.is_empty() && !text.contains(char::is_whitespace),
            "is not a URI: write it without spaces",
        ),
        Kind::Code => (
            is_code(text),
            "is not a code: write it with single spaces at most",
        ),
        Kind::Id => (
            is_id(text),
            "is not an id: write up to 64 letters, digits, hyphens and full stops",
        ),
        Kind::Date => (
            is_date(text),
            "is not a date: write it as year-month-day, such as 2026-03-02",
        ),
        Kind::DateTime => (
            is_date(text) || is_instant(text),
            "is not a date and time: write such as 2026-03-02T09:00:00Z",
        ),
        Kind::Instant => (
            is_instant(text),
            "is not an instant: write date, time and zone, such as 2026-03-02T09:00:00Z",
        ),
        Kind::Data
        | Kind::Boolean
        | Kind::Unsigned
        | Kind::OneOf(_)
        | Kind::Part(_)
        | Kind::Resource => (false, "is a string, and another type is asked for"),
    };
    (!right).then_some(words)
}

/// R4, code: no white space but single spaces within.
pub(crate) fn is_code(text: &str) -> bool {
    !text.is_empty()
        && text
            .split(' ')
            .all(|word| !word.is_empty() && !word.contains(char::is_whitespace))
}

/// R4, id.
pub(crate) fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.')
}

/// `0` stands for a digit; all else for itself.
fn shaped(text: &str, shape: &str) -> bool {
    text.len() == shape.len()
        && text.bytes().zip(shape.bytes()).all(|(b, s)| match s {
            b'0' => b.is_ascii_digit(),
            _ => b == s,
        })
}

/// R4, date: a year, a month or a day.
fn is_date(text: &str) -> bool {
    let whole = match text.len() {
        4 if shaped(text, "0000") => format!("{text}-01-01"),
        7 if shaped(text, "0000-00") => format!("{text}-01"),
        10 if shaped(text, "0000-00-00") => text.to_owned(),
        _ => return false,
    };
    whole.parse::<Date>().is_ok()
}

/// R4, instant: date, time to the second or finer, and zone.
pub(crate) fn is_instant(text: &str) -> bool {
    let Some((start, rest)) = text.split_at_checked(19) else {
        return false;
    };
    let fraction = rest.strip_prefix('.').map_or(0, |after| {
        1 + after.bytes().take_while(u8::is_ascii_digit).count()
    });
    let zone = rest.get(fraction..).unwrap_or_default();
    shaped(start, "0000-00-00T00:00:00")
        && fraction != 1
        && (zone == "Z" || shaped(zone, "+00:00") || shaped(zone, "-00:00"))
        && text.parse::<Timestamp>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_instants_are_read_as_r4_writes_them() {
        for right in ["2026", "2026-03", "2026-02-28"] {
            assert!(is_date(right), "{right}");
        }
        for wrong in ["", "26", "2026-13", "2026-02-29", "02/03/2026", "2026-3-2"] {
            assert!(!is_date(wrong), "{wrong}");
        }
        for right in [
            "2026-03-02T09:00:00Z",
            "2026-03-02T09:00:00.123456789Z",
            "2016-10-31T08:25:05+10:00",
        ] {
            assert!(is_instant(right), "{right}");
        }
        for wrong in [
            "2026-03-02",
            "2026-03-02T09:00Z",
            "2026-03-02T09:00:00",
            "2026-03-02T09:00:00.Z",
            "2026-03-02 09:00:00Z",
            "2026-03-02T09:00:00+0100",
            "2026-03-02T25:00:00Z",
            "2026-03-02T09:00:0é",
        ] {
            assert!(!is_instant(wrong), "{wrong}");
        }
    }

    #[test]
    fn a_code_has_no_space_at_its_ends_and_an_id_none_at_all() {
        assert!(is_code("no link") && !is_code(" no") && !is_code("no  link") && !is_code(""));
        assert!(is_id("a.b-1") && !is_id("a b") && !is_id("") && !is_id(&"a".repeat(65)));
    }
}
