//! What a form says to the flag that it sets or answers.

use gateway_core::calendar::local_date;
use gateway_core::{AgencyId, Id};
use gateway_forms::{Body, Definition};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};
use serde::{Deserialize, Serialize};

/// A flag is looked at again within so many months (ISP-33).
pub(super) const LONGEST: i32 = 6;

/// That a form sets a hospital flag, or says that the person came. No words of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FlagNote {
    /// It sets one.
    Sets {
        /// The acute trust.
        holder: AgencyId,
        /// The day of the meeting that decided it.
        decided_on: Date,
        /// The day of its review.
        review_on: Date,
        /// The flag that it goes on from.
        follows: Option<Id>,
    },
    /// It says that the person came.
    Attends {
        /// The flag that asks for it.
        flag: Id,
    },
}

impl FlagNote {
    /// Whether a form sets flags.
    pub(crate) const fn sets(form: &Definition) -> bool {
        form.says.review_on.is_some()
    }

    /// Whether a form says that a person came.
    pub(crate) const fn attends(form: &Definition) -> bool {
        form.says.attended_on.is_some()
    }

    /// Whether what was sent at a time records a meeting's decision.
    pub(crate) fn is_decided(&self, sent: Timestamp) -> bool {
        matches!(self, Self::Sets { decided_on, .. } if *decided_on <= local_date(sent))
    }

    /// Whether what was sent at a time is reviewed within six months of that.
    pub(crate) fn is_reviewed(&self, sent: Timestamp) -> bool {
        matches!(self, Self::Sets { review_on, .. } if fits(*review_on, local_date(sent)))
    }
}

/// A day that a form says.
pub(super) fn day(form: &Definition, body: &Body, path: Option<&String>) -> Option<Date> {
    form.stated(body, path)?.parse().ok()
}

/// The last day on which what is sent today can be reviewed.
pub(super) fn last(today: Date) -> Date {
    today.checked_add(LONGEST.months()).unwrap_or(today)
}

/// A review is to come, and within six months.
pub(super) fn fits(review: Date, today: Date) -> bool {
    today < review && review <= last(today)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_review_is_to_come_and_six_months_away_at_most() {
        let today = Date::constant(2026, 8, 31);
        for (review, held) in [
            ("2026-08-31", false),
            ("2026-09-01", true),
            ("2027-02-28", true),
            ("2027-03-01", false),
        ] {
            assert_eq!(fits(review.parse().unwrap(), today), held, "{review}");
        }
    }
}
