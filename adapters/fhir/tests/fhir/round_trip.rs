//! What was written reads back as it was; what was not written by us never panics.

use gateway_fhir::{Answer, Json, Message, Request};
use proptest::prelude::*;

use crate::any;
use crate::samples::{PDF, answers, read, requests, writer, written};

fn request_of(resource: &Json) -> Request {
    match read(&written(resource, &[])) {
        Ok((Message::Request(request), _)) => *request,
        Ok((Message::Answer(_), _)) => panic!("an answer"),
        Err(outcome) => panic!("{outcome}"),
    }
}

fn answer_of(resource: &Json, documents: &[Vec<u8>]) -> (Answer, Vec<Vec<u8>>) {
    match read(&written(resource, documents)) {
        Ok((Message::Answer(answer), bytes)) => (*answer, bytes),
        Ok((Message::Request(_), _)) => panic!("a request"),
        Err(outcome) => panic!("{outcome}"),
    }
}

#[test]
fn a_request_in_every_state_reads_back_as_it_was() {
    for request in requests() {
        assert_eq!(request_of(&writer().task(&request)), request);
        assert_eq!(request_of(&writer().request_message(&request)), request);
        let profiled = writer().with_uk_core();
        assert_eq!(request_of(&profiled.request_message(&request)), request);
    }
}

#[test]
fn an_answer_of_every_kind_reads_back_as_it_was_with_its_documents() {
    for answer in answers() {
        let documents = vec![PDF.to_vec(); answer.documents.len()];
        let same = (answer.clone(), documents.clone());
        assert_eq!(
            answer_of(&writer().communication(&answer), &documents),
            same
        );
        assert_eq!(
            answer_of(&writer().answer_message(&answer), &documents),
            same
        );
        let profiled = writer().with_uk_core().answer_message(&answer);
        assert_eq!(answer_of(&profiled, &documents), same);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_request_reads_back_as_it_was(request in any::request()) {
        prop_assert_eq!(&request_of(&writer().task(&request)), &request);
        prop_assert_eq!(&request_of(&writer().request_message(&request)), &request);
    }

    #[test]
    fn any_answer_reads_back_as_it_was((answer, documents) in any::answer()) {
        let same = (answer.clone(), documents.clone());
        prop_assert_eq!(&answer_of(&writer().communication(&answer), &documents), &same);
        prop_assert_eq!(&answer_of(&writer().answer_message(&answer), &documents), &same);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(read(&bytes).is_err());
    }

    #[test]
    fn any_letters_of_json_are_read_or_refused(text in "[{}\\[\\]\":,\\\\u0-9a-ftrnls.eE+ -]{0,80}") {
        prop_assert!(read(text.as_bytes()).is_err());
    }

    #[test]
    fn a_message_with_a_byte_changed_is_read_or_refused(
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
        answering in any::<bool>(),
    ) {
        let mut bytes = if answering {
            written(&writer().answer_message(&answers()[0]), &[PDF.to_vec()])
        } else {
            written(&writer().request_message(&requests()[0]), &[])
        };
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let _ = read(&bytes);
        bytes.truncate(at);
        prop_assert!(read(&bytes).is_err());
    }
}
