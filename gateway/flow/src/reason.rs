//! Why somebody looks at what was not delivered to them. The reason is given in words before
//! anything is shown, kept sealed, and every reading of it refers to it in the log
//! (DPA 2018 s.62: consultation, and the justification for it).

use gateway_core::Role;
use gateway_core::event::EventKind;
use gateway_core::text::clean;
use gateway_seal::Place;
use gateway_store::rows::{PersonRow, ReadingRow};
use jiff::Timestamp;

use crate::Flow;
use crate::error::{FieldFault, FlowError};
use crate::recorder::{Draft, work};
use crate::seal::fresh;
use crate::submission::Caller;

/// The longest reason, characters.
const LONGEST: usize = 1_000;

/// What a reason is given for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadingOf<'a> {
    /// The lists of what waits in an area, for its coordinator.
    Queues,
    /// The list of an area's nominals, for its coordinator.
    Nominals,
    /// One thing that is kept apart, by its id.
    Quarantined(&'a str),
    /// One nominal's record and timeline, by its reference.
    Nominal(&'a str),
}

impl<'a> ReadingOf<'a> {
    /// Its word in the records and the log.
    pub const fn what(self) -> &'static str {
        match self {
            Self::Queues => "queues",
            Self::Nominals => "nominals",
            Self::Quarantined(_) => "quarantined",
            Self::Nominal(_) => "nominal",
        }
    }

    /// Which one; none of a list.
    pub const fn object(self) -> Option<&'a str> {
        match self {
            Self::Queues | Self::Nominals => None,
            Self::Quarantined(id) | Self::Nominal(id) => Some(id),
        }
    }
}

/// A reason that was given: its id, to which the events of the readings refer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given(String);

impl Given {
    /// The id of the kept reason.
    pub fn id(&self) -> &str {
        &self.0
    }
}

impl Flow {
    /// Keeps the reason why a person looks at something.
    ///
    /// # Errors
    /// [`FlowError::NotFound`] where there is nothing of it for this person, and
    /// [`FlowError::Invalid`] where no reason is given.
    pub async fn read_with_reason(
        &self,
        caller: &Caller,
        of: ReadingOf<'_>,
        reason: &str,
    ) -> Result<Given, FlowError> {
        let reason = clean(reason, LONGEST)
            .map_err(|e| FlowError::Invalid(vec![FieldFault::new("/reason", e.to_string())]))?;
        let (area, person, nominal) = self.may_look(caller, of).await?;
        let mut row = self.reason_row(&area, &person.id, of, &reason).await?;
        let id = row.id.clone();
        let mut draft = Draft::new(EventKind::RecordRead, Some(&caller.agency))
            .with("what", "reason")
            .with("of", of.what())
            .with("person", &*person.id)
            .with("reading", &*id);
        if let Some(nominal) = nominal {
            draft = draft.nominal(&nominal);
        }
        let work = work(move |tx| {
            Box::pin(async move {
                tx.put(&mut row).await?;
                Ok((vec![draft], ()))
            })
        });
        self.recorder
            .record(&area, "read-with-reason", work)
            .await?;
        Ok(Given(id))
    }

    /// The newest reason that a person has given for looking at something, since a time: that
    /// at which they signed in.
    pub async fn reason_given(
        &self,
        caller: &Caller,
        of: ReadingOf<'_>,
        since: Timestamp,
    ) -> Result<Option<Given>, FlowError> {
        let person = self.acting(caller, &[], "looking at this").await?;
        let mut tx = self.store.read().await?;
        let since = since.as_microsecond();
        let row = tx
            .reading_of(&person.id, of.what(), of.object(), since)
            .await?;
        Ok(row.map(|row| Given(row.id)))
    }

    /// The area, the person and the nominal where it is about one, where there is something of
    /// it for them.
    async fn may_look<'c>(
        &self,
        caller: &'c Caller,
        of: ReadingOf<'_>,
    ) -> Result<(String, &'c PersonRow, Option<String>), FlowError> {
        match of {
            ReadingOf::Queues => {
                let (area, person) = self.coordinator(caller, "seeing what waits").await?;
                Ok((area, person, None))
            }
            ReadingOf::Nominals => {
                let (area, person) = self.coordinator(caller, "seeing the records").await?;
                Ok((area, person, None))
            }
            ReadingOf::Quarantined(id) => {
                let (area, person) = self
                    .coordinator(caller, "opening what is kept apart")
                    .await?;
                self.kept_row(&area, id).await?;
                Ok((area, person, None))
            }
            ReadingOf::Nominal(reference) => {
                let nominal = self.admits(caller, reference).await?.nominal;
                let person = self.acting(caller, &[], "reading a nominal").await?;
                Ok((nominal.area, person, Some(nominal.id)))
            }
        }
    }

    /// The area of the calling coordination unit, and the caller, who is its coordinator.
    pub(crate) async fn coordinator<'c>(
        &self,
        caller: &'c Caller,
        what: &str,
    ) -> Result<(String, &'c PersonRow), FlowError> {
        let area = self.unit(caller).await?;
        let person = self.acting(caller, &[Role::Coordinator], what).await?;
        Ok((area, person))
    }

    async fn reason_row(
        &self,
        area: &str,
        person: &str,
        of: ReadingOf<'_>,
        reason: &str,
    ) -> Result<ReadingRow, FlowError> {
        let id = fresh(self);
        let place = Place {
            area,
            table: "reading",
            row: &id,
            column: "reason",
        };
        let reason = self.vault.seal_column(&place, reason.as_bytes()).await?;
        Ok(ReadingRow {
            id,
            person: person.to_owned(),
            area: area.to_owned(),
            what: of.what().to_owned(),
            object: of.object().map(str::to_owned),
            reason,
            at: self.now(),
            updated_by: String::new(),
        })
    }
}
