//! Reading an item: no private key is touched before the log says who reads, and the
//! protocols, asked with the facts of now, permit it.

use std::collections::BTreeSet;

use gateway_core::question::{Party, ReadQuestion, Reading};
use gateway_core::{AgencyId, Obligation, Outcome, Ruling};
use gateway_seal::unwrap;
use gateway_store::rows::{AgencyRow, ExchangeRow, NominalRow, PersonRow, WrapRow};
use gateway_store::{SharedItem, StoreError, Tx};
use jiff::Timestamp;
use secrecy::ExposeSecret as _;

use crate::error::VaultError;
use crate::keyring::KeyPurpose;
use crate::parties::{named_reader, party, roles_at};
use crate::request::{MayOpen, OpenItem, Response};
use crate::secret::{Sealed, Secret};
use crate::vault::Inner;
use crate::witness::{Denied, Reason, found, hold_that, reading};

impl Inner {
    pub(crate) async fn open_item(&self, asked: &OpenItem) -> Result<Response, VaultError> {
        match self.try_open(asked).await {
            Ok(opened) => Ok(opened),
            Err(denied) => Err(denied.answer("wrap", &asked.wrap)),
        }
    }

    /// What the protocols say of a reading, with nothing opened.
    pub(crate) async fn may_open(&self, asked: &MayOpen) -> Result<Ruling, VaultError> {
        let asked = OpenItem {
            wrap: asked.wrap.clone(),
            agency: asked.agency.clone(),
            person: asked.person.clone(),
            in_portal: asked.in_portal,
            log: String::new(),
            index: 0,
        };
        let now = self.clock.now();
        let mut tx = self.store.read().await?;
        let facts = async {
            let shared = shared(&mut tx, &asked).await?;
            question(&mut tx, &asked, &shared, now).await
        };
        match facts.await {
            Ok(question) => Ok(self.protocols.may_read(&question)),
            Err(denied) => Err(denied.answer("wrap", &asked.wrap)),
        }
    }

    pub(crate) async fn try_open(&self, asked: &OpenItem) -> Result<Response, Denied> {
        let now = self.clock.now();
        let mut tx = self.store.read().await?;
        let shared = shared(&mut tx, asked).await?;
        is_logged(&mut tx, asked, &shared.exchange, now).await?;
        let question = question(&mut tx, asked, &shared, now).await?;
        drop(tx);
        self.permitted(&question)?;
        self.kept(&shared.item.retention_key).await?;
        self.unsealed(&asked.agency, shared.wrap).await
    }

    fn permitted(&self, question: &ReadQuestion) -> Result<(), Denied> {
        let ruling = self.protocols.may_read(question);
        if ruling.fault {
            tracing::error!("the protocols met an error on a reading: it is refused");
        }
        let permitted = ruling.outcome == Outcome::Permit && !ruling.fault;
        hold_that(permitted, Reason::Protocols)
    }

    /// Opens the wrap, or hands it over where the agency holds the key.
    async fn unsealed(&self, agency: &AgencyId, wrap: WrapRow) -> Result<Response, Denied> {
        let row = self.ring.row(&wrap.key_id, KeyPurpose::Agency).await?;
        hold_that(row.scope == agency.as_str(), Reason::NotTheirs)?;
        match self.ring.identity(&row) {
            Ok(identity) => {
                let key = unwrap(&identity, &wrap.wrap).map_err(VaultError::from)?;
                let text = key.to_text();
                Ok(Response::ItemKey(Secret::from(
                    text.expose_secret().as_bytes(),
                )))
            }
            Err(VaultError::HeldByAgency(_)) => Ok(Response::Sealed(Sealed(wrap.wrap))),
            Err(error) => Err(error.into()),
        }
    }
}

async fn shared(tx: &mut Tx, asked: &OpenItem) -> Result<SharedItem, Denied> {
    let shared = found(tx.shared_item(&asked.wrap).await?, Reason::NotThere)?;
    hold_that(
        shared.wrap.agency == asked.agency.as_str(),
        Reason::NotTheirs,
    )?;
    Ok(shared)
}

/// The log says that this agency, and this person where one is named, reads this wrap.
async fn is_logged(
    tx: &mut Tx,
    asked: &OpenItem,
    exchange: &ExchangeRow,
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
    let this = event.from.as_ref() == Some(&asked.agency)
        && event.detail.get("wrap") == Some(&asked.wrap)
        && event.detail.get("person") == asked.person.as_ref();
    hold_that(this, Reason::OtherReading)
}

async fn question(
    tx: &mut Tx,
    asked: &OpenItem,
    shared: &SharedItem,
    now: Timestamp,
) -> Result<ReadQuestion, Denied> {
    let agency = active_agency(tx, asked.agency.as_str()).await?;
    let mut roles = BTreeSet::new();
    let mut person_is_named = false;
    if let Some(person) = &asked.person {
        active_person(tx, person, &agency).await?;
        roles = roles_at(tx, person, &agency.id, now).await?;
        let named = named_reader(tx, &agency.id, shared.wrap.person.as_deref(), now).await?;
        person_is_named = named.as_ref() == Some(person);
    }
    let run_out = shared
        .wrap
        .expires_at
        .is_some_and(|at| at <= now.as_microsecond());
    let recalled = |state: &str| state == "recalled";
    Ok(ReadQuestion {
        reading: Reading::Item,
        reader: party(tx, &agency, shared.nominal.as_ref(), now).await?,
        agency_suspended: false,
        roles,
        person_given: asked.person.is_some(),
        person_suspended: false,
        person_is_named,
        in_portal: asked.in_portal,
        expired: run_out || shared.delivery.state == "expired",
        recalled: recalled(&shared.wrap.state)
            || recalled(&shared.delivery.state)
            || recalled(&shared.exchange.state),
        left_lately: false,
        obligations: obligations(&shared.wrap)?,
    })
}

pub async fn reader(
    tx: &mut Tx,
    agency: &AgencyRow,
    nominal: Option<&str>,
    now: Timestamp,
) -> Result<Party, Denied> {
    let nominal = match nominal {
        Some(id) => Some(found(tx.get::<NominalRow>(id).await?, Reason::NotThere)?),
        None => None,
    };
    Ok(party(tx, agency, nominal.as_ref(), now).await?)
}

/// The agency, not suspended.
pub async fn active_agency(tx: &mut Tx, id: &str) -> Result<AgencyRow, Denied> {
    let agency: AgencyRow = found(tx.get(id).await?, Reason::Agency)?;
    hold_that(agency.state == "active", Reason::Agency)?;
    Ok(agency)
}

/// The person is there, not suspended, and belongs to the agency.
pub async fn active_person(tx: &mut Tx, id: &str, agency: &AgencyRow) -> Result<(), Denied> {
    let person: PersonRow = found(tx.get(id).await?, Reason::Person)?;
    hold_that(
        person.state == "active" && person.agency == agency.id,
        Reason::Person,
    )
}

/// Obligations that do not read are an error: one of them may forbid.
fn obligations(wrap: &WrapRow) -> Result<BTreeSet<Obligation>, StoreError> {
    serde_json::from_str(&wrap.obligations).map_err(|_| StoreError::Corrupt {
        table: "wrap",
        id: wrap.id.clone(),
        what: "its obligations do not read".to_owned(),
    })
}
