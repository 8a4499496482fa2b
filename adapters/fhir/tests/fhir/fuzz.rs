//! The fuzzer's seeds, whole and damaged.

use std::path::Path;

use proptest::prelude::*;
use proptest::sample::{Index, select};

use serde_json::{Value, json};

use crate::targets;

fn seeds() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fuzz/corpus/fhir");
    let entries = std::fs::read_dir(folder).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.map(|path| std::fs::read(path).unwrap()).collect()
}

#[test]
fn every_seed_is_answered() {
    let seeds = seeds();
    assert!(seeds.len() >= 5);
    for bytes in seeds {
        targets::message(&bytes);
    }
}

/// Every place in a value.
fn places(value: &Value, path: &str, found: &mut Vec<String>) {
    found.push(path.to_owned());
    for (n, item) in value.as_array().into_iter().flatten().enumerate() {
        places(item, &format!("{path}/{n}"), found);
    }
    for (name, member) in value.as_object().into_iter().flatten() {
        places(member, &format!("{path}/{name}"), found);
    }
}

/// What takes the place of something.
fn odd() -> impl Strategy<Value = Value> {
    select(vec![
        json!(null),
        json!(true),
        json!(0),
        json!(-1.5e300),
        json!(""),
        json!("\u{0}"),
        json!("#"),
        json!("#patient"),
        json!("2026-02-30T24:61:61Z"),
        json!("9999-12-31T23:59:60-23:59"),
        json!([null]),
        json!([[1]]),
        json!({"reference": "#"}),
        json!({"valueString": "x", "valueCode": "y"}),
    ])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn a_seed_with_pieces_of_another_is_answered(
        seed in select(seeds()),
        other in select(seeds()),
        cuts in proptest::collection::vec((any::<Index>(), any::<Index>(), any::<Index>()), 1..4),
    ) {
        let mut bytes = seed;
        for (at, from, to) in cuts {
            let (from, to) = (from.index(other.len()), to.index(other.len()));
            let piece = other[from.min(to)..from.max(to).min(from.min(to) + 200)].to_vec();
            let at = at.index(bytes.len());
            let end = (at + piece.len() / 2).min(bytes.len());
            bytes.splice(at..end, piece);
        }
        targets::message(&bytes);
    }

    #[test]
    fn a_seed_with_its_values_moved_about_is_answered(
        seed in select(seeds()),
        moves in proptest::collection::vec((any::<Index>(), any::<Index>(), odd(), 0..3_u8), 1..4),
    ) {
        let mut value: Value = serde_json::from_slice(&seed).unwrap();
        for (from, to, odd, which) in moves {
            let mut found = Vec::new();
            places(&value, "", &mut found);
            let taken = value.pointer(&found[from.index(found.len())]).unwrap().clone();
            let place = value.pointer_mut(&found[to.index(found.len())]).unwrap();
            match (which, place.as_array_mut()) {
                (0, _) => *place = odd,
                (1, Some(items)) => items.push(taken),
                _ => *place = taken,
            }
        }
        targets::message(value.to_string().as_bytes());
    }
}
