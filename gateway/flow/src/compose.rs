//! What a person is writing, until it is sent: found again on another machine, after a lock, a
//! restart or a broken line. A draft is its writer's alone and sealed under their key; nothing of
//! it has been shared, so the log knows nothing of it.
//!
//! What a draft says is its channel's own text; what is kept here is whose it is, which revision,
//! and the files that go with it: piece by piece (`file`), or at once (`expected`).

mod expected;
mod file;

use gateway_core::{Id, Personal};
use gateway_seal::Place;
use gateway_store::Tx;
use gateway_store::rows::{DraftRow, IdempotencyRow, PersonRow};
use gateway_vault::person_scope;

pub(crate) use self::expected::Expectations;
pub use self::expected::Expected;
pub use self::file::{Arrived, DraftFile, FILES, LARGEST, NewFile, TOGETHER, TOO_LARGE};
use crate::Flow;
use crate::case::corrupt;
use crate::error::FlowError;
use crate::receive::idempotency_id;
use crate::submission::{Caller, Idempotency};

/// Most drafts of one person.
pub const DRAFTS: i64 = 200;

/// A draft.
#[derive(Debug, Clone)]
pub struct DraftMessage {
    /// Its id.
    pub id: String,
    /// How often it was saved.
    pub revision: i64,
    /// What it says, in its channel's form.
    pub content: Personal<String>,
    /// When it was last saved, microseconds UTC.
    pub saved: i64,
    /// Its files, in the order in which they came.
    pub files: Vec<DraftFile>,
}

impl DraftMessage {
    /// Makes sure that a draft becomes one exchange, however often it is sent.
    pub fn idempotency(id: &str) -> Idempotency {
        Idempotency {
            key: format!("draft/{id}"),
            request: "draft".to_owned(),
        }
    }

    /// The draft that a key is of.
    pub(crate) fn of(key: &Idempotency) -> Option<String> {
        key.key.strip_prefix("draft/").map(str::to_owned)
    }
}

/// Where a save has led.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Saved {
    /// To the draft's next revision.
    Next(i64),
    /// To a draft of its own, of this id: another form was saved meanwhile, and neither is lost.
    Beside(String),
}

impl Flow {
    /// Begins a draft.
    ///
    /// # Errors
    /// [`FlowError::Conflict`] where the person has [`DRAFTS`] of them.
    pub async fn open_draft(&self, person: &PersonRow, content: &str) -> Result<String, FlowError> {
        self.vault.ensure_person(&person.id).await?;
        let id = Id::new(&self.clock).to_string();
        let now = self.now();
        let mut row = DraftRow {
            content: self
                .seal_own(person, "draft", &id, "content", content)
                .await?,
            id: id.clone(),
            person: person.id.clone(),
            revision: 1,
            created_at: now,
            saved_at: now,
        };
        let mut tx = self.store.write("open-draft").await?;
        if tx.draft_count(&person.id).await? >= DRAFTS {
            return Err(FlowError::Conflict(format!(
                "you have {DRAFTS} drafts: send or delete some of them first"
            )));
        }
        tx.put(&mut row).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Saves what a form of `revision` says.
    ///
    /// # Errors
    /// [`FlowError::NotFound`] where there is no such draft of this person.
    pub async fn save_draft(
        &self,
        person: &PersonRow,
        id: &str,
        revision: i64,
        content: &str,
    ) -> Result<Saved, FlowError> {
        let mut row = self.own_draft(person, id).await?;
        row.content = self
            .seal_own(person, "draft", id, "content", content)
            .await?;
        row.saved_at = self.now();
        let mut tx = self.store.write("save-draft").await?;
        let saved = tx.save_draft(&row, revision).await?;
        tx.commit().await?;
        if saved {
            return Ok(Saved::Next(revision + 1));
        }
        let now = self.own_draft(person, id).await?;
        let other = self
            .open_own(person, "draft", id, "content", &now.content)
            .await?;
        if other.reveal() == content {
            return Ok(Saved::Next(now.revision));
        }
        Ok(Saved::Beside(self.open_draft(person, content).await?))
    }

    /// A draft of this person, opened.
    ///
    /// # Errors
    /// [`FlowError::NotFound`] where there is none of this id, or it is another's.
    pub async fn draft(&self, person: &PersonRow, id: &str) -> Result<DraftMessage, FlowError> {
        let row = self.own_draft(person, id).await?;
        self.opened_draft(person, row).await
    }

    /// The exchange that a draft of the caller's agency has become, if it has been sent.
    ///
    /// # Errors
    /// [`FlowError::Unavailable`] where the store is away.
    pub async fn sent_from(&self, caller: &Caller, id: &str) -> Result<Option<String>, FlowError> {
        let key = DraftMessage::idempotency(id).key;
        let key = idempotency_id(caller.agency.as_str(), &key);
        let mut tx = self.store.read().await?;
        let row: Option<IdempotencyRow> = tx.get(&key).await?;
        Ok(row.map(|row| row.exchange))
    }

    /// A person's drafts, the one saved last first.
    ///
    /// # Errors
    /// [`FlowError::Unavailable`] where the store or the vault is away.
    pub async fn drafts(&self, person: &PersonRow) -> Result<Vec<DraftMessage>, FlowError> {
        let mut tx = self.store.read().await?;
        let rows = tx.drafts_of(&person.id, DRAFTS).await?;
        drop(tx);
        let mut drafts = Vec::new();
        for row in rows {
            drafts.push(self.opened_draft(person, row).await?);
        }
        Ok(drafts)
    }

    /// Throws a draft away, with its files; one that is gone already is no fault.
    ///
    /// # Errors
    /// [`FlowError::Unavailable`] where the store is away: it is still there then.
    pub async fn drop_draft(&self, person: &PersonRow, id: &str) -> Result<(), FlowError> {
        match self.own_draft(person, id).await {
            Ok(_) => {}
            Err(FlowError::NotFound) => return Ok(()),
            Err(error) => return Err(error),
        }
        let mut tx = self.store.write("drop-draft").await?;
        tx.remove_draft(id).await?;
        Ok(tx.commit().await?)
    }

    /// What a draft said is an exchange now: it goes in the same transaction, so that it is never
    /// both. Another's stays.
    pub(crate) async fn drop_sent(
        tx: &mut Tx,
        person: Option<&str>,
        id: &str,
    ) -> Result<(), FlowError> {
        let row: Option<DraftRow> = tx.get(id).await?;
        if row.is_some_and(|row| Some(row.person.as_str()) == person) {
            tx.remove_draft(id).await?;
        }
        Ok(())
    }

    async fn own_draft(&self, person: &PersonRow, id: &str) -> Result<DraftRow, FlowError> {
        let mut tx = self.store.read().await?;
        own(&mut tx, person, id).await
    }

    async fn opened_draft(
        &self,
        person: &PersonRow,
        row: DraftRow,
    ) -> Result<DraftMessage, FlowError> {
        Ok(DraftMessage {
            content: self
                .open_own(person, "draft", &row.id, "content", &row.content)
                .await?,
            files: self.draft_files(person, &row.id).await?,
            id: row.id,
            revision: row.revision,
            saved: row.saved_at,
        })
    }

    /// Seals a text under a person's key.
    pub(crate) async fn seal_own(
        &self,
        person: &PersonRow,
        table: &str,
        row: &str,
        column: &str,
        text: &str,
    ) -> Result<Vec<u8>, FlowError> {
        let area = person_scope(&person.id);
        let place = Place {
            area: &area,
            table,
            row,
            column,
        };
        Ok(self.vault.seal_column(&place, text.as_bytes()).await?)
    }

    /// Opens it again.
    pub(crate) async fn open_own(
        &self,
        person: &PersonRow,
        table: &str,
        row: &str,
        column: &str,
        sealed: &[u8],
    ) -> Result<Personal<String>, FlowError> {
        let area = person_scope(&person.id);
        let place = Place {
            area: &area,
            table,
            row,
            column,
        };
        let plain = self.vault.open_column(&place, sealed).await?;
        let text = String::from_utf8(plain.to_vec()).map_err(|_| corrupt(table, row))?;
        Ok(Personal::new(text))
    }
}

/// A person's own draft; another's is as one that is not there.
async fn own(tx: &mut Tx, person: &PersonRow, id: &str) -> Result<DraftRow, FlowError> {
    let row: Option<DraftRow> = tx.get(id).await?;
    row.filter(|row| row.person == person.id)
        .ok_or(FlowError::NotFound)
}
