//! Items and their documents, brought together by name.

use std::collections::{BTreeMap, BTreeSet};

use gateway_flow::form::GivenDocument;
use gateway_http::{Fault, FieldError};
use tokio::sync::mpsc;

use super::body::short;
use crate::Api;
use crate::error::Refused;
use crate::scan::{self, Scanned, Seen};
use crate::wire::read::Content;

/// One body an item, in the items' order. With `absent`, a document that was not sent is
/// taken for an empty one: a preview does not need it.
pub(crate) async fn bodies(
    api: &Api,
    contents: Vec<Content>,
    mut documents: BTreeMap<String, Scanned>,
    absent: bool,
) -> Result<Vec<Scanned>, Refused> {
    let faults = unpaired("/items", &contents, documents.keys(), absent);
    if !faults.is_empty() {
        return Err(Fault::Unprocessable(faults).into());
    }
    let mut bodies = Vec::new();
    for content in contents {
        bodies.push(match content {
            Content::Text(text) => Scanned {
                seen: scan::text(api.scanner.as_ref(), &text).await?,
                body: api.flow.take_text(&text)?,
                beginning: None,
            },
            Content::Document(name) => match documents.remove(&name) {
                Some(document) => document,
                None => nothing(api).await?,
            },
        });
    }
    Ok(bodies)
}

/// The documents that a form names, in its order, each with what it says of it.
pub(crate) async fn of_form(
    api: &Api,
    given: Vec<GivenDocument>,
    mut documents: BTreeMap<String, Scanned>,
    absent: bool,
) -> Result<Vec<(GivenDocument, Scanned)>, Refused> {
    let named = given.iter().map(|one| one.document.clone());
    let contents: Vec<Content> = named.map(Content::Document).collect();
    let faults = unpaired("/documents", &contents, documents.keys(), absent);
    if !faults.is_empty() {
        return Err(Fault::Unprocessable(faults).into());
    }
    let mut paired = Vec::new();
    for one in given {
        let found = match documents.remove(&one.document) {
            Some(document) => document,
            None => nothing(api).await?,
        };
        paired.push((one, found));
    }
    Ok(paired)
}

async fn nothing(api: &Api) -> Result<Scanned, Refused> {
    let (_, receive) = mpsc::channel(1);
    let body = api
        .flow
        .take_body("application/octet-stream".to_owned(), receive)
        .await?;
    Ok(Scanned {
        body,
        seen: Seen::Clean,
        beginning: None,
    })
}

/// Documents that an item names and nobody sent, that two items name, and that no item names.
fn unpaired<'a>(
    list: &str,
    contents: &[Content],
    sent: impl Iterator<Item = &'a String>,
    absent: bool,
) -> Vec<FieldError> {
    let sent: BTreeSet<&str> = sent.map(String::as_str).collect();
    let mut named = BTreeSet::new();
    let mut faults = Vec::new();
    for (n, content) in contents.iter().enumerate() {
        let Content::Document(name) = content else {
            continue;
        };
        let pointer = format!("{list}/{n}/document");
        if !named.insert(name.as_str()) {
            faults.push(FieldError::new(
                pointer,
                "is named by one before: name each document once",
            ));
        } else if !absent && !sent.contains(name.as_str()) {
            faults.push(FieldError::new(
                pointer,
                "was not sent: send a multipart body with a part of this name",
            ));
        }
    }
    for name in sent.difference(&named) {
        let name = short(name);
        let detail =
            format!("has none whose `document` is `{name}`: name it there, or do not send it");
        faults.push(FieldError::new(list, detail));
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(named: &[&str], sent: &[&str], absent: bool) -> Vec<String> {
        let contents: Vec<Content> = [Content::Text("a text".to_owned())]
            .into_iter()
            .chain(
                named
                    .iter()
                    .map(|name| Content::Document((*name).to_owned())),
            )
            .collect();
        let sent: Vec<String> = sent.iter().map(|name| (*name).to_owned()).collect();
        unpaired("/items", &contents, sent.iter(), absent)
            .into_iter()
            .map(|fault| fault.pointer)
            .collect()
    }

    #[test]
    fn every_document_is_sent_once_and_named_once() {
        assert!(faults(&["a", "b"], &["b", "a"], false).is_empty());
        assert_eq!(faults(&["a", "b"], &["a"], false), ["/items/2/document"]);
        assert_eq!(faults(&["a", "a"], &["a"], false), ["/items/2/document"]);
        assert_eq!(faults(&["a"], &["a", "b"], false), ["/items"]);
        assert_eq!(
            faults(&["a"], &["b"], false),
            ["/items/1/document", "/items"]
        );
    }

    #[test]
    fn a_preview_needs_no_document_but_still_one_name_each() {
        assert!(faults(&["a", "b"], &[], true).is_empty());
        assert_eq!(faults(&["a", "a"], &[], true), ["/items/2/document"]);
    }
}
