//! A document on its way out: streamed, never whole in memory, with headers that name it and
//! what its reader is obliged to.

use axum::body::Body;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderName, HeaderValue};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gateway_flow::read::{Document, DocumentBody};
use gateway_http::{attachment, media_type};
use tokio_stream::wrappers::ReceiverStream;

/// The protective marking.
pub(crate) const MARKING: HeaderName = HeaderName::from_static("protective-marking");
/// What the reader is obliged to.
pub(crate) const OBLIGATIONS: HeaderName = HeaderName::from_static("obligations");
const ITEM_KEY: HeaderName = HeaderName::from_static("item-key");
/// The media type of an age file.
const AGE: &str = "application/age";

/// The document, as an attachment.
pub(crate) fn document(document: Document) -> Response {
    let obligations: Vec<String> = document
        .obligations
        .iter()
        .map(ToString::to_string)
        .collect();
    let mut response = match document.body {
        DocumentBody::Clear(body) => {
            let mut response = Body::from_stream(ReceiverStream::new(body)).into_response();
            set(&mut response, CONTENT_LENGTH, &document.size.to_string());
            set(
                &mut response,
                CONTENT_TYPE,
                media_type(&document.media_type),
            );
            set(
                &mut response,
                CONTENT_DISPOSITION,
                &attachment(&document.title),
            );
            response
        }
        DocumentBody::Sealed { wrap, body } => {
            let mut response = Body::from_stream(ReceiverStream::new(body)).into_response();
            set(&mut response, CONTENT_TYPE, AGE);
            set(&mut response, ITEM_KEY, &STANDARD.encode(wrap));
            let name = format!("{}.age", document.title);
            set(&mut response, CONTENT_DISPOSITION, &attachment(&name));
            response
        }
    };
    set(&mut response, MARKING, document.marking);
    set(&mut response, OBLIGATIONS, &obligations.join(", "));
    response
}

/// The small age file that carries an item's key to its reader.
pub(crate) fn key_file(wrap: Vec<u8>, n: i64) -> Response {
    let mut response = Body::from(wrap).into_response();
    set(&mut response, CONTENT_TYPE, AGE);
    set(
        &mut response,
        CONTENT_DISPOSITION,
        &attachment(&format!("item-{n}-key.age")),
    );
    response
}

/// Sets a header.
pub(crate) fn set(response: &mut Response, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}
