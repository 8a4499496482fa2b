//! What a form says is the same after it was FHIR.

use gateway_fhir::Message;
use gateway_forms::Body;
use gateway_health::{REQUEST, RESPONSE, answer_form, request_form};
use proptest::prelude::*;
use serde_json::Value;

use crate::samples::{
    answer, answer_given, body, form, read, request, request_given, response_body, writer,
};
use crate::{any, samples};

fn again(id: &str, given: &Value) -> Body {
    Body::read(&form(id), given, samples::today()).unwrap()
}

fn request_by_fhir(body: &Body, bundled: bool) -> Value {
    let model = request(body);
    let resource = match bundled {
        true => writer().request_message(&model),
        false => writer().task(&model),
    };
    match read(&resource, &mut gateway_fhir::NoSource) {
        Message::Request(read) => {
            assert_eq!(*read, model, "what was read is what was written");
            request_form(&read).unwrap()
        }
        Message::Answer(_) => panic!("an answer"),
    }
}

fn answer_by_fhir(given: &Value, body: &Body, bundled: bool) -> Value {
    let (model, _) = answer(given, body, &[]);
    let resource = match bundled {
        true => writer().answer_message(&model),
        false => writer().communication(&model),
    };
    match read(&resource, &mut gateway_fhir::NoSource) {
        Message::Answer(read) => {
            assert_eq!(*read, model, "what was read is what was written");
            answer_form(&read).unwrap()
        }
        Message::Request(_) => panic!("a request"),
    }
}

#[test]
fn the_forms_own_examples_are_the_same_after_they_were_fhir() {
    let asked = body(REQUEST, &request_given());
    let answered = response_body(&answer_given());
    for bundled in [false, true] {
        assert_eq!(again(REQUEST, &request_by_fhir(&asked, bundled)), asked);
        let back = answer_by_fhir(&answer_given(), &answered, bundled);
        assert_eq!(again(RESPONSE, &back), answered);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_request_is_the_same_after_it_was_fhir(given in any::request(), bundled in any::<bool>()) {
        let before = body(REQUEST, &given);
        prop_assert_eq!(again(REQUEST, &request_by_fhir(&before, bundled)), before);
    }

    #[test]
    fn any_answer_is_the_same_after_it_was_fhir(given in any::answer_given(), bundled in any::<bool>()) {
        let before = response_body(&given);
        prop_assert_eq!(again(RESPONSE, &answer_by_fhir(&given, &before, bundled)), before);
    }
}
