use crate::{Limits, Mail, Note, PartKind, Refused, read};

fn mail(raw: &str) -> Mail {
    read(raw.replace('\n', "\r\n").as_bytes(), &Limits::default()).unwrap()
}

fn names(mail: &Mail) -> Vec<(PartKind, &str)> {
    let parts = mail.parts.iter();
    parts
        .map(|part| (part.kind, part.name.reveal().as_str()))
        .collect()
}

fn multipart(kind: &str, parts: &[&str]) -> String {
    let parts = parts.join("\n--b\n");
    format!(
        "From: a@b.example\nContent-Type: multipart/{kind}; boundary=b\n\nfor old programs\n--b\n{parts}\n--b--\n"
    )
}

const TEXT: &str = "Content-Type: text/plain\n\nHello\n";
const HTML: &str = "Content-Type: text/html\n\n<p>Hello</p>\n";

#[test]
fn plain_text_is_preferred_and_its_html_twin_is_no_item() {
    let mail = mail(&multipart("alternative", &[TEXT, HTML]));
    assert_eq!(mail.text.reveal(), "Hello\n");
    assert!(!mail.from_html && mail.parts.is_empty());
}

#[test]
fn html_alone_becomes_text_and_is_kept_as_an_item() {
    let mail = mail(&format!("From: a@b.example\n{HTML}"));
    assert_eq!(mail.text.reveal(), "Hello\n");
    assert!(mail.from_html);
    assert_eq!(names(&mail), [(PartKind::OriginalHtml, "message.html")]);
    assert_eq!(mail.parts[0].bytes.reveal(), b"<p>Hello</p>\r\n");
}

#[test]
fn an_empty_plain_twin_is_not_preferred() {
    let empty = "Content-Type: text/plain\n\n \n";
    let mail = mail(&multipart("alternative", &[empty, HTML]));
    assert!(mail.from_html);
    assert_eq!(mail.text.reveal(), "Hello\n");
}

#[test]
fn attachments_in_the_twin_that_is_not_taken_are_kept() {
    let related = "Content-Type: multipart/related; boundary=r\n\n--r\n\
        Content-Type: text/html\n\n<img src=cid:1>\n--r\n\
        Content-Type: image/png; name=photo.png\nContent-ID: <1>\nContent-Disposition: inline\n\
        Content-Transfer-Encoding: base64\n\niVBORw==\n--r--\n";
    let mail = mail(&multipart("alternative", &[TEXT, related]));
    assert_eq!(names(&mail), [(PartKind::Inline, "photo.png")]);
    assert_eq!(mail.parts[0].content_id.as_ref().unwrap().reveal(), "1");
    assert_eq!(mail.parts[0].bytes.reveal(), b"\x89PNG");
}

#[test]
fn text_around_an_attachment_is_one_text() {
    let pdf =
        "Content-Type: application/pdf\nContent-Disposition: inline; filename=a.pdf\n\n%PDF\n";
    let mail = mail(&multipart(
        "mixed",
        &[TEXT, pdf, "Content-Type: text/plain\n\nBye\n"],
    ));
    assert_eq!(mail.text.reveal(), "Hello\n\nBye\n");
    assert_eq!(names(&mail), [(PartKind::Inline, "a.pdf")]);
}

#[test]
fn a_text_file_is_a_document_whatever_its_disposition() {
    for disposition in [
        "attachment; filename=n.txt",
        "inline; filename=n.txt",
        "Attachment",
    ] {
        let file =
            format!("Content-Type: text/plain\nContent-Disposition: {disposition}\n\nnotes\n");
        let mail = mail(&multipart("mixed", &[TEXT, &file]));
        assert_eq!(mail.text.reveal(), "Hello\n", "{disposition}");
        assert_eq!(mail.parts.len(), 1, "{disposition}");
    }
}

#[test]
fn names_are_read_however_they_are_written_and_cleaned() {
    for (header, name) in [
        ("filename*=UTF-8''r%C3%A9sum%C3%A9.pdf", "résumé.pdf"),
        (
            "filename*0*=UTF-8''r%C3%A9; filename*1=sum.pdf",
            "résum.pdf",
        ),
        (
            "filename*0=\"long \"; filename*1=\"name.pdf\"",
            "long name.pdf",
        ),
        ("filename=\"=?UTF-8?B?csOpc3Vtw6kucGRm?=\"", "résumé.pdf"),
        ("filename=\"=?utf-8?q?a?=\n =?utf-8?q?b.pdf?=\"", "ab.pdf"),
        ("filename=\"..\\\\..\\\\evil.pdf\"", "evil.pdf"),
        ("filename=\"/etc/passwd\"", "passwd"),
        ("filename=\"a\u{202e}fdp.exe\"", "afdp.exe"),
        ("size=3", "attachment.pdf"),
    ] {
        let file = format!(
            "Content-Type: application/pdf\nContent-Disposition: attachment; {header}\n\nx\n"
        );
        let mail = mail(&multipart("mixed", &[TEXT, &file]));
        assert_eq!(names(&mail), [(PartKind::Attachment, name)], "{header}");
    }
}

#[test]
fn two_files_of_one_name_are_told_apart() {
    let file = "Content-Type: application/pdf; name=report.pdf\n\nx\n";
    let mail = mail(&multipart("mixed", &[file, file]));
    assert_eq!(
        names(&mail),
        [
            (PartKind::Attachment, "report.pdf"),
            (PartKind::Attachment, "report (2).pdf")
        ]
    );
    assert_eq!(
        mail.parts[1].given_name.as_ref().unwrap().reveal(),
        "report.pdf"
    );
    assert!(mail.text.reveal().is_empty());
}

#[test]
fn a_mail_within_is_kept_whole() {
    let inner = "From: c@d.example\nSubject: s\nContent-Type: multipart/mixed; boundary=i\n\n--i\n\nx\n--i--\n";
    let nested = format!("Content-Type: message/rfc822\n\n{inner}");
    let mail = mail(&multipart("mixed", &[TEXT, &nested]));
    assert_eq!(names(&mail), [(PartKind::Message, "message.eml")]);
    assert_eq!(
        mail.parts[0].bytes.reveal(),
        inner.replace('\n', "\r\n").as_bytes()
    );
}

#[test]
fn a_digest_holds_mails() {
    let mail = mail(&multipart(
        "digest",
        &["\nSubject: one\n\nx\n", "\nSubject: two\n\ny\n"],
    ));
    assert_eq!(
        names(&mail),
        [
            (PartKind::Message, "message.eml"),
            (PartKind::Message, "message (2).eml")
        ]
    );
}

#[test]
fn what_cannot_be_opened_is_kept_and_said() {
    for (header, note) in [
        (
            "Content-Type: application/ms-tnef; name=winmail.dat",
            Note::Tnef,
        ),
        (
            "Content-Type: application/octet-stream; name=WINMAIL.DAT",
            Note::Tnef,
        ),
        (
            "Content-Type: application/pkcs7-mime; name=smime.p7m",
            Note::SealedInside,
        ),
        (
            "Content-Type: application/octet-stream; name=x.p7m",
            Note::SealedInside,
        ),
        (
            "Content-Type: message/partial; id=a; number=1",
            Note::Fragment,
        ),
        (
            "Content-Type: message/external-body; access-type=URL",
            Note::Elsewhere,
        ),
        ("Content-Type: multipart/mixed", Note::NoBoundary),
        (
            "Content-Type: image/png\nContent-Transfer-Encoding: x-uuencode",
            Note::StillEncoded,
        ),
    ] {
        let mail = mail(&multipart(
            "mixed",
            &[TEXT, &format!("{header}\n\nbytes\n")],
        ));
        assert_eq!(mail.parts[0].notes, [note], "{header}");
        assert_eq!(mail.parts[0].bytes.reveal(), b"bytes\r\n", "{header}");
        assert!(!note.words().is_empty());
    }
}

#[test]
fn a_signed_part_gives_its_content_and_keeps_its_signature() {
    let signed = "Content-Type: multipart/signed; boundary=s\n\n--s\nContent-Type: text/plain\n\nSigned\n--s\n\
        Content-Type: application/pkcs7-signature; name=smime.p7s\nContent-Transfer-Encoding: base64\n\nMAA=\n--s--\n";
    let mail = mail(&multipart("mixed", &[TEXT, signed]));
    assert_eq!(mail.text.reveal(), "Hello\n\nSigned");
    assert_eq!(names(&mail), [(PartKind::Signature, "smime.p7s")]);
}

#[test]
fn an_invitation_is_an_item() {
    let calendar =
        "Content-Type: text/calendar; method=REQUEST; charset=UTF-8\n\nBEGIN:VCALENDAR\n";
    let mail = mail(&multipart("alternative", &[TEXT, HTML, calendar]));
    assert_eq!(names(&mail), [(PartKind::Calendar, "calendar.ics")]);
    assert_eq!(mail.parts[0].charset.as_deref(), Some("UTF-8"));
}

#[test]
fn a_mail_that_breaks_off_says_so() {
    let whole = multipart("mixed", &[TEXT, "Content-Type: application/pdf\n\n%PDF\n"]);
    let cut = mail(whole.trim_end().trim_end_matches("--b--"));
    assert_eq!(cut.parts[0].notes, [Note::BrokenOff]);
    let cut = mail("From: a@b.example\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nText");
    assert_eq!(
        (cut.text.reveal().as_str(), cut.notes.as_slice()),
        ("Text", &[Note::BrokenOff][..])
    );
}

#[test]
fn a_wrong_charset_is_read_and_said() {
    let raw = b"From: a@b.example\r\nContent-Type: text/plain; charset=utf-8\r\n\r\ncaf\xe9\r\n";
    let mail = read(raw, &Limits::default()).unwrap();
    assert_eq!(mail.text.reveal(), "café\n");
    assert_eq!(mail.notes, [Note::GuessedCharset]);
}

#[test]
fn the_copy_of_the_header_for_old_programs_is_no_text() {
    let text = "Content-Type: text/plain; hp-legacy-display=1\n\nSubject: Visit\n\nHello\n";
    assert_eq!(
        mail(&format!("From: a@b.example\n{text}")).text.reveal(),
        "Hello\n"
    );
    let older = "Content-Type: text/rfc822-headers; protected-headers=\"v1\"\n\nSubject: Visit\n";
    let mail = mail(&multipart("mixed", &[older, TEXT]));
    assert_eq!(mail.text.reveal(), "Hello\n");
    assert!(mail.parts.is_empty());
}

#[test]
fn a_text_without_any_header_is_text() {
    let mail = mail("Purpose: MANAGE\n\nHello\n");
    assert_eq!(mail.text.reveal(), "Purpose: MANAGE\n\nHello\n");
}

#[test]
fn every_limit_is_answered_by_its_name() {
    let limits = Limits {
        parts: 5,
        nesting: 3,
        header_bytes: 500,
        decoded_bytes: 100,
    };
    let answer = |raw: &str| read(raw.as_bytes(), &limits).err();
    let many = multipart("mixed", &[TEXT; 6]);
    assert_eq!(answer(&many), Some(Refused::Parts { max: 5 }));
    let long = format!("Subject: {}\n\nx", "s".repeat(600));
    assert_eq!(answer(&long), Some(Refused::Headers { max: 500 }));
    let large = format!("From: a@b.example\n\n{}", "x".repeat(101));
    assert_eq!(answer(&large), Some(Refused::Decoded { max: 100 }));
    let nested = "Content-Type: message/rfc822\n\n".repeat(5);
    assert_eq!(answer(&nested), Some(Refused::Nesting { max: 3 }));
    assert_eq!(answer(" \r\n"), Some(Refused::NotMail));
    let inner = multipart("mixed", &[TEXT; 3]);
    let both = multipart(
        "mixed",
        &[
            TEXT,
            &format!(
                "Content-Type: message/rfc822\n\n{}",
                inner.replace("--b", "--c").replace("=b", "=c")
            ),
        ],
    );
    assert_eq!(
        answer(&both),
        Some(Refused::Parts { max: 5 }),
        "parts of a mail within count"
    );
}

#[test]
fn ten_thousand_nested_are_refused_and_not_followed() {
    let limits = Limits {
        nesting: usize::MAX,
        parts: usize::MAX,
        ..Limits::default()
    };
    for header in [
        "Content-Type: message/rfc822\n\n",
        "Content-Type: multipart/mixed; boundary=b\n\n--b\n",
    ] {
        let raw = header.repeat(10_000);
        let answer = read(raw.as_bytes(), &limits);
        assert!(answer.is_err() || header.contains("boundary"), "{header}");
    }
    let level = |n| format!("Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n");
    let bomb = (0..10_000).map(level).collect::<Vec<_>>().concat();
    assert_eq!(
        read(bomb.as_bytes(), &limits).err(),
        Some(Refused::Nesting { max: 64 })
    );
}
