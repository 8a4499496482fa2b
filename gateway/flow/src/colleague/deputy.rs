//! A deputy for a time: the single point of contact is away, and somebody acts meanwhile. Whoever
//! is named comes before a standing deputy, who is not named for this time.

use gateway_core::{Id, Personal, Role};
use gateway_store::Tx;
use gateway_store::rows::{AbsenceRow, AppointmentRow, PersonRow};
use jiff::{SignedDuration, Timestamp};

use super::list::time;
use super::tell::Act;
use super::{Right, colleague_of, managing};
use crate::Flow;
use crate::case::corrupt;
use crate::error::{FieldFault, FlowError};
use crate::submission::Caller;

/// The longest absence: for more, another single point of contact is appointed.
const LONGEST: SignedDuration = SignedDuration::from_hours(24 * 184);

/// A deputy for a time.
#[derive(Debug)]
pub struct NamedDeputy {
    /// The id of the appointment.
    pub id: String,
    /// The deputy's name.
    pub name: Personal<String>,
    /// From when.
    pub from: Timestamp,
    /// Until just before.
    pub until: Timestamp,
    /// The time has begun.
    pub begun: bool,
}

impl Flow {
    /// Names a deputy for a time in which the single point of contact who calls is away.
    ///
    /// # Errors
    /// [`FlowError::Invalid`] with `/person`, `/from` or `/until`; [`FlowError::Forbidden`] for
    /// anybody else, a deputy too.
    pub async fn name_deputy(
        &self,
        caller: &Caller,
        person: &str,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<(), FlowError> {
        let now = self.clock.now();
        let (flow, caller, person) = (self.clone(), caller.clone(), person.to_owned());
        // A day that has begun begins now: nobody was a deputy before they were named.
        let from = from.max(now);
        self.administer("name-deputy", move |tx| {
            Box::pin(async move {
                let by = spoc(tx, &caller, now).await?;
                let deputy = may_stand_in(tx, &by, &person).await?;
                flow.check_time(tx, &by, from, until).await?;
                let (from_at, until_at) = (from.as_microsecond(), until.as_microsecond());
                let mut appointment = AppointmentRow {
                    id: Id::new(&flow.clock).to_string(),
                    person: deputy.id.clone(),
                    agency: by.agency.clone(),
                    role: Role::Spoc.to_string(),
                    deputy: 1,
                    from_at,
                    until_at: Some(until_at),
                    updated_by: String::new(),
                };
                tx.put(&mut appointment).await?;
                let mut absence = AbsenceRow {
                    id: Id::new(&flow.clock).to_string(),
                    person: by.id.clone(),
                    from_at,
                    until_at,
                    updated_by: String::new(),
                };
                tx.put(&mut absence).await?;
                let act = Act {
                    agency: &by.agency,
                    by: &by.id,
                    change: "deputy-named",
                    person: Some(&deputy.id),
                    invitation: None,
                };
                Ok((flow.told(tx, &act).await?, ()))
            })
        })
        .await
    }

    /// Ends a deputy's time early, or takes back one that has not begun; the absence ends with it.
    ///
    /// # Errors
    /// [`FlowError::NotFound`] where the caller's agency has no such deputy now.
    pub async fn end_deputy(&self, caller: &Caller, id: &str) -> Result<(), FlowError> {
        let now = self.clock.now();
        let (flow, caller, id) = (self.clone(), caller.clone(), id.to_owned());
        self.administer("end-deputy", move |tx| {
            Box::pin(async move {
                let by = spoc(tx, &caller, now).await?;
                let named = tx.deputies_of(&by.agency, flow.now()).await?;
                let named = named.into_iter().find(|row| row.id == id);
                let mut named = named.ok_or(FlowError::NotFound)?;
                let (from, until) = (named.from_at, named.until_at.unwrap_or_default());
                // One that has not begun never does.
                let end = from.max(flow.now());
                named.until_at = Some(end);
                tx.put(&mut named).await?;
                for mut absence in tx.absences_within(&by.agency, from, until).await? {
                    absence.until_at = end;
                    tx.put(&mut absence).await?;
                }
                let act = Act {
                    agency: &by.agency,
                    by: &by.id,
                    change: "deputy-ended",
                    person: Some(&named.person),
                    invitation: None,
                };
                Ok((flow.told(tx, &act).await?, ()))
            })
        })
        .await
    }

    async fn check_time(
        &self,
        tx: &mut Tx,
        by: &PersonRow,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<(), FlowError> {
        let wrong = |field, words| Err(FlowError::Invalid(vec![FieldFault::new(field, words)]));
        if until <= from {
            return wrong(
                "/until",
                "The last day must be today or later, and not before the first",
            );
        }
        if until.duration_since(from) > LONGEST {
            return wrong(
                "/until",
                "The last day must be within 6 months of the first: for longer, ask the coordination unit for another single point of contact",
            );
        }
        let (first, end) = (from.as_microsecond(), until.as_microsecond());
        for named in tx.deputies_of(&by.agency, self.now()).await? {
            if named.from_at < end && named.until_at.is_none_or(|until| until > first) {
                return wrong(
                    "/from",
                    "There is a deputy in this time already: end that first",
                );
            }
        }
        Ok(())
    }

    pub(super) async fn named_deputies(
        &self,
        tx: &mut Tx,
        agency: &str,
    ) -> Result<Vec<NamedDeputy>, FlowError> {
        let now = self.now();
        let mut all = Vec::new();
        for row in tx.deputies_of(agency, now).await? {
            let person: Option<PersonRow> = tx.get(&row.person).await?;
            let person = person.ok_or_else(|| corrupt("person", &row.person))?;
            all.push(NamedDeputy {
                name: self.person_name(&person).await?,
                from: time(row.from_at, "appointment", &row.id)?,
                until: time(row.until_at.unwrap_or_default(), "appointment", &row.id)?,
                begun: row.from_at <= now,
                id: row.id,
            });
        }
        Ok(all)
    }
}

/// The single point of contact who calls; not a deputy, whose time is not theirs to lengthen.
async fn spoc(tx: &mut Tx, caller: &Caller, now: Timestamp) -> Result<PersonRow, FlowError> {
    match managing(tx, caller, now).await? {
        (by, Right::Spoc) => Ok(by),
        (_, Right::Deputy) => Err(FlowError::Forbidden(
            "only the single point of contact names a deputy or ends the deputy's time".to_owned(),
        )),
    }
}

async fn may_stand_in(tx: &mut Tx, by: &PersonRow, person: &str) -> Result<PersonRow, FlowError> {
    let wrong = |words| FlowError::Invalid(vec![FieldFault::new("/person", words)]);
    let found = match colleague_of(tx, by, person).await {
        Err(FlowError::NotFound) => Err(wrong("Choose who is to be the deputy")),
        found => found,
    }?;
    if found.id == by.id || found.state != "active" {
        return Err(wrong("Choose a colleague who is not suspended"));
    }
    Ok(found)
}
