//! What is London's is not there for anybody of another agency or area, whatever their role and
//! whichever the route: the answer is that of an id that nobody ever had, byte for byte, and
//! nothing is recorded of it. A page of a role that somebody has not got is not shown to them.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use gateway_core::Role;
use gateway_core::event::Event;
use gateway_portal::routes;

use crate::browser::{Answer, Browser};
use crate::table::{Gate, ROUTES, Row};
use crate::world::World;

const NOBODY: &str = "00000000-0000-7000-8000-000000000000";

type Things = BTreeMap<&'static str, String>;

/// Somebody to whom nothing of London's is anything.
struct Stranger {
    at: &'static str,
    name: &'static str,
    role: Role,
    /// Stands in for the single point of contact, who is away.
    stands_in: bool,
}

const fn stranger(at: &'static str, name: &'static str, role: Role) -> Stranger {
    Stranger {
        at,
        name,
        role,
        stands_in: false,
    }
}

const STRANGERS: &[Stranger] = &[
    stranger("hackney-housing", "officer", Role::Practitioner),
    stranger("hackney-housing", "spoc", Role::Spoc),
    stranger("hackney-housing", "deputy", Role::DeputySpoc),
    stranger("kent-police", "officer", Role::Practitioner),
    stranger("kent-police", "spoc", Role::Spoc),
    Stranger {
        stands_in: true,
        ..stranger("kent-police", "deputy", Role::Practitioner)
    },
    stranger("kent-police", "manager", Role::Manager),
    stranger("kent-trust", "guardian", Role::Caldicott),
    stranger("kent-trust", "clinician", Role::Clinician),
    stranger("kent-trust", "dpo", Role::Dpo),
    stranger("kent-prison", "security", Role::Security),
    stranger("kent-coordination", "coordinator", Role::Coordinator),
    stranger("kent-coordination", "chair", Role::Chair),
    stranger("kent-coordination", "vlo", Role::Vlo),
    stranger("kent-coordination", "auditor", Role::Auditor),
    stranger("kent-coordination", "operator", Role::Operator),
];

impl Stranger {
    /// The answer to whom a page is not for; none to whom it is for.
    fn refused(&self, gate: Gate) -> Option<u16> {
        let (passes, refusal) = match gate {
            Gate::Anyone => (true, 0),
            Gate::Unit(role) if self.at.ends_with("-coordination") => (role == self.role, 403),
            Gate::UnitAny(roles) if self.at.ends_with("-coordination") => {
                (roles.contains(&self.role), 403)
            }
            Gate::Unit(_) | Gate::UnitAny(_) => (false, 404),
            Gate::Manages => (self.role == Role::Spoc || self.stands_in, 403),
            Gate::Spoc => (self.role == Role::Spoc, 403),
        };
        (!passes).then_some(refusal)
    }
}

/// A route's address and form, with these ids in them.
fn filled(row: &Row, things: &Things, id: impl Fn(&str) -> String) -> (String, String) {
    let (_, path) = row.0.split_once(' ').unwrap();
    let mut parameters = row.2.iter();
    let parts = path.split('/').map(|part| match part.starts_with('{') {
        false => part.to_owned(),
        true => match parameters.next().unwrap().strip_prefix('=') {
            Some(word) => word.to_owned(),
            None => id(row.2[row.2.len() - parameters.len() - 1]),
        },
    });
    let path = parts.collect::<Vec<_>>().join("/");
    let mut form = row.3.to_owned();
    for (word, id) in things {
        form = form.replace(&format!("{{{word}}}"), id);
    }
    (path, form)
}

async fn ask(browser: &mut Browser, row: &Row, (path, form): &(String, String)) -> Answer {
    match row.0.starts_with("POST") {
        true => browser.post(path, form).await,
        false => browser.get(path).await,
    }
}

fn has_ids(row: &Row) -> bool {
    row.2.iter().any(|word| !word.starts_with('='))
}

/// Everybody's signing out comes last.
fn in_turn() -> impl Iterator<Item = &'static Row> {
    let out = |row: &&Row| row.0 == "POST /sign-out";
    let rest = ROUTES.iter().filter(move |row| !out(row));
    rest.chain(ROUTES.iter().filter(out))
}

#[test]
fn every_route_is_in_the_table() {
    let routes: Vec<String> = routes()
        .map(|(method, path)| format!("{method} {path}"))
        .collect();
    let table: Vec<&str> = ROUTES.iter().map(|row| row.0).collect();
    assert_eq!(table, routes);
    for row in ROUTES {
        let parameters = row.0.matches('{').count();
        assert_eq!(row.2.len(), parameters, "{}", row.0);
    }
}

/// Both are alike, but for an address that names what was asked for.
fn alike(theirs: &Answer, nobodys: &Answer, asked: (&str, &str), what: &str) {
    let shown = |answer: &Answer, path: &str| {
        (
            answer.status,
            answer.location.replace(path, "/"),
            answer.body.clone(),
        )
    };
    let (theirs, nobodys) = (shown(theirs, asked.0), shown(nobodys, asked.1));
    assert!(
        theirs == nobodys,
        "{what}: {:?} and {:?}",
        (theirs.0, theirs.1),
        (nobodys.0, nobodys.1)
    );
}

/// A page without the newest checkpoint: what somebody looks up of their own is recorded.
fn without_checkpoint(answer: &Answer) -> String {
    let text = answer.text();
    let (before, rest) = text.split_once("<pre class=\"portal-checkpoint\"").unwrap();
    let (_, after) = rest.split_once("</pre>").unwrap();
    format!("{before}{after}")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_anothers_is_as_what_never_was_on_every_route_for_every_role() {
    let world = World::new().await;
    let things = world.things().await;
    world.deputy_named("kent-police").await;
    let before = [
        events(&world, "london").await.len(),
        events(&world, "kent").await.len(),
    ];
    for who in STRANGERS {
        let mut browser = world.visit(who.at, who.name).await;
        if who.role == Role::Coordinator {
            let given = browser
                .post("/coordination/reason", "reason=because&next=/unmatched")
                .await;
            assert_eq!(given.status, 303);
        }
        for row in in_turn() {
            let what = format!("{} by {} of {}", row.0, who.name, who.at);
            let theirs = filled(row, &things, |word| things[word].clone());
            let absent = filled(row, &things, |_| NOBODY.to_owned());
            let answer = ask(&mut browser, row, &theirs).await;
            let expected = match (who.refused(row.1), has_ids(row)) {
                (Some(refusal), _) => vec![refusal],
                (None, true) => vec![404],
                (None, false) => vec![200, 303, 422],
            };
            assert!(
                expected.contains(&answer.status),
                "{what}: {} {}",
                answer.status,
                answer.location
            );
            assert!(!answer.location.starts_with("/sign-in") || row.0.ends_with("sign-out"));
            if has_ids(row) {
                let nobodys = ask(&mut browser, row, &absent).await;
                assert_eq!(answer.headers["cache-control"], "no-store", "{what}");
                alike(&answer, &nobodys, (&theirs.0, &absent.0), &what);
            }
        }
    }
    let about = |event: &Event| {
        let of = [&event.exchange, &event.nominal];
        let ids = of.into_iter().flatten().chain(event.detail.values());
        let known: Vec<&String> = ids
            .filter(|id| things.values().any(|one| one == *id))
            .collect();
        !known.is_empty()
    };
    let since = events(&world, "london").await.split_off(before[0]);
    let kent = events(&world, "kent").await.split_off(before[1]);
    let since = since.into_iter().chain(kent);
    let recorded: Vec<Event> = since.filter(about).collect();
    assert!(recorded.is_empty(), "{recorded:?}");
}

async fn events(world: &World, area: &str) -> Vec<Event> {
    let head = world.flow.log_head(Some(area)).await.unwrap().unwrap();
    let mut tx = world.flow.store.read().await.unwrap();
    let leaves = tx.leaves(&head.id, 0, 100_000).await.unwrap();
    let event = |leaf: gateway_store::LeafRow| serde_json::from_str(&leaf.event).unwrap();
    leaves.into_iter().map(event).collect()
}

/// An id of one's own first, another's after it.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_anothers_is_not_there_beside_what_is_ones_own() {
    let world = World::new().await;
    let things = world.things().await;
    let own = world.nominal("kent").await;
    let mut writer = world.visit("kent-police", "officer").await;
    let (draft, _) = world
        .draft_with_file(&mut writer, "kent-police", "officer")
        .await;
    let mut unit = world.visit("kent-coordination", "coordinator").await;
    let opened = unit.post(&format!("/nominals/{own}"), "why=meeting").await;
    assert_eq!(opened.status, 303);
    let two = ROUTES
        .iter()
        .filter(|row| row.2.len() == 2 && !row.2[1].starts_with('='));
    let mut tried = 0;
    for row in two {
        let (browser, first) = match row.2[0] {
            "draft" => (&mut writer, &draft),
            "nominal" => (&mut unit, &own),
            other => panic!("{}: who has a {other} of their own?", row.0),
        };
        let with = |second: &str| {
            filled(row, &things, |word| {
                let id = if word == row.2[0] { first } else { second };
                id.to_owned()
            })
        };
        let (theirs, absent) = (with(&things[row.2[1]]), with(NOBODY));
        let answer = ask(browser, row, &theirs).await;
        assert_eq!(answer.status, 404, "{}", row.0);
        let nobodys = ask(browser, row, &absent).await;
        assert_eq!(
            without_checkpoint(&answer),
            without_checkpoint(&nobodys),
            "{}",
            row.0
        );
        tried += 1;
    }
    assert_eq!(tried, 5);
}

/// The same for ids that come in a form or a query.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_anothers_is_not_there_in_a_form_either() {
    let world = World::new().await;
    let things = world.things().await;
    let mut spoc = world.visit("kent-police", "spoc").await;
    let days = "from-day=3&from-month=3&from-year=2026&until-day=4&until-month=3&until-year=2026";
    let deputy = |id: &str| format!("{days}&person={id}");
    let (theirs, absent) = (deputy(&things["person"]), deputy(NOBODY));
    let answer = spoc.post("/agency/people/deputy", &theirs).await;
    let nobodys = spoc.post("/agency/people/deputy", &absent).await;
    assert!(matches!(answer.status, 404 | 422), "{}", answer.status);
    assert_eq!(answer.status, nobodys.status);
    assert_eq!(without_checkpoint(&answer), without_checkpoint(&nobodys));

    let found = |id: &str| format!("/nominals?ref={id}");
    let answer = spoc.get(&found(&things["nominal"])).await;
    let nobodys = spoc.get(&found(NOBODY)).await;
    assert_eq!((answer.status, nobodys.status), (422, 422));
    let without = |answer: &Answer, id: &str| answer.text().replace(id, "");
    assert_eq!(
        without(&answer, &things["nominal"]),
        without(&nobodys, NOBODY),
        "a record of another area"
    );
}

/// The ids of the table are of what is there: whoever may, gets something else than "not found".
#[tokio::test(flavor = "multi_thread")]
async fn whose_it_is_gets_it() {
    let world = World::new().await;
    let things = world.things().await;
    // What ends something comes after what needs it.
    let turn = |row: &&Row| match row.0 {
        path if path.starts_with("GET") => 0,
        path if path.contains("/agency/people/{id}") => 3,
        "POST /drafts/{id}/delete" => 3,
        path if ["/delete", "/withdraw", "/end", "/sessions/{id}", "/remove"]
            .iter()
            .any(|end| path.ends_with(end)) =>
        {
            2
        }
        _ => 1,
    };
    let mut order: Vec<&Row> = ROUTES.iter().filter(|row| has_ids(row)).collect();
    order.sort_by_key(turn);
    let mut browsers: BTreeMap<(&str, &str), Browser> = BTreeMap::new();
    let mut reasons = world.visit("london-coordination", "coordinator").await;
    let reason = "reason=because&next=/unmatched";
    reasons.post("/coordination/reason", reason).await;
    let record = format!("/nominals/{}", things["nominal"]);
    assert_eq!(reasons.post(&record, "why=meeting").await.status, 303);
    browsers.insert(("london-coordination", "coordinator"), reasons);
    for row in order {
        let Some(owner) = row.4 else { continue };
        let browser = match browsers.entry(owner) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(world.visit(owner.0, owner.1).await),
        };
        let with = filled(row, &things, |word| things[word].clone());
        let answer = ask(browser, row, &with).await;
        assert!(
            matches!(answer.status, 200 | 303 | 409 | 422),
            "{} by {owner:?}: {}",
            row.0,
            answer.status
        );
        assert!(!answer.location.starts_with("/sign-in"), "{}", row.0);
    }
}

/// Of their own agency too, a page is for those who have its role.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_a_role_is_not_shown_to_a_colleague_without_it() {
    let world = World::new().await;
    let things = world.things().await;
    let mut officer = world.visit("met-police", "officer").await;
    let mut vlo = world.visit("london-coordination", "vlo").await;
    for row in ROUTES.iter().filter(|row| row.1 != Gate::Anyone) {
        let browser = match row.1 {
            Gate::Unit(_) | Gate::UnitAny(_) => &mut vlo,
            Gate::Anyone | Gate::Manages | Gate::Spoc => &mut officer,
        };
        let with = filled(row, &things, |word| things[word].clone());
        let answer = ask(browser, row, &with).await;
        assert_eq!(answer.status, 403, "{}", row.0);
        assert!(answer.text().contains("You cannot open this"), "{}", row.0);
        assert!(answer.text().contains("Nothing was changed"), "{}", row.0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_suspended_or_signed_out_is_led_to_sign_in_and_nowhere_else() {
    let world = World::new().await;
    let things = world.things().await;
    let mut leaver = world.visit("kent-police", "leaver").await;
    let mut nobody = Browser::new(&world.pages);
    let mut guesses = Browser::new(&world.pages);
    guesses.put("__Host-session", "made-up-by-somebody-who-guesses");
    world
        .flow
        .suspend_person(&crate::world::email("kent-police", "leaver"), true)
        .await
        .unwrap();
    for browser in [&mut leaver, &mut nobody, &mut guesses] {
        for row in ROUTES {
            let with = filled(row, &things, |word| things[word].clone());
            let answer = ask(browser, row, &with).await;
            assert_eq!(answer.status, 303, "{}", row.0);
            assert!(answer.location.starts_with("/sign-in"), "{}", row.0);
            assert!(answer.body.is_empty(), "{}", row.0);
        }
    }
}
