//! Codes and states in the words of people.

use std::collections::BTreeSet;

use gateway_core::{About, Category, IdentifierKind, Obligation, Purpose, Role};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::component::Tag;

/// What an obligation asks of the reader; none where it asks nothing of them.
pub(crate) fn obligation(obligation: Obligation) -> Option<String> {
    let words = match obligation {
        Obligation::Mark => "Keep its marking on it, wherever it is shown or printed.",
        Obligation::NamedRecipient => {
            "Only the person it was sent to may open it: where nobody was named, your single point of contact."
        }
        Obligation::SpocOnly => "For your single point of contact or the deputy, not for a team.",
        Obligation::Receipt => "Acknowledge it: the sender is told.",
        Obligation::NoOnward => "Do not share it on.",
        Obligation::Expire(days) => return Some(format!("You can read it for {days} days only.")),
        Obligation::ExpireAtReview => "You can read it until it is reviewed.",
        Obligation::Separate => "File it apart from the rest.",
        Obligation::TellSubjectConsider => {
            "The lead agency considers whether the person is told that it was shared."
        }
        Obligation::LinkNominal => "File it with the person's record.",
        Obligation::ViewOnly => "Read it here: it cannot be downloaded.",
        Obligation::Redact(_)
        | Obligation::Countersign(_)
        | Obligation::Reason
        | Obligation::Notify(_)
        | Obligation::NotifyLead => return None,
    };
    Some(words.to_owned())
}

/// Who at the agency that was given an item opens it.
pub(crate) fn readers(obligations: &BTreeSet<Obligation>) -> &'static str {
    if obligations.contains(&Obligation::NamedRecipient) {
        "only the person it was sent to, or your single point of contact where nobody was named"
    } else if obligations.contains(&Obligation::SpocOnly) {
        "your single point of contact, the deputy, and a person it was sent to by name"
    } else {
        "everybody who signs in there"
    }
}

/// What a category is called.
pub(crate) fn category(code: &str) -> &str {
    let Ok(category) = code.parse::<Category>() else {
        return code;
    };
    match category {
        Category::Ident => "Identity",
        Category::Location => "Where the person is or lives",
        Category::Offence => "Offences",
        Category::Risk => "Risk",
        Category::Rmp => "Risk management plan",
        Category::Custody => "Custody",
        Category::Contacts => "Contacts",
        Category::Intel => "Intelligence",
        Category::Substance => "Drugs and alcohol",
        Category::HealthRisk => "Health as it bears on risk",
        Category::HealthClin => "Clinical record",
        Category::Victim => "Victim",
        Category::Child => "Child",
        Category::ThirdParty => "Another person",
        Category::Minutes => "Minutes",
        Category::Actions => "Actions",
        Category::Orders => "Licence and orders",
        Category::Protected => "Protected by law",
        Category::Stats => "Statistics",
        Category::Unlabelled => "Not categorised",
    }
}

/// Why something is shared.
pub(crate) fn purpose(code: &str) -> &str {
    let Ok(purpose) = code.parse::<Purpose>() else {
        return code;
    };
    match purpose {
        Purpose::Assess => "to assess risk",
        Purpose::Manage => "to manage risk",
        Purpose::Meeting => "for a MAPPA meeting",
        Purpose::Release => "to plan a release",
        Purpose::LevelSet => "to set the level of management",
        Purpose::SafeChild => "to keep a child safe",
        Purpose::SafeAdult => "to keep an adult safe",
        Purpose::VictimSafety => "to keep a victim safe",
        Purpose::StaffSafety => "to keep staff safe",
        Purpose::Care => "to care for the person",
        Purpose::Housing => "to house the person",
        Purpose::Employment => "for the person's employment",
        Purpose::Court => "for a court",
        Purpose::Audit => "for audit",
        Purpose::SarFoi => "to answer a request for information",
        Purpose::Research => "for research",
    }
}

/// What a role is called.
pub(crate) fn role(code: &str) -> &str {
    let Ok(role) = code.parse::<Role>() else {
        return code;
    };
    match role {
        Role::Practitioner => "practitioner",
        Role::Spoc => "single point of contact",
        Role::DeputySpoc => "deputy single point of contact",
        Role::Manager => "manager",
        Role::Security => "security officer",
        Role::Caldicott => "Caldicott guardian",
        Role::Dpo => "data protection officer",
        Role::Clinician => "treating clinician",
        Role::Coordinator => "MAPPA coordinator",
        Role::Chair => "chair",
        Role::Vlo => "victim liaison officer",
        Role::Auditor => "auditor",
        Role::Operator => "operator",
    }
}

/// Whom an item is about.
pub(crate) fn about(code: &str) -> &str {
    let Ok(about) = code.parse::<About>() else {
        return code;
    };
    match about {
        About::Subject => "About the person",
        About::Victim => "About a victim",
        About::Witness => "About a witness",
        About::Child => "About a child",
        About::Associate => "About an associate",
        About::Other => "About somebody else",
    }
}

/// By what way something comes or goes.
pub(crate) fn channel(code: &str) -> &str {
    match code {
        "portal" => "This portal",
        "secure-email" => "Secure email",
        "mesh" => "MESH",
        "api" => "The agency's system",
        other => other,
    }
}

/// An identifier of a person.
pub(crate) const fn identifier(kind: IdentifierKind) -> &'static str {
    match kind {
        IdentifierKind::Pnc => "PNC ID",
        IdentifierKind::Cro => "CRO number",
        IdentifierKind::Nhs => "NHS number",
        IdentifierKind::Prison => "Prison number",
        IdentifierKind::Crn => "Probation CRN",
        IdentifierKind::Visor => "ViSOR reference",
        IdentifierKind::Dob => "Date of birth",
        IdentifierKind::Name => "Name",
        IdentifierKind::Ref => "Reference here",
    }
}

/// Why something was kept apart.
pub(crate) fn kept_apart(reason: &str) -> &str {
    match reason {
        "sender-not-proved" => "Nobody proves who sent it",
        "sender-not-enrolled" => "Its sender is not enrolled",
        "sender-suspended" => "Its sender is suspended",
        "signature-not-believed" => "Its signature is not to be believed",
        "signature-of-another" => "Somebody else than its sender signed it",
        "certificate-not-approved" => "Its certificate is not approved yet",
        "certificate-revoked" => "Its certificate has been revoked",
        "from-differs-within" => "It names two senders",
        "no-one-sender" => "It names no sender, or several",
        "header-not-covered" => "The mail domain does not vouch for all of it",
        "sent-before" => "It is an old message, sent again",
        "automatic" => "A machine answered by itself",
        "unreadable" => "It cannot be read",
        "not-opened" => "It cannot be decrypted",
        "nobody-addressed" => "It is for nobody here",
        "malware" => "Malicious software was found in it",
        "mesh-mailbox-unknown" => "It came by MESH from a mailbox that is nobody’s here",
        "mesh-workflow-unknown" => "It came by MESH as a kind of message that is not taken",
        "mesh-not-understood" => "It came by MESH and is not understood: its sender was told",
        "mesh-answer-refused" => {
            "It came by MESH as an answer that cannot be taken: its sender was told"
        }
        "mesh-reply-to-nothing" => "It came by MESH as a reply to nothing that was sent",
        "mesh-declined" => "A trust’s system could not take in what was sent, and says why",
        "mesh-not-whole" => {
            "It does not come whole from MESH: its sender is told when its time is up"
        }
        "mesh-too-large" => {
            "It is too large to be taken from MESH: its sender is told when its time is up"
        }
        "mesh-not-to-be-read" => {
            "It cannot be taken from MESH: its sender is told when its time is up"
        }
        other => other,
    }
}

/// What is missing of an exchange, by its JSON Pointer.
pub(crate) fn missing(pointer: &str) -> &str {
    match pointer {
        "/nominal" => "whom it is about",
        "/purpose" => "the purpose",
        "/necessity" => "why it is needed",
        "/bases" => "the legal basis",
        "/recipients" => "that the recipients are right",
        "/level" => "that the level is right",
        "" => "everything: it was set aside",
        other => other,
    }
}

/// How long something has waited, at a glance.
pub(crate) fn age(since: i64, now: Timestamp) -> String {
    const UNITS: [(i64, &str); 3] = [(86_400, "day"), (3_600, "hour"), (60, "minute")];
    let seconds = (now.as_microsecond() - since).max(0) / 1_000_000;
    for (length, name) in UNITS {
        match seconds / length {
            0 => {}
            1 => return format!("1 {name}"),
            many => return format!("{many} {name}s"),
        }
    }
    "less than a minute".to_owned()
}

/// What a role is called where it stands by itself.
pub(crate) const fn role_title(role: Role) -> &'static str {
    match role {
        Role::Practitioner => "Practitioner",
        Role::Spoc => "Single point of contact",
        Role::DeputySpoc => "Deputy single point of contact",
        Role::Manager => "Manager, who countersigns",
        Role::Security => "Security, who releases intelligence",
        Role::Caldicott => "Caldicott guardian",
        Role::Dpo => "Data protection officer",
        Role::Clinician => "Clinician",
        Role::Coordinator => "MAPPA coordinator",
        Role::Chair => "Chair of meetings",
        Role::Vlo => "Victim liaison officer",
        Role::Auditor => "Auditor",
        Role::Operator => "Operator",
    }
}

/// A delivery's state as its reader sees it, and the colour of its tag.
pub(crate) fn received(state: &str) -> (&'static str, &'static str) {
    match state {
        "opened" => ("Opened", "govuk-tag--grey"),
        "acknowledged" => ("Acknowledged", "govuk-tag--green"),
        "expired" => ("Time has run out", "govuk-tag--grey"),
        "recalled" => ("Called back", "govuk-tag--red"),
        _ => ("New", ""),
    }
}

/// A delivery's state as the sender sees it, and the colour of its tag.
pub(crate) fn delivered(state: &str) -> (&'static str, &'static str) {
    match state {
        "queued" => ("Recorded", "govuk-tag--grey"),
        "sent" => ("Sent", ""),
        "delivered" => ("Delivered", "govuk-tag--turquoise"),
        "opened" => ("Opened", "govuk-tag--green"),
        "acknowledged" => ("Acknowledged", "govuk-tag--green"),
        "failed" => ("Could not be sent", "govuk-tag--red"),
        "expired" => ("Time has run out", "govuk-tag--grey"),
        "recalled" => ("Called back", "govuk-tag--grey"),
        _ => ("Waiting to be collected", "govuk-tag--yellow"),
    }
}

/// What its sender took back.
pub(crate) const WITHDRAWN: Tag<'static> = Tag {
    text: "Withdrawn",
    classes: "govuk-tag--grey",
};

/// An exchange's state as its sender sees it, and the colour of its tag.
pub(crate) fn exchange(state: &str) -> (&'static str, &'static str) {
    match state {
        "released" => ("Shared", "govuk-tag--green"),
        "held" => ("Waits for a decision", "govuk-tag--yellow"),
        "refused" => ("Not shared", "govuk-tag--red"),
        "incomplete" => ("Incomplete", "govuk-tag--orange"),
        "quarantined" => ("Kept apart", "govuk-tag--red"),
        "superseded" => ("Replaced", "govuk-tag--grey"),
        "recalled" => ("Called back", "govuk-tag--grey"),
        _ => ("Recorded", "govuk-tag--grey"),
    }
}

/// A level of management (report 2.9).
pub(crate) const fn level(level: i64) -> &'static str {
    match level {
        1 => "1, ordinary agency management",
        2 => "2, active involvement of several agencies",
        3 => "3, senior oversight",
        _ => "Not known",
    }
}

/// A category of person (report 2.8; Police, Crime, Sentencing and Courts Act 2022).
pub(crate) const fn nominal_category(category: i64) -> &'static str {
    match category {
        1 => "1, registered sexual offender",
        2 => "2, violent or other sexual offender",
        3 => "3, other dangerous offender",
        4 => "4, terrorist or terrorist risk offender",
        _ => "Not known",
    }
}

/// A time (microseconds UTC) for programs, RFC 3339.
pub(crate) fn timestamp(at: i64) -> String {
    Timestamp::from_microsecond(at)
        .map(|at| at.to_string())
        .unwrap_or_default()
}

/// A time (microseconds UTC) by the clocks of London.
pub(crate) fn time(at: i64) -> String {
    shown(at, "%-d %B %Y at %-I:%M%P")
}

/// A day (microseconds UTC) by the calendar of London.
pub(crate) fn day(at: i64) -> String {
    shown(at, "%-d %B %Y")
}

fn shown(at: i64, form: &str) -> String {
    let london = TimeZone::get("Europe/London").unwrap_or(TimeZone::UTC);
    Timestamp::from_microsecond(at)
        .map(|at| at.to_zoned_datetime(london).strftime(form).to_string())
        .unwrap_or_default()
}

/// An ISO date (`1980-02-01`) in words; another text as it is.
pub(crate) fn date(iso: &str) -> String {
    iso.parse::<jiff::civil::Date>().map_or_else(
        |_| iso.to_owned(),
        |date| date.strftime("%-d %B %Y").to_string(),
    )
}

/// A size in bytes, to be read at a glance.
pub(crate) fn size(bytes: i64) -> String {
    const UNITS: [(i64, &str); 3] = [(1 << 30, "GB"), (1 << 20, "MB"), (1 << 10, "KB")];
    for (unit, name) in UNITS {
        if bytes >= unit {
            return format!("{} {name}", (bytes + unit / 2) / unit);
        }
    }
    match bytes {
        1 => "1 byte".to_owned(),
        bytes => format!("{bytes} bytes"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_londons_clocks() {
        let winter: Timestamp = "2026-03-02T09:00:00Z".parse().unwrap();
        assert_eq!(time(winter.as_microsecond()), "2 March 2026 at 9:00am");
        let summer: Timestamp = "2026-07-01T23:30:00Z".parse().unwrap();
        assert_eq!(time(summer.as_microsecond()), "2 July 2026 at 12:30am");
        assert_eq!(day(summer.as_microsecond()), "2 July 2026");
        assert_eq!(date("1980-02-01"), "1 February 1980");
        assert_eq!(date("about 1980"), "about 1980");
    }

    #[test]
    fn an_age_is_told_in_its_largest_unit() {
        let now: Timestamp = "2026-03-02T09:00:00Z".parse().unwrap();
        let age = |seconds: i64| age(now.as_microsecond() - seconds * 1_000_000, now);
        assert_eq!(age(59), "less than a minute");
        assert_eq!(age(60), "1 minute");
        assert_eq!(age(7_300), "2 hours");
        assert_eq!(age(86_400 * 9 + 5), "9 days");
        assert_eq!(age(-5), "less than a minute");
    }

    #[test]
    fn every_code_has_words_of_its_own() {
        for code in Category::ALL {
            assert_ne!(category(code.as_str()), code.as_str());
        }
        for code in Purpose::ALL {
            assert_ne!(purpose(code.as_str()), code.as_str());
        }
        for code in Role::ALL {
            assert!(!role(code.as_str()).contains('-'));
        }
        for code in About::ALL {
            assert_ne!(about(code.as_str()), code.as_str());
        }
        assert_eq!(size(1), "1 byte");
        assert_eq!(size(1536), "2 KB");
        assert_eq!(size(5 << 20), "5 MB");
    }
}
