//! Record: one transaction for the exchange, its items, the matrix, the holds, the wraps, the
//! deliveries to make, and the leaf of the log that commits to them all.

use std::collections::BTreeSet;
use std::time::Duration;

use gateway_core::event::EventKind;
use gateway_core::{AgencyId, ExchangeState, Obligation, Outcome};
use gateway_ledger::Receipt;
use gateway_store::rows::{CellRow, ExchangeRow, HoldRow, IdempotencyRow, ItemRow};
use gateway_store::{Ahead, Ready, Tx};

use crate::Flow;
use crate::case::{Case, id_of, particulars_place};
use crate::decide::{Cell, Decided};
use crate::deliver::{ReadyRelease, ReleaseInto};
use crate::error::{EXISTS, FlowError};
use crate::hold_clock::{HoldClocks, is_form};
use crate::identify::Identified;
use crate::recorder::{Draft, Recorded};
use crate::seal::Sealed;
use crate::staged::StagedFile;

/// How often the answer of a faster request with the same key is looked for, every 20 ms.
const RACE: u32 = 250;

/// Why an exchange is not written whose idempotency key a faster request has.
const TAKEN: &str = "idempotency";
/// Why an exchange about somebody who has become another meanwhile is not written.
const MERGED: &str = "this person's record became another's meanwhile: send it again";

/// The name of the transaction that records an exchange.
const NAME: &str = "record-exchange";

/// What of an exchange's rows is worked out before the recording: one thread records for all.
struct ReadyExchange {
    identified: Identified,
    summary: Draft,
    fresh_bodies: Vec<String>,
    items: Ready,
    cells: Ready,
    holds: Ready,
    release: ReadyRelease,
}

/// A recorded exchange, and the proof of it.
#[derive(Debug)]
pub struct Written {
    pub(crate) answer: Answer,
}

/// What the sender is told.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The exchange; none for a preview.
    pub id: Option<String>,
    /// Its state.
    pub state: ExchangeState,
    /// The nominal's reference, where one is linked.
    pub nominal: Option<String>,
    /// The matrix.
    pub matrix: Vec<DecisionView>,
    /// What is missing, as JSON Pointers.
    pub missing: Vec<String>,
    /// It is the answer of an earlier one with the same idempotency key.
    pub again: bool,
    /// What the sender should know beside it.
    pub warnings: Vec<String>,
    /// The proof; none for a preview.
    pub receipt: Option<Receipt>,
}

/// A decision as the sender is shown it.
#[derive(Debug, Clone)]
pub struct DecisionView {
    /// The recipient.
    pub recipient: AgencyId,
    /// The item's number.
    pub item: i64,
    /// Permit, hold or refuse.
    pub outcome: Outcome,
    /// Of a permit.
    pub obligations: BTreeSet<Obligation>,
    /// Of a hold: agency and role.
    pub reviewers: Vec<crate::decide::Approver>,
    /// The rules, in words.
    pub rules: Vec<gateway_core::RuleHit>,
}

impl DecisionView {
    pub(crate) fn of(cell: &Cell) -> Self {
        Self {
            recipient: cell.recipient.clone(),
            item: cell.n,
            outcome: cell.ruling.outcome,
            obligations: cell.ruling.obligations.clone(),
            reviewers: cell.approvers.clone(),
            rules: cell.ruling.rules.clone(),
        }
    }
}

/// The state of an exchange by its cells' outcomes.
pub(crate) fn state_of(outcomes: impl Iterator<Item = Outcome>) -> ExchangeState {
    let mut state = ExchangeState::Refused;
    for outcome in outcomes {
        match outcome {
            Outcome::Permit => return ExchangeState::Released,
            Outcome::Hold => state = ExchangeState::Held,
            Outcome::Refuse => {}
        }
    }
    state
}

impl Flow {
    pub(crate) async fn record(&self, mut sealed: Sealed) -> Result<Written, FlowError> {
        // What is not written after all goes with its files.
        let staged = std::mem::take(&mut sealed.staged);
        let case = &sealed.decided.identified.case;
        let state = state(&sealed.decided);
        let row = self.exchange_row(case, state).await?;
        let mail = match &sealed.decided.identified.answer_to {
            Some(to) => {
                let mail = to.clone().about(&row.id, &row.sender, state);
                Some(self.mail_row(&row.area, mail).await?)
            }
            None => None,
        };
        let answer = answer(&sealed.decided, Some(row.id.clone()), None);
        let area = row.area.clone();
        let caller = id_of(&row.sender)?;
        let key = sealed.decided.identified.key.clone();
        let flow = self.clone();
        let ready = self.ready_exchange(&row, sealed, &caller).await?;
        let ahead = Ahead {
            nominal: row.nominal.clone(),
            key: key.clone(),
        };
        let written = self
            .recorder
            .record_ahead(&area, NAME, ahead, move |tx| {
                Box::pin(async move {
                    let done = flow.write_exchange(tx, row, ready, &caller).await?;
                    if let Some(mut mail) = mail {
                        tx.put(&mut mail).await?;
                    }
                    Ok(done)
                })
            })
            .await;
        match (written, key) {
            (Ok(((), recorded)), _) => {
                staged.into_iter().for_each(StagedFile::kept);
                let answer = with_receipt(answer, recorded);
                Ok(Written { answer })
            }
            // Another request with the same key was faster: its answer is this one's too.
            (Err(FlowError::Conflict(why)), Some(key)) if is_taken(&why) => {
                self.raced(&key.id, &key.request).await
            }
            (Err(error), _) => Err(error),
        }
    }

    /// The answer of the faster one, which may be in the same recording and not committed yet.
    async fn raced(&self, id: &str, request: &str) -> Result<Written, FlowError> {
        let mut row = None;
        for _ in 0..RACE {
            let mut tx = self.store.read().await?;
            row = tx.get::<IdempotencyRow>(id).await?;
            drop(tx);
            if row.is_some() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        match row {
            Some(row) if row.request == request => Ok(Written {
                answer: Answer {
                    again: true,
                    ..self.answer_of(&row.exchange).await?
                },
            }),
            Some(_) => Err(FlowError::Conflict(
                "this idempotency key was used for another request: give a fresh key".to_owned(),
            )),
            None => Err(FlowError::Conflict(
                "the same was sent meanwhile: try again".to_owned(),
            )),
        }
    }

    async fn ready_exchange(
        &self,
        row: &ExchangeRow,
        sealed: Sealed,
        sender: &AgencyId,
    ) -> Result<ReadyExchange, FlowError> {
        let Sealed {
            decided,
            mut items,
            wraps,
            ..
        } = sealed;
        let Decided { identified, matrix } = decided;
        let set_aside = identified.case.particulars.intake.set_aside.clone();
        let kind = match (&set_aside, identified.missing.is_empty()) {
            (Some(_), _) => EventKind::ExchangeQuarantined,
            (None, true) => EventKind::ExchangeRecorded,
            (None, false) => EventKind::ExchangeIncomplete,
        };
        let mut event = summary(kind, sender, row, &items, &matrix);
        if let Some(reason) = set_aside {
            event = event.with("reason", reason);
        }
        let mut tx = self.store.read().await?;
        let form = identified.case.particulars.form.is_some();
        let clocks = self.hold_clocks(&mut tx, row, form).await?;
        let (mut cells, mut holds) = self.matrix_rows(row, &matrix, &[], clocks)?;
        let into = ReleaseInto {
            name: NAME,
            new: true,
        };
        let release = self.ready_release(&mut tx, row, &identified.case, wraps, into);
        Ok(ReadyExchange {
            release: release.await?,
            summary: event,
            fresh_bodies: items.iter().filter_map(|item| item.blob.clone()).collect(),
            items: Ready::of(NAME, &mut items),
            cells: Ready::of(NAME, &mut cells),
            holds: Ready::of(NAME, &mut holds),
            identified,
        })
    }

    async fn write_exchange(
        &self,
        tx: &mut Tx,
        mut row: ExchangeRow,
        ready: ReadyExchange,
        sender: &AgencyId,
    ) -> Result<(Vec<Draft>, ()), FlowError> {
        let identified = ready.identified;
        let mut drafts = vec![ready.summary];
        Identified::open_provisional(tx, identified.opened.clone(), sender, &mut drafts).await?;
        still_there(tx, &row).await?;
        tx.put(&mut row).await?;
        if let Some(key) = &identified.key
            && !tx.take_key(key).await?
        {
            // A repeat stops here: all of it is undone.
            return Err(FlowError::Conflict(TAKEN.to_owned()));
        }
        tx.put_ready(ready.items).await?;
        enliven(tx, &ready.fresh_bodies).await?;
        if let Some(note) = &identified.case.particulars.form {
            self.write_form(tx, &row, note, &mut drafts).await?;
        }
        tx.put_ready(ready.cells).await?;
        tx.put_ready(ready.holds).await?;
        self.write_release(tx, &row, ready.release, &mut drafts)
            .await?;
        if let Some(draft) = &identified.case.draft {
            Self::drop_sent(tx, identified.case.sender_person.as_deref(), draft).await?;
        }
        Ok((drafts, ()))
    }

    /// Writes the cells of a matrix, and a hold for each that somebody must approve.
    pub(crate) async fn write_matrix(
        &self,
        tx: &mut Tx,
        row: &ExchangeRow,
        matrix: &[Cell],
    ) -> Result<(), FlowError> {
        let known = tx.holds_of(&row.id).await?;
        let form = is_form(tx, row).await?;
        let clocks = self.hold_clocks(tx, row, form).await?;
        let (mut cells, mut holds) = self.matrix_rows(row, matrix, &known, clocks)?;
        tx.put_all(&mut cells).await?;
        Ok(tx.put_all(&mut holds).await?)
    }

    fn matrix_rows(
        &self,
        row: &ExchangeRow,
        matrix: &[Cell],
        known: &[HoldRow],
        clocks: HoldClocks,
    ) -> Result<(Vec<CellRow>, Vec<HoldRow>), FlowError> {
        let (mut cells, mut holds) = (Vec::new(), Vec::new());
        for cell in matrix {
            cells.push(self.cell_row(row, cell, 1)?);
            holds.extend(self.hold_rows(row, cell, known, clocks));
        }
        Ok((cells, holds))
    }

    pub(crate) fn cell_row(
        &self,
        row: &ExchangeRow,
        cell: &Cell,
        revision: i64,
    ) -> Result<CellRow, FlowError> {
        Ok(CellRow {
            id: cell_id(&row.id, &cell.recipient, cell.n),
            exchange: row.id.clone(),
            item: cell.item.clone(),
            recipient: cell.recipient.to_string(),
            person: cell.person.clone(),
            outcome: cell.ruling.outcome.to_string(),
            obligations: serde_json::to_string(&cell.ruling.obligations)?,
            reviewers: serde_json::to_string(&cell.approvers)?,
            rules: serde_json::to_string(&cell.ruling.rules)?,
            question: serde_json::to_string(&cell.question)?,
            policy: self.protocols.digest().to_owned(),
            revision,
            decided_at: self.now(),
            updated_by: String::new(),
        })
    }

    pub(crate) async fn exchange_row(
        &self,
        case: &Case,
        state: ExchangeState,
    ) -> Result<ExchangeRow, FlowError> {
        let said = &case.particulars;
        let plain = serde_json::to_vec(said)?;
        let place = particulars_place(&case.area, &case.id);
        Ok(ExchangeRow {
            id: case.id.clone(),
            area: case.area.clone(),
            nominal: case.nominal.as_ref().map(|nominal| nominal.id.clone()),
            sender: case.sender.id.clone(),
            sender_person: case.sender_person.clone(),
            channel: case.channel.clone(),
            proof: case.proof.clone(),
            state: state.to_string(),
            purpose: said.purpose.map(|purpose| purpose.to_string()),
            bases: serde_json::to_string(&said.bases)?,
            emergency: i64::from(said.emergency.is_some()),
            in_reply_to: said.in_reply_to.map(|id| id.to_string()),
            particulars: self.vault.seal_column(&place, &plain).await?,
            policy: self.protocols.digest().to_owned(),
            received_at: case.received_at,
            updated_by: String::new(),
        })
    }

    /// A preview leaves one trace: that it was asked.
    pub(crate) async fn record_preview(&self, decided: Decided) -> Result<Answer, FlowError> {
        let answer = answer(&decided, None, None);
        let case = &decided.identified.case;
        let provisional = decided.identified.opened.is_some();
        let nominal = case
            .nominal
            .as_ref()
            .filter(|_| !provisional)
            .map(|n| n.id.clone());
        let sender = id_of(&case.sender.id)?;
        let mut draft = Draft::new(EventKind::Previewed, Some(&sender))
            .by(rules(&decided.matrix))
            .with("items", case.pieces.len().to_string());
        draft.nominal.clone_from(&nominal);
        let area = case.area.clone();
        self.recorder
            .record(&area, "preview", move |_| {
                Box::pin(async move { Ok((vec![draft], ())) })
            })
            .await?;
        Ok(Answer { nominal, ..answer })
    }
}

/// The nominal has not become another meanwhile.
pub(crate) async fn still_there(tx: &mut Tx, row: &ExchangeRow) -> Result<(), FlowError> {
    let Some(id) = &row.nominal else {
        return Ok(());
    };
    let nominal = tx.known_nominal(id).await?;
    if nominal.is_some_and(|nominal| nominal.state != "merged") {
        return Ok(());
    }
    Err(FlowError::Conflict(MERGED.to_owned()))
}

/// Whether it is the key that is there already: as this gateway sees it, or as the database says of
/// one that another gateway wrote at the same time. What else stands against an exchange is told as it is.
fn is_taken(why: &str) -> bool {
    why == TAKEN || why.starts_with(EXISTS)
}

/// Writes items; a staged body becomes live with them.
pub(crate) async fn write_items(tx: &mut Tx, items: &mut [ItemRow]) -> Result<(), FlowError> {
    let mut fresh = Vec::new();
    for item in items.iter() {
        if let Some(blob) = &item.blob
            && tx.get::<ItemRow>(&item.id).await?.is_none()
        {
            fresh.push(blob.clone());
        }
    }
    tx.put_all(items).await?;
    enliven(tx, &fresh).await
}

/// Makes staged bodies live.
async fn enliven(tx: &mut Tx, bodies: &[String]) -> Result<(), FlowError> {
    for blob in bodies {
        if !tx.enliven_blob(blob).await? {
            return Err(FlowError::Unavailable(
                "a body was swept: send it again".to_owned(),
            ));
        }
    }
    Ok(())
}

/// The id of a cell: the exchange, the recipient, the item's number.
pub(crate) fn cell_id(exchange: &str, recipient: &AgencyId, n: i64) -> String {
    format!("{exchange}/{recipient}/{n}")
}

fn rules(matrix: &[Cell]) -> Vec<String> {
    let mut all = Vec::new();
    for cell in matrix {
        all.extend(cell.ruling.rules.iter().map(|hit| hit.rule.clone()));
    }
    all
}

/// The event of a decided exchange: it reaches those who may read something of it.
pub(crate) fn summary(
    kind: EventKind,
    sender: &AgencyId,
    row: &ExchangeRow,
    items: &[ItemRow],
    matrix: &[Cell],
) -> Draft {
    let count = |outcome| {
        matrix
            .iter()
            .filter(|c| c.ruling.outcome == outcome)
            .count()
            .to_string()
    };
    let reached = matrix
        .iter()
        .filter(|c| c.permit().is_some())
        .map(|c| c.recipient.clone());
    let mut addressed: Vec<&str> = matrix.iter().map(|c| c.recipient.as_str()).collect();
    addressed.sort_unstable();
    addressed.dedup();
    let mut draft = Draft::new(kind, Some(sender))
        .about(&row.id, row.nominal.as_deref())
        .reaching(reached)
        .by(rules(matrix))
        .with("state", &*row.state)
        .with("channel", &*row.channel)
        .with("items", items.len().to_string())
        .with("permitted", count(Outcome::Permit))
        .with("held", count(Outcome::Hold))
        .with("refused", count(Outcome::Refuse))
        .with("addressed", addressed.join(" "));
    if row.emergency == 1 {
        draft = draft.with("emergency", "yes");
    }
    draft.content = items.iter().map(|item| item.commitment.clone()).collect();
    draft
}

fn state(decided: &Decided) -> ExchangeState {
    if decided
        .identified
        .case
        .particulars
        .intake
        .set_aside
        .is_some()
    {
        ExchangeState::Quarantined
    } else if decided.identified.missing.is_empty() {
        state_of(decided.matrix.iter().map(|cell| cell.ruling.outcome))
    } else {
        ExchangeState::Incomplete
    }
}

fn answer(decided: &Decided, id: Option<String>, receipt: Option<Receipt>) -> Answer {
    let Identified { case, missing, .. } = &decided.identified;
    Answer {
        id,
        state: state(decided),
        nominal: case.nominal.as_ref().map(|nominal| nominal.id.clone()),
        matrix: decided.matrix.iter().map(DecisionView::of).collect(),
        missing: match case.particulars.intake.set_aside {
            Some(_) => Vec::new(),
            None => missing.clone(),
        },
        again: false,
        warnings: case.warnings.clone(),
        receipt,
    }
}

/// The receipt of the exchange's own event, the first of its piece of work.
fn with_receipt(answer: Answer, recorded: Vec<Recorded>) -> Answer {
    Answer {
        receipt: recorded.into_iter().next().map(|first| first.receipt),
        ..answer
    }
}
