//! What waits for a reviewer, as the lists show it: hold by hold for a system, and for people an
//! exchange at a time.

use gateway_core::{AgencyKind, Role, RuleHit};
use gateway_store::rows::{CellRow, ExchangeRow, HoldRow, ItemRow, QuestionRow};
use gateway_store::{Desk, Tx, Waiting};

use crate::Flow;
use crate::case::{agency, corrupt};
use crate::error::FlowError;
use crate::reason::Given;
use crate::submission::Caller;

/// A hold as a reviewer sees it in the list.
#[derive(Debug, Clone)]
pub struct HoldView {
    /// Its id.
    pub id: String,
    /// The exchange.
    pub exchange: String,
    /// The sender.
    pub from: String,
    /// Who would receive.
    pub recipient: String,
    /// The item's title.
    pub item_title: String,
    /// The item's category.
    pub item_category: String,
    /// What the gateway found in it, in words.
    pub notes: Vec<String>,
    /// The rules that hold it.
    pub rules: Vec<RuleHit>,
    /// The role that decides.
    pub role: String,
    /// The agency where that role sits.
    pub agency: String,
    /// A look afterwards at what an emergency let through.
    pub after: bool,
    /// It went to the deputy and the coordinator.
    pub escalated: bool,
    /// Since when, microseconds UTC.
    pub since: i64,
    /// When it escalates, microseconds UTC.
    pub due: i64,
}

/// What of an exchange waits for reviewers.
#[derive(Debug, Clone)]
pub struct WaitingView {
    /// The exchange, and when the first of it is due: where a next page goes on.
    pub place: Waiting,
    /// The sender.
    pub from: String,
    /// The roles that decide, each with its agency.
    pub roles: Vec<(String, String)>,
    /// The titles of what this person may decide; of the rest only that it is held.
    pub titles: Vec<String>,
    /// How many decisions wait.
    pub holds: usize,
    /// How it came to wait.
    pub kind: WaitKind,
    /// Whether the sender was asked something.
    pub asked: Asked,
    /// Something of it has passed to the deputy and the coordinator.
    pub escalated: bool,
    /// Something of it waits for a role of this person.
    pub yours: bool,
    /// This person may decide something of it: not what they sent themself, nor what their own
    /// agency sent where the rule wants another.
    pub decidable: bool,
    /// Since when, microseconds UTC.
    pub since: i64,
}

/// How something came to wait for a reviewer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaitKind {
    /// It is held.
    Routine,
    /// It is held, and urgent.
    Emergency,
    /// An emergency let it through: it is looked at afterwards.
    After,
}

/// Whether the sender was asked something about what is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// No.
    Nothing,
    /// Yes, and it has not answered yet.
    Waits,
    /// Yes, and it has answered.
    Answered,
}

impl Flow {
    /// What waits for a person, an exchange at a time, the first due first; `after` is the last
    /// of the page before.
    pub async fn waiting(
        &self,
        caller: &Caller,
        after: Option<&Waiting>,
        limit: i64,
    ) -> Result<Vec<WaitingView>, FlowError> {
        let person = self.acting(caller, &[], "seeing what is held").await?;
        let area = self.coordinates(caller).await?;
        let mut tx = self.store.read().await?;
        let desk = Desk {
            person: &person.id,
            agency: caller.agency.as_str(),
            area: area.as_deref(),
            now: self.now(),
        };
        let places = tx.holds_at_desk(&desk, after, limit).await?;
        drop(tx);
        self.waiting_views(caller, places, false).await
    }

    /// All that waits for reviewers in an area, for its coordinator, and logged; of what is not
    /// for her to decide only that it is held.
    pub async fn holds_in_area(
        &self,
        caller: &Caller,
        given: &Given,
        role: Option<Role>,
        after: Option<&Waiting>,
        limit: i64,
    ) -> Result<Vec<WaitingView>, FlowError> {
        let area = self.log_queue(caller, "holds", Some(given)).await?;
        let role = role.map(Role::as_str);
        let mut tx = self.store.read().await?;
        let places = tx.holds_of_area(&area, role, after, limit).await?;
        drop(tx);
        self.waiting_views(caller, places, true).await
    }

    /// The area that the caller coordinates, where they do.
    pub async fn coordinates(&self, caller: &Caller) -> Result<Option<String>, FlowError> {
        match self.coordinator(caller, "coordinating").await {
            Ok((area, _)) => Ok(Some(area)),
            Err(FlowError::NotFound | FlowError::Forbidden(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn waiting_views(
        &self,
        caller: &Caller,
        places: Vec<Waiting>,
        all: bool,
    ) -> Result<Vec<WaitingView>, FlowError> {
        let mut views = Vec::new();
        for place in places {
            let mut tx = self.store.read().await?;
            let row: ExchangeRow = tx
                .get(&place.exchange)
                .await?
                .ok_or_else(|| corrupt("exchange", &place.exchange))?;
            let mut open = tx.holds_of(&row.id).await?;
            open.retain(|hold| hold.state == "open");
            let questions = tx.questions_of(&row.id).await?;
            drop(tx);
            let (mut kept, mut decidable) = (Vec::new(), false);
            for hold in open {
                let yours = self.may_decide(caller, &hold, &row.area).await?;
                if yours && !decidable {
                    decidable = self.is_free_to_decide(caller, &row, &hold).await?;
                }
                if all || yours {
                    kept.push((hold, yours));
                }
            }
            let view = self.waiting_view(place, &row, &kept, &questions, decidable);
            views.push(view.await?);
        }
        Ok(views)
    }

    /// Whether nothing hinders a person who has the role.
    async fn is_free_to_decide(
        &self,
        caller: &Caller,
        row: &ExchangeRow,
        hold: &HoldRow,
    ) -> Result<bool, FlowError> {
        let person = caller.person.as_ref().map_or("", |person| &person.id);
        let mut tx = self.store.read().await?;
        let hindrance = self.hindrance(&mut tx, person, &caller.agency, row, hold);
        Ok(hindrance.await?.is_none())
    }

    async fn waiting_view(
        &self,
        place: Waiting,
        row: &ExchangeRow,
        holds: &[(HoldRow, bool)],
        questions: &[QuestionRow],
        decidable: bool,
    ) -> Result<WaitingView, FlowError> {
        let mut roles: Vec<(String, String)> = Vec::new();
        let mut titles: Vec<String> = Vec::new();
        let mut items: Vec<&str> = Vec::new();
        let mut tx = self.store.read().await?;
        for (hold, yours) in holds {
            let role = (hold.role.clone(), hold.agency.clone());
            if !roles.contains(&role) {
                roles.push(role);
            }
            if *yours && !items.contains(&hold.item.as_str()) {
                items.push(&hold.item);
                let item: ItemRow = tx
                    .get(&hold.item)
                    .await?
                    .ok_or_else(|| corrupt("item", &hold.item))?;
                titles.push(self.title(&row.area, &item).await?);
            }
        }
        let after = holds.iter().all(|(hold, _)| hold.after == 1);
        Ok(WaitingView {
            place,
            from: row.sender.clone(),
            titles,
            holds: holds.len(),
            kind: match (after, row.emergency == 1) {
                (true, _) => WaitKind::After,
                (false, true) => WaitKind::Emergency,
                (false, false) => WaitKind::Routine,
            },
            asked: asked(questions, &roles),
            roles,
            escalated: holds.iter().any(|(hold, _)| hold.escalated_at.is_some()),
            yours: holds.iter().any(|(_, yours)| *yours),
            decidable,
            since: holds.iter().map(|(hold, _)| hold.since).min().unwrap_or(0),
        })
    }

    /// What waits for a role at the calling agency; at a coordination unit, also what has
    /// escalated to it.
    pub async fn holds(
        &self,
        caller: &Caller,
        after: Option<&str>,
        limit: i64,
    ) -> Result<Vec<HoldView>, FlowError> {
        let mut tx = self.store.read().await?;
        let own = agency(&mut tx, caller.agency.as_str()).await?;
        let area = match own.kind == AgencyKind::Coordination.as_str() {
            true => tx
                .memberships(&own.id)
                .await?
                .into_iter()
                .next()
                .map(|m| m.area),
            false => None,
        };
        let holds = tx
            .open_holds(&own.id, area.as_deref(), after, limit)
            .await?;
        let mut views = Vec::new();
        for hold in holds {
            views.push(self.hold_view(&mut tx, hold).await?);
        }
        Ok(views)
    }

    async fn hold_view(&self, tx: &mut Tx, hold: HoldRow) -> Result<HoldView, FlowError> {
        let item: ItemRow = tx
            .get(&hold.item)
            .await?
            .ok_or_else(|| corrupt("item", &hold.item))?;
        let cell: CellRow = tx
            .get(&hold.cell)
            .await?
            .ok_or_else(|| corrupt("cell", &hold.cell))?;
        let row: ExchangeRow = tx
            .get(&hold.exchange)
            .await?
            .ok_or_else(|| corrupt("exchange", &hold.exchange))?;
        let said = self.particulars(&row).await?;
        let place = usize::try_from(item.n - 1).unwrap_or(usize::MAX);
        let notes = said.items.get(place).map(|claim| claim.notes.clone());
        Ok(HoldView {
            notes: notes.unwrap_or_default(),
            item_title: self.title(&row.area, &item).await?,
            item_category: item.category,
            rules: serde_json::from_str(&cell.rules)?,
            from: row.sender,
            id: hold.id,
            exchange: hold.exchange,
            recipient: hold.recipient,
            role: hold.role,
            agency: hold.agency,
            after: hold.after == 1,
            escalated: hold.escalated_at.is_some(),
            since: hold.since,
            due: hold.escalate_at,
        })
    }
}

fn asked(questions: &[QuestionRow], roles: &[(String, String)]) -> Asked {
    let theirs = questions.iter().filter(|question| {
        roles
            .iter()
            .any(|(role, agency)| *role == question.role && *agency == question.agency)
    });
    let mut asked = Asked::Nothing;
    for question in theirs {
        asked = match question.answered_at {
            None => return Asked::Waits,
            Some(_) => Asked::Answered,
        };
    }
    asked
}
