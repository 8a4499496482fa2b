//! An exchange under way, as the steps hand it on: built from a submission, or from what is
//! kept of it when it is completed or a hold is decided.

use gateway_core::question::ItemFacts;
use gateway_core::{AgencyId, AgencyKind, Category};
use gateway_seal::Place;
use gateway_store::Tx;
use gateway_store::rows::{AgencyRow, ExchangeRow, ItemRow, NominalRow, PersonRow};

use crate::Flow;
use crate::body::StagedBody;
use crate::error::FlowError;
use crate::submission::{ItemClaim, Particulars};

/// An exchange under way.
#[derive(Debug)]
pub struct Case {
    /// The exchange's id.
    pub id: String,
    /// Its area: the nominal's, or the sender's first while there is none.
    pub area: String,
    /// The sender.
    pub sender: AgencyRow,
    /// The person who sends.
    pub sender_person: Option<String>,
    /// Channel of receipt.
    pub channel: String,
    /// How the sender was proved.
    pub proof: String,
    /// What the sender said.
    pub particulars: Particulars,
    /// For whom.
    pub addressees: Vec<Addressee>,
    /// The items.
    pub pieces: Vec<Piece>,
    /// The nominal.
    pub nominal: Option<NominalRow>,
    /// Received at, microseconds UTC.
    pub received_at: i64,
    /// What the sender should know beside the decision.
    pub warnings: Vec<String>,
    /// The sender's draft that it was until now.
    pub draft: Option<String>,
}

/// A recipient.
#[derive(Debug)]
pub struct Addressee {
    /// The agency.
    pub agency: AgencyRow,
    /// The person named there.
    pub person: Option<String>,
    /// The sender gave a reason for this recipient.
    pub reason: bool,
    /// Added because it has what is now corrected: gets only these items.
    pub only: Option<Vec<usize>>,
}

/// An item under way.
#[derive(Debug)]
pub struct Piece {
    /// The item's id.
    pub id: String,
    /// Its number, from 1.
    pub n: i64,
    /// What the sender said of it.
    pub claim: ItemClaim,
    /// Its category.
    pub category: Category,
    /// Its owner.
    pub owner: AgencyRow,
    /// Row id of the item it corrects.
    pub corrects: Option<String>,
    /// Row id of the item it takes the place of.
    pub supersedes: Option<String>,
    /// The sender received it under `NO_ONWARD`.
    pub no_onward: bool,
    /// Keyed fingerprint of the content.
    pub fingerprint: String,
    /// The body.
    pub body: Body,
}

/// A body new in this submission, or kept from an earlier step.
#[derive(Debug)]
pub enum Body {
    /// New.
    Staged(StagedBody),
    /// Kept.
    Kept(Box<ItemRow>),
}

/// The kind of an agency as its row has it.
pub fn kind_of(agency: &AgencyRow) -> Result<AgencyKind, FlowError> {
    agency
        .kind
        .parse()
        .map_err(|_| corrupt("agency", &agency.id))
}

/// The id of an agency as its row has it.
pub fn id_of(agency: &str) -> Result<AgencyId, FlowError> {
    agency.parse().map_err(|_| corrupt("agency", agency))
}

pub(crate) fn corrupt(table: &str, id: &str) -> FlowError {
    FlowError::Internal(format!("row {id} of {table} does not read"))
}

impl Piece {
    /// Size of the content, bytes.
    pub fn size(&self) -> u64 {
        match &self.body {
            Body::Staged(body) => body.size,
            Body::Kept(item) => u64::try_from(item.size).unwrap_or_default(),
        }
    }

    /// The facts that rules turn on.
    pub fn facts(&self) -> Result<ItemFacts, FlowError> {
        Ok(ItemFacts {
            category: self.category,
            owner: id_of(&self.owner.id)?,
            owner_kind: kind_of(&self.owner)?,
            about: self.claim.about,
            public_interest: self.claim.public_interest.is_some(),
            consent: self.claim.consent,
            clinician: self.claim.clinician.is_some(),
            child_link: self.claim.child.is_some(),
            corrects: self.corrects.is_some(),
            no_onward: self.no_onward,
        })
    }
}

/// The place of an exchange's sealed particulars.
pub(crate) fn particulars_place<'a>(area: &'a str, exchange: &'a str) -> Place<'a> {
    Place {
        area,
        table: "exchange",
        row: exchange,
        column: "particulars",
    }
}

/// The place of an item's sealed title.
pub(crate) fn title_place<'a>(area: &'a str, item: &'a str) -> Place<'a> {
    Place {
        area,
        table: "item",
        row: item,
        column: "title",
    }
}

/// The place of another sealed column of an item.
pub(crate) fn item_place<'a>(area: &'a str, item: &'a str, column: &'a str) -> Place<'a> {
    Place {
        area,
        table: "item",
        row: item,
        column,
    }
}

/// The place of a hold's sealed reasons.
pub(crate) fn reasons_place<'a>(area: &'a str, hold: &'a str) -> Place<'a> {
    Place {
        area,
        table: "hold",
        row: hold,
        column: "reasons",
    }
}

impl Flow {
    /// What the sender said, opened.
    pub(crate) async fn particulars(&self, row: &ExchangeRow) -> Result<Particulars, FlowError> {
        let place = particulars_place(&row.area, &row.id);
        let plain = self.vault.open_column(&place, &row.particulars).await?;
        Ok(serde_json::from_slice(&plain)?)
    }

    /// An item's title, opened.
    pub(crate) async fn title(&self, area: &str, item: &ItemRow) -> Result<String, FlowError> {
        self.title_of(area, &item.id, &item.title).await
    }

    /// The title of an item, of its sealed column.
    pub(crate) async fn title_of(
        &self,
        area: &str,
        item: &str,
        sealed: &[u8],
    ) -> Result<String, FlowError> {
        let place = title_place(area, item);
        let plain = self.vault.open_column(&place, sealed).await?;
        String::from_utf8(plain.to_vec()).map_err(|_| corrupt("item", item))
    }

    /// The case of a kept exchange.
    pub(crate) async fn kept_case(
        &self,
        tx: &mut Tx,
        row: &ExchangeRow,
    ) -> Result<Case, FlowError> {
        let particulars = self.particulars(row).await?;
        let sender = agency(tx, &row.sender).await?;
        let nominal = match &row.nominal {
            Some(id) => crate::identify::live(tx, id).await?,
            None => None,
        };
        let mut pieces = Vec::new();
        for item in tx.items_of(&row.id).await? {
            let place = usize::try_from(item.n - 1).unwrap_or(usize::MAX);
            let claim = particulars
                .items
                .get(place)
                .cloned()
                .ok_or_else(|| corrupt("item", &item.id))?;
            pieces.push(kept_piece(tx, item, claim).await?);
        }
        let addressees = self.kept_addressees(tx, row, &particulars, &pieces).await?;
        Ok(Case {
            id: row.id.clone(),
            area: row.area.clone(),
            sender,
            sender_person: row.sender_person.clone(),
            channel: row.channel.clone(),
            proof: row.proof.clone(),
            particulars,
            addressees,
            pieces,
            nominal,
            received_at: row.received_at,
            warnings: Vec::new(),
            draft: None,
        })
    }

    async fn kept_addressees(
        &self,
        tx: &mut Tx,
        row: &ExchangeRow,
        particulars: &Particulars,
        pieces: &[Piece],
    ) -> Result<Vec<Addressee>, FlowError> {
        let mut addressees = Vec::new();
        for claim in &particulars.recipients {
            let person = match &claim.person {
                Some(email) => {
                    self.person_at(tx, claim.agency.as_str(), email.reveal())
                        .await?
                }
                None => None,
            };
            addressees.push(Addressee {
                agency: agency(tx, claim.agency.as_str()).await?,
                person: person.map(|person| person.id),
                reason: claim.reason.is_some(),
                only: None,
            });
        }
        add_earlier_readers(tx, &row.sender, pieces, &mut addressees).await?;
        Ok(addressees)
    }

    /// An active person enrolled at an agency, by address.
    pub(crate) async fn person_at(
        &self,
        tx: &mut Tx,
        agency: &str,
        email: &str,
    ) -> Result<Option<PersonRow>, FlowError> {
        let index = self.email_index(email).await?;
        let person = tx.person_by_email(&index).await?;
        Ok(person.filter(|p| p.agency == agency && p.state == "active"))
    }

    /// The blind index of a person's address.
    pub(crate) async fn email_index(&self, email: &str) -> Result<String, FlowError> {
        Ok(self
            .vault
            .blind("*", "person.email", &email.trim().to_lowercase())
            .await?)
    }
}

async fn kept_piece(tx: &mut Tx, item: ItemRow, claim: ItemClaim) -> Result<Piece, FlowError> {
    let facts: ItemFacts = serde_json::from_str(&item.facts)?;
    Ok(Piece {
        id: item.id.clone(),
        n: item.n,
        claim,
        category: facts.category,
        owner: agency(tx, &item.owner).await?,
        corrects: item.corrects.clone(),
        supersedes: item.supersedes.clone(),
        no_onward: facts.no_onward,
        fingerprint: item.fingerprint.clone(),
        body: Body::Kept(Box::new(item)),
    })
}

/// An agency that a row refers to.
pub(crate) async fn agency(tx: &mut Tx, id: &str) -> Result<AgencyRow, FlowError> {
    tx.get(id).await?.ok_or_else(|| corrupt("agency", id))
}

/// A correction reaches everyone who has the earlier item (DPA 2018 s.38; ISP-38).
pub(crate) async fn add_earlier_readers(
    tx: &mut Tx,
    sender: &str,
    pieces: &[Piece],
    addressees: &mut Vec<Addressee>,
) -> Result<(), FlowError> {
    for (place, piece) in pieces.iter().enumerate() {
        let Some(earlier) = &piece.corrects else {
            continue;
        };
        for reader in tx.readers_of(earlier).await? {
            if reader.agency == sender {
                continue;
            }
            let known = addressees.iter_mut().find(|a| a.agency.id == reader.agency);
            match known {
                Some(Addressee {
                    only: Some(only), ..
                }) => only.push(place),
                Some(Addressee { only: None, .. }) => {}
                None => addressees.push(Addressee {
                    agency: agency(tx, &reader.agency).await?,
                    person: reader.person.clone(),
                    reason: true,
                    only: Some(vec![place]),
                }),
            }
        }
    }
    Ok(())
}
