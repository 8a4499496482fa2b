//! What a form's sender is asked about before it goes: words where nothing is asked, and a name that
//! is none of the record's.

use gateway_core::{Category, ExchangeState};
use gateway_flow::form::FormSent;
use gateway_flow::submission::Contents;
use gateway_store::testing::each;
use serde_json::{Value, json};

use crate::dossier::visitor;
use crate::form::{answers, pointers, prison, send, sent};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_where_nothing_is_asked_is_said_and_not_lost() {
    for db in each().await {
        let world = prison(db).await;
        let officer = visitor(&world, "hmp-riverside", "officer").await;
        let mut given = answers();
        given["header"]["report_type"] = json!("emergency");
        given["release"] = json!({"planned_date": "2026-04-30"});
        let wrong = world.flow.submit_form(officer.clone(), sent(given)).await;
        assert_eq!(pointers(wrong.unwrap_err()), ["/answers/release"]);
        let mut empty = answers();
        empty["header"]["report_type"] = json!("emergency");
        empty["release"] = json!({"planned_date": "", "conditions": []});
        send(&world, &officer, sent(empty)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_form_only_marks_is_nobodys_document() {
    for db in each().await {
        let world = prison(db).await;
        let officer = visitor(&world, "hmp-riverside", "officer").await;
        let submission = world.flow.form_submission(officer, sent(answers())).await;
        let items = submission.unwrap().particulars.items;
        let of = |category| items.iter().find(|item| item.category == Some(category));
        assert_eq!(of(Category::Custody).unwrap().contents, Contents::Written);
        assert_eq!(of(Category::HealthRisk).unwrap().contents, Contents::Marks);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_family_name_that_is_wholly_another_is_asked_about() {
    for db in each().await {
        let world = prison(db).await;
        let officer = visitor(&world, "hmp-riverside", "officer").await;
        let named = |given: Value, reference: bool| FormSent {
            reference: reference.then(|| world.nominal.clone()),
            ..sent(given)
        };
        for reference in [true, false] {
            let mut given = answers();
            given["offender"]["family_name"] = json!("Somebody-Else");
            let other = send(&world, &officer, named(given.clone(), reference)).await;
            assert_eq!(other.missing, ["/nominal"], "{reference}");
            assert!(
                other.warnings.iter().any(|why| why.contains("family name")),
                "{:?}",
                other.warnings
            );
            // One word of a double name will do.
            given["offender"]["family_name"] = json!("MARLOWE");
            let same = send(&world, &officer, named(given, reference)).await;
            assert_eq!(same.state, ExchangeState::Held, "{reference}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_persons_reference_numbers_may_be_left_out_and_another_persons_are_asked_about() {
    for db in each().await {
        let world = prison(db).await;
        let officer = visitor(&world, "hmp-riverside", "officer").await;
        let mut given = answers();
        for left_out in ["dob", "prison_number", "pnc_id"] {
            given["offender"].as_object_mut().unwrap().remove(left_out);
        }
        let without = world
            .flow
            .submit_form(officer.clone(), sent(given.clone()))
            .await;
        assert!(pointers(without.unwrap_err()).contains(&"/answers/offender/dob".to_owned()));
        let named = |given: &Value| FormSent {
            reference: Some(world.nominal.clone()),
            ..sent(given.clone())
        };
        let answer = send(&world, &officer, named(&given)).await;
        assert_eq!(answer.state, ExchangeState::Held);
        given["offender"]["dob"] = json!("1991-05-06");
        given["offender"]["pnc_id"] = json!("99/123456X");
        let other = send(&world, &officer, named(&given)).await;
        assert_eq!(
            other.missing,
            ["/nominal"],
            "held back for its sender to look at again"
        );
    }
}
