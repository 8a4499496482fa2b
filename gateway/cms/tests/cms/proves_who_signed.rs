//! Messages that the `openssl` command line signs, verified by us.

use crate::support::{MAIL, days, now, pki, split};
use gateway_cms::{
    Cipher, Digest, Fault, Limits, Revocation, Signer, Trust, VerifyError, decrypt, verify,
};
use jiff::Timestamp;

/// The verdict over an opaque message by one signer.
fn verdict(message: &[u8], trust: &Trust, at: Timestamp) -> Result<Revocation, Fault> {
    let verified = verify(message, None, trust, at, &Limits::default()).unwrap();
    assert_eq!(verified.signers.len(), 1);
    assert_eq!(verified.all_believed(), verified.believed().count() == 1);
    verified.signers[0].verdict.clone()
}

fn opaque(who: &str) -> Vec<u8> {
    pki().signed(MAIL, &[who], &["-nodetach"])
}

#[test]
fn an_opaque_signature_names_the_signer_whole() {
    let verified = pki().check(&opaque("officer-ec"), None).unwrap();
    assert!(verified.all_believed());
    assert_eq!(verified.content.unwrap().as_slice(), MAIL);
    let signer: &Signer = &verified.signers[0];
    assert_eq!(signer.verdict, Ok(Revocation::Good));
    assert_eq!(signer.digest, Some(Digest::Sha256));
    let age = now().as_second() - signer.signed_at.unwrap().as_second();
    assert!((0..600).contains(&age), "signed {age} seconds ago");
    let certificate = signer.certificate.clone().unwrap();
    assert_eq!(certificate.addresses, ["officer-ec@agency.example"]);
    assert_eq!(certificate.issuer, "CN=issuing");
    assert_eq!(certificate.subject, "CN=officer-ec");
    let asked = [
        "x509",
        "-in",
        "officer-ec.pem",
        "-noout",
        "-serial",
        "-fingerprint",
        "-sha256",
    ];
    let said = String::from_utf8(pki().openssl(&asked))
        .unwrap()
        .replace(':', "");
    assert!(
        said.contains(&format!("serial={}", certificate.serial)),
        "{said}"
    );
    let debug = format!("{certificate:?}").to_uppercase();
    let fingerprint = debug
        .trim_start_matches("CERTIFICATE(")
        .trim_end_matches(')');
    assert!(said.contains(fingerprint), "{said}");
    assert_eq!(
        pki().openssl(&["x509", "-in", "officer-ec.pem", "-outform", "DER"]),
        certificate.der
    );
    assert!(certificate.not_before.unwrap() <= now() && certificate.not_after.unwrap() > now());
}

#[test]
fn a_detached_multipart_of_rsa_verifies_with_its_part_and_not_with_another() {
    let pki = pki();
    let input = pki.scratch(MAIL);
    let mail = pki.openssl(&[
        "cms",
        "-sign",
        "-binary",
        "-in",
        &input,
        "-signer",
        "officer-rsa.pem",
        "-inkey",
        "officer-rsa.key",
    ]);
    let (part, signature) = split(&mail);
    assert_eq!(part, MAIL);
    let verified = pki.check(&signature, Some(&part)).unwrap();
    assert!(verified.all_believed());
    assert!(verified.content.is_none());
    assert_eq!(
        pki.check(&signature, None).unwrap_err(),
        VerifyError::NoContent
    );
    for other in [
        &b""[..],
        b"Content-Type: text/plain\r\n\r\nother",
        &part[1..],
    ] {
        let verified = pki.check(&signature, Some(other)).unwrap();
        assert_eq!(verified.signers[0].verdict, Err(Fault::Changed));
        assert_eq!(verified.believed().count(), 0);
    }
    assert_eq!(
        pki.check(&opaque("officer-rsa"), Some(MAIL)).unwrap_err(),
        VerifyError::TwoContents
    );
}

#[test]
fn of_several_signers_the_one_who_is_not_good_is_reported_beside_the_good() {
    let message = pki().signed(
        MAIL,
        &["officer-rsa", "stranger", "officer-ec"],
        &["-nodetach"],
    );
    let verified = pki().check(&message, None).unwrap();
    let mut verdicts: Vec<_> = verified
        .signers
        .iter()
        .map(|s| {
            (
                s.certificate.as_ref().unwrap().subject.clone(),
                s.verdict.clone(),
            )
        })
        .collect();
    verdicts.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(
        verdicts,
        [
            ("CN=officer-ec".to_owned(), Ok(Revocation::Good)),
            ("CN=officer-rsa".to_owned(), Ok(Revocation::Good)),
            ("CN=stranger".to_owned(), Err(Fault::UnknownIssuer)),
        ]
    );
    assert!(!verified.all_believed());
    assert_eq!(verified.believed().count(), 2);
    let limits = Limits {
        signers: 2,
        ..Limits::default()
    };
    let error = verify(&message, None, &pki().trust(), now(), &limits).unwrap_err();
    assert_eq!(error, VerifyError::Signers);
}

#[test]
fn a_signer_whose_certificate_is_left_out_is_reported() {
    let message = pki().signed(MAIL, &["officer-ec"], &["-nodetach", "-nocerts"]);
    let signer = pki().check(&message, None).unwrap().signers.remove(0);
    assert_eq!(signer.verdict, Err(Fault::NoCertificate));
    assert!(signer.certificate.is_none());
}

#[test]
fn validity_is_judged_at_the_given_time_and_not_at_the_signers() {
    let message = opaque("officer-ec");
    let trust = pki().trust_with(&[], false);
    assert_eq!(verdict(&message, &trust, now()), Ok(Revocation::NotListed));
    assert_eq!(
        verdict(&message, &trust, days(now(), 400)),
        Err(Fault::Expired)
    );
    assert_eq!(
        verdict(&message, &trust, days(now(), -2)),
        Err(Fault::NotYetValid)
    );
}

#[test]
fn revocation_follows_the_lists_that_are_given() {
    let pki = pki();
    let [issuing, root] = [pki.read("issuing.crl"), pki.read("root.crl")];
    let [good, revoked] = ["officer-ec", "revoked"].map(opaque);
    let both = pki.trust();
    assert_eq!(verdict(&good, &both, now()), Ok(Revocation::Good));
    assert_eq!(verdict(&revoked, &both, now()), Err(Fault::Revoked));
    let one = pki.trust_with(&[&issuing], false);
    assert_eq!(verdict(&good, &one, now()), Ok(Revocation::NotListed));
    assert_eq!(verdict(&revoked, &one, now()), Err(Fault::Revoked));
    let other = pki.trust_with(&[&root], true);
    assert_eq!(verdict(&good, &other, now()), Err(Fault::RevocationUnknown));
    let none = pki.trust_with(&[], true);
    assert_eq!(verdict(&good, &none, now()), Err(Fault::RevocationUnknown));
    assert_eq!(
        verdict(&good, &both, days(now(), 31)),
        Err(Fault::StaleRevocationList)
    );
    let der = pki.openssl(&["crl", "-in", "issuing.crl", "-outform", "DER"]);
    assert_eq!(
        verdict(&revoked, &pki.trust_with(&[&der], false), now()),
        Err(Fault::Revoked)
    );
}

#[test]
fn a_revoked_authority_takes_its_people_with_it_even_where_their_own_list_is_missing() {
    let pki = pki();
    pki.write("index", b"");
    pki.authority("root", &["-revoke", "issuing.pem"]);
    pki.authority("root", &["-gencrl", "-out", "root-revokes.crl"]);
    let trust = pki.trust_with(&[&pki.read("root-revokes.crl")], false);
    assert_eq!(
        verdict(&opaque("officer-ec"), &trust, now()),
        Err(Fault::Revoked)
    );
}

#[test]
fn a_list_that_its_issuer_did_not_sign_is_not_believed() {
    let pki = pki();
    let mut der = pki.openssl(&["crl", "-in", "issuing.crl", "-outform", "DER"]);
    let last = der.len() - 1;
    der[last] ^= 1;
    let trust = pki.trust_with(&[&der], false);
    assert!(matches!(
        verdict(&opaque("officer-ec"), &trust, now()),
        Err(Fault::Chain(_))
    ));
    assert!(Trust::new(&pki.read("root.pem"), b"", &[b"no list"], false).is_err());
    assert!(Trust::new(b"no root", b"", &[], false).is_err());
}

#[test]
fn the_wrong_use_a_weak_key_and_certificates_by_oneself_are_refused() {
    let trust = pki().trust();
    let refused = |who: &str| verdict(&opaque(who), &trust, now()).unwrap_err();
    assert_eq!(refused("server"), Fault::WrongUsage);
    assert_eq!(refused("agreement"), Fault::WrongUsage);
    assert_eq!(refused("weak"), Fault::Weak);
    assert_eq!(refused("lone"), Fault::SelfSigned);
    assert_eq!(refused("stranger"), Fault::UnknownIssuer);
}

#[test]
fn an_intermediate_may_come_in_the_message_but_never_a_root() {
    let pki = pki();
    let trust = Trust::new(&pki.read("root.pem"), b"", &[], false).unwrap();
    assert_eq!(
        verdict(&opaque("officer-ec"), &trust, now()),
        Err(Fault::UnknownIssuer)
    );
    let carried = pki.signed(
        MAIL,
        &["officer-ec"],
        &["-nodetach", "-certfile", "issuing.pem"],
    );
    assert_eq!(verdict(&carried, &trust, now()), Ok(Revocation::NotListed));
    let own = pki.signed(
        MAIL,
        &["stranger"],
        &["-nodetach", "-certfile", "stranger-ca.pem"],
    );
    assert_eq!(verdict(&own, &trust, now()), Err(Fault::UnknownIssuer));
    let limits = Limits {
        certificates: 1,
        ..Limits::default()
    };
    let error = verify(&carried, None, &trust, now(), &limits).unwrap_err();
    assert_eq!(error, VerifyError::Certificates);
}

#[test]
fn sha1_md5_and_sha224_are_refused_and_the_larger_sha2_taken() {
    let digest = |option: &str| {
        let message = pki().signed(MAIL, &["officer-rsa"], &["-nodetach", "-md", option]);
        let signer = pki().check(&message, None).unwrap().signers.remove(0);
        assert_eq!(
            signer.digest.is_none(),
            signer.verdict == Err(Fault::Digest)
        );
        signer.digest
    };
    for refused in ["sha1", "md5", "sha224"] {
        assert_eq!(digest(refused), None, "{refused}");
    }
    assert_eq!(digest("sha384"), Some(Digest::Sha384));
    assert_eq!(digest("sha512"), Some(Digest::Sha512));
}

#[test]
fn a_pss_signature_verifies() {
    let message = pki().signed(
        MAIL,
        &["officer-rsa"],
        &["-nodetach", "-keyopt", "rsa_padding_mode:pss"],
    );
    assert_eq!(
        verdict(&message, &pki().trust(), now()),
        Ok(Revocation::Good)
    );
}

#[test]
fn what_pythons_cryptography_signs_verifies_too() {
    for who in ["officer-ec", "officer-rsa"] {
        let opaque = pki().signed_by_python(MAIL, who, "opaque");
        let verified = pki().check(&opaque, None).unwrap();
        assert!(verified.all_believed(), "{verified:?}");
        assert_eq!(verified.content.unwrap().as_slice(), MAIL);
        let detached = pki().signed_by_python(MAIL, who, "detached");
        assert!(pki().check(&detached, Some(MAIL)).unwrap().all_believed());
        let other = pki().check(&detached, Some(b"other")).unwrap();
        assert_eq!(other.signers[0].verdict, Err(Fault::Changed));
    }
}

#[test]
fn a_signer_may_be_named_by_its_key() {
    let message = pki().signed(MAIL, &["officer-ec"], &["-nodetach", "-keyid"]);
    assert_eq!(
        verdict(&message, &pki().trust(), now()),
        Ok(Revocation::Good)
    );
}

#[test]
fn a_certificate_signed_by_itself_is_believed_where_it_is_given_as_a_root() {
    let trust = Trust::new(&pki().read("lone.pem"), b"", &[], false).unwrap();
    let message = opaque("lone");
    assert_eq!(verdict(&message, &trust, now()), Ok(Revocation::NotListed));
    assert_eq!(
        verdict(&message, &trust, days(now(), 400)),
        Err(Fault::Expired)
    );
}

#[test]
fn threads_share_one_trust() {
    let trust = pki().trust();
    let [good, revoked] = ["officer-ec", "revoked"].map(opaque);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..25 {
                    assert_eq!(verdict(&good, &trust, now()), Ok(Revocation::Good));
                    assert_eq!(verdict(&revoked, &trust, now()), Err(Fault::Revoked));
                }
            });
        }
    });
}

#[test]
fn a_signature_without_signed_attributes_is_refused() {
    let message = pki().signed(MAIL, &["officer-ec"], &["-nodetach", "-noattr"]);
    assert_eq!(
        verdict(&message, &pki().trust(), now()),
        Err(Fault::Attributes)
    );
}

#[test]
fn content_that_is_not_plain_data_is_refused() {
    let message = pki().signed(
        MAIL,
        &["officer-ec"],
        &["-nodetach", "-econtent_type", "1.2.840.113549.1.7.3"],
    );
    assert_eq!(
        pki().check(&message, None).unwrap_err(),
        VerifyError::NotData
    );
}

#[test]
fn a_changed_bit_anywhere_never_gives_other_content_or_another_signer() {
    for who in ["officer-ec", "officer-rsa"] {
        let message = opaque(who);
        let good = pki().check(&message, None).unwrap();
        let certificate = good.signers[0].certificate.clone();
        for at in 0..message.len() {
            let mut changed = message.clone();
            changed[at] ^= 1 << (at % 8);
            let Ok(verified) = pki().check(&changed, None) else {
                continue;
            };
            if verified.believed().count() > 0 {
                assert_eq!(
                    verified.content.unwrap().as_slice(),
                    MAIL,
                    "{who}, byte {at}"
                );
                assert_eq!(
                    verified.signers[0].certificate, certificate,
                    "{who}, byte {at}"
                );
            }
        }
    }
}

#[test]
fn a_signed_message_that_is_cut_short_anywhere_is_refused() {
    let message = opaque("officer-ec");
    for length in 0..message.len() {
        let verified = pki().check(&message[..length], None);
        assert!(verified.is_err(), "{length}: {verified:?}");
    }
}

#[test]
fn what_is_too_large_or_encrypted_or_garbage_is_no_signed_message() {
    let message = opaque("officer-ec");
    let limits = Limits {
        message_bytes: message.len() - 1,
        ..Limits::default()
    };
    let error = verify(&message, None, &pki().trust(), now(), &limits).unwrap_err();
    assert_eq!(error, VerifyError::TooLarge);
    let sealed = pki().encrypted(MAIL, &["gateway-ec"], &["-aes-256-gcm"], &[]);
    for none in [&sealed[..], b"", b"garbage", &[0x30, 0x80]] {
        assert_eq!(pki().check(none, None).unwrap_err(), VerifyError::NotSigned);
    }
}

#[test]
fn the_ways_to_wrap_open_layer_by_layer() {
    let pki = pki();
    let keys = [pki.pair("gateway-ec")];
    let sign = |content: &[u8]| pki.signed(content, &["officer-rsa"], &["-nodetach"]);
    let seal = |content: &[u8]| pki.encrypted(content, &["gateway-ec"], &["-aes-256-gcm"], &[]);
    let open = |message: &[u8]| decrypt(message, &keys, &Limits::default()).unwrap().content;
    let read = |message: &[u8]| {
        let verified = pki.check(message, None).unwrap();
        assert!(verified.all_believed());
        verified.content.unwrap()
    };
    assert_eq!(
        read(&open(&seal(&sign(MAIL)))).as_slice(),
        MAIL,
        "signed, then encrypted"
    );
    assert_eq!(
        open(&read(&sign(&seal(MAIL)))).as_slice(),
        MAIL,
        "encrypted, then signed"
    );
    let triple = sign(&seal(&sign(MAIL)));
    assert_eq!(
        read(&open(&read(&triple))).as_slice(),
        MAIL,
        "triple-wrapped"
    );
}

#[test]
fn capabilities_say_which_cipher_the_other_side_reads() {
    let signer = pki()
        .check(&opaque("officer-ec"), None)
        .unwrap()
        .signers
        .remove(0);
    let capabilities = signer.capabilities.unwrap();
    assert!(capabilities.supports(Cipher::Aes256Cbc));
    assert!(
        !capabilities.supports(Cipher::Aes256Gcm),
        "OpenSSL 3.0 does not say so"
    );
    let silent = pki().signed(MAIL, &["officer-ec"], &["-nodetach", "-nosmimecap"]);
    assert!(
        pki().check(&silent, None).unwrap().signers[0]
            .capabilities
            .is_none()
    );
}

#[test]
fn addresses_come_from_both_places_and_a_hidden_nul_gives_none() {
    let pki = pki();
    pki.openssl(&[
        "ecparam",
        "-name",
        "prime256v1",
        "-genkey",
        "-noout",
        "-out",
        "both.key",
    ]);
    pki.certify_as(
        "both",
        "/CN=both/emailAddress=second@agency.example",
        "person",
        "issuing",
        &[],
    );
    let signer = pki.check(&opaque("both"), None).unwrap().signers.remove(0);
    let certificate = signer.certificate.unwrap();
    assert_eq!(
        certificate.addresses,
        ["both@agency.example", "second@agency.example"]
    );
    assert!(
        !format!("{certificate:?}").contains("agency.example"),
        "no address in Debug"
    );
    pki.openssl(&[
        "ecparam",
        "-name",
        "prime256v1",
        "-genkey",
        "-noout",
        "-out",
        "hidden.key",
    ]);
    let subject = "/CN=hidden/emailAddress=chief agency@x/emailAddress=a@b@c/emailAddress=@x";
    pki.certify_as("hidden", subject, "hidden", "issuing", &[]);
    let signer = pki
        .check(&opaque("hidden"), None)
        .unwrap()
        .signers
        .remove(0);
    assert_eq!(signer.certificate.unwrap().addresses, Vec::<String>::new());
}
