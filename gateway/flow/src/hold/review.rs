//! An exchange as whoever has to decide about it sees it: who sent it and why, what is held for
//! whom, by which rules, and what was asked of the sender.

use gateway_core::event::EventKind;
use gateway_core::{Category, Outcome, RuleHit};
use gateway_store::Tx;
use gateway_store::rows::{CellRow, ExchangeRow, HoldRow, ItemRow, PersonRow};

use super::QuestionView;
use crate::Flow;
use crate::case::corrupt;
use crate::error::FlowError;
use crate::recorder::{Draft, work};
use crate::submission::{Caller, Particulars};

/// An exchange of which a person has something to decide, or had.
#[derive(Debug, Clone)]
pub struct ReviewView {
    /// The row: ids and codes.
    pub row: ExchangeRow,
    /// The person who sent it, where it was one.
    pub sent_by: Option<String>,
    /// Why it is necessary, in the sender's words.
    pub necessity: Option<String>,
    /// Of an emergency: what is imminent.
    pub emergency: Option<String>,
    /// Lawful bases.
    pub bases: Vec<String>,
    /// What is or was held, an item at a time.
    pub items: Vec<ReviewItem>,
    /// What the sender was asked.
    pub questions: Vec<QuestionView>,
}

/// An item that is or was held.
#[derive(Debug, Clone)]
pub struct ReviewItem {
    /// Its number, the sender's.
    pub n: i64,
    /// Its title.
    pub title: String,
    /// Its category.
    pub category: String,
    /// Its owner.
    pub owner: String,
    /// Whom it is about.
    pub about: String,
    /// Fact or opinion.
    pub nature: Option<String>,
    /// Media type.
    pub media_type: String,
    /// Size in bytes.
    pub size: i64,
    /// What the gateway found in it, in words.
    pub notes: Vec<String>,
    /// A decision for each recipient and role.
    pub cells: Vec<ReviewCell>,
}

impl ReviewItem {
    /// It came without a category, and whoever approves it says what it is.
    pub fn is_unlabelled(&self) -> bool {
        self.category == Category::Unlabelled.as_str()
    }
}

/// One decision: about an item, for a recipient, by a role.
#[derive(Debug, Clone)]
pub struct ReviewCell {
    /// The hold.
    pub hold: String,
    /// Who would receive, or has received.
    pub recipient: String,
    /// The role that decides.
    pub role: String,
    /// The agency where that role sits.
    pub agency: String,
    /// The rules that hold it.
    pub rules: Vec<RuleHit>,
    /// An emergency let it through: it is looked at afterwards.
    pub after: bool,
    /// It went to the deputy and the coordinator.
    pub escalated: bool,
    /// When it is due, microseconds UTC.
    pub due: i64,
    /// `open`, `approved`, `refused` or `closed`.
    pub state: String,
    /// What the recipient gets by now.
    pub outcome: Outcome,
    /// Who decided it, and when (microseconds UTC).
    pub decided: Option<(String, i64)>,
    /// Why this person may not decide it, where they may not.
    pub hindrance: Option<String>,
}

impl ReviewCell {
    /// It waits for this person.
    pub fn is_open(&self) -> bool {
        self.state == "open" && self.hindrance.is_none()
    }
}

impl Flow {
    /// What of an exchange is or was for a person to decide; that it is looked at is logged.
    pub async fn review(&self, caller: &Caller, exchange: &str) -> Result<ReviewView, FlowError> {
        let (row, holds) = self.reviewable(caller, exchange).await?;
        let person = self.acting(caller, &[], "deciding a hold").await?;
        let draft = Draft::new(EventKind::RecordRead, Some(&caller.agency))
            .about(&row.id, row.nominal.as_deref())
            .reaching([caller.agency.clone()])
            .with("what", "hold")
            .with("person", &*person.id);
        let read = work(move |_| Box::pin(async move { Ok((vec![draft], ())) }));
        self.recorder.record(&row.area, "read-hold", read).await?;
        let said = self.particulars(&row).await?;
        let questions = self.questions_for(&row, &holds).await?;
        let mut tx = self.store.read().await?;
        let mut items: Vec<ReviewItem> = Vec::new();
        for item in tx.items_of(&row.id).await? {
            let mut cells = Vec::new();
            for hold in holds.iter().filter(|hold| hold.item == item.id) {
                cells.push(self.review_cell(&mut tx, caller, &row, hold).await?);
            }
            if !cells.is_empty() {
                items.push(self.review_item(&row, item, &said, cells).await?);
            }
        }
        let sent_by = match &row.sender_person {
            Some(id) => Some(self.named(&mut tx, id).await?),
            None => None,
        };
        Ok(ReviewView {
            sent_by,
            necessity: said.necessity.map(gateway_core::Personal::into_inner),
            emergency: said.emergency.map(|e| e.statement.into_inner()),
            bases: said.bases,
            row,
            items,
            questions,
        })
    }

    /// An exchange, and its holds that a person may decide or might have decided.
    pub(super) async fn reviewable(
        &self,
        caller: &Caller,
        exchange: &str,
    ) -> Result<(ExchangeRow, Vec<HoldRow>), FlowError> {
        let mut tx = self.store.read().await?;
        let row: Option<ExchangeRow> = tx.get(exchange).await?;
        let all = tx.holds_of(exchange).await?;
        drop(tx);
        let row = row.ok_or(FlowError::NotFound)?;
        let mut holds = Vec::new();
        for hold in all {
            if self.may_decide(caller, &hold, &row.area).await? {
                holds.push(hold);
            }
        }
        if holds.is_empty() {
            return Err(FlowError::NotFound);
        }
        Ok((row, holds))
    }

    /// The hold through which a person may read an item of an exchange, by the sender's number.
    pub async fn open_hold_of(
        &self,
        caller: &Caller,
        exchange: &str,
        n: i64,
    ) -> Result<String, FlowError> {
        let (row, holds) = self.reviewable(caller, exchange).await?;
        let mut tx = self.store.read().await?;
        let item = tx.items_of(&row.id).await?;
        let item = item.into_iter().find(|item| item.n == n);
        let item = item.ok_or(FlowError::NotFound)?;
        let own: Vec<HoldRow> = holds.into_iter().filter(|h| h.item == item.id).collect();
        match own.iter().find(|hold| hold.state == "open") {
            Some(hold) => Ok(hold.id.clone()),
            None if own.is_empty() => Err(FlowError::NotFound),
            None => Err(FlowError::Conflict(
                "this has been decided, so it is no longer opened here".to_owned(),
            )),
        }
    }

    async fn review_item(
        &self,
        row: &ExchangeRow,
        item: ItemRow,
        said: &Particulars,
        cells: Vec<ReviewCell>,
    ) -> Result<ReviewItem, FlowError> {
        let place = usize::try_from(item.n - 1).unwrap_or(usize::MAX);
        let notes = said.items.get(place).map(|claim| claim.notes.clone());
        Ok(ReviewItem {
            n: item.n,
            title: self.title(&row.area, &item).await?,
            category: item.category,
            owner: item.owner,
            about: item.about,
            nature: item.nature,
            media_type: item.media_type,
            size: item.size,
            notes: notes.unwrap_or_default(),
            cells,
        })
    }

    async fn review_cell(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        row: &ExchangeRow,
        hold: &HoldRow,
    ) -> Result<ReviewCell, FlowError> {
        let cell: CellRow = tx
            .get(&hold.cell)
            .await?
            .ok_or_else(|| corrupt("cell", &hold.cell))?;
        let person = caller.person.as_ref().map_or("", |person| &person.id);
        let hindrance = match hold.state == "open" {
            true => {
                self.hindrance(tx, person, &caller.agency, row, hold)
                    .await?
            }
            false => None,
        };
        let decided = match (&hold.decided_by, hold.decided_at) {
            (Some(by), Some(at)) => Some((self.named(tx, by).await?, at)),
            _ => None,
        };
        Ok(ReviewCell {
            rules: serde_json::from_str(&cell.rules)?,
            hold: hold.id.clone(),
            recipient: hold.recipient.clone(),
            role: hold.role.clone(),
            agency: hold.agency.clone(),
            after: hold.after == 1,
            escalated: hold.escalated_at.is_some(),
            due: hold.escalate_at,
            state: hold.state.clone(),
            outcome: cell
                .outcome
                .parse()
                .map_err(|_| corrupt("cell", &cell.id))?,
            decided,
            hindrance,
        })
    }

    /// A person's name.
    pub(crate) async fn named(&self, tx: &mut Tx, id: &str) -> Result<String, FlowError> {
        let person: PersonRow = tx.get(id).await?.ok_or_else(|| corrupt("person", id))?;
        Ok(self.person_name(&person).await?.into_inner())
    }
}
