//! Documents that are sent with a form: further items after its parts, each of its own kind of
//! information. A reader of the form fetches them as any other item.

use gateway_core::{Category, Channel, Personal};
use gateway_forms::{Definition, MEDIA_TYPE};
use gateway_store::rows::{ExchangeRow, ItemRow};

use super::known::OfHealth;
use super::read::why_not;
use crate::Flow;
use crate::body::StagedBody;
use crate::case::corrupt;
use crate::error::{FieldFault, FlowError};
use crate::submission::{Caller, ItemClaim};

/// A document that is sent with a form.
#[derive(Debug)]
pub struct FormDocument {
    /// Its title.
    pub title: Personal<String>,
    /// Its kind of information; none is held for a person to say.
    pub category: Option<Category>,
    /// What was found in it on its way in, in words for whoever decides about it.
    pub notes: Vec<String>,
    /// What is in it.
    pub body: StagedBody,
}

impl FormDocument {
    /// A document of which nothing more is said.
    pub const fn new(title: Personal<String>, category: Category, body: StagedBody) -> Self {
        Self {
            title,
            category: Some(category),
            notes: Vec::new(),
            body,
        }
    }

    /// What has to be seen by a person first, and why: it loses its label, and that person gives
    /// it back.
    pub fn unlabel(&mut self, why: &str) {
        self.notes.push(why.to_owned());
        if let Some(said) = self.category.take() {
            self.notes.push(format!("was called {said} by the sender"));
        }
    }

    fn into_item(self, of_health: &OfHealth) -> (ItemClaim, StagedBody) {
        let item = ItemClaim {
            category: self.category,
            notes: self.notes,
            ..ItemClaim::new(self.title)
        };
        (of_health.of(item), self.body)
    }
}

/// Documents as items, where the form takes any.
pub(super) fn items(
    form: &Definition,
    documents: Vec<FormDocument>,
    of_health: &OfHealth,
) -> Result<Vec<(ItemClaim, StagedBody)>, FlowError> {
    let mut faults = Vec::new();
    if !documents.is_empty() && !form.documents {
        let detail = "are not taken with this form: send them as an exchange of their own";
        faults.push(FieldFault::new("/documents", detail));
    }
    for (n, document) in documents.iter().enumerate() {
        let essence = document.body.media_type.split(';').next();
        let essence = essence.unwrap_or_default().trim();
        if essence.eq_ignore_ascii_case(MEDIA_TYPE) {
            let detail = "is of the type that the parts of a form have: fill it in as a form";
            faults.push(FieldFault::new(format!("/documents/{n}"), detail));
        }
    }
    if !faults.is_empty() {
        return Err(FlowError::Invalid(faults));
    }
    let items = documents.into_iter();
    Ok(items
        .map(|document| document.into_item(of_health))
        .collect())
}

/// A document that came with a form, as a reader has it.
#[derive(Debug, Clone)]
pub struct DocumentView {
    /// Its number for this reader.
    pub n: i64,
    /// Its title.
    pub title: String,
    /// Its kind of information.
    pub category: Category,
    /// Its media type.
    pub media_type: String,
    /// Its size, bytes.
    pub size: i64,
    /// The caller may open it now.
    pub opens: bool,
}

impl Flow {
    /// The documents that came with a form, as far as the caller's agency has them; nothing is
    /// opened.
    ///
    /// # Errors
    /// [`FlowError::NotFound`] where it has nothing of the exchange.
    pub async fn form_documents(
        &self,
        caller: &Caller,
        exchange: &str,
    ) -> Result<Vec<DocumentView>, FlowError> {
        let mut tx = self.store.read().await?;
        let wraps = tx.wraps_for(exchange, caller.agency.as_str()).await?;
        if wraps.is_empty() {
            return Err(FlowError::NotFound);
        }
        let row: Option<ExchangeRow> = tx.get(exchange).await?;
        let row = row.ok_or_else(|| corrupt("exchange", exchange))?;
        let mut documents = Vec::new();
        for wrap in wraps {
            let item: Option<ItemRow> = tx.get(&wrap.item).await?;
            let item = item.ok_or_else(|| corrupt("item", &wrap.item))?;
            if item.media_type != MEDIA_TYPE {
                documents.push((wrap, item));
            }
        }
        drop(tx);
        let in_portal = caller.channel == Channel::Portal;
        let mut views = Vec::new();
        for (wrap, item) in documents {
            let category = item.category.parse();
            views.push(DocumentView {
                n: wrap.n,
                title: self.title(&row.area, &item).await?,
                category: category.map_err(|_| corrupt("item", &item.id))?,
                opens: why_not(&self.may_open(caller, &wrap, in_portal).await?).is_none(),
                media_type: item.media_type,
                size: item.size,
            });
        }
        Ok(views)
    }
}
