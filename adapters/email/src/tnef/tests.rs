use super::make::*;
use super::*;

fn opened(stream: &[u8]) -> (Vec<(String, Vec<u8>)>, bool) {
    let message = read(stream, 99).unwrap();
    let each = message.attached.iter().map(|one| {
        let name = one.name(&message.pages).unwrap_or_default();
        let content = one.content.map(|content| content.bytes().to_vec());
        (name, content.unwrap_or_else(|| b"none".to_vec()))
    });
    (each.collect(), message.complete())
}

fn one(attributes: &[Vec<u8>]) -> (String, Vec<u8>, bool) {
    let (mut files, complete) = opened(&stream(attributes));
    let (name, content) = files.remove(0);
    assert_eq!(files, []);
    (name, content, complete)
}

#[test]
fn attachments_come_in_order_with_their_content() {
    let bytes = stream(&[page(1252), file("a.pdf", b"%PDF"), file("b.txt", b"")]);
    let files = [
        ("a.pdf".to_owned(), b"%PDF".to_vec()),
        ("b.txt".to_owned(), Vec::new()),
    ];
    assert_eq!(opened(&bytes), (files.to_vec(), true));
}

#[test]
fn the_long_name_goes_before_the_short_one_and_the_title_before_what_is_shown() {
    let all = [
        (unicode(0x3707, "Risk résumé.pdf"), "Risk résumé.pdf"),
        (string8(0x3707, b"Risk r\xe9sum\xe9.pdf"), "Risk résumé.pdf"),
        (string8(0x3704, b"RISK~1.PDF"), "RISK~1.PDF"),
        (unicode(0x3001, "shown"), "title.pdf"),
    ];
    for (name, read) in all {
        let named = attachment_properties(&[string8(0x3001, b"x"), name]);
        let (seen, _, complete) =
            one(&[page(1252), begin(), title(b"title.pdf"), data(b"x"), named]);
        assert_eq!((seen.as_str(), complete), (read, true));
    }
    let untitled = attachment_properties(&[unicode(0x3001, "shown")]);
    assert_eq!(one(&[begin(), data(b"x"), untitled]).0, "shown");
}

#[test]
fn an_eight_bit_name_is_in_the_page_of_its_writer_wherever_that_is_said() {
    let name = title(b"\xcf\xe8\xf1\xfc\xec\xee.txt");
    let rest = [begin(), name, data(b"x")].concat();
    assert_eq!(one(&[page(1251), rest.clone()]).0, "Письмо.txt");
    let later = message_properties(&[number(0x3FFD, 1251)]);
    assert_eq!(one(&[rest, later]).0, "Письмо.txt");
}

#[test]
fn a_wrong_checksum_is_no_reason_to_lose_what_stands_there() {
    let mut bytes = stream(&[file("a.pdf", b"%PDF"), file("b.pdf", b"%PDF-2")]);
    let at = bytes.windows(5).position(|five| five == b"%PDF-").unwrap();
    bytes[at + 4] = b'_';
    let (files, complete) = opened(&bytes);
    assert_eq!((files[1].1.as_slice(), complete), (&b"%PDF_2"[..], false));
    let message = read(&bytes, 99).unwrap();
    let damaged: Vec<bool> = message.attached.iter().map(|one| one.damaged).collect();
    assert_eq!(damaged, [false, true]);
}

#[test]
fn the_checksum_of_a_message_class_is_not_looked_at() {
    let mut class = class("IPM.Microsoft Mail.Note");
    let end = class.len() - 1;
    class[end] ^= 1;
    assert!(one(&[class, file("a.pdf", b"x")]).2);
}

#[test]
fn what_says_more_than_a_letter_does_is_not_complete() {
    for (name, complete) in [
        ("IPM.Microsoft Mail.Note", true),
        ("Microsoft Mail v3.0 IPM.Microsoft Mail.Note", true),
        ("ipm.note", true),
        ("IPM.Note.SMIME", true),
        ("IPM.Document.Word", true),
        ("IPM", true),
        ("", true),
        ("IPM.Microsoft Schedule.MtgReq", false),
        ("IPM.Schedule.Meeting.Request", false),
        ("IPM.Contact", false),
        ("REPORT.IPM.Note.NDR", false),
    ] {
        assert_eq!(one(&[class(name), file("a", b"x")]).2, complete, "{name}");
        let property = message_properties(&[unicode(0x001A, name)]);
        assert_eq!(one(&[property, file("a", b"x")]).2, complete, "{name}");
    }
}

#[test]
fn the_property_goes_before_the_attribute_of_the_same_meaning() {
    let old = [
        message(0x0002_800C, b"old\0"),
        message(0x0001_8004, b"old\0"),
    ];
    let new = message_properties(&[unicode(0x1000, "new"), unicode(0x0037, "newer")]);
    for bytes in [[old.concat(), new.clone()], [new, old.concat()]] {
        let bytes = stream(&bytes);
        let message = read(&bytes, 9).unwrap();
        let subject = message.letter.subject(&message.pages);
        assert_eq!(message.letter.body(&message.pages).text, "new");
        assert_eq!(subject.as_deref(), Some("newer"));
    }
}

#[test]
fn a_text_that_does_not_read_or_is_there_twice_is_not_complete() {
    for (properties, complete) in [
        (
            vec![unicode(0x1000, "one"), rich(b"{}"), binary(0x1013, b"<p>")],
            true,
        ),
        (vec![unicode(0x1000, "one"), unicode(0x1000, "two")], false),
        (vec![binary(0x1013, b"one"), binary(0x1013, b"two")], false),
        (vec![rich(b"one"), rich(b"two")], false),
        (vec![number(0x1000, 7)], false),
        (vec![number(0x1013, 7)], false),
        (vec![unicode(0x1009, "rtf")], false),
    ] {
        let bytes = stream(&[message_properties(&properties)]);
        assert_eq!(read(&bytes, 9).unwrap().complete(), complete);
    }
    let twice = [unicode(0x1000, "one"), unicode(0x1000, "two")];
    let bytes = stream(&[message_properties(&twice)]);
    let message = read(&bytes, 9).unwrap();
    assert_eq!(message.letter.body(&message.pages).text, "one");
}

#[test]
fn properties_of_every_type_are_passed_over() {
    let named = |kind: &[u8]| [&tag(0x8005, 0x0003)[..], &[7; 16], kind, &[1, 0, 0, 0]].concat();
    let fixed = |kind: u16, size: usize| [&tag(0x0E01, kind)[..], &vec![1; size]].concat();
    let several = |kind: u16, rest: &[u8]| [&tag(0x0E02, kind)[..], &[2, 0, 0, 0], rest].concat();
    let all = [
        fixed(0x0002, 4),
        fixed(0x000B, 4),
        fixed(0x0005, 8),
        fixed(0x0014, 8),
        fixed(0x0040, 8),
        fixed(0x0048, 16),
        several(0x1003, &[9; 8]),
        several(0x1040, &[9; 16]),
        several(0x101E, b"\x02\0\0\0a\0\0\0\x05\0\0\0bcde\0\0\0\0"),
        several(0x1102, b"\0\0\0\0\x01\0\0\0x\0\0\0"),
        named(&[0, 0, 0, 0, 5, 0, 0, 0]),
        named(b"\x01\0\0\0\x06\0\0\0k\0v\0\0\0\0\0"),
        unicode(0x3707, "found.pdf"),
    ];
    let (name, _, complete) = one(&[begin(), data(b"x"), attachment_properties(&all)]);
    assert_eq!((name.as_str(), complete), ("found.pdf", true));
}

#[test]
fn a_list_that_cannot_be_followed_is_not_complete() {
    let name = || unicode(0x3707, "a.pdf");
    let unknown = [&tag(0x0E01, 0x00FD)[..], &[0; 8]].concat();
    let endless = [&tag(0x0E01, 0x1003)[..], &[0xff; 4]].concat();
    let long = [
        &tag(0x0E01, 0x001E)[..],
        &[1, 0, 0, 0, 0xff, 0xff, 0xff, 0x7f],
    ]
    .concat();
    let mut too_few = list(&[name(), number(0x0E01, 1)]);
    too_few[0] = 1;
    let mut too_many = list(&[name()]);
    too_many[0] = 2;
    for properties in [
        list(&[name(), unknown]),
        list(&[name(), endless]),
        list(&[name(), long]),
        too_few,
        too_many,
    ] {
        let properties = attachment(0x0006_9005, &properties);
        let (name, content, complete) = one(&[begin(), data(b"x"), properties]);
        assert_eq!((name.as_str(), content.as_slice()), ("a.pdf", &b"x"[..]));
        assert!(!complete);
    }
    assert!(!one(&[begin(), data(b"x"), attachment(0x0006_9005, b"\x01\0")]).2);
}

#[test]
fn a_message_within_is_known_by_its_interface() {
    let inner = stream(&[file("a.pdf", b"%PDF")]);
    let bytes = stream(&[within("Visits", &inner)]);
    let message = read(&bytes, 9).unwrap();
    assert!(message.complete());
    let [attached] = message.attached.as_slice() else {
        panic!("one attachment")
    };
    assert!(matches!(attached.content, Some(Content::Message(bytes)) if bytes == inner));
    assert_eq!(attached.name(&message.pages).as_deref(), Some("Visits"));
    // IID_IStorage: an object of another program.
    let storage = [
        &b"\x0b\0\0\0\0\0\0\0\xc0\0\0\0\0\0\0\x46"[..],
        b"\xd0\xcf\x11\xe0",
    ]
    .concat();
    let object = attachment_properties(&[sized(0x3701, 0x000D, &storage)]);
    assert_eq!(one(&[begin(), object]).1, b"\xd0\xcf\x11\xe0");
    let short = attachment_properties(&[sized(0x3701, 0x000D, b"short")]);
    let (_, content, complete) = one(&[begin(), short]);
    assert_eq!((content.as_slice(), complete), (&b"none"[..], false));
}

#[test]
fn of_two_contents_one_is_given_and_the_other_is_not_lost() {
    let given = |attributes: &[Vec<u8>]| {
        let (_, content, complete) = one(&[begin(), attributes.concat()]);
        (String::from_utf8(content).unwrap(), complete)
    };
    let object = |content: &[u8]| attachment_properties(&[binary(0x3701, content)]);
    for (attributes, content, complete) in [
        ([data(b"one"), data(b"two")], "one", false),
        ([object(b"one"), object(b"two")], "one", false),
        ([data(b"one"), data(b"one")], "one", true),
        ([data(b"one"), data(b"")], "one", true),
        ([data(b""), data(b"two")], "two", true),
        ([data(b"one"), object(b"two")], "two", false),
        ([object(b"two"), data(b"two")], "two", true),
        ([data(b"one"), object(b"")], "one", true),
        ([data(b""), object(b"two")], "two", true),
        ([data(b""), object(b"")], "", true),
    ] {
        assert_eq!(given(&attributes), (content.to_owned(), complete));
    }
}

#[test]
fn the_sentence_that_stands_for_a_message_within_is_not_its_content() {
    let sentence = b"This attachment is a MAPI 1.0 embedded message and is not supported by this mail system.\0";
    let object = attachment_properties(&[embedded(b"inner")]);
    let (_, content, complete) = one(&[begin(), data(sentence), object.clone()]);
    assert_eq!((content.as_slice(), complete), (&b"inner"[..], true));
    let (_, content, complete) = one(&[begin(), data(b"hidden"), object]);
    assert_eq!((content.as_slice(), complete), (&b"inner"[..], false));
}

#[test]
fn only_the_checksum_of_the_content_itself_makes_it_damaged() {
    let mut named = attachment_properties(&[unicode(0x3707, "a.pdf")]);
    let end = named.len() - 1;
    named[end] ^= 1;
    let bytes = stream(&[begin(), data(b"x"), named]);
    let message = read(&bytes, 9).unwrap();
    assert!(!message.complete() && !message.attached[0].damaged);
}

#[test]
fn what_stands_where_it_must_not_is_not_complete() {
    for misplaced in [
        message(0x0006_800F, b"hidden"),
        message(0x0006_9002, &[0; 14]),
        message(0x0006_9005, &list(&[])),
        attachment(0x0006_9003, &list(&[])),
        attachment(0x0002_800C, b"hidden\0"),
    ] {
        assert!(!one(&[file("a.pdf", b"x"), misplaced]).2);
    }
    let (_, content, complete) = one(&[data(b"no beginning")]);
    assert_eq!(
        (content.as_slice(), complete),
        (&b"no beginning"[..], false)
    );
}

#[test]
fn icons_dates_and_whatever_is_unknown_say_nothing() {
    let nothing = [
        attachment(0x0006_8011, b"an icon"),
        attachment(0x0003_8012, &[0; 14]),
        message(0x0003_8005, &[0; 14]),
        message(0x0006_7777, b"?"),
    ];
    assert_eq!(
        one(&[file("a.pdf", b"x"), nothing.concat()]),
        ("a.pdf".to_owned(), b"x".to_vec(), true)
    );
}

#[test]
fn more_attachments_than_are_taken_are_refused_at_once() {
    let bytes = stream(&vec![begin(); 1000]);
    assert_eq!(read(&bytes, 999).err(), Some(Unread::TooMany));
    assert_eq!(read(&bytes, 1000).unwrap().attached.len(), 1000);
    assert_eq!(read(b"PK\x03\x04", 9).err(), Some(Unread::NotTnef));
}
