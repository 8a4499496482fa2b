//! A session that is used from another browser or network than it was begun in.

use std::net::IpAddr;

use gateway_core::event::{Event, EventKind};
use gateway_flow::sign_in::{Differs, Whence};
use gateway_flow::{Flow, NewSession, Standing};
use gateway_store::rows::SessionRow;
use gateway_store::testing::each;
use jiff::SignedDuration;

use crate::colleague::people;
use crate::sign_in::{ANN, code, events, here, sign_in, with_ann_and_bob};
use crate::world::World;

const FOX: &str = "Mozilla/5.0 Firefox/140.0";

fn from(browser: &str, address: [u8; 4]) -> Whence {
    Whence::new(browser, Some(IpAddr::from(address)))
}

async fn standing(flow: &Flow, new: &NewSession, from: &Whence) -> &'static str {
    match flow.session(&new.token, from).await.unwrap() {
        Standing::Open(_) => "open",
        Standing::Locked(_) => "locked",
        Standing::Absent => "absent",
    }
}

async fn told(world: &World, at: &str, name: &str) -> Vec<String> {
    let who = world.caller(at, Some(name)).await;
    let told = world.flow.told_to(&who, None, 100).await.unwrap();
    let moved = told
        .into_iter()
        .filter(|one| one.kind == "people-session-moved");
    moved
        .map(|one| format!("{} {}", one.about.unwrap(), one.agency.unwrap()))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn from_elsewhere_it_ends_for_everybody_and_its_person_is_told() {
    for db in each().await {
        let world = with_ann_and_bob(db).await;
        let flow = &world.flow;
        for (elsewhere, differs) in [
            (from("curl/8", [192, 0, 2, 7]), Differs::Browser),
            (from(FOX, [198, 51, 100, 7]), Differs::Network),
            (from("curl/8", [198, 51, 100, 7]), Differs::Both),
        ] {
            let (new, other) = (sign_in(flow, ANN).await, sign_in(flow, ANN).await);
            assert_eq!(standing(flow, &new, &here()).await, "open");
            let beside = from(FOX, [192, 0, 2, 200]);
            assert_eq!(standing(flow, &new, &beside).await, "open", "its network");
            assert_eq!(standing(flow, &new, &elsewhere).await, "absent");
            assert_eq!(standing(flow, &new, &here()).await, "absent", "for her too");
            assert_eq!(standing(flow, &other, &here()).await, "open");
            let moved = flow.moved_sessions(&other.session).await.unwrap();
            assert_eq!((moved.len(), moved[0].differs), (1, differs));
            assert_eq!(moved[0].at, flow.clock.now());
            flow.moved_sessions_read(&other.session).await.unwrap();
            let moved = flow.moved_sessions(&other.session).await.unwrap();
            assert!(moved.is_empty());
        }
        let (moved, _) = events(flow, "session-moved").await;
        let (ended, _) = events(flow, "session-ended").await;
        assert_eq!((moved.len(), ended.len()), (3, 3));
        let event: Event = serde_json::from_str(&moved[0]).unwrap();
        assert_eq!(event.kind, EventKind::SessionMoved);
        assert_eq!(event.detail["differs"], "browser");
        assert_eq!(event.to.len(), 1, "the unit of her area");
        assert!(ended[0].contains("\"moved\""));
        for kept_out in ["curl", "Firefox", "192.0", "198.51"] {
            assert!(!moved.concat().contains(kept_out), "{kept_out}");
        }
        let hers = ["Synthetic Person southwark-housing"; 3];
        let unit = told(&world, "london-coordination", "coordinator").await;
        assert_eq!(unit, hers);
        assert_eq!(told(&world, "southwark-housing", "spoc").await, hers);
        let others = told(&world, "met-police", "spoc").await;
        assert!(others.is_empty(), "{others:?}");
        world.verify().await.unwrap();
    }
}

/// While the single point of contact is away the deputy is told, and the contact later as well.
#[tokio::test(flavor = "multi_thread")]
async fn the_deputy_in_post_is_told_in_an_absence_and_at_no_other_time() {
    const AT: &str = "southwark-housing";
    const SPOC: &str = "spoc@southwark-housing.example";
    const LEAVER: &str = "leaver@southwark-housing.example";
    for db in each().await {
        let world = people(db).await;
        let flow = &world.flow;
        let moves = async || {
            assert!(flow.clock.advance(SignedDuration::from_secs(30)));
            let code = code(flow);
            let new = flow.sign_in(LEAVER, "kettle-orbit-mango", &code);
            let new = new.await.unwrap();
            flow.bind_session(&new, &here()).await.unwrap();
            let elsewhere = from("curl/8", [192, 0, 2, 7]);
            assert_eq!(standing(flow, &new, &elsewhere).await, "absent");
        };
        moves().await;
        assert_eq!(told(&world, AT, "spoc").await.len(), 1);
        assert!(told(&world, AT, "deputy").await.is_empty());
        let now = flow.clock.now();
        flow.add_absence(SPOC, now, now + SignedDuration::from_hours(24))
            .await
            .unwrap();
        moves().await;
        assert_eq!(told(&world, AT, "spoc").await.len(), 2);
        assert_eq!(told(&world, AT, "deputy").await.len(), 1);
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_requests_at_once_end_it_once_and_a_locked_one_ends_too() {
    for db in each().await {
        let world = with_ann_and_bob(db).await;
        let flow = &world.flow;
        let new = sign_in(flow, ANN).await;
        let elsewhere = from("curl/8", [192, 0, 2, 7]);
        let ask = || standing(flow, &new, &elsewhere);
        let (one, two, three) = tokio::join!(ask(), ask(), ask());
        assert_eq!([one, two, three], ["absent"; 3]);
        assert_eq!(events(flow, "session-moved").await.0.len(), 1);
        let locked = sign_in(flow, ANN).await;
        assert!(flow.clock.advance(SignedDuration::from_mins(21)));
        assert_eq!(standing(flow, &locked, &elsewhere).await, "absent");
        assert_eq!(standing(flow, &locked, &here()).await, "absent");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_network_does_not_count_it_may_change_and_the_store_names_neither() {
    for db in each().await {
        let world = with_ann_and_bob(db).await;
        let flow = &world.flow;
        let new = sign_in(flow, ANN).await;
        let anywhere = Whence::new(FOX, None);
        assert_eq!(standing(flow, &new, &anywhere).await, "open");
        flow.bind_session(&new, &anywhere).await.unwrap();
        let roaming = from(FOX, [198, 51, 100, 7]);
        assert_eq!(standing(flow, &new, &roaming).await, "open");
        let mut tx = flow.store.read().await.unwrap();
        let row: SessionRow = tx.get(&new.session.id).await.unwrap().unwrap();
        drop(tx);
        assert_eq!((row.browser.len(), row.network.as_str()), (64, ""));
        assert!(!row.browser.contains("Firefox"));
        let other = Whence::new("curl/8", None);
        assert_eq!(standing(flow, &new, &other).await, "absent");
    }
}
