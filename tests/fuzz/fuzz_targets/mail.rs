//! A whole mail as it comes: its S/MIME layer, its parts, its details and its items.
#![no_main]

use gateway_email::{Limits, claims, details, layer, read};
use jiff::civil::date;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits::default();
    let _ = layer(bytes, &limits);
    let Ok(mail) = read(bytes, &limits) else {
        return;
    };
    let context = details::Context {
        today: date(2026, 1, 1),
        domain: "gateway.example",
    };
    let reading = details::read(mail.text.reveal(), &context);
    let (claims, _) = claims::claims(&mail, &reading);
    for claim in claims {
        if let claims::Content::Part(at) = claim.content {
            assert!(at < mail.parts.len(), "an item of a part that is not there");
        }
    }
});
