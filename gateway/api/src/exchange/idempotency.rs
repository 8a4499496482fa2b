//! `Idempotency-Key`: the same request again is answered as before; another one under the same
//! key is a conflict.

use axum::http::HeaderMap;
use gateway_flow::form::FormGiven;
use gateway_flow::submission::Idempotency;
use gateway_http::Fault;
use sha2::{Digest, Sha256};

use super::body::Taken;
use crate::wire::request::ExchangeRequest;

const HEADER: &str = "idempotency-key";
/// Longest key, characters.
const LONGEST: usize = 255;

/// The key of a request, where it has one.
pub(crate) fn key(headers: &HeaderMap) -> Result<Option<String>, Fault> {
    let mut values = headers.get_all(HEADER).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    let key = value.to_str().unwrap_or_default().trim();
    let printable = key.bytes().all(|b| (b' '..=b'~').contains(&b));
    if !(1..=LONGEST).contains(&key.len()) || !printable || values.next().is_some() {
        return Err(Fault::BadRequest(
            "`Idempotency-Key` is not one key: give 1 to 255 printable ASCII characters, such as a UUID"
                .to_owned(),
        ));
    }
    Ok(Some(key.to_owned()))
}

/// The key with the digest of what is asked under it.
pub(crate) fn of(key: String, taken: &Taken<ExchangeRequest>) -> Result<Idempotency, Fault> {
    // One spelling: the fields in the order of their type, absent and null alike.
    let json = serde_json::to_vec(&taken.request).map_err(|error| Fault::internal(&error))?;
    Ok(Idempotency {
        key,
        request: digest(&json, documents(taken)),
    })
}

/// The key of a form, with the digest of what is asked under it.
pub(crate) fn of_form(
    key: String,
    form: &str,
    taken: &Taken<FormGiven>,
) -> Result<Idempotency, Fault> {
    let said = serde_json::to_vec(&(form, &taken.request));
    let json = said.map_err(|error| Fault::internal(&error))?;
    Ok(Idempotency {
        key,
        request: digest(&json, documents(taken)),
    })
}

fn documents<T>(taken: &Taken<T>) -> impl Iterator<Item = (&str, &[u8; 32])> {
    let all = taken.documents.iter();
    all.map(|(name, document)| (name.as_str(), &document.body.sha256))
}

fn digest<'a>(json: &[u8], documents: impl Iterator<Item = (&'a str, &'a [u8; 32])>) -> String {
    let mut digest = Sha256::new_with_prefix(Sha256::digest(json));
    for (name, sha256) in documents {
        digest.update(Sha256::digest(name));
        digest.update(sha256);
    }
    hex::encode(digest.finalize())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_key_is_one_line_of_printable_characters() {
        let key_of = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(HEADER, HeaderValue::from_bytes(value.as_bytes()).unwrap());
            key(&headers)
        };
        assert_eq!(key(&HeaderMap::new()), Ok(None));
        assert_eq!(key_of("8e03978e").unwrap().unwrap(), "8e03978e");
        for bad in ["", " ", "é", "x".repeat(256).as_str()] {
            assert!(matches!(key_of(bad), Err(Fault::BadRequest(_))), "{bad}");
        }
    }

    #[test]
    fn the_digest_tells_requests_apart() {
        let (a, b) = ([1; 32], [2; 32]);
        let digests = [
            digest(b"{}", [].into_iter()),
            digest(b"{ }", [].into_iter()),
            digest(b"{}", [("a", &a)].into_iter()),
            digest(b"{}", [("a", &b)].into_iter()),
            digest(b"{}", [("b", &a)].into_iter()),
            digest(b"{}", [("a", &a), ("b", &b)].into_iter()),
        ];
        let distinct: std::collections::BTreeSet<_> = digests.iter().collect();
        assert_eq!(distinct.len(), digests.len());
        assert_eq!(digest(b"{}", [("a", &a)].into_iter()), digests[2]);
    }
}
