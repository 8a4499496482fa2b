//! The age v1 file (C2SP age) to one recipient: its header with a bound, its errors told
//! apart.

use std::io::{self, BufRead, BufReader, Chain, Cursor, Read, Write};
use std::iter;

use age::stream::{StreamReader, StreamWriter};
use age::{DecryptError, Decryptor, EncryptError, Encryptor};

use crate::{OpenError, SealError};

/// The most that a header may take, bytes. Ours take under 2,500 (one post-quantum stanza and
/// one of grease); without a bound, a header could be as long as the file.
const HEADER_LIMIT: u64 = 16 * 1024;

/// The clear side of an age file that is read.
pub(crate) type AgeReader<R> = StreamReader<Chain<Cursor<Vec<u8>>, BufReader<R>>>;

/// Begins an age file to `recipient` on `writer`; the header is written at once.
pub(crate) fn encrypt<W: Write>(
    recipient: &dyn age::Recipient,
    writer: W,
) -> Result<StreamWriter<W>, SealError> {
    let encryptor =
        Encryptor::with_recipients(iter::once(recipient)).map_err(|error| match error {
            EncryptError::Io(error) => SealError::Io(error),
            EncryptError::EncryptedIdentities(_)
            | EncryptError::IncompatibleRecipients { .. }
            | EncryptError::InvalidRecipientLabels(_)
            | EncryptError::MissingRecipients
            | EncryptError::MixedRecipientAndPassphrase => SealError::Refused,
        })?;
    Ok(encryptor.wrap_output(writer)?)
}

/// Opens an age file with `identity`: header read, authenticated, and found to be for it.
pub(crate) fn decrypt<R: Read>(
    identity: &dyn age::Identity,
    reader: R,
) -> Result<AgeReader<R>, OpenError> {
    let mut reader = BufReader::new(reader);
    let header = read_header(&mut reader)?;
    Decryptor::new_buffered(Cursor::new(header).chain(reader))
        .and_then(|decryptor| decryptor.decrypt(iter::once(identity)))
        .map_err(reason)
}

/// The header, to the end of its `---` line.
fn read_header(reader: &mut impl BufRead) -> Result<Vec<u8>, OpenError> {
    let mut header = Vec::new();
    let mut bounded = reader.take(HEADER_LIMIT);
    loop {
        let line = header.len();
        bounded.read_until(b'\n', &mut header).map_err(broken)?;
        let line = header.get(line..).unwrap_or_default();
        if !line.ends_with(b"\n") {
            return Err(OpenError::Broken);
        }
        if line.starts_with(b"---") {
            return Ok(header);
        }
    }
}

fn reason(error: DecryptError) -> OpenError {
    match error {
        DecryptError::NoMatchingKeys => OpenError::NotMine,
        DecryptError::Io(error) => broken(error),
        DecryptError::DecryptionFailed
        | DecryptError::ExcessiveWork { .. }
        | DecryptError::InvalidHeader
        | DecryptError::InvalidMac
        | DecryptError::KeyDecryptionFailed
        | DecryptError::UnknownFormat => OpenError::Broken,
    }
}

/// Tells bytes that are wrong or missing from a reader that failed.
pub(crate) fn broken(error: io::Error) -> OpenError {
    if matches!(
        error.kind(),
        io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof
    ) {
        return OpenError::Broken;
    }
    OpenError::Io(error)
}
