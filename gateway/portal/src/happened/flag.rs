//! What happened to hospital flags, and what was told of them.

use gateway_core::event::EventKind;

use super::Group;

pub(super) const FLAGS: Group = Group {
    word: "flags",
    name: "Hospital flags",
    kinds: &[
        EventKind::FlagSet,
        EventKind::FlagAttended,
        EventKind::FlagRenewed,
        EventKind::FlagEnded,
        EventKind::FlagLapsed,
        EventKind::FlagReminded,
        EventKind::FlagCleared,
        EventKind::FlagUncleared,
    ],
};

/// What happened, of an event of a flag.
pub(super) fn label(kind: EventKind, because: &str) -> &'static str {
    match (kind.as_str(), because) {
        ("flag-set", _) => "A hospital flag was set",
        ("flag-attended", _) => "The hospital says that the person came",
        ("flag-renewed", _) => "A hospital flag was renewed",
        ("flag-ended", "level") => "A hospital flag ended as the level fell",
        ("flag-ended", "withdrawn") => "A hospital flag ended as it was withdrawn",
        ("flag-ended", _) => "A hospital flag was ended",
        ("flag-lapsed", "unopened") => {
            "A hospital flag ended as nobody there had opened it in time"
        }
        ("flag-lapsed", _) => "A hospital flag ended as its review passed",
        ("flag-reminded", _) => "Whoever set a hospital flag was reminded of its review",
        ("flag-cleared", _) => "The hospital has cleared a flag",
        ("flag-uncleared", _) => "The hospital has not cleared a flag in time",
        _ => "Something happened to a hospital flag",
    }
}

/// What somebody was told of a flag.
pub(super) fn told(notice: &str) -> Option<&'static str> {
    Some(match notice {
        "flag-attended" => "a hospital says that the person came",
        "flag-reminded" => "a hospital flag is to be reviewed soon",
        "flag-lapsed" => "a hospital flag ended as its review passed",
        "flag-ended" => "a hospital flag was ended",
        "flag-clear" => "a hospital flag is to be cleared",
        "flag-unopened" => "nobody at a hospital opened a flag in time",
        "flag-uncleared" => "a hospital flag was not cleared in time",
        _ => return None,
    })
}
