//! Health information requests as pages show them: a list asked for at once, what happened in the
//! words of the log, and the questions of whoever answers them.

use gateway_core::Role;
use gateway_flow::FlowError;
use gateway_flow::health::{Happening, HealthState};
use gateway_store::HealthWaits;
use gateway_store::testing::each;
use serde_json::json;

use crate::dossier::visitor;
use crate::health::{ASKS, OTHER, TRUST, UNIT, answered, asked, full, hospital, refusal};
use crate::world::{World, add_person};

async fn happened(world: &World, at: &str, name: &str, id: &str) -> Vec<Happening> {
    let by = visitor(world, at, name).await;
    let story = world.flow.health_story(&by, id).await.unwrap();
    story.happened.iter().map(|one| one.what).collect()
}

async fn waits(world: &World, at: &str, name: &str) -> HealthWaits {
    let by = visitor(world, at, name).await;
    world.flow.health_waits(&by).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happened_is_told_to_each_side_as_far_as_it_reached_it() {
    for db in each().await {
        let world = hospital(db).await;
        let id = asked(&world).await;
        let spoc = visitor(&world, TRUST, "spoc").await;
        let to = format!("clinician@{TRUST}.example");
        world.flow.accept_health_request(&spoc, &id).await.unwrap();
        world
            .flow
            .give_question(&spoc, &id, "medication", &to)
            .await
            .unwrap();
        answered(&world, &id, refusal()).await;
        let guardian = visitor(&world, TRUST, "guardian").await;
        let chair = visitor(&world, UNIT, "chair").await;
        for (by, stands, words) in [(&guardian, true, "A secret"), (&chair, false, "Ask again")] {
            let looked = world.flow.review_refusal(by, &id, stands, words).await;
            looked.unwrap();
        }
        let outside = [
            Happening::Asked,
            Happening::Accepted,
            Happening::Refused,
            Happening::Upheld,
            Happening::Reopened,
        ];
        assert_eq!(happened(&world, ASKS, "officer", &id).await, outside);
        assert_eq!(happened(&world, UNIT, "chair", &id).await, outside);
        let within = happened(&world, TRUST, "nurse", &id).await;
        assert_eq!(within.len(), 6);
        assert!(
            within.contains(&Happening::Given),
            "what stays within the trust"
        );

        let asker = visitor(&world, ASKS, "officer").await;
        let story = world.flow.health_story(&asker, &id).await.unwrap();
        let [.., refused, upheld, reopened] = story.happened.as_slice() else {
            panic!("five things happened");
        };
        assert_eq!(refused.detail["reason"], "third_party_confidence");
        assert_eq!(upheld.words.as_deref(), Some("A secret"));
        assert_eq!(reopened.words.as_deref(), Some("Ask again"));
        assert_eq!(reopened.agency.as_deref(), Some(UNIT));

        let stranger = visitor(&world, "southwark-housing", "officer").await;
        let none = world.flow.health_story(&stranger, &id).await;
        assert!(matches!(none, Err(FlowError::NotFound)));
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_says_of_each_request_where_it_stands_and_what_waits_comes_first() {
    for db in each().await {
        let world = hospital(db).await;
        let spoc = visitor(&world, TRUST, "spoc").await;
        let opened = asked(&world).await;
        world.flow.read_form(&spoc, &opened).await.unwrap();
        let accepted = asked(&world).await;
        world
            .flow
            .accept_health_request(&spoc, &accepted)
            .await
            .unwrap();
        let done = asked(&world).await;
        answered(&world, &done, full()).await;
        let held = asked(&world).await;
        let mut clinical = full();
        clinical["clinical"] = json!({"detail": "The whole of it"});
        answered(&world, &held, clinical).await;
        let refused = asked(&world).await;
        answered(&world, &refused, refusal()).await;
        let sent = asked(&world).await;
        let all = world.flow.health_requests(&spoc).await.unwrap();
        let state = |id: &str| all.iter().find(|one| one.id == *id).unwrap().state;
        for (id, expected) in [
            (&opened, HealthState::Received),
            (&accepted, HealthState::Accepted),
            (&done, HealthState::Completed),
            (&held, HealthState::OnHold),
            (&refused, HealthState::Rejected),
            (&sent, HealthState::Requested),
        ] {
            assert_eq!(state(id), expected);
            let one = world.flow.health_request(&spoc, id).await.unwrap();
            assert_eq!(one.state, expected, "one by one as in the list");
        }
        let closed = |one: &gateway_flow::health::HealthView| one.closed.is_some();
        let order: Vec<bool> = all.iter().map(closed).collect();
        assert_eq!(order, [false, false, false, false, true, true]);
        assert_eq!(waits(&world, TRUST, "spoc").await.requests, 4);
        assert_eq!(waits(&world, ASKS, "officer").await.requests, 4);
        assert_eq!(waits(&world, UNIT, "coordinator").await.requests, 4);
        assert_eq!(waits(&world, OTHER, "spoc").await, HealthWaits::default());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_answers_a_question_is_told_what_they_need_of_its_request() {
    for db in each().await {
        let world = hospital(db).await;
        add_person(&world.flow, OTHER, "clinician", Role::Clinician).await;
        let id = asked(&world).await;
        let spoc = visitor(&world, TRUST, "spoc").await;
        let (nurse, clinician) = (
            visitor(&world, TRUST, "nurse").await,
            visitor(&world, TRUST, "clinician").await,
        );
        let to_give = world.flow.questions_to_give(&spoc, &id).await.unwrap();
        assert_eq!(to_give.questions, ["engagement", "medication"]);
        let named = to_give
            .colleagues
            .iter()
            .map(|one| one.name.reveal().as_str());
        let named: Vec<&str> = named.collect();
        assert!(named.contains(&"Synthetic clinician"));
        assert_eq!(
            named
                .iter()
                .filter(|name| **name == "Synthetic clinician")
                .count(),
            1,
            "nobody of another trust"
        );
        let refused = world.flow.questions_to_give(&nurse, &id).await;
        assert!(matches!(refused, Err(FlowError::Forbidden(_))));
        let asker = visitor(&world, ASKS, "spoc").await;
        let none = world.flow.questions_to_give(&asker, &id).await;
        assert!(matches!(none, Err(FlowError::NotFound)));

        let address = to_give
            .colleagues
            .iter()
            .find(|one| one.name.reveal() == "Synthetic clinician")
            .unwrap();
        let given = world
            .flow
            .give_question(&spoc, &id, "medication", address.address.reveal());
        let task = given.await.unwrap().remove(0).id;
        assert_eq!(waits(&world, TRUST, "clinician").await.questions, 1);
        assert_eq!(waits(&world, TRUST, "nurse").await.questions, 0);
        let waiting = world.flow.questions_waiting(&clinician).await.unwrap();
        assert_eq!(waiting.len(), 1);
        assert_eq!(waiting[0].task.id, task);
        assert_eq!(waiting[0].request.agency, ASKS);
        let others = world.flow.own_question(&nurse, &task).await;
        assert!(matches!(others, Err(FlowError::NotFound)));
        assert!(
            world
                .flow
                .own_question(&clinician, &task)
                .await
                .unwrap()
                .open
        );
        let signed = world.flow.sign_answer(&clinician, &task, "Not collected");
        signed.await.unwrap();
        let signed = world.flow.own_question(&clinician, &task).await.unwrap();
        assert!(!signed.open && signed.task.signed.is_some());
        assert_eq!(waits(&world, TRUST, "clinician").await.questions, 0);

        // What was answered meanwhile, without it, is not asked any more.
        let given = world
            .flow
            .give_question(&spoc, &id, "engagement", address.address.reveal());
        let task = given.await.unwrap().pop().unwrap().id;
        answered(&world, &id, full()).await;
        assert!(
            !world
                .flow
                .own_question(&clinician, &task)
                .await
                .unwrap()
                .open
        );
        assert_eq!(waits(&world, TRUST, "clinician").await.questions, 0);
        world.verify().await.unwrap();
    }
}
