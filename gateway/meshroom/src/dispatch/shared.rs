//! What is no health information request and no answer to one: item by item.

use gateway_core::Id;
use gateway_fhir::model::Agency;
use gateway_fhir::{Json, Shared, SharedContent, SharedItem};
use gateway_flow::read::{Document, DocumentBody};
use gateway_store::rows::{AgencyRow, DeliveryRow, ExchangeRow};
use jiff::Timestamp;

use super::text::text;
use super::write::{Item, agency_id};
use crate::error::Trouble;
use crate::room::{Meshroom, gone};

/// Texts up to this many bytes are read in the message itself.
const READ_IN_PLACE: i64 = 64 * 1024;

impl Meshroom {
    /// The message, and the bodies of the documents in it, in their order.
    pub(super) async fn shared(
        &self,
        delivery: &DeliveryRow,
        exchange: &ExchangeRow,
        carried: Vec<Item>,
    ) -> Result<(Json, Vec<DocumentBody>), Trouble> {
        let (mut items, mut documents) = (Vec::new(), Vec::new());
        for one in carried {
            items.push(laid_out(one, &mut documents).await?);
        }
        let sent = Timestamp::from_microsecond(exchange.received_at);
        let purpose = exchange.purpose.as_deref();
        let shared = Shared {
            id: id(&exchange.id)?,
            sent: sent.map_err(|_| gone("a time does not read"))?,
            sender: self.agency(&exchange.sender).await?,
            recipient: self.agency(&delivery.agency).await?,
            in_reply_to: exchange.in_reply_to.as_deref().map(id).transpose()?,
            purpose: purpose.and_then(|word| word.parse().ok()),
            items,
        };
        Ok((self.writer().shared_message(&shared), documents))
    }

    async fn agency(&self, id: &str) -> Result<Agency, Trouble> {
        let mut tx = self.0.flow.store.read().await?;
        let row: Option<AgencyRow> = tx.get(id).await?;
        let row = row.ok_or_else(|| gone("an agency is not there"))?;
        Ok(Agency {
            id: agency_id(&row.id)?,
            name: row.name,
        })
    }
}

async fn laid_out(item: Item, documents: &mut Vec<DocumentBody>) -> Result<SharedItem, Trouble> {
    let Document {
        title,
        media_type,
        size,
        marking,
        body,
        ..
    } = item.document;
    let in_place = media_type.starts_with("text/plain") && (1..=READ_IN_PLACE).contains(&size);
    let content = if in_place {
        SharedContent::Text(text(body).await?.into())
    } else {
        documents.push(body);
        SharedContent::Document {
            index: documents.len() - 1,
            media_type,
            size: u64::try_from(size).unwrap_or_default(),
        }
    };
    Ok(SharedItem {
        title: title.into(),
        category: item.category,
        marking: marking.to_owned(),
        content,
    })
}

fn id(text: &str) -> Result<Id, Trouble> {
    text.parse().map_err(|_| gone("an id does not read"))
}
