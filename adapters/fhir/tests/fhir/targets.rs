//! What is looked for in any bytes at all, here and by the fuzzer.

use std::io;

use gateway_fhir::{Limits, Message, ReadError, Reader, Sink, Systems, Writer};
use jiff::civil::date;

/// Counts what it is given.
#[derive(Default)]
struct Counting {
    total: u64,
}

impl Sink for Counting {
    fn begin(&mut self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        assert!(bytes.len() <= 48 * 1024, "more at once than said");
        self.total += bytes.len() as u64;
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A message from outside is read, or refused with what is wrong.
pub fn message(bytes: &[u8]) {
    let systems = Systems::new("https://gateway.example/fhir").unwrap();
    let limits = Limits {
        structure: 64 * 1024,
        values: 2_000,
        ..Limits::default()
    };
    let reader = Reader::new(systems.clone(), limits, date(2026, 3, 2));
    let mut sink = Counting::default();
    match reader.message(bytes, &mut sink) {
        // What was read as a request is written and read as the same.
        Ok(Message::Request(request)) => {
            let text = Writer::new(systems).task(&request).to_text().unwrap();
            let again = reader.message(text.as_bytes(), &mut sink).unwrap();
            assert_eq!(again, Message::Request(request));
        }
        Ok(Message::Answer(answer)) => {
            let sizes: u64 = answer.documents.iter().map(|document| document.size).sum();
            assert_eq!(sizes, sink.total, "a document that the sink was not given");
        }
        Err(ReadError::Refused(outcome)) => {
            assert!(!outcome.issues().is_empty() && outcome.issues().len() <= 50);
        }
        Err(ReadError::Io(error)) => panic!("nothing failed: {error}"),
    }
}
