//! Debian's `age` opens what we seal, and seals what we open.

use gateway_seal::{Identity, ItemKey, Recipient, open_bytes, seal_bytes, unwrap, wrap};
use secrecy::ExposeSecret;
use tempfile::TempDir;

use crate::support::{key_file, run};

/// More than one chunk of 64 KiB.
fn report() -> Vec<u8> {
    (0..=255).cycle().take(200_001).collect()
}

#[test]
fn an_agency_opens_its_wrap_and_then_the_body_with_age_alone() {
    let folder = TempDir::new().unwrap();
    let agency = Identity::generate_classic();
    let item = ItemKey::generate();
    let body = seal_bytes(&item, &report()).unwrap();
    let wrap = wrap(&item, &agency.to_recipient().unwrap()).unwrap();

    let reader_key = key_file(
        &folder,
        "reader.key",
        agency.to_text().unwrap().expose_secret(),
    );
    let item_text = run("age", &[&"-d", &"-i", &reader_key], &wrap);
    let item_key = folder.path().join("item.key");
    std::fs::write(&item_key, &item_text).unwrap();
    assert_eq!(run("age", &[&"-d", &"-i", &item_key], &body), report());
}

#[test]
fn we_open_a_body_that_age_sealed_to_an_item_key() {
    let folder = TempDir::new().unwrap();
    let item = ItemKey::generate();
    let item_key = key_file(&folder, "item.key", item.to_text().expose_secret());
    let body = run("age", &[&"-e", &"-i", &item_key], &report());
    assert_eq!(*open_bytes(&item, &body).unwrap(), report());
}

#[test]
fn we_open_a_wrap_that_age_made_with_keys_that_age_made() {
    let folder = TempDir::new().unwrap();
    let made = String::from_utf8(run("age-keygen", &[], b"")).unwrap();
    let secret = made
        .lines()
        .find(|line| line.starts_with("AGE-SECRET-KEY-1"))
        .unwrap();
    let agency: Identity = secret.parse().unwrap();
    let agency_key = key_file(&folder, "agency.key", secret);
    let public = String::from_utf8(run("age-keygen", &[&"-y", &agency_key], b"")).unwrap();
    let public: Recipient = public.trim_end().parse().unwrap();
    assert_eq!(agency.to_recipient().unwrap(), public);

    let item = ItemKey::generate();
    let item_text = item.to_text();
    let line = format!("{}\n", item_text.expose_secret());
    let wrap = run("age", &[&"-r", &public.to_string()], line.as_bytes());
    let got = unwrap(&agency, &wrap).unwrap();
    assert_eq!(got.to_text().expose_secret(), item_text.expose_secret());
}
