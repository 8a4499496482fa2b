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
        if !is_test(&content, name) {
            return Some(format!("`{file}` has no test `{name}`"));
        }
        return (!is_compiled(&path)).then(|| format!("`{file}` is in no crate"));
    }
    if file.starts_with("tests/peers/") {
        return (!is_run()).then(|| format!("no journey runs `{file}`"));
    }
    let tests = content.contains("test]") || content.contains("test(");
    (!tests).then(|| format!("`{file}` has no test"))
}

/// Whether a function is one that is run as a test: so its attributes say, right above it.
fn is_test(content: &str, name: &str) -> bool {
    let Some(at) = content.find(&format!("fn {name}(")) else {
        return false;
    };
    let above = content[..at].rsplit('\n').skip(1).map(str::trim);
    above
        .take_while(|line| line.starts_with("#[") || line.starts_with("//"))
        .any(|line| line.starts_with("#[test") || line.starts_with("#[tokio::test"))
}

/// Whether a file is part of a crate: the root of a test, or a module of one beside or above it.
fn is_compiled(path: &Path) -> bool {
    let stem = path.file_stem().and_then(|stem| stem.to_str());
    let (Some(stem), Some(folder)) = (stem, path.parent()) else {
        return false;
    };
    let crates = [Some(folder), folder.parent()].into_iter().flatten();
    let roots = crates.clone().any(|at| at.join("Cargo.toml").is_file());
    let declares = |at: &Path| {
        let files = std::fs::read_dir(at).expect("a folder of the project");
        let mut files = files.map(|file| file.expect("a file").path());
        files.any(|file| {
            let rust = file.extension().is_some_and(|kind| kind == "rs");
            rust && read(&file).contains(&format!("mod {stem};"))
        })
    };
    let is_of_tests = |at: &Path| at.ends_with("tests");
    let is_root = match stem {
        "main" => folder.parent().is_some_and(is_of_tests),
        _ => roots && is_of_tests(folder),
    };
    is_root || crates.into_iter().any(declares)
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
        "tests/documents.rs::threats",
        "tests/peers/demo.py",
    ] {
        assert!(fault(wrong, "").is_some(), "{wrong}");
    }
    assert!(!is_compiled(&root().join("tests/journeys/nowhere.rs")));
}
