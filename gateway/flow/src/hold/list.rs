//! What waits for a reviewer, as the list shows it.

use gateway_core::{AgencyKind, RuleHit};
use gateway_store::Tx;
use gateway_store::rows::{CellRow, ExchangeRow, HoldRow, ItemRow};

use crate::Flow;
use crate::case::{agency, corrupt};
use crate::error::FlowError;
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

impl Flow {
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
