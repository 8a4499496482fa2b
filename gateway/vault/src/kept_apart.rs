//! Opening what is kept apart, for the coordinator of its area alone.

use gateway_core::Role;
use gateway_store::rows::{PersonRow, QuarantineRow};
use secrecy::ExposeSecret as _;

use crate::error::VaultError;
use crate::parties::roles_at;
use crate::reading::active_agency;
use crate::request::{OpenKeptApart, Response};
use crate::review::{is_coordination, works_in};
use crate::secret::Secret;
use crate::vault::Inner;
use crate::witness::{Denied, Reason, consulting, found, hold_that};

impl Inner {
    pub(crate) async fn open_kept_apart(
        &self,
        asked: &OpenKeptApart,
    ) -> Result<Response, VaultError> {
        match self.try_kept_apart(asked).await {
            Ok(opened) => Ok(opened),
            Err(denied) => Err(denied.answer("quarantine", &asked.quarantine)),
        }
    }

    pub(crate) async fn try_kept_apart(&self, asked: &OpenKeptApart) -> Result<Response, Denied> {
        let now = self.clock.now();
        let mut tx = self.store.read().await?;
        let row: QuarantineRow = found(tx.get(&asked.quarantine).await?, Reason::NotThere)?;
        hold_that(row.state == "kept", Reason::NotThere)?;
        let person: PersonRow = found(tx.get(&asked.person).await?, Reason::Person)?;
        hold_that(person.state == "active", Reason::Person)?;
        let event = consulting(&mut tx, &asked.log, asked.index, &row.area, now).await?;
        let this = event
            .from
            .as_ref()
            .is_some_and(|from| from.as_str() == person.agency)
            && event.detail.get("quarantine") == Some(&asked.quarantine)
            && event.detail.get("person") == Some(&asked.person);
        hold_that(this, Reason::OtherReading)?;
        let agency = active_agency(&mut tx, &person.agency).await?;
        let roles = roles_at(&mut tx, &person.id, &agency.id, now).await?;
        let coordinates = roles.contains(&Role::Coordinator)
            && is_coordination(&agency)
            && works_in(&mut tx, &agency, &row.area).await?;
        hold_that(coordinates, Reason::Role)?;
        drop(tx);
        let key = self.under_hold(&row.area, &row.hold_wrap).await?;
        let text = key.to_text();
        Ok(Response::ItemKey(Secret::from(
            text.expose_secret().as_bytes(),
        )))
    }
}
