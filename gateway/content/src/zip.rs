//! ZIP archives and what is made of them: the central directory is walked, and members are
//! decompressed as far as the limits go (APPNOTE.TXT 6.3.10).

use rawzip::{ZipArchive, ZipFileHeaderRecord, ZipLocalFileHeader, ZipSliceArchive, ZipSliceEntry};

use crate::deflate::{self, End};
use crate::kind::{self, Family, Form, Kind};
use crate::look::Look;
use crate::office::Package;
use crate::{Finding, names};

/// A beginning that tells whether a member has to be read to its end.
const HEAD: usize = 4096;
/// The compression methods that are read; APPNOTE.TXT 4.4.5.
const STORED: u16 = 0;
const DEFLATED: u16 = 8;
/// The method and the extra field of `WinZip`'s AES.
const AES_METHOD: u16 = 99;
const AES_FIELD: u16 = 0x9901;

/// Looks into an archive; answers what is made of it.
pub(crate) fn look(look: &mut Look, bytes: &[u8], depth: usize) -> Kind {
    let mut package = Package::default();
    let Ok(archive) = ZipArchive::from_slice(bytes) else {
        look.find(Finding::Unreadable);
        return Kind::new(Family::Archive, Form::Zip, "application/zip");
    };
    let mut entries = archive.entries();
    let mut seen = 0;
    while let Ok(Some(entry)) = entries.next_entry() {
        seen += 1;
        if !look.member() {
            break;
        }
        member(look, &archive, &entry, depth, &mut package);
    }
    if seen != archive.entries_hint() {
        look.find(Finding::Unreadable);
    }
    package.finish(look)
}

fn member(
    look: &mut Look,
    archive: &ZipSliceArchive<&[u8]>,
    entry: &ZipFileHeaderRecord<'_>,
    depth: usize,
    package: &mut Package,
) {
    let path = entry.file_path();
    let name = String::from_utf8_lossy(path.as_ref());
    package.name(&name);
    if names::is_program(&name) && !entry.is_dir() {
        look.find(Finding::Executable);
    }
    let Ok(inside) = archive.get_entry(entry.wayfinder()) else {
        return look.find(Finding::Unreadable);
    };
    if is_encrypted(entry, &inside.local_header()) {
        return look.find(Finding::EncryptedArchive);
    }
    // Of a directory there is nothing to read, if it is one.
    if entry.is_dir() && inside.data().is_empty() {
        return;
    }
    let method = entry.compression_method().as_u16();
    match method {
        STORED => stored(look, inside.data(), &name, depth, package),
        DEFLATED => deflated(look, &inside, &name, depth, package),
        _ => look.find(Finding::Unreadable),
    }
}

/// Either header's word counts: programs differ in which of them they believe.
fn is_encrypted(central: &ZipFileHeaderRecord<'_>, local: &ZipLocalFileHeader<'_>) -> bool {
    let flags = [central.flags(), local.flags()];
    let methods = [central.compression_method(), local.compression_method()];
    flags
        .iter()
        .any(|f| f.is_encrypted() || f.has_strong_encryption() || f.is_masked())
        || methods.iter().any(|m| m.as_u16() == AES_METHOD)
        || central
            .extra_fields()
            .chain(local.extra_fields())
            .any(|(id, _)| id.as_u16() == AES_FIELD)
}

/// Members may lie over each other: bytes are counted as often as they are read.
fn stored(look: &mut Look, data: &[u8], name: &str, depth: usize, package: &mut Package) {
    let head = data.get(..HEAD).unwrap_or(data);
    let plain = is_plain(head, name);
    let read = if plain {
        head
    } else {
        data.get(..look.left()).unwrap_or(data)
    };
    if read.len() < data.len() && !plain {
        look.find(Finding::TooDeep);
    }
    package.member(name, read);
    look.spend(read.len());
    look.document(name, read, depth + 1);
}

/// Whether what is looked for shows at the beginning.
fn is_plain(head: &[u8], name: &str) -> bool {
    kind::of(head).is_plain() && !Package::is_read(name)
}

fn deflated(
    look: &mut Look,
    inside: &ZipSliceEntry<'_>,
    name: &str,
    depth: usize,
    package: &mut Package,
) {
    let data = inside.data();
    let head = deflate::raw(data, HEAD);
    let plain = is_plain(&head.bytes, name);
    let inflated = if head.end != End::Limit || plain {
        head
    } else {
        deflate::raw(data, look.room().max(HEAD))
    };
    look.spend(inflated.bytes.len());
    match inflated.end {
        End::Whole => {}
        End::Limit if plain => {}
        End::Limit => look.find(Finding::TooDeep),
        End::Damaged => look.find(Finding::Unreadable),
    }
    package.member(name, &inflated.bytes);
    look.document(name, &inflated.bytes, depth + 1);
}
