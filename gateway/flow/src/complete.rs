//! What came in incomplete: completed by its sender, or matched by the coordinator, who alone
//! sees candidates. Then it goes the same way as any other.

use gateway_core::event::EventKind;
use gateway_core::text::{clean, line};
use gateway_core::{Identifier, IdentifierKind, Personal, Purpose, Role};
use gateway_store::Tx;
use gateway_store::rows::{AgencyRow, ExchangeRow, NominalRow};
use gateway_vault::Candidate;

use crate::Flow;
use crate::case::{Case, corrupt, id_of};
use crate::decide::Decided;
use crate::error::{FieldFault, FlowError};
use crate::identify::{Identified, live, missing};
use crate::none::NoneOfThese;
use crate::reason::Given;
use crate::record::{Answer, still_there, summary, write_items};
use crate::recorder::{Draft, work};
use crate::seal::Sealed;
use crate::staged::StagedFile;
use crate::submission::{Caller, Particulars};

/// What a sender adds to an incomplete exchange. What is absent stays as it was.
#[derive(Debug, Clone, Default)]
pub struct Completion {
    /// The gateway's reference of the nominal.
    pub reference: Option<String>,
    /// Identifiers, in place of those given before.
    pub identifiers: Option<Vec<Identifier>>,
    /// The purpose.
    pub purpose: Option<Purpose>,
    /// Why it is necessary.
    pub necessity: Option<Personal<String>>,
    /// Lawful bases.
    pub bases: Option<Vec<String>>,
}

/// An exchange that no nominal was found for, as the coordinator sees it.
#[derive(Debug, Clone)]
pub struct UnmatchedView {
    /// How the sender describes the person.
    pub described: Option<Personal<String>>,
    /// The exchange.
    pub exchange: String,
    /// The sender.
    pub from: String,
    /// Received at, microseconds UTC.
    pub received: i64,
    /// The purpose.
    pub purpose: Option<String>,
    /// The identifiers as the sender gave them.
    pub given: Vec<Identifier>,
    /// Who it may be.
    pub candidates: Vec<CandidateView>,
    /// That it was found to be none of them.
    pub none: Option<NoneOfThese>,
}

/// Somebody it may be about.
#[derive(Debug, Clone)]
pub struct CandidateView {
    /// The nominal's reference.
    pub nominal: String,
    /// The name.
    pub name: Option<Personal<String>>,
    /// The date of birth.
    pub date_of_birth: Option<Personal<String>>,
    /// What agrees.
    pub agree: Vec<IdentifierKind>,
    /// What contradicts.
    pub contradict: Vec<IdentifierKind>,
    /// All identifiers, to be compared with those given.
    pub identifiers: Vec<(IdentifierKind, Personal<String>)>,
}

impl Flow {
    /// The sender completes what it sent.
    pub async fn complete(
        &self,
        caller: &Caller,
        exchange: &str,
        with: Completion,
    ) -> Result<Answer, FlowError> {
        let row = self
            .incomplete(exchange, Some(caller.agency.as_str()))
            .await?;
        let mut tx = self.store.read().await?;
        let mut case = self.kept_case(&mut tx, &row).await?;
        apply(&mut case.particulars, with)?;
        if case.nominal.is_none() {
            case.nominal = self.look_for(&mut tx, &case).await?;
        }
        drop(tx);
        let by = caller.agency.to_string();
        self.finish(row, case, EventKind::ExchangeCompleted, &by)
            .await
    }

    /// The coordinator says whom it is about, with reasons.
    pub async fn match_exchange(
        &self,
        caller: &Caller,
        exchange: &str,
        nominal: &str,
        reasons: &str,
    ) -> Result<Answer, FlowError> {
        let unit = self.unit(caller).await?;
        let person = self
            .acting(caller, &[Role::Coordinator], "matching an exchange")
            .await?
            .id
            .clone();
        let reasons = clean(reasons, 20_000)
            .map_err(|e| FlowError::Invalid(vec![FieldFault::new("/reasons", e.to_string())]))?;
        let mut tx = self.store.read().await?;
        let row: Option<ExchangeRow> = tx.get(exchange).await?;
        let mut row = row
            .filter(|row| row.area == unit)
            .ok_or(FlowError::NotFound)?;
        let provisional = self.provisional_of(&mut tx, &row).await?;
        if provisional.is_none() {
            still_incomplete(&row)?;
        }
        let found = live(&mut tx, nominal)
            .await?
            .filter(|nominal| nominal.area == unit && nominal.state == "active");
        let Some(found) = found else {
            return Err(FlowError::Invalid(vec![FieldFault::new(
                "/nominal",
                "is no nominal of your area: give the reference of one in the list of candidates",
            )]));
        };
        if let Some(provisional) = provisional {
            drop(tx);
            self.was(caller, &person, exchange, provisional, &found, &reasons)
                .await?;
            tx = self.store.read().await?;
            row = tx.get(exchange).await?.ok_or(FlowError::NotFound)?;
            if row.state != "incomplete" {
                drop(tx);
                return self.answer_of(exchange).await;
            }
        }
        let mut case = self.kept_case(&mut tx, &row).await?;
        case.nominal = Some(found);
        case.particulars.matched_because = Some(reasons.into());
        drop(tx);
        let by = caller.agency.to_string();
        self.finish(row, case, EventKind::Matched, &by).await
    }

    async fn incomplete(&self, id: &str, sender: Option<&str>) -> Result<ExchangeRow, FlowError> {
        let mut tx = self.store.read().await?;
        let row: Option<ExchangeRow> = tx.get(id).await?;
        let row = row
            .filter(|row| sender.is_none_or(|sender| row.sender == sender))
            .ok_or(FlowError::NotFound)?;
        still_incomplete(&row)?;
        Ok(row)
    }

    async fn look_for(&self, tx: &mut Tx, case: &Case) -> Result<Option<NominalRow>, FlowError> {
        if let Some(reference) = &case.particulars.reference {
            return live(tx, reference).await;
        }
        if case.particulars.identifiers.is_empty() {
            return Ok(None);
        }
        let found = self
            .vault
            .match_person(&case.area, &case.particulars.identifiers)
            .await?;
        match found.attach {
            Some(id) => live(tx, &id).await,
            None => Ok(None),
        }
    }

    /// Decide, seal and record, as for a new one; the items are kept ones.
    async fn finish(
        &self,
        earlier: ExchangeRow,
        case: Case,
        kind: EventKind,
        by: &str,
    ) -> Result<Answer, FlowError> {
        let missing = missing(&case);
        let identified = Identified {
            case,
            missing,
            key: None,
            opened: None,
            answer_to: None,
        };
        let decided = self.decide(identified).await?;
        let sealed = self.seal(decided).await?;
        let state = match sealed.decided.identified.missing.is_empty() {
            true => crate::record::state_of(
                sealed.decided.matrix.iter().map(|cell| cell.ruling.outcome),
            ),
            false => gateway_core::ExchangeState::Incomplete,
        };
        let row = self
            .exchange_row(&sealed.decided.identified.case, state)
            .await?;
        let (flow, by) = (self.clone(), id_of(by)?);
        let (area, id) = (row.area.clone(), row.id.clone());
        let work = work(move |tx| {
            Box::pin(async move {
                let now: Option<ExchangeRow> = tx.get(&earlier.id).await?;
                if now.is_none_or(|now| now != earlier) {
                    return Err(FlowError::Conflict(
                        "this exchange was changed meanwhile: read it again".to_owned(),
                    ));
                }
                flow.write_completion(tx, row, sealed, kind, &by).await
            })
        });
        let (staged, _) = self
            .recorder
            .record(&area, "complete-exchange", work)
            .await?;
        staged.into_iter().for_each(StagedFile::kept);
        self.answer_of(&id).await
    }

    async fn write_completion(
        &self,
        tx: &mut Tx,
        mut row: ExchangeRow,
        sealed: Sealed,
        kind: EventKind,
        by: &gateway_core::AgencyId,
    ) -> Result<(Vec<Draft>, Vec<StagedFile>), FlowError> {
        let Sealed {
            decided,
            mut items,
            wraps,
            staged,
        } = sealed;
        let Decided { identified, matrix } = decided;
        still_there(tx, &row).await?;
        let mut drafts = vec![summary(kind, by, &row, &items, &matrix)];
        tx.put(&mut row).await?;
        write_items(tx, &mut items).await?;
        if let Some(note) = &identified.case.particulars.form {
            self.answer_requests(tx, &row, note, &mut drafts).await?;
            self.write_health(tx, &row, note, &mut drafts).await?;
            self.write_flag(tx, &row, note, &mut drafts).await?;
        }
        self.write_matrix(tx, &row, &matrix).await?;
        self.release(tx, &row, &identified.case, wraps, &mut drafts)
            .await?;
        Ok((drafts, staged))
    }

    /// What waits to be matched, with candidates: for the area's coordinator alone, and logged,
    /// with the reason where one was given.
    pub async fn unmatched(
        &self,
        caller: &Caller,
        given: Option<&Given>,
        after: Option<&str>,
        limit: i64,
    ) -> Result<Vec<UnmatchedView>, FlowError> {
        let area = self.log_queue(caller, "candidates", given).await?;
        let mut tx = self.store.read().await?;
        let rows = tx.unmatched(&area, after, limit).await?;
        let mut views = Vec::new();
        for row in rows {
            let said = self.particulars(&row).await?;
            let found = self.vault.match_person(&area, &said.identifiers).await?;
            let mut candidates = Vec::new();
            for candidate in found.candidates {
                candidates.push(self.candidate(&mut tx, candidate).await?);
            }
            let none = self.found_none(&mut tx, &row.id).await?;
            views.push(UnmatchedView {
                none,
                exchange: row.id,
                from: row.sender,
                received: row.received_at,
                purpose: row.purpose,
                described: said.described,
                given: said.identifiers,
                candidates,
            });
        }
        Ok(views)
    }

    async fn candidate(
        &self,
        tx: &mut Tx,
        candidate: Candidate,
    ) -> Result<CandidateView, FlowError> {
        let nominal: NominalRow = tx
            .get(&candidate.nominal)
            .await?
            .ok_or_else(|| corrupt("nominal", &candidate.nominal))?;
        let known = self.identifiers(tx, &nominal).await?;
        let first = |wanted: IdentifierKind| {
            known
                .iter()
                .find(|(kind, _)| *kind == wanted)
                .map(|(_, value)| value.clone())
        };
        Ok(CandidateView {
            name: first(IdentifierKind::Name),
            date_of_birth: first(IdentifierKind::Dob),
            nominal: candidate.nominal,
            agree: candidate.agree,
            contradict: candidate.contradict,
            identifiers: known,
        })
    }

    /// The area of the calling coordination unit; others see nothing here.
    pub(crate) async fn unit(&self, caller: &Caller) -> Result<String, FlowError> {
        let mut tx = self.store.read().await?;
        let agency: AgencyRow = crate::case::agency(&mut tx, caller.agency.as_str()).await?;
        if agency.kind != "coordination" {
            return Err(FlowError::NotFound);
        }
        let member = tx.memberships(&agency.id).await?.into_iter().next();
        member.map(|m| m.area).ok_or(FlowError::NotFound)
    }
}

fn still_incomplete(row: &ExchangeRow) -> Result<(), FlowError> {
    if row.state == "incomplete" {
        return Ok(());
    }
    Err(FlowError::Conflict(format!(
        "this exchange is {}: nothing is missing",
        row.state
    )))
}

fn apply(said: &mut Particulars, with: Completion) -> Result<(), FlowError> {
    // Who completes it has been proved again, and has had it in hand.
    said.intake.confirm.clear();
    said.intake.faults.clear();
    said.intake.unbound = false;
    let mut faults = Vec::new();
    if let Some(reference) = with.reference {
        said.reference = Some(reference);
    }
    if let Some(identifiers) = with.identifiers {
        said.identifiers = identifiers;
    }
    said.purpose = with.purpose.or(said.purpose);
    if let Some(necessity) = with.necessity {
        match clean(necessity.reveal(), 20_000) {
            Ok(text) => said.necessity = Some(text.into()),
            Err(error) => faults.push(FieldFault::new("/necessity", error.to_string())),
        }
    }
    if let Some(bases) = with.bases {
        if bases.len() > 50 {
            faults.push(FieldFault::new("/bases", "has too many: 50 at most"));
        }
        said.bases.clear();
        for (n, basis) in bases.iter().enumerate() {
            match line(basis, 300) {
                Ok(basis) => said.bases.push(basis),
                Err(error) => {
                    faults.push(FieldFault::new(format!("/bases/{n}"), error.to_string()));
                }
            }
        }
    }
    if faults.is_empty() {
        Ok(())
    } else {
        Err(FlowError::Invalid(faults))
    }
}
