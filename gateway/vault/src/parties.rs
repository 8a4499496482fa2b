//! Who is who in a nominal's case, now: the facts that the protocols ask about, from the rows.

use std::collections::BTreeSet;

use gateway_core::calendar::{began_before, local_date};
use gateway_core::question::Party;
use gateway_core::{AgencyKind, Role};
use gateway_store::rows::{AgencyRow, NominalRow};
use gateway_store::{ATTENDEE, InCase, Record, StoreError, Tx};
use jiff::Timestamp;
use jiff::civil::Date;

/// An agency in a nominal's case at `now`. Whether it received earlier what is now corrected,
/// whether a request asks it, and by what channel it is reached, depends on the exchange:
/// `earlier_recipient`, `asked` and `secure_channel` are false, and the caller who sends sets
/// them.
///
/// # Errors
/// [`StoreError`] when the database is away or a row does not read.
pub async fn party(
    tx: &mut Tx,
    agency: &AgencyRow,
    nominal: Option<&NominalRow>,
    now: Timestamp,
) -> Result<Party, StoreError> {
    let live = match nominal {
        Some(nominal) => Some(Live::of(tx, nominal).await?),
        None => None,
    };
    party_in(tx, agency, live.as_ref(), now).await
}

/// The same, where it is known who has a part in the case.
///
/// # Errors
/// As [`party`].
pub async fn party_in(
    tx: &mut Tx,
    agency: &AgencyRow,
    live: Option<&Live<'_>>,
    now: Timestamp,
) -> Result<Party, StoreError> {
    let kind = agency
        .kind
        .parse()
        .map_err(|_| unreadable(agency, "its kind"))?;
    let mut party = Party {
        agency: agency
            .id
            .parse()
            .map_err(|_| unreadable(agency, "its id"))?,
        kind,
        lead: false,
        partner: false,
        attendee: false,
        custody: false,
        associate: false,
        area_unit: false,
        earlier_recipient: false,
        asked: false,
        signed: signed(agency, local_date(now))?,
        overseas: agency.overseas != 0,
        secure_channel: false,
    };
    if let Some(live) = live {
        take_part(tx, &mut party, live, now.as_microsecond()).await?;
    }
    Ok(party)
}

/// Who has a part in a nominal's case, asked of the database once for all who are asked about.
#[derive(Debug)]
pub struct Live<'n> {
    nominal: &'n NominalRow,
    parts: Vec<InCase>,
}

impl<'n> Live<'n> {
    /// All parts in a nominal's case.
    ///
    /// # Errors
    /// [`StoreError`] when the database is away.
    pub async fn of(tx: &mut Tx, nominal: &'n NominalRow) -> Result<Self, StoreError> {
        Ok(Self {
            nominal,
            parts: tx.in_case(&nominal.id).await?,
        })
    }
}

async fn take_part(
    tx: &mut Tx,
    party: &mut Party,
    live: &Live<'_>,
    now: i64,
) -> Result<(), StoreError> {
    let agency = party.agency.as_str();
    let nominal = live.nominal;
    party.lead = nominal.lead_agency.as_deref() == Some(agency);
    let has = |kind| {
        live.parts
            .iter()
            .any(|part| part.agency == agency && part.kind == kind && part.covers(now))
    };
    party.partner = has("partner");
    party.associate = has("associate");
    party.custody = has("custody");
    party.attendee = has(ATTENDEE);
    party.area_unit = party.kind == AgencyKind::Coordination
        && tx
            .memberships(agency)
            .await?
            .iter()
            .any(|row| row.area == nominal.area);
    Ok(())
}

/// For so many working days after a person has left it, a prison goes on reading what it wrote
/// about them, and may send what it owes (ISP-12).
const GRACE: u16 = 5;

/// Since when a prison must have held a person to have held them lately (ISP-12), microseconds UTC.
pub fn lately(now: Timestamp) -> i64 {
    began_before(now, GRACE).as_microsecond()
}

/// Whether an agency held a nominal until less than five working days before `now`.
///
/// # Errors
/// [`StoreError`] when the database is away.
pub async fn left_lately(
    tx: &mut Tx,
    agency: &AgencyRow,
    nominal: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let since = lately(now);
    let parts = tx.parts_of(nominal).await?;
    Ok(parts.iter().any(|part| {
        part.kind == "custody"
            && part.agency == agency.id
            && part.until_at.is_some_and(|until| until >= since)
    }))
}

/// Signed, and the signature has not lapsed: both dates are days in Europe/London, inclusive.
fn signed(agency: &AgencyRow, today: Date) -> Result<bool, StoreError> {
    let day = |text: &Option<String>| match text {
        Some(text) => text
            .parse::<Date>()
            .map(Some)
            .map_err(|_| unreadable(agency, "a date of its signature")),
        None => Ok(None),
    };
    let on = day(&agency.signed_on)?;
    let until = day(&agency.signed_until)?;
    Ok(on.is_some_and(|on| on <= today) && until.is_none_or(|until| today <= until))
}

/// The roles that a person holds at `now`, as a deputy or in full, wherever.
///
/// # Errors
/// [`StoreError`] when the database is away or a row does not read.
pub async fn roles_of(
    tx: &mut Tx,
    person: &str,
    now: Timestamp,
) -> Result<BTreeSet<Role>, StoreError> {
    roles(tx, person, None, now).await
}

/// The roles that a person holds at an agency at `now`.
pub(crate) async fn roles_at(
    tx: &mut Tx,
    person: &str,
    agency: &str,
    now: Timestamp,
) -> Result<BTreeSet<Role>, StoreError> {
    roles(tx, person, Some(agency), now).await
}

async fn roles(
    tx: &mut Tx,
    person: &str,
    agency: Option<&str>,
    now: Timestamp,
) -> Result<BTreeSet<Role>, StoreError> {
    tx.appointments_of(person, now.as_microsecond())
        .await?
        .iter()
        .filter(|row| agency.is_none_or(|agency| agency == row.agency))
        .map(|row| row.role.parse().map_err(|_| unreadable(row, "its role")))
        .collect()
}

/// Who acts in a role at an agency at `now`: its holder who is not away, else a deputy who is
/// not away; for the single point of contact, also those appointed as deputies by role.
///
/// # Errors
/// [`StoreError`] when the database is away.
pub async fn in_post(
    tx: &mut Tx,
    agency: &str,
    role: Role,
    now: Timestamp,
) -> Result<Option<String>, StoreError> {
    let at = now.as_microsecond();
    // Deputies come last, here and within a role.
    let roles: &[Role] = if role == Role::Spoc {
        &[Role::Spoc, Role::DeputySpoc]
    } else {
        &[role]
    };
    for role in roles {
        let holders = tx.holders_in_post(agency, role.as_str(), at).await?;
        if let Some(holder) = holders.into_iter().next() {
            return Ok(Some(holder.person));
        }
    }
    Ok(None)
}

/// Who is meant where a delivery is for a named person only: the person it names, else the
/// agency's single point of contact or deputy in post.
///
/// # Errors
/// [`StoreError`] when the database is away.
pub async fn named_reader(
    tx: &mut Tx,
    agency: &str,
    person: Option<&str>,
    now: Timestamp,
) -> Result<Option<String>, StoreError> {
    match person {
        Some(person) => Ok(Some(person.to_owned())),
        None => in_post(tx, agency, Role::Spoc, now).await,
    }
}

fn unreadable<R: Record>(row: &R, what: &str) -> StoreError {
    StoreError::Corrupt {
        table: R::TABLE,
        id: row.id().to_owned(),
        what: format!("{what} does not read"),
    }
}
