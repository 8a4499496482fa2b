//! A header section: addresses, threads, titles.
#![no_main]

use gateway_email::{Address, Limits, ThreadRef, agency_of, read};
use libfuzzer_sys::fuzz_target;

const DOMAIN: &str = "gateway.example";

fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = std::str::from_utf8(bytes) {
        if let Some(address) = Address::parse(text) {
            let again = Address::parse(address.reveal());
            assert!(
                again.is_some_and(|again| again.same(&address)),
                "an address that does not read back"
            );
            let _ = agency_of(&address, DOMAIN);
        }
        if let Some(thread) = ThreadRef::from_message_id(text, DOMAIN) {
            let again = ThreadRef::from_message_id(&thread.message_id(DOMAIN), DOMAIN);
            assert_eq!(again, Some(thread), "a thread that does not read back");
        }
    }
    let mail = [bytes, b"\r\n\r\nwords\r\n"].concat();
    let Ok(mail) = read(&mail, &Limits::default()) else {
        return;
    };
    let _ = mail.headers.addressed_to(DOMAIN);
    let _ = mail.headers.threads(DOMAIN);
    let _ = mail.headers.title();
});
