//! Health information requests as FHIR R4, under `/fhir/R4`: the same requests and answers as under
//! `/api/v1/health-requests`, and the same way through. A search opens nothing: what it finds is cut
//! to where each stands, and says so (`SUBSETTED`); what is read is opened, and logged, as any
//! reading.

pub(crate) mod communication;
pub(crate) mod metadata;
mod page;
mod received;
pub(crate) mod refused;
pub(crate) mod task;

use axum::http::header::{CONTENT_TYPE, HOST, LOCATION};
use axum::http::request::Parts;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use gateway_core::Id;
use gateway_core::calendar::local_date;
use gateway_fhir::{Created, Json, Limits, Reader, Systems, Writer};
use gateway_http::Fault;

use crate::Api;
use crate::fhir::refused::NotFhir;

/// The media type of FHIR as JSON (R4, 3.1.0.1.11).
pub(crate) const FHIR_JSON: &str = "application/fhir+json";
/// The path of the interface.
const ROOT: &str = "/fhir/R4";

/// Reads what is to be created.
fn reader(api: &Api, systems: Systems, only: &'static str) -> Reader {
    let now = api.flow.clock.now();
    let created = Created {
        id: Id::new(&api.flow.clock),
        at: now,
    };
    Reader::new(systems, Limits::default(), local_date(now))
        .creating(created)
        .only(only)
}

/// The names of codes and identifiers.
fn systems() -> Result<Systems, NotFhir> {
    Systems::new(gateway_health::BASE).map_err(|error| Fault::internal(&error).into())
}

fn writer() -> Result<Writer, NotFhir> {
    Ok(Writer::new(systems()?))
}

/// The address of the interface as its caller knows it.
fn server(parts: &Parts) -> String {
    let named = parts.headers.get(HOST).and_then(|host| host.to_str().ok());
    let authority = parts.uri.authority().map(Authority::as_str);
    let base = |host: &str| Systems::new(&format!("https://{host}")).ok();
    match authority.or(named).and_then(base) {
        Some(known) => format!("{}{ROOT}", known.base()),
        None => ROOT.to_owned(),
    }
}

/// Whoever asks for another form of it is told so.
fn acceptable(headers: &HeaderMap) -> Result<(), NotFhir> {
    let mut asked = headers
        .get_all(axum::http::header::ACCEPT)
        .iter()
        .peekable();
    let takes = |value: &HeaderValue| {
        let value = value.to_str().unwrap_or_default();
        value.split(',').any(|one| {
            let essence = one.split(';').next().unwrap_or_default().trim();
            let known = [FHIR_JSON, "application/json", "application/*", "*/*"];
            known
                .iter()
                .any(|known| essence.eq_ignore_ascii_case(known))
        })
    };
    match asked.peek().is_none() || asked.any(takes) {
        true => Ok(()),
        false => Err(NotFhir::NotAcceptable),
    }
}

/// A resource without documents, as an answer.
fn answered(status: StatusCode, resource: &Json) -> Result<Response, NotFhir> {
    let text = resource.to_text();
    let text = text.map_err(|error| Fault::internal(&error))?;
    Ok((status, [(CONTENT_TYPE, FHIR_JSON)], text).into_response())
}

/// Where what was created is.
fn located(mut response: Response, place: &str) -> Response {
    if let Ok(place) = HeaderValue::from_str(place) {
        response.headers_mut().insert(LOCATION, place);
    }
    response
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    #[test]
    fn json_is_given_to_whoever_takes_it() {
        let of = |accept: Option<&str>| {
            let mut headers = HeaderMap::new();
            if let Some(accept) = accept {
                headers.insert("accept", accept.parse().unwrap());
            }
            acceptable(&headers).is_ok()
        };
        for taken in [
            None,
            Some("*/*"),
            Some("text/html, application/FHIR+json;q=0.5"),
            Some("application/json; fhirVersion=4.0"),
        ] {
            assert!(of(taken), "{taken:?}");
        }
        for other in ["application/fhir+xml", "text/html"] {
            assert!(!of(Some(other)), "{other}");
        }
    }

    #[test]
    fn the_interface_is_where_its_caller_calls_it() {
        let of = |host: &str| {
            let request = Request::builder().uri("/fhir/R4/Task").header("host", host);
            server(&request.body(()).unwrap().into_parts().0)
        };
        assert_eq!(of("127.0.0.1:8444"), "https://127.0.0.1:8444/fhir/R4");
        assert_eq!(of("a b"), "/fhir/R4");
    }
}
