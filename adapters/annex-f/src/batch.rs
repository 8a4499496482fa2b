//! A batch: forms that a prison's own system exports, a JSON object on each line. A batch of any
//! size takes the memory of its longest line, and a line that is too long costs no other.

use std::io::{self, BufRead, Read as _};

use gateway_core::json::{self, Unread};
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};

/// The longest line, bytes: no form is longer.
pub const LINE_BYTES: u64 = 4 * 1024 * 1024;
/// So much at once is read past of a line that is too long, bytes.
const PAST: u64 = 64 * 1024;

/// Why a line is not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    /// It is longer than a form can be.
    #[error("is too long for a form")]
    TooLong,
    /// It is not JSON.
    #[error("is no JSON object: give one on each line")]
    NoJson,
    /// It is JSON, and not a form's.
    #[error("{detail}")]
    Unfit {
        /// The field, by its JSON Pointer.
        pointer: String,
        /// What is expected there.
        detail: String,
    },
}

/// A line that has anything on it. No `Debug`: what it says is content.
#[derive(Clone, PartialEq, Eq)]
pub struct BatchLine {
    /// Its number, from 1; lines with nothing on them count.
    pub number: u64,
    /// SHA-256 of its text without white space around it, hexadecimal: the same form again has
    /// the same.
    pub digest: String,
    /// Its text; none where it is too long.
    text: Option<Vec<u8>>,
}

impl BatchLine {
    /// Reads it.
    ///
    /// # Errors
    /// [`LineError`], with what to do about it and none of its values.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, LineError> {
        let text = self.text.as_ref().ok_or(LineError::TooLong)?;
        json::read(text).map_err(|unread| match unread {
            Unread::NotJson { .. } => LineError::NoJson,
            Unread::Unfit { pointer, detail } => LineError::Unfit { pointer, detail },
        })
    }
}

/// The lines of a batch, one at a time.
#[derive(Debug)]
pub struct Batch<R> {
    bytes: R,
    longest: u64,
    number: u64,
    read: u64,
}

impl<R: BufRead> Batch<R> {
    /// The lines of what is read there.
    pub const fn new(bytes: R) -> Self {
        Self::within(bytes, LINE_BYTES)
    }

    /// The same with another bound of a line, bytes, its end included.
    pub const fn within(bytes: R, longest: u64) -> Self {
        Self {
            bytes,
            longest,
            number: 0,
            read: 0,
        }
    }

    /// How much has been read, bytes.
    pub const fn read(&self) -> u64 {
        self.read
    }

    /// The next line that has anything on it.
    ///
    /// # Errors
    /// What the reader says.
    pub fn next_line(&mut self) -> io::Result<Option<BatchLine>> {
        loop {
            let mut text = Vec::new();
            let taken = self.take(self.longest, &mut text)?;
            if taken == 0 {
                return Ok(None);
            }
            self.number += 1;
            let whole = text.ends_with(b"\n") || taken < self.longest;
            let said = text.trim_ascii();
            let mut digest = Sha256::new();
            digest.update(said);
            let mut blank = said.is_empty();
            if !whole {
                blank &= self.skip(&mut digest)?;
            }
            if !blank {
                return Ok(Some(BatchLine {
                    number: self.number,
                    digest: hex::encode(digest.finalize()),
                    text: whole.then_some(text),
                }));
            }
        }
    }

    /// The rest of a line that is too long; whether there is nothing on it.
    fn skip(&mut self, digest: &mut Sha256) -> io::Result<bool> {
        let mut blank = true;
        loop {
            let mut rest = Vec::new();
            let taken = self.take(PAST, &mut rest)?;
            digest.update(&rest);
            blank &= rest.trim_ascii().is_empty();
            if taken == 0 || rest.ends_with(b"\n") {
                return Ok(blank);
            }
        }
    }

    /// Up to so many bytes of a line; how many.
    fn take(&mut self, most: u64, text: &mut Vec<u8>) -> io::Result<u64> {
        let taken = (&mut self.bytes).take(most).read_until(b'\n', text)? as u64;
        self.read += taken;
        Ok(taken)
    }
}
