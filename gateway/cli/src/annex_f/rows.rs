//! The lines of a file, one at a time: a file of any size takes the memory of its longest line.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;

use anyhow::Context as _;
use sha2::{Digest as _, Sha256};

/// The longest line, bytes: no form is longer.
const LONGEST: u64 = 4 * 1024 * 1024;

/// A line.
pub struct Line {
    /// Its number, from 1.
    pub number: u64,
    /// SHA-256 of its text, hexadecimal.
    pub digest: String,
    /// Its text; none where it is too long.
    pub text: Option<Vec<u8>>,
}

/// A file's lines.
pub struct Rows {
    file: BufReader<File>,
    number: u64,
    /// How long the file is, bytes.
    pub bytes: u64,
    /// How much of it has been read, bytes.
    pub read: u64,
}

impl Rows {
    /// Opens a file.
    pub fn open(path: &Path) -> anyhow::Result<Self> {
        let opened = File::open(path).with_context(|| format!("`{}`", path.display()))?;
        let bytes = opened.metadata().map_or(0, |about| about.len());
        Ok(Self {
            file: BufReader::new(opened),
            number: 0,
            bytes,
            read: 0,
        })
    }

    /// The next line that has anything on it.
    pub fn next(&mut self) -> anyhow::Result<Option<Line>> {
        loop {
            let mut text = Vec::new();
            let taken = (&mut self.file)
                .take(LONGEST)
                .read_until(b'\n', &mut text)?;
            if taken == 0 {
                return Ok(None);
            }
            self.number += 1;
            self.read += taken as u64;
            let mut digest = Sha256::new();
            let whole = text.ends_with(b"\n") || (taken as u64) < LONGEST;
            digest.update(text.trim_ascii());
            if !whole {
                self.skip(&mut digest)?;
            }
            if !text.trim_ascii().is_empty() {
                return Ok(Some(Line {
                    number: self.number,
                    digest: hex::encode(digest.finalize()),
                    text: whole.then_some(text),
                }));
            }
        }
    }

    /// The rest of a line that is too long.
    fn skip(&mut self, digest: &mut Sha256) -> anyhow::Result<()> {
        loop {
            let mut rest = Vec::new();
            let taken = (&mut self.file)
                .take(64 * 1024)
                .read_until(b'\n', &mut rest)?;
            self.read += taken as u64;
            digest.update(&rest);
            if taken == 0 || rest.ends_with(b"\n") {
                return Ok(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_told_apart_and_a_long_one_costs_no_other() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("rows");
        let long = "x".repeat(5 * 1024 * 1024);
        std::fs::write(&path, format!("{{}}\r\n\n{long}\n {{}}\nlast")).unwrap();
        let mut rows = Rows::open(&path).unwrap();
        let mut found = Vec::new();
        while let Some(line) = rows.next().unwrap() {
            found.push(line);
        }
        let numbers: Vec<u64> = found.iter().map(|line| line.number).collect();
        assert_eq!(numbers, [1, 3, 4, 5]);
        assert_eq!(
            found[0].digest, found[2].digest,
            "white space around it is no other row"
        );
        assert!(found[1].text.is_none());
        assert_eq!(found[3].text.as_deref(), Some(&b"last"[..]));
        assert_eq!(rows.read, rows.bytes);
    }
}
