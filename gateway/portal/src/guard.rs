//! What every answer of the portal gets: the headers that keep a browser to what is ours, a page
//! for what stopped it, and a net under handlers that panic.

use std::panic::AssertUnwindSafe;

use axum::extract::{Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, ORIGIN, REFERRER_POLICY,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use futures_util::FutureExt as _;
use gateway_store::failpoint;

use crate::Portal;
use crate::stop::Stop;

/// Scripts, styles, images and forms of our own; nothing else, nowhere else.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; \
     connect-src 'self'; \
     form-action 'self'; base-uri 'none'; frame-ancestors 'none'; \
     require-trusted-types-for 'script'; trusted-types 'none'";

/// Headers of every answer whose handler did not set its own.
const HEADERS: [(HeaderName, HeaderValue); 9] = [
    (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
    (
        STRICT_TRANSPORT_SECURITY,
        HeaderValue::from_static("max-age=63072000; includeSubDomains"),
    ),
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static("camera=(), geolocation=(), microphone=()"),
    ),
    (
        HeaderName::from_static("x-frame-options"),
        HeaderValue::from_static("DENY"),
    ),
];

/// Around the whole router.
pub(crate) async fn guard(State(portal): State<Portal>, request: Request, next: Next) -> Response {
    let acts = request.method() == Method::POST;
    let response = match may_be_asked(&request) {
        Ok(()) => AssertUnwindSafe(next.run(request))
            .catch_unwind()
            .await
            .unwrap_or_else(|_| Stop::Fault.into_response()),
        Err(stop) => stop.into_response(),
    };
    let stop = response.extensions().get::<Stop>().cloned();
    let mut response = match stop.or_else(|| unread(&response)) {
        Some(stop) => stop.page(&portal).await,
        None => response,
    };
    for (name, value) in HEADERS {
        response.headers_mut().entry(name).or_insert(value);
    }
    if acts {
        failpoint::reached("portal-page");
    }
    response
}

/// What the framework refused before a handler saw it, with words for programmers.
fn unread(response: &Response) -> Option<Stop> {
    let kind = response.headers().get(CONTENT_TYPE)?.as_bytes();
    let refused = matches!(response.status().as_u16(), 400 | 413 | 415 | 422);
    (refused && kind.starts_with(b"text/plain")).then_some(Stop::Unread)
}

/// `HEAD` of a page would be logged as a reading, with nothing read. A form is taken from our
/// own pages alone.
fn may_be_asked(request: &Request) -> Result<(), Stop> {
    match *request.method() {
        Method::GET => Ok(()),
        Method::HEAD => {
            let path = request.uri().path();
            let bare = path.starts_with("/assets/") || path.starts_with("/ledger/");
            if bare { Ok(()) } else { Err(Stop::Method) }
        }
        _ if is_own(request) => Ok(()),
        _ => Err(Stop::Foreign),
    }
}

/// Whether a request comes from a page of ours. Browsers say so in `Sec-Fetch-Site`; one that
/// does not must name us in `Origin`.
fn is_own(request: &Request) -> bool {
    let headers = request.headers();
    if let Some(site) = headers.get("sec-fetch-site") {
        return site == "same-origin";
    }
    let host = request.uri().authority().map(ToString::to_string);
    let host = host.or_else(|| text(headers, &HOST));
    match (text(headers, &ORIGIN), host) {
        (Some(origin), Some(host)) => origin == format!("https://{host}"),
        _ => false,
    }
}

fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn asked(method: Method, path: &str, headers: &[(&str, &str)]) -> Result<(), Stop> {
        let mut request = axum::http::Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        may_be_asked(&request.body(Body::empty()).unwrap())
    }

    #[test]
    fn a_form_from_elsewhere_is_not_taken() {
        let post = |headers: &[(&str, &str)]| asked(Method::POST, "/sign-out", headers);
        assert_eq!(
            post(&[("sec-fetch-site", "same-origin"), ("origin", "null")]),
            Ok(())
        );
        assert_eq!(
            post(&[("host", "g.example"), ("origin", "https://g.example")]),
            Ok(())
        );
        for bad in [
            &[][..],
            &[("sec-fetch-site", "cross-site")],
            &[
                ("sec-fetch-site", "same-site"),
                ("host", "g.example"),
                ("origin", "https://g.example"),
            ],
            &[("sec-fetch-site", "none")],
            &[("host", "g.example"), ("origin", "https://evil.example")],
            &[("host", "g.example"), ("origin", "http://g.example")],
            &[("host", "g.example"), ("origin", "null")],
        ] {
            assert_eq!(post(bad), Err(Stop::Foreign), "{bad:?}");
        }
    }

    #[test]
    fn a_page_is_read_or_not_and_never_half() {
        assert_eq!(asked(Method::HEAD, "/messages/1", &[]), Err(Stop::Method));
        assert_eq!(asked(Method::HEAD, "/ledger/checkpoint", &[]), Ok(()));
        assert_eq!(asked(Method::GET, "/messages/1", &[]), Ok(()));
    }
}
