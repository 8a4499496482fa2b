//! The writing of a message: what a delivery carries, opened for it by the vault after the log has
//! that it is, as the FHIR message of its kind.

use gateway_core::{AgencyId, Category, Channel};
use gateway_fhir::{Json, Writer};
use gateway_flow::body::Kept;
use gateway_flow::form::DocumentView;
use gateway_flow::read::{Document, DocumentBody};
use gateway_flow::submission::Caller;
use gateway_forms::MEDIA_TYPE;
use gateway_health::{
    Carried, Names, REQUEST, RESPONSE, Unreadable, answer_model, body_of, request_model,
};
use gateway_store::rows::{DeliveryRow, ExchangeRow, FormSentRow, ItemRow, MeshOutRow};

use super::bytes::write;
use super::text::whole;
use super::withdrawn::asking;
use crate::error::Trouble;
use crate::room::{Meshroom, gone};

/// An item that a delivery carries.
pub(super) struct Item {
    pub n: i64,
    pub category: Category,
    pub document: Document,
}

impl Meshroom {
    /// The sealed bytes of the message that carries a delivery; none where it may not be read away
    /// from the portal now, or only the agency itself can open it.
    pub(super) async fn written(&self, row: &MeshOutRow) -> Result<Option<(Kept, u64)>, Trouble> {
        let id = row.delivery.as_deref().unwrap_or_default();
        let mut tx = self.0.flow.store.read().await?;
        let delivery: Option<DeliveryRow> = tx.get(id).await?;
        let delivery = delivery.ok_or_else(|| gone("a message is of no delivery"))?;
        let exchange: Option<ExchangeRow> = tx.get(&delivery.exchange).await?;
        let exchange = exchange.ok_or_else(|| gone("a delivery is of no exchange"))?;
        let form: Option<FormSentRow> = tx.get(&delivery.exchange).await?;
        drop(tx);
        let Some(items) = self.items_of(&delivery, &exchange).await? else {
            return Ok(None);
        };
        let caller = caller_of(&delivery)?;
        let (message, documents) = match form.as_ref().map(|form| form.form.as_str()) {
            Some(REQUEST) => self.request(&exchange, items).await?,
            Some(RESPONSE) => self.health_answer(&caller, &exchange, items).await?,
            Some(_) | None => self.shared(&delivery, &exchange, items).await?,
        };
        let documents = Carried::new(documents);
        Ok(Some(write(&self.0.flow, message, documents).await?))
    }

    /// What a delivery carries, each with its kind of information.
    async fn items_of(
        &self,
        delivery: &DeliveryRow,
        exchange: &ExchangeRow,
    ) -> Result<Option<Vec<Item>>, Trouble> {
        let Some(documents) = self.0.flow.carried(delivery, exchange).await? else {
            return Ok(None);
        };
        let mut tx = self.0.flow.store.read().await?;
        let wraps = tx.wraps_in(&delivery.id).await?;
        let mut items = Vec::new();
        for (n, document) in documents {
            let wrap = wraps.iter().find(|wrap| wrap.n == n);
            let item: Option<ItemRow> = match wrap {
                Some(wrap) => tx.get(&wrap.item).await?,
                None => None,
            };
            let category = item.and_then(|item| item.category.parse().ok());
            items.push(Item {
                n,
                category: category.ok_or_else(|| gone("an item's category does not read"))?,
                document,
            });
        }
        Ok(Some(items))
    }

    pub(super) fn writer(&self) -> Writer {
        Writer::new(self.0.settings.systems.clone())
    }

    async fn request(
        &self,
        exchange: &ExchangeRow,
        items: Vec<Item>,
    ) -> Result<(Json, Vec<DocumentBody>), Trouble> {
        let flow = &self.0.flow;
        // Where it stands is the same for all; what is in it is what the delivery carries.
        let view = flow
            .health_request(&asking(exchange)?, &exchange.id)
            .await?;
        let (parts, _) = parted(items).await?;
        let body = body_of(flow, REQUEST, parts).map_err(unread)?;
        let names = Names::of_request(flow, &view, &body).await?;
        let request = request_model(&view, &body, &names).map_err(unread)?;
        Ok((self.writer().request_message(&request), Vec::new()))
    }

    async fn health_answer(
        &self,
        caller: &Caller,
        exchange: &ExchangeRow,
        items: Vec<Item>,
    ) -> Result<(Json, Vec<DocumentBody>), Trouble> {
        let flow = &self.0.flow;
        let view = flow.health_answer(caller, &exchange.id).await?;
        let (parts, documents) = parted(items).await?;
        let body = body_of(flow, RESPONSE, parts).map_err(unread)?;
        let names = Names::of(flow, &view.area, &[view.agency.as_str()]).await?;
        let shown: Vec<DocumentView> = documents.iter().map(shown).collect();
        let (answer, numbers) = answer_model(&view, &body, &names, &shown).map_err(unread)?;
        let taken = documents.into_iter().filter(|one| numbers.contains(&one.n));
        let bodies = taken.map(|one| one.document.body).collect();
        Ok((self.writer().answer_message(&answer), bodies))
    }
}

/// The parts of a form, whole, and what is no part of it.
async fn parted(items: Vec<Item>) -> Result<(Vec<Vec<u8>>, Vec<Item>), Trouble> {
    let (mut parts, mut others) = (Vec::new(), Vec::new());
    for item in items {
        if item.document.media_type == MEDIA_TYPE {
            parts.push(whole(item.document.body).await?);
        } else {
            others.push(item);
        }
    }
    Ok((parts, others))
}

fn shown(item: &Item) -> DocumentView {
    DocumentView {
        n: item.n,
        title: item.document.title.clone(),
        category: item.category,
        media_type: item.document.media_type.clone(),
        size: item.document.size,
        opens: true,
    }
}

/// The agency itself, as the one whose mailbox it goes to.
fn caller_of(delivery: &DeliveryRow) -> Result<Caller, Trouble> {
    Ok(Caller {
        agency: agency_id(&delivery.agency)?,
        person: None,
        channel: Channel::Mesh,
        proof: "mesh-mailbox",
    })
}

pub(super) fn agency_id(text: &str) -> Result<AgencyId, Trouble> {
    text.parse()
        .map_err(|_| gone("an agency's id does not read"))
}

pub(super) fn unread(Unreadable(what): Unreadable) -> Trouble {
    Trouble::Stopped(what)
}
