//! What the single point of contact of an agency does about the agency's people without the
//! operator: invites, names a deputy, resets a second factor, suspends. In an absence the deputy
//! does it. Each act is an event of the acting agency, and the coordination units of its areas
//! are told (domain 322: one single point of contact, a deputy, every change audited).
//!
//! Nobody changes anything about themself here, and nobody about another agency's people, who
//! are not there for them.

mod deputy;
mod invite;
mod join;
mod join_key;
mod link;
mod list;
mod reset;
mod suspend;
mod tell;

use gateway_core::Role;
use gateway_store::rows::{AppointmentRow, PersonRow};
use gateway_store::{StoreError, Tx};
use jiff::Timestamp;

use crate::error::FlowError;
use crate::submission::Caller;

pub use self::deputy::NamedDeputy;
pub use self::invite::{NewColleague, roles_given_at};
pub use self::join::{Chosen, JoinError};
pub use self::link::{Link, LinkPurpose, OpenLink};
pub use self::list::{Colleague, Invited, People};
pub use self::reset::Reset;
pub(crate) use self::tell::Act;
pub use self::tell::Told;

/// By what right somebody manages the people of their agency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Right {
    /// As its single point of contact.
    Spoc,
    /// As the deputy, while no single point of contact is there.
    Deputy,
}

/// By what right a person manages the people of their agency at `now`; none where they do not.
pub(crate) async fn right_of(
    tx: &mut Tx,
    person: &PersonRow,
    now: Timestamp,
) -> Result<Option<Right>, StoreError> {
    let at = now.as_microsecond();
    let held = tx.appointments_of(&person.id, at).await?;
    let held = |role: Role| {
        held.iter()
            .filter(move |row| row.agency == person.agency && row.role == role.as_str())
    };
    if held(Role::Spoc).any(in_full) {
        return Ok(Some(Right::Spoc));
    }
    let stands_in = held(Role::Spoc).chain(held(Role::DeputySpoc)).count() > 0;
    if !stands_in || !tx.absences(&person.id, at).await?.is_empty() {
        return Ok(None);
    }
    let spoc = Role::Spoc.as_str();
    let in_post = tx.holders_in_post(&person.agency, spoc, at).await?;
    Ok((!in_post.iter().any(in_full)).then_some(Right::Deputy))
}

fn in_full(row: &AppointmentRow) -> bool {
    row.deputy == 0
}

/// The person that calls, and by what right they manage the people of their agency.
async fn managing(
    tx: &mut Tx,
    caller: &Caller,
    now: Timestamp,
) -> Result<(PersonRow, Right), FlowError> {
    let refused = || {
        FlowError::Forbidden(
            "only your agency's single point of contact manages its people, or the deputy while the single point of contact is away"
                .to_owned(),
        )
    };
    let id = &caller.person.as_ref().ok_or_else(refused)?.id;
    // As it is now, in the transaction that acts on it.
    let person: Option<PersonRow> = tx.get(id).await?;
    let person = person.filter(|person| person.state == "active");
    let person = person.ok_or_else(refused)?;
    let right = right_of(tx, &person, now).await?.ok_or_else(refused)?;
    Ok((person, right))
}

/// A person of the same agency, whom an act is about.
async fn colleague_of(tx: &mut Tx, by: &PersonRow, id: &str) -> Result<PersonRow, FlowError> {
    let person: Option<PersonRow> = tx.get(id).await?;
    person
        .filter(|person| person.agency == by.agency)
        .ok_or(FlowError::NotFound)
}

/// A person of the same agency whom this person may change: another one, and by a deputy not
/// the single point of contact.
async fn changeable(
    tx: &mut Tx,
    by: &PersonRow,
    right: Right,
    id: &str,
    now: Timestamp,
) -> Result<PersonRow, FlowError> {
    let person = colleague_of(tx, by, id).await?;
    if person.id == by.id {
        return Err(FlowError::Forbidden(
            "nobody does this to themself: ask the coordination unit".to_owned(),
        ));
    }
    let held = tx.appointments_of(&person.id, now.as_microsecond()).await?;
    let spoc = held
        .iter()
        .any(|row| row.role == Role::Spoc.as_str() && in_full(row));
    if spoc && right == Right::Deputy {
        return Err(FlowError::Forbidden(
            "a deputy does not do this to the single point of contact: ask the coordination unit"
                .to_owned(),
        ));
    }
    Ok(person)
}
