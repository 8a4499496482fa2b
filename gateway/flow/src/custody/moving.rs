//! One custody ends and the next begins, in one piece of work, with all that goes with it.

use gateway_core::event::EventKind;
use gateway_core::{AgencyId, Role};
use gateway_store::Tx;
use gateway_store::rows::{AgencyRow, NominalRow};

use super::{Told, event, runs, state};
use crate::Flow;
use crate::case::{agency, id_of};
use crate::error::FlowError;
use crate::recorder::Draft;

/// When a person left one prison, and since when they are at the next; microseconds UTC.
pub(super) struct Days {
    pub(super) left: i64,
    pub(super) since: i64,
}

impl Flow {
    /// Ends the custody that runs, and begins the next.
    pub(super) async fn hand_on(
        &self,
        tx: &mut Tx,
        nominal: &NominalRow,
        to: &str,
        days: &Days,
        drafts: &mut Vec<Draft>,
    ) -> Result<(), FlowError> {
        let now = self.now();
        let next = id_of(to)?;
        let mut begins = days.since;
        let mut reached = vec![next.clone()];
        for mut part in tx.parts_of(&nominal.id).await? {
            if part.kind != "custody" || !runs(&part, now) {
                continue;
            }
            // Nobody holds a person before they had them, nor after today.
            let left = days.left.max(part.from_at).min(now);
            part.until_at = Some(left);
            begins = begins.max(left);
            reached.push(id_of(&part.agency)?);
            tx.put(&mut part).await?;
        }
        let mut part = self.part(&nominal.id, &next, "custody", None);
        part.from_at = begins.min(now);
        tx.put(&mut part).await?;
        drafts.push(
            Draft::new(EventKind::NominalChanged, None)
                .nominal(&nominal.id)
                .reaching(reached)
                .with("change", "custody")
                .with("agency", to),
        );
        self.follow_custody(tx, nominal, &next, drafts).await
    }

    /// What follows where a prison has begun to hold a person, whoever put it on record: its
    /// hand-over task, what earlier prisons sent, and what waits of other claims.
    pub(crate) async fn follow_custody(
        &self,
        tx: &mut Tx,
        nominal: &NominalRow,
        prison: &AgencyId,
        drafts: &mut Vec<Draft>,
    ) -> Result<(), FlowError> {
        let prison: AgencyRow = agency(tx, prison.as_str()).await?;
        self.overtake_claims(tx, nominal, &prison.id, drafts)
            .await?;
        self.pass_hand_over(tx, nominal, &prison.id, drafts).await?;
        self.carry_forward(tx, nominal, &prison, drafts).await?;
        if let Some(lead) = &nominal.lead_agency {
            let told = Told::at(lead, Role::Spoc, "custody-moved", None);
            self.tell_of_custody(tx, &nominal.id, told, drafts).await?;
        }
        Ok(())
    }

    /// A claim of the prison that is on record now is met. Those of others were made against
    /// another prison: which of them holds the person is the unit's to say.
    async fn overtake_claims(
        &self,
        tx: &mut Tx,
        nominal: &NominalRow,
        prison: &str,
        drafts: &mut Vec<Draft>,
    ) -> Result<(), FlowError> {
        for mut claim in tx.custody_claims_open(&nominal.id).await? {
            let kind = if claim.agency == prison {
                claim.state = state::CONFIRMED.to_owned();
                claim.closed_at = Some(self.now());
                EventKind::CustodyConfirmed
            } else {
                claim.state = state::DISPUTED.to_owned();
                claim.holder = Some(prison.to_owned());
                EventKind::CustodyDisputed
            };
            tx.put(&mut claim).await?;
            drafts.push(event(kind, None, &claim)?.with("because", "another-custody"));
            if kind == EventKind::CustodyDisputed {
                let role = Role::Coordinator;
                let told = Told::at(&claim.unit, role, "custody-disputed", Some(claim.due_at));
                self.tell_of_custody(tx, &nominal.id, told, drafts).await?;
            }
        }
        Ok(())
    }
}
