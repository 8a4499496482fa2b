//! `gateway user`.

use clap::{Args, Subcommand};
use gateway_core::{AgencyId, Role};
use gateway_flow::Flow;
use gateway_flow::admin::NewPerson;
use gateway_flow::sign_in::{Cost, hash};
use gateway_seal::Place;
use gateway_store::rows::PersonRow;
use gateway_vault::parties;
use jiff::Timestamp;
use serde::Serialize;

use crate::installation::Where;
use crate::password;
use crate::say;

/// People at the agencies, their roles and absences
#[derive(Debug, Subcommand)]
pub enum User {
    /// Add a person; prints a fresh password and one-time code secret, once
    Add(Add),
    /// List the people, all or an agency's
    List(List),
    /// Appoint a person to one more role
    Appoint(Appoint),
    /// End a person's appointment to a role, from now
    Dismiss(Dismiss),
    /// Enter that a person is away: a deputy acts meanwhile
    Away(Away),
    /// Give a person a fresh password and one-time code secret; prints them, once
    ///
    /// The old ones are good no longer, and the person's open sessions end. Check first that it
    /// is the person who asks.
    Credentials(One),
    /// Suspend a person, from now
    Suspend(One),
    /// End a person's suspension
    Restore(One),
}

/// Add a person
#[derive(Debug, Args)]
pub struct Add {
    #[command(flatten)]
    at: Where,
    /// The person's address, which is enrolled with it
    email: String,
    /// The agency
    #[arg(long)]
    agency: AgencyId,
    /// The person's name
    #[arg(long)]
    name: String,
    /// A role: spoc, practitioner, caldicott …; give it again for each
    #[arg(long = "role", required = true)]
    roles: Vec<Role>,
    /// In all these roles as a deputy
    #[arg(long)]
    deputy: bool,
}

/// List the people
#[derive(Debug, Args)]
pub struct List {
    #[command(flatten)]
    at: Where,
    /// Those of one agency
    #[arg(long)]
    agency: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// End a person's appointment to a role
#[derive(Debug, Args)]
pub struct Dismiss {
    #[command(flatten)]
    at: Where,
    /// The person's address
    email: String,
    /// The role
    #[arg(long)]
    role: Role,
}

/// Appoint a person to one more role
#[derive(Debug, Args)]
pub struct Appoint {
    #[command(flatten)]
    at: Where,
    /// The person's address
    email: String,
    /// The role
    #[arg(long)]
    role: Role,
    /// As a deputy
    #[arg(long)]
    deputy: bool,
}

/// Enter that a person is away
#[derive(Debug, Args)]
pub struct Away {
    #[command(flatten)]
    at: Where,
    /// The person's address
    email: String,
    /// From when, as 2026-03-02T09:00:00Z
    #[arg(long, value_name = "TIME")]
    from: Timestamp,
    /// Until when
    #[arg(long, value_name = "TIME")]
    until: Timestamp,
}

/// One person
#[derive(Debug, Args)]
pub struct One {
    #[command(flatten)]
    at: Where,
    /// The person's address
    email: String,
}

#[derive(Debug, Serialize)]
struct Shown {
    email: String,
    name: String,
    agency: String,
    roles: Vec<Role>,
    state: String,
}

impl User {
    /// Does it.
    pub async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Add(add) => add.run().await,
            Self::List(list) => list.run().await,
            Self::Appoint(one) => {
                let flow = one.at.open().await?;
                Ok(flow.appoint(&one.email, one.role, one.deputy).await?)
            }
            Self::Dismiss(one) => {
                let flow = one.at.open().await?;
                Ok(flow.dismiss(&one.email, one.role).await?)
            }
            Self::Away(away) => {
                if away.until <= away.from {
                    return Err(crate::usage("--until must be after --from"));
                }
                let flow = away.at.open().await?;
                Ok(flow.add_absence(&away.email, away.from, away.until).await?)
            }
            Self::Credentials(one) => one.credentials().await,
            Self::Suspend(one) => one.suspend(true).await,
            Self::Restore(one) => one.suspend(false).await,
        }
    }
}

impl One {
    async fn credentials(self) -> anyhow::Result<()> {
        let flow = self.at.open().await?;
        let (password, totp) = (password::fresh(), password::fresh_totp());
        let hashed = hash(&password, Cost::Service)?;
        flow.set_credentials(&self.email, hashed, &totp).await?;
        print_once(&self.email, &password, &totp)
    }

    async fn suspend(self, suspended: bool) -> anyhow::Result<()> {
        let flow = self.at.open().await?;
        Ok(flow.suspend_person(&self.email, suspended).await?)
    }
}

impl Add {
    async fn run(self) -> anyhow::Result<()> {
        let flow = self.at.open().await?;
        let (password, totp) = (password::fresh(), password::fresh_totp());
        let new = NewPerson {
            agency: self.agency,
            name: self.name,
            email: self.email.clone(),
            roles: self
                .roles
                .into_iter()
                .map(|role| (role, self.deputy))
                .collect(),
            password_hash: Some(hash(&password, Cost::Service)?),
            totp_secret: Some(totp.clone()),
        };
        flow.add_person(new).await?;
        print_once(&self.email, &password, &totp)
    }
}

fn print_once(email: &str, password: &str, totp: &str) -> anyhow::Result<()> {
    say::json(&serde_json::json!({
        "email": email, "password": password, "totp_secret": totp,
    }))
}

impl List {
    async fn run(self) -> anyhow::Result<()> {
        let flow = self.at.open().await?;
        let mut tx = flow.store.read().await?;
        let mut people = Vec::new();
        for agency in tx.agencies().await? {
            if self
                .agency
                .as_ref()
                .is_none_or(|wanted| *wanted == agency.id)
            {
                people.extend(tx.people_of(&agency.id).await?);
            }
        }
        drop(tx);
        let mut shown = Vec::new();
        for person in people {
            shown.push(show(&flow, person).await?);
        }
        if self.json {
            return say::json(&serde_json::json!({ "users": shown }));
        }
        let rows: Vec<_> = shown
            .into_iter()
            .map(|user| {
                let roles: Vec<&str> = user.roles.iter().map(|role| role.as_str()).collect();
                [
                    user.email,
                    user.name,
                    user.agency,
                    roles.join(","),
                    user.state,
                ]
            })
            .collect();
        say::table(["ADDRESS", "NAME", "AGENCY", "ROLES", "STATE"], &rows);
        Ok(())
    }
}

async fn show(flow: &Flow, person: PersonRow) -> anyhow::Result<Shown> {
    let place = Place {
        area: "*",
        table: "person",
        row: &person.id,
        column: "email",
    };
    let email = flow.vault.open_column(&place, &person.email).await?;
    let mut tx = flow.store.read().await?;
    let roles = parties::roles_of(&mut tx, &person.id, flow.clock.now()).await?;
    Ok(Shown {
        email: String::from_utf8(email.to_vec())?,
        name: flow.person_name(&person).await?.into_inner(),
        agency: person.agency,
        roles: roles.into_iter().collect(),
        state: person.state,
    })
}
