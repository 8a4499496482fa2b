//! The certificates that a signed message carries, read once. An officer's mail has the same
//! ones each day, and OpenSSL takes longer to read a certificate and to check its chain than to
//! check the signature.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use openssl::error::ErrorStack;
use openssl::sha::sha256;
use openssl::x509::X509;

use crate::Revocation;
use crate::ber::{CONTEXT_0, INTEGER, OID, Reader, SEQUENCE, SET};

/// The largest message that is written anew without its certificates, bytes: for a larger one
/// the copy costs more than it saves.
const LARGEST: usize = 256 * 1024;
/// How many sets of certificates are remembered at most; with one more, all are forgotten.
const SETS: usize = 512;
/// The largest set that is remembered, bytes: a chain takes half of it. Anybody can send one, so
/// all that is remembered must stay small: 4 MiB as they come, some four times that as read.
const LARGEST_SET: usize = 8 * 1024;

/// Sets of certificates that were read, by the digest of their bytes.
#[derive(Default)]
pub(crate) struct Sets(Mutex<HashMap<[u8; 32], Arc<Set>>>);

/// One message's certificates, and what was found of their chains.
pub(crate) struct Set {
    pub(crate) certificates: Vec<X509>,
    believed: Mutex<HashMap<[u8; 32], Believed>>,
}

/// A chain that held: every certificate and revocation list that it was checked by is in force
/// at the first time, and until the second.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Believed {
    pub(crate) from: Timestamp,
    pub(crate) to: Timestamp,
    pub(crate) revocation: Revocation,
}

impl Set {
    /// A set of these.
    pub(crate) fn new(certificates: Vec<X509>) -> Self {
        Self {
            certificates,
            believed: Mutex::default(),
        }
    }

    /// What was found of a signer's chain, where that still holds at a time.
    pub(crate) fn believed(&self, signer: &[u8; 32], at: Timestamp) -> Option<Revocation> {
        let known = self.believed.lock().unwrap_or_else(PoisonError::into_inner);
        let found = known.get(signer)?;
        (found.from <= at && at < found.to).then_some(found.revocation)
    }

    /// Remembers what was found of a signer's chain.
    pub(crate) fn believe(&self, signer: [u8; 32], found: Believed) {
        let mut known = self.believed.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(signer, found);
    }
}

impl Sets {
    /// A message without its certificates, and those; `None` where the message is to be read as
    /// it is: it is large, it carries none, or it carries something else among them.
    pub(crate) fn take(&self, message: &[u8]) -> Option<(Vec<u8>, Arc<Set>)> {
        let parts = (message.len() <= LARGEST).then(|| Parts::of(message))??;
        let key = sha256(parts.certificates);
        let known = self.lock().get(&key).cloned();
        let set = match known {
            Some(set) => set,
            None => self.remember(key, parts.certificates)?,
        };
        Some((parts.without(), set))
    }

    fn remember(&self, key: [u8; 32], field: &[u8]) -> Option<Arc<Set>> {
        let set = Arc::new(Set::new(read(field)?));
        if field.len() <= LARGEST_SET {
            let mut known = self.lock();
            if known.len() >= SETS {
                known.clear();
            }
            known.insert(key, Arc::clone(&set));
        }
        Some(set)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<[u8; 32], Arc<Set>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The certificates of a field; `None` where there is none, or something that is not one.
fn read(mut field: &[u8]) -> Option<Vec<X509>> {
    let mut found = Vec::new();
    while !field.is_empty() {
        let mut reader = Reader(field);
        reader.expect(SEQUENCE)?;
        let (certificate, rest) = field.split_at(field.len() - reader.0.len());
        let read = X509::from_der(certificate);
        drop(ErrorStack::get());
        found.push(read.ok()?);
        field = rest;
    }
    (!found.is_empty()).then_some(found)
}

/// A signed message (RFC 5652 section 5.1), apart.
struct Parts<'a> {
    /// The object identifier `id-signedData`, whole.
    kind: &'a [u8],
    /// What stands before the certificates.
    before: &'a [u8],
    /// What is in the field of the certificates.
    certificates: &'a [u8],
    /// What stands after them.
    after: &'a [u8],
}

impl<'a> Parts<'a> {
    fn of(message: &'a [u8]) -> Option<Self> {
        let info = Reader(message).expect(SEQUENCE)?;
        let mut reader = Reader(info);
        reader.expect(OID)?;
        let kind = info.get(..info.len() - reader.0.len())?;
        let data = Reader(reader.expect(CONTEXT_0)?).expect(SEQUENCE)?;
        let mut reader = Reader(data);
        reader.expect(INTEGER)?;
        reader.expect(SET)?;
        reader.expect(SEQUENCE)?;
        let before = data.get(..data.len() - reader.0.len())?;
        let certificates = reader.optional(CONTEXT_0)?;
        Some(Self {
            kind,
            before,
            certificates,
            after: reader.0,
        })
    }

    fn without(&self) -> Vec<u8> {
        let data = element(SEQUENCE, &[self.before, self.after]);
        element(SEQUENCE, &[self.kind, &element(CONTEXT_0, &[&data])])
    }
}

fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let mut out = Vec::with_capacity(length + 6);
    out.push(tag);
    let bytes = length.to_be_bytes();
    let start = bytes.iter().take_while(|byte| **byte == 0).count();
    if let Ok(short @ 0..=0x7f) = u8::try_from(length) {
        out.push(short);
    } else {
        let digits = bytes.get(start..).unwrap_or_default();
        out.push(0x80 | u8::try_from(digits.len()).unwrap_or_default());
        out.extend_from_slice(digits);
    }
    for part in parts {
        out.extend_from_slice(part);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_is_written_as_it_is_read() {
        for length in [0, 1, 127, 128, 255, 256, 65_535, 65_536] {
            let body = vec![7; length];
            let (first, second) = body.split_at(length / 2);
            let whole = element(SEQUENCE, &[first, second]);
            let mut reader = Reader(&whole);
            assert_eq!(reader.expect(SEQUENCE), Some(body.as_slice()));
            assert!(reader.0.is_empty());
        }
    }

    #[test]
    fn what_is_taken_out_is_the_certificates_alone() {
        let data = |parts: &[&[u8]]| {
            let data = element(SEQUENCE, parts);
            element(
                SEQUENCE,
                &[&[0x06, 0x01, 0x2a], &element(CONTEXT_0, &[&data])],
            )
        };
        let before = [0x02, 0x01, 0x01, 0x31, 0x00, 0x30, 0x00];
        let certificates = element(CONTEXT_0, &[&[0x30, 0x00]]);
        let after = [0x31, 0x02, 0x30, 0x00];
        let message = data(&[&before, &certificates, &after]);
        let parts = Parts::of(&message).unwrap();
        assert_eq!(parts.certificates, [0x30, 0x00]);
        assert_eq!(parts.without(), data(&[&before, &after]));
        assert!(Parts::of(&data(&[&before, &after])).is_none());
        for end in 0..message.len() {
            assert!(Parts::of(&message[..end]).is_none());
        }
    }
}
