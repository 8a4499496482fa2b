//! The portal's two cookies, and the tokens that forms carry beside them.
//!
//! Both cookies are `__Host-`: of this host alone, over TLS alone, out of reach of scripts. They
//! are `SameSite=Lax` and not `Strict`: a link in a notice mail is a navigation from elsewhere,
//! which brings no strict cookie, so that who is signed in already would have to sign in again
//! and would learn to type a password after every click in a mail. What `Strict` would add is
//! had by other means: nothing changes by `GET` but that a reading is logged, no `POST` is taken
//! from another origin, and each carries a token that follows from its cookie.

use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::RngCore as _;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

/// Stands for a session.
pub(crate) const SESSION: &str = "__Host-session";
/// Stands for a browser that was given a sign-in form.
pub(crate) const FORM: &str = "__Host-form";

/// The longest value that is looked at, in characters.
const LONGEST: usize = 128;

/// The value of a cookie.
pub(crate) fn value(headers: &HeaderMap, name: &str) -> Option<Zeroizing<String>> {
    let pairs = headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'));
    pairs
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, value)| *key == name && !value.is_empty() && value.len() <= LONGEST)
        .map(|(_, value)| Zeroizing::new(value.to_owned()))
}

/// The header that sets a cookie until the browser is closed.
pub(crate) fn set(name: &str, value: &str) -> Option<HeaderValue> {
    let mut header = HeaderValue::from_str(&format!(
        "{name}={value}; Path=/; Secure; HttpOnly; SameSite=Lax"
    ))
    .ok()?;
    header.set_sensitive(true);
    Some(header)
}

/// The header that takes a cookie away.
pub(crate) fn clear(name: &str) -> Option<HeaderValue> {
    let gone = format!("{name}=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0");
    HeaderValue::from_str(&gone).ok()
}

/// A value that nobody guesses.
pub(crate) fn fresh() -> String {
    let mut bytes = [0; 32];
    rand::rng().fill_bytes(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The token of forms that go with a cookie's value. It follows from the value, which only the
/// browser has, so that a form is good as long as its cookie is, over restarts too; and does not
/// lead back to it.
pub(crate) fn token(value: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(b"mappa-gateway/form-token/v1\n");
    hash.update(value);
    URL_SAFE_NO_PAD.encode(hash.finalize())
}

/// Whether a form's token goes with a cookie's value. Compared by digests, so that time says
/// nothing of where they differ.
pub(crate) fn matches(given: &str, value: &str) -> bool {
    Sha256::digest(given) == Sha256::digest(token(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_found_among_others_by_its_whole_name() {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, HeaderValue::from_static("a=b; x__Host-session=no"));
        headers.append(COOKIE, HeaderValue::from_static("__Host-session=yes; c=d"));
        assert_eq!(value(&headers, SESSION).unwrap().as_str(), "yes");
        assert!(value(&headers, FORM).is_none());
        let mut long = HeaderMap::new();
        let text = format!("{SESSION}={}", "x".repeat(LONGEST + 1));
        long.append(COOKIE, HeaderValue::from_str(&text).unwrap());
        assert!(value(&long, SESSION).is_none());
    }

    #[test]
    fn a_token_is_of_one_cookie_alone() {
        let (one, other) = (fresh(), fresh());
        assert!(matches(&token(&one), &one));
        assert!(!matches(&token(&one), &other) && !matches("", &one) && !matches(&one, &one));
    }

    #[test]
    fn cookies_are_of_this_host_and_hidden_from_scripts() {
        let set = set(SESSION, "v").unwrap();
        let text = set.to_str().unwrap();
        assert!(
            text.starts_with("__Host-session=v; Path=/; Secure; HttpOnly"),
            "{text}"
        );
        assert!(!text.contains("Domain"));
    }
}
