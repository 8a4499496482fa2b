//! What the form or the flow finds wrong, by its place in the resource.

use gateway_fhir::{Cause, Issue, Outcome};
use gateway_flow::FieldFault;

/// Places of a request's fields; of those that have no line here, `Task.input`.
const REQUEST: [(&str, &str); 13] = [
    ("/answers/requester", "Task.requester"),
    ("/answers/subject/name", "Task.for.name"),
    ("/answers/subject/dob", "Task.for.birthDate"),
    ("/answers/subject", "Task.for"),
    ("/answers/need/serves", "Task.reasonCode"),
    ("/answers/questions/asked", "Task.focus.payload"),
    ("/answers/handling/urgency", "Task.priority"),
    ("/answers", "Task.input"),
    ("/nominal", "Task.for.identifier"),
    ("/level", "Task.input"),
    ("/recipients", "Task.owner"),
    ("/emergency", "Task.priority"),
    ("", "Task"),
];

/// Places of an answer's fields; of those that have no line here, the answer itself.
const ANSWER: [(&str, &str); 13] = [
    ("/answers/answer/outcome", "Communication.category"),
    ("/answers/answer/interim", "Communication.status"),
    ("/answers/answer/reason", "Communication.statusReason"),
    (
        "/answers/answer/reason_words",
        "Communication.statusReason.text",
    ),
    ("/answers/answer", "Communication.extension"),
    ("/answers/basis/clinician", "Communication.sender"),
    ("/answers/basis/consent", "Communication.reasonCode"),
    (
        "/answers/basis/public_interest",
        "Communication.reasonCode.text",
    ),
    ("/answers/basis", "Communication.reasonCode"),
    ("/answers", "Communication.payload"),
    ("/in_reply_to", "Communication.basedOn"),
    ("/documents", "Communication.payload"),
    ("", "Communication"),
];

/// Where a field of the form that a fault names stands in the resource, in simple `FHIRPath`.
pub fn place(form: &str, pointer: &str) -> &'static str {
    let places: &[(&str, &str)] = match form {
        crate::REQUEST => &REQUEST,
        _ => &ANSWER,
    };
    let within = |start: &str| {
        let rest = pointer.strip_prefix(start);
        rest.is_some_and(|rest| rest.is_empty() || start.is_empty() || rest.starts_with('/'))
    };
    let fits = places.iter().filter(|(start, _)| within(start));
    let nearest = fits.max_by_key(|(start, _)| start.len());
    nearest.map_or("", |(_, at)| at)
}

/// Faults of a form as issues. The form's own name of the field stands in the words.
pub fn faults(form: &str, faults: &[FieldFault]) -> Option<Outcome> {
    let issues = faults.iter().map(|fault| {
        let field = fault.pointer.strip_prefix("/answers/");
        let words = match field {
            Some(field) => format!("`{}`: {}", field.replace('/', "."), fault.detail),
            None => fault.detail.clone(),
        };
        Issue::error(Cause::BadValue, place(form, &fault.pointer), words)
    });
    Outcome::of_all(issues.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_named_by_the_nearest_place_in_the_resource() {
        let of = |pointer| place(crate::REQUEST, pointer);
        assert_eq!(of("/answers/subject/dob"), "Task.for.birthDate");
        assert_eq!(of("/answers/subject/address"), "Task.for");
        assert_eq!(of("/answers/need/why_now"), "Task.input");
        assert_eq!(of("/recipients/0"), "Task.owner");
        assert_eq!(of("/odd"), "Task");
        let of = |pointer| place(crate::RESPONSE, pointer);
        assert_eq!(of("/answers/answer/reason"), "Communication.statusReason");
        assert_eq!(
            of("/answers/answer/reason_words"),
            "Communication.statusReason.text"
        );
        assert_eq!(of("/answers/risk/known"), "Communication.payload");
        assert_eq!(of("/in_reply_to"), "Communication.basedOn");
    }

    #[test]
    fn the_forms_own_name_of_a_field_is_in_the_words() {
        let fault = FieldFault::new("/answers/need/why_now", "answer “Why now”");
        let outcome = faults(crate::REQUEST, &[fault]).unwrap();
        assert_eq!(
            outcome.issues()[0].diagnostics,
            "`need.why_now`: answer “Why now”"
        );
        assert!(faults(crate::REQUEST, &[]).is_none());
    }
}
