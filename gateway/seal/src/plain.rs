//! Plain age, for measurements: one file to all readers at once, with no item key between.

use std::io::{self, Read, Write};

use age::{EncryptError, Encryptor};

use crate::{ContentDigest, Digesting, Identity, OpenError, Recipient, SealError, age_file};

/// For measurements: what the ordinary age tool and a SHA-256 would do with the same bytes.
/// `clear` becomes one age file (C2SP age) to all `readers` on `sealed`; its size and digest
/// come back. The gateway itself seals with [`crate::seal_body`] and [`crate::wrap`].
///
/// # Errors
/// [`SealError::Refused`] without readers or with a mix of classic and post-quantum ones;
/// [`SealError::Io`] when a stream fails.
pub fn seal_plain<R: Read, W: Write>(
    readers: &[Recipient],
    clear: R,
    sealed: W,
) -> Result<ContentDigest, SealError> {
    let recipients = readers.iter().map(Recipient::as_age);
    let encryptor = Encryptor::with_recipients(recipients).map_err(|error| match error {
        EncryptError::Io(error) => SealError::Io(error),
        EncryptError::EncryptedIdentities(_)
        | EncryptError::IncompatibleRecipients { .. }
        | EncryptError::InvalidRecipientLabels(_)
        | EncryptError::MissingRecipients
        | EncryptError::MixedRecipientAndPassphrase => SealError::Refused,
    })?;
    let mut clear = Digesting::new(clear);
    let mut stream = encryptor.wrap_output(sealed)?;
    io::copy(&mut clear, &mut stream)?;
    stream.finish()?.flush()?;
    Ok(clear.finish().1)
}

/// For measurements: opens what [`seal_plain`] made, as one of its readers.
///
/// # Errors
/// [`OpenError::NotMine`], [`OpenError::Broken`]; [`OpenError::Io`] when a stream fails.
pub fn open_plain<R: Read, W: Write>(
    reader: &Identity,
    sealed: R,
    mut clear: W,
) -> Result<ContentDigest, OpenError> {
    let mut stream = Digesting::new(age_file::decrypt(reader.as_age(), sealed)?);
    io::copy(&mut stream, &mut clear).map_err(age_file::broken)?;
    Ok(stream.finish().1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reader_opens_the_one_file_and_nobody_else_does() {
        let readers = [Identity::generate().unwrap(), Identity::generate().unwrap()];
        let recipients = readers.each_ref().map(|r| r.to_recipient().unwrap());
        let mut sealed = Vec::new();
        let wrote = seal_plain(&recipients, b"a report".as_slice(), &mut sealed).unwrap();
        for reader in &readers {
            let mut clear = Vec::new();
            let read = open_plain(reader, sealed.as_slice(), &mut clear).unwrap();
            assert_eq!((clear.as_slice(), read), (b"a report".as_slice(), wrote));
        }
        let other = Identity::generate().unwrap();
        let opened = open_plain(&other, sealed.as_slice(), io::sink());
        assert!(matches!(opened, Err(OpenError::NotMine)));
        let nobody = seal_plain(&[], io::empty(), io::sink());
        assert!(matches!(nobody, Err(SealError::Refused)));
    }
}
