//! The tests of the tests: with PostgreSQL away they fail and say what to do, and a test that has
//! run on one database alone is named.

use std::path::Path;
use std::process::{Command, Output};

/// Nothing listens at port 1.
const DEAD: &str = "postgres://gateway:secret@127.0.0.1:1/postgres";

fn bash(words: &str, server: Option<&str>) -> Output {
    let mut shell = Command::new("bash");
    shell
        .args(["-euc", words])
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."))
        .env_remove("GATEWAY_TEST_POSTGRES");
    if let Some(server) = server {
        shell.env("GATEWAY_TEST_POSTGRES", server);
    }
    shell.output().expect("bash runs")
}

fn said(done: &Output) -> String {
    String::from_utf8_lossy(&done.stderr).into_owned()
}

#[test]
fn the_script_says_at_once_that_the_server_it_was_given_is_away() {
    let starts = ". scripts/lib.sh; . scripts/postgres.sh; start_postgres; echo started";
    let done = bash(starts, Some(DEAD));
    assert!(!done.status.success() && done.stdout.is_empty());
    assert!(said(&done).contains("start it, or unset the variable"));
    assert!(!said(&done).contains("secret"), "{}", said(&done));
}

#[test]
fn a_journey_whose_server_is_away_fails() {
    let journey = "journeys::fifty_posts_of_one_key_make_one_exchange::on_postgresql";
    let run = |server: Option<&str>| {
        let mut again = Command::new(std::env::current_exe().expect("this program"));
        again
            .args(["--exact", journey])
            .env_remove("GATEWAY_TEST_POSTGRES")
            .env_remove("GATEWAY_TEST_TALLY")
            .env("CI", "true");
        if let Some(server) = server {
            again.env("GATEWAY_TEST_POSTGRES", server);
        }
        let done = again.output().expect("it runs again");
        let all = [done.stdout, done.stderr].concat();
        (
            done.status.success(),
            String::from_utf8_lossy(&all).into_owned(),
        )
    };
    let (passed, words) = run(Some(DEAD));
    assert!(
        !passed && words.contains("a database could not be made"),
        "{words}"
    );
    let (passed, words) = run(None);
    assert!(!passed && words.contains("run scripts/test"), "{words}");
}

#[test]
fn a_test_that_ran_on_one_database_alone_is_named() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let tally = folder.path().join("tally");
    let compare = |lines: &[&str]| {
        std::fs::write(&tally, lines.join("\n") + "\n").expect("a tally");
        bash(&format!("scripts/databases {}", tally.display()), None)
    };
    let alike = [
        "sqlite\tflow story::a",
        "postgres\tflow story::a",
        "sqlite\tjourneys journeys::n::on_the_embedded_database",
        "postgres\tjourneys journeys::n::on_postgresql_without_scripts",
        // What turns on no database; and a journey that is said to be of one.
        "sqlite\tportal strangers::b",
        "postgres\tjourneys journeys::two_gateways_over_one_postgresql::write_once_and_go_on_without_each_other",
    ];
    let done = compare(&alike);
    assert!(done.status.success(), "{}", said(&done));
    let counted = "2 tests ran on SQLite, and the same 2 on PostgreSQL";
    assert!(said(&done).contains(counted), "{}", said(&done));
    for (left_out, named) in [(1, "flow story::a"), (3, "journeys::n"), (2, "journeys::n")] {
        let mut lines = alike.to_vec();
        lines.remove(left_out);
        let done = compare(&lines);
        assert!(!done.status.success(), "{left_out}");
        assert!(said(&done).contains(named), "{}", said(&done));
    }
    for database in ["sqlite", "postgres"] {
        let another = format!("{database}\tjourneys journeys::m::of_one");
        let done = compare(&[&alike[..], &[another.as_str()]].concat());
        assert!(!done.status.success(), "{database}");
        assert!(said(&done).contains("m::of_one"), "{}", said(&done));
    }
    assert!(!compare(&[]).status.success(), "nothing ran");
}
