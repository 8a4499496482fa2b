//! What the documents say of the tests is so.

use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().expect("tests lie in the root").to_owned()
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).expect("a document that is there reads")
}

/// The rows of the table of threats: what, and its tests.
fn threats() -> Vec<(String, String)> {
    let text = read(&root().join("THREATS.md"));
    let rows = text.lines().filter(|line| line.starts_with("| ")).skip(1);
    rows.map(|row| {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        assert_eq!(cells.len(), 5, "a row has five cells: {row}");
        assert!(cells.iter().all(|cell| !cell.is_empty()), "{row}");
        (cells[0].to_owned(), cells[4].to_owned())
    })
    .filter(|(threat, _)| threat != "---")
    .collect()
}

/// All journeys, and the scripts that they run, some of which run others.
fn journeys() -> String {
    let folders = ["tests/journeys", "tests/peers"].map(|folder| root().join(folder));
    let files = folders.map(|folder| std::fs::read_dir(folder).expect("the journeys"));
    let paths = files
        .into_iter()
        .flatten()
        .map(|file| file.expect("a file").path());
    let texts = paths.filter(|path| {
        let kind = path.extension().and_then(|kind| kind.to_str());
        matches!(kind, Some("rs" | "py"))
    });
    texts.map(|path| read(&path)).collect()
}

/// What is wrong with a test that is named as `file`, or as `file::test`.
fn fault(named: &str, journeys: &str) -> Option<String> {
    let (file, name) = match named.split_once("::") {
        Some((file, name)) => (file, Some(name)),
        None => (named, None),
    };
    let path = root().join(file);
    if !path.is_file() {
        return Some(format!("`{file}` is no file"));
    }
    let script = path.file_name().and_then(|name| name.to_str());
    let is_run = || journeys.contains(&format!("\"{}\"", script.unwrap_or_default()));
    let content = read(&path);
    if let Some(name) = name {
        let there = content.contains(&format!("fn {name}("));
        return (!there).then(|| format!("`{file}` has no test `{name}`"));
    }
    if file.starts_with("tests/peers/") {
        return (!is_run()).then(|| format!("no journey runs `{file}`"));
    }
    let tests = content.contains("test]") || content.contains("test(");
    (!tests).then(|| format!("`{file}` has no test"))
}

#[test]
fn every_threat_names_tests_that_are_there() {
    let (threats, journeys) = (threats(), journeys());
    assert!(
        threats.len() > 50,
        "the table was not read: {} rows",
        threats.len()
    );
    let mut faults = Vec::new();
    for (threat, tests) in &threats {
        let named: Vec<&str> = tests
            .split('`')
            .skip(1)
            .step_by(2)
            .filter(|word| word.contains('/'))
            .collect();
        if named.is_empty() {
            faults.push(format!("{threat}: names no test"));
        }
        faults.extend(
            named
                .into_iter()
                .filter_map(|one| Some(format!("{threat}: {}", fault(one, &journeys)?))),
        );
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn a_test_that_is_not_there_is_a_fault() {
    for wrong in [
        "tests/peers/nothing.py",
        "tests/documents.rs::no_such_test",
        "tests/peers/demo.py",
    ] {
        assert!(fault(wrong, "").is_some(), "{wrong}");
    }
}
