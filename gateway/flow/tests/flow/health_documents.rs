//! Documents that come with the answer to a health information request: items after its parts, each
//! of its own kind, fetched as any other, and no part of the form.

use gateway_core::{Category, ExchangeState, Identifier, IdentifierKind, Outcome};
use gateway_flow::FlowError;
use gateway_flow::form::{FormDocument, FormSent};
use gateway_flow::submission::Idempotency;
use gateway_forms::MEDIA_TYPE;
use gateway_store::testing::each;
use jiff::civil::date;

use crate::dossier::visitor;
use crate::form::pointers;
use crate::health::{ASKS, TRUST, answering, asked, asking, full, hospital, request};
use crate::world::{World, outcome, read};

const LETTER: &[u8] = b"%PDF-1.7 a letter about a person, longer than a line of any form";

fn document(world: &World, category: Category, kind: &str, bytes: &[u8]) -> FormDocument {
    let body = world.flow.take_bytes(kind.to_owned(), bytes).unwrap();
    FormDocument::new("Letter.pdf".to_owned().into(), category, body)
}

fn with(world: &World, id: &str, category: Category, kind: &str) -> FormSent {
    FormSent {
        documents: vec![document(world, category, kind, LETTER)],
        ..answering(id, full())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_is_an_item_after_the_parts_and_read_as_any_other() {
    for db in each().await {
        let world = hospital(db).await;
        let id = asked(&world).await;
        let spoc = visitor(&world, TRUST, "spoc").await;
        let sent = with(&world, &id, Category::HealthRisk, "application/pdf");
        let answer = world.flow.submit_form(spoc.clone(), sent).await.unwrap();
        world.proved(&answer);
        assert_eq!(answer.state, ExchangeState::Released, "{:?}", answer.matrix);
        assert_eq!(
            outcome(&answer, ASKS, 3).0,
            Outcome::Permit,
            "two parts, and then the document"
        );
        let answer = answer.id.unwrap();
        let asker = visitor(&world, ASKS, "spoc").await;
        let form = world.flow.read_form(&asker, &answer).await.unwrap();
        let form = form.unwrap();
        assert_eq!(form.items.len(), 2, "it is no part of the form");
        assert!(form.body.answer("risk.medication").is_some());
        let documents = world.flow.form_documents(&asker, &answer).await.unwrap();
        let [one] = documents.as_slice() else {
            panic!("{documents:?}")
        };
        assert!(one.opens);
        assert_eq!(
            (one.title.as_str(), one.category),
            ("Letter.pdf", Category::HealthRisk)
        );
        let found = world.flow.document(&asker, &answer, one.n).await.unwrap();
        assert_eq!(found.media_type, "application/pdf");
        assert_eq!(read(found.body).await, LETTER);
        let views = world.flow.health_answers(&asker).await.unwrap();
        assert_eq!(views.len(), 1);
        assert_eq!(
            (views[0].request.as_str(), views[0].outcome.as_str()),
            (&*id, "full")
        );
        assert!(!views[0].own && world.flow.health_answer(&spoc, &answer).await.unwrap().own);
        let other = visitor(&world, "southwark-housing", "officer").await;
        assert!(world.flow.health_answers(&other).await.unwrap().is_empty());
        let none = world.flow.health_answer(&other, &answer).await;
        assert!(matches!(none, Err(FlowError::NotFound)));
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clinical_document_waits_for_the_guardian_as_a_clinical_part_does() {
    for db in each().await {
        let world = hospital(db).await;
        let id = asked(&world).await;
        let spoc = visitor(&world, TRUST, "spoc").await;
        let sent = with(&world, &id, Category::HealthClin, "application/pdf");
        let answer = world.flow.submit_form(spoc, sent).await.unwrap();
        assert_eq!(outcome(&answer, ASKS, 3).0, Outcome::Hold);
        let asker = visitor(&world, ASKS, "spoc").await;
        let documents = world.flow.form_documents(&asker, &answer.id.unwrap()).await;
        assert!(documents.unwrap().is_empty(), "nothing of it is there yet");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_go_with_forms_that_take_them_and_are_never_taken_for_a_part() {
    for db in each().await {
        let world = hospital(db).await;
        let officer = visitor(&world, ASKS, "officer").await;
        let sent = FormSent {
            documents: vec![document(&world, Category::Risk, "text/plain", LETTER)],
            ..asking(&world, request())
        };
        let refused = world.flow.submit_form(officer, sent).await.unwrap_err();
        assert_eq!(pointers(refused), ["/documents"]);
        let id = asked(&world).await;
        let spoc = visitor(&world, TRUST, "spoc").await;
        for kind in [
            MEDIA_TYPE.to_owned(),
            format!("{};a=b", MEDIA_TYPE.to_uppercase()),
        ] {
            let sent = with(&world, &id, Category::HealthRisk, &kind);
            let refused = world
                .flow
                .submit_form(spoc.clone(), sent)
                .await
                .unwrap_err();
            assert_eq!(pointers(refused), ["/documents/0"], "{kind}");
        }
        let view = world.flow.health_request(&spoc, &id).await.unwrap();
        assert!(view.waits_for(TRUST), "nothing was recorded as an answer");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_sent_again_under_its_key_is_answered_as_before() {
    for db in each().await {
        let world = hospital(db).await;
        let id = asked(&world).await;
        let spoc = visitor(&world, TRUST, "spoc").await;
        let keyed = |digest: &str| FormSent {
            idempotency: Some(Idempotency {
                key: "one".to_owned(),
                request: digest.to_owned(),
            }),
            ..with(&world, &id, Category::HealthRisk, "application/pdf")
        };
        let first = world
            .flow
            .submit_form(spoc.clone(), keyed("a"))
            .await
            .unwrap();
        let again = world
            .flow
            .submit_form(spoc.clone(), keyed("a"))
            .await
            .unwrap();
        assert!(again.again && again.id == first.id);
        let other = world.flow.submit_form(spoc, keyed("b")).await;
        assert!(matches!(other, Err(FlowError::Conflict(_))));
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_of_another_person_is_told_from_the_one_on_record() {
    for db in each().await {
        let world = hospital(db).await;
        let id = asked(&world).await.parse().unwrap();
        let spoc = visitor(&world, TRUST, "spoc").await;
        let today = date(2026, 3, 2);
        let dob = Identifier::parse(IdentifierKind::Dob, "1931-01-09", today).unwrap();
        let another = world.flow.may_be_about(&spoc, id, &dob).await.unwrap();
        assert!(!another, "the record has a birth date, and not this one");
        let asker = visitor(&world, ASKS, "officer").await;
        let theirs = world.flow.may_be_about(&asker, id, &dob).await;
        assert!(
            matches!(theirs, Err(FlowError::NotFound)),
            "it is not asked"
        );
    }
}
