//! The API for machines: mutual TLS says which agency calls, JSON and multipart carry an
//! exchange in, problem documents carry refusals out, and every answer bears the newest
//! checkpoint of the log. The operator's listener is here too.
//!
//! What it will not do: decide, seal or record anything itself, hold a document in memory, or
//! log what a request says. To add a route, write its handler in the file of its noun and verb
//! and list it in [`router`]; the OpenAPI document follows from the handler's own description.

mod caller;
mod checkpoint;
mod custody;
mod error;
mod events;
mod exchange;
mod fhir;
mod flag;
mod form;
mod form_print;
mod form_queue;
mod form_request;
mod health;
mod hold;
mod inbox;
mod ledger;
mod nominal;
mod notice;
mod openapi;
mod ops;
mod page;
mod router;
mod scan;
mod stream;
mod unmatched;
mod wire;

use std::sync::Arc;

use gateway_content::clamd::Scanner;
use gateway_flow::Flow;
use gateway_http::CursorKey;

pub use crate::openapi::document;
pub use crate::ops::ops_router;
pub use crate::router::{ledger_router, router};

/// What the handlers work with. Clones are the same API.
#[derive(Clone, Debug)]
pub struct Api {
    /// The flow that does the work.
    pub flow: Flow,
    /// Binds the cursors of lists to their owner.
    pub cursors: Arc<CursorKey>,
    /// How much a request may bring.
    pub sizes: Sizes,
    /// What looks for malware; none where none is configured.
    pub scanner: Option<Scanner>,
}

/// How much a request may bring.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    /// Longest JSON text, also as the part `exchange` of a multipart body, bytes.
    pub json: usize,
    /// Longest multipart body, bytes; none is no limit.
    pub multipart: Option<usize>,
}

impl Default for Sizes {
    fn default() -> Self {
        Self {
            json: 16 * 1024 * 1024,
            multipart: None,
        }
    }
}

impl Api {
    /// An API over a flow.
    pub fn new(flow: Flow, cursor_key: CursorKey, sizes: Sizes) -> Self {
        Self {
            flow,
            cursors: Arc::new(cursor_key),
            sizes,
            scanner: None,
        }
    }

    /// With a scanner, past which every item goes before it is taken.
    #[must_use]
    pub fn scanned_by(mut self, scanner: Option<Scanner>) -> Self {
        self.scanner = scanner;
        self
    }
}
