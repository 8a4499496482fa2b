//! The nominal's record and timeline: for those who have a live part in it, at the time of
//! reading; each reading is logged first. The coordination unit and the lead agency see all
//! events; others see those that they made or that reach them, and learn nothing of the rest.

use std::collections::BTreeMap;

use gateway_core::event::{Event, EventKind};
use gateway_core::question::{ReadQuestion, Reading};
use gateway_core::{AgencyId, IdentifierKind, Outcome, Personal, Role};
use gateway_ledger::Hash;
use gateway_seal::Place;
use gateway_store::rows::{NominalRow, PartRow};
use gateway_store::{LeafRow, LogHead, Tx};
use gateway_vault::parties;

use crate::Flow;
use crate::case::{agency, corrupt};
use crate::error::FlowError;
use crate::identify::live;
use crate::recorder::Draft;
use crate::submission::Caller;

/// A nominal's record.
#[derive(Debug, Clone)]
pub struct NominalView {
    /// The gateway's reference.
    pub reference: String,
    /// The area.
    pub area: String,
    /// `active` or `provisional`.
    pub state: String,
    /// Level, 1 to 3; 0 unknown.
    pub level: i64,
    /// Category, 1 to 4; 0 unknown.
    pub category: i64,
    /// The lead agency.
    pub lead_agency: Option<String>,
    /// The name.
    pub name: Option<Personal<String>>,
    /// The date of birth, ISO.
    pub date_of_birth: Option<Personal<String>>,
    /// All identifiers.
    pub identifiers: Vec<(IdentifierKind, Personal<String>)>,
    /// Partners and associates, past ones too.
    pub partners: Vec<PartView>,
    /// The prison that holds the person now.
    pub custody: Option<String>,
    /// The mental health trust.
    pub trust: Option<String>,
}

/// A dated part in a nominal.
#[derive(Debug, Clone)]
pub struct PartView {
    /// The agency.
    pub agency: String,
    /// `partner`, `associate` or `custody`.
    pub kind: String,
    /// From, microseconds UTC.
    pub from: i64,
    /// Until, microseconds UTC.
    pub until: Option<i64>,
}

/// One event of a timeline.
#[derive(Debug, Clone)]
pub struct TimelineEvent {
    /// Its id.
    pub id: String,
    /// When, RFC 3339.
    pub at: String,
    /// What happened.
    pub kind: String,
    /// The exchange.
    pub exchange: Option<String>,
    /// Who acted.
    pub from: Option<String>,
    /// Whom it reached, as far as this caller may know.
    pub to: Vec<String>,
    /// The rules, for those who see all.
    pub rules: Vec<String>,
    /// Opaque particulars, for those who see all.
    pub detail: BTreeMap<String, String>,
    /// The proof: a tlog-proof, with the opening for those who see all.
    pub proof: String,
}

/// Something a role is told.
#[derive(Debug, Clone)]
pub struct NoticeView {
    /// Its id.
    pub id: String,
    /// The exchange.
    pub exchange: Option<String>,
    /// The nominal.
    pub nominal: Option<String>,
    /// The role.
    pub role: String,
    /// What of.
    pub kind: String,
    /// Since when, microseconds UTC.
    pub created: i64,
    /// By when, microseconds UTC.
    pub due: Option<i64>,
}

/// A nominal that a caller may read.
pub(crate) struct Admitted {
    pub(crate) nominal: NominalRow,
    /// The person who reads.
    pub(crate) person: String,
    /// All events, and not those of their agency alone.
    pub(crate) sees_all: bool,
}

impl PartView {
    pub(crate) fn of(part: PartRow) -> Self {
        Self {
            agency: part.agency,
            kind: part.kind,
            from: part.from_at,
            until: part.until_at,
        }
    }
}

impl Flow {
    /// A nominal's record.
    pub async fn nominal(
        &self,
        caller: &Caller,
        reference: &str,
    ) -> Result<NominalView, FlowError> {
        let (nominal, _) = self.admitted(caller, reference, "record").await?;
        self.record_of(&nominal).await
    }

    /// A nominal's record, opened: whoever is shown it has been admitted, and that is logged.
    pub(crate) async fn record_of(&self, nominal: &NominalRow) -> Result<NominalView, FlowError> {
        let mut tx = self.store.read().await?;
        let identifiers = self.identifiers(&mut tx, nominal).await?;
        let first = |wanted| {
            identifiers
                .iter()
                .find(|(kind, _)| *kind == wanted)
                .map(|(_, value)| value.clone())
        };
        let parts = tx.parts_of(&nominal.id).await?;
        let now = self.now();
        let custody = parts
            .iter()
            .find(|p| p.kind == "custody" && p.from_at <= now && p.until_at.is_none_or(|u| u > now))
            .map(|p| p.agency.clone());
        Ok(NominalView {
            name: first(IdentifierKind::Name),
            date_of_birth: first(IdentifierKind::Dob),
            identifiers,
            partners: parts
                .into_iter()
                .filter(|part| part.kind != "custody")
                .map(PartView::of)
                .collect(),
            custody,
            reference: nominal.id.clone(),
            area: nominal.area.clone(),
            state: nominal.state.clone(),
            level: nominal.level,
            category: nominal.category,
            lead_agency: nominal.lead_agency.clone(),
            trust: nominal.trust.clone(),
        })
    }

    /// A nominal's identifiers, opened.
    pub(crate) async fn identifiers(
        &self,
        tx: &mut Tx,
        nominal: &NominalRow,
    ) -> Result<Vec<(IdentifierKind, Personal<String>)>, FlowError> {
        let mut all = Vec::new();
        for row in tx.identifiers_of(&nominal.id).await? {
            let place = Place {
                area: &nominal.area,
                table: "nominal_identifier",
                row: &row.id,
                column: "value",
            };
            let plain = self.vault.open_column(&place, &row.value).await?;
            let text = String::from_utf8(plain.to_vec())
                .map_err(|_| corrupt("nominal_identifier", &row.id))?;
            let kind = row
                .kind
                .parse()
                .map_err(|_| corrupt("nominal_identifier", &row.id))?;
            all.push((kind, Personal::new(text)));
        }
        Ok(all)
    }

    /// A nominal's timeline, the oldest event first.
    pub async fn timeline(
        &self,
        caller: &Caller,
        reference: &str,
        after: Option<&str>,
        limit: i64,
    ) -> Result<Vec<TimelineEvent>, FlowError> {
        let (nominal, sees_all) = self.admitted(caller, reference, "timeline").await?;
        let mut tx = self.store.read().await?;
        let mut events = Vec::new();
        let mut cursor = after.map(str::to_owned);
        let wanted = usize::try_from(limit).unwrap_or(0);
        loop {
            let leaves = tx
                .leaves_of_nominal(&nominal.id, cursor.as_deref(), limit)
                .await?;
            let Some(last) = leaves.last() else {
                return Ok(events);
            };
            cursor = Some(last.id.clone());
            for leaf in leaves {
                let event: Event = serde_json::from_str(&leaf.event)?;
                if sees_all {
                    events.push(self.whole(&mut tx, leaf, event).await?);
                } else if concerns(&event, &caller.agency) {
                    events.push(own_part(&mut tx, leaf, event, &caller.agency).await?);
                }
                if events.len() == wanted {
                    return Ok(events);
                }
            }
        }
    }

    /// The nominal, where this caller may read its record now; that it is read is logged.
    async fn admitted(
        &self,
        caller: &Caller,
        reference: &str,
        what: &'static str,
    ) -> Result<(NominalRow, bool), FlowError> {
        let Admitted {
            nominal,
            person,
            sees_all,
        } = self.admits(caller, reference).await?;
        let draft = Draft::new(EventKind::RecordRead, Some(&caller.agency))
            .nominal(&nominal.id)
            .reaching([caller.agency.clone()])
            .with("what", what)
            .with("person", person);
        self.recorder
            .record(&nominal.area, "read-record", move |_| {
                Box::pin(async move { Ok((vec![draft], ())) })
            })
            .await?;
        Ok((nominal, sees_all))
    }

    /// Whether this caller may read a nominal's record now. Nothing is read yet.
    pub(crate) async fn admits(
        &self,
        caller: &Caller,
        reference: &str,
    ) -> Result<Admitted, FlowError> {
        let person = self
            .acting(caller, &[], "reading a nominal")
            .await?
            .id
            .clone();
        let mut tx = self.store.read().await?;
        let nominal = live(&mut tx, reference).await?;
        let own = agency(&mut tx, caller.agency.as_str()).await?;
        let now = self.clock.now();
        let reader = parties::party(&mut tx, &own, nominal.as_ref(), now).await?;
        let roles = parties::roles_of(&mut tx, &person, now).await?;
        drop(tx);
        let Some(nominal) = nominal else {
            return Err(FlowError::NotFound);
        };
        let sees_all = reader.lead || reader.area_unit;
        let live_part = reader.live_part();
        // Who audits, and does nothing else, reads how the gateway was used and no record.
        let audits = !roles.is_empty() && roles.iter().all(|role| *role == Role::Auditor);
        let ruling = self.protocols.may_read(&ReadQuestion {
            reading: Reading::Record,
            reader,
            agency_suspended: false,
            roles,
            person_given: true,
            person_suspended: false,
            person_is_named: false,
            in_portal: false,
            expired: false,
            recalled: false,
            left_lately: false,
            obligations: std::collections::BTreeSet::new(),
        });
        if !live_part || audits || ruling.outcome != Outcome::Permit || ruling.fault {
            // A nominal that is not the caller's does not exist for it.
            return Err(FlowError::NotFound);
        }
        Ok(Admitted {
            nominal,
            person,
            sees_all,
        })
    }

    async fn whole(
        &self,
        tx: &mut Tx,
        leaf: LeafRow,
        event: Event,
    ) -> Result<TimelineEvent, FlowError> {
        let id = leaf.id.clone();
        let proof = self.prove(tx, leaf).await?;
        Ok(TimelineEvent {
            id,
            at: event.at,
            kind: event.kind.to_string(),
            exchange: event.exchange,
            from: event.from.map(String::from),
            to: event.to.into_iter().map(String::from).collect(),
            rules: event.rules,
            detail: event.detail,
            proof: proof
                .render()
                .map_err(|e| FlowError::Internal(e.to_string()))?,
        })
    }

    /// What roles at the calling agency are told or have to consider.
    pub async fn notices(
        &self,
        caller: &Caller,
        after: Option<&str>,
        limit: i64,
    ) -> Result<Vec<NoticeView>, FlowError> {
        let mut tx = self.store.read().await?;
        let notices = tx.notices(caller.agency.as_str(), after, limit).await?;
        Ok(notices
            .into_iter()
            .map(|notice| NoticeView {
                id: notice.id,
                exchange: notice.exchange,
                nominal: notice.nominal,
                role: notice.role,
                kind: notice.kind,
                created: notice.created_at,
                due: notice.due_at,
            })
            .collect())
    }
}

/// Whether an event is by an agency or reaches it.
pub(crate) fn concerns(event: &Event, agency: &AgencyId) -> bool {
    event.from.as_ref() == Some(agency) || event.to.contains(agency)
}

/// Cuts an event to what concerns one agency: no rules, no particulars, no other recipient.
pub(crate) fn cut(event: &mut Event, agency: &AgencyId) {
    if event.from.as_ref() != Some(agency) {
        event.to.retain(|to| to == agency);
    }
    event.rules.clear();
    event.detail.clear();
}

/// The proof of a leaf without its opening, which would say all of it.
pub(crate) async fn closed(tx: &mut Tx, leaf: &LeafRow) -> Result<String, FlowError> {
    let head = tx
        .log(&leaf.log)
        .await?
        .ok_or_else(|| corrupt("log", &leaf.log))?;
    let path = crate::log::path(tx, &head, leaf.index).await?;
    Ok(closed_proof(&head, leaf.index, &path))
}

/// An event cut to what concerns one agency, with a closed proof.
async fn own_part(
    tx: &mut Tx,
    leaf: LeafRow,
    mut event: Event,
    agency: &AgencyId,
) -> Result<TimelineEvent, FlowError> {
    cut(&mut event, agency);
    Ok(TimelineEvent {
        proof: closed(tx, &leaf).await?,
        id: leaf.id,
        at: event.at,
        kind: event.kind.to_string(),
        exchange: event.exchange,
        from: event.from.map(String::from),
        to: event.to.into_iter().map(String::from).collect(),
        rules: event.rules,
        detail: event.detail,
    })
}

/// A tlog-proof without `extra` (C2SP tlog-proof).
fn closed_proof(head: &LogHead, index: u64, path: &[Hash]) -> String {
    use base64::Engine as _;
    let mut text = format!("c2sp.org/tlog-proof@v1\nindex {index}\n");
    for hash in path {
        text.push_str(&base64::engine::general_purpose::STANDARD.encode(hash.0));
        text.push('\n');
    }
    text.push('\n');
    text.push_str(&head.checkpoint);
    text
}
