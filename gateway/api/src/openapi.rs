//! The OpenAPI 3.1 document, made from the handlers and the types themselves.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use gateway_http::{Fault, FieldError, Problem};
use utoipa::openapi::security::SecurityScheme;
use utoipa::openapi::{ContentBuilder, OpenApi as Document, Ref, RefOr, ResponseBuilder};
use utoipa::{IntoResponses, Modify, OpenApi, ToSchema};

use crate::Api;
use crate::error::Refused;
use crate::wire::request::ExchangeForm;

/// What the document says beside its routes.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "MAPPA gateway",
        description = "Exchanges between the agencies of the MAPPA: decided, sealed, recorded, proved. \
            Times are RFC 3339 UTC, ids are UUIDv7, refusals are problem documents (RFC 9457). \
            Every answer under /api bears the newest checkpoint of the log in `Ledger-Checkpoint`, \
            the base64 of a signed note.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    paths(
        crate::ledger::checkpoint,
        crate::ledger::tile,
        crate::ledger::area_checkpoint,
        crate::ledger::area_tile,
        crate::form::schema,
        serve,
    ),
    components(schemas(Problem, FieldError, ExchangeForm)),
    modifiers(&Certificates),
    security(("client-certificate" = [])),
)]
pub(crate) struct Described;

struct Certificates;

impl Modify for Certificates {
    fn modify(&self, document: &mut Document) {
        let scheme = SecurityScheme::MutualTls {
            description: Some("a client certificate that is enrolled for the agency".to_owned()),
            deprecated: None,
            extensions: None,
        };
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("client-certificate", scheme);
    }
}

/// The whole document.
pub fn document() -> Document {
    crate::router::routes().into_openapi()
}

/// This document.
#[utoipa::path(
    get, path = "/openapi.json", tag = "description", security(()),
    responses((status = 200, description = "OpenAPI 3.1", body = Object, content_type = "application/json")),
)]
pub(crate) async fn serve(State(_): State<Api>) -> Result<Response, Refused> {
    let text = document()
        .to_json()
        .map_err(|error| Fault::internal(&error))?;
    Ok(([(CONTENT_TYPE, "application/json")], text).into_response())
}

/// The problems that any route may answer with.
pub(crate) struct Problems;

impl IntoResponses for Problems {
    fn responses() -> BTreeMap<String, RefOr<utoipa::openapi::Response>> {
        let faults = [
            Fault::BadRequest("the body is not JSON (line 1, column 2): send one JSON value in UTF-8".to_owned()),
            Fault::Unauthenticated,
            Fault::Forbidden("X-On-Behalf-Of names nobody who is enrolled at your agency and active: give an enrolled address".to_owned()),
            Fault::NotFound,
            Fault::MethodNotAllowed,
            Fault::Conflict("this idempotency key was used for another request: give a fresh key".to_owned()),
            Fault::PayloadTooLarge,
            Fault::UnsupportedMediaType,
            Fault::field("/purpose", "`GOSSIP` is not a purpose: give one of ASSESS, MANAGE"),
            Fault::TooManyRequests { detail: "tried too often: try again in 14 minutes".to_owned(), seconds: 840 },
            Fault::Internal("8f14e45fceea167a".to_owned()),
            Fault::Unavailable,
        ];
        faults
            .iter()
            .map(|fault| described(&fault.problem()))
            .collect()
    }
}

/// The same under `/fhir/R4`, where each is an `OperationOutcome`.
pub(crate) struct Outcomes;

impl IntoResponses for Outcomes {
    fn responses() -> BTreeMap<String, RefOr<utoipa::openapi::Response>> {
        let own = (
            "406".to_owned(),
            outcome("Another form than JSON is asked for"),
        );
        let faults = Problems::responses().into_iter();
        let faults = faults.map(|(status, described)| {
            let words = match described {
                RefOr::T(response) => response.description,
                RefOr::Ref(_) => "A refusal".to_owned(),
            };
            (status, outcome(&words))
        });
        faults.chain([own]).collect()
    }
}

fn outcome(words: &str) -> RefOr<utoipa::openapi::Response> {
    let example = serde_json::json!({"resourceType": "OperationOutcome",
        "issue": [{"severity": "error", "code": "value", "diagnostics": words}]});
    let content = ContentBuilder::new().example(Some(example)).build();
    let response = ResponseBuilder::new()
        .description(words)
        .content(crate::fhir::FHIR_JSON, content)
        .build();
    response.into()
}

fn described(problem: &Problem) -> (String, RefOr<utoipa::openapi::Response>) {
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name(Problem::name())))
        .example(serde_json::to_value(problem).ok())
        .build();
    let response = ResponseBuilder::new()
        .description(&problem.title)
        .content(gateway_http::problem::PROBLEM_JSON, content)
        .build();
    (problem.status.to_string(), response.into())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;

    fn json() -> Value {
        serde_json::to_value(document()).unwrap()
    }

    #[test]
    fn the_document_lists_every_route_of_the_contract() {
        let document = json();
        assert_eq!(document["openapi"], "3.1.0");
        for (method, path) in [
            ("get", "/openapi.json"),
            ("post", "/api/v1/exchanges"),
            ("get", "/api/v1/exchanges"),
            ("get", "/api/v1/exchanges/{id}"),
            ("patch", "/api/v1/exchanges/{id}"),
            ("get", "/api/v1/exchanges/{id}/receipt"),
            ("post", "/api/v1/exchanges/{id}/withdrawal"),
            ("get", "/api/v1/exchanges/{id}/documents/{n}"),
            ("get", "/api/v1/exchanges/{id}/documents/{n}/key"),
            ("get", "/api/v1/exchanges/{id}/form.pdf"),
            ("get", "/api/v1/inbox"),
            ("post", "/api/v1/inbox/{delivery}/acknowledge"),
            ("get", "/api/v1/holds"),
            ("post", "/api/v1/holds/{id}"),
            ("get", "/api/v1/holds/{id}/document"),
            ("get", "/api/v1/unmatched"),
            ("post", "/api/v1/unmatched/{exchange}"),
            ("get", "/api/v1/nominals/{ref}"),
            ("get", "/api/v1/nominals/{ref}/events"),
            ("get", "/api/v1/notices"),
            ("get", "/fhir/R4/metadata"),
            ("get", "/fhir/R4/Task"),
            ("post", "/fhir/R4/Task"),
            ("get", "/fhir/R4/Task/{id}"),
            ("get", "/fhir/R4/Communication"),
            ("post", "/fhir/R4/Communication"),
            ("get", "/fhir/R4/Communication/{id}"),
            ("get", "/ledger/checkpoint"),
            ("get", "/ledger/tile/{path}"),
            ("get", "/ledger/{area}/checkpoint"),
            ("get", "/ledger/{area}/tile/{path}"),
        ] {
            assert!(
                document["paths"][path][method].is_object(),
                "{method} {path}"
            );
        }
    }

    #[test]
    fn every_reference_leads_somewhere_and_every_operation_has_a_name_of_its_own() {
        let document = json();
        let mut names = BTreeSet::new();
        let mut places = vec![&document];
        while let Some(place) = places.pop() {
            match place {
                Value::Object(map) => {
                    if let Some(Value::String(to)) = map.get("$ref") {
                        let pointer = to.strip_prefix('#').unwrap();
                        assert!(document.pointer(pointer).is_some(), "{to}");
                    }
                    if let Some(Value::String(name)) = map.get("operationId") {
                        assert!(names.insert(name.clone()), "{name} twice");
                    }
                    places.extend(map.values());
                }
                Value::Array(list) => places.extend(list),
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
            }
        }
        assert!(names.len() >= 20);
    }

    #[test]
    fn the_example_of_an_exchange_is_one_that_reads() {
        let document = json();
        let example = &document["components"]["schemas"]["ExchangeRequest"]["example"];
        let request = gateway_http::json::from_slice(example.to_string().as_bytes()).unwrap();
        let today = jiff::civil::date(2026, 3, 2);
        assert!(crate::wire::read::exchange(request, today).is_ok());
    }
}
