//! Working days: Monday to Friday without the bank holidays of England and Wales, by the
//! calendar of Europe/London. Bank holidays are computed by rule (Banking and Financial
//! Dealings Act 1971, Schedule 1, and the common-law holidays), and the ones that were moved
//! or given once by proclamation are listed, from 2000 on. A new proclamation is one line in
//! `ONE_OFF`, and one in `MOVED_AWAY` where it replaces a usual day.

use jiff::civil::{Date, Weekday, date};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// The hour at which a working day's time runs out, by the clock of Europe/London.
const CLOSE: i8 = 17;

/// Bank holidays by proclamation.
const ONE_OFF: &[Date] = &[
    date(2002, 6, 3),  // Golden Jubilee
    date(2002, 6, 4),  // spring bank holiday, moved
    date(2011, 4, 29), // royal wedding
    date(2012, 6, 4),  // spring bank holiday, moved
    date(2012, 6, 5),  // Diamond Jubilee
    date(2020, 5, 8),  // early May bank holiday, moved to VE Day
    date(2022, 6, 2),  // spring bank holiday, moved
    date(2022, 6, 3),  // Platinum Jubilee
    date(2022, 9, 19), // state funeral of Queen Elizabeth II
    date(2023, 5, 8),  // coronation of King Charles III
];

/// Days that would have been bank holidays by rule, but were moved.
const MOVED_AWAY: &[Date] = &[
    date(2002, 5, 27),
    date(2012, 5, 28),
    date(2020, 5, 4),
    date(2022, 5, 30),
];

/// The time zone of every working day.
pub fn london() -> TimeZone {
    TimeZone::get("Europe/London")
        .or_else(|_| TimeZone::posix("GMT0BST,M3.5.0/1,M10.5.0"))
        .unwrap_or(TimeZone::UTC)
}

/// The date in Europe/London at `at`.
pub fn local_date(at: Timestamp) -> Date {
    at.to_zoned_datetime(london()).date()
}

/// A bank holiday in England and Wales. The day a holiday falls on at a weekend is not one;
/// its substitute is.
pub fn is_bank_holiday(day: Date) -> bool {
    ONE_OFF.contains(&day) || (by_rule(day) && !MOVED_AWAY.contains(&day))
}

/// Monday to Friday, and no bank holiday.
pub fn is_working_day(day: Date) -> bool {
    !is_weekend(day) && !is_bank_holiday(day)
}

/// The `n`th working day after `from`. The count starts the day after; with 0, `from` itself
/// where it is a working day, else the next one.
pub fn add_working_days(from: Date, n: u16) -> Date {
    if n == 0 {
        return if is_working_day(from) {
            from
        } else {
            next_working_day(from)
        };
    }
    (0..n).fold(from, |day, _| next_working_day(day))
}

/// When `n` working days from `from` have run out: 17:00 in Europe/London on the `n`th
/// working day after its date there, whatever the hour of `from`. With 0, the next 17:00 of a
/// working day that is not past.
pub fn due_at(from: Timestamp, n: u16) -> Timestamp {
    let day = local_date(from);
    let due = close_of(add_working_days(day, n));
    if due < from {
        close_of(next_working_day(day))
    } else {
        due
    }
}

/// Whatever began before this has had its `n` working days (at least one): [`due_at`] of it is
/// not after `now`.
pub fn began_before(now: Timestamp, n: u16) -> Timestamp {
    let mut day = local_date(now);
    while close_of(add_working_days(day, n.max(1))) > now {
        day = match day.yesterday() {
            Ok(before) => before,
            Err(_) => return Timestamp::MIN,
        };
    }
    end_of(day).unwrap_or(Timestamp::MIN)
}

/// The `n`th working day before `from`; the count starts the day before.
pub fn working_days_before(from: Date, n: u16) -> Date {
    let before = |day: Date| {
        let mut day = day;
        loop {
            day = match day.yesterday() {
                Ok(before) => before,
                Err(_) => return Date::MIN,
            };
            if is_working_day(day) {
                return day;
            }
        }
    };
    (0..n).fold(from, |day, _| before(day))
}

/// The midnight in Europe/London that ends a day; none where the calendar ends.
pub fn end_of(day: Date) -> Option<Timestamp> {
    let next = day.tomorrow().ok()?;
    let midnight = london().to_ambiguous_zoned_datetime(next.at(0, 0, 0, 0));
    midnight.compatible().ok().map(|at| at.timestamp())
}

/// 17:00 in Europe/London on a day.
pub fn close_of(day: Date) -> Timestamp {
    london()
        .to_ambiguous_zoned_datetime(day.at(CLOSE, 0, 0, 0))
        .compatible()
        .map_or(Timestamp::MAX, |at| at.timestamp())
}

fn next_working_day(from: Date) -> Date {
    let mut day = from;
    loop {
        day = match day.tomorrow() {
            Ok(next) => next,
            Err(_) => return Date::MAX,
        };
        if is_working_day(day) {
            return day;
        }
    }
}

fn is_weekend(day: Date) -> bool {
    matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday)
}

fn by_rule(day: Date) -> bool {
    let monday = day.weekday() == Weekday::Monday;
    match (day.month(), day.day()) {
        (1, 1) | (12, 25 | 26) => !is_weekend(day),
        (1, 2 | 3) => monday, // New Year's Day was at the weekend
        (5, n) => monday && (n <= 7 || n >= 25),
        (8, n) => monday && n >= 25,
        // Monday or Tuesday: one of Christmas and Boxing Day, or both, was at the weekend.
        (12, 27 | 28) => monday || day.weekday() == Weekday::Tuesday,
        (3 | 4, _) => is_good_friday_or_easter_monday(day),
        _ => false,
    }
}

fn is_good_friday_or_easter_monday(day: Date) -> bool {
    let is_easter = |date: Result<Date, _>| date.is_ok_and(|d| Some(d) == easter_sunday(d.year()));
    is_easter(day.checked_add(2.days())) || is_easter(day.yesterday())
}

/// Easter Sunday by the Gregorian computus (Meeus, Astronomical Algorithms, chapter 8).
fn easter_sunday(year: i16) -> Option<Date> {
    let year_number = i32::from(year);
    let (golden, century, short) = (year_number % 19, year_number / 100, year_number % 100);
    let solar = (century - (century + 8) / 25 + 1) / 3;
    let moon = (19 * golden + century - century / 4 - solar + 15) % 30;
    let weekday = (32 + 2 * (century % 4) + 2 * (short / 4) - moon - short % 4) % 7;
    let late = (golden + 11 * moon + 22 * weekday) / 451;
    let day = moon + weekday - 7 * late + 114;
    Date::new(
        year,
        i8::try_from(day / 31).ok()?,
        i8::try_from(day % 31 + 1).ok()?,
    )
    .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holidays(year: i16) -> Vec<String> {
        date(year, 1, 1)
            .series(1.day())
            .take_while(|d| d.year() == year)
            .filter(|d| is_bank_holiday(*d))
            .map(|d| format!("{:02}-{:02}", d.month(), d.day()))
            .collect()
    }

    #[test]
    fn bank_holidays_are_those_that_the_government_published() {
        for (year, days) in [
            (2018, "01-01 03-30 04-02 05-07 05-28 08-27 12-25 12-26"),
            (2019, "01-01 04-19 04-22 05-06 05-27 08-26 12-25 12-26"),
            (2020, "01-01 04-10 04-13 05-08 05-25 08-31 12-25 12-28"),
            (2021, "01-01 04-02 04-05 05-03 05-31 08-30 12-27 12-28"),
            (
                2022,
                "01-03 04-15 04-18 05-02 06-02 06-03 08-29 09-19 12-26 12-27",
            ),
            (
                2023,
                "01-02 04-07 04-10 05-01 05-08 05-29 08-28 12-25 12-26",
            ),
            (2024, "01-01 03-29 04-01 05-06 05-27 08-26 12-25 12-26"),
            (2025, "01-01 04-18 04-21 05-05 05-26 08-25 12-25 12-26"),
            (2026, "01-01 04-03 04-06 05-04 05-25 08-31 12-25 12-28"),
            (2027, "01-01 03-26 03-29 05-03 05-31 08-30 12-27 12-28"),
        ] {
            assert_eq!(holidays(year).join(" "), days, "{year}");
        }
    }

    #[test]
    fn every_year_by_rule_has_eight_bank_holidays_none_at_a_weekend() {
        for year in 2028..2100 {
            assert_eq!(holidays(year).len(), 8, "{year}");
        }
        assert!(
            date(2028, 1, 1)
                .series(1.day())
                .take(30_000)
                .all(|d| !(is_weekend(d) && is_bank_holiday(d)))
        );
    }

    #[test]
    fn the_count_starts_the_day_after_and_passes_over_weekends_and_holidays() {
        assert_eq!(add_working_days(date(2026, 3, 2), 1), date(2026, 3, 3));
        assert_eq!(add_working_days(date(2026, 3, 6), 1), date(2026, 3, 9));
        assert_eq!(add_working_days(date(2026, 3, 7), 1), date(2026, 3, 9));
        // Maundy Thursday: Good Friday, the weekend and Easter Monday do not count.
        assert_eq!(add_working_days(date(2026, 4, 2), 2), date(2026, 4, 8));
        assert_eq!(add_working_days(date(2026, 12, 24), 1), date(2026, 12, 29));
        assert_eq!(add_working_days(date(2026, 3, 7), 0), date(2026, 3, 9));
        assert_eq!(add_working_days(date(2026, 3, 6), 0), date(2026, 3, 6));
    }

    #[test]
    fn time_runs_out_at_five_o_clock_in_london_in_winter_and_in_summer() {
        let due = |from: &str, n| due_at(from.parse().unwrap(), n).to_string();
        assert_eq!(due("2026-03-02T09:00:00Z", 1), "2026-03-03T17:00:00Z");
        // The clocks go forward on 29 March 2026.
        assert_eq!(due("2026-03-27T16:00:00Z", 1), "2026-03-30T16:00:00Z");
        // And back on 25 October 2026.
        assert_eq!(due("2026-10-23T09:00:00Z", 1), "2026-10-26T17:00:00Z");
        // Half past eleven at night in UTC is already the next day in London's summer.
        assert_eq!(due("2026-06-01T23:30:00Z", 1), "2026-06-03T16:00:00Z");
    }

    #[test]
    fn due_today_is_never_in_the_past() {
        let due = |from: &str| due_at(from.parse().unwrap(), 0).to_string();
        assert_eq!(due("2026-03-02T09:00:00Z"), "2026-03-02T17:00:00Z");
        assert_eq!(due("2026-03-06T18:00:00Z"), "2026-03-09T17:00:00Z");
        assert_eq!(due("2026-03-07T09:00:00Z"), "2026-03-09T17:00:00Z");
    }

    #[test]
    fn the_end_of_time_is_an_end_and_no_fault() {
        assert_eq!(add_working_days(Date::MAX, 3), Date::MAX);
        assert!(due_at(Timestamp::MAX, 3) <= Timestamp::MAX);
    }

    #[test]
    fn what_began_before_has_had_its_working_days_and_what_began_then_has_not() {
        let mut now: Timestamp = "2026-03-25T08:30:00Z".parse().unwrap();
        while now < "2026-04-10T00:00:00Z".parse().unwrap() {
            let since = began_before(now, 2);
            let before = since - jiff::SignedDuration::from_micros(1);
            assert!(due_at(before, 2) <= now, "{before} at {now}");
            assert!(due_at(since, 2) > now, "{since} at {now}");
            now += jiff::SignedDuration::from_mins(510);
        }
    }
}
