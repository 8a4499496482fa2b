//! The person's consent: `Consent`, only where it was given.

use jiff::civil::Date;

use crate::issue::Cause;
use crate::json::Json;
use crate::node::Node;
use crate::patient::settled;
use crate::reading::Reading;
use crate::systems::{ACT_CODE, CONSENT_SCOPE, LOINC};
use crate::write::{Places, Writer, concept};

/// A consent that was given on a day. `patient` refers to the person.
pub(crate) fn write(
    writer: &Writer,
    places: &mut Places,
    patient: Option<Json>,
    given: Option<Date>,
) -> Json {
    let elements = writer
        .profiled("Consent")
        .with("status", "active")
        .with(
            "scope",
            concept(CONSENT_SCOPE, "patient-privacy", "Privacy Consent"),
        )
        .with(
            "category",
            vec![concept(LOINC, "59284-0", "Patient Consent").into()],
        )
        .with_some("patient", patient)
        .with_some("dateTime", given.map(|given| given.to_string()))
        .with("policyRule", concept(ACT_CODE, "OPTIN", "opt-in"));
    places.put("consent", "Consent", elements)
}

impl<'a> Reading<'a> {
    /// The day on which consent was given, where it says that. The outer `None` says that it is wrong.
    #[expect(clippy::option_option, reason = "absent and wrong are two things")]
    pub(crate) fn consent(&mut self, consent: &Node<'a>) -> Option<Option<Date>> {
        if consent.text_of("status") != Some("active") {
            let words = "is not `active`: send a consent that holds";
            self.issues
                .add(Cause::Contradiction, consent.path_of("status"), words);
            return None;
        }
        // What a provision permits or denies would change what the consent means.
        if let Some(provision) = consent.child("provision") {
            let words = "is not read here: say in the request's words to what consent was given";
            self.bad(Cause::NotSupported, &provision, words);
            return None;
        }
        let given = consent.child("dateTime");
        settled(given.map(|given| self.day(&given)))
    }
}
