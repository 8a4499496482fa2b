//! The rows whose outcome is HOLD, each with whose answer it waits for.

use gateway_core::question::{Consent, ItemFacts, Question, Reviewer, Seat};
use gateway_core::{AgencyKind as Kind, Category, Purpose, Role};

use crate::who::{health_owned, stranger};

/// A row: its rule, who must approve, whether an emergency lifts it, and whether it matches.
struct Row {
    rule: &'static str,
    approver: Role,
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
    owners(q)
        .into_iter()
        .chain(coordinations(q))
        .filter(|row| {
            row.matches && !q.approvals.contains(&row.approver) && !lifted(q, row.emergency)
        })
        .map(|row| {
            (
                row.rule,
                Reviewer {
                    role: row.approver,
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

const fn row(
    rule: &'static str,
    (approver, seat): (Role, Seat),
    emergency: Emergency,
    matches: bool,
) -> Row {
    Row {
        rule,
        approver,
        seat,
        emergency,
        matches,
    }
}

/// What waits for somebody at the owner, or at the nominal's trust.
fn owners(q: &Question) -> Vec<Row> {
    use Emergency::{ChangesNothing, Lifts};
    let item = &q.item;
    let is = |category| item.category == category;
    let from_prison = item.owner_kind == Kind::Prison && !is(Category::Intel);
    let health = health_risk(item) && !on_record(item);
    let (clinical, by_health_body) = (clinical_record(q), health_owned(item));
    let at_owner = |role| (role, Seat::Owner);
    let guardian_at_trust = (Role::Caldicott, Seat::Trust);
    vec![
        row("ISP-10", at_owner(Role::Manager), Lifts, from_prison),
        row(
            "ISP-11",
            at_owner(Role::Security),
            Lifts,
            is(Category::Intel),
        ),
        row("ISP-15", at_owner(Role::Clinician), Lifts, health),
        row(
            "ISP-16",
            at_owner(Role::Caldicott),
            Lifts,
            clinical && by_health_body,
        ),
        row(
            "ISP-16",
            guardian_at_trust,
            Lifts,
            clinical && !by_health_body,
        ),
        row(
            "ISP-35",
            at_owner(Role::Dpo),
            ChangesNothing,
            is(Category::Protected),
        ),
        row(
            "ISP-37",
            at_owner(Role::Dpo),
            ChangesNothing,
            q.recipient.overseas,
        ),
    ]
}

/// What waits for the coordination unit.
fn coordinations(q: &Question) -> Vec<Row> {
    use Emergency::{ChangesNothing, Lifts, LiftsOnceConfirmed};
    let chair = (Role::Chair, Seat::Coordination);
    let coordinator = (Role::Coordinator, Seat::Coordination);
    let minutes = q.item.category == Category::Minutes;
    let units_minutes = minutes && q.item.owner_kind == Kind::Coordination;
    let passed_on = minutes && q.sender.kind != Kind::Coordination;
    let unsigned = !(q.sender.signed && q.recipient.signed);
    let unlabelled = q.item.category == Category::Unlabelled;
    vec![
        row("ISP-20", chair, Lifts, units_minutes),
        row("ISP-21", chair, Lifts, passed_on),
        row("ISP-41", coordinator, LiftsOnceConfirmed, stranger(q)),
        row("NO-ONWARD", coordinator, ChangesNothing, q.item.no_onward),
        row("SIGNED", coordinator, ChangesNothing, unsigned),
        row("UNLABELLED", coordinator, ChangesNothing, unlabelled),
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
