//! What is found in real files that tools which are not ours have made.
#![expect(
    clippy::unwrap_used,
    reason = "a fixture that is not there fails the test"
)]

use std::fs;
use std::io::{Cursor, Write};
use std::path::Path;

use gateway_content::Finding::{
    ActivePdf, ArchiveInside, EmbeddedObject, EncryptedArchive, EncryptedDocument, Executable,
    Macros, TooDeep, TypeLies, Unreadable,
};
use gateway_content::{Finding, Inspection, Limits, inspect};
use proptest::prelude::*;

const WORD: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
const ZIP: &str = "application/zip";
const PDF: &str = "application/pdf";
const ODT: &str = "application/vnd.oasis.opendocument.text";

fn fixture(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    fs::read(folder.join(name)).unwrap()
}

fn look(name: &str) -> Inspection {
    inspect(name, "", &fixture(name), &Limits::default())
}

/// Each file is of this type, and this is found in it and nothing else.
fn expect(all: &[(&str, &str, &[Finding])]) {
    for (name, media_type, findings) in all {
        let seen = look(name);
        assert_eq!(seen.media_type, *media_type, "{name}");
        assert_eq!(seen.findings, *findings, "{name}");
    }
}

#[test]
fn documents_with_nothing_in_them_are_left_alone() {
    expect(&[
        ("plain.docx", WORD, &[]),
        ("plain.xls", "application/vnd.ms-excel", &[]),
        ("plain.odt", ODT, &[]),
        ("plain.pdf", PDF, &[]),
        ("plain.rtf", "application/rtf", &[]),
        ("scripts.zip", ZIP, &[]),
    ]);
}

#[test]
fn macros_are_found_under_any_name() {
    let with = "application/vnd.ms-word.document.macroEnabled.12";
    expect(&[
        ("macros.docm", with, &[Macros]),
        ("hidden-macros.docx", with, &[Macros]),
        (
            "sheet-macros.xlsx",
            "application/vnd.ms-excel.sheet.macroEnabled.12",
            &[Macros],
        ),
        ("macros.odt", ODT, &[Macros]),
        ("macros-inside.zip", ZIP, &[Macros]),
        ("stored.zip", ZIP, &[Macros]),
        ("object.rtf", "application/rtf", &[EmbeddedObject]),
        ("attachment.pdf", PDF, &[Macros]),
    ]);
}

#[test]
fn what_is_under_a_password_is_said_to_be() {
    let seven = "application/x-7z-compressed";
    expect(&[
        ("zip-password.zip", ZIP, &[EncryptedArchive]),
        ("aes.zip", ZIP, &[EncryptedArchive]),
        ("hidden-names.7z", seven, &[EncryptedArchive]),
        (
            "encrypted.docx",
            "application/encrypted",
            &[EncryptedDocument],
        ),
        ("encrypted.odt", ODT, &[EncryptedDocument]),
        ("encrypted.pdf", PDF, &[EncryptedDocument]),
        ("encrypted-packed.pdf", PDF, &[EncryptedDocument]),
    ]);
    assert!(look("password.7z").holds(), "its names alone are in clear");
}

#[test]
fn what_cannot_be_read_is_held_as_what_was_found() {
    expect(&[
        ("plain.7z", "application/x-7z-compressed", &[Unreadable]),
        ("plain.tgz", "application/gzip", &[Unreadable]),
        ("lzma.zip", ZIP, &[Unreadable]),
    ]);
    let mut cut = fixture("macros.docm");
    cut.truncate(cut.len() - 40);
    let seen = inspect("macros.docm", "", &cut, &Limits::default());
    assert_eq!(seen.findings, [Unreadable]);
    assert!(seen.holds());
}

#[test]
fn programs_are_found_by_content_and_by_name() {
    let lie = TypeLies {
        declared: PDF.to_owned(),
        real: "application/x-executable".to_owned(),
    };
    expect(&[
        (
            "program.pdf",
            "application/x-executable",
            &[Executable, lie],
        ),
        ("program-inside.zip", ZIP, &[Executable]),
        ("script-by-name.zip", ZIP, &[Executable]),
    ]);
    for name in ["note.js", "note.VBS", "note.hta", "note.lnk"] {
        let seen = inspect(name, "text/plain", b"words", &Limits::default());
        assert_eq!(seen.findings, [Executable], "{name}");
    }
}

#[test]
fn actions_of_a_pdf_are_found_also_in_its_packed_objects() {
    expect(&[
        ("script.pdf", PDF, &[ActivePdf]),
        ("packed-script.pdf", PDF, &[ActivePdf]),
        ("launch.pdf", PDF, &[ActivePdf]),
    ]);
    let escaped = b"%PDF-1.7\n1 0 obj <</S/J#61vaScript>> endobj";
    let seen = inspect("a.pdf", "", escaped, &Limits::default());
    assert_eq!(seen.findings, [ActivePdf], "a name with an escape");
    let word = b"%PDF-1.7\n1 0 obj <</S/JavaScripts/EncryptMetadata true>> endobj";
    assert_eq!(inspect("a.pdf", "", word, &Limits::default()).findings, []);
}

#[test]
fn archives_are_opened_so_deep_and_so_far() {
    expect(&[
        ("archive-inside.zip", ZIP, &[ArchiveInside]),
        ("ten-deep.zip", ZIP, &[TooDeep, ArchiveInside]),
        ("bomb.zip", ZIP, &[TooDeep]),
    ]);
    let few = Limits {
        members: 1,
        ..Limits::default()
    };
    let seen = inspect("", "", &fixture("scripts.zip"), &few);
    assert!(seen.findings.contains(&TooDeep), "{seen:?}");
    let none = Limits {
        total_bytes: 0,
        ..Limits::default()
    };
    for name in ["stored.zip", "attachment.pdf"] {
        let seen = inspect("", "", &fixture(name), &none);
        assert!(seen.findings.contains(&TooDeep), "{name}: {seen:?}");
    }
    let seen = inspect("", "", &fixture("macros-inside.zip"), &none);
    assert!(seen.holds(), "only a beginning was read: {seen:?}");
}

/// A compound file with these storages and streams.
fn compound(storages: &[&str], streams: &[(&str, &[u8])]) -> Vec<u8> {
    let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).unwrap();
    for storage in storages {
        file.create_storage_all(storage).unwrap();
    }
    for (path, content) in streams {
        file.create_stream(path)
            .unwrap()
            .write_all(content)
            .unwrap();
    }
    file.flush().unwrap();
    file.into_inner().into_inner()
}

#[test]
fn office_97_documents_tell_their_macros_passwords_and_objects() {
    let fib = |flags: u8| {
        let mut fib = vec![0; 32];
        fib[11] = flags;
        fib
    };
    let sheet = |kind: u8| vec![0x85, 0, 8, 0, 0, 0, 0, 0, 0, kind, 0, 0];
    let pass = [0x2f, 0, 2, 0, 1, 0];
    for (storages, path, content, found) in [
        (&["/Macros/VBA"][..], "/WordDocument", fib(0), Some(Macros)),
        (&[], "/WordDocument", fib(0), None),
        (&[], "/WordDocument", fib(1), Some(EncryptedDocument)),
        (&[], "/Workbook", sheet(0), None),
        (&[], "/Workbook", sheet(1), Some(Macros)),
        (&[], "/Workbook", pass.to_vec(), Some(EncryptedDocument)),
        (
            &["/ObjectPool"],
            "/ObjectPool/\u{1}Ole10Native",
            vec![0],
            Some(EmbeddedObject),
        ),
        (
            &["/ObjectPool"],
            "/ObjectPool/Package",
            fixture("macros.docm"),
            Some(Macros),
        ),
        (
            &[],
            "/__substg1.0_37010102",
            b"MZ\x90\0".to_vec(),
            Some(Executable),
        ),
    ] {
        let bytes = compound(storages, &[(path, &content)]);
        let seen = inspect("", "", &bytes, &Limits::default());
        let found: Vec<Finding> = found.into_iter().collect();
        assert_eq!(seen.findings, found, "{path}");
    }
}

#[test]
fn a_list_of_tables_that_repeats_itself_is_not_followed() {
    let mut bytes = compound(&["/Macros"], &[]);
    // The first sector of the list is itself, and so is the next.
    bytes[68..72].copy_from_slice(&0_u32.to_le_bytes());
    bytes[512 + 508..1024].copy_from_slice(&0_u32.to_le_bytes());
    let seen = inspect("", "", &bytes, &Limits::default());
    assert_eq!(seen.findings, [Unreadable]);
}

#[test]
fn every_finding_has_words_that_follow_a_name() {
    let lie = TypeLies {
        declared: "a/b".into(),
        real: "c/d".into(),
    };
    assert_eq!(lie.words(), "is called `a/b` but its content is `c/d`");
    for finding in [
        Executable,
        Macros,
        EncryptedArchive,
        TooDeep,
        ActivePdf,
        ArchiveInside,
    ] {
        let words = finding.words();
        assert!(
            words.starts_with("is ") || words.starts_with("holds "),
            "{words}"
        );
    }
    assert!(lie.holds() && Macros.holds() && EncryptedArchive.holds() && TooDeep.holds());
    assert!(!ActivePdf.holds() && !ArchiveInside.holds());
}

fn names() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Findings are in order, each once; no answer but that one is given to the same bytes.
fn holds_together(name: &str, bytes: &[u8]) {
    let seen = inspect(name, "application/pdf", bytes, &Limits::default());
    assert!(seen.findings.is_sorted_by(|a, b| a < b), "{seen:?}");
    assert!(!seen.media_type.is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_bytes_are_answered(
        start in prop::sample::select(vec![
            &b""[..], b"PK\x03\x04", b"%PDF-1.7 ", b"{\\rt", b"Rar!\x1a\x07\x00", b"Rar!\x1a\x07\x01\x00",
            b"7z\xbc\xaf\x27\x1c", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"MZ", b"\xff\xfe",
        ]),
        rest in prop::collection::vec(any::<u8>(), 0..2048),
        name in ".{0,20}",
    ) {
        holds_together(&name, &[start, &rest].concat());
    }

    #[test]
    fn changed_fixtures_are_answered(
        name in prop::sample::select(names()),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        cut in any::<prop::sample::Index>(),
        cuts in prop::bool::weighted(0.2),
    ) {
        let mut bytes = fixture(&name);
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if cuts {
            bytes.truncate(cut.index(bytes.len()));
        }
        holds_together(&name, &bytes);
    }
}
