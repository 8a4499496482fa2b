//! A form that came after whoever sent it had been away too long. Nothing of it is done; its
//! words are kept, sealed under their key, until they have signed in again and taken them up.

use gateway_core::{Id, Personal};
use gateway_store::rows::{KeptFormRow, PersonRow};

use crate::Flow;
use crate::case::corrupt;
use crate::error::FlowError;

/// Most of them that one person has; the oldest gives way.
const MOST: i64 = 10;
/// So long they are kept, microseconds.
const KEPT: i64 = 24 * 3600 * 1_000_000;

/// A form as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptForm {
    /// Where it was sent to.
    pub path: String,
    /// Its fields, in their order.
    pub fields: Personal<Vec<(String, String)>>,
}

impl Flow {
    /// Keeps a form, in place of what the person sent to the same address before.
    ///
    /// # Errors
    /// [`FlowError::Unavailable`] where the store or the vault is away: it is not kept then.
    pub async fn keep_form(
        &self,
        person: &PersonRow,
        form: &KeptForm,
    ) -> Result<String, FlowError> {
        self.vault.ensure_person(&person.id).await?;
        let id = Id::new(&self.clock).to_string();
        let content = serde_json::to_string(form.fields.reveal())
            .map_err(|error| FlowError::Internal(error.to_string()))?;
        let mut row = KeptFormRow {
            content: self
                .seal_own(person, "kept_form", &id, "content", &content)
                .await?,
            id: id.clone(),
            person: person.id.clone(),
            path: form.path.clone(),
            kept_at: self.now(),
        };
        let mut tx = self.store.write("keep-form").await?;
        tx.remove_kept_at(&person.id, &form.path).await?;
        let before = tx.kept_forms(&person.id, MOST).await?;
        for old in before.iter().skip(usize::try_from(MOST - 1).unwrap_or(0)) {
            tx.remove_kept(&old.id).await?;
        }
        tx.put(&mut row).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// A form that was kept for this person.
    ///
    /// # Errors
    /// [`FlowError::NotFound`] where there is none of this id, or it is another's.
    pub async fn kept_form(&self, person: &PersonRow, id: &str) -> Result<KeptForm, FlowError> {
        let mut tx = self.store.read().await?;
        let row: Option<KeptFormRow> = tx.get(id).await?;
        drop(tx);
        let row = row.filter(|row| row.person == person.id);
        let row = row.ok_or(FlowError::NotFound)?;
        let content = self
            .open_own(person, "kept_form", id, "content", &row.content)
            .await?;
        let fields =
            serde_json::from_str(content.reveal()).map_err(|_| corrupt("kept_form", id))?;
        Ok(KeptForm {
            path: row.path,
            fields: Personal::new(fields),
        })
    }

    /// The newest form that is kept for a person, by its id.
    ///
    /// # Errors
    /// [`FlowError::Unavailable`] where the store is away.
    pub async fn newest_kept_form(&self, person: &PersonRow) -> Result<Option<String>, FlowError> {
        let mut tx = self.store.read().await?;
        let newest = tx.kept_forms(&person.id, 1).await?.pop();
        Ok(newest.map(|row| row.id))
    }

    /// Throws a form away; one that is gone already, or is another's, is no fault.
    ///
    /// # Errors
    /// [`FlowError::Unavailable`] where the store is away: it is still kept then.
    pub async fn drop_kept_form(&self, person: &PersonRow, id: &str) -> Result<(), FlowError> {
        let mut tx = self.store.write("drop-kept-form").await?;
        let row: Option<KeptFormRow> = tx.get(id).await?;
        if row.is_some_and(|row| row.person == person.id) {
            tx.remove_kept(id).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Removes what nobody took up again.
    pub(crate) async fn sweep_kept_forms(&self) -> Result<(), FlowError> {
        let before = self.now() - KEPT;
        let mut tx = self.store.read().await?;
        let any = tx.has_kept_before(before).await?;
        drop(tx);
        if any {
            let mut tx = self.store.write("sweep-kept-forms").await?;
            tx.remove_kept_before(before).await?;
            tx.commit().await?;
        }
        Ok(())
    }
}
