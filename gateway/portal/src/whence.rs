//! Where a request comes from. The gateway ends TLS itself, so that the address of the peer is
//! that of the browser, or of its own agency's way out.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::header::USER_AGENT;
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, HeaderValue};
use gateway_flow::sign_in::Whence;
use gateway_http::PeerAddress;

use crate::Portal;

/// The browser as it names itself, and the peer's address where the network counts.
pub(crate) fn of(portal: &Portal, headers: &HeaderMap, extensions: &Extensions) -> Whence {
    let browser = headers.get(USER_AGENT).map(HeaderValue::as_bytes);
    let browser = String::from_utf8_lossy(browser.unwrap_or_default());
    let peer = extensions.get::<PeerAddress>();
    let peer = peer.filter(|_| portal.settings.session_network);
    Whence::new(&browser, peer.map(|peer| peer.0.ip()))
}

impl FromRequestParts<Portal> for Whence {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, portal: &Portal) -> Result<Self, Infallible> {
        Ok(of(portal, &parts.headers, &parts.extensions))
    }
}
