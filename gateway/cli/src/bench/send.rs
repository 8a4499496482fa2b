//! What the measurements send: one item from a police force to two partners of a nominal, and
//! many senders of it at once.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;
use bytes::Bytes;
use gateway_core::{Category, Channel, Identifier, IdentifierKind, Outcome, Personal, Purpose};
use gateway_flow::submission::{ItemClaim, Particulars, RecipientClaim};
use gateway_flow::{Answer, Caller, Flow, Submission};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::times::Watch;
use super::world::World;

/// The size of the item, bytes.
pub const BYTES: usize = 10_000;
/// However slow the machine: a measurement ends.
const SECONDS: f64 = 8.0;
/// Who sends, and to whom.
const FROM: &str = "met-police";
const TO: [&str; 2] = ["london-probation", "southwark-housing"];

/// An agency's system that sends the same kind of exchange again and again.
#[derive(Clone)]
pub struct Sender {
    flow: Flow,
    caller: Caller,
    particulars: Particulars,
    media_type: &'static str,
}

impl Sender {
    /// One in a world.
    pub fn new(world: &World) -> anyhow::Result<Self> {
        let nominal = world.state.nominals.first().context("a nominal")?;
        let today = gateway_core::calendar::local_date(world.flow.clock.now());
        let pnc = nominal.pnc_id.as_deref().context("a PNC ID")?;
        let given = [
            (IdentifierKind::Pnc, pnc),
            (IdentifierKind::Dob, nominal.date_of_birth.as_str()),
        ];
        let identifiers = given
            .into_iter()
            .map(|(kind, value)| Identifier::parse(kind, value, today))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            flow: world.flow.clone(),
            caller: Caller {
                agency: FROM.parse()?,
                person: None,
                channel: Channel::Api,
                proof: "mutual-tls",
            },
            particulars: particulars(identifiers)?,
            media_type: "application/octet-stream",
        })
    }

    /// The same, whose items are texts: a page shows them.
    pub fn texts(self) -> Self {
        Self {
            media_type: "text/plain",
            ..self
        }
    }

    /// The flow it sends through.
    pub const fn flow(&self) -> &Flow {
        &self.flow
    }

    /// An exchange to send, its body sealed. Each has another content: the same again is
    /// recognised, and costs more.
    pub async fn submission(&self, bytes: usize) -> anyhow::Result<Submission> {
        let mut content = format!("{:032x}", rand::random::<u128>()).into_bytes();
        content.resize(bytes.max(32), b' ');
        let (send, chunks) = mpsc::channel(1);
        send.send(Ok(Bytes::from(content))).await?;
        drop(send);
        let media_type = self.media_type.to_owned();
        Ok(Submission {
            caller: self.caller.clone(),
            particulars: self.particulars.clone(),
            bodies: vec![self.flow.take_body(media_type, chunks).await?],
            idempotency: None,
            answer_to: None,
        })
    }

    /// Sends one, to the proof in the answer.
    pub async fn send(&self, bytes: usize) -> anyhow::Result<Answer> {
        let submission = self.submission(bytes).await?;
        released(self.flow.submit(submission).await?)
    }
}

/// What is measured is an exchange that is released to both, with its proof.
pub fn released(answer: Answer) -> anyhow::Result<Answer> {
    let permitted = answer.matrix.iter().all(|d| d.outcome == Outcome::Permit);
    anyhow::ensure!(
        permitted && answer.matrix.len() == TO.len() && answer.receipt.is_some(),
        "the exchange that is measured was not released to all: {:?}",
        answer.matrix
    );
    Ok(answer)
}

fn particulars(identifiers: Vec<Identifier>) -> anyhow::Result<Particulars> {
    let recipients = TO.iter().map(|id| {
        Ok(RecipientClaim {
            agency: id.parse()?,
            person: None,
            reason: None,
        })
    });
    let words = |text: &str| Personal::new(text.to_owned());
    Ok(Particulars {
        identifiers,
        purpose: Some(Purpose::Manage),
        necessity: Some(words("both visit the address this week")),
        bases: vec!["CJA 2003 s.325".to_owned(), "DPA 2018 Part 3".to_owned()],
        items: vec![ItemClaim {
            category: Some(Category::Risk),
            ..ItemClaim::new(words("Risk note"))
        }],
        ..Particulars::new(recipients.collect::<anyhow::Result<_>>()?)
    })
}

/// Does a piece of work with each of many things, so many at a time, and begins none after
/// [`SECONDS`]; the seconds that it took, and what came of them.
pub async fn many<T, O, W, F>(
    things: Vec<T>,
    at_once: usize,
    work: W,
) -> anyhow::Result<(f64, Vec<O>)>
where
    T: Send + 'static,
    O: Send + 'static,
    W: Fn(T) -> F + Clone + Send + 'static,
    F: Future<Output = anyhow::Result<O>> + Send,
{
    let queue = Arc::new(Mutex::new(things.into_iter()));
    let watch = Watch::start();
    let mut workers = JoinSet::new();
    for _ in 0..at_once {
        let (queue, work) = (Arc::clone(&queue), work.clone());
        workers.spawn(async move {
            let next = || {
                let mut waiting = queue.lock().unwrap_or_else(PoisonError::into_inner);
                waiting.next().filter(|_| watch.seconds() < SECONDS)
            };
            let mut made = Vec::new();
            while let Some(thing) = next() {
                made.push(work(thing).await?);
            }
            anyhow::Ok(made)
        });
    }
    let mut made = Vec::new();
    while let Some(done) = workers.join_next().await {
        made.extend(done??);
    }
    Ok((watch.seconds(), made))
}
