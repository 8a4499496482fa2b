//! Opaque ids: `UUIDv7` (RFC 9562) for everything the gateway makes, a short word for agencies.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::Clock;

/// A `UUIDv7` made by the gateway. It says nothing about a person and is safe to log.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Id(Uuid);

impl Id {
    /// A fresh id, its time part taken from `clock`. Ids of one clock only ever increase,
    /// also while the clock stands still, so that their order is the order of making.
    pub fn new(clock: &Clock) -> Self {
        Self(clock.next_uuid())
    }

    /// An id that nothing has: what a look-up of something absent is made with.
    pub const fn nil() -> Self {
        Self(Uuid::nil())
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Id {
    type Err = BadId;

    fn from_str(text: &str) -> Result<Self, BadId> {
        // Only the one canonical spelling, so that an id has one form in every log.
        let id = Uuid::try_parse(text).map_err(|_| BadId)?;
        if id.hyphenated().to_string() == text {
            Ok(Self(id))
        } else {
            Err(BadId)
        }
    }
}

/// The text is not an id of this kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an id: give it as the gateway printed it")]
pub struct BadId;

/// An agency's short name: lower-case letters, digits and single hyphens, 2 to 63 characters,
/// beginning with a letter. It is also the local part of the agency's address at the gateway.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AgencyId(String);

impl AgencyId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AgencyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for AgencyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for AgencyId {
    type Err = BadId;

    fn from_str(text: &str) -> Result<Self, BadId> {
        let shaped = (2..=63).contains(&text.len())
            && text.starts_with(|c: char| c.is_ascii_lowercase())
            && !text.ends_with('-')
            && !text.contains("--")
            && text
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if shaped {
            Ok(Self(text.to_owned()))
        } else {
            Err(BadId)
        }
    }
}

impl TryFrom<String> for AgencyId {
    type Error = BadId;

    fn try_from(text: String) -> Result<Self, BadId> {
        text.parse()
    }
}

impl From<AgencyId> for String {
    fn from(id: AgencyId) -> Self {
        id.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_one_spelling() {
        let id = Id::new(&Clock::system());
        assert_eq!(id.to_string().parse::<Id>(), Ok(id));
        assert!(id.to_string().to_uppercase().parse::<Id>().is_err());
        assert!("urn:uuid:0".parse::<Id>().is_err());
    }

    #[test]
    fn ids_of_a_standing_clock_increase() {
        let clock = Clock::manual("2026-03-02T09:00:00Z".parse().unwrap());
        let ids: Vec<Id> = (0..1000).map(|_| Id::new(&clock)).collect();
        assert!(ids.is_sorted_by(|a, b| a < b));
    }

    #[test]
    fn an_agency_id_is_a_plain_lower_case_word() {
        assert!("london-probation".parse::<AgencyId>().is_ok());
        for bad in ["", "a", "Police", "1a", "a--b", "a-", "a b", "a/b", "é-b"] {
            assert!(bad.parse::<AgencyId>().is_err(), "{bad}");
        }
    }
}
