//! A place in what was read: the value, where it is, and the resource in which it stands.

use std::rc::Rc;

use crate::json::Json;

/// A value and its path.
#[derive(Clone)]
pub(crate) struct Node<'a> {
    json: &'a Json,
    path: Rc<str>,
    home: Home<'a>,
}

/// The resource whose contained resources a reference that begins with `#` means.
#[derive(Clone)]
struct Home<'a> {
    json: &'a Json,
    path: Rc<str>,
}

impl<'a> Node<'a> {
    /// A resource that stands by itself or in a bundle.
    pub(crate) fn resource(json: &'a Json, path: &str) -> Self {
        let path: Rc<str> = path.into();
        Self {
            json,
            path: path.clone(),
            home: Home { json, path },
        }
    }

    fn within(&self, json: &'a Json, path: String) -> Self {
        Self {
            json,
            path: path.into(),
            home: self.home.clone(),
        }
    }

    /// Where it is, in simple `FHIRPath`.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// Where an element of it is, or would be.
    pub(crate) fn path_of(&self, name: &str) -> String {
        format!("{}.{name}", self.path)
    }

    pub(crate) const fn json(&self) -> &'a Json {
        self.json
    }

    /// An element that is there once.
    pub(crate) fn child(&self, name: &str) -> Option<Self> {
        let json = self.json.get(name)?;
        Some(self.within(json, self.path_of(name)))
    }

    /// All of an element that may be there more than once; none where it is not there.
    pub(crate) fn children(&self, name: &str) -> Vec<Self> {
        let items = self.json.get(name).map(Json::items).unwrap_or_default();
        let all = items.iter().enumerate();
        all.filter(|(_, item)| !matches!(item, Json::Null))
            .map(|(n, item)| self.within(item, format!("{}.{name}[{n}]", self.path)))
            .collect()
    }

    /// Its text, where it is a string.
    pub(crate) fn text(&self) -> Option<&'a str> {
        self.json.text()
    }

    /// The text of an element.
    pub(crate) fn text_of(&self, name: &str) -> Option<&'a str> {
        self.json.get(name).and_then(Json::text)
    }

    /// The type of resource.
    pub(crate) fn kind(&self) -> &'a str {
        self.text_of("resourceType").unwrap_or_default()
    }

    /// The one resource with that id that is contained where this stands; the container itself where
    /// the id is empty (R4, references 2.3.0.2).
    pub(crate) fn contained(&self, id: &str) -> Option<Self> {
        if id.is_empty() {
            return Some(self.within(self.home.json, self.home.path.to_string()));
        }
        let all = self.home.json.get("contained").map(Json::items)?;
        let called = |inner: &Json| inner.get("id").and_then(Json::text) == Some(id);
        let at = all.iter().position(called)?;
        // Of two with one id it cannot be told which is meant.
        if all.iter().skip(at + 1).any(called) {
            return None;
        }
        let path = format!("{}.contained[{at}]", self.home.path);
        Some(self.within(all.get(at)?, path))
    }

    /// Whether both are one and the same value of what was read.
    pub(crate) fn is(&self, other: &Self) -> bool {
        std::ptr::eq(self.json, other.json)
    }
}
