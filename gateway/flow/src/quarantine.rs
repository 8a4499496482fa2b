//! What cannot be an exchange: its sender is not proved, or it cannot be read. It is kept whole
//! and sealed, counted and shown to the coordinator; nothing of it reaches anybody else.

use gateway_core::event::EventKind;
use gateway_core::{AgencyId, AgencyKind, Channel, Id, Personal};
use gateway_seal::{Place, wrap};
use gateway_store::rows::{AgencyRow, MeshInRow, QuarantineRow};
use gateway_vault::OpenKeptApart;
use zeroize::Zeroizing;

use crate::Flow;
use crate::body::StagedBody;
use crate::case::corrupt;
use crate::error::FlowError;
use crate::read::first;
use crate::reason::Given;
use crate::recorder::{Draft, work};
use crate::staged::StagedFile;
use crate::submission::Caller;

/// What came and is to be kept apart.
#[derive(Debug)]
pub struct Unproved {
    /// The channel.
    pub channel: Channel,
    /// Why, a word of the channel's own: `sender-not-proved`.
    pub reason: &'static str,
    /// Whom it says that it is from.
    pub claimed: Personal<String>,
    /// That sender's agency, where there is one.
    pub agency: Option<AgencyId>,
    /// For whom.
    pub addressed: Vec<AgencyId>,
    /// All of it, as it came.
    pub body: StagedBody,
}

/// What is kept apart, as the coordinator's list shows it.
#[derive(Debug, Clone)]
pub struct QuarantineView {
    /// Its id.
    pub id: String,
    /// The channel.
    pub channel: String,
    /// Why.
    pub reason: String,
    /// Whom it says that it is from.
    pub claimed: Personal<String>,
    /// That sender's agency, where there is one.
    pub agency: Option<String>,
    /// For whom.
    pub addressed: Vec<String>,
    /// Its size, bytes.
    pub size: i64,
    /// Since when, microseconds UTC.
    pub at: i64,
}

impl Flow {
    /// Keeps it, in the area of the first agency addressed, and answers its id after the commit.
    pub async fn keep_apart(&self, unproved: Unproved) -> Result<String, FlowError> {
        self.keep_apart_once(unproved, None).await
    }

    /// The same for a message of MESH, which is kept once however often it comes.
    ///
    /// # Errors
    /// [`FlowError::Conflict`] where the message has been taken before.
    pub async fn keep_apart_once(
        &self,
        unproved: Unproved,
        message: Option<MeshInRow>,
    ) -> Result<String, FlowError> {
        let area = self.area_of(unproved.addressed.first()).await?;
        let id = Id::new(&self.clock).to_string();
        let (mut row, file) = self.apart_row(&area, &id, unproved).await?;
        let event = Draft::new(EventKind::ExchangeQuarantined, None)
            .with("quarantine", &*id)
            .with("reason", &*row.reason)
            .with("channel", &*row.channel)
            .with("size", row.size.to_string());
        let work = work(move |tx| {
            Box::pin(async move {
                if let Some(message) = message
                    && !tx.mesh_taken(&message).await?
                {
                    return Err(FlowError::Conflict("it was taken before".to_owned()));
                }
                tx.put(&mut row).await?;
                if let Some(blob) = &row.blob
                    && !tx.enliven_blob(blob).await?
                {
                    return Err(FlowError::Unavailable(
                        "a body was swept: send it again".to_owned(),
                    ));
                }
                Ok((vec![event], ()))
            })
        });
        self.recorder.record(&area, "keep-apart", work).await?;
        file.into_iter().for_each(StagedFile::kept);
        Ok(id)
    }

    async fn apart_row(
        &self,
        area: &str,
        id: &str,
        unproved: Unproved,
    ) -> Result<(QuarantineRow, Option<StagedFile>), FlowError> {
        let keys = self
            .vault
            .holding_keys(area, "quarantine", "gateway", "quarantine")
            .await?;
        let StagedBody {
            key, stored, size, ..
        } = unproved.body;
        let placed = stored.place();
        let claimed = unproved.claimed.reveal().as_bytes();
        let addressed: Vec<&str> = unproved.addressed.iter().map(AgencyId::as_str).collect();
        let row = QuarantineRow {
            id: id.to_owned(),
            area: area.to_owned(),
            channel: unproved.channel.to_string(),
            reason: unproved.reason.to_owned(),
            claimed: self
                .vault
                .seal_column(&claimed_place(area, id), claimed)
                .await?,
            agency: unproved.agency.map(|agency| agency.to_string()),
            addressed: serde_json::to_string(&addressed)?,
            size: i64::try_from(size).unwrap_or(i64::MAX),
            body: placed.inline,
            blob: placed.blob,
            blob_sha256: placed.blob_sha256,
            hold_wrap: wrap(&key, &keys.hold.recipient)?,
            state: "kept".to_owned(),
            at: self.now(),
            updated_by: String::new(),
        };
        Ok((row, placed.file))
    }

    /// The coordination unit of an agency's first area.
    ///
    /// # Errors
    /// [`FlowError::Unavailable`] where the store is away.
    pub async fn unit_of_agency(&self, agency: &AgencyId) -> Result<Option<AgencyId>, FlowError> {
        let mut tx = self.store.read().await?;
        let Some(first) = tx.memberships(agency.as_str()).await?.into_iter().next() else {
            return Ok(None);
        };
        let kind = AgencyKind::Coordination.as_str();
        let units = tx.agencies_in(&first.area, kind).await?;
        Ok(units.into_iter().find_map(|unit| unit.id.parse().ok()))
    }

    async fn area_of(&self, agency: Option<&AgencyId>) -> Result<String, FlowError> {
        let mut tx = self.store.read().await?;
        let Some(agency) = agency else {
            drop(tx);
            return self.default_area().await;
        };
        let first = tx.memberships(agency.as_str()).await?.into_iter().next();
        drop(tx);
        match first {
            Some(membership) => Ok(membership.area),
            None => self.default_area().await,
        }
    }

    /// What is kept apart in the area, for its coordinator alone, and logged, with the reason
    /// where one was given.
    pub async fn quarantine(
        &self,
        caller: &Caller,
        given: Option<&Given>,
        after: Option<&str>,
        limit: i64,
    ) -> Result<Vec<QuarantineView>, FlowError> {
        let area = self.log_queue(caller, "quarantine", given).await?;
        let mut tx = self.store.read().await?;
        let rows = tx.quarantined(&area, after, limit).await?;
        drop(tx);
        let mut views = Vec::new();
        for row in rows {
            views.push(self.quarantine_view(row).await?);
        }
        Ok(views)
    }

    async fn quarantine_view(&self, row: QuarantineRow) -> Result<QuarantineView, FlowError> {
        let place = claimed_place(&row.area, &row.id);
        let claimed = self.vault.open_column(&place, &row.claimed).await?;
        let claimed = String::from_utf8_lossy(&claimed).into_owned();
        Ok(QuarantineView {
            claimed: Personal::new(claimed),
            addressed: serde_json::from_str(&row.addressed)
                .map_err(|_| corrupt("quarantine", &row.id))?,
            id: row.id,
            channel: row.channel,
            reason: row.reason,
            agency: row.agency,
            size: row.size,
            at: row.at,
        })
    }

    /// One thing that is kept apart, unopened, for the area's coordinator who has given a reason
    /// for seeing what waits; logged.
    pub async fn quarantined(
        &self,
        caller: &Caller,
        given: &Given,
        id: &str,
    ) -> Result<QuarantineView, FlowError> {
        let (area, _) = self
            .coordinator(caller, "seeing what is kept apart")
            .await?;
        let row = self.kept_row(&area, id).await?;
        self.log_queue(caller, "quarantine", Some(given)).await?;
        self.quarantine_view(row).await
    }

    /// The beginning of what is kept apart, at most `most` bytes of it, opened by the vault for
    /// the area's coordinator once the log has it that she reads it, and why. Whoever shows it
    /// shows it as text and nothing else: it may be malicious.
    pub async fn open_kept_apart(
        &self,
        caller: &Caller,
        given: &Given,
        id: &str,
        most: usize,
    ) -> Result<Zeroizing<Vec<u8>>, FlowError> {
        let (area, person) = self
            .coordinator(caller, "opening what is kept apart")
            .await?;
        let row = self.kept_row(&area, id).await?;
        let draft = Draft::new(EventKind::RecordRead, Some(&caller.agency))
            .with("what", "quarantined")
            .with("quarantine", id)
            .with("person", &*person.id)
            .with("reading", given.id());
        let read = work(move |_| Box::pin(async move { Ok((vec![draft], ())) }));
        let recorded = self
            .recorder
            .record(&area, "read-kept-apart", read)
            .await?
            .1;
        let recorded = first(recorded)?;
        let key = self
            .vault
            .open_kept_apart(OpenKeptApart {
                quarantine: row.id,
                person: person.id.clone(),
                log: recorded.log,
                index: recorded.index,
            })
            .await?;
        self.opened_part(&key, row.body, row.blob.as_deref(), most)
    }

    /// One thing that is kept apart in an area.
    pub(crate) async fn kept_row(&self, area: &str, id: &str) -> Result<QuarantineRow, FlowError> {
        let mut tx = self.store.read().await?;
        let row: Option<QuarantineRow> = tx.get(id).await?;
        row.filter(|row| row.area == area && row.state == "kept")
            .ok_or(FlowError::NotFound)
    }

    /// The active agencies whose functional address this is.
    pub async fn agencies_at(&self, email: &str) -> Result<Vec<AgencyRow>, FlowError> {
        let mut tx = self.store.read().await?;
        let found = tx.agencies_by_email(email).await?;
        Ok(found.into_iter().filter(|a| a.state == "active").collect())
    }
}

fn claimed_place<'a>(area: &'a str, id: &'a str) -> Place<'a> {
    Place {
        area,
        table: "quarantine",
        row: id,
        column: "claimed",
    }
}
