use crate::tnef::make::*;
use crate::{Limits, Mail, Note, PartKind, Refused, read};

const BEFORE: &str = "From: a@b.example\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n";
const TNEF: &str = "--b\r\nContent-Type: application/ms-tnef; name=winmail.dat\r\n\
    Content-Transfer-Encoding: binary\r\n\r\n";

/// A mail with a text, where there is one, and these containers.
fn raw(text: &str, containers: &[Vec<u8>]) -> Vec<u8> {
    let mut raw = BEFORE.as_bytes().to_vec();
    if !text.is_empty() {
        raw.extend(format!("--b\r\nContent-Type: text/plain\r\n\r\n{text}\r\n").as_bytes());
    }
    for container in containers {
        raw.extend([TNEF.as_bytes(), container, b"\r\n"].concat());
    }
    raw.extend(b"--b--\r\n");
    raw
}

fn mail(text: &str, container: &[u8]) -> Mail {
    read(&raw(text, &[container.to_vec()]), &Limits::default()).unwrap()
}

/// Kind, name and content of each part.
fn parts(mail: &Mail) -> Vec<(PartKind, &str, &[u8])> {
    let each = mail.parts.iter();
    each.map(|p| {
        (
            p.kind,
            p.name.reveal().as_str(),
            p.bytes.reveal().as_slice(),
        )
    })
    .collect()
}

fn names(mail: &Mail) -> Vec<&str> {
    parts(mail).into_iter().map(|(_, name, _)| name).collect()
}

fn cut(container: &[u8]) -> Vec<u8> {
    [container, b"\x02\x0f\x80"].concat()
}

#[test]
fn what_is_in_it_is_attached_as_if_it_had_been_itself_and_it_is_gone() {
    let tagged = attachment_properties(&[
        unicode(0x3707, "../../photo.png"),
        string8(0x370E, b"Image/PNG"),
        unicode(0x3712, "<1@x>"),
    ]);
    let photo = [begin(), data(b"\x89PNG"), tagged].concat();
    let mail = mail(
        "Hello",
        &stream(&[page(1252), file("risk é.pdf", b"%PDF"), photo]),
    );
    assert_eq!(
        parts(&mail),
        [
            (PartKind::Attachment, "risk é.pdf", &b"%PDF"[..]),
            (PartKind::Inline, "photo.png", b"\x89PNG")
        ]
    );
    let [pdf, photo] = mail.parts.as_slice() else {
        panic!("two parts")
    };
    assert_eq!(pdf.media_type, "application/octet-stream");
    assert_eq!(pdf.given_name.as_ref().unwrap().reveal(), "risk é.pdf");
    assert_eq!(photo.media_type, "image/png");
    assert_eq!(photo.content_id.as_ref().unwrap().reveal(), "1@x");
    assert!(pdf.notes.is_empty() && photo.notes.is_empty() && mail.notes.is_empty());
    assert_eq!(mail.text.reveal(), "Hello");
}

#[test]
fn a_name_that_is_taken_gets_a_number_and_a_program_stays_one() {
    let inside = stream(&[file("a.pdf", b"1"), file("A.pdf", b"2"), file("", b"3")]);
    assert_eq!(
        names(&mail("x", &inside)),
        ["a.pdf", "A (2).pdf", "FILE~1.BIN"]
    );
    let hidden = stream(&[
        file("visit\u{202e}fdp.exe", b"MZ"),
        file("x.exe\0.pdf", b"MZ"),
    ]);
    assert_eq!(names(&mail("x", &hidden)), ["visitfdp.exe", "x.exe"]);
    let sealed = mail("x", &stream(&[file("smime.p7m", b"0")]));
    assert_eq!(sealed.parts[0].notes, [Note::SealedInside]);
}

#[test]
fn what_did_not_read_keeps_the_whole_beside_what_did() {
    let container = cut(&stream(&[file("a.pdf", b"%PDF")]));
    let mail = mail("Hello", &container);
    assert_eq!(
        parts(&mail),
        [
            (PartKind::Attachment, "a.pdf", &b"%PDF"[..]),
            (PartKind::Attachment, "winmail.dat", &container)
        ]
    );
    assert_eq!(mail.parts[1].notes, [Note::TnefInPart]);
    assert_eq!(mail.parts[1].media_type, "application/ms-tnef");
    assert!(!Note::TnefInPart.words().is_empty());
}

#[test]
fn what_holds_nothing_that_reads_is_kept_as_before() {
    let invitation = stream(&[class("IPM.Microsoft Schedule.MtgReq")]);
    for container in [&b"not TNEF"[..], &cut(&stream(&[])), &invitation] {
        let mail = mail("Hello", container);
        assert_eq!(
            parts(&mail),
            [(PartKind::Attachment, "winmail.dat", container)]
        );
        assert_eq!(mail.parts[0].notes, [Note::Tnef]);
    }
    assert!(
        mail("Hello", &stream(&[class("IPM.Note")]))
            .parts
            .is_empty()
    );
}

#[test]
fn an_attachment_that_only_says_where_it_lies_keeps_the_whole() {
    let link =
        attachment_properties(&[unicode(0x3707, "a.pdf"), unicode(0x370D, "\\\\host\\a.pdf")]);
    let mail = mail("x", &stream(&[file("b.pdf", b"x"), begin(), link]));
    assert_eq!(names(&mail), ["b.pdf", "winmail.dat"]);
}

#[test]
fn a_damaged_attachment_says_so_and_the_whole_is_kept() {
    let mut container = stream(&[begin(), data(b"%PDF")]);
    let at = container.len() - 3;
    container[at] = b'?';
    let mail = mail("x", &container);
    assert_eq!(names(&mail), ["attachment.bin", "winmail.dat"]);
    assert_eq!(mail.parts[0].notes, [Note::Damaged]);
    assert_eq!(mail.parts[1].notes, [Note::TnefInPart]);
}

#[test]
fn its_text_is_the_mails_only_where_the_mail_has_none() {
    let container = stream(&[message_properties(&[unicode(
        0x1000,
        "Purpose: MANAGE\r\n\r\nHé",
    )])]);
    let alone = mail("", &container);
    assert_eq!(alone.text.reveal(), "Purpose: MANAGE\n\nHé");
    assert!(alone.parts.is_empty() && !alone.from_html && alone.notes.is_empty());
    assert!(mail("Purpose:  MANAGE\r\nHé", &container).parts.is_empty());
    let other = mail("Something else", &container);
    assert_eq!(other.text.reveal(), "Something else");
    let text = "Purpose: MANAGE\n\nHé".as_bytes();
    assert_eq!(parts(&other), [(PartKind::Attachment, "message.txt", text)]);
    assert_eq!(other.parts[0].media_type, "text/plain");
    assert_eq!(other.parts[0].charset.as_deref(), Some("utf-8"));
}

#[test]
fn a_text_that_comes_after_it_in_the_mail_is_the_mails_own() {
    let container = stream(&[message_properties(&[unicode(0x1000, "within")])]);
    let mut raw = raw("", &[container]);
    raw.truncate(raw.len() - 7);
    raw.extend(b"--b\r\nContent-Type: text/plain\r\n\r\nown\r\n--b--\r\n");
    let mail = read(&raw, &Limits::default()).unwrap();
    assert_eq!(mail.text.reveal(), "own");
    assert_eq!(names(&mail), ["message.txt"]);
}

#[test]
fn html_becomes_text_and_is_kept_and_a_plain_text_goes_before_it() {
    let html = binary(0x1013, b"<p>Caf\xe9</p>");
    let only = stream(&[message_properties(&[html.clone(), number(0x3FDE, 1252)])]);
    let alone = mail("", &only);
    assert_eq!(
        (alone.text.reveal().as_str(), alone.from_html),
        ("Café\n", true)
    );
    let original = (
        PartKind::OriginalHtml,
        "message.html",
        &b"<p>Caf\xe9</p>"[..],
    );
    assert_eq!(parts(&alone), [original]);
    assert_eq!(alone.parts[0].charset.as_deref(), Some("windows-1252"));
    assert_eq!(parts(&mail("Another", &only)), [original]);
    let guess = mail(
        "",
        &stream(&[message_properties(std::slice::from_ref(&html))]),
    );
    assert_eq!(
        (guess.text.reveal().as_str(), &guess.notes[..]),
        ("Café\n", &[Note::GuessedCharset][..])
    );
    let both = mail(
        "",
        &stream(&[message_properties(&[unicode(0x1000, "Plain"), html])]),
    );
    assert_eq!(
        (both.text.reveal().as_str(), both.parts.len()),
        ("Plain", 0)
    );
}

#[test]
fn rich_text_is_an_item_and_what_is_corrupt_keeps_the_whole() {
    let good = mail(
        "Hello",
        &stream(&[message_properties(&[rich(b"{\\rtf1 Hello}")])]),
    );
    assert_eq!(
        parts(&good),
        [(PartKind::OriginalRtf, "message.rtf", &b"{\\rtf1 Hello}"[..])]
    );
    assert_eq!(good.parts[0].media_type, "application/rtf");
    let corrupt = stream(&[
        file("a.pdf", b"x"),
        message_properties(&[binary(0x1009, b"LZFu")]),
    ]);
    assert_eq!(names(&mail("Hello", &corrupt)), ["a.pdf", "winmail.dat"]);
}

#[test]
fn a_message_within_gives_its_attachments_and_its_text_with_whose_it_is() {
    let letter = message_properties(&[
        unicode(0x1000, "He was seen."),
        unicode(0x0037, "Visits: school"),
        unicode(0x0C1A, "S. Ali"),
        rich(b"{\\rtf1 x}"),
    ]);
    let inner = stream(&[letter.clone(), file("a.pdf", b"%PDF")]);
    let outer = mail(
        "See below",
        &stream(&[within("Visits.msg", &inner), file("b.pdf", b"2")]),
    );
    let text = b"From: S. Ali\nSubject: Visits: school\n\nHe was seen.";
    assert_eq!(
        parts(&outer),
        [
            (PartKind::Attachment, "a.pdf", &b"%PDF"[..]),
            (PartKind::OriginalRtf, "Visits.rtf", b"{\\rtf1 x}"),
            (PartKind::Attachment, "Visits.txt", text),
            (PartKind::Attachment, "b.pdf", b"2")
        ]
    );
    assert_eq!(outer.text.reveal(), "See below");
    let unnamed = mail("", &stream(&[within("", &stream(&[letter]))]));
    assert_eq!(names(&unnamed), ["Visits school.rtf", "Visits school.txt"]);
    assert!(
        unnamed.text.reveal().is_empty(),
        "another's text is not the mail's"
    );
}

#[test]
fn a_message_within_whose_sender_or_recipients_are_not_read_keeps_the_whole() {
    let text = unicode(0x1000, "He was seen.");
    let (from, to) = (message(0x0000_8000, b"trp"), message(0x0006_9004, &[0; 4]));
    for (attribute, property) in [(from, 0x0C1A), (to, 0x0E04)] {
        let alone = message_properties(std::slice::from_ref(&text));
        let inner = stream(&[attribute.clone(), alone.clone()]);
        let kept = mail("x", &stream(&[within("Visits", &inner)]));
        assert_eq!(names(&kept), ["Visits.txt", "winmail.dat"]);
        let said = message_properties(&[text.clone(), unicode(property, "Sara Ali")]);
        let inner = stream(&[attribute.clone(), said]);
        let read = mail("x", &stream(&[within("Visits", &inner)]));
        assert_eq!(names(&read), ["Visits.txt"]);
        // Of the mail itself both are in its header.
        assert_eq!(
            names(&mail("x", &stream(&[attribute, alone]))),
            ["message.txt"]
        );
    }
}

#[test]
fn a_message_within_that_did_not_read_keeps_the_whole() {
    let inner = cut(&stream(&[file("a.pdf", b"%PDF")]));
    let outer = mail(
        "x",
        &stream(&[within("Visits", &inner), file("b.pdf", b"2")]),
    );
    assert_eq!(names(&outer), ["a.pdf", "b.pdf", "winmail.dat"]);
    let none = mail(
        "x",
        &stream(&[within("Visits", b"not TNEF"), file("b.pdf", b"2")]),
    );
    assert_eq!(names(&none), ["b.pdf", "winmail.dat"]);
}

#[test]
fn a_container_that_was_attached_to_another_is_unpacked_too() {
    let inner = stream(&[
        file("a.pdf", b"%PDF"),
        message_properties(&[unicode(0x1000, "inner")]),
    ]);
    let outer = mail("", &stream(&[file("winmail.dat", &inner)]));
    assert_eq!(names(&outer), ["a.pdf", "winmail.txt"]);
    let inner = cut(&inner);
    let outer = mail("", &stream(&[file("winmail.dat", &inner)]));
    assert_eq!(names(&outer), ["a.pdf", "winmail.txt", "winmail.dat"]);
    assert_eq!(outer.parts[2].bytes.reveal(), &inner);
    assert_eq!(outer.parts[2].notes, [Note::TnefInPart]);
}

#[test]
fn its_parts_count_as_parts_of_the_mail() {
    let limits = |parts| Limits {
        parts,
        ..Limits::default()
    };
    let three = stream(&[
        file("a", b"1"),
        file("b", b"2"),
        within("c", &stream(&[file("d", b"3")])),
    ]);
    let raw = raw("x", &[three]);
    // The mail, its text, the container, and four within.
    assert!(read(&raw, &limits(7)).is_ok());
    assert_eq!(
        read(&raw, &limits(6)).err(),
        Some(Refused::Parts { max: 6 })
    );
    assert_eq!(
        read(&raw, &limits(4)).err(),
        Some(Refused::Parts { max: 4 })
    );
    let rfc822 = |name: &str| {
        let tag = attachment_properties(&[string8(0x370E, b"message/rfc822")]);
        [
            begin(),
            title(name.as_bytes()),
            data(b"From: c@d.example\r\n\r\nx"),
            tag,
        ]
        .concat()
    };
    let raw = super::tests::raw("x", &[stream(&[rfc822("a.eml")])]);
    let mail = read(&raw, &limits(5)).unwrap();
    assert_eq!(
        (mail.parts[0].kind, names(&mail)),
        (PartKind::Message, vec!["a.eml"])
    );
    assert_eq!(
        read(&raw, &limits(4)).err(),
        Some(Refused::Parts { max: 4 })
    );
}

#[test]
fn messages_within_messages_are_followed_as_deep_as_mails_are() {
    let nested = |levels: usize| {
        let innermost = stream(&[file("a.pdf", b"%PDF")]);
        let wrap = |inner: Vec<u8>, _| stream(&[within("", &inner)]);
        raw("x", &[(0..levels).fold(innermost, wrap)])
    };
    let limits = Limits {
        nesting: 10,
        ..Limits::default()
    };
    assert_eq!(names(&read(&nested(8), &limits).unwrap()), ["a.pdf"]);
    let deeper = read(&nested(9), &limits);
    assert_eq!(deeper.err(), Some(Refused::Nesting { max: 10 }));
    let bomb = read(
        &nested(2000),
        &Limits {
            nesting: usize::MAX,
            parts: usize::MAX,
            ..limits
        },
    );
    assert_eq!(bomb.err(), Some(Refused::Nesting { max: 64 }));
}

#[test]
fn no_more_comes_out_of_it_than_the_mail_may_hold() {
    let limits = |decoded_bytes| Limits {
        decoded_bytes,
        ..Limits::default()
    };
    let whole = stream(&[file("a.pdf", &[b'x'; 1000]), file("b.pdf", &[b'y'; 1000])]);
    let size = whole.len();
    let raw_whole = raw("", std::slice::from_ref(&whole));
    assert_eq!(
        names(&read(&raw_whole, &limits(size)).unwrap()),
        ["a.pdf", "b.pdf"]
    );
    let refused = Some(Refused::Decoded { max: size - 1 });
    assert_eq!(read(&raw_whole, &limits(size - 1)).err(), refused);
    // Where there is no room for both, it is kept whole and not unpacked.
    let broken = cut(&whole);
    let raw_broken = raw("", std::slice::from_ref(&broken));
    let kept = read(&raw_broken, &limits(broken.len() * 2 - 1)).unwrap();
    assert_eq!(
        (names(&kept), &kept.parts[0].notes[..]),
        (vec!["winmail.dat"], &[Note::Tnef][..])
    );
    let both = read(&raw_broken, &limits(broken.len() * 2)).unwrap();
    assert_eq!(names(&both), ["a.pdf", "b.pdf", "winmail.dat"]);
}

#[test]
fn outlook_names_it_by_its_name_alone_too() {
    let container = stream(&[file("a.pdf", b"%PDF")]);
    for header in [
        "application/octet-stream; name=WINMAIL.DAT",
        "application/vnd.ms-tnef",
    ] {
        let head = format!("From: a@b.example\r\nContent-Type: {header}\r\n\r\n");
        let raw = [head.as_bytes(), &container].concat();
        assert_eq!(
            names(&read(&raw, &Limits::default()).unwrap()),
            ["a.pdf"],
            "{header}"
        );
    }
}
