//! The rows whose outcome is REFUSE: nobody's approval and no emergency changes them.

use gateway_core::question::Question;
use gateway_core::{About, AgencyKind as Kind, Category, Purpose};

use crate::who::{Group, group};

pub fn matching(q: &Question) -> Vec<&'static str> {
    let rows = [
        ("ISP-01", !q.linked),
        ("ISP-02", q.purpose.is_none() || !q.stated),
        (
            "ISP-08",
            group(&q.recipient) == Group::Assoc && !q.recipient.associate,
        ),
        ("ISP-11", intelligence_astray(q)),
        ("ISP-17", health_to_where_it_has_no_place(q)),
        ("ISP-27", victim_for_another_purpose(q)),
        ("ISP-29", left_out_for_housing(q)),
        ("ISP-33", offence_in_a_flag(q)),
    ];
    rows.into_iter()
        .filter(|(_, matches)| *matches)
        .map(|(rule, _)| rule)
        .collect()
}

fn intelligence_astray(q: &Question) -> bool {
    let for_risk = matches!(q.purpose, Some(Purpose::Assess | Purpose::Manage));
    let to_those_who_may = matches!(group(&q.recipient), Group::Ra | Group::Coord);
    q.item.category == Category::Intel && !(for_risk && to_those_who_may)
}

fn health_to_where_it_has_no_place(q: &Question) -> bool {
    let health = matches!(q.item.category, Category::HealthClin | Category::HealthRisk);
    let place = match q.recipient.kind {
        Kind::Housing | Kind::Jobcentre | Kind::ElectronicMonitoring | Kind::Education => false,
        Kind::Police
        | Kind::Probation
        | Kind::Prison
        | Kind::ApprovedPremises
        | Kind::YouthJustice
        | Kind::ChildrenSocialCare
        | Kind::AdultSocialCare
        | Kind::MentalHealthTrust
        | Kind::Health
        | Kind::Gp
        | Kind::Associate
        | Kind::Coordination => true,
    };
    health && !place
}

fn victim_for_another_purpose(q: &Question) -> bool {
    let safety = [
        Purpose::VictimSafety,
        Purpose::SafeChild,
        Purpose::SafeAdult,
    ];
    let identifies = matches!(q.item.category, Category::Ident | Category::Location)
        && matches!(q.item.about, About::Victim | About::Witness);
    (q.item.category == Category::Victim || identifies)
        && !q.purpose.is_some_and(|p| safety.contains(&p))
}

fn left_out_for_housing(q: &Question) -> bool {
    q.recipient.kind == Kind::Housing
        && q.purpose == Some(Purpose::Housing)
        && matches!(
            q.item.category,
            Category::HealthClin | Category::Victim | Category::Intel
        )
}

/// "No offence detail" of the row.
fn offence_in_a_flag(q: &Question) -> bool {
    q.hospital_flag && q.recipient.kind == Kind::Health && q.item.category == Category::Offence
}
