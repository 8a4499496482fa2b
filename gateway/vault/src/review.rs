//! Opening an item that waits, for the person who is to decide about it.

use gateway_core::{AgencyKind, Role};
use gateway_store::Tx;
use gateway_store::rows::{AgencyRow, ExchangeRow, HoldRow, ItemRow, PersonRow};
use jiff::Timestamp;
use secrecy::ExposeSecret as _;

use crate::error::VaultError;
use crate::parties::roles_at;
use crate::reading::active_agency;
use crate::request::{OpenForReview, Response};
use crate::secret::Secret;
use crate::vault::Inner;
use crate::witness::{Denied, Reason, found, hold_that, reading};

impl Inner {
    pub(crate) async fn open_for_review(
        &self,
        asked: &OpenForReview,
    ) -> Result<Response, VaultError> {
        match self.try_review(asked).await {
            Ok(opened) => Ok(opened),
            Err(denied) => Err(denied.answer("hold", &asked.hold)),
        }
    }

    pub(crate) async fn try_review(&self, asked: &OpenForReview) -> Result<Response, Denied> {
        let now = self.clock.now();
        let mut tx = self.store.read().await?;
        let hold: HoldRow = found(tx.get(&asked.hold).await?, Reason::NotThere)?;
        let exchange: ExchangeRow = found(tx.get(&hold.exchange).await?, Reason::NotThere)?;
        let item: ItemRow = found(tx.get(&hold.item).await?, Reason::NotThere)?;
        hold_that(hold.state == "open", Reason::HoldClosed)?;
        let person: PersonRow = found(tx.get(&asked.person).await?, Reason::Person)?;
        hold_that(person.state == "active", Reason::Person)?;
        is_logged(&mut tx, asked, &exchange, &person, now).await?;
        may_decide(&mut tx, &hold, &exchange, &person, now).await?;
        drop(tx);
        let key = self
            .held(&exchange.area, &item.hold_wrap, &item.retention_key)
            .await?;
        let text = key.to_text();
        Ok(Response::ItemKey(Secret::from(
            text.expose_secret().as_bytes(),
        )))
    }
}

async fn is_logged(
    tx: &mut Tx,
    asked: &OpenForReview,
    exchange: &ExchangeRow,
    person: &PersonRow,
    now: Timestamp,
) -> Result<(), Denied> {
    let event = reading(
        tx,
        &asked.log,
        asked.index,
        &exchange.area,
        &exchange.id,
        now,
    )
    .await?;
    let this = event
        .from
        .as_ref()
        .is_some_and(|from| from.as_str() == person.agency)
        && event.detail.get("hold") == Some(&asked.hold)
        && event.detail.get("person") == Some(&asked.person);
    hold_that(this, Reason::OtherReading)
}

/// The person holds the hold's role at the hold's agency; or is coordinator at the coordination
/// unit that the hold lies with, or that it went to when nobody answered.
async fn may_decide(
    tx: &mut Tx,
    hold: &HoldRow,
    exchange: &ExchangeRow,
    person: &PersonRow,
    now: Timestamp,
) -> Result<(), Denied> {
    let agency = active_agency(tx, &person.agency).await?;
    let roles = roles_at(tx, &person.id, &agency.id, now).await?;
    let here = agency.id == hold.agency;
    let has_the_role = here && roles.iter().any(|role| role.as_str() == hold.role);
    let coordinates = roles.contains(&Role::Coordinator)
        && is_coordination(&agency)
        && (here || (hold.escalated_at.is_some() && works_in(tx, &agency, &exchange.area).await?));
    hold_that(has_the_role || coordinates, Reason::Role)
}

pub(crate) fn is_coordination(agency: &AgencyRow) -> bool {
    agency.kind == AgencyKind::Coordination.as_str()
}

pub(crate) async fn works_in(tx: &mut Tx, agency: &AgencyRow, area: &str) -> Result<bool, Denied> {
    Ok(tx
        .memberships(&agency.id)
        .await?
        .iter()
        .any(|row| row.area == area))
}
