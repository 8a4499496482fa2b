//! Who is who in the table's columns "from" and "to".

use gateway_core::AgencyKind as Kind;
use gateway_core::question::{ItemFacts, Party, Question};
use gateway_core::{Category, Purpose};

/// The table's groups of agencies.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// Responsible Authority.
    Ra,
    /// Duty-to-cooperate agency.
    Dtc,
    /// Associate.
    Assoc,
    /// Coordination unit.
    Coord,
}

pub fn group(party: &Party) -> Group {
    match party.kind {
        Kind::Police | Kind::Probation | Kind::ApprovedPremises | Kind::Prison => Group::Ra,
        // Where it leads it stands with the Responsible Authority.
        Kind::YouthJustice if party.lead => Group::Ra,
        Kind::YouthJustice
        | Kind::ChildrenSocialCare
        | Kind::AdultSocialCare
        | Kind::MentalHealthTrust
        | Kind::Health
        | Kind::Gp
        | Kind::Housing
        | Kind::Jobcentre
        | Kind::ElectronicMonitoring
        | Kind::Education => Group::Dtc,
        Kind::Associate => Group::Assoc,
        Kind::Coordination => Group::Coord,
    }
}

/// Has a part in this nominal that is live now.
pub fn takes_part(party: &Party) -> bool {
    [
        party.lead,
        party.partner,
        party.attendee,
        party.custody,
        party.associate,
        party.area_unit,
        party.earlier_recipient,
        party.asked,
    ]
    .contains(&true)
}

/// The owner is a health body.
pub fn health_owned(item: &ItemFacts) -> bool {
    [Kind::MentalHealthTrust, Kind::Health, Kind::Gp].contains(&item.owner_kind)
}

/// The columns "information" and "purpose" of a row.
pub fn about(q: &Question, categories: &[Category], purposes: &[Purpose]) -> bool {
    categories.contains(&q.item.category) && q.purpose.is_some_and(|p| purposes.contains(&p))
}

/// The row of ISP-24: a named child, told to those who keep children safe.
pub fn child_safeguarding(q: &Question) -> bool {
    let told = matches!(q.recipient.kind, Kind::ChildrenSocialCare | Kind::Education);
    let kinds = [
        Category::Child,
        Category::Location,
        Category::Risk,
        Category::Victim,
    ];
    told && q.item.child_link && about(q, &kinds, &[Purpose::SafeChild])
}

/// The row of ISP-41: nobody knows what part the recipient has.
pub fn stranger(q: &Question) -> bool {
    q.provisional || (!takes_part(&q.recipient) && !child_safeguarding(q))
}
