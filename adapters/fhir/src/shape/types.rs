//! The elements that are known of R4's data types.

use super::Kind::{
    Boolean, Code, Data, DateTime, Id, Instant, OneOf, Part, Resource, Text, Unsigned, Uri,
};
use super::{Field, Kind, many, must, one};

/// What every resource has.
pub(super) fn resource() -> &'static [Field] {
    const FIELDS: &[Field] = &[
        one("id", Id),
        one("meta", Part(meta)),
        one("language", Code),
        many("contained", Resource),
        many("extension", Part(extension)),
    ];
    FIELDS
}

fn meta() -> &'static [Field] {
    const FIELDS: &[Field] = &[
        one("lastUpdated", Instant),
        many("profile", Uri),
        many("security", Part(coding)),
        many("tag", Part(coding)),
    ];
    FIELDS
}

pub(super) fn extension() -> &'static [Field] {
    const FIELDS: &[Field] = &[
        must("url", Uri),
        one("valueString", Text),
        one("valueCode", Code),
        one("valueBoolean", Boolean),
        one("valueId", Id),
    ];
    FIELDS
}

pub(super) fn coding() -> &'static [Field] {
    const FIELDS: &[Field] = &[
        one("system", Uri),
        one("version", Text),
        one("code", Code),
        one("display", Text),
        one("userSelected", Boolean),
    ];
    FIELDS
}

pub(super) fn concept() -> &'static [Field] {
    const FIELDS: &[Field] = &[many("coding", Part(coding)), one("text", Text)];
    FIELDS
}

pub(super) fn identifier() -> &'static [Field] {
    const FIELDS: &[Field] = &[
        one(
            "use",
            OneOf(&["usual", "official", "temp", "secondary", "old"]),
        ),
        one("type", Part(concept)),
        one("system", Uri),
        one("value", Text),
        one("period", Part(period)),
        one("assigner", Part(reference)),
    ];
    FIELDS
}

pub(super) fn reference() -> &'static [Field] {
    const FIELDS: &[Field] = &[
        one("reference", Text),
        one("type", Uri),
        one("identifier", Part(identifier)),
        one("display", Text),
    ];
    FIELDS
}

pub(super) fn period() -> &'static [Field] {
    const FIELDS: &[Field] = &[one("start", DateTime), one("end", DateTime)];
    FIELDS
}

pub(super) fn name() -> &'static [Field] {
    const FIELDS: &[Field] = &[
        one(
            "use",
            OneOf(&[
                "usual",
                "official",
                "temp",
                "nickname",
                "anonymous",
                "old",
                "maiden",
            ]),
        ),
        one("text", Text),
        one("family", Text),
        many("given", Text),
        many("prefix", Text),
        many("suffix", Text),
        one("period", Part(period)),
    ];
    FIELDS
}

pub(super) fn address() -> &'static [Field] {
    const FIELDS: &[Field] = &[
        one("use", OneOf(&["home", "work", "temp", "old", "billing"])),
        one("type", OneOf(&["postal", "physical", "both"])),
        one("text", Text),
        many("line", Text),
        one("city", Text),
        one("district", Text),
        one("state", Text),
        one("postalCode", Text),
        one("country", Text),
        one("period", Part(period)),
    ];
    FIELDS
}

pub(super) fn telecom() -> &'static [Field] {
    const FIELDS: &[Field] = &[
        one(
            "system",
            OneOf(&["phone", "fax", "email", "pager", "url", "sms", "other"]),
        ),
        one("value", Text),
        one("use", OneOf(&["home", "work", "temp", "old", "mobile"])),
        one("rank", Unsigned),
        one("period", Part(period)),
    ];
    FIELDS
}

pub(super) fn contact_detail() -> &'static [Field] {
    const FIELDS: &[Field] = &[one("name", Text), many("telecom", Part(telecom))];
    FIELDS
}

pub(super) fn attachment() -> &'static [Field] {
    const FIELDS: &[Field] = &[
        one("contentType", Code),
        one("language", Code),
        one("data", Data),
        one("url", Uri),
        one("size", Unsigned),
        one("hash", Text),
        one("title", Text),
        one("creation", DateTime),
        many("extension", Part(extension)),
    ];
    FIELDS
}

/// R4, request-priority.
pub(super) const PRIORITY: Kind = OneOf(&["routine", "urgent", "asap", "stat"]);
