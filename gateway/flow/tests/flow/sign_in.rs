//! Signing in, and what a session is good for and how long.

use aws_lc_rs::hmac;
use gateway_core::{Channel, Role};
use gateway_flow::admin::{AgencyChange, NewPerson};
use gateway_flow::sign_in::{Cost, Whence, hash};
use gateway_flow::{Flow, FlowError, NewSession, Session, SignInError, Standing};
use gateway_store::Store;
use gateway_store::rows::SessionRow;
use gateway_store::testing::{TestDb, each};
use jiff::{SignedDuration, Timestamp};

use crate::world::{World, agency, world};

/// The secret of RFC 6238's test vectors, plain and in base32.
const SECRET: &[u8] = b"12345678901234567890";
const SECRET_BASE32: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
pub const PASSWORD: &str = "abcd-efgh-jkmn-pqrs";
pub const ANN: &str = "ann@southwark-housing.example";
pub const BOB: &str = "bob@southwark-housing.example";
const NOBODY: &str = "nobody@southwark-housing.example";

pub async fn with_ann_and_bob(db: TestDb) -> World {
    let world = world(db).await;
    for email in [ANN, BOB] {
        let new = NewPerson {
            agency: agency("southwark-housing"),
            name: "Synthetic Person".to_owned(),
            email: email.to_owned(),
            roles: vec![(Role::Practitioner, false)],
            password_hash: Some(hash(PASSWORD, Cost::Demo).unwrap()),
            totp_secret: Some(SECRET_BASE32.to_owned()),
        };
        world.flow.add_person(new).await.unwrap();
    }
    world
}

fn code_at(at: Timestamp) -> String {
    code_by(SECRET, at)
}

/// The code of a secret in base32.
pub fn code_of(secret: &str, at: Timestamp) -> String {
    let five = |letter: u8| match letter {
        b'A'..=b'Z' => u64::from(letter - b'A'),
        _ => u64::from(letter - b'2' + 26),
    };
    let bytes = |eight: &[u8]| {
        let number = eight.iter().fold(0, |n, letter| n << 5 | five(*letter));
        number.to_be_bytes()[3..].to_vec()
    };
    let secret: Vec<u8> = secret.as_bytes().chunks(8).flat_map(bytes).collect();
    code_by(&secret, at)
}

fn code_by(secret: &[u8], at: Timestamp) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret);
    let step = at.as_second() / 30;
    let mac = hmac::sign(&key, &step.to_be_bytes());
    let mac = mac.as_ref();
    let offset = usize::from(mac[19] & 15);
    let number = u32::from_be_bytes(mac[offset..offset + 4].try_into().unwrap());
    format!("{:06}", (number & 0x7fff_ffff) % 1_000_000)
}

pub fn code(flow: &Flow) -> String {
    code_at(flow.clock.now())
}

/// Signs in with a code that was not used before.
pub async fn sign_in(flow: &Flow, email: &str) -> NewSession {
    assert!(flow.clock.advance(SignedDuration::from_secs(30)));
    let new = flow.sign_in(email, PASSWORD, &code(flow)).await.unwrap();
    flow.bind_session(&new, &here()).await.unwrap();
    new
}

/// Where everybody signs in, but for those of whom it is said otherwise.
pub fn here() -> Whence {
    Whence::new("Mozilla/5.0 Firefox/140.0", Some([192, 0, 2, 7].into()))
}

async fn refused(flow: &Flow, email: &str, password: &str, code: &str) {
    let answer = flow.sign_in(email, password, code).await;
    assert!(matches!(answer, Err(SignInError::Refused)), "{answer:?}");
}

pub async fn fail(flow: &Flow, email: &str, times: usize) {
    for _ in 0..times {
        refused(flow, email, "wrong", "000000").await;
    }
}

pub async fn open(flow: &Flow, token: &str) -> Session {
    match flow.session(token, &here()).await.unwrap() {
        Standing::Open(session) => session,
        other @ (Standing::Locked(_) | Standing::Absent) => panic!("{other:?}"),
    }
}

pub async fn absent(flow: &Flow, token: &str) {
    let standing = flow.session(token, &here()).await.unwrap();
    assert!(matches!(standing, Standing::Absent), "{standing:?}");
}

async fn locked(flow: &Flow, token: &str) {
    let standing = flow.session(token, &here()).await.unwrap();
    assert!(matches!(standing, Standing::Locked(_)), "{standing:?}");
}

pub fn later(flow: &Flow, minutes: i64) {
    assert!(flow.clock.advance(SignedDuration::from_mins(minutes)));
}

/// The events of a kind in the default area's log, and all of the log's.
pub async fn events(flow: &Flow, kind: &str) -> (Vec<String>, usize) {
    let head = flow.log_head(None).await.unwrap().unwrap();
    let mut tx = flow.store.read().await.unwrap();
    let leaves = tx.leaves(&head.id, 0, 10_000).await.unwrap();
    let all = leaves.len();
    let of_kind = leaves.into_iter().filter(|leaf| leaf.kind == kind);
    (of_kind.map(|leaf| leaf.event).collect(), all)
}

#[tokio::test(flavor = "multi_thread")]
async fn right_words_let_in_and_the_store_has_only_a_digest_of_the_token() {
    for db in each().await {
        let world = with_ann_and_bob(db).await;
        let flow = &world.flow;
        let email = "  Ann@Southwark-Housing.example ";
        let new = flow.sign_in(email, PASSWORD, &code(flow)).await.unwrap();
        absent(flow, &new.token).await;
        flow.bind_session(&new, &here()).await.unwrap();
        let session = open(flow, &new.token).await;
        assert_eq!(session.id, new.session.id);
        assert_eq!(session.caller.agency.as_str(), "southwark-housing");
        assert_eq!(session.caller.channel, Channel::Portal);
        assert_eq!(session.caller.person.unwrap().id, session.person.id);
        assert_eq!(new.token.len(), 43);
        let mut tx = flow.store.read().await.unwrap();
        let row: SessionRow = tx.get(&new.session.id).await.unwrap().unwrap();
        drop(tx);
        assert_eq!(row.token.len(), 64);
        absent(flow, &row.token).await;
        let (events, _) = events(flow, "signed-in").await;
        assert_eq!(events.len(), 1);
        assert!(events[0].contains(&session.person.id) && events[0].contains(&session.id));
        for kept_out in ["Synthetic", "@", &row.token, &*new.token] {
            assert!(!events[0].contains(kept_out), "{}", events[0]);
        }
        assert!(new.session.is_fresh(flow.clock.now()));
        later(flow, 5);
        assert!(new.session.is_fresh(flow.clock.now()));
        later(flow, 1);
        assert!(!new.session.is_fresh(flow.clock.now()));
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_failure_is_refused_alike_and_leaves_no_session_and_no_event() {
    for db in each().await {
        let world = with_ann_and_bob(db).await;
        let flow = &world.flow;
        let (code, wrong) = (code(flow), "000000");
        let (_, before) = events(flow, "signed-in").await;
        refused(flow, ANN, "wrong", &code).await;
        refused(flow, ANN, PASSWORD, wrong).await;
        refused(flow, ANN, PASSWORD, "").await;
        refused(flow, NOBODY, PASSWORD, &code).await;
        // Enrolled, but with neither password nor second factor.
        refused(flow, "spoc@southwark-housing.example", "", &code).await;
        assert_eq!(events(flow, "signed-in").await, (Vec::new(), before));
        flow.suspend_person(BOB, true).await.unwrap();
        refused(flow, BOB, PASSWORD, &code).await;
        flow.suspend_person(BOB, false).await.unwrap();
        flow.sign_in(BOB, PASSWORD, &code).await.unwrap();
        flow.sign_in(ANN, PASSWORD, &code).await.unwrap();
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_good_once_for_its_person_and_a_neighbouring_one_too() {
    for db in each().await {
        let world = with_ann_and_bob(db).await;
        let flow = &world.flow;
        let now = code(flow);
        let at = |seconds| code_at(flow.clock.now() + SignedDuration::from_secs(seconds));
        flow.sign_in(ANN, PASSWORD, &now).await.unwrap();
        refused(flow, ANN, PASSWORD, &now).await;
        flow.sign_in(BOB, PASSWORD, &now).await.unwrap();
        for good in [30, -30] {
            flow.sign_in(ANN, PASSWORD, &at(good)).await.unwrap();
            refused(flow, ANN, PASSWORD, &at(good)).await;
        }
        for bad in [60, -60] {
            refused(flow, ANN, PASSWORD, &at(bad)).await;
        }
        // Two at once: one of them.
        assert!(flow.clock.advance(SignedDuration::from_mins(16)));
        let now = code(flow);
        let attempt = || flow.sign_in(ANN, PASSWORD, &now);
        let (one, two, three) = tokio::join!(attempt(), attempt(), attempt());
        let let_in = [one, two, three].into_iter().flatten().count();
        assert_eq!(let_in, 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn five_failures_lock_out_until_the_time_is_over_and_are_no_oracle() {
    for db in each().await {
        let world = with_ann_and_bob(db).await;
        let flow = &world.flow;
        let mut grown = Vec::new();
        for email in [ANN, NOBODY] {
            let (_, before) = events(flow, "sign-in-locked").await;
            fail(flow, email, 4).await;
            assert_eq!(events(flow, "sign-in-locked").await.1, before);
            fail(flow, email, 1).await;
            grown.push(events(flow, "sign-in-locked").await.1 - before);
        }
        assert_eq!(grown, [1, 1], "the log shows who is enrolled");
        let (locks, _) = events(flow, "sign-in-locked").await;
        assert!(locks.iter().all(|event| !event.contains('@')), "{locks:?}");
        later(flow, 14);
        refused(flow, ANN, PASSWORD, &code(flow)).await;
        sign_in(flow, BOB).await;
        // 09:14:30 for Bob; 09:15 is the end of it: what was tried meanwhile does not prolong it.
        assert!(flow.clock.advance(SignedDuration::from_secs(29)));
        refused(flow, ANN, PASSWORD, &code(flow)).await;
        assert!(flow.clock.advance(SignedDuration::from_secs(1)));
        flow.sign_in(ANN, PASSWORD, &code(flow)).await.unwrap();
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_far_apart_or_before_a_success_do_not_add_up() {
    for db in each().await {
        let world = with_ann_and_bob(db).await;
        let flow = &world.flow;
        fail(flow, ANN, 4).await;
        later(flow, 15);
        fail(flow, ANN, 4).await;
        sign_in(flow, ANN).await;
        fail(flow, ANN, 4).await;
        sign_in(flow, ANN).await;
        // What is old is removed, what counts is not.
        fail(flow, ANN, 4).await;
        later(flow, 14);
        fail(flow, BOB, 4).await;
        later(flow, 2);
        flow.tick().await.unwrap();
        fail(flow, BOB, 1).await;
        refused(flow, BOB, PASSWORD, &code(flow)).await;
        let index = |email| flow.vault.blind("*", "person.email", email);
        let (ann, bob) = (index(ANN).await.unwrap(), index(BOB).await.unwrap());
        let mut tx = flow.store.read().await.unwrap();
        assert!(tx.failures_of(&ann).await.unwrap().is_none());
        assert!(tx.failures_of(&bob).await.unwrap().is_some());
        drop(tx);
        later(flow, 16);
        flow.tick().await.unwrap();
        let mut tx = flow.store.read().await.unwrap();
        assert!(tx.failures_of(&bob).await.unwrap().is_none());
        let now = flow.clock.now().as_microsecond();
        assert_eq!(tx.stale_sign_ins(now, now, now).await.unwrap(), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn guesses_at_once_count_one_by_one() {
    for db in each().await {
        let world = with_ann_and_bob(db).await;
        let flow = &world.flow;
        let guesses = (0..20).map(|_| {
            let flow = flow.clone();
            tokio::spawn(async move { refused(&flow, ANN, "wrong", "000000").await })
        });
        for guess in guesses.collect::<Vec<_>>() {
            guess.await.unwrap();
        }
        refused(flow, ANN, PASSWORD, &code(flow)).await;
        assert_eq!(events(flow, "sign-in-locked").await.0.len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_session_locks_and_its_person_goes_on_with_it_under_a_new_token() {
    for db in each().await {
        let world = with_ann_and_bob(db).await;
        let flow = &world.flow;
        let first = sign_in(flow, ANN).await;
        for _ in 0..3 {
            later(flow, 19);
            open(flow, &first.token).await;
        }
        later(flow, 20);
        locked(flow, &first.token).await;
        let old = &first.token;
        let wrong = flow.sign_in_again(old, ANN, "wrong", &code(flow)).await;
        assert!(matches!(wrong, Err(SignInError::Refused)));
        locked(flow, old).await;
        let again = flow.sign_in_again(old, ANN, PASSWORD, &code(flow)).await;
        let again = again.unwrap();
        absent(flow, old).await;
        absent(flow, &again.token).await;
        flow.bind_session(&again, &here()).await.unwrap();
        let session = open(flow, &again.token).await;
        let before = &first.session;
        assert_eq!(
            (&session.id, session.started, session.ends),
            (&before.id, before.started, before.ends)
        );
        assert!(session.is_fresh(flow.clock.now()) && !before.is_fresh(flow.clock.now()));
        let quick = flow.clone().locking_after(SignedDuration::from_mins(2));
        later(flow, 2);
        locked(&quick, &again.token).await;
        open(flow, &again.token).await;
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_person_at_a_locked_session_gets_a_session_of_their_own() {
    for db in each().await {
        let world = with_ann_and_bob(db).await;
        let flow = &world.flow;
        let ann = sign_in(flow, ANN).await;
        later(flow, 21);
        let now = code(flow);
        let bob = flow.sign_in_again(&ann.token, BOB, PASSWORD, &now);
        let bob = bob.await.unwrap();
        assert_ne!(bob.session.id, ann.session.id);
        assert_ne!(bob.session.person.id, ann.session.person.id);
        locked(flow, &ann.token).await;
        let own = flow.sessions(&bob.session).await.unwrap();
        assert_eq!(own.len(), 1);
        assert!(own[0].this && !own[0].locked);
        let hers = flow.end_session(&bob.session, &ann.session.id).await;
        assert!(matches!(hers, Err(FlowError::NotFound)));
        locked(flow, &ann.token).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_after_twelve_hours_in_use_or_not() {
    for db in each().await {
        let world = with_ann_and_bob(db).await;
        let flow = &world.flow;
        let new = sign_in(flow, ANN).await;
        for _ in 0..47 {
            later(flow, 15);
            open(flow, &new.token).await;
        }
        later(flow, 14);
        open(flow, &new.token).await;
        later(flow, 1);
        absent(flow, &new.token).await;
        assert!(flow.sessions(&new.session).await.unwrap().is_empty());
        // It cannot be gone on with: another one begins.
        let now = code(flow);
        let again = flow.sign_in_again(&new.token, ANN, PASSWORD, &now);
        assert_ne!(again.await.unwrap().session.id, new.session.id);
        flow.tick().await.unwrap();
        flow.tick().await.unwrap();
        let (ended, _) = events(flow, "session-ended").await;
        assert_eq!(ended.len(), 1);
        assert!(ended[0].contains("expired") && ended[0].contains(&new.session.id));
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_by_signing_out_and_from_another_one() {
    for db in each().await {
        let world = with_ann_and_bob(db).await;
        let flow = &world.flow;
        let one = sign_in(flow, ANN).await;
        let two = sign_in(flow, ANN).await;
        let three = sign_in(flow, ANN).await;
        let listed = flow.sessions(&two.session).await.unwrap();
        let ids: Vec<_> = listed.iter().map(|s| (&s.id, s.this)).collect();
        let expected = [
            (&three.session.id, false),
            (&two.session.id, true),
            (&one.session.id, false),
        ];
        assert_eq!(ids, expected);
        flow.end_session(&two.session, &one.session.id)
            .await
            .unwrap();
        absent(flow, &one.token).await;
        let twice = flow.end_session(&two.session, &one.session.id).await;
        assert!(matches!(twice, Err(FlowError::NotFound)));
        flow.sign_out(&two.token).await.unwrap();
        flow.sign_out(&two.token).await.unwrap();
        absent(flow, &two.token).await;
        later(flow, 21);
        locked(flow, &three.token).await;
        flow.sign_out(&three.token).await.unwrap();
        absent(flow, &three.token).await;
        let (ended, _) = events(flow, "session-ended").await;
        assert_eq!(ended.len(), 3);
        assert!(ended[0].contains("ended-by-person") && ended[1].contains("signed-out"));
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn that_a_session_is_used_is_noted_once_a_minute() {
    for db in each().await {
        let world = with_ann_and_bob(db).await;
        let flow = &world.flow;
        let new = sign_in(flow, ANN).await;
        let mut seen = Vec::new();
        for _ in 0..4 {
            assert!(flow.clock.advance(SignedDuration::from_secs(20)));
            let session = open(flow, &new.token).await;
            let listed = flow.sessions(&session).await.unwrap();
            seen.push((listed[0].seen - new.session.started).as_secs());
        }
        assert_eq!(seen, [0, 0, 60, 60]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_suspended_is_out_at_once_and_stays_out() {
    for db in each().await {
        let world = with_ann_and_bob(db).await;
        let flow = &world.flow;
        let (ann, bob) = (sign_in(flow, ANN).await, sign_in(flow, BOB).await);
        flow.suspend_person(ANN, true).await.unwrap();
        absent(flow, &ann.token).await;
        flow.suspend_person(ANN, false).await.unwrap();
        absent(flow, &ann.token).await;
        open(flow, &bob.token).await;
        let change = |change| flow.change_agency("southwark-housing", change);
        change(AgencyChange::Suspend).await.unwrap();
        absent(flow, &bob.token).await;
        later(flow, 1);
        refused(flow, BOB, PASSWORD, &code(flow)).await;
        change(AgencyChange::Restore).await.unwrap();
        absent(flow, &bob.token).await;
        sign_in(flow, BOB).await;
        let (ended, _) = events(flow, "session-ended").await;
        assert_eq!(ended.len(), 2);
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn new_credentials_end_the_sessions_and_the_lock_out_of_the_old_ones() {
    for db in each().await {
        let world = with_ann_and_bob(db).await;
        let flow = &world.flow;
        let ann = sign_in(flow, ANN).await;
        fail(flow, ANN, 5).await;
        let set = |email| async move {
            let hashed = hash("another", Cost::Demo).unwrap();
            flow.set_credentials(email, hashed, SECRET_BASE32).await
        };
        set(ANN).await.unwrap();
        absent(flow, &ann.token).await;
        later(flow, 1);
        refused(flow, ANN, PASSWORD, &code(flow)).await;
        flow.sign_in(ANN, "another", &code(flow)).await.unwrap();
        assert!(matches!(set(NOBODY).await, Err(FlowError::NotFound)));
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_forgets_neither_a_session_nor_a_lock_out_nor_a_used_code() {
    for db in each().await {
        let world = with_ann_and_bob(db).await;
        let bob = sign_in(&world.flow, BOB).await;
        fail(&world.flow, ANN, 5).await;
        let old = &world.flow;
        let flow = Flow::new(
            Store::open(&world.db.url).await.unwrap(),
            old.blobs.clone(),
            old.vault.clone(),
            old.protocols.clone(),
            old.directory.clone(),
            old.clock.clone(),
        );
        assert_eq!(open(&flow, &bob.token).await.id, bob.session.id);
        refused(&flow, BOB, PASSWORD, &code(&flow)).await;
        refused(&flow, ANN, PASSWORD, &code(&flow)).await;
        later(&flow, 15);
        flow.sign_in(ANN, PASSWORD, &code(&flow)).await.unwrap();
    }
}
