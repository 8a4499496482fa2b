use proptest::prelude::*;

use super::*;

fn code(line: &[u8]) -> u16 {
    match parse(line, false) {
        Ok(_) => 250,
        Err(Refusal::Line(reply) | Refusal::End(reply)) => reply.code(),
    }
}

fn mail_of(line: &str) -> Mail {
    match parse(line.as_bytes(), false) {
        Ok(Command::Mail(mail)) => mail,
        other => panic!("{line}: {other:?}"),
    }
}

fn rcpt_of(line: &str) -> Recipient {
    match parse(line.as_bytes(), false) {
        Ok(Command::Rcpt(recipient)) => recipient,
        other => panic!("{line}: {other:?}"),
    }
}

#[test]
fn mail_is_read_with_all_its_parameters() {
    let mail = mail_of(
        "MAIL FROM:<officer@police.example> SIZE=1234 BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=a+2Bb",
    );
    assert_eq!(mail.sender.unwrap().as_str(), "officer@police.example");
    assert_eq!(mail.size, Some(1234));
    assert_eq!(mail.body, Body::EightBit);
    assert!(mail.utf8 && mail.extended);
    assert_eq!(mail.ret, Some(Return::Headers));
    assert_eq!(mail.envelope_id, Some(Xtext("a+2Bb".to_owned())));
}

#[test]
fn the_null_sender_and_odd_spelling_are_understood() {
    let mail = mail_of("mail from: <> ret=full body=7bit ");
    assert_eq!(mail.sender, None);
    assert_eq!(mail.ret, Some(Return::Full));
    assert_eq!(mail.body, Body::SevenBit);
}

#[test]
fn a_recipient_is_read_with_what_it_wants_to_be_told() {
    let recipient = rcpt_of("RCPT TO:<a@b.example> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;a+40b");
    assert_eq!(
        recipient.notify,
        Notify::On {
            success: true,
            failure: false,
            delay: true
        }
    );
    assert_eq!(recipient.original, Some(Xtext("rfc822;a+40b".to_owned())));
    assert_eq!(
        rcpt_of("RCPT TO:<a@b.example> NOTIFY=NEVER").notify,
        Notify::Never
    );
    assert_eq!(rcpt_of("RCPT TO:<a@b.example>").notify, Notify::Default);
    assert_eq!(
        rcpt_of("RCPT TO:<Postmaster>").address.as_str(),
        "Postmaster"
    );
}

#[test]
fn a_line_with_what_is_no_text_is_500() {
    for line in [
        &b"NOOP\rQUIT"[..],
        b"NOOP\r",
        b"NOOP\nQUIT",
        b"NO\0OP",
        b"NOOP \x80",
        b"NOOP\t",
        b"NOOP \x7f",
        b"NOOP \xc2\x85",
        b"MAIL FROM:<a@b\r.example>",
        b"RCPT TO:<a\r@b.example>",
        b"RCPT TO:<a@b.example\n>",
    ] {
        assert_eq!(code(line), 500, "{line:?}");
    }
}

#[test]
fn addresses_of_two_readings_are_refused() {
    for line in [
        "RCPT TO:<\"a b\"@c.example>",
        "RCPT TO:<@relay.example:a@b.example>",
        "RCPT TO:<a@b@c.example>",
        "RCPT TO:<a @b.example>",
        "RCPT TO:< a@b.example>",
        "RCPT TO:<a@b.example",
        "RCPT TO:a@b.example",
        "RCPT TO:<>",
        "RCPT TO:<a@[192.0.2.1]>",
        "RCPT TO:<a>",
        "MAIL FROM:<\"a\"@b.example>",
        "MAIL FROM:<a\\@b@c.example>",
        "MAIL FROM:<a@b.example>>",
        "MAIL FROM:<<a@b.example>",
        "MAIL FROM: a@b.example",
        "MAIL",
        "RCPT",
    ] {
        assert_eq!(code(line.as_bytes()), 501, "{line}");
    }
}

#[test]
fn other_scripts_are_taken_only_after_smtputf8() {
    let line = "RCPT TO:<Jürgen@b.example>".as_bytes();
    assert_eq!(code(line), 553);
    assert!(parse(line, true).is_ok());
    assert_eq!(code("MAIL FROM:<é@b.example>".as_bytes()), 553);
    assert!(mail_of("MAIL FROM:<é@b.example> SMTPUTF8").utf8);
}

#[test]
fn parameters_are_known_and_stand_once() {
    for line in [
        "MAIL FROM:<a@b.example> AUTH=<>",
        "MAIL FROM:<a@b.example> XFOO=1",
        "MAIL FROM:<a@b.example> SIZE=1 SIZE=2",
        "MAIL FROM:<a@b.example> NOTIFY=NEVER",
        "MAIL FROM:<a@b.example> REQUIRETLS",
        "MAIL FROM:<a@b.example> SIZE",
        "MAIL FROM:<a@b.example> SMTPUTF8=1",
        "RCPT TO:<a@b.example> SIZE=1",
        "RCPT TO:<a@b.example>x",
        "RCPT TO:<a@b.example> ORCPT=rfc822;a orcpt=rfc822;a",
    ] {
        assert_eq!(code(line.as_bytes()), 555, "{line}");
    }
    for line in [
        "MAIL FROM:<a@b.example> SIZE=",
        "MAIL FROM:<a@b.example> SIZE=-1",
        "MAIL FROM:<a@b.example> SIZE=+1",
        "MAIL FROM:<a@b.example> SIZE=99999999999999999999",
        "MAIL FROM:<a@b.example> BODY=BINARYMIME",
        "MAIL FROM:<a@b.example> BODY=9BIT",
        "MAIL FROM:<a@b.example> RET=SOME",
        "MAIL FROM:<a@b.example> ENVID=",
        "RCPT TO:<a@b.example> NOTIFY=NEVER,SUCCESS",
        "RCPT TO:<a@b.example> NOTIFY=",
        "RCPT TO:<a@b.example> ORCPT=",
        "RCPT TO:<a@b.example> ORCPT=a",
        "RCPT TO:<a@b.example> ORCPT=;a",
        "RCPT TO:<a@b.example> ORCPT=rfc822;",
    ] {
        assert_eq!(code(line.as_bytes()), 501, "{line}");
    }
}

#[test]
fn what_stands_alone_stands_alone() {
    for verb in ["DATA", "RSET", "QUIT", "STARTTLS"] {
        assert_eq!(code(verb.as_bytes()), 250);
        assert_eq!(code(format!("{verb} ").as_bytes()), 250);
        assert_eq!(code(format!("{verb} now").as_bytes()), 501, "{verb}");
    }
    assert_eq!(code(b"EHLO a b"), 501);
    assert_eq!(code(b"EHLO"), 501);
}

#[test]
fn what_is_not_offered_is_said_so() {
    assert_eq!(code(b"AUTH PLAIN"), 502);
    assert_eq!(code(b"EXPN staff"), 502);
    assert_eq!(code(b"ETRN b.example"), 502);
    assert_eq!(code(b"XCLIENT ADDR=192.0.2.1"), 500);
    assert_eq!(code(b""), 500);
}

#[test]
fn a_chunk_of_uncertain_size_is_the_end() {
    let chunk = |line: &str| parse(line.as_bytes(), false);
    assert_eq!(
        chunk("BDAT 0 LAST"),
        Ok(Command::Bdat {
            size: 0,
            last: true
        })
    );
    assert_eq!(
        chunk("bdat 86 last"),
        Ok(Command::Bdat {
            size: 86,
            last: true
        })
    );
    assert_eq!(
        chunk("BDAT 86"),
        Ok(Command::Bdat {
            size: 86,
            last: false
        })
    );
    for line in [
        "BDAT",
        "BDAT x",
        "BDAT -1",
        "BDAT 1 2",
        "BDAT 1 LAST x",
        "BDAT  1",
        "BDAT 1  LAST",
        "BDAT 99999999999999999999",
        "BDAT 0x10",
    ] {
        assert!(matches!(chunk(line), Err(Refusal::End(_))), "{line}");
    }
}

#[test]
fn another_protocol_is_the_end() {
    for line in [
        &b"GET / HTTP/1.1"[..],
        b"post / HTTP/1.1",
        b"CONNECT x:25",
        b"PRI * HTTP/2.0",
    ] {
        assert!(
            matches!(parse(line, false), Err(Refusal::End(_))),
            "{line:?}"
        );
    }
}

#[test]
fn a_command_begins_its_line() {
    for line in [&b" NOOP"[..], b" BDAT 6 LAST", b"  QUIT", b" "] {
        assert_eq!(code(line), 500, "{line:?}");
    }
}

proptest! {
    #[test]
    fn any_line_is_a_command_or_a_refusal(line in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse(&line, true);
    }

    #[test]
    fn a_taken_recipient_is_what_stood_in_the_brackets(
        path in "[a-c@.\"\\\\<>: ]{0,14}",
        tail in "( NOTIFY=[A-Z,]{0,9}| ORCPT=[a-z+0-9;]{0,9})?",
    ) {
        let line = format!("RCPT TO:<{path}>{tail}");
        if let Ok(Command::Rcpt(recipient)) = parse(line.as_bytes(), false) {
            let brackets = format!("<{}>", recipient.address.as_str());
            prop_assert!(line.contains(&brackets));
        }
    }
}
