//! What has no mail yet is looked for among what came lately, and now and then among all: what
//! waits for its readers is much, and what is new of it is little.

use std::time::{Duration, Instant};

use jiff::Timestamp;

/// How often all of it is looked through.
const ALL_EACH: Duration = Duration::from_secs(10);
/// How often what came lately is.
const EACH: Duration = Duration::from_millis(100);
/// How far back that goes behind the look before, microseconds: what is made at a time is committed
/// somewhat later, and another gateway's clock may differ.
const BEHIND: i64 = 2 * 1_000_000;

/// Since when what is looked for was made, microseconds UTC; all of it, where none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Look {
    pub since: Option<i64>,
}

impl Look {
    /// The same, and not before a time.
    pub fn since(self, earliest: i64) -> i64 {
        self.since.unwrap_or(earliest).max(earliest)
    }
}

/// When it was looked.
#[derive(Debug, Default)]
pub(crate) struct Looks {
    all: Option<Instant>,
    last: Option<(Instant, i64)>,
}

impl Looks {
    /// What to look for now; nothing where that was a moment ago.
    pub fn due(&self, now: Timestamp) -> Option<Look> {
        let rests = |at: &Instant, each| at.elapsed() < each;
        let since = match self.last {
            Some((at, _)) if rests(&at, EACH) => return None,
            // The clock may have been set back.
            Some((_, before)) => Some(before.min(now.as_microsecond()) - BEHIND),
            None => None,
        };
        let all = self.all.as_ref().is_none_or(|at| !rests(at, ALL_EACH));
        Some(Look {
            since: if all { None } else { since },
        })
    }

    /// It was looked, and all that was found has been dealt with. Where there was more than that, or
    /// it failed, the same is looked for again.
    pub fn done(&mut self, look: Look, now: Timestamp) {
        self.last = Some((Instant::now(), now.as_microsecond()));
        if look.since.is_none() {
            self.all = Some(Instant::now());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_772_470_800_000_000;

    fn at(micros: i64) -> Timestamp {
        Timestamp::from_microsecond(NOW + micros).unwrap()
    }

    #[test]
    fn all_is_looked_through_first_and_then_what_came_since_the_look_before() {
        let mut looks = Looks::default();
        let all = Look { since: None };
        assert_eq!(looks.due(at(0)), Some(all));
        assert_eq!(looks.due(at(0)), Some(all), "there was more, or it failed");
        looks.done(all, at(0));
        assert_eq!(looks.due(at(0)), None, "a moment ago");
        std::thread::sleep(EACH);
        // The clock went on by an hour meanwhile, as in a test, or after a machine slept.
        let since = Some(NOW - BEHIND);
        assert_eq!(looks.due(at(3_600_000_000)), Some(Look { since }));
        looks.done(Look { since }, at(3_600_000_000));
        std::thread::sleep(EACH);
        assert_eq!(looks.due(at(0)), Some(Look { since }), "it was set back");
    }

    #[test]
    fn a_look_goes_no_further_back_than_is_told() {
        assert_eq!(Look { since: None }.since(7), 7);
        assert_eq!(Look { since: Some(9) }.since(7), 9);
        assert_eq!(Look { since: Some(5) }.since(7), 7);
    }
}
