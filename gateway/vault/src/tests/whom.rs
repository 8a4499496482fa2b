//! Whom identifiers match: each kind of agreement, each kind of contradiction.

use gateway_core::{Id, Identifier, IdentifierKind};
use gateway_store::rows::NominalRow;
use jiff::civil::date;

use super::world::{AREA, World, each, nominal_row};
use crate::Match;

/// The people that the table below is about; the numbers belong to nobody.
async fn people(world: &World) {
    for (n, nominal, kind, value) in [
        (1, "n1", "PNC", "1999/0123456X"),
        (2, "n1", "NHS", "9990000018"),
        (3, "n1", "DOB", "1980-02-01"),
        (4, "n1", "NAME", "John Smith"),
        (5, "n1", "NAME", "Johnny Blade"),
        (6, "n2", "PRISON", "A1234BC"),
        (7, "n2", "DOB", "1990-05-05"),
        (8, "n2", "NAME", "Peter Jones"),
        (9, "n3", "CRN", "X123456"),
    ] {
        if ["n2", "n3"].contains(&nominal) {
            world.save(nominal_row(nominal)).await;
        }
        world
            .identifier(&format!("id{n}"), nominal, kind, value)
            .await;
    }
}

fn read(given: &[(&str, &str)]) -> Vec<Identifier> {
    let today = date(2026, 3, 2);
    given
        .iter()
        .map(|(k, v)| Identifier::parse(k.parse().unwrap(), v, today).unwrap())
        .collect()
}

async fn find(world: &World, given: &[(&str, &str)]) -> Match {
    world.vault.match_person(AREA, &read(given)).await.unwrap()
}

fn words(kinds: &[IdentifierKind]) -> String {
    kinds
        .iter()
        .map(|kind| kind.as_str())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Candidates as `n1: agree PNC DOB, contradict NAME`.
fn seen(found: &Match) -> Vec<String> {
    found
        .candidates
        .iter()
        .map(|c| {
            format!(
                "{}: +{} -{}",
                c.nominal,
                words(&c.agree),
                words(&c.contradict)
            )
        })
        .collect()
}

const PNC: (&str, &str) = ("PNC", "99/123456X");
const DOB: (&str, &str) = ("DOB", "1980-02-01");
const NAME: (&str, &str) = ("NAME", "SMITH, John");

#[tokio::test]
async fn one_unique_identifier_and_one_more_that_agree_attach() {
    for world in each().await {
        people(&world).await;
        for (given, agree) in [
            (vec![PNC, DOB], "PNC DOB"),
            (vec![PNC, NAME], "PNC NAME"),
            (vec![PNC, ("NAME", "Johnny Bladé")], "PNC NAME"),
            (vec![PNC, ("NHS", "999 000 0018")], "PNC NHS"),
            (vec![("NHS", "9990000018"), DOB, NAME], "NHS DOB NAME"),
            // One word in common says nothing, and does not stand in the way.
            (vec![PNC, DOB, ("NAME", "Jane Smith")], "PNC DOB"),
            // A kind that the nominal has none of says nothing either.
            (vec![PNC, DOB, ("VISOR", "V/1")], "PNC DOB"),
        ] {
            let found = find(&world, &given).await;
            assert_eq!(found.attach.as_deref(), Some("n1"), "{given:?}");
            assert_eq!(words(&found.candidates[0].agree), agree, "{given:?}");
        }
    }
}

#[tokio::test]
async fn anything_less_waits_and_the_coordinator_sees_whom_it_may_mean() {
    for world in each().await {
        people(&world).await;
        for (given, candidates) in [
            (vec![PNC], vec!["n1: +PNC -"]),
            (vec![PNC, ("NAME", "Jane Smith")], vec!["n1: +PNC -"]),
            (vec![PNC, PNC], vec!["n1: +PNC -"]),
            (vec![NAME, DOB], vec!["n1: +DOB NAME -"]),
            (vec![NAME], vec![]),
            (vec![DOB], vec![]),
            (vec![("NAME", "Jane Smith"), DOB], vec![]),
            (vec![("CRN", "X999999"), ("DOB", "1970-01-01")], vec![]),
            (vec![], vec![]),
        ] {
            let found = find(&world, &given).await;
            assert_eq!(found.attach, None, "{given:?}");
            assert_eq!(seen(&found), candidates, "{given:?}");
        }
    }
}

#[tokio::test]
async fn one_contradiction_stands_in_the_way_whatever_else_agrees() {
    for world in each().await {
        people(&world).await;
        for (given, candidates) in [
            // Another value of a unique kind.
            (
                vec![PNC, DOB, NAME, ("NHS", "9990000026")],
                vec!["n1: +PNC DOB NAME -NHS"],
            ),
            // Another date of birth.
            (
                vec![PNC, ("DOB", "1980-02-02"), NAME],
                vec!["n1: +PNC NAME -DOB"],
            ),
            // A name with no word in common with any of the names.
            (
                vec![PNC, DOB, ("NAME", "Mary Brown")],
                vec!["n1: +PNC DOB -NAME"],
            ),
            // An identifier of somebody else, and of somebody with nothing else known.
            (
                vec![PNC, DOB, ("PRISON", "A1234BC")],
                vec!["n1: +PNC DOB -PRISON", "n2: +PRISON -PNC DOB"],
            ),
            (
                vec![PNC, DOB, ("CRN", "X123456")],
                vec!["n1: +PNC DOB -CRN", "n3: +CRN -PNC"],
            ),
            // The name and date of a third, beside the identifiers of the first.
            (
                vec![PNC, ("NAME", "Peter Jones"), ("DOB", "1990-05-05")],
                vec!["n1: +PNC -DOB NAME", "n2: +DOB NAME -PNC"],
            ),
        ] {
            let found = find(&world, &given).await;
            assert_eq!(found.attach, None, "{given:?}");
            assert_eq!(seen(&found), candidates, "{given:?}");
        }
    }
}

#[tokio::test]
async fn two_nominals_with_one_identifier_are_told_apart_by_a_person() {
    for world in each().await {
        people(&world).await;
        world.save(nominal_row("n4")).await;
        world.identifier("id20", "n4", "PNC", "1999/0123456X").await;
        let found = find(&world, &[PNC, DOB]).await;
        assert_eq!(found.attach, None);
        assert_eq!(seen(&found), ["n1: +PNC DOB -PNC", "n4: +PNC -PNC"]);
    }
}

#[tokio::test]
async fn the_gateways_own_reference_agrees_with_its_nominal_and_contradicts_the_others() {
    for world in each().await {
        let (mine, other) = (
            Id::new(&world.clock).to_string(),
            Id::new(&world.clock).to_string(),
        );
        world.save(nominal_row(&mine)).await;
        world.identifier("id30", &mine, "CRN", "X654321").await;
        let crn = ("CRN", "X654321");
        assert_eq!(
            find(&world, &[crn, ("REF", &mine)]).await.attach,
            Some(mine)
        );
        assert_eq!(find(&world, &[crn, ("REF", &other)]).await.attach, None);
    }
}

#[tokio::test]
async fn identifiers_of_a_merged_nominal_lead_to_what_it_became() {
    for world in each().await {
        people(&world).await;
        world
            .change("n3", |n: &mut NominalRow| {
                n.state = "merged".to_owned();
                n.merged_into = Some("n1".to_owned());
            })
            .await;
        let found = find(&world, &[("CRN", "X123456"), DOB]).await;
        assert_eq!(found.attach.as_deref(), Some("n1"));
        let found = find(&world, &[("CRN", "X123456"), PNC]).await;
        assert_eq!(found.attach.as_deref(), Some("n1"));
    }
}

#[tokio::test]
async fn another_area_knows_nobody() {
    for world in each().await {
        people(&world).await;
        world.vault.ensure_area("kent").await.unwrap();
        let found = world
            .vault
            .match_person("kent", &read(&[PNC, DOB, NAME]))
            .await
            .unwrap();
        assert_eq!(found, Match::default());
    }
}

#[tokio::test]
async fn an_identifier_moved_to_another_row_is_an_error_and_no_match() {
    for world in each().await {
        people(&world).await;
        let mut row: gateway_store::rows::NominalIdentifierRow = world.get("id3").await;
        row.id = "id99".to_owned();
        world.save(row).await;
        assert!(
            world
                .vault
                .match_person(AREA, &read(&[PNC, DOB]))
                .await
                .is_err()
        );
    }
}
