//! A health information request: asked, answered or withheld with a reason, passed on, looked at,
//! called back; and its clock.

use gateway_core::event::{Event, EventKind};
use gateway_core::{AgencyKind, ExchangeState, IdentifierKind, Outcome, Role};
use gateway_flow::admin::NewNominal;
use gateway_flow::coordinate::Act;
use gateway_flow::form::FormSent;
use gateway_flow::health::HealthState;
use gateway_flow::submission::Idempotency;
use gateway_flow::{Answer, Caller, FlowError};
use gateway_store::HealthCounts;
use gateway_store::testing::{TestDb, each};
use serde_json::{Value, json};

use crate::dossier::visitor;
use crate::form::pointers;
use crate::world::{World, add_agency, add_person, agency, identifier, outcome, world};

pub const ASKS: &str = "london-probation";
pub const TRUST: &str = "london-mental-health";
pub const OTHER: &str = "kent-mental-health";
pub const UNIT: &str = "london-coordination";

/// A request by reference: the record has the name and the date of birth.
pub fn request() -> Value {
    json!({
        "requester": {"name": "S. Officer", "role": "Offender manager", "phone": "01632 960001"},
        "subject": {"address": "1 Sample Street, Anytown"},
        "mappa": {"category": "1", "level": "2", "lead_agency": "met-police"},
        "need": {"to_whom": ["His former partner: assault"], "why_now": "He has missed his appointments.",
            "serves": "manage", "decision": "Where he may live", "bases": ["s325", "public_interest"]},
        "questions": {"asked": ["engagement", "medication"]},
        "consent": {"sought": "not_sought", "why_not": "danger"},
        "handling": {"urgency": "standard", "readers": ["The meeting"], "retention": "As long as under MAPPA",
            "may_tell": "yes"},
    })
}

pub fn full() -> Value {
    json!({
        "answer": {"outcome": "full", "answered_by": "The single point of contact"},
        "basis": {"clinician": "Dr A. Example", "consent": "not_sought",
            "public_interest": "Serious harm is likely without it"},
        "risk": {"engagement": "Missed three", "medication": "Not collected for six weeks"},
    })
}

pub fn refusal() -> Value {
    json!({"answer": {"outcome": "refused", "reason": "third_party_confidence",
        "reason_words": "It was told in confidence", "answered_by": "The single point of contact"}})
}

pub async fn hospital(db: TestDb) -> World {
    let world = world(db).await;
    add_agency(&world.flow, OTHER, AgencyKind::MentalHealthTrust).await;
    for (at, name, role) in [
        (UNIT, "chair", Role::Chair),
        (TRUST, "clinician", Role::Clinician),
        (TRUST, "nurse", Role::Practitioner),
    ] {
        add_person(&world.flow, at, name, role).await;
    }
    world
}

pub fn asking(world: &World, given: Value) -> FormSent {
    FormSent {
        reference: Some(world.nominal.clone()),
        ..FormSent::new("health-request", given)
    }
}

pub fn answering(request: &str, given: Value) -> FormSent {
    FormSent {
        in_reply_to: Some(request.parse().unwrap()),
        ..FormSent::new("health-response", given)
    }
}

pub async fn sends(world: &World, by: &Caller, sent: FormSent) -> Answer {
    let answer = world.flow.submit_form(by.clone(), sent).await.unwrap();
    world.proved(&answer);
    answer
}

/// What was sent goes to the coordination unit as well, and waits for nobody there.
fn unit_has_a_copy(sent: &Answer) -> bool {
    let cells = sent.matrix.iter();
    let copies: Vec<_> = cells
        .filter(|cell| cell.recipient.as_str() == UNIT)
        .collect();
    !copies.is_empty() && copies.iter().all(|cell| cell.outcome == Outcome::Permit)
}

/// A request from probation to the trust.
pub async fn asked(world: &World) -> String {
    let officer = visitor(world, ASKS, "officer").await;
    let answer = sends(world, &officer, asking(world, request())).await;
    answer.id.unwrap()
}

pub async fn answered(world: &World, id: &str, given: Value) -> Answer {
    let spoc = visitor(world, TRUST, "spoc").await;
    sends(world, &spoc, answering(id, given)).await
}

async fn state(world: &World, at: &str, id: &str) -> HealthState {
    let by = visitor(world, at, "spoc").await;
    world.flow.health_request(&by, id).await.unwrap().state
}

async fn counts(world: &World) -> HealthCounts {
    let coordinator = visitor(world, UNIT, "coordinator").await;
    world.flow.health_counts(&coordinator).await.unwrap()
}

async fn kinds(world: &World) -> Vec<EventKind> {
    let events = crate::reasons::events(world).await;
    let of_health = |event: &Event| event.kind.as_str().starts_with("health-");
    let events = events.into_iter().filter(of_health);
    events.map(|event| event.kind).collect()
}

async fn told(world: &World, at: &str, name: &str) -> Vec<String> {
    let who = visitor(world, at, name).await;
    let told = world.flow.told_to(&who, None, 100).await.unwrap();
    let told = told.into_iter().map(|one| one.kind);
    told.filter(|kind| kind.starts_with("health-")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_asked_opened_accepted_and_answered() {
    for db in each().await {
        let world = hospital(db).await;
        let officer = visitor(&world, ASKS, "officer").await;
        let sent = sends(&world, &officer, asking(&world, request())).await;
        assert_eq!(sent.state, ExchangeState::Released, "{:?}", sent.matrix);
        assert!(unit_has_a_copy(&sent));
        let id = sent.id.unwrap();
        assert_eq!(told(&world, TRUST, "spoc").await, ["health-asked"]);
        let spoc = visitor(&world, TRUST, "spoc").await;
        let listed = world.flow.health_requests(&spoc).await.unwrap();
        assert_eq!(listed.len(), 1);
        assert_eq!(listed[0].state, HealthState::Requested);
        assert_eq!(
            listed[0].due,
            micros("2026-03-09T17:00:00Z"),
            "five working days at level 2"
        );
        // The record's name and birth date were put in: the trust may not have the record.
        let read = world.flow.read_form(&spoc, &id).await.unwrap().unwrap();
        assert!(read.closed.is_empty(), "{:?}", read.closed);
        for path in [
            "subject.name",
            "subject.dob",
            "need.why_now",
            "questions.asked",
        ] {
            assert!(read.body.answer(path).is_some(), "{path}");
        }
        assert_eq!(state(&world, ASKS, &id).await, HealthState::Received);
        world.flow.accept_health_request(&spoc, &id).await.unwrap();
        world.flow.accept_health_request(&spoc, &id).await.unwrap();
        assert_eq!(state(&world, UNIT, &id).await, HealthState::Accepted);

        let answer = answered(&world, &id, full()).await;
        assert_eq!(answer.state, ExchangeState::Released, "{:?}", answer.matrix);
        assert_eq!(
            answer.nominal.as_deref(),
            Some(&*world.nominal),
            "of the same person"
        );
        for to in [ASKS, UNIT] {
            assert_eq!(
                outcome(&answer, to, 1).0,
                Outcome::Permit,
                "what became of it, to {to}"
            );
            assert_eq!(
                outcome(&answer, to, 2).0,
                Outcome::Permit,
                "health, to {to}"
            );
        }
        assert!(outcome(&answer, ASKS, 2).1.contains(&"ISP-15".to_owned()));
        assert_eq!(state(&world, ASKS, &id).await, HealthState::Completed);
        assert_eq!(told(&world, ASKS, "spoc").await, ["health-answered"]);
        let asker = visitor(&world, ASKS, "spoc").await;
        let read = world.flow.read_form(&asker, &answer.id.unwrap()).await;
        let read = read.unwrap().unwrap();
        assert!(
            read.body.answer("risk.medication").is_some(),
            "{:?}",
            read.closed
        );
        assert_eq!(
            kinds(&world).await,
            [
                EventKind::HealthAsked,
                EventKind::HealthAccepted,
                EventKind::HealthAnswered
            ]
        );
        let counts = counts(&world).await;
        assert_eq!((counts.asked, counts.shared, counts.overdue), (1, 1, 0));
        // Nobody else's: neither the lead agency's nor a stranger's.
        let police = visitor(&world, "met-police", "manager").await;
        let none = world.flow.health_request(&police, &id).await;
        assert!(matches!(none, Err(FlowError::NotFound)));
        world.verify().await.unwrap();
    }
}

fn micros(at: &str) -> i64 {
    at.parse::<jiff::Timestamp>().unwrap().as_microsecond()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_has_to_say_why_on_what_and_of_which_one_body() {
    for db in each().await {
        let world = hospital(db).await;
        let officer = visitor(&world, ASKS, "officer").await;
        let mut bare = request();
        for (section, field) in [
            ("need", "why_now"),
            ("need", "bases"),
            ("questions", "asked"),
        ] {
            bare[section].as_object_mut().unwrap().remove(field);
        }
        let refused = world
            .flow
            .submit_form(officer.clone(), asking(&world, bare))
            .await;
        assert_eq!(
            pointers(refused.unwrap_err()),
            [
                "/answers/need/why_now",
                "/answers/need/bases",
                "/answers/questions/asked"
            ]
        );
        let to = |ids: &[&str]| {
            let ids = ids.iter();
            ids.map(|id| gateway_flow::submission::RecipientClaim {
                agency: agency(id),
                person: None,
                reason: None,
            })
            .collect::<Vec<_>>()
        };
        for wrong in [
            to(&[TRUST, OTHER]),
            to(&["southwark-housing", OTHER, TRUST]),
        ] {
            let mut sent = asking(&world, request());
            sent.recipients = wrong;
            let refused = world.flow.submit_form(officer.clone(), sent).await;
            assert_eq!(pointers(refused.unwrap_err()), ["/recipients"]);
        }
        // A trust without a part in the case is no stranger while it is asked (ISP-14, ISP-41).
        let mut sent = asking(&world, request());
        sent.recipients = to(&[OTHER]);
        let sent = sends(&world, &officer, sent).await;
        assert_eq!(sent.state, ExchangeState::Released);
        let items = sent
            .matrix
            .iter()
            .filter(|cell| cell.recipient.as_str() == OTHER);
        for cell in items {
            let rules: Vec<&str> = cell.rules.iter().map(|hit| hit.rule.as_str()).collect();
            assert_eq!(rules, ["ISP-14"], "item {}", cell.item);
        }
        // Nor does a housing officer ask.
        let housing = visitor(&world, "southwark-housing", "officer").await;
        let refused = world
            .flow
            .submit_form(housing, asking(&world, request()))
            .await;
        assert!(matches!(refused, Err(FlowError::Forbidden(_))));
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_goes_to_the_guardian_and_the_chair_and_counts() {
    for db in each().await {
        let world = hospital(db).await;
        let id = asked(&world).await;
        let mut silent = refusal();
        silent["answer"].as_object_mut().unwrap().remove("reason");
        let spoc = visitor(&world, TRUST, "spoc").await;
        let refused = world
            .flow
            .submit_form(spoc.clone(), answering(&id, silent))
            .await;
        assert_eq!(
            pointers(refused.unwrap_err()),
            ["/answers/answer/reason"],
            "ISP-18"
        );

        let answer = answered(&world, &id, refusal()).await;
        assert_eq!(outcome(&answer, ASKS, 1).0, Outcome::Permit);
        assert_eq!(state(&world, ASKS, &id).await, HealthState::Rejected);
        assert_eq!(told(&world, TRUST, "guardian").await, ["health-review"]);
        assert_eq!(told(&world, UNIT, "coordinator").await, ["health-refused"]);
        let guardian = visitor(&world, TRUST, "guardian").await;
        let chair = visitor(&world, UNIT, "chair").await;
        let look = |by: &Caller, stands, words: &'static str| {
            let (flow, by, id) = (world.flow.clone(), by.clone(), id.clone());
            async move { flow.review_refusal(&by, &id, stands, words).await }
        };
        assert!(matches!(
            look(&chair, true, "too early").await,
            Err(FlowError::NotFound)
        ));
        assert!(matches!(
            look(&spoc, true, "own work").await,
            Err(FlowError::Forbidden(_))
        ));
        assert_eq!(
            pointers(look(&guardian, true, " ").await.unwrap_err()),
            ["/reasons"]
        );
        let upheld = look(&guardian, true, "It is another's secret")
            .await
            .unwrap();
        assert_eq!(upheld.stage.as_deref(), Some("chair"));
        assert_eq!(told(&world, UNIT, "chair").await, ["health-review"]);
        let again = look(&chair, false, "The court will ask").await.unwrap();
        assert_eq!(again.state, HealthState::Accepted, "asked again");
        assert_eq!(again.steps.len(), 2);
        assert_eq!(
            again.steps[0].words.as_deref(),
            Some("It is another's secret")
        );

        // That more is to come makes a refusal no less of one.
        let mut more = refusal();
        more["answer"]["interim"] = json!(true);
        answered(&world, &id, more).await;
        look(&guardian, true, "Still so").await.unwrap();
        let noted = look(&chair, true, "Noted").await.unwrap();
        assert_eq!((noted.stage, noted.state), (None, HealthState::Rejected));
        assert!(matches!(
            look(&chair, true, "x").await,
            Err(FlowError::Conflict(_))
        ));
        let counts = counts(&world).await;
        assert_eq!((counts.asked, counts.refused, counts.withheld), (1, 1, 1));
        let kinds = kinds(&world).await;
        for kind in [
            EventKind::HealthRefused,
            EventKind::HealthUpheld,
            EventKind::HealthReopened,
            EventKind::HealthClosed,
        ] {
            assert!(kinds.contains(&kind), "{kind}");
        }
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_is_reminded_of_then_late_and_a_refusal_that_nobody_looks_at_goes_on() {
    for db in each().await {
        let world = hospital(db).await;
        let id = asked(&world).await;
        world.flow.tick().await.unwrap();
        assert_eq!(kinds(&world).await, [EventKind::HealthAsked]);
        world.at("2026-03-06T17:00:00Z");
        world.flow.tick().await.unwrap();
        world.flow.tick().await.unwrap();
        assert_eq!(
            kinds(&world).await,
            [EventKind::HealthAsked, EventKind::HealthReminded]
        );
        world.at("2026-03-09T17:00:01Z");
        world.flow.tick().await.unwrap();
        world.flow.tick().await.unwrap();
        assert_eq!(kinds(&world).await[2..], [EventKind::HealthLate]);
        assert_eq!(
            told(&world, TRUST, "spoc").await,
            ["health-late", "health-reminded", "health-asked"]
        );
        for (at, name) in [(UNIT, "coordinator"), (ASKS, "spoc")] {
            assert_eq!(told(&world, at, name).await, ["health-overdue"], "{at}");
        }
        assert_eq!(counts(&world).await.overdue, 1);
        answered(&world, &id, refusal()).await;
        world.at("2026-03-11T17:00:01Z");
        world.flow.tick().await.unwrap();
        world.flow.tick().await.unwrap();
        let coordinator = visitor(&world, UNIT, "coordinator").await;
        let view = world.flow.health_request(&coordinator, &id).await.unwrap();
        assert!(view.late);
        assert_eq!(view.stage.as_deref(), Some("chair"));
        assert_eq!(
            counts(&world).await.overdue,
            0,
            "a late answer is an answer"
        );
        let ends = kinds(&world).await;
        assert_eq!(
            ends[3..],
            [EventKind::HealthRefused, EventKind::HealthEscalated]
        );
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_goes_on_to_the_body_that_has_it() {
    for db in each().await {
        let world = hospital(db).await;
        let id = asked(&world).await;
        let passed = |to: &str| {
            json!({"answer": {"outcome": "redirected", "redirected_to": to,
            "answered_by": "The single point of contact"}})
        };
        let spoc = visitor(&world, TRUST, "spoc").await;
        for wrong in [TRUST, "southwark-housing", "nobody-at-all"] {
            let refused = world
                .flow
                .submit_form(spoc.clone(), answering(&id, passed(wrong)))
                .await;
            assert_eq!(
                pointers(refused.unwrap_err()),
                ["/answers/answer/redirected_to"],
                "{wrong}"
            );
        }
        let to = format!("nurse@{TRUST}.example");
        let given = world
            .flow
            .give_question(&spoc, &id, "medication", &to)
            .await;
        let task = given.unwrap()[0].id.clone();
        answered(&world, &id, passed(OTHER)).await;
        assert_eq!(told(&world, OTHER, "spoc").await, ["health-asked"]);
        let other = visitor(&world, OTHER, "spoc").await;
        let read = world.flow.read_form(&other, &id).await.unwrap().unwrap();
        assert!(
            read.body.answer("subject.name").is_some(),
            "{:?}",
            read.closed
        );
        let view = world.flow.health_request(&other, &id).await.unwrap();
        assert_eq!(
            (view.holder.as_str(), view.state),
            (OTHER, HealthState::Received)
        );
        assert_eq!(view.steps[0].kind, "redirected");
        // The first is not asked any more, nor are its people.
        let nurse = visitor(&world, TRUST, "nurse").await;
        assert!(world.flow.own_questions(&nurse).await.unwrap().is_empty());
        let sign = world.flow.sign_answer(&nurse, &task, "Too late").await;
        assert!(matches!(sign, Err(FlowError::Conflict(_))), "{sign:?}");
        let late = world.flow.submit_form(spoc, answering(&id, full())).await;
        assert_eq!(pointers(late.unwrap_err()), ["/in_reply_to"]);
        let asker = told(&world, ASKS, "spoc").await;
        assert_eq!(asker, ["health-redirected"]);
        let answer = sends(&world, &other, answering(&id, full())).await;
        assert_eq!(outcome(&answer, ASKS, 2).0, Outcome::Permit);
        assert_eq!(state(&world, UNIT, &id).await, HealthState::Completed);
        let kinds = kinds(&world).await;
        assert!(kinds.contains(&EventKind::HealthRedirected), "{kinds:?}");
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_question_is_answered_and_signed_by_a_colleague() {
    for db in each().await {
        let world = hospital(db).await;
        let id = asked(&world).await;
        let (spoc, nurse) = (
            visitor(&world, TRUST, "spoc").await,
            visitor(&world, TRUST, "nurse").await,
        );
        let clinician = visitor(&world, TRUST, "clinician").await;
        let give = |question: &'static str, to: &str| {
            let (flow, by, id) = (world.flow.clone(), spoc.clone(), id.clone());
            let to = format!("{to}@{TRUST}.example");
            async move { flow.give_question(&by, &id, question, &to).await }
        };
        for never_asked in ["gossip", "diagnosis"] {
            assert_eq!(
                pointers(give(never_asked, "nurse").await.unwrap_err()),
                ["/question"],
                "{never_asked}"
            );
        }
        assert_eq!(
            pointers(give("medication", "nobody").await.unwrap_err()),
            ["/person"]
        );
        let refused = world
            .flow
            .give_question(&nurse, &id, "medication", "x")
            .await;
        assert!(matches!(refused, Err(FlowError::Forbidden(_))));
        give("medication", "nurse").await.unwrap();
        let given = give("medication", "clinician").await.unwrap();
        assert_eq!(given.len(), 1, "given to another, it is one question");
        give("engagement", "nurse").await.unwrap();
        let waits = world.flow.own_questions(&clinician).await.unwrap();
        assert_eq!(waits.len(), 1);
        let task = &waits[0].id;
        let not_theirs = world.flow.sign_answer(&nurse, task, "x").await;
        assert!(matches!(not_theirs, Err(FlowError::NotFound)));
        let signed = world
            .flow
            .sign_answer(&clinician, task, "Not collected")
            .await
            .unwrap();
        assert!(signed.signed.is_some());
        let twice = world.flow.sign_answer(&clinician, task, "Otherwise").await;
        assert!(matches!(twice, Err(FlowError::Conflict(_))));
        let gathered = world.flow.gathered(&spoc, &id).await.unwrap();
        assert_eq!(gathered.len(), 1);
        assert_eq!(gathered[0].answer, "Not collected");
        assert_eq!(
            gathered[0].signed_by.as_deref(),
            Some("Synthetic clinician")
        );
        // It stays within the trust.
        let asker = visitor(&world, ASKS, "spoc").await;
        for none in [
            world.flow.gathered(&asker, &id).await.map(|_| ()),
            world.flow.given_questions(&asker, &id).await.map(|_| ()),
        ] {
            assert!(matches!(none, Err(FlowError::NotFound)));
        }
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_about_the_wrong_patient_is_called_back_and_asked_for_again() {
    for db in each().await {
        let world = hospital(db).await;
        let id = asked(&world).await;
        let spoc = visitor(&world, TRUST, "spoc").await;
        let none = world.flow.wrong_patient(&spoc, &id, "not him").await;
        assert!(matches!(none, Err(FlowError::Conflict(_))));
        let answer = answered(&world, &id, full()).await.id.unwrap();
        let asker = visitor(&world, ASKS, "spoc").await;
        world
            .flow
            .read_form(&asker, &answer)
            .await
            .unwrap()
            .unwrap();
        let twice = world
            .flow
            .submit_form(spoc.clone(), answering(&id, full()))
            .await;
        assert_eq!(
            pointers(twice.unwrap_err()),
            ["/in_reply_to"],
            "it has been answered"
        );
        let view = world
            .flow
            .wrong_patient(&spoc, &id, "Another of that name")
            .await
            .unwrap();
        assert_eq!((view.state, view.answer), (HealthState::Accepted, None));
        let told = told(&world, ASKS, "spoc").await;
        assert_eq!(told[0], "health-wrong-patient", "{told:?}");
        let read = world
            .flow
            .read_form(&asker, &answer)
            .await
            .unwrap()
            .unwrap();
        assert!(!read.closed.is_empty() && read.body.answer("risk.medication").is_none());
        answered(&world, &id, full()).await;
        assert_eq!(state(&world, ASKS, &id).await, HealthState::Completed);
        assert!(kinds(&world).await.contains(&EventKind::HealthWrongPatient));
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_answered_that_was_taken_back_and_more_may_come_later() {
    for db in each().await {
        let world = hospital(db).await;
        let id = asked(&world).await;
        let mut first = full();
        first["answer"]["interim"] = json!(true);
        answered(&world, &id, first).await;
        assert_eq!(state(&world, ASKS, &id).await, HealthState::InProgress);
        let mut rest = full();
        rest["clinical"] = json!({"detail": "What the ward wrote"});
        let answer = answered(&world, &id, rest).await;
        let clinical = answer
            .matrix
            .iter()
            .find(|cell| cell.outcome == Outcome::Hold);
        let clinical = clinical.expect("the clinical part waits");
        assert_eq!(clinical.reviewers[0].role, Role::Caldicott);
        assert_eq!(state(&world, ASKS, &id).await, HealthState::OnHold);

        let officer = visitor(&world, ASKS, "officer").await;
        let second = asked(&world).await;
        world
            .flow
            .withdraw_exchange(&officer, &second, "Asked twice")
            .await
            .unwrap();
        assert_eq!(state(&world, TRUST, &second).await, HealthState::Cancelled);
        let spoc = visitor(&world, TRUST, "spoc").await;
        let late = world
            .flow
            .submit_form(spoc.clone(), answering(&second, full()))
            .await;
        assert_eq!(pointers(late.unwrap_err()), ["/in_reply_to"]);
        let nothing = FormSent::new("health-response", full());
        let nothing = world.flow.submit_form(spoc, nothing).await;
        assert_eq!(pointers(nothing.unwrap_err()), ["/in_reply_to"]);
        let counts = counts(&world).await;
        assert_eq!(
            (counts.asked, counts.shared),
            (1, 1),
            "what was taken back does not count"
        );
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_goes_with_a_record_that_is_joined_to_another() {
    for db in each().await {
        let world = hospital(db).await;
        let name = identifier(IdentifierKind::Name, "Daniel Marlow-Test");
        let born = identifier(IdentifierKind::Dob, "1980-02-01");
        let twin = NewNominal {
            area: "london".to_owned(),
            identifiers: vec![name, born],
            level: 2,
            category: 1,
            lead_agency: Some(agency(ASKS)),
            trust: Some(agency(TRUST)),
            partners: vec![agency(TRUST)],
            custody: None,
            gp: None,
        };
        let twin = world.flow.add_nominal(twin).await.unwrap();
        let officer = visitor(&world, ASKS, "officer").await;
        let mut sent = asking(&world, request());
        sent.reference = Some(twin.clone());
        let id = sends(&world, &officer, sent).await.id.unwrap();
        let unit = visitor(&world, UNIT, "coordinator").await;
        let act = Act {
            id: world.flow.act_id(),
            reasons: "they are one person".to_owned(),
        };
        world
            .flow
            .merge_nominals(&unit, &twin, &world.nominal, &act)
            .await
            .unwrap();
        let view = world.flow.health_request(&unit, &id).await.unwrap();
        assert_eq!(view.nominal, world.nominal);
        let answer = answered(&world, &id, full()).await;
        assert_eq!(answer.nominal.as_deref(), Some(&*world.nominal));
        assert_eq!(state(&world, ASKS, &id).await, HealthState::Completed);
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correction_may_say_that_another_body_has_it_and_two_answers_at_once_are_one() {
    for db in each().await {
        let world = hospital(db).await;
        let id = asked(&world).await;
        let spoc = visitor(&world, TRUST, "spoc").await;
        let keyed = |key: &str| FormSent {
            idempotency: Some(Idempotency {
                key: key.to_owned(),
                request: key.to_owned(),
            }),
            ..answering(&id, full())
        };
        let (one, other) = tokio::join!(
            world.flow.submit_form(spoc.clone(), keyed("one")),
            world.flow.submit_form(spoc.clone(), keyed("other")),
        );
        let (first, late) = match (one, other) {
            (Ok(first), Err(late)) | (Err(late), Ok(first)) => (first, late),
            both => panic!("one of two: {both:?}"),
        };
        let said = format!("{late:?}");
        assert!(said.contains("answered"), "{said}");
        let mut wrong = answering(
            &id,
            json!({"answer": {"outcome": "redirected", "redirected_to": OTHER,
                "answered_by": "The single point of contact"}}),
        );
        wrong.corrects = Some(first.id.unwrap().parse().unwrap());
        sends(&world, &spoc, wrong).await;
        let unit = visitor(&world, UNIT, "coordinator").await;
        let view = world.flow.health_request(&unit, &id).await.unwrap();
        assert_eq!((view.holder.as_str(), view.outcome), (OTHER, None));
        assert_eq!(view.state, HealthState::Requested, "it waits again");
        let next = visitor(&world, OTHER, "spoc").await;
        sends(&world, &next, answering(&id, full())).await;
        assert_eq!(state(&world, UNIT, &id).await, HealthState::Completed);
        world.verify().await.unwrap();
    }
}
