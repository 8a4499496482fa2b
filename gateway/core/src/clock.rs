//! Time is an argument. The one place that reads the system's clock.

use std::sync::Arc;

use hand::Hand;
use std::sync::{LazyLock, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use uuid::{ContextV7, Uuid};

/// Where "now" comes from: the system, or a hand that moves it (a demo, a test).
#[derive(Clone, Debug)]
pub enum Clock {
    /// The system's clock.
    System,
    /// Stands still until it is moved.
    Manual(Arc<Hand>),
}

impl Clock {
    /// The system's clock.
    pub const fn system() -> Self {
        Self::System
    }

    /// A clock that stands at `at` until it is moved.
    pub fn manual(at: Timestamp) -> Self {
        Self::Manual(Arc::new(Hand::new(at)))
    }

    /// The time now, to the microsecond (what the databases keep).
    pub fn now(&self) -> Timestamp {
        let now = match self {
            #[expect(
                clippy::disallowed_methods,
                reason = "the one place that reads the clock"
            )]
            Self::System => Timestamp::now(),
            Self::Manual(hand) => hand.get(),
        };
        Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
    }

    /// Sets a manual clock; false on the system's clock, which nobody sets, and when `at`
    /// would take the clock back (a log never runs backwards).
    pub fn set(&self, at: Timestamp) -> bool {
        match self {
            Self::System => false,
            Self::Manual(hand) => hand.set(at),
        }
    }

    /// Moves a manual clock forward; false where [`Clock::set`] would be.
    pub fn advance(&self, by: SignedDuration) -> bool {
        match self.now().checked_add(by) {
            Ok(at) => self.set(at),
            Err(_) => false,
        }
    }

    /// The next `UUIDv7` of this clock (RFC 9562 section 6.2, method 1: a counter).
    pub(crate) fn next_uuid(&self) -> Uuid {
        static SYSTEM: LazyLock<Mutex<ContextV7>> = LazyLock::new(|| Mutex::new(ContextV7::new()));
        let now = self.now();
        let seconds = u64::try_from(now.as_second()).unwrap_or(0);
        let nanos = u32::try_from(now.subsec_nanosecond()).unwrap_or(0);
        let counter = match self {
            Self::System => &*SYSTEM,
            Self::Manual(hand) => hand.counter(),
        };
        let counter = counter.lock().unwrap_or_else(PoisonError::into_inner);
        Uuid::new_v7(uuid::Timestamp::from_unix(&*counter, seconds, nanos))
    }

    /// How often the clock has been moved by hand; always 0 for the system's.
    pub fn moves(&self) -> u64 {
        match self {
            Self::System => 0,
            Self::Manual(hand) => hand.moves(),
        }
    }
}

/// A settable instant without a runtime: a lock and a counter.
mod hand {
    use std::sync::{Mutex, PoisonError};

    use jiff::Timestamp;
    use uuid::ContextV7;

    /// The hand of a manual clock, and the counter of its ids.
    #[derive(Debug)]
    pub struct Hand(Mutex<(Timestamp, u64)>, Mutex<ContextV7>);

    impl Hand {
        pub(super) fn new(at: Timestamp) -> Self {
            Self(Mutex::new((at, 0)), Mutex::new(ContextV7::new()))
        }

        pub(super) fn get(&self) -> Timestamp {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).0
        }

        pub(super) fn set(&self, at: Timestamp) -> bool {
            let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if at < now.0 {
                return false;
            }
            *now = (at, now.1 + 1);
            true
        }

        pub(super) const fn counter(&self) -> &Mutex<ContextV7> {
            &self.1
        }

        pub(super) fn moves(&self) -> u64 {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).1
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_moves_only_by_hand_and_only_forward() {
        let start: Timestamp = "2026-03-02T09:00:00Z".parse().unwrap();
        let clock = Clock::manual(start);
        assert_eq!(clock.now(), start);
        assert!(clock.advance(SignedDuration::from_mins(20)));
        assert_eq!(clock.now(), start + SignedDuration::from_mins(20));
        assert!(!clock.set(start));
        assert_eq!(clock.moves(), 1);
    }
}
