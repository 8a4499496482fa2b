//! Outlook's own form (`winmail.dat`): files of each kind, made by [MS-OXTNEF] with another
//! program and read alike by other readers; then the same, cut and changed.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot read its file has failed"
)]

use std::path::{Path, PathBuf};

use gateway_email::{Limits, Mail, Note, Part, read};
use proptest::prelude::*;

const BEFORE: &[u8] = b"From: s.ali@police.example\r\n\
    Content-Type: application/ms-tnef; name=winmail.dat\r\n\r\n";

/// The name and content of a part.
type Shown<'a> = (&'a str, &'a [u8]);

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fuzz/corpus/tnef")
}

fn file(name: &str) -> Vec<u8> {
    std::fs::read(folder().join(name)).unwrap()
}

fn opened(container: &[u8]) -> Mail {
    read(&[BEFORE, container].concat(), &Limits::default()).unwrap()
}

/// What was read of a file: its text, and the name and content of each part.
fn seen(name: &str) -> (String, Vec<(String, Vec<u8>)>) {
    let mail = opened(&file(name));
    let one = |part: &Part| (part.name.reveal().clone(), part.bytes.reveal().clone());
    let parts = mail.parts.iter().map(one).collect();
    (mail.text.reveal().clone(), parts)
}

fn kept(mail: &Mail) -> bool {
    mail.parts.iter().any(|part| {
        let notes = &part.notes;
        notes.contains(&Note::Tnef) || notes.contains(&Note::TnefInPart)
    })
}

#[test]
fn a_file_of_each_kind_is_read_as_other_readers_read_it() {
    let report = (
        "risk résumé of the school.pdf",
        &b"%PDF-1.4\n% a report\n"[..],
    );
    let photo = ("gate.png", &b"\x89PNG\r\n\x1a\n"[..]);
    let hello = b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n";
    let letter = b"From: Sara Ali\nSent: 2 March 2026 09:14 UTC\nTo: Housing\nSubject: Visits\n\n\
        He was seen.\n";
    let html = "<p>He was seen at the caf\u{e9}.</p>";
    let html: Vec<u8> = html.chars().map(|c| u8::try_from(c).unwrap()).collect();
    let all: [(&str, &str, &[Shown<'_>]); 9] = [
        ("files.dat", "", &[report, photo]),
        ("line-end.dat", "", &[report]),
        ("old.dat", "Он был замечен.", &[("Письмо.txt", b"old\r\n")]),
        ("plain.dat", "He was seen at the café.\n", &[]),
        (
            "html.dat",
            "He was seen at the café.\n",
            &[photo, ("message.html", &html)],
        ),
        (
            "rich.dat",
            "",
            &[
                report,
                ("message.rtf", b"{\\rtf1\\ansi He was seen at the school.}"),
            ],
        ),
        ("rich-repeats.dat", "", &[("message.rtf", hello)]),
        ("named.dat", "After them.", &[report]),
        (
            "within.dat",
            "See below.",
            &[report, ("Visits.rtf", hello), ("Visits.txt", letter), photo],
        ),
    ];
    for (name, text, parts) in all {
        let own = |part: &Shown<'_>| (part.0.to_owned(), part.1.to_vec());
        let parts = parts.iter().map(own).collect();
        assert_eq!(seen(name), (text.to_owned(), parts), "{name}");
    }
}

#[test]
fn what_does_not_read_wholly_is_kept_beside_what_does() {
    let report = "risk résumé of the school.pdf";
    for (name, text, parts) in [
        ("cut.dat", "", &[report, "gate.png", "winmail.dat"][..]),
        ("wrong-checksum.dat", "", &[report, "winmail.dat"]),
        ("meeting.dat", "At the school.", &["winmail.dat"]),
    ] {
        let (read, found) = seen(name);
        let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!((read.as_str(), names.as_slice()), (text, parts), "{name}");
        assert_eq!(found.last().unwrap().1, file(name));
        let last = opened(&file(name)).parts.pop().unwrap();
        assert_eq!(last.notes, [Note::TnefInPart]);
    }
}

/// Where an attribute ends: a file that is cut there says nothing of it.
fn ends(container: &[u8]) -> Vec<usize> {
    let mut ends = vec![6];
    while let Some(length) = container
        .get(ends.last().unwrap() + 5..)
        .and_then(<[u8]>::first_chunk)
    {
        let length = usize::try_from(u32::from_le_bytes(*length)).unwrap();
        ends.push(ends.last().unwrap() + 9 + length + 2);
    }
    ends
}

#[test]
fn a_file_cut_within_anything_is_never_taken_for_whole() {
    for name in ["files.dat", "within.dat", "named.dat", "rich.dat"] {
        let container = file(name);
        let ends = ends(&container);
        assert_eq!(ends.last(), Some(&container.len()), "{name}");
        for cut in (0..container.len()).filter(|cut| !ends.contains(cut)) {
            let whole = container.get(..cut).unwrap();
            let mail = opened(whole);
            let last = mail.parts.last().map(|part| part.bytes.reveal().as_slice());
            assert!(kept(&mail) && last == Some(whole), "{name} cut at {cut}");
        }
    }
}

fn corpus() -> Vec<Vec<u8>> {
    let entries = std::fs::read_dir(folder()).unwrap();
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(paths.len() >= 12);
    paths
        .iter()
        .map(|path| std::fs::read(path).unwrap())
        .collect()
}

/// However a file is changed, it is answered within the limits.
fn bounded(container: &[u8]) -> Result<(), TestCaseError> {
    for decoded_bytes in [600, 4096, 1 << 20] {
        let limits = Limits {
            decoded_bytes,
            parts: 8,
            nesting: 3,
            ..Limits::default()
        };
        let Ok(mail) = read(&[BEFORE, container].concat(), &limits) else {
            continue;
        };
        let sizes = mail.parts.iter().map(|part| part.bytes.reveal().len());
        prop_assert!(sizes.sum::<usize>() <= decoded_bytes);
        prop_assert!(mail.text.reveal().len() <= decoded_bytes);
        // The container is one, and each that comes out of it; it may be kept beside them, and
        // a text as HTML too.
        prop_assert!(mail.parts.len() <= limits.parts + 2);
    }
    Ok(())
}

proptest! {
    #[test]
    fn a_file_with_bytes_changed_is_answered_within_the_limits(
        which in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
    ) {
        let corpus = corpus();
        let mut bytes = which.get(&corpus).clone();
        for (at, to) in changes {
            let at = at.index(bytes.len());
            bytes[at] = to;
        }
        bounded(&bytes)?;
    }

    #[test]
    fn files_put_together_in_any_way_are_answered_within_the_limits(
        pieces in prop::collection::vec(
            (any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<prop::sample::Index>()),
            1..6,
        ),
    ) {
        let corpus = corpus();
        let mut bytes = file("files.dat");
        for (which, from, to) in pieces {
            let piece = which.get(&corpus);
            let (from, to) = (from.index(piece.len()), to.index(piece.len()));
            bytes.extend(piece.get(from.min(to)..from.max(to)).unwrap());
        }
        bounded(&bytes)?;
    }

    #[test]
    fn what_was_not_taken_for_whole_is_kept(
        which in any::<prop::sample::Index>(),
        at in any::<prop::sample::Index>(),
        bit in 0..8_u8,
    ) {
        let corpus = corpus();
        let mut bytes = which.get(&corpus).clone();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        let mail = opened(&bytes);
        let last = mail.parts.iter().any(|part| part.bytes.reveal() == &bytes);
        prop_assert_eq!(kept(&mail), last);
    }
}
