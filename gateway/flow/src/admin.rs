//! The records that decide who may see what: areas, agencies, their systems and people,
//! nominals and everybody's part in them. Each change is an event.

use gateway_core::event::EventKind;
use gateway_core::text::clean;
use gateway_core::{
    AgencyId, AgencyKind, Channel, Custody, Id, Identifier, IdentifierKind, Outcome, Role,
};
use gateway_seal::Place;
use gateway_store::rows::{
    AbsenceRow, AgencyRow, AppointmentRow, AreaRow, AttendanceRow, CredentialRow, LevelChangeRow,
    MeetingRow, MembershipRow, NominalIdentifierRow, NominalRow, PartRow, PersonRow,
};
use gateway_store::{LogHead, Tx};
use jiff::Timestamp;

use crate::Flow;
use crate::case::{corrupt, id_of};
use crate::error::{FieldFault, FlowError};
use crate::recorder::{Done, Draft, work};

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
}

/// A person to add.
#[derive(Debug, Clone)]
pub struct NewPerson {
    /// The agency.
    pub agency: AgencyId,
    /// The name.
    pub name: String,
    /// The enrolled address.
    pub email: String,
    /// Roles, each in full or as deputy.
    pub roles: Vec<(Role, bool)>,
    /// Argon2 hash of the password.
    pub password_hash: Option<String>,
    /// TOTP secret, base32.
    pub totp_secret: Option<String>,
}

/// A nominal to add.
#[derive(Debug, Clone)]
pub struct NewNominal {
    /// The area.
    pub area: String,
    /// Identifiers.
    pub identifiers: Vec<Identifier>,
    /// Level, 1 to 3.
    pub level: u8,
    /// Category, 1 to 4.
    pub category: u8,
    /// The lead agency; never a prison (ISP-13).
    pub lead_agency: Option<AgencyId>,
    /// The mental health trust.
    pub trust: Option<AgencyId>,
    /// Partners from now.
    pub partners: Vec<AgencyId>,
    /// The prison that holds the person.
    pub custody: Option<AgencyId>,
    /// The general practice, in words.
    pub gp: Option<String>,
}

/// A change of a nominal.
#[derive(Debug, Clone)]
pub enum NominalChange {
    /// Another lead agency.
    Lead(AgencyId),
    /// Another level, with the rationale (report 3.7).
    Level(u8, String),
    /// A partner from now.
    AddPartner(AgencyId),
    /// No longer a partner.
    EndPartner(AgencyId),
    /// An Associate until a review date (PCSC Act 2022).
    AddAssociate {
        /// The body.
        agency: AgencyId,
        /// The review date.
        until: Timestamp,
    },
    /// Held at a prison from now; an earlier custody ends.
    Custody(AgencyId),
    /// No longer in custody.
    EndCustody,
    /// One more identifier.
    AddIdentifier(Identifier),
    /// The mental health trust.
    Trust(AgencyId),
}

fn invalid(pointer: &str, detail: &str) -> FlowError {
    FlowError::Invalid(vec![FieldFault::new(pointer, detail)])
}

impl Flow {
    /// Adds an area: its keys, its row, its log, and the first event in it.
    pub async fn add_area(&self, id: &str, name: &str, origin: &str) -> Result<(), FlowError> {
        if id.parse::<AgencyId>().is_err() {
            return Err(invalid(
                "/id",
                "is no short name: lower-case letters, digits and hyphens",
            ));
        }
        let mut tx = self.store.read().await?;
        if tx.get::<AreaRow>(id).await?.is_some() {
            return Err(FlowError::Conflict(format!("area `{id}` exists already")));
        }
        drop(tx);
        self.vault.ensure_area("*").await?;
        self.vault.ensure_area(id).await?;
        let log = format!("{id}-0");
        self.vault.begin_log(&log, origin).await?;
        // The log must be there before anything can be recorded in it: the area's row and its
        // log go first, the event that covers the row is the log's first leaf.
        let mut row = AreaRow {
            id: id.to_owned(),
            name: name.to_owned(),
            settings: "{}".to_owned(),
            created_at: self.now(),
            updated_by: String::new(),
        };
        let mut tx = self.store.write("add-area").await?;
        tx.put(&mut row).await?;
        tx.drain_covered();
        tx.add_log(&LogHead {
            id: log,
            area: id.to_owned(),
            epoch: 0,
            origin: origin.to_owned(),
            size: 0,
            root: hex::encode(gateway_ledger::empty_root().0),
            checkpoint: String::new(),
            created_at: self.now(),
        })
        .await?;
        tx.commit().await?;
        let area = row.id.clone();
        let event = Draft::new(EventKind::AreaChanged, None).with("change", "added");
        self.recorder
            .record(&area, "add-area", move |tx| {
                Box::pin(async move {
                    tx.put(&mut row).await?;
                    Ok((vec![event], ()))
                })
            })
            .await?;
        Ok(())
    }

    /// The area whose log bears what belongs to no area of its own.
    async fn default_area(&self) -> Result<String, FlowError> {
        let mut tx = self.store.read().await?;
        let first = tx.areas().await?.into_iter().next();
        first.map(|area| area.id).ok_or_else(|| {
            FlowError::Conflict("there is no area yet: add one with `gateway area add`".to_owned())
        })
    }

    async fn administer<T, F>(&self, name: &'static str, work: F) -> Result<T, FlowError>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> futures_util::future::BoxFuture<'t, Done<T>>
            + Send
            + 'static,
    {
        let area = self.default_area().await?;
        Ok(self.recorder.record(&area, name, work).await?.0)
    }

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
                        id: format!("{}/{area}", row.id),
                        agency: row.id.clone(),
                        area,
                        // Their order is the order in which they were given.
                        created_at: now + place,
                        updated_by: String::new(),
                    };
                    tx.put(&mut member).await?;
                }
                let event = flow.agency_event(&new.id, "added").with("key", key.key_id);
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

    /// Changes an agency.
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
                };
                tx.put(&mut row).await?;
                Ok((vec![flow.agency_event(&id_of(&id)?, word)], ()))
            })
        })
        .await
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
                    .with("change", "rotated")
                    .with("wraps", count.to_string());
                Ok((vec![event], count))
            })
        })
        .await
    }

    /// Adds a person; the id.
    pub async fn add_person(&self, new: NewPerson) -> Result<String, FlowError> {
        let id = Id::new(&self.clock).to_string();
        let place = |column| Place {
            area: "*",
            table: "person",
            row: &id,
            column,
        };
        let totp = match &new.totp_secret {
            Some(secret) => Some(
                self.vault
                    .seal_column(&place("totp"), secret.as_bytes())
                    .await?,
            ),
            None => None,
        };
        let mut row = PersonRow {
            name: self
                .vault
                .seal_column(&place("name"), new.name.as_bytes())
                .await?,
            email: self
                .vault
                .seal_column(&place("email"), new.email.as_bytes())
                .await?,
            email_index: self.email_index(&new.email).await?,
            id: id.clone(),
            agency: new.agency.to_string(),
            state: "active".to_owned(),
            password: new.password_hash,
            totp,
            created_at: self.now(),
            updated_by: String::new(),
        };
        let flow = self.clone();
        self.administer("add-person", move |tx| {
            Box::pin(async move {
                if tx.person_by_email(&row.email_index).await?.is_some() {
                    return Err(FlowError::Conflict(
                        "this address is enrolled already".to_owned(),
                    ));
                }
                tx.put(&mut row).await?;
                for (role, deputy) in new.roles {
                    flow.write_appointment(tx, &row, role, deputy).await?;
                }
                Ok((vec![person_event(&row, "added")?], row.id))
            })
        })
        .await
    }

    async fn write_appointment(
        &self,
        tx: &mut Tx,
        person: &PersonRow,
        role: Role,
        deputy: bool,
    ) -> Result<(), FlowError> {
        let mut row = AppointmentRow {
            id: Id::new(&self.clock).to_string(),
            person: person.id.clone(),
            agency: person.agency.clone(),
            role: role.to_string(),
            deputy: i64::from(deputy),
            from_at: self.now(),
            until_at: None,
            updated_by: String::new(),
        };
        Ok(tx.put(&mut row).await?)
    }

    /// Suspends a person, or ends the suspension.
    pub async fn suspend_person(&self, email: &str, suspended: bool) -> Result<(), FlowError> {
        let index = self.email_index(email).await?;
        self.administer("suspend-person", move |tx| {
            Box::pin(async move {
                let mut row = tx
                    .person_by_email(&index)
                    .await?
                    .ok_or(FlowError::NotFound)?;
                row.state = if suspended { "suspended" } else { "active" }.to_owned();
                tx.put(&mut row).await?;
                let word = if suspended { "suspended" } else { "restored" };
                Ok((vec![person_event(&row, word)?], ()))
            })
        })
        .await
    }

    /// Appoints a person to a role from now.
    pub async fn appoint(&self, email: &str, role: Role, deputy: bool) -> Result<(), FlowError> {
        let (flow, index) = (self.clone(), self.email_index(email).await?);
        self.administer("appoint", move |tx| {
            Box::pin(async move {
                let row = tx
                    .person_by_email(&index)
                    .await?
                    .ok_or(FlowError::NotFound)?;
                flow.write_appointment(tx, &row, role, deputy).await?;
                Ok((
                    vec![person_event(&row, "appointed")?.with("role", role.as_str())],
                    (),
                ))
            })
        })
        .await
    }

    /// A person is away; the deputy acts meanwhile.
    pub async fn add_absence(
        &self,
        email: &str,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<(), FlowError> {
        if until <= from {
            return Err(invalid("/until", "is not after the beginning"));
        }
        let (flow, index) = (self.clone(), self.email_index(email).await?);
        self.administer("add-absence", move |tx| {
            Box::pin(async move {
                let person = tx
                    .person_by_email(&index)
                    .await?
                    .ok_or(FlowError::NotFound)?;
                let mut row = AbsenceRow {
                    id: Id::new(&flow.clock).to_string(),
                    person: person.id.clone(),
                    from_at: from.as_microsecond(),
                    until_at: until.as_microsecond(),
                    updated_by: String::new(),
                };
                tx.put(&mut row).await?;
                Ok((vec![person_event(&person, "absent")?], ()))
            })
        })
        .await
    }

    /// Adds a nominal; its reference.
    pub async fn add_nominal(&self, new: NewNominal) -> Result<String, FlowError> {
        check_level(new.level)?;
        if !(1..=4).contains(&new.category) {
            return Err(invalid("/category", "is no category: give 1, 2, 3 or 4"));
        }
        if let Some(lead) = &new.lead_agency {
            self.check_lead(lead).await?;
        }
        let id = Id::new(&self.clock).to_string();
        let gp = match &new.gp {
            Some(words) => {
                let place = Place {
                    area: &new.area,
                    table: "nominal",
                    row: &id,
                    column: "gp",
                };
                Some(self.vault.seal_column(&place, words.as_bytes()).await?)
            }
            None => None,
        };
        let mut row = NominalRow {
            id: id.clone(),
            area: new.area.clone(),
            state: "active".to_owned(),
            merged_into: None,
            level: i64::from(new.level),
            category: i64::from(new.category),
            lead_agency: new.lead_agency.map(String::from),
            trust: new.trust.map(String::from),
            gp,
            created_at: self.now(),
            updated_by: String::new(),
        };
        let mut identifiers = Vec::new();
        for identifier in &new.identifiers {
            identifiers.push(self.identifier_row(&row, identifier).await?);
        }
        let mut parts: Vec<PartRow> = new
            .partners
            .iter()
            .map(|agency| self.part(&id, agency, "partner", None))
            .collect();
        if let Some(prison) = &new.custody {
            parts.push(self.part(&id, prison, "custody", None));
        }
        let work = work(move |tx| {
            Box::pin(async move {
                tx.put(&mut row).await?;
                for mut identifier in identifiers {
                    tx.put(&mut identifier).await?;
                }
                for mut part in parts {
                    tx.put(&mut part).await?;
                }
                Ok((vec![nominal_event(&row.id, "added")], row.id))
            })
        });
        Ok(self
            .recorder
            .record(&new.area, "add-nominal", work)
            .await?
            .0)
    }

    /// A prison is never lead agency (ISP-13; report 8.14).
    async fn check_lead(&self, lead: &AgencyId) -> Result<(), FlowError> {
        let mut tx = self.store.read().await?;
        let agency: Option<AgencyRow> = tx.get(lead.as_str()).await?;
        let agency = agency.ok_or_else(|| invalid("/lead_agency", "is no agency: add it first"))?;
        let kind = agency
            .kind
            .parse()
            .map_err(|_| corrupt("agency", &agency.id))?;
        let ruling = self.protocols.may_lead(kind);
        if ruling.outcome == Outcome::Permit && !ruling.fault {
            return Ok(());
        }
        let words: Vec<&str> = ruling.rules.iter().map(|hit| hit.title.as_str()).collect();
        Err(invalid("/lead_agency", &words.join("; ")))
    }

    async fn identifier_row(
        &self,
        nominal: &NominalRow,
        identifier: &Identifier,
    ) -> Result<NominalIdentifierRow, FlowError> {
        let id = Id::new(&self.clock).to_string();
        let kind: IdentifierKind = identifier.kind();
        let value = identifier.value().reveal();
        let place = Place {
            area: &nominal.area,
            table: "nominal_identifier",
            row: &id,
            column: "value",
        };
        let sealed = self.vault.seal_column(&place, value.as_bytes()).await?;
        let blind = match kind.is_unique() {
            true => {
                let column = format!("nominal_identifier.{kind}");
                Some(self.vault.blind(&nominal.area, &column, value).await?)
            }
            false => None,
        };
        Ok(NominalIdentifierRow {
            nominal: nominal.id.clone(),
            kind: kind.to_string(),
            value: sealed,
            blind,
            created_at: self.now(),
            updated_by: String::new(),
            id,
        })
    }

    fn part(&self, nominal: &str, agency: &AgencyId, kind: &str, until: Option<i64>) -> PartRow {
        PartRow {
            id: Id::new(&self.clock).to_string(),
            nominal: nominal.to_owned(),
            agency: agency.to_string(),
            kind: kind.to_owned(),
            from_at: self.now(),
            until_at: until,
            updated_by: String::new(),
        }
    }

    /// Changes a nominal.
    pub async fn change_nominal(
        &self,
        reference: &str,
        change: NominalChange,
    ) -> Result<(), FlowError> {
        let change = match change {
            NominalChange::Lead(lead) => {
                self.check_lead(&lead).await?;
                NominalChange::Lead(lead)
            }
            NominalChange::Level(level, rationale) => {
                check_level(level)?;
                let rationale = clean(&rationale, 20_000)
                    .map_err(|error| invalid("/rationale", &error.to_string()))?;
                NominalChange::Level(level, rationale)
            }
            other @ (NominalChange::AddPartner(_)
            | NominalChange::EndPartner(_)
            | NominalChange::AddAssociate { .. }
            | NominalChange::Custody(_)
            | NominalChange::EndCustody
            | NominalChange::AddIdentifier(_)
            | NominalChange::Trust(_)) => other,
        };
        let mut tx = self.store.read().await?;
        let row: NominalRow = tx.get(reference).await?.ok_or(FlowError::NotFound)?;
        drop(tx);
        let identifier = if let NominalChange::AddIdentifier(identifier) = &change {
            Some(self.identifier_row(&row, identifier).await?)
        } else {
            None
        };
        let (flow, area, id) = (self.clone(), row.area, row.id);
        let work = work(move |tx| {
            Box::pin(async move {
                let word = flow.write_change(tx, &id, change, identifier).await?;
                Ok((vec![nominal_event(&id, word)], ()))
            })
        });
        self.recorder.record(&area, "change-nominal", work).await?;
        Ok(())
    }

    async fn write_change(
        &self,
        tx: &mut Tx,
        id: &str,
        change: NominalChange,
        identifier: Option<NominalIdentifierRow>,
    ) -> Result<&'static str, FlowError> {
        let mut row: NominalRow = tx.get(id).await?.ok_or(FlowError::NotFound)?;
        match change {
            NominalChange::Lead(lead) => {
                row.lead_agency = Some(lead.to_string());
                tx.put(&mut row).await?;
                Ok("lead")
            }
            NominalChange::Level(level, rationale) => {
                row.level = i64::from(level);
                tx.put(&mut row).await?;
                tx.put(&mut self.level_change(&row, &rationale).await?)
                    .await?;
                Ok("level")
            }
            NominalChange::Trust(trust) => {
                row.trust = Some(trust.to_string());
                tx.put(&mut row).await?;
                Ok("trust")
            }
            NominalChange::AddPartner(agency) => {
                tx.put(&mut self.part(id, &agency, "partner", None)).await?;
                Ok("partner-added")
            }
            NominalChange::EndPartner(agency) => {
                self.end_parts(tx, id, "partner", Some(agency.as_str()))
                    .await?;
                Ok("partner-ended")
            }
            NominalChange::AddAssociate { agency, until } => {
                let until = Some(until.as_microsecond());
                tx.put(&mut self.part(id, &agency, "associate", until))
                    .await?;
                Ok("associate-added")
            }
            NominalChange::Custody(prison) => {
                self.end_parts(tx, id, "custody", None).await?;
                tx.put(&mut self.part(id, &prison, "custody", None)).await?;
                Ok("custody")
            }
            NominalChange::EndCustody => {
                self.end_parts(tx, id, "custody", None).await?;
                Ok("custody-ended")
            }
            NominalChange::AddIdentifier(_) => {
                if let Some(mut identifier) = identifier {
                    tx.put(&mut identifier).await?;
                }
                Ok("identifier-added")
            }
        }
    }

    /// The rationale of a level, sealed (report 3.7).
    async fn level_change(
        &self,
        nominal: &NominalRow,
        rationale: &str,
    ) -> Result<LevelChangeRow, FlowError> {
        let id = Id::new(&self.clock).to_string();
        let place = Place {
            area: &nominal.area,
            table: "level_change",
            row: &id,
            column: "rationale",
        };
        Ok(LevelChangeRow {
            rationale: self.vault.seal_column(&place, rationale.as_bytes()).await?,
            nominal: nominal.id.clone(),
            level: nominal.level,
            at: self.now(),
            updated_by: String::new(),
            id,
        })
    }

    async fn end_parts(
        &self,
        tx: &mut Tx,
        nominal: &str,
        kind: &str,
        agency: Option<&str>,
    ) -> Result<(), FlowError> {
        let now = self.now();
        for mut part in tx.parts_of(nominal).await? {
            let ours = part.kind == kind && agency.is_none_or(|agency| part.agency == agency);
            if ours && part.until_at.is_none_or(|until| until > now) {
                part.until_at = Some(now);
                tx.put(&mut part).await?;
            }
        }
        Ok(())
    }

    /// Enters a meeting and its attendance list; the meeting's id.
    pub async fn add_meeting(
        &self,
        nominal: &str,
        held_on: &str,
        level: u8,
        attendance: Vec<(AgencyId, String)>,
    ) -> Result<String, FlowError> {
        if held_on.parse::<jiff::civil::Date>().is_err() {
            return Err(invalid("/held_on", "is no date: write it as 2026-03-02"));
        }
        let mut tx = self.store.read().await?;
        let row: NominalRow = tx.get(nominal).await?.ok_or(FlowError::NotFound)?;
        drop(tx);
        let mut meeting = MeetingRow {
            id: Id::new(&self.clock).to_string(),
            nominal: row.id.clone(),
            held_on: held_on.to_owned(),
            level: i64::from(level),
            kind: "mappa".to_owned(),
            updated_by: String::new(),
        };
        let work = work(move |tx| {
            Box::pin(async move {
                tx.put(&mut meeting).await?;
                for (agency, manner) in attendance {
                    let mut row = AttendanceRow {
                        id: format!("{}/{agency}", meeting.id),
                        meeting: meeting.id.clone(),
                        nominal: meeting.nominal.clone(),
                        agency: agency.to_string(),
                        manner,
                        updated_by: String::new(),
                    };
                    tx.put(&mut row).await?;
                }
                let event = Draft::new(EventKind::MeetingChanged, None)
                    .nominal(&meeting.nominal)
                    .with("meeting", &*meeting.id);
                Ok((vec![event], meeting.id))
            })
        });
        Ok(self
            .recorder
            .record(&row.area, "add-meeting", work)
            .await?
            .0)
    }
}

fn check_level(level: u8) -> Result<(), FlowError> {
    if (1..=3).contains(&level) {
        return Ok(());
    }
    Err(invalid("/level", "is no level: give 1, 2 or 3"))
}

fn person_event(person: &PersonRow, change: &str) -> Result<Draft, FlowError> {
    Ok(Draft::new(EventKind::PersonChanged, None)
        .reaching([id_of(&person.agency)?])
        .with("person", &*person.id)
        .with("change", change))
}

fn nominal_event(id: &str, change: &str) -> Draft {
    Draft::new(EventKind::NominalChanged, None)
        .nominal(id)
        .with("change", change)
}
