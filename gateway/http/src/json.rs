//! JSON bodies. A body that cannot be taken is a problem that names the field.

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, FailedToBufferBody};
use axum::extract::{FromRequest, Request};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use gateway_core::json::{self, Unread};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::problem::{Fault, FieldError};

/// A JSON body: taken from a request, or given as an answer. How large it may be is the
/// route's `axum::extract::DefaultBodyLimit`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Json<T>(pub T);

impl<T, S> FromRequest<S> for Json<T>
where
    T: DeserializeOwned,
    S: Send + Sync,
{
    type Rejection = Fault;

    async fn from_request(request: Request, state: &S) -> Result<Self, Fault> {
        if !is_json(request.headers()) {
            return Err(Fault::UnsupportedMediaType);
        }
        let bytes = Bytes::from_request(request, state)
            .await
            .map_err(|rejection| unread(&rejection))?;
        from_slice(&bytes).map(Self)
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.0) {
            Ok(body) => ([(CONTENT_TYPE, "application/json")], body).into_response(),
            Err(error) => Fault::internal(&error).into_response(),
        }
    }
}

/// Reads JSON text. What is not JSON is a bad request; what is JSON and does not fit `T` is
/// unprocessable, the field named by its JSON Pointer (RFC 6901). The answer says what is
/// expected and never repeats a value.
pub fn from_slice<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Fault> {
    json::read(bytes).map_err(|unread| match unread {
        Unread::Unfit { pointer, detail } => {
            Fault::Unprocessable(vec![FieldError::new(pointer, detail)])
        }
        Unread::NotJson { line, column } => Fault::BadRequest(format!(
            "the body is not JSON (line {line}, column {column}): send one JSON value in UTF-8"
        )),
    })
}

fn is_json(headers: &HeaderMap) -> bool {
    let given = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or("");
    let essence = given
        .split(';')
        .next()
        .unwrap_or("")
        .trim()
        .to_ascii_lowercase();
    essence == "application/json"
        || (essence.starts_with("application/") && essence.ends_with("+json"))
}

fn unread(rejection: &BytesRejection) -> Fault {
    use BytesRejection::FailedToBufferBody as Unbuffered;
    if matches!(
        rejection,
        Unbuffered(FailedToBufferBody::LengthLimitError(_))
    ) {
        return Fault::PayloadTooLarge;
    }
    Fault::BadRequest("the body ended before its end: send it again".into())
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only ever read from JSON")]
    struct Post {
        purpose: Purpose,
        items: Vec<Item>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only ever read from JSON")]
    struct Item {
        title: String,
        size: u8,
    }

    #[derive(Debug, Deserialize)]
    enum Purpose {
        #[serde(rename = "MANAGE")]
        Manage,
    }

    fn field(text: &str) -> (String, String) {
        let refused = from_slice::<Post>(text.as_bytes()).unwrap_err();
        let Fault::Unprocessable(errors) = refused else {
            panic!("{text} is refused as something else");
        };
        (errors[0].pointer.clone(), errors[0].detail.clone())
    }

    #[test]
    fn the_bad_field_is_named_by_its_pointer() {
        for (text, pointer, detail) in [
            (
                r#"{"purpose": "MANAGE"}"#,
                "/items",
                "missing field `items`",
            ),
            (
                r#"{"purpose": "MANAGE", "items": [{"title": "a", "size": 1}, {"title": "b"}]}"#,
                "/items/1/size",
                "missing field `size`",
            ),
            (
                r#"{"purpose": "MANAGE", "items": [{"title": 7}]}"#,
                "/items/0/title",
                "expected a string",
            ),
            (
                r#"{"purpose": "MANAGE", "items": [{"size": 700}]}"#,
                "/items/0/size",
                "expected u8",
            ),
            (r#"{"purpose": "GOSSIP"}"#, "/purpose", "expected `MANAGE`"),
        ] {
            assert_eq!(
                field(text),
                (pointer.to_owned(), detail.to_owned()),
                "{text}"
            );
        }
    }

    #[test]
    fn an_unknown_field_is_refused_by_name() {
        let (pointer, detail) = field(r#"{"purpose": "MANAGE", "a/b~c": 1}"#);
        assert_eq!(pointer, "/a~1b~0c");
        assert!(
            detail.starts_with("unknown field `a/b~c`, expected "),
            "{detail}"
        );
    }

    #[test]
    fn a_value_is_never_repeated() {
        for text in [
            r#"{"purpose": "secret"}"#,
            r#"{"purpose": "MANAGE", "items": "secret, expected nothing"}"#,
            r#"{"purpose": "MANAGE", "items": [{"title": "a", "size": "secret"}]}"#,
        ] {
            let fault = from_slice::<Post>(text.as_bytes()).unwrap_err();
            assert!(!format!("{fault:?}").contains("secret"), "{fault:?}");
        }
    }

    #[test]
    fn what_is_not_json_is_a_bad_request_with_its_place() {
        for text in ["", "{", "{\"purpose\": }", "{} {}", "\u{feff}{}", "[1,]"] {
            let refused = from_slice::<serde_json::Value>(text.as_bytes()).unwrap_err();
            let Fault::BadRequest(detail) = refused else {
                panic!("{text} is refused as something else");
            };
            assert!(detail.contains("(line 1, column"), "{detail}");
        }
        assert!(matches!(
            from_slice::<String>(b"\"\xff\""),
            Err(Fault::BadRequest(_))
        ));
        let deep = "[".repeat(100_000);
        let refused = from_slice::<serde_json::Value>(deep.as_bytes());
        assert!(matches!(refused, Err(Fault::BadRequest(_))));
    }
}
