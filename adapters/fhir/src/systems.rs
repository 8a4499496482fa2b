//! The URIs that say what a code or an identifier is one of.

/// The NHS number (NHS Data Dictionary; UK Core).
pub const NHS_NUMBER: &str = "https://fhir.nhs.uk/Id/nhs-number";
/// Codes of the Organisation Data Service.
pub const ODS_CODE: &str = "https://fhir.nhs.uk/Id/ods-organization-code";
/// HL7 v3 Confidentiality.
pub const CONFIDENTIALITY: &str = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality";
/// HL7 v3 `ActCode`.
pub const ACT_CODE: &str = "http://terminology.hl7.org/CodeSystem/v3-ActCode";
/// Who takes what part in a provenance.
pub const PARTICIPANT: &str = "http://terminology.hl7.org/CodeSystem/provenance-participant-type";
/// What a consent is about.
pub const CONSENT_SCOPE: &str = "http://terminology.hl7.org/CodeSystem/consentscope";
/// That something of a resource is left out (R4, "Resource - Meta": `SUBSETTED`).
pub const OBSERVATION_VALUE: &str = "http://terminology.hl7.org/CodeSystem/v3-ObservationValue";
/// LOINC.
pub const LOINC: &str = "http://loinc.org";

/// The gateway's own URIs, under a base that the installation configures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Systems {
    base: String,
}

/// The base is not one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a base of FHIR URIs: give an https address of up to 200 characters without a query or a \
     slash at its end, such as https://gateway.example/fhir"
)]
pub struct BadBase;

impl Systems {
    /// The URIs under `base`, such as `https://gateway.example/fhir`. It is a name: nothing is ever
    /// fetched there.
    pub fn new(base: &str) -> Result<Self, BadBase> {
        let host = base
            .strip_prefix("https://")
            .or_else(|| base.strip_prefix("http://"));
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~:/[]%".contains(&b);
        let fits = host.is_some_and(|host| {
            !host.is_empty() && !host.starts_with('/') && host.bytes().all(plain)
        });
        if fits && base.len() <= 200 && !base.ends_with('/') {
            Ok(Self {
                base: base.to_owned(),
            })
        } else {
            Err(BadBase)
        }
    }

    /// The base.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// A code system of the gateway's.
    pub fn code_system(&self, name: &str) -> String {
        format!("{}/CodeSystem/{name}", self.base)
    }

    /// A system of identifiers of the gateway's.
    pub fn identifier(&self, name: &str) -> String {
        format!("{}/Id/{name}", self.base)
    }

    /// An extension of the gateway's.
    pub fn extension(&self, name: &str) -> String {
        format!("{}/StructureDefinition/{name}", self.base)
    }
}

/// Names of code systems, identifiers and extensions under the base.
pub(crate) mod name {
    pub(crate) const TASK: &str = "health-task";
    pub(crate) const DETAIL: &str = "health-request-detail";
    pub(crate) const PURPOSE: &str = "purpose";
    pub(crate) const REFUSAL: &str = "refusal-reason";
    pub(crate) const ANSWER: &str = "health-answer-kind";
    pub(crate) const CATEGORY: &str = "information-category";
    pub(crate) const BASIS: &str = "release-basis";
    pub(crate) const EVENT: &str = "message-event";
    pub(crate) const REQUEST_ID: &str = "health-request";
    pub(crate) const ANSWER_ID: &str = "health-answer";
    pub(crate) const AGENCY_ID: &str = "agency";
    pub(crate) const QUESTION_ID: &str = "question-id";
    pub(crate) const QUESTION_CODE: &str = "question-code";
    pub(crate) const NOMINAL: &str = "nominal";
    pub(crate) const CONSENT: &str = "consent-code";
    pub(crate) const ANSWERED_BY: &str = "answered-by";
    pub(crate) const ANSWER_TASK: &str = "health-request-output";
    pub(crate) const REDIRECTED: &str = "redirected-to";
    pub(crate) const SHA256: &str = "sha-256";
    pub(crate) const EXCHANGE_ID: &str = "exchange";
    pub(crate) const TITLE: &str = "title";
    pub(crate) const MARKING: &str = "protective-marking";
}

/// The one code of [`name::TASK`].
pub(crate) const TASK_CODE: &str = "health-information-request";
/// The event of a message that brings a request.
pub(crate) const REQUEST_EVENT: &str = "health-request";
/// The event of a message that brings an answer.
pub(crate) const ANSWER_EVENT: &str = "health-answer";
/// The event of a message that brings anything else.
pub(crate) const SHARED_EVENT: &str = "information-shared";
/// The event of the word on a message.
pub(crate) const REPLY_EVENT: &str = "message-outcome";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_is_an_address_without_a_slash_at_its_end() {
        let systems = Systems::new("https://gateway.example/fhir").unwrap();
        assert_eq!(
            systems.code_system("purpose"),
            "https://gateway.example/fhir/CodeSystem/purpose"
        );
        for bad in [
            "",
            "gateway.example",
            "https://",
            "https://a/",
            "https://a?b",
            "https://a#b",
            "https://a b",
            "urn:uuid:x",
        ] {
            assert_eq!(Systems::new(bad), Err(BadBase), "{bad}");
        }
    }
}
