//! What a rule says of itself in annotations.

use std::collections::BTreeSet;

use cedar_policy::Policy;
use gateway_core::{Obligation, Reviewer};

use crate::error::{LoadError, Place};

const KNOWN: [&str; 6] = ["id", "rule", "title", "basis", "obligations", "reviewers"];

/// The annotations of one rule, all of them known.
pub struct Annotations<'a> {
    policy: &'a Policy,
    place: &'a Place,
}

impl<'a> Annotations<'a> {
    pub fn read(policy: &'a Policy, place: &'a Place) -> Result<Self, LoadError> {
        match policy.annotations().find(|(name, _)| !KNOWN.contains(name)) {
            None => Ok(Self { policy, place }),
            Some((name, _)) => Err(LoadError::UnknownAnnotation {
                place: place.clone(),
                annotation: name.to_owned(),
            }),
        }
    }

    pub fn required(&self, annotation: &'static str) -> Result<String, LoadError> {
        match self.policy.annotation(annotation).map(str::trim) {
            Some(text) if !text.is_empty() => Ok(text.to_owned()),
            _ => Err(LoadError::MissingAnnotation {
                place: self.place.clone(),
                annotation,
            }),
        }
    }

    pub fn obligations(&self) -> Result<BTreeSet<Obligation>, LoadError> {
        self.list("obligations")
            .map(|word| {
                let place = self.place.clone();
                word.parse()
                    .map_err(|source| LoadError::Obligation { place, source })
            })
            .collect()
    }

    pub fn reviewers(&self) -> Result<BTreeSet<Reviewer>, LoadError> {
        self.list("reviewers")
            .map(|word| {
                let place = self.place.clone();
                word.parse()
                    .map_err(|source| LoadError::Reviewer { place, source })
            })
            .collect()
    }

    fn list(&self, annotation: &str) -> impl Iterator<Item = &'a str> {
        self.policy
            .annotation(annotation)
            .into_iter()
            .flat_map(|text| text.split(','))
            .map(str::trim)
    }
}
