//! Obligations: what a permit demands of whoever carries it out.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::code::{Category, Role};

/// One obligation of a permit. Written in policies and in the API as `MARK`,
/// `REDACT(VICTIM)`, `EXPIRE(14)`, `NOTIFY(coordinator)` and so on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Obligation {
    /// Carries its protective marking wherever it is shown.
    Mark,
    /// Only the named person reads it; the agency's SPOC (or deputy) where nobody was named.
    NamedRecipient,
    /// Goes to the single point of contact or the deputy, not to a team.
    SpocOnly,
    /// Stays in the inbox until acknowledged; the sender is told.
    Receipt,
    /// Not to be shared on.
    NoOnward,
    /// Items of this category go to this reader in no case.
    Redact(Category),
    /// Needs the countersignature of this role.
    Countersign(Role),
    /// The reason for sharing is shown with it.
    Reason,
    /// Readable for so many days.
    Expire(u16),
    /// Readable until the review date of the recipient's entry as an Associate.
    ExpireAtReview,
    /// This role is told, at the coordination unit (`coordinator`, `chair`) or the owner.
    Notify(Role),
    /// The nominal's lead agency is told.
    NotifyLead,
    /// Filed apart from the rest: a delivery of its own.
    Separate,
    /// The lead agency considers whether to tell the subject.
    TellSubjectConsider,
    /// Attached to the nominal's record.
    LinkNominal,
    /// Read in the portal only: no download, no API, no mail.
    ViewOnly,
}

/// The text is not an obligation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an obligation")]
pub struct BadObligation(pub String);

impl fmt::Display for Obligation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mark => f.write_str("MARK"),
            Self::NamedRecipient => f.write_str("NAMED_RECIPIENT"),
            Self::SpocOnly => f.write_str("SPOC_ONLY"),
            Self::Receipt => f.write_str("RECEIPT"),
            Self::NoOnward => f.write_str("NO_ONWARD"),
            Self::Redact(category) => write!(f, "REDACT({category})"),
            Self::Countersign(role) => write!(f, "COUNTERSIGN({role})"),
            Self::Reason => f.write_str("REASON"),
            Self::Expire(days) => write!(f, "EXPIRE({days})"),
            Self::ExpireAtReview => f.write_str("EXPIRE(review)"),
            Self::Notify(role) => write!(f, "NOTIFY({role})"),
            Self::NotifyLead => f.write_str("NOTIFY(lead)"),
            Self::Separate => f.write_str("SEPARATE"),
            Self::TellSubjectConsider => f.write_str("TELL_SUBJECT_CONSIDER"),
            Self::LinkNominal => f.write_str("LINK_NOMINAL"),
            Self::ViewOnly => f.write_str("VIEW_ONLY"),
        }
    }
}

impl FromStr for Obligation {
    type Err = BadObligation;

    fn from_str(text: &str) -> Result<Self, BadObligation> {
        let bad = || BadObligation(text.chars().take(60).collect());
        let (word, argument) = match text.split_once('(') {
            Some((word, rest)) => (word, Some(rest.strip_suffix(')').ok_or_else(bad)?)),
            None => (text, None),
        };
        match (word, argument) {
            ("MARK", None) => Ok(Self::Mark),
            ("NAMED_RECIPIENT", None) => Ok(Self::NamedRecipient),
            ("SPOC_ONLY", None) => Ok(Self::SpocOnly),
            ("RECEIPT", None) => Ok(Self::Receipt),
            ("NO_ONWARD", None) => Ok(Self::NoOnward),
            ("REASON", None) => Ok(Self::Reason),
            ("SEPARATE", None) => Ok(Self::Separate),
            ("TELL_SUBJECT_CONSIDER", None) => Ok(Self::TellSubjectConsider),
            ("LINK_NOMINAL", None) => Ok(Self::LinkNominal),
            ("VIEW_ONLY", None) => Ok(Self::ViewOnly),
            ("REDACT", Some(arg)) => arg.parse().map(Self::Redact).map_err(|_| bad()),
            ("COUNTERSIGN", Some(arg)) => arg.parse().map(Self::Countersign).map_err(|_| bad()),
            ("EXPIRE", Some("review")) => Ok(Self::ExpireAtReview),
            ("EXPIRE", Some(arg)) => arg.parse().map(Self::Expire).map_err(|_| bad()),
            ("NOTIFY", Some("lead")) => Ok(Self::NotifyLead),
            ("NOTIFY", Some(arg)) => arg.parse().map(Self::Notify).map_err(|_| bad()),
            _ => Err(bad()),
        }
    }
}

impl TryFrom<String> for Obligation {
    type Error = BadObligation;

    fn try_from(text: String) -> Result<Self, BadObligation> {
        text.parse()
    }
}

impl From<Obligation> for String {
    fn from(obligation: Obligation) -> Self {
        obligation.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_obligation_reads_back_as_written() {
        for text in [
            "MARK",
            "NAMED_RECIPIENT",
            "SPOC_ONLY",
            "RECEIPT",
            "NO_ONWARD",
            "REDACT(VICTIM)",
            "COUNTERSIGN(manager)",
            "REASON",
            "EXPIRE(14)",
            "EXPIRE(review)",
            "NOTIFY(coordinator)",
            "NOTIFY(lead)",
            "SEPARATE",
            "TELL_SUBJECT_CONSIDER",
            "LINK_NOMINAL",
            "VIEW_ONLY",
        ] {
            assert_eq!(
                text.parse::<Obligation>().map(|o| o.to_string()),
                Ok(text.to_owned())
            );
        }
        assert!("EXPIRE(soon)".parse::<Obligation>().is_err());
        assert!("MARK()".parse::<Obligation>().is_err());
    }
}
