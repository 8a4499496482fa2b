//! The facts that a case starts from.

use std::collections::BTreeSet;

use gateway_core::question::{ItemFacts, Party, Reading};
use gateway_core::{About, AgencyId, AgencyKind, Category, Purpose, Question, ReadQuestion};

/// A signed agency in the United Kingdom with a secure channel, a partner of the nominal and
/// nothing else.
fn party(agency: AgencyId, kind: AgencyKind) -> Party {
    Party {
        agency,
        kind,
        lead: false,
        partner: true,
        attendee: false,
        custody: false,
        associate: false,
        area_unit: false,
        earlier_recipient: false,
        asked: false,
        signed: true,
        overseas: false,
        secure_channel: true,
    }
}

/// The question that a case's facts are laid over: `sender-agency`, a police force and partner,
/// would send `recipient-agency`, a partner of kind `recipient`, its own RISK item about the
/// subject, for MANAGE, all stated, on a linked nominal of level 2 and category 1. Nothing else
/// is the case, and nobody has approved. None where a name in it is no agency's.
pub fn default_question(recipient: AgencyKind) -> Option<Question> {
    let sender: AgencyId = "sender-agency".parse().ok()?;
    Some(Question {
        sender: party(sender.clone(), AgencyKind::Police),
        sender_is_vlo: false,
        recipient: party("recipient-agency".parse().ok()?, recipient),
        recipient_reason: false,
        recipient_confirmed: false,
        item: ItemFacts {
            category: Category::Risk,
            owner: sender,
            owner_kind: AgencyKind::Police,
            about: About::Subject,
            public_interest: false,
            consent: None,
            clinician: false,
            child_link: false,
            corrects: false,
            no_onward: false,
        },
        purpose: Some(Purpose::Manage),
        stated: true,
        linked: true,
        provisional: false,
        level: 2,
        category: 1,
        emergency: false,
        requested: false,
        copied_to_coordination: false,
        property: false,
        address_pending: false,
        adult_at_risk: false,
        hospital_flag: false,
        meeting_decision: false,
        review_within_six_months: false,
        approvals: BTreeSet::new(),
    })
}

/// The reading that a case's facts are laid over: somebody at `reader-agency`, a partner of
/// kind `reader`, reads an item in the portal; the person is given, is not the named one, has
/// no role, and nothing is suspended, expired or recalled. None where a name in it is no
/// agency's.
pub fn default_reading(reader: AgencyKind) -> Option<ReadQuestion> {
    Some(ReadQuestion {
        reading: Reading::Item,
        reader: party("reader-agency".parse().ok()?, reader),
        agency_suspended: false,
        roles: BTreeSet::new(),
        person_given: true,
        person_suspended: false,
        person_is_named: false,
        in_portal: true,
        expired: false,
        recalled: false,
        left_lately: false,
        obligations: BTreeSet::new(),
    })
}
