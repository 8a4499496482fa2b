//! What writing has in common: the parts of R4 that every resource is made of.

use gateway_core::Id;
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use crate::json::{Json, Object};
use crate::systems::{OBSERVATION_VALUE, Systems};

/// Writes requests and answers as FHIR R4.
#[derive(Debug, Clone)]
pub struct Writer {
    pub(crate) systems: Systems,
    pub(crate) uk_core: bool,
}

impl Writer {
    /// Writes with codes and identifiers of these systems.
    pub fn new(systems: Systems) -> Self {
        Self {
            systems,
            uk_core: false,
        }
    }

    /// Says of each resource that it keeps to UK Core's profile of its type, where there is one. As
    /// published (NHS England's FHIR-R4-UKCORE, 2.x), they require nothing that is not written
    /// anyway; there is none of `CommunicationRequest`.
    #[must_use]
    pub fn with_uk_core(mut self) -> Self {
        self.uk_core = true;
        self
    }

    /// Elements that begin with the claim of a UK Core profile, where they are wanted.
    pub(crate) fn profiled(&self, kind: &str) -> Object {
        let profile = self.profile(kind);
        if profile.is_empty() {
            return Object::new();
        }
        Object::new().with("meta", Object::new().with("profile", profile))
    }

    /// The UK Core profile of that type of resource, where they are wanted: `meta.profile`.
    pub(crate) fn profile(&self, kind: &str) -> Vec<Json> {
        if !self.uk_core {
            return Vec::new();
        }
        let profile = format!("https://fhir.hl7.org.uk/StructureDefinition/UKCore-{kind}");
        vec![profile.into()]
    }

    /// A code of one of the gateway's lists, as a `CodeableConcept`.
    pub(crate) fn concept(&self, system: &str, code: &str, display: &str) -> Object {
        concept(&self.systems.code_system(system), code, display)
    }

    /// An identifier of one of the gateway's systems.
    pub(crate) fn identifier(&self, system: &str, value: &str) -> Object {
        identifier(&self.systems.identifier(system), value)
    }

    /// An extension of the gateway's; `kind` is such as `valueString`.
    pub(crate) fn extension(&self, name: &str, kind: &str, value: &str) -> Json {
        Object::new()
            .with("url", self.systems.extension(name))
            .with(kind, value)
            .into()
    }
}

pub(crate) fn coding(system: &str, code: &str, display: &str) -> Object {
    Object::new()
        .with("system", system)
        .with("code", code)
        .with("display", display)
}

pub(crate) fn concept(system: &str, code: &str, display: &str) -> Object {
    Object::new().with("coding", vec![coding(system, code, display).into()])
}

pub(crate) fn identifier(system: &str, value: &str) -> Object {
    Object::new().with("system", system).with("value", value)
}

/// A way to reach somebody; `system` is such as `email`.
pub(crate) fn telecom(system: &str, value: &str) -> Json {
    Object::new()
        .with("system", system)
        .with("value", value)
        .into()
}

/// The tag of a resource of which something is left out.
pub(crate) fn subsetted() -> Json {
    coding(OBSERVATION_VALUE, "SUBSETTED", "Subsetted").into()
}

/// A point in time as R4 writes it, UTC, to the microsecond where it has any.
pub(crate) fn time(at: Timestamp) -> String {
    at.to_string()
}

/// Where resources stand that others refer to: contained in one, or beside it in a bundle.
pub(crate) struct Places {
    seed: Option<Id>,
    resources: Vec<(String, Json)>,
}

impl Places {
    /// They are contained in a resource.
    pub(crate) const fn contained() -> Self {
        Self {
            seed: None,
            resources: Vec::new(),
        }
    }

    /// They are entries of a bundle, whose ids are made of `seed`.
    pub(crate) const fn bundled(seed: Id) -> Self {
        Self {
            seed: Some(seed),
            resources: Vec::new(),
        }
    }

    /// What refers to the resource of that key.
    pub(crate) fn reference(&self, key: &str, kind: &str) -> Json {
        let text = match self.seed {
            None => format!("#{key}"),
            Some(seed) => format!("urn:uuid:{}", derived(seed, key)),
        };
        Object::new()
            .with("reference", text)
            .with("type", kind)
            .into()
    }

    /// Puts a resource in its place and gives what refers to it.
    pub(crate) fn put(&mut self, key: &str, kind: &str, elements: Object) -> Json {
        let id = match self.seed {
            None => key.to_owned(),
            Some(seed) => derived(seed, key),
        };
        let resource = Object::resource(kind).with("id", id).and(elements);
        self.resources.push((key.to_owned(), resource.into()));
        self.reference(key, kind)
    }

    /// The resources, to be contained.
    pub(crate) fn into_contained(self) -> Vec<Json> {
        self.resources.into_iter().map(|(_, r)| r).collect()
    }

    /// The resources, as entries of a bundle.
    pub(crate) fn into_entries(self) -> Vec<Json> {
        let Some(seed) = self.seed else {
            return Vec::new();
        };
        self.resources
            .into_iter()
            .map(|(key, resource)| {
                Object::new()
                    .with("fullUrl", format!("urn:uuid:{}", derived(seed, &key)))
                    .with("resource", resource)
                    .into()
            })
            .collect()
    }
}

/// An id that the same seed and key always give: `UUIDv8` of SHA-256 (RFC 9562, section 5.8).
pub(crate) fn derived(seed: Id, key: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(b"gateway-fhir\n");
    hash.update(seed.to_string());
    hash.update(key);
    let mut hex = hex::encode(hash.finalize());
    hex.truncate(32);
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    format!(
        "{}-{}-8{}-8{}-{}",
        part(0, 8),
        part(8, 12),
        part(13, 16),
        part(17, 20),
        part(20, 32)
    )
}
