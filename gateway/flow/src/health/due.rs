//! When an answer is due: by the level of the case and how urgent it is, always two working days
//! before the meeting, never without any notice.

use gateway_core::calendar::{add_working_days, close_of, due_at, local_date, working_days_before};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};

use crate::admin::clocks::Clocks;

/// How long there is at least in an emergency, hours.
const LEAST: i64 = 2;

/// What the time turns on.
pub(super) struct Asked {
    pub(super) at: Timestamp,
    pub(super) level: i64,
    pub(super) emergency: bool,
    pub(super) needed_by: Option<Date>,
    pub(super) meeting: Option<Date>,
}

/// When an answer is due, and when it is reminded of.
pub(super) fn due(asked: &Asked, clocks: Clocks) -> (Timestamp, Timestamp) {
    let due = match asked.emergency {
        true => same_day(asked.at),
        false => by_level(asked, clocks),
    };
    (due, reminder(asked.at, due, clocks.health_reminder))
}

/// By the end of the day's business, and not before two hours have passed.
fn same_day(at: Timestamp) -> Timestamp {
    let least = at.checked_add(LEAST.hours()).unwrap_or(at);
    close_of(local_date(at)).max(least)
}

fn by_level(asked: &Asked, clocks: Clocks) -> Timestamp {
    let days = match asked.level {
        3 => clocks.health_level_3,
        2 => clocks.health_level_2,
        _ => clocks.health_level_1,
    };
    let mut due = due_at(asked.at, days);
    if let Some(day) = asked.meeting {
        due = due.min(close_of(working_days_before(
            day,
            clocks.health_before_meeting,
        )));
    }
    if let Some(day) = asked.needed_by {
        due = due.min(close_of(day));
    }
    // Whatever is wanted, there is the next working day to answer in.
    due.max(close_of(add_working_days(local_date(asked.at), 1)))
}

/// So many working days before; where there are not so many, half-way.
fn reminder(at: Timestamp, due: Timestamp, days: u16) -> Timestamp {
    let before = close_of(working_days_before(local_date(due), days));
    if before > at && before < due {
        return before;
    }
    let half = (due.as_microsecond() - at.as_microsecond()) / 2;
    at.checked_add(half.microseconds()).unwrap_or(due)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(at: &str, level: i64) -> Asked {
        Asked {
            at: at.parse().unwrap(),
            level,
            emergency: false,
            needed_by: None,
            meeting: None,
        }
    }

    fn is_due(asked: &Asked) -> String {
        due(asked, Clocks::default()).0.to_string()
    }

    #[test]
    fn the_level_says_how_many_working_days_there_are() {
        // A Monday at nine.
        for (level, day) in [(3, "2026-03-05"), (2, "2026-03-09"), (1, "2026-03-16")] {
            let asked = asked("2026-03-02T09:00:00Z", level);
            assert_eq!(is_due(&asked), format!("{day}T17:00:00Z"), "level {level}");
        }
    }

    #[test]
    fn a_meeting_and_a_day_that_is_named_bring_it_forward_and_leave_a_day() {
        let mut one = asked("2026-03-02T09:00:00Z", 1);
        one.meeting = Some(Date::constant(2026, 3, 12));
        assert_eq!(is_due(&one), "2026-03-10T17:00:00Z");
        one.needed_by = Some(Date::constant(2026, 3, 6));
        assert_eq!(is_due(&one), "2026-03-06T17:00:00Z");
        one.needed_by = Some(Date::constant(2026, 3, 1));
        assert_eq!(is_due(&one), "2026-03-03T17:00:00Z");
    }

    #[test]
    fn an_emergency_is_answered_the_same_day() {
        let mut one = asked("2026-03-02T09:00:00Z", 1);
        one.emergency = true;
        assert_eq!(is_due(&one), "2026-03-02T17:00:00Z");
        one.at = "2026-03-02T16:30:00Z".parse().unwrap();
        assert_eq!(is_due(&one), "2026-03-02T18:30:00Z");
    }

    #[test]
    fn it_is_reminded_of_before_it_is_due_and_after_it_was_asked() {
        let clocks = Clocks::default();
        for (level, emergency) in [(1, false), (2, false), (3, false), (2, true)] {
            let mut one = asked("2026-03-02T09:00:00Z", level);
            one.emergency = emergency;
            let (due, reminded) = due(&one, clocks);
            assert!(one.at < reminded && reminded < due, "{level} {emergency}");
        }
    }
}
