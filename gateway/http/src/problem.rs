//! Errors as problem documents (RFC 9457). The one place that knows which status an error has,
//! and the one place that decides what of an error leaves the gateway.

use std::error::Error;

use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The media type of a problem document (RFC 9457, section 6.1).
pub const PROBLEM_JSON: &str = "application/problem+json";

/// Why a request is refused, in words. What it holds is sent to the caller; what must not be
/// sent is logged by [`Fault::internal`] and only referred to here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// It is not there, or not the caller's: one answer for both, equal to the byte.
    NotFound,
    /// The request cannot be read: its syntax, a parameter, a cursor. Says what would be right.
    BadRequest(String),
    /// The request is read and some of its fields cannot be taken.
    Unprocessable(Vec<FieldError>),
    /// Items hold malware. Says which.
    Malware(Vec<FieldError>),
    /// No known client certificate, or no session.
    Unauthenticated,
    /// The caller is known and may not do this. Says who may.
    Forbidden(String),
    /// It does not fit the present state. Says what that is.
    Conflict(String),
    /// The body is larger than is taken here.
    PayloadTooLarge,
    /// The body is of a media type that is not taken here.
    UnsupportedMediaType,
    /// Too much in too short a time.
    TooManyRequests {
        /// What, and when it may be tried again.
        detail: String,
        /// How long to wait, seconds.
        seconds: u64,
    },
    /// The resource is there and does not know this method.
    MethodNotAllowed,
    /// The database or the vault is away for the moment; nothing was recorded.
    Unavailable,
    /// A fault of the gateway's own. Holds the opaque reference under which it was logged.
    Internal(String),
}

/// One bad field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FieldError {
    /// Where, as a JSON Pointer (RFC 6901) into the request; empty for the whole of it.
    pub pointer: String,
    /// What is wrong, and what would be right.
    pub detail: String,
}

/// A problem document (RFC 9457).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// What kind of problem: `urn:mappa-gateway:problem:` and a word. Stable.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind in words; the same for every problem of the kind.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What is wrong this time, and what to do.
    pub detail: String,
    /// The bad fields, where there are any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// Of an internal problem: what the operator finds in the log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
}

impl FieldError {
    /// A bad field at `pointer`.
    pub fn new(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            pointer: pointer.into(),
            detail: detail.into(),
        }
    }
}

impl Fault {
    /// One bad field.
    pub fn field(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::Unprocessable(vec![FieldError::new(pointer, detail)])
    }

    /// A fault of the gateway's own: logs the error and all its causes under a fresh opaque
    /// reference, and keeps only the reference. Errors hold nothing personal in their text.
    pub fn internal(error: &dyn Error) -> Self {
        let reference = reference();
        tracing::error!(
            fault.reference = %reference,
            fault.causes = %causes(error),
            "a request failed by a fault of the gateway"
        );
        Self::Internal(reference)
    }

    /// As [`Fault::internal`], for what is away for the moment and worth another try.
    pub fn unavailable(error: &dyn Error) -> Self {
        tracing::warn!(fault.causes = %causes(error), "a request failed: something is away");
        Self::Unavailable
    }

    /// The problem document.
    pub fn problem(&self) -> Problem {
        let words = self.words();
        Problem {
            kind: format!("urn:mappa-gateway:problem:{}", words.kind),
            title: words.title.to_owned(),
            status: words.status.as_u16(),
            detail: words.detail.to_owned(),
            errors: if let Self::Unprocessable(errors) | Self::Malware(errors) = self {
                errors.clone()
            } else {
                Vec::new()
            },
            reference: if let Self::Internal(name) = self {
                Some(name.clone())
            } else {
                None
            },
        }
    }

    fn words(&self) -> Words<'_> {
        Words::of(match self {
            Self::NotFound => (
                StatusCode::NOT_FOUND,
                "not-found",
                "Not found",
                "there is nothing here for you: look at the address again",
            ),
            Self::BadRequest(detail) => (
                StatusCode::BAD_REQUEST,
                "bad-request",
                "The request cannot be read",
                detail.as_str(),
            ),
            Self::Unprocessable(_) => (
                StatusCode::UNPROCESSABLE_ENTITY,
                "unprocessable",
                "Some fields cannot be taken",
                "nothing was recorded: put right the fields named in `errors`, and send it again",
            ),
            Self::Malware(_) => (
                StatusCode::UNPROCESSABLE_ENTITY,
                "malware",
                "Malware was found",
                "no exchange was recorded: take out the items named in `errors`, have the machine that they come from looked at, and send the rest again",
            ),
            Self::Unauthenticated => (
                StatusCode::UNAUTHORIZED,
                "unauthenticated",
                "Not known",
                "show a client certificate that the gateway has enrolled for your agency",
            ),
            Self::Forbidden(detail) => (
                StatusCode::FORBIDDEN,
                "forbidden",
                "Not allowed",
                detail.as_str(),
            ),
            Self::Conflict(detail) => (
                StatusCode::CONFLICT,
                "conflict",
                "It does not fit the present state",
                detail.as_str(),
            ),
            Self::PayloadTooLarge => (
                StatusCode::PAYLOAD_TOO_LARGE,
                "too-large",
                "The body is too large",
                "send less at once, or documents as parts of a multipart body",
            ),
            Self::UnsupportedMediaType => (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported-media-type",
                "The body is of a type that is not taken here",
                "name the body's type in `Content-Type`, one that the API document lists here",
            ),
            Self::TooManyRequests { detail, .. } => (
                StatusCode::TOO_MANY_REQUESTS,
                "too-many-requests",
                "Too many requests",
                detail.as_str(),
            ),
            Self::MethodNotAllowed => (
                StatusCode::METHOD_NOT_ALLOWED,
                "method-not-allowed",
                "The method is not known here",
                "use one of the methods in the `Allow` header",
            ),
            Self::Unavailable => (
                StatusCode::SERVICE_UNAVAILABLE,
                "unavailable",
                "Not available for the moment",
                "nothing was recorded: send it again after as long as `Retry-After` says",
            ),
            Self::Internal(_) => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "internal",
                "A fault of the gateway",
                "tell the operator the `reference`",
            ),
        })
    }
}

/// A fault in words.
struct Words<'a> {
    status: StatusCode,
    kind: &'static str,
    title: &'static str,
    detail: &'a str,
}

impl<'a> Words<'a> {
    const fn of(
        (status, kind, title, detail): (StatusCode, &'static str, &'static str, &'a str),
    ) -> Self {
        Self {
            status,
            kind,
            title,
            detail,
        }
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let mut response = self.problem().into_response();
        let header = match self {
            Self::Unauthenticated => Some((
                WWW_AUTHENTICATE,
                HeaderValue::from_static("ClientCertificate"),
            )),
            Self::Unavailable => Some((RETRY_AFTER, HeaderValue::from_static("5"))),
            Self::TooManyRequests { seconds, .. } => {
                Some((RETRY_AFTER, HeaderValue::from(seconds)))
            }
            Self::NotFound
            | Self::BadRequest(_)
            | Self::Unprocessable(_)
            | Self::Malware(_)
            | Self::Forbidden(_)
            | Self::Conflict(_)
            | Self::PayloadTooLarge
            | Self::UnsupportedMediaType
            | Self::MethodNotAllowed
            | Self::Internal(_) => None,
        };
        if let Some((name, value)) = header {
            response.headers_mut().insert(name, value);
        }
        response
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        // Strings and a number only: this cannot fail.
        let body = serde_json::to_vec(&self).unwrap_or_default();
        (status, [(CONTENT_TYPE, PROBLEM_JSON)], body).into_response()
    }
}

/// Sixteen hexadecimal figures that mean nothing.
fn reference() -> String {
    let mut bytes = [0u8; 8];
    // Without randomness the log line is still there, and still says when.
    let _ = aws_lc_rs::rand::fill(&mut bytes);
    hex::encode(bytes)
}

fn causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;

    async fn sent(fault: Fault) -> (StatusCode, Response<()>, serde_json::Value) {
        let (parts, body) = fault.into_response().into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let status = parts.status;
        (
            status,
            Response::from_parts(parts, ()),
            serde_json::from_slice(&body).unwrap(),
        )
    }

    fn too_often() -> Fault {
        Fault::TooManyRequests {
            detail: "tried too often: try again in 14 minutes".into(),
            seconds: 840,
        }
    }

    fn every_fault() -> Vec<Fault> {
        vec![
            Fault::NotFound,
            Fault::BadRequest("the cursor is not one of this list".into()),
            Fault::field("/purpose", "give one of ASSESS, MANAGE"),
            Fault::Malware(vec![FieldError::new("/items/0", "holds malware")]),
            Fault::Unauthenticated,
            Fault::Forbidden("only the coordinator may see this".into()),
            Fault::Conflict("the hold is already decided".into()),
            Fault::PayloadTooLarge,
            Fault::UnsupportedMediaType,
            too_often(),
            Fault::MethodNotAllowed,
            Fault::Unavailable,
            Fault::Internal("0123456789abcdef".into()),
        ]
    }

    #[tokio::test]
    async fn every_fault_is_a_whole_problem_document_of_a_kind_of_its_own() {
        let mut kinds = std::collections::BTreeSet::new();
        for fault in every_fault() {
            let (status, response, body) = sent(fault.clone()).await;
            assert_eq!(response.headers()[CONTENT_TYPE], PROBLEM_JSON);
            assert_eq!(body["status"], status.as_u16());
            let kind = body["type"].as_str().unwrap();
            assert!(kind.starts_with("urn:mappa-gateway:problem:"), "{kind}");
            assert!(kinds.insert(kind.to_owned()), "{kind} twice");
            assert!(!body["title"].as_str().unwrap().is_empty());
            assert!(!body["detail"].as_str().unwrap().is_empty(), "{fault:?}");
        }
    }

    #[tokio::test]
    async fn a_bad_field_is_named_by_its_pointer() {
        let (status, _, body) = sent(Fault::field("/nominal/identifiers/0/value", "wrong")).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(
            body["errors"],
            serde_json::json!([{"pointer": "/nominal/identifiers/0/value", "detail": "wrong"}])
        );
    }

    #[tokio::test]
    async fn what_went_wrong_inside_stays_inside() {
        let fault = Fault::internal(&std::io::Error::other("secret table secret row"));
        let (status, _, body) = sent(fault).await;
        assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
        assert!(!body.to_string().contains("secret"));
        assert_eq!(body["reference"].as_str().unwrap().len(), 16);
    }

    #[tokio::test]
    async fn what_may_be_tried_again_says_when() {
        for (fault, seconds) in [(Fault::Unavailable, "5"), (too_often(), "840")] {
            let (_, response, _) = sent(fault).await;
            assert_eq!(response.headers()[RETRY_AFTER], seconds);
        }
    }
}
