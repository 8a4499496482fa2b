use gateway_mail::DkimSigner;
use gateway_mail::compose::{clear, entity};
use gateway_mail::dkim::DkimKeyError;

use crate::support::{head, now, run};

pub fn rsa(bits: u32) -> Vec<u8> {
    let size = format!("rsa_keygen_bits:{bits}");
    run(
        "openssl",
        &["genpkey", "-algorithm", "RSA", "-pkeyopt", &size],
        b"",
    )
    .unwrap()
}

fn mail() -> Vec<u8> {
    let mut head = head();
    head.extra.push((
        "References",
        "<one@police.example> <two@police.example>".to_owned(),
    ));
    clear(
        &head,
        &entity("s", "a text of some length, größe\n\n.\nlast\n", &[]),
    )
}

const VERIFY: &str = r#"
import sys, dkim
mail = sys.stdin.buffer.read()
record = sys.argv[1].encode()
asked = []
def dns(name, timeout=5):
    asked.append(name)
    return record
good = dkim.verify(mail, dnsfunc=dns)
assert asked == [b"s1._domainkey.gateway.example."], asked
sys.exit(0 if good else 1)
"#;

#[test]
fn dkimpy_verifies_what_is_signed_and_finds_what_was_changed() {
    let signer = DkimSigner::from_pem(&rsa(2048), "gateway.example", "s1").unwrap();
    let whole = signer.signed(&mail(), now()).unwrap();
    let verify = |mail: &[u8]| run("python3", &["-c", VERIFY, &signer.record()], mail);
    verify(&whole).unwrap_or_else(|error| panic!("`pip install dkimpy`: {error}"));
    let text = String::from_utf8(whole).unwrap();
    for (old, new) in [
        ("last", "lost"),
        ("Subject: S", "Subject: s"),
        ("\r\nFrom:", "\r\nFrom: x@evil.example\r\nFrom:"),
        ("\r\nSubject:", "\r\nSubject: other\r\nSubject:"),
        (
            "MIME-Version: 1.0",
            "MIME-Version: 1.0\r\nContent-Type: text/html",
        ),
    ] {
        let changed = text.replacen(old, new, 1);
        assert_ne!(changed, text);
        assert!(verify(changed.as_bytes()).is_err(), "{old} to {new}");
    }
}

#[test]
fn the_signature_is_of_the_time_that_is_given_and_of_all_fields_once_more() {
    let signer = DkimSigner::from_seed(&[7; 32], "Gateway.Example", "s1").unwrap();
    let field = signer.sign(&mail(), now()).unwrap();
    assert_eq!(
        field,
        signer.sign(&mail(), now()).unwrap(),
        "Ed25519 is deterministic"
    );
    let text = String::from_utf8(field).unwrap();
    assert!(text.ends_with("\r\n") && text.starts_with("DKIM-Signature: v=1; a=ed25519-sha256;"));
    assert!(text.contains(&format!("t={}", now().as_second())), "{text}");
    assert!(
        text.contains("c=relaxed/relaxed") && !text.contains("l="),
        "{text}"
    );
    let tag = text.split("h=").nth(1).unwrap().split(';').next().unwrap();
    let names: Vec<String> = tag
        .split(':')
        .map(|name| name.trim().to_ascii_lowercase())
        .collect();
    for name in [
        "from",
        "subject",
        "to",
        "date",
        "message-id",
        "mime-version",
        "content-type",
        "references",
        "auto-submitted",
    ] {
        let count = names.iter().filter(|found| *found == name).count();
        assert_eq!(count, 2, "{name} in {names:?}");
    }
}

#[test]
fn a_key_in_pem_is_taken_whichever_of_the_two_it_is_and_no_other() {
    let ed = run("openssl", &["genpkey", "-algorithm", "ED25519"], b"").unwrap();
    let signer = DkimSigner::from_pem(&ed, "gateway.example", "s1").unwrap();
    assert!(signer.record().contains("k=ed25519"));
    let ec = [
        "genpkey",
        "-algorithm",
        "EC",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
    ];
    for pem in [
        run("openssl", &ec, b"").unwrap(),
        b"no key".to_vec(),
        rsa(1024),
    ] {
        let refused = DkimSigner::from_pem(&pem, "gateway.example", "s1");
        assert_eq!(refused.unwrap_err(), DkimKeyError::Key);
    }
    let refused = DkimSigner::from_pem(&ed, "gateway.example; l=0", "s1");
    assert!(matches!(refused, Err(DkimKeyError::Name(_))));
    assert!(!format!("{signer:?}").contains("key"));
}
