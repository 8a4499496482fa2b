//! Taking back what was sent: by whoever wrote it, or a manager or single point of contact of the
//! sending agency, with reasons. Nothing is overwritten or deleted: the exchange stays in the
//! record and in the log with all that was decided about it, its sender goes on reading it, and an
//! auditor sees that reasons are kept. What ends is that others read it.
//!
//! What readers are let know follows from ISP-38 (who has what is wrong has to be told) and from
//! need to know: that it was withdrawn, by which agency and when. Neither the person nor the
//! reasons are theirs, since reasons name what was wrong with it; they ask the sender. What the
//! sender wrote around it (titles, why it was necessary) is not shown to them any more either.

use gateway_core::event::EventKind;
use gateway_core::text::clean;
use gateway_core::{AgencyId, DeliveryState, ExchangeState, Role};
use gateway_seal::Place;
use gateway_store::Tx;
use gateway_store::rows::{DeliveryRow, ExchangeRow, PersonRow, WithdrawalRow};
use gateway_vault::parties;

use crate::Flow;
use crate::case::{corrupt, id_of};
use crate::error::{FieldFault, FlowError};
use crate::recorder::{Draft, work};
use crate::submission::Caller;

/// The longest reasons, characters.
const LONGEST: usize = 20_000;
/// What those are told who had it.
pub const WITHDRAWN: &str = "withdrawn";
/// Who may take back what a colleague sent. An agency other than a prison has no managers: its
/// single point of contact answers for what it sends.
const ANSWERS_FOR_IT: [Role; 3] = [Role::Manager, Role::Spoc, Role::DeputySpoc];

/// That something was taken back, as far as whoever asks may know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Withdrawal {
    /// When, microseconds UTC.
    pub at: i64,
    /// By whom and why: for the sender alone.
    pub own: Option<(String, String)>,
}

impl Flow {
    /// Takes back what the caller's agency sent. Holds on it close, what is under way goes no
    /// further, no reader opens it any more, and whoever had it is told; a request that it answered
    /// waits again while its meeting is to come. Done twice, it is done once.
    ///
    /// # Errors
    /// [`FlowError::NotFound`] where the agency did not send it; [`FlowError::Forbidden`] for
    /// others than its writer and those who answer for the agency; [`FlowError::Invalid`] where
    /// the reasons cannot be taken; [`FlowError::Conflict`] where there is nothing to take back.
    pub async fn withdraw_exchange(
        &self,
        caller: &Caller,
        exchange: &str,
        reasons: &str,
    ) -> Result<Withdrawal, FlowError> {
        self.withdraw_as(caller, exchange, reasons, false).await
    }

    /// The same, of an answer that was about the wrong patient, or not.
    pub(crate) async fn withdraw_as(
        &self,
        caller: &Caller,
        exchange: &str,
        reasons: &str,
        wrong: bool,
    ) -> Result<Withdrawal, FlowError> {
        let mut tx = self.store.read().await?;
        let row = tx.exchange_of(exchange, caller.agency.as_str()).await?;
        let row = row.ok_or(FlowError::NotFound)?;
        drop(tx);
        let person = self
            .acting(caller, &[], "withdrawing what was sent")
            .await?;
        if !self.answers_for(person, &row).await? {
            return Err(FlowError::Forbidden(
                "this is withdrawn by whoever sent it, by a manager of your agency or by its single point of contact"
                    .to_owned(),
            ));
        }
        let reasons = clean(reasons, LONGEST).map_err(|error| {
            FlowError::Invalid(vec![FieldFault::new("/reasons", error.to_string())])
        })?;
        let place = reasons_place(&row.area, &row.id);
        let sealed = self.vault.seal_column(&place, reasons.as_bytes()).await?;
        let withdrawal = WithdrawalRow {
            id: row.id.clone(),
            area: row.area.clone(),
            agency: row.sender.clone(),
            person: person.id.clone(),
            reasons: sealed,
            at: self.now(),
            updated_by: String::new(),
        };
        let (flow, area) = (self.clone(), row.area.clone());
        let work = work(move |tx| {
            Box::pin(async move { flow.write_withdrawal(tx, withdrawal, wrong).await })
        });
        let (blobs, _) = self.recorder.record(&area, "withdraw", work).await?;
        for blob in blobs {
            self.remove_now(blob).await;
        }
        let mut tx = self.store.read().await?;
        let row: ExchangeRow = tx.get(exchange).await?.ok_or(FlowError::NotFound)?;
        let done = self.withdrawal_of(&mut tx, &row, true).await?;
        done.ok_or_else(|| corrupt("withdrawal", &row.id))
    }

    /// Whether the caller may take back an exchange now.
    ///
    /// # Errors
    /// [`FlowError::Unavailable`] where the store is away.
    pub async fn may_withdraw(&self, caller: &Caller, exchange: &str) -> Result<bool, FlowError> {
        let mut tx = self.store.read().await?;
        let row = tx.exchange_of(exchange, caller.agency.as_str()).await?;
        drop(tx);
        match (row, &caller.person) {
            (Some(row), Some(person)) if why_not(&row.state).is_none() => {
                self.answers_for(person, &row).await
            }
            _ => Ok(false),
        }
    }

    async fn answers_for(&self, person: &PersonRow, row: &ExchangeRow) -> Result<bool, FlowError> {
        if row.sender_person.as_ref() == Some(&person.id) {
            return Ok(true);
        }
        let mut tx = self.store.read().await?;
        let roles = parties::roles_of(&mut tx, &person.id, self.clock.now()).await?;
        Ok(ANSWERS_FOR_IT.iter().any(|role| roles.contains(role)))
    }

    /// That an exchange was taken back; none where it was not.
    pub(crate) async fn withdrawal_of(
        &self,
        tx: &mut Tx,
        row: &ExchangeRow,
        own: bool,
    ) -> Result<Option<Withdrawal>, FlowError> {
        // Nearly all were not: their state says so.
        if row.state != ExchangeState::Recalled.as_str() {
            return Ok(None);
        }
        let Some(found) = tx.get::<WithdrawalRow>(&row.id).await? else {
            return Ok(None);
        };
        if !own {
            return Ok(Some(Withdrawal {
                at: found.at,
                own: None,
            }));
        }
        let place = reasons_place(&found.area, &found.id);
        let plain = self.vault.open_column(&place, &found.reasons).await?;
        let reasons = String::from_utf8(plain.to_vec());
        let reasons = reasons.map_err(|_| corrupt("withdrawal", &found.id))?;
        Ok(Some(Withdrawal {
            at: found.at,
            own: Some((self.named(tx, &found.person).await?, reasons)),
        }))
    }

    /// Writes it, where it is not written already. The bytes of mails that will not be sent are
    /// of no more use.
    async fn write_withdrawal(
        &self,
        tx: &mut Tx,
        mut withdrawal: WithdrawalRow,
        wrong_patient: bool,
    ) -> Result<(Vec<Draft>, Vec<String>), FlowError> {
        if tx.get::<WithdrawalRow>(&withdrawal.id).await?.is_some() {
            return Ok((Vec::new(), Vec::new()));
        }
        let id = withdrawal.id.clone();
        let mut row: ExchangeRow = tx.get(&id).await?.ok_or_else(|| corrupt("exchange", &id))?;
        if let Some(why) = why_not(&row.state) {
            return Err(FlowError::Conflict(why.to_owned()));
        }
        let deliveries = tx.deliveries_of(&id).await?;
        let told = self.had_it(tx, &deliveries).await?;
        let by = id_of(&row.sender)?;
        let mut drafts = vec![
            Draft::new(EventKind::ExchangeWithdrawn, Some(&by))
                .about(&id, row.nominal.as_deref())
                .reaching(told.iter().cloned())
                .with("person", &*withdrawal.person)
                .with("was", &*row.state),
        ];
        tx.put(&mut withdrawal).await?;
        row.state = ExchangeState::Recalled.to_string();
        tx.put(&mut row).await?;
        self.close_readings(tx, &row, &deliveries, &mut drafts)
            .await?;
        let blobs = drop_mails(tx, &id).await?;
        self.open_requests_again(tx, &id, &mut drafts).await?;
        self.health_withdrawn(tx, &id, wrong_patient, &mut drafts)
            .await?;
        self.flag_withdrawn(tx, &id, &mut drafts).await?;
        for agency in told {
            let (agency, role) = (agency.as_str(), Role::Spoc);
            self.write_notice(tx, &row, agency, role, WITHDRAWN, &mut drafts)
                .await?;
        }
        Ok((drafts, blobs))
    }

    /// Nobody decides about it, nobody receives it, and nobody opens it any more.
    async fn close_readings(
        &self,
        tx: &mut Tx,
        row: &ExchangeRow,
        deliveries: &[DeliveryRow],
        drafts: &mut Vec<Draft>,
    ) -> Result<(), FlowError> {
        for mut hold in tx.holds_of(&row.id).await? {
            if hold.state == "open" {
                hold.state = "closed".to_owned();
                tx.put(&mut hold).await?;
            }
        }
        for mut wrap in tx.wraps_of(&row.id).await? {
            if wrap.state != "recalled" {
                wrap.state = "recalled".to_owned();
                tx.put(&mut wrap).await?;
            }
        }
        for delivery in deliveries {
            let state = DeliveryState::Recalled;
            self.step(tx, row, &delivery.id, state, None, drafts)
                .await?;
        }
        Ok(())
    }

    /// The agencies that had it, or were told that it waits for them.
    async fn had_it(
        &self,
        tx: &mut Tx,
        deliveries: &[DeliveryRow],
    ) -> Result<Vec<AgencyId>, FlowError> {
        let mut told: Vec<AgencyId> = Vec::new();
        for delivery in deliveries {
            let arrived = matches!(
                delivery.state.as_str(),
                "sent" | "delivered" | "opened" | "acknowledged" | "expired"
            );
            let mails = tx.mails_of(&delivery.id).await?;
            let announced = mails.iter().any(|mail| mail.state == "sent");
            let agency = id_of(&delivery.agency)?;
            if (arrived || announced) && !told.contains(&agency) {
                told.push(agency);
            }
        }
        Ok(told)
    }
}

/// Why there is nothing to take back, of an exchange in this state.
fn why_not(state: &str) -> Option<&'static str> {
    match state {
        "recalled" => Some("it has been called back already: nobody opens it any more"),
        "quarantined" => Some("it is kept apart, and nobody has it: the coordination unit decides"),
        _ => None,
    }
}

/// Mails about its deliveries that have not been sent are not.
async fn drop_mails(tx: &mut Tx, exchange: &str) -> Result<Vec<String>, FlowError> {
    let mut blobs = Vec::new();
    for mut mail in tx.mails_unsent(exchange).await? {
        if let Some(blob) = mail.blob.take() {
            tx.release_blob(&blob).await?;
            blobs.push(blob);
        }
        mail.state = "expired".to_owned();
        mail.status = Some(WITHDRAWN.to_owned());
        (mail.key, mail.body) = (None, None);
        tx.put(&mut mail).await?;
    }
    Ok(blobs)
}

const fn reasons_place<'a>(area: &'a str, row: &'a str) -> Place<'a> {
    Place {
        area,
        table: "withdrawal",
        row,
        column: "reasons",
    }
}
