//! Flags as their sides see them.

use gateway_store::Tx;
use gateway_store::rows::{ExchangeRow, HospitalFlagRow, HospitalFlagStepRow};

use super::{LISTED, STEPS, owed};
use crate::Flow;
use crate::case::corrupt;
use crate::error::FlowError;
use crate::submission::Caller;

/// Where a flag stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlagState {
    /// Somebody has to approve it: the trust does not have it yet.
    Waiting,
    /// It was refused: the trust does not have it.
    Refused,
    /// The trust has it.
    Set,
    /// Another flag goes on from it.
    Renewed,
    /// It is over, and the trust has to clear it from its system.
    ToClear,
    /// It is over, and cleared.
    Cleared,
    /// It is over, and the trust never had it.
    Ended,
}

impl FlagState {
    /// The word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Refused => "refused",
            Self::Set => "set",
            Self::Renewed => "renewed",
            Self::ToClear => "to-clear",
            Self::Cleared => "cleared",
            Self::Ended => "ended",
        }
    }

    fn of(row: &HospitalFlagRow, exchange: &str) -> Self {
        if row.ended_at.is_some() {
            return match (row.ended_why.as_deref(), row.clear_due_at, row.cleared_at) {
                (Some("renewed"), ..) => Self::Renewed,
                (.., Some(_)) => Self::Cleared,
                (_, Some(_), None) => Self::ToClear,
                (_, None, None) => Self::Ended,
            };
        }
        match exchange {
            "held" => Self::Waiting,
            "refused" => Self::Refused,
            _ => Self::Set,
        }
    }
}

/// A flag.
#[derive(Debug, Clone)]
pub struct FlagView {
    /// Its id, which is its exchange's.
    pub id: String,
    /// The nominal's reference.
    pub nominal: String,
    /// Who set it.
    pub agency: String,
    /// The acute trust.
    pub holder: String,
    /// The coordination unit that oversees it.
    pub unit: String,
    /// Where it stands.
    pub state: FlagState,
    /// The day of the meeting that decided it, ISO.
    pub decided_on: String,
    /// The day of its review, ISO.
    pub review_on: String,
    /// When it was set, microseconds UTC.
    pub set: i64,
    /// When somebody at the trust first opened it, microseconds UTC.
    pub opened: Option<i64>,
    /// Until when it can be opened there, where that is before its review, microseconds UTC: a trust
    /// without a secure channel has it for a time only (ISP-36).
    pub opens_until: Option<i64>,
    /// The flag that it goes on from.
    pub follows: Option<String>,
    /// When it was over, microseconds UTC.
    pub ended: Option<i64>,
    /// Why: `ended`, `lapsed`, `unopened`, `renewed`, `level` or `withdrawn`.
    pub why: Option<String>,
    /// By when the trust clears it, microseconds UTC.
    pub clear_due: Option<i64>,
    /// When it was cleared, microseconds UTC.
    pub cleared: Option<i64>,
    /// What happened, the oldest first; of a list, nothing.
    pub steps: Vec<FlagStepView>,
}

/// A step of a flag.
#[derive(Debug, Clone)]
pub struct FlagStepView {
    /// What happened: `attended`, `cleared`, or why it is over.
    pub kind: String,
    /// Whose step it is; none, the gateway's.
    pub agency: Option<String>,
    /// The exchange that says that the person came, or the flag that goes on from it.
    pub other: Option<String>,
    /// The reasons given, in words.
    pub words: Option<String>,
    /// When, microseconds UTC.
    pub at: i64,
}

impl Flow {
    /// The flags that the caller's agency set, has, or oversees: those that are set, the soonest
    /// reviewed before all, then those that wait to be cleared.
    ///
    /// # Errors
    /// [`FlowError::Unavailable`] where the store is away.
    pub async fn hospital_flags(&self, caller: &Caller) -> Result<Vec<FlagView>, FlowError> {
        let own = caller.agency.as_str();
        let mut tx = self.store.read().await?;
        let rows = tx.hospital_flags_of(own, LISTED).await?;
        let mut views = Vec::new();
        for row in rows {
            if let Some(view) = flag_view(&mut tx, row, own).await? {
                views.push(view);
            }
        }
        Ok(views)
    }

    /// One flag, with its steps.
    ///
    /// # Errors
    /// [`FlowError::NotFound`] where the caller's agency neither set it, nor has it, nor oversees
    /// it, nor leads the case.
    pub async fn hospital_flag(&self, caller: &Caller, id: &str) -> Result<FlagView, FlowError> {
        let row = self.own_flag(caller, id).await?;
        let trust = row.holder == caller.agency.as_str();
        let area = row.area.clone();
        let mut tx = self.store.read().await?;
        let steps = tx.hospital_flag_steps(id).await?;
        let view = flag_view(&mut tx, row, caller.agency.as_str()).await?;
        let mut view = view.ok_or(FlowError::NotFound)?;
        for step in steps {
            view.steps.push(self.flag_step(&area, step, trust).await?);
        }
        Ok(view)
    }

    /// A flag in which the caller's agency has a part.
    pub(super) async fn own_flag(
        &self,
        caller: &Caller,
        id: &str,
    ) -> Result<HospitalFlagRow, FlowError> {
        let own = caller.agency.as_str();
        let mut tx = self.store.read().await?;
        let row: Option<HospitalFlagRow> = tx.get(id).await?;
        let row = row.ok_or(FlowError::NotFound)?;
        let trust = row.holder == own && reached(&mut tx, &row).await?;
        let seen = trust || owed(&mut tx, &row).await?.iter().any(|one| one == own);
        match seen {
            true => Ok(row),
            false => Err(FlowError::NotFound),
        }
    }

    /// A step; why a flag was ended is not the trust's to know.
    async fn flag_step(
        &self,
        area: &str,
        step: HospitalFlagStepRow,
        trust: bool,
    ) -> Result<FlagStepView, FlowError> {
        let words = match &step.words {
            Some(sealed) if !trust => {
                let opened = self.open_step_words((STEPS, area), &step.id, sealed);
                Some(opened.await?)
            }
            Some(_) | None => None,
        };
        Ok(FlagStepView {
            kind: step.kind,
            agency: step.agency,
            other: step.other,
            words,
            at: step.at,
        })
    }
}

/// The state of the exchange that a flag is.
async fn exchange_state(tx: &mut Tx, row: &HospitalFlagRow) -> Result<String, FlowError> {
    let exchange: Option<ExchangeRow> = tx.get(&row.id).await?;
    let exchange = exchange.ok_or_else(|| corrupt("exchange", &row.id))?;
    Ok(exchange.state)
}

/// The trust has, or had, what it is told.
async fn reached(tx: &mut Tx, row: &HospitalFlagRow) -> Result<bool, FlowError> {
    let deliveries = tx.deliveries_of(&row.id).await?;
    Ok(deliveries.iter().any(|one| one.agency == row.holder))
}

/// A flag as an agency sees it; none where it has not reached that.
async fn flag_view(
    tx: &mut Tx,
    row: HospitalFlagRow,
    own: &str,
) -> Result<Option<FlagView>, FlowError> {
    if row.holder == own && !reached(tx, &row).await? {
        return Ok(None);
    }
    let exchange = exchange_state(tx, &row).await?;
    let until = tx.hospital_flag_opens_until(&row).await?;
    Ok(Some(FlagView {
        opened: tx.hospital_flag_opened(&row).await?,
        opens_until: until.filter(|until| *until < row.review_at),
        state: FlagState::of(&row, &exchange),
        id: row.id,
        nominal: row.nominal,
        agency: row.agency,
        holder: row.holder,
        unit: row.unit,
        decided_on: row.decided_on,
        review_on: row.review_on,
        set: row.set_at,
        follows: row.follows,
        ended: row.ended_at,
        why: row.ended_why,
        clear_due: row.clear_due_at,
        cleared: row.cleared_at,
        steps: Vec::new(),
    }))
}
