//! Outlook's own form of a mail (`winmail.dat`), as all that a mail holds.
#![no_main]

use gateway_email::{Limits, Note, read};
use libfuzzer_sys::fuzz_target;

const BEFORE: &[u8] = b"From: s.ali@police.example\r\n\
Content-Type: application/ms-tnef; name=\"winmail.dat\"\r\n\r\n";

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits {
        parts: 50,
        decoded_bytes: 128 * 1024,
        ..Limits::default()
    };
    let Ok(mail) = read(&[BEFORE, bytes].concat(), &limits) else {
        return;
    };
    let parts = mail.parts.iter();
    let held: usize = parts.map(|part| part.bytes.reveal().len()).sum();
    assert!(held <= limits.decoded_bytes, "more than a mail may hold");
    assert!(mail.parts.len() < limits.parts, "more parts than counted");
    for part in &mail.parts {
        let name = part.name.reveal();
        assert!(!name.is_empty() && !name.contains(['/', '\\', '\n', '\0']));
        if part.notes.contains(&Note::TnefInPart) {
            assert!(mail.parts.len() > 1 || !mail.text.reveal().is_empty());
        }
    }
});
