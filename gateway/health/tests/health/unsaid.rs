//! What a request or an answer says and the form cannot.

use gateway_core::Purpose;
use gateway_fhir::codes::{ConsentCode, HealthCategory, QuestionCode, Urgency};
use gateway_fhir::model::{Answered, Basis, Consent, Need, Question};
use gateway_fhir::{Answer, Outcome, Request};
use gateway_health::{REQUEST, answer_form, request_form};

use crate::samples::{answer, answer_given, body, request, request_given, response_body};

fn asked() -> Request {
    request(&body(REQUEST, &request_given()))
}

fn answered() -> Answer {
    answer(&answer_given(), &response_body(&answer_given()), &[]).0
}

fn at(outcome: &Outcome) -> Vec<&str> {
    let issues = outcome.issues().iter();
    issues.map(|issue| issue.expression.as_str()).collect()
}

#[test]
fn what_a_request_says_and_the_form_cannot_is_refused_by_name() {
    let request = Request {
        urgency: Urgency::Asap,
        consent: Some(Consent::Sought),
        consent_words: Some("He laughed.".to_owned().into()),
        need: Need {
            purpose: Some(Purpose::Court),
            ..asked().need
        },
        ..asked()
    };
    let outcome = request_form(&request).unwrap_err();
    let places = [
        "Task.reasonCode",
        "Task.input",
        "Task.input",
        "Task.priority",
    ];
    assert_eq!(at(&outcome), places);
    assert!(outcome.to_string().contains("give one of MANAGE, ASSESS"));
    assert!(!outcome.to_string().contains("laughed"));
}

#[test]
fn questions_in_the_senders_own_words_are_asked_below_the_codes() {
    let own = |code, text: &str| Question {
        id: "q".to_owned(),
        code,
        text: text.to_owned().into(),
    };
    let request = Request {
        questions: vec![
            own(QuestionCode::Engagement, "When did he last attend?"),
            own(QuestionCode::Engagement, QuestionCode::Engagement.words()),
        ],
        detail: Some("Since March.".to_owned().into()),
        ..asked()
    };
    let form = request_form(&request).unwrap();
    assert_eq!(form["questions"]["asked"][0], "engagement");
    assert_eq!(
        form["questions"]["detail"],
        "Since March.\nEngagement and attendance: When did he last attend?"
    );
}

#[test]
fn what_an_answer_says_and_the_form_cannot_is_refused_by_name() {
    let answer = Answer {
        basis: Some(Basis {
            consent: Some(ConsentCode::Sought),
            given: None,
            public_interest: None,
        }),
        ..answered()
    };
    assert_eq!(
        at(&answer_form(&answer).unwrap_err()),
        ["Communication.extension"]
    );
}

#[test]
fn answers_to_one_question_are_one_and_what_is_clinical_is_apart() {
    let own = |category, text: &str| Answered {
        question: "q1".to_owned(),
        code: QuestionCode::Medication,
        category,
        text: text.to_owned().into(),
    };
    let answer = Answer {
        answers: vec![
            own(HealthCategory::Risk, "Off it"),
            own(HealthCategory::Risk, "For six weeks"),
            own(HealthCategory::Clinical, "The dose"),
        ],
        answered_by: None,
        ..answered()
    };
    let form = answer_form(&answer).unwrap();
    assert_eq!(form["risk"]["medication"], "Off it\n\nFor six weeks");
    let detail = form["clinical"]["detail"].as_str().unwrap();
    assert!(
        detail.ends_with("effect of relapse on risk: The dose"),
        "{detail}"
    );
    assert!(detail.starts_with("A history of relapse in winter\n\n"));
    assert_eq!(form["answer"]["answered_by"], "Dr A. Example");
}
