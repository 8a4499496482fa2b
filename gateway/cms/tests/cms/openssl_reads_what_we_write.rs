//! What we sign and encrypt, verified and decrypted by the `openssl` command line.

use std::{
    fs::File,
    io::{self, Read, Write},
};

use crate::support::{MAIL, days, now, pki, size};
use gateway_cms::{
    Cipher, EncryptError, Fault, Form, KeyError, KeyTransport, Limits, Profile, Recipient,
    Revocation, decrypt, encrypt, openssl_version, sign,
};

fn sealed(content: &[u8], to: &[&str], profile: Profile) -> Vec<u8> {
    let to: Vec<Recipient> = to.iter().map(|who| pki().recipient(who)).collect();
    let mut message = Vec::new();
    encrypt(content, &to, profile, &mut message).unwrap();
    message
}

fn opened_by_openssl(message: &[u8], who: &str) -> (bool, Vec<u8>) {
    let input = pki().scratch(message);
    let [cert, key] = [format!("{who}.pem"), format!("{who}.key")];
    let (good, output, _) = pki().try_openssl(&[
        "cms", "-decrypt", "-binary", "-inform", "DER", "-in", &input, "-recip", &cert, "-inkey",
        &key,
    ]);
    (good, output)
}

#[test]
fn the_openssl_in_use_is_named() {
    assert!(
        openssl_version().starts_with("OpenSSL 3."),
        "{}",
        openssl_version()
    );
}

#[test]
fn openssl_decrypts_every_profile_for_both_kinds_of_key() {
    for profile in [Profile::MODERN, Profile::CBC, Profile::COMPATIBLE] {
        let message = sealed(MAIL, &["officer-rsa", "officer-ec"], profile);
        for who in ["officer-rsa", "officer-ec"] {
            assert_eq!(
                opened_by_openssl(&message, who),
                (true, MAIL.to_vec()),
                "{who}"
            );
            let ours = decrypt(&message, &[pki().pair(who)], &Limits::default()).unwrap();
            assert_eq!(ours.content.as_slice(), MAIL);
            assert_eq!(ours.cipher, profile.cipher());
        }
        assert!(
            !opened_by_openssl(&message, "gateway-rsa").0,
            "not for the gateway"
        );
    }
}

#[test]
fn keys_go_by_oaep_and_sha256_and_the_content_by_gcm() {
    let printed = |profile: Profile| {
        let input = pki().scratch(&sealed(MAIL, &["officer-rsa", "officer-ec"], profile));
        let asked = [
            "cms", "-cmsout", "-print", "-noout", "-inform", "DER", "-in", &input,
        ];
        String::from_utf8(pki().openssl(&asked)).unwrap()
    };
    let modern = printed(Profile::MODERN);
    for word in [
        "authEnvelopedData",
        "rsaesOaep",
        "dhSinglePass-stdDH-sha256kdf-scheme",
        "aes-256-gcm",
    ] {
        assert!(modern.contains(word), "{word} in {modern}");
    }
    assert!(!modern.contains("sha1"), "{modern}");
    assert!(modern.contains("mgf1"), "{modern}");
    let compatible = printed(Profile::COMPATIBLE);
    assert_eq!(Profile::COMPATIBLE.transport(), KeyTransport::Pkcs1);
    assert!(compatible.contains("aes-256-cbc") && !compatible.contains("rsaesOaep"));
    assert!(compatible.contains("dhSinglePass-stdDH-sha256kdf-scheme"));
}

#[test]
fn contents_around_a_block_and_a_chunk_come_back_whole() {
    for profile in [Profile::MODERN, Profile::CBC] {
        for length in [
            1,
            15,
            16,
            17,
            16 * 1024 - 1,
            16 * 1024,
            16 * 1024 + 1,
            300_000,
        ] {
            let content = vec![7; length];
            let message = sealed(&content, &["officer-ec"], profile);
            let (good, opened) = opened_by_openssl(&message, "officer-ec");
            assert!(good && opened == content, "{profile:?} {length}");
            let ours = decrypt(&message, &[pki().pair("officer-ec")], &Limits::default());
            assert_eq!(*ours.unwrap().content, content);
        }
    }
}

/// Bytes that are never all in memory.
struct Endless(u64);

impl Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let now = buffer.len().min(usize::try_from(self.0).unwrap());
        buffer[..now].fill(b'z');
        self.0 -= now as u64;
        Ok(now)
    }
}

fn resident_kib(field: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with(field)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn encrypting_128_megabytes_takes_no_more_memory_than_a_few() {
    let path = pki().path("large");
    let before = resident_kib("VmRSS:");
    let to = [pki().recipient("officer-rsa")];
    let file = File::create(&path).unwrap();
    encrypt(Endless(128 << 20), &to, Profile::MODERN, file).unwrap();
    let grown = resident_kib("VmHWM:").saturating_sub(before);
    assert!(grown < 16 * 1024, "grew by {grown} KiB");
    assert!(size(&path) > 128 << 20);
}

#[test]
fn a_reader_or_a_writer_that_fails_is_told_and_leaves_nothing_behind() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("gone"))
        }
    }
    impl Write for Broken {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::Error::other("full"))
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let to = [pki().recipient("officer-ec")];
    let mut sink = Vec::new();
    let late = MAIL.chain(Broken);
    assert!(matches!(
        encrypt(late, &to, Profile::MODERN, &mut sink),
        Err(EncryptError::Read(_))
    ));
    assert!(matches!(
        encrypt(MAIL, &to, Profile::MODERN, Broken),
        Err(EncryptError::Write(_))
    ));
    assert!(matches!(
        encrypt(MAIL, &[], Profile::MODERN, &mut sink),
        Err(EncryptError::NoRecipients)
    ));
    assert!(matches!(
        encrypt(io::empty(), &to, Profile::MODERN, sink),
        Err(EncryptError::Empty)
    ));
}

#[test]
fn openssl_verifies_what_we_sign_opaque_and_detached() {
    let pki = pki();
    for who in ["gateway-ec", "gateway-rsa"] {
        let opaque = sign(MAIL, Form::Opaque, &pki.pair(who), now()).unwrap();
        let detached = sign(MAIL, Form::Detached, &pki.pair(who), now()).unwrap();
        let part = pki.scratch(MAIL);
        for (message, more) in [(&opaque, vec![]), (&detached, vec!["-content", &part])] {
            let input = pki.scratch(message);
            let start = [
                "cms",
                "-verify",
                "-binary",
                "-inform",
                "DER",
                "-in",
                &input,
                "-CAfile",
                "authorities.pem",
                "-purpose",
                "smimesign",
            ];
            let content = pki.openssl(&[&start[..], &more].concat());
            assert_eq!(content, MAIL);
        }
        let ours = pki.check(&detached, Some(MAIL)).unwrap();
        assert!(ours.all_believed());
        assert!(
            ours.signers[0]
                .capabilities
                .as_ref()
                .unwrap()
                .supports(Cipher::Aes256Gcm)
        );
        assert_eq!(
            ours.signers[0].capabilities.as_ref().unwrap().profile(),
            Profile::MODERN
        );
        assert!(pki.check(&opaque, None).unwrap().all_believed());
    }
}

#[test]
fn a_signature_carries_its_chain_its_time_and_its_digest() {
    let pki = pki();
    let pair = gateway_cms::KeyPair::from_pem(
        &pki.read("gateway-ec-chain.pem"),
        &pki.read("gateway-ec.key"),
    )
    .unwrap();
    let at = days(now(), -30);
    let message = sign(MAIL, Form::Opaque, &pair, at).unwrap();
    let verified = pki.check(&message, None).unwrap();
    assert_eq!(
        verified.signers[0].signed_at.unwrap().as_second(),
        at.as_second()
    );
    assert_eq!(verified.certificates.len(), 2);
    let input = pki.scratch(&message);
    // With the root alone: the issuing authority comes in the message.
    let content = pki.openssl(&[
        "cms", "-verify", "-binary", "-inform", "DER", "-in", &input, "-CAfile", "root.pem",
    ]);
    assert_eq!(content, MAIL);
}

#[test]
fn signed_then_encrypted_by_us_is_read_by_openssl() {
    let pki = pki();
    let signed = sign(MAIL, Form::Opaque, &pki.pair("gateway-rsa"), now()).unwrap();
    let message = sealed(&signed, &["officer-ec"], Profile::MODERN);
    let (good, inner) = opened_by_openssl(&message, "officer-ec");
    assert!(good);
    let input = pki.scratch(&inner);
    let content = pki.openssl(&[
        "cms",
        "-verify",
        "-binary",
        "-inform",
        "DER",
        "-in",
        &input,
        "-CAfile",
        "authorities.pem",
    ]);
    assert_eq!(content, MAIL);
}

#[test]
fn only_certificates_that_may_be_encrypted_to_are_taken() {
    let pki = pki();
    let trust = pki.trust();
    let may = |who: &str| trust.may_encrypt_to(&pki.recipient(who), now());
    assert_eq!(may("officer-rsa"), Ok(Revocation::Good));
    assert_eq!(may("officer-ec"), Ok(Revocation::Good));
    assert_eq!(may("agreement"), Ok(Revocation::Good));
    assert_eq!(may("revoked"), Err(Fault::Revoked));
    assert_eq!(may("stranger"), Err(Fault::UnknownIssuer));
    assert_eq!(may("lone"), Err(Fault::SelfSigned));
    let later = pki.trust_with(&[], false);
    let old = later.may_encrypt_to(&pki.recipient("officer-ec"), days(now(), 400));
    assert_eq!(old, Err(Fault::Expired));
    assert!(matches!(
        Recipient::from_bytes(&pki.read("server.pem")),
        Err(KeyError::NotForEncryption)
    ));
    assert!(matches!(
        Recipient::from_bytes(&pki.read("weak.pem")),
        Err(KeyError::TooShort(1024))
    ));
    let recipient = pki.recipient("officer-ec");
    assert_eq!(recipient.addresses(), ["officer-ec@agency.example"]);
    assert_eq!(
        recipient.fingerprint().unwrap(),
        pki.pair("officer-ec").fingerprint().unwrap()
    );
}
