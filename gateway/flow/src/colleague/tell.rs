//! That an act is told: the event, and a notice to the coordinator of each of the agency's areas;
//! and what a coordinator reads of it.

use gateway_core::event::{Event, EventKind};
use gateway_core::{AgencyId, AgencyKind, Id, Role};
use gateway_store::Tx;
use gateway_store::rows::{AgencyRow, InvitationRow, NoticeRow, PersonRow};
use gateway_vault::parties;

use super::link::invitation_place;
use crate::Flow;
use crate::case::{corrupt, id_of};
use crate::error::FlowError;
use crate::recorder::Draft;
use crate::submission::Caller;

/// What notices of these acts begin with.
const KIND: &str = "people-";
/// Notices that are looked through at once for those of a person's roles.
const AT_ONCE: i64 = 100;

/// An act, as it is recorded and told.
pub(crate) struct Act<'a> {
    /// The agency.
    pub(crate) agency: &'a str,
    /// The person who acts.
    pub(crate) by: &'a str,
    /// What was done, in a word.
    pub(crate) change: &'static str,
    /// Whom it is about.
    pub(crate) person: Option<&'a str>,
    /// The invitation it is about.
    pub(crate) invitation: Option<&'a str>,
}

/// Something that a role at an agency is told, as its people read it.
#[derive(Debug, Clone)]
pub struct Told {
    /// The notice's id.
    pub id: String,
    /// What it is, in a word.
    pub kind: String,
    /// The role that is told.
    pub role: String,
    /// When, microseconds UTC.
    pub created: i64,
    /// By when something is to be done, where anything is.
    pub due: Option<i64>,
    /// The exchange it is about.
    pub exchange: Option<String>,
    /// The nominal it is about.
    pub nominal: Option<String>,
    /// The agency that acted, where it is about an agency's people.
    pub agency: Option<String>,
    /// Who acted there.
    pub by: Option<String>,
    /// About whom.
    pub about: Option<String>,
}

impl Flow {
    /// The events of an act; what tells the coordinators is written beside.
    pub(crate) async fn told(&self, tx: &mut Tx, act: &Act<'_>) -> Result<Vec<Draft>, FlowError> {
        let agency = id_of(act.agency)?;
        let (units, told) = self.tell_units(tx, act.agency, act.change).await?;
        let mut event = Draft::new(EventKind::PersonChanged, Some(&agency))
            .reaching(units)
            .with("by", act.by)
            .with("change", act.change);
        if let Some(person) = act.person {
            event = event.with("person", person);
        }
        if let Some(invitation) = act.invitation {
            event = event.with("invitation", invitation);
        }
        // The rows go with the first event: a notice is read through it.
        let mut events = vec![event];
        events.extend(told);
        Ok(events)
    }

    /// Tells the coordinators of an agency's areas of something about its people: whom, and the
    /// events of it. What they are told of is the first event of the recording.
    pub(crate) async fn tell_units(
        &self,
        tx: &mut Tx,
        agency: &str,
        change: &str,
    ) -> Result<(Vec<AgencyId>, Vec<Draft>), FlowError> {
        let units = units_of(tx, agency).await?;
        let mut events = Vec::new();
        for unit in &units {
            events.push(self.tell_role(tx, unit, Role::Coordinator, change).await?);
        }
        Ok((units, events))
    }

    /// Tells the single point of contact of an agency of something about its people, and while
    /// that one is away whoever is in post as the deputy. It goes with the first event too.
    pub(crate) async fn tell_contacts(
        &self,
        tx: &mut Tx,
        agency: &AgencyId,
        change: &str,
    ) -> Result<Vec<Draft>, FlowError> {
        let now = self.clock.now();
        let mut events = vec![self.tell_role(tx, agency, Role::Spoc, change).await?];
        if let Some(person) = parties::in_post(tx, agency.as_str(), Role::Spoc, now).await?
            && !parties::roles_of(tx, &person, now)
                .await?
                .contains(&Role::Spoc)
        {
            let deputy = Role::DeputySpoc;
            events.push(self.tell_role(tx, agency, deputy, change).await?);
        }
        Ok(events)
    }

    async fn tell_role(
        &self,
        tx: &mut Tx,
        agency: &AgencyId,
        role: Role,
        change: &str,
    ) -> Result<Draft, FlowError> {
        let kind = format!("{KIND}{change}");
        let mut notice = NoticeRow {
            id: format!("{}/{agency}/{role}/{kind}", Id::new(&self.clock)),
            exchange: None,
            nominal: None,
            agency: agency.to_string(),
            role: role.to_string(),
            kind: kind.clone(),
            created_at: self.now(),
            due_at: None,
            done_at: None,
            updated_by: String::new(),
        };
        tx.put(&mut notice).await?;
        Ok(Draft::new(EventKind::Notified, None)
            .reaching([agency.clone()])
            .with("role", role.as_str())
            .with("notice", &*kind))
    }

    /// What the roles of the person who calls are told, the newest first.
    ///
    /// # Errors
    /// [`FlowError::Forbidden`] where no person calls.
    pub async fn told_to(
        &self,
        caller: &Caller,
        before: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Told>, FlowError> {
        let person = self.acting(caller, &[], "reading notices").await?.clone();
        let mut tx = self.store.read().await?;
        let mine = self.notices_for(&mut tx, &person, before, limit).await?;
        let (mut all, mut people) = (Vec::new(), 0_u64);
        for row in mine {
            let event = match row.kind.starts_with(KIND) {
                true => Some(event_of(&mut tx, &row).await?),
                false => None,
            };
            people += u64::from(event.is_some());
            all.push(self.told_one(&mut tx, row, event).await?);
        }
        drop(tx);
        if people > 0 {
            let agency = id_of(&person.agency)?;
            self.administer("read-notices", move |_| {
                Box::pin(async move {
                    let event = Draft::new(EventKind::PeopleRead, Some(&agency))
                        .with("by", &*person.id)
                        .with("notices", people.to_string());
                    Ok((vec![event], ()))
                })
            })
            .await?;
        }
        Ok(all)
    }

    async fn notices_for(
        &self,
        tx: &mut Tx,
        person: &PersonRow,
        before: Option<&str>,
        limit: usize,
    ) -> Result<Vec<NoticeRow>, FlowError> {
        let roles = parties::roles_of(tx, &person.id, self.clock.now()).await?;
        let (mut mine, mut before) = (Vec::new(), before.map(str::to_owned));
        while mine.len() < limit {
            let rows = tx
                .notices_newest(&person.agency, before.as_deref(), AT_ONCE)
                .await?;
            let Some(last) = rows.last() else { break };
            before = Some(last.id.clone());
            let of_mine = |row: &NoticeRow| roles.iter().any(|role| role.as_str() == row.role);
            mine.extend(rows.into_iter().filter(of_mine));
        }
        mine.truncate(limit);
        Ok(mine)
    }

    async fn told_one(
        &self,
        tx: &mut Tx,
        row: NoticeRow,
        event: Option<Event>,
    ) -> Result<Told, FlowError> {
        let mut told = Told {
            id: row.id,
            kind: row.kind,
            role: row.role,
            created: row.created_at,
            due: row.due_at,
            exchange: row.exchange,
            nominal: row.nominal,
            agency: None,
            by: None,
            about: None,
        };
        let Some(event) = event else { return Ok(told) };
        if let Some(agency) = &event.from {
            let row: Option<AgencyRow> = tx.get(agency.as_str()).await?;
            told.agency = row.map(|row| row.name);
        }
        told.by = self.name_in(tx, event.detail.get("by")).await?;
        told.about = match event.detail.get("person") {
            Some(person) => self.name_in(tx, Some(person)).await?,
            None => {
                self.invited_name(tx, event.detail.get("invitation"))
                    .await?
            }
        };
        Ok(told)
    }

    async fn name_in(
        &self,
        tx: &mut Tx,
        person: Option<&String>,
    ) -> Result<Option<String>, FlowError> {
        let Some(id) = person else { return Ok(None) };
        let row: PersonRow = tx.get(id).await?.ok_or_else(|| corrupt("person", id))?;
        Ok(Some(self.person_name(&row).await?.into_inner()))
    }

    /// The name of who was invited: of the invitation, or of the person they have become.
    async fn invited_name(
        &self,
        tx: &mut Tx,
        invitation: Option<&String>,
    ) -> Result<Option<String>, FlowError> {
        let Some(id) = invitation else {
            return Ok(None);
        };
        let row: Option<InvitationRow> = tx.get(id).await?;
        let row = row.ok_or_else(|| corrupt("invitation", id))?;
        let Some(sealed) = &row.name else {
            return self.name_in(tx, row.person.as_ref()).await;
        };
        let place = invitation_place(&row.id, "name");
        let plain = self.vault.open_column(&place, sealed).await?;
        let name = String::from_utf8(plain.to_vec());
        Ok(Some(name.map_err(|_| corrupt("invitation", id))?))
    }
}

/// The event that a notice was written with.
async fn event_of(tx: &mut Tx, row: &NoticeRow) -> Result<Event, FlowError> {
    let leaf = tx.leaf_of_row("notice", &row.id).await?;
    let leaf = leaf.ok_or_else(|| corrupt("notice", &row.id))?;
    Ok(serde_json::from_str(&leaf.event)?)
}

/// The coordination units of an agency's areas.
async fn units_of(tx: &mut Tx, agency: &str) -> Result<Vec<AgencyId>, FlowError> {
    let mut units = Vec::new();
    for membership in tx.memberships(agency).await? {
        let kind = AgencyKind::Coordination.as_str();
        for unit in tx.agencies_in(&membership.area, kind).await? {
            let id = id_of(&unit.id)?;
            if unit.state == "active" && !units.contains(&id) {
                units.push(id);
            }
        }
    }
    Ok(units)
}
