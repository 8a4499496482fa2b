//! Times as certificates and signed attributes have them (RFC 5652 section 11.3).

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use openssl::asn1::{Asn1Time, Asn1TimeRef};

use crate::ber::{GENERALIZED_TIME, Reader, UTC_TIME};

/// The time of a certificate's field; `None` where it does not read.
pub(crate) fn from_asn1(time: &Asn1TimeRef) -> Option<Timestamp> {
    let since = Asn1Time::from_unix(0).ok()?.diff(time).ok()?;
    let seconds = i64::from(since.days) * 86_400 + i64::from(since.secs);
    Timestamp::from_second(seconds).ok()
}

/// The time of a signing-time attribute: seconds and `Z` only, as RFC 5652 asks.
pub(crate) fn from_der(der: &[u8]) -> Option<Timestamp> {
    let element = Reader(der).next()?;
    let text = std::str::from_utf8(element.body).ok()?.strip_suffix('Z')?;
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (year, rest) = match (element.tag, text.len()) {
        (UTC_TIME, 12) => {
            let year: i16 = text.get(..2)?.parse().ok()?;
            (
                if year < 50 { 2000 + year } else { 1900 + year },
                text.get(2..)?,
            )
        }
        (GENERALIZED_TIME, 14) => (text.get(..4)?.parse().ok()?, text.get(4..)?),
        _ => return None,
    };
    let two = |at: usize| rest.get(at..at + 2)?.parse::<i8>().ok();
    let civil = DateTime::new(year, two(0)?, two(2)?, two(4)?, two(6)?, two(8)?, 0).ok()?;
    TimeZone::UTC.to_timestamp(civil).ok()
}

/// A signing time: its tag and its text. `UTCTime` up to 2049, `GeneralizedTime` after.
pub(crate) fn to_attribute(time: Timestamp) -> (u8, String) {
    let civil = TimeZone::UTC.to_datetime(time);
    if (1950..2050).contains(&civil.year()) {
        (UTC_TIME, civil.strftime("%y%m%d%H%M%SZ").to_string())
    } else {
        (
            GENERALIZED_TIME,
            civil.strftime("%Y%m%d%H%M%SZ").to_string(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signing_time_reads_back_on_both_sides_of_2050() {
        for text in [
            "1994-02-01T00:00:00Z",
            "2026-07-01T12:34:56Z",
            "2061-01-02T03:04:05Z",
        ] {
            let time: Timestamp = text.parse().unwrap();
            let (tag, written) = to_attribute(time);
            let mut der = vec![tag, u8::try_from(written.len()).unwrap()];
            der.extend_from_slice(written.as_bytes());
            assert_eq!(from_der(&der), Some(time));
        }
    }

    #[test]
    fn a_time_that_is_none_is_refused() {
        for text in [
            "9913010000Z",
            "991301000000Z",
            "99010100000+Z",
            "990101000000",
        ] {
            let mut der = vec![UTC_TIME, u8::try_from(text.len()).unwrap()];
            der.extend_from_slice(text.as_bytes());
            assert_eq!(from_der(&der), None, "{text}");
        }
    }
}
