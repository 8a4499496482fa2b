//! Acting with a person's authority: the operator names an enrolled address, and the flow
//! checks that person's roles as it does for the API.

use clap::Args;
use gateway_core::Channel;
use gateway_flow::{Caller, Flow};

use crate::installation::Where;

/// Which installation, and as whom.
#[derive(Debug, Args)]
pub struct AsPerson {
    #[command(flatten)]
    at: Where,
    /// The person with whose authority this is done: an enrolled address
    #[arg(long = "as", value_name = "EMAIL")]
    email: String,
}

impl AsPerson {
    /// The flow, and who calls.
    pub async fn open(&self) -> anyhow::Result<(Flow, Caller)> {
        let flow = self.at.open().await?;
        let caller = caller(&flow, &self.email, "operator").await?;
        Ok((flow, caller))
    }
}

/// The caller that an enrolled address stands for.
pub async fn caller(flow: &Flow, email: &str, proof: &'static str) -> anyhow::Result<Caller> {
    let address = email.trim().to_lowercase();
    let index = flow.vault.blind("*", "person.email", &address).await?;
    let person = flow.store.read().await?.person_by_email(&index).await?;
    let Some(person) = person.filter(|person| person.state == "active") else {
        anyhow::bail!(
            "nobody active is enrolled with the address `{email}`: see `gateway user list`"
        );
    };
    Ok(Caller {
        agency: person.agency.parse()?,
        person: Some(person),
        channel: Channel::Api,
        proof,
    })
}
