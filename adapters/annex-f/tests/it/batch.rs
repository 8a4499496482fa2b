//! The lines of a batch, told apart.

use gateway_annex_f::{Batch, BatchLine, LINE_BYTES, LineError};
use serde::Deserialize;
use serde_json::{Value, json};

fn lines(text: &str) -> Vec<BatchLine> {
    let mut batch = Batch::new(text.as_bytes());
    let mut lines = Vec::new();
    while let Some(line) = batch.next_line().unwrap() {
        lines.push(line);
    }
    assert_eq!(batch.read(), text.len() as u64);
    lines
}

#[test]
fn lines_are_told_apart_and_a_long_one_costs_no_other() {
    let long = "x".repeat(5 * 1024 * 1024);
    let found = lines(&format!("{{}}\r\n\n{long}\n {{}}\n\"last\""));
    let numbers: Vec<u64> = found.iter().map(|line| line.number).collect();
    assert_eq!(numbers, [1, 3, 4, 5]);
    assert_eq!(
        found[0].digest, found[2].digest,
        "white space around it is no other row"
    );
    assert_eq!(found[1].read::<Value>(), Err(LineError::TooLong));
    assert_eq!(found[3].read::<Value>(), Ok(json!("last")));
}

#[test]
fn a_form_behind_much_white_space_is_told_and_white_space_alone_is_none() {
    let blank = " ".repeat(usize::try_from(LINE_BYTES).unwrap() + 100_000);
    let found = lines(&format!("{blank}{{}}\n{blank}\n{{}}\n"));
    let told: Vec<_> = found.iter().map(|one| (one.number, one.read())).collect();
    assert_eq!(
        told,
        [(1, Err(LineError::TooLong)), (3, Ok(json!({})))],
        "it would be lost without a word"
    );
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    answers: Vec<u8>,
}

#[test]
fn what_is_wrong_with_a_line_is_told_without_its_words() {
    let text = r#"{"answers": [1]}
secret
{"answers": ["secret"]}
{"answers": [1]} {"answers": [1]}
{}
"#;
    let read: Vec<_> = lines(text).iter().map(BatchLine::read::<Given>).collect();
    let unfit = |pointer: &str, detail: &str| {
        Err(LineError::Unfit {
            pointer: pointer.to_owned(),
            detail: detail.to_owned(),
        })
    };
    assert_eq!(
        read,
        [
            Ok(Given { answers: vec![1] }),
            Err(LineError::NoJson),
            unfit("/answers/0", "expected u8"),
            Err(LineError::NoJson),
            unfit("/answers", "missing field `answers`"),
        ]
    );
}
