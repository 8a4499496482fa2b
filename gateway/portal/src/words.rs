//! Codes and states in the words of people.

use gateway_core::{Category, Obligation, Purpose, Role};
use jiff::Timestamp;
use jiff::tz::TimeZone;

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
        Obligation::ExpireAtReview => "You can read it until your part in this case is reviewed.",
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

/// What a category is called.
pub(crate) fn category(code: &str) -> &str {
    let Ok(category) = code.parse::<Category>() else {
        return code;
    };
    match category {
        Category::Ident => "Identity",
        Category::Location => "Where the person lives",
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
pub(crate) fn role(role: Role) -> &'static str {
    match role {
        Role::Practitioner => "practitioner",
        Role::Spoc => "single point of contact",
        Role::DeputySpoc => "deputy of the single point of contact",
        Role::Manager => "manager",
        Role::Security => "security officer",
        Role::Caldicott => "Caldicott guardian",
        Role::Dpo => "data protection officer",
        Role::Clinician => "clinician",
        Role::Coordinator => "coordinator",
        Role::Chair => "chair",
        Role::Vlo => "victim liaison officer",
        Role::Auditor => "auditor",
        Role::Operator => "operator",
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
    fn every_code_has_words_of_its_own() {
        for code in Category::ALL {
            assert_ne!(category(code.as_str()), code.as_str());
        }
        for code in Purpose::ALL {
            assert_ne!(purpose(code.as_str()), code.as_str());
        }
        assert_eq!(size(1), "1 byte");
        assert_eq!(size(1536), "2 KB");
        assert_eq!(size(5 << 20), "5 MB");
    }
}
