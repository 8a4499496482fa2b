//! Read: the seventh way. It asks, it logs, it waits for the commit, and only then does the
//! vault open anything; the vault looks for the leaf itself.

use std::collections::BTreeSet;

use bytes::Bytes;
use gateway_core::event::EventKind;
use gateway_core::{Category, Channel, Custody, DeliveryState, Obligation, Outcome};
use gateway_store::rows::{ExchangeRow, HoldRow, ItemRow, WrapRow};
use gateway_vault::{MayOpen, OpenForReview, OpenItem, Opened};
use tokio::sync::mpsc;

use crate::Flow;
use crate::case::corrupt;
use crate::error::FlowError;
use crate::inbox::Taker;
use crate::recorder::{Draft, Recorded, work};
use crate::submission::Caller;
use crate::view::marking;

/// A document on its way to a reader.
#[derive(Debug)]
pub struct Document {
    /// Its title.
    pub title: String,
    /// Media type.
    pub media_type: String,
    /// Size of the content, bytes.
    pub size: i64,
    /// Protective marking.
    pub marking: &'static str,
    /// The obligations under which the reader has it.
    pub obligations: BTreeSet<Obligation>,
    /// The body.
    pub body: DocumentBody,
}

/// A body in clear, or sealed to a key that only the agency holds.
#[derive(Debug)]
pub enum DocumentBody {
    /// In clear. An error in the stream means: what came so far is not the document.
    Clear(mpsc::Receiver<std::io::Result<Bytes>>),
    /// An age file, and the small age file with its key.
    Sealed {
        /// The key, sealed to the agency.
        wrap: Vec<u8>,
        /// The body, sealed to the key.
        body: mpsc::Receiver<std::io::Result<Bytes>>,
    },
}

impl Flow {
    /// A document of an exchange, by the reader's own number.
    pub async fn document(
        &self,
        caller: &Caller,
        exchange: &str,
        n: i64,
    ) -> Result<Document, FlowError> {
        let (row, wrap, item) = self.readable(caller, exchange, n).await?;
        let person = caller.person.as_ref().map(|person| person.id.clone());
        let recorded = self.log_reading(caller, &row, &wrap).await?;
        let opened = self
            .vault
            .open_item(OpenItem {
                wrap: wrap.id.clone(),
                agency: caller.agency.clone(),
                person,
                in_portal: caller.channel == Channel::Portal,
                log: recorded.log,
                index: recorded.index,
            })
            .await?;
        let body = match opened {
            Opened::Key(key) => DocumentBody::Clear(self.stream_clear(&item, &key)?),
            Opened::Sealed { wrap } => DocumentBody::Sealed {
                wrap,
                body: self.stream_sealed(&item)?,
            },
        };
        self.document_of(&row, &item, serde_json::from_str(&wrap.obligations)?, body)
            .await
    }

    /// The key of a document, for an agency that holds its own private key.
    pub async fn wrap_only(
        &self,
        caller: &Caller,
        exchange: &str,
        n: i64,
    ) -> Result<Vec<u8>, FlowError> {
        let mut tx = self.store.read().await?;
        let own = crate::case::agency(&mut tx, caller.agency.as_str()).await?;
        drop(tx);
        if own.custody != Custody::Agency.as_str() {
            return Err(FlowError::NotFound);
        }
        match self.document(caller, exchange, n).await?.body {
            DocumentBody::Sealed { wrap, .. } => Ok(wrap),
            DocumentBody::Clear(_) => Err(FlowError::NotFound),
        }
    }

    pub(crate) async fn document_of(
        &self,
        row: &ExchangeRow,
        item: &ItemRow,
        obligations: BTreeSet<Obligation>,
        body: DocumentBody,
    ) -> Result<Document, FlowError> {
        let category: Category = item
            .category
            .parse()
            .map_err(|_| corrupt("item", &item.id))?;
        Ok(Document {
            title: self.title(&row.area, item).await?,
            media_type: item.media_type.clone(),
            size: item.size,
            marking: marking(category),
            obligations,
            body,
        })
    }

    /// The wrap that this caller may open now. What is not there and what is not its own are
    /// one; a reader that has it and may not open it is told why.
    async fn readable(
        &self,
        caller: &Caller,
        exchange: &str,
        n: i64,
    ) -> Result<(ExchangeRow, WrapRow, ItemRow), FlowError> {
        let mut tx = self.store.read().await?;
        // What is another's gives no row, as what is not there does: they take the same time.
        let wraps = tx.wraps_for(exchange, caller.agency.as_str()).await?;
        let Some(wrap) = wraps.into_iter().find(|wrap| wrap.n == n) else {
            return Err(FlowError::NotFound);
        };
        let row: ExchangeRow = tx
            .get(exchange)
            .await?
            .ok_or_else(|| corrupt("exchange", exchange))?;
        let item: ItemRow = tx
            .get(&wrap.item)
            .await?
            .ok_or_else(|| corrupt("item", &wrap.item))?;
        drop(tx);
        let ruling = self
            .vault
            .may_open(MayOpen {
                wrap: wrap.id.clone(),
                agency: caller.agency.clone(),
                person: caller.person.as_ref().map(|person| person.id.clone()),
                in_portal: caller.channel == Channel::Portal,
            })
            .await?;
        if ruling.outcome != Outcome::Permit || ruling.fault {
            let words: Vec<&str> = ruling.rules.iter().map(|hit| hit.title.as_str()).collect();
            return Err(FlowError::Forbidden(words.join("; ")));
        }
        Ok((row, wrap, item))
    }

    async fn log_reading(
        &self,
        caller: &Caller,
        row: &ExchangeRow,
        wrap: &WrapRow,
    ) -> Result<Recorded, FlowError> {
        let mut draft = Draft::new(EventKind::ItemRead, Some(&caller.agency))
            .about(&row.id, row.nominal.as_deref())
            .reaching([caller.agency.clone()])
            .with("wrap", &*wrap.id)
            .with("delivery", &*wrap.delivery);
        if let Some(person) = &caller.person {
            draft = draft.with("person", &*person.id);
        }
        let flow = self.clone();
        let (row, delivery) = (row.clone(), wrap.delivery.clone());
        let by = Taker::of(caller);
        let area = row.area.clone();
        let work = work(move |tx| {
            Box::pin(async move {
                let mut drafts = vec![draft];
                for state in [DeliveryState::Delivered, DeliveryState::Opened] {
                    flow.step(tx, &row, &delivery, state, Some(&by), &mut drafts)
                        .await?;
                }
                Ok((drafts, ()))
            })
        });
        first(self.recorder.record(&area, "read-item", work).await?.1)
    }

    /// What is held, for a person who may decide it.
    pub async fn hold_document(&self, caller: &Caller, hold: &str) -> Result<Document, FlowError> {
        let mut tx = self.store.read().await?;
        let hold: HoldRow = tx.get(hold).await?.ok_or(FlowError::NotFound)?;
        let row: ExchangeRow = tx
            .get(&hold.exchange)
            .await?
            .ok_or_else(|| corrupt("exchange", &hold.exchange))?;
        let item: ItemRow = tx
            .get(&hold.item)
            .await?
            .ok_or_else(|| corrupt("item", &hold.item))?;
        drop(tx);
        let person = self.deciding(caller, &hold, &row.area).await?;
        if hold.state != "open" {
            return Err(FlowError::Conflict(format!(
                "this has been decided: it is {}",
                hold.state
            )));
        }
        let draft = Draft::new(EventKind::ItemRead, Some(&caller.agency))
            .about(&row.id, row.nominal.as_deref())
            .reaching([caller.agency.clone()])
            .with("hold", &*hold.id)
            .with("person", &*person);
        let area = row.area.clone();
        let work = work(move |_| Box::pin(async move { Ok((vec![draft], ())) }));
        let recorded = first(self.recorder.record(&area, "read-held", work).await?.1)?;
        let key = self
            .vault
            .open_for_review(OpenForReview {
                hold: hold.id.clone(),
                person,
                log: recorded.log,
                index: recorded.index,
            })
            .await?;
        let body = DocumentBody::Clear(self.stream_clear(&item, &key)?);
        self.document_of(&row, &item, BTreeSet::from([Obligation::Mark]), body)
            .await
    }
}

pub(crate) fn first(recorded: Vec<Recorded>) -> Result<Recorded, FlowError> {
    recorded
        .into_iter()
        .next()
        .ok_or_else(|| FlowError::Internal("nothing was recorded".to_owned()))
}
