//! Bundles: a message, and a page of what a search found.

use gateway_core::Id;
use jiff::Timestamp;

use crate::issue::Issue;
use crate::issue::operation_outcome;
use crate::json::{Json, Object};
use crate::systems::name;
use crate::write::{Places, Writer, coding, derived, time};

impl Writer {
    /// A message of that event about the resource that `focus` refers to.
    pub(crate) fn message(
        &self,
        (seed, event, at): (Id, &str, Timestamp),
        (focus, sender, sender_name): (Json, Json, &str),
        places: Places,
    ) -> Json {
        let system = self.systems.code_system(name::EVENT);
        let display = match event {
            crate::systems::REQUEST_EVENT => "Health information request",
            crate::systems::SHARED_EVENT => "Information shared",
            _ => "Answer to a health information request",
        };
        let source = Object::new()
            .with("name", sender_name)
            .with("endpoint", self.systems.base());
        let mut header = Places::bundled(seed);
        header.put(
            "message",
            "MessageHeader",
            self.profiled("MessageHeader")
                .with("eventCoding", coding(&system, event, display))
                .with("sender", sender)
                .with("source", source)
                .with("focus", vec![focus]),
        );
        let mut entries = header.into_entries();
        entries.extend(places.into_entries());
        Object::resource("Bundle")
            .with("id", derived(seed, "bundle"))
            .and(self.profiled("Bundle"))
            .with("type", "message")
            .with("timestamp", time(at))
            .with("entry", entries)
            .into()
    }
}

/// One page of what a search found.
#[derive(Debug, Clone)]
pub struct Page<'a> {
    /// The address of the search as it was carried out, this page's: what it was asked with and
    /// was not carried out is not in it (R4, search 3.1.1.5).
    pub this: &'a str,
    /// The address of the next page, where there is one.
    pub next: Option<&'a str>,
    /// How many were found in all, where that is known.
    pub total: Option<u64>,
    /// The address of the resources' server and path, such as `https://gateway.example/fhir/R4`.
    pub server: &'a str,
    /// The resources, each with an id.
    pub found: Vec<Json>,
    /// What is to be said beside, such as that a parameter was passed over.
    pub notes: &'a [Issue],
}

impl Page<'_> {
    /// The `Bundle` of type `searchset`.
    pub fn bundle(self) -> Json {
        let link = |relation: &str, url: &str| {
            let link = Object::new().with("relation", relation).with("url", url);
            Json::from(link)
        };
        let mut links = vec![link("self", self.this)];
        links.extend(self.next.map(|url| link("next", url)));
        let mut entries: Vec<Json> = Vec::new();
        for resource in self.found {
            let kind = resource.get("resourceType").and_then(Json::text);
            let id = resource.get("id").and_then(Json::text);
            let url = kind.zip(id);
            let url = url.map(|(kind, id)| format!("{}/{kind}/{id}", self.server));
            entries.push(entry(url, resource, "match"));
        }
        if !self.notes.is_empty() {
            entries.push(entry(None, operation_outcome(self.notes), "outcome"));
        }
        Object::resource("Bundle")
            .with("type", "searchset")
            .with_some("total", self.total)
            .with("link", links)
            .with_list("entry", entries)
            .into()
    }
}

fn entry(url: Option<String>, resource: Json, mode: &str) -> Json {
    Object::new()
        .with_some("fullUrl", url)
        .with("resource", resource)
        .with("search", Object::new().with("mode", mode))
        .into()
}
