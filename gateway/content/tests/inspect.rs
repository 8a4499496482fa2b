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

const TAR: &str = "application/x-tar";
const GZIP: &str = "application/gzip";

#[test]
fn tar_and_gzip_are_looked_into_as_zip_is() {
    expect(&[
        ("plain.tar", TAR, &[]),
        ("v7.tar", TAR, &[]),
        ("plain.tgz", GZIP, &[]),
        ("plain.pdf.gz", GZIP, &[]),
        ("macros-inside.tar.gz", GZIP, &[Macros]),
        ("long-name.gnu.tar", TAR, &[Executable]),
        ("long-name.pax.tar", TAR, &[Executable]),
        ("link.tar", TAR, &[Unreadable]),
        ("archives-inside.tar", TAR, &[ArchiveInside]),
        (
            "password-inside.tar",
            TAR,
            &[EncryptedArchive, ArchiveInside],
        ),
        ("bomb.tgz", GZIP, &[TooDeep]),
        ("bomb.bin.gz", GZIP, &[TooDeep]),
    ]);
    let few = Limits {
        members: 1,
        ..Limits::default()
    };
    let seen = inspect("", "", &fixture("plain.tar"), &few);
    assert_eq!(seen.findings, [TooDeep]);
    let none = Limits {
        total_bytes: 0,
        ..Limits::default()
    };
    for name in ["plain.tar", "plain.tgz", "macros-inside.tar.gz"] {
        let seen = inspect("", "", &fixture(name), &none);
        assert!(seen.findings.contains(&TooDeep), "{name}: {seen:?}");
    }
}

/// One member of a tar archive, its data filled up.
fn member(name: &[u8], kind: u8, data: &[u8]) -> Vec<u8> {
    let mut block = vec![0; 512];
    block[..name.len()].copy_from_slice(name);
    block[124..135].copy_from_slice(format!("{:011o}", data.len()).as_bytes());
    block[156] = kind;
    block[148..156].fill(b' ');
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    block[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    block.extend(data);
    block.resize(block.len().next_multiple_of(512), 0);
    block
}

fn found(name: &str, bytes: &[u8]) -> Vec<Finding> {
    inspect(name, "", bytes, &Limits::default()).findings
}

#[test]
fn a_tar_that_two_programs_could_read_in_two_ways_is_not_read() {
    let end = vec![0; 1024];
    let file = member(b"notes.txt", b'0', b"words");
    let whole = [&file[..], &end].concat();
    assert_eq!(found("a.tar", &whole), []);
    assert_eq!(found("a.tar", &file), [], "some programs write no end");
    let pax = |records: &[u8]| [&member(b"x", b'x', records), &whole[..]].concat();
    assert_eq!(
        found("a.tar", &pax(b"15 path=a/b.txt\n")),
        [Unreadable],
        "a length that is wrong"
    );
    assert_eq!(found("a.tar", &pax(b"16 path=a/b.txt\n")), []);
    assert_eq!(found("a.tar", &pax(b"14 path=a.exe\n")), [Executable]);
    for (what, bytes) in [
        ("behind the end", [&whole[..], &file].concat()),
        ("cut in a header", whole[..700].to_vec()),
        ("cut in its data", file[..600].to_vec()),
        ("another size", pax(b"9 size=0\n")),
        ("sparse", pax(b"22 GNU.sparse.major=1\n")),
        ("two paths", pax(b"10 path=a\n10 path=b\n")),
        (
            "a path for all",
            [&member(b"x", b'g', b"10 path=a\n"), &whole[..]].concat(),
        ),
        (
            "names of nothing",
            [&member(b"x", b'x', b"10 path=a\n"), &end[..]].concat(),
        ),
        ("a device", [&member(b"x", b'3', b""), &whole[..]].concat()),
        (
            "a folder with data",
            [&member(b"x/", b'5', b"data"), &whole[..]].concat(),
        ),
        (
            "a header that is wrong",
            [&file[..], &[1; 512], &end].concat(),
        ),
    ] {
        assert_eq!(found("a.tar", &bytes), [Unreadable], "{what}");
    }
    // Its first name spells another kind.
    for (name, start) in [
        ("a.pdf", &b"%PDF-1.4"[..]),
        ("a.zip", b"PK\x05\x06"),
        ("a.rtf", b"{\\rtf1"),
    ] {
        let both = [&member(start, b'0', b"words"), &end[..]].concat();
        assert!(found(name, &both).contains(&Unreadable), "{name}");
    }
    let many = member(b"notes.txt", b'0', b"words").repeat(2001);
    assert_eq!(found("a.tar", &many), [TooDeep]);
    let deep = (0..10).fold(whole, |inner, _| member(b"inner.tar", b'0', &inner));
    assert_eq!(found("a.tar", &deep), [TooDeep, ArchiveInside]);
}

#[test]
fn a_gzip_with_anything_beside_its_one_file_is_not_read() {
    let whole = fixture("plain.pdf.gz");
    assert_eq!(
        found("a.pdf.gz", &[&whole[..], &whole].concat()),
        [],
        "two members are one file"
    );
    assert_eq!(found("a.js.gz", &whole), [Executable]);
    let mut named = whole[..10].to_vec();
    named[3] = 8;
    named.extend(b"minutes.exe\0");
    named.extend(&whole[10..]);
    assert_eq!(found("a.gz", &named), [Executable]);
    let mut wrong = whole.clone();
    let sum = wrong.len() - 8;
    wrong[sum] ^= 1;
    let mut extra = whole.clone();
    extra[3] = 4;
    for (what, bytes) in [
        ("behind its end", [&whole[..], b"PK\x03\x04"].concat()),
        ("cut", whole[..whole.len() - 9].to_vec()),
        ("another sum", wrong),
        ("an extra field", extra),
    ] {
        assert!(found("a.gz", &bytes).contains(&Unreadable), "{what}");
    }
    assert_eq!(
        found("a.zip", &whole).len(),
        1,
        "it would be opened as something else"
    );
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
    let program = Finding::TypeLies {
        declared: "application/pdf".to_owned(),
        real: "application/vnd.microsoft.portable-executable".to_owned(),
    };
    let words = "is called a PDF but its content is a Windows program";
    assert_eq!(program.words(), words);
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
            b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b\x08\0\0\0\0\0\0\x03", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"MZ", b"\xff\xfe",
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
