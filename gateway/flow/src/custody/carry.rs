//! What earlier prisons reported is opened to the prison that holds the person now: rows are
//! added, bodies stay as they are. Each part is asked of the protocols as any share is (ISP-42),
//! with the signatures that it has.

use std::collections::BTreeSet;

use gateway_core::event::EventKind;
use gateway_core::{AgencyKind, ExchangeState, Role};
use gateway_store::Tx;
use gateway_store::rows::{AgencyRow, ExchangeRow, FormSentRow, NominalRow};

use crate::Flow;
use crate::case::{Addressee, Case, agency, corrupt, id_of, kind_of, particulars_place};
use crate::decide::Approvals;
use crate::error::FlowError;
use crate::record::summary;
use crate::recorder::Draft;
use crate::submission::RecipientClaim;

/// Whose approval is of what an item says, and not of who may have it.
const SIGNS: &[Role] = &[Role::Manager, Role::Security];

impl Flow {
    /// Opens the forms that earlier prisons sent about a person.
    pub(super) async fn carry_forward(
        &self,
        tx: &mut Tx,
        nominal: &NominalRow,
        to: &AgencyRow,
        drafts: &mut Vec<Draft>,
    ) -> Result<(), FlowError> {
        let forms = tx.forms_about(&nominal.id).await?;
        let corrected = corrected(tx, &forms).await?;
        for form in forms {
            let sender = agency(tx, &form.agency).await?;
            if sender.id != to.id && kind_of(&sender)? == AgencyKind::Prison {
                self.carry_form(tx, &form.id, to, &corrected, drafts)
                    .await?;
            }
        }
        Ok(())
    }

    async fn carry_form(
        &self,
        tx: &mut Tx,
        exchange: &str,
        to: &AgencyRow,
        corrected: &BTreeSet<String>,
        drafts: &mut Vec<Draft>,
    ) -> Result<(), FlowError> {
        let row: Option<ExchangeRow> = tx.get(exchange).await?;
        let mut row = row.ok_or_else(|| corrupt("exchange", exchange))?;
        if row.state != ExchangeState::Released.as_str() {
            return Ok(());
        }
        let mut case = self.kept_case(tx, &row).await?;
        let goes = goes_on(tx, &case, to, corrected).await?;
        if goes.is_empty() {
            return Ok(());
        }
        case.addressees = vec![Addressee {
            agency: to.clone(),
            person: None,
            reason: false,
            only: Some(goes),
        }];
        let signed = signed(tx, &case, to).await?;
        // What was urgent then is not what it is carried on for.
        let emergency = case.particulars.emergency.take();
        let matrix = self.matrix(tx, &case, &signed).await?;
        case.particulars.emergency = emergency;
        let next = id_of(&to.id)?;
        let mut named = case.particulars.recipients.iter();
        if !named.any(|claim| claim.agency == next) {
            case.particulars.recipients.push(RecipientClaim {
                agency: next,
                person: None,
                reason: None,
            });
            let plain = serde_json::to_vec(&case.particulars)?;
            let place = particulars_place(&case.area, &case.id);
            row.particulars = self.vault.seal_column(&place, &plain).await?;
        }
        tx.put(&mut row).await?;
        let wraps = self.wrap_matrix(&case, &matrix).await?;
        let sender = id_of(&row.sender)?;
        drafts.push(summary(EventKind::FormCarried, &sender, &row, &[], &matrix));
        self.write_matrix(tx, &row, &matrix).await?;
        self.release(tx, &row, &case, wraps, drafts).await
    }
}

/// The items that were put right by what somebody has.
async fn corrected(tx: &mut Tx, forms: &[FormSentRow]) -> Result<BTreeSet<String>, FlowError> {
    let mut all = BTreeSet::new();
    for form in forms.iter().filter(|form| form.corrects.is_some()) {
        for item in tx.items_of(&form.id).await? {
            if let Some(earlier) = &item.corrects
                && !tx.readers_of(&item.id).await?.is_empty()
            {
                all.insert(earlier.clone());
            }
        }
    }
    Ok(all)
}

/// The places of the items that go on: which somebody was given, which stand, and on which
/// nothing was decided for this prison before.
async fn goes_on(
    tx: &mut Tx,
    case: &Case,
    to: &AgencyRow,
    corrected: &BTreeSet<String>,
) -> Result<Vec<usize>, FlowError> {
    let cells = tx.cells_of(&case.id).await?.into_iter();
    let theirs = cells.filter(|cell| cell.recipient == to.id);
    let decided: BTreeSet<String> = theirs.map(|cell| cell.item).collect();
    let mut goes = Vec::new();
    for (at, piece) in case.pieces.iter().enumerate() {
        let stands = !corrected.contains(&piece.id) && !decided.contains(&piece.id);
        if stands && !tx.readers_of(&piece.id).await?.is_empty() {
            goes.push(at);
        }
    }
    Ok(goes)
}

/// What was countersigned or cleared stays so.
async fn signed(tx: &mut Tx, case: &Case, to: &AgencyRow) -> Result<Approvals, FlowError> {
    let mut signed = Approvals::new();
    for hold in tx.holds_of(&case.id).await? {
        let role: Role = hold.role.parse().map_err(|_| corrupt("hold", &hold.id))?;
        if hold.state == "approved" && SIGNS.contains(&role) {
            signed
                .entry((to.id.clone(), hold.item))
                .or_default()
                .insert(role);
        }
    }
    Ok(signed)
}
