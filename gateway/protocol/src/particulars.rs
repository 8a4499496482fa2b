//! `protocol.toml`: what a protocol is, on what it rests, who signs it, when it is reviewed.

use serde::{Deserialize, Serialize};
use toml::value::Datetime;

use crate::error::{LoadError, Place};

/// The particulars of one protocol.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Particulars {
    /// What it is called.
    pub title: String,
    /// Its version; a signature is for one version.
    pub version: String,
    /// When it must be looked at again: `YYYY-MM-DD`.
    pub review: String,
    /// Who keeps it.
    pub owner: String,
    /// The law it rests on.
    pub basis: Vec<String>,
    /// Between whom it is.
    pub parties: Vec<String>,
    /// Who signs it, by office.
    pub signatories: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    title: String,
    version: String,
    review: Datetime,
    owner: String,
    basis: Vec<String>,
    parties: Vec<String>,
    signatories: Vec<String>,
}

impl Particulars {
    /// Reads `text`, the content of `file`.
    pub(crate) fn parse(file: &str, text: &str) -> Result<Self, LoadError> {
        let at = |line, reason| {
            let place = Place {
                file: file.to_owned(),
                line,
            };
            LoadError::Particulars { place, reason }
        };
        let written: Written = toml::from_str(text).map_err(|error| {
            let before = error
                .span()
                .and_then(|span| text.get(..span.start))
                .unwrap_or("");
            at(before.matches('\n').count() + 1, error.message().to_owned())
        })?;
        let review = match (written.review.date, written.review.time) {
            (Some(date), None) => date.to_string(),
            _ => return Err(at(1, "`review` is not a date".to_owned())),
        };
        let texts = [&written.title, &written.version, &written.owner];
        let lists = [&written.basis, &written.parties, &written.signatories];
        if texts.iter().any(|text| text.trim().is_empty()) || lists.iter().any(|l| l.is_empty()) {
            return Err(at(1, "a field is empty".to_owned()));
        }
        Ok(Self {
            title: written.title,
            version: written.version,
            review,
            owner: written.owner,
            basis: written.basis,
            parties: written.parties,
            signatories: written.signatories,
        })
    }
}
