//! The questions behind a decision, as they were asked: to explain it and to make it again.

use gateway_core::Question;
use gateway_store::rows::CellRow;

use crate::Flow;
use crate::error::FlowError;
use crate::record::DecisionView;
use crate::view::decisions;

impl Flow {
    /// Each cell of an exchange, with the facts that it was decided on.
    pub async fn question_of(
        &self,
        exchange: &str,
    ) -> Result<Vec<(DecisionView, Question)>, FlowError> {
        let mut tx = self.store.read().await?;
        let cells: Vec<CellRow> = tx.cells_of(exchange).await?;
        let views = decisions(&mut tx, exchange).await?;
        views
            .into_iter()
            .zip(cells)
            .map(|(view, cell)| Ok((view, serde_json::from_str(&cell.question)?)))
            .collect()
    }
}
