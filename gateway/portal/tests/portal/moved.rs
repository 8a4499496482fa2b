//! A cookie that was carried off to another machine: it shows nothing there, and is good nowhere
//! any more; whoever it was taken from is told, and has lost nothing.

use jiff::SignedDuration;

use crate::browser::Browser;
use crate::world::{World, email};

const AT: &str = "met-police";

async fn writer(world: &World) -> (Browser, String) {
    let mut writer = world.visit(AT, "officer").await;
    let (draft, _) = world.draft_with_file(&mut writer, AT, "officer").await;
    (writer, format!("/drafts/{draft}"))
}

fn thief(of: &Browser) -> Browser {
    let mut thief = of.clone();
    thief.agent = "Mozilla/5.0 Chrome/150.0".to_owned();
    thief
}

async fn sign_in_again(world: &World, browser: &mut Browser) -> String {
    assert!(world.flow.clock.advance(SignedDuration::from_secs(60)));
    let address = email(AT, "officer");
    browser
        .sign_in(&address, world.flow.clock.now())
        .await
        .location
}

#[tokio::test(flavor = "multi_thread")]
async fn it_shows_nothing_elsewhere_and_is_good_nowhere_any_more() {
    let world = World::new().await;
    world.things().await;
    for elsewhere in [
        |thief: &mut Browser| thief.agent.push('x'),
        |thief: &mut Browser| thief.address = [198, 51, 100, 7].into(),
    ] {
        let (mut own, draft) = writer(&world).await;
        let mut thief = own.clone();
        elsewhere(&mut thief);
        for path in [draft.as_str(), "/inbox", "/sign-in?next=/inbox"] {
            let answer = thief.get(path).await;
            assert!(!answer.text().contains("Synthetic"), "{path}");
            assert_ne!(answer.location, "/inbox", "{path}");
        }
        let sent = thief.post("/messages/new", "do=save&title=Stolen").await;
        assert!(sent.location.starts_with("/sign-in"), "{}", sent.location);
        let answer = own.get(&draft).await;
        assert!(answer.location.starts_with("/sign-in"), "ended for her too");
        assert!(world.flow.clock.advance(SignedDuration::from_secs(60)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn its_owner_is_told_once_when_she_signs_in_and_goes_on_where_she_was() {
    let world = World::new().await;
    let (mut own, draft) = writer(&world).await;
    thief(&own).get("/inbox").await;
    let answer = own.get(&draft).await;
    let asked = own.get(&answer.location).await;
    assert!(asked.text().contains("Your session has ended"));
    let told = sign_in_again(&world, &mut own).await;
    assert_eq!(told, "/sign-in/moved?next=/inbox");
    let page = own.get("/sign-in/moved?next=/drafts").await.text();
    for words in [
        "Your session was used from another browser on 2 March 2026 at 9:00am",
        "020 7946 0123",
        "name=\"next\" value=\"/drafts\"",
    ] {
        assert!(page.contains(words), "{words}");
    }
    for (next, leads) in [
        (draft.as_str(), draft.as_str()),
        ("//evil.example", "/inbox"),
    ] {
        let on = own.post("/sign-in/moved", &format!("next={next}")).await;
        assert_eq!(on.location, leads);
    }
    assert_eq!(own.get(&draft).await.status, 200, "her draft is there");
    assert_eq!(own.get("/sign-in/moved").await.location, "/inbox");
    let mut another = Browser::new(&world.pages);
    assert_eq!(sign_in_again(&world, &mut another).await, "/inbox");
}

/// A form that comes after the end is not kept, and its page says so, to whomever: its words may
/// be those of whoever carried the cookie off.
#[tokio::test(flavor = "multi_thread")]
async fn a_form_after_the_end_is_not_kept_and_that_is_said() {
    let world = World::new().await;
    let (mut own, _) = writer(&world).await;
    let mut thief = thief(&own);
    let mut nobody = Browser::new(&world.pages);
    let mut locations = Vec::new();
    for browser in [&mut thief, &mut own, &mut nobody] {
        for path in ["/may-i-share", "/messages/new"] {
            let answer = browser.post(path, "title=Words+of+somebody").await;
            assert_eq!(answer.status, 303);
            locations.push(answer.location.clone());
            let page = browser.get(&answer.location).await.text();
            let said = "what you wrote in it is not kept";
            assert!(page.contains(said), "{path}: {page}");
        }
    }
    assert_eq!(locations[0..2], locations[2..4]);
    assert_eq!(
        locations[0..2],
        locations[4..6],
        "as for whoever has no cookie"
    );
    let act = own.post("/sign-out", "").await;
    assert_eq!(act.location, "/sign-in", "an act has no words");
    let person = world.caller(AT, "officer").await.person.unwrap();
    let kept = world.flow.newest_kept_form(&person).await.unwrap();
    assert_eq!(kept, None);
    let drafts = world.flow.drafts(&person).await.unwrap();
    assert_eq!(drafts.len(), 1, "the one of before");
}

/// Whoever has a cookie learns nothing by it: a stolen one answers as one that never was.
#[tokio::test(flavor = "multi_thread")]
async fn a_stolen_cookie_answers_as_one_that_never_was() {
    let world = World::new().await;
    let (own, _) = writer(&world).await;
    let mut stolen = thief(&own);
    let mut made_up = thief(&own);
    made_up.put("__Host-session", "made-up-by-somebody-who-guesses");
    for path in ["/inbox", "/drafts", "/sign-in"] {
        let (one, other) = (stolen.get(path).await, made_up.get(path).await);
        assert_eq!(one.status, other.status, "{path}");
        assert_eq!(one.location, other.location, "{path}");
        assert_eq!(one.text().len(), other.text().len(), "{path}");
    }
    let contact = world.caller(AT, "spoc").await;
    let told = world.flow.told_to(&contact, None, 10).await.unwrap();
    assert_eq!(told[0].kind, "people-session-moved");
    let unit = world.caller("london-coordination", "coordinator").await;
    let told = world.flow.told_to(&unit, None, 10).await.unwrap();
    assert_eq!(told[0].kind, "people-session-moved");
    let mut coordinator = world.visit("london-coordination", "coordinator").await;
    let page = coordinator.get("/notices").await.text();
    assert!(
        page.contains("The session of Synthetic officer at The met-police was used from elsewhere")
    );
}
