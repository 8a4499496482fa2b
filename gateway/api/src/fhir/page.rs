//! A page of what a search found.

use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use gateway_fhir::{Handling, Json, Page, Search, Searched};
use gateway_http::Fault;

use super::refused::NotFhir;
use super::{acceptable, answered, server, systems};

/// Reads the search of a request.
pub(super) fn search(kind: Searched, parts: &Parts) -> Result<Search, NotFhir> {
    acceptable(&parts.headers)?;
    let prefer = parts.headers.get("prefer");
    let prefer = prefer.and_then(|prefer| prefer.to_str().ok());
    let handling = Handling::of_prefer(prefer.unwrap_or_default());
    let query = parts.uri.query().unwrap_or_default();
    Search::parse(kind, query, handling, &systems()?).map_err(NotFhir::Search)
}

/// Cuts what was found to a page, the newest first: ids are in the order of time, and a page begins
/// after the id that the one before ended with. Beside it the number of all, and where the next
/// page begins.
pub(super) fn cut<T>(
    search: &Search,
    mut found: Vec<T>,
    id: impl Fn(&T) -> &str,
) -> (Vec<T>, u64, Option<String>) {
    found.sort_by(|a, b| id(b).cmp(id(a)));
    let total = found.len() as u64;
    if let Some(after) = &search.page {
        found.retain(|one| id(one) < after.as_str());
    }
    let count = usize::from(search.count);
    let more = found.len() > count && count > 0;
    found.truncate(count);
    let next = found
        .last()
        .filter(|_| more)
        .map(|last| id(last).to_owned());
    (found, total, next)
}

/// The bundle of a page.
pub(super) fn bundle(
    kind: Searched,
    parts: &Parts,
    search: &Search,
    (found, total, next): (Vec<Json>, u64, Option<String>),
) -> Result<Response, NotFhir> {
    let server = server(parts);
    let address = |page: Option<&str>| format!("{server}/{}?{}", kind.as_str(), search.query(page));
    let this = address(search.page.as_deref());
    let next = next.map(|next| address(Some(&next)));
    let page = Page {
        this: &this,
        next: next.as_deref(),
        total: Some(total),
        server: &server,
        found,
        notes: &search.notes,
    };
    answered(StatusCode::OK, &page.bundle())
}

/// An id of the gateway's, in a search.
pub(super) fn is_of(ids: Option<&[gateway_core::Id]>, id: &str) -> bool {
    ids.is_none_or(|ids| ids.iter().any(|one| one.to_string() == id))
}

/// A number that the API knows of itself.
pub(super) fn version() -> Result<jiff::civil::Date, Fault> {
    // The day on which what the interface can do last changed.
    jiff::civil::Date::new(2026, 3, 1).map_err(|error| Fault::internal(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_follow_each_other_to_the_end() {
        let all = || vec!["b", "d", "a", "c"];
        let of = |query: &str| {
            let systems = systems().unwrap();
            let search = Search::parse(Searched::Task, query, Handling::Strict, &systems);
            cut(&search.unwrap(), all(), |one| one)
        };
        assert_eq!(of("_count=2"), (vec!["d", "c"], 4, Some("c".to_owned())));
        assert_eq!(of("_count=2&page=c"), (vec!["b", "a"], 4, None));
        assert_eq!(of("_count=0"), (vec![], 4, None));
        assert_eq!(of(""), (vec!["d", "c", "b", "a"], 4, None));
    }
}
