//! How much memory the process has: Linux's own count.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

/// Resident memory now, MiB (proc(5), `VmRSS`); none where the system does not tell.
pub fn resident() -> Option<f64> {
    of_status(&std::fs::read_to_string("/proc/self/status").ok()?)
}

/// Resident memory as a process's `status` says it, MiB.
pub fn of_status(status: &str) -> Option<f64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: f64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kib / 1024.0)
}

/// Waits for a thing, and how far resident memory rose above where it stood, MiB: looked at every
/// two milliseconds.
pub async fn rise_of<T>(thing: impl Future<Output = T>) -> (T, Option<f64>) {
    let before = resident();
    let done = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&done);
    let watching = thread::spawn(move || most(&seen));
    let answer = thing.await;
    done.store(true, Ordering::Relaxed);
    (answer, rose(before, watching.join().ok().flatten()))
}

/// Does a thing, and how far resident memory rose above where it stood, MiB: looked at every
/// two milliseconds.
pub fn rise<T>(thing: impl FnOnce() -> T) -> (T, Option<f64>) {
    let before = resident();
    let done = AtomicBool::new(false);
    let (answer, most) = thread::scope(|scope| {
        let watching = scope.spawn(|| most(&done));
        let answer = thing();
        done.store(true, Ordering::Relaxed);
        (answer, watching.join().ok().flatten())
    });
    (answer, rose(before, most))
}

/// The most that was resident until it is done.
fn most(done: &AtomicBool) -> Option<f64> {
    let mut most = resident();
    while !done.load(Ordering::Relaxed) {
        thread::sleep(Duration::from_millis(2));
        most = most.into_iter().chain(resident()).reduce(f64::max);
    }
    most
}

fn rose(before: Option<f64>, most: Option<f64>) -> Option<f64> {
    before
        .zip(most)
        .map(|(before, most)| (most - before).max(0.0))
}
