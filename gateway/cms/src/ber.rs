//! A reader for the little of BER (ITU-T X.690) that is looked at beside OpenSSL: which kind a
//! message is, which cipher it names, and what a signed attribute says.
//!
//! It reads what it is given once, allocates nothing, and answers `None` to anything odd.

/// How deep an element of indefinite length may nest before it is refused.
const DEEPEST: u8 = 16;

/// Tags, class and constructed bit included.
pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const OID: u8 = 0x06;
pub(crate) const UTC_TIME: u8 = 0x17;
pub(crate) const GENERALIZED_TIME: u8 = 0x18;
pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const SET: u8 = 0x31;
pub(crate) const CONTEXT_0: u8 = 0xa0;
pub(crate) const CONTEXT_1: u8 = 0xa1;

/// One element: its tag and what is in it, without an end-of-contents mark.
#[derive(Clone, Copy)]
pub(crate) struct Element<'a> {
    pub(crate) tag: u8,
    pub(crate) body: &'a [u8],
}

/// What is left to read.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

impl<'a> Reader<'a> {
    /// The next element, whatever it is.
    pub(crate) fn next(&mut self) -> Option<Element<'a>> {
        self.element(0)
    }

    /// The next element, which must have this tag.
    pub(crate) fn expect(&mut self, tag: u8) -> Option<&'a [u8]> {
        self.next()
            .filter(|element| element.tag == tag)
            .map(|element| element.body)
    }

    /// The next element if it has this tag; otherwise nothing is read.
    pub(crate) fn optional(&mut self, tag: u8) -> Option<&'a [u8]> {
        if self.0.first() == Some(&tag) {
            self.expect(tag)
        } else {
            None
        }
    }

    fn element(&mut self, depth: u8) -> Option<Element<'a>> {
        let (&tag, rest) = self.0.split_first()?;
        // Tags of more than one byte occur nowhere in CMS.
        if tag & 0x1f == 0x1f || depth > DEEPEST {
            return None;
        }
        let (&first, rest) = rest.split_first()?;
        match first {
            0..=0x7f => self.definite(tag, rest, usize::from(first)),
            0x80 if tag & 0x20 != 0 => self.indefinite(tag, rest, depth),
            0x81..=0x84 => {
                let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
                let length = bytes
                    .iter()
                    .fold(0, |sum, byte| sum << 8 | usize::from(*byte));
                self.definite(tag, rest, length)
            }
            _ => None,
        }
    }

    fn definite(&mut self, tag: u8, rest: &'a [u8], length: usize) -> Option<Element<'a>> {
        let (body, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some(Element { tag, body })
    }

    fn indefinite(&mut self, tag: u8, start: &'a [u8], depth: u8) -> Option<Element<'a>> {
        let mut inner = Reader(start);
        loop {
            if let Some(rest) = inner.0.strip_prefix(&[0, 0]) {
                let body = start.get(..start.len() - inner.0.len())?;
                self.0 = rest;
                return Some(Element { tag, body });
            }
            inner.element(depth + 1)?;
        }
    }
}

/// An integer of one byte, as versions and tag lengths are.
pub(crate) fn small_integer(body: &[u8]) -> Option<u8> {
    match body {
        [byte @ 0..=0x7f] => Some(*byte),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn definite_and_indefinite_lengths_read_alike() {
        let definite = [0x30, 0x05, 0x02, 0x01, 0x07, 0x05, 0x00, 0xff];
        let indefinite = [0x30, 0x80, 0x02, 0x01, 0x07, 0x05, 0x00, 0x00, 0x00, 0xff];
        for bytes in [&definite[..], &indefinite[..]] {
            let mut reader = Reader(bytes);
            let body = reader.expect(SEQUENCE).unwrap();
            assert_eq!(body, [0x02, 0x01, 0x07, 0x05, 0x00]);
            assert_eq!(reader.0, [0xff]);
        }
    }

    #[test]
    fn a_length_beyond_the_end_is_refused() {
        assert!(
            Reader(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff])
                .next()
                .is_none()
        );
        assert!(Reader(&[0x30, 0x80, 0x02]).next().is_none());
        assert!(Reader(&[]).next().is_none());
    }

    #[test]
    fn ten_thousand_nested_elements_are_refused_without_descending() {
        assert!(Reader(&[0x30, 0x80].repeat(10_000)).next().is_none());
    }
}
