//! Mails in the styles of the programs that officers use, each read and compared part by part.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot read its file has failed"
)]

use std::path::Path;

use gateway_core::{AgencyId, Category, Purpose};
use gateway_email::claims::claims;
use gateway_email::details::{self, Context, Reading};

use gateway_email::{Action, Layer, Limits, Mail, Note, PartKind, Protection, layer, read};
use proptest::prelude::*;

const DOMAIN: &str = "gateway.example";

fn file(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    std::fs::read(folder.join(name)).unwrap()
}

fn mail(name: &str) -> Mail {
    read(&file(name), &Limits::default()).unwrap()
}

fn reading(mail: &Mail) -> Reading {
    let context = Context {
        today: jiff::civil::date(2026, 3, 2),
        domain: DOMAIN,
    };
    details::read(mail.text.reveal(), &context)
}

/// Kind, name, type and size of each part.
fn parts(mail: &Mail) -> Vec<(PartKind, &str, &str, usize)> {
    let each = mail.parts.iter();
    each.map(|p| {
        (
            p.kind,
            p.name.reveal().as_str(),
            p.media_type.as_str(),
            p.bytes.reveal().len(),
        )
    })
    .collect()
}

fn agencies(mail: &Mail) -> Vec<String> {
    let to = mail.headers.addressed_to(DOMAIN);
    to.agencies.iter().map(AgencyId::to_string).collect()
}

fn categories(mail: &Mail, reading: &Reading) -> Vec<Option<Category>> {
    let (claims, faults) = claims(mail, reading);
    assert_eq!(faults, []);
    claims.iter().map(|claim| claim.category).collect()
}

#[test]
fn outlook_with_picture_and_attachment() {
    let mail = mail("outlook-rich.eml");
    assert_eq!(
        mail.headers.from.as_ref().unwrap().reveal(),
        "s.ali@police.example"
    );
    assert_eq!(agencies(&mail), ["southwark-housing", "london-probation"]);
    assert_eq!(
        parts(&mail),
        [
            (PartKind::Inline, "image001.png", "image/png", 18),
            (
                PartKind::Attachment,
                "risk résumé.pdf",
                "application/pdf",
                36
            ),
        ]
    );
    let read = reading(&mail);
    assert_eq!(read.faults, []);
    assert_eq!(read.details.as_ref().unwrap().identifiers.len(), 2);
    assert_eq!(
        categories(&mail, &read),
        [Some(Category::Risk), None, Some(Category::Risk)]
    );
    assert!(
        read.message
            .reveal()
            .starts_with("Dear colleagues,\n\nHe was seen at the school again – see")
    );
}

#[test]
fn outlook_in_html_only_answers_a_thread() {
    let mail = mail("outlook-html-only.eml");
    assert!(mail.from_html);
    let threads: Vec<String> = mail
        .headers
        .threads(DOMAIN)
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(threads, ["k7m2-p9q4"]);
    assert_eq!(mail.headers.title().unwrap().reveal(), "Visits");
    let [(PartKind::OriginalHtml, "message.html", "text/html", _)] = parts(&mail)[..] else {
        panic!("{:?}", parts(&mail))
    };
    let read = reading(&mail);
    assert_eq!(read.faults, []);
    assert_eq!(
        read.details.as_ref().unwrap().purpose,
        Some(Purpose::Manage)
    );
    assert_eq!(
        read.message.reveal().trim(),
        "He’s moved to 12 Example Road & likes it."
    );
    assert_eq!(categories(&mail, &read), [Some(Category::Risk), None]);
}

#[test]
fn outlook_rich_text_gives_its_files() {
    let mail = mail("outlook-winmail-files.eml");
    assert_eq!(mail.text.reveal(), "Please see attached.\n");
    assert_eq!(
        parts(&mail),
        [
            (
                PartKind::Attachment,
                "risk résumé of the school.pdf",
                "application/pdf",
                20
            ),
            (PartKind::Inline, "gate.png", "image/png", 8),
        ]
    );
    assert!(mail.parts.iter().all(|part| part.notes.is_empty()));
}

#[test]
fn outlook_rich_text_that_does_not_read_is_kept_with_a_note() {
    let mail = mail("outlook-winmail.eml");
    assert_eq!(mail.text.reveal(), "Please see attached.\n");
    assert_eq!(
        parts(&mail),
        [(
            PartKind::Attachment,
            "winmail.dat",
            "application/ms-tnef",
            15
        )]
    );
    assert_eq!(mail.parts[0].notes, [Note::Tnef]);
    assert!(reading(&mail).details.is_none());
}

#[test]
fn thunderbird_binds_recipients_and_flows_its_text() {
    let mail = mail("thunderbird-protected.eml");
    let protected = mail.protected.as_ref().unwrap();
    assert_eq!(protected.protection, Protection::Older);
    assert_eq!(protected.recipients.as_ref().unwrap().len(), 2);
    assert_eq!(
        protected.subject.as_ref().unwrap().reveal(),
        "Visits – school"
    );
    assert_eq!(
        parts(&mail),
        [(
            PartKind::Attachment,
            "risk résumé.pdf",
            "application/pdf",
            36
        )]
    );
    let read = reading(&mail);
    assert_eq!(read.faults, []);
    let necessity = read.details.unwrap().necessity.unwrap();
    assert!(
        necessity
            .reveal()
            .ends_with("houses him, and to whoever supervises him")
    );
    assert!(
        read.message
            .reveal()
            .contains("who saw him has told us so.\n\n-- \nSara Ali")
    );
}

#[test]
fn thunderbird_forwards_a_mail_whole() {
    let mail = mail("thunderbird-forward.eml");
    assert_eq!(mail.text.reveal(), "See below.\n");
    assert_eq!(mail.headers.title().unwrap().reveal(), "Visits");
    let [(PartKind::Message, "Visits.eml", "message/rfc822", _)] = parts(&mail)[..] else {
        panic!("{:?}", parts(&mail))
    };
    assert!(
        mail.parts[0]
            .bytes
            .reveal()
            .starts_with(b"From: Head Teacher")
    );
}

#[test]
fn apple_mail_keeps_files_among_its_html() {
    let mail = mail("apple-mail.eml");
    assert!(!mail.from_html);
    assert_eq!(
        parts(&mail),
        [
            (PartKind::Inline, "gate Café.png", "image/png", 18),
            (PartKind::Attachment, "notes.txt", "text/plain", 14),
        ]
    );
    let read = reading(&mail);
    assert_eq!(read.faults, []);
    assert_eq!(
        read.message.reveal().trim(),
        "The first picture is from Monday – see the gate."
    );
}

#[test]
fn openssl_with_and_without_a_header_is_the_same() {
    for name in ["openssl-text.eml", "openssl-bare.eml"] {
        let mail = mail(name);
        let read = reading(&mail);
        assert_eq!(read.faults, [], "{name}");
        let details = read.details.unwrap();
        let to: Vec<&str> = details
            .recipients
            .as_ref()
            .unwrap()
            .iter()
            .map(|r| r.agency.as_str())
            .collect();
        assert_eq!(to, ["southwark-housing", "london-probation"], "{name}");
        assert_eq!(details.category, Some(Category::Risk));
        assert_eq!(read.message.reveal(), "The message.\n", "{name}");
        assert!(mail.parts.is_empty());
    }
}

#[test]
fn openssl_signs_beside_the_content() {
    let bytes = file("openssl-smime-signed.eml");
    let Layer::Detached { content, signature } = layer(&bytes, &Limits::default()).unwrap() else {
        panic!("a detached signature")
    };
    assert_eq!(content, b"Content-Type: text/plain\n\nThe message.\n");
    assert_eq!(signature, [0x30, 0, 0x30, 0, 0x30, 0]);
}

#[test]
fn postfix_returns_a_mail() {
    let mail = mail("postfix-bounce.eml");
    assert!(mail.headers.automatic.null_path && mail.headers.automatic.wants_no_answer());
    let report = mail.report.unwrap();
    assert_eq!(
        report.envelope_id.as_deref(),
        Some("019583a0-0000-7000-8000-000000000009")
    );
    assert_eq!(
        report.message_id.as_deref(),
        Some("delivery-9@gateway.example")
    );
    let [one] = report.recipients.as_slice() else {
        panic!("one recipient")
    };
    assert_eq!(
        (one.action, one.status.as_deref()),
        (Some(Action::Failed), Some("5.1.1"))
    );
    assert_eq!(
        one.address.as_ref().unwrap().reveal(),
        "team@housing.example"
    );
}

#[test]
fn exchange_answers_by_itself_and_is_not_answered() {
    let mail = mail("exchange-out-of-office.eml");
    assert!(mail.headers.automatic.is_automatic());
    assert_eq!(mail.headers.threads(DOMAIN).len(), 1);
}

#[test]
fn a_protected_header_is_read_and_its_copy_left_out() {
    let mail = mail("rfc9788-cipher.eml");
    let protected = mail.protected.as_ref().unwrap();
    assert_eq!(protected.protection, Protection::Cipher);
    assert_eq!(protected.recipients.as_ref().unwrap().len(), 2);
    assert_eq!(protected.outer.len(), 5);
    let read = reading(&mail);
    assert_eq!(
        read.details.as_ref().unwrap().category,
        Some(Category::Risk)
    );
    assert_eq!(read.message.reveal(), "He was seen again.\n");
}

fn corpus() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let mut names: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    names.sort();
    assert!(names.len() >= 12);
    names
        .iter()
        .map(|path| std::fs::read(path).unwrap())
        .collect()
}

/// Everything that takes bytes from outside.
fn everything(bytes: &[u8]) {
    let limits = Limits::default();
    // Which answer does not matter here; that there is one does.
    let _ = layer(bytes, &limits);
    if let Ok(mail) = read(bytes, &limits) {
        let reading = reading(&mail);
        let (claims, _) = claims(&mail, &reading);
        assert!(claims.len() >= mail.parts.len());
        mail.headers.threads(DOMAIN);
        mail.headers.title();
        for part in &mail.parts {
            let name = part.name.reveal();
            assert!(!name.is_empty() && !name.contains(['/', '\\', '\n', '\0', '\u{202e}']));
        }
    }
}

#[test]
fn every_mail_of_the_corpus_cut_anywhere_is_answered() {
    for bytes in corpus() {
        for end in 0..bytes.len() {
            everything(&bytes[..end]);
        }
    }
}

#[test]
fn line_feeds_alone_give_the_same_parts() {
    for bytes in corpus() {
        let text = String::from_utf8(bytes).unwrap().replace("\r\n", "\n");
        let crlf = text.replace('\n', "\r\n");
        let limits = Limits::default();
        let (lf, crlf) = (
            read(text.as_bytes(), &limits).unwrap(),
            read(crlf.as_bytes(), &limits).unwrap(),
        );
        assert_eq!(lf.text, crlf.text);
        assert_eq!(lf.headers, crlf.headers);
        assert_eq!(lf.parts.len(), crlf.parts.len());
    }
}

proptest! {
    #[test]
    fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        everything(&bytes);
    }

    #[test]
    fn any_header_and_body_are_answered(
        header in "(Content-Type|Content-Disposition|Content-Transfer-Encoding|From|To|Subject|Date|References|Message-ID): [ -~\u{e9}\n\t]{0,80}",
        kind in prop::sample::select(vec![
            "text/plain; charset=utf-16", "text/plain; charset=utf-7", "text/html; charset=gb18030", "text/plain; charset=iso-2022-jp",
            "text/html", "multipart/mixed; boundary=b", "multipart/alternative; boundary=\"b\"", "multipart/signed; boundary=b",
            "multipart/report; boundary=b", "message/rfc822", "application/pkcs7-mime", "text/plain; format=flowed",
        ]),
        encoding in prop::sample::select(vec!["base64", "quoted-printable", "8bit", "x"]),
        body in prop::collection::vec(prop_oneof![any::<u8>(), Just(b'\n'), Just(b'-'), Just(b'='), Just(b'<'), Just(b'&')], 0..400),
    ) {
        let mut bytes = format!("{header}\nContent-Type: {kind}\nContent-Transfer-Encoding: {encoding}\n\n--b\n").into_bytes();
        bytes.extend(&body);
        bytes.extend(b"\n--b\nContent-Type: message/delivery-status\n\n");
        bytes.extend(&body);
        everything(&bytes);
    }

    #[test]
    fn a_mail_of_the_corpus_with_bytes_changed_is_answered(
        which in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..30),
    ) {
        let corpus = corpus();
        let mut bytes = which.get(&corpus).clone();
        for (at, to) in changes {
            let at = at.index(bytes.len());
            bytes[at] = to;
        }
        everything(&bytes);
    }
}
