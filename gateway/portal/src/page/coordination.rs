//! The coordination unit's pages: how much waits, and the lists of it, each read with a reason.

pub(crate) mod incomplete;
pub(crate) mod late;
pub(crate) mod overview;
pub(crate) mod quarantine;
pub(crate) mod reason;
pub(crate) mod unmatched;

use axum::routing::{get, post};

use crate::router::Route;

/// Where they are.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        ("GET", "/coordination", get(overview::show)),
        ("POST", "/coordination/reason", post(reason::give)),
        ("GET", "/quarantine", get(quarantine::list)),
        ("GET", "/quarantine/{id}", get(quarantine::one)),
        ("POST", "/quarantine/{id}", post(quarantine::open)),
        ("GET", "/unmatched", get(unmatched::list)),
        ("POST", "/unmatched/{id}", post(unmatched::matched)),
        ("GET", "/incomplete", get(incomplete::list)),
        ("GET", "/overdue", get(late::overdue)),
        ("GET", "/undelivered", get(late::undelivered)),
    ]
}
