//! 7z: whether it is under a password, as far as its header says so in clear (the format's
//! own description, `7zFormat.txt`). Its members are not read.

use memchr::memmem;

use crate::Finding;
use crate::look::Look;

/// The id of AES-256 with SHA-256 among the coders.
const AES: [u8; 4] = [0x06, 0xf1, 0x07, 0x01];
/// The length of the header at the beginning, which says where the real one lies.
const START: usize = 32;

pub(crate) fn look(look: &mut Look, bytes: &[u8]) {
    let encrypted = header(bytes).is_some_and(|header| memmem::find(header, &AES).is_some());
    look.find(if encrypted {
        Finding::EncryptedArchive
    } else {
        Finding::Unreadable
    });
}

fn header(bytes: &[u8]) -> Option<&[u8]> {
    let offset = u64::from_le_bytes(*bytes.get(12..)?.first_chunk()?);
    let size = u64::from_le_bytes(*bytes.get(20..)?.first_chunk()?);
    let from = usize::try_from(offset).ok()?.checked_add(START)?;
    let to = from.checked_add(usize::try_from(size).ok()?)?;
    bytes.get(from..to)
}
