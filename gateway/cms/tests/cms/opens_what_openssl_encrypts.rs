//! Messages that the `openssl` command line encrypts, opened by us.

use crate::support::{MAIL, Pki, pki};
use gateway_cms::{Cipher, KeyPair, Kind, Limits, Opened, Reason, decrypt, kind};
use proptest::prelude::*;

fn open(message: &[u8], who: &str) -> Result<Opened, Reason> {
    open_with(message, &[pki().pair(who)])
}

fn open_with(message: &[u8], keys: &[KeyPair]) -> Result<Opened, Reason> {
    decrypt(message, keys, &Limits::default()).map_err(|error| {
        let said =
            "the message could not be opened: encrypt it to the gateway's present certificate";
        assert_eq!(error.to_string(), said, "every failure says the same");
        error.reason().clone()
    })
}

fn gcm(pki: &Pki, to: &[&str]) -> Vec<u8> {
    pki.encrypted(MAIL, to, &["-aes-256-gcm"], &[])
}

#[test]
fn rsa_and_ec_recipients_open_every_cipher_and_key_transport() {
    let ciphers = [
        ("-aes-128-cbc", Cipher::Aes128Cbc),
        ("-aes-192-cbc", Cipher::Aes192Cbc),
        ("-aes-256-cbc", Cipher::Aes256Cbc),
        ("-aes-128-gcm", Cipher::Aes128Gcm),
        ("-aes-256-gcm", Cipher::Aes256Gcm),
    ];
    let oaep = ["rsa_padding_mode:oaep", "rsa_oaep_md:sha256"];
    let kdf = ["ecdh_kdf_md:sha256"];
    let ways: [(&str, &[&str]); 4] = [
        ("gateway-rsa", &[]),
        ("gateway-rsa", &oaep),
        ("gateway-ec", &[]),
        ("gateway-ec", &kdf),
    ];
    for (option, cipher) in ciphers {
        for (who, keyopt) in ways {
            let message = pki().encrypted(MAIL, &[who], &[option], keyopt);
            let opened = open(&message, who).unwrap();
            assert_eq!(opened.content.as_slice(), MAIL, "{option} {who}");
            assert_eq!(opened.cipher, cipher);
        }
    }
}

#[test]
fn definite_and_streamed_pem_base64_and_whole_parts_open_alike() {
    let pki = pki();
    for stream in ["-stream", "-nodetach"] {
        for form in ["DER", "PEM", "SMIME"] {
            let input = pki.scratch(MAIL);
            let message = pki.openssl(&[
                "cms",
                "-encrypt",
                "-binary",
                "-aes-256-gcm",
                stream,
                "-in",
                &input,
                "-outform",
                form,
                "-recip",
                "gateway-ec.pem",
            ]);
            assert_eq!(
                open(&message, "gateway-ec").unwrap().content.as_slice(),
                MAIL,
                "{form}"
            );
            if form == "SMIME" {
                let text = String::from_utf8(message).unwrap();
                let (_, base64) = text.split_once("\n\n").unwrap();
                assert_eq!(
                    open(base64.as_bytes(), "gateway-ec")
                        .unwrap()
                        .content
                        .as_slice(),
                    MAIL
                );
                let wire = text.replace('\n', "\r\n");
                assert_eq!(
                    open(wire.as_bytes(), "gateway-ec")
                        .unwrap()
                        .content
                        .as_slice(),
                    MAIL
                );
            }
        }
    }
}

#[test]
fn each_of_several_recipients_opens_and_a_key_that_is_not_named_does_not() {
    let pki = pki();
    let message = gcm(pki, &["officer-rsa", "gateway-ec", "gateway-rsa"]);
    for who in ["officer-rsa", "gateway-ec", "gateway-rsa"] {
        assert_eq!(open(&message, who).unwrap().content.as_slice(), MAIL);
    }
    assert_eq!(open(&message, "officer-ec").unwrap_err(), Reason::NotForUs);
    let keys = ["officer-ec", "revoked", "gateway-rsa"].map(|who| pki.pair(who));
    assert_eq!(open_with(&message, &keys).unwrap().key, 2);
    assert_eq!(open_with(&message, &[]).unwrap_err(), Reason::NotForUs);
}

#[test]
fn a_recipient_may_be_named_by_its_key() {
    let pki = pki();
    for who in ["gateway-rsa", "gateway-ec"] {
        let message = pki.encrypted(MAIL, &["officer-ec", who], &["-aes-256-gcm", "-keyid"], &[]);
        assert_eq!(open(&message, who).unwrap().content.as_slice(), MAIL);
    }
}

#[test]
fn nothing_and_a_megabyte_open_too() {
    for content in [Vec::new(), vec![b'x'; 1 << 20]] {
        let message = pki().encrypted(&content, &["gateway-ec"], &["-aes-256-cbc"], &[]);
        assert_eq!(*open(&message, "gateway-ec").unwrap().content, content);
    }
}

#[test]
fn a_changed_bit_anywhere_in_a_gcm_message_never_opens_to_other_content() {
    let pki = pki();
    for who in ["gateway-ec", "gateway-rsa"] {
        let message = gcm(pki, &[who]);
        let keys = [pki.pair(who)];
        for at in 0..message.len() {
            let mut changed = message.clone();
            changed[at] ^= 1 << (at % 8);
            // A bit outside what is authenticated (a version, an unused name) may still open.
            if let Ok(opened) = open_with(&changed, &keys) {
                assert_eq!(opened.content.as_slice(), MAIL, "{who}, byte {at}");
            }
        }
    }
}

#[test]
fn a_changed_bit_in_cbc_can_pass_and_only_the_signature_inside_shows_it() {
    let pki = pki();
    let signed = pki.signed(MAIL, &["officer-ec"], &["-nodetach"]);
    let message = pki.encrypted(&signed, &["gateway-ec"], &["-aes-256-cbc"], &[]);
    let keys = [pki.pair("gateway-ec")];
    let (mut opened, mut believed) = (0, 0);
    for at in (0..message.len()).rev().take(signed.len()) {
        let mut changed = message.clone();
        changed[at] ^= 1;
        let Ok(inner) = open_with(&changed, &keys) else {
            continue;
        };
        opened += 1;
        let Ok(verified) = pki.check(&inner.content, None) else {
            continue;
        };
        if verified.all_believed() {
            believed += 1;
            assert_eq!(verified.content.unwrap().as_slice(), MAIL, "byte {at}");
        }
    }
    assert!(
        opened > believed,
        "{opened} opened, {believed} were believed"
    );
}

#[test]
fn a_wrong_rsa_padding_fails_as_a_wrong_content_does() {
    let pki = pki();
    let message = gcm(pki, &["gateway-rsa"]);
    // The encrypted key is the first octet string of 384 bytes.
    let key = message
        .windows(4)
        .position(|w| w == [0x04, 0x82, 0x01, 0x80])
        .unwrap()
        + 4;
    let (mut padding, mut content) = (message.clone(), message.clone());
    padding[key + 100] ^= 1;
    let last = content.len() - 40;
    content[last] ^= 1;
    let [padding, content] = [padding, content].map(|m| open(&m, "gateway-rsa").unwrap_err());
    assert!(matches!(padding, Reason::Failed(_)));
    assert_eq!(padding, content);
}

#[test]
fn a_gcm_tag_that_is_cut_short_is_refused() {
    let pki = pki();
    let input = pki.scratch(MAIL);
    let message = pki.openssl(&[
        "cms",
        "-encrypt",
        "-binary",
        "-aes-256-gcm",
        "-stream",
        "-in",
        &input,
        "-outform",
        "DER",
        "-recip",
        "gateway-ec.pem",
    ]);
    let tag = message.windows(2).rposition(|w| w == [0x04, 0x10]).unwrap();
    let mut short = message[..tag].to_vec();
    short.extend_from_slice(&[0x04, 0x04]);
    short.extend_from_slice(&message[tag + 2..tag + 6]);
    short.extend_from_slice(&message[tag + 18..]);
    assert_eq!(kind(&short), Some(Kind::AuthEnveloped), "still well formed");
    assert_eq!(
        open(&short, "gateway-ec").unwrap_err(),
        Reason::CipherRefused
    );
}

#[test]
fn a_nonce_of_any_other_length_is_refused_before_openssl_sees_it() {
    let message = gcm(pki(), &["gateway-ec"]);
    // SEQUENCE { OCTET STRING of 12, INTEGER 16 }: the octet string claims to be of one byte
    // more, and the sequence no longer reads.
    let nonce = message.windows(2).rposition(|w| w == [0x04, 0x0c]).unwrap();
    for length in [0, 1, 7, 17, 0x7f] {
        let mut changed = message.clone();
        changed[nonce + 1] = length;
        assert_eq!(
            open(&changed, "gateway-ec").unwrap_err(),
            Reason::CipherRefused,
            "{length}"
        );
    }
}

#[test]
fn ciphers_other_than_aes_are_refused() {
    let message = pki().encrypted(MAIL, &["gateway-rsa"], &["-des3"], &[]);
    assert_eq!(
        open(&message, "gateway-rsa").unwrap_err(),
        Reason::CipherRefused
    );
}

#[test]
fn what_is_too_large_or_no_cms_or_signed_only_is_refused() {
    let pki = pki();
    let message = gcm(pki, &["gateway-ec"]);
    let limits = Limits {
        message_bytes: message.len() - 1,
        ..Limits::default()
    };
    let error = decrypt(&message, &[pki.pair("gateway-ec")], &limits).unwrap_err();
    assert_eq!(error.reason(), &Reason::TooLarge);
    let signed = pki.signed(MAIL, &["officer-ec"], &["-nodetach"]);
    assert_eq!(
        open(&signed, "gateway-ec").unwrap_err(),
        Reason::CipherRefused
    );
    for none in [
        &b""[..],
        b"0",
        b"hello",
        b"-----BEGIN CMS-----\n!\n-----END CMS-----\n",
    ] {
        assert_eq!(open(none, "gateway-ec").unwrap_err(), Reason::NotCms);
    }
}

#[test]
fn a_message_that_is_cut_short_anywhere_is_refused() {
    let pki = pki();
    let keys = [pki.pair("gateway-ec")];
    for option in ["-aes-256-gcm", "-aes-256-cbc"] {
        let message = pki.encrypted(MAIL, &["gateway-ec"], &[option], &[]);
        for length in 0..message.len() {
            assert!(
                open_with(&message[..length], &keys).is_err(),
                "{option} {length}"
            );
        }
    }
}

#[test]
fn a_pair_that_does_not_belong_together_or_is_weak_or_encrypted_is_refused() {
    let pki = pki();
    let refused = |cert: &str, key: &str| {
        KeyPair::from_pem(&pki.read(cert), &pki.read(key))
            .unwrap_err()
            .to_string()
    };
    assert!(refused("gateway-ec.pem", "gateway-rsa.key").contains("does not belong"));
    assert!(refused("weak.pem", "weak.key").contains("`1024` bits"));
    assert!(refused("gateway-ec.key", "gateway-ec.key").contains("no certificate"));
    pki.openssl(&[
        "pkcs8",
        "-topk8",
        "-in",
        "gateway-ec.key",
        "-out",
        "locked.key",
        "-passout",
        "pass:word",
    ]);
    assert!(refused("gateway-ec.pem", "locked.key").contains("does not read"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let keys = [pki().pair("gateway-ec"), pki().pair("gateway-rsa")];
        let mut der = vec![0x30, 0x82];
        der.extend_from_slice(&bytes);
        for message in [&bytes, &der] {
            prop_assert!(decrypt(message, &keys, &Limits::default()).is_err());
            prop_assert!(pki().check(message, Some(MAIL)).is_err());
        }
    }

    #[test]
    fn no_change_to_a_message_panics(
        which in 0..4_usize,
        edits in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
        cut in any::<prop::sample::Index>(),
    ) {
        let samples = samples();
        let mut message = samples[which].clone();
        for (at, byte) in edits {
            let at = at.index(message.len());
            message[at] = byte;
        }
        let keys = [pki().pair("gateway-ec"), pki().pair("gateway-rsa")];
        for message in [&message[..], &message[..cut.index(message.len())]] {
            let _ = decrypt(message, &keys, &Limits::default());
            let _ = pki().check(message, None);
            let _ = pki().check(message, Some(MAIL));
        }
    }
}

fn samples() -> &'static [Vec<u8>; 4] {
    static SAMPLES: std::sync::OnceLock<[Vec<u8>; 4]> = std::sync::OnceLock::new();
    SAMPLES.get_or_init(|| {
        let pki = pki();
        [
            gcm(pki, &["gateway-ec", "gateway-rsa"]),
            pki.encrypted(MAIL, &["gateway-rsa", "gateway-ec"], &["-aes-128-cbc"], &[]),
            pki.signed(MAIL, &["officer-ec", "officer-rsa"], &["-nodetach"]),
            pki.signed(MAIL, &["officer-rsa"], &[]),
        ]
    })
}
