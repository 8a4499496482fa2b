//! The codes of the forms, and those of FHIR. Where both have the same word, nothing stands here.

use gateway_core::Purpose;
use gateway_fhir::codes::{AnswerCode, QuestionCode, Urgency};

/// Questions: the form's code, which is also the field of its answer.
pub(crate) const QUESTIONS: [(&str, QuestionCode); 14] = [
    ("known", QuestionCode::KnownToService),
    ("care_team", QuestionCode::CareTeam),
    ("diagnosis", QuestionCode::Diagnosis),
    ("engagement", QuestionCode::Engagement),
    ("medication", QuestionCode::Medication),
    ("risk_self", QuestionCode::RiskToSelf),
    ("risk_others", QuestionCode::RiskToOthers),
    ("warning_signs", QuestionCode::WarningSigns),
    ("admissions", QuestionCode::Admissions),
    ("dates", QuestionCode::Discharge),
    ("substance", QuestionCode::SubstanceUse),
    ("capacity", QuestionCode::Capacity),
    ("staff_safety", QuestionCode::StaffSafety),
    ("attending", QuestionCode::Attendance),
];

/// What a request serves.
pub(crate) const SERVES: [(&str, Purpose); 6] = [
    ("manage", Purpose::Manage),
    ("assess", Purpose::Assess),
    ("meeting", Purpose::Meeting),
    ("release", Purpose::Release),
    ("level", Purpose::LevelSet),
    ("staff_safety", Purpose::StaffSafety),
];

/// What became of a request.
pub(crate) const OUTCOMES: [(&str, AnswerCode); 6] = [
    ("full", AnswerCode::Full),
    ("partial", AnswerCode::Partial),
    ("nil_held", AnswerCode::NilHeld),
    ("not_known", AnswerCode::NotKnown),
    ("redirected", AnswerCode::Redirected),
    ("refused", AnswerCode::Refused),
];

/// How soon.
pub(crate) const URGENCIES: [(&str, Urgency); 2] = [
    ("standard", Urgency::Routine),
    ("emergency", Urgency::Emergency),
];

/// What a form's code is in FHIR.
pub(crate) fn theirs<C: Copy>(list: &[(&str, C)], code: &str) -> Option<C> {
    let found = list.iter().find(|(ours, _)| *ours == code)?;
    Some(found.1)
}

/// What a code of FHIR is in the form.
pub(crate) fn ours<C: Copy + PartialEq>(
    list: &[(&'static str, C)],
    code: C,
) -> Option<&'static str> {
    let found = list.iter().find(|(_, theirs)| *theirs == code)?;
    Some(found.0)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fmt::Debug;

    use gateway_fhir::codes::{
        ConsentCode, HealthCategory, LegalBasis, NotSoughtReason, RefusalCode, State,
    };
    use gateway_flow::health::HealthState;
    use gateway_forms::{Definition, Library};

    use super::*;

    fn form(id: &str) -> Definition {
        Library::embedded().unwrap().form(id).unwrap().clone()
    }

    fn listed(form: &Definition, list: &str) -> BTreeSet<String> {
        let codes = form.lists[list].iter().map(|(code, _)| code.clone());
        codes.collect()
    }

    /// Every code of a list of a form has its own in FHIR, and each of those its own in the form.
    fn agree<C: Copy + PartialEq + Debug>(
        form: &Definition,
        list: &str,
        known: &[(&'static str, C)],
        all: &[C],
    ) {
        let here: BTreeSet<String> = known.iter().map(|(code, _)| (*code).to_owned()).collect();
        assert_eq!(here, listed(form, list), "{list}");
        assert_eq!(known.len(), all.len(), "{list}");
        for code in all {
            let back = ours(known, *code).and_then(|code| theirs(known, code));
            assert_eq!(back, Some(*code), "{list}");
        }
    }

    /// A list whose words are the same in both.
    fn same(form: &Definition, list: &str, all: impl Iterator<Item = &'static str>) {
        let here: BTreeSet<String> = all.map(str::to_owned).collect();
        assert_eq!(here, listed(form, list), "{list}");
    }

    #[test]
    fn every_code_of_a_request_has_its_own_in_fhir_and_back() {
        let asks = form(crate::REQUEST);
        agree(&asks, "question", &QUESTIONS, QuestionCode::ALL);
        let serves: Vec<Purpose> = SERVES.iter().map(|(_, purpose)| *purpose).collect();
        agree(&asks, "serves", &SERVES, &serves);
        let urgencies = [Urgency::Routine, Urgency::Emergency];
        agree(&asks, "urgency", &URGENCIES, &urgencies);
        let bases = LegalBasis::ALL.iter().map(|one| one.as_str());
        same(&asks, "basis", bases);
        let consents = ConsentCode::ALL
            .iter()
            .filter(|c| **c != ConsentCode::Sought);
        same(&asks, "consent", consents.map(|one| one.as_str()));
        let reasons = NotSoughtReason::ALL.iter().map(|one| one.as_str());
        same(&asks, "not_sought", reasons);
    }

    #[test]
    fn every_code_of_an_answer_has_its_own_in_fhir_and_back() {
        let answers = form(crate::RESPONSE);
        agree(&answers, "outcome", &OUTCOMES, AnswerCode::ALL);
        let reasons = RefusalCode::ALL.iter().map(|one| one.as_str());
        same(&answers, "reason", reasons);
        let consents = ConsentCode::ALL
            .iter()
            .filter(|c| **c != ConsentCode::Sought);
        same(&answers, "consent", consents.map(|one| one.as_str()));
        for (field, _) in QUESTIONS {
            assert!(answers.field(&format!("risk.{field}")).is_some(), "{field}");
        }
        let (risk, _) = answers.field("risk.known").unwrap();
        assert_eq!(risk.fields.len(), QUESTIONS.len());
        for category in HealthCategory::ALL {
            let known: gateway_core::Category = category.as_str().parse().unwrap();
            assert!(known.is_health());
        }
    }

    #[test]
    fn every_state_of_a_request_is_a_status_of_a_task() {
        for state in [
            HealthState::Requested,
            HealthState::Received,
            HealthState::Accepted,
            HealthState::InProgress,
            HealthState::OnHold,
            HealthState::Completed,
            HealthState::Rejected,
            HealthState::Cancelled,
        ] {
            assert!(State::find(state.as_str()).is_some(), "{state:?}");
        }
    }
}
