//! HL7's own examples are read as what they are, and refused as no request of ours.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use gateway_fhir::{Cause, ReadError};

use crate::samples::{Kept, reader};

/// The types of resource of R4 that are read.
const KNOWN: [&str; 11] = [
    "Task",
    "CommunicationRequest",
    "Communication",
    "DocumentReference",
    "Provenance",
    "Consent",
    "Patient",
    "Organization",
    "PractitionerRole",
    "MessageHeader",
    "Bundle",
];

fn examples(folder: &Path) -> Vec<PathBuf> {
    let known = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let kind = name.split('-').next().unwrap();
        path.extension().is_some_and(|e| e == "json") && KNOWN.contains(&kind)
    };
    let entries = std::fs::read_dir(folder).unwrap();
    let mut all: Vec<_> = entries
        .map(|entry| entry.unwrap().path())
        .filter(known)
        .collect();
    all.sort();
    all
}

fn looked_at(path: &Path) -> String {
    let bytes = std::fs::read(path).unwrap();
    let mut sink = Kept::default();
    let received = reader()
        .resource(bytes.as_slice(), &mut sink)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    assert_eq!(received.attachments().len(), sink.0.len());
    let outcome = reader().understand(&received).unwrap_err();
    assert!(outcome.has(Cause::NotOurs), "{}: {outcome}", path.display());
    assert_eq!(outcome.issues().len(), 1, "{}: {outcome}", path.display());
    received.kind().to_owned()
}

#[test]
fn hl7s_examples_are_read_and_are_no_requests_of_ours() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hl7");
    let kinds: BTreeSet<String> = examples(&folder)
        .iter()
        .map(|path| looked_at(path))
        .collect();
    assert_eq!(kinds.len(), 6, "{kinds:?}");
}

/// All of HL7's examples, where somebody has unpacked the package `hl7.fhir.r4.examples` and says
/// where. Some bundles there are larger than a message may be.
#[test]
fn all_of_hl7s_examples_are_read_where_they_are_there() {
    let Some(folder) = std::env::var_os("HL7_EXAMPLES") else {
        println!("HL7_EXAMPLES names no folder: the examples beside this test were read alone");
        return;
    };
    let (mut read, mut large) = (0, 0);
    for path in examples(Path::new(&folder)) {
        let bytes = std::fs::read(&path).unwrap();
        match reader().resource(bytes.as_slice(), &mut Kept::default()) {
            Err(ReadError::Refused(outcome))
                if outcome.has(Cause::TooMuch) || outcome.has(Cause::TooLong) =>
            {
                large += 1;
            }
            _ => {
                looked_at(&path);
                read += 1;
            }
        }
    }
    println!("{read} examples were read, {large} are too large");
}
