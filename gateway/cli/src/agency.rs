//! `gateway agency`.

use clap::{Args, Subcommand};
use gateway_core::{AgencyId, AgencyKind, Channel, Custody};
use gateway_flow::admin::{AgencyChange, NewAgency};
use serde::Serialize;

use crate::installation::Where;
use crate::{say, usage};

/// Agencies that take part
#[derive(Debug, Subcommand)]
pub enum Agency {
    /// Add an agency, with its key
    Add(Box<Add>),
    /// List the agencies
    List(List),
    /// Change how an agency receives, or enter that it signed its protocol
    Change(Change),
    /// Suspend an agency: nothing goes to it or comes from it, from now
    Suspend(One),
    /// End an agency's suspension
    Restore(One),
}

/// Add an agency, with its key
#[derive(Debug, Args)]
pub struct Add {
    #[command(flatten)]
    at: Where,
    /// Its id: lower-case letters, digits and hyphens
    id: AgencyId,
    /// Its name
    #[arg(long)]
    name: String,
    /// What it is: police, probation, prison, housing …
    #[arg(long)]
    kind: AgencyKind,
    /// The areas it works in; give it again for each
    #[arg(long = "area", required = true)]
    areas: Vec<String>,
    /// How it receives: portal, secure-email, mesh or api
    #[arg(long, default_value = "api")]
    channel: Channel,
    /// The age recipient of the key that it holds itself; without it the vault holds its key
    #[arg(long, value_name = "AGE1…")]
    recipient: Option<String>,
    /// Its functional address
    #[arg(long)]
    email: Option<String>,
    /// Its address or host is outside the United Kingdom
    #[arg(long)]
    overseas: bool,
    /// When it signed its sharing protocol, as 2026-01-05
    #[arg(long, value_name = "DATE")]
    signed_on: Option<jiff::civil::Date>,
    /// Until when the signature holds
    #[arg(long, value_name = "DATE", requires = "signed_on")]
    signed_until: Option<jiff::civil::Date>,
}

/// List the agencies
#[derive(Debug, Args)]
pub struct List {
    #[command(flatten)]
    at: Where,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Change an agency
#[derive(Debug, Args)]
pub struct Change {
    #[command(flatten)]
    at: Where,
    /// The agency
    id: String,
    /// How it receives from now: portal, secure-email, mesh or api
    #[arg(long)]
    channel: Option<Channel>,
    /// How it receives one kind of exchange from now: a form's id, or `exchange` for what is no form
    #[arg(long, value_name = "KIND=CHANNEL", value_parser = route)]
    route: Option<(String, Channel)>,
    /// Its mailbox at NHS MESH
    #[arg(long, value_name = "MAILBOX", value_parser = gateway_mesh::MailboxId::parse)]
    mesh_mailbox: Option<gateway_mesh::MailboxId>,
    /// Its name from now
    #[arg(long)]
    name: Option<String>,
    /// One more area that it works in
    #[arg(long, value_name = "AREA")]
    join: Option<String>,
    /// An area that it works in no longer
    #[arg(long, value_name = "AREA")]
    leave: Option<String>,
    /// When it signed its sharing protocol, as 2026-01-05
    #[arg(long, value_name = "DATE")]
    signed_on: Option<jiff::civil::Date>,
    /// Until when the signature holds
    #[arg(long, value_name = "DATE", requires = "signed_on")]
    signed_until: Option<jiff::civil::Date>,
}

/// One agency
#[derive(Debug, Args)]
pub struct One {
    #[command(flatten)]
    at: Where,
    /// The agency
    id: String,
}

#[derive(Debug, Serialize)]
struct Shown {
    id: String,
    name: String,
    kind: String,
    channel: String,
    custody: String,
    email: Option<String>,
    state: String,
    signed_on: Option<String>,
    signed_until: Option<String>,
    areas: Vec<String>,
}

impl Agency {
    /// Does it.
    pub async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Add(add) => add.run().await,
            Self::List(list) => list.run().await,
            Self::Change(change) => change.run().await,
            Self::Suspend(one) => one.change(AgencyChange::Suspend).await,
            Self::Restore(one) => one.change(AgencyChange::Restore).await,
        }
    }
}

impl Add {
    async fn run(self) -> anyhow::Result<()> {
        let flow = self.at.open().await?;
        let custody = if self.recipient.is_some() {
            Custody::Agency
        } else {
            Custody::Gateway
        };
        let new = NewAgency {
            id: self.id,
            name: self.name,
            kind: self.kind,
            channel: self.channel,
            custody,
            recipient: self.recipient,
            email: self.email,
            areas: self.areas,
            overseas: self.overseas,
            signed_on: self.signed_on.map(|day| day.to_string()),
            signed_until: self.signed_until.map(|day| day.to_string()),
        };
        Ok(flow.add_agency(new).await?)
    }
}

impl Change {
    async fn run(self) -> anyhow::Result<()> {
        let signed = self.signed_on.map(|on| AgencyChange::Sign {
            on: on.to_string(),
            until: self.signed_until.map(|day| day.to_string()),
        });
        let changes: Vec<AgencyChange> = [
            self.channel.map(AgencyChange::Channel),
            signed,
            self.name.map(AgencyChange::Name),
            self.join.map(AgencyChange::Join),
            self.leave.map(AgencyChange::Leave),
        ]
        .into_iter()
        .flatten()
        .collect();
        if changes.is_empty() && self.route.is_none() && self.mesh_mailbox.is_none() {
            return Err(usage(
                "nothing to change: see `gateway agency change --help`",
            ));
        }
        let flow = self.at.open().await?;
        // The mailbox first: what goes by MESH has somewhere to go then.
        if let Some(mailbox) = &self.mesh_mailbox {
            flow.set_mesh_mailbox(&self.id, mailbox.as_str()).await?;
        }
        for change in changes {
            flow.change_agency(&self.id, change).await?;
        }
        if let Some((kind, channel)) = &self.route {
            flow.set_route(&self.id, kind, *channel).await?;
        }
        Ok(())
    }
}

/// A kind of exchange and its channel, as `health-request=mesh`.
fn route(text: &str) -> Result<(String, Channel), String> {
    let (kind, channel) = text
        .split_once('=')
        .ok_or("give a kind and a channel, such as `health-request=mesh`")?;
    let channel = channel
        .parse()
        .map_err(|_| "the channel is none of portal, secure-email, mesh and api".to_owned())?;
    Ok((kind.to_owned(), channel))
}

impl One {
    async fn change(self, change: AgencyChange) -> anyhow::Result<()> {
        let flow = self.at.open().await?;
        Ok(flow.change_agency(&self.id, change).await?)
    }
}

impl List {
    async fn run(self) -> anyhow::Result<()> {
        let flow = self.at.open().await?;
        let mut tx = flow.store.read().await?;
        let mut shown = Vec::new();
        for agency in tx.agencies().await? {
            let areas = tx.memberships(&agency.id).await?;
            shown.push(Shown {
                areas: areas.into_iter().map(|member| member.area).collect(),
                id: agency.id,
                name: agency.name,
                kind: agency.kind,
                channel: agency.channel,
                custody: agency.custody,
                email: agency.email,
                state: agency.state,
                signed_on: agency.signed_on,
                signed_until: agency.signed_until,
            });
        }
        if self.json {
            return say::json(&serde_json::json!({ "agencies": shown }));
        }
        let rows: Vec<_> = shown
            .into_iter()
            .map(|agency| {
                let until = agency.signed_until.unwrap_or_default();
                let areas = agency.areas.join(",");
                [
                    agency.id,
                    agency.kind,
                    agency.channel,
                    agency.custody,
                    agency.state,
                    until,
                    areas,
                ]
            })
            .collect();
        say::table(
            [
                "AGENCY",
                "KIND",
                "CHANNEL",
                "CUSTODY",
                "STATE",
                "SIGNED UNTIL",
                "AREAS",
            ],
            &rows,
        );
        Ok(())
    }
}
