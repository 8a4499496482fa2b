//! Counts and hashes what passes.

use std::io::{self, Read, Write};

use sha2::{Digest, Sha256};

/// What passed through a [`Digesting`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContentDigest {
    /// How many bytes.
    pub bytes: u64,
    /// Their SHA-256 (FIPS 180-4).
    pub sha256: [u8; 32],
}

/// Counts and hashes the bytes that pass to a writer or from a reader. Put it on the clear
/// side, before [`crate::seal_body`] or after [`crate::open_body`], to learn the size and
/// digest of the plaintext in the same pass.
#[derive(Debug)]
pub struct Digesting<T> {
    inner: T,
    bytes: u64,
    sha256: Sha256,
}

impl<T> Digesting<T> {
    /// Watches `inner` from here on.
    pub fn new(inner: T) -> Self {
        Self {
            inner,
            bytes: 0,
            sha256: Sha256::new(),
        }
    }

    /// The writer or reader, and the digest of all that passed.
    pub fn finish(self) -> (T, ContentDigest) {
        let digest = ContentDigest {
            bytes: self.bytes,
            sha256: self.sha256.finalize().into(),
        };
        (self.inner, digest)
    }

    fn pass(&mut self, passed: &[u8]) {
        self.bytes += passed.len() as u64;
        self.sha256.update(passed);
    }
}

impl<W: Write> Write for Digesting<W> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let count = self.inner.write(buf)?;
        self.pass(buf.get(..count).unwrap_or(buf));
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl<R: Read> Read for Digesting<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buf)?;
        self.pass(buf.get(..count).unwrap_or_default());
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SHA-256 of `abc` (FIPS 180-2, appendix B.1).
    const ABC: [u8; 32] = [
        0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41, 0x41, 0x40, 0xde, 0x5d, 0xae, 0x22,
        0x23, 0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17, 0x7a, 0x9c, 0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00,
        0x15, 0xad,
    ];

    #[test]
    fn counts_and_hashes_what_is_written() {
        let mut watched = Digesting::new(Vec::new());
        watched.write_all(b"a").unwrap();
        watched.write_all(b"bc").unwrap();
        let (written, digest) = watched.finish();
        assert_eq!(written, b"abc");
        assert_eq!(
            digest,
            ContentDigest {
                bytes: 3,
                sha256: ABC
            }
        );
    }

    #[test]
    fn counts_and_hashes_what_is_read() {
        let mut watched = Digesting::new(b"abc".as_slice());
        io::copy(&mut watched, &mut io::sink()).unwrap();
        assert_eq!(
            watched.finish().1,
            ContentDigest {
                bytes: 3,
                sha256: ABC
            }
        );
    }

    #[test]
    fn counts_only_what_the_writer_took() {
        let mut room = [0; 2];
        let mut watched = Digesting::new(room.as_mut_slice());
        assert_eq!(watched.write(b"abc").unwrap(), 2);
        assert_eq!(watched.finish().1.bytes, 2);
    }
}
