//! Every route of the portal, and the layers that all of them have.

pub use axum::Router as Pages;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{MethodRouter, get, post};
use gateway_http::{evenly, linger};

use crate::page::{
    again, again_key, audit, bulk, compose, coordination, custody, document, flag, form, health,
    hold, inbox, join, join_key, kept, key, message, moved, nominal, notices, people, security,
    sent, sessions, share, sign_in, withdraw,
};
use crate::stop::Stop;
use crate::{Portal, assets, guard};

/// The longest form, bytes.
const FORM: usize = 128 * 1024;

/// The portal's whole router, ready to be served; `public` are routes that need nobody to be
/// signed in, such as the log's.
pub fn router(portal: Portal, public: Pages) -> Pages {
    let mut router = Pages::new();
    for (_, path, handler) in open().into_iter().chain(signed_in()) {
        router = router.route(path, handler);
    }
    router
        .layer(DefaultBodyLimit::max(FORM))
        .with_state(portal.clone())
        .merge(public)
        .fallback(async || Stop::NotFound)
        .method_not_allowed_fallback(async || Stop::Method)
        .layer(from_fn_with_state(portal, guard::guard))
        .layer(from_fn(linger))
        .layer(from_fn(evenly))
}

/// The method and path of every route that needs somebody to be signed in.
pub fn routes() -> impl Iterator<Item = (&'static str, &'static str)> {
    signed_in()
        .into_iter()
        .map(|(method, path, _)| (method, path))
}

/// A method, a path and what answers there.
pub(crate) type Route = (&'static str, &'static str, MethodRouter<Portal>);

/// What needs nobody to be signed in.
fn open() -> Vec<Route> {
    let mut routes = vec![
        ("GET", "/assets/{name}", get(assets::serve)),
        ("GET", "/sign-in", get(sign_in::form)),
        ("POST", "/sign-in", post(sign_in::send)),
        ("GET", "/join/{token}", get(join::form)),
        ("POST", "/join/{token}", post(join::send)),
        ("POST", "/join/{token}/key", post(join_key::send)),
    ];
    routes.extend(key::routes());
    routes
}

/// What is shown to whoever is signed in, as far as it is theirs.
fn signed_in() -> Vec<Route> {
    let mut routes = vec![
        ("GET", "/", get(inbox::start)),
        ("GET", "/inbox", get(inbox::list)),
        ("GET", "/sent", get(sent::list)),
        ("GET", "/messages/{id}", get(message::one)),
        (
            "POST",
            "/messages/{id}/acknowledge",
            post(message::acknowledge),
        ),
        (
            "GET",
            "/messages/{id}/documents/{n}",
            get(document::download),
        ),
        (
            "GET",
            "/messages/{id}/documents/{n}/key",
            get(document::key),
        ),
        ("GET", "/messages/{id}/receipt", get(document::receipt)),
        ("GET", "/sessions", get(sessions::list)),
        ("POST", "/sessions/{id}", post(sessions::end)),
        ("GET", "/sign-in/again", get(again::form)),
        ("POST", "/sign-in/again", post(again::send)),
        ("GET", "/sign-in/moved", get(moved::show)),
        ("POST", "/sign-in/moved", post(moved::read)),
        ("POST", "/sign-out", post(sessions::sign_out)),
    ];
    routes.extend(compose::routes());
    routes.extend(form::routes());
    routes.extend(withdraw::routes());
    routes.extend(kept::routes());
    routes.extend(hold::routes());
    routes.extend(coordination::routes());
    routes.extend(custody::routes());
    routes.extend(health::routes());
    routes.extend(flag::routes());
    routes.push(("GET", "/notices", get(notices::list)));
    routes.extend(people::routes());
    routes.extend(nominal::routes());
    routes.extend(share::routes());
    routes.extend(audit::routes());
    routes.extend(bulk::routes());
    routes.extend(again_key::routes());
    routes.extend(security::routes());
    routes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::visitor::KEPT;

    #[test]
    fn every_form_that_is_kept_has_a_route() {
        let takes = |path: &str| {
            let mut routes = signed_in().into_iter();
            routes.any(|(method, route, _)| method == "POST" && route == path)
        };
        for path in KEPT {
            assert!(takes(path), "{path}");
        }
    }

    #[test]
    fn the_journey_tries_every_route_that_needs_somebody_signed_in() {
        let tried = include_str!("../../../tests/peers/portal_routes.txt");
        let routes: Vec<String> = routes()
            .map(|(method, path)| format!("{method} {path}"))
            .collect();
        assert_eq!(tried.lines().collect::<Vec<_>>(), routes);
    }
}
