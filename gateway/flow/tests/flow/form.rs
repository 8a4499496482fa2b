//! A form from its sender to its readers: cut into kinds of information, held for those who sign
//! and clear it, put together again for each reader, and read by those who wrote it.

use gateway_core::event::{Event, EventKind};
use gateway_core::{Category, ExchangeState, Outcome, Role};
use gateway_flow::admin::NominalChange;
use gateway_flow::form::{Asked, FormGiven, FormSent, FormUse};
use gateway_flow::hold::Chosen;
use gateway_flow::{Answer, Caller, FlowError};
use gateway_store::testing::each;
use jiff::civil::date;
use serde_json::{Value, json};

use crate::dossier::visitor;
use crate::world::{World, add_agency, add_person, agency, outcome, world};

/// A whole Annex F of a remand prisoner; numbers and names belong to nobody.
pub fn answers() -> Value {
    let none = || json!({"none": true});
    json!({
        "header": {"report_type": "review", "meeting_date": "2026-03-20"},
        "offender": {"family_name": "Marlowe-Test", "given_names": "Daniel", "sex": "male",
            "ethnicity": "White British", "dob": "1980-02-01", "prison_number": "A1234BC",
            "pnc_id": "99/123456X"},
        "mappa": {"category": "1", "level": "2", "lead_agency": "met-police"},
        "custody": {"status": "remand", "establishment": "RVS", "arrived_on": "2026-01-05",
            "security_category": "U", "incentive_level": "STD", "previous": none()},
        "sentence": {"index_offences": [{"description": "Burglary"}]},
        "behaviour": {"summary": "Quiet on the wing.", "with_staff": "Polite", "with_prisoners": "Keeps apart",
            "attitude": "Denies it", "segregation": none(), "incidents": none(),
            "adjudications": [{"date": "2026-02-03", "prison": "RVS", "description": "Fight", "finding": "PROVED"}]},
        "security": {"escape_status": "none", "intelligence": "He is owed a debt.", "associates": none()},
        "substance": {"tests": none()},
        "selfharm": {"acct": none()},
        "contacts": {"visitors": none(), "telephone": none(), "letters": none(),
            "victim_attempts": [{"date": "2026-02-10", "how": "A letter to her street"}]},
        "publicprot": {"restrictions": none()},
        "interventions": {"programmes": none(), "reports": none()},
        "risk": {"assessments": [{"tool": "OASys", "dimension": "risk of serious harm", "result": "high",
            "date": "2026-01-20", "assessor": "S. Officer"}], "change": "same", "rotl": none()},
        "health": {"held": "none_known"},
        "protective": {"factors": "His sister."},
        "licence": {"actions": none()},
        "author": {"name": "S. Officer", "role": "Offender supervisor", "phone": "020 7946 0000",
            "email": "officer@hmp-riverside.example"},
    })
}

/// The world with somebody to write at the prison, which holds the person.
pub async fn prison(db: gateway_store::testing::TestDb) -> World {
    let world = world(db).await;
    add_person(&world.flow, "hmp-riverside", "officer", Role::Practitioner).await;
    world
        .change(NominalChange::Custody(agency("hmp-riverside")))
        .await;
    world
}

pub fn sent(given: Value) -> FormSent {
    FormSent::new("annex-f", given)
}

pub async fn send(world: &World, by: &Caller, sent: FormSent) -> Answer {
    let answer = world.flow.submit_form(by.clone(), sent).await.unwrap();
    world.proved(&answer);
    answer
}

/// Everybody in the prison signs what waits for them.
pub async fn signed(world: &World) {
    for name in ["manager", "security"] {
        let by = visitor(world, "hmp-riverside", name).await;
        let holds = world.flow.holds(&by, None, 100).await.unwrap();
        let theirs = holds.iter().filter(|hold| hold.role == name);
        let chosen = theirs.map(|hold| Chosen {
            hold: hold.id.clone(),
            category: None,
        });
        let chosen: Vec<Chosen> = chosen.collect();
        world
            .flow
            .decide_holds(&by, &chosen, true, "read and right")
            .await
            .unwrap();
    }
}

/// How many readings are in the log.
async fn readings(world: &World) -> usize {
    let events = crate::reasons::events(world).await;
    let read = |event: &&Event| event.kind == EventKind::ItemRead;
    events.iter().filter(read).count()
}

pub fn pointers(error: FlowError) -> Vec<String> {
    let FlowError::Invalid(faults) = error else {
        panic!("{error:?}")
    };
    faults.into_iter().map(|fault| fault.pointer).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_goes_kind_by_kind_to_those_who_may_once_it_is_signed() {
    for db in each().await {
        let world = prison(db).await;
        let officer = visitor(&world, "hmp-riverside", "officer").await;
        let answer = send(&world, &officer, sent(answers())).await;
        let id = answer.id.clone().unwrap();
        assert_eq!(answer.state, ExchangeState::Held);
        assert_eq!(answer.nominal.as_deref(), Some(&*world.nominal));
        let to: std::collections::BTreeSet<&str> = answer
            .matrix
            .iter()
            .map(|cell| cell.recipient.as_str())
            .collect();
        let expected = ["london-coordination", "london-probation", "met-police"];
        assert_eq!(
            to.into_iter().collect::<Vec<_>>(),
            expected,
            "whom it is for"
        );
        let unit = visitor(&world, "london-coordination", "coordinator").await;
        let early = world.flow.read_form(&unit, &id).await;
        assert!(
            matches!(early, Err(FlowError::NotFound)),
            "nothing before it is signed"
        );

        signed(&world).await;
        let read = world.flow.read_form(&unit, &id).await.unwrap().unwrap();
        assert!(read.body.answer("behaviour.adjudications").is_some());
        let measure = async |by: &Caller| {
            let measure = world.flow.form_measure(by, &id).await.unwrap().unwrap();
            let of = |section: &str, kind: Category| {
                let mut all = measure.covered.iter();
                all.any(|one| one.section == section && one.category == kind)
            };
            let custody = of("security", Category::Custody);
            (measure.score(), custody, of("security", Category::Intel))
        };
        let (whole, custody, intelligence) = measure(&officer).await;
        assert!(custody && intelligence && whole.0 < whole.1);
        let (part, custody, intelligence) = measure(&unit).await;
        assert!(custody && !intelligence, "of intelligence it says nothing");
        assert!(part.1 < whole.1);
        assert!(read.body.answer("substance.tests").is_some());
        let theirs = world.flow.read_form(&officer, &id).await;
        assert!(
            matches!(theirs, Err(FlowError::NotFound)),
            "it was not sent to itself"
        );
        // Intelligence is for one named person: the unit's single point of contact.
        assert!(read.body.answer("security.intelligence").is_none());
        assert!(
            read.closed
                .iter()
                .any(|(title, _)| title == "Annex F: Security")
        );
        let spoc = visitor(&world, "london-coordination", "spoc").await;
        let read = world.flow.read_form(&spoc, &id).await.unwrap().unwrap();
        assert!(read.body.answer("security.intelligence").is_some());
        assert!(
            read.body.answer("contacts.victim_attempts").is_some(),
            "for the victim's safety"
        );
        let before = readings(&world).await;
        let kept = world.flow.form_to_keep(&spoc, &id).await.unwrap().unwrap();
        assert!(kept.body.answer("behaviour.adjudications").is_some());
        assert!(
            kept.body.answer("security.intelligence").is_none(),
            "what is only looked at is not taken away"
        );
        let why = kept
            .closed
            .iter()
            .find(|(title, _)| title == "Annex F: Security");
        assert!(why.unwrap().1.contains("not taken away"), "{why:?}");
        let after = readings(&world).await;
        assert_eq!(after - before, kept.items.len(), "each part is a reading");
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn its_writers_read_it_again_to_the_byte_and_nobody_else_does() {
    for db in each().await {
        let world = prison(db).await;
        let officer = visitor(&world, "hmp-riverside", "officer").await;
        let one = send(&world, &officer, sent(answers())).await.id.unwrap();
        let manager = visitor(&world, "hmp-riverside", "manager").await;
        let (own, body) = world.flow.own_form(&manager, &one).await.unwrap();
        assert_eq!((own.form.as_str(), own.version.as_str()), ("annex-f", "1"));
        let form = world.flow.forms.form("annex-f").unwrap();
        let today = "2026-03-02".parse().unwrap();
        let given = gateway_forms::Body::read(form, &answers(), today).unwrap();
        assert_eq!(body.canonical().unwrap(), given.canonical().unwrap());
        for (at, name) in [
            ("met-police", "spoc"),
            ("london-coordination", "coordinator"),
        ] {
            let other = visitor(&world, at, name).await;
            let gone = world.flow.own_form(&other, &one).await;
            assert!(matches!(gone, Err(FlowError::NotFound)), "{at}");
        }
        let listed = world
            .flow
            .own_forms(&officer, "annex-f", Some(&world.nominal))
            .await
            .unwrap();
        assert_eq!(listed.len(), 1);
        assert_eq!(listed[0].exchange, one);
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_prison_reads_its_own_for_five_working_days_after_it_lost_the_person() {
    for db in each().await {
        let world = prison(db).await;
        let officer = visitor(&world, "hmp-riverside", "officer").await;
        let id = send(&world, &officer, sent(answers())).await.id.unwrap();
        world.change(NominalChange::EndCustody).await;
        // Monday 2 March; its fifth working day is Monday 9 March.
        world.at("2026-03-09T16:00:00Z");
        world.flow.own_form(&officer, &id).await.unwrap();
        let late = send(&world, &officer, sent(answers())).await;
        assert!(late.missing.is_empty(), "it may finish what it owes");
        world.at("2026-03-09T17:01:00Z");
        let refused = world.flow.own_form(&officer, &id).await;
        match refused {
            Err(FlowError::Forbidden(why)) => assert!(why.contains("five working days"), "{why}"),
            other => panic!("{other:?}"),
        }
        let later = send(&world, &officer, sent(answers())).await;
        assert_eq!(later.state, ExchangeState::Incomplete);
        assert_eq!(later.missing, ["/custody"]);
        assert!(
            later
                .warnings
                .iter()
                .any(|why| why.contains("not on record as holding"))
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_named_and_nothing_is_recorded() {
    for db in each().await {
        let world = prison(db).await;
        let officer = visitor(&world, "hmp-riverside", "officer").await;
        let mut given = answers();
        given["offender"]["pnc_id"] = json!("99/123456Y");
        given["behaviour"]["adjudications"][0]["finding"] = json!("maybe");
        given["substance"] = json!({});
        let wrong = world.flow.submit_form(officer.clone(), sent(given)).await;
        let mut found = pointers(wrong.unwrap_err());
        found.sort();
        assert_eq!(
            found,
            [
                "/answers/behaviour/adjudications/rows/0/finding",
                "/answers/offender/pnc_id",
                "/answers/substance/tests",
            ]
        );
        let unknown = world
            .flow
            .submit_form(officer.clone(), FormSent::new("annex-z", answers()));
        assert_eq!(pointers(unknown.await.unwrap_err()), ["/form"]);
        let housing = visitor(&world, "southwark-housing", "officer").await;
        let not_theirs = world.flow.submit_form(housing, sent(answers())).await;
        assert!(matches!(not_theirs, Err(FlowError::Forbidden(_))));
        let none = world
            .flow
            .own_forms(&officer, "annex-f", None)
            .await
            .unwrap();
        assert!(none.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_countersigns_what_they_wrote_themselves() {
    for db in each().await {
        let world = prison(db).await;
        let manager = visitor(&world, "hmp-riverside", "manager").await;
        send(&world, &manager, sent(answers())).await;
        let holds = world.flow.holds(&manager, None, 100).await.unwrap();
        let own = world
            .flow
            .decide_holds(
                &manager,
                &[Chosen {
                    hold: holds[0].id.clone(),
                    category: None,
                }],
                true,
                "mine",
            )
            .await;
        assert!(matches!(own, Err(FlowError::Forbidden(_))), "{own:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_corrected_form_reaches_all_who_have_the_mistake() {
    for db in each().await {
        let world = prison(db).await;
        let officer = visitor(&world, "hmp-riverside", "officer").await;
        let first = send(&world, &officer, sent(answers())).await.id.unwrap();
        signed(&world).await;
        let mut right = answers();
        right["behaviour"]["summary"] = json!("Loud on the wing.");
        let to_unit =
            json!({"recipients": ["london-coordination"], "corrects": first, "answers": right});
        let given: FormGiven = serde_json::from_value(to_unit).unwrap();
        let corrected = given
            .read("annex-f", "2026-03-02".parse().unwrap())
            .unwrap();
        let answer = send(&world, &officer, corrected).await;
        let custody = answer
            .matrix
            .iter()
            .filter(|cell| cell.recipient.as_str() == "met-police");
        assert!(
            custody.count() > 0,
            "the police have the mistake, and are not named"
        );
        signed(&world).await;
        let police = visitor(&world, "met-police", "spoc").await;
        let id = answer.id.unwrap();
        let read = world.flow.read_form(&police, &id).await.unwrap().unwrap();
        assert!(read.body.answer("behaviour.summary").is_some());
        let stranger = world.flow.submit_form(
            officer,
            FormSent {
                corrects: Some("01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap()),
                ..sent(answers())
            },
        );
        assert_eq!(pointers(stranger.await.unwrap_err()), ["/corrects"]);
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn housing_gets_no_intelligence_and_nothing_about_the_victim() {
    for db in each().await {
        let world = prison(db).await;
        add_agency(&world.flow, "kent-police", gateway_core::AgencyKind::Police).await;
        let officer = visitor(&world, "hmp-riverside", "officer").await;
        let given: FormGiven = serde_json::from_value(json!({
            "recipients": ["southwark-housing", "kent-police"], "answers": answers()}))
        .unwrap();
        let given = given
            .read("annex-f", "2026-03-02".parse().unwrap())
            .unwrap();
        let answer = send(&world, &officer, given).await;
        let id = answer.id.clone().unwrap();
        let (_, body) = world.flow.own_form(&officer, &id).await.unwrap();
        let form = world.flow.forms.form("annex-f").unwrap();
        let parts = form.parts(&body);
        let intel = parts
            .iter()
            .position(|part| part.category == Category::Intel);
        let intel = i64::try_from(intel.unwrap()).unwrap() + 1;
        let (refused, rules) = outcome(&answer, "southwark-housing", intel);
        assert_eq!(
            (refused, rules.contains(&"ISP-11".to_owned())),
            (Outcome::Refuse, true)
        );
        let (held, rules) = outcome(&answer, "kent-police", intel);
        assert_eq!(
            (held, rules.contains(&"ISP-41".to_owned())),
            (Outcome::Hold, true)
        );
    }
}

fn agreed() -> FormUse {
    FormUse {
        meeting_on: date(2026, 3, 27),
        considered: true,
        effect: "Agreed the plan".to_owned(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_coordinator_asks_is_answered_and_notes_how_the_meeting_used_it() {
    for db in each().await {
        let world = prison(db).await;
        let unit = visitor(&world, "london-coordination", "coordinator").await;
        let asked = Asked {
            form: "annex-f".to_owned(),
            nominal: world.nominal.clone(),
            agency: None,
            meeting_on: date(2026, 3, 27),
            emergency: false,
        };
        let request = world.flow.ask_for_form(&unit, &asked).await.unwrap();
        assert_eq!(request.agency, "hmp-riverside", "who holds the person");
        // Friday 27 March; ten working days before it is Friday 13 March, at five.
        assert_eq!(at(request.due), "2026-03-13T17:00:00Z");
        let twice = world.flow.ask_for_form(&unit, &asked).await;
        assert_eq!(
            twice.unwrap().id,
            request.id,
            "asked twice it is asked once"
        );
        let police = visitor(&world, "met-police", "manager").await;
        let not_theirs = world.flow.ask_for_form(&police, &asked).await;
        assert!(matches!(
            not_theirs,
            Err(FlowError::Forbidden(_) | FlowError::NotFound)
        ));
        let officer = visitor(&world, "hmp-riverside", "officer").await;
        let waiting = world.flow.form_requests(&officer).await.unwrap();
        assert_eq!((waiting.len(), waiting[0].late), (1, false));
        assert!(world.flow.form_requests(&police).await.unwrap().is_empty());

        let id = send(&world, &officer, sent(answers())).await.id.unwrap();
        let answered = world.flow.form_requests(&unit).await.unwrap();
        assert_eq!(answered[0].exchange.as_deref(), Some(&*id));
        assert!(answered[0].answered.is_some() && !answered[0].late);
        signed(&world).await;
        let early = world.flow.consider_form(&unit, &id, &agreed()).await;
        assert!(
            matches!(early, Err(FlowError::Invalid(_))),
            "the meeting is to come"
        );
        world.at("2026-03-27T15:00:00Z");
        let used = agreed();
        let note = || world.flow.consider_form(&unit, &id, &used);
        note().await.unwrap();
        assert!(matches!(note().await, Err(FlowError::Conflict(_))));
        let used = world.flow.form_use(&officer, &id).await.unwrap().unwrap();
        assert_eq!(used, agreed());
        let stranger = world.flow.form_use(&police, &id).await;
        assert!(stranger.unwrap().is_some(), "the police have the form");
        let housing = visitor(&world, "southwark-housing", "officer").await;
        let stranger = world.flow.form_use(&housing, &id).await;
        assert!(matches!(stranger, Err(FlowError::NotFound)));
        let spoc = visitor(&world, "hmp-riverside", "spoc").await;
        let told = world.flow.told_to(&spoc, None, 10).await.unwrap();
        let kinds: Vec<&str> = told.iter().map(|told| told.kind.as_str()).collect();
        assert_eq!(kinds, ["form-considered", "form-asked", "hand-over"]);
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_answered_is_reminded_of_once_and_then_late_once() {
    for db in each().await {
        let world = prison(db).await;
        let unit = visitor(&world, "london-coordination", "coordinator").await;
        let soon = Asked {
            form: "annex-f".to_owned(),
            nominal: world.nominal.clone(),
            agency: None,
            meeting_on: date(2026, 3, 9),
            emergency: true,
        };
        let request = world.flow.ask_for_form(&unit, &soon).await.unwrap();
        assert_eq!(at(request.due), "2026-03-05T17:00:00Z");
        let spoc = visitor(&world, "hmp-riverside", "spoc").await;
        let told = async || {
            world.flow.tick().await.unwrap();
            world.flow.tick().await.unwrap();
            let told = world.flow.told_to(&spoc, None, 10).await.unwrap();
            told.into_iter().map(|told| told.kind).collect::<Vec<_>>()
        };
        assert_eq!(told().await, ["form-asked", "hand-over"]);
        world.at("2026-03-03T17:00:00Z");
        assert_eq!(told().await, ["form-reminded", "form-asked", "hand-over"]);
        world.at("2026-03-05T17:00:00Z");
        let seen = told().await;
        assert_eq!(seen[..3], ["form-late", "form-reminded", "form-asked"]);
        let asker = world.flow.told_to(&unit, None, 10).await.unwrap();
        let late: Vec<_> = asker
            .iter()
            .filter(|one| one.kind == "form-overdue")
            .collect();
        assert_eq!(late.len(), 1, "the unit is told too, once");
        assert_eq!(late[0].due, Some(request.due));
        assert!(world.flow.form_requests(&unit).await.unwrap()[0].late);
        let officer = visitor(&world, "hmp-riverside", "officer").await;
        send(&world, &officer, sent(answers())).await;
        assert!(
            world.flow.form_requests(&unit).await.unwrap()[0].late,
            "it came late"
        );
        // A meeting the day after tomorrow, with less notice than there should be.
        let next = Asked {
            meeting_on: date(2026, 3, 10),
            emergency: false,
            ..soon
        };
        let request = world.flow.ask_for_form(&unit, &next).await.unwrap();
        assert_eq!(at(request.due), "2026-03-09T17:00:00Z");
        world.verify().await.unwrap();
    }
}

fn at(micros: i64) -> String {
    jiff::Timestamp::from_microsecond(micros)
        .unwrap()
        .to_string()
}
