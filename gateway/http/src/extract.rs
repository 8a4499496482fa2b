//! Path and query parameters whose refusals are problems.

use axum::extract::{FromRequestParts, Path as AxumPath, Query as AxumQuery};
use axum::http::request::Parts;
use gateway_core::json::without_value;
use serde::de::DeserializeOwned;

use crate::problem::Fault;

/// Parameters in the path. One that cannot be read names nothing: not found, as if it could.
#[derive(Debug, Clone, Copy, Default)]
pub struct Path<T>(pub T);

impl<T, S> FromRequestParts<S> for Path<T>
where
    T: DeserializeOwned + Send,
    S: Send + Sync,
{
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Fault> {
        AxumPath::<T>::from_request_parts(parts, state)
            .await
            .map(|AxumPath(value)| Self(value))
            .map_err(|_| Fault::NotFound)
    }
}

/// Parameters in the query. One that cannot be read is a bad request that names it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Query<T>(pub T);

impl<T, S> FromRequestParts<S> for Query<T>
where
    T: DeserializeOwned,
    S: Send + Sync,
{
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Fault> {
        AxumQuery::<T>::try_from_uri(&parts.uri)
            .map(|AxumQuery(value)| Self(value))
            .map_err(|rejection| {
                // The rejection's own text is a heading; what was wrong is its cause.
                let cause = std::error::Error::source(&rejection).map(ToString::to_string);
                let cause = cause.unwrap_or_default();
                let (name, said) = cause.split_once(": ").unwrap_or(("", &cause));
                let said = without_value(said);
                Fault::BadRequest(match name {
                    "" | "invalid type" | "invalid value" | "invalid length" => {
                        format!("the query cannot be read: {}", without_value(&cause))
                    }
                    name => format!("the query's `{name}` cannot be read: {said}"),
                })
            })
    }
}
