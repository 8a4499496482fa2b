//! Whom an exchange asks, or who asked for it: a part in the case, for as long as the protocols ask
//! about this exchange (ISP-14, ISP-15, ISP-18, ISP-33, ISP-41).

use gateway_core::AgencyKind;
use gateway_store::Tx;
use gateway_store::rows::{AgencyRow, HealthRequestRow};

use super::note::HealthNote;
use crate::case::{Case, kind_of};
use crate::error::FlowError;
use crate::flag;

/// Whom an exchange asks, or who asked.
#[derive(Debug)]
pub(crate) enum Asks {
    /// It is no part of a request.
    Nobody,
    /// It asks the health body that it is for; the coordination unit oversees it.
    HealthBody,
    /// It answers this agency.
    Agency(String),
    /// It sets a hospital flag at one of these, or keeps the promise of one to them (ISP-33).
    These(Vec<String>),
}

impl Asks {
    /// Whom a case asks, or whom it answers.
    pub(crate) async fn of(tx: &mut Tx, case: &Case) -> Result<Self, FlowError> {
        let form = case.particulars.form.as_ref();
        if let Some(note) = form.and_then(|form| form.flag.as_ref()) {
            return Ok(Self::These(flag::asks(tx, note).await?));
        }
        let note = form.and_then(|form| form.health.as_ref());
        if matches!(note, Some(HealthNote::Asks { .. })) {
            return Ok(Self::HealthBody);
        }
        let Some(request) = case.particulars.in_reply_to else {
            return Ok(Self::Nobody);
        };
        if !kind_of(&case.sender)?.is_health_body() {
            return Ok(Self::Nobody);
        }
        let row: Option<HealthRequestRow> = tx.get(&request.to_string()).await?;
        Ok(row.map_or(Self::Nobody, |row| Self::Agency(row.agency)))
    }

    /// Whether an agency is asked, asked, or oversees it.
    pub(crate) fn include(&self, agency: &AgencyRow) -> Result<bool, FlowError> {
        Ok(match self {
            Self::Nobody => false,
            Self::HealthBody => {
                let kind = kind_of(agency)?;
                kind.is_health_body() || kind == AgencyKind::Coordination
            }
            Self::Agency(asked) => *asked == agency.id,
            Self::These(asked) => asked.contains(&agency.id),
        })
    }
}
