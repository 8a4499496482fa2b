//! What cannot be handled: kept whole and sealed, seen by the coordinator, and its sender told what
//! was wrong, where the sender is known.

use gateway_core::{Channel, Id, Personal};
use gateway_fhir::model::Agency;
use gateway_fhir::{Cause, Issue, Writer};
use gateway_flow::FlowError;
use gateway_flow::body::StagedBody;
use gateway_flow::quarantine::Unproved;
use gateway_health::Carried;
use gateway_mesh::MessageId;
use gateway_store::rows::{AgencyRow, MeshInRow};

use super::take::From;
use crate::dispatch::{New, REPLY, write};
use crate::error::Trouble;
use crate::room::{Meshroom, gone};

/// What became of a message that could not be collected: it is still at MESH.
pub(super) const LEFT: &str = "left";
/// What became of one that is kept apart.
pub(super) const APART: &str = "kept-apart";

/// Why a message is kept apart, and what its sender is told.
pub(super) struct Apart {
    reason: &'static str,
    /// The id of the message's header, to answer it by.
    header: Option<String>,
    issues: Vec<Issue>,
}

impl Apart {
    pub fn of(reason: &'static str) -> Self {
        Self {
            reason,
            header: None,
            issues: Vec::new(),
        }
    }

    pub fn answering(mut self, header: Option<String>) -> Self {
        self.header = header;
        self
    }

    pub fn with(mut self, issues: &[Issue]) -> Self {
        self.issues.extend_from_slice(issues);
        self
    }

    /// With one thing that is wrong with the whole.
    pub fn because(self, words: &str) -> Self {
        let issue = Issue::error(Cause::NotOurs, "", words);
        self.with(&[issue])
    }
}

impl Meshroom {
    /// Keeps a message apart, once, and tells its sender why.
    pub(super) async fn keep_apart(
        &self,
        from: &From,
        whole: StagedBody,
        apart: Apart,
    ) -> Result<(), Trouble> {
        if !apart.issues.is_empty() {
            self.answer(from, apart.header.as_deref(), &apart.issues)
                .await?;
        }
        let addressed = match &from.agency {
            Some(agency) => self.0.flow.unit_of_agency(agency).await?,
            None => None,
        };
        let unproved = Unproved {
            channel: Channel::Mesh,
            reason: apart.reason,
            claimed: Personal::new(format!("mailbox {}", from.headers.from)),
            agency: from.agency.clone(),
            addressed: addressed.into_iter().collect(),
            body: whole,
        };
        let row = self.in_row(from, APART, None);
        match self.0.flow.keep_apart_once(unproved, Some(row)).await {
            Ok(kept) => {
                let (message, reason) = (&from.headers.message, apart.reason);
                tracing::info!(%message, quarantine = %kept, reason, "a message of MESH is kept apart");
                Ok(())
            }
            Err(FlowError::Conflict(_)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Notes that a message cannot be collected: an empty record of it is kept apart, and MESH has
    /// the message until its time runs out.
    pub(super) async fn left(
        &self,
        message: &MessageId,
        reason: &'static str,
    ) -> Result<(), Trouble> {
        let unproved = Unproved {
            channel: Channel::Mesh,
            reason,
            claimed: Personal::new(format!("message {message} of MESH")),
            agency: None,
            addressed: Vec::new(),
            body: self.0.flow.take_text("")?,
        };
        let row = MeshInRow {
            id: message.to_string(),
            sender: String::new(),
            workflow: String::new(),
            became: LEFT.to_owned(),
            exchange: None,
            at: self.now(),
        };
        match self.0.flow.keep_apart_once(unproved, Some(row)).await {
            Ok(_) => {
                tracing::warn!(%message, reason, "a message cannot be collected and stays at MESH");
                Ok(())
            }
            Err(FlowError::Conflict(_)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// The note that a message was taken in.
    pub(super) fn in_row(&self, from: &From, became: &str, exchange: Option<String>) -> MeshInRow {
        MeshInRow {
            id: from.headers.message.to_string(),
            sender: from.headers.from.to_string(),
            workflow: from.headers.workflow.to_string(),
            became: became.to_owned(),
            exchange,
            at: self.now(),
        }
    }

    /// Notes that a message was taken in.
    pub(super) async fn note_taken(&self, row: &MeshInRow) -> Result<(), Trouble> {
        let mut tx = self.0.flow.store.write("mesh-taken").await?;
        tx.mesh_taken(row).await?;
        Ok(tx.commit().await?)
    }

    /// Queues the word on a message, once: that it was taken where there is no issue, else why not.
    pub(super) async fn answer(
        &self,
        from: &From,
        header: Option<&str>,
        issues: &[Issue],
    ) -> Result<(), Trouble> {
        let Some(agency) = &from.agency else {
            return Ok(());
        };
        let mut tx = self.0.flow.store.read().await?;
        let area = tx.memberships(agency.as_str()).await?.into_iter().next();
        let area = area
            .ok_or_else(|| gone("an agency belongs to no area"))?
            .area;
        drop(tx);
        let unit = self.0.flow.unit_of_agency(agency).await?;
        let unit = unit.ok_or_else(|| gone("an area has no coordination unit"))?;
        let mut tx = self.0.flow.store.read().await?;
        let row: Option<AgencyRow> = tx.get(unit.as_str()).await?;
        drop(tx);
        let sender = Agency {
            name: row.map_or_else(|| unit.to_string(), |row| row.name),
            id: unit,
        };
        let about = Id::new(&self.0.flow.clock);
        // Where it has no header, MESH's own id of it says which it was.
        let own = from.headers.message.as_str().replace('_', "-");
        let writer = Writer::new(self.0.settings.systems.clone());
        let at = self.0.flow.clock.now();
        let reply = writer.reply_message((about, at), &sender, header.unwrap_or(&own), issues);
        let mut row = self.row(New {
            kind: REPLY,
            area,
            delivery: None,
            replies_to: Some(from.headers.message.to_string()),
            mailbox: from.headers.from.to_string(),
            workflow: &self.0.settings.workflows.acknowledgement,
            about,
        });
        let written = write(&self.0.flow, reply, Carried::new(Vec::new())).await?;
        self.keep(&mut row, written).await?;
        self.put(&row).await
    }
}
