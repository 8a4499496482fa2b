//! The counted list of MAPI properties in an attribute ([MS-OXTNEF], section 2.1.3.4).

use super::cursor::Cursor;
use super::words::Words;

/// The property's value has several values.
const MULTIPLE: u16 = 0x1000;
/// From this id on a property carries its name.
const NAMED: u16 = 0x8000;
/// `PtypObject`, whose value begins with the id of an interface.
const OBJECT: u16 = 0x000D;
const STRING8: u16 = 0x001E;
const STRING: u16 = 0x001F;
const BINARY: u16 = 0x0102;
/// `IID_IMessage` ([MS-OXTNEF], section 2.1.3.4): the object is a message in TNEF.
const MESSAGE_INTERFACE: [u8; 16] = [
    0x07, 0x03, 0x02, 0, 0, 0, 0, 0, 0xC0, 0, 0, 0, 0, 0, 0, 0x46,
];

/// The ids of the properties that are read ([MS-OXPROPS]).
pub(super) mod id {
    pub(crate) const MESSAGE_CLASS: u16 = 0x001A;
    pub(crate) const SUBJECT: u16 = 0x0037;
    pub(crate) const CLIENT_SUBMIT_TIME: u16 = 0x0039;
    pub(crate) const SENDER_NAME: u16 = 0x0C1A;
    pub(crate) const SENDER_EMAIL_ADDRESS: u16 = 0x0C1F;
    pub(crate) const DISPLAY_CC: u16 = 0x0E03;
    pub(crate) const DISPLAY_TO: u16 = 0x0E04;
    pub(crate) const BODY: u16 = 0x1000;
    pub(crate) const RTF_COMPRESSED: u16 = 0x1009;
    pub(crate) const HTML: u16 = 0x1013;
    pub(crate) const DISPLAY_NAME: u16 = 0x3001;
    pub(crate) const ATTACH_DATA: u16 = 0x3701;
    pub(crate) const ATTACH_FILENAME: u16 = 0x3704;
    pub(crate) const ATTACH_LONG_FILENAME: u16 = 0x3707;
    pub(crate) const ATTACH_MIME_TAG: u16 = 0x370E;
    pub(crate) const ATTACH_CONTENT_ID: u16 = 0x3712;
    pub(crate) const INTERNET_CODEPAGE: u16 = 0x3FDE;
    pub(crate) const MESSAGE_CODEPAGE: u16 = 0x3FFD;
    pub(crate) const SENDER_SMTP_ADDRESS: u16 = 0x5D01;
}

/// One property, with the first of its values.
pub(super) struct Property<'x> {
    pub(super) id: u16,
    kind: u16,
    value: &'x [u8],
}

/// What an object is.
pub(super) enum Object<'x> {
    /// A message in TNEF.
    Message(&'x [u8]),
    /// Anything else, as it stands.
    Other(&'x [u8]),
}

impl<'x> Property<'x> {
    /// A string, or the bytes of a text.
    pub(super) fn words(&self) -> Option<Words<'x>> {
        match self.kind {
            STRING => Some(Words::Wide(self.value)),
            STRING8 => Some(Words::Narrow(self.value)),
            BINARY => Some(Words::Web(self.value)),
            _ => None,
        }
    }

    /// Bytes.
    pub(super) fn binary(&self) -> Option<&'x [u8]> {
        (self.kind == BINARY).then_some(self.value)
    }

    /// An object, without the id of its interface; or bytes.
    pub(super) fn object(&self) -> Option<Object<'x>> {
        if self.kind != OBJECT {
            return self.binary().map(Object::Other);
        }
        let (interface, object) = self.value.split_at_checked(16)?;
        Some(if interface == MESSAGE_INTERFACE {
            Object::Message(object)
        } else {
            Object::Other(object)
        })
    }

    /// A number of four bytes.
    pub(super) fn number(&self) -> Option<u32> {
        Cursor::new(self.value).four()
    }

    /// A time: tenths of microseconds since 1601.
    pub(super) fn time(&self) -> Option<u64> {
        let bytes = self.value.try_into().ok()?;
        (self.kind == 0x0040).then_some(u64::from_le_bytes(bytes))
    }
}

/// The properties, in order.
pub(super) struct Properties<'x> {
    cursor: Cursor<'x>,
    left: usize,
}

/// What follows is no property.
pub(super) struct Broken;

impl<'x> Properties<'x> {
    pub(super) fn of(data: &'x [u8]) -> Self {
        let mut cursor = Cursor::new(data);
        // A list that is too short to say how many is one with a property missing.
        let left = cursor.count().unwrap_or(1);
        Self { cursor, left }
    }

    fn one(&mut self) -> Option<Property<'x>> {
        let cursor = &mut self.cursor;
        let kind = cursor.two()?;
        let id = cursor.two()?;
        if id >= NAMED {
            pass_name(cursor)?;
        }
        let value = value(cursor, kind)?;
        Some(Property { id, kind, value })
    }
}

impl<'x> Iterator for Properties<'x> {
    type Item = Result<Property<'x>, Broken>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.left == 0 {
            // More than was counted: nobody knows what it is.
            let more = std::mem::take(&mut self.cursor.rest);
            return more.iter().any(|b| *b != 0).then_some(Err(Broken));
        }
        self.left -= 1;
        let one = self.one();
        if one.is_none() {
            self.left = 0;
            self.cursor.rest = &[];
        }
        Some(one.ok_or(Broken))
    }
}

/// A GUID, then a number or a name in UTF-16.
fn pass_name(cursor: &mut Cursor<'_>) -> Option<()> {
    cursor.take(16)?;
    if cursor.four()? == 0 {
        cursor.four()?;
    } else {
        let length = cursor.count()?;
        cursor.padded(length)?;
    }
    Some(())
}

/// The first value, and past all of them.
fn value<'x>(cursor: &mut Cursor<'x>, kind: u16) -> Option<&'x [u8]> {
    let single = kind & !MULTIPLE;
    let fixed = match single {
        0x0001..=0x0004 | 0x000A | 0x000B => Some(4),
        0x0005..=0x0007 | 0x0014 | 0x0040 => Some(8),
        0x0048 => Some(16),
        OBJECT | STRING8 | STRING | BINARY => None,
        _ => return None,
    };
    let count = match (fixed, kind & MULTIPLE) {
        (Some(_), 0) => 1,
        _ => cursor.count()?,
    };
    if let Some(width) = fixed {
        let all = cursor.take(count.checked_mul(width)?)?;
        return Some(all.get(..width).unwrap_or_default());
    }
    let mut first = None;
    for _ in 0..count {
        let length = cursor.count()?;
        let value = cursor.padded(length)?;
        first.get_or_insert(value);
    }
    Some(first.unwrap_or_default())
}
