//! A form that sets a flag, or says that the person came, before it is sent: at which trust, until
//! when, about whom, and for whom.

use gateway_core::{AgencyKind, Id, Purpose};
use gateway_forms::{Body, Definition};
use gateway_store::Tx;
use gateway_store::rows::{AgencyRow, ExchangeRow, HospitalFlagRow, NominalRow};

use super::note::{FlagNote, LONGEST, day, fits, last};
use super::owed;
use crate::Flow;
use crate::case::{corrupt, id_of, kind_of};
use crate::error::{FieldFault, FlowError};
use crate::form::FormSent;
use crate::identify::live;
use crate::submission::RecipientClaim;

/// What is told where it is not clear which one trust is told.
const ONE: &str = "goes to one acute trust and to nobody else: name that trust alone";
/// What is told of a case that no meeting of several agencies looks at.
const LEVEL: &str = "is about somebody who is not managed at level 2 or 3: a hospital flag is what a meeting at these levels decides";

/// Whom a form about a flag is for, and what it says to it.
pub(crate) struct FlagTalk {
    pub(crate) note: FlagNote,
    pub(crate) recipients: Vec<RecipientClaim>,
    /// The record that it is about.
    pub(crate) reference: String,
    /// Of an attendance: what the flag is for.
    pub(crate) purpose: Option<Purpose>,
}

impl Flow {
    /// What a form is to a hospital flag: it sets one, says that the person came, or neither.
    ///
    /// # Errors
    /// [`FlowError::Invalid`] where it is not clear at which trust, the days or the level do not
    /// fit, or no flag asks for it.
    pub(crate) async fn flag_talk(
        &self,
        tx: &mut Tx,
        form: &Definition,
        body: &Body,
        own: &AgencyRow,
        (nominal, sent): (Option<&NominalRow>, &FormSent),
    ) -> Result<Option<FlagTalk>, FlowError> {
        if FlagNote::sets(form) {
            let talk = self.sets_flag(tx, form, body, own, (nominal, sent));
            return talk.await.map(Some);
        }
        if FlagNote::attends(form) {
            let days = (form, day(form, body, form.says.attended_on.as_ref()));
            let talk = self.says_attended(tx, own, days, sent);
            return talk.await.map(Some);
        }
        Ok(None)
    }

    async fn sets_flag(
        &self,
        tx: &mut Tx,
        form: &Definition,
        body: &Body,
        own: &AgencyRow,
        (nominal, sent): (Option<&NominalRow>, &FormSent),
    ) -> Result<FlagTalk, FlowError> {
        let follows = sent.after.or(sent.corrects);
        let earlier = match follows {
            Some(id) => Some(to_follow(tx, own, id, sent.after.is_some()).await?),
            None => None,
        };
        let about = match (nominal, &earlier) {
            (Some(nominal), _) => Some(nominal.clone()),
            (None, Some(earlier)) => live(tx, &earlier.nominal).await?,
            (None, None) => None,
        };
        let about = about.ok_or_else(|| {
            fault(
                "/nominal",
                "is about nobody on record: a hospital flag is about a person with a record at this gateway",
            )
        })?;
        if earlier.as_ref().is_some_and(|row| row.nominal != about.id) {
            let detail =
                "is about another person: leave it out, or name the person whom the flag is about";
            return Err(fault("/nominal/ref", detail));
        }
        let mut faults = self.days_fit(form, body);
        if about.level < 2 {
            faults.push(FieldFault::new("/nominal/ref", LEVEL));
        }
        let (Some(decided_on), Some(review_on), true) = (
            day(form, body, form.says.decided_on.as_ref()),
            day(form, body, form.says.review_on.as_ref()),
            faults.is_empty(),
        ) else {
            return Err(FlowError::Invalid(faults));
        };
        let named = sent.recipients.clone();
        let trust = self.one_trust(tx, named, &about, earlier.as_ref()).await?;
        if earlier.is_none() {
            none_there(tx, own, &about, trust.agency.as_str()).await?;
        }
        Ok(FlagTalk {
            note: FlagNote::Sets {
                holder: trust.agency.clone(),
                decided_on,
                review_on,
                follows,
            },
            recipients: vec![trust],
            reference: about.id,
            purpose: None,
        })
    }

    /// The meeting was, and the review is to come within six months.
    fn days_fit(&self, form: &Definition, body: &Body) -> Vec<FieldFault> {
        let today = gateway_core::calendar::local_date(self.clock.now());
        let mut faults = Vec::new();
        let mut wrong = |path: Option<&String>, detail: String| {
            let place = path.map_or_else(String::new, |path| path.replace('.', "/"));
            faults.push(FieldFault::new(format!("/answers/{place}"), detail));
        };
        let (decided, review) = (&form.says.decided_on, &form.says.review_on);
        match day(form, body, decided.as_ref()) {
            Some(on) if on > today => wrong(
                decided.as_ref(),
                "is to come: a hospital flag is set after the meeting has decided it".to_owned(),
            ),
            Some(_) => {}
            None => wrong(decided.as_ref(), "give the day of the meeting".to_owned()),
        }
        match day(form, body, review.as_ref()) {
            Some(on) if fits(on, today) => {}
            Some(on) if on <= today => wrong(
                review.as_ref(),
                "is not to come: give a day after today".to_owned(),
            ),
            Some(_) => wrong(
                review.as_ref(),
                format!(
                    "is more than {LONGEST} months away: give {} or a day before it",
                    last(today).strftime("%-d %B %Y")
                ),
            ),
            None => wrong(review.as_ref(), "give the day of the review".to_owned()),
        }
        faults
    }

    /// The one acute trust: the one that is named, else the earlier flag's, else the one partner that
    /// is one.
    async fn one_trust(
        &self,
        tx: &mut Tx,
        mut named: Vec<RecipientClaim>,
        nominal: &NominalRow,
        earlier: Option<&HospitalFlagRow>,
    ) -> Result<RecipientClaim, FlowError> {
        if named.is_empty() {
            let known = match earlier {
                Some(earlier) => vec![earlier.holder.clone()],
                None => self.acute_partners(tx, nominal).await?,
            };
            for id in known {
                named.push(claim(id_of(&id)?));
            }
        }
        let [trust] = named.as_slice() else {
            return Err(fault("/recipients", ONE));
        };
        let row: Option<AgencyRow> = tx.get(trust.agency.as_str()).await?;
        let acute = match &row {
            Some(row) => kind_of(row)? == AgencyKind::Health && row.state == "active",
            None => false,
        };
        if !acute {
            return Err(fault("/recipients/0", "is no acute trust that takes part"));
        }
        if earlier.is_some_and(|earlier| earlier.holder != trust.agency.as_str()) {
            let detail = "is another trust than that of the flag that it goes on from: set a flag of its own there";
            return Err(fault("/recipients/0", detail));
        }
        Ok(trust.clone())
    }

    async fn acute_partners(
        &self,
        tx: &mut Tx,
        nominal: &NominalRow,
    ) -> Result<Vec<String>, FlowError> {
        let now = self.now();
        let mut trusts = Vec::new();
        for part in tx.parts_of(&nominal.id).await? {
            let runs = part.from_at <= now && part.until_at.is_none_or(|until| until > now);
            if part.kind != "partner" || !runs {
                continue;
            }
            let row: Option<AgencyRow> = tx.get(&part.agency).await?;
            let row = row.ok_or_else(|| corrupt("agency", &part.agency))?;
            if kind_of(&row)? == AgencyKind::Health {
                trusts.push(row.id);
            }
        }
        Ok(trusts)
    }

    async fn says_attended(
        &self,
        tx: &mut Tx,
        own: &AgencyRow,
        (form, on): (&Definition, Option<jiff::civil::Date>),
        sent: &FormSent,
    ) -> Result<FlagTalk, FlowError> {
        let Some(flag) = sent.in_reply_to else {
            return Err(fault(
                "/in_reply_to",
                "names no hospital flag: begin it from the flag that your trust was given",
            ));
        };
        let row: Option<HospitalFlagRow> = tx.get(&flag.to_string()).await?;
        let row = row.filter(|row| row.holder == own.id);
        let row = row.ok_or_else(|| {
            fault(
                "/in_reply_to",
                "is no hospital flag that your trust was given",
            )
        })?;
        if row.ended_at.is_some() {
            let detail = "is a flag that is over: clear it from your system, and call the police where somebody is in danger";
            return Err(fault("/in_reply_to", detail));
        }
        let today = gateway_core::calendar::local_date(self.clock.now());
        if on.is_some_and(|on| on > today) {
            let path = form.says.attended_on.as_deref().unwrap_or_default();
            let place = format!("/answers/{}", path.replace('.', "/"));
            return Err(fault(&place, "is to come: say it once the person has come"));
        }
        let exchange: Option<ExchangeRow> = tx.get(&row.id).await?;
        let exchange = exchange.ok_or_else(|| corrupt("exchange", &row.id))?;
        let mut recipients = sent.recipients.clone();
        for agency in owed(tx, &row).await? {
            if recipients
                .iter()
                .all(|named| named.agency.as_str() != agency)
            {
                recipients.push(claim(id_of(&agency)?));
            }
        }
        let about = match live(tx, &row.nominal).await? {
            Some(nominal) => nominal.id,
            None => row.nominal,
        };
        if sent.reference.as_ref().is_some_and(|named| *named != about) {
            let detail = "is not the person whom the flag is about: leave it out";
            return Err(fault("/nominal/ref", detail));
        }
        Ok(FlagTalk {
            note: FlagNote::Attends { flag },
            recipients,
            reference: about,
            purpose: exchange.purpose.and_then(|word| word.parse().ok()),
        })
    }
}

/// A flag that the caller's agency set and that is not over, for another to go on from it.
async fn to_follow(
    tx: &mut Tx,
    own: &AgencyRow,
    id: Id,
    after: bool,
) -> Result<HospitalFlagRow, FlowError> {
    let pointer = match after {
        true => "/after",
        false => "/corrects",
    };
    let row: Option<HospitalFlagRow> = tx.get(&id.to_string()).await?;
    let row = row.filter(|row| row.agency == own.id);
    let row = row.ok_or_else(|| fault(pointer, "is no hospital flag that your agency set"))?;
    match row.ended_at {
        Some(_) => Err(fault(
            pointer,
            "is a flag that is over: leave it out, and a new flag is set",
        )),
        None => Ok(row),
    }
}

/// The agency has no flag on this person at this trust that the new one would stand beside.
async fn none_there(
    tx: &mut Tx,
    own: &AgencyRow,
    nominal: &NominalRow,
    trust: &str,
) -> Result<(), FlowError> {
    match has_flag(tx, (&own.id, trust), &nominal.id).await? {
        true => Err(fault(
            "/after",
            "would stand beside a flag that your agency has on this person at this trust: give that one here, and this one goes on from it",
        )),
        false => Ok(()),
    }
}

/// Whether an agency has a flag on somebody at a trust that is not over; one that was refused is none.
pub(super) async fn has_flag(
    tx: &mut Tx,
    (agency, trust): (&str, &str),
    nominal: &str,
) -> Result<bool, FlowError> {
    for row in tx.hospital_flags_about(nominal).await? {
        if row.ended_at.is_some() || row.agency != agency || row.holder != trust {
            continue;
        }
        let exchange: Option<ExchangeRow> = tx.get(&row.id).await?;
        if exchange.is_some_and(|exchange| exchange.state != "refused") {
            return Ok(true);
        }
    }
    Ok(false)
}

fn claim(agency: gateway_core::AgencyId) -> RecipientClaim {
    RecipientClaim {
        agency,
        person: None,
        reason: None,
    }
}

fn fault(pointer: &str, detail: &str) -> FlowError {
    FlowError::Invalid(vec![FieldFault::new(pointer, detail)])
}
