//! Who is in post where, asked of the database once for all the cells of a matrix.

use std::collections::BTreeMap;

use gateway_core::Role;
use gateway_store::Tx;
use gateway_vault::parties;
use jiff::Timestamp;

use crate::decide::coordination_unit;
use crate::error::FlowError;

/// What was asked already, within one transaction.
#[derive(Debug, Default)]
pub(crate) struct Posts {
    units: BTreeMap<String, String>,
    filled: BTreeMap<(String, Role), bool>,
    spocs: BTreeMap<String, bool>,
}

impl Posts {
    /// The coordination unit of an area.
    pub async fn unit(&mut self, tx: &mut Tx, area: &str) -> Result<String, FlowError> {
        if let Some(unit) = self.units.get(area) {
            return Ok(unit.clone());
        }
        let unit = coordination_unit(tx, area).await?.id;
        self.units.insert(area.to_owned(), unit.clone());
        Ok(unit)
    }

    /// Whether somebody at an agency has a role at a time, microseconds UTC.
    pub async fn filled(
        &mut self,
        tx: &mut Tx,
        agency: &str,
        role: Role,
        at: i64,
    ) -> Result<bool, FlowError> {
        let post = (agency.to_owned(), role);
        if let Some(filled) = self.filled.get(&post) {
            return Ok(*filled);
        }
        let filled = !tx.holders(agency, role.as_str(), at).await?.is_empty();
        self.filled.insert(post, filled);
        Ok(filled)
    }

    /// Whether an agency has a single point of contact or a deputy who is not away.
    pub async fn has_spoc(
        &mut self,
        tx: &mut Tx,
        agency: &str,
        now: Timestamp,
    ) -> Result<bool, FlowError> {
        if let Some(there) = self.spocs.get(agency) {
            return Ok(*there);
        }
        let there = parties::in_post(tx, agency, Role::Spoc, now)
            .await?
            .is_some();
        self.spocs.insert(agency.to_owned(), there);
        Ok(there)
    }
}
