use std::io;

use super::*;

/// Keeps what it is given.
#[derive(Default)]
struct Kept(Vec<Vec<u8>>);

impl Sink for Kept {
    fn begin(&mut self, index: usize) -> io::Result<()> {
        assert_eq!(index, self.0.len());
        self.0.push(Vec::new());
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.last_mut().unwrap().extend_from_slice(bytes);
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn with(text: &[u8], limits: &Limits) -> Result<(Json, Vec<Vec<u8>>), Issue> {
    let mut sink = Kept::default();
    match read(text, limits, &mut sink) {
        Ok(parsed) => Ok((parsed.value, sink.0)),
        Err(ReadError::Refused(outcome)) => Err(outcome.issues()[0].clone()),
        Err(ReadError::Io(error)) => panic!("{error}"),
    }
}

fn parse(text: &str) -> Result<(Json, Vec<Vec<u8>>), Issue> {
    with(text.as_bytes(), &Limits::default())
}

#[test]
fn json_is_read_as_it_is_written() {
    let text = r#"{"a":[1,-2.50e+3,true,false,null],"b":{"c":"\u00e9 \ud83d\ude00 \"\\\/\n"}}"#;
    let (value, _) = parse(&format!(" \n{text}\t ")).unwrap();
    assert_eq!(
        value.to_text().unwrap(),
        r#"{"a":[1,-2.50e+3,true,false,null],"b":{"c":"é 😀 \"\\/\n"}}"#
    );
}

#[test]
fn what_is_not_json_or_not_as_fhir_writes_it_is_refused() {
    for wrong in [
        "",
        " ",
        "[]",
        "null",
        "\"a\"",
        "{",
        "{}",
        r#"{"a"}"#,
        r#"{"a":}"#,
        r#"{"a":1"#,
        r#"{"a":1,}"#,
        r#"{"a":[]}"#,
        r#"{"a":[1,]}"#,
        r#"{"a":{}}"#,
        r#"{"a":01}"#,
        r#"{"a":1.}"#,
        r#"{"a":-}"#,
        r#"{"a":+1}"#,
        r#"{"a":1e}"#,
        r#"{"a":tru}"#,
        r#"{"a":"\x"}"#,
        r#"{"a":"\ud800"}"#,
        r#"{"a":"\ud800\u0041"}"#,
        r#"{"a":"\udc00"}"#,
        r#"{"a":"\u00zz"}"#,
        "{\"a\":\"\n\"}",
        r#"{"a":1,"a":2}"#,
        r#"{"a":1} {"b":2}"#,
        "\u{feff}{\"a\":1}",
        r"{'a':1}",
        r#"{"a":"b"#,
        r#"{"a":NaN}"#,
        r#"{"a":11111111111111111111111111111111111111111}"#,
    ] {
        assert_eq!(parse(wrong).unwrap_err().cause, Cause::Syntax, "{wrong}");
    }
    let wrong = with(b"{\"a\":\"\xff\"}", &Limits::default()).unwrap_err();
    assert_eq!(wrong.cause, Cause::Syntax);
}

#[test]
fn an_issue_says_where_and_stops_before_a_name_that_is_no_elements() {
    let at = |text: &str| parse(text).unwrap_err().expression;
    assert_eq!(at(r#"{"a":[{"b":1},{"b":{"c":x}}]}"#), "a[1].b.c");
    assert_eq!(at(r#"{"a":{"John Smith":{"b":x}}}"#), "a");
}

#[test]
fn every_bound_holds() {
    let tight = Limits {
        whole: 100,
        structure: 60,
        depth: 3,
        values: 5,
        string: 10,
        entries: 1,
        attachments: 1,
        attachment: 8,
    };
    let cause = |text: &str| with(text.as_bytes(), &tight).map_err(|issue| issue.cause);
    assert!(cause(r#"{"a":{"b":["c"]}}"#).is_ok());
    assert_eq!(cause(r#"{"a":{"b":[["c"]]}}"#), Err(Cause::TooMuch));
    assert_eq!(cause(r#"{"a":[1,2,3,4]}"#), Err(Cause::TooMuch));
    assert_eq!(cause(r#"{"a":"12345678901"}"#), Err(Cause::TooLong));
    assert_eq!(cause(r#"{"12345678901":1}"#), Err(Cause::TooLong));
    assert_eq!(cause(&format!("{{{}", " ".repeat(70))), Err(Cause::TooMuch));
    assert_eq!(
        cause(&format!(
            r#"{{"attachment":{{"data":"{}"}}}}"#,
            "QUJD".repeat(40)
        )),
        Err(Cause::TooMuch)
    );
    let two = r#"{"attachment":[{"data":"QUJD"},{"data":"QUJD"}]}"#;
    assert_eq!(cause(two), Err(Cause::TooMuch));
}

#[test]
fn an_attachments_data_goes_to_the_sink_and_no_other_data_does() {
    let text = r#"{"data":"QUJD","content":[{"attachment":{"title":"t","data":"QUJD"}},
        {"attachment":{"data":"QUI=","size":2}}],"sampled":{"data":"1 2 E"}}"#;
    let (value, sunk) = parse(text).unwrap();
    assert_eq!(sunk, [b"ABC".to_vec(), b"AB".to_vec()]);
    assert_eq!(value.get("data").and_then(Json::text), Some("QUJD"));
    let second = value.get("content").unwrap().items()[1].get("attachment");
    let Some(Json::Attachment(attachment)) = second.unwrap().get("data") else {
        panic!("not streamed");
    };
    assert_eq!((attachment.index, attachment.size), (1, 2));
    assert_eq!(
        attachment.sha256,
        "38164fbd17603d73f696b8b4d72664d735bb6a7c88577687fd2ae33fd6964153"
    );
}

#[test]
fn base64_may_be_broken_into_lines_and_its_slashes_escaped() {
    let text = r#"{"attachment":{"data":"\/\/\u002F\/ AA\r\nAA\u002bw\u003d="}}"#;
    let (_, sunk) = parse(text).unwrap();
    assert_eq!(sunk, [[255, 255, 255, 0, 0, 0, 251].to_vec()]);
}

#[test]
fn what_is_not_base64_is_refused() {
    for wrong in [
        "",
        "Q",
        "QUI",
        "QUJD=",
        "QQ==QUJD",
        "QU-_",
        "Q\\\"",
        "\\u0100AAA",
        "é",
    ] {
        let text = format!(r#"{{"attachment":{{"data":"{wrong}"}}}}"#);
        let issue = parse(&text).unwrap_err();
        assert_eq!(issue.cause, Cause::BadValue, "{wrong}");
        assert_eq!(issue.expression, "attachment.data");
    }
    // Padding at the end of a piece, and more after it.
    let long = format!("{}QQ=={}", "AAAA".repeat(16_383), "AAAA");
    let text = format!(r#"{{"attachment":{{"data":"{long}"}}}}"#);
    assert_eq!(parse(&text).unwrap_err().cause, Cause::BadValue);
}

#[test]
fn a_reader_that_gives_a_byte_at_a_time_is_read_the_same() {
    struct Slow<'a>(&'a [u8]);
    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let n = self.0.len().min(1);
            buffer[..n].copy_from_slice(&self.0[..n]);
            self.0 = &self.0[n..];
            Ok(n)
        }
    }
    let text = r#"{"a":"\ud83d\ude00","attachment":{"data":"QUJ\/RA=="}}"#;
    let mut sink = Kept::default();
    let slow = read(Slow(text.as_bytes()), &Limits::default(), &mut sink).unwrap();
    assert_eq!(slow.value, parse(text).unwrap().0);
}

#[test]
fn debug_shows_nothing_of_what_was_said() {
    let (value, _) = parse(r#"{"family":"Secret"}"#).unwrap();
    assert!(!format!("{value:?}").contains("Secret"));
}
