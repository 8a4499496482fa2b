//! The rows whose outcome is PERMIT, and what an approval or an emergency makes of a hold.

use gateway_core::question::Question;
use gateway_core::{AgencyKind as Kind, Category, Obligation, Purpose, Role};

use crate::holds::{clinical_record, health_risk, on_record};
use crate::who::{Group, about, child_safeguarding, group, stranger, takes_part};

use Category as C;
use Obligation::{
    ExpireAtReview, LinkNominal, Mark, NamedRecipient, NoOnward, Notify, NotifyLead, Reason,
    Receipt, Redact, Separate, SpocOnly, TellSubjectConsider, ViewOnly,
};
use Purpose as P;

type Row = (&'static str, Vec<Obligation>);

pub fn matching(q: &Question) -> Vec<Row> {
    let mut rows = sharing(q);
    rows.extend(reports(q));
    rows.extend(health(q));
    rows.extend(hospital_flag(q));
    rows.extend(particular(q));
    rows.extend(approved(q));
    rows.into_iter()
        .filter(|(matches, _)| *matches)
        .map(|(_, row)| row)
        .collect()
}

/// ISP-03 to ISP-07: who shares with whom in the ordinary run of things.
fn sharing(q: &Question) -> Vec<(bool, Row)> {
    let (from, to) = (group(&q.sender), group(&q.recipient));
    let what_partners_need = [C::Ident, C::Offence, C::Risk, C::Rmp, C::Actions];
    let high = q.level >= 2;
    let both_attend = q.sender.attendee && q.recipient.attendee;
    vec![
        (
            from == Group::Ra
                && to == Group::Ra
                && takes_part(&q.sender)
                && takes_part(&q.recipient)
                && about(
                    q,
                    &[
                        C::Ident,
                        C::Location,
                        C::Offence,
                        C::Risk,
                        C::Rmp,
                        C::Orders,
                        C::Actions,
                    ],
                    &[P::Assess, P::Manage, P::Meeting, P::Release, P::LevelSet],
                ),
            ("ISP-03", vec![Mark, LinkNominal]),
        ),
        (
            from == Group::Ra
                && to == Group::Dtc
                && high
                && (q.recipient.partner || q.recipient.attendee)
                && about(q, &what_partners_need, &[P::Assess, P::Manage, P::Meeting]),
            ("ISP-04", vec![Mark, SpocOnly, Receipt]),
        ),
        (
            from == Group::Ra
                && to == Group::Dtc
                && q.level == 1
                && q.recipient_reason
                && about(q, &what_partners_need, &[P::LevelSet, P::Manage]),
            ("ISP-05", vec![SpocOnly, Reason]),
        ),
        (
            from == Group::Dtc && matches!(to, Group::Ra | Group::Coord) && what_bears_on_risk(q),
            ("ISP-06", vec![Mark, LinkNominal]),
        ),
        (
            from == Group::Dtc
                && to == Group::Dtc
                && high
                && both_attend
                && q.copied_to_coordination
                && about(
                    q,
                    &[C::Ident, C::Risk, C::Rmp, C::Actions],
                    &[P::Manage, P::SafeChild, P::SafeAdult],
                ),
            ("ISP-07", vec![Notify(Role::Coordinator), SpocOnly]),
        ),
    ]
}

/// ISP-08, ISP-09 and ISP-42: Associates, and a prison's report to the meeting and to the prison
/// that has the person next.
fn reports(q: &Question) -> Vec<(bool, Row)> {
    let to = group(&q.recipient);
    let high = q.level >= 2;
    let annex_f_reader = to == Group::Coord
        || matches!(
            q.recipient.kind,
            Kind::Probation | Kind::ApprovedPremises | Kind::Police
        );
    vec![
        (
            to == Group::Assoc
                && q.recipient.associate
                && high
                && about(q, &[C::Ident, C::Risk, C::Actions], &[P::Manage]),
            ("ISP-08", vec![NamedRecipient, NoOnward, ExpireAtReview]),
        ),
        (
            q.sender.kind == Kind::Prison
                && annex_f_reader
                && (high || (q.level == 1 && q.requested))
                && q.approvals.contains(&Role::Manager)
                && about(
                    q,
                    &[C::Custody, C::Contacts, C::Substance, C::Risk],
                    &[P::Meeting, P::Release, P::Assess],
                ),
            ("ISP-09", vec![Mark, LinkNominal]),
        ),
        (
            q.sender.kind == Kind::Prison
                && q.recipient.kind == Kind::Prison
                && q.recipient.custody
                && q.approvals.contains(&Role::Manager)
                && about(
                    q,
                    &[
                        C::Ident,
                        C::Offence,
                        C::Risk,
                        C::Rmp,
                        C::Orders,
                        C::Actions,
                        C::Custody,
                        C::Contacts,
                        C::Substance,
                    ],
                    &[P::Manage, P::Assess, P::Release, P::Meeting],
                ),
            ("ISP-42", vec![Mark, LinkNominal]),
        ),
    ]
}

/// The columns "information", "purpose" and "conditions" of ISP-06: what is not named there
/// is left out here.
fn what_bears_on_risk(q: &Question) -> bool {
    let left_out = [
        C::Custody,
        C::Intel,
        C::HealthClin,
        C::Victim,
        C::Minutes,
        C::Protected,
        C::Stats,
        C::Unlabelled,
    ];
    let other_purposes = [
        P::Care,
        P::Employment,
        P::Court,
        P::Audit,
        P::SarFoi,
        P::Research,
    ];
    let identified = q.linked && !q.provisional;
    identified
        && !left_out.contains(&q.item.category)
        && q.purpose
            .is_some_and(|purpose| !other_purposes.contains(&purpose))
}

/// ISP-14, ISP-15 and ISP-18: health is asked, and answers.
fn health(q: &Question) -> Vec<(bool, Row)> {
    let asks = matches!(group(&q.recipient), Group::Ra | Group::Coord) || q.recipient.asked;
    let of_requests = [
        P::Assess,
        P::Manage,
        P::Meeting,
        P::Release,
        P::LevelSet,
        P::StaffSafety,
    ];
    let may_ask = q.sender.lead
        || matches!(
            q.sender.kind,
            Kind::Police | Kind::Probation | Kind::YouthJustice | Kind::Coordination
        );
    vec![
        (
            !q.hospital_flag
                && q.recipient.asked
                && (q.recipient.kind.is_health_body() || q.recipient.kind == Kind::Coordination)
                && may_ask
                && q.level >= 1
                && about(q, &[C::Ident, C::Risk], &of_requests),
            ("ISP-14", vec![SpocOnly, Receipt, Mark]),
        ),
        (
            !q.hospital_flag
                && q.recipient.asked
                && q.requested
                && q.sender.kind.is_health_body()
                && about(q, &[C::Risk], &of_requests),
            ("ISP-18", vec![Mark]),
        ),
        (
            health_risk(&q.item)
                && on_record(&q.item)
                && asks
                && about(
                    q,
                    &[C::HealthRisk],
                    &[
                        P::Assess,
                        P::Manage,
                        P::Meeting,
                        P::Release,
                        P::LevelSet,
                        P::SafeChild,
                        P::SafeAdult,
                    ],
                ),
            ("ISP-15", health_obligations()),
        ),
    ]
}

/// ISP-33: the flag, with the person's identity, the alert text and the contact, which is identity
/// or risk; and, back to those who are owed it, that the person came.
fn hospital_flag(q: &Question) -> Vec<(bool, Row)> {
    let safety = [P::SafeChild, P::SafeAdult, P::StaffSafety];
    let decided = q.meeting_decision && q.review_within_six_months;
    vec![
        (
            q.hospital_flag
                && q.recipient.kind == Kind::Health
                && q.level >= 2
                && decided
                && about(q, &[C::Ident, C::Risk], &safety),
            ("ISP-33", vec![ExpireAtReview, Notify(Role::Coordinator)]),
        ),
        (
            q.hospital_flag
                && q.sender.kind == Kind::Health
                && q.requested
                && q.recipient.asked
                && about(q, &[C::Location, C::Risk], &safety),
            ("ISP-33", vec![Mark]),
        ),
    ]
}

/// The rules for particular information, ISP-19 to ISP-38.
fn particular(q: &Question) -> Vec<(bool, Row)> {
    let to = group(&q.recipient);
    let high = q.level >= 2;
    let coordinator = Notify(Role::Coordinator);
    let victim = q.item.category == C::Victim;
    let mut for_a_child = vec![SpocOnly, Receipt, coordinator];
    if victim {
        for_a_child.extend([NamedRecipient, ViewOnly]);
    }
    let hears_vlo = to == Group::Coord
        || matches!(
            q.recipient.kind,
            Kind::Police | Kind::Probation | Kind::ApprovedPremises
        );
    vec![
        (
            q.sender.kind == Kind::Coordination
                && to == Group::Dtc
                && q.recipient.attendee
                && high
                && about(q, &[C::Minutes, C::Actions], &[P::Meeting, P::Manage])
                && (q.item.category == C::Actions || q.approvals.contains(&Role::Chair)),
            ("ISP-19", vec![Mark, NamedRecipient, NoOnward, Receipt]),
        ),
        (child_safeguarding(q), ("ISP-24", for_a_child)),
        (
            q.recipient.kind == Kind::AdultSocialCare
                && q.adult_at_risk
                && q.item.consent.is_some()
                && about(q, &[C::Risk, C::ThirdParty], &[P::SafeAdult]),
            ("ISP-25", vec![SpocOnly, Reason]),
        ),
        (
            q.sender_is_vlo && hears_vlo && high && about(q, &[C::Victim], &[P::VictimSafety]),
            ("ISP-26", vec![Separate, ViewOnly, NamedRecipient]),
        ),
        (
            q.recipient.kind == Kind::Housing
                && q.property
                && (high || (q.level == 1 && q.address_pending))
                && about(q, &[C::Ident, C::Risk, C::Orders], &[P::Housing]),
            (
                "ISP-29",
                vec![
                    Redact(C::HealthClin),
                    Redact(C::Victim),
                    Redact(C::Intel),
                    SpocOnly,
                ],
            ),
        ),
        (
            q.emergency && q.linked && (takes_part(&q.recipient) || q.recipient_confirmed),
            ("ISP-34", vec![Reason, coordinator, NotifyLead]),
        ),
        (
            q.item.corrects && q.sender.agency == q.item.owner && q.recipient.earlier_recipient,
            ("ISP-38", vec![Mark]),
        ),
    ]
}

fn health_obligations() -> Vec<Obligation> {
    vec![NamedRecipient, Separate, Mark, TellSubjectConsider]
}

/// What a hold becomes: with its approval, its own obligations; in an emergency that lifts it,
/// the same and REASON.
fn approved(q: &Question) -> Vec<(bool, Row)> {
    let item = &q.item;
    let minutes = vec![NamedRecipient, NoOnward, Mark, Receipt];
    let intel = vec![NamedRecipient, NoOnward, Separate, ViewOnly];
    let clinical = vec![NamedRecipient, NoOnward, Separate, Mark];
    let from_prison = item.owner_kind == Kind::Prison && item.category != C::Intel;
    let is_minutes = item.category == C::Minutes;
    let units = is_minutes && item.owner_kind == Kind::Coordination;
    let passed_on = is_minutes && q.sender.kind != Kind::Coordination;
    let lifted = [
        (
            "ISP-10",
            Role::Manager,
            from_prison,
            vec![Mark, LinkNominal],
        ),
        ("ISP-11", Role::Security, item.category == C::Intel, intel),
        (
            "ISP-15",
            Role::Clinician,
            health_risk(item),
            health_obligations(),
        ),
        ("ISP-16", Role::Caldicott, clinical_record(q), clinical),
        ("ISP-20", Role::Chair, units, minutes.clone()),
        ("ISP-21", Role::Chair, passed_on, minutes),
    ];
    let marked = vec![Mark, Reason, Receipt];
    let never_lifted = [
        ("ISP-35", Role::Dpo, item.category == C::Protected),
        ("ISP-37", Role::Dpo, q.recipient.overseas),
        ("ISP-41", Role::Coordinator, stranger(q)),
        ("DEFAULT", Role::Coordinator, true),
    ];
    let mut rows = Vec::new();
    for (rule, role, in_scope, obligations) in lifted {
        let mut reasoned = obligations.clone();
        reasoned.push(Reason);
        rows.push((in_scope && q.approvals.contains(&role), (rule, obligations)));
        rows.push((in_scope && q.emergency, (rule, reasoned)));
    }
    for (rule, role, in_scope) in never_lifted {
        rows.push((
            in_scope && q.approvals.contains(&role),
            (rule, marked.clone()),
        ));
    }
    let confirmed = q.emergency && q.recipient_confirmed && stranger(q);
    rows.push((
        confirmed,
        ("ISP-41", vec![Reason, Notify(Role::Coordinator)]),
    ));
    rows
}
