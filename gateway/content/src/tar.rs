//! tar archives (POSIX.1-2017, pax "ustar Interchange Format" and "pax Header Block", and the
//! names that GNU tar writes): members are read in their order, each as far as the limits go.
//!
//! What two programs could read in two ways is not read at all: a header whose checksum is
//! wrong, a size that is given twice, a kind of member other than a file or a folder, and
//! anything behind the end.

use std::io::{ErrorKind, Read};

use crate::kind;
use crate::look::Look;
use crate::{Finding, names};

/// A header, and what everything is padded to.
const BLOCK: usize = 512;
/// A beginning that tells whether a member has to be read to its end.
const HEAD: usize = 4096;
/// Longest header of names; no path is longer than a few KiB.
const NAMES: usize = 64 * 1024;

/// Whether bytes begin with the header of a member. Its checksum tells: the name of a member,
/// which comes first, could spell any other kind.
pub(crate) fn is_one(bytes: &[u8]) -> bool {
    bytes.first_chunk().and_then(Header::of).is_some()
}

/// Looks into an archive that comes from somewhere.
pub(crate) fn look(look: &mut Look, from: &mut dyn Read, depth: usize) {
    let mut archive = Archive {
        from,
        names: Vec::new(),
    };
    if let Err(finding) = archive.walk(look, depth) {
        look.find(finding);
    }
}

/// An archive on its way.
struct Archive<'a> {
    from: &'a mut dyn Read,
    /// What headers before a member's own call it.
    names: Vec<String>,
}

impl Archive<'_> {
    fn walk(&mut self, look: &mut Look, depth: usize) -> Result<(), Finding> {
        loop {
            let block = self.take(look, BLOCK, BLOCK)?;
            let Some(block) = block.first_chunk() else {
                // Some programs write no end; a header that is cut is none.
                return match block.is_empty() && self.names.is_empty() {
                    true => Ok(()),
                    false => Err(Finding::Unreadable),
                };
            };
            if block.iter().all(|byte| *byte == 0) {
                return self.ended(look);
            }
            let header = Header::of(block).ok_or(Finding::Unreadable)?;
            if !look.member() {
                return Ok(());
            }
            match header.kind {
                b'0' | 0 | b'7' => self.file(look, &header, depth)?,
                b'5' if header.size == 0 => self.names.clear(),
                b'L' => {
                    let name = self.all(look, &header)?;
                    let name = name.split(|byte| *byte == 0).next().unwrap_or_default();
                    self.names.push(String::from_utf8_lossy(name).into_owned());
                }
                b'x' => {
                    let records = self.all(look, &header)?;
                    self.names.extend(path(&records)?);
                }
                // `git archive` names its commit so; what it says of a member is not read.
                b'g' => {
                    let records = self.all(look, &header)?;
                    if path(&records)?.is_some() {
                        return Err(Finding::Unreadable);
                    }
                }
                _ => return Err(Finding::Unreadable),
            }
        }
    }

    fn file(&mut self, look: &mut Look, header: &Header, depth: usize) -> Result<(), Finding> {
        let mut names = std::mem::take(&mut self.names);
        names.push(header.name.clone());
        if names.iter().any(|name| names::is_program(name)) {
            look.find(Finding::Executable);
        }
        let name = names.first().map_or("", String::as_str);
        let mut bytes = self.take(look, header.size, HEAD)?;
        let head = bytes.len();
        if head == header.size || kind::of(&bytes).is_plain() {
            look.document(name, &bytes, depth + 1);
        } else {
            let most = look.room().max(HEAD).min(header.size);
            bytes.extend(self.take(look, header.size - head, most - head)?);
            if bytes.len() < header.size {
                look.find(Finding::TooDeep);
            }
            look.document(name, &bytes, depth + 1);
        }
        self.skip(look, header.padded()? - bytes.len())
    }

    /// All of a header's own data.
    fn all(&mut self, look: &mut Look, header: &Header) -> Result<Vec<u8>, Finding> {
        if header.size > NAMES {
            return Err(Finding::TooDeep);
        }
        let bytes = self.take(look, header.size, NAMES)?;
        if bytes.len() < header.size {
            return Err(Finding::Unreadable);
        }
        self.skip(look, header.padded()? - bytes.len())?;
        Ok(bytes)
    }

    /// The next bytes: so many, at most so many, or as many as are left of the archive.
    fn take(&mut self, look: &mut Look, size: usize, most: usize) -> Result<Vec<u8>, Finding> {
        let wanted = size.min(most);
        if wanted > look.left().max(HEAD) {
            return Err(Finding::TooDeep);
        }
        let mut bytes = Vec::new();
        let limit = u64::try_from(wanted).unwrap_or(u64::MAX);
        let read = self.from.take(limit).read_to_end(&mut bytes);
        look.spend(bytes.len());
        match read {
            Ok(_) => Ok(bytes),
            Err(_) => Err(Finding::Unreadable),
        }
    }

    /// Passes over bytes, which cost as much as those that are looked at.
    fn skip(&mut self, look: &mut Look, mut count: usize) -> Result<(), Finding> {
        let mut piece = [0; HEAD];
        while count > 0 {
            if look.left() == 0 {
                return Err(Finding::TooDeep);
            }
            let wanted = count.min(HEAD);
            let read = self.next(piece.get_mut(..wanted).unwrap_or_default())?;
            if read == 0 {
                return Err(Finding::Unreadable);
            }
            look.spend(read);
            count -= read;
        }
        Ok(())
    }

    /// Behind the end there is nothing but zeros: some programs would read on.
    fn ended(&mut self, look: &mut Look) -> Result<(), Finding> {
        if !self.names.is_empty() {
            return Err(Finding::Unreadable);
        }
        let mut piece = [0; HEAD];
        loop {
            if look.left() == 0 {
                return Err(Finding::TooDeep);
            }
            let read = self.next(&mut piece)?;
            let rest = piece.get(..read).unwrap_or_default();
            if rest.iter().any(|byte| *byte != 0) {
                return Err(Finding::Unreadable);
            }
            if read == 0 {
                return Ok(());
            }
            look.spend(read);
        }
    }

    fn next(&mut self, piece: &mut [u8]) -> Result<usize, Finding> {
        loop {
            match self.from.read(piece) {
                Ok(read) => return Ok(read),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return Err(Finding::Unreadable),
            }
        }
    }
}

/// The header of a member.
struct Header {
    name: String,
    size: usize,
    kind: u8,
}

impl Header {
    /// Reads one whose checksum is right.
    fn of(block: &[u8; BLOCK]) -> Option<Self> {
        let sum = octal(block.get(148..156)?)?;
        let own: u64 = block.iter().map(|byte| u64::from(*byte)).sum();
        let field: u64 = block
            .get(148..156)?
            .iter()
            .map(|byte| u64::from(*byte))
            .sum();
        if own - field + 8 * u64::from(b' ') != sum {
            return None;
        }
        let name = block.get(..100)?.split(|byte| *byte == 0).next()?;
        let size = octal(block.get(124..136)?)?;
        Some(Self {
            name: String::from_utf8_lossy(name).into_owned(),
            size: usize::try_from(size).ok()?,
            kind: *block.get(156)?,
        })
    }

    /// The size up to the next block.
    fn padded(&self) -> Result<usize, Finding> {
        self.size
            .checked_next_multiple_of(BLOCK)
            .ok_or(Finding::Unreadable)
    }
}

/// A number of octal digits between spaces, ended by a NUL or a space. Sizes of 8 GiB and more
/// are written otherwise, and are not read.
fn octal(field: &[u8]) -> Option<u64> {
    let field = field.split(|byte| *byte == 0).next()?.trim_ascii();
    let text = std::str::from_utf8(field).ok()?;
    if !text.bytes().all(|byte| (b'0'..=b'7').contains(&byte)) {
        return None;
    }
    u64::from_str_radix(text, 8).ok()
}

/// The path in the records of a pax header, where there is one. Records that do not read, or that
/// say where a member's data lies, make the archive one that is not read.
fn path(mut records: &[u8]) -> Result<Option<String>, Finding> {
    let mut path = None;
    while !records.is_empty() {
        let (key, value, rest) = record(records).ok_or(Finding::Unreadable)?;
        let twice = key == b"path" && path.is_some();
        if twice || key == b"size" || key.starts_with(b"GNU.sparse") {
            return Err(Finding::Unreadable);
        }
        if key == b"path" {
            path = Some(String::from_utf8_lossy(value).into_owned());
        }
        records = rest;
    }
    Ok(path)
}

/// A record's key and value, and what follows it.
fn record(records: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let space = records.iter().position(|byte| *byte == b' ')?;
    let length = std::str::from_utf8(records.get(..space)?).ok()?;
    let length: usize = length.parse().ok()?;
    let record = records.get(space + 1..length)?.strip_suffix(b"\n")?;
    let equals = record.iter().position(|byte| *byte == b'=')?;
    Some((
        record.get(..equals)?,
        record.get(equals + 1..)?,
        records.get(length..)?,
    ))
}
