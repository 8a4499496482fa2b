//! The mailroom itself: what intake and dispatch share.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Instant, SystemTime};

use gateway_cms::Trust;
use gateway_flow::Flow;
use tokio::sync::{Notify, Semaphore};

use crate::error::Trouble;
use crate::settings::Settings;

/// How often files of trust are looked at for a change.
const LOOKED_AT: std::time::Duration = std::time::Duration::from_secs(5);

/// A mailroom. Clones are the same.
#[derive(Clone)]
pub struct Mailroom(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub flow: Flow,
    pub settings: Settings,
    /// Kibibytes of mail that may be open at the same time.
    pub places: Arc<Semaphore>,
    pub most_places: u32,
    /// Something was put into the queue.
    pub queued: Notify,
    /// Held by the one large mail out that is in memory.
    pub large: tokio::sync::Mutex<()>,
    trust: Mutex<Known>,
}

/// Trust as it was read last.
struct Known {
    trust: Arc<Trust>,
    as_of: Vec<Option<SystemTime>>,
    looked: Instant,
}

impl std::fmt::Debug for Mailroom {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Mailroom({})", self.0.settings.domain)
    }
}

impl Mailroom {
    /// A mailroom over a flow.
    ///
    /// # Errors
    /// [`Trouble::Trust`] where the authorities' certificates or a revocation list do not read.
    pub fn new(flow: Flow, settings: Settings) -> Result<Self, Trouble> {
        let known = Known {
            trust: Arc::new(read_trust(&settings)?),
            as_of: changed(&settings),
            looked: Instant::now(),
        };
        let places = settings.open_at_once.max(1) * 1024;
        let places = u32::try_from(places).unwrap_or(u32::MAX);
        Ok(Self(Arc::new(Inner {
            flow,
            settings,
            places: Arc::new(Semaphore::new(places as usize)),
            most_places: places,
            queued: Notify::new(),
            large: tokio::sync::Mutex::default(),
            trust: Mutex::new(known),
        })))
    }

    /// Whom S/MIME is trusted by, read again where a file has changed. A file that does not
    /// read leaves what was known in force, and says so.
    pub(crate) fn trust(&self) -> Arc<Trust> {
        let mut known = self.0.trust.lock().unwrap_or_else(PoisonError::into_inner);
        if known.looked.elapsed() > LOOKED_AT {
            known.looked = Instant::now();
            let now = changed(&self.0.settings);
            if now != known.as_of {
                match read_trust(&self.0.settings) {
                    Ok(trust) => {
                        known.trust = Arc::new(trust);
                        known.as_of = now;
                    }
                    Err(error) => {
                        tracing::error!(%error, "certificates of trust do not read: the earlier ones stay in force");
                    }
                }
            }
        }
        Arc::clone(&known.trust)
    }
}

fn files(settings: &Settings) -> impl Iterator<Item = &PathBuf> {
    std::iter::once(&settings.roots)
        .chain(&settings.intermediates)
        .chain(&settings.revocation_lists)
}

fn changed(settings: &Settings) -> Vec<Option<SystemTime>> {
    let modified = |path: &PathBuf| std::fs::metadata(path).and_then(|data| data.modified());
    files(settings).map(|path| modified(path).ok()).collect()
}

fn read_trust(settings: &Settings) -> Result<Trust, Trouble> {
    let roots = read(&settings.roots)?;
    let intermediates = match &settings.intermediates {
        Some(path) => read(path)?,
        None => Vec::new(),
    };
    let mut lists = Vec::new();
    for path in &settings.revocation_lists {
        // A list may be fetched by another program, and not be there yet.
        if path.exists() {
            lists.push(read(path)?);
        }
    }
    let lists: Vec<&[u8]> = lists.iter().map(Vec::as_slice).collect();
    Trust::new(&roots, &intermediates, &lists, settings.revocation_required)
        .map_err(|error| Trouble::Trust(error.to_string()))
}

fn read(path: &Path) -> Result<Vec<u8>, Trouble> {
    std::fs::read(path)
        .map_err(|error| Trouble::Trust(format!("`{}` does not read: {error}", path.display())))
}
