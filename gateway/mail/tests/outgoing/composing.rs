use gateway_mail::compose::{
    Attachment, Head, Protected, Protection, clear, entity, protected_entity,
};
use mail_parser::{MessageParser, MimeHeaders};
use proptest::prelude::*;

use crate::support::{assert_on_the_wire, file, head, python};

const READ: &str = r#"
import sys, json, base64, email, email.policy
m = email.message_from_bytes(sys.stdin.buffer.read(), policy=email.policy.default)
defects = [str(d) for p in m.walk() for d in p.defects]
for part in m.walk():
    for name in part.keys():
        defects += [name + ": " + str(d) for d in part[name].defects]
body = m.get_body(("plain",))
print(json.dumps({
  "names": m.keys(), "subject": m["subject"], "from": [a.addr_spec for a in m["from"].addresses],
  "name": [a.display_name for a in m["from"].addresses],
  "to": [a.addr_spec for a in m["to"].addresses], "date": m["date"].datetime.isoformat(),
  "text": body.get_content(), "defects": defects,
  "files": [[p.get_filename(), p.get_content_type(), base64.b64encode(p.get_content()).decode()] for p in m.iter_attachments()]}))
"#;

fn names(mail: &[u8]) -> Vec<String> {
    let text = std::str::from_utf8(mail).unwrap();
    let header = text.split("\r\n\r\n").next().unwrap();
    header
        .split("\r\n")
        .filter(|line| !line.starts_with(' '))
        .map(|line| line.split(':').next().unwrap().to_owned())
        .collect()
}

#[test]
fn python_reads_back_what_went_in() {
    let mut head = head();
    head.from_name = Some("Größe, \"the\" gateway".to_owned());
    head.subject = "Größe  und ЖЗИ – two  spaces, and a rather long subject line 🚔 ".repeat(3);
    head.to = (0..12)
        .map(|n| format!("person{n}@housing.example"))
        .collect();
    let text = ".dot\nFrom here\ntrailing \n=20 größe\n\ttab\n";
    let files = [
        file("report \"final\".pdf", b"\0\x01\r\n.\r\nbytes"),
        file(
            &format!("Überblick {}.pdf", "lang ".repeat(20)),
            &[0xff; 300],
        ),
    ];
    let mail = clear(&head, &entity(&head.message_id, text, &files));
    assert_on_the_wire(&mail);
    let read = python(READ, &mail);
    assert_eq!(read["defects"], serde_json::json!([]));
    assert_eq!(read["subject"], head.subject);
    assert_eq!(read["name"][0], *head.from_name.as_ref().unwrap());
    assert_eq!(read["from"][0], "gateway@gateway.example");
    assert_eq!(read["to"], serde_json::json!(head.to));
    assert_eq!(read["date"], "2026-11-24T12:00:00+00:00");
    let read_text = read["text"].as_str().unwrap();
    assert_eq!(read_text.replace("\r\n", "\n"), text);
    assert_eq!(read["files"][0][0], files[0].name);
    assert_eq!(read["files"][1][0], files[1].name);
    assert_eq!(read["files"][0][1], "application/pdf");
    assert_eq!(read["files"][0][2], "AAENCi4NCmJ5dGVz");
}

#[test]
fn the_same_arguments_give_the_same_octets_and_nothing_else_does() {
    let files = [file("a.pdf", b"a")];
    let once = entity("seed", "text", &files);
    assert_eq!(once, entity("seed", "text", &files));
    assert_ne!(once, entity("other", "text", &files));
}

#[test]
fn a_checkpoint_of_400_octets_stays_one_word() {
    let mut head = head();
    let checkpoint = "Zm9v".repeat(110);
    head.extra = vec![("X-Ledger-Checkpoint", checkpoint.clone())];
    let mail = clear(&head, &entity("s", "text", &[]));
    assert_on_the_wire(&mail);
    let parsed = MessageParser::default().parse(&mail).unwrap();
    let read = parsed.header_raw("X-Ledger-Checkpoint").unwrap();
    assert_eq!(read.trim(), checkpoint);
}

#[test]
fn a_word_of_5000_octets_is_cut_rather_than_sent_in_one_line() {
    let mut head = head();
    head.subject = "x".repeat(5000);
    let mail = clear(&head, &entity("s", "text", &[]));
    assert_on_the_wire(&mail);
}

#[test]
fn a_boundary_that_occurs_in_a_part_is_not_taken() {
    let first = gateway_mail::compose::signed_entity("seed", b"a\r\n", b"x");
    let text = String::from_utf8(first).unwrap();
    let boundary = text.split("boundary=\"").nth(1).unwrap();
    let boundary = boundary.split('"').next().unwrap();
    let hostile = format!("Content-Type: text/plain\r\n\r\n--{boundary}--\r\n");
    let second = gateway_mail::compose::signed_entity("seed", hostile.as_bytes(), b"x");
    let parsed = MessageParser::default().parse(&second).unwrap();
    assert_eq!(parsed.parts.len(), 3, "the whole, the text, the signature");
    assert!(parsed.body_text(0).unwrap().contains(boundary));
}

#[test]
fn what_is_no_media_type_is_octets() {
    for kind in [
        "",
        "x",
        "multipart/mixed",
        "message/rfc822",
        "a/b\r\nX: y",
        "a/b; c=d",
        "a/",
    ] {
        let mut one = file("a", b"b");
        one.media_type = kind.to_owned();
        let mail = clear(&head(), &entity("s", "t", &[one]));
        let parsed = MessageParser::default().parse(&mail).unwrap();
        let part = parsed.attachment(0).unwrap().content_type().unwrap();
        assert_eq!(part.ctype(), "application", "{kind:?}");
        assert_eq!(part.subtype(), Some("octet-stream"));
    }
}

#[test]
fn a_file_name_leads_nowhere_and_turns_nothing() {
    for (given, read) in [
        ("../../etc/passwd", ".._.._etc_passwd"),
        ("a\\b", "a_b"),
        ("..", "unnamed"),
        ("", "unnamed"),
        ("fdp.\u{202e}exe", "fdp.exe"),
        ("a\r\nX-Injected: b", "a  X-Injected: b"),
    ] {
        let mail = clear(&head(), &entity("s", "t", &[file(given, b"b")]));
        assert_on_the_wire(&mail);
        let parsed = MessageParser::default().parse(&mail).unwrap();
        assert_eq!(parsed.attachment(0).unwrap().attachment_name(), Some(read));
    }
}

#[test]
fn an_address_cannot_become_two() {
    let mut head = head();
    head.from = "a@b.example>, <evil@x.example".to_owned();
    head.to = vec!["c@d.example, e@f.example".to_owned()];
    let mail = clear(&head, &entity("s", "t", &[]));
    let parsed = MessageParser::default().parse(&mail).unwrap();
    assert_eq!(parsed.from().unwrap().iter().count(), 1);
    assert_eq!(parsed.to().unwrap().iter().count(), 1);
}

#[test]
fn a_protected_header_is_inside_and_the_outer_subject_says_nothing() {
    let inner = head();
    let outer = Head {
        subject: "[...]".to_owned(),
        ..inner.clone()
    };
    for (how, word) in [(Protection::Cipher, "cipher"), (Protection::Clear, "clear")] {
        for files in [vec![], vec![file("a.pdf", b"b")]] {
            let protected = Protected {
                how,
                head: &inner,
                outer_subject: None,
            };
            let entity = protected_entity("s", "text", &files, &protected);
            assert_on_the_wire(&entity);
            let parsed = MessageParser::default().parse(&entity).unwrap();
            assert_eq!(parsed.subject(), Some(inner.subject.as_str()));
            let kind = parsed.content_type().unwrap();
            assert_eq!(kind.attribute("hp"), Some(word));
            assert_eq!(parsed.body_text(0).unwrap().trim(), "text");
            // HP-Outer says what the outer header has, field for field (RFC 9788 section 2.2).
            let text = String::from_utf8(entity).unwrap();
            let said = text.contains("HP-Outer: Subject: [...]\r\n")
                && text.contains("HP-Outer: From: MAPPA gateway <gateway@gateway.example>\r\n");
            assert_eq!(said, how == Protection::Cipher);
            let mail = clear(&outer, b"Content-Type: text/plain\r\n\r\nx\r\n");
            assert!(!String::from_utf8(mail).unwrap().contains("0193-abc"));
        }
    }
}

fn hostile() -> impl Strategy<Value = String> {
    let odd = prop_oneof![
        Just("\r\nBcc: x@evil.example\r\n\r\n".to_owned()),
        Just("\n.\n".to_owned()),
        Just("=?utf-8?Q?=0D=0AX:?=".to_owned()),
        Just("\u{2028}\u{85}\u{0}\u{202e}".to_owned()),
        Just(" ".to_owned()),
        "\\PC{0,40}",
        any::<String>(),
    ];
    prop::collection::vec(odd, 0..6).prop_map(|parts| parts.concat())
}

/// What a reader may see of a header's value.
fn cleaned(text: &str) -> String {
    text.chars()
        .filter(|c| !"\u{61c}\u{200e}\u{200f}\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}\u{2066}\u{2067}\u{2068}\u{2069}".contains(*c))
        .map(|c| if c.is_control() || "\u{2028}\u{2029}".contains(c) { ' ' } else { c })
        .collect()
}

proptest! {
    #[test]
    fn nothing_that_is_put_in_adds_a_field_or_a_part(
        subject in hostile(), from in hostile(), name in hostile(), to in hostile(),
        id in hostile(), extra in hostile(), file_name in hostile(), kind in hostile(),
    ) {
        let head = Head {
            from_name: Some(name),
            from,
            to: vec![to],
            subject: subject.clone(),
            message_id: id.clone(),
            extra: vec![("References", extra)],
            ..head()
        };
        let files = [Attachment { name: file_name, media_type: kind, bytes: vec![1] }];
        let mail = clear(&head, &entity(&id, "text", &files));
        assert_on_the_wire(&mail);
        prop_assert_eq!(names(&mail), [
            "From", "To", "Subject", "Date", "Message-ID", "References", "MIME-Version", "Content-Type",
        ]);
        let parsed = MessageParser::default().parse(&mail).unwrap();
        prop_assert_eq!(parsed.from().unwrap().iter().count(), 1);
        prop_assert_eq!(parsed.to().unwrap().iter().count(), 1);
        prop_assert_eq!(parsed.parts.len(), 3);
        if subject.len() < 800 {
            prop_assert_eq!(parsed.subject().unwrap_or_default(), cleaned(&subject));
        }
    }

    #[test]
    fn text_and_files_come_back_as_they_went_in(
        text in any::<String>(), bytes in prop::collection::vec(any::<u8>(), 0..400),
    ) {
        let mail = clear(&head(), &entity("s", &text, &[file("a.bin", &bytes)]));
        assert_on_the_wire(&mail);
        let parsed = MessageParser::default().parse(&mail).unwrap();
        let ended = |text: &str| {
            let text = text.replace("\r\n", "\n").replace('\r', "\n");
            if text.is_empty() || text.ends_with('\n') { text } else { text + "\n" }
        };
        let read = parsed.part(1).unwrap().text_contents().unwrap();
        prop_assert_eq!(ended(read), ended(&text));
        prop_assert_eq!(parsed.part(2).unwrap().contents(), bytes.as_slice());
    }
}
