//! Who holds a person: claimed, answered, settled; and what goes with them (report 3.10, 8.14).

use gateway_core::event::{Event, EventKind};
use gateway_core::{AgencyKind, IdentifierKind, Role};
use gateway_flow::admin::{NewNominal, NominalChange};
use gateway_flow::coordinate::Act;
use gateway_flow::custody::{ClaimAnswer, ClaimView, Claimed, WaitsFor};
use gateway_flow::form::{Asked, FormSent};
use gateway_flow::hold::Chosen;
use gateway_flow::{Caller, FlowError};
use gateway_store::testing::{TestDb, each};
use jiff::civil::{Date, date};
use serde_json::json;

use crate::dossier::visitor;
use crate::form::answers;
use crate::sign_in::events;
use crate::world::{World, add_agency, add_person, agency, identifier, world};

const RIVERSIDE: &str = "hmp-riverside";
const HILLSIDE: &str = "hmp-hillside";
const LAKESIDE: &str = "hmp-lakeside";
const UNIT: &str = "london-coordination";

/// Three prisons, of which Riverside holds the person.
async fn prisons(db: TestDb) -> World {
    let world = world(db).await;
    for prison in [HILLSIDE, LAKESIDE] {
        add_agency(&world.flow, prison, AgencyKind::Prison).await;
        add_person(&world.flow, prison, "manager", Role::Manager).await;
        add_person(&world.flow, prison, "security", Role::Security).await;
    }
    for prison in [RIVERSIDE, HILLSIDE, LAKESIDE] {
        add_person(&world.flow, prison, "officer", Role::Practitioner).await;
    }
    world
        .change(NominalChange::Custody(agency(RIVERSIDE)))
        .await;
    world
}

async fn officer(world: &World, prison: &str) -> Caller {
    visitor(world, prison, "officer").await
}

fn since(reference: &str, day: Date) -> Claimed {
    Claimed {
        reference: Some(reference.to_owned()),
        identifiers: Vec::new(),
        since: day,
    }
}

async fn claim(world: &World, prison: &str, day: Date) -> ClaimView {
    let by = officer(world, prison).await;
    let claimed = since(&world.nominal, day);
    world.flow.claim_custody(&by, &claimed).await.unwrap()
}

async fn answer(
    world: &World,
    by: &Caller,
    claim: &ClaimView,
    answer: ClaimAnswer,
) -> Result<ClaimView, FlowError> {
    world.flow.answer_custody(by, &claim.id, answer).await
}

fn left(day: Date) -> ClaimAnswer {
    ClaimAnswer::Confirm { left_on: Some(day) }
}

fn settle(for_claimant: bool) -> ClaimAnswer {
    ClaimAnswer::Settle {
        for_claimant,
        reasons: "the transfer list says so".to_owned(),
    }
}

async fn held_at(world: &World, by: &str) -> Vec<String> {
    let by = officer(world, by).await;
    let desk = world.flow.custody_desk(&by).await.unwrap();
    desk.held.into_iter().map(|held| held.nominal).collect()
}

/// A form by the prison's officer, signed and cleared; the exchange.
async fn reported(world: &World, prison: &str, summary: &str) -> String {
    let by = officer(world, prison).await;
    let mut given = answers();
    given["behaviour"]["summary"] = json!(summary);
    // Another's intelligence is not to be passed on.
    given["security"]["intelligence"] = json!(format!("{summary} He is owed a debt."));
    let sent = FormSent::new("annex-f", given);
    let sent = world.flow.submit_form(by, sent).await.unwrap();
    signed(world, prison).await;
    sent.id.unwrap()
}

async fn signed(world: &World, prison: &str) {
    for name in ["manager", "security"] {
        let by = visitor(world, prison, name).await;
        let holds = world.flow.holds(&by, None, 100).await.unwrap();
        let theirs = holds.iter().filter(|hold| hold.role == name);
        let chosen: Vec<Chosen> = theirs
            .map(|hold| Chosen {
                hold: hold.id.clone(),
                category: None,
            })
            .collect();
        assert!(!chosen.is_empty(), "its own words wait for its own {name}");
        let done = world.flow.decide_holds(&by, &chosen, true, "read").await;
        done.unwrap();
    }
}

async fn kinds(world: &World, kind: EventKind) -> Vec<Event> {
    let (found, _) = events(&world.flow, kind.as_str()).await;
    let read = found.iter().map(|text| serde_json::from_str(text).unwrap());
    read.collect()
}

async fn told(world: &World, at: &str, name: &str) -> Vec<String> {
    let who = visitor(world, at, name).await;
    let told = world.flow.told_to(&who, None, 100).await.unwrap();
    told.into_iter().map(|one| one.kind).collect()
}

fn why(error: FlowError) -> String {
    match error {
        FlowError::Conflict(why)
        | FlowError::Forbidden(why)
        | FlowError::TooOften { words: why, .. } => why,
        FlowError::Invalid(faults) => {
            let fault = faults.first().unwrap();
            format!("{} {}", fault.pointer, fault.detail)
        }
        FlowError::NotFound | FlowError::Unavailable(_) | FlowError::Internal(_) => {
            panic!("{error:?}")
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_that_the_prison_before_confirms_moves_the_person() {
    for db in each().await {
        let world = prisons(db).await;
        world.at("2026-03-03T09:00:00Z");
        let claimed = claim(&world, HILLSIDE, date(2026, 3, 3)).await;
        assert_eq!(claimed.waits_for, WaitsFor::Holder);
        assert_eq!(claimed.holder.as_deref(), Some(RIVERSIDE));
        let again = claim(&world, HILLSIDE, date(2026, 3, 3)).await;
        assert_eq!(again.id, claimed.id, "said twice, it is one");
        assert_eq!(kinds(&world, EventKind::CustodyClaimed).await.len(), 1);
        let seen = told(&world, RIVERSIDE, "spoc").await;
        assert_eq!(seen, ["custody-claimed", "hand-over"]);
        assert!(held_at(&world, HILLSIDE).await.is_empty(), "nothing yet");

        let before = officer(&world, RIVERSIDE).await;
        let done = answer(&world, &before, &claimed, left(date(2026, 3, 3))).await;
        assert_eq!(done.unwrap().state, "confirmed");
        let again = answer(&world, &before, &claimed, left(date(2026, 3, 3))).await;
        assert_eq!(again.unwrap().state, "confirmed", "said twice");
        assert_eq!(held_at(&world, HILLSIDE).await, [&*world.nominal]);
        assert!(held_at(&world, RIVERSIDE).await.is_empty());
        let moved = &kinds(&world, EventKind::CustodyConfirmed).await[0];
        assert_eq!(moved.nominal.as_deref(), Some(&*world.nominal));
        assert_eq!(moved.detail["left"], "2026-03-03");
        assert!(moved.detail.contains_key("person"));
        let seen = told(&world, "met-police", "spoc").await;
        assert_eq!(seen, ["custody-moved", "custody-moved"]);
        let unit = visitor(&world, UNIT, "coordinator").await;
        let seen = world.flow.timeline(&unit, &world.nominal, None, 100).await;
        let seen: Vec<String> = seen.unwrap().into_iter().map(|one| one.kind).collect();
        for kind in ["custody-claimed", "custody-confirmed", "hand-over-opened"] {
            assert!(seen.iter().any(|one| one == kind), "{kind} in {seen:?}");
        }
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_meant_exactly_is_not_found_and_days_have_to_fit() {
    for db in each().await {
        let world = prisons(db).await;
        world.at("2026-03-04T09:00:00Z");
        let by = officer(&world, HILLSIDE).await;
        let named = |identifiers: Vec<gateway_core::Identifier>| Claimed {
            reference: None,
            identifiers,
            since: date(2026, 3, 4),
        };
        let pnc = identifier(IdentifierKind::Pnc, "99/123456X");
        let dob = identifier(IdentifierKind::Dob, "1980-02-01");
        let other = identifier(IdentifierKind::Dob, "1981-02-01");
        for claimed in [
            named(vec![pnc.clone()]),
            named(vec![pnc.clone(), other]),
            named(Vec::new()),
            since("019c08fb-2250-71fe-bb91-f8aec9167004", date(2026, 3, 4)),
        ] {
            let found = world.flow.claim_custody(&by, &claimed).await.unwrap_err();
            assert!(why(found).starts_with("/nominal is no person on record"));
        }
        world.at("2026-03-04T09:20:00Z");
        let both = world.flow.claim_custody(&by, &named(vec![pnc, dob])).await;
        let both = both.unwrap();
        assert_eq!(both.nominal, world.nominal);
        let gone = answer(&world, &by, &both, ClaimAnswer::Withdraw).await;
        assert_eq!(gone.unwrap().state, "withdrawn");

        for (day, wrong) in [
            (date(2026, 3, 5), "/since is to come"),
            (date(2026, 3, 1), "/since is before the day"),
        ] {
            let claimed = since(&world.nominal, day);
            let refused = world.flow.claim_custody(&by, &claimed).await.unwrap_err();
            assert!(why(refused).starts_with(wrong), "{wrong}");
        }
        let own = officer(&world, RIVERSIDE).await;
        let claimed = since(&world.nominal, date(2026, 3, 4));
        let held = world.flow.claim_custody(&own, &claimed).await.unwrap_err();
        assert!(why(held).contains("holding this person already"));
        let police = visitor(&world, "met-police", "spoc").await;
        let none = world.flow.claim_custody(&police, &claimed).await;
        assert!(matches!(none, Err(FlowError::Forbidden(_))));
        let security = visitor(&world, HILLSIDE, "security").await;
        let none = world.flow.claim_custody(&security, &claimed).await;
        assert!(matches!(none, Err(FlowError::Forbidden(_))));

        let open = claim(&world, HILLSIDE, date(2026, 3, 3)).await;
        for (day, wrong) in [
            (date(2026, 3, 4), "/left_on is after"),
            (date(2026, 3, 1), "/left_on is before"),
            (date(2026, 3, 6), "/left_on is to come"),
        ] {
            let refused = answer(&world, &own, &open, left(day)).await.unwrap_err();
            assert!(why(refused).starts_with(wrong), "{wrong}");
        }
        let stranger = visitor(&world, LAKESIDE, "officer").await;
        let none = answer(&world, &stranger, &open, left(date(2026, 3, 3))).await;
        assert!(matches!(none, Err(FlowError::NotFound)), "no part in it");
        let none = answer(&world, &by, &open, left(date(2026, 3, 3))).await;
        assert!(
            matches!(none, Err(FlowError::Forbidden(_))),
            "its own claim"
        );
        let clerk = visitor(&world, UNIT, "vlo").await;
        let none = answer(&world, &clerk, &open, settle(true)).await;
        assert!(
            matches!(none, Err(FlowError::Forbidden(_))),
            "no coordinator"
        );
        let none = world.flow.custody_desk(&clerk).await;
        assert!(matches!(none, Err(FlowError::Forbidden(_))), "nor to see");
        let none = world.flow.custody_claims(&clerk).await;
        assert!(matches!(none, Err(FlowError::Forbidden(_))), "nor to list");
        let none = world.flow.custody_desk(&police).await;
        assert!(matches!(none, Err(FlowError::NotFound)), "no prison");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dispute_is_settled_for_the_one_or_for_the_other_and_silence_is_overdue() {
    for db in each().await {
        let world = prisons(db).await;
        world.at("2026-03-03T09:00:00Z");
        let unit = visitor(&world, UNIT, "coordinator").await;
        let before = officer(&world, RIVERSIDE).await;
        let first = claim(&world, HILLSIDE, date(2026, 3, 3)).await;
        let early = answer(&world, &unit, &first, settle(true)).await;
        assert!(why(early.unwrap_err()).contains("has time to answer"));
        let dispute = || ClaimAnswer::Dispute {
            reasons: "he is on our wing".to_owned(),
        };
        let empty = ClaimAnswer::Dispute {
            reasons: "  ".to_owned(),
        };
        let none = answer(&world, &before, &first, empty).await.unwrap_err();
        assert!(why(none).starts_with("/reasons"));
        let disputed = answer(&world, &before, &first, dispute()).await.unwrap();
        assert_eq!(disputed.waits_for, WaitsFor::Unit);
        let told_unit = told(&world, UNIT, "coordinator").await;
        assert_eq!(told_unit, ["custody-disputed"]);
        let seen = world.flow.custody_claims(&unit).await.unwrap();
        let words = seen[0].dispute.as_ref().unwrap().reveal();
        assert_eq!(words, "he is on our wing");
        let by = officer(&world, HILLSIDE).await;
        let theirs = world.flow.custody_claims(&by).await.unwrap();
        assert!(theirs[0].dispute.is_none(), "not for the other prison");
        let refused = answer(&world, &unit, &first, settle(false)).await.unwrap();
        assert_eq!(refused.state, "refused");
        assert_eq!(held_at(&world, RIVERSIDE).await.len(), 1);

        let second = claim(&world, HILLSIDE, date(2026, 3, 3)).await;
        // Tuesday 3 March; two working days are Thursday 5 March, 17:00.
        world.at("2026-03-05T16:59:00Z");
        world.flow.tick().await.unwrap();
        assert!(kinds(&world, EventKind::CustodyOverdue).await.is_empty());
        world.at("2026-03-05T17:00:00Z");
        world.flow.tick().await.unwrap();
        world.flow.tick().await.unwrap();
        assert_eq!(kinds(&world, EventKind::CustodyOverdue).await.len(), 1);
        assert_eq!(
            told(&world, UNIT, "coordinator").await[0],
            "custody-overdue"
        );
        let seen = world.flow.custody_claims(&unit).await.unwrap();
        assert!(seen[0].overdue && seen[0].waits_for == WaitsFor::Unit);
        let done = answer(&world, &unit, &second, settle(true)).await.unwrap();
        assert_eq!(done.state, "confirmed");
        assert_eq!(held_at(&world, HILLSIDE).await.len(), 1);

        world.change(NominalChange::EndCustody).await;
        let free = claim(&world, LAKESIDE, date(2026, 3, 5)).await;
        assert_eq!((free.holder, free.waits_for), (None, WaitsFor::Unit));
        let free = world.flow.custody_claims(&unit).await.unwrap().remove(0);
        let sure = ClaimAnswer::Confirm { left_on: None };
        let done = answer(&world, &unit, &free, sure).await.unwrap();
        assert_eq!(done.state, "confirmed");
        assert_eq!(held_at(&world, LAKESIDE).await.len(), 1);
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_prisons_that_claim_at_once_and_a_coordinator_meet_one_holder() {
    for db in each().await {
        let world = prisons(db).await;
        world.at("2026-03-03T09:00:00Z");
        let one = claim(&world, HILLSIDE, date(2026, 3, 3)).await;
        let other = claim(&world, LAKESIDE, date(2026, 3, 3)).await;
        let before = officer(&world, RIVERSIDE).await;
        let (first, second) = tokio::join!(
            answer(&world, &before, &one, left(date(2026, 3, 3))),
            answer(&world, &before, &other, left(date(2026, 3, 3))),
        );
        assert!(first.is_ok() != second.is_ok(), "{first:?} {second:?}");
        let here = held_at(&world, HILLSIDE).await.len();
        assert_eq!(here + held_at(&world, LAKESIDE).await.len(), 1);
        let unit = visitor(&world, UNIT, "coordinator").await;
        let claims = world.flow.custody_claims(&unit).await.unwrap();
        assert_eq!(claims[0].state, "disputed", "the slower one is the unit's");
        let (slower, faster) = match here {
            1 => (&other, HILLSIDE),
            _ => (&one, LAKESIDE),
        };
        assert_eq!(claims[0].id, slower.id);
        assert_eq!(claims[0].holder.as_deref(), Some(faster));

        // The coordinator puts the other on record directly: its claim is met by that.
        let act = Act {
            id: world.flow.act_id(),
            reasons: "rung both".to_owned(),
        };
        let change = NominalChange::Custody(agency(&slower.agency));
        let done = world
            .flow
            .act_on_nominal(&unit, &world.nominal, change, &act);
        done.await.unwrap();
        let claims = world.flow.custody_claims(&unit).await.unwrap();
        assert!(claims.iter().all(|claim| claim.state == "confirmed"));
        assert_eq!(held_at(&world, &slower.agency).await.len(), 1);
        assert!(held_at(&world, faster).await.is_empty());
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_prison_before_reported_goes_with_the_person_and_it_keeps_its_own_for_five_days() {
    for db in each().await {
        let world = prisons(db).await;
        let mistake = reported(&world, RIVERSIDE, "Quiet on the wing.").await;
        let by = officer(&world, RIVERSIDE).await;
        let mut right = FormSent::new("annex-f", answers());
        right.given["behaviour"]["summary"] = json!("Loud on the wing.");
        right.corrects = Some(mistake.parse().unwrap());
        let right = world.flow.submit_form(by.clone(), right).await.unwrap();
        signed(&world, RIVERSIDE).await;
        let right = right.id.unwrap();
        let unsigned = FormSent::new("annex-f", answers());
        let unsigned = world.flow.submit_form(by.clone(), unsigned).await.unwrap();
        let unsigned = unsigned.id.unwrap();

        world.at("2026-03-03T09:00:00Z");
        let claimed = claim(&world, HILLSIDE, date(2026, 3, 3)).await;
        let done = answer(&world, &by, &claimed, left(date(2026, 3, 3))).await;
        done.unwrap();
        let next = officer(&world, HILLSIDE).await;
        let read = world.flow.read_form(&next, &right).await.unwrap().unwrap();
        for path in ["behaviour.summary", "substance.tests", "contacts.visitors"] {
            assert!(read.body.answer(path).is_some(), "{path}");
        }
        assert!(
            read.body.answer("security.intelligence").is_none(),
            "for one named person"
        );
        let spoc = visitor(&world, HILLSIDE, "spoc").await;
        let read = world.flow.read_form(&spoc, &right).await.unwrap().unwrap();
        assert!(
            read.body.answer("security.intelligence").is_some(),
            "security had cleared it"
        );
        for gone in [&mistake, &unsigned] {
            let none = world.flow.read_form(&next, gone).await;
            assert!(matches!(none, Err(FlowError::NotFound)), "not carried");
        }
        let carried = kinds(&world, EventKind::FormCarried).await;
        assert_eq!(carried.len(), 1);
        assert!(carried[0].rules.contains(&"ISP-42".to_owned()));

        // Tuesday 3 March; its fifth working day is Tuesday 10 March.
        world.at("2026-03-10T16:00:00Z");
        world.flow.own_form(&by, &right).await.unwrap();
        let police = visitor(&world, "met-police", "spoc").await;
        assert!(world.flow.nominal(&by, &world.nominal).await.is_err());
        world.at("2026-03-10T17:01:00Z");
        let none = world.flow.own_form(&by, &right).await;
        assert!(matches!(none, Err(FlowError::Forbidden(_))));
        world.flow.nominal(&police, &world.nominal).await.unwrap();
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_ends_with_all_of_it_at_the_last_prison_and_nothing_at_the_first() {
    for db in each().await {
        let world = prisons(db).await;
        let first = reported(&world, RIVERSIDE, "At Riverside.").await;
        world.at("2026-03-03T09:00:00Z");
        let claimed = claim(&world, HILLSIDE, date(2026, 3, 3)).await;
        let by = officer(&world, RIVERSIDE).await;
        let done = answer(&world, &by, &claimed, left(date(2026, 3, 3))).await;
        done.unwrap();
        let second = reported(&world, HILLSIDE, "At Hillside.").await;
        world.at("2026-03-04T09:00:00Z");
        let claimed = claim(&world, LAKESIDE, date(2026, 3, 4)).await;
        let by = officer(&world, HILLSIDE).await;
        let done = answer(&world, &by, &claimed, left(date(2026, 3, 4))).await;
        done.unwrap();
        let last = officer(&world, LAKESIDE).await;
        for exchange in [&first, &second] {
            let read = world.flow.read_form(&last, exchange).await.unwrap();
            assert!(read.unwrap().body.answer("behaviour.summary").is_some());
        }
        // Back to the first: what it had been given before opens again, once.
        world.at("2026-03-05T09:00:00Z");
        let claimed = claim(&world, HILLSIDE, date(2026, 3, 5)).await;
        let done = answer(&world, &last, &claimed, left(date(2026, 3, 5))).await;
        done.unwrap();
        let by = officer(&world, HILLSIDE).await;
        world.flow.read_form(&by, &first).await.unwrap().unwrap();
        assert_eq!(kinds(&world, EventKind::FormCarried).await.len(), 3);
        let gone = world.flow.read_form(&last, &first).await.unwrap().unwrap();
        assert!(gone.items.is_empty(), "not held there any more");
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hand_over_is_owed_reminded_of_late_and_done() {
    for db in each().await {
        let world = prisons(db).await;
        world.at("2026-03-03T09:00:00Z");
        let claimed = claim(&world, HILLSIDE, date(2026, 3, 3)).await;
        let by = officer(&world, RIVERSIDE).await;
        let done = answer(&world, &by, &claimed, left(date(2026, 3, 3))).await;
        done.unwrap();
        let next = officer(&world, HILLSIDE).await;
        let owed = world.flow.hand_overs(&next).await.unwrap();
        assert_eq!((owed.len(), owed[0].ended), (1, None));
        let kinds_told = async || told(&world, HILLSIDE, "spoc").await;
        assert_eq!(kinds_told().await, ["custody-confirmed", "hand-over"]);
        // Due on Tuesday 10 March, reminded of on Monday 9 March.
        world.at("2026-03-09T17:00:00Z");
        world.flow.tick().await.unwrap();
        assert_eq!(kinds_told().await[0], "hand-over-reminded");
        world.at("2026-03-10T17:00:00Z");
        world.flow.tick().await.unwrap();
        world.flow.tick().await.unwrap();
        assert_eq!(kinds_told().await[0], "hand-over-late");
        assert_eq!(kinds(&world, EventKind::HandOverLate).await.len(), 1);
        let unit = visitor(&world, UNIT, "coordinator").await;
        assert!(world.flow.hand_overs(&unit).await.unwrap()[0].late);
        let sent = reported(&world, HILLSIDE, "New here.").await;
        let owed = world.flow.hand_overs(&next).await.unwrap();
        assert_eq!(owed[0].exchange.as_deref(), Some(&*sent));
        let ended = kinds(&world, EventKind::HandOverEnded).await;
        let late = ended.iter().find_map(|one| one.detail.get("late"));
        assert_eq!(late.map(String::as_str), Some("true"));
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_prison_before_owed_stays_with_it_for_five_working_days_then_passes_on() {
    for db in each().await {
        let world = prisons(db).await;
        let unit = visitor(&world, UNIT, "coordinator").await;
        let asked = Asked {
            form: "annex-f".to_owned(),
            nominal: world.nominal.clone(),
            agency: None,
            meeting_on: date(2026, 3, 13),
            emergency: false,
        };
        let asked = world.flow.ask_for_form(&unit, &asked).await.unwrap();
        assert_eq!(asked.agency, RIVERSIDE);
        world.at("2026-03-03T09:00:00Z");
        let claimed = claim(&world, HILLSIDE, date(2026, 3, 3)).await;
        let by = officer(&world, RIVERSIDE).await;
        let done = answer(&world, &by, &claimed, left(date(2026, 3, 3))).await;
        done.unwrap();
        world.at("2026-03-10T16:59:00Z");
        world.flow.tick().await.unwrap();
        assert_eq!(world.flow.form_requests(&by).await.unwrap().len(), 1);
        world.at("2026-03-10T17:01:00Z");
        world.flow.tick().await.unwrap();
        world.flow.tick().await.unwrap();
        assert!(world.flow.form_requests(&by).await.unwrap().is_empty());
        let next = officer(&world, HILLSIDE).await;
        let theirs = world.flow.form_requests(&next).await.unwrap();
        assert_eq!((theirs.len(), theirs[0].late), (1, false));
        assert_eq!(kinds(&world, EventKind::FormRequestMoved).await.len(), 1);
        assert_eq!(
            told(&world, RIVERSIDE, "spoc").await[0],
            "form-request-moved"
        );
        assert!(
            told(&world, HILLSIDE, "spoc")
                .await
                .contains(&"form-asked".to_owned())
        );
        world.verify().await.unwrap();
    }
}

/// Hillside says that the person is with it, and Riverside confirms.
async fn moved_to_hillside(world: &World) {
    let claimed = claim(world, HILLSIDE, date(2026, 3, 3)).await;
    let by = officer(world, RIVERSIDE).await;
    let done = answer(world, &by, &claimed, left(date(2026, 3, 3))).await;
    done.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_operator_puts_on_record_goes_the_way_of_a_claim() {
    for db in each().await {
        let world = prisons(db).await;
        let first = reported(&world, RIVERSIDE, "At Riverside.").await;
        let waits = claim(&world, LAKESIDE, date(2026, 3, 2)).await;
        world.at("2026-03-03T09:00:00Z");
        let wrong = NominalChange::Custody(agency("met-police"));
        let wrong = world.flow.change_nominal(&world.nominal, wrong).await;
        assert_eq!(
            why(wrong.unwrap_err()),
            "/agency choose a prison that takes part"
        );
        world.change(NominalChange::Custody(agency(HILLSIDE))).await;
        let next = officer(&world, HILLSIDE).await;
        let read = world.flow.read_form(&next, &first).await.unwrap().unwrap();
        assert!(
            read.body.answer("behaviour.summary").is_some(),
            "carried forward"
        );
        let owed = world.flow.hand_overs(&next).await.unwrap();
        assert_eq!(
            (owed.len(), owed[0].ended),
            (1, None),
            "its first form is owed"
        );
        assert!(
            told(&world, HILLSIDE, "spoc")
                .await
                .contains(&"hand-over".to_owned())
        );
        assert!(
            told(&world, "met-police", "spoc")
                .await
                .contains(&"custody-moved".to_owned())
        );
        let mut tx = world.flow.store.read().await.unwrap();
        let parts = tx.parts_of(&world.nominal).await.unwrap();
        drop(tx);
        let until = |prison: &str| {
            let one = parts
                .iter()
                .find(|part| part.kind == "custody" && part.agency == prison);
            one.unwrap().until_at
        };
        assert_eq!(
            until(RIVERSIDE),
            Some(world.flow.clock.now().as_microsecond())
        );
        assert_eq!(until(HILLSIDE), None);
        // Another prison's claim was made against the one before: the unit settles it.
        let unit = visitor(&world, UNIT, "coordinator").await;
        let waits = world.flow.custody_claim(&unit, &waits.id).await.unwrap();
        assert_eq!(
            (&*waits.state, waits.holder.as_deref()),
            ("disputed", Some(HILLSIDE))
        );
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn claims_and_hand_overs_of_a_record_that_is_joined_are_the_surviving_ones() {
    for db in each().await {
        let world = prisons(db).await;
        let twin = world
            .flow
            .add_nominal(NewNominal {
                area: "london".to_owned(),
                identifiers: vec![identifier(IdentifierKind::Name, "Daniel Marlow-Test")],
                level: 2,
                category: 1,
                lead_agency: Some(agency("met-police")),
                trust: None,
                partners: Vec::new(),
                custody: None,
                gp: None,
            })
            .await
            .unwrap();
        world.at("2026-03-03T09:00:00Z");
        let by = officer(&world, LAKESIDE).await;
        let claimed = world
            .flow
            .claim_custody(&by, &since(&twin, date(2026, 3, 3)))
            .await;
        let claimed = claimed.unwrap();
        let unit = visitor(&world, UNIT, "coordinator").await;
        let confirmed = answer(
            &world,
            &unit,
            &claimed,
            ClaimAnswer::Confirm { left_on: None },
        );
        confirmed.await.unwrap();
        let next = officer(&world, HILLSIDE).await;
        let open = world
            .flow
            .claim_custody(&next, &since(&twin, date(2026, 3, 3)))
            .await;
        let open = open.unwrap();
        assert_eq!(world.flow.hand_overs(&by).await.unwrap()[0].ended, None);

        let act = Act {
            id: world.flow.act_id(),
            reasons: "they are one person".to_owned(),
        };
        let joined = world
            .flow
            .merge_nominals(&unit, &twin, &world.nominal, &act);
        joined.await.unwrap();
        for claim in world.flow.custody_claims(&unit).await.unwrap() {
            assert_eq!(claim.nominal, world.nominal);
        }
        let owed = world.flow.hand_overs(&by).await.unwrap();
        assert_eq!(owed[0].nominal, world.nominal);
        assert!(
            owed[0].ended.is_some(),
            "Riverside holds him by the surviving record"
        );
        // What waits is answered by whoever that is.
        let refused = answer(&world, &by, &open, left(date(2026, 3, 3))).await;
        assert!(why(refused.unwrap_err()).contains("another prison was put on record"));
        let done = answer(&world, &unit, &open, settle(true)).await.unwrap();
        assert_eq!(done.nominal, world.nominal);
        assert_eq!(held_at(&world, HILLSIDE).await, [&*world.nominal]);
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_names_nobody_too_often_is_kept_from_claiming_for_a_time_and_the_unit_is_told() {
    for db in each().await {
        let world = prisons(db).await;
        world.at("2026-03-03T09:00:00Z");
        let by = officer(&world, HILLSIDE).await;
        let wrong = Claimed {
            reference: None,
            identifiers: vec![
                identifier(IdentifierKind::Pnc, "99/123456X"),
                identifier(IdentifierKind::Dob, "1981-02-01"),
            ],
            since: date(2026, 3, 3),
        };
        for _ in 0..4 {
            let none = world.flow.claim_custody(&by, &wrong).await.unwrap_err();
            assert!(why(none).starts_with("/nominal is no person on record"));
        }
        // A day that cannot be says that there is a record: it counts as well.
        let early = since(&world.nominal, date(2026, 3, 1));
        let early = world.flow.claim_custody(&by, &early).await.unwrap_err();
        assert!(why(early).starts_with("/since is before"));
        let right = since(&world.nominal, date(2026, 3, 3));
        for claimed in [&wrong, &right] {
            let locked = world.flow.claim_custody(&by, claimed).await.unwrap_err();
            assert!(
                why(locked).contains("try again in 16 minutes"),
                "right or wrong"
            );
        }
        let tried = kinds(&world, EventKind::CustodyTried).await;
        assert_eq!(tried.len(), 5);
        for event in &tried {
            assert!(event.nominal.is_none() && !format!("{event:?}").contains("123456"));
        }
        let seen = told(&world, UNIT, "coordinator").await;
        let often = seen.iter().filter(|kind| *kind == "people-custody-tried");
        assert_eq!(often.count(), 1);
        // Others of the prison may, until all of them together are too many.
        let manager = visitor(&world, HILLSIDE, "manager").await;
        for _ in 0..4 {
            let none = world
                .flow
                .claim_custody(&manager, &wrong)
                .await
                .unwrap_err();
            assert!(why(none).starts_with("/nominal"));
        }
        world.at("2026-03-03T09:16:00Z");
        let done = world.flow.claim_custody(&by, &right).await.unwrap();
        assert_eq!(done.nominal, world.nominal);
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn all_of_a_prison_who_name_nobody_together_lock_the_prison_out() {
    for db in each().await {
        let world = prisons(db).await;
        world.at("2026-03-03T09:00:00Z");
        let nobody = since("019c08fb-2250-71fe-bb91-f8aec9167004", date(2026, 3, 3));
        for name in ["one", "two", "three", "four"] {
            add_person(&world.flow, HILLSIDE, name, Role::Practitioner).await;
        }
        for name in ["one", "two", "three", "four"] {
            let by = visitor(&world, HILLSIDE, name).await;
            for _ in 0..4 {
                world.flow.claim_custody(&by, &nobody).await.unwrap_err();
            }
        }
        let by = officer(&world, HILLSIDE).await;
        let locked = world.flow.claim_custody(&by, &nobody).await.unwrap_err();
        assert!(why(locked).contains("try again in"));
        assert_eq!(kinds(&world, EventKind::CustodyTried).await.len(), 15);
        let other = officer(&world, LAKESIDE).await;
        let none = world.flow.claim_custody(&other, &nobody).await.unwrap_err();
        assert!(why(none).starts_with("/nominal"), "another prison goes on");
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_intelligence_waits_for_the_security_department_of_the_prison_that_sends_now() {
    for db in each().await {
        let world = prisons(db).await;
        let mut given = answers();
        let words = "He is owed a debt by a man on the wing, and says so.";
        given["security"]["intelligence"] = json!(words);
        let by = officer(&world, RIVERSIDE).await;
        let sent = FormSent::new("annex-f", given.clone());
        world.flow.submit_form(by, sent).await.unwrap();
        signed(&world, RIVERSIDE).await;
        world.at("2026-03-03T09:00:00Z");
        moved_to_hillside(&world).await;

        let next = officer(&world, HILLSIDE).await;
        given["custody"]["establishment"] = json!("HLS");
        let sent = FormSent::new("annex-f", given);
        let sent = world.flow.submit_form(next.clone(), sent).await.unwrap();
        let mut tx = world.flow.store.read().await.unwrap();
        let holds = tx.holds_of(sent.id.as_ref().unwrap()).await.unwrap();
        drop(tx);
        assert!(holds.iter().any(|hold| hold.role == "security"));
        for hold in &holds {
            assert_eq!(
                (&*hold.agency, hold.state.as_str()),
                (HILLSIDE, "open"),
                "{hold:?}"
            );
        }
        signed(&world, HILLSIDE).await;
        let police = visitor(&world, "met-police", "spoc").await;
        let read = world
            .flow
            .read_form(&police, sent.id.as_ref().unwrap())
            .await;
        let read = read.unwrap().unwrap();
        assert!(read.body.answer("security.intelligence").is_some());
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_says_in_which_line_it_stands_as_far_as_the_prison_has_the_earlier_ones() {
    for db in each().await {
        let world = prisons(db).await;
        let first = reported(&world, RIVERSIDE, "At Riverside.").await;
        world.at("2026-03-03T09:00:00Z");
        moved_to_hillside(&world).await;
        let mut given = answers();
        given["custody"]["establishment"] = json!("HLS");
        let mut second = FormSent::new("annex-f", given);
        second.after = Some(first.parse().unwrap());
        let by = officer(&world, HILLSIDE).await;
        let second = world.flow.submit_form(by.clone(), second).await.unwrap();
        let second = second.id.unwrap();
        signed(&world, HILLSIDE).await;
        world.at("2026-03-04T09:00:00Z");
        let claimed = claim(&world, LAKESIDE, date(2026, 3, 4)).await;
        let done = answer(&world, &by, &claimed, left(date(2026, 3, 4))).await;
        done.unwrap();
        let last = officer(&world, LAKESIDE).await;
        let all = world.flow.earlier_forms(&last, "annex-f").await.unwrap();
        let newest = all.iter().find(|one| one.exchange == second).unwrap();
        let line = world.flow.earlier_line(&last, newest).await.unwrap();
        let line: Vec<_> = line
            .iter()
            .map(|one| (&*one.exchange, &*one.agency))
            .collect();
        assert_eq!(line, [(&*first, RIVERSIDE)]);
        world.verify().await.unwrap();
    }
}
