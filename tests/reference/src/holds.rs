//! The rows whose outcome is HOLD, each with whose answer it waits for.

use gateway_core::question::{Consent, ItemFacts, Question, Reviewer, Seat};
use gateway_core::{AgencyKind as Kind, Category, Purpose, Role};

use crate::who::{health_owned, stranger};

/// A row: its rule, who must approve, whether an emergency lifts it, and whether it matches.
struct Row {
    rule: &'static str,
    role: Role,
    seat: Seat,
    emergency: Emergency,
    matches: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Emergency {
    Lifts,
    LiftsOnceConfirmed,
    ChangesNothing,
}

pub fn matching(q: &Question) -> Vec<(&'static str, Reviewer)> {
    rows(q)
        .into_iter()
        .filter(|row| row.matches && !q.approvals.contains(&row.role) && !lifted(q, row.emergency))
        .map(|row| {
            (
                row.rule,
                Reviewer {
                    role: row.role,
                    seat: row.seat,
                },
            )
        })
        .collect()
}

fn lifted(q: &Question, emergency: Emergency) -> bool {
    match emergency {
        Emergency::Lifts => q.emergency,
        Emergency::LiftsOnceConfirmed => q.emergency && q.recipient_confirmed,
        Emergency::ChangesNothing => false,
    }
}

fn rows(q: &Question) -> Vec<Row> {
    use Emergency::{ChangesNothing, Lifts, LiftsOnceConfirmed};
    use Seat::{Coordination, Owner, Trust};
    let item = &q.item;
    let is = |category| item.category == category;
    let clinical = clinical_record(q);
    let unsigned = !(q.sender.signed && q.recipient.signed);
    let from_prison = item.owner_kind == Kind::Prison && !is(Category::Intel);
    let unlabelled = is(Category::Unlabelled);
    let units_minutes = is(Category::Minutes) && item.owner_kind == Kind::Coordination;
    let passed_on = is(Category::Minutes) && q.sender.kind != Kind::Coordination;
    let row = |rule, role, seat, emergency, matches| Row {
        rule,
        role,
        seat,
        emergency,
        matches,
    };
    vec![
        row(
            "SIGNED",
            Role::Coordinator,
            Coordination,
            ChangesNothing,
            unsigned,
        ),
        row(
            "NO-ONWARD",
            Role::Coordinator,
            Coordination,
            ChangesNothing,
            item.no_onward,
        ),
        row(
            "UNLABELLED",
            Role::Coordinator,
            Coordination,
            ChangesNothing,
            unlabelled,
        ),
        row("ISP-10", Role::Manager, Owner, Lifts, from_prison),
        row("ISP-11", Role::Security, Owner, Lifts, is(Category::Intel)),
        row(
            "ISP-15",
            Role::Clinician,
            Owner,
            Lifts,
            health_risk(item) && !on_record(item),
        ),
        row(
            "ISP-16",
            Role::Caldicott,
            Owner,
            Lifts,
            clinical && health_owned(item),
        ),
        row(
            "ISP-16",
            Role::Caldicott,
            Trust,
            Lifts,
            clinical && !health_owned(item),
        ),
        row("ISP-20", Role::Chair, Coordination, Lifts, units_minutes),
        row("ISP-21", Role::Chair, Coordination, Lifts, passed_on),
        row(
            "ISP-35",
            Role::Dpo,
            Owner,
            ChangesNothing,
            is(Category::Protected),
        ),
        row(
            "ISP-37",
            Role::Dpo,
            Owner,
            ChangesNothing,
            q.recipient.overseas,
        ),
        row(
            "ISP-41",
            Role::Coordinator,
            Coordination,
            LiftsOnceConfirmed,
            stranger(q),
        ),
    ]
}

/// Health information of ISP-15: as it bears on risk, and a health body's.
pub fn health_risk(item: &ItemFacts) -> bool {
    item.category == Category::HealthRisk && health_owned(item)
}

/// A public-interest reason or consent is recorded, and the clinician named.
pub fn on_record(item: &ItemFacts) -> bool {
    item.clinician && (item.public_interest || matches!(item.consent, Some(Consent::Given)))
}

/// The clinical record of ISP-16, for any purpose but care or a court's order.
pub fn clinical_record(q: &Question) -> bool {
    q.item.category == Category::HealthClin
        && !matches!(q.purpose, Some(Purpose::Care | Purpose::Court))
}
