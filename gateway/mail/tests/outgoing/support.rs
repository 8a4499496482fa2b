//! Mails to compose, and programs that read them.

use std::io::Write;
use std::process::{Command, Stdio};

use gateway_mail::compose::{Attachment, Head};
use jiff::Timestamp;

/// The time at which everything here is made.
pub fn now() -> Timestamp {
    "2026-11-24T12:00:00Z".parse().unwrap()
}

pub fn head() -> Head {
    Head {
        from_name: Some("MAPPA gateway".to_owned()),
        from: "gateway@gateway.example".to_owned(),
        to: vec!["spoc@housing.example".to_owned()],
        subject: "Something waits [ref 0193-abc]".to_owned(),
        date: now(),
        message_id: "0193abc@gateway.example".to_owned(),
        extra: vec![("Auto-Submitted", "auto-generated".to_owned())],
    }
}

pub fn file(name: &str, bytes: &[u8]) -> Attachment {
    Attachment {
        name: name.to_owned(),
        media_type: "application/pdf".to_owned(),
        bytes: bytes.to_vec(),
    }
}

/// Runs a program to its end; what it wrote, if it was a success.
pub fn run(program: &str, arguments: &[&str], input: &[u8]) -> Result<Vec<u8>, String> {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|_| panic!("these tests need `{program}`: install it"));
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writer = std::thread::spawn(move || {
        // A program that has seen enough may be gone already.
        let _ = stdin.write_all(&input);
    });
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

pub fn python(script: &str, input: &[u8]) -> serde_json::Value {
    let output = run("python3", &["-c", script], input).unwrap();
    serde_json::from_slice(&output).unwrap()
}

/// All is 7-bit, lines end in CRLF and only there, and none is over 998 octets.
pub fn assert_on_the_wire(mail: &[u8]) {
    assert!(mail.is_ascii(), "7-bit");
    assert!(!mail.contains(&0), "no NUL");
    assert!(mail.ends_with(b"\r\n"));
    let text = std::str::from_utf8(mail).unwrap();
    for line in text.split_terminator("\r\n") {
        assert!(line.len() <= 998, "{} octets", line.len());
        assert!(!line.contains(['\r', '\n']), "{line:?}");
    }
}
