//! Gzip undone piece by piece, with a bound on what comes out.

use std::io::{self, Write};

use bytes::{Buf as _, Bytes};
use flate2::write::MultiGzDecoder;

/// How much is decompressed at a time, in bytes: gzip makes at most about a thousand of one.
const STEP: usize = 1024;
/// A piece is given out once it has this many bytes; no piece is much over 1 MiB.
const ENOUGH: usize = 64 * 1024;

/// Why it cannot be undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bad {
    /// More comes out than is taken.
    TooLarge,
    /// It is not gzip, is cut short, or fails its own check.
    Damaged,
}

/// One chunk's decompression.
pub(crate) struct Unzip(MultiGzDecoder<Out>);

struct Out {
    bytes: Vec<u8>,
    left: u64,
    over: bool,
}

impl Write for Out {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        let long = u64::try_from(piece.len()).unwrap_or(u64::MAX);
        self.over |= long > self.left;
        if self.over {
            return Err(io::Error::other("more than is taken"));
        }
        self.left -= long;
        self.bytes.extend_from_slice(piece);
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Unzip {
    /// Gives out at most `left` bytes.
    pub(crate) fn new(left: u64) -> Self {
        Self(MultiGzDecoder::new(Out {
            bytes: Vec::new(),
            left,
            over: false,
        }))
    }

    /// Takes some or all of the input and gives what comes of it, which may be nothing yet.
    pub(crate) fn push(&mut self, input: &mut Bytes) -> Result<Bytes, Bad> {
        while !input.is_empty() && self.0.get_ref().bytes.len() < ENOUGH {
            let step = &input[..input.len().min(STEP)];
            match self.0.write(step) {
                Ok(0) => return Err(Bad::Damaged),
                Ok(taken) => input.advance(taken),
                Err(_) => return Err(self.bad()),
            }
        }
        Ok(Bytes::from(std::mem::take(&mut self.0.get_mut().bytes)))
    }

    /// The last of it, once its check holds.
    pub(crate) fn finish(mut self) -> Result<Bytes, Bad> {
        match self.0.try_finish() {
            Ok(()) => Ok(Bytes::from(std::mem::take(&mut self.0.get_mut().bytes))),
            Err(_) => Err(self.bad()),
        }
    }

    fn bad(&self) -> Bad {
        if self.0.get_ref().over {
            Bad::TooLarge
        } else {
            Bad::Damaged
        }
    }
}

#[cfg(test)]
mod tests {
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use proptest::prelude::*;

    use super::*;

    fn zip(content: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(content).unwrap();
        encoder.finish().unwrap()
    }

    fn unzip(pieces: &[&[u8]], limit: u64) -> Result<Vec<u8>, Bad> {
        let mut unzip = Unzip::new(limit);
        let mut all = Vec::new();
        for piece in pieces {
            let mut input = Bytes::copy_from_slice(piece);
            while !input.is_empty() {
                let out = unzip.push(&mut input)?;
                assert!(out.len() < 2 * 1024 * 1024);
                all.extend_from_slice(&out);
            }
        }
        all.extend_from_slice(&unzip.finish()?);
        Ok(all)
    }

    #[test]
    fn a_little_that_becomes_much_is_stopped_at_the_bound() {
        let bomb = zip(&vec![0; 32 * 1024 * 1024]);
        assert!(bomb.len() < 40_000);
        assert_eq!(unzip(&[&bomb], 1024 * 1024), Err(Bad::TooLarge));
        assert_eq!(
            unzip(&[&bomb], 32 * 1024 * 1024).unwrap().len(),
            32 * 1024 * 1024
        );
    }

    #[test]
    fn what_is_cut_short_changed_or_followed_by_more_is_damaged() {
        let whole = zip(b"the whole of it");
        for cut in 0..whole.len() {
            assert_eq!(unzip(&[&whole[..cut]], 100), Err(Bad::Damaged), "{cut}");
        }
        let mut changed = whole.clone();
        let last = changed.len() - 6;
        changed[last] ^= 1;
        assert_eq!(unzip(&[&changed], 100), Err(Bad::Damaged));
        assert_eq!(unzip(&[&whole, b"more"], 100), Err(Bad::Damaged));
        assert_eq!(unzip(&[b"no gzip at all"], 100), Err(Bad::Damaged));
    }

    #[test]
    fn members_one_after_another_are_one_content() {
        let both = [zip(b"one, "), zip(b"two")].concat();
        assert_eq!(unzip(&[&both], 100).unwrap(), b"one, two");
    }

    proptest! {
        #[test]
        fn however_it_is_cut_into_pieces_it_is_the_same(
            content in prop::collection::vec(any::<u8>(), 0..5000),
            size in 1_usize..700,
        ) {
            let zipped = zip(&content);
            let pieces = zipped.chunks(size).collect::<Vec<_>>();
            prop_assert_eq!(unzip(&pieces, 5000).unwrap(), content);
        }

        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let _ = unzip(&[&bytes], 10_000);
        }
    }
}
