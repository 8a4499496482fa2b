//! What mails that are made together turn on, asked of the database once for all of them.

use gateway_store::rows::{AgencyRow, DeliveryRow, ExchangeRow, MailOutRow, ThreadRow};

use crate::error::Trouble;
use crate::room::Mailroom;

use super::write::{exchange_of, has_thread};

/// What is known of some mails.
#[derive(Default)]
pub(crate) struct Batch {
    /// The newest checkpoint, as mails carry it.
    pub checkpoint: Option<String>,
    pub threads: Vec<ThreadRow>,
    deliveries: Vec<DeliveryRow>,
    exchanges: Vec<ExchangeRow>,
    agencies: Vec<AgencyRow>,
}

impl Batch {
    pub fn exchange(&self, id: &str) -> Result<&ExchangeRow, Trouble> {
        let found = self.exchanges.iter().find(|row| row.id == id);
        found.ok_or(Trouble::Stopped("a mail is about no exchange"))
    }

    pub fn delivery(&self, id: &str) -> Option<&DeliveryRow> {
        self.deliveries.iter().find(|row| row.id == id)
    }

    pub fn agency(&self, id: &str) -> Option<&AgencyRow> {
        self.agencies.iter().find(|row| row.id == id)
    }
}

impl Mailroom {
    /// What is known of mails that are to be written, with their threads, begun where there are none.
    pub(crate) async fn batch_of(&self, mails: &[MailOutRow]) -> Result<Batch, Trouble> {
        let threaded = mails.iter().filter(|row| has_thread(row));
        let threaded: Vec<(&str, &str)> = threaded
            .map(|row| Ok((exchange_of(row)?, &*row.agency)))
            .collect::<Result<_, Trouble>>()?;
        let threads = self.0.flow.threads(&threaded).await?;
        let deliveries = mails.iter().filter_map(|row| row.delivery.as_deref());
        let deliveries: Vec<&str> = deliveries.collect();
        let exchanges = mails.iter().filter_map(|row| row.exchange.as_deref());
        let exchanges: Vec<&str> = exchanges.collect();
        let mut tx = self.0.flow.store.read().await?;
        let deliveries = tx.deliveries_by_id(&deliveries).await?;
        let exchanges = tx.exchanges_by_id(&exchanges).await?;
        let senders: Vec<&str> = exchanges.iter().map(|row| &*row.sender).collect();
        let agencies = tx.agencies_by_id(&senders).await?;
        drop(tx);
        Ok(Batch {
            checkpoint: self.checkpoint().await?,
            threads,
            deliveries,
            exchanges,
            agencies,
        })
    }

    /// What is known of deliveries that no mail has been made for.
    pub(crate) async fn batch_for(&self, deliveries: &[DeliveryRow]) -> Result<Batch, Trouble> {
        let exchanges: Vec<&str> = deliveries.iter().map(|row| &*row.exchange).collect();
        let agencies: Vec<&str> = deliveries.iter().map(|row| &*row.agency).collect();
        let mut tx = self.0.flow.store.read().await?;
        Ok(Batch {
            exchanges: tx.exchanges_by_id(&exchanges).await?,
            agencies: tx.agencies_by_id(&agencies).await?,
            ..Batch::default()
        })
    }
}
