//! Who calls: a certificate is an agency, an address is a person of it.

use std::collections::{BTreeMap, BTreeSet};

use gateway_core::{AgencyId, Personal, Role};
use gateway_seal::Place;
use gateway_store::rows::{AgencyRow, PersonRow};
use gateway_vault::parties;

use crate::Flow;
use crate::case::corrupt;
use crate::error::FlowError;
use crate::submission::Caller;

impl Flow {
    /// The active agency that an enrolled, unrevoked client certificate belongs to. Asked on
    /// every request, so that a revocation holds at once, on open connections too.
    pub async fn agency_by_certificate(
        &self,
        fingerprint: &str,
    ) -> Result<Option<AgencyRow>, FlowError> {
        let mut tx = self.store.read().await?;
        Ok(tx.agency_by_credential(fingerprint).await?)
    }

    /// The person on whose behalf an agency calls.
    pub async fn caller_person(
        &self,
        agency: &AgencyId,
        email: &str,
    ) -> Result<PersonRow, FlowError> {
        let mut tx = self.store.read().await?;
        self.person_at(&mut tx, agency.as_str(), email).await?.ok_or_else(|| {
            FlowError::Forbidden(
                "X-On-Behalf-Of names nobody who is enrolled at your agency and active: give an enrolled address"
                    .to_owned(),
            )
        })
    }

    /// An agency, by its id.
    ///
    /// # Errors
    /// [`FlowError::Internal`] where there is none: ids that the records hold are of agencies.
    pub async fn agency_row(&self, id: &str) -> Result<AgencyRow, FlowError> {
        let mut tx = self.store.read().await?;
        crate::case::agency(&mut tx, id).await
    }

    /// What agencies are called, by id: asked for at once.
    ///
    /// # Errors
    /// [`FlowError::Unavailable`] where the store is away.
    pub async fn agency_names<'i>(
        &self,
        ids: impl IntoIterator<Item = &'i str>,
    ) -> Result<BTreeMap<String, String>, FlowError> {
        let ids: BTreeSet<&str> = ids.into_iter().collect();
        let ids: Vec<&str> = ids.into_iter().collect();
        let mut tx = self.store.read().await?;
        let rows = tx.agencies_by_id(&ids).await?;
        Ok(rows.into_iter().map(|row| (row.id, row.name)).collect())
    }

    /// Whom an agency can write to: the active agencies of its areas, itself left out, by name.
    ///
    /// # Errors
    /// [`FlowError::Unavailable`] where the store is away.
    pub async fn addressable(&self, agency: &AgencyId) -> Result<Vec<AgencyRow>, FlowError> {
        let mut tx = self.store.read().await?;
        Ok(tx.neighbours(agency.as_str()).await?)
    }

    /// The agencies that take part now, by name.
    pub async fn active_agencies(&self) -> Result<Vec<AgencyRow>, FlowError> {
        let mut tx = self.store.read().await?;
        let mut all = tx.agencies().await?;
        all.retain(|agency| agency.state == "active");
        all.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(all)
    }

    /// The active person whose enrolled address this is, at whichever agency.
    pub async fn enrolled(&self, email: &str) -> Result<Option<PersonRow>, FlowError> {
        let index = self.email_index(email).await?;
        let mut tx = self.store.read().await?;
        let person = tx.person_by_email(&index).await?;
        Ok(person.filter(|person| person.state == "active"))
    }

    /// A person's enrolled address, opened.
    pub async fn person_email(&self, person: &PersonRow) -> Result<Personal<String>, FlowError> {
        let place = Place {
            area: "*",
            table: "person",
            row: &person.id,
            column: "email",
        };
        let plain = self.vault.open_column(&place, &person.email).await?;
        let email = String::from_utf8(plain.to_vec()).map_err(|_| corrupt("person", &person.id))?;
        Ok(Personal::new(email))
    }

    /// A person's name, opened.
    pub async fn person_name(&self, person: &PersonRow) -> Result<Personal<String>, FlowError> {
        let place = Place {
            area: "*",
            table: "person",
            row: &person.id,
            column: "name",
        };
        let plain = self.vault.open_column(&place, &person.name).await?;
        let name = String::from_utf8(plain.to_vec()).map_err(|_| corrupt("person", &person.id))?;
        Ok(Personal::new(name))
    }

    /// What a person is now, at their agency.
    pub async fn roles(&self, person: &PersonRow) -> Result<BTreeSet<Role>, FlowError> {
        let mut tx = self.store.read().await?;
        Ok(parties::roles_of(&mut tx, &person.id, self.clock.now()).await?)
    }

    /// The person that a call must name, with one of these roles (any, where none is given).
    pub(crate) async fn acting<'c>(
        &self,
        caller: &'c Caller,
        any_of: &[Role],
        what: &str,
    ) -> Result<&'c PersonRow, FlowError> {
        let person = caller.person.as_ref().ok_or_else(|| {
            FlowError::Forbidden(format!(
                "{what} is a person's act: name one of your agency's in X-On-Behalf-Of"
            ))
        })?;
        if any_of.is_empty() {
            return Ok(person);
        }
        let mut tx = self.store.read().await?;
        let roles = parties::roles_of(&mut tx, &person.id, self.clock.now()).await?;
        if any_of.iter().any(|role| roles.contains(role)) {
            return Ok(person);
        }
        let words: Vec<&str> = any_of.iter().map(|role| role.as_str()).collect();
        Err(FlowError::Forbidden(format!(
            "{what} needs the role {}",
            words.join(" or ")
        )))
    }
}
