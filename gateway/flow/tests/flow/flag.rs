//! A hospital flag: set at an acute trust with as little as will do, answered when the person comes,
//! renewed, over when it is ended, when its review passes or the level falls, and cleared.

use gateway_core::event::{Event, EventKind};
use gateway_core::{AgencyKind, Category, ExchangeState, Outcome, Purpose, Role};
use gateway_flow::admin::NominalChange;
use gateway_flow::flag::{FlagState, FlagView};
use gateway_flow::form::FormSent;
use gateway_flow::submission::RecipientClaim;
use gateway_flow::{Answer, Caller, FlowError};
use gateway_store::testing::{TestDb, each};
use serde_json::{Value, json};

use crate::dossier::visitor;
use crate::form::pointers;
use crate::world::{World, add_agency, add_person, agency, item, letter, outcome, world};

pub const SETS: &str = "london-probation";
const LEADS: &str = "met-police";
const TRUST: &str = "bridge-acute";
const UNIT: &str = "london-coordination";

pub fn flag() -> Value {
    json!({
        "alert": {"serves": "staff", "text": "May become aggressive when he is kept waiting"},
        "attending": {"staff_do": "Two members of staff see him"},
        "contact": {"who": "S. Officer, offender manager", "phone": "01632 960001", "hours": "Day and night"},
        "decision": {"decided_on": "2026-02-26", "review_on": "2026-06-01"},
    })
}

fn came() -> Value {
    json!({
        "attendance": {"who": "person", "day": "2026-03-02", "time": "14:30", "place": "Emergency department", "still": "yes"},
        "contact": {"who": "Sister R. Example", "phone": "01632 960003"},
        "safety": {"words": "He is calm"},
    })
}

async fn acute(db: TestDb) -> World {
    let world = world(db).await;
    add_agency(&world.flow, TRUST, AgencyKind::Health).await;
    add_person(&world.flow, TRUST, "nurse", Role::Practitioner).await;
    world
}

pub fn to(id: &str) -> Vec<RecipientClaim> {
    vec![RecipientClaim {
        agency: agency(id),
        person: None,
        reason: None,
    }]
}

fn setting(world: &World, given: Value) -> FormSent {
    FormSent {
        reference: Some(world.nominal.clone()),
        recipients: to(TRUST),
        ..FormSent::new("hospital-flag", given)
    }
}

fn attending(flag: &str) -> FormSent {
    FormSent {
        in_reply_to: Some(flag.parse().unwrap()),
        ..FormSent::new("hospital-attendance", came())
    }
}

async fn sends(world: &World, by: &Caller, sent: FormSent) -> Answer {
    let answer = world.flow.submit_form(by.clone(), sent).await.unwrap();
    world.proved(&answer);
    answer
}

async fn set(world: &World) -> String {
    let officer = visitor(world, SETS, "officer").await;
    let answer = sends(world, &officer, setting(world, flag())).await;
    assert_eq!(answer.state, ExchangeState::Released, "{:?}", answer.matrix);
    answer.id.unwrap()
}

async fn refused(world: &World, sent: FormSent) -> FlowError {
    let officer = visitor(world, SETS, "officer").await;
    world.flow.submit_form(officer, sent).await.unwrap_err()
}

pub async fn view(world: &World, at: &str, id: &str) -> FlagView {
    let by = visitor(world, at, "spoc").await;
    world.flow.hospital_flag(&by, id).await.unwrap()
}

async fn state(world: &World, id: &str) -> FlagState {
    view(world, SETS, id).await.state
}

async fn kinds(world: &World) -> Vec<EventKind> {
    let events = crate::reasons::events(world).await.into_iter();
    let of_flags = events.filter(|event: &Event| event.kind.as_str().starts_with("flag-"));
    of_flags.map(|event| event.kind).collect()
}

pub async fn told(world: &World, at: &str, name: &str) -> Vec<String> {
    let who = visitor(world, at, name).await;
    let told = world.flow.told_to(&who, None, 100).await.unwrap();
    let told = told.into_iter().map(|one| one.kind);
    told.filter(|kind| kind.starts_with("flag-")).collect()
}

fn rules(answer: &Answer) -> Vec<(&str, Vec<&str>)> {
    let cells = answer.matrix.iter();
    cells
        .map(|cell| {
            let rules = cell.rules.iter().map(|hit| hit.rule.as_str());
            (cell.recipient.as_str(), rules.collect())
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trust_is_told_as_little_as_will_do_and_nobody_else_is() {
    for db in each().await {
        let world = acute(db).await;
        let officer = visitor(&world, SETS, "officer").await;
        let sent = sends(&world, &officer, setting(&world, flag())).await;
        assert_eq!(sent.state, ExchangeState::Released, "{:?}", sent.matrix);
        // Who the person is and whom to call; and what staff need: two items, to the trust alone.
        assert_eq!(
            rules(&sent),
            [(TRUST, vec!["ISP-33"]), (TRUST, vec!["ISP-33"])]
        );
        let terms: Vec<String> = sent.matrix[0]
            .obligations
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(terms, ["EXPIRE(review)", "NOTIFY(coordinator)"]);
        let id = sent.id.unwrap();
        let nurse = visitor(&world, TRUST, "nurse").await;
        let read = world.flow.read_form(&nurse, &id).await.unwrap().unwrap();
        assert!(read.closed.is_empty(), "{:?}", read.closed);
        for path in ["person.name", "person.dob", "alert.text", "contact.phone"] {
            assert!(read.body.answer(path).is_some(), "{path}");
        }
        let got = view(&world, TRUST, &id).await;
        assert_eq!((got.state, &*got.review_on), (FlagState::Set, "2026-06-01"));
        // The trust has the flag, and no record of the person.
        let record = world.flow.nominal(&nurse, &world.nominal).await;
        assert!(matches!(
            record,
            Err(FlowError::NotFound | FlowError::Forbidden(_))
        ));
        // Set by, led by, overseen by: to others it is not there.
        for at in [SETS, LEADS, UNIT] {
            assert_eq!(view(&world, at, &id).await.state, FlagState::Set, "{at}");
        }
        for at in [
            "southwark-housing",
            "london-mental-health",
            "capital-tagging",
        ] {
            let other = visitor(&world, at, "spoc").await;
            let none = world.flow.hospital_flag(&other, &id).await;
            assert!(matches!(none, Err(FlowError::NotFound)), "{at}");
            assert!(world.flow.hospital_flags(&other).await.unwrap().is_empty());
            let ended = world.flow.end_hospital_flag(&other, &id, "because").await;
            assert!(matches!(ended, Err(FlowError::NotFound)), "{at}");
            let cleared = world.flow.clear_hospital_flag(&other, &id).await;
            assert!(matches!(cleared, Err(FlowError::NotFound)), "{at}");
        }
        assert_eq!(kinds(&world).await, [EventKind::FlagSet]);
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flag_says_when_it_is_reviewed_and_which_meeting_decided_it() {
    for db in each().await {
        let world = acute(db).await;
        for (decided, review, wrong) in [
            ("2026-03-03", "2026-06-01", "decided_on"),
            ("2026-02-26", "2026-03-02", "review_on"),
            ("2026-02-26", "2026-09-03", "review_on"),
        ] {
            let mut given = flag();
            given["decision"] = json!({"decided_on": decided, "review_on": review});
            let error = refused(&world, setting(&world, given)).await;
            assert_eq!(pointers(error), [format!("/answers/decision/{wrong}")]);
        }
        let mut far = flag();
        far["decision"]["review_on"] = "2027-03-02".into();
        let FlowError::Invalid(faults) = refused(&world, setting(&world, far)).await else {
            panic!("it is taken")
        };
        assert_eq!(
            faults[0].detail,
            "is more than 6 months away: give 2 September 2026 or a day before it"
        );
        let mut silent = flag();
        silent.as_object_mut().unwrap().remove("decision");
        let error = refused(&world, setting(&world, silent)).await;
        let missing = pointers(error);
        assert_eq!(
            missing,
            [
                "/answers/decision/decided_on",
                "/answers/decision/review_on"
            ]
        );
        let mut last = flag();
        last["decision"]["review_on"] = "2026-09-02".into();
        let officer = visitor(&world, SETS, "officer").await;
        sends(&world, &officer, setting(&world, last)).await;
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flag_goes_to_one_acute_trust_about_somebody_of_level_2_or_3() {
    for db in each().await {
        let world = acute(db).await;
        for wrong in [Vec::new(), [to(TRUST), to("southwark-housing")].concat()] {
            let mut sent = setting(&world, flag());
            sent.recipients = wrong;
            assert_eq!(pointers(refused(&world, sent).await), ["/recipients"]);
        }
        for other in ["london-mental-health", "southwark-housing"] {
            let mut sent = setting(&world, flag());
            sent.recipients = to(other);
            assert_eq!(pointers(refused(&world, sent).await), ["/recipients/0"]);
        }
        let housing = visitor(&world, "southwark-housing", "officer").await;
        let theirs = world
            .flow
            .submit_form(housing, setting(&world, flag()))
            .await;
        assert!(matches!(theirs, Err(FlowError::Forbidden(_))));
        // A note of the same words that is no flag waits for the coordinator (ISP-41).
        let note = letter()
            .purpose(Purpose::StaffSafety)
            .to(TRUST)
            .item(item("Note", Category::Risk, None), "May become aggressive");
        let note = world.send(SETS, Some("officer"), note).await;
        assert_eq!(outcome(&note, TRUST, 1).0, Outcome::Hold);
        // For another purpose than safety it is not a flag's to be sent.
        let mut sent = setting(&world, flag());
        sent.purpose = Some(Purpose::Care);
        let officer = visitor(&world, SETS, "officer").await;
        let held = sends(&world, &officer, sent).await;
        assert_eq!(held.state, ExchangeState::Held, "{:?}", held.matrix);
        let id = held.id.unwrap();
        assert_eq!(state(&world, &id).await, FlagState::Waiting);
        let spoc = visitor(&world, TRUST, "spoc").await;
        let unseen = world.flow.hospital_flag(&spoc, &id).await;
        assert!(
            matches!(unseen, Err(FlowError::NotFound)),
            "it has none yet"
        );
        let ended = world
            .flow
            .end_hospital_flag(&officer, &id, "sent for the wrong purpose")
            .await
            .unwrap();
        assert_eq!(ended.state, FlagState::Ended, "nothing is to be cleared");
        assert!(
            world
                .holds(UNIT)
                .await
                .iter()
                .all(|hold| hold.exchange != id)
        );
        let lower = NominalChange::Level(1, "the risk is lower".to_owned());
        world.change(lower).await;
        let FlowError::Invalid(faults) = refused(&world, setting(&world, flag())).await else {
            panic!("it is taken")
        };
        assert_eq!(faults[0].pointer, "/nominal/ref");
        assert!(faults[0].detail.contains("not managed at level 2 or 3"));
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn that_the_person_came_is_told_at_once_to_those_who_are_owed_it() {
    for db in each().await {
        let world = acute(db).await;
        let id = set(&world).await;
        let nurse = visitor(&world, TRUST, "nurse").await;
        let said = sends(&world, &nurse, attending(&id)).await;
        assert_eq!(said.state, ExchangeState::Released, "{:?}", said.matrix);
        assert_eq!(said.nominal.as_deref(), Some(&*world.nominal));
        let mut readers: Vec<&str> = said.matrix.iter().map(|c| c.recipient.as_str()).collect();
        readers.sort_unstable();
        readers.dedup();
        assert_eq!(readers, [UNIT, SETS, LEADS]);
        for cell in &said.matrix {
            let mut rules = cell.rules.iter();
            assert!(rules.any(|hit| hit.rule == "ISP-33"), "{:?}", cell.rules);
        }
        let officer = visitor(&world, SETS, "officer").await;
        let attendance = said.id.unwrap();
        let read = world.flow.read_form(&officer, &attendance).await;
        let read = read.unwrap().unwrap();
        for path in ["attendance.place", "attendance.who", "safety.words"] {
            assert!(read.body.answer(path).is_some(), "{path}");
        }
        // The single points of contact, the coordinator, and the person who set it.
        for (at, name) in [
            (SETS, "spoc"),
            (SETS, "officer"),
            (LEADS, "spoc"),
            (UNIT, "coordinator"),
        ] {
            assert_eq!(
                told(&world, at, name).await,
                ["flag-attended"],
                "{at} {name}"
            );
        }
        assert!(told(&world, TRUST, "spoc").await.is_empty());
        let seen = view(&world, SETS, &id).await;
        let steps: Vec<_> = seen
            .steps
            .iter()
            .map(|step| (step.kind.as_str(), step.other.as_deref()))
            .collect();
        assert_eq!(steps, [("attended", Some(&*attendance))]);
        // Nobody else's flag is answered, and none without naming it.
        let mut unnamed = attending(&id);
        unnamed.in_reply_to = None;
        let error = world.flow.submit_form(nurse.clone(), unnamed).await;
        assert_eq!(pointers(error.unwrap_err()), ["/in_reply_to"]);
        add_agency(&world.flow, "kent-acute", AgencyKind::Health).await;
        let other = visitor(&world, "kent-acute", "spoc").await;
        let error = world.flow.submit_form(other, attending(&id)).await;
        assert_eq!(pointers(error.unwrap_err()), ["/in_reply_to"]);
        let mut early = attending(&id);
        early.given["attendance"]["day"] = "2026-03-03".into();
        let error = world.flow.submit_form(nurse, early).await;
        assert_eq!(pointers(error.unwrap_err()), ["/answers/attendance/day"]);
        assert_eq!(
            kinds(&world).await,
            [EventKind::FlagSet, EventKind::FlagAttended]
        );
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flag_lapses_at_its_review_and_the_trust_clears_it() {
    for db in each().await {
        let world = acute(db).await;
        let id = set(&world).await;
        let spoc = visitor(&world, TRUST, "spoc").await;
        let still = world.flow.clear_hospital_flag(&spoc, &id).await;
        assert!(matches!(still, Err(FlowError::Conflict(_))));
        // Ten working days before, Easter and the bank holiday of May between.
        world.at("2026-05-15T17:00:00Z");
        for _ in 0..2 {
            world.flow.tick().await.unwrap();
        }
        assert_eq!(told(&world, SETS, "spoc").await, ["flag-reminded"]);
        assert_eq!(told(&world, SETS, "officer").await, ["flag-reminded"]);
        // It holds to the end of its last day in London, and not a moment longer.
        world.at("2026-06-01T22:59:59Z");
        world.flow.tick().await.unwrap();
        assert!(
            world
                .flow
                .read_form(&spoc, &id)
                .await
                .unwrap()
                .unwrap()
                .closed
                .is_empty()
        );
        assert_eq!(state(&world, &id).await, FlagState::Set);
        world.at("2026-06-01T23:00:00Z");
        for _ in 0..2 {
            world.flow.tick().await.unwrap();
        }
        let seen = view(&world, TRUST, &id).await;
        assert_eq!(seen.state, FlagState::ToClear);
        assert_eq!(seen.why.as_deref(), Some("lapsed"));
        assert_eq!(told(&world, TRUST, "spoc").await, ["flag-clear"]);
        assert_eq!(
            told(&world, SETS, "officer").await,
            ["flag-lapsed", "flag-reminded"]
        );
        let text = world.text(TRUST, Some("spoc"), &id, 1).await;
        assert!(matches!(text, Err(FlowError::Forbidden(_))), "{text:?}");
        let late = world.flow.submit_form(spoc.clone(), attending(&id)).await;
        assert_eq!(pointers(late.unwrap_err()), ["/in_reply_to"]);
        // Two working days: the coordinator is told, once.
        world.at("2026-06-04T16:00:01Z");
        for _ in 0..2 {
            world.flow.tick().await.unwrap();
        }
        let unit = told(&world, UNIT, "coordinator").await;
        assert_eq!(unit, ["flag-uncleared", "flag-lapsed"]);
        for _ in 0..2 {
            let cleared = world.flow.clear_hospital_flag(&spoc, &id).await.unwrap();
            assert_eq!(cleared.state, FlagState::Cleared);
        }
        assert_eq!(
            kinds(&world).await,
            [
                EventKind::FlagSet,
                EventKind::FlagReminded,
                EventKind::FlagLapsed,
                EventKind::FlagUncleared,
                EventKind::FlagCleared
            ]
        );
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flag_is_ended_by_whoever_set_it_or_the_coordinator_with_reasons() {
    for db in each().await {
        let world = acute(db).await;
        let id = set(&world).await;
        let officer = visitor(&world, SETS, "officer").await;
        let coordinator = visitor(&world, UNIT, "coordinator").await;
        let (nurse, lead) = (
            visitor(&world, TRUST, "nurse").await,
            visitor(&world, LEADS, "manager").await,
        );
        for other in [&nurse, &lead] {
            let ended = world.flow.end_hospital_flag(other, &id, "because").await;
            assert!(matches!(ended, Err(FlowError::Forbidden(_))), "{ended:?}");
        }
        let vlo = visitor(&world, UNIT, "vlo").await;
        let ended = world.flow.end_hospital_flag(&vlo, &id, "because").await;
        assert!(matches!(ended, Err(FlowError::Forbidden(_))), "{ended:?}");
        let silent = world.flow.end_hospital_flag(&officer, &id, "  ").await;
        assert_eq!(pointers(silent.unwrap_err()), ["/reasons"]);
        let why = "the meeting of today decided that it is not needed";
        let ended = world
            .flow
            .end_hospital_flag(&coordinator, &id, why)
            .await
            .unwrap();
        assert_eq!(ended.state, FlagState::ToClear);
        assert_eq!(ended.steps[0].words.as_deref(), Some(why));
        let again = world.flow.end_hospital_flag(&officer, &id, why).await;
        assert!(matches!(again, Err(FlowError::Conflict(_))));
        // The trust learns that it is over, and not why.
        let theirs = view(&world, TRUST, &id).await;
        assert_eq!(theirs.steps[0].words, None);
        assert_eq!(told(&world, SETS, "spoc").await, ["flag-ended"]);
        assert!(told(&world, UNIT, "coordinator").await.is_empty());
        assert!(world.text(TRUST, Some("nurse"), &id, 1).await.is_err());
        world.flow.clear_hospital_flag(&nurse, &id).await.unwrap();
        assert_eq!(state(&world, &id).await, FlagState::Cleared);
        // Another may be set now.
        let second = set(&world).await;
        let taken = world
            .flow
            .withdraw_exchange(&officer, &second, "another person")
            .await;
        taken.unwrap();
        let seen = view(&world, SETS, &second).await;
        assert_eq!(
            (seen.state, seen.why.as_deref()),
            (FlagState::ToClear, Some("withdrawn"))
        );
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flag_is_renewed_by_another_that_goes_on_from_it() {
    for db in each().await {
        let world = acute(db).await;
        let id = set(&world).await;
        let beside = refused(&world, setting(&world, flag())).await;
        assert_eq!(pointers(beside), ["/after"]);
        let mut next = flag();
        next["decision"] = json!({"decided_on": "2026-03-02", "review_on": "2026-08-31"});
        let officer = visitor(&world, SETS, "officer").await;
        let renewing = FormSent {
            after: Some(id.parse().unwrap()),
            recipients: Vec::new(),
            ..setting(&world, next)
        };
        let renewed = sends(&world, &officer, renewing).await;
        assert_eq!(
            renewed.state,
            ExchangeState::Released,
            "{:?}",
            renewed.matrix
        );
        let second = renewed.id.unwrap();
        let first = view(&world, TRUST, &id).await;
        assert_eq!(first.state, FlagState::Renewed);
        assert_eq!(first.steps[0].other.as_deref(), Some(&*second));
        let now = view(&world, TRUST, &second).await;
        assert_eq!(now.state, FlagState::Set);
        assert_eq!(now.follows.as_deref(), Some(&*id));
        assert!(world.text(TRUST, Some("nurse"), &id, 1).await.is_err());
        world.text(TRUST, Some("nurse"), &second, 1).await.unwrap();
        assert!(
            told(&world, TRUST, "spoc").await.is_empty(),
            "nothing is to be cleared"
        );
        let clear = visitor(&world, TRUST, "spoc").await;
        let nothing = world.flow.clear_hospital_flag(&clear, &id).await;
        assert!(matches!(nothing, Err(FlowError::Conflict(_))));
        // Of what is over nothing is renewed, nor another's.
        let again = FormSent {
            after: Some(id.parse().unwrap()),
            ..setting(&world, flag())
        };
        assert_eq!(pointers(refused(&world, again).await), ["/after"]);
        let manager = visitor(&world, LEADS, "manager").await;
        let theirs = FormSent {
            after: Some(second.parse().unwrap()),
            ..setting(&world, flag())
        };
        let theirs = world.flow.submit_form(manager, theirs).await;
        assert_eq!(pointers(theirs.unwrap_err()), ["/after"]);
        // The old review passes, and only the new one counts.
        world.at("2026-06-02T09:00:00Z");
        world.flow.tick().await.unwrap();
        assert_eq!(view(&world, TRUST, &second).await.state, FlagState::Set);
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flag_ends_as_the_level_falls() {
    for db in each().await {
        let world = acute(db).await;
        let id = set(&world).await;
        let higher = NominalChange::Level(3, "more agencies are needed".to_owned());
        world.change(higher).await;
        assert_eq!(state(&world, &id).await, FlagState::Set);
        let lower = NominalChange::Level(1, "the risk is lower".to_owned());
        world.change(lower).await;
        let seen = view(&world, SETS, &id).await;
        assert_eq!(
            (seen.state, seen.why.as_deref()),
            (FlagState::ToClear, Some("level"))
        );
        assert_eq!(told(&world, TRUST, "spoc").await, ["flag-clear"]);
        for (at, name) in [(SETS, "officer"), (UNIT, "coordinator")] {
            assert_eq!(told(&world, at, name).await, ["flag-ended"], "{at}");
        }
        assert_eq!(
            kinds(&world).await,
            [EventKind::FlagSet, EventKind::FlagEnded]
        );
        world.verify().await.unwrap();
    }
}
