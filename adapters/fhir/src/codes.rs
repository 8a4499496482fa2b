//! The code lists of a health information request: one line a code.

/// A code list: each code with the words that a person reads.
macro_rules! list {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $code:literal, $words:literal;)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$vdoc])* $variant,)+ }

        impl $name {
            /// Every code of the list, in its order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The code.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code,)+ }
            }

            /// The code so written, if it is of the list.
            pub fn find(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|c| c.as_str() == text)
            }

            /// What it means, for people.
            pub const fn words(self) -> &'static str {
                match self { $(Self::$variant => $words,)+ }
            }
        }

        impl Coded for $name {
            fn code(self) -> &'static str {
                self.as_str()
            }

            fn all() -> &'static [Self] {
                Self::ALL
            }
        }
    };
}

/// What all code lists can do.
pub(crate) trait Coded: Copy + 'static {
    /// The code.
    fn code(self) -> &'static str;

    /// Every code of the list.
    fn all() -> &'static [Self];

    /// The code so written.
    fn find(text: &str) -> Option<Self> {
        Self::all().iter().copied().find(|c| c.code() == text)
    }

    /// All that would be right, for a person who has to correct one.
    fn choices() -> String {
        let all: Vec<&str> = Self::all().iter().map(|c| c.code()).collect();
        all.join(", ")
    }
}

impl Coded for gateway_core::Purpose {
    fn code(self) -> &'static str {
        self.as_str()
    }

    fn all() -> &'static [Self] {
        Self::ALL
    }
}

list! {
    /// What a question asks for.
    QuestionCode {
        /// Is the person known to the service?
        KnownToService = "known_to_service", "Whether the person is known to the service";
        /// The team that cares now, and how to reach it.
        CareTeam = "care_team", "Current care team and contact";
        /// Diagnosis in outline, as it bears on risk.
        Diagnosis = "diagnosis_outline", "Diagnosis in outline, as it bears on risk";
        /// Engagement and attendance.
        Engagement = "engagement", "Engagement and attendance";
        /// Medication: on or off, compliance, what a relapse does to risk.
        Medication = "medication", "Medication: on or off, compliance, effect of relapse on risk";
        /// Risk to self.
        RiskToSelf = "risk_to_self", "Risk to self";
        /// Risk to others, named people included.
        RiskToOthers = "risk_to_others", "Risk to others, named people included";
        /// Warning signs.
        WarningSigns = "warning_signs", "Warning signs";
        /// Admissions, and status under the Mental Health Act 1983.
        Admissions = "admissions", "Admissions and Mental Health Act status";
        /// Dates of discharge or leave.
        Discharge = "discharge_dates", "Dates of discharge or leave";
        /// Substance use.
        SubstanceUse = "substance_use", "Substance use";
        /// Capacity.
        Capacity = "capacity", "Capacity";
        /// What keeps staff safe.
        StaffSafety = "staff_safety", "Safety advice for staff";
        /// Who will come to the meeting.
        Attendance = "who_attends", "Who will attend the meeting";
    }
}

list! {
    /// Why a health body gives nothing, or not all.
    RefusalCode {
        /// Nothing asked for bears on risk.
        NoRiskLink = "no_risk_link", "What is asked for has no link to the risk";
        /// Consent was refused, and the public interest does not outweigh that.
        ConsentRefused = "consent_refused_and_interest_not_outweighed",
            "Consent was refused, and the public interest does not outweigh it";
        /// To give it would do the person serious harm.
        SeriousHarm = "serious_harm_to_subject", "It would do the person serious harm";
        /// It was told in confidence by somebody else.
        ThirdParty = "third_party_confidence", "It was told in confidence by somebody else";
        /// It is privileged.
        Privilege = "legal_privilege", "It is protected by legal privilege";
        /// It is not certain who is meant.
        NotMatched = "identity_not_matched", "It is not certain who is meant";
        /// No lawful basis was shown.
        NoBasis = "no_lawful_basis_shown", "No lawful basis was shown";
        /// The clinician cannot be reached.
        ClinicianUnavailable = "clinician_unavailable", "The clinician cannot be reached";
        /// A court must order it.
        CourtOrder = "court_order_needed", "A court must order it";
        /// Another reason, which the words give.
        Other = "other", "Another reason, given in words";
    }
}

list! {
    /// Where a request is. Its code is that of R4's task-status.
    State {
        /// Being written.
        Draft = "draft", "Draft";
        /// Sent to the single point of contact.
        Sent = "requested", "Sent";
        /// Opened there.
        Opened = "received", "Opened";
        /// The single point of contact agrees to answer.
        Accepted = "accepted", "Accepted";
        /// A first answer came, and more is to come.
        Interim = "in-progress", "Answered in part, more to come";
        /// Waits for the Caldicott guardian.
        WithCaldicott = "on-hold", "Waits for the Caldicott guardian";
        /// Answered for good.
        Answered = "completed", "Answered";
        /// Refused, with a reason.
        Refused = "rejected", "Refused";
        /// Withdrawn by who asked.
        Withdrawn = "cancelled", "Withdrawn";
        /// It was about the wrong patient.
        WrongPatient = "entered-in-error", "Made in error: wrong patient";
    }
}

list! {
    /// How soon an answer is needed. Its code is that of R4's request-priority.
    Urgency {
        /// Within the usual time.
        Routine = "routine", "Routine";
        /// Before others.
        Urgent = "urgent", "Urgent";
        /// As soon as it can be.
        Asap = "asap", "As soon as possible";
        /// At once: an emergency.
        Emergency = "stat", "Emergency";
    }
}

list! {
    /// Why consent was not sought.
    NotSoughtReason {
        /// To ask would defeat the purpose.
        Prejudice = "prejudice", "To ask would prejudice the purpose";
        /// To ask would put somebody in danger.
        Danger = "danger", "To ask would put somebody in danger";
        /// The person cannot be asked.
        Impracticable = "impracticable", "The person cannot be asked";
    }
}

list! {
    /// What was done about the person's consent to the request.
    ConsentCode {
        /// Given.
        Given = "given", "Given";
        /// Sought, and no answer yet.
        Sought = "sought", "Sought, no answer yet";
        /// Refused.
        Refused = "refused", "Refused";
        /// Not sought.
        NotSought = "not_sought", "Not sought";
    }
}

list! {
    /// What kind of answer it is.
    AnswerCode {
        /// All that was asked for.
        Full = "full", "Full answer";
        /// Some of it.
        Partial = "partial", "Partial answer";
        /// The person is known, and nothing of it is held.
        NilHeld = "nil_held", "Nothing held";
        /// The person is not known.
        NotKnown = "not_known_to_service", "Not known to the service";
        /// Somebody else holds it.
        Redirected = "redirected", "Held by another body";
        /// Nothing is given.
        Refused = "refused", "Refused";
    }
}

list! {
    /// The two categories of health information, as the protocols name them.
    HealthCategory {
        /// Health as it bears on risk.
        Risk = "HEALTH_RISK", "Health as it bears on risk";
        /// Clinical record.
        Clinical = "HEALTH_CLIN", "Clinical record";
    }
}

impl HealthCategory {
    /// The confidentiality label (v3 Confidentiality): `R` restricted, `V` very restricted.
    pub const fn confidentiality(self) -> &'static str {
        match self {
            Self::Risk => "R",
            Self::Clinical => "V",
        }
    }
}

list! {
    /// On what basis a health body gives information.
    BasisCode {
        /// The person consents.
        Consent = "consent", "The person consents";
        /// The public interest (common law duty of confidence).
        PublicInterest = "public_interest", "The public interest";
    }
}

list! {
    /// The legal bases on which a request may rest.
    LegalBasis {
        /// The duty to cooperate.
        Cooperation = "s325", "CJA 2003 s.325";
        /// The common law.
        PublicInterest = "public_interest",
            "Public interest in preventing serious harm (common law)";
        /// Substantial public interest.
        SubstantialPublicInterest = "substantial_public_interest",
            "UK GDPR Art 9(2)(g), DPA 2018 Sch 1 para 6";
        /// Safeguarding.
        Safeguarding = "safeguarding", "DPA 2018 Sch 1 para 18, safeguarding";
    }
}

list! {
    /// The parts of a request that R4 has no element for: types of `Task.input`.
    Detail {
        /// The MAPPA area.
        Area = "area", "MAPPA area";
        /// MAPPA category, one to four.
        MappaCategory = "mappa_category", "MAPPA category";
        /// MAPPA level, one to three.
        MappaLevel = "mappa_level", "MAPPA level";
        /// Why it is asked at level 1.
        LevelReason = "level_1_reason", "Why it is asked at level 1";
        /// The agency that leads.
        LeadAgency = "lead_agency", "Lead agency";
        /// Day of the next meeting.
        NextMeeting = "next_meeting", "Next meeting";
        /// Somebody who is at risk of serious harm, and of what.
        AtRisk = "at_risk", "Who is at risk of serious harm, and of what";
        /// Why it is needed now.
        Necessity = "necessity", "Why the information is needed now";
        /// The decision that waits for it.
        Decision = "decision", "The decision that waits for it";
        /// More about what is asked.
        QuestionsDetail = "questions_detail", "More about what is asked";
        /// A legal basis that is offered.
        LegalBasis = "legal_basis", "Legal basis";
        /// What was done about consent.
        Consent = "consent", "Consent";
        /// Why consent was not sought.
        NotSought = "consent_not_sought_because", "Why consent was not sought";
        /// More about consent, in words.
        ConsentWords = "consent_words", "More about consent";
        /// The person's consent, where it was given.
        ConsentRecord = "consent_record", "The consent";
        /// The day by which it is needed, where that is sooner than the level gives.
        NeededBy = "needed_by", "Needed by";
        /// Who will see the answer.
        Reader = "reader", "Who will see the answer";
        /// How long the answer is kept.
        Retention = "retention", "How long the answer is kept";
        /// Whether the person may be told.
        MayBeTold = "subject_may_be_told", "Whether the person may be told of the request";
        /// Why the person may not be told.
        WhyNotTold = "why_not_told", "Why the person may not be told";
        /// The coordinator, who gets a copy.
        Coordinator = "coordinator", "The MAPPA coordinator, who gets a copy";
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_found_by_how_it_is_written_and_by_nothing_else() {
        for code in RefusalCode::ALL {
            assert_eq!(RefusalCode::find(code.as_str()), Some(*code));
        }
        assert_eq!(RefusalCode::find("No_Risk_Link"), None);
        assert!(State::choices().starts_with("draft, requested, received"));
    }
}
