//! The portal: server-rendered pages for people with nothing but a browser. Whoever signs in
//! sees what waits for their agency, opens it, takes it and its proof, and signs out.
//!
//! What it will not do: hold a key; show anything that has not passed the vault and the log;
//! need a script; load anything from elsewhere. To add a page, write its handler in the folder
//! `page` and its template in `templates/page`, and list it in [`router`].

mod assets;
mod bundle;
mod component;
mod cookie;
mod frame;
mod guard;
mod happened;
mod page;
mod qr;
mod router;
mod stop;
mod visitor;
mod whence;
mod words;

use std::sync::Arc;

use gateway_content::clamd::Scanner;
use gateway_flow::Flow;

pub use crate::router::{Pages, router, routes};

/// What the handlers work with. Clones are the same portal.
#[derive(Clone, Debug)]
pub struct Portal {
    /// The flow that does the work.
    pub flow: Flow,
    /// What an installation says of itself.
    pub settings: Arc<Settings>,
    /// What looks for malware in files, where there is one.
    pub scanner: Option<Scanner>,
}

/// What an installation says of itself on its pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The coordination unit's number, for whoever cannot go on.
    pub coordination_phone: String,
    /// A session is bound to the network that it was begun in, beside the browser.
    pub session_network: bool,
}

impl Portal {
    /// A portal over a flow.
    pub fn new(flow: Flow, settings: Settings) -> Self {
        Self {
            flow,
            settings: Arc::new(settings),
            scanner: None,
        }
    }

    /// The same, with what looks for malware in the files that people add.
    #[must_use]
    pub fn scanned_by(self, scanner: Option<Scanner>) -> Self {
        Self { scanner, ..self }
    }
}
