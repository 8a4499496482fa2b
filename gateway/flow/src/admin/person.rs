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
use crate::key::forget_keys;
use crate::recorder::Draft;
use crate::sign_in::{end_all, totp_place};

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
                    .seal_column(&totp_place(&id), secret.as_bytes())
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

    /// Gives a person another password and second factor. Security keys and open sessions end, and
    /// a lock-out does. The password is a hash of [`crate::sign_in::hash`], the secret is base32.
    pub async fn set_credentials(
        &self,
        email: &str,
        password_hash: String,
        totp_secret: &str,
    ) -> Result<(), FlowError> {
        let index = self.email_index(email).await?;
        let mut tx = self.store.read().await?;
        let person = tx.person_by_email(&index).await?;
        drop(tx);
        let id = person.ok_or(FlowError::NotFound)?.id;
        let totp = self
            .vault
            .seal_column(&totp_place(&id), totp_secret.as_bytes())
            .await?;
        let now = self.now();
        self.administer("set-credentials", move |tx| {
            Box::pin(async move {
                let mut row: PersonRow = tx.get(&id).await?.ok_or(FlowError::NotFound)?;
                (row.password, row.totp) = (Some(password_hash), Some(totp));
                tx.put(&mut row).await?;
                forget_keys(tx, &row.id).await?;
                tx.forget_failures(&row.email_index).await?;
                let mut events = vec![person_event(&row, "credentials")?];
                let open = tx.sessions_of(&row.id, now).await?;
                events.extend(end_all(tx, open, "credentials").await?);
                Ok((events, ()))
            })
        })
        .await
    }

    /// Suspends a person, or ends the suspension. A suspended person's sessions end.
    pub async fn suspend_person(&self, email: &str, suspended: bool) -> Result<(), FlowError> {
        let (index, now) = (self.email_index(email).await?, self.now());
        self.administer("suspend-person", move |tx| {
            Box::pin(async move {
                let mut row = tx
                    .person_by_email(&index)
                    .await?
                    .ok_or(FlowError::NotFound)?;
                row.state = if suspended { "suspended" } else { "active" }.to_owned();
                tx.put(&mut row).await?;
                let word = if suspended { "suspended" } else { "restored" };
                let mut events = vec![person_event(&row, word)?];
                if suspended {
                    let open = tx.sessions_of(&row.id, now).await?;
                    events.extend(end_all(tx, open, word).await?);
                }
                Ok((events, ()))
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
