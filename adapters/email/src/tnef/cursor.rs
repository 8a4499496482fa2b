//! Steps through bytes and never beyond their end. All numbers are little-endian ([MS-OXTNEF],
//! section 2.1.1).

/// What is still to be read.
pub(super) struct Cursor<'x> {
    pub(super) rest: &'x [u8],
}

impl<'x> Cursor<'x> {
    pub(super) fn new(bytes: &'x [u8]) -> Self {
        Self { rest: bytes }
    }

    /// The next `count` bytes.
    pub(super) fn take(&mut self, count: usize) -> Option<&'x [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(taken)
    }

    /// The next `count` bytes, and what fills them up to four. At the very end some writers
    /// leave that out.
    pub(super) fn padded(&mut self, count: usize) -> Option<&'x [u8]> {
        let taken = self.take(count)?;
        let padding = (count.wrapping_neg() & 3).min(self.rest.len());
        self.take(padding)?;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    pub(super) fn byte(&mut self) -> Option<u8> {
        self.array().map(u8::from_le_bytes)
    }

    pub(super) fn two(&mut self) -> Option<u16> {
        self.array().map(u16::from_le_bytes)
    }

    pub(super) fn four(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    /// A number of bytes or of things.
    pub(super) fn count(&mut self) -> Option<usize> {
        usize::try_from(self.four()?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_read_beyond_the_end() {
        let mut cursor = Cursor::new(&[1, 2, 0, 3, 0, 0, 0]);
        assert_eq!((cursor.byte(), cursor.two()), (Some(1), Some(2)));
        assert_eq!((cursor.take(5), cursor.count()), (None, Some(3)));
        assert_eq!((cursor.byte(), cursor.take(0)), (None, Some(&[][..])));
    }

    #[test]
    fn values_are_filled_up_to_four_bytes_but_for_the_last() {
        let mut cursor = Cursor::new(&[1, 0, 0, 0, 2, 3, 0]);
        assert_eq!(cursor.padded(1), Some(&[1][..]));
        assert_eq!(cursor.padded(2), Some(&[2, 3][..]));
        assert!(cursor.rest.is_empty());
    }
}
