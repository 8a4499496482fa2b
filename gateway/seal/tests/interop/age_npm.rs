//! npm `age-encryption` opens our post-quantum wraps and our bodies, and we open its.

use gateway_seal::{Identity, ItemKey, Recipient, open_bytes, seal_bytes, unwrap, wrap};
use secrecy::ExposeSecret;
use tempfile::TempDir;

use crate::support::{key_file, peers, run};

#[test]
fn a_reader_opens_a_post_quantum_wrap_and_then_the_body() {
    let folder = TempDir::new().unwrap();
    let script = peers().join("seal_age.mjs");
    let reader = Identity::generate().unwrap();
    let item = ItemKey::generate();
    let body = seal_bytes(&item, b"A clinical report.").unwrap();
    let wrap = wrap(&item, &reader.to_recipient().unwrap()).unwrap();

    let reader_key = key_file(
        &folder,
        "reader.key",
        reader.to_text().unwrap().expose_secret(),
    );
    let item_text = run("node", &[&script, &"decrypt", &reader_key], &wrap);
    let item_key = folder.path().join("item.key");
    std::fs::write(&item_key, &item_text).unwrap();
    assert_eq!(
        run("node", &[&script, &"decrypt", &item_key], &body),
        b"A clinical report."
    );
}

#[test]
fn we_open_a_post_quantum_wrap_made_elsewhere_with_keys_made_elsewhere() {
    let script = peers().join("seal_age.mjs");
    let made = String::from_utf8(run("node", &[&script, &"keygen"], b"")).unwrap();
    let (secret, public) = made.trim_end().split_once('\n').unwrap();
    let reader: Identity = secret.parse().unwrap();
    let recipient: Recipient = public.parse().unwrap();
    assert!(recipient.is_post_quantum());
    assert_eq!(reader.to_recipient().unwrap(), recipient);

    let item = ItemKey::generate();
    let item_text = item.to_text();
    let wrap = run(
        "node",
        &[&script, &"encrypt", &public],
        item_text.expose_secret().as_bytes(),
    );
    let got = unwrap(&reader, &wrap).unwrap();
    assert_eq!(got.to_text().expose_secret(), item_text.expose_secret());
}

#[test]
fn both_derive_the_same_recipient_and_the_same_body() {
    let folder = TempDir::new().unwrap();
    let script = peers().join("seal_age.mjs");
    let reader = Identity::generate().unwrap();
    let reader_key = key_file(
        &folder,
        "reader.key",
        reader.to_text().unwrap().expose_secret(),
    );
    let public =
        String::from_utf8(run("node", &[&script, &"recipient", &reader_key], b"")).unwrap();
    assert_eq!(
        public.trim_end(),
        reader.to_recipient().unwrap().to_string()
    );

    let item = ItemKey::generate();
    let item_key = key_file(&folder, "item.key", item.to_text().expose_secret());
    let item_public = run("node", &[&script, &"recipient", &item_key], b"");
    let item_public = String::from_utf8(item_public).unwrap();
    let body = run(
        "node",
        &[&script, &"encrypt", &item_public.trim_end()],
        b"A report.",
    );
    assert_eq!(open_bytes(&item, &body).unwrap().as_slice(), b"A report.");
}
