//! A report about a mail that was sent: what comes is the machine's part of it.
#![no_main]

use gateway_email::{Limits, read};
use libfuzzer_sys::fuzz_target;

const BEFORE: &[u8] = b"From: mailer-daemon@relay.example\r\n\
To: reply@gateway.example\r\n\
Content-Type: multipart/report; report-type=delivery-status; boundary=\"=b\"\r\n\r\n\
--=b\r\nContent-Type: text/plain\r\n\r\nIt was not delivered.\r\n\
--=b\r\nContent-Type: message/delivery-status\r\n\r\n";
const AFTER: &[u8] = b"\r\n--=b\r\nContent-Type: text/rfc822-headers\r\n\r\n\
Message-ID: <x@gateway.example>\r\n\r\n--=b--\r\n";

fuzz_target!(|bytes: &[u8]| {
    for mail in [bytes.to_vec(), [BEFORE, bytes, AFTER].concat()] {
        let Ok(mail) = read(&mail, &Limits::default()) else {
            continue;
        };
        if let Some(report) = mail.report {
            assert!(
                report.recipients.len() <= 500,
                "more recipients than are read"
            );
            for recipient in &report.recipients {
                let _ = recipient.is_final();
            }
        }
    }
});
