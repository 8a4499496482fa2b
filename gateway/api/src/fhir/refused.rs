//! What is refused, as an `OperationOutcome`: under `/fhir/R4` every error is one.

use axum::body::to_bytes;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use gateway_fhir::{Cause, Issue, Outcome, operation_outcome};
use gateway_flow::FlowError;
use gateway_health::{NotReceived, NotSubmitted, StageError, Unreadable};
use gateway_http::problem::PROBLEM_JSON;
use gateway_http::{Fault, Problem};

use super::FHIR_JSON;
use crate::error::Refused;

/// Longest problem document, bytes.
const PROBLEM: usize = 256 * 1024;

/// Why a request of FHIR is refused.
#[derive(Debug)]
pub(crate) enum NotFhir {
    /// As any request of the API.
    Fault(Fault),
    /// What came is not right.
    Outcome(Outcome),
    /// A search that cannot be read.
    Search(Outcome),
    /// Another form than JSON is asked for.
    NotAcceptable,
}

impl From<Fault> for NotFhir {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<FlowError> for NotFhir {
    fn from(error: FlowError) -> Self {
        Self::Fault(Refused::from(error).0)
    }
}

impl From<Refused> for NotFhir {
    fn from(refused: Refused) -> Self {
        Self::Fault(refused.0)
    }
}

impl From<Unreadable> for NotFhir {
    fn from(error: Unreadable) -> Self {
        Self::Fault(Fault::internal(&error))
    }
}

impl From<NotReceived> for NotFhir {
    fn from(error: NotReceived) -> Self {
        match error {
            NotReceived::Refused(outcome) => Self::Outcome(outcome),
            NotReceived::Stage(StageError::Flow(error)) => error.into(),
            NotReceived::Stage(StageError::Scan(error)) => Self::Fault(Fault::unavailable(&error)),
            NotReceived::BrokenOff(_) => Self::Fault(Fault::BadRequest(
                "the body broke off: send it again, whole".to_owned(),
            )),
        }
    }
}

impl From<NotSubmitted> for NotFhir {
    fn from(error: NotSubmitted) -> Self {
        match error {
            NotSubmitted::Refused(outcome) => Self::Outcome(outcome),
            NotSubmitted::Flow(error) => error.into(),
            NotSubmitted::Malware(found) => {
                let issues = found.iter().map(|n| {
                    let words = format!("document {n} holds malware: take it out");
                    Issue::error(Cause::Security, "Communication.payload", words)
                });
                match Outcome::of_all(issues.collect()) {
                    Some(outcome) => Self::Outcome(outcome),
                    None => Self::Fault(Fault::Malware(Vec::new())),
                }
            }
        }
    }
}

/// What cannot be read at all is 400, what is too much 413, and what is read and is not right 422.
fn status(outcome: &Outcome) -> StatusCode {
    if outcome.has(Cause::TooMuch) {
        return StatusCode::PAYLOAD_TOO_LARGE;
    }
    match outcome.has(Cause::Syntax) {
        true => StatusCode::BAD_REQUEST,
        false => StatusCode::UNPROCESSABLE_ENTITY,
    }
}

fn said(status: StatusCode, issues: &[Issue]) -> Response {
    // Words and codes only: this cannot fail.
    let text = operation_outcome(issues).to_text().unwrap_or_default();
    (status, [(CONTENT_TYPE, FHIR_JSON)], text).into_response()
}

impl IntoResponse for NotFhir {
    fn into_response(self) -> Response {
        match self {
            // Made an outcome of by the layer, as what other layers refuse is.
            Self::Fault(fault) => fault.into_response(),
            Self::Outcome(outcome) => said(status(&outcome), outcome.issues()),
            Self::Search(outcome) => said(StatusCode::BAD_REQUEST, outcome.issues()),
            Self::NotAcceptable => {
                let words = "only JSON is given here: accept application/fhir+json";
                let issue = Issue::error(Cause::NotSupported, "", words);
                said(StatusCode::NOT_ACCEPTABLE, &[issue])
            }
        }
    }
}

/// Makes an `OperationOutcome` of every problem document under `/fhir/`, its status and its other
/// headers as they are.
pub(crate) async fn outcomes(request: Request, next: Next) -> Response {
    let wanted = request.uri().path().starts_with("/fhir/");
    let response = next.run(request).await;
    let kind = response.headers().get(CONTENT_TYPE);
    if !wanted || kind.is_none_or(|kind| kind != PROBLEM_JSON) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let bytes = to_bytes(body, PROBLEM).await.unwrap_or_default();
    let problem: Problem = match serde_json::from_slice(&bytes) {
        Ok(problem) => problem,
        Err(error) => Fault::internal(&error).problem(),
    };
    let text = operation_outcome(&issues(parts.status, &problem)).to_text();
    let text = text.unwrap_or_default();
    parts.headers.remove(CONTENT_LENGTH);
    let kind = axum::http::HeaderValue::from_static(FHIR_JSON);
    parts.headers.insert(CONTENT_TYPE, kind);
    Response::from_parts(parts, text.into())
}

fn issues(status: StatusCode, problem: &Problem) -> Vec<Issue> {
    let cause = cause(status);
    let mut words = problem.detail.clone();
    if let Some(reference) = &problem.reference {
        words = format!("{words} ({reference})");
    }
    let whole = Issue::error(cause, "", words);
    let fields = problem.errors.iter();
    let fields = fields.map(|field| {
        let words = format!("`{}` {}", field.pointer, field.detail);
        Issue::error(cause, "", words)
    });
    [whole].into_iter().chain(fields).collect()
}

const fn cause(status: StatusCode) -> Cause {
    match status.as_u16() {
        400 => Cause::Syntax,
        401 => Cause::Unknown,
        403 => Cause::Forbidden,
        404 => Cause::NotThere,
        409 => Cause::Conflict,
        413 => Cause::TooMuch,
        405 | 415 => Cause::NotSupported,
        422 => Cause::BadValue,
        429 => Cause::Throttled,
        503 => Cause::Transient,
        _ => Cause::Exception,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_problem_is_an_issue_of_its_kind() {
        for (fault, code) in [
            (Fault::NotFound, "not-found"),
            (Fault::Unauthenticated, "login"),
            (Fault::Forbidden("no".to_owned()), "forbidden"),
            (Fault::Conflict("no".to_owned()), "conflict"),
            (Fault::PayloadTooLarge, "too-costly"),
            (Fault::UnsupportedMediaType, "not-supported"),
            (Fault::field("/a", "is odd"), "value"),
            (Fault::Unavailable, "transient"),
            (Fault::Internal("ab".to_owned()), "exception"),
        ] {
            let problem = fault.problem();
            let status = StatusCode::from_u16(problem.status).unwrap();
            let issues = issues(status, &problem);
            assert_eq!(issues[0].cause.code(), code, "{problem:?}");
            assert_eq!(issues.len(), 1 + problem.errors.len());
        }
    }

    #[test]
    fn too_much_is_413_what_cannot_be_read_400_and_the_rest_422() {
        let of = |cause| status(&Outcome::of(Issue::error(cause, "Task", "is odd")));
        assert_eq!(of(Cause::TooMuch), StatusCode::PAYLOAD_TOO_LARGE);
        assert_eq!(of(Cause::Syntax), StatusCode::BAD_REQUEST);
        assert_eq!(
            of(Cause::ForeignReference),
            StatusCode::UNPROCESSABLE_ENTITY
        );
    }
}
