//! Two records that are one person's become one: what was exchanged under the duplicate, what it
//! is known by, its meetings and whoever had a live part in it go to the one that is kept, and
//! everybody who has something of what is moved is told. The duplicate's reference leads on.

use gateway_core::calendar::local_date;
use gateway_core::{Identifier, IdentifierKind};
use gateway_store::Tx;
use gateway_store::rows::{NominalActRow, NominalIdentifierRow, NominalRow, PartRow};

use super::{Act, Actor, first, invalid};
use crate::Flow;
use crate::case::{corrupt, id_of};
use crate::error::FlowError;
use crate::merge::{Moved, unchanged};
use crate::recorder::{Done, work};
use crate::submission::Caller;

/// What goes from the duplicate to the record that is kept.
struct Joining {
    duplicate: NominalRow,
    kept: NominalRow,
    moved: Vec<Moved>,
    identifiers: Vec<NominalIdentifierRow>,
}

impl Flow {
    /// Joins a duplicate to the record that is kept: two nominals of the coordinator's area.
    ///
    /// # Errors
    /// As [`Flow::act_on_nominal`].
    pub async fn merge_nominals(
        &self,
        caller: &Caller,
        duplicate: &str,
        keep: &str,
        act: &Act,
    ) -> Result<(), FlowError> {
        let actor = self.actor(caller, act).await?;
        let kept = self.target(&actor, keep, "/keep").await?;
        let row = self.act_row(&actor, act, &kept.id, None, "merged").await?;
        if self.is_done(&row).await? {
            return Ok(());
        }
        let duplicate = self.of_area(&actor, duplicate).await?;
        if duplicate.id == kept.id {
            return Err(invalid("/keep", "is the same record: give the other one's"));
        }
        let joining = self.joining(&actor, duplicate, kept).await?;
        let (flow, same, area) = (self.clone(), row.clone(), actor.area.clone());
        let work = work(move |tx| {
            Box::pin(async move {
                first(tx, &row).await?;
                flow.write_joining(tx, row, &actor, joining).await
            })
        });
        let done = self.recorder.record(&area, "merge-nominals", work).await;
        self.once(&same, done.map(|_| ())).await
    }

    async fn joining(
        &self,
        actor: &Actor,
        duplicate: NominalRow,
        kept: NominalRow,
    ) -> Result<Joining, FlowError> {
        let mut tx = self.store.read().await?;
        let mut moved = Vec::new();
        for row in tx.exchanges_about(&duplicate.id).await? {
            moved.push(self.moved(&mut tx, row, &kept, &actor.reasons).await?);
        }
        let known = self.identifiers(&mut tx, &kept).await?;
        let is_known = |kind: IdentifierKind, value: &str| {
            known
                .iter()
                .any(|(other, known)| *other == kind && known.reveal() == value)
        };
        let today = local_date(self.clock.now());
        let mut identifiers = Vec::new();
        for (kind, value) in self.identifiers(&mut tx, &duplicate).await? {
            if !is_known(kind, value.reveal()) {
                let identifier = Identifier::parse(kind, value.reveal(), today)
                    .map_err(|_| corrupt("nominal_identifier", &duplicate.id))?;
                identifiers.push(self.identifier_row(&kept, &identifier).await?);
            }
        }
        Ok(Joining {
            duplicate,
            kept,
            moved,
            identifiers,
        })
    }

    async fn write_joining(
        &self,
        tx: &mut Tx,
        mut row: NominalActRow,
        actor: &Actor,
        joining: Joining,
    ) -> Done<()> {
        let Joining {
            mut duplicate,
            mut kept,
            moved,
            identifiers,
        } = joining;
        unchanged(tx, &duplicate, &kept.id, &moved).await?;
        let event = actor
            .event(&kept.id, "merged", &row.id)
            .with("duplicate", &*duplicate.id);
        let mut drafts = vec![event];
        for moved in moved {
            let exchange = moved.write(tx).await?;
            self.tell_parties(tx, &exchange, "merged", &row.id, &mut drafts)
                .await?;
        }
        for mut identifier in identifiers {
            tx.put(&mut identifier).await?;
        }
        self.join_parts(tx, &duplicate, &kept).await?;
        join_meetings(tx, &duplicate.id, &kept.id).await?;
        self.join_custody(tx, &duplicate.id, &kept.id, &mut drafts)
            .await?;
        kept.lead_agency = kept.lead_agency.or_else(|| duplicate.lead_agency.clone());
        kept.trust = kept.trust.or_else(|| duplicate.trust.clone());
        tx.put(&mut kept).await?;
        // Those that had become the duplicate became the one that is kept.
        for mut earlier in tx.merged_into(&duplicate.id).await? {
            earlier.merged_into = Some(kept.id.clone());
            tx.put(&mut earlier).await?;
        }
        duplicate.state = "merged".to_owned();
        duplicate.merged_into = Some(kept.id);
        tx.put(&mut duplicate).await?;
        tx.put(&mut row).await?;
        Ok((drafts, ()))
    }

    /// Whoever had a live part in the duplicate has one in the record that is kept, from now;
    /// its lead agency as a partner, where the other has another.
    async fn join_parts(
        &self,
        tx: &mut Tx,
        duplicate: &NominalRow,
        kept: &NominalRow,
    ) -> Result<(), FlowError> {
        let now = self.now();
        let runs = |part: &PartRow| part.until_at.is_none_or(|until| until > now);
        let there: Vec<PartRow> = tx.parts_of(&kept.id).await?;
        let there: Vec<PartRow> = there.into_iter().filter(runs).collect();
        let mut joined: Vec<PartRow> = Vec::new();
        for part in tx.parts_of(&duplicate.id).await? {
            let has = there.iter().chain(&joined).any(|other| {
                other.kind == part.kind && (other.agency == part.agency || part.kind == "custody")
            });
            if runs(&part) && !has {
                let agency = id_of(&part.agency)?;
                let mut new = self.part(&kept.id, &agency, &part.kind, part.until_at);
                new.from_at = new.from_at.max(part.from_at);
                joined.push(new);
            }
        }
        if let Some(lead) = &duplicate.lead_agency {
            let has = kept.lead_agency.as_ref().is_none_or(|kept| kept == lead)
                || there
                    .iter()
                    .chain(&joined)
                    .any(|part| part.kind == "partner" && part.agency == *lead);
            if !has {
                joined.push(self.part(&kept.id, &id_of(lead)?, "partner", None));
            }
        }
        for mut part in joined {
            tx.put(&mut part).await?;
        }
        Ok(())
    }
}

async fn join_meetings(tx: &mut Tx, duplicate: &str, kept: &str) -> Result<(), FlowError> {
    for mut meeting in tx.meetings_of(duplicate).await? {
        kept.clone_into(&mut meeting.nominal);
        tx.put(&mut meeting).await?;
    }
    for mut attendance in tx.attendance_of(duplicate).await? {
        kept.clone_into(&mut attendance.nominal);
        tx.put(&mut attendance).await?;
    }
    Ok(())
}
