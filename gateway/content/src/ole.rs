//! OLE compound files (MS-CFB): Office 97 documents, Outlook messages, installers, and the
//! wrapping of encrypted Office Open XML (MS-OFFCRYPTO 2.3.4.4).

use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};

use cfb::{CompoundFile, Entry};
use memchr::memmem;

use crate::kind::{Family, Form, Kind};
use crate::look::Look;
use crate::{Finding, names, xls};

/// Class ids of Windows Installer's packages, patches and transforms begin so.
const INSTALLER: [&str; 3] = ["000c1084", "000c1086", "000c1082"];
/// The end of the list of allocation tables that the header itself has (MS-CFB 2.2).
const END_OF_LIST: u32 = 0xffff_fffa;

type Compound<'b> = CompoundFile<Cursor<&'b [u8]>>;

/// Looks into a compound file; answers what is made of it.
pub(crate) fn look(look: &mut Look, bytes: &[u8], depth: usize) -> Kind {
    let unknown = Kind::new(Family::Office, Form::Ole, "application/x-ole-storage");
    if !is_sound(bytes) {
        look.find(Finding::Unreadable);
        return unknown;
    }
    let Ok(mut compound) = CompoundFile::open(Cursor::new(bytes)) else {
        look.find(Finding::Unreadable);
        return unknown;
    };
    let mut kind = unknown;
    let entries: Vec<Entry> = compound.walk().take_while(|_| look.member()).collect();
    for entry in &entries {
        if entry.is_root() {
            let class = entry.clsid().to_string();
            if INSTALLER.iter().any(|id| class.starts_with(id)) {
                look.find(Finding::Executable);
                return Kind::new(Family::Program, Form::Ole, "application/x-msi");
            }
            continue;
        }
        let name = entry.name().to_ascii_lowercase();
        if entry.path().parent() == Some(Path::new("/"))
            && let Some(found) = by_name(&name)
        {
            kind = found;
        }
        match entry.is_storage() {
            true => storage(look, &name),
            false => stream(look, &mut compound, entry, &name, depth),
        }
    }
    kind
}

/// A list of allocation tables longer than the file can need repeats itself, and would be read
/// into a hundred times the file's size.
fn is_sound(bytes: &[u8]) -> bool {
    let word = |at: usize| Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?));
    let sector = match bytes.get(30) {
        Some(12) => 4096,
        _ => 512,
    };
    let tables = bytes.len() / (sector * (sector / 4)) + 1;
    let most = tables / (sector / 4 - 1) + 1;
    let mut at = word(68);
    for _ in 0..=most {
        let Some(number) = at else { return false };
        if number >= END_OF_LIST {
            return true;
        }
        let start = (number as usize + 1).saturating_mul(sector);
        at = start.checked_add(sector - 4).and_then(word);
    }
    false
}

/// What a document is by a stream at its root.
fn by_name(name: &str) -> Option<Kind> {
    let (family, media_type) = match name {
        "worddocument" => (Family::Office, "application/msword"),
        "workbook" | "book" => (Family::Office, "application/vnd.ms-excel"),
        "powerpoint document" => (Family::Office, "application/vnd.ms-powerpoint"),
        "encryptedpackage" => (Family::Office, "application/encrypted"),
        "__properties_version1.0" => (Family::Mail, "application/vnd.ms-outlook"),
        _ => return None,
    };
    Some(Kind::new(family, Form::Ole, media_type))
}

/// Where VBA lies (MS-OVBA 2.2.1).
fn storage(look: &mut Look, name: &str) {
    if ["macros", "vba", "_vba_project_cur"].contains(&name) {
        look.find(Finding::Macros);
    }
}

fn stream(look: &mut Look, compound: &mut Compound<'_>, entry: &Entry, name: &str, depth: usize) {
    let path = entry.path();
    match name {
        "_vba_project" => look.find(Finding::Macros),
        "encryptedpackage" | "encryptedsummary" | "\tdrmcontent" => {
            look.find(Finding::EncryptedDocument);
        }
        "\u{1}ole10native" => look.find(Finding::EmbeddedObject),
        "worddocument" => {
            let head = read(look, compound, path, 32);
            // FibBase, fEncrypted (MS-DOC 2.5.2).
            if head.get(11).is_some_and(|flags| flags & 1 != 0) {
                look.find(Finding::EncryptedDocument);
            }
        }
        "current user" => {
            let head = read(look, compound, path, 32);
            // CurrentUserAtom, headerToken (MS-PPT 2.3.2).
            if head.get(12..16) == Some(&0xf3d1_c4df_u32.to_le_bytes()) {
                look.find(Finding::EncryptedDocument);
            }
        }
        "workbook" | "book" => {
            let records = whole(look, compound, entry);
            xls::look(look, &records);
        }
        "powerpoint document" => {
            let records = whole(look, compound, entry);
            if has_vba(&records) {
                look.find(Finding::Macros);
            }
        }
        // An embedded document, and an attachment's data (MS-OXCMSG 2.2.2).
        "package" | "__substg1.0_37010102" => {
            let bytes = whole(look, compound, entry);
            look.document("", &bytes, depth + 1);
        }
        // An attachment's long and short name.
        "__substg1.0_3707001f" | "__substg1.0_3704001f" => {
            let units = read(look, compound, path, 1024);
            let (pairs, _) = units.as_chunks::<2>();
            let units: Vec<u16> = pairs.iter().map(|pair| u16::from_le_bytes(*pair)).collect();
            if names::is_program(&String::from_utf16_lossy(&units)) {
                look.find(Finding::Executable);
            }
        }
        _ => {}
    }
}

/// `VBAInfoAtom` with `fHasMacros` (MS-PPT 2.4.11).
fn has_vba(records: &[u8]) -> bool {
    let atom = [2, 0, 0, 4, 12, 0, 0, 0];
    memmem::find_iter(records, &atom).any(|at| records.get(at + 12) == Some(&1))
}

/// A whole stream, as far as the limits go.
fn whole(look: &mut Look, compound: &mut Compound<'_>, entry: &Entry) -> Vec<u8> {
    let room = look.room();
    if entry.len() > room as u64 {
        look.find(Finding::TooDeep);
    }
    read(look, compound, entry.path(), room)
}

/// Up to so many bytes of a stream; of a damaged one those before the damage.
fn read(look: &mut Look, compound: &mut Compound<'_>, path: &Path, most: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    let path = PathBuf::from(path);
    let done = compound
        .open_stream(path)
        .and_then(|stream| stream.take(most as u64).read_to_end(&mut bytes));
    if done.is_err() {
        look.find(Finding::Unreadable);
    }
    look.spend(bytes.len());
    bytes
}
