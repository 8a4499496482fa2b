//! How many messages may be opened at once. Opening one takes about three times its size in
//! memory, so the number, with the size limit, bounds the memory.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

/// A count of free places. Clones share it.
#[derive(Debug, Clone)]
pub struct Bounded(Arc<AtomicUsize>);

/// A place taken; dropping it gives the place back.
#[derive(Debug)]
pub struct Place(Arc<AtomicUsize>);

impl Bounded {
    /// As many places as this.
    pub fn new(places: usize) -> Self {
        Self(Arc::new(AtomicUsize::new(places)))
    }

    /// A place, or `None` when all are taken: the caller then says that it is busy (SMTP 451,
    /// RFC 5321 section 4.2.3). It never waits.
    pub fn enter(&self) -> Option<Place> {
        self.0
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |free| {
                free.checked_sub(1)
            })
            .ok()
            .map(|_| Place(Arc::clone(&self.0)))
    }

    /// How many places are free now.
    pub fn free(&self) -> usize {
        self.0.load(Ordering::Acquire)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beyond_the_places_nobody_enters_until_one_leaves() {
        let bounded = Bounded::new(2);
        let first = bounded.enter();
        let second = bounded.enter();
        assert!(first.is_some() && second.is_some());
        assert!(bounded.clone().enter().is_none());
        drop(first);
        assert_eq!(bounded.free(), 1);
        assert!(bounded.enter().is_some());
    }

    #[test]
    fn a_panic_inside_gives_the_place_back() {
        let bounded = Bounded::new(1);
        let inside = bounded.clone();
        let thread = std::thread::spawn(move || {
            let _place = inside.enter();
            panic!("inside");
        });
        assert!(thread.join().is_err());
        assert_eq!(bounded.free(), 1);
    }

    #[test]
    fn threads_never_hold_more_places_than_there_are() {
        let bounded = Bounded::new(3);
        let inside = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..2_000 {
                        if let Some(_place) = bounded.enter() {
                            assert!(inside.fetch_add(1, Ordering::SeqCst) < 3);
                            inside.fetch_sub(1, Ordering::SeqCst);
                        }
                    }
                });
            }
        });
        assert_eq!(bounded.free(), 3);
    }
}
