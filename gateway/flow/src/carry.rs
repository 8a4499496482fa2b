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
#[derive(Debug, Clone, Default)]
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
    fn area(&self) -> Option<String> {
        let mail = self.mail.as_ref().map(|mail| &mail.area);
        let message = self.message.as_ref().map(|message| &message.area);
        mail.or(message).cloned()
    }

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
    /// Opens what a delivery of an exchange carries, for the channel that takes it to the agency. None where
    /// the rules do not let it be read away from the portal now, or the agency holds its own
    /// key: then it waits in the portal and the API.
    pub async fn carried(
        &self,
        delivery: &DeliveryRow,
        row: &ExchangeRow,
    ) -> Result<Option<Vec<(i64, Document)>>, FlowError> {
        let mut tx = self.store.read().await?;
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
            .zip(self.log_carrying(&agency, row, delivery, &wraps).await?)
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
                    let document = self.document_of(row, &item, obligations, body).await?;
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
        } else if let Some(area) = along.area() {
            // Without an event; in the area's next commit, with all that goes out meanwhile.
            let once = along.clone();
            let work = work(move |tx| {
                Box::pin(async move {
                    once.write(tx).await?;
                    Ok((Vec::new(), ()))
                })
            });
            if self.recorder.record(&area, "carrier", work).await.is_err() {
                // That it has gone is not lost by the fault of what was to be recorded with it.
                let mut tx = self.store.write("carrier").await?;
                along.write(&mut tx).await?;
                tx.commit().await?;
            }
        }
        if let Some(blob) = of_no_use {
            self.remove_now(blob).await;
        }
        Ok(())
    }

    /// The threads of agencies' mails about exchanges, as `(exchange, agency)`, begun where there
    /// are none yet; perhaps with others of the same exchanges.
    pub async fn threads(&self, of: &[(&str, &str)]) -> Result<Vec<ThreadRow>, FlowError> {
        let exchanges: Vec<&str> = of.iter().map(|(exchange, _)| *exchange).collect();
        let mut tx = self.store.read().await?;
        let known = tx.threads_of(&exchanges).await?;
        drop(tx);
        let is_known = |(exchange, agency): &(&str, &str)| {
            let same = |known: &ThreadRow| known.exchange == *exchange && known.agency == *agency;
            known.iter().any(same)
        };
        let fresh: Vec<ThreadRow> = of
            .iter()
            .filter(|one| !is_known(one))
            .map(|(exchange, agency)| ThreadRow {
                id: reference(),
                exchange: (*exchange).to_owned(),
                agency: (*agency).to_owned(),
                created_at: self.now(),
            })
            .collect();
        if fresh.is_empty() {
            return Ok(known);
        }
        let mut tx = self.store.write("begin-thread").await?;
        tx.begin_threads(&fresh).await?;
        // Another gateway's that was begun meanwhile is the one.
        let all = tx.threads_of(&exchanges).await?;
        tx.commit().await?;
        Ok(all)
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
