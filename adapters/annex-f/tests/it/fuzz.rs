//! The fuzz targets of forms for a bounded time: each seed, and what is made of the seeds by a
//! seeded generator. `scripts/fuzz` runs the same targets for longer, led by what they cover.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::targets;

/// So many inputs are tried of each target, and no longer than that.
const TRIES: usize = 20_000;
const TIME: Duration = Duration::from_secs(5);
/// The longest input.
const LONGEST: usize = 64 * 1024;

/// The seeds of a target, in their names' order.
fn seeds(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = folder.join("../../tests/fuzz/corpus").join(target);
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    assert!(files.len() >= 3, "{target} has seeds");
    files
        .iter()
        .map(|file| std::fs::read(file).unwrap())
        .collect()
}

/// Numbers that look like chance, the same each time (splitmix64).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Less than a number that is not 0.
    fn below(&mut self, most: usize) -> usize {
        usize::try_from(self.next() % most as u64).unwrap()
    }

    fn range(&mut self, of: &[u8]) -> std::ops::Range<usize> {
        let (a, b) = (self.below(of.len() + 1), self.below(of.len() + 1));
        a.min(b)..a.max(b).min(a.min(b) + 300)
    }

    /// One change.
    fn change(&mut self, bytes: &mut Vec<u8>, other: &[u8]) {
        let range = self.range(bytes);
        match self.below(6) {
            0 if !bytes.is_empty() => {
                let at = self.below(bytes.len());
                bytes[at] ^= 1 << self.below(8);
            }
            1 => drop(bytes.drain(range)),
            2 => {
                let piece = bytes[range].to_vec();
                let at = self.below(bytes.len() + 1);
                bytes.splice(at..at, piece);
            }
            3 => {
                let piece = other[self.range(other)].to_vec();
                bytes.splice(range, piece);
            }
            4 => {
                let words: [&[u8]; 12] = [
                    b"\"",
                    b"{",
                    b"[",
                    b",",
                    b"\n",
                    b"null",
                    b"-1",
                    b"1e999",
                    b"<w:tc>",
                    b"&#0;",
                    b"\xff\xfe",
                    "\u{202e}".as_bytes(),
                ];
                let at = self.below(bytes.len() + 1);
                bytes.splice(at..at, words[self.below(words.len())].iter().copied());
            }
            _ => bytes.truncate(range.end),
        }
    }
}

fn run(name: &str, target: fn(&[u8])) {
    let seeds = seeds(name);
    for seed in &seeds {
        target(seed);
    }
    let (start, mut chance) = (Instant::now(), Chance(5));
    let mut tried = 0;
    while tried < TRIES && start.elapsed() < TIME {
        let mut bytes = seeds[chance.below(seeds.len())].clone();
        for _ in 0..=chance.below(4) {
            let other = chance.below(seeds.len());
            chance.change(&mut bytes, &seeds[other]);
        }
        bytes.truncate(LONGEST);
        let shown = bytes.clone();
        let tried_it = std::panic::catch_unwind(move || target(&bytes));
        assert!(
            tried_it.is_ok(),
            "{name}: {}",
            String::from_utf8_lossy(&shown).escape_debug()
        );
        tried += 1;
    }
    assert!(tried > 20, "{name}: {tried} inputs in {TIME:?}");
}

#[test]
fn answers_of_any_kind_are_read() {
    run("answers", targets::answers);
}

#[test]
fn word_files_of_any_kind_are_read() {
    run("docx", targets::docx);
}

#[test]
fn spreadsheets_of_any_kind_are_read() {
    run("paste", targets::paste);
}

#[test]
fn definitions_of_any_kind_are_read() {
    run("definition", targets::definition);
}

#[test]
fn batches_of_any_kind_are_read() {
    run("batch", targets::batch);
}
