//! Answers as their sides see them: which there are, of which request, and what became of each.
//! Nothing of what they say is opened here.

use gateway_core::{AgencyId, ExchangeState, Id, Identifier, IdentifierKind};
use gateway_store::Tx;
use gateway_store::rows::{ExchangeRow, HealthRequestRow};

use super::LISTED;
use super::note::HealthNote;
use crate::Flow;
use crate::case::corrupt;
use crate::error::FlowError;
use crate::identify::live;
use crate::receive::has_part;
use crate::submission::Caller;

/// An answer to a request.
#[derive(Debug, Clone)]
pub struct HealthAnswerView {
    /// Its id, which is its exchange's.
    pub id: String,
    /// The request.
    pub request: String,
    /// The area.
    pub area: String,
    /// Who answers.
    pub agency: String,
    /// When, microseconds UTC.
    pub sent: i64,
    /// What it says became of the request, a word of [`gateway_forms::OUTCOMES`].
    pub outcome: String,
    /// Why something is withheld, a code.
    pub reason: Option<String>,
    /// Who has what is asked for.
    pub redirected_to: Option<AgencyId>,
    /// More is to come.
    pub interim: bool,
    /// It was called back: nobody opens it any more.
    pub called_back: bool,
    /// The caller's agency sent it.
    pub own: bool,
}

impl Flow {
    /// The answers that the caller's agency gave or has something of, the newest first.
    ///
    /// # Errors
    /// [`FlowError::Unavailable`] where the store is away.
    pub async fn health_answers(
        &self,
        caller: &Caller,
    ) -> Result<Vec<HealthAnswerView>, FlowError> {
        let mut tx = self.store.read().await?;
        let own = caller.agency.as_str();
        let rows = tx.health_answers_of(own, LISTED).await?;
        let mut views = Vec::new();
        for row in rows {
            views.extend(self.answer_view(&row, own).await?);
        }
        Ok(views)
    }

    /// One answer.
    ///
    /// # Errors
    /// [`FlowError::NotFound`] where the caller's agency neither gave it nor has something of it.
    pub async fn health_answer(
        &self,
        caller: &Caller,
        id: &str,
    ) -> Result<HealthAnswerView, FlowError> {
        let mut tx = self.store.read().await?;
        let own = caller.agency.as_str();
        let row: Option<ExchangeRow> = tx.get(id).await?;
        let row = row.ok_or(FlowError::NotFound)?;
        let waits = ["incomplete", "quarantined"].contains(&row.state.as_str());
        let known = match &row.in_reply_to {
            Some(request) => tx.get::<HealthRequestRow>(request).await?.is_some(),
            None => false,
        };
        if waits || !known || !has_part(&mut tx, &row, own).await? {
            return Err(FlowError::NotFound);
        }
        drop(tx);
        let view = self.answer_view(&row, own).await?;
        view.ok_or(FlowError::NotFound)
    }

    /// The answer that an exchange is; none where it is no such form.
    async fn answer_view(
        &self,
        row: &ExchangeRow,
        own: &str,
    ) -> Result<Option<HealthAnswerView>, FlowError> {
        let form = self.particulars(row).await?.form;
        let Some(HealthNote::Answers {
            outcome,
            reason,
            redirected_to,
            interim,
        }) = form.and_then(|form| form.health)
        else {
            return Ok(None);
        };
        let request = row.in_reply_to.clone();
        Ok(Some(HealthAnswerView {
            id: row.id.clone(),
            request: request.ok_or_else(|| corrupt("exchange", &row.id))?,
            area: row.area.clone(),
            agency: row.sender.clone(),
            sent: row.received_at,
            outcome,
            reason,
            redirected_to,
            interim,
            called_back: row.state == ExchangeState::Recalled.as_str(),
            own: row.sender == own,
        }))
    }

    /// Whether a number may be that of the person whom a request is about, for the body that is
    /// asked: it is not where the record, or else whoever asked, has others of its kind only.
    ///
    /// # Errors
    /// [`FlowError::NotFound`] where the caller's agency is not asked.
    pub async fn may_be_about(
        &self,
        caller: &Caller,
        request: Id,
        number: &Identifier,
    ) -> Result<bool, FlowError> {
        let row = self.health_asked(caller, &request.to_string()).await?;
        let mut tx = self.store.read().await?;
        let known = self.numbers_of(&mut tx, &row, number.kind()).await?;
        Ok(known.is_empty() || known.iter().any(|one| one == number.value().reveal()))
    }

    async fn numbers_of(
        &self,
        tx: &mut Tx,
        row: &HealthRequestRow,
        kind: IdentifierKind,
    ) -> Result<Vec<String>, FlowError> {
        if let Some(nominal) = live(tx, &row.nominal).await? {
            let known = self.identifiers(tx, &nominal).await?.into_iter();
            let known = known.filter(|(one, _)| *one == kind);
            let known: Vec<String> = known.map(|(_, value)| value.into_inner()).collect();
            if !known.is_empty() {
                return Ok(known);
            }
        }
        let exchange: Option<ExchangeRow> = tx.get(&row.id).await?;
        let exchange = exchange.ok_or_else(|| corrupt("exchange", &row.id))?;
        let said = self.particulars(&exchange).await?.identifiers.into_iter();
        let said = said.filter(|one| one.kind() == kind);
        Ok(said.map(|one| one.value().reveal().clone()).collect())
    }
}
