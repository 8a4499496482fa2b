//! Agencies' mailboxes at NHS MESH, and the way that each kind of exchange goes.

use gateway_core::event::EventKind;
use gateway_core::{AgencyId, Channel};
use gateway_store::rows::{AgencyRouteRow, AgencyRow, MeshMailboxRow};

use super::invalid;
use crate::Flow;
use crate::case::id_of;
use crate::error::FlowError;
use crate::recorder::Draft;
use crate::route::{EXCHANGE, route_id};

impl Flow {
    /// Enters the MESH mailbox of an agency, in place of another that it had.
    ///
    /// # Errors
    /// [`FlowError::NotFound`] where there is no such agency; [`FlowError::Conflict`] where another
    /// has this mailbox.
    pub async fn set_mesh_mailbox(&self, agency: &str, mailbox: &str) -> Result<(), FlowError> {
        let (id, mailbox, now) = (id_of(agency)?, mailbox.to_owned(), self.now());
        self.administer("set-mesh-mailbox", move |tx| {
            Box::pin(async move {
                if tx.get::<AgencyRow>(id.as_str()).await?.is_none() {
                    return Err(FlowError::NotFound);
                }
                if let Some(other) = tx.mesh_mailbox_of(&mailbox).await?
                    && other.id != id.as_str()
                {
                    return Err(FlowError::Conflict(format!(
                        "mailbox `{mailbox}` is agency `{}`'s: each has its own",
                        other.id
                    )));
                }
                let mut row = MeshMailboxRow {
                    id: id.to_string(),
                    mailbox,
                    created_at: now,
                    updated_by: String::new(),
                };
                tx.put(&mut row).await?;
                let event = changed(&id, "mesh-mailbox").with("mailbox", row.mailbox);
                Ok((vec![event], ()))
            })
        })
        .await
    }

    /// Sets the channel by which an agency receives a kind of exchange: a form's id, or `exchange`
    /// for what is no form.
    ///
    /// # Errors
    /// [`FlowError::NotFound`] where there is no such agency; [`FlowError::Invalid`] where there is
    /// no such kind.
    pub async fn set_route(
        &self,
        agency: &str,
        kind: &str,
        channel: Channel,
    ) -> Result<(), FlowError> {
        if kind != EXCHANGE && self.forms.form(kind).is_none() {
            return Err(invalid(
                "/kind",
                "is no kind of exchange: give a form's id, or `exchange` for what is no form",
            ));
        }
        let (id, kind, now) = (id_of(agency)?, kind.to_owned(), self.now());
        self.administer("set-route", move |tx| {
            Box::pin(async move {
                if tx.get::<AgencyRow>(id.as_str()).await?.is_none() {
                    return Err(FlowError::NotFound);
                }
                let mut row = AgencyRouteRow {
                    id: route_id(id.as_str(), &kind),
                    agency: id.to_string(),
                    kind,
                    channel: channel.to_string(),
                    created_at: now,
                    updated_by: String::new(),
                };
                tx.put(&mut row).await?;
                let event = changed(&id, "route")
                    .with("kind", row.kind)
                    .with("channel", row.channel);
                Ok((vec![event], ()))
            })
        })
        .await
    }

    /// The agency whose MESH mailbox this is, where it takes part.
    ///
    /// # Errors
    /// [`FlowError::Unavailable`] where the store is away.
    pub async fn agency_of_mailbox(&self, mailbox: &str) -> Result<Option<AgencyRow>, FlowError> {
        let mut tx = self.store.read().await?;
        match tx.mesh_mailbox_of(mailbox).await? {
            Some(row) => Ok(tx.get(&row.id).await?),
            None => Ok(None),
        }
    }
}

fn changed(id: &AgencyId, change: &str) -> Draft {
    Draft::new(EventKind::AgencyChanged, None)
        .reaching([id.clone()])
        .with("agency", id.as_str())
        .with("change", change)
}
