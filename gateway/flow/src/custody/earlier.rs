//! The forms of earlier prisons about those whom a prison holds now: what it goes on from.

use gateway_store::Tx;
use gateway_store::rows::FormSentRow;

use super::LISTED;
use crate::Flow;
use crate::error::FlowError;
use crate::submission::Caller;

/// So many forms back it is looked for who wrote something.
const LONGEST_LINE: usize = 12;

/// A form of an earlier prison that was opened to the caller's.
#[derive(Debug, Clone)]
pub struct EarlierForm {
    /// The exchange.
    pub exchange: String,
    /// The prison that sent it.
    pub agency: String,
    /// About whom: the nominal's reference.
    pub nominal: String,
    /// When it was sent, microseconds UTC.
    pub sent_at: i64,
    /// When that prison held the person last, from and until, microseconds UTC.
    pub held: Option<(i64, i64)>,
    /// Since when the caller's prison holds them, microseconds UTC.
    pub since: i64,
}

impl Flow {
    /// What earlier prisons sent of a form about the people whom the caller's prison holds, as
    /// far as it was opened to it; the newest first.
    ///
    /// # Errors
    /// [`FlowError::Unavailable`] where the store is away.
    pub async fn earlier_forms(
        &self,
        caller: &Caller,
        form: &str,
    ) -> Result<Vec<EarlierForm>, FlowError> {
        let own = caller.agency.as_str();
        let mut tx = self.store.read().await?;
        let mut earlier = Vec::new();
        for part in tx.held_by(own, self.now(), LISTED).await? {
            for row in tx.forms_about(&part.nominal).await? {
                if row.form == form && row.agency != own && has_some(&mut tx, &row, own).await? {
                    let held = last_stay(&mut tx, &part.nominal, &row.agency).await?;
                    earlier.push(EarlierForm {
                        exchange: row.id,
                        agency: row.agency,
                        nominal: part.nominal.clone(),
                        sent_at: row.sent_at,
                        held,
                        since: part.from_at,
                    });
                }
            }
        }
        earlier.sort_by_key(|one: &EarlierForm| std::cmp::Reverse(one.sent_at));
        Ok(earlier)
    }
}

impl Flow {
    /// What an earlier form goes on from, as far as it was opened to the caller's prison: the
    /// nearest first. Forms in between that were not are passed over.
    ///
    /// # Errors
    /// [`FlowError::Unavailable`] where the store is away.
    pub async fn earlier_line(
        &self,
        caller: &Caller,
        earlier: &EarlierForm,
    ) -> Result<Vec<EarlierForm>, FlowError> {
        let mut tx = self.store.read().await?;
        let Some(first) = tx.get::<FormSentRow>(&earlier.exchange).await? else {
            return Ok(Vec::new());
        };
        let mut ids: Vec<String> = Vec::new();
        let mut next = first.after;
        while let Some(id) = next.filter(|id| ids.len() < LONGEST_LINE && !ids.contains(id)) {
            let row: Option<FormSentRow> = tx.get(&id).await?;
            next = row.and_then(|row| row.after);
            ids.push(id);
        }
        drop(tx);
        let all = self.earlier_forms(caller, &first.form).await?;
        let known = |id: &String| all.iter().find(|one| one.exchange == *id).cloned();
        Ok(ids.iter().filter_map(known).collect())
    }
}

/// Whether an agency has something of a form.
async fn has_some(tx: &mut Tx, form: &FormSentRow, agency: &str) -> Result<bool, FlowError> {
    let wraps = tx.wraps_for(&form.id, agency).await?;
    Ok(wraps.iter().any(|wrap| wrap.state == "active"))
}

/// When a prison held a person last, where it does not any more.
async fn last_stay(
    tx: &mut Tx,
    nominal: &str,
    prison: &str,
) -> Result<Option<(i64, i64)>, FlowError> {
    let parts = tx.parts_of(nominal).await?.into_iter();
    let stays = parts.filter(|part| part.kind == "custody" && part.agency == prison);
    let mut ended = stays.filter_map(|part| part.until_at.map(|until| (part.from_at, until)));
    Ok(ended.next_back())
}
