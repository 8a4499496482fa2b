//! Timing. Durations alone: nothing here tells the time.

use std::hint::black_box;
use std::time::{Duration, Instant};

/// A stopwatch.
#[derive(Debug, Clone, Copy)]
pub struct Watch(Instant);

impl Watch {
    /// Starts it.
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// Microseconds since it was started.
    pub fn micros(self) -> f64 {
        micros(self.0.elapsed())
    }

    /// Seconds since it was started.
    pub fn seconds(self) -> f64 {
        self.0.elapsed().as_secs_f64()
    }

    /// Microseconds since it was last asked, and starts it anew.
    pub fn lap(&mut self) -> f64 {
        let lap = self.micros();
        *self = Self::start();
        lap
    }
}

fn micros(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}

/// How long each of many runs of one thing took, in microseconds.
#[derive(Debug, Clone, Default)]
pub struct Times(Vec<f64>);

impl Times {
    /// Of what was measured.
    pub fn of(mut micros: Vec<f64>) -> Self {
        micros.sort_by(f64::total_cmp);
        Self(micros)
    }

    /// Runs a thing so many times.
    pub fn repeat<T>(count: usize, mut thing: impl FnMut() -> T) -> Self {
        let run = |_| {
            let watch = Watch::start();
            black_box(thing());
            watch.micros()
        };
        Self::of((0..count).map(run).collect())
    }

    /// The middle one; of none, not a number.
    pub fn median(&self) -> f64 {
        self.at(50)
    }

    /// The one that a hundredth exceed.
    pub fn p99(&self) -> f64 {
        self.at(99)
    }

    /// How many a second, one after another.
    pub fn rate(&self) -> f64 {
        count(self.0.len()) / self.0.iter().sum::<f64>() * 1e6
    }

    fn at(&self, part: usize) -> f64 {
        let place = self.0.len() * part / 100;
        self.0.get(place).copied().unwrap_or(f64::NAN)
    }
}

/// A count as a figure.
pub fn count(number: usize) -> f64 {
    // No measurement counts beyond four thousand million.
    u32::try_from(number).map_or(f64::INFINITY, f64::from)
}
