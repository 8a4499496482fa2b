//! Opening what the reader's own agency wrote, for a person of that agency.

use std::collections::BTreeSet;

use gateway_core::question::{ReadQuestion, Reading};
use gateway_core::{Outcome, Ruling};
use gateway_store::Tx;
use gateway_store::rows::{ExchangeRow, ItemRow, PersonRow};
use jiff::Timestamp;
use secrecy::ExposeSecret as _;

use crate::error::VaultError;
use crate::parties::{left_lately, roles_at};
use crate::reading::{active_agency, active_person, reader};
use crate::request::{MayOpenOwn, OpenOwn, Response};
use crate::secret::Secret;
use crate::vault::Inner;
use crate::witness::{Denied, Reason, found, hold_that, reading};

impl Inner {
    pub(crate) async fn open_own(&self, asked: &OpenOwn) -> Result<Response, VaultError> {
        match self.try_own(asked).await {
            Ok(opened) => Ok(opened),
            Err(denied) => Err(denied.answer("item", &asked.item)),
        }
    }

    /// What the protocols say of such a reading, with nothing opened.
    pub(crate) async fn may_open_own(&self, asked: &MayOpenOwn) -> Result<Ruling, VaultError> {
        let mut tx = self.store.read().await?;
        let facts = async {
            let exchange = found(tx.get(&asked.exchange).await?, Reason::NotThere)?;
            question(&mut tx, &exchange, &asked.person, self.clock.now()).await
        };
        match facts.await {
            Ok(question) => Ok(self.protocols.may_read(&question)),
            Err(denied) => Err(denied.answer("exchange", &asked.exchange)),
        }
    }

    pub(crate) async fn try_own(&self, asked: &OpenOwn) -> Result<Response, Denied> {
        let now = self.clock.now();
        let mut tx = self.store.read().await?;
        let item: ItemRow = found(tx.get(&asked.item).await?, Reason::NotThere)?;
        let exchange: ExchangeRow = found(tx.get(&item.exchange).await?, Reason::NotThere)?;
        is_logged(&mut tx, asked, &exchange, now).await?;
        let question = question(&mut tx, &exchange, &asked.person, now).await?;
        drop(tx);
        let ruling = self.protocols.may_read(&question);
        let permitted = ruling.outcome == Outcome::Permit && !ruling.fault;
        hold_that(permitted, Reason::Protocols)?;
        let key = self
            .held(&exchange.area, &item.hold_wrap, &item.retention_key)
            .await?;
        let text = key.to_text();
        Ok(Response::ItemKey(Secret::from(
            text.expose_secret().as_bytes(),
        )))
    }
}

/// The log says that this person, at the agency that sent the exchange, reads this item of it.
async fn is_logged(
    tx: &mut Tx,
    asked: &OpenOwn,
    exchange: &ExchangeRow,
    now: Timestamp,
) -> Result<(), Denied> {
    let (log, area) = (&asked.log, &exchange.area);
    let event = reading(tx, log, asked.index, area, &exchange.id, now).await?;
    let from = event.from.as_ref().map(gateway_core::AgencyId::as_str);
    let this = from == Some(&*exchange.sender)
        && event.detail.get("own") == Some(&asked.item)
        && event.detail.get("person") == Some(&asked.person);
    hold_that(this, Reason::OtherReading)
}

async fn question(
    tx: &mut Tx,
    exchange: &ExchangeRow,
    person: &str,
    now: Timestamp,
) -> Result<ReadQuestion, Denied> {
    let at: PersonRow = found(tx.get(person).await?, Reason::Person)?;
    hold_that(at.agency == exchange.sender, Reason::NotTheirs)?;
    let agency = active_agency(tx, &at.agency).await?;
    active_person(tx, person, &agency).await?;
    let left_lately = match &exchange.nominal {
        Some(nominal) => left_lately(tx, &agency, nominal, now).await?,
        None => false,
    };
    Ok(ReadQuestion {
        reading: Reading::Own,
        reader: reader(tx, &agency, exchange.nominal.as_deref(), now).await?,
        agency_suspended: false,
        roles: roles_at(tx, person, &agency.id, now).await?,
        person_given: true,
        person_suspended: false,
        person_is_named: false,
        in_portal: true,
        expired: false,
        recalled: false,
        left_lately,
        obligations: BTreeSet::new(),
    })
}
