//! gzip (RFC 1952): the one file in it, or the tar archive, is decompressed as far as the limits
//! go and looked at. Several members are one file, as every program reads them; anything else
//! behind the last is not read.

use std::io::Read;

use flate2::bufread::MultiGzDecoder;

use crate::kind;
use crate::look::Look;
use crate::{Finding, names, tar};

/// A beginning that tells what it is.
const HEAD: usize = 4096;
/// The name of the file, where the header gives one: the bit that says so (RFC 1952, 2.3.1).
const NAMED: u8 = 8;
/// What else a header may have, and what could hide there.
const MORE: u8 = 0xf6;

/// Looks into a file under a name.
pub(crate) fn look(look: &mut Look, name: &str, bytes: &[u8], depth: usize) {
    let flags = bytes.get(3).copied().unwrap_or_default();
    if flags & MORE != 0 {
        // Extra fields and comments are written by no common program.
        return look.find(Finding::Unreadable);
    }
    if !look.member() {
        return;
    }
    let inner = without(name);
    let given = bytes.get(10..).filter(|_| flags & NAMED != 0);
    let given = given.and_then(|rest| rest.split(|byte| *byte == 0).next());
    let given = String::from_utf8_lossy(given.unwrap_or_default());
    if names::is_program(inner) || names::is_program(&given) {
        look.find(Finding::Executable);
    }
    let mut from = MultiGzDecoder::new(bytes);
    let mut head = Vec::new();
    if from
        .by_ref()
        .take(HEAD as u64)
        .read_to_end(&mut head)
        .is_err()
    {
        look.spend(head.len());
        return look.find(Finding::Unreadable);
    }
    if tar::is_one(&head) {
        return tar::look(look, &mut head.as_slice().chain(from), depth);
    }
    look.spend(head.len());
    one(look, inner, head, from, depth);
}

/// A file that is no tar archive. It is read to its end, also where its beginning tells what it
/// is, so that nothing lies behind it.
fn one(look: &mut Look, name: &str, mut bytes: Vec<u8>, mut from: impl Read, depth: usize) {
    let plain = kind::of(&bytes).is_plain();
    let most = if plain { HEAD } else { look.room().max(HEAD) };
    let mut piece = [0; HEAD];
    loop {
        match from.read(&mut piece) {
            Ok(0) => break,
            Ok(read) => {
                let room = most.saturating_sub(bytes.len()).min(read);
                bytes.extend(piece.get(..room).unwrap_or_default());
                if look.left() == 0 || !plain && room < read {
                    look.find(Finding::TooDeep);
                    break;
                }
                look.spend(read);
            }
            Err(_) => {
                look.find(Finding::Unreadable);
                break;
            }
        }
    }
    look.document(name, &bytes, depth + 1);
}

/// The name of what is in a file of this name.
fn without(name: &str) -> &str {
    let end = name.len().saturating_sub(3);
    match (name.get(..end), name.get(end..)) {
        (Some(inner), Some(ending)) if ending.eq_ignore_ascii_case(".gz") => inner,
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_within_is_the_name_without_its_ending() {
        assert_eq!(without("report.pdf.gz"), "report.pdf");
        assert_eq!(without("REPORT.GZ"), "REPORT");
        for name in ["a.tgz", "gz", "", "é", "x.gz.pdf"] {
            assert_eq!(without(name), name);
        }
    }
}
