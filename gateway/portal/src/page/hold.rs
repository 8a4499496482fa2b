//! What waits for a decision, and the decision.

pub(crate) mod decide;
pub(crate) mod form;
pub(crate) mod list;
pub(crate) mod one;
pub(crate) mod question;

use axum::routing::{get, post};

use crate::router::Route;

/// Where they are.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        ("GET", "/holds", get(list::list)),
        ("GET", "/holds/{id}", get(one::show)),
        ("POST", "/holds/{id}", post(decide::decide)),
        ("GET", "/holds/{id}/documents/{n}", get(one::download)),
        ("POST", "/messages/{id}/answer", post(question::answer)),
    ]
}
