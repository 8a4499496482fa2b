//! A claim of custody answers whether what it names is a record. So tries that fail are events,
//! with nothing of what was tried in them, and many of them lock the person who tries, and the
//! prison, out of claiming for a time, as failed attempts to sign in do.

use gateway_core::event::EventKind;
use gateway_store::Tx;
use gateway_store::rows::{AgencyRow, SignInFailureRow};
use jiff::SignedDuration;

use crate::Flow;
use crate::case::id_of;
use crate::error::FlowError;
use crate::recorder::{Done, Draft, work};
use crate::sign_in::micros;

/// So many tries of one person that fail within [`WINDOW`] lock that person out for [`LOCKED`].
const BY_PERSON: usize = 5;
/// So many of one prison's people together lock the prison out.
const BY_AGENCY: usize = 15;
/// The time within which they are counted together.
const WINDOW: SignedDuration = SignedDuration::from_mins(15);
/// How long nobody who is locked out claims.
const LOCKED: SignedDuration = SignedDuration::from_mins(15);
/// What the coordination unit is told.
pub(crate) const TRIED: &str = "custody-tried";

/// Who tries.
#[derive(Debug, Clone)]
pub(super) struct Trier {
    agency: String,
    person: String,
    /// Where it is counted: always in the same log, one after another.
    area: String,
}

impl Flow {
    pub(super) async fn trier(
        &self,
        tx: &mut Tx,
        own: &AgencyRow,
        person: &str,
    ) -> Result<Trier, FlowError> {
        let first = tx.memberships(&own.id).await?.into_iter().next();
        Ok(Trier {
            agency: own.id.clone(),
            person: person.to_owned(),
            area: match first {
                Some(first) => first.area,
                None => self.default_area().await?,
            },
        })
    }

    /// Lets a try through, or not: judged one at a time, so that many at once are many. Whoever is
    /// locked out is told so, whether or not what they named is a record.
    ///
    /// # Errors
    /// [`FlowError::TooOften`] with when to try again.
    pub(super) async fn judge_try(&self, trier: &Trier, failed: bool) -> Result<(), FlowError> {
        let (flow, by) = (self.clone(), trier.clone());
        let work = work(move |tx| Box::pin(async move { flow.count_try(tx, &by, failed).await }));
        let judged = self
            .recorder
            .record(&trier.area, "claim-tried", work)
            .await?;
        match judged.0 {
            None => Ok(()),
            Some(until) => Err(self.too_often(until)),
        }
    }

    fn too_often(&self, until: i64) -> FlowError {
        let left = u64::try_from(until - self.now()).unwrap_or(0);
        let seconds = left / 1_000_000 + 1;
        let minutes = seconds.div_ceil(60);
        FlowError::TooOften {
            words: format!(
                "your claims have named nobody on record too often: try again in {minutes} minutes, or ask the coordination unit"
            ),
            seconds,
        }
    }

    /// Until when nobody of these claims; none where they may.
    async fn count_try(&self, tx: &mut Tx, by: &Trier, failed: bool) -> Done<Option<i64>> {
        let counted = [
            (format!("custody/person/{}", by.person), BY_PERSON),
            (format!("custody/agency/{}", by.agency), BY_AGENCY),
        ];
        let now = self.now();
        let mut rows = Vec::new();
        for (id, most) in counted {
            let known = tx.failures_of(&id).await?;
            if let Some(row) = known.as_ref().filter(|row| row.locked_until > now) {
                return Ok((Vec::new(), Some(row.locked_until)));
            }
            rows.push((id, most, known));
        }
        if !failed {
            return Ok((Vec::new(), None));
        }
        let mut locked = false;
        for (id, most, known) in rows {
            let mut times: Vec<i64> = match &known {
                Some(row) => serde_json::from_str(&row.failures)?,
                None => Vec::new(),
            };
            times.retain(|at| *at > now - micros(WINDOW));
            times.push(now);
            let full = times.len() >= most;
            if full {
                times.clear();
            }
            locked |= full;
            let mut row = SignInFailureRow {
                id,
                failures: serde_json::to_string(&times)?,
                locked_until: if full { now + micros(LOCKED) } else { 0 },
                at: now,
            };
            tx.put(&mut row).await?;
        }
        Ok((self.tried(tx, by, locked).await?, None))
    }

    /// The event of a try that failed; and who is told where it was one too many.
    async fn tried(&self, tx: &mut Tx, by: &Trier, locked: bool) -> Result<Vec<Draft>, FlowError> {
        let from = id_of(&by.agency)?;
        let event = Draft::new(EventKind::CustodyTried, Some(&from)).with("by", &*by.person);
        if !locked {
            return Ok(vec![event]);
        }
        let (units, told) = self.tell_units(tx, &by.agency, TRIED).await?;
        // The rows go with the first event: a notice is read through it.
        let mut events = vec![event.reaching(units).with("locked", "yes")];
        events.extend(told);
        Ok(events)
    }
}
