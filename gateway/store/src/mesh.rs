//! NHS MESH: mailboxes, routes, what goes out and what has come in.

use crate::db::Tx;
use crate::error::StoreError;
use crate::rows::{AgencyRouteRow, DeliveryRow, MeshInRow, MeshMailboxRow, MeshOutRow};

/// Nothing goes out to an agency while it is suspended, not even what was written before.
const MAY_GO: &str = " and (state <> 'queued' or not exists (select 1 from mesh_mailbox \
    join agency on agency.id = mesh_mailbox.id \
    where mesh_mailbox.mailbox = mesh_out.mailbox and agency.state <> 'active'))";

impl Tx {
    /// The agency whose mailbox this is.
    pub async fn mesh_mailbox_of(
        &mut self,
        mailbox: &str,
    ) -> Result<Option<MeshMailboxRow>, StoreError> {
        let found = self.select("where mailbox = $1", &[mailbox.into()]).await?;
        Ok(found.into_iter().next())
    }

    /// The routes of an agency that are not its usual channel, by kind.
    pub async fn routes_of(&mut self, agency: &str) -> Result<Vec<AgencyRouteRow>, StoreError> {
        self.select("where agency = $1 order by kind", &[agency.into()])
            .await
    }

    /// Deliveries that go by MESH to an agency that has a mailbox there, and that no message has been
    /// made for.
    pub async fn mesh_unqueued(&mut self, limit: i64) -> Result<Vec<DeliveryRow>, StoreError> {
        self.select(
            "where state in ('queued', 'waiting') and channel = 'mesh' \
             and exists (select 1 from mesh_mailbox where mesh_mailbox.id = delivery.agency) \
             and not exists (select 1 from mesh_out where mesh_out.delivery = delivery.id) \
             order by id limit $1",
            &[limit.into()],
        )
        .await
    }

    /// Deliveries of requests that were withdrawn, whose message went out or may have, and whose
    /// recipient has not been told. What was never written never went out, and what is still under
    /// way is looked at when it has ended.
    pub async fn mesh_withdrawn(&mut self, limit: i64) -> Result<Vec<DeliveryRow>, StoreError> {
        self.select(
            "where exchange in (select id from health_request where outcome = 'cancelled') \
             and exists (select 1 from mesh_out o where o.delivery = delivery.id \
             and o.state <> 'queued' and o.size is not null) \
             and not exists (select 1 from mesh_out w where w.withdraws = delivery.id) \
             order by id limit $1",
            &[limit.into()],
        )
        .await
    }

    /// Puts a message into the queue; false where there is one already for the same.
    pub async fn queue_mesh(&mut self, message: &MeshOutRow) -> Result<bool, StoreError> {
        let known = self
            .number(
                "select count(*) from mesh_out \
                 where delivery = $1 or replies_to = $2 or withdraws = $3",
                &[
                    message.delivery.as_deref().into(),
                    message.replies_to.as_deref().into(),
                    message.withdraws.as_deref().into(),
                ],
            )
            .await?;
        if known > 0 {
            return Ok(false);
        }
        self.put(&mut message.clone()).await?;
        Ok(true)
    }

    /// Messages that are due to be sent at `now`, or, once sent, to be asked after; the longest due
    /// first.
    pub async fn mesh_due(
        &mut self,
        state: &str,
        now: i64,
        limit: i64,
    ) -> Result<Vec<MeshOutRow>, StoreError> {
        let sql =
            format!("where state = $1 and next_at <= $2{MAY_GO} order by next_at, id limit $3");
        self.select(&sql, &[state.into(), now.into(), limit.into()])
            .await
    }

    /// Takes a due message until `until`; false where another gateway was faster.
    pub async fn claim_mesh(
        &mut self,
        message: &MeshOutRow,
        until: i64,
    ) -> Result<bool, StoreError> {
        let taken = self
            .execute(
                format!(
                    "update mesh_out set next_at = $1, attempts = attempts + 1 \
                     where id = $2 and next_at = $3 and state = $4{MAY_GO}"
                ),
                &[
                    until.into(),
                    (&message.id).into(),
                    message.next_at.into(),
                    (&message.state).into(),
                ],
            )
            .await?;
        Ok(taken == 1)
    }

    /// The message that MESH, or that we, call so.
    pub async fn mesh_message(&mut self, message: &str) -> Result<Option<MeshOutRow>, StoreError> {
        let found = self
            .select("where message = $1 or local_id = $1", &[message.into()])
            .await?;
        Ok(found.into_iter().next())
    }

    /// The message that carries a delivery.
    pub async fn mesh_of(&mut self, delivery: &str) -> Result<Option<MeshOutRow>, StoreError> {
        let found = self
            .select("where delivery = $1", &[delivery.into()])
            .await?;
        Ok(found.into_iter().next())
    }

    /// Notes a message that was taken in; false where it was before.
    pub async fn mesh_taken(&mut self, message: &MeshInRow) -> Result<bool, StoreError> {
        if self.get::<MeshInRow>(&message.id).await?.is_some() {
            return Ok(false);
        }
        self.put(&mut message.clone()).await?;
        Ok(true)
    }

    /// The newest message to a mailbox whose header has that id.
    pub async fn mesh_by_header(
        &mut self,
        mailbox: &str,
        header: &str,
    ) -> Result<Option<MeshOutRow>, StoreError> {
        let found = self
            .select(
                "where mailbox = $1 and header = $2 order by id desc limit 1",
                &[mailbox.into(), header.into()],
            )
            .await?;
        Ok(found.into_iter().next())
    }

    /// How many messages are in each state.
    pub async fn mesh_counts(&mut self) -> Result<Vec<(String, i64)>, StoreError> {
        let rows = self
            .fetch(
                "select state, count(*) as number from mesh_out group by state",
                &[],
            )
            .await?;
        rows.iter()
            .map(|row| Ok((row.get("state")?, row.get("number")?)))
            .collect()
    }
}
