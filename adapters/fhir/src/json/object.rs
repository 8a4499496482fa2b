//! Puts a JSON object together as FHIR wants it: nothing empty, nothing null (R4, JSON 2.6.2).

use super::Json;

/// An object in the making.
#[derive(Default)]
pub(crate) struct Object(Vec<(String, Json)>);

impl Object {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// A resource of that type.
    pub(crate) fn resource(kind: &str) -> Self {
        Self::new().with("resourceType", kind)
    }

    /// Adds a member.
    pub(crate) fn with(mut self, name: &str, value: impl Into<Json>) -> Self {
        self.0.push((name.to_owned(), value.into()));
        self
    }

    /// Adds a member where there is a value.
    pub(crate) fn with_some(self, name: &str, value: Option<impl Into<Json>>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// Adds all members of another.
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// Adds an array where there is something in it.
    pub(crate) fn with_list(self, name: &str, items: Vec<Json>) -> Self {
        if items.is_empty() {
            self
        } else {
            self.with(name, items)
        }
    }
}

impl From<Object> for Json {
    fn from(object: Object) -> Self {
        Self::Object(object.0)
    }
}
