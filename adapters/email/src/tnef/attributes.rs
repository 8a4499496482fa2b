//! The attributes that a TNEF stream is a series of ([MS-OXTNEF], section 2.1.3.1): the level,
//! the id, the length, the data, and the sum of the data's bytes.

use super::cursor::Cursor;

/// The first four bytes of every stream ([MS-OXTNEF], section 2.1.3.1).
const SIGNATURE: u32 = 0x223E_9F78;

/// The levels: of the message, of the attachment that was begun last.
pub(super) const MESSAGE: u8 = 1;
pub(super) const ATTACHMENT: u8 = 2;

/// The ids of the attributes that say something ([MS-OXTNEF], section 2.1.3.2), without the
/// type that stands before them: readers go by the id alone.
pub(super) const FROM: u16 = 0x8000;
pub(super) const SUBJECT: u16 = 0x8004;
pub(super) const MESSAGE_CLASS: u16 = 0x8008;
pub(super) const BODY: u16 = 0x800C;
pub(super) const ATTACH_DATA: u16 = 0x800F;
pub(super) const ATTACH_TITLE: u16 = 0x8010;
pub(super) const ATTACH_REND_DATA: u16 = 0x9002;
pub(super) const MSG_PROPS: u16 = 0x9003;
pub(super) const RECIP_TABLE: u16 = 0x9004;
pub(super) const ATTACHMENT_PROPS: u16 = 0x9005;
pub(super) const OEM_CODEPAGE: u16 = 0x9007;

/// One attribute.
pub(super) struct Attribute<'x> {
    pub(super) level: u8,
    pub(super) id: u16,
    pub(super) data: &'x [u8],
    /// The checksum is the data's.
    pub(super) sound: bool,
}

/// What follows is no attribute: the stream is cut off, or something else stands there.
pub(super) struct Broken;

/// The attributes, in order. Nothing follows what is broken.
pub(super) struct Attributes<'x> {
    cursor: Cursor<'x>,
    /// The last one had no checksum: there the stream is cut off.
    cut: bool,
}

impl<'x> Attributes<'x> {
    /// Past the signature and the key; none where it is no TNEF stream.
    pub(super) fn of(bytes: &'x [u8]) -> Option<Self> {
        let mut cursor = Cursor::new(bytes);
        let signed = cursor.four()? == SIGNATURE;
        cursor.two()?;
        let cut = false;
        signed.then_some(Self { cursor, cut })
    }

    fn one(&mut self) -> Option<Attribute<'x>> {
        let cursor = &mut self.cursor;
        let level = cursor.byte()?;
        let id = cursor.two()?;
        cursor.two()?;
        let length = cursor.count()?;
        let data = cursor.take(length)?;
        let checksum = cursor.two();
        if checksum.is_none() {
            cursor.rest = &[];
            self.cut = true;
        }
        let sound = checksum == Some(sum(data));
        matches!(level, MESSAGE | ATTACHMENT).then_some(Attribute {
            level,
            id,
            data,
            sound,
        })
    }
}

impl<'x> Iterator for Attributes<'x> {
    type Item = Result<Attribute<'x>, Broken>;

    fn next(&mut self) -> Option<Self::Item> {
        if std::mem::take(&mut self.cut) {
            return Some(Err(Broken));
        }
        let rest = self.cursor.rest;
        // Line ends and zeros come after the last one where a mail program added them.
        let level = rest
            .first()
            .is_some_and(|b| *b == MESSAGE || *b == ATTACHMENT);
        let filler = |b: &u8| *b == 0 || b.is_ascii_whitespace();
        if !level && rest.iter().all(filler) {
            return None;
        }
        let one = self.one();
        if one.is_none() {
            self.cursor.rest = &[];
        }
        Some(one.ok_or(Broken))
    }
}

/// The sum of the bytes modulo 65,536 ([MS-OXTNEF], section 2.1.3.1).
fn sum(data: &[u8]) -> u16 {
    let add = |sum: u16, byte: &u8| sum.wrapping_add(u16::from(*byte));
    data.iter().fold(0, add)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &[u8] = &[0x78, 0x9f, 0x3e, 0x22, 1, 0];
    const SUBJECT_HI: &[u8] = &[1, 4, 0x80, 1, 0, 3, 0, 0, 0, b'h', b'i', 0, 0xd1, 0];

    /// Level and id, data, and whether the checksum is right; none where it breaks off.
    type Seen = Option<((u8, u16), Vec<u8>, bool)>;

    fn read(parts: &[&[u8]]) -> Vec<Seen> {
        let bytes = parts.concat();
        let all = Attributes::of(&bytes).unwrap();
        let shown = |a: Attribute<'_>| ((a.level, a.id), a.data.to_vec(), a.sound);
        all.map(|one| one.ok().map(shown)).collect()
    }

    fn subjects(sound: &[bool]) -> Vec<Seen> {
        let one = |sound: &bool| Some(((MESSAGE, SUBJECT), b"hi\0".to_vec(), *sound));
        sound.iter().map(one).collect()
    }

    fn and_broken(sound: &[bool]) -> Vec<Seen> {
        [subjects(sound), vec![None]].concat()
    }

    #[test]
    fn a_stream_begins_with_its_signature_and_a_key() {
        assert!(Attributes::of(HEAD).is_some());
        assert!(Attributes::of(&HEAD[..5]).is_none());
        assert!(Attributes::of(b"PK\x03\x04\0\0\0\0").is_none());
    }

    #[test]
    fn an_attribute_is_read_and_its_checksum_looked_at() {
        assert_eq!(
            read(&[HEAD, SUBJECT_HI, SUBJECT_HI]),
            subjects(&[true, true])
        );
        let mut wrong = SUBJECT_HI.to_vec();
        wrong[12] ^= 1;
        assert_eq!(read(&[HEAD, &wrong, SUBJECT_HI]), subjects(&[false, true]));
    }

    #[test]
    fn line_ends_and_zeros_at_the_end_are_no_fault_and_anything_else_is() {
        for end in [&b"\r\n"[..], b"\0\0\0", b" \n\0"] {
            assert_eq!(read(&[HEAD, SUBJECT_HI, end]), subjects(&[true]));
        }
        for end in [&b"--=_"[..], b"\0\0x", b"\x03", b"\x01", b"\x02\0"] {
            assert_eq!(read(&[HEAD, SUBJECT_HI, end]), and_broken(&[true]));
        }
    }

    #[test]
    fn what_is_cut_off_is_broken_and_ends_it() {
        for end in 1..SUBJECT_HI.len() - 2 {
            assert_eq!(
                read(&[HEAD, SUBJECT_HI, &SUBJECT_HI[..end]]),
                and_broken(&[true])
            );
        }
        for end in SUBJECT_HI.len() - 2..SUBJECT_HI.len() {
            let seen = read(&[HEAD, &SUBJECT_HI[..end]]);
            assert_eq!(seen, and_broken(&[false]));
        }
        let endless = [1, 4, 0x80, 1, 0, 0xff, 0xff, 0xff, 0xff, 1, 1];
        assert_eq!(read(&[HEAD, &endless, SUBJECT_HI]), and_broken(&[]));
    }
}
