//! Files that are no form: each is refused with words, and none is read beyond its limits.

use std::time::{Duration, Instant};

use gateway_annex_f::{FILE_BYTES, Filled, ReadError, read, write};
use gateway_forms::Body;
use proptest::prelude::*;

use crate::common::{TODAY, annex_f, body, filled, forms, pack, unpack, with};

fn form() -> Vec<u8> {
    let form = annex_f();
    write(&form, &body(&form, &filled())).unwrap()
}

fn refused(bytes: &[u8]) -> ReadError {
    read(&annex_f(), bytes).unwrap_err()
}

#[test]
fn what_is_no_word_file_is_refused() {
    assert_eq!(refused(b""), ReadError::NoWord);
    assert_eq!(refused(b"%PDF-1.7"), ReadError::NoWord);
    assert_eq!(refused(&vec![b'P'; FILE_BYTES + 1]), ReadError::TooLarge);
    let text = vec![("a.txt".to_owned(), b"hello".to_vec())];
    assert_eq!(refused(&pack(&text)), ReadError::NoWord);
    let mut old = vec![0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];
    assert_eq!(refused(&old), ReadError::OldWord);
    old.extend("EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes));
    assert_eq!(refused(&old), ReadError::Encrypted);
}

#[test]
fn a_file_that_is_cut_off_or_damaged_is_refused() {
    let whole = form();
    for most in (4..whole.len()).step_by(97) {
        assert_eq!(refused(&whole[..most]), ReadError::Truncated, "{most}");
    }
    let mut damaged = whole.clone();
    let at = damaged
        .windows(17)
        .position(|window| window == b"word/document.xml")
        .unwrap();
    damaged[at + 600] ^= 0x55;
    assert_eq!(refused(&damaged), ReadError::Damaged);
    let cut = with(&whole, "word/document.xml", |text| {
        text[..text.len() - 200].to_owned()
    });
    assert_eq!(refused(&cut), ReadError::Damaged);
}

#[test]
fn macros_are_refused() {
    let mut parts = unpack(&form());
    parts.push(("word/vbaProject.bin".to_owned(), vec![1]));
    assert_eq!(refused(&pack(&parts)), ReadError::Macros);
    let types = with(&form(), "[Content_Types].xml", |text| {
        text.replace(
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
            "application/vnd.ms-word.document.macroEnabled.main+xml",
        )
    });
    assert_eq!(refused(&types), ReadError::Macros);
}

#[test]
fn another_form_or_version_is_named() {
    let library = forms();
    let other = library.iter().find(|form| form.id != "annex-f").unwrap();
    let words = refused(&write(other, &Body::default()).unwrap()).to_string();
    let expected = format!(
        "this is the form {} version 1, and not annex-f version 1",
        other.id
    );
    assert!(words.starts_with(&expected), "{words}");
    let newer = with(&form(), "docProps/custom.xml", |text| {
        text.replace("version 1", "version 2")
    });
    assert!(
        matches!(refused(&newer), ReadError::OtherForm { found, .. } if found == "annex-f version 2")
    );
    let mut parts = unpack(&form());
    parts.retain(|(name, _)| name != "docProps/custom.xml");
    let by_its_cell = Filled::open(&pack(&parts)).unwrap();
    assert_eq!(by_its_cell.form(), "annex-f");
    let plain = with(&pack(&parts), "word/document.xml", |_| {
        "<w:document><w:body><w:p/></w:body></w:document>".to_owned()
    });
    assert_eq!(refused(&plain), ReadError::NoForm);
}

#[test]
fn a_document_type_and_unknown_entities_are_refused() {
    for (part, kind) in [
        ("word/document.xml", "w:document"),
        ("docProps/custom.xml", "Properties"),
    ] {
        let bomb = with(&form(), part, |text| {
            let bomb = format!(
                "<!DOCTYPE {kind} [<!ENTITY a \"aaaa\"><!ENTITY b SYSTEM \"file:///etc/passwd\">]><"
            );
            text.replacen("?>\n<", &format!("?>{bomb}"), 1)
        });
        assert_eq!(refused(&bomb), ReadError::External, "{part}");
    }
    let entity = with(&form(), "word/document.xml", |text| {
        text.replace("Settled", "&b;")
    });
    assert_eq!(refused(&entity), ReadError::External);
}

#[test]
fn a_bomb_is_refused_before_it_goes_off() {
    let start = Instant::now();
    let large = with(&form(), "word/document.xml", |text| {
        text.replace("Settled", &"a".repeat(48 * 1024 * 1024))
    });
    assert!(large.len() < 200_000);
    assert_eq!(refused(&large), ReadError::Bomb);
    let mut many = unpack(&form());
    many.extend((0..2_001).map(|n| (format!("word/media/{n}"), vec![0])));
    assert_eq!(refused(&pack(&many)), ReadError::Bomb);
    let mut claimed = unpack(&form());
    claimed.extend((0..9).map(|n| (format!("word/media/{n}"), vec![0; 32 * 1024 * 1024])));
    assert_eq!(refused(&pack(&claimed)), ReadError::Bomb);
    assert!(start.elapsed() < Duration::from_secs(30));
}

#[test]
fn a_thousand_rows_are_read_and_ten_thousand_are_a_fault() {
    let form = annex_f();
    let rows = |count: usize| -> Body {
        let row = serde_json::json!({"date": "2026-01-03", "type": "random", "result": "negative"});
        let given = serde_json::json!({"substance": {"tests": vec![row; count]}});
        Body::gather(&form, &given, TODAY).0
    };
    let bytes = write(&form, &rows(1_000)).unwrap();
    assert_eq!(body(&form, &read(&form, &bytes).unwrap()), rows(1_000));
    let more = with(&bytes, "word/document.xml", |text| {
        let at = text.find("q_substance__tests__date").unwrap();
        let (before, after) = text.split_at(at);
        let row = "<w:tr><w:tc><w:p><w:r><w:t>2026-01-03</w:t></w:r></w:p></w:tc></w:tr>";
        let rows = format!("{}</w:tbl>", row.repeat(9_000));
        format!("{before}{}", after.replacen("</w:tbl>", &rows, 1))
    });
    let answers = read(&form, &more).unwrap();
    let (_, faults) = Body::gather(&form, &answers, TODAY);
    assert_eq!(faults[0].words, "these are 10000 rows: give at most 1000");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn bytes_never_break_the_reader(bytes in prop::collection::vec(any::<u8>(), 0..2_000)) {
        let _ = Filled::open(&bytes);
        let mut archive = b"PK\x03\x04".to_vec();
        archive.extend(bytes);
        let _ = Filled::open(&archive);
    }

    #[test]
    fn a_form_with_bytes_changed_never_breaks_the_reader(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20)
    ) {
        let mut bytes = form();
        for (at, byte) in &changes {
            let at = at.index(bytes.len());
            bytes[at] = *byte;
        }
        if let Ok(filled) = Filled::open(&bytes) {
            let _ = filled.answers(&annex_f());
        }
    }

    #[test]
    fn a_text_with_pieces_changed_never_breaks_the_reader(
        cuts in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), "[<>/&;:\"a-z]{0,9}"), 1..4)
    ) {
        let changed = with(&form(), "word/document.xml", |text| {
            let mut letters: Vec<char> = text.chars().collect();
            for (start, length, put) in &cuts {
                let start = start.index(letters.len());
                let end = (start + length.index(300)).min(letters.len());
                letters.splice(start..end, put.chars());
            }
            letters.into_iter().collect()
        });
        if let Ok(answers) = read(&annex_f(), &changed) {
            let _ = Body::gather(&annex_f(), &answers, TODAY);
        }
    }
}
