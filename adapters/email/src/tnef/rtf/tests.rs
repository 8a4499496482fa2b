use super::*;

/// The examples of [MS-OXRTFCP], sections 4.1.1 and 4.1.2.
const HELLO: &[u8] = b"\x2d\0\0\0\x2b\0\0\0LZFu\xf1\xc5\xc7\xa7\x03\0\x0a\0rcpg125B2\x0a\xf3 hel\
    \x09\0 bw\x05\xb0ld}\x0a\x80\x0f\xa0";
const CROSSING: &[u8] =
    b"\x1a\0\0\0\x1c\0\0\0LZFu\xe2\xd4\x4b\x51\x41\0\x04\x20WXYZ\x0dn}\x01\x0e\xb0";

fn packed(kind: [u8; 4], content: &[u8], checksum: u32) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap() + 12;
    let head = [
        length.to_le_bytes(),
        [9, 0, 0, 0],
        kind,
        checksum.to_le_bytes(),
    ];
    [&head.concat(), content].concat()
}

#[test]
fn the_examples_of_the_specification_are_unpacked() {
    assert_eq!(
        unpack(HELLO, 43).unwrap(),
        b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"
    );
    assert_eq!(
        unpack(CROSSING, 99).unwrap(),
        b"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}"
    );
}

#[test]
fn it_is_never_more_than_was_allowed() {
    assert_eq!(unpack(HELLO, 42), None);
    // A byte, then what is repeated for ever: from where the dictionary ends at first.
    let repeat: Vec<u8> = [0xfe, b'x']
        .into_iter()
        .chain([0x0c, 0xff].repeat(7))
        .chain(
            [[0xff].to_vec(), [0x0c, 0xff].repeat(8)]
                .concat()
                .repeat(1000),
        )
        .collect();
    let bomb = packed(*b"LZFu", &repeat, crc(&repeat));
    assert!(unpack(&bomb, 10_000).is_none());
    assert!(unpack(&bomb, 100_000).is_some_and(|out| out.len() > 10_000));
}

#[test]
fn a_wrong_checksum_size_or_kind_or_a_missing_end_is_corrupt() {
    for at in [0, 8, 12, 20, HELLO.len() - 1] {
        let mut wrong = HELLO.to_vec();
        wrong[at] ^= 1;
        assert_eq!(unpack(&wrong, 999), None, "{at}");
    }
    let mut longer = HELLO.to_vec();
    longer[0] += 1;
    assert_eq!(unpack(&longer, 999), None);
    for end in 0..HELLO.len() {
        assert_eq!(unpack(&HELLO[..end], 999), None, "{end}");
    }
    let endless = b"\0abcdefgh";
    assert_eq!(unpack(&packed(*b"LZFu", endless, crc(endless)), 999), None);
    assert_eq!(unpack(&packed(*b"ABCD", endless, crc(endless)), 999), None);
}

#[test]
fn rich_text_that_is_not_compressed_is_as_it_stands() {
    let file = packed(*b"MELA", b"{\\rtf1 x}", 0);
    assert_eq!(unpack(&file, 9).unwrap(), b"{\\rtf1 x}");
    assert_eq!(unpack(&file, 8), None);
}
