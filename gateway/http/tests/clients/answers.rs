//! What a hardened router answers, read by a real client.

use crate::support::Listener;
use reqwest::{Client, Response, StatusCode};
use serde_json::{Value, json};

async fn problem(answer: Response, status: StatusCode) -> Value {
    assert_eq!(answer.status(), status);
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    assert_eq!(answer.headers()["cache-control"], "no-store");
    assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["status"], status.as_u16());
    body
}

#[tokio::test]
async fn what_has_no_route_is_not_found_in_the_same_bytes_as_what_is_not_yours() {
    let listener = Listener::plain().await;
    let mut answers = Vec::new();
    for path in [
        "/nothing?secret",
        "/not-yours",
        "/number/x",
        "/%ff/..",
        "/number/99999999999",
    ] {
        let answer = reqwest::get(listener.url(path)).await.unwrap();
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
        let mut headers = answer.headers().clone();
        headers.remove("date");
        answers.push((headers, answer.bytes().await.unwrap()));
    }
    for answer in &answers {
        assert_eq!(*answer, answers[0]);
    }
}

#[tokio::test]
async fn a_method_that_is_not_known_is_answered_with_those_that_are() {
    let listener = Listener::plain().await;
    let answer = Client::new()
        .delete(listener.url("/post"))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.headers()["allow"], "POST");
    problem(answer, StatusCode::METHOD_NOT_ALLOWED).await;
}

#[tokio::test]
async fn a_panic_is_a_problem_that_says_nothing_of_it() {
    let listener = Listener::plain().await;
    let body = problem(
        reqwest::get(listener.url("/panic")).await.unwrap(),
        StatusCode::INTERNAL_SERVER_ERROR,
    )
    .await;
    assert!(!body.to_string().contains("secret"));
    assert!(body["reference"].is_string());
    assert_eq!(
        reqwest::get(listener.url("/whoami"))
            .await
            .unwrap()
            .status(),
        StatusCode::OK
    );
}

#[tokio::test]
async fn a_body_that_cannot_be_taken_is_a_problem_that_says_which_and_where() {
    let listener = Listener::plain().await;
    let post = |kind: &'static str, body: Vec<u8>| {
        Client::new()
            .post(listener.url("/post"))
            .header("content-type", kind)
            .body(body)
            .send()
    };
    let good = post(
        "application/json; charset=utf-8",
        br#"{"size": 1}"#.to_vec(),
    )
    .await
    .unwrap();
    assert_eq!(good.json::<Value>().await.unwrap(), json!({"size": 1}));

    let answer = post("application/json", br#"{"size": "secret"}"#.to_vec())
        .await
        .unwrap();
    let body = problem(answer, StatusCode::UNPROCESSABLE_ENTITY).await;
    assert_eq!(
        body["errors"],
        json!([{"pointer": "/size", "detail": "expected u8"}])
    );

    let answer = post("application/json", br#"{"size": 1, "sise": 2}"#.to_vec())
        .await
        .unwrap();
    let body = problem(answer, StatusCode::UNPROCESSABLE_ENTITY).await;
    assert_eq!(body["errors"][0]["pointer"], "/sise");

    let answer = post("application/json", b"{".to_vec()).await.unwrap();
    problem(answer, StatusCode::BAD_REQUEST).await;
    for kind in ["text/plain", "", "application/jsonx"] {
        let answer = post(kind, br#"{"size": 1}"#.to_vec()).await.unwrap();
        problem(answer, StatusCode::UNSUPPORTED_MEDIA_TYPE).await;
    }
    let answer = post("application/json", vec![b' '; 2000]).await.unwrap();
    problem(answer, StatusCode::PAYLOAD_TOO_LARGE).await;
}

#[tokio::test]
async fn a_query_that_cannot_be_read_names_its_parameter_and_not_its_value() {
    let listener = Listener::plain().await;
    for (query, detail) in [
        (
            "size=secret",
            "the query's `size` cannot be read: invalid digit found in string",
        ),
        (
            "sise=1",
            "the query's `sise` cannot be read: unknown field `sise`, expected `size`",
        ),
        ("", "the query cannot be read: missing field `size`"),
    ] {
        let answer = reqwest::get(listener.url(&format!("/query?{query}")))
            .await
            .unwrap();
        let body = problem(answer, StatusCode::BAD_REQUEST).await;
        assert_eq!(body["detail"], detail, "{query}");
    }
}

#[tokio::test]
async fn a_handlers_own_headers_stand() {
    let listener = Listener::plain().await;
    let answer = reqwest::get(listener.url("/cached")).await.unwrap();
    assert_eq!(answer.headers()["cache-control"], "public, immutable");
    assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
}
