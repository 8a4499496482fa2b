//! Bodies of items: age v1 files to an item's own key, streamed in constant memory.

use std::fmt;
use std::io::{self, Read, Write};

use age::stream::StreamWriter;
use zeroize::Zeroizing;

use crate::age_file::{self, AgeReader};
use crate::{ItemKey, OpenError, SealError};

/// The clear side of a body that is being sealed. Holds one chunk of 64 KiB.
pub struct BodyWriter<W: Write> {
    stream: StreamWriter<W>,
    failed: bool,
}

/// Begins to seal a body: clear bytes go into the returned writer, an age file comes out on
/// `writer`. Blocking; memory stays the same at any size.
///
/// # Errors
/// [`SealError::Io`] when `writer` does not take the header, [`SealError::Refused`] when the
/// cryptographic library refuses.
pub fn seal_body<W: Write>(key: &ItemKey, writer: W) -> Result<BodyWriter<W>, SealError> {
    let recipient = key.recipient().ok_or(SealError::Refused)?;
    let stream = age_file::encrypt(&recipient, writer)?;
    Ok(BodyWriter {
        stream,
        failed: false,
    })
}

impl<W: Write> BodyWriter<W> {
    /// Writes the last chunk, flushes, and gives the writer back. Without it the body is cut
    /// short, and no one can open it.
    ///
    /// # Errors
    /// The writer's own; or that an earlier write failed, after which nothing is complete.
    pub fn finish(self) -> io::Result<W> {
        if self.failed {
            return Err(stopped());
        }
        let mut writer = self.stream.finish()?;
        writer.flush()?;
        Ok(writer)
    }
}

impl<W: Write> Write for BodyWriter<W> {
    /// After an error nothing more is taken: part of a chunk may have been written.
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        if self.failed {
            return Err(stopped());
        }
        self.stream.write(buf).inspect_err(|_| self.failed = true)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

impl<W: Write> fmt::Debug for BodyWriter<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BodyWriter([secret])")
    }
}

/// The clear side of a sealed body.
///
/// **Never act on what it gave before it reported the end.** age authenticates each chunk of
/// 64 KiB, but that the body is whole is known only at its end: an altered or shortened body
/// is an error, before the end is reported, and stays one however often it is read again. So
/// stage what you read, and release it once `read` has returned `Ok(0)`.
pub struct BodyReader<R: Read> {
    stream: AgeReader<R>,
    failed: bool,
}

/// Opens a sealed body for reading. Blocking; memory stays the same at any size.
///
/// # Errors
/// [`OpenError::NotMine`] when it was sealed under another item's key, [`OpenError::Broken`]
/// when its header is altered or missing. What is wrong further on comes from `read`:
/// `OpenError::from` finds the reason in the [`io::Error`].
pub fn open_body<R: Read>(key: &ItemKey, reader: R) -> Result<BodyReader<R>, OpenError> {
    let stream = age_file::decrypt(key.identity(), reader)?;
    Ok(BodyReader {
        stream,
        failed: false,
    })
}

impl<R: Read> Read for BodyReader<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.failed {
            return Err(invalid());
        }
        self.stream
            .read(buf)
            .map_err(|error| match age_file::broken(error) {
                OpenError::Io(error) => error,
                OpenError::Broken | OpenError::NotMine => {
                    self.failed = true;
                    invalid()
                }
            })
    }
}

impl<R: Read> fmt::Debug for BodyReader<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BodyReader([secret])")
    }
}

/// Seals a small body in memory; the format is that of [`seal_body`].
///
/// # Errors
/// [`SealError::Refused`] when the cryptographic library does.
pub fn seal_bytes(key: &ItemKey, plain: &[u8]) -> Result<Vec<u8>, SealError> {
    let mut writer = seal_body(key, Vec::with_capacity(plain.len() + 1024))?;
    writer.write_all(plain)?;
    Ok(writer.finish()?)
}

/// Opens a small body in memory, all of it or nothing.
///
/// # Errors
/// [`OpenError::NotMine`], [`OpenError::Broken`].
pub fn open_bytes(key: &ItemKey, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    // Room for all of it from the start, so that no copy stays behind when it grows.
    let mut plain = Zeroizing::new(Vec::with_capacity(sealed.len()));
    open_body(key, sealed)?.read_to_end(&mut plain)?;
    Ok(plain)
}

fn invalid() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, OpenError::Broken)
}

fn stopped() -> io::Error {
    io::Error::other("an earlier write failed: seal the body again from its start")
}

#[cfg(test)]
mod tests {
    use std::thread;

    use crate::Digesting;

    use super::*;

    const CHUNK: usize = 64 * 1024;
    /// A chunk and its tag, sealed.
    const SEALED_CHUNK: usize = CHUNK + 16;

    fn plain(length: usize) -> Vec<u8> {
        (0..=250).cycle().take(length).collect()
    }

    #[test]
    fn a_body_of_any_size_around_a_chunk_opens_again() {
        for length in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 7] {
            let key = ItemKey::generate();
            let sealed = seal_bytes(&key, &plain(length)).unwrap();
            assert_eq!(
                *open_bytes(&key, &sealed).unwrap(),
                plain(length),
                "{length} bytes"
            );
        }
    }

    #[test]
    fn the_same_body_twice_shows_nothing_the_same() {
        let key = ItemKey::generate();
        let one = seal_bytes(&key, b"same").unwrap();
        let two = seal_bytes(&key, b"same").unwrap();
        assert_ne!(one[one.len() - 36..], two[two.len() - 36..]);
    }

    #[test]
    fn another_items_key_is_not_mine() {
        let sealed = seal_bytes(&ItemKey::generate(), b"body").unwrap();
        let opened = open_bytes(&ItemKey::generate(), &sealed);
        assert!(matches!(opened, Err(OpenError::NotMine)));
    }

    #[test]
    fn each_altered_or_missing_byte_is_refused() {
        let key = ItemKey::generate();
        let sealed = seal_bytes(&key, b"A report.").unwrap();
        for at in 0..sealed.len() {
            for bit in [0x01, 0x20, 0x80] {
                let mut altered = sealed.clone();
                altered[at] ^= bit;
                assert!(
                    open_bytes(&key, &altered).is_err(),
                    "byte {at}, bit {bit:#x}"
                );
            }
            let cut = open_bytes(&key, &sealed[..at]);
            assert!(matches!(cut, Err(OpenError::Broken)), "cut at {at}");
        }
        let longer = [sealed.as_slice(), b"\0"].concat();
        assert!(matches!(open_bytes(&key, &longer), Err(OpenError::Broken)));
    }

    #[test]
    fn a_body_cut_or_shuffled_at_a_chunk_is_refused_before_its_end_and_ever_after() {
        let key = ItemKey::generate();
        let sealed = seal_bytes(&key, &plain(3 * CHUNK)).unwrap();
        let head = sealed.len() - 3 * SEALED_CHUNK;
        let (head, chunks) = sealed.split_at(head);
        let (one, rest) = chunks.split_at(SEALED_CHUNK);
        let (two, three) = rest.split_at(SEALED_CHUNK);
        for (what, parts) in [
            ("cut before the first chunk", vec![head]),
            ("cut after the first chunk", vec![head, one]),
            ("cut after the second chunk", vec![head, one, two]),
            (
                "cut within the last chunk",
                vec![head, one, two, &three[..100]],
            ),
            ("without its first chunk", vec![head, two, three]),
            ("with two chunks changed about", vec![head, two, one, three]),
            (
                "with the last chunk twice",
                vec![head, one, two, three, three],
            ),
            ("with a byte behind it", vec![head, one, two, three, b"\0"]),
        ] {
            let wrong = parts.concat();
            let mut reader = open_body(&key, wrong.as_slice()).unwrap();
            let error = io::copy(&mut reader, &mut io::sink()).unwrap_err();
            assert!(
                matches!(OpenError::from(error), OpenError::Broken),
                "{what}"
            );
            let again = reader.read(&mut [0; 16]).unwrap_err();
            assert!(
                matches!(OpenError::from(again), OpenError::Broken),
                "{what}, read again"
            );
        }
    }

    #[test]
    fn a_body_never_finished_does_not_open() {
        let key = ItemKey::generate();
        let mut sealed = Vec::new();
        let mut writer = seal_body(&key, &mut sealed).unwrap();
        writer.write_all(&plain(CHUNK + 1)).unwrap();
        drop(writer);
        assert!(matches!(open_bytes(&key, &sealed), Err(OpenError::Broken)));
    }

    #[test]
    fn what_is_no_age_file_is_broken_and_a_header_has_a_bound() {
        let key = ItemKey::generate();
        let endless = [
            b"age-encryption.org/v1\n".as_slice(),
            &b"-> a\n\n".repeat(10_000),
        ]
        .concat();
        for wrong in [
            b"".as_slice(),
            b"\n",
            b"%PDF-1.7\n---\n",
            &endless,
            &[0; 16_384],
        ] {
            assert!(matches!(open_bytes(&key, wrong), Err(OpenError::Broken)));
        }
    }

    /// Takes a number of bytes, then fails as a full disk does.
    struct Full(usize);

    impl Write for Full {
        fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
            let taken = buf.len().min(self.0);
            self.0 -= taken;
            if taken == 0 && !buf.is_empty() {
                Err(io::ErrorKind::StorageFull.into())
            } else {
                Ok(taken)
            }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_body_whose_writer_failed_cannot_be_finished() {
        assert!(matches!(
            seal_body(&ItemKey::generate(), Full(50)),
            Err(SealError::Io(_))
        ));

        let mut writer = seal_body(&ItemKey::generate(), Full(CHUNK)).unwrap();
        let full = writer.write_all(&plain(2 * CHUNK)).unwrap_err();
        assert_eq!(full.kind(), io::ErrorKind::StorageFull);
        assert!(writer.write(b"more").is_err());
        assert!(writer.finish().is_err());
    }

    /// A disk that cannot be read, after a while.
    struct Unreadable<'a>(&'a [u8]);

    impl Read for Unreadable<'_> {
        fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
            match self.0.read(buf)? {
                0 => Err(io::Error::other("the disk is gone")),
                count => Ok(count),
            }
        }
    }

    #[test]
    fn a_reader_that_fails_is_told_from_a_broken_body() {
        let key = ItemKey::generate();
        let sealed = seal_bytes(&key, &plain(2 * CHUNK)).unwrap();
        for length in [0, 30, sealed.len() - SEALED_CHUNK] {
            let failed = open_body(&key, Unreadable(&sealed[..length])).and_then(|mut reader| {
                io::copy(&mut reader, &mut io::sink())?;
                Ok(())
            });
            assert!(
                matches!(failed, Err(OpenError::Io(_))),
                "after {length} bytes"
            );
        }
    }

    #[test]
    fn a_large_body_streams_through_a_pipe_in_constant_memory() {
        const LARGE: u64 = 64 * 1024 * 1024;
        let key = ItemKey::generate();
        let (pipe_out, pipe_in) = io::pipe().unwrap();
        thread::scope(|scope| {
            let sealing = scope.spawn(|| {
                let mut watched = Digesting::new(io::repeat(0x5a).take(LARGE));
                let mut writer = seal_body(&key, pipe_in).unwrap();
                io::copy(&mut watched, &mut writer).unwrap();
                drop(writer.finish().unwrap());
                watched.finish().1
            });
            let mut watched = Digesting::new(open_body(&key, pipe_out).unwrap());
            io::copy(&mut watched, &mut io::sink()).unwrap();
            let opened = watched.finish().1;
            assert_eq!(opened.bytes, LARGE);
            assert_eq!(opened, sealing.join().unwrap());
        });
    }
}
