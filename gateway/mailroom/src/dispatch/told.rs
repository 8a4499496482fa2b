//! Notices about forms, custody, health requests and hospital flags are mailed to whoever they are for,
//! so that nobody has to have a page of the gateway open: to the agency, or to the person in the post where it has no address.
//! A mail says the kind of thing that waits, by when, and where; not about whom (ISP-36).

use gateway_core::Role;
use gateway_email::render::{FlagMatter, HealthMatter, Matter, Urgency};
use gateway_flow::outgoing::{Mail, MailKind, TOLD_NOTICE};
use gateway_store::Tx;
use gateway_store::rows::{HospitalFlagRow, NominalRow, NoticeRow};
use gateway_vault::parties;
use jiff::{Timestamp, ToSpan as _};

use super::given::QUESTION;
use super::look::Look;
use crate::error::Trouble;
use crate::room::Mailroom;

/// The roles whose notices go to whoever is in the post, and not to the agency.
const BY_NAME: [Role; 3] = [Role::Coordinator, Role::Caldicott, Role::Chair];
/// The roles by which an agency is told of a flag; any other is that of the person who set it.
const AGENCYS: [Role; 2] = [Role::Spoc, Role::Coordinator];
/// How many are looked at in one round.
const AT_ONCE: i64 = 100;
/// What is older than so many hours is not mailed any more.
const STALE: i64 = 14 * 24;

impl Mailroom {
    /// Queues a mail for every notice about a form or custody that has none yet; whether there may be
    /// more.
    pub(crate) async fn tell_notices(&self, look: Look) -> Result<bool, Trouble> {
        let now = self.0.flow.clock.now();
        let stale = now.checked_sub(STALE.hours()).unwrap_or(now);
        let since = look.since(stale.as_microsecond());
        let mut tx = self.0.flow.store.read().await?;
        let untold = tx.notices_untold(since, AT_ONCE).await?;
        drop(tx);
        let (full, mut told) = (i64::try_from(untold.len()) == Ok(AT_ONCE), false);
        for notice in untold {
            match self.tell_notice(&notice).await {
                Ok(()) => told = true,
                Err(error) => {
                    tracing::warn!(notice = %notice.id, %error, "no mail could be made for a notice");
                }
            }
        }
        Ok(full && told)
    }

    async fn tell_notice(&self, notice: &NoticeRow) -> Result<(), Trouble> {
        let mut tx = self.0.flow.store.read().await?;
        let area = area_of(&mut tx, notice).await?;
        let address = self.address_of_notice(&mut tx, notice).await?;
        drop(tx);
        let mut row = None;
        if let Some(address) = address
            && matter(&notice.kind).is_some()
        {
            let due = notice.due_at.map(|due| due.to_string());
            let words = [Some(notice.kind.clone()), due].into_iter().flatten();
            let mail = Mail {
                kind: MailKind::Notice,
                subject: format!("{TOLD_NOTICE}{}", notice.id),
                exchange: None,
                delivery: None,
                agency: notice.agency.clone(),
                recipient: address.into(),
                words: words.map(Into::into).collect(),
            };
            row = Some(self.0.flow.mail_row(&area, mail).await?);
        }
        let now = self.0.flow.clock.now().as_microsecond();
        let mut tx = self.0.flow.store.write("tell-notice").await?;
        if !tx.notice_is_told(&notice.id, now).await? {
            // Another gateway was faster.
            return Ok(());
        }
        if let Some(row) = &row {
            tx.queue_mail(row).await?;
        }
        tx.commit().await?;
        match row {
            Some(_) => self.0.queued.notify_one(),
            None => {
                tracing::warn!(notice = %notice.id, "a notice is not mailed: the agency and whoever is in the post have no address that mail reaches");
            }
        }
        Ok(())
    }

    /// Where a notice goes: a coordinator's, a guardian's, a chair's to the one in post; else to the agency's own address,
    /// else to its single point of contact.
    async fn address_of_notice(
        &self,
        tx: &mut Tx,
        notice: &NoticeRow,
    ) -> Result<Option<String>, Trouble> {
        if let Some(address) = self.address_of_setter(tx, notice).await? {
            return Ok(Some(address));
        }
        let own = BY_NAME.iter().find(|role| role.as_str() == notice.role);
        if let Some(role) = own {
            let now = self.0.flow.clock.now();
            let person = parties::in_post(tx, &notice.agency, *role, now).await?;
            if let Some(person) = person
                && let Some(address) = self.address_of(tx, &person).await?
            {
                return Ok(Some(address));
            }
        }
        self.address_of_agency(tx, &notice.agency).await
    }

    /// Of a flag, beside what its agency is told: the person who set it.
    async fn address_of_setter(
        &self,
        tx: &mut Tx,
        notice: &NoticeRow,
    ) -> Result<Option<String>, Trouble> {
        let agencys = AGENCYS.iter().any(|role| role.as_str() == notice.role);
        let Some(flag) = &notice.exchange else {
            return Ok(None);
        };
        if agencys || !notice.kind.starts_with("flag-") {
            return Ok(None);
        }
        let flag: Option<HospitalFlagRow> = tx.get(flag).await?;
        let flag = flag.filter(|flag| flag.agency == notice.agency);
        match flag.and_then(|flag| flag.person) {
            Some(person) => self.address_of(tx, &person).await,
            None => Ok(None),
        }
    }
}

/// The area of a notice: of whom it is about, else the agency's own.
async fn area_of(tx: &mut Tx, notice: &NoticeRow) -> Result<String, Trouble> {
    if let Some(about) = &notice.nominal
        && let Some(nominal) = tx.get::<NominalRow>(about).await?
    {
        return Ok(nominal.area);
    }
    let own = tx.memberships(&notice.agency).await?.into_iter().next();
    let own = own.ok_or(Trouble::Stopped("a notice is for an agency of no area"))?;
    Ok(own.area)
}

/// The words of a notice, as they were queued: its kind, and by when.
pub(crate) fn matter_of(words: &[String]) -> Option<(Matter, Urgency)> {
    let matter = matter(words.first()?)?;
    let due = words.get(1).and_then(|due| due.parse().ok());
    let due = due.and_then(|due| Timestamp::from_microsecond(due).ok());
    Some((matter, due.map_or(Urgency::Routine, Urgency::ActBy)))
}

/// What a kind of notice is about.
fn matter(kind: &str) -> Option<Matter> {
    Some(match kind {
        "form-asked" => Matter::FormAsked,
        "form-reminded" => Matter::FormReminded,
        "form-late" => Matter::FormLate,
        "form-overdue" => Matter::FormOverdue,
        "form-open-again" => Matter::FormOpenAgain,
        "form-request-moved" => Matter::FormMoved,
        "form-considered" => Matter::FormConsidered,
        "hand-over" => Matter::HandOver,
        "hand-over-reminded" => Matter::HandOverReminded,
        "hand-over-late" => Matter::HandOverLate,
        "custody-claimed" => Matter::CustodyClaimed,
        "custody-overdue" => Matter::CustodyOverdue,
        "custody-disputed" => Matter::CustodyDisputed,
        "people-custody-tried" => Matter::CustodyTried,
        "custody-confirmed" | "custody-settled" | "custody-withdrawn" => Matter::CustodyAnswered,
        "custody-moved" => Matter::CustodyMoved,
        // What is asked, and what is answered, comes as a message of its own.
        "health-reopened" => Matter::Health(HealthMatter::Again),
        "health-reminded" => Matter::Health(HealthMatter::Reminded),
        "health-late" => Matter::Health(HealthMatter::Late),
        "health-overdue" => Matter::Health(HealthMatter::Overdue),
        "health-closed" => Matter::Health(HealthMatter::Noted),
        "health-review" => Matter::Health(HealthMatter::Review),
        "health-wrong-patient" => Matter::Health(HealthMatter::WrongPatient),
        QUESTION => Matter::Health(HealthMatter::Question),
        "health-untold" => Matter::Health(HealthMatter::Untold),
        "flag-unopened" => Matter::Flag(FlagMatter::Unopened),
        "flag-attended" => Matter::Flag(FlagMatter::Attended),
        "flag-reminded" => Matter::Flag(FlagMatter::Reminded),
        "flag-lapsed" => Matter::Flag(FlagMatter::Lapsed),
        "flag-ended" => Matter::Flag(FlagMatter::Ended),
        "flag-clear" => Matter::Flag(FlagMatter::Clear),
        "flag-uncleared" => Matter::Flag(FlagMatter::Uncleared),
        _ => return None,
    })
}

/// Where a matter is seen to, in the portal.
pub(crate) const fn place(matter: Matter) -> &'static str {
    match matter {
        Matter::FormAsked
        | Matter::FormReminded
        | Matter::FormLate
        | Matter::FormOverdue
        | Matter::FormOpenAgain
        | Matter::FormMoved => "/forms/requests",
        Matter::HandOver
        | Matter::HandOverReminded
        | Matter::HandOverLate
        | Matter::CustodyClaimed
        | Matter::CustodyOverdue
        | Matter::CustodyDisputed
        | Matter::CustodyAnswered => "/custody",
        Matter::Flag(_) => "/hospital-flags",
        Matter::Health(HealthMatter::Question) => "/health-questions",
        Matter::FormConsidered
        | Matter::CustodyMoved
        | Matter::CustodyTried
        | Matter::Health(_) => "/notices",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_queued_says_what_it_is_about_and_by_when() {
        let words = |all: &[&str]| all.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>();
        let (matter, urgency) = matter_of(&words(&["hand-over", "1772470800000000"])).unwrap();
        assert_eq!((matter, place(matter)), (Matter::HandOver, "/custody"));
        let due = Timestamp::from_microsecond(1_772_470_800_000_000).unwrap();
        assert_eq!(urgency, Urgency::ActBy(due));
        let told = matter_of(&words(&["form-considered"])).unwrap();
        assert_eq!(told, (Matter::FormConsidered, Urgency::Routine));
        assert_eq!(matter_of(&words(&["shared"])), None);
    }
}
