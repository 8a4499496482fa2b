//! A set of certificates is read once and its chain built once: what is answered then is what a
//! trust list that remembers nothing answers.

use crate::support::{MAIL, days, now, pki};
use gateway_cms::{Fault, Limits, Revocation, Trust, verify};
use jiff::{SignedDuration, Timestamp};

fn verdict(message: &[u8], trust: &Trust, at: Timestamp) -> Result<Revocation, Fault> {
    let verified = verify(message, None, trust, at, &Limits::default()).unwrap();
    verified.signers[0].verdict.clone()
}

fn beside(at: Timestamp, seconds: i64) -> Timestamp {
    at.checked_add(SignedDuration::from_secs(seconds)).unwrap()
}

#[test]
fn a_chain_that_held_is_judged_to_the_second_as_by_one_who_remembers_nothing() {
    let message = pki().signed(MAIL, &["officer-ec"], &["-nodetach"]);
    let verified = pki().check(&message, None).unwrap();
    let certificate = verified.signers[0].certificate.clone().unwrap();
    let (begins, ends) = (
        certificate.not_before.unwrap(),
        certificate.not_after.unwrap(),
    );
    for with_lists in [false, true] {
        let fresh = || match with_lists {
            true => pki().trust(),
            false => pki().trust_with(&[], false),
        };
        let remembering = fresh();
        assert!(verdict(&message, &remembering, now()).is_ok());
        let list = days(now(), 30);
        for edge in [begins, ends, list] {
            for seconds in [-86_400, -600, -1, 0, 1, 600, 86_400] {
                let at = beside(edge, seconds);
                let expected = verdict(&message, &fresh(), at);
                assert_eq!(verdict(&message, &remembering, at), expected, "{at}");
            }
        }
    }
}

#[test]
fn a_message_changed_after_its_signer_is_remembered_is_not_believed() {
    let trust = pki().trust();
    let message = pki().signed(MAIL, &["officer-ec"], &["-nodetach", "-outform", "DER"]);
    assert!(verdict(&message, &trust, now()).is_ok());
    let at = message
        .windows(MAIL.len())
        .position(|part| part == MAIL)
        .unwrap();
    let mut changed = message.clone();
    changed[at] ^= 1;
    assert_eq!(verdict(&changed, &trust, now()), Err(Fault::Changed));
    assert!(verdict(&message, &trust, now()).is_ok());
}

#[test]
fn a_signer_who_is_not_good_is_not_remembered_as_good() {
    let trust = pki().trust();
    let message = pki().signed(MAIL, &["stranger", "officer-ec"], &["-nodetach"]);
    for _ in 0..2 {
        let verified = verify(&message, None, &trust, now(), &Limits::default()).unwrap();
        assert_eq!(verified.signers.len(), 2);
        assert_eq!(verified.believed().count(), 1);
    }
}

#[test]
fn lengths_that_are_not_stated_read_alike() {
    let trust = pki().trust();
    for more in [&["-outform", "DER"][..], &["-outform", "DER", "-stream"]] {
        let asked: Vec<&str> = ["-nodetach"].iter().chain(more).copied().collect();
        let message = pki().signed(MAIL, &["officer-rsa"], &asked);
        for _ in 0..2 {
            let verified = verify(&message, None, &trust, now(), &Limits::default()).unwrap();
            assert!(verified.all_believed());
            assert_eq!(verified.content.unwrap().as_slice(), MAIL);
            assert_eq!(verified.certificates, [pki_der("officer-rsa")]);
        }
    }
}

fn pki_der(who: &str) -> Vec<u8> {
    let file = format!("{who}.pem");
    pki().openssl(&["x509", "-in", &file, "-outform", "DER"])
}

/// The field of the certificates may hold attribute certificates too: OpenSSL reads such a
/// message itself.
#[test]
fn a_set_with_something_else_in_it_is_read_by_openssl() {
    let trust = pki().trust();
    let message = pki().signed(MAIL, &["officer-ec"], &["-nodetach", "-outform", "DER"]);
    let certificate = pki_der("officer-ec");
    let at = message
        .windows(certificate.len())
        .position(|part| part == certificate)
        .unwrap();
    let mut odd = message.clone();
    // The tag of `other`, [3]: an object identifier must follow, which none does.
    odd[at] = 0xa3;
    assert!(verify(&odd, None, &trust, now(), &Limits::default()).is_err());
    assert!(verdict(&message, &trust, now()).is_ok());
}
