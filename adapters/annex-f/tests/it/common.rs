//! Forms, filled in; and archives, taken apart and put together.

use std::io::{Cursor, Read as _, Write as _};

use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use gateway_forms::{Body, Definition, Library};
use jiff::civil::Date;
use rawzip::{CompressionMethod, ZipArchive, ZipArchiveWriter};
use serde_json::{Value, json};

pub(crate) const TODAY: Date = Date::constant(2026, 3, 2);

pub(crate) fn forms() -> Vec<Definition> {
    Library::embedded().unwrap().forms().cloned().collect()
}

pub(crate) fn annex_f() -> Definition {
    Library::embedded()
        .unwrap()
        .form("annex-f")
        .unwrap()
        .clone()
}

pub(crate) fn body(form: &Definition, given: &Value) -> Body {
    Body::read(form, given, TODAY).unwrap()
}

/// What a prison officer would write.
pub(crate) fn filled() -> Value {
    json!({
        "header": {"report_type": "pre_release", "meeting_date": "2026-03-27"},
        "offender": {"family_name": "Marlow-O’Brien", "given_names": "Daniel", "aliases": ["Danny M", "D. Café"],
            "dob": "1980-02-01", "sex": "male", "ethnicity": "White British", "prison_number": "A1234BC", "pnc_id": "99/123456X"},
        "mappa": {"category": "2", "level": "2", "lead_agency": "london-probation"},
        "custody": {"status": "sentenced", "establishment": "LEI", "arrived_on": "2025-11-03", "security_category": "C",
            "incentive_level": "ENH", "previous": {"none": true}},
        "release": {"planned_date": "2026-04-30", "address_status": "proposed", "conditions": ["residence", "curfew", "internet"]},
        "behaviour": {"summary": "Settled since he came.\n\nHe works in the kitchen, & is <never> late.\n\tOnce he was.",
            "with_staff": "Polite.", "adjudications": [
            {"date": "2026-01-03", "prison": "LEI", "rule": "51:1A (24)", "description": "Fight on the wing, with another prisoner", "finding": "PROVED", "punishment": ["CAUTION", "PAYBACK"]},
            {"date": "2026-02-14", "prison": "MDI", "description": "A mobile telephone under the bed", "finding": "ADJOURNED"}],
            "segregation": {"none": true}},
        "substance": {"tests": {"none": true}},
        "contacts": {"visitors": [{"name": "Mrs A Marlow", "relationship": "Mother", "age": "adult", "area": "Leeds", "first": "2025-11-20", "last": "2026-02-20", "count": 12}],
            "telephone": [{"number": "…417", "name": "Mrs A Marlow", "monitored": true}, {"number": "…002", "name": "J Poole", "monitored": false}]},
        "publicprot": {"alerts": ["PC2", "XA"]},
        "licence": {"recommendations": ["No contact with the victim", "Polygraph; twice a year"]},
    })
}

/// The parts of an archive.
pub(crate) fn unpack(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let archive = ZipArchive::from_slice(bytes).unwrap();
    let mut parts = Vec::new();
    let mut entries = archive.entries();
    while let Some(entry) = entries.next_entry().unwrap() {
        let name = String::from_utf8_lossy(entry.file_path().as_ref()).into_owned();
        let inside = archive.get_entry(entry.wayfinder()).unwrap();
        let mut part = Vec::new();
        DeflateDecoder::new(inside.data())
            .read_to_end(&mut part)
            .unwrap();
        parts.push((name, part));
    }
    parts
}

/// An archive of parts.
pub(crate) fn pack(parts: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    let mut archive = ZipArchiveWriter::new(&mut bytes);
    for (name, part) in parts {
        let file = archive.new_file(name.as_str());
        let file = file.compression_method(CompressionMethod::DEFLATE);
        let (mut entry, config) = file.start().unwrap();
        let deflate = DeflateEncoder::new(&mut entry, flate2::Compression::default());
        let mut writer = config.wrap(deflate);
        writer.write_all(part).unwrap();
        let (deflate, output) = writer.finish().unwrap();
        deflate.finish().unwrap();
        entry.finish(output).unwrap();
    }
    archive.finish().unwrap();
    bytes.into_inner()
}

/// A Word file with something done to the text of one of its parts.
pub(crate) fn with(bytes: &[u8], part: &str, change: impl Fn(&str) -> String) -> Vec<u8> {
    let mut parts = unpack(bytes);
    for (name, content) in &mut parts {
        if name == part {
            *content = change(std::str::from_utf8(content).unwrap()).into_bytes();
        }
    }
    pack(&parts)
}
