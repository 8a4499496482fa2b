//! A link that is good once and for a while. Looking at it changes nothing: programs that scan
//! mail open every link.

use gateway_core::Id;
use gateway_seal::Place;
use gateway_store::Tx;
use gateway_store::rows::{AgencyRow, InvitationRow, MailOutRow, PersonRow};
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::tell::Act;
use crate::Flow;
use crate::case::corrupt;
use crate::error::FlowError;
use crate::outgoing::{Mail, MailKind};
use crate::recorder::Draft;
use crate::sign_in::{fresh_token, print, spell};

/// How long a link is good.
pub(super) const GOOD_FOR: SignedDuration = SignedDuration::from_hours(72);

/// What a link is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkPurpose {
    /// To join: password and second factor.
    Join,
    /// To set the second factor anew; the password is the one that was.
    Factor,
    /// To set both anew.
    Both,
}

impl LinkPurpose {
    /// Its word in the records.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Join => "join",
            Self::Factor => "factor",
            Self::Both => "both",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        let all = [Self::Join, Self::Factor, Self::Both];
        all.into_iter().find(|purpose| purpose.as_str() == word)
    }
}

/// What a link leads to now.
#[derive(Debug)]
pub enum Link {
    /// It is good.
    Open(OpenLink),
    /// It was used.
    Used,
    /// Its time is over.
    Expired,
    /// Whoever sent it took it back, or sent another.
    Withdrawn,
    /// There is no such link.
    Unknown,
}

/// A link that is good.
#[derive(Debug)]
pub struct OpenLink {
    /// What for.
    pub purpose: LinkPurpose,
    /// The agency's name.
    pub agency: String,
    /// The secret of the one-time codes to be, base32: the same at every look.
    pub secret: Zeroizing<String>,
    /// Until when.
    pub until: Timestamp,
}

/// A new link: the row, its mail, and the token that only the mail has.
pub(super) struct NewLink {
    pub(super) row: InvitationRow,
    pub(super) mail: MailOutRow,
}

/// What a new link is made of.
pub(super) struct Made<'a> {
    pub(super) id: Id,
    pub(super) agency: &'a AgencyRow,
    pub(super) by: &'a PersonRow,
    pub(super) purpose: LinkPurpose,
    pub(super) email: &'a str,
}

impl Flow {
    /// A link, and the mail that brings it. Nothing is recorded yet.
    pub(super) async fn new_link(&self, made: Made<'_>) -> Result<NewLink, FlowError> {
        let token = fresh_token();
        let until = self.clock.now() + GOOD_FOR;
        let id = made.id.to_string();
        let words = [
            token.to_string(),
            made.purpose.as_str().to_owned(),
            until.to_string(),
        ];
        let mail = Mail {
            kind: MailKind::Invitation,
            subject: mail_subject(&id),
            exchange: None,
            delivery: None,
            agency: made.agency.id.clone(),
            recipient: made.email.to_owned().into(),
            words: words.map(Into::into).to_vec(),
        };
        let mut tx = self.store.read().await?;
        let areas = tx.memberships(&made.agency.id).await?;
        drop(tx);
        let area = match areas.into_iter().next() {
            Some(membership) => membership.area,
            None => self.default_area().await?,
        };
        let mail = self.mail_row(&area, mail).await?;
        let row = InvitationRow {
            agency: made.agency.id.clone(),
            kind: made.purpose.as_str().to_owned(),
            person: None,
            name: None,
            email: None,
            email_index: self.email_index(made.email).await?,
            role: None,
            token: print(&token),
            by_person: made.by.id.clone(),
            checked: None,
            made_at: self.now(),
            until_at: until.as_microsecond(),
            state: "open".to_owned(),
            updated_by: String::new(),
            id,
        };
        Ok(NewLink { row, mail })
    }

    /// What a link leads to. Nothing changes by it.
    ///
    /// # Errors
    /// [`FlowError::Unavailable`] where the store or the vault is away.
    pub async fn link(&self, token: &str) -> Result<Link, FlowError> {
        let mut tx = self.store.read().await?;
        let row = tx.invitation_by_token(&print(token)).await?;
        let Some(row) = row else {
            return Ok(Link::Unknown);
        };
        let (state, agency) = state_of(&mut tx, &row, self.now()).await?;
        drop(tx);
        if let Some(over) = state {
            return Ok(over);
        }
        Ok(Link::Open(OpenLink {
            purpose: purpose_of(&row)?,
            agency: agency.name,
            secret: self.secret_of(token).await?,
            until: Timestamp::from_microsecond(row.until_at)
                .map_err(|_| corrupt("invitation", &row.id))?,
        }))
    }

    /// The secret that goes with a link: it follows from the token by a key of the vault, so
    /// that a page can show it again and nothing need be kept.
    pub(super) async fn secret_of(&self, token: &str) -> Result<Zeroizing<String>, FlowError> {
        self.secret_of_codes("invitation.totp", token).await
    }

    /// A secret of one-time codes, base32, that follows from what it is for.
    pub(crate) async fn secret_of_codes(
        &self,
        column: &str,
        of: &str,
    ) -> Result<Zeroizing<String>, FlowError> {
        let keyed = self.vault.blind("*", column, of).await?;
        let bytes = Zeroizing::new(<[u8; 32]>::from(Sha256::digest(keyed)));
        Ok(spell(bytes.get(..20).unwrap_or_default()))
    }

    /// Takes a link back, with the mail that has not gone out with it.
    pub(super) async fn withdraw(
        &self,
        tx: &mut Tx,
        by: &PersonRow,
        mut row: InvitationRow,
    ) -> Result<Vec<Draft>, FlowError> {
        row.state = "withdrawn".to_owned();
        tx.put(&mut row).await?;
        tx.cancel_mail(&mail_subject(&row.id)).await?;
        let act = Act {
            agency: &row.agency,
            by: &by.id,
            change: "invitation-withdrawn",
            person: row.person.as_deref(),
            invitation: Some(&row.id),
        };
        self.told(tx, &act).await
    }
}

/// What is over with a link, if anything is; and its agency. One whose maker was suspended since
/// is as one taken back.
pub(super) async fn state_of(
    tx: &mut Tx,
    row: &InvitationRow,
    now: i64,
) -> Result<(Option<Link>, AgencyRow), FlowError> {
    let agency = crate::case::agency(tx, &row.agency).await?;
    let by: Option<PersonRow> = tx.get(&row.by_person).await?;
    let by = by.is_some_and(|by| by.state == "active" && by.agency == row.agency);
    let over = match row.state.as_str() {
        "used" => Some(Link::Used),
        "open" if !by || agency.state != "active" => Some(Link::Withdrawn),
        "open" if row.until_at <= now => Some(Link::Expired),
        "open" => None,
        _ => Some(Link::Withdrawn),
    };
    Ok((over, agency))
}

pub(super) fn purpose_of(row: &InvitationRow) -> Result<LinkPurpose, FlowError> {
    LinkPurpose::parse(&row.kind).ok_or_else(|| corrupt("invitation", &row.id))
}

/// The subject under which a link's mail is queued.
fn mail_subject(id: &str) -> String {
    format!("invitation/{id}")
}

/// Where a sealed value of an invitation lies.
pub(super) const fn invitation_place<'a>(row: &'a str, column: &'a str) -> Place<'a> {
    Place {
        area: "*",
        table: "invitation",
        row,
        column,
    }
}
