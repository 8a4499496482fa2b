//! Agencies, their keys and the certificates of their systems.

use gateway_core::event::EventKind;
use gateway_core::text::line;
use gateway_core::{AgencyId, AgencyKind, Channel, Custody, Id};
use gateway_store::Tx;
use gateway_store::rows::{AgencyRow, AreaRow, CredentialRow, MembershipRow};
use sha2::{Digest as _, Sha256};

use crate::Flow;
use crate::case::id_of;
use crate::error::FlowError;
use crate::recorder::Draft;
use crate::sign_in::end_all;

use super::invalid;

/// An agency to add.
#[derive(Debug, Clone)]
pub struct NewAgency {
    /// Its id.
    pub id: AgencyId,
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: AgencyKind,
    /// How it receives.
    pub channel: Channel,
    /// Who holds its private key.
    pub custody: Custody,
    /// Its public key (`age1…`), where it holds the private one.
    pub recipient: Option<String>,
    /// Its functional address.
    pub email: Option<String>,
    /// The areas it works in.
    pub areas: Vec<String>,
    /// Its address or host is outside the United Kingdom.
    pub overseas: bool,
    /// When it signed its protocol, ISO date.
    pub signed_on: Option<String>,
    /// Until when the signature holds, ISO date.
    pub signed_until: Option<String>,
}

/// A change of an agency.
#[derive(Debug, Clone)]
pub enum AgencyChange {
    /// Nothing goes to it or comes from it.
    Suspend,
    /// The end of a suspension.
    Restore,
    /// It signed its protocol.
    Sign {
        /// ISO date.
        on: String,
        /// ISO date.
        until: Option<String>,
    },
    /// It receives by another channel.
    Channel(Channel),
    /// It is called something else.
    Name(String),
    /// It works in one more area.
    Join(String),
    /// It works in an area no longer.
    Leave(String),
}

impl Flow {
    /// Adds an agency, with its key.
    pub async fn add_agency(&self, new: NewAgency) -> Result<(), FlowError> {
        let mut tx = self.store.read().await?;
        if tx.get::<AgencyRow>(new.id.as_str()).await?.is_some() {
            return Err(FlowError::Conflict(format!(
                "agency `{}` exists already",
                new.id
            )));
        }
        for area in &new.areas {
            if tx.get::<AreaRow>(area).await?.is_none() {
                return Err(invalid(
                    "/areas",
                    "names an area that is not there: add it first",
                ));
            }
        }
        drop(tx);
        let key = self
            .vault
            .add_agency_key(&new.id, new.custody, new.recipient.as_deref())
            .await?;
        let now = self.now();
        let flow = self.clone();
        self.administer("add-agency", move |tx| {
            Box::pin(async move {
                let mut row = AgencyRow {
                    id: new.id.to_string(),
                    name: new.name,
                    kind: new.kind.to_string(),
                    regime: new.kind.usual_regime().to_string(),
                    channel: new.channel.to_string(),
                    custody: new.custody.to_string(),
                    email: new.email,
                    overseas: i64::from(new.overseas),
                    state: "active".to_owned(),
                    signed_on: new.signed_on,
                    signed_until: new.signed_until,
                    created_at: now,
                    updated_by: String::new(),
                };
                tx.put(&mut row).await?;
                for (place, area) in (0_i64..).zip(new.areas) {
                    let mut member = MembershipRow {
                        until_at: None,
                        id: format!("{}/{area}", row.id),
                        agency: row.id.clone(),
                        area,
                        // Their order is the order in which they were given.
                        created_at: now + place,
                        updated_by: String::new(),
                    };
                    tx.put(&mut member).await?;
                }
                let event = flow
                    .agency_event(&new.id, "added")
                    .with("key", key.key_id)
                    .with("recipient", digest_of(&key.recipient));
                Ok((vec![event], ()))
            })
        })
        .await
    }

    fn agency_event(&self, id: &AgencyId, change: &str) -> Draft {
        let _ = self;
        Draft::new(EventKind::AgencyChanged, None)
            .reaching([id.clone()])
            .with("agency", id.as_str())
            .with("change", change)
    }

    /// Changes an agency. The sessions of a suspended agency's people end.
    pub async fn change_agency(&self, id: &str, change: AgencyChange) -> Result<(), FlowError> {
        let (flow, id) = (self.clone(), id.to_owned());
        self.administer("change-agency", move |tx| {
            Box::pin(async move {
                let mut row: AgencyRow = tx.get(&id).await?.ok_or(FlowError::NotFound)?;
                let word = match change {
                    AgencyChange::Suspend => {
                        "suspended".clone_into(&mut row.state);
                        "suspended"
                    }
                    AgencyChange::Restore => {
                        "active".clone_into(&mut row.state);
                        "restored"
                    }
                    AgencyChange::Sign { on, until } => {
                        row.signed_on = Some(on);
                        row.signed_until = until;
                        "signed"
                    }
                    AgencyChange::Channel(channel) => {
                        row.channel = channel.to_string();
                        "channel"
                    }
                    AgencyChange::Name(name) => {
                        row.name = line(&name, 300)
                            .map_err(|error| invalid("/name", &error.to_string()))?;
                        "name"
                    }
                    AgencyChange::Join(_) if row.kind == AgencyKind::Coordination.as_str() => {
                        return Err(invalid(
                            "/area",
                            "a coordination unit serves one area: add a unit for this one",
                        ));
                    }
                    AgencyChange::Join(area) => {
                        flow.join(tx, &row.id, area).await?;
                        "joined"
                    }
                    AgencyChange::Leave(area) => {
                        flow.leave(tx, &row.id, &area).await?;
                        "left"
                    }
                };
                tx.put(&mut row).await?;
                let mut events = vec![flow.agency_event(&id_of(&id)?, word)];
                if word == "suspended" {
                    let open = tx.sessions_at(&id).await?;
                    events.extend(end_all(tx, open, word).await?);
                }
                Ok((events, ()))
            })
        })
        .await
    }

    async fn join(&self, tx: &mut Tx, agency: &str, area: String) -> Result<(), FlowError> {
        if tx.get::<AreaRow>(&area).await?.is_none() {
            return Err(invalid("/area", "is no area: add it first"));
        }
        let id = format!("{agency}/{area}");
        let known: Option<MembershipRow> = tx.get(&id).await?;
        let mut member = known.unwrap_or(MembershipRow {
            id,
            agency: agency.to_owned(),
            area,
            created_at: self.now(),
            until_at: None,
            updated_by: String::new(),
        });
        member.until_at = None;
        Ok(tx.put(&mut member).await?)
    }

    async fn leave(&self, tx: &mut Tx, agency: &str, area: &str) -> Result<(), FlowError> {
        let mut areas = tx.memberships(agency).await?;
        let Some(place) = areas.iter().position(|member| member.area == area) else {
            return Err(invalid("/area", "is no area of this agency"));
        };
        if areas.len() == 1 {
            return Err(invalid(
                "/area",
                "is this agency's only area: let it join another first, or suspend it",
            ));
        }
        let mut member = areas.swap_remove(place);
        member.until_at = Some(self.now());
        Ok(tx.put(&mut member).await?)
    }

    /// Enrols a client certificate, by the SHA-256 of its DER form.
    pub async fn add_credential(&self, agency: &str, fingerprint: &str) -> Result<(), FlowError> {
        let id = id_of(agency)?;
        let mut row = CredentialRow {
            id: Id::new(&self.clock).to_string(),
            agency: agency.to_owned(),
            fingerprint: fingerprint.to_ascii_lowercase(),
            state: "active".to_owned(),
            created_at: self.now(),
            updated_by: String::new(),
        };
        self.administer("add-credential", move |tx| {
            Box::pin(async move {
                if tx.get::<AgencyRow>(&row.agency).await?.is_none() {
                    return Err(FlowError::NotFound);
                }
                tx.put(&mut row).await?;
                let event = Draft::new(EventKind::KeyChanged, None)
                    .reaching([id])
                    .with("certificate", &*row.fingerprint)
                    .with("change", "enrolled");
                Ok((vec![event], ()))
            })
        })
        .await
    }

    /// Revokes a client certificate: at once, on open connections too.
    pub async fn revoke_credential(&self, fingerprint: &str) -> Result<(), FlowError> {
        let print = fingerprint.to_ascii_lowercase();
        self.administer("revoke-credential", move |tx| {
            Box::pin(async move {
                let mut row = tx.credential(&print).await?.ok_or(FlowError::NotFound)?;
                "revoked".clone_into(&mut row.state);
                tx.put(&mut row).await?;
                let event = Draft::new(EventKind::KeyChanged, None)
                    .reaching([id_of(&row.agency)?])
                    .with("certificate", &*row.fingerprint)
                    .with("change", "revoked");
                Ok((vec![event], ()))
            })
        })
        .await
    }

    /// Gives an agency a new key and re-wraps what it has; how many wraps that were.
    pub async fn rotate_key(
        &self,
        agency: &str,
        recipient: Option<&str>,
    ) -> Result<usize, FlowError> {
        let id = id_of(agency)?;
        let mut tx = self.store.read().await?;
        let row: AgencyRow = tx.get(agency).await?.ok_or(FlowError::NotFound)?;
        drop(tx);
        let old = self
            .vault
            .reader_keys(std::slice::from_ref(&id))
            .await?
            .remove(&id);
        let new = self.vault.rotate_agency_key(&id, recipient).await?;
        let flow = self.clone();
        self.administer("rotate-key", move |tx| {
            Box::pin(async move {
                let mut count = 0;
                // What an agency holds the key of, the gateway cannot open to wrap again: it
                // stays under the earlier key, which the agency keeps.
                if let (Some(old), "gateway") = (old, row.custody.as_str()) {
                    for mut wrap in tx.wraps_under(&old.key_id).await? {
                        wrap.wrap = flow.vault.rewrap(&wrap, &new).await?;
                        wrap.key_id.clone_from(&new.key_id);
                        tx.put(&mut wrap).await?;
                        count += 1;
                    }
                }
                let event = Draft::new(EventKind::KeyChanged, None)
                    .reaching([id])
                    .with("key", new.key_id)
                    .with("recipient", digest_of(&new.recipient))
                    .with("change", "rotated")
                    .with("wraps", count.to_string());
                Ok((vec![event], count))
            })
        })
        .await
    }
}

/// SHA-256 of a public key, hexadecimal: the log says for whom is sealed.
fn digest_of(recipient: &gateway_seal::Recipient) -> String {
    hex::encode(Sha256::digest(recipient.to_string()))
}
