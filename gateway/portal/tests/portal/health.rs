//! The pages of health information requests: who may do what, and what a page shows of it.

use gateway_flow::form::FormSent;
use serde_json::{Value, json};

use crate::browser::Browser;
use crate::world::World;

fn refusal() -> Value {
    json!({"answer": {"outcome": "refused", "reason": "third_party_confidence",
        "reason_words": "It was told in confidence", "answered_by": "The single point of contact"}})
}

/// What the trust answers.
async fn answered(world: &World, request: &str, given: Value) {
    let sent = FormSent {
        in_reply_to: Some(request.parse().unwrap()),
        ..FormSent::new("health-response", given)
    };
    let spoc = world.caller("london-trust", "spoc").await;
    world.flow.submit_form(spoc, sent).await.unwrap();
}

async fn shown(browser: &mut Browser, path: &str) -> String {
    let answer = browser.get(path).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.location);
    answer.text()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_act_is_offered_to_whoever_may_do_it_and_to_nobody_else() {
    let world = World::new().await;
    let nominal = world.nominal("london").await;
    let request = world.asked_of_the_trust(&nominal).await;
    let page = format!("/health-requests/{request}");
    let mut spoc = world.visit("london-trust", "spoc").await;
    let mut guardian = world.visit("london-trust", "guardian").await;
    let mut officer = world.visit("london-probation", "officer").await;
    let text = shown(&mut spoc, &page).await;
    for act in ["Accept this request", "Answer this request", "/questions\""] {
        assert!(text.contains(act), "{act}");
    }
    for browser in [&mut guardian, &mut officer] {
        let text = shown(browser, &page).await;
        assert!(!text.contains("What you can do"), "nothing is theirs to do");
    }
    let refused = guardian.get(&format!("{page}/questions")).await;
    assert_eq!(refused.status, 403);
    let refused = officer.post(&format!("{page}/accept"), "").await;
    assert_eq!(refused.status, 404, "it is not asked of them");
    assert_eq!(spoc.post(&format!("{page}/accept"), "").await.status, 303);

    answered(&world, &request, refusal()).await;
    let text = shown(&mut guardian, &page).await;
    assert!(text.contains("Decide about the refusal"));
    assert!(
        text.contains("It is another person&#39;s confidence"),
        "{text}"
    );
    let review = format!("{page}/review");
    let empty = guardian.post(&review, "decision=&reasons=").await;
    assert_eq!(empty.status, 422);
    assert!(empty.text().contains("Enter your reasons"));
    let early = world
        .visit("london-coordination", "chair")
        .await
        .get(&review)
        .await;
    assert_eq!(early.status, 403, "the guardian looks first");
    let looked = guardian.post(&review, "decision=stands&reasons=so").await;
    assert_eq!(looked.location, format!("{page}?done=stands"));
    let twice = guardian.post(&review, "decision=stands&reasons=so").await;
    assert_eq!(twice.status, 403, "it is with the chair");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_is_signed_by_whoever_has_it_and_not_without_their_sign() {
    let world = World::new().await;
    let nominal = world.nominal("london").await;
    let request = world.asked_of_the_trust(&nominal).await;
    let task = world.given(&request, "engagement").await;
    let page = format!("/health-questions/{task}");
    let mut spoc = world.visit("london-trust", "spoc").await;
    assert_eq!(spoc.get(&page).await.status, 404, "it is another's");
    let mut guardian = world.visit("london-trust", "guardian").await;
    let list = shown(&mut guardian, "/health-questions").await;
    assert!(list.contains("Engagement and attendance"));
    assert!(
        list.contains("Questions (1)"),
        "the way there says how many wait"
    );
    let unsigned = guardian.post(&page, "answer=Missed+three").await;
    assert_eq!(unsigned.status, 422);
    assert!(unsigned.text().contains("Missed three"), "nothing is lost");
    let signed = guardian.post(&page, "answer=Missed+three&sign=yes").await;
    assert_eq!(signed.location, "/health-questions?done=signed");
    let after = shown(&mut guardian, &page).await;
    assert!(after.contains("Signed by you") && !after.contains("Sign the answer"));
    let gathered = shown(&mut spoc, &format!("/health-requests/{request}/signed")).await;
    assert!(gathered.contains("Missed three") && gathered.contains("Signed by Synthetic guardian"));
    let begun = spoc
        .post(
            "/forms/health-response/new",
            &format!("request={request}&from=signed"),
        )
        .await;
    let draft = shown(&mut spoc, &format!("{}/risk", begun.location)).await;
    assert!(draft.contains("Missed three") && draft.contains("Signed by Synthetic guardian"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_asked_no_more_is_led_to_what_it_has() {
    let world = World::new().await;
    let nominal = world.nominal("london").await;
    let request = world.asked_of_the_trust(&nominal).await;
    let passed_on = json!({"answer": {"outcome": "redirected", "redirected_to": "kent-trust",
        "answered_by": "The single point of contact"}});
    let mut spoc = world.visit("london-trust", "spoc").await;
    answered(&world, &request, passed_on).await;
    let before = spoc.get(&format!("/health-requests/{request}")).await;
    assert_eq!(before.location, format!("/messages/{request}"));
    let mut next = world.visit("kent-trust", "guardian").await;
    let text = shown(&mut next, &format!("/health-requests/{request}")).await;
    assert!(text.contains("Passed on: another body has it"));
    let mut officer = world.visit("london-probation", "officer").await;
    let list = shown(&mut officer, "/health-requests").await;
    assert!(list.contains("Asked of The kent-trust"));
}
