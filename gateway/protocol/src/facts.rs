//! Plain facts in the engine's terms: entities and contexts as the schema names them.

use std::collections::{BTreeSet, HashMap, HashSet};

use cedar_policy::{Context, Entities, Entity, EntityUid, Request, RestrictedExpression, Schema};
use gateway_core::question::{Consent, ItemFacts, Party, Reading};
use gateway_core::{AgencyKind, Question, ReadQuestion, Role};

use crate::names::Names;
use crate::rule::Ask;

/// The word for a purpose that is not stated.
pub const NOT_STATED: &str = "NOT_STATED";

/// The facts cannot be put to the engine: the ruling is a refusal.
#[derive(Debug, Clone, Copy)]
pub struct Unaskable;

type Attributes = HashMap<String, RestrictedExpression>;

/// One question's facts, ready to be asked.
pub struct Facts {
    entities: Entities,
    context: Context,
    principal: EntityUid,
    resource: EntityUid,
}

impl Facts {
    /// May this recipient have this item?
    pub fn sharing(names: &Names, question: &Question) -> Result<Self, Unaskable> {
        let resource = names.item.clone();
        Self::new(
            &names.recipient,
            resource,
            [
                entity(&names.recipient, party(&question.recipient))?,
                entity(&names.sender, party(&question.sender))?,
                entity(&names.item, item(&question.item))?,
            ],
            sharing(names, question),
        )
    }

    /// May this reader read?
    pub fn reading(names: &Names, question: &ReadQuestion) -> Result<Self, Unaskable> {
        let (resource, attributes) = match question.reading {
            Reading::Item => (&names.copy, copy(question)),
            Reading::Record | Reading::Own => (&names.nominal, Attributes::new()),
            Reading::Log => (&names.log, Attributes::new()),
        };
        let reader = entity(&names.recipient, party(&question.reader))?;
        let entities = [reader, entity(resource, attributes)?];
        Self::new(
            &names.recipient,
            resource.clone(),
            entities,
            reading(question),
        )
    }

    /// May an agency of this kind lead?
    pub fn lead(names: &Names, kind: AgencyKind) -> Result<Self, Unaskable> {
        let candidate = entity(
            &names.candidate,
            Attributes::from([text("kind", kind.as_str())]),
        )?;
        let nominal = entity(&names.nominal, Attributes::new())?;
        let resource = names.nominal.clone();
        Self::new(&names.candidate, resource, [candidate, nominal], Vec::new())
    }

    fn new(
        principal: &EntityUid,
        resource: EntityUid,
        entities: impl IntoIterator<Item = Entity>,
        context: Vec<(String, RestrictedExpression)>,
    ) -> Result<Self, Unaskable> {
        Ok(Self {
            entities: Entities::from_entities(entities, None).map_err(|_| Unaskable)?,
            context: Context::from_pairs(context).map_err(|_| Unaskable)?,
            principal: principal.clone(),
            resource,
        })
    }

    /// The entities of the question.
    pub const fn entities(&self) -> &Entities {
        &self.entities
    }

    /// The request for one ask; with a schema, checked against it.
    pub fn request(
        &self,
        names: &Names,
        ask: Ask,
        schema: Option<&Schema>,
    ) -> Result<Request, Unaskable> {
        Request::new(
            self.principal.clone(),
            names.action(ask).clone(),
            self.resource.clone(),
            self.context.clone(),
            schema,
        )
        .map_err(|_| Unaskable)
    }
}

fn entity(uid: &EntityUid, attributes: Attributes) -> Result<Entity, Unaskable> {
    Entity::new(uid.clone(), attributes, HashSet::new()).map_err(|_| Unaskable)
}

fn flag(name: &str, value: bool) -> (String, RestrictedExpression) {
    (name.to_owned(), RestrictedExpression::new_bool(value))
}

fn text(name: &str, value: &str) -> (String, RestrictedExpression) {
    (
        name.to_owned(),
        RestrictedExpression::new_string(value.to_owned()),
    )
}

fn number(name: &str, value: u8) -> (String, RestrictedExpression) {
    (
        name.to_owned(),
        RestrictedExpression::new_long(i64::from(value)),
    )
}

fn words(name: &str, values: impl Iterator<Item = String>) -> (String, RestrictedExpression) {
    let values = values.map(RestrictedExpression::new_string);
    (name.to_owned(), RestrictedExpression::new_set(values))
}

/// The duty to cooperate (CJA 2003 s.325(3), (6)): all but the Responsible Authority, the
/// coordination unit and Associates.
const fn duty_to_cooperate(party: &Party) -> bool {
    match party.kind {
        AgencyKind::YouthJustice => !party.responsible_authority(),
        AgencyKind::ChildrenSocialCare
        | AgencyKind::AdultSocialCare
        | AgencyKind::MentalHealthTrust
        | AgencyKind::Health
        | AgencyKind::Gp
        | AgencyKind::Housing
        | AgencyKind::Jobcentre
        | AgencyKind::ElectronicMonitoring
        | AgencyKind::Education => true,
        AgencyKind::Police
        | AgencyKind::Probation
        | AgencyKind::Prison
        | AgencyKind::ApprovedPremises
        | AgencyKind::Associate
        | AgencyKind::Coordination => false,
    }
}

fn party(party: &Party) -> Attributes {
    Attributes::from([
        text("agency", party.agency.as_str()),
        text("kind", party.kind.as_str()),
        flag("responsible_authority", party.responsible_authority()),
        flag("duty_to_cooperate", duty_to_cooperate(party)),
        flag("lead", party.lead),
        flag("partner", party.partner),
        flag("attendee", party.attendee),
        flag("custody", party.custody),
        flag("associate", party.associate),
        flag("area_unit", party.area_unit),
        flag("earlier_recipient", party.earlier_recipient),
        flag("asked", party.asked),
        flag("live_part", party.live_part()),
        flag("signed", party.signed),
        flag("overseas", party.overseas),
        flag("secure_channel", party.secure_channel),
    ])
}

fn item(item: &ItemFacts) -> Attributes {
    Attributes::from([
        text("category", item.category.as_str()),
        text("owner", item.owner.as_str()),
        text("owner_kind", item.owner_kind.as_str()),
        text("about", item.about.as_str()),
        flag("public_interest", item.public_interest),
        flag("consent_given", item.consent == Some(Consent::Given)),
        flag("consent_considered", item.consent.is_some()),
        flag("clinician", item.clinician),
        flag("child_link", item.child_link),
        flag("corrects", item.corrects),
        flag("no_onward", item.no_onward),
    ])
}

fn copy(question: &ReadQuestion) -> Attributes {
    Attributes::from([
        flag("expired", question.expired),
        flag("recalled", question.recalled),
        words(
            "obligations",
            question.obligations.iter().map(ToString::to_string),
        ),
    ])
}

fn sharing(names: &Names, question: &Question) -> Vec<(String, RestrictedExpression)> {
    let purpose = question
        .purpose
        .map_or(NOT_STATED, |purpose| purpose.as_str());
    let sender = RestrictedExpression::new_entity_uid(names.sender.clone());
    vec![
        ("sender".to_owned(), sender),
        flag("sender_is_vlo", question.sender_is_vlo),
        flag("recipient_reason", question.recipient_reason),
        flag("recipient_confirmed", question.recipient_confirmed),
        text("purpose", purpose),
        flag("stated", question.stated),
        flag("linked", question.linked),
        flag("provisional", question.provisional),
        number("level", question.level),
        number("category", question.category),
        flag("emergency", question.emergency),
        flag("requested", question.requested),
        flag("copied_to_coordination", question.copied_to_coordination),
        flag("property", question.property),
        flag("address_pending", question.address_pending),
        flag("adult_at_risk", question.adult_at_risk),
        flag("hospital_flag", question.hospital_flag),
        flag("meeting_decision", question.meeting_decision),
        flag(
            "review_within_six_months",
            question.review_within_six_months,
        ),
        names.approvals(&question.approvals),
    ]
}

fn reading(question: &ReadQuestion) -> Vec<(String, RestrictedExpression)> {
    vec![
        flag("agency_suspended", question.agency_suspended),
        flag("person_given", question.person_given),
        flag("person_suspended", question.person_suspended),
        flag("person_is_named", question.person_is_named),
        flag("in_portal", question.in_portal),
        flag("left_lately", question.left_lately),
        words("roles", question.roles.iter().map(ToString::to_string)),
    ]
}

/// One flag a role.
pub fn approvals(given: &BTreeSet<Role>) -> Option<RestrictedExpression> {
    let flags = Role::ALL.iter().map(|role| {
        // An attribute's name has no hyphen.
        flag(&role.as_str().replace('-', "_"), given.contains(role))
    });
    RestrictedExpression::new_record(flags).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cases::{default_question, default_reading};
    use crate::files::Files;
    use crate::load;

    fn agrees(facts: &Facts, names: &Names, schema: &Schema, asks: &[Ask]) {
        let entities: Vec<Entity> = facts.entities().iter().cloned().collect();
        Entities::from_entities(entities, Some(schema)).unwrap();
        for ask in asks {
            facts.request(names, *ask, Some(schema)).ok().unwrap();
        }
    }

    #[test]
    fn what_is_put_to_the_rules_is_what_the_schema_says() {
        let schema = load::schema(&Files::embedded().unwrap()).unwrap();
        let names = Names::new().unwrap();
        for kind in AgencyKind::ALL {
            let mut question = default_question(*kind).unwrap();
            question.approvals = Role::ALL.iter().copied().take(3).collect();
            let facts = Facts::sharing(&names, &question).ok().unwrap();
            agrees(
                &facts,
                &names,
                &schema,
                &[Ask::Receive, Ask::ReceiveAfterReview, Ask::Terms],
            );
            let readings = [
                (Reading::Item, Ask::Read),
                (Reading::Record, Ask::ReadRecord),
                (Reading::Own, Ask::ReadOwn),
                (Reading::Log, Ask::ReadLog),
            ];
            for (reading, ask) in readings {
                let question = ReadQuestion {
                    reading,
                    ..default_reading(*kind).unwrap()
                };
                let facts = Facts::reading(&names, &question).ok().unwrap();
                agrees(&facts, &names, &schema, &[ask]);
            }
            let facts = Facts::lead(&names, *kind).ok().unwrap();
            agrees(&facts, &names, &schema, &[Ask::SetLead]);
        }
    }
}
