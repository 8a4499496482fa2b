//! Wraps: the key of one item, for one reader.

use std::io::{Read, Write};

use secrecy::ExposeSecret;
use zeroize::Zeroizing;

use crate::age_file;
use crate::{Identity, ItemKey, OpenError, Recipient, SealError};

/// The most that a wrap may hold, bytes: an item key's text and its newline, with room.
const PLAIN_LIMIT: u64 = 256;

/// Wraps an item's key for one reader: an age file whose plaintext is the key's text and a
/// newline. So the holder of the reader's key needs no gateway:
/// `age -d -i reader.key wrap.age > item.key; age -d -i item.key body.age`.
///
/// A wrap does not say for whom or for which item it is; the row that it lies in does.
///
/// # Errors
/// [`SealError::Refused`] when the cryptographic library does.
pub fn wrap(key: &ItemKey, reader: &Recipient) -> Result<Vec<u8>, SealError> {
    let mut writer = age_file::encrypt(reader.as_age(), Vec::with_capacity(2560))?;
    writer.write_all(key.to_text().expose_secret().as_bytes())?;
    writer.write_all(b"\n")?;
    Ok(writer.finish()?)
}

/// Opens a wrap with the reader's key. One newline at the end may be missing, as tools other
/// than the gateway may leave it out.
///
/// # Errors
/// [`OpenError::NotMine`] when it was made for another reader, [`OpenError::Broken`] when it
/// is altered, cut short, or holds anything but one item key.
pub fn unwrap(reader: &Identity, wrap: &[u8]) -> Result<ItemKey, OpenError> {
    let stream = age_file::decrypt(reader.as_age(), wrap)?;
    let mut plain = Zeroizing::new(Vec::with_capacity(512));
    stream
        .take(PLAIN_LIMIT)
        .read_to_end(&mut plain)
        .map_err(age_file::broken)?;
    let text = plain.strip_suffix(b"\n").unwrap_or(&plain);
    std::str::from_utf8(text)
        .ok()
        .and_then(|text| text.parse().ok())
        .ok_or(OpenError::Broken)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn readers() -> [Identity; 2] {
        [Identity::generate().unwrap(), Identity::generate_classic()]
    }

    fn sealed_for(reader: &Identity, plain: &[u8]) -> Vec<u8> {
        let recipient = reader.to_recipient().unwrap();
        let mut writer = age_file::encrypt(recipient.as_age(), Vec::new()).unwrap();
        writer.write_all(plain).unwrap();
        writer.finish().unwrap()
    }

    #[test]
    fn a_reader_gets_the_key_out_of_its_wrap() {
        for reader in readers() {
            let key = ItemKey::generate();
            let wrap = wrap(&key, &reader.to_recipient().unwrap()).unwrap();
            let got = unwrap(&reader, &wrap).unwrap();
            assert_eq!(got.to_text().expose_secret(), key.to_text().expose_secret());
        }
    }

    #[test]
    fn another_readers_wrap_is_not_mine() {
        for reader in readers() {
            let wrap = wrap(&ItemKey::generate(), &reader.to_recipient().unwrap()).unwrap();
            for other in readers() {
                assert!(matches!(unwrap(&other, &wrap), Err(OpenError::NotMine)));
            }
        }
    }

    #[test]
    fn each_altered_or_missing_byte_is_refused() {
        for reader in readers() {
            let wrap = wrap(&ItemKey::generate(), &reader.to_recipient().unwrap()).unwrap();
            for at in 0..wrap.len() {
                let mut altered = wrap.clone();
                altered[at] ^= 1;
                assert!(unwrap(&reader, &altered).is_err(), "byte {at} altered");
                assert!(
                    matches!(unwrap(&reader, &wrap[..at]), Err(OpenError::Broken)),
                    "cut at {at}"
                );
            }
        }
    }

    #[test]
    fn a_wrap_holds_one_item_key_and_nothing_else() {
        let key = ItemKey::generate().to_text();
        let key = key.expose_secret();
        for reader in readers() {
            assert!(
                unwrap(&reader, &sealed_for(&reader, key.as_bytes())).is_ok(),
                "no newline"
            );
            for wrong in [
                String::new(),
                "\n".to_owned(),
                format!("{key}\n\n"),
                format!("{key}\r\n"),
                format!("# a comment\n{key}\n"),
                format!("{key}\n{key}\n"),
                "A".repeat(100_000),
                reader.to_recipient().unwrap().to_string(),
                Identity::generate()
                    .unwrap()
                    .to_text()
                    .unwrap()
                    .expose_secret()
                    .to_owned(),
            ] {
                let wrap = sealed_for(&reader, wrong.as_bytes());
                assert!(
                    matches!(unwrap(&reader, &wrap), Err(OpenError::Broken)),
                    "{wrong:.40}"
                );
            }
        }
    }
}
