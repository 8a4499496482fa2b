//! RAR 4 and 5: whether it is under a password, and the names in it (the RAR 5.0 archive
//! format, and `technote.txt` of RAR 4). Its members are not read.

use crate::look::Look;
use crate::{Finding, names};

pub(crate) fn look(look: &mut Look, bytes: &[u8]) {
    let encrypted = match bytes.strip_prefix(b"Rar!\x1a\x07\x01\x00") {
        Some(blocks) => five(look, blocks),
        None => four(look, bytes.get(7..).unwrap_or_default()),
    };
    look.find(if encrypted == Some(true) {
        Finding::EncryptedArchive
    } else {
        Finding::Unreadable
    });
}

/// Whether a block says that there is a password; nothing where the blocks are damaged.
fn four(look: &mut Look, mut rest: &[u8]) -> Option<bool> {
    const MAIN: u8 = 0x73;
    const FILE: u8 = 0x74;
    while !rest.is_empty() && look.member() {
        let kind = *rest.get(2)?;
        let flags = u16::from_le_bytes(*rest.get(3..)?.first_chunk()?);
        let size = usize::from(u16::from_le_bytes(*rest.get(5..)?.first_chunk()?));
        if kind == MAIN && flags & 0x80 != 0 || kind == FILE && flags & 0x04 != 0 {
            return Some(true);
        }
        let mut data = 0;
        if flags & 0x8000 != 0 || kind == FILE {
            data = u64::from(u32::from_le_bytes(*rest.get(7..)?.first_chunk()?));
        }
        if kind == FILE {
            let length = usize::from(u16::from_le_bytes(*rest.get(26..)?.first_chunk()?));
            let mut from = 32;
            if flags & 0x100 != 0 {
                let high = u32::from_le_bytes(*rest.get(32..)?.first_chunk()?);
                data |= u64::from(high) << 32;
                from = 40;
            }
            name(look, rest.get(from..from + length)?);
        }
        // A block without a length would be read for ever.
        rest = rest.get(size.max(7)..)?;
        rest = rest.get(usize::try_from(data).ok()?..)?;
    }
    Some(false)
}

fn five(look: &mut Look, mut rest: &[u8]) -> Option<bool> {
    const FILE: u64 = 2;
    const ENCRYPTION: u64 = 4;
    while !rest.is_empty() && look.member() {
        let mut header = rest.get(4..)?;
        let size = usize::try_from(number(&mut header)?).ok()?;
        rest = header.get(size..)?;
        header = header.get(..size)?;
        let kind = number(&mut header)?;
        if kind == ENCRYPTION {
            return Some(true);
        }
        let flags = number(&mut header)?;
        let extra = if flags & 1 != 0 {
            number(&mut header)?
        } else {
            0
        };
        let data = if flags & 2 != 0 {
            number(&mut header)?
        } else {
            0
        };
        if kind == FILE {
            let extra = header.len().checked_sub(usize::try_from(extra).ok()?)?;
            if is_encrypted(header.get(extra..)?)? {
                return Some(true);
            }
            file(look, header)?;
        }
        rest = rest.get(usize::try_from(data).ok()?..)?;
    }
    Some(false)
}

/// Reads a file's header as far as its name.
fn file(look: &mut Look, mut header: &[u8]) -> Option<()> {
    let flags = number(&mut header)?;
    let (_size, _attributes) = (number(&mut header)?, number(&mut header)?);
    let skip = [2, 4].iter().filter(|bit| flags & **bit != 0).count() * 4;
    header = header.get(skip..)?;
    let (_method, _system) = (number(&mut header)?, number(&mut header)?);
    let length = usize::try_from(number(&mut header)?).ok()?;
    name(look, header.get(..length)?);
    Some(())
}

/// Whether one of a file's extra records is that of encryption.
fn is_encrypted(mut records: &[u8]) -> Option<bool> {
    while !records.is_empty() {
        let size = usize::try_from(number(&mut records)?).ok()?;
        let mut record = records.get(..size)?;
        if number(&mut record)? == 1 {
            return Some(true);
        }
        records = records.get(size..)?;
    }
    Some(false)
}

fn name(look: &mut Look, bytes: &[u8]) {
    // RAR 4 puts a packed form of the name behind a NUL.
    let plain = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
    if names::is_program(&String::from_utf8_lossy(plain)) {
        look.find(Finding::Executable);
    }
}

/// A number of seven bits a byte, the lowest first.
fn number(from: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for at in 0..10 {
        let (first, rest) = from.split_first()?;
        *from = rest;
        value |= u64::from(first & 0x7f).checked_shl(at * 7)?;
        if first & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Limits;

    fn found(bytes: &[u8]) -> Vec<Finding> {
        let mut seen = Look::new(&Limits::default());
        look(&mut seen, bytes);
        seen.findings.into_iter().collect()
    }

    /// An archive of RAR 4: the main block, and one file's with three bytes of data.
    fn rar4(main: u8, file: u8, name: &[u8]) -> Vec<u8> {
        let mut bytes = b"Rar!\x1a\x07\x00".to_vec();
        bytes.extend([0, 0, 0x73, main, 0, 13, 0, 0, 0, 0, 0, 0, 0]);
        let length = u8::try_from(name.len()).unwrap_or(0);
        bytes.extend([0, 0, 0x74, file, 0x80, 32 + length, 0, 3, 0, 0, 0]);
        bytes.extend([0; 15]);
        bytes.extend([length, 0, 0, 0, 0, 0]);
        bytes.extend(name);
        bytes.extend(*b"abc");
        bytes
    }

    /// An archive of RAR 5: one block with these fields behind its length.
    fn rar5(block: &[u8]) -> Vec<u8> {
        let mut bytes = b"Rar!\x1a\x07\x01\x00\0\0\0\0".to_vec();
        bytes.push(u8::try_from(block.len()).unwrap_or(0));
        bytes.extend(block);
        bytes
    }

    #[test]
    fn rar_4_tells_its_password_and_its_names() {
        assert_eq!(found(&rar4(0, 0, b"a.txt")), [Finding::Unreadable]);
        assert_eq!(found(&rar4(0x80, 0, b"a.txt")), [Finding::EncryptedArchive]);
        assert_eq!(found(&rar4(0, 4, b"a.txt")), [Finding::EncryptedArchive]);
        let program = [Finding::Executable, Finding::Unreadable];
        assert_eq!(found(&rar4(0, 0, b"a.exe\0x")), program);
    }

    #[test]
    fn rar_5_tells_its_password_and_its_names() {
        assert_eq!(found(&rar5(&[4, 0, 0])), [Finding::EncryptedArchive]);
        let plain = [2, 0, 0, 1, 0, 0, 0, 5, b'a', b'.', b't', b'x', b't'];
        assert_eq!(found(&rar5(&plain)), [Finding::Unreadable]);
        let program = [2, 0, 0, 1, 0, 0, 0, 5, b'a', b'.', b'e', b'x', b'e'];
        assert_eq!(
            found(&rar5(&program)),
            [Finding::Executable, Finding::Unreadable]
        );
        let secret = [2, 1, 2, 0, 1, 0, 0, 0, 1, b'a', 1, 1];
        assert_eq!(found(&rar5(&secret)), [Finding::EncryptedArchive]);
    }

    #[test]
    fn damaged_numbers_end_the_reading() {
        assert_eq!(found(&rar5(&[0xff; 40])), [Finding::Unreadable]);
        assert_eq!(found(b"Rar!\x1a\x07"), [Finding::Unreadable]);
    }
}
