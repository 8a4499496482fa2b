//! Group commit: one writer an area. Work that waits is written in one transaction, with the
//! leaves that commit to it and the checkpoint that covers them; only after the commit does
//! each waiter get its answer, with the proof in it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::BoxFuture;
use gateway_core::event::Event;
use gateway_core::{Clock, Id};
use gateway_ledger::{
    CoveredRow, Hash, Receipt, Salt, Tiles, append, commit_rows, edge_tiles, leaf_data, leaf_hash,
    prove_inclusions,
};
use gateway_store::{Ahead, LogHead, Mark, NewLeaf, Store, Tx, failpoint};
use gateway_vault::Vault;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};

pub use crate::draft::Draft;
use crate::error::FlowError;

/// At most this many pieces of work go into one commit.
const BATCH: usize = 64;

/// An event in its place, proved.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// The log.
    pub log: String,
    /// The leaf's index.
    pub index: u64,
    /// The receipt.
    pub receipt: Receipt,
}

/// What a piece of work gives back: the events it makes, and its answer.
pub type Done<T> = Result<(Vec<Draft>, T), FlowError>;

/// Gives a closure the type of a piece of work; what it borrows from the transaction lives as
/// long as the transaction.
pub fn work<T, F>(work: F) -> F
where
    F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Done<T>> + Send + 'static,
{
    work
}

type Work =
    Box<dyn for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<Vec<Draft>, FlowError>> + Send>;

struct Job {
    name: &'static str,
    ahead: Ahead,
    work: Work,
    answer: oneshot::Sender<Result<Vec<Recorded>, FlowError>>,
}

/// The writers of the logs. They end with the last holder of this.
#[derive(Clone)]
pub struct Recorder(Arc<Inner>);

struct Inner {
    writer: Arc<Writer>,
    areas: Mutex<HashMap<String, mpsc::Sender<Job>>>,
}

/// What writes batches.
struct Writer {
    store: Store,
    vault: Vault,
    clock: Clock,
    policy: String,
}

impl std::fmt::Debug for Recorder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Recorder")
    }
}

impl Recorder {
    /// A recorder over a store; `policy` is the digest of the rule set in force.
    pub fn new(store: Store, vault: Vault, clock: Clock, policy: String) -> Self {
        let writer = Writer {
            store,
            vault,
            clock,
            policy,
        };
        Self(Arc::new(Inner {
            writer: Arc::new(writer),
            areas: Mutex::default(),
        }))
    }

    /// Does a piece of work in the area's next commit. The work sees the log's head held: what
    /// it reads of the area cannot change under it. Its answer comes after the commit, with the
    /// proof of each event.
    pub async fn record<T, F>(
        &self,
        area: &str,
        name: &'static str,
        work: F,
    ) -> Result<(T, Vec<Recorded>), FlowError>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Done<T>> + Send + 'static,
    {
        self.record_ahead(area, name, Ahead::default(), work).await
    }

    /// The same for work that is known to ask something first: it is asked for all of a batch at
    /// once.
    pub(crate) async fn record_ahead<T, F>(
        &self,
        area: &str,
        name: &'static str,
        ahead: Ahead,
        work: F,
    ) -> Result<(T, Vec<Recorded>), FlowError>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Done<T>> + Send + 'static,
    {
        let kept = Arc::new(Mutex::new(None));
        let keep = Arc::clone(&kept);
        let work: Work = Box::new(move |tx| {
            Box::pin(async move {
                let (drafts, answer) = work(tx).await?;
                *keep.lock().unwrap_or_else(PoisonError::into_inner) = Some(answer);
                Ok(drafts)
            })
        });
        let (answer, answered) = oneshot::channel();
        let gone = || FlowError::Unavailable("the recorder stopped".to_owned());
        let job = Job {
            name,
            ahead,
            work,
            answer,
        };
        self.writer(area).send(job).await.map_err(|_| gone())?;
        let recorded = answered.await.map_err(|_| gone())??;
        let answer = kept
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
            .ok_or_else(gone)?;
        Ok((answer, recorded))
    }

    fn writer(&self, area: &str) -> mpsc::Sender<Job> {
        let mut areas = self.0.areas.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(writer) = areas.get(area)
            && !writer.is_closed()
        {
            return writer.clone();
        }
        let (send, receive) = mpsc::channel(BATCH * 4);
        let writer = Arc::clone(&self.0.writer);
        let (named, runtime) = (area.to_owned(), Handle::current());
        // On a thread of its own: it waits for the disk at every commit, and hands no other
        // work of its thread over for that.
        let started = std::thread::Builder::new()
            .name("recorder".to_owned())
            .spawn(move || runtime.block_on(run(writer, named, receive)));
        if let Err(error) = started {
            tracing::error!(area, %error, "no thread for the recorder: what waits is refused");
        }
        areas.insert(area.to_owned(), send.clone());
        send
    }
}

async fn run(writer: Arc<Writer>, area: String, mut jobs: mpsc::Receiver<Job>) {
    let mut edge = None;
    while let Some(first) = jobs.recv().await {
        let mut batch = vec![first];
        while batch.len() < BATCH {
            match jobs.try_recv() {
                Ok(job) => batch.push(job),
                Err(_) => break,
            }
        }
        edge = writer.commit(&area, batch, edge.take()).await;
    }
}

type Waiter = oneshot::Sender<Result<Vec<Recorded>, FlowError>>;

/// A piece of work done but not committed.
struct Pending {
    name: &'static str,
    waiter: Waiter,
    /// Its leaves, by position in the batch.
    leaves: std::ops::Range<usize>,
}

/// Where a batch is written.
struct Place<'h> {
    /// The area.
    area: &'h str,
    /// When the last leaf before it was written, microseconds UTC. A log never runs backwards, also
    /// where several gateways' clocks differ.
    after: i64,
}

/// A log's growing end: what a batch needs of those before it. The last one's is the next one's,
/// unless another gateway has written meanwhile.
struct Edge {
    head: Mark,
    log: String,
    /// When the last leaf was written, microseconds UTC.
    at: i64,
    tiles: Tiles,
}

impl Edge {
    async fn read(tx: &mut Tx, head: &LogHead) -> Result<Self, FlowError> {
        let at = match head.size.checked_sub(1) {
            Some(index) => tx.leaf_at(&head.id, index).await?,
            None => None,
        };
        Ok(Self {
            head: mark(head),
            log: head.id.clone(),
            at: at.unwrap_or(0),
            tiles: tx.tiles(&head.id, &edge_tiles(head.size)).await?,
        })
    }

    fn is_of(&self, head: &LogHead) -> bool {
        self.log == head.id && self.head == mark(head)
    }
}

fn mark(head: &LogHead) -> Mark {
    Mark {
        size: head.size,
        root: head.root.clone(),
    }
}

/// Leaf, event and salt, until the proof is made.
struct Leaf {
    row: NewLeaf,
    event: Event,
    salt: Salt,
    hash: Hash,
}

impl Writer {
    /// Writes a batch; the edge of the log for the next.
    async fn commit(&self, area: &str, mut jobs: Vec<Job>, edge: Option<Edge>) -> Option<Edge> {
        let ahead: Vec<Ahead> = jobs
            .iter_mut()
            .map(|j| std::mem::take(&mut j.ahead))
            .collect();
        let (mut tx, head, edge) = match self.begin(area, edge, &ahead).await {
            Ok(begun) => begun,
            Err(error) => {
                fail(jobs.into_iter().map(|job| job.answer), &error.to_string());
                return None;
            }
        };
        let place = Place {
            area: &head.area,
            after: edge.at,
        };
        let mut leaves = Vec::new();
        let mut pending = Vec::new();
        // Alone, it is undone with the whole transaction.
        let alone = jobs.len() == 1;
        for job in jobs {
            let (first, name) = (leaves.len(), job.name);
            let made = match alone {
                true => self.work(&mut tx, &place, name, job.work).await,
                false => self.work_apart(&mut tx, &place, name, job.work).await,
            };
            match made {
                Ok(made) => {
                    leaves.extend(made);
                    pending.push(Pending {
                        name,
                        waiter: job.answer,
                        leaves: first..leaves.len(),
                    });
                }
                Err(error) => {
                    let _ = job.answer.send(Err(error));
                }
            }
            if tx.is_broken() {
                break;
            }
        }
        if tx.is_broken() {
            // The jobs that are not done yet are dropped with their answers, which is told as this is.
            fail(
                pending.into_iter().map(|p| p.waiter),
                "a batch was not written",
            );
            return None;
        }
        if pending.is_empty() {
            return Some(edge);
        }
        match self.close(tx, &head, edge, &leaves, &pending).await {
            Ok((proofs, edge)) => {
                answer(&head.id, pending, leaves, &proofs);
                Some(edge)
            }
            Err(error) => {
                tracing::error!(area, error = %error, "a batch was not recorded");
                fail(pending.into_iter().map(|p| p.waiter), &error.to_string());
                None
            }
        }
    }

    /// A transaction with the log's head held, and what the log ends with; it knows what the
    /// work will ask first.
    async fn begin(
        &self,
        area: &str,
        edge: Option<Edge>,
        ahead: &[Ahead],
    ) -> Result<(Tx, LogHead, Edge), FlowError> {
        let mut tx = self.store.write("record").await?;
        let head = tx.lock_log(area).await?;
        let head = head.ok_or_else(|| FlowError::Internal(format!("area `{area}` has no log")))?;
        let edge = match edge.filter(|edge| edge.is_of(&head)) {
            Some(edge) => edge,
            None => Edge::read(&mut tx, &head).await?,
        };
        tx.gather();
        tx.look_ahead(ahead).await?;
        Ok((tx, head, edge))
    }

    /// One piece of work inside a savepoint of its own, and the leaves it makes.
    async fn work_apart(
        &self,
        tx: &mut Tx,
        place: &Place<'_>,
        name: &'static str,
        work: Work,
    ) -> Result<Vec<Leaf>, FlowError> {
        tx.savepoint().await?;
        let made = self.work(tx, place, name, work).await;
        if made.is_err() {
            tx.rollback_to_savepoint().await?;
        }
        made
    }

    async fn work(
        &self,
        tx: &mut Tx,
        place: &Place<'_>,
        name: &'static str,
        work: Work,
    ) -> Result<Vec<Leaf>, FlowError> {
        tx.rename(name);
        let drafts = work(tx).await?;
        let rows = tx.drain_covered();
        self.leaves(place, drafts, rows)
    }

    fn leaves(
        &self,
        place: &Place<'_>,
        drafts: Vec<Draft>,
        mut rows: Vec<CoveredRow>,
    ) -> Result<Vec<Leaf>, FlowError> {
        if drafts.is_empty() && !rows.is_empty() {
            return Err(FlowError::Internal(
                "covered rows without an event".to_owned(),
            ));
        }
        let at = self.clock.now().as_microsecond().max(place.after);
        let written = jiff::Timestamp::from_microsecond(at)
            .map_err(|error| FlowError::Internal(error.to_string()))?;
        // All rows of one piece of work go with its first event.
        drafts
            .into_iter()
            .map(|draft| self.leaf(draft, &written, at, place.area, std::mem::take(&mut rows)))
            .collect()
    }

    fn leaf(
        &self,
        draft: Draft,
        written: &jiff::Timestamp,
        at: i64,
        area: &str,
        rows: Vec<CoveredRow>,
    ) -> Result<Leaf, FlowError> {
        let (salt, row_salt) = (Salt::fresh(), Salt::fresh());
        let event = Event {
            v: 1,
            id: Id::new(&self.clock).to_string(),
            at: written.to_string(),
            area: area.to_owned(),
            kind: draft.kind,
            exchange: draft.exchange.clone(),
            nominal: draft.nominal.clone(),
            from: draft.from,
            to: draft.to,
            policy: self.policy.clone(),
            rules: draft.rules,
            content: draft.content,
            rows: (!rows.is_empty()).then(|| commit_rows(&row_salt, &rows)),
            detail: draft.detail,
        };
        let data =
            leaf_data(&salt, &event).map_err(|error| FlowError::Internal(error.to_string()))?;
        let row = NewLeaf {
            id: event.id.clone(),
            kind: draft.kind.as_str(),
            at,
            exchange: draft.exchange,
            nominal: draft.nominal,
            salt: salt.as_bytes().to_vec(),
            // A salt that nothing commits to could be changed unseen.
            row_salt: match event.rows {
                Some(_) => row_salt.as_bytes().to_vec(),
                None => Vec::new(),
            },
            event: serde_json::to_string(&event)?,
            data: data.to_vec(),
            rows,
        };
        Ok(Leaf {
            row,
            event,
            salt,
            hash: leaf_hash(&data),
        })
    }

    /// Leaves, tiles, checkpoint, commit; then the proofs, and the log's edge.
    async fn close(
        &self,
        mut tx: Tx,
        head: &LogHead,
        edge: Edge,
        leaves: &[Leaf],
        pending: &[Pending],
    ) -> Result<(Proofs, Edge), FlowError> {
        tx.end_work().await?;
        let mut written = self.append(&mut tx, head, edge, leaves).await?;
        tx.rename("record");
        reached("recording", pending);
        if let Err(error) = tx.commit().await {
            self.committed_after_all(head, leaves, &error.to_string())
                .await?;
        }
        reached("recorded", pending);
        // It is committed: the waiters are told so whatever becomes of the mark, which the next
        // batch raises higher.
        if !leaves.is_empty()
            && let Err(error) = self.vault.given_out(&head.id, &written.edge.head).await
        {
            tracing::error!(log = %head.id, error = %error, "the mark of a checkpoint was not raised");
        }
        reached("marked", pending);
        let proofs = Proofs {
            first: head.size,
            size: written.edge.head.size,
            tiles: std::mem::take(&mut written.edge.tiles),
            note: written.note,
        };
        let ends = edge_tiles(proofs.size).into_iter();
        written.edge.tiles = ends
            .filter_map(|id| Some((id, proofs.tiles.get(&id)?.clone())))
            .collect();
        Ok((proofs, written.edge))
    }

    /// Appends leaves to a log, with the checkpoint that covers them; without any it stays as it is.
    async fn append(
        &self,
        tx: &mut Tx,
        head: &LogHead,
        mut edge: Edge,
        leaves: &[Leaf],
    ) -> Result<Written, FlowError> {
        let Some(last) = leaves.last() else {
            let note = head.checkpoint.clone();
            return Ok(Written { edge, note });
        };
        let internal = |error: gateway_ledger::TreeError| FlowError::Internal(error.to_string());
        let hashes: Vec<Hash> = leaves.iter().map(|leaf| leaf.hash).collect();
        let appended = append(head.size, &edge.tiles, &hashes).map_err(internal)?;
        let added = (head.size..).zip(leaves.iter().map(|leaf| &leaf.row));
        tx.add_leaves(&head.id, added, &appended.tiles).await?;
        let after = Mark {
            size: appended.size,
            root: hex::encode(appended.root.0),
        };
        let note = self
            .vault
            .sign(&head.id, &head.origin, &edge.head, &after)
            .await?;
        tx.move_log(&head.id, after.size, &after.root, &note)
            .await?;
        (edge.head, edge.at) = (after, last.row.at);
        edge.tiles.extend(appended.tiles);
        Ok(Written { edge, note })
    }

    /// The commit's answer was lost: the log says whether it took place. What is asked for is the
    /// batch's own leaf, and not where the head stands: another gateway may have gone on from it.
    async fn committed_after_all(
        &self,
        head: &LogHead,
        leaves: &[Leaf],
        why: &str,
    ) -> Result<(), FlowError> {
        let mut tx = self.store.read().await?;
        let there = tx.leaf(&head.id, head.size).await?;
        let ours = leaves.first().map(|leaf| &leaf.row.id);
        if there.is_some_and(|there| Some(&there.id) == ours) {
            return Ok(());
        }
        Err(FlowError::Unavailable(why.to_owned()))
    }
}

/// What a batch has added to a log: the edge, with all tiles that its proofs need, and the checkpoint.
struct Written {
    edge: Edge,
    note: String,
}

struct Proofs {
    first: u64,
    size: u64,
    tiles: Tiles,
    note: String,
}

fn answer(log: &str, pending: Vec<Pending>, leaves: Vec<Leaf>, proofs: &Proofs) {
    let indices: Vec<u64> = (proofs.first..).take(leaves.len()).collect();
    // All at once: neighbours share nearly all the hashes of their paths.
    let paths = match prove_inclusions(&indices, proofs.size, &proofs.tiles) {
        Ok(paths) => paths,
        Err(error) => {
            tracing::error!(log, error = %error, "a recorded batch could not be proved");
            return fail(pending.into_iter().map(|p| p.waiter), &error.to_string());
        }
    };
    let mut receipts = indices
        .into_iter()
        .zip(leaves)
        .zip(paths)
        .map(|((index, leaf), path)| Recorded {
            log: log.to_owned(),
            index,
            receipt: Receipt {
                salt: leaf.salt,
                event: leaf.event,
                index,
                path,
                checkpoint: proofs.note.clone(),
            },
        });
    for Pending { waiter, leaves, .. } in pending {
        let _ = waiter.send(Ok(receipts.by_ref().take(leaves.len()).collect()));
    }
}

/// A batch has come to a point, with all that is in it.
fn reached(point: &'static str, pending: &[Pending]) {
    for piece in pending {
        failpoint::reached_by(point, piece.name);
    }
}

fn fail(waiters: impl Iterator<Item = Waiter>, why: &str) {
    for waiter in waiters {
        let _ = waiter.send(Err(FlowError::Unavailable(why.to_owned())));
    }
}
