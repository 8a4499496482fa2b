//! Makes streams for the tests, by [MS-OXTNEF].

use super::attributes::{ATTACHMENT, MESSAGE};

const IID_IMESSAGE: &[u8] = b"\x07\x03\x02\0\0\0\0\0\xc0\0\0\0\0\0\0\x46";

pub(crate) fn stream(attributes: &[Vec<u8>]) -> Vec<u8> {
    let head = vec![0x78, 0x9f, 0x3e, 0x22, 1, 0];
    [head, attributes.concat()].concat()
}

fn attribute(level: u8, tag: u32, data: &[u8]) -> Vec<u8> {
    let sum = data.iter().map(|b| u32::from(*b)).sum::<u32>();
    let sum = u16::try_from(sum % 0x1_0000).unwrap().to_le_bytes();
    [&[level], &tag.to_le_bytes()[..], &size(data), data, &sum].concat()
}

fn size(data: &[u8]) -> [u8; 4] {
    u32::try_from(data.len()).unwrap().to_le_bytes()
}

pub(crate) fn message(tag: u32, data: &[u8]) -> Vec<u8> {
    attribute(MESSAGE, tag, data)
}

pub(crate) fn attachment(tag: u32, data: &[u8]) -> Vec<u8> {
    attribute(ATTACHMENT, tag, data)
}

pub(crate) fn page(page: u32) -> Vec<u8> {
    message(0x0006_9007, &[page.to_le_bytes(), [0; 4]].concat())
}

pub(crate) fn class(class: &str) -> Vec<u8> {
    message(0x0007_8008, format!("{class}\0").as_bytes())
}

pub(crate) fn message_properties(all: &[Vec<u8>]) -> Vec<u8> {
    message(0x0006_9003, &list(all))
}

pub(crate) fn attachment_properties(all: &[Vec<u8>]) -> Vec<u8> {
    attachment(0x0006_9005, &list(all))
}

pub(crate) fn begin() -> Vec<u8> {
    attachment(
        0x0006_9002,
        &[1, 0, 0xff, 0xff, 0xff, 0xff, 32, 0, 32, 0, 0, 0, 0, 0],
    )
}

pub(crate) fn title(name: &[u8]) -> Vec<u8> {
    attachment(0x0001_8010, &[name, b"\0"].concat())
}

pub(crate) fn data(content: &[u8]) -> Vec<u8> {
    attachment(0x0006_800F, content)
}

/// An attachment with both of its names.
pub(crate) fn file(name: &str, content: &[u8]) -> Vec<u8> {
    let long = attachment_properties(&[unicode(0x3707, name)]);
    [begin(), title(b"FILE~1.BIN"), data(content), long].concat()
}

/// A message within.
pub(crate) fn within(name: &str, content: &[u8]) -> Vec<u8> {
    let object = attachment_properties(&[unicode(0x3001, name), embedded(content)]);
    [begin(), object].concat()
}

pub(crate) fn list(all: &[Vec<u8>]) -> Vec<u8> {
    let count = u32::try_from(all.len()).unwrap().to_le_bytes();
    [count.to_vec(), all.concat()].concat()
}

/// A property of one value with its size before it.
pub(crate) fn sized(id: u16, kind: u16, value: &[u8]) -> Vec<u8> {
    let padding = vec![0; value.len().wrapping_neg() % 4];
    [
        &tag(id, kind),
        &[1, 0, 0, 0][..],
        &size(value),
        value,
        &padding,
    ]
    .concat()
}

pub(crate) fn tag(id: u16, kind: u16) -> [u8; 4] {
    let [a, b] = kind.to_le_bytes();
    let [c, d] = id.to_le_bytes();
    [a, b, c, d]
}

pub(crate) fn unicode(id: u16, text: &str) -> Vec<u8> {
    let units = text.encode_utf16().chain([0]);
    let value: Vec<u8> = units.flat_map(u16::to_le_bytes).collect();
    sized(id, 0x001F, &value)
}

pub(crate) fn string8(id: u16, text: &[u8]) -> Vec<u8> {
    sized(id, 0x001E, &[text, b"\0"].concat())
}

pub(crate) fn binary(id: u16, value: &[u8]) -> Vec<u8> {
    sized(id, 0x0102, value)
}

pub(crate) fn number(id: u16, value: u32) -> Vec<u8> {
    [tag(id, 0x0003), value.to_le_bytes()].concat()
}

pub(crate) fn embedded(content: &[u8]) -> Vec<u8> {
    sized(0x3701, 0x000D, &[IID_IMESSAGE, content].concat())
}

/// Rich text that is not compressed.
pub(crate) fn rich(text: &[u8]) -> Vec<u8> {
    let length = u32::try_from(text.len()).unwrap();
    let head = [
        (length + 12).to_le_bytes(),
        length.to_le_bytes(),
        *b"MELA",
        [0; 4],
    ];
    binary(0x1009, &[&head.concat(), text].concat())
}
