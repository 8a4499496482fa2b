//! The meetings about a nominal, and who took part.

use gateway_core::event::EventKind;
use gateway_core::{AgencyId, Id};
use gateway_store::rows::{AttendanceRow, MeetingRow, NominalRow};

use crate::Flow;
use crate::error::FlowError;
use crate::recorder::{Draft, work};

use super::invalid;

impl Flow {
    /// Enters a meeting and its attendance list; the meeting's id.
    pub async fn add_meeting(
        &self,
        nominal: &str,
        held_on: &str,
        level: u8,
        attendance: Vec<(AgencyId, String)>,
    ) -> Result<String, FlowError> {
        if held_on.parse::<jiff::civil::Date>().is_err() {
            return Err(invalid("/held_on", "is no date: write it as 2026-03-02"));
        }
        let mut tx = self.store.read().await?;
        let row: NominalRow = tx.get(nominal).await?.ok_or(FlowError::NotFound)?;
        drop(tx);
        let mut meeting = MeetingRow {
            id: Id::new(&self.clock).to_string(),
            nominal: row.id.clone(),
            held_on: held_on.to_owned(),
            level: i64::from(level),
            kind: "mappa".to_owned(),
            updated_by: String::new(),
        };
        let work = work(move |tx| {
            Box::pin(async move {
                tx.put(&mut meeting).await?;
                for (agency, manner) in attendance {
                    let mut row = AttendanceRow {
                        id: format!("{}/{agency}", meeting.id),
                        meeting: meeting.id.clone(),
                        nominal: meeting.nominal.clone(),
                        agency: agency.to_string(),
                        manner,
                        updated_by: String::new(),
                    };
                    tx.put(&mut row).await?;
                }
                let event = Draft::new(EventKind::MeetingChanged, None)
                    .nominal(&meeting.nominal)
                    .with("meeting", &*meeting.id);
                Ok((vec![event], meeting.id))
            })
        });
        Ok(self
            .recorder
            .record(&row.area, "add-meeting", work)
            .await?
            .0)
    }
}
