//! The packages' styles, cut to what the pages use: the rules of each block (a component with all
//! of its elements, modifiers and states) that a template, a page's code or a script names.

use std::collections::BTreeSet;
use std::error::Error;
use std::fs;
use std::path::Path;

/// Blocks whose names no file has whole: put together by a template, added by the package's
/// script, or of pages to come.
const KEPT: [&str; 6] = [
    "govuk-checkboxes",
    "govuk-radios",
    "govuk-skip-link-focused-element",
    "govuk-summary-card",
    "govuk-table",
    "govuk-task-list",
];
/// Where the names of blocks stand.
const NAMED_IN: [&str; 3] = ["templates", "src", "assets"];

/// The blocks of the packages that the portal's own files name.
pub(crate) fn blocks() -> Result<BTreeSet<String>, Box<dyn Error>> {
    let mut found: BTreeSet<String> = KEPT.iter().map(|block| (*block).to_owned()).collect();
    for folder in NAMED_IN {
        println!("cargo:rerun-if-changed={folder}");
        gather(Path::new(folder), &mut found)?;
    }
    Ok(found)
}

fn gather(path: &Path, found: &mut BTreeSet<String>) -> Result<(), Box<dyn Error>> {
    if path.file_stem().is_some_and(|name| name == "tests") {
        return Ok(());
    }
    if path.is_dir() {
        for entry in fs::read_dir(path)? {
            gather(&entry?.path(), found)?;
        }
        return Ok(());
    }
    let text = fs::read_to_string(path)?;
    let part_of_name = |c: char| c.is_ascii_alphanumeric() || "-_!".contains(c);
    let names = text.split(|c| !part_of_name(c));
    let names = names.filter(|name| is_packages(name));
    found.extend(names.map(|name| block(name).to_owned()));
    Ok(())
}

fn is_packages(class: &str) -> bool {
    class.starts_with("govuk-") || class.starts_with("moj-")
}

/// What a class is of: `block__element--modifier`.
fn block(class: &str) -> &str {
    let end = class.find("__").into_iter().chain(class.find("--")).min();
    end.map_or(class, |end| &class[..end])
}

/// The rules whose selectors are wanted, without their pictures.
pub(crate) fn cut(styles: &str, wanted: &dyn Fn(&str) -> bool) -> String {
    let mut kept = String::new();
    let mut rest = styles;
    while let Some((head, body, after)) = rule(rest) {
        rest = after;
        let (head, body) = match head {
            "@page" => (head.to_owned(), body.to_owned()),
            group if group.starts_with('@') => (group.to_owned(), cut(body, wanted)),
            list => {
                let selectors = selectors(list).into_iter();
                let selectors: Vec<_> = selectors.filter(|one| wanted(one)).collect();
                (selectors.join(","), without_pictures(body))
            }
        };
        if !head.is_empty() && !body.is_empty() {
            kept.extend([&head, "{", &body, "}"]);
        }
    }
    kept
}

/// Whether every block of the packages that a selector needs is used.
pub(crate) fn is_used(selector: &str, used: &BTreeSet<String>) -> bool {
    let classes = classes(selector);
    let mut theirs = classes.iter().filter(|class| is_packages(class));
    theirs.all(|class| used.contains(block(class)))
}

/// The classes that something must have for a selector to hold for it.
fn classes(selector: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let (mut depth, mut within) = (0_u32, false);
    for letter in selector.chars() {
        match letter {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        // What stands in parentheses is a condition that may as well be wanting (`:not`).
        if depth > 0 {
            within = false;
        } else if letter == '.' {
            found.push(String::new());
            within = true;
        } else if letter.is_ascii_alphanumeric() || "-_!".contains(letter) {
            if let (true, Some(class)) = (within, found.last_mut()) {
                class.push(letter);
            }
        } else {
            within &= letter == '\\';
        }
    }
    found
}

/// The selectors of a list.
fn selectors(list: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let (mut depth, mut start) = (0_u32, 0);
    for (at, letter) in list.bytes().enumerate() {
        match letter {
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            b',' if depth == 0 => {
                found.push(&list[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    found.push(&list[start..]);
    found
}

/// The first rule: its head, its body, and what comes after it.
fn rule(styles: &str) -> Option<(&str, &str, &str)> {
    let open = styles.find('{')?;
    // Comments, and statements that are no rules, such as a character set.
    let head = styles[..open].trim();
    let head = head.rsplit_once("*/").map_or(head, |(_, head)| head);
    let head = head.rsplit_once(';').map_or(head, |(_, head)| head);
    let mut depth = 0;
    for (at, letter) in styles.bytes().enumerate().skip(open) {
        match letter {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            _ => continue,
        }
        if depth == 0 {
            return Some((head.trim(), &styles[open + 1..at], &styles[at + 1..]));
        }
    }
    None
}

fn without_pictures(body: &str) -> String {
    let kept = body.split(';').filter(|one| !one.contains("url("));
    kept.collect::<Vec<_>>().join(";")
}
