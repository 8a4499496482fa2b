//! Signing in with security keys, and what is refused: every failure is alike.

use gateway_core::event::EventKind;
use gateway_flow::audit::{AuditFault, verify_records};
use gateway_flow::key::{Ceremony, KeyAnswer, Keys};
use gateway_flow::outgoing::KEY_NOTICE;
use gateway_flow::{Flow, FlowError, NewSession, SignInError};
use gateway_store::rows::{CeremonyRow, SecurityKeyRow, SessionRow};
use gateway_store::testing::each;
use jiff::SignedDuration;

use crate::authenticator::{Authenticator, PRESENT};
use crate::colleague::caller;
use crate::sign_in::{
    ANN, BOB, PASSWORD, absent, code, events, fail, here, later, open, sign_in, with_ann_and_bob,
};
use crate::world::World;

pub const ORIGIN: &str = "https://portal.example";
/// What stands for a browser that nobody has signed in with.
const BROWSER: &str = "a browser";

pub fn keyed(world: &World) -> Flow {
    world.flow.clone().with_keys(Keys::at(ORIGIN))
}

/// Adds a key to somebody who is signed in.
async fn add(flow: &Flow, who: &NewSession, name: &str) -> Result<Authenticator, FlowError> {
    let mut key = Authenticator::new(ORIGIN);
    let ceremony = flow.begin_key(&who.session, &who.token).await?;
    let answer = key.create(&ceremony.options);
    let given = KeyAnswer {
        ceremony: &ceremony.id,
        answer: &answer,
        name,
    };
    flow.add_key(&who.session, &who.token, given).await?;
    Ok(key)
}

async fn asked(flow: &Flow) -> Ceremony {
    flow.ask_key(BROWSER).await.unwrap()
}

async fn answer(flow: &Flow, ceremony: &Ceremony, answer: &str) -> Result<NewSession, SignInError> {
    let new = flow
        .sign_in_by_key(BROWSER, None, &ceremony.id, answer)
        .await?;
    flow.bind_session(&new, &here()).await?;
    Ok(new)
}

/// Signs in by a key alone.
async fn by_key(flow: &Flow, key: &mut Authenticator) -> Result<NewSession, SignInError> {
    let ceremony = asked(flow).await;
    answer(flow, &ceremony, &key.get(&ceremony.options)).await
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "an answer is judged where it is given"
)]
fn is_refused(answer: Result<NewSession, SignInError>, what: &str) {
    let refused = matches!(answer, Err(SignInError::Refused));
    assert!(refused, "{what}: {answer:?}");
}

async fn row(flow: &Flow, who: &NewSession) -> SecurityKeyRow {
    let mut tx = flow.store.read().await.unwrap();
    let rows = tx.keys_of(&who.session.person.id).await.unwrap();
    rows.into_iter().next().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_signs_in_by_itself_and_the_log_says_by_what() {
    for db in each().await {
        let world = with_ann_and_bob(db).await;
        let flow = keyed(&world);
        let ann = sign_in(&flow, ANN).await;
        let mut key = add(&flow, &ann, "  Blue   key ").await.unwrap();
        let factors = flow.factors(&ann.session).await.unwrap();
        assert!(factors.app && factors.can_lose_one());
        assert_eq!(factors.keys[0].name.reveal(), "Blue key");
        assert!(factors.keys[0].used.is_none());
        let before = row(&flow, &ann).await;
        assert!(!String::from_utf8_lossy(&before.name.unwrap()).contains("Blue"));

        later(&flow, 1);
        let new = by_key(&flow, &mut key).await.unwrap();
        let session = open(&flow, &new.token).await;
        assert_eq!(session.person.id, ann.session.person.id);
        assert_eq!(session.caller.proof, "key");
        assert!(session.is_fresh(flow.clock.now()));
        let after = row(&flow, &ann).await;
        assert_ne!(after.data, before.data, "the counter is kept");
        assert_eq!(after.used_at, Some(flow.clock.now().as_microsecond()));
        let (signed, _) = events(&flow, "signed-in").await;
        assert!(signed[0].contains("\"proof\":\"password-and-code\""));
        assert!(signed[1].contains("\"proof\":\"key\""), "{}", signed[1]);
        let (changed, _) = events(&flow, EventKind::PersonChanged.as_str()).await;
        let added = changed.last().unwrap();
        assert!(added.contains("key-added") && added.contains("london-coordination"));
        assert!(!added.contains("Blue"));
        let mut tx = flow.store.read().await.unwrap();
        let due = tx.mails_due(i64::MAX, 100).await.unwrap();
        drop(tx);
        let mails = due
            .iter()
            .filter(|mail| mail.subject.starts_with(KEY_NOTICE));
        assert_eq!(mails.count(), 1, "she is told by mail");
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_hold_is_refused_alike() {
    for db in each().await {
        let world = with_ann_and_bob(db).await;
        let flow = keyed(&world);
        let ann = sign_in(&flow, ANN).await;
        let mut key = add(&flow, &ann, "mine").await.unwrap();
        // Each by itself: a success between them begins the count anew.
        let mut elsewhere = Authenticator::new(ORIGIN);
        elsewhere.handle = key.handle.clone();
        is_refused(by_key(&flow, &mut elsewhere).await, "a key of nobody");

        let ceremony = asked(&flow).await;
        is_refused(answer(&flow, &ceremony, "{}").await, "no answer");
        is_refused(
            answer(&flow, &ceremony, &key.get(&ceremony.options)).await,
            "asked once",
        );

        let ceremony = asked(&flow).await;
        let right = key.get(&ceremony.options);
        answer(&flow, &ceremony, &right).await.unwrap();
        is_refused(answer(&flow, &ceremony, &right).await, "played again");

        let other = asked(&flow).await;
        is_refused(answer(&flow, &other, &right).await, "to another challenge");

        let ceremony = asked(&flow).await;
        let late = key.get(&ceremony.options);
        assert!(flow.clock.advance(SignedDuration::from_mins(5)));
        is_refused(answer(&flow, &ceremony, &late).await, "too late");

        let ceremony = asked(&flow).await;
        let theirs = key.get(&ceremony.options);
        let stolen = flow.sign_in_by_key("another", None, &ceremony.id, &theirs);
        is_refused(stolen.await, "from another browser");
        answer(&flow, &ceremony, &theirs).await.unwrap();

        key.origin = "https://portal.example.evil.example".to_owned();
        is_refused(by_key(&flow, &mut key).await, "another origin");
        key.origin = format!("{ORIGIN}:8443");
        is_refused(by_key(&flow, &mut key).await, "another port");
        key.origin = ORIGIN.to_owned();
        by_key(&flow, &mut key).await.unwrap();

        key.flags = PRESENT;
        is_refused(by_key(&flow, &mut key).await, "its person was not checked");
        key.flags |= crate::authenticator::VERIFIED;

        let handle = std::mem::replace(&mut key.handle, vec![7; 16]);
        is_refused(by_key(&flow, &mut key).await, "somebody else's, it says");
        key.handle = handle;

        let ceremony = asked(&flow).await;
        let forged = key.get(&ceremony.options);
        let mut forged: serde_json::Value = serde_json::from_str(&forged).unwrap();
        let other = asked(&flow).await;
        let of_other: serde_json::Value = serde_json::from_str(&key.get(&other.options)).unwrap();
        forged["response"]["signature"] = of_other["response"]["signature"].clone();
        let forged = forged.to_string();
        is_refused(answer(&flow, &ceremony, &forged).await, "a wrong signature");
        by_key(&flow, &mut key).await.unwrap();
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_of_a_key_lock_its_person_out_and_those_of_nobodys_key_look_the_same() {
    for db in each().await {
        let world = with_ann_and_bob(db).await;
        let flow = keyed(&world);
        let ann = sign_in(&flow, ANN).await;
        let mut key = add(&flow, &ann, "mine").await.unwrap();
        key.flags = PRESENT;
        for _ in 0..5 {
            is_refused(by_key(&flow, &mut key).await, "not checked");
        }
        key.flags |= crate::authenticator::VERIFIED;
        is_refused(by_key(&flow, &mut key).await, "locked out");
        later(&flow, 1);
        let by_code = flow.sign_in(ANN, PASSWORD, &code(&flow)).await;
        is_refused(by_code, "locked out whatever is given");
        let mut nobodys = Authenticator::new(ORIGIN);
        for _ in 0..5 {
            is_refused(by_key(&flow, &mut nobodys).await, "nobody's");
        }
        let (locked, _) = events(&flow, "sign-in-locked").await;
        assert_eq!(locked.len(), 2);
        later(&flow, 15);
        by_key(&flow, &mut key).await.unwrap();
        // Wrong passwords lock the key out too.
        fail(&flow, ANN, 5).await;
        is_refused(by_key(&flow, &mut key).await, "locked out by passwords");
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_counter_that_runs_backwards_is_refused_and_told() {
    for db in each().await {
        let world = with_ann_and_bob(db).await;
        let flow = keyed(&world);
        let ann = sign_in(&flow, ANN).await;
        let mut key = add(&flow, &ann, "mine").await.unwrap();
        by_key(&flow, &mut key).await.unwrap();
        key.counter -= 1;
        is_refused(by_key(&flow, &mut key).await, "as high as before");
        let (changed, _) = events(&flow, EventKind::PersonChanged.as_str()).await;
        let copied = changed.iter().filter(|event| event.contains("key-copied"));
        assert_eq!(copied.count(), 1);
        let coordinator = caller(&world, "london-coordination", "coordinator").await;
        let told = flow.told_to(&coordinator, None, 10).await.unwrap();
        assert_eq!(told[0].kind, "people-key-copied");
        // Two answers at once that bear one count: one is let in.
        let (one, other) = (asked(&flow).await, asked(&flow).await);
        let first = key.get(&one.options);
        key.counter -= 1;
        let second = key.get(&other.options);
        let both = tokio::join!(answer(&flow, &one, &first), answer(&flow, &other, &second));
        assert!(both.0.is_ok() != both.1.is_ok(), "{both:?}");
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_password_a_key_stands_for_the_code_and_both_must_be_of_one_person() {
    for db in each().await {
        let world = with_ann_and_bob(db).await;
        let flow = keyed(&world);
        let ann = sign_in(&flow, ANN).await;
        let bob = sign_in(&flow, BOB).await;
        let mut key = add(&flow, &ann, "mine").await.unwrap();
        let mut bobs = add(&flow, &bob, "mine").await.unwrap();
        let after = async |email: &str, password: &str| {
            flow.ask_key_after(BROWSER, email, password).await.unwrap()
        };
        let ceremony = after(ANN, PASSWORD).await;
        let new = answer(&flow, &ceremony, &key.get(&ceremony.options)).await;
        assert_eq!(new.unwrap().session.caller.proof, "password-and-key");
        for (email, password) in [
            (ANN, "wrong"),
            (BOB, PASSWORD),
            ("nobody@x.example", PASSWORD),
        ] {
            let ceremony = after(email, password).await;
            let answered = answer(&flow, &ceremony, &key.get(&ceremony.options)).await;
            is_refused(answered, email);
        }
        // The failures were those of the addresses that were given.
        let mut tx = flow.store.read().await.unwrap();
        let index = bob.session.person.email_index.clone();
        assert!(tx.failures_of(&index).await.unwrap().is_some());
        drop(tx);
        let ceremony = after(BOB, PASSWORD).await;
        answer(&flow, &ceremony, &bobs.get(&ceremony.options))
            .await
            .unwrap();
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_signed_in_proves_it_again_by_a_key_of_their_own() {
    for db in each().await {
        let world = with_ann_and_bob(db).await;
        let flow = keyed(&world);
        let ann = sign_in(&flow, ANN).await;
        let bob = sign_in(&flow, BOB).await;
        let mut key = add(&flow, &ann, "mine").await.unwrap();
        let mut bobs = add(&flow, &bob, "mine").await.unwrap();
        later(&flow, 6);
        let person = &ann.session.person;
        let again = async |answer: &dyn Fn(&mut Authenticator, &str) -> String,
                           key: &mut Authenticator| {
            let ceremony = flow.ask_key(&ann.token).await.unwrap();
            let answer = answer(key, &ceremony.options);
            flow.sign_in_again_by_key(&ann.token, person, &ceremony.id, &answer)
                .await
        };
        is_refused(again(&Authenticator::get, &mut bobs).await, "another's key");
        assert!(!open(&flow, &ann.token).await.is_fresh(flow.clock.now()));
        let new = again(&Authenticator::get, &mut key).await.unwrap();
        flow.bind_session(&new, &here()).await.unwrap();
        assert_eq!(new.session.id, ann.session.id);
        assert!(open(&flow, &new.token).await.is_fresh(flow.clock.now()));
        absent(&flow, &ann.token).await;
        let mut tx = flow.store.read().await.unwrap();
        let row: SessionRow = tx.get(&new.session.id).await.unwrap().unwrap();
        assert_eq!(row.proof, "key");
        drop(tx);
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_person_and_a_removed_key_are_refused_like_any_other() {
    for db in each().await {
        let world = with_ann_and_bob(db).await;
        let flow = keyed(&world);
        let ann = sign_in(&flow, ANN).await;
        let mut key = add(&flow, &ann, "mine").await.unwrap();
        let by_key_too = by_key(&flow, &mut key).await.unwrap();
        flow.suspend_person(ANN, true).await.unwrap();
        absent(&flow, &by_key_too.token).await;
        is_refused(by_key(&flow, &mut key).await, "suspended");
        flow.suspend_person(ANN, false).await.unwrap();
        let ann = by_key(&flow, &mut key).await.unwrap();
        let elsewhere = by_key(&flow, &mut key).await.unwrap();

        let id = row(&flow, &ann).await.id;
        let bob = sign_in(&flow, BOB).await;
        let not_his = flow.remove_key(&bob.session, &id).await;
        assert!(matches!(not_his, Err(FlowError::NotFound)));
        flow.remove_key(&ann.session, &id).await.unwrap();
        is_refused(by_key(&flow, &mut key).await, "removed");
        absent(&flow, &elsewhere.token).await;
        open(&flow, &ann.token).await;
        assert!(flow.factors(&ann.session).await.unwrap().keys.is_empty());
        let twice = flow.remove_key(&ann.session, &id).await;
        assert!(matches!(twice, Err(FlowError::NotFound)));
        let (changed, _) = events(&flow, EventKind::PersonChanged.as_str()).await;
        assert!(changed.iter().any(|event| event.contains("key-removed")));
        let mut tx = flow.store.read().await.unwrap();
        let gone: SecurityKeyRow = tx.get(&id).await.unwrap().unwrap();
        assert!(gone.state == "removed" && gone.data.is_empty() && gone.name.is_none());
        drop(tx);
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_key_is_named_checks_its_person_and_is_set_up_once() {
    for db in each().await {
        let world = with_ann_and_bob(db).await;
        let flow = keyed(&world);
        let ann = sign_in(&flow, ANN).await;
        let fault = |done: Result<(), FlowError>| match done {
            Err(FlowError::Invalid(faults)) => faults[0].pointer.clone(),
            other => panic!("{other:?}"),
        };
        let mut key = Authenticator::new(ORIGIN);
        let ceremony = flow.begin_key(&ann.session, &ann.token).await.unwrap();
        let made = key.create(&ceremony.options);
        let given = |name| KeyAnswer {
            ceremony: &ceremony.id,
            answer: &made,
            name,
        };
        let long = "x".repeat(61);
        for name in ["", "  ", &long] {
            let done = flow.add_key(&ann.session, &ann.token, given(name)).await;
            assert_eq!(fault(done), "/name");
        }
        let bob = sign_in(&flow, BOB).await;
        let his = flow.add_key(&bob.session, &bob.token, given("x")).await;
        assert_eq!(fault(his), "/key");
        flow.add_key(&ann.session, &ann.token, given("x"))
            .await
            .unwrap();
        let again = flow.add_key(&ann.session, &ann.token, given("x")).await;
        assert_eq!(fault(again), "/key", "a challenge is good once");
        // The same key for another person, and for the same.
        for who in [&bob, &ann] {
            let ceremony = flow.begin_key(&who.session, &who.token).await.unwrap();
            let made = key.create(&ceremony.options);
            let given = KeyAnswer {
                ceremony: &ceremony.id,
                answer: &made,
                name: "x",
            };
            let done = flow.add_key(&who.session, &who.token, given).await;
            assert_eq!(fault(done), "/key");
        }
        let mut unchecked = Authenticator::new(ORIGIN);
        unchecked.flags = PRESENT;
        let ceremony = flow.begin_key(&ann.session, &ann.token).await.unwrap();
        let made = unchecked.create(&ceremony.options);
        let given = KeyAnswer {
            ceremony: &ceremony.id,
            answer: &made,
            name: "x",
        };
        let done = flow.add_key(&ann.session, &ann.token, given).await;
        assert_eq!(fault(done), "/key");
        for n in 1..10 {
            add(&flow, &ann, &format!("key {n}")).await.unwrap();
        }
        let eleventh = add(&flow, &ann, "one too many").await;
        assert!(matches!(eleventh, Err(FlowError::Conflict(_))));
        let none = world.flow.begin_key(&ann.session, &ann.token).await;
        assert!(matches!(none, Err(FlowError::Conflict(_))), "no keys here");
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_slipped_in_or_given_to_another_is_found() {
    for db in each().await {
        let world = with_ann_and_bob(db).await;
        let flow = keyed(&world);
        let ann = sign_in(&flow, ANN).await;
        let bob = sign_in(&flow, BOB).await;
        add(&flow, &ann, "mine").await.unwrap();
        let verify = async || verify_records(&flow.store, &flow.blobs, &mut |_| {}).await;
        verify().await.unwrap();
        let kept = row(&flow, &ann).await;
        let mut slipped = kept.clone();
        slipped.id = "slipped".to_owned();
        slipped.credential = "another".to_owned();
        put_bare(&flow, &slipped).await;
        let found = verify().await;
        let named = matches!(&found, Err(AuditFault::Unlogged { table: "security_key", id }) if id == "slipped");
        assert!(named, "{found:?}");
        // It is refused nowhere before that, so it must be found.
        slipped.id = kept.id.clone();
        slipped.credential = kept.credential.clone();
        slipped.person = bob.session.person.id.clone();
        put_bare(&flow, &slipped).await;
        let found = verify().await;
        assert!(
            matches!(
                found,
                Err(AuditFault::Changed {
                    table: "security_key",
                    ..
                })
            ),
            "{found:?}"
        );
    }
}

async fn put_bare(flow: &Flow, row: &SecurityKeyRow) {
    let mut tx = flow.store.write("test").await.unwrap();
    tx.put_bare(row).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn challenges_are_sealed_and_swept() {
    for db in each().await {
        let world = with_ann_and_bob(db).await;
        let flow = keyed(&world);
        let ceremony = asked(&flow).await;
        let kept = async || {
            let mut tx = flow.store.read().await.unwrap();
            tx.get::<CeremonyRow>(&ceremony.id).await.unwrap()
        };
        let row = kept().await.unwrap();
        assert!(!String::from_utf8_lossy(&row.held).contains("challenge"));
        assert_ne!(row.browser, BROWSER);
        later(&flow, 4);
        flow.tick().await.unwrap();
        assert!(kept().await.is_some());
        later(&flow, 1);
        flow.tick().await.unwrap();
        assert!(kept().await.is_none());
    }
}
