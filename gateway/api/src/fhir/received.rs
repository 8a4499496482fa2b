//! A body on its way in, read while it comes, with no more of it in memory than a few pieces.

use std::io;

use axum::extract::Request;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use gateway_fhir::{Limits, Message, Reader};
use gateway_health::{NotReceived, Staged, receive};
use gateway_http::Fault;
use tokio::sync::mpsc;
use tokio_stream::StreamExt as _;

use super::FHIR_JSON;
use super::refused::NotFhir;
use crate::Api;
use crate::exchange::idempotency;

/// Pieces that wait to be read.
const WAITING: usize = 4;
/// The header of a conditional create (R4, 3.1.0.8.1).
const IF_NONE_EXIST: &str = "if-none-exist";

/// Reads the one message that a body is.
pub(super) async fn message(
    api: &Api,
    reader: Reader,
    request: Request,
) -> Result<(Message, Vec<Staged>), NotFhir> {
    typed(request.headers())?;
    let mut body = request.into_body().into_data_stream();
    let (send, chunks) = mpsc::channel(WAITING);
    // What is refused before its end is read on and dropped, so that its sender listens when the
    // answer comes.
    let feed = async move {
        let mut left = Limits::default().whole;
        while let Some(chunk) = body.next().await {
            let chunk = chunk.map_err(io::Error::other);
            let (length, failed) = match &chunk {
                Ok(chunk) => (chunk.len() as u64, false),
                Err(_) => (0, true),
            };
            let _ = send.send(chunk).await;
            left = left.saturating_sub(length);
            if failed || left == 0 && send.is_closed() {
                return;
            }
        }
    };
    let reading = receive(&api.flow, api.scanner.as_ref(), reader, chunks);
    let ((), read): ((), Result<_, NotReceived>) = tokio::join!(feed, reading);
    Ok(read?)
}

fn typed(headers: &HeaderMap) -> Result<(), Fault> {
    let given = headers
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    let essence = given.and_then(|given| given.split(';').next());
    let essence = essence.unwrap_or_default().trim();
    let known = [FHIR_JSON, "application/json"];
    match known
        .iter()
        .any(|known| essence.eq_ignore_ascii_case(known))
    {
        true => Ok(()),
        false => Err(Fault::UnsupportedMediaType),
    }
}

/// What makes a create safe to repeat.
pub(super) struct Once {
    /// The key.
    pub(super) key: Option<String>,
    /// It is a condition: what is there already is answered as that.
    pub(super) conditional: bool,
}

/// The key of a create: `Idempotency-Key`, or else the search that `If-None-Exist` holds, word for
/// word.
pub(super) fn once(headers: &HeaderMap) -> Result<Once, Fault> {
    if let Some(key) = idempotency::key(headers)? {
        return Ok(Once {
            key: Some(key),
            conditional: false,
        });
    }
    let Some(given) = headers.get(IF_NONE_EXIST) else {
        return Ok(Once {
            key: None,
            conditional: false,
        });
    };
    let query = given.to_str().unwrap_or_default().trim();
    if !(1..=240).contains(&query.len()) {
        let words = "`If-None-Exist` is not a search: give one of up to 240 characters";
        return Err(Fault::BadRequest(words.to_owned()));
    }
    Ok(Once {
        key: Some(format!("if-none-exist {query}")),
        conditional: true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(all: &[(&'static str, &str)]) -> HeaderMap {
        let all = all.iter();
        all.map(|(name, value)| ((*name).parse().unwrap(), value.parse().unwrap()))
            .collect()
    }

    #[test]
    fn json_by_either_name_is_taken_and_nothing_else() {
        for kind in [FHIR_JSON, "application/json; charset=utf-8"] {
            assert_eq!(typed(&headers(&[("content-type", kind)])), Ok(()));
        }
        for kind in ["application/fhir+xml", "text/plain", ""] {
            let refused = typed(&headers(&[("content-type", kind)]));
            assert_eq!(refused, Err(Fault::UnsupportedMediaType), "{kind}");
        }
        assert_eq!(typed(&HeaderMap::new()), Err(Fault::UnsupportedMediaType));
    }

    #[test]
    fn a_condition_is_a_key_and_a_key_comes_first() {
        let both = [("idempotency-key", "a"), ("if-none-exist", "identifier=b")];
        let once_of = |all: &[(&'static str, &str)]| once(&headers(all)).unwrap();
        assert_eq!(once_of(&both).key.as_deref(), Some("a"));
        let condition = once_of(&both[1..]);
        assert!(condition.conditional);
        assert_eq!(condition.key.as_deref(), Some("if-none-exist identifier=b"));
        assert_eq!(once_of(&[]).key, None);
        assert!(once(&headers(&[("if-none-exist", "")])).is_err());
    }
}
