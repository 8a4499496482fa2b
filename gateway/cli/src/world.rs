//! The demo's world: areas, agencies, people and nominals, all invented, as plain tables; and
//! a month of exchanges between them, made through the real flow.

mod agencies;
mod letter;
pub mod month;
mod nominals;
mod pdf;
mod people;

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use gateway_core::{AgencyId, Channel, Custody, Identifier, IdentifierKind};
use gateway_flow::Flow;
use gateway_flow::admin::{AgencyChange, NewAgency, NewNominal, NewPerson};
use gateway_flow::sign_in::{Cost, hash};
use gateway_seal::Identity;
use jiff::{Timestamp, ToSpan as _};
use secrecy::ExposeSecret as _;

use self::agencies::{AGENCIES, AgencyData};
use self::nominals::{NOMINALS, NominalData};
use self::people::PersonData;
use crate::demo::{AgencyState, NominalState, State, UserState};
use crate::password;
use crate::pki::{Authority, Pair};
use crate::{files, post, progress};

/// When the world is made, when its month begins, and when it ends.
#[derive(Debug, Clone, Copy)]
pub struct Dates {
    /// The areas, agencies and people are entered.
    pub begins: Timestamp,
    /// The first day of the month.
    pub first: Timestamp,
    /// The month is over.
    pub ends: Timestamp,
}

/// The areas, the default one first: id, name.
const AREAS: [(&str, &str); 2] = [("london", "London"), ("essex", "Essex")];

/// Makes the areas, the agencies with their certificates, the people and the nominals.
pub async fn build(
    flow: &Flow,
    authority: &Authority,
    dir: &Path,
    dates: &Dates,
) -> anyhow::Result<State> {
    let mut state = State::default();
    for (id, name) in AREAS {
        flow.add_area(id, name, &format!("gateway.example/{id}"))
            .await?;
        // The oldest area is the default one.
        flow.clock.advance(jiff::SignedDuration::from_secs(1));
    }
    let head = flow
        .log_head(None)
        .await?
        .context("the default area has no log")?;
    state.ledger.verifier_key = flow.vault.verifier_key(&head.id).await?.trim().to_owned();
    state.ledger.origin = head.origin;
    let bar = progress::bar("agencies and people");
    bar.set_length(AGENCIES.len() as u64);
    for data in AGENCIES {
        let agency = add_agency(flow, authority, dir, dates, data).await;
        state
            .agencies
            .push(agency.with_context(|| format!("the agency `{}`", data.id))?);
        bar.inc(1);
    }
    bar.finish_and_clear();
    for data in NOMINALS {
        let nominal = add_nominal(flow, data).await;
        state
            .nominals
            .push(nominal.with_context(|| format!("the nominal `{}`", data.name))?);
    }
    Ok(state)
}

async fn add_agency(
    flow: &Flow,
    authority: &Authority,
    dir: &Path,
    dates: &Dates,
    data: &AgencyData,
) -> anyhow::Result<AgencyState> {
    let (on, until) = signature(dates)?;
    let identity = match data.custody {
        Custody::Agency => Some(Identity::generate_classic()),
        Custody::Gateway => None,
    };
    let recipient = identity.as_ref().map(Identity::to_recipient).transpose()?;
    let email = format!("mappa@{}", data.domain);
    let new = NewAgency {
        id: agency(data.id)?,
        name: data.name.to_owned(),
        kind: data.kind,
        channel: data.channel,
        custody: data.custody,
        recipient: recipient.map(|recipient| recipient.to_string()),
        email: Some(email.clone()),
        areas: vec![data.area.to_owned()],
        overseas: false,
        signed_on: Some(on),
        signed_until: Some(until),
    };
    flow.add_agency(new).await?;
    let pair = authority.client(data.id)?;
    flow.add_credential(data.id, &pair.fingerprint).await?;
    let mut users = Vec::new();
    for person in people::of(data) {
        users.push(add_person(flow, authority, data, &person).await?);
    }
    let smime = agency_certificate(flow, authority, data, &email, &users).await?;
    let (smime_cert, smime_key) = paths(smime);
    let age_identity = match identity {
        None => None,
        Some(identity) => {
            let path = dir.join("pki").join(format!("{}.agekey", data.id));
            let text = identity.to_text()?;
            files::write(&path, format!("{}\n", text.expose_secret()).as_bytes())?;
            Some(path)
        }
    };
    Ok(AgencyState {
        id: data.id.to_owned(),
        name: data.name.to_owned(),
        kind: data.kind.to_string(),
        channel: data.channel.to_string(),
        custody: data.custody.to_string(),
        email,
        api_cert: pair.certificate,
        api_key: pair.key,
        age_identity,
        smime_cert,
        smime_key,
        mesh_mailbox: None,
        users,
    })
}

/// Signed on 5 January 2026 and until the end of 2027; a demo made in another year has
/// signatures that hold then.
fn signature(dates: &Dates) -> anyhow::Result<(String, String)> {
    let day = |at: Timestamp| gateway_core::calendar::local_date(at);
    let on = jiff::civil::date(2026, 1, 5).min(day(dates.begins.checked_sub((24 * 7).hours())?));
    let until =
        jiff::civil::date(2027, 12, 31).max(day(dates.ends.checked_add((24 * 400).hours())?));
    Ok((on.to_string(), until.to_string()))
}

/// Certificate and key, for `demo.json`.
fn paths(pair: Option<Pair>) -> (Option<PathBuf>, Option<PathBuf>) {
    pair.map_or((None, None), |pair| {
        (Some(pair.certificate), Some(pair.key))
    })
}

/// The agency's own S/MIME certificate, where it has secure mail: for its functional address and
/// its people's.
async fn agency_certificate(
    flow: &Flow,
    authority: &Authority,
    data: &AgencyData,
    email: &str,
    users: &[UserState],
) -> anyhow::Result<Option<Pair>> {
    if !has_secure_mail(data) {
        return Ok(None);
    }
    let mut addresses = vec![email.to_owned()];
    addresses.extend(users.iter().map(|user| user.email.clone()));
    let pair = authority.mail(data.id, &addresses, data.id == RSA)?;
    post::enter(flow, &pair.certificate, &agency(data.id)?, None, "modern").await?;
    Ok(Some(pair))
}

/// One agency has an older certificate, so that both kinds are there.
const RSA: &str = "london-probation";

const fn has_secure_mail(data: &AgencyData) -> bool {
    !matches!(data.channel, Channel::Portal)
}

async fn add_person(
    flow: &Flow,
    authority: &Authority,
    agency_data: &AgencyData,
    data: &PersonData,
) -> anyhow::Result<UserState> {
    let (password, totp_secret) = (password::fresh(), password::fresh_totp());
    let email = data.email(agency_data.domain);
    let new = NewPerson {
        agency: agency(agency_data.id)?,
        name: data.name.to_owned(),
        email: email.clone(),
        roles: vec![(data.role, false)],
        password_hash: Some(hash(&password, Cost::Demo)?),
        totp_secret: Some(totp_secret.clone()),
    };
    let id = flow.add_person(new).await?;
    let smime = match has_secure_mail(agency_data) {
        true => Some(authority.mail(&email, std::slice::from_ref(&email), false)?),
        false => None,
    };
    if let Some(pair) = &smime {
        let of = agency(agency_data.id)?;
        post::enter(flow, &pair.certificate, &of, Some(id), "modern").await?;
    }
    let (smime_cert, smime_key) = paths(smime);
    Ok(UserState {
        name: data.name.to_owned(),
        email,
        role: data.role.to_string(),
        password,
        totp_secret,
        smime_cert,
        smime_key,
    })
}

/// The trust that is reached by MESH, where there is one.
const MESH_TRUST: &str = "london-mental-health";

/// Has the mental health trust reached by a mailbox at MESH, or by secure email again.
pub async fn reach_trust(
    flow: &Flow,
    state: &mut State,
    mailbox: Option<&str>,
) -> anyhow::Result<()> {
    let found = state
        .agencies
        .iter_mut()
        .find(|known| known.id == MESH_TRUST);
    let trust = found.context("the demo has no mental health trust")?;
    let channel = match mailbox {
        Some(_) => Channel::Mesh,
        None => Channel::SecureEmail,
    };
    if let Some(mailbox) = mailbox
        && trust.mesh_mailbox.as_deref() != Some(mailbox)
    {
        flow.set_mesh_mailbox(MESH_TRUST, mailbox).await?;
    }
    if trust.channel != channel.as_str() {
        flow.change_agency(MESH_TRUST, AgencyChange::Channel(channel))
            .await?;
    }
    trust.channel = channel.to_string();
    trust.mesh_mailbox = mailbox.map(str::to_owned);
    Ok(())
}

async fn add_nominal(flow: &Flow, data: &NominalData) -> anyhow::Result<NominalState> {
    let today = gateway_core::calendar::local_date(flow.clock.now());
    let mut identifiers = Vec::new();
    for (kind, value) in data.identifiers() {
        identifiers.push(Identifier::parse(kind, value, today)?);
    }
    // Who leads takes part as well.
    let parts: Vec<&str> = std::iter::once(data.lead)
        .chain(data.partners.iter().copied())
        .collect();
    let partners: Vec<AgencyId> = parts
        .iter()
        .map(|id| agency(id))
        .collect::<anyhow::Result<_>>()?;
    let new = NewNominal {
        area: data.area.to_owned(),
        identifiers,
        level: data.level,
        category: data.category,
        lead_agency: Some(agency(data.lead)?),
        trust: data.trust.map(agency).transpose()?,
        partners,
        custody: data.custody.map(agency).transpose()?,
        gp: data.gp.map(str::to_owned),
    };
    let reference = flow.add_nominal(new).await?;
    for meeting in data.meetings {
        let attendance = meeting.attendance.iter();
        let attendance = attendance
            .map(|(id, manner)| Ok((agency(id)?, (*manner).to_owned())))
            .collect::<anyhow::Result<_>>()?;
        let held = flow
            .clock
            .now()
            .checked_sub((24 * meeting.days_ago).hours())?;
        let held = gateway_core::calendar::local_date(held).to_string();
        flow.add_meeting(&reference, &held, data.level, attendance)
            .await?;
    }
    let kept = |kind| {
        let mut given = data.identifiers();
        given
            .find(|(k, _)| *k == kind)
            .map(|(_, value)| value.to_owned())
    };
    Ok(NominalState {
        reference,
        name: data.name.to_owned(),
        date_of_birth: data.born.to_owned(),
        pnc_id: kept(IdentifierKind::Pnc),
        nhs_number: kept(IdentifierKind::Nhs),
        prison_number: kept(IdentifierKind::Prison),
        category: data.category,
        level: data.level,
        lead_agency: Some(data.lead.to_owned()),
        partners: parts.into_iter().map(str::to_owned).collect(),
    })
}

fn agency(id: &str) -> anyhow::Result<AgencyId> {
    id.parse()
        .with_context(|| format!("`{id}` is no agency's id"))
}
