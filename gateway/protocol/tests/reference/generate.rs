//! Random questions from a seed, weighted so that every rule decides often.

use std::collections::BTreeSet;

use gateway_core::question::{Consent, ItemFacts, Party};
use gateway_core::{About, AgencyId, AgencyKind, Category, Purpose, Question, Role};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};

pub struct Questions {
    random: StdRng,
    sender: AgencyId,
    recipient: AgencyId,
    other: AgencyId,
}

impl Questions {
    pub fn seeded(seed: u64) -> Self {
        Self {
            random: StdRng::seed_from_u64(seed),
            sender: "sender-agency".parse().unwrap(),
            recipient: "recipient-agency".parse().unwrap(),
            other: "owner-agency".parse().unwrap(),
        }
    }

    fn chance(&mut self, percent: u32) -> bool {
        self.random.random_ratio(percent, 100)
    }

    fn one<T: Copy>(&mut self, list: &[T]) -> T {
        *list.choose(&mut self.random).unwrap()
    }

    fn party(&mut self, agency: AgencyId) -> Party {
        let kind = self.one(AgencyKind::ALL);
        let involved = self.chance(75);
        Party {
            agency,
            kind,
            lead: involved && self.chance(20),
            partner: involved && self.chance(50),
            attendee: involved && self.chance(50),
            custody: involved && self.chance(10),
            associate: self.chance(if kind == AgencyKind::Associate { 70 } else { 2 }),
            area_unit: kind == AgencyKind::Coordination && self.chance(70),
            earlier_recipient: self.chance(20),
            asked: self.chance(15),
            signed: self.chance(95),
            overseas: self.chance(4),
            secure_channel: self.chance(80),
        }
    }

    fn item(&mut self, sender: &Party) -> ItemFacts {
        let own = self.chance(50);
        let (owner, owner_kind) = if own {
            (sender.agency.clone(), sender.kind)
        } else {
            (self.other.clone(), self.one(AgencyKind::ALL))
        };
        let consents = [
            None,
            Some(Consent::Given),
            Some(Consent::Refused),
            Some(Consent::NotSought),
        ];
        ItemFacts {
            category: self.one(Category::ALL),
            owner,
            owner_kind,
            about: if self.chance(60) {
                About::Subject
            } else {
                self.one(About::ALL)
            },
            public_interest: self.chance(40),
            consent: self.one(&consents),
            clinician: self.chance(60),
            child_link: self.chance(40),
            corrects: self.chance(20),
            no_onward: self.chance(4),
        }
    }

    fn approvals(&mut self) -> BTreeSet<Role> {
        let none = self.chance(50);
        Role::ALL
            .iter()
            .copied()
            .filter(|_| !none && self.chance(25))
            .collect()
    }
}

impl Iterator for Questions {
    type Item = Question;

    fn next(&mut self) -> Option<Question> {
        let sender = self.party(self.sender.clone());
        let recipient = self.party(self.recipient.clone());
        let item = self.item(&sender);
        let purposes = [
            Purpose::Manage,
            Purpose::Assess,
            Purpose::Meeting,
            Purpose::SafeChild,
            Purpose::SafeAdult,
            Purpose::VictimSafety,
            Purpose::Housing,
            Purpose::LevelSet,
        ];
        let purpose = if self.chance(75) {
            self.one(&purposes)
        } else {
            self.one(Purpose::ALL)
        };
        let mut question = Question {
            sender_is_vlo: self.chance(30),
            recipient_reason: self.chance(50),
            recipient_confirmed: self.chance(30),
            purpose: self.chance(97).then_some(purpose),
            stated: self.chance(97),
            linked: self.chance(97),
            provisional: self.chance(6),
            level: self.random.random_range(0..=3),
            category: self.random.random_range(0..=4),
            emergency: self.chance(20),
            requested: self.chance(50),
            copied_to_coordination: self.chance(60),
            property: self.chance(60),
            address_pending: self.chance(50),
            adult_at_risk: self.chance(60),
            hospital_flag: self.chance(10),
            meeting_decision: self.chance(60),
            review_within_six_months: self.chance(60),
            approvals: self.approvals(),
            sender,
            recipient,
            item,
        };
        self.lean(&mut question);
        Some(question)
    }
}

impl Questions {
    /// Now and then the report goes on to the prison that has the person next.
    fn move_on(&mut self, q: &mut Question) {
        if self.chance(30) {
            q.recipient.kind = AgencyKind::Prison;
            q.recipient.custody = self.chance(70);
        }
    }

    /// Rows that many facts must meet at once are met by leaning half of the questions to one.
    fn lean(&mut self, q: &mut Question) {
        match self.random.random_range(0..16) {
            0 => {
                q.recipient.kind = AgencyKind::Housing;
                q.purpose = Some(Purpose::Housing);
                q.item.category = self.one(&[
                    Category::Ident,
                    Category::Risk,
                    Category::Orders,
                    Category::Victim,
                    Category::Intel,
                    Category::HealthClin,
                ]);
            }
            1 => {
                q.recipient.kind =
                    self.one(&[AgencyKind::ChildrenSocialCare, AgencyKind::Education]);
                q.purpose = Some(Purpose::SafeChild);
                q.item.child_link = self.chance(80);
                q.item.category = self.one(&[
                    Category::Child,
                    Category::Location,
                    Category::Risk,
                    Category::Victim,
                ]);
            }
            2 => {
                q.recipient.kind = AgencyKind::AdultSocialCare;
                q.purpose = Some(Purpose::SafeAdult);
                q.item.category = self.one(&[Category::Risk, Category::ThirdParty]);
            }
            3 => {
                q.sender_is_vlo = true;
                q.purpose = Some(Purpose::VictimSafety);
                q.item.category = Category::Victim;
            }
            4 => {
                q.sender.kind = AgencyKind::Prison;
                q.approvals.insert(Role::Manager);
                q.purpose = Some(self.one(&[Purpose::Meeting, Purpose::Release]));
                q.item.category = self.one(&[
                    Category::Custody,
                    Category::Contacts,
                    Category::Substance,
                    Category::Risk,
                ]);
                self.move_on(q);
            }
            5 => {
                q.sender.kind = AgencyKind::Coordination;
                q.item.category = self.one(&[Category::Minutes, Category::Actions]);
                q.purpose = Some(self.one(&[Purpose::Meeting, Purpose::Manage]));
                if self.chance(50) {
                    q.approvals.insert(Role::Chair);
                }
            }
            6 => {
                q.recipient.kind = AgencyKind::Associate;
                q.purpose = Some(Purpose::Manage);
                q.item.category = self.one(&[Category::Ident, Category::Risk, Category::Actions]);
            }
            7 => {
                q.item.category = self.one(&[Category::HealthRisk, Category::HealthClin]);
                q.item.owner_kind = self.one(&[
                    AgencyKind::MentalHealthTrust,
                    AgencyKind::Health,
                    AgencyKind::Gp,
                    AgencyKind::Probation,
                ]);
                q.purpose = Some(self.one(&[
                    Purpose::Manage,
                    Purpose::Assess,
                    Purpose::Care,
                    Purpose::Court,
                ]));
            }
            8 => self.lean_to_level_one(q),
            9 => self.lean_to_health_request(q),
            10 => self.lean_to_hospital_flag(q),
            _ => {}
        }
    }

    /// A request for health information, or its answer.
    fn lean_to_health_request(&mut self, q: &mut Question) {
        let body = self.one(&[
            AgencyKind::MentalHealthTrust,
            AgencyKind::Health,
            AgencyKind::Gp,
        ]);
        q.recipient.asked = self.chance(80);
        if self.chance(50) {
            q.recipient.kind = match self.chance(70) {
                true => body,
                false => AgencyKind::Coordination,
            };
            q.item.owner_kind = q.sender.kind;
        } else {
            q.sender.kind = body;
            q.item.owner_kind = body;
            q.requested = self.chance(80);
        }
        q.purpose = Some(self.one(&[Purpose::Manage, Purpose::Assess, Purpose::StaffSafety]));
        q.item.category = self.one(&[Category::Ident, Category::Risk, Category::HealthRisk]);
    }

    /// A hospital flag, or that the person came.
    fn lean_to_hospital_flag(&mut self, q: &mut Question) {
        q.hospital_flag = self.chance(85);
        q.recipient.asked = self.chance(80);
        q.purpose = Some(self.one(&[
            Purpose::SafeAdult,
            Purpose::SafeChild,
            Purpose::StaffSafety,
            Purpose::Manage,
        ]));
        q.item.category = self.one(&[
            Category::Ident,
            Category::Risk,
            Category::Location,
            Category::Offence,
        ]);
        if self.chance(60) {
            q.recipient.kind = AgencyKind::Health;
            q.meeting_decision = self.chance(80);
            q.review_within_six_months = self.chance(80);
        } else {
            q.sender.kind = AgencyKind::Health;
            q.requested = self.chance(80);
        }
        q.item.owner_kind = q.sender.kind;
    }

    fn lean_to_level_one(&mut self, q: &mut Question) {
        q.sender.kind = self.one(&[AgencyKind::Police, AgencyKind::Probation]);
        q.level = 1;
        q.purpose = Some(self.one(&[Purpose::LevelSet, Purpose::Manage]));
        q.item.category = self.one(&[Category::Ident, Category::Offence, Category::Rmp]);
        q.item.owner_kind = q.sender.kind;
    }
}
