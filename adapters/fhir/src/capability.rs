//! What the gateway's FHIR interface can do: its `CapabilityStatement`.

use jiff::civil::Date;

use crate::json::{Json, Object};
use crate::search::Searched;

/// What an installation's statement says.
#[derive(Debug, Clone, Copy)]
pub struct Capability<'a> {
    /// The address of the interface, such as `https://gateway.example/fhir/R4`.
    pub server: &'a str,
    /// Version of the gateway.
    pub version: &'a str,
    /// The day on which what the interface can do last changed.
    pub changed: Date,
    /// Who runs it.
    pub publisher: &'a str,
}

impl Capability<'_> {
    /// The `CapabilityStatement`.
    pub fn statement(&self) -> Json {
        let software = Object::new()
            .with("name", "MAPPA information-sharing gateway")
            .with("version", self.version);
        let implementation = Object::new()
            .with(
                "description",
                "Health information requests and their answers",
            )
            .with("url", self.server);
        let security = Object::new().with("cors", false).with(
            "description",
            "Mutual TLS: the client certificate says which agency calls. An agency sees the \
             requests that it sent or was sent, and nothing else.",
        );
        let resources = vec![resource(Searched::Task), resource(Searched::Communication)];
        let rest = Object::new()
            .with("mode", "server")
            .with("security", security)
            .with("resource", resources);
        Object::resource("CapabilityStatement")
            .with("status", "active")
            .with("date", self.changed.to_string())
            .with("publisher", self.publisher)
            .with("kind", "instance")
            .with("software", software)
            .with("implementation", implementation)
            .with("fhirVersion", "4.0.1")
            .with("format", vec![Json::from("application/fhir+json")])
            .with("rest", vec![rest.into()])
            .into()
    }
}

fn resource(kind: Searched) -> Json {
    let interaction = |code: &str| Object::new().with("code", code).into();
    let parameter = |(name, kind, definition): &(&str, &str, &str)| {
        Object::new()
            .with("name", *name)
            .with(
                "definition",
                format!("http://hl7.org/fhir/SearchParameter/{definition}"),
            )
            .with("type", *kind)
            .into()
    };
    let parameters = kind.parameters().iter().map(parameter).collect();
    Object::new()
        .with("type", kind.as_str())
        .with(
            "interaction",
            vec![
                interaction("read"),
                interaction("create"),
                interaction("search-type"),
            ],
        )
        .with("versioning", "no-version")
        .with("readHistory", false)
        .with("updateCreate", false)
        .with_list("searchParam", parameters)
        .into()
}
