//! Words and times of the other side, cut to what is safe to keep.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// No control character, no blank at either end, `longest` characters at most.
pub(crate) fn clean(text: &str, longest: usize) -> String {
    let printable = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect::<String>();
    let cut = printable.trim().chars().take(longest).collect::<String>();
    cut.trim_end().to_owned()
}

/// A time as MESH writes it: ISO 8601, with its offset or in UTC, or `yyyyMMddHHmmss` in UTC.
pub(crate) fn time(text: &str) -> Option<Timestamp> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(at);
    }
    let civil = text
        .parse::<DateTime>()
        .or_else(|_| DateTime::strptime("%Y%m%d%H%M%S", text))
        .ok()?;
    TimeZone::UTC.to_timestamp(civil).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_that_mesh_writes_a_time_is_read() {
        let at = "2026-06-06T12:21:53Z".parse().unwrap();
        for text in [
            "20260606122153",
            "2026-06-06T12:21:53",
            "2026-06-06T12:21:53Z",
            "2026-06-06T13:21:53+01:00",
        ] {
            assert_eq!(time(text), Some(at), "{text}");
        }
        for text in ["", "yesterday", "2026", "99999999999999", "202606061221530"] {
            assert_eq!(time(text), None, "{text}");
        }
    }

    #[test]
    fn words_are_cut_to_one_printable_line() {
        assert_eq!(clean(" a\r\nb\u{7f} ", 300), "a  b");
        assert_eq!(clean("abc def", 4), "abc");
    }
}
