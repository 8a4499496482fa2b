//! What is tried on each parser of forms with whatever bytes: here with the seeds and what is made
//! of them by chance, and under `tests/fuzz` by a fuzzer.

use std::io::{BufReader, Cursor, Write as _};

use flate2::write::DeflateEncoder;
use gateway_annex_f::{Batch, Filled, LineError, write};
use gateway_forms::{Body, Carried, Definition, Library, PASTE_BYTES, SheetText};
use jiff::civil::Date;
use rawzip::{CompressionMethod, ZipArchiveWriter};
use serde_json::{Value, json};

const TODAY: Date = Date::constant(2026, 3, 2);

fn form() -> &'static Definition {
    static FORM: std::sync::LazyLock<Definition> = std::sync::LazyLock::new(|| {
        let library = Library::embedded().unwrap();
        library.form("annex-f").unwrap().clone()
    });
    &FORM
}

/// Answers as JSON: what is right of them has one spelling, in which it reads again, whole and in
/// parts.
pub fn answers(bytes: &[u8]) {
    let Ok(given) = serde_json::from_slice::<Value>(bytes) else {
        return;
    };
    let form = form();
    let (body, faults) = Body::gather(form, &given, TODAY);
    for fault in &faults {
        assert!(!fault.words.is_empty());
    }
    let canonical = body.canonical().unwrap();
    let kept: Value = serde_json::from_slice(&canonical).unwrap();
    let again = Body::read(form, &kept, TODAY).unwrap();
    assert_eq!(
        again.canonical().unwrap(),
        canonical,
        "read again it is another"
    );
    let parts: Vec<Carried> = form
        .parts(&body)
        .iter()
        .map(|part| Carried::read(&form.write(part).unwrap()).unwrap())
        .collect();
    assert_eq!(form.join(&parts), body, "its parts are another");
    for share in form.completeness(&body) {
        assert!(share.answered <= share.required);
    }
    let _ = (
        form.missing(&body),
        form.unasked(&body),
        form.sent_for(&body),
    );
    let _ = Carried::read(bytes);
}

/// A Word file; or, after a first zero, the text of one.
pub fn docx(bytes: &[u8]) {
    let packed;
    let bytes = match bytes {
        [0, text @ ..] => {
            packed = word(text);
            &packed
        }
        _ => bytes,
    };
    let Ok(filled) = Filled::open(bytes) else {
        return;
    };
    let form = form();
    let Ok(given) = filled.answers(form) else {
        return;
    };
    let (body, _) = Body::gather(form, &given, TODAY);
    let again = write(form, &body).unwrap();
    let again = Filled::open(&again).unwrap().answers(form).unwrap();
    let again = Body::read(form, &again, TODAY).unwrap();
    assert_eq!(again, body, "written and read again it is another");
}

/// A Word file around a text.
fn word(text: &[u8]) -> Vec<u8> {
    const TYPES: &[u8] = b"<Types>wordprocessingml</Types>";
    const CUSTOM: &[u8] = b"<Properties><property name=\"Gateway form\"><lpwstr>annex-f version 1</lpwstr></property></Properties>";
    let mut bytes = Cursor::new(Vec::new());
    let mut archive = ZipArchiveWriter::new(&mut bytes);
    for (name, part) in [
        ("[Content_Types].xml", TYPES),
        ("docProps/custom.xml", CUSTOM),
        ("word/document.xml", text),
    ] {
        let file = archive.new_file(name);
        let file = file.compression_method(CompressionMethod::DEFLATE);
        let (mut entry, config) = file.start().unwrap();
        let deflate = DeflateEncoder::new(&mut entry, flate2::Compression::fast());
        let mut writer = config.wrap(deflate);
        writer.write_all(part).unwrap();
        let (deflate, output) = writer.finish().unwrap();
        deflate.finish().unwrap();
        entry.finish(output).unwrap();
    }
    archive.finish().unwrap();
    bytes.into_inner()
}

/// Rows from a spreadsheet: what is taken is an answer to the form.
pub fn paste(bytes: &[u8]) {
    let tables = [
        "behaviour.adjudications",
        "substance.tests",
        "contacts.visitors",
    ];
    let (first, bytes) = bytes.split_first().unwrap_or((&0, &[]));
    let table = tables[usize::from(*first) % tables.len()];
    let form = form();
    let pasted = form.paste(table, bytes, TODAY);
    for fault in &pasted.faults {
        assert!(!fault.to_string().is_empty());
    }
    let sheet = SheetText::read(bytes);
    if !pasted.faults.is_empty() {
        return;
    }
    assert!(bytes.len() <= PASTE_BYTES);
    let (section, field) = table.split_once('.').unwrap();
    Body::read(form, &json!({section: {field: pasted.rows}}), TODAY).unwrap();
    // The same text, with its mark, gives the same.
    let marked = format!("\u{feff}{}", sheet.unwrap().text);
    assert_eq!(form.paste(table, marked.as_bytes(), TODAY), pasted);
}

/// A form's definition: one that reads can be asked, checked and written.
pub fn definition(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let Ok(form) = Definition::read(text) else {
        return;
    };
    assert_eq!(form.schema()["$id"], format!("/schemas/{}.json", form.id));
    let body = Body::read(&form, &form.example(), TODAY).unwrap();
    let word = write(&form, &body).unwrap();
    let filled = Filled::open(&word).unwrap().answers(&form).unwrap();
    let again = Body::read(&form, &filled, TODAY).unwrap();
    assert_eq!(again, body, "its Word file says something else");
}

/// A batch, its first byte the bound of a line: each line that has anything on it is told with its
/// number, one that is too long as such, and the others read by themselves as they do among others.
pub fn batch(bytes: &[u8]) {
    let (first, bytes) = bytes.split_first().unwrap_or((&0, &[]));
    let longest = 1 + usize::from(*first) * 16;
    let pieces: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
    let count = pieces.len();
    let told = pieces.iter().enumerate();
    let told = told.filter(|(_, text)| !text.trim_ascii().is_empty());
    let mut batch = Batch::within(BufReader::with_capacity(7, bytes), longest as u64);
    for (n, text) in told {
        let line = batch.next_line().unwrap().unwrap();
        assert_eq!(line.number, n as u64 + 1);
        let given = line.read::<Value>();
        if text.len() >= longest {
            assert_eq!(given, Err(LineError::TooLong), "{} of {count}", n + 1);
            continue;
        }
        let alone = Batch::new(*text).next_line().unwrap().unwrap();
        assert_eq!((&alone.digest, &alone.read()), (&line.digest, &given));
        if let Ok(given) = given {
            answers(given["answers"].to_string().as_bytes());
        }
    }
    assert!(batch.next_line().unwrap().is_none());
    assert_eq!(batch.read(), bytes.len() as u64);
}
