//! People, their roles and absences.

use gateway_core::event::EventKind;
use gateway_core::{AgencyId, Id, Role};
use gateway_seal::Place;
use gateway_store::Tx;
use gateway_store::rows::{AbsenceRow, AppointmentRow, PersonRow};
use jiff::Timestamp;

use crate::Flow;
use crate::case::id_of;
use crate::error::FlowError;
use crate::recorder::Draft;

use super::invalid;

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

impl Flow {
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

    /// Ends a person's appointment to a role, from now.
    pub async fn dismiss(&self, email: &str, role: Role) -> Result<(), FlowError> {
        let (flow, index) = (self.clone(), self.email_index(email).await?);
        self.administer("dismiss", move |tx| {
            Box::pin(async move {
                let person = tx
                    .person_by_email(&index)
                    .await?
                    .ok_or(FlowError::NotFound)?;
                let now = flow.now();
                let mut ended = 0;
                for mut row in tx.appointments_of(&person.id, now).await? {
                    if row.role == role.as_str() {
                        row.until_at = Some(now);
                        tx.put(&mut row).await?;
                        ended += 1;
                    }
                }
                if ended == 0 {
                    return Err(invalid("/role", "is no role of this person now"));
                }
                let event = person_event(&person, "dismissed")?.with("role", role.as_str());
                Ok((vec![event], ()))
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
}

fn person_event(person: &PersonRow, change: &str) -> Result<Draft, FlowError> {
    Ok(Draft::new(EventKind::PersonChanged, None)
        .reaching([id_of(&person.agency)?])
        .with("person", &*person.id)
        .with("change", change))
}
