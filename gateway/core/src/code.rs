//! The code lists: one line a code. Unknown words are refused, never guessed.

/// The text is not one of the code list's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{word}` is not a {list}: give one of {choices}")]
pub struct UnknownCode {
    /// The word as given, cut to 40 characters.
    pub word: String,
    /// What the list holds, in words.
    pub list: &'static str,
    /// The words that would be right, joined by commas.
    pub choices: String,
}

macro_rules! codes {
    ($(#[$doc:meta])* $name:ident ($list:literal) { $($(#[$vdoc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
        )]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $text)] $variant,)+ }

        impl $name {
            /// Every code of the list, in its order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The code as it is written in policies, in the API and in the database.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::code::UnknownCode;

            fn from_str(text: &str) -> Result<Self, $crate::code::UnknownCode> {
                Self::ALL.iter().copied().find(|c| c.as_str() == text).ok_or_else(|| $crate::code::UnknownCode {
                    word: text.chars().take(40).collect(),
                    list: $list,
                    choices: Self::ALL.iter().map(|c| c.as_str()).collect::<Vec<_>>().join(", "),
                })
            }
        }
    };
}
pub(crate) use codes;

codes! {
    /// What an agency is. The first four and `youth-justice` where it leads are the
    /// Responsible Authority (CJA 2003 s.325(1)); the others have the duty to cooperate.
    AgencyKind ("kind of agency") {
        /// A police force.
        Police = "police",
        /// A probation area.
        Probation = "probation",
        /// A prison.
        Prison = "prison",
        /// Approved premises: count as probation.
        ApprovedPremises = "approved-premises",
        /// A youth justice team.
        YouthJustice = "youth-justice",
        /// Children's social care.
        ChildrenSocialCare = "children-social-care",
        /// Adult social care.
        AdultSocialCare = "adult-social-care",
        /// A mental health trust.
        MentalHealthTrust = "mental-health-trust",
        /// Another health body: acute trust, integrated care board, prison healthcare.
        Health = "health",
        /// A general practice.
        Gp = "gp",
        /// A housing authority or registered provider.
        Housing = "housing",
        /// A job centre.
        Jobcentre = "jobcentre",
        /// An electronic monitoring provider.
        ElectronicMonitoring = "electronic-monitoring",
        /// An education body.
        Education = "education",
        /// A body entered as an Associate for one nominal (PCSC Act 2022).
        Associate = "associate",
        /// The area's MAPPA coordination unit.
        Coordination = "coordination",
    }
}

impl Category {
    /// Health information, as it bears on risk or clinical.
    pub const fn is_health(self) -> bool {
        matches!(self, Self::HealthRisk | Self::HealthClin)
    }
}

impl AgencyKind {
    /// A body that owns health records and has a Caldicott guardian.
    pub const fn is_health_body(self) -> bool {
        matches!(self, Self::MentalHealthTrust | Self::Health | Self::Gp)
    }

    /// The regime under which such a body normally processes: DPA 2018 Part 3 for competent
    /// authorities (s.30, Sch 7), UK GDPR for the others.
    pub const fn usual_regime(self) -> Regime {
        match self {
            Self::Police
            | Self::Probation
            | Self::Prison
            | Self::ApprovedPremises
            | Self::YouthJustice
            | Self::Coordination => Regime::Part3,
            Self::ChildrenSocialCare
            | Self::AdultSocialCare
            | Self::MentalHealthTrust
            | Self::Health
            | Self::Gp
            | Self::Housing
            | Self::Jobcentre
            | Self::ElectronicMonitoring
            | Self::Education
            | Self::Associate => Regime::UkGdpr,
        }
    }
}

codes! {
    /// A person's role at an agency.
    Role ("role") {
        /// Works with the nominal.
        Practitioner = "practitioner",
        /// The agency's single point of contact.
        Spoc = "spoc",
        /// Stands in for the single point of contact.
        DeputySpoc = "deputy-spoc",
        /// Countersigns.
        Manager = "manager",
        /// Releases intelligence.
        Security = "security",
        /// The Caldicott guardian.
        Caldicott = "caldicott",
        /// The data protection officer.
        Dpo = "dpo",
        /// A treating clinician.
        Clinician = "clinician",
        /// The MAPPA coordinator.
        Coordinator = "coordinator",
        /// Chairs the meetings.
        Chair = "chair",
        /// The victim liaison officer.
        Vlo = "vlo",
        /// Reads how the gateway was used, nothing of what was said.
        Auditor = "auditor",
        /// Runs the gateway.
        Operator = "operator",
    }
}

codes! {
    /// The information category of an item.
    Category ("information category") {
        /// Who the person is.
        Ident = "IDENT",
        /// Where the person is or lives.
        Location = "LOCATION",
        /// Offences and convictions.
        Offence = "OFFENCE",
        /// Assessed risk.
        Risk = "RISK",
        /// Risk management plan.
        Rmp = "RMP",
        /// Behaviour and progress in custody.
        Custody = "CUSTODY",
        /// Visitors, calls, letters.
        Contacts = "CONTACTS",
        /// Intelligence.
        Intel = "INTEL",
        /// Drugs and alcohol.
        Substance = "SUBSTANCE",
        /// Health as it bears on risk.
        HealthRisk = "HEALTH_RISK",
        /// Clinical record.
        HealthClin = "HEALTH_CLIN",
        /// A victim's address, identity or statement.
        Victim = "VICTIM",
        /// A child.
        Child = "CHILD",
        /// Another person.
        ThirdParty = "THIRDPARTY",
        /// Minutes of a meeting.
        Minutes = "MINUTES",
        /// Actions agreed.
        Actions = "ACTIONS",
        /// Licence, prevention order, notification.
        Orders = "ORDERS",
        /// Protected by law (GRA 2004 s.22, anonymity, privilege).
        Protected = "PROTECTED",
        /// Numbers without persons.
        Stats = "STATS",
        /// The sender gave no category: held for a person to say, never guessed.
        Unlabelled = "UNLABELLED",
    }
}

codes! {
    /// Why the information is shared.
    Purpose ("purpose") {
        /// Assess risk.
        Assess = "ASSESS",
        /// Manage risk.
        Manage = "MANAGE",
        /// A MAPPA meeting.
        Meeting = "MEETING",
        /// Plan a release.
        Release = "RELEASE",
        /// Set the level.
        LevelSet = "LEVELSET",
        /// Safeguard a child.
        SafeChild = "SAFE_CHILD",
        /// Safeguard an adult.
        SafeAdult = "SAFE_ADULT",
        /// Keep a victim safe.
        VictimSafety = "VICTIM_SAFETY",
        /// Keep staff safe.
        StaffSafety = "STAFF_SAFETY",
        /// Care for the person.
        Care = "CARE",
        /// House the person.
        Housing = "HOUSING",
        /// Employment.
        Employment = "EMPLOYMENT",
        /// A court's order.
        Court = "COURT",
        /// Audit.
        Audit = "AUDIT",
        /// Subject access or freedom of information.
        SarFoi = "SAR_FOI",
        /// Research.
        Research = "RESEARCH",
    }
}

codes! {
    /// The law under which a controller processes an item.
    Regime ("controller regime") {
        /// DPA 2018 Part 3 (law enforcement).
        Part3 = "dpa-part-3",
        /// UK GDPR and DPA 2018 Part 2.
        UkGdpr = "uk-gdpr",
    }
}

codes! {
    /// Whom an item is about.
    About ("person an item is about") {
        /// The nominal.
        Subject = "subject",
        /// A victim.
        Victim = "victim",
        /// A witness.
        Witness = "witness",
        /// A child.
        Child = "child",
        /// An associate of the nominal.
        Associate = "associate",
        /// Somebody else.
        Other = "other",
    }
}

codes! {
    /// Fact kept apart from opinion (DPA 2018 s.38(2)).
    Nature ("nature of an item") {
        /// A fact.
        Fact = "fact",
        /// An opinion or assessment.
        Opinion = "opinion",
    }
}

codes! {
    /// The channel by which an agency receives.
    Channel ("channel") {
        /// The web portal.
        Portal = "portal",
        /// S/MIME mail.
        SecureEmail = "secure-email",
        /// NHS MESH.
        Mesh = "mesh",
        /// The API inbox.
        Api = "api",
    }
}

codes! {
    /// Who holds an agency's private key.
    Custody ("key custody") {
        /// The gateway's vault.
        Gateway = "gateway",
        /// The agency itself: the gateway cannot open what it seals to it.
        Agency = "agency",
    }
}

codes! {
    /// State of an exchange.
    ExchangeState ("state of an exchange") {
        /// Kept, back with the sender: no nominal, purpose, basis or necessity yet.
        Incomplete = "incomplete",
        /// Kept apart: sender not proved, unreadable, or malware.
        Quarantined = "quarantined",
        /// Nothing released, something waits for a person.
        Held = "held",
        /// Nothing released, nothing waits.
        Refused = "refused",
        /// At least one recipient may read at least one item.
        Released = "released",
        /// A later version took its place.
        Superseded = "superseded",
        /// The sender called it back.
        Recalled = "recalled",
    }
}

codes! {
    /// State of a delivery.
    DeliveryState ("state of a delivery") {
        /// In the outbox.
        Queued = "queued",
        /// The channel is not built or not up; the API inbox serves meanwhile.
        Waiting = "waiting",
        /// Given to the channel.
        Sent = "sent",
        /// Taken by the recipient's system.
        Delivered = "delivered",
        /// An item was opened.
        Opened = "opened",
        /// The recipient said so.
        Acknowledged = "acknowledged",
        /// The channel gave up.
        Failed = "failed",
        /// Its time ran out.
        Expired = "expired",
        /// Called back.
        Recalled = "recalled",
    }
}

codes! {
    /// What the protocols answer for one recipient and one item. Ordered: the greater wins.
    Outcome ("outcome") {
        /// The recipient may have it, with obligations.
        Permit = "permit",
        /// A person decides.
        Hold = "hold",
        /// The recipient may not have it.
        Refuse = "refuse",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_word_is_answered_with_the_words_that_would_be_right() {
        let error = "chemist".parse::<Purpose>().unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("`chemist` is not a purpose: give one of ASSESS, MANAGE")
        );
    }

    #[test]
    fn the_most_restrictive_outcome_is_the_greatest() {
        assert!(Outcome::Refuse > Outcome::Hold && Outcome::Hold > Outcome::Permit);
    }
}
