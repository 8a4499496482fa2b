//! The JSON of the API: what is asked, how it is read, what is answered.

pub(crate) mod answer;
pub(crate) mod list;
pub(crate) mod read;
pub(crate) mod record;
pub(crate) mod request;
pub(crate) mod words;

use jiff::Timestamp;

/// Microseconds UTC as RFC 3339.
pub(crate) fn time(micros: i64) -> String {
    Timestamp::from_microsecond(micros)
        .map(|at| at.to_string())
        .unwrap_or_default()
}
