//! The elements that are known of R4's resources.

use super::Kind::{
    Boolean, Code, Date, DateTime, Instant, OneOf, Part, Resource, Text, Unsigned, Uri,
};
use super::types::{
    PRIORITY, address, attachment, coding, concept, contact_detail, extension, identifier, name,
    period, reference, telecom,
};
use super::{Field, many, must, one, some};

/// The elements of that type of resource.
pub(super) fn table(kind: &str) -> Option<&'static [Field]> {
    Some(match kind {
        "Task" => TASK,
        "CommunicationRequest" => COMMUNICATION_REQUEST,
        "Communication" => COMMUNICATION,
        "DocumentReference" => DOCUMENT_REFERENCE,
        "Provenance" => PROVENANCE,
        "Consent" => CONSENT,
        "Patient" => PATIENT,
        "Organization" => ORGANIZATION,
        "PractitionerRole" => PRACTITIONER_ROLE,
        "MessageHeader" => MESSAGE_HEADER,
        "Bundle" => BUNDLE,
        _ => return None,
    })
}

const TASK: &[Field] = &[
    many("identifier", Part(identifier)),
    must(
        "status",
        OneOf(&[
            "draft",
            "requested",
            "received",
            "accepted",
            "rejected",
            "ready",
            "cancelled",
            "in-progress",
            "on-hold",
            "failed",
            "completed",
            "entered-in-error",
        ]),
    ),
    one("statusReason", Part(concept)),
    one("businessStatus", Part(concept)),
    must(
        "intent",
        OneOf(&[
            "unknown",
            "proposal",
            "plan",
            "order",
            "original-order",
            "reflex-order",
            "filler-order",
            "instance-order",
            "option",
        ]),
    ),
    one("priority", PRIORITY),
    one("code", Part(concept)),
    one("description", Text),
    one("focus", Part(reference)),
    one("for", Part(reference)),
    one("authoredOn", DateTime),
    one("lastModified", DateTime),
    one("requester", Part(reference)),
    one("owner", Part(reference)),
    one("reasonCode", Part(concept)),
    one("restriction", Part(restriction)),
    many("input", Part(input)),
];

fn restriction() -> &'static [Field] {
    const FIELDS: &[Field] = &[
        one("repetitions", Unsigned),
        one("period", Part(period)),
        many("recipient", Part(reference)),
    ];
    FIELDS
}

fn input() -> &'static [Field] {
    const FIELDS: &[Field] = &[
        must("type", Part(concept)),
        one("valueBoolean", Boolean),
        one("valueCode", Code),
        one("valueContactDetail", Part(contact_detail)),
        one("valueDate", Date),
        one("valuePositiveInt", Unsigned),
        one("valueReference", Part(reference)),
        one("valueString", Text),
    ];
    FIELDS
}

const COMMUNICATION_REQUEST: &[Field] = &[
    many("identifier", Part(identifier)),
    must(
        "status",
        OneOf(&[
            "draft",
            "active",
            "on-hold",
            "revoked",
            "completed",
            "entered-in-error",
            "unknown",
        ]),
    ),
    many("category", Part(concept)),
    one("priority", PRIORITY),
    one("doNotPerform", Boolean),
    one("subject", Part(reference)),
    many("payload", Part(payload)),
    one("occurrenceDateTime", DateTime),
    one("authoredOn", DateTime),
    one("requester", Part(reference)),
    many("recipient", Part(reference)),
    one("sender", Part(reference)),
    many("reasonCode", Part(concept)),
];

fn payload() -> &'static [Field] {
    const FIELDS: &[Field] = &[
        many("extension", Part(extension)),
        one("contentString", Text),
        one("contentAttachment", Part(attachment)),
        one("contentReference", Part(reference)),
    ];
    FIELDS
}

const COMMUNICATION: &[Field] = &[
    many("identifier", Part(identifier)),
    many("basedOn", Part(reference)),
    must(
        "status",
        OneOf(&[
            "preparation",
            "in-progress",
            "not-done",
            "on-hold",
            "stopped",
            "completed",
            "entered-in-error",
            "unknown",
        ]),
    ),
    one("statusReason", Part(concept)),
    many("category", Part(concept)),
    one("priority", PRIORITY),
    one("subject", Part(reference)),
    many("about", Part(reference)),
    one("sent", DateTime),
    one("received", DateTime),
    many("recipient", Part(reference)),
    one("sender", Part(reference)),
    many("reasonCode", Part(concept)),
    many("payload", Part(payload)),
];

const DOCUMENT_REFERENCE: &[Field] = &[
    one("masterIdentifier", Part(identifier)),
    many("identifier", Part(identifier)),
    must(
        "status",
        OneOf(&["current", "superseded", "entered-in-error"]),
    ),
    one("type", Part(concept)),
    many("category", Part(concept)),
    one("subject", Part(reference)),
    one("date", Instant),
    many("author", Part(reference)),
    one("description", Text),
    many("securityLabel", Part(concept)),
    some("content", Part(document_content)),
];

fn document_content() -> &'static [Field] {
    const FIELDS: &[Field] = &[
        must("attachment", Part(attachment)),
        one("format", Part(coding)),
    ];
    FIELDS
}

const PROVENANCE: &[Field] = &[
    some("target", Part(reference)),
    must("recorded", Instant),
    some("agent", Part(agent)),
];

fn agent() -> &'static [Field] {
    const FIELDS: &[Field] = &[
        one("type", Part(concept)),
        must("who", Part(reference)),
        one("onBehalfOf", Part(reference)),
    ];
    FIELDS
}

const CONSENT: &[Field] = &[
    must(
        "status",
        OneOf(&[
            "draft",
            "proposed",
            "active",
            "rejected",
            "inactive",
            "entered-in-error",
        ]),
    ),
    must("scope", Part(concept)),
    some("category", Part(concept)),
    one("patient", Part(reference)),
    one("dateTime", DateTime),
    one("policyRule", Part(concept)),
];

const PATIENT: &[Field] = &[
    many("identifier", Part(identifier)),
    one("active", Boolean),
    many("name", Part(name)),
    many("telecom", Part(telecom)),
    one("birthDate", Date),
    one("deceasedBoolean", Boolean),
    one("deceasedDateTime", DateTime),
    many("address", Part(address)),
    many("generalPractitioner", Part(reference)),
];

const ORGANIZATION: &[Field] = &[
    many("identifier", Part(identifier)),
    one("active", Boolean),
    many("type", Part(concept)),
    one("name", Text),
    many("telecom", Part(telecom)),
];

const PRACTITIONER_ROLE: &[Field] = &[
    many("identifier", Part(identifier)),
    one("active", Boolean),
    one("practitioner", Part(reference)),
    one("organization", Part(reference)),
    many("code", Part(concept)),
    many("telecom", Part(telecom)),
];

const MESSAGE_HEADER: &[Field] = &[
    one("eventCoding", Part(coding)),
    one("eventUri", Uri),
    one("sender", Part(reference)),
    must("source", Part(source)),
    many("focus", Part(reference)),
    one("response", Part(response)),
];

fn response() -> &'static [Field] {
    const FIELDS: &[Field] = &[
        must("identifier", Code),
        must("code", OneOf(&["ok", "transient-error", "fatal-error"])),
        one("details", Part(reference)),
    ];
    FIELDS
}

fn source() -> &'static [Field] {
    const FIELDS: &[Field] = &[one("name", Text), must("endpoint", Uri)];
    FIELDS
}

const BUNDLE: &[Field] = &[
    one("identifier", Part(identifier)),
    must(
        "type",
        OneOf(&[
            "document",
            "message",
            "transaction",
            "transaction-response",
            "batch",
            "batch-response",
            "history",
            "searchset",
            "collection",
        ]),
    ),
    one("timestamp", Instant),
    one("total", Unsigned),
    many("entry", Part(entry)),
];

fn entry() -> &'static [Field] {
    const FIELDS: &[Field] = &[one("fullUrl", Uri), one("resource", Resource)];
    FIELDS
}
