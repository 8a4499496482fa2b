use super::*;
use crate::{Limits, read};

fn report(kind: &str, status: &str) -> Report {
    let raw = format!(
        "From: MAILER-DAEMON@mx.example\nContent-Type: multipart/report; report-type={kind}; boundary=b\n\n\
         --b\n\nIt failed.\n--b\nContent-Type: message/{kind}\n\n{status}\n--b\n\
         Content-Type: text/rfc822-headers\n\nMessage-ID: <77@gw.example>\nSubject: x\n\n--b--\n"
    );
    read(raw.as_bytes(), &Limits::default())
        .unwrap()
        .report
        .unwrap()
}

#[test]
fn a_delivery_report_gives_each_recipient_its_action_and_status() {
    let read = report(
        "delivery-status",
        "Reporting-MTA: dns; mx.example\nOriginal-Envelope-Id: 0195-delivery\n\n\
         Original-Recipient: rfc822;a@b.example\nFinal-Recipient: rfc822; a2@b.example\nAction: failed\nStatus: 5.1.1 (unknown)\n\
         Diagnostic-Code: smtp; 550 no such user\n\n\
         Final-Recipient: rfc822;c@d.example\nAction: delayed\nStatus: 4.4.1\n",
    );
    assert_eq!(read.kind, ReportKind::Delivery);
    assert_eq!(read.envelope_id.as_deref(), Some("0195-delivery"));
    assert_eq!(read.message_id.as_deref(), Some("77@gw.example"));
    let [failed, delayed] = read.recipients.as_slice() else {
        panic!("two recipients")
    };
    assert_eq!(failed.address.as_ref().unwrap().reveal(), "a@b.example");
    assert_eq!(failed.status.as_deref(), Some("5.1.1"));
    assert!(failed.is_final() && failed.diagnostic.is_some());
    assert_eq!(delayed.action, Some(Action::Delayed));
    assert!(!delayed.is_final());
}

#[test]
fn a_receipt_of_reading_is_known_as_one() {
    let read = report(
        "disposition-notification",
        "Final-Recipient: rfc822;a@b.example\nOriginal-Message-ID: <78@gw.example>\n\
         Disposition: manual-action/MDN-sent-manually; displayed\n",
    );
    assert_eq!(read.kind, ReportKind::Disposition);
    assert_eq!(read.message_id.as_deref(), Some("78@gw.example"));
    assert_eq!(read.recipients[0].action, Some(Action::Displayed));
}

#[test]
fn a_report_without_its_part_and_one_of_nonsense_are_still_reports() {
    assert_eq!(report("feedback-report", "x: y").kind, ReportKind::Other);
    assert!(
        report("delivery-status", "Action: sung\n\n\n\n: :\n")
            .recipients
            .is_empty()
    );
}

#[test]
fn an_ordinary_mail_is_no_report() {
    let mail = read(b"From: a@b.example\n\nhello", &Limits::default()).unwrap();
    assert_eq!(mail.report, None);
}
