//! Which mailbox an organisation takes a kind of message in.

use reqwest::Method;
use serde::Deserialize;

use crate::client::Client;
use crate::error::Error;
use crate::names::{MailboxId, OdsCode, WorkflowId};
use crate::text;

/// A mailbox that MESH's directory found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The mailbox.
    pub mailbox: MailboxId,
    /// What its organisation calls it, cut to 200 characters.
    pub name: Option<String>,
}

#[derive(Deserialize)]
struct Answer {
    results: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    mailbox_id: MailboxId,
    mailbox_name: Option<String>,
}

impl Client {
    /// The mailboxes in which the organisation takes messages of the workflow: none, one or more
    /// ("Look up MESH address"). Do not choose among several: ask.
    pub async fn look_up(
        &self,
        organisation: &OdsCode,
        workflow: &WorkflowId,
    ) -> Result<Vec<Found>, Error> {
        let url = self.url(&["endpointlookup", organisation.as_str(), workflow.as_str()])?;
        let answer: Answer = self.call_json(self.request(Method::GET, url)?).await?;
        let found = answer.results.into_iter().map(|entry| Found {
            mailbox: entry.mailbox_id,
            name: entry
                .mailbox_name
                .map(|name| text::clean(&name, 200))
                .filter(|name| !name.is_empty()),
        });
        Ok(found.collect())
    }
}
