//! What a channel that carries content out of the gateway needs of the flow: the items of a
//! delivery in clear, each logged as given to its reader before the vault opens it; the thread
//! that replies are known by; and the steps on the way.

use gateway_core::event::EventKind;
use gateway_core::{AgencyId, DeliveryState, Id, Obligation, Outcome};
use gateway_store::rows::{
    DeliveryRow, ExchangeRow, ItemRow, MailOutRow, MeshOutRow, ThreadRow, WrapRow,
};
use gateway_store::{StoreError, Tx};
use gateway_vault::{MayOpen, OpenItem, Opened};
use rand::Rng as _;

use crate::Flow;
use crate::case::{corrupt, id_of};
use crate::error::FlowError;
use crate::read::{Document, DocumentBody};
use crate::recorder::{Draft, work};

/// The letters and digits of a thread's reference: none that look alike.
const LETTERS: &[u8] = b"abcdefghjkmnpqrstuvwxyz23456789";

/// A step of a delivery that a channel carries.
#[derive(Debug)]
pub struct Carried {
    /// The delivery's id.
    pub delivery: String,
    /// How far it has come.
    pub state: DeliveryState,
    /// How it was carried, for the log.
    pub transport: Option<String>,
}

/// What a channel writes in the recording that moves a delivery: a stop of the process leaves all
/// of it or nothing, never a mail that was sent for a delivery that waits.
#[derive(Debug, Default)]
pub struct Along {
    /// The mail, as it is from now on.
    pub mail: Option<MailOutRow>,
    /// The message of MESH, as it is from now on.
    pub message: Option<MeshOutRow>,
    /// The body that nothing refers to from now on.
    pub of_no_use: Option<String>,
    /// Mails to be queued, each once for its subject.
    pub told: Vec<MailOutRow>,
}

impl Along {
    pub(crate) async fn write(mut self, tx: &mut Tx) -> Result<(), StoreError> {
        if let Some(mail) = &mut self.mail {
            tx.put(mail).await?;
        }
        if let Some(message) = &mut self.message {
            tx.put(message).await?;
        }
        if let Some(blob) = &self.of_no_use {
            tx.release_blob(blob).await?;
        }
        for mail in &self.told {
            tx.queue_mail(mail).await?;
        }
        Ok(())
    }
}

impl Flow {
    /// Opens what a delivery carries, for the channel that takes it to the agency. None where
    /// the rules do not let it be read away from the portal now, or the agency holds its own
    /// key: then it waits in the portal and the API.
    pub async fn carried(
        &self,
        delivery: &DeliveryRow,
    ) -> Result<Option<Vec<(i64, Document)>>, FlowError> {
        let mut tx = self.store.read().await?;
        let row: ExchangeRow = tx
            .get(&delivery.exchange)
            .await?
            .ok_or_else(|| corrupt("exchange", &delivery.exchange))?;
        let wraps = tx.wraps_in(&delivery.id).await?;
        drop(tx);
        let agency = id_of(&delivery.agency)?;
        for wrap in &wraps {
            let asked = MayOpen {
                wrap: wrap.id.clone(),
                agency: agency.clone(),
                person: None,
                in_portal: false,
            };
            let ruling = self.vault.may_open(asked).await?;
            if ruling.outcome != Outcome::Permit || ruling.fault {
                return Ok(None);
            }
        }
        let mut carried = Vec::new();
        for (wrap, (log, index)) in wraps
            .iter()
            .zip(self.log_carrying(&agency, &row, delivery, &wraps).await?)
        {
            let asked = OpenItem {
                wrap: wrap.id.clone(),
                agency: agency.clone(),
                person: None,
                in_portal: false,
                log,
                index,
            };
            match self.vault.open_item(asked).await? {
                Opened::Sealed { .. } => return Ok(None),
                Opened::Key(key) => {
                    let mut tx = self.store.read().await?;
                    let item: ItemRow = tx
                        .get(&wrap.item)
                        .await?
                        .ok_or_else(|| corrupt("item", &wrap.item))?;
                    drop(tx);
                    let body = DocumentBody::Clear(self.stream_clear(&item, &key)?);
                    let obligations: std::collections::BTreeSet<Obligation> =
                        serde_json::from_str(&wrap.obligations)?;
                    let document = self.document_of(&row, &item, obligations, body).await?;
                    carried.push((wrap.n, document));
                }
            }
        }
        Ok(Some(carried))
    }

    /// One event an item, in one recording: where each leaf stands.
    async fn log_carrying(
        &self,
        agency: &AgencyId,
        row: &ExchangeRow,
        delivery: &DeliveryRow,
        wraps: &[WrapRow],
    ) -> Result<Vec<(String, u64)>, FlowError> {
        let draft = |wrap: &WrapRow| {
            Draft::new(EventKind::ItemRead, Some(agency))
                .about(&row.id, row.nominal.as_deref())
                .reaching([agency.clone()])
                .with("wrap", &*wrap.id)
                .with("delivery", &*delivery.id)
                .with("carried-by", &*delivery.channel)
        };
        let drafts: Vec<Draft> = wraps.iter().map(draft).collect();
        let work = work(move |_| Box::pin(async move { Ok((drafts, ())) }));
        let recorded = self.recorder.record(&row.area, "carry", work).await?.1;
        Ok(recorded
            .into_iter()
            .map(|leaf| (leaf.log, leaf.index))
            .collect())
    }

    /// A channel says how far a delivery has come, and how it was carried, where that is known:
    /// the host that took it and how its TLS was verified. Going back is no step.
    pub async fn carried_to(
        &self,
        delivery: &str,
        state: DeliveryState,
        transport: Option<String>,
    ) -> Result<(), FlowError> {
        self.move_carried(delivery, state, None, transport, Along::default())
            .await?;
        Ok(())
    }

    /// The same together with what the channel writes then, or what it writes alone where that is
    /// no step of a delivery. A body that is of no more use goes after it.
    ///
    /// # Errors
    /// [`FlowError::Unavailable`] where the store is away: nothing of it is written then.
    pub async fn carried_along(
        &self,
        step: Option<Carried>,
        along: Along,
    ) -> Result<(), FlowError> {
        let of_no_use = along.of_no_use.clone();
        if let Some(step) = step {
            self.move_carried(&step.delivery, step.state, None, step.transport, along)
                .await?;
        } else {
            let mut tx = self.store.write("carrier").await?;
            along.write(&mut tx).await?;
            tx.commit().await?;
        }
        if let Some(blob) = of_no_use {
            self.remove_now(blob).await;
        }
        Ok(())
    }

    /// The reference of an agency's mails about an exchange, made where there is none yet.
    pub async fn thread(&self, exchange: &str, agency: &str) -> Result<String, FlowError> {
        let mut tx = self.store.read().await?;
        if let Some(thread) = tx.thread_of(exchange, agency).await? {
            return Ok(thread.id);
        }
        drop(tx);
        let mut row = ThreadRow {
            id: reference(),
            exchange: exchange.to_owned(),
            agency: agency.to_owned(),
            created_at: self.now(),
        };
        let mut tx = self.store.write("begin-thread").await?;
        if let Some(thread) = tx.thread_of(exchange, agency).await? {
            return Ok(thread.id);
        }
        tx.put(&mut row).await?;
        tx.commit().await?;
        Ok(row.id)
    }

    /// The exchange that a thread's reference stands for, where it is that agency's.
    pub async fn threaded(
        &self,
        reference: &str,
        agency: &AgencyId,
    ) -> Result<Option<Id>, FlowError> {
        let mut tx = self.store.read().await?;
        let thread: Option<ThreadRow> = tx.get(reference).await?;
        let own = thread.filter(|thread| thread.agency == agency.as_str());
        Ok(own.and_then(|thread| thread.exchange.parse().ok()))
    }
}

/// Twelve letters that say nothing.
fn reference() -> String {
    let mut random = rand::rng();
    let letter = |_| LETTERS.get(random.random_range(0..LETTERS.len()));
    let letters = (0..12).filter_map(letter);
    letters.map(|letter| char::from(*letter)).collect()
}
