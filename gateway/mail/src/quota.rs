//! What each source may use: connections at the same time, messages and octets in a minute.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::config::Limits;
use crate::network::source;

const WINDOW: Duration = Duration::from_mins(1);

/// The uses of one source.
#[derive(Debug)]
struct Usage {
    connections: usize,
    since: Instant,
    messages: u32,
    bytes: u64,
}

#[derive(Debug, Default)]
struct Sources {
    open: usize,
    swept: Option<Instant>,
    of: HashMap<IpAddr, Usage>,
}

/// The uses of all sources of a listener.
#[derive(Debug)]
pub(crate) struct Quotas {
    limits: Limits,
    sources: Mutex<Sources>,
}

impl Quotas {
    pub(crate) fn new(limits: Limits) -> Arc<Self> {
        Arc::new(Self {
            limits,
            sources: Mutex::default(),
        })
    }

    /// A place for a connection; none where all are taken, or all of its source. An `exempt`
    /// source (a trusted relay) has no allowance of its own, but its place counts.
    pub(crate) fn connect(self: &Arc<Self>, peer: IpAddr, exempt: bool) -> Option<Place> {
        let now = Instant::now();
        let mut sources = self.lock();
        sources.sweep(now);
        if sources.open >= self.limits.connections {
            return None;
        }
        let source = if exempt { None } else { Some(source(peer)) };
        if let Some(source) = source {
            let usage = sources.usage(source, now);
            if usage.connections >= self.limits.connections_per_source {
                return None;
            }
            usage.connections += 1;
        }
        sources.open += 1;
        Some(Place {
            quotas: Arc::clone(self),
            source,
        })
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Sources> {
        self.sources.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sources {
    fn usage(&mut self, source: IpAddr, now: Instant) -> &mut Usage {
        let usage = self.of.entry(source).or_insert(Usage {
            connections: 0,
            since: now,
            messages: 0,
            bytes: 0,
        });
        if now.duration_since(usage.since) >= WINDOW {
            (usage.since, usage.messages, usage.bytes) = (now, 0, 0);
        }
        usage
    }

    /// Forgets, once a window, the sources that have nothing open and nothing counted.
    fn sweep(&mut self, now: Instant) {
        let due = |since: Instant| now.duration_since(since) >= WINDOW;
        if self.swept.is_none_or(due) {
            self.swept = Some(now);
            self.of
                .retain(|_, usage| usage.connections > 0 || !due(usage.since));
        }
    }
}

/// One connection's place, given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    quotas: Arc<Quotas>,
    source: Option<IpAddr>,
}

impl Place {
    /// Counts a message; false where its source has had enough for now.
    pub(crate) fn message(&self) -> bool {
        let Some(source) = self.source else {
            return true;
        };
        let limits = self.quotas.limits;
        let mut sources = self.quotas.lock();
        let usage = sources.usage(source, Instant::now());
        let within =
            usage.messages < limits.messages_per_minute && usage.bytes < limits.bytes_per_minute;
        if within {
            usage.messages += 1;
        }
        within
    }

    /// Counts octets of a message.
    pub(crate) fn bytes(&self, octets: u64) {
        if let Some(source) = self.source {
            let mut sources = self.quotas.lock();
            let usage = sources.usage(source, Instant::now());
            usage.bytes = usage.bytes.saturating_add(octets);
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut sources = self.quotas.lock();
        sources.open = sources.open.saturating_sub(1);
        if let Some(usage) = self.source.and_then(|source| sources.of.get_mut(&source)) {
            usage.connections = usage.connections.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    #[test]
    fn places_are_counted_in_all_and_by_source_and_given_back() {
        let quotas = Quotas::new(Limits {
            connections: 3,
            connections_per_source: 1,
            ..Limits::default()
        });
        let first = quotas.connect(peer(1), false);
        assert!(first.is_some());
        assert!(quotas.connect(peer(1), false).is_none());
        let _relay = (
            quotas.connect(peer(9), true).unwrap(),
            quotas.connect(peer(9), true).unwrap(),
        );
        assert!(quotas.connect(peer(2), false).is_none(), "all are taken");
        drop(first);
        assert!(quotas.connect(peer(1), false).is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn a_source_has_its_messages_and_octets_each_minute() {
        let quotas = Quotas::new(Limits {
            messages_per_minute: 2,
            bytes_per_minute: 10,
            ..Limits::default()
        });
        let place = quotas.connect(peer(1), false).unwrap();
        assert!(place.message() && place.message() && !place.message());
        assert!(quotas.connect(peer(2), false).unwrap().message());
        tokio::time::advance(WINDOW).await;
        assert!(place.message());
        place.bytes(10);
        assert!(!place.message(), "the octets are used");
        tokio::time::advance(WINDOW).await;
        assert!(place.message());
    }

    #[tokio::test(start_paused = true)]
    async fn sources_that_are_gone_are_forgotten() {
        let quotas = Quotas::new(Limits::default());
        for last in 0..200 {
            drop(quotas.connect(peer(last), false));
        }
        tokio::time::advance(WINDOW).await;
        let _open = quotas.connect(peer(201), false);
        assert_eq!(quotas.lock().of.len(), 1);
    }
}
