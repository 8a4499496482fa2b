//! What waits in the mailbox, and the word that it was taken.

use std::time::Duration;

use reqwest::{Method, Url};
use serde::Deserialize;

use crate::client::Client;
use crate::error::Error;
use crate::names::{MessageId, WorkflowId};

/// MESH asks that an inbox be looked at no more often than this ("Inbox poll cycle"), and once a
/// day at least, with a handshake a day.
pub const POLL_EVERY: Duration = Duration::from_mins(5);

/// Which messages of the inbox to list. Without anything said: the first 500 of all.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    /// Only those of this workflow. MESH may then give an empty page with more after it.
    pub workflow: Option<WorkflowId>,
    /// How many at most: 10 to 5,000; MESH's own number is 500. What is outside is brought inside.
    pub most: Option<u16>,
    /// Where the page before ended.
    pub after: Option<Continue>,
}

/// Where a page of the inbox ended: MESH's word for it, good for the next [`Listing`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Continue(String);

/// A page of the inbox, oldest first.
#[derive(Clone, Debug)]
pub struct Page {
    /// The messages that wait, reports among them.
    pub messages: Vec<MessageId>,
    /// Where to go on, if there are more.
    pub next: Option<Continue>,
    /// About how many wait in all; it lags behind, so do not decide by it.
    pub about: Option<u64>,
}

#[derive(Deserialize)]
struct Answer {
    messages: Vec<MessageId>,
    #[serde(default)]
    links: Links,
    approx_inbox_count: Option<u64>,
}

#[derive(Default, Deserialize)]
struct Links {
    next: Option<String>,
}

impl Client {
    /// Lists what waits in the inbox ("Check an inbox"). What was acknowledged is not listed.
    pub async fn inbox(&self, listing: &Listing) -> Result<Page, Error> {
        let mut url = self.mailbox_url(&["inbox"])?;
        ask(&mut url, listing);
        let answer: Answer = self
            .call_json(self.request(Method::GET, url.clone())?)
            .await?;
        let next = match answer.links.next {
            Some(link) => Some(continued(&url, &link)?),
            None => None,
        };
        Ok(Page {
            messages: answer.messages,
            next,
            about: answer.approx_inbox_count,
        })
    }

    /// Tells MESH, and by it the sender, that the message was taken: it leaves the inbox for good
    /// ("Acknowledge message"). Do it after your own commit; it may be said twice.
    pub async fn acknowledge(&self, message: &MessageId) -> Result<(), Error> {
        let url = self.mailbox_url(&["inbox", message.as_str(), "status", "acknowledged"])?;
        self.call(self.request(Method::PUT, url)?).await.map(drop)
    }
}

fn ask(url: &mut Url, listing: &Listing) {
    if listing.workflow.is_none() && listing.most.is_none() && listing.after.is_none() {
        return;
    }
    let mut query = url.query_pairs_mut();
    if let Some(workflow) = &listing.workflow {
        query.append_pair("workflow_filter", workflow.as_str());
    }
    if let Some(most) = listing.most {
        query.append_pair("max_results", &most.clamp(10, 5000).to_string());
    }
    if let Some(Continue(mark)) = &listing.after {
        query.append_pair("continue_from", mark);
    }
}

/// The mark within the link to the next page. The link itself is not followed.
fn continued(asked: &Url, link: &str) -> Result<Continue, Error> {
    let link = asked
        .join(link)
        .map_err(|_| Error::Answer("its link to the next page is none"))?;
    let mark = link
        .query_pairs()
        .find(|(name, _)| name == "continue_from")
        .map(|(_, mark)| mark.into_owned())
        .filter(|mark| {
            (1..=1000).contains(&mark.len()) && mark.chars().all(|c| c.is_ascii_graphic())
        });
    mark.map(Continue)
        .ok_or(Error::Answer("its link to the next page has no mark"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inbox() -> Url {
        Url::parse("https://mesh.example/messageexchange/X26ABC1/inbox").unwrap()
    }

    #[test]
    fn a_mark_is_taken_from_the_link_and_given_back_the_same() {
        let link = "/messageexchange/x26abc1/inbox?max_results=10&continue_from=eyJwayI6%3D%3D";
        let after = continued(&inbox(), link).unwrap();
        assert_eq!(after, Continue("eyJwayI6==".to_owned()));
        let mut url = inbox();
        let listing = Listing {
            workflow: Some(WorkflowId::parse("TEST_WORKFLOW").unwrap()),
            most: Some(3),
            after: Some(after),
        };
        ask(&mut url, &listing);
        assert_eq!(
            url.query(),
            Some("workflow_filter=TEST_WORKFLOW&max_results=10&continue_from=eyJwayI6%3D%3D")
        );
    }

    #[test]
    fn a_link_elsewhere_is_not_followed_and_one_without_a_mark_is_refused() {
        let elsewhere = continued(&inbox(), "https://evil.example/?continue_from=abc").unwrap();
        let mut url = inbox();
        ask(
            &mut url,
            &Listing {
                after: Some(elsewhere),
                ..Listing::default()
            },
        );
        assert_eq!(url.host_str(), Some("mesh.example"));
        for bad in [
            "/inbox",
            "/inbox?continue_from=",
            "/inbox?continue_from=a%0Ab",
            "http://[/",
        ] {
            assert!(continued(&inbox(), bad).is_err(), "{bad}");
        }
    }
}
