//! Decide: the matrix. For each recipient and item the protocols permit with obligations, hold
//! for named roles, or refuse; the rules that decided are kept, with the facts they saw.

use std::collections::{BTreeMap, BTreeSet};

use gateway_core::question::{Party, Question, Seat};
use gateway_core::question::{Reviewer, RuleHit, Ruling};
use gateway_core::{AgencyId, AgencyKind, Obligation, Outcome, Role};
use gateway_store::Tx;
use gateway_store::rows::{AgencyRow, NominalRow};
use gateway_vault::parties::{self, Live};
use jiff::Timestamp;

use crate::Flow;
use crate::case::{Addressee, Case, Piece, id_of};
use crate::error::FlowError;
use crate::health::Asks;
use crate::identify::Identified;
use crate::posts::Posts;

/// The right to wrap one item for one agency. Its field is private to this file: nothing else
/// can make one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permit {
    recipient: AgencyId,
    item: String,
}

impl Permit {
    /// The agency that may read.
    pub const fn recipient(&self) -> &AgencyId {
        &self.recipient
    }

    /// The item that it may read.
    pub fn item(&self) -> &str {
        &self.item
    }
}

/// A role at an agency that must approve, the seat resolved to an agency.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct Approver {
    /// The agency.
    pub agency: AgencyId,
    /// The role that approves.
    pub role: Role,
}

/// One cell of the matrix.
#[derive(Debug, Clone)]
pub struct Cell {
    /// The recipient.
    pub recipient: AgencyId,
    /// The person named there.
    pub person: Option<String>,
    /// The item's id.
    pub item: String,
    /// The item's number.
    pub n: i64,
    /// The answer.
    pub ruling: Ruling,
    /// Of a hold: who must approve.
    pub approvers: Vec<Approver>,
    /// Of an emergency's permit: who looks at it afterwards.
    pub review_after: Vec<Approver>,
    /// What was asked.
    pub question: Question,
}

impl Cell {
    /// The permit, where the answer is one.
    pub fn permit(&self) -> Option<Permit> {
        (self.ruling.outcome == Outcome::Permit && !self.ruling.fault).then(|| Permit {
            recipient: self.recipient.clone(),
            item: self.item.clone(),
        })
    }
}

/// A decided case.
#[derive(Debug)]
pub struct Decided {
    pub(crate) identified: Identified,
    pub(crate) matrix: Vec<Cell>,
}

/// The approvals that a cell has: by recipient and item id.
pub type Approvals = BTreeMap<(String, String), BTreeSet<Role>>;

impl Flow {
    pub(crate) async fn decide(&self, identified: Identified) -> Result<Decided, FlowError> {
        let matrix = if identified.missing.is_empty() {
            let mut tx = self.store.read().await?;
            self.matrix(&mut tx, &identified.case, &Approvals::new())
                .await?
        } else {
            Vec::new()
        };
        Ok(Decided { identified, matrix })
    }

    /// Asks for every recipient and item.
    pub(crate) async fn matrix(
        &self,
        tx: &mut Tx,
        case: &Case,
        approvals: &Approvals,
    ) -> Result<Vec<Cell>, FlowError> {
        let live = live(tx, case).await?;
        let context = self.context(tx, case, live.as_ref()).await?;
        let (mut matrix, mut posts) = (Vec::new(), Posts::default());
        for addressee in &case.addressees {
            let mut recipient = self.party(tx, &addressee.agency, live.as_ref()).await?;
            recipient.asked = context.asks.include(&addressee.agency)?;
            for (place, piece) in case.pieces.iter().enumerate() {
                if addressee
                    .only
                    .as_ref()
                    .is_some_and(|only| !only.contains(&place))
                {
                    continue;
                }
                let to = (addressee, recipient.clone());
                let cell = self.ask(tx, &mut posts, &context, case, to, piece, approvals);
                matrix.push(cell.await?);
            }
        }
        Ok(matrix)
    }

    /// Asks for one recipient and item of a case; none where the case has no such cell.
    pub(crate) async fn one_cell(
        &self,
        tx: &mut Tx,
        case: &Case,
        (recipient, item): (&str, &str),
        approvals: &Approvals,
    ) -> Result<Option<Cell>, FlowError> {
        let addressee = case.addressees.iter().find(|a| a.agency.id == recipient);
        let piece = case.pieces.iter().find(|piece| piece.id == item);
        let (Some(addressee), Some(piece)) = (addressee, piece) else {
            return Ok(None);
        };
        let live = live(tx, case).await?;
        let context = self.context(tx, case, live.as_ref()).await?;
        let mut recipient = self.party(tx, &addressee.agency, live.as_ref()).await?;
        recipient.asked = context.asks.include(&addressee.agency)?;
        let (to, mut posts) = ((addressee, recipient), Posts::default());
        let cell = self.ask(tx, &mut posts, &context, case, to, piece, approvals);
        Ok(Some(cell.await?))
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "what one cell turns on: a type of its own would say no more"
    )]
    async fn ask(
        &self,
        tx: &mut Tx,
        posts: &mut Posts,
        context: &Context,
        case: &Case,
        (addressee, mut recipient): (&Addressee, Party),
        piece: &Piece,
        approvals: &Approvals,
    ) -> Result<Cell, FlowError> {
        let given = approvals
            .get(&(addressee.agency.id.clone(), piece.id.clone()))
            .cloned()
            .unwrap_or_default();
        recipient.earlier_recipient = earlier_recipient(tx, addressee, piece).await?;
        let question = context.ask(case, addressee, recipient, piece, given)?;
        self.cell(tx, posts, case, (addressee, piece, question))
            .await
    }

    async fn context(
        &self,
        tx: &mut Tx,
        case: &Case,
        live: Option<&Live<'_>>,
    ) -> Result<Context, FlowError> {
        let now = self.clock.now();
        let sender = self.party(tx, &case.sender, live).await?;
        let sender_is_vlo = match &case.sender_person {
            Some(person) => parties::roles_of(tx, person, now)
                .await?
                .contains(&Role::Vlo),
            None => false,
        };
        let copied_to_coordination = case
            .addressees
            .iter()
            .any(|a| a.agency.kind == AgencyKind::Coordination.as_str());
        Ok(Context {
            asks: Asks::of(tx, case).await?,
            sender,
            sender_is_vlo,
            copied_to_coordination,
        })
    }

    async fn cell(
        &self,
        tx: &mut Tx,
        posts: &mut Posts,
        case: &Case,
        (addressee, piece, question): (&Addressee, &Piece, Question),
    ) -> Result<Cell, FlowError> {
        let mut ruling = self.protocols.ruling(&question);
        if ruling.fault {
            tracing::error!(exchange = %case.id, item = piece.n, "the protocols met an error: refused");
        }
        self.hold_without_spoc(tx, posts, addressee, &question, &mut ruling)
            .await?;
        let approvers = self
            .seats(tx, posts, case, piece, &ruling.reviewers)
            .await?;
        let afterwards = self.reviewers_after(&question, &ruling);
        let review_after = self.seats(tx, posts, case, piece, &afterwards).await?;
        Ok(Cell {
            recipient: id_of(&addressee.agency.id)?,
            person: addressee.person.clone(),
            item: piece.id.clone(),
            n: piece.n,
            ruling,
            approvers,
            review_after,
            question,
        })
    }

    /// `SPOC_ONLY`, and `NAMED_RECIPIENT` where nobody was named, need a single point of
    /// contact or a deputy in post; with none the coordinator decides (report 5.30).
    async fn hold_without_spoc(
        &self,
        tx: &mut Tx,
        posts: &mut Posts,
        addressee: &Addressee,
        question: &Question,
        ruling: &mut Ruling,
    ) -> Result<(), FlowError> {
        let needs = |obligation| ruling.obligations.contains(&obligation);
        let to_spoc = needs(Obligation::SpocOnly)
            || (needs(Obligation::NamedRecipient) && addressee.person.is_none());
        if ruling.outcome != Outcome::Permit
            || !to_spoc
            || question.approvals.contains(&Role::Coordinator)
        {
            return Ok(());
        }
        let now = self.clock.now();
        if posts.has_spoc(tx, &addressee.agency.id, now).await? {
            return Ok(());
        }
        ruling.outcome = Outcome::Hold;
        ruling.obligations.clear();
        ruling.reviewers = [Reviewer {
            role: Role::Coordinator,
            seat: Seat::Coordination,
        }]
        .into();
        ruling.rules = vec![RuleHit {
            rule: "SPOC".to_owned(),
            id: "SPOC.nobody-in-post".to_owned(),
            title: "The recipient has no single point of contact or deputy in post, so the coordinator decides".to_owned(),
            basis: "HMI report 2011, 5.30".to_owned(),
        }];
        Ok(())
    }

    /// The agencies where reviewers sit. Where nobody there has the role, the area's coordination
    /// unit decides in that role's place.
    async fn seats(
        &self,
        tx: &mut Tx,
        posts: &mut Posts,
        case: &Case,
        piece: &Piece,
        reviewers: &BTreeSet<Reviewer>,
    ) -> Result<Vec<Approver>, FlowError> {
        let mut approvers = Vec::new();
        for reviewer in reviewers {
            let at = match reviewer.seat {
                Seat::Owner => Some(piece.owner.id.clone()),
                Seat::Trust => case
                    .nominal
                    .as_ref()
                    .and_then(|n: &NominalRow| n.trust.clone()),
                Seat::Coordination => None,
            };
            let there = match at {
                Some(at) if posts.filled(tx, &at, reviewer.role, self.now()).await? => Some(at),
                Some(_) | None => None,
            };
            let agency = match there {
                Some(at) => at,
                None => posts.unit(tx, &case.area).await?,
            };
            approvers.push(Approver {
                agency: id_of(&agency)?,
                role: reviewer.role,
            });
        }
        approvers.sort();
        approvers.dedup();
        Ok(approvers)
    }

    /// Whoever would have had to approve looks at an emergency's permit afterwards: the same
    /// question without the emergency names them (ISP-34).
    fn reviewers_after(&self, question: &Question, ruling: &Ruling) -> BTreeSet<Reviewer> {
        if !question.emergency || ruling.outcome != Outcome::Permit {
            return BTreeSet::new();
        }
        let mut calm = question.clone();
        calm.emergency = false;
        calm.recipient_confirmed = false;
        self.protocols.ruling(&calm).reviewers
    }
}

/// The area's coordination unit.
pub(crate) async fn coordination_unit(tx: &mut Tx, area: &str) -> Result<AgencyRow, FlowError> {
    tx.agencies_in(area, AgencyKind::Coordination.as_str())
        .await?
        .into_iter()
        .find(|agency| agency.state == "active")
        .ok_or_else(|| FlowError::Internal(format!("area `{area}` has no coordination unit")))
}

/// Who has a part in the case, where it is known whom it is about.
async fn live<'c>(tx: &mut Tx, case: &'c Case) -> Result<Option<Live<'c>>, FlowError> {
    Ok(match &case.nominal {
        Some(nominal) => Some(Live::of(tx, nominal).await?),
        None => None,
    })
}

async fn earlier_recipient(
    tx: &mut Tx,
    addressee: &Addressee,
    piece: &Piece,
) -> Result<bool, FlowError> {
    let Some(earlier) = &piece.corrects else {
        return Ok(false);
    };
    Ok(tx
        .readers_of(earlier)
        .await?
        .iter()
        .any(|wrap| wrap.agency == addressee.agency.id))
}

/// What every question of one case shares.
struct Context {
    asks: Asks,
    sender: Party,
    sender_is_vlo: bool,
    copied_to_coordination: bool,
}

impl Context {
    fn ask(
        &self,
        case: &Case,
        addressee: &Addressee,
        recipient: Party,
        piece: &Piece,
        approvals: BTreeSet<Role>,
    ) -> Result<Question, FlowError> {
        let said = &case.particulars;
        let confirmed = said.emergency.as_ref().is_some_and(|emergency| {
            emergency
                .confirm_recipients
                .iter()
                .any(|c| c.as_str() == addressee.agency.id)
        });
        let nominal = case.nominal.as_ref();
        let flag = said.form.as_ref().and_then(|form| form.flag.as_ref());
        let sent = Timestamp::from_microsecond(case.received_at).unwrap_or(Timestamp::MAX);
        Ok(Question {
            sender: self.sender.clone(),
            sender_is_vlo: self.sender_is_vlo,
            recipient,
            recipient_reason: addressee.reason,
            recipient_confirmed: confirmed,
            item: piece.facts()?,
            purpose: piece.claim.purpose.or(said.purpose),
            stated: said.necessity.is_some() && !said.bases.is_empty(),
            linked: nominal.is_some(),
            provisional: nominal.is_some_and(|n| n.state == "provisional"),
            level: nominal.map_or(0, |n| u8::try_from(n.level).unwrap_or(0)),
            category: nominal.map_or(0, |n| u8::try_from(n.category).unwrap_or(0)),
            emergency: said.emergency.is_some(),
            requested: said.in_reply_to.is_some(),
            copied_to_coordination: self.copied_to_coordination,
            property: said.property.is_some(),
            address_pending: said.address_pending,
            adult_at_risk: said.adult_at_risk,
            hospital_flag: flag.is_some(),
            meeting_decision: flag.is_some_and(|flag| flag.is_decided(sent)),
            review_within_six_months: flag.is_some_and(|flag| flag.is_reviewed(sent)),
            approvals,
        })
    }
}
