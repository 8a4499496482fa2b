//! Rows of a table from a spreadsheet: pasted text, tabs between the cells, or a CSV file as
//! spreadsheets save it. What comes out goes through [`crate::Body::gather`] like any other answer.

use std::fmt;

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};
use jiff::civil::Date;
use serde_json::{Map, Value};

use crate::answer::{ROWS, Reader};
use crate::definition::{Definition, Field, Kind};

/// The largest text or file, bytes.
pub const PASTE_BYTES: usize = 10 * 1024 * 1024;

/// What was read of a spreadsheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pasted {
    /// A list of rows, each as its columns: the field's answer. With faults, what is right of it
    /// and what is not, as it was given.
    pub rows: Value,
    /// What is wrong, in the order of the lines.
    pub faults: Vec<PasteFault>,
}

/// Something wrong in a spreadsheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasteFault {
    /// The line of the text, from 1; none where it is about all of it.
    pub line: Option<u64>,
    /// The column's label.
    pub column: Option<String>,
    /// What is wrong, and what would be right; never what was given.
    pub words: String,
}

impl fmt::Display for PasteFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.line, &self.column) {
            (Some(line), Some(column)) => write!(f, "Line {line}, {column}: {}", self.words),
            (Some(line), None) => write!(f, "Line {line}: {}", self.words),
            (None, _) => f.write_str(&self.words),
        }
    }
}

/// A record of the text: the line that it begins on, and its cells.
struct Record {
    line: u64,
    cells: Vec<String>,
}

impl Definition {
    /// Reads the rows of the table at a path, `section.field`, from pasted text or a CSV file.
    pub fn paste(&self, path: &str, bytes: &[u8], today: Date) -> Pasted {
        let field = self.field(path).map(|(_, field)| field);
        let Some(field) = field.filter(|field| field.kind == Kind::Rows) else {
            return Pasted::refused("there is no such table");
        };
        if bytes.len() > PASTE_BYTES {
            let size = bytes.len().div_ceil(1024 * 1024);
            return Pasted::refused(format!("this is {size} MB: give at most 10 MB"));
        }
        let sheet = match SheetText::read(bytes) {
            Ok(sheet) => sheet,
            Err(words) => return Pasted::refused(words),
        };
        match records(&sheet.text) {
            Ok(records) => rows(self, field, &records, today),
            Err(count) => Pasted::refused(format!(
                "these are {count} rows: give at most {ROWS}, the newest for example"
            )),
        }
    }
}

impl Pasted {
    fn refused(words: impl Into<String>) -> Self {
        Self {
            rows: Value::Array(Vec::new()),
            faults: vec![PasteFault {
                line: None,
                column: None,
                words: words.into(),
            }],
        }
    }
}

/// The text of a spreadsheet's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SheetText {
    /// Its text.
    pub text: String,
    /// It says nowhere how it is written, and was read as Windows writes it in the West: letters
    /// with accents may be others.
    pub is_guessed: bool,
}

impl SheetText {
    /// Reads it: by its mark (UTF-8 or UTF-16), as UTF-8, or else as spreadsheets in the West
    /// write it (Windows-1252, WHATWG Encoding Standard).
    ///
    /// # Errors
    /// Words for whoever chose the file, where it is no text.
    pub fn read(bytes: &[u8]) -> Result<Self, &'static str> {
        if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"\xd0\xcf\x11\xe0") {
            return Err(
                "this is a workbook, and not a CSV file: in the spreadsheet, save it as CSV",
            );
        }
        let (encoding, start) = Encoding::for_bom(bytes).unwrap_or_else(|| {
            let is_utf_8 = std::str::from_utf8(bytes).is_ok();
            (if is_utf_8 { UTF_8 } else { WINDOWS_1252 }, 0)
        });
        let bytes = bytes.get(start..).unwrap_or_default();
        let (text, is_broken) = encoding.decode_without_bom_handling(bytes);
        let hidden = |c: char| c.is_control() && !matches!(c, '\t' | '\r' | '\n' | '\u{c}');
        if is_broken || text.contains(hidden) {
            return Err(
                "this file is not text that can be read: in the spreadsheet, save it as CSV (UTF-8)",
            );
        }
        Ok(Self {
            text: text.into_owned(),
            is_guessed: encoding == WINDOWS_1252,
        })
    }
}

/// The records that are not empty; their count where they are too many (the header apart).
fn records(text: &str) -> Result<Vec<Record>, usize> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter(text))
        .from_reader(text.as_bytes());
    let (mut records, mut count) = (Vec::new(), 0);
    let mut record = csv::StringRecord::new();
    while reader.read_record(&mut record).unwrap_or(false) {
        if record.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        count += 1;
        if count <= ROWS + 1 {
            records.push(Record {
                line: record.position().map_or(0, |position| line(text, position)),
                cells: record.iter().map(|cell| cell.trim().to_owned()).collect(),
            });
        }
    }
    match count <= ROWS + 1 {
        true => Ok(records),
        false => Err(count),
    }
}

/// The line that a record begins on: empty lines before it count as it to the reader.
fn line(text: &str, position: &csv::Position) -> u64 {
    let start = usize::try_from(position.byte()).unwrap_or(usize::MAX);
    let rest = text.as_bytes().get(start..).unwrap_or_default();
    let before = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
    let empty = before.filter(|byte| **byte == b'\n').count();
    position.line() + u64::try_from(empty).unwrap_or_default()
}

/// What stands between cells: by what the first record has most of, outside quotes.
fn delimiter(text: &str) -> u8 {
    let (mut quoted, mut begun) = (false, false);
    let (mut tabs, mut semicolons, mut commas) = (0, 0, 0);
    for byte in text.bytes() {
        begun |= !byte.is_ascii_whitespace();
        match byte {
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'\n' if begun => break,
            b'\t' => tabs += 1,
            b';' => semicolons += 1,
            b',' => commas += 1,
            _ => {}
        }
    }
    match (tabs, semicolons > commas) {
        (1.., _) => b'\t',
        (_, true) => b';',
        (_, false) => b',',
    }
}

fn rows(form: &Definition, field: &Field, records: &[Record], today: Date) -> Pasted {
    let mut faults = Vec::new();
    let (columns, records) = match records.split_first() {
        Some((first, rest)) => match header(field, &first.cells) {
            Some(columns) => {
                unknown(field, first, &columns, &mut faults);
                (columns, rest)
            }
            None => (field.columns.iter().map(Some).collect(), records),
        },
        None => return Pasted::refused("there are no rows in it"),
    };
    if records.is_empty() {
        return Pasted::refused("there are no rows below the headings");
    }
    if records.len() > ROWS {
        let count = records.len();
        return Pasted::refused(format!(
            "these are {count} rows: give at most {ROWS}, the newest for example"
        ));
    }
    let read: Vec<Value> = records
        .iter()
        .map(|record| row(form, &columns, record, today, &mut faults))
        .collect();
    Pasted {
        rows: Value::Array(read),
        faults,
    }
}

fn row(
    form: &Definition,
    columns: &[Option<&Field>],
    record: &Record,
    today: Date,
    faults: &mut Vec<PasteFault>,
) -> Value {
    let fault = |column: Option<&Field>, words: String| PasteFault {
        line: Some(record.line),
        column: column.map(|column| column.label.clone()),
        words,
    };
    let beyond = record.cells.get(columns.len()..).unwrap_or_default();
    if beyond.iter().any(|cell| !cell.is_empty()) {
        let words = format!("has more cells than the {} columns", columns.len());
        faults.push(fault(None, words));
    }
    let mut row = Map::new();
    for (column, cell) in columns.iter().zip(&record.cells) {
        let Some(column) = column.filter(|_| !cell.is_empty()) else {
            continue;
        };
        let mut reader = Reader {
            form,
            today,
            faults: Vec::new(),
        };
        let given = Value::String(cell.clone());
        reader.answer(&column.id, column, &given);
        for one in reader.faults {
            faults.push(fault(Some(column), one.words));
        }
        row.insert(column.id.clone(), given);
    }
    Value::Object(row)
}

/// The columns that a first record names, if it is a row of headings: by their labels, by their
/// ids, or by either, and none twice. A row of which less than half is known is no such row.
fn header<'f>(field: &'f Field, cells: &[String]) -> Option<Vec<Option<&'f Field>>> {
    let by_label = |cell: &str| known(field, |column| &column.label, cell);
    let by_id = |cell: &str| known(field, |column| &column.id, cell);
    let either = |cell: &str| by_label(cell).or_else(|| by_id(cell));
    let read = |by: &dyn Fn(&str) -> Option<&'f Field>| -> Vec<Option<&'f Field>> {
        let mut seen: Vec<&str> = Vec::new();
        let mut named = Vec::new();
        for cell in cells {
            let column = by(cell).filter(|column| !seen.contains(&column.id.as_str()));
            seen.extend(column.map(|column| column.id.as_str()));
            named.push(column);
        }
        named
    };
    let count = |columns: &[Option<&Field>]| columns.iter().flatten().count();
    let mut best = read(&by_label);
    for other in [read(&by_id), read(&either)] {
        if count(&other) > count(&best) {
            best = other;
        }
    }
    let given = cells.iter().filter(|cell| !cell.is_empty()).count();
    (count(&best) > 0 && count(&best) * 2 >= given).then_some(best)
}

fn known<'f>(field: &'f Field, name: fn(&Field) -> &String, cell: &str) -> Option<&'f Field> {
    let plain = |text: &str| -> String {
        let letters = text.chars().filter(|c| c.is_alphanumeric());
        letters.flat_map(char::to_lowercase).collect()
    };
    let cell = plain(cell);
    let mut columns = field.columns.iter();
    columns.find(|column| !cell.is_empty() && plain(name(column)) == cell)
}

/// Headings that name no column.
fn unknown(
    field: &Field,
    first: &Record,
    columns: &[Option<&Field>],
    faults: &mut Vec<PasteFault>,
) {
    let labels: Vec<&str> = field.columns.iter().map(|one| one.label.as_str()).collect();
    for (n, (cell, column)) in first.cells.iter().zip(columns).enumerate() {
        if column.is_none() && !cell.is_empty() {
            faults.push(PasteFault {
                line: Some(first.line),
                column: None,
                words: format!(
                    "heading {} is none of the columns, or stands there twice: they are {}",
                    n + 1,
                    labels.join(", ")
                ),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::body::Body;

    const ANNEX_F: &str = include_str!("../../../policies/forms/annex-f.toml");
    const TESTS: &str = "substance.tests";

    fn paste(path: &str, bytes: &[u8]) -> Pasted {
        let form = Definition::read(ANNEX_F).unwrap();
        form.paste(path, bytes, Date::constant(2026, 3, 2))
    }

    fn body(path: &str, bytes: &[u8]) -> Body {
        let pasted = paste(path, bytes);
        assert_eq!(pasted.faults, []);
        let (section, field) = path.split_once('.').unwrap();
        let given = json!({section: {field: pasted.rows}});
        let form = Definition::read(ANNEX_F).unwrap();
        Body::read(&form, &given, Date::constant(2026, 3, 2)).unwrap()
    }

    #[test]
    fn the_same_rows_are_read_however_a_spreadsheet_writes_them() {
        let plain = body(
            TESTS,
            b"03/01/2026\tRandom\tPositive\tTHC\n04/01/2026\tRandom\tNegative\n",
        );
        for (other, why) in [
            (&b"03/01/2026,random,positive,THC\r\n04/01/2026,random,negative,\r\n"[..], "CSV"),
            (b"\xef\xbb\xbfDate;Kind;Result;Substance\r\n3 January 2026;Random;Positive;THC\r\n\r\n2026-01-04;Random;Negative;\r\n", "BOM, semicolons, headings"),
            (b"RESULT, date ,\"type\",Substance\nPositive,3-Jan-2026,Random,\"THC\"\nNegative,4-Jan-2026,Random,", "another order"),
            (b"\xff\xfe0\x003\x00/\x000\x001\x00/\x002\x000\x002\x006\x00\t\x00r\x00a\x00n\x00d\x00o\x00m\x00\t\x00p\x00o\x00s\x00i\x00t\x00i\x00v\x00e\x00\t\x00T\x00H\x00C\x00\n\x000\x004\x00/\x000\x001\x00/\x002\x000\x002\x006\x00\t\x00r\x00a\x00n\x00d\x00o\x00m\x00\t\x00n\x00e\x00g\x00a\x00t\x00i\x00v\x00e\x00", "UTF-16"),
        ] {
            assert_eq!(body(TESTS, other), plain, "{why}");
        }
        let latin = paste(TESTS, b"03/01/2026,random,positive,caf\xe9 \x93THC\x94\n");
        assert_eq!(latin.rows[0]["substance"], "café “THC”");
    }

    #[test]
    fn a_file_is_read_as_it_was_written_and_what_is_guessed_is_known() {
        let text = "Name\nZoë Šimić €5";
        let utf_16 = |order: fn(u16) -> [u8; 2]| -> Vec<u8> {
            let units = "\u{feff}".encode_utf16().chain(text.encode_utf16());
            units.flat_map(order).collect()
        };
        for bytes in [
            text.as_bytes().to_vec(),
            format!("\u{feff}{text}").into_bytes(),
            utf_16(u16::to_le_bytes),
            utf_16(u16::to_be_bytes),
        ] {
            let sheet = SheetText::read(&bytes).unwrap();
            assert_eq!((sheet.text.as_str(), sheet.is_guessed), (text, false));
        }
        let windows = SheetText::read(b"Name\nZo\xeb \x8aimi \x805").unwrap();
        assert_eq!(windows.text, "Name\nZoë Šimi €5", "not as Latin-1");
        assert!(windows.is_guessed);
        for (bytes, why) in [
            (&b"PK\x03\x04xl/workbook.xml"[..], "save it as CSV"),
            (b"N\0a\0m\0e\0", "save it as CSV (UTF-8)"),
            (b"\xff\xfe\x00\xd8\x41\x00", "save it as CSV (UTF-8)"),
            (b"Zo\xeb \x81", "save it as CSV (UTF-8)"),
        ] {
            let words = SheetText::read(bytes).unwrap_err();
            assert!(words.ends_with(why), "{words}");
            let pasted = paste(TESTS, bytes);
            assert_eq!(pasted.faults[0].words, words);
        }
    }

    #[test]
    fn headings_that_are_also_ids_of_others_are_read_as_one_kind_of_name() {
        let labels = paste("sentence.dates", b"Date,Is on\nCRD,1/2/2027\n");
        let ids = paste("sentence.dates", b"date,kind\n1/2/2027,CRD\n");
        assert_eq!(labels.rows, json!([{"kind": "CRD", "date": "1/2/2027"}]));
        assert_eq!(labels.rows, ids.rows);
        assert_eq!(labels.faults, []);
    }

    #[test]
    fn what_is_wrong_is_named_by_line_and_column() {
        let pasted = paste(
            TESTS,
            b"Date,Kind,Result,Colour\n\n31/02/2026,Random,Positive,red\n3/1/2026,weekly,Positive,,,x\n",
        );
        let words: Vec<String> = pasted.faults.iter().map(ToString::to_string).collect();
        assert_eq!(
            words,
            [
                "Line 1: heading 4 is none of the columns, or stands there twice: they are Date, Kind, Result, Substance",
                "Line 3, Date: enter a real date, such as 27 3 2026",
                "Line 4: has more cells than the 4 columns",
                "Line 4, Kind: choose one of random, suspicion, risk, reception, frequent",
            ]
        );
        assert_eq!(pasted.rows.as_array().unwrap().len(), 2);
    }

    #[test]
    fn too_much_is_refused_with_the_count() {
        let many = "3/1/2026,random,negative\n".repeat(10_000);
        let words = |pasted: &Pasted| pasted.faults[0].to_string();
        let refused = paste(TESTS, many.as_bytes());
        assert!(words(&refused).starts_with("these are 10000 rows: give at most 1000"));
        let just = "3/1/2026,random,negative\n".repeat(ROWS);
        assert_eq!(paste(TESTS, just.as_bytes()).faults, []);
        let over = "3/1/2026,random,negative\n".repeat(ROWS + 1);
        assert!(words(&paste(TESTS, over.as_bytes())).starts_with("these are 1001 rows"));
        let large = vec![b'x'; PASTE_BYTES + 1];
        assert_eq!(
            words(&paste(TESTS, &large)),
            "this is 11 MB: give at most 10 MB"
        );
        assert_eq!(words(&paste(TESTS, b"\n\n")), "there are no rows in it");
        assert_eq!(
            words(&paste(TESTS, b"Date,Kind\n")),
            "there are no rows below the headings"
        );
        assert_eq!(words(&paste("health.held", b"x")), "there is no such table");
    }
}
