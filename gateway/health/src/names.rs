//! The names of those who take part in a request.

use std::collections::BTreeMap;

use gateway_core::{AgencyId, Personal};
use gateway_fhir::model::{Agency, Contact, Trust};
use gateway_flow::health::HealthView;
use gateway_flow::{Flow, FlowError};
use gateway_forms::Body;
use gateway_store::rows::{AgencyRow, AreaRow};

use crate::Unreadable;
use crate::fields::Said;

/// The names of agencies, and of the area.
#[derive(Debug, Clone, Default)]
pub struct Names {
    agencies: BTreeMap<String, AgencyRow>,
    area: Option<String>,
}

impl Names {
    /// Those of an area and of these agencies. What there is none of keeps its id for a name.
    ///
    /// # Errors
    /// [`FlowError::Unavailable`] where the store is away.
    pub async fn of(flow: &Flow, area: &str, ids: &[&str]) -> Result<Self, FlowError> {
        let mut tx = flow.store.read().await?;
        let area: Option<AreaRow> = tx.get(area).await?;
        let mut agencies = BTreeMap::new();
        for id in ids {
            if let Some(row) = tx.get::<AgencyRow>(id).await? {
                agencies.insert((*id).to_owned(), row);
            }
        }
        Ok(Self {
            agencies,
            area: area.map(|area| area.name),
        })
    }

    /// Those of a request, and of what a reader has of its form.
    ///
    /// # Errors
    /// As [`Names::of`].
    pub async fn of_request(
        flow: &Flow,
        view: &HealthView,
        body: &Body,
    ) -> Result<Self, FlowError> {
        let mut ids = vec![view.agency.as_str(), &view.holder, &view.unit];
        ids.extend(Said(body).one("mappa.lead_agency"));
        Self::of(flow, &view.area, &ids).await
    }

    pub(crate) fn area(&self) -> Option<String> {
        self.area.clone()
    }

    pub(crate) fn agency(&self, id: &str) -> Result<Agency, Unreadable> {
        let name = self.agencies.get(id).map_or(id, |row| row.name.as_str());
        Ok(Agency {
            id: id
                .parse::<AgencyId>()
                .map_err(|_| Unreadable("an agency"))?,
            name: name.to_owned(),
        })
    }

    pub(crate) fn trust(&self, id: &str) -> Result<Trust, Unreadable> {
        Ok(Trust {
            agency: self.agency(id)?,
            ods_code: None,
        })
    }

    /// A coordination unit, as whoever has a copy; none where it has no address.
    pub(crate) fn coordinator(&self, unit: &str) -> Option<Contact> {
        let row = self.agencies.get(unit)?;
        let address = row.email.clone()?;
        Some(Contact {
            name: Personal::new(row.name.clone()),
            address: Some(Personal::new(address)),
            phone: None,
        })
    }
}
