//! Attachments go through piece by piece.

use std::io::{self, Read, Write};

use gateway_fhir::codes::HealthCategory;
use gateway_fhir::{Answer, Cause, Limits, Message, ReadError, Reader, Sink, Source};

use crate::samples::{answer, document, read, reader, systems, today, writer, written};

/// Looks at how much comes at once, and keeps nothing.
#[derive(Default)]
struct Counting {
    total: u64,
    most: usize,
    ended: bool,
}

impl Sink for Counting {
    fn begin(&mut self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.total += bytes.len() as u64;
        self.most = self.most.max(bytes.len());
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        self.ended = true;
        Ok(())
    }
}

const MIB: u64 = 1024 * 1024;

/// Noughts.
struct Noughts(u64);

impl Source for Noughts {
    fn open(&mut self, _: usize) -> io::Result<Box<dyn Read + '_>> {
        Ok(Box::new(io::repeat(0).take(self.0)))
    }
}

/// Sees how much is written, and at most how much at once.
#[derive(Default)]
struct Seen {
    total: u64,
    most: usize,
}

impl Write for Seen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.total += bytes.len() as u64;
        self.most = self.most.max(bytes.len());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// An answer whose document has so many noughts, as text, and a hash that is not looked at.
fn large(bytes: u64) -> (Vec<u8>, Vec<u8>) {
    let mut document = document(0, b"x", HealthCategory::Risk);
    document.size = bytes;
    let answer = Answer {
        documents: vec![document],
        ..answer()
    };
    let text = String::from_utf8(written(&writer().answer_message(&answer), &[vec![0]])).unwrap();
    let (before, after) = text.split_once(r#""data":"AA==""#).unwrap();
    let before = format!(r#"{before}"data":""#);
    (before.into_bytes(), format!("\"{after}").into_bytes())
}

#[test]
fn a_document_of_two_hundred_megabytes_of_base64_streams_to_the_sink() {
    let characters = 200 * MIB;
    let (before, after) = large(characters / 4 * 3);
    let data = io::repeat(b'A').take(characters);
    let input = before.as_slice().chain(data).chain(after.as_slice());
    let mut sink = Counting::default();
    let result = reader().message(input, &mut sink);
    assert_eq!(sink.total, 150 * MIB);
    assert!(sink.most <= 48 * 1024 && sink.ended);
    // Its hash was made up, and that is what is wrong with it.
    let Err(ReadError::Refused(outcome)) = result else {
        panic!("the hash was not looked at");
    };
    assert_eq!(outcome.issues().len(), 1, "{outcome}");
    assert!(
        outcome.issues()[0]
            .expression
            .ends_with("attachment.extension[0]")
    );
}

#[test]
fn a_document_larger_than_may_be_is_refused_before_its_end() {
    let limits = Limits {
        attachment: MIB,
        ..Limits::default()
    };
    let (before, after) = large(1);
    let data = io::repeat(b'A').take(100 * MIB);
    let input = before.as_slice().chain(data).chain(after.as_slice());
    let mut sink = Counting::default();
    let result = Reader::new(systems(), limits, today()).message(input, &mut sink);
    let Err(ReadError::Refused(outcome)) = result else {
        panic!("it was read");
    };
    assert!(outcome.has(Cause::TooMuch), "{outcome}");
    assert!(sink.total < 2 * MIB && !sink.ended);
}

#[test]
fn a_document_is_written_from_its_source_piece_by_piece() {
    let mut seen = Seen::default();
    let message = writer().answer_message(&answer());
    message.write_to(&mut seen, &mut Noughts(64 * MIB)).unwrap();
    assert!(seen.total > 64 * MIB / 3 * 4);
    assert!(seen.most <= 64 * 1024, "{}", seen.most);
}

#[test]
fn a_sink_that_fails_is_no_refusal() {
    let bytes = written(&writer().answer_message(&answer()), &[vec![0]]);
    let result = reader().message(bytes.as_slice(), &mut gateway_fhir::NoAttachments);
    assert!(matches!(result, Err(ReadError::Io(_))));
}

#[test]
fn a_reader_that_fails_is_no_refusal() {
    struct Failing;
    impl Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::ErrorKind::ConnectionReset.into())
        }
    }
    let input = br#"{"resourceType":"#.chain(Failing);
    let result = reader().message(input, &mut Counting::default());
    assert!(matches!(result, Err(ReadError::Io(_))));
}

#[test]
fn a_document_may_stand_in_the_payload_itself() {
    let text = String::from_utf8(written(&writer().communication(&answer()), &[vec![0]])).unwrap();
    let mut json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let category = json["payload"][0]["extension"][2].clone();
    json["payload"].as_array_mut().unwrap().pop();
    json["payload"]
        .as_array_mut()
        .unwrap()
        .push(serde_json::json!({
            "extension": [category],
            "contentAttachment": {"contentType": "text/plain", "title": "Note", "data": "QUJD"}
        }));
    json["contained"]
        .as_array_mut()
        .unwrap()
        .retain(|inner| inner["resourceType"] != "DocumentReference");
    let (message, bytes) = read(json.to_string().as_bytes()).unwrap();
    let Message::Answer(answer) = message else {
        panic!("a request");
    };
    assert_eq!(bytes, [b"ABC".to_vec()]);
    assert_eq!(answer.documents[0].media_type, "text/plain");
    assert_eq!(answer.documents[0].size, 3);
}
