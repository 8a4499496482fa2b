//! The people of one's own agency, as its single point of contact sees them. Names and addresses
//! are opened one by one, and that they were is an event.

use gateway_core::event::EventKind;
use gateway_core::{Personal, Role};
use gateway_store::Tx;
use gateway_store::rows::{InvitationRow, PersonRow};
use jiff::Timestamp;

use super::deputy::NamedDeputy;
use super::link::{LinkPurpose, purpose_of};
use super::{Right, colleague_of, managing};
use crate::Flow;
use crate::case::{corrupt, id_of};
use crate::error::FlowError;
use crate::recorder::Draft;
use crate::submission::Caller;

/// The people of an agency.
#[derive(Debug)]
pub struct People {
    /// By what right they are seen.
    pub right: Right,
    /// Everybody with an account, by name.
    pub people: Vec<Colleague>,
    /// Links that wait to be used.
    pub invited: Vec<Invited>,
    /// Deputies for a time that is not over.
    pub deputies: Vec<NamedDeputy>,
}

/// Somebody with an account.
#[derive(Debug)]
pub struct Colleague {
    /// The id.
    pub id: String,
    /// The name.
    pub name: Personal<String>,
    /// The address.
    pub email: Personal<String>,
    /// The roles now; true, as a deputy.
    pub roles: Vec<(Role, bool)>,
    /// Suspended.
    pub suspended: bool,
    /// A second factor is set.
    pub has_factor: bool,
    /// They are signed in somewhere: since when, in the newest session.
    pub signed_in: Option<Timestamp>,
    /// It is who asks.
    pub myself: bool,
}

/// A link that waits to be used.
#[derive(Debug)]
pub struct Invited {
    /// Its id.
    pub id: String,
    /// What for.
    pub purpose: LinkPurpose,
    /// Of whom it is.
    pub name: Personal<String>,
    /// Where it was sent to.
    pub email: Personal<String>,
    /// The role to be.
    pub role: Option<Role>,
    /// Until when it is good.
    pub until: Timestamp,
    /// Its time is over.
    pub expired: bool,
}

impl Flow {
    /// Whether the person who calls manages the people of their agency now.
    ///
    /// # Errors
    /// [`FlowError::Unavailable`] where the store is away.
    pub async fn manages_people(&self, caller: &Caller) -> Result<bool, FlowError> {
        let Some(person) = &caller.person else {
            return Ok(false);
        };
        let mut tx = self.store.read().await?;
        let right = super::right_of(&mut tx, person, self.clock.now()).await?;
        Ok(right.is_some())
    }

    /// The people of the caller's agency.
    ///
    /// # Errors
    /// [`FlowError::Forbidden`] for who does not manage them.
    pub async fn people(&self, caller: &Caller) -> Result<People, FlowError> {
        let now = self.clock.now();
        let mut tx = self.store.read().await?;
        let (by, right) = managing(&mut tx, caller, now).await?;
        let mut people = Vec::new();
        for row in tx.people_of(&by.agency).await? {
            people.push(self.shown(&mut tx, row, &by).await?);
        }
        people.sort_by_key(|one| one.name.reveal().to_lowercase());
        let mut invited = Vec::new();
        for row in tx.open_invitations(&by.agency).await? {
            invited.push(self.shown_link(&mut tx, row).await?);
        }
        let deputies = self.named_deputies(&mut tx, &by.agency).await?;
        drop(tx);
        self.note_read(&by, None).await?;
        Ok(People {
            right,
            people,
            invited,
            deputies,
        })
    }

    /// One of the caller's colleagues.
    ///
    /// # Errors
    /// [`FlowError::NotFound`] for somebody of another agency, as for nobody.
    pub async fn colleague(&self, caller: &Caller, id: &str) -> Result<Colleague, FlowError> {
        let mut tx = self.store.read().await?;
        let (by, _) = managing(&mut tx, caller, self.clock.now()).await?;
        let row = colleague_of(&mut tx, &by, id).await?;
        let shown = self.shown(&mut tx, row, &by).await?;
        drop(tx);
        self.note_read(&by, Some(id.to_owned())).await?;
        Ok(shown)
    }

    async fn shown(
        &self,
        tx: &mut Tx,
        row: PersonRow,
        by: &PersonRow,
    ) -> Result<Colleague, FlowError> {
        let now = self.now();
        let mut roles = Vec::new();
        for held in tx.appointments_of(&row.id, now).await? {
            let role = held
                .role
                .parse()
                .map_err(|_| corrupt("appointment", &held.id))?;
            roles.push((role, held.deputy == 1));
        }
        let sessions = tx.sessions_of(&row.id, now).await?;
        let signed_in = match sessions.first() {
            Some(session) => Some(time(session.started_at, "session", &session.id)?),
            None => None,
        };
        Ok(Colleague {
            name: self.person_name(&row).await?,
            email: self.person_email(&row).await?,
            roles,
            suspended: row.state != "active",
            has_factor: row.totp.is_some() || !tx.keys_of(&row.id).await?.is_empty(),
            signed_in,
            myself: row.id == by.id,
            id: row.id,
        })
    }

    async fn shown_link(&self, tx: &mut Tx, row: InvitationRow) -> Result<Invited, FlowError> {
        let (name, email) = match (&row.name, &row.email, &row.person) {
            (Some(name), Some(email), _) => (
                self.invited_text(&row, "name", name).await?.into(),
                self.invited_text(&row, "email", email).await?.into(),
            ),
            (_, _, Some(id)) => {
                let person: PersonRow = tx.get(id).await?.ok_or_else(|| corrupt("person", id))?;
                let name = self.person_name(&person).await?;
                (name, self.person_email(&person).await?)
            }
            (_, _, None) => return Err(corrupt("invitation", &row.id)),
        };
        let role = row.role.as_deref().map(str::parse).transpose();
        Ok(Invited {
            purpose: purpose_of(&row)?,
            name,
            email,
            role: role.map_err(|_| corrupt("invitation", &row.id))?,
            until: time(row.until_at, "invitation", &row.id)?,
            expired: row.until_at <= self.now(),
            id: row.id,
        })
    }

    async fn note_read(&self, by: &PersonRow, about: Option<String>) -> Result<(), FlowError> {
        let (agency, by) = (id_of(&by.agency)?, by.id.clone());
        self.administer("read-people", move |_| {
            Box::pin(async move {
                let event = Draft::new(EventKind::PeopleRead, Some(&agency)).with("by", by);
                let event = match about {
                    Some(person) => event.with("person", person),
                    None => event,
                };
                Ok((vec![event], ()))
            })
        })
        .await
    }
}

pub(super) fn time(at: i64, table: &str, id: &str) -> Result<Timestamp, FlowError> {
    Timestamp::from_microsecond(at).map_err(|_| corrupt(table, id))
}
