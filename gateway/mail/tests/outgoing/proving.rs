use gateway_mail::compose::{Head, clear, entity};
use gateway_mail::dkim::{DmarcPolicy, ResolverError, Unproved};
use gateway_mail::{Authentication, DkimSigner, Resolver, authenticate};
use jiff::{SignedDuration, Timestamp};

use crate::dkim::rsa;
use crate::support::{head, now, run};

fn signer(domain: &str) -> DkimSigner {
    DkimSigner::from_seed(&[7; 32], domain, "s1").unwrap()
}

fn mail_from(from: &str) -> Vec<u8> {
    let head = Head {
        from: from.to_owned(),
        ..head()
    };
    clear(&head, &entity("s", "the whole text\n", &[]))
}

fn key(domain: &str) -> (String, String) {
    let name = format!("s1._domainkey.{domain}");
    (name, signer(domain).record())
}

fn dmarc(domain: &str, record: &str) -> (String, String) {
    (format!("_dmarc.{domain}"), record.to_owned())
}

async fn at(mail: &[u8], records: Vec<(String, String)>, at: Timestamp) -> Authentication {
    let resolver = Resolver::fixed(records).unwrap();
    authenticate(mail, &resolver, at).await
}

/// What comes of a mail from `from`, signed by `by`, with these policies.
async fn case(from: &str, by: &str, policies: &[(&str, &str)]) -> Authentication {
    let mail = signer(by).signed(&mail_from(from), now()).unwrap();
    let mut records = vec![key(by)];
    records.extend(
        policies
            .iter()
            .map(|(domain, record)| dmarc(domain, record)),
    );
    at(&mail, records, now()).await
}

const OFFICER: &str = "officer@police.example";
const REJECT: &str = "v=DMARC1; p=reject";

/// A good mail, and the records that prove it.
fn good() -> (Vec<u8>, Vec<(String, String)>) {
    let mail = signer("police.example").signed(&mail_from(OFFICER), now());
    let records = vec![key("police.example"), dmarc("police.example", REJECT)];
    (mail.unwrap(), records)
}

#[tokio::test]
async fn an_aligned_signature_under_a_policy_proves_from() {
    let (mail, records) = good();
    let found = at(&mail, records, now()).await;
    assert!(found.proves_from(), "{found:?}");
    assert_eq!(found.from_address(), Some(OFFICER));
    assert_eq!(found.from_domain(), Some("police.example"));
    assert_eq!(found.signed_by(), Some("police.example"));
    assert_eq!(found.policy(), DmarcPolicy::Reject);
    assert!(
        !format!("{found:?}").contains("officer"),
        "an address is personal"
    );
}

#[tokio::test]
async fn the_policy_is_told_as_it_is_published() {
    for (record, policy) in [
        ("v=DMARC1; p=none", DmarcPolicy::None),
        ("v=DMARC1; p=quarantine", DmarcPolicy::Quarantine),
        ("v=DMARC1; p=reject", DmarcPolicy::Reject),
    ] {
        let found = case(OFFICER, "police.example", &[("police.example", record)]).await;
        assert!(found.proves_from());
        assert_eq!(found.policy(), policy);
    }
}

#[tokio::test]
async fn what_is_changed_on_the_way_proves_nothing() {
    let (mail, records) = good();
    let text = String::from_utf8(mail).unwrap();
    for (old, new) in [
        ("whole", "other"),
        ("Subject: S", "Subject: s"),
        ("\r\nFrom: ", "\r\nFrom: the "),
        ("text\r\n", "text\r\nmore\r\n"),
        ("s=s1;", "s=s2;"),
    ] {
        let changed = text.replacen(old, new, 1);
        assert_ne!(changed, text);
        let found = at(changed.as_bytes(), records.clone(), now()).await;
        assert_eq!(
            found.unproved(),
            Some(Unproved::BadSignature),
            "{old} to {new}"
        );
        assert!(!found.proves_from());
    }
}

#[tokio::test]
async fn anything_but_one_from_with_one_address_proves_nothing() {
    let (mail, records) = good();
    let text = String::from_utf8(mail).unwrap();
    let more = |field: &str| format!("{field}\r\n{text}");
    let none = text.replacen("\r\nFrom:", "\r\nX-From:", 1);
    let two = text.replacen(
        "<officer@police.example>",
        "<officer@police.example>, <b@c.example>",
        1,
    );
    assert_ne!(two, text);
    for mail in [
        more("From: other@police.example"),
        more("from : other@evil.example"),
        more("FROM:<other@evil.example>"),
        none,
        two,
    ] {
        let found = at(mail.as_bytes(), records.clone(), now()).await;
        assert_eq!(found.unproved(), Some(Unproved::NotOneFrom), "{mail}");
        assert_eq!(found.from_address(), None);
    }
    let nothing = at(b"", records, now()).await;
    assert!(!nothing.proves_from());
}

#[tokio::test]
async fn without_a_policy_or_a_signature_nothing_is_proved() {
    let found = case(OFFICER, "police.example", &[]).await;
    assert_eq!(found.unproved(), Some(Unproved::NoPolicy));
    assert_eq!(found.policy(), DmarcPolicy::Absent);
    let bare = at(
        &mail_from(OFFICER),
        vec![dmarc("police.example", REJECT)],
        now(),
    )
    .await;
    assert_eq!(bare.unproved(), Some(Unproved::NoSignature));
    let (mail, mut records) = good();
    records.remove(0);
    let keyless = at(&mail, records, now()).await;
    assert_eq!(keyless.unproved(), Some(Unproved::BadSignature));
}

#[tokio::test]
async fn another_domains_signature_proves_nothing() {
    let policies = [("police.example", REJECT), ("evil.example", REJECT)];
    let found = case(OFFICER, "evil.example", &policies).await;
    assert_eq!(found.unproved(), Some(Unproved::NotAligned));
    assert_eq!(found.signed_by(), None);
    let found = case(OFFICER, "evilpolice.example", &policies).await;
    assert_eq!(found.unproved(), Some(Unproved::NotAligned));
}

#[tokio::test]
async fn alignment_is_as_strict_as_the_policy_says() {
    let from = "a@mail.police.example";
    let relaxed = [("police.example", REJECT)];
    assert!(case(from, "police.example", &relaxed).await.proves_from());
    assert!(
        case(OFFICER, "mail.police.example", &relaxed)
            .await
            .proves_from()
    );
    let strict = [("police.example", "v=DMARC1; p=reject; adkim=s")];
    let found = case(from, "police.example", &strict).await;
    assert_eq!(found.unproved(), Some(Unproved::NotAligned));
    assert!(case(OFFICER, "police.example", &strict).await.proves_from());
}

#[tokio::test]
async fn one_council_cannot_sign_for_another_because_their_suffix_has_a_policy() {
    let policies = [("gov.example", "v=DMARC1; p=reject; sp=reject")];
    let found = case("a@one.gov.example", "two.gov.example", &policies).await;
    assert_eq!(found.unproved(), Some(Unproved::NotAligned));
}

#[tokio::test]
async fn a_key_that_is_only_tried_proves_nothing() {
    let (mail, mut records) = good();
    records[0].1 += "; t=y";
    assert!(!at(&mail, records.clone(), now()).await.proves_from());
    records[0].1 = records[0].1.replace("t=y", "t=s");
    assert!(at(&mail, records, now()).await.proves_from());
}

/// Whether such a mail, signed by hand, proves From.
async fn by_hand_proves(pem: &[u8], fields: &str, hash: &str, tags: &str, later: i64) -> bool {
    let (mail, record) = by_hand(pem, fields, hash, tags);
    let records = vec![
        ("s1._domainkey.police.example".to_owned(), record),
        dmarc("police.example", REJECT),
    ];
    let when = now() + SignedDuration::from_secs(later);
    at(&mail, records, when).await.proves_from()
}

const FIELDS: &str = "from:subject:date:message-id:content-type";

#[tokio::test]
async fn a_short_rsa_key_proves_nothing() {
    assert!(by_hand_proves(&rsa(1024), FIELDS, "sha256", "", 0).await);
    assert!(!by_hand_proves(&rsa(1016), FIELDS, "sha256", "", 0).await);
}

#[tokio::test]
async fn a_length_a_weak_hash_an_unsigned_from_or_an_end_prove_nothing() {
    let pem = rsa(2048);
    let end = now().as_second() + 60;
    let expiry = format!(" t={}; x={end};", end - 120);
    for (fields, hash, tags, later, proves) in [
        (FIELDS, "sha256", "", 0, true),
        ("subject:date", "sha256", "", 0, false),
        (FIELDS, "sha1", "", 0, false),
        (FIELDS, "sha256", " l=16;", 0, false),
        (FIELDS, "sha256", " l=0;", 0, false),
        (FIELDS, "sha256", " L=0;", 0, true),
        (
            FIELDS,
            "sha256",
            " atps=police.example; atpsh=none;",
            0,
            false,
        ),
        (FIELDS, "sha256", expiry.as_str(), 0, true),
        (FIELDS, "sha256", expiry.as_str(), 59, true),
        (FIELDS, "sha256", expiry.as_str(), 60, false),
    ] {
        let found = by_hand_proves(&pem, fields, hash, tags, later).await;
        assert_eq!(found, proves, "{fields} {hash} {tags} {later}");
    }
}

/// A mail signed by hand with `openssl`, and the record of the key: these fields, this hash, and
/// these further tags.
fn by_hand(pem: &[u8], fields: &str, hash: &str, tags: &str) -> (Vec<u8>, String) {
    const SIGN: &str = r#"
import sys, base64, hashlib, re, subprocess, tempfile
pem, fields, hash, tags = sys.argv[1:]
mail = sys.stdin.buffer.read().decode()
header, body = mail.split("\r\n\r\n", 1)
header = re.sub(r"\r\n[ \t]+", " ", header)
named = {line.split(":", 1)[0].lower(): line.split(":", 1)[1].strip() for line in header.split("\r\n")}
bh = base64.b64encode(hashlib.new(hash, body.encode()).digest()).decode()
mine = f"v=1; a=rsa-{hash}; c=relaxed/relaxed; d=police.example; s=s1; h={fields};{tags} bh={bh}; b="
text = "".join(f"{name}:{named[name]}\r\n" for name in fields.split(":")) + "dkim-signature:" + mine
with tempfile.NamedTemporaryFile() as file:
    file.write(pem.encode())
    file.flush()
    signed = subprocess.run(["openssl", "dgst", "-" + hash, "-sign", file.name], input=text.encode(), capture_output=True, check=True).stdout
    public = subprocess.run(["openssl", "pkey", "-in", file.name, "-pubout", "-outform", "DER"], capture_output=True, check=True).stdout
field = "DKIM-Signature: " + mine + base64.b64encode(signed).decode() + "\r\n"
sys.stdout.write("v=DKIM1; k=rsa; p=" + base64.b64encode(public).decode() + "\n")
sys.stdout.write(field + mail)
"#;
    let pem = std::str::from_utf8(pem).unwrap();
    let asked = ["-c", SIGN, pem, fields, hash, tags];
    let output = run("python3", &asked, &mail_from(OFFICER)).unwrap();
    let end = output.iter().position(|octet| *octet == b'\n').unwrap();
    let record = String::from_utf8(output[..end].to_vec()).unwrap();
    (output[end + 1..].to_vec(), record)
}

#[test]
fn a_record_that_does_not_read_is_refused_when_it_is_given() {
    for (name, record) in [
        ("police.example", REJECT),
        ("_dmarc.police.example", "v=spf1 -all"),
        ("s1._domainkey.police.example", "v=DKIM1; k=ed25519"),
    ] {
        let refused = Resolver::fixed([(name.to_owned(), record.to_owned())]);
        assert!(matches!(refused, Err(ResolverError::Record(found)) if found == name));
    }
}

/// A mail signed by `FIELDS` alone, as a program does that signs little.
fn signed_with(fields: &[&str]) -> Vec<u8> {
    use mail_auth::common::crypto::Ed25519Key;
    use mail_auth::common::headers::HeaderWriter as _;
    let der = [
        b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20".as_slice(),
        &[7; 32],
    ]
    .concat();
    let key = Ed25519Key::from_pkcs8_maybe_unchecked_der(&der).unwrap();
    let mail = mail_from(OFFICER);
    let signature = mail_auth::dkim::DkimSigner::from_key(key)
        .domain("police.example")
        .selector("s1")
        .headers(fields.iter().copied())
        .sign(&mail)
        .unwrap();
    [signature.to_header().as_bytes(), &mail].concat()
}

#[tokio::test]
async fn a_signature_that_leaves_out_what_says_what_the_mail_is_proves_nothing() {
    let all = ["From", "Subject", "Date", "Message-ID", "Content-Type"];
    let (_, records) = good();
    let found = at(&signed_with(&all), records.clone(), now()).await;
    assert!(found.proves_from(), "{found:?}");
    for left_out in ["Subject", "Date", "Message-ID", "Content-Type"] {
        let fields: Vec<&str> = all.into_iter().filter(|f| *f != left_out).collect();
        let found = at(&signed_with(&fields), records.clone(), now()).await;
        assert_eq!(found.unproved(), Some(Unproved::NotCovered), "{left_out}");
    }
}

#[tokio::test]
async fn a_second_field_above_a_good_signature_proves_nothing() {
    let all = ["From", "Subject", "Date", "Message-ID", "Content-Type"];
    let mail = signed_with(&all);
    let (_, records) = good();
    for field in [
        "Subject: another",
        "Content-Type: multipart/mixed; boundary=x",
        "Content-Transfer-Encoding: quoted-printable\r\nContent-Transfer-Encoding: 7bit",
        "Message-ID: <another@police.example>",
        "subject : another",
    ] {
        let changed = [field.as_bytes(), b"\r\n", &mail].concat();
        let found = at(&changed, records.clone(), now()).await;
        assert_eq!(found.unproved(), Some(Unproved::Ambiguous), "{field}");
    }
}

#[tokio::test]
async fn one_mail_has_one_body_whatever_became_of_it_on_the_way() {
    let (mail, records) = good();
    let body = |found: Authentication| found.covered().unwrap().body();
    let first = body(at(&mail, records.clone(), now()).await);
    let longer = [mail.as_slice(), b"\r\n\r\n"].concat();
    assert_eq!(body(at(&longer, records.clone(), now()).await), first);
    let signed = at(&mail, records, now()).await;
    let covered = signed.covered().unwrap();
    assert_eq!(
        covered.signed_at().map(Timestamp::as_second),
        Some(now().as_second())
    );
    assert!(covered.covers("reply-to") && covered.covers("References") && !covered.covers("X-Y"));
}
