//! Lists in pages: the plural, and `next`.

use gateway_http::Fault;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::Api;

/// Entries of a page where the caller does not say.
const DEFAULT: u16 = 50;
/// Most entries of a page.
const MOST: u16 = 200;

/// Which page of a list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageQuery {
    /// How many entries, 1 to 200.
    #[param(minimum = 1, maximum = 200, default = 50)]
    pub(crate) limit: Option<u16>,
    /// `next` of the page before.
    pub(crate) cursor: Option<String>,
}

/// A page that is asked for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Page {
    /// The id that the page before ended with.
    pub(crate) after: Option<String>,
    /// How many entries at most.
    pub(crate) limit: usize,
    /// Whose list it is, and which.
    owner: String,
}

impl Page {
    /// The page of `agency`'s list `list`.
    pub(crate) fn of(
        api: &Api,
        list: &str,
        agency: &str,
        limit: Option<u16>,
        cursor: Option<&str>,
    ) -> Result<Self, Fault> {
        let owner = format!("{list}:{agency}");
        let after = cursor
            .map(|cursor| api.cursors.decode(&owner, cursor))
            .transpose()?;
        Ok(Self {
            after,
            limit: limit_of(limit)?,
            owner,
        })
    }

    /// How many to ask for: one more than the page holds tells whether there is another.
    pub(crate) fn wanted(&self) -> i64 {
        i64::try_from(self.limit)
            .unwrap_or(i64::MAX)
            .saturating_add(1)
    }

    /// Cuts what was found to the page, and gives the cursor of the next one.
    pub(crate) fn cut<T>(
        &self,
        api: &Api,
        found: &mut Vec<T>,
        id: impl Fn(&T) -> &str,
    ) -> Result<Option<String>, Fault> {
        if found.len() <= self.limit {
            return Ok(None);
        }
        found.truncate(self.limit);
        self.end(api, found, id)
    }

    /// The cursor behind the last of what was found.
    pub(crate) fn end<T>(
        &self,
        api: &Api,
        found: &[T],
        id: impl Fn(&T) -> &str,
    ) -> Result<Option<String>, Fault> {
        found
            .last()
            .map(|last| api.cursors.encode(&self.owner, &id(last)))
            .transpose()
    }
}

fn limit_of(limit: Option<u16>) -> Result<usize, Fault> {
    match limit.unwrap_or(DEFAULT) {
        limit @ 1..=MOST => Ok(usize::from(limit)),
        _ => Err(Fault::BadRequest(
            "the query's `limit` cannot be read: give 1 to 200".to_owned(),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_holds_fifty_where_nobody_says_and_two_hundred_at_most() {
        assert_eq!(limit_of(None), Ok(50));
        assert_eq!(limit_of(Some(200)), Ok(200));
        assert!(limit_of(Some(0)).is_err() && limit_of(Some(201)).is_err());
    }
}
