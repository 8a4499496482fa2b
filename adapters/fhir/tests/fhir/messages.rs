//! What is shared, and the word on a message.

use gateway_core::{Category, Clock, Id, Purpose};
use gateway_fhir::model::Agency;
use gateway_fhir::{Cause, Issue, Reply, Shared, SharedContent, SharedItem, header_id};
use jiff::Timestamp;

use crate::samples::{Kept, PDF, answer, reader, writer, written};
use crate::validator::validates;

fn agency(id: &str) -> Agency {
    Agency {
        id: id.parse().unwrap(),
        name: format!("The agency {id}"),
    }
}

fn shared() -> Shared {
    let item = |title: &str, content| SharedItem {
        title: title.to_owned().into(),
        category: Category::Risk,
        marking: "OFFICIAL-SENSITIVE".to_owned(),
        content,
    };
    let document = SharedContent::Document {
        index: 0,
        media_type: "application/pdf".to_owned(),
        size: PDF.len() as u64,
    };
    Shared {
        id: Id::new(&Clock::system()),
        sent: "2026-03-02T09:00:00Z".parse().unwrap(),
        sender: agency("london-probation"),
        recipient: agency("london-mental-health"),
        in_reply_to: Some(Id::new(&Clock::system())),
        purpose: Some(Purpose::Manage),
        items: vec![
            item(
                "Risk note",
                SharedContent::Text("Seen at the gate.".to_owned().into()),
            ),
            item("Report.pdf", document),
        ],
    }
}

#[test]
fn what_is_shared_validates_and_names_nobody_outside_its_items() {
    let message = writer().shared_message(&shared());
    let bytes = written(&message, &[PDF.to_vec()]);
    let text = String::from_utf8(bytes.clone()).unwrap();
    assert!(text.contains("Seen at the gate.") && !text.contains("Patient"));
    validates(&[bytes]);
}

#[test]
fn a_message_is_answered_by_the_id_of_its_header() {
    let (at, id): (Timestamp, _) = (
        "2026-03-02T10:00:00Z".parse().unwrap(),
        Id::new(&Clock::system()),
    );
    let sent = written(&writer().answer_message(&answer()), &[PDF.to_vec()]);
    let came = reader().resource(&sent[..], &mut Kept::default()).unwrap();
    let header = came.header_id().unwrap().to_owned();
    assert_eq!(header, header_id(answer().id));
    assert_eq!(came.reply(), None);
    let unit = agency("london-coordination");
    let issue = Issue::error(Cause::Missing, "Communication.payload", "is missing");
    for issues in [vec![], vec![issue]] {
        let reply = writer().reply_message((id, at), &unit, &header, &issues);
        let bytes = written(&reply, &[]);
        let read = reader().resource(&bytes[..], &mut Kept::default()).unwrap();
        let expected = Reply {
            to: header.clone(),
            taken: issues.is_empty(),
            words: issues.first().map(|issue| issue.diagnostics.clone()),
        };
        assert_eq!(read.reply(), Some(expected));
        validates(&[bytes]);
    }
}

#[test]
fn a_reply_that_names_no_message_is_none() {
    for identifier in ["", "a b", "../x", &"x".repeat(65)] {
        let text = format!(
            r#"{{"resourceType": "Bundle", "type": "message", "entry": [{{"resource":
            {{"resourceType": "MessageHeader", "source": {{"endpoint": "https://a.example"}},
            "response": {{"identifier": "{identifier}", "code": "ok"}}}}}}]}}"#
        );
        let read = reader().resource(text.as_bytes(), &mut Kept::default());
        assert!(
            read.is_err() || read.unwrap().reply().is_none(),
            "{identifier}"
        );
    }
}
