//! Bytes of a reader, one at a time or as many as there are, and how many there were.

use std::io::{self, Read};

const BUFFER: usize = 64 * 1024;

/// A reader with a buffer of 64 KiB that counts, and stops at a limit.
pub(crate) struct Bytes<R> {
    reader: R,
    buffer: Box<[u8]>,
    at: usize,
    end: usize,
    taken: u64,
    limit: u64,
}

/// Why there is no next byte.
pub(crate) enum Stop {
    /// The reader failed.
    Io(io::Error),
    /// More came than may.
    Limit,
}

impl<R: Read> Bytes<R> {
    /// Reads at most `limit` bytes of `reader`.
    pub(crate) fn new(reader: R, limit: u64) -> Self {
        Self {
            reader,
            buffer: vec![0; BUFFER].into_boxed_slice(),
            at: 0,
            end: 0,
            taken: 0,
            limit,
        }
    }

    /// What is in the buffer; filled where it was empty. Empty at the end.
    pub(crate) fn fill(&mut self) -> Result<&[u8], Stop> {
        if self.at == self.end {
            self.end = loop {
                match self.reader.read(&mut self.buffer) {
                    Ok(n) => break n.min(self.buffer.len()),
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => return Err(Stop::Io(error)),
                }
            };
            self.at = 0;
        }
        let room = usize::try_from(self.limit.saturating_sub(self.taken)).unwrap_or(usize::MAX);
        if self.at < self.end && room == 0 {
            return Err(Stop::Limit);
        }
        let end = self.end.min(self.at.saturating_add(room));
        Ok(self.buffer.get(self.at..end).unwrap_or_default())
    }

    /// Takes `n` bytes of the buffer.
    pub(crate) fn take(&mut self, n: usize) {
        self.at = self.at.saturating_add(n).min(self.end);
        self.taken = self.taken.saturating_add(n as u64);
    }

    /// The next byte, left where it is.
    pub(crate) fn peek(&mut self) -> Result<Option<u8>, Stop> {
        Ok(self.fill()?.first().copied())
    }

    /// The next byte, taken.
    pub(crate) fn next(&mut self) -> Result<Option<u8>, Stop> {
        let byte = self.peek()?;
        if byte.is_some() {
            self.take(1);
        }
        Ok(byte)
    }

    /// How many bytes were taken.
    pub(crate) const fn taken(&self) -> u64 {
        self.taken
    }
}
