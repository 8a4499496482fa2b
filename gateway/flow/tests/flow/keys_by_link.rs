//! Setting up a security key by a link, and losing it by a reset.

use gateway_flow::colleague::{JoinError, Link, Reset};
use gateway_flow::key::{Ceremony, KeyAnswer};
use gateway_flow::outgoing::KEY_NOTICE;
use gateway_flow::{Flow, FlowError, NewSession, SignInError};
use gateway_store::rows::PersonRow;
use gateway_store::testing::each;
use jiff::SignedDuration;

use crate::authenticator::Authenticator;
use crate::colleague::{id_of, mails, people, spoc, told, zoe};
use crate::keys::{ORIGIN, keyed};
use crate::sign_in::{code_of, events};

const PASSWORD: &str = "kettle-orbit-mango";
const NEW: &str = "another-orbit-mango";

async fn asked(flow: &Flow, token: &str, password: &str) -> Ceremony {
    flow.ask_key_by_link(token, password).await.unwrap()
}

async fn take(
    flow: &Flow,
    token: &str,
    ceremony: &Ceremony,
    key: &mut Authenticator,
) -> Result<(), JoinError> {
    let answer = key.create(&ceremony.options);
    let given = KeyAnswer {
        ceremony: &ceremony.id,
        answer: &answer,
        name: "",
    };
    flow.take_link_with_key(token, given).await
}

async fn by_key(flow: &Flow, key: &mut Authenticator) -> Result<NewSession, SignInError> {
    assert!(flow.clock.advance(SignedDuration::from_secs(30)));
    let ceremony = flow.ask_key("a browser").await.unwrap();
    let answer = key.get(&ceremony.options);
    flow.sign_in_by_key("a browser", None, &ceremony.id, &answer)
        .await
}

fn wrong(done: Result<impl std::fmt::Debug, JoinError>) -> String {
    match done {
        Err(JoinError::Wrong(faults)) => faults[0].pointer.clone(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newcomer_without_a_phone_joins_with_a_key_and_keeps_it() {
    for db in each().await {
        let world = people(db).await;
        let flow = keyed(&world);
        flow.invite(&spoc(&world).await, zoe()).await.unwrap();
        let (token, ..) = mails(&flow).await.pop().unwrap();
        for weak in ["", "password1234", "short"] {
            assert_eq!(wrong(flow.ask_key_by_link(&token, weak).await), "/password");
        }
        let mut key = Authenticator::new(ORIGIN);
        // A challenge of another link, and one that was used.
        let ceremony = asked(&flow, &token, PASSWORD).await;
        let other = KeyAnswer {
            ceremony: &ceremony.id,
            answer: "{}",
            name: "x",
        };
        assert_eq!(wrong(flow.take_link_with_key(&token, other).await), "/key");
        assert_eq!(
            wrong(take(&flow, &token, &ceremony, &mut key).await),
            "/key"
        );
        let ceremony = asked(&flow, &token, PASSWORD).await;
        take(&flow, &token, &ceremony, &mut key).await.unwrap();
        let over = flow.link(&token).await.unwrap();
        assert!(matches!(over, Link::Used), "{over:?}");

        let zoe = by_key(&flow, &mut key).await.unwrap();
        let factors = flow.factors(&zoe.session).await.unwrap();
        assert!(!factors.app && !factors.can_lose_one());
        assert_eq!(factors.keys[0].name.reveal(), "Security key or passkey");
        let only = flow.remove_key(&zoe.session, &factors.keys[0].id).await;
        assert!(matches!(only, Err(FlowError::Conflict(_))), "{only:?}");
        by_key(&flow, &mut key).await.unwrap();
        assert_eq!(
            told(&world).await.pop().unwrap(),
            "Zoe Placeholder joined Zoe Placeholder"
        );
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_joined_by_a_key_sets_up_an_app_once_and_it_counts_after_its_code() {
    for db in each().await {
        let world = people(db).await;
        let flow = keyed(&world);
        flow.invite(&spoc(&world).await, zoe()).await.unwrap();
        let (token, ..) = mails(&flow).await.pop().unwrap();
        let mut key = Authenticator::new(ORIGIN);
        let ceremony = asked(&flow, &token, PASSWORD).await;
        take(&flow, &token, &ceremony, &mut key).await.unwrap();
        let zoe = by_key(&flow, &mut key).await.unwrap();
        let secret = flow.new_app(&zoe.session).await.unwrap();
        assert_eq!(flow.new_app(&zoe.session).await.unwrap(), secret);
        let other = by_key(&flow, &mut key).await.unwrap();
        assert_ne!(flow.new_app(&other.session).await.unwrap(), secret);
        let address = "zoe@southwark-housing.example";
        let code = || code_of(&secret, flow.clock.now());
        let refused = flow.sign_in(address, PASSWORD, &code()).await;
        assert!(
            matches!(refused, Err(SignInError::Refused)),
            "not set up yet"
        );
        for wrong in ["", "12345", "1234567", "six-no"] {
            let done = flow.add_app(&zoe.session, wrong).await;
            let Err(FlowError::Invalid(faults)) = done else {
                panic!("{done:?}")
            };
            assert_eq!(faults[0].pointer, "/code");
        }
        assert!(!flow.factors(&zoe.session).await.unwrap().app);
        flow.add_app(&zoe.session, &code()).await.unwrap();
        let factors = flow.factors(&zoe.session).await.unwrap();
        assert!(factors.app && factors.can_lose_one());
        let used = flow.sign_in(address, PASSWORD, &code()).await;
        assert!(
            matches!(used, Err(SignInError::Refused)),
            "its code is used"
        );
        assert!(flow.clock.advance(SignedDuration::from_secs(30)));
        flow.sign_in(address, PASSWORD, &code()).await.unwrap();

        // A second one is not set up, neither in this session nor in another.
        for session in [&zoe.session, &other.session] {
            let asked = flow.new_app(session).await;
            assert!(matches!(asked, Err(FlowError::Conflict(_))), "{asked:?}");
            let added = flow.add_app(session, &code()).await;
            assert!(matches!(added, Err(FlowError::Conflict(_))), "{added:?}");
        }
        assert_eq!(
            told(&world).await.pop().unwrap(),
            "Zoe Placeholder app-added Zoe Placeholder"
        );
        let (changed, _) = events(&flow, "person-changed").await;
        let added = changed.last().unwrap();
        assert!(added.contains("app-added") && !added.contains(&*secret));
        let mut tx = flow.store.read().await.unwrap();
        let due = tx.mails_due(i64::MAX, 100).await.unwrap();
        drop(tx);
        let notices = due
            .iter()
            .filter(|mail| mail.subject.starts_with(KEY_NOTICE));
        assert_eq!(notices.count(), 1, "she is told by mail");
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_ends_the_keys_and_another_is_set_up_by_the_link() {
    for db in each().await {
        let world = people(db).await;
        let flow = keyed(&world);
        let (spoc, leaver) = (spoc(&world).await, id_of(&world, "leaver").await);
        let reset = async |password_too| {
            assert!(flow.clock.advance(SignedDuration::from_secs(1)));
            let reset = Reset {
                checked: "I saw them at their desk".to_owned(),
                password_too,
            };
            flow.reset_factor(&spoc, &leaver, reset).await.unwrap();
            mails(&flow).await.pop().unwrap().0
        };
        let token = reset(false).await;
        assert_eq!(wrong(flow.ask_key_by_link(&token, NEW).await), "/password");
        let mut first = Authenticator::new(ORIGIN);
        let ceremony = asked(&flow, &token, PASSWORD).await;
        take(&flow, &token, &ceremony, &mut first).await.unwrap();
        by_key(&flow, &mut first).await.unwrap();

        let token = reset(true).await;
        let refused = by_key(&flow, &mut first).await;
        assert!(matches!(refused, Err(SignInError::Refused)), "{refused:?}");
        let mut second = Authenticator::new(ORIGIN);
        let ceremony = asked(&flow, &token, NEW).await;
        take(&flow, &token, &ceremony, &mut second).await.unwrap();
        by_key(&flow, &mut second).await.unwrap();
        let mut tx = flow.store.read().await.unwrap();
        let row: PersonRow = tx.get(&leaver).await.unwrap().unwrap();
        drop(tx);
        assert!(row.totp.is_none() && row.password.is_some());

        // The operator's own reset ends them too.
        let hashed = gateway_flow::sign_in::hash(NEW, gateway_flow::sign_in::Cost::Demo).unwrap();
        let secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
        flow.set_credentials("leaver@southwark-housing.example", hashed, secret)
            .await
            .unwrap();
        let refused = by_key(&flow, &mut second).await;
        assert!(matches!(refused, Err(SignInError::Refused)), "{refused:?}");
        world.verify().await.unwrap();
    }
}
