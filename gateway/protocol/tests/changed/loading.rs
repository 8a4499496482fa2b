//! What does not hold does not load, and the error names file, line and remedy.

use std::fs;

use gateway_protocol::{Protocols, test_policies};

use crate::folder::Folder;

/// The file that a broken rule is added to, from which line on, and the annotations to break.
const FILE: &str = "protocols/gp/protocol.cedar";
const WORDS: &str = "@rule(\"X\") @title(\"A title for a test\") @basis(\"a test\")";
const RECEIVE: &str = "principal, action == Action::\"receive\", resource";
const BOTH: &str =
    "principal, action in [Action::\"receive\", Action::\"receiveAfterReview\"], resource";

fn refused(rule: &str) -> String {
    let lines = fs::read_to_string("../../policies/protocols/gp/protocol.cedar").unwrap();
    let at = format!("{FILE}:{}: ", lines.lines().count() + 1);
    let error = Folder::new().append(FILE, rule).error().to_string();
    assert!(error.starts_with(&at), "`{error}` does not name {at}");
    error.replacen(&at, "", 1)
}

#[test]
fn a_rule_without_an_id_a_number_a_title_or_a_basis_does_not_load() {
    for word in ["id", "rule", "title", "basis"] {
        let all = format!("@id(\"x\") {WORDS} permit({RECEIVE});");
        let start = all.find(&format!("@{word}(")).unwrap();
        let end = start + all[start..].find(')').unwrap() + 1;
        let error = refused(&all.replace(&all[start..end], ""));
        assert_eq!(
            error,
            format!("the rule has no `@{word}`: add one, with a text in it")
        );
    }
}

#[test]
fn a_second_rule_with_the_same_id_does_not_load() {
    let error = refused(&format!("@id(\"ISP-04\") {WORDS} permit({RECEIVE});"));
    assert!(error.starts_with("the id `ISP-04` is taken at protocols/common/protocol.cedar:"));
}

#[test]
fn an_annotation_obligation_or_reviewer_that_nobody_knows_does_not_load() {
    let error = refused(&format!(
        "@id(\"x\") @obligation(\"MARK\") {WORDS} permit({RECEIVE});"
    ));
    assert!(
        error.starts_with("`@obligation` means nothing here: give id, rule"),
        "{error}"
    );
    let error = refused(&format!(
        "@id(\"x\") @obligations(\"MARC\") {WORDS} permit({RECEIVE});"
    ));
    assert!(
        error.starts_with("`MARC` is not an obligation: give words such as"),
        "{error}"
    );
    let error = refused(&format!(
        "@id(\"x\") @reviewers(\"chair\") {WORDS} forbid({RECEIVE});"
    ));
    assert!(
        error.starts_with("`chair` is not a reviewer: write a role"),
        "{error}"
    );
}

#[test]
fn a_misspelt_code_word_does_not_load() {
    let rule = format!(
        "@id(\"x\") {WORDS} forbid({BOTH}) when {{ [\"HEALTH_CLNI\"].contains(resource.category) }};"
    );
    let error = refused(&rule);
    assert!(
        error.starts_with("`HEALTH_CLNI` is on no code list: correct the spelling"),
        "{error}"
    );
}

#[test]
fn a_rule_that_the_schema_does_not_know_does_not_load() {
    for condition in [
        "resource.colour == \"RISK\"",
        "context.level == \"RISK\"",
        "context.levels",
    ] {
        let rule = format!("@id(\"x\") {WORDS} forbid({BOTH}) when {{ {condition} }};");
        assert!(
            refused(&rule).starts_with("`x` does not validate: "),
            "{condition}"
        );
    }
}

#[test]
fn a_rule_that_could_never_apply_does_not_load() {
    let rule = format!("@id(\"x\") {WORDS} permit({RECEIVE}) when {{ false }};");
    assert!(refused(&rule).starts_with("`x` does not validate: "));
}

/// Each rule is refused by its id, with its reason.
fn each_refused(wrong: &[(String, &str)]) {
    for (rule, reason) in wrong {
        let error = refused(&format!("@id(\"x\") {WORDS} {rule}"));
        assert!(
            error.starts_with("`x` ") && error.contains(reason),
            "{rule}: {error}"
        );
    }
}

#[test]
fn a_rule_that_is_no_clear_permit_hold_or_refusal_does_not_load() {
    let wrong = [
        (
            "permit(principal, action, resource);".to_owned(),
            "names no action",
        ),
        (format!("forbid({RECEIVE});"), "is a hold: name who decides"),
        (
            format!("@reviewers(\"chair@owner\") forbid({BOTH});"),
            "refuses, so nobody decides",
        ),
        (
            format!("@reviewers(\"chair@owner\") permit({RECEIVE});"),
            "is a permit and asks nobody",
        ),
        (
            format!("@obligations(\"MARK\") forbid({BOTH});"),
            "obliges to nothing",
        ),
        (
            format!("permit({BOTH});"),
            "permits `receiveAfterReview`, which is there to be forbidden",
        ),
        (
            format!("forbid({BOTH}) when {{ action == Action::\"receiveAfterReview\" }};"),
            "asks for the action in a condition",
        ),
        (
            format!(
                "permit({RECEIVE}) unless {{ resource.clinician || action in [Action::\"read\"] }};"
            ),
            "asks for the action in a condition",
        ),
        (
            "forbid(principal, action == Action::\"receiveAfterReview\", resource);".to_owned(),
            "forbid `receive` as well",
        ),
        (
            format!("@obligations(\"REDACT(VICTIM)\") permit({RECEIVE});"),
            "that nothing refuses",
        ),
    ];
    each_refused(&wrong);
}

#[test]
fn terms_that_take_away_permit_or_oblige_to_nothing_do_not_load() {
    let terms = "principal, action == Action::\"terms\", resource";
    let and_more = "principal, action in [Action::\"receive\", Action::\"terms\"], resource";
    let mark = "@obligations(\"MARK\")";
    let wrong = [
        (format!("forbid({terms});"), "forbids `terms`"),
        (format!("forbid({and_more});"), "forbids `terms`"),
        (
            format!("@reviewers(\"chair@owner\") forbid({and_more});"),
            "forbids `terms`",
        ),
        (
            format!("{mark} permit({and_more});"),
            "sets `terms` and more",
        ),
        (format!("permit({terms});"), "oblige to nothing"),
        (
            format!("{mark} @reviewers(\"chair@owner\") permit({terms});"),
            "asks nobody",
        ),
        (
            format!("@obligations(\"REDACT(VICTIM)\") permit({terms});"),
            "that nothing refuses",
        ),
    ];
    each_refused(&wrong);
    let rule = format!("@id(\"x\") {WORDS} {mark} permit({terms});");
    Folder::new().append(FILE, &rule).load();
}

#[test]
fn a_rule_that_does_not_parse_is_named_by_its_line() {
    let error = refused(&format!(
        "@id(\"x\") {WORDS} permit({RECEIVE}) when {{ resource. }};"
    ));
    assert!(error.ends_with("correct the rule's syntax"), "{error}");
}

#[test]
fn a_protocol_without_a_review_date_or_with_an_unknown_field_does_not_load() {
    let file = "protocols/gp/protocol.toml";
    let error = Folder::new()
        .replace(file, "review = 2027-03-31\n", "")
        .error()
        .to_string();
    assert!(
        error.starts_with(file) && error.contains("review"),
        "{error}"
    );
    let error = Folder::new()
        .append(file, "colour = \"red\"\n")
        .error()
        .to_string();
    assert!(
        error.starts_with(file) && error.contains("colour"),
        "{error}"
    );
}

#[test]
fn a_missing_protocol_or_a_file_that_nobody_reads_does_not_load() {
    let folder = Folder::new();
    fs::remove_file(folder.path().join(FILE)).unwrap();
    assert!(
        folder
            .error()
            .to_string()
            .starts_with("`protocols/gp/protocol.cedar` is missing")
    );
    for stray in [
        "protocols/gp/more.cedar",
        "protocols/gps/protocol.cedar",
        "floor/a.cedar.bak",
    ] {
        let folder = Folder::new();
        fs::create_dir_all(folder.path().join(stray).parent().unwrap()).unwrap();
        let error = folder.append(stray, "").error().to_string();
        assert!(
            error.starts_with(&format!("`{stray}` is not a file of the policies")),
            "{error}"
        );
    }
}

#[test]
fn a_folder_that_is_not_there_is_an_error_with_its_name() {
    let error = Protocols::load("/nowhere".as_ref()).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("cannot read `schema.cedarschema`")
    );
}

#[test]
fn the_digest_changes_with_every_file_and_with_nothing_else() {
    let unchanged = Folder::new().load();
    assert_eq!(unchanged.digest(), Protocols::embedded().unwrap().digest());
    let note = Folder::new().append("floor/README.md", "a note").load();
    assert_eq!(note.digest(), unchanged.digest());
    for file in [
        FILE,
        "protocols/gp/protocol.toml",
        "floor/cases.json",
        "schema.cedarschema",
    ] {
        assert_ne!(
            Folder::new().append(file, "\n").load().digest(),
            unchanged.digest(),
            "{file}"
        );
    }
}

#[test]
fn a_rule_that_decides_in_no_case_fails_the_test_of_policies() {
    let rule =
        format!("@id(\"x\") {WORDS} permit({RECEIVE}) when {{ resource.category == \"STATS\" }};");
    let report = test_policies(&Folder::new().append(FILE, &rule).load());
    assert!(report.to_string().contains("`x` (line"), "{report}");
    assert!(
        report.to_string().contains("decides in no case: add one"),
        "{report}"
    );
}

#[test]
fn a_case_with_a_misspelt_fact_or_no_case_at_all_fails_the_test_of_policies() {
    let file = "protocols/gp/cases.json";
    let report = test_policies(
        &Folder::new()
            .replace(file, "\"partner\"", "\"partnr\"")
            .load(),
    );
    assert!(
        report
            .to_string()
            .contains("`/recipient/partnr` is no fact"),
        "{report}"
    );
    let folder = Folder::new();
    fs::write(folder.path().join(file), "[]").unwrap();
    let report = test_policies(&folder.load());
    assert!(
        report.to_string().contains("no case is permitted: add one"),
        "{report}"
    );
    assert!(
        report
            .to_string()
            .contains("no case is held or refused: add one"),
        "{report}"
    );
}

#[test]
fn a_case_that_gets_another_ruling_fails_the_test_of_policies() {
    let from = "\"outcome\": \"permit\"";
    let changed = Folder::new().replace("protocols/gp/cases.json", from, "\"outcome\": \"hold\"");
    let report = test_policies(&changed.load());
    assert!(
        report.to_string().contains("expected hold by ISP-04"),
        "{report}"
    );
}
