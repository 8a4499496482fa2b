//! None of the candidates is whom something is about: the coordinator's finding, with her reasons.
//! It stays unmatched; who looks at it next sees that it was looked at, by whom and why.

use gateway_core::event::EventKind;
use gateway_core::text::clean;
use gateway_seal::Place;
use gateway_store::Tx;
use gateway_store::rows::{ExchangeRow, NominalRow, PersonRow, ReadingRow};

use crate::Flow;
use crate::case::corrupt;
use crate::error::{FieldFault, FlowError};
use crate::recorder::{Draft, work};
use crate::seal::fresh;
use crate::submission::Caller;

/// What such a finding is called in the records.
const WHAT: &str = "none-of-these";
/// The longest reasons, characters.
const LONGEST: usize = 20_000;

/// That somebody found that it is none of the candidates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoneOfThese {
    /// Who.
    pub by: String,
    /// When, microseconds UTC.
    pub at: i64,
    /// Why.
    pub reasons: String,
}

impl Flow {
    /// Records that an exchange is about none of the candidates, and why. It can be found again,
    /// as when another candidate has come.
    ///
    /// # Errors
    /// [`FlowError::NotFound`] for other agencies and other areas' exchanges,
    /// [`FlowError::Forbidden`] for others of the unit, [`FlowError::Invalid`] without reasons,
    /// [`FlowError::Conflict`] where it has been matched.
    pub async fn none_of_these(
        &self,
        caller: &Caller,
        exchange: &str,
        reasons: &str,
    ) -> Result<(), FlowError> {
        let what = "saying that it is none of these";
        let (area, person) = self.coordinator(caller, what).await?;
        let mut tx = self.store.read().await?;
        of_nobody(&mut tx, &area, exchange).await?;
        drop(tx);
        let reasons = clean(reasons, LONGEST)
            .map_err(|e| FlowError::Invalid(vec![FieldFault::new("/reasons", e.to_string())]))?;
        let id = fresh(self);
        let at = place(&area, &id);
        let reason = self.vault.seal_column(&at, reasons.as_bytes()).await?;
        let mut row = ReadingRow {
            reason,
            id,
            person: person.id.clone(),
            area: area.clone(),
            what: WHAT.to_owned(),
            object: Some(exchange.to_owned()),
            at: self.now(),
            updated_by: String::new(),
        };
        let draft = Draft::new(EventKind::NoneMatched, Some(&caller.agency))
            .with("person", &*person.id)
            .with("reading", &*row.id);
        let (of, exchange) = (area.clone(), exchange.to_owned());
        let work = work(move |tx| {
            Box::pin(async move {
                let found = of_nobody(tx, &of, &exchange).await?;
                tx.put(&mut row).await?;
                let draft = draft.about(&found.id, found.nominal.as_deref());
                Ok((vec![draft], ()))
            })
        });
        self.recorder.record(&area, "none-of-these", work).await?;
        Ok(())
    }

    /// The newest such finding about an exchange.
    pub(crate) async fn found_none(
        &self,
        tx: &mut Tx,
        exchange: &str,
    ) -> Result<Option<NoneOfThese>, FlowError> {
        let Some(row) = tx.newest_reading(WHAT, exchange).await? else {
            return Ok(None);
        };
        let person: Option<PersonRow> = tx.get(&row.person).await?;
        let person = person.ok_or_else(|| corrupt("person", &row.person))?;
        let at = place(&row.area, &row.id);
        let reasons = self.vault.open_column(&at, &row.reason).await?;
        let reasons = String::from_utf8(reasons.to_vec());
        Ok(Some(NoneOfThese {
            by: self.person_name(&person).await?.into_inner(),
            at: row.at,
            reasons: reasons.map_err(|_| corrupt("reading", &row.id))?,
        }))
    }
}

/// An exchange of an area that is about nobody known.
async fn of_nobody(tx: &mut Tx, area: &str, exchange: &str) -> Result<ExchangeRow, FlowError> {
    let row: Option<ExchangeRow> = tx.get(exchange).await?;
    let row = row.filter(|row| row.area == area);
    let row = row.ok_or(FlowError::NotFound)?;
    let unknown = match &row.nominal {
        None => row.state == "incomplete",
        Some(nominal) => {
            let nominal: Option<NominalRow> = tx.get(nominal).await?;
            nominal.is_some_and(|nominal| nominal.state == "provisional")
        }
    };
    match unknown {
        true => Ok(row),
        false => Err(FlowError::Conflict(
            "this has been matched meanwhile: read it again".to_owned(),
        )),
    }
}

const fn place<'a>(area: &'a str, id: &'a str) -> Place<'a> {
    Place {
        area,
        table: "reading",
        row: id,
        column: "reason",
    }
}
