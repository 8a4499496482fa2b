//! The peer of `record`: the same rows, inserted with nothing around them.

use std::collections::BTreeSet;

use anyhow::Context as _;
use gateway_core::event::EventKind;
use gateway_store::rows::{CellRow, DeliveryRow, DeliveryStepRow, ExchangeRow, ItemRow, WrapRow};
use gateway_store::{LeafRow, NewLeaf, Record, Store, Tx};

use super::times::Watch;

/// How many exchanges go into one commit, as in the recorder.
const BATCH: usize = 64;

/// Every row that one exchange wrote.
pub struct Rows {
    exchange: ExchangeRow,
    items: Vec<ItemRow>,
    cells: Vec<CellRow>,
    deliveries: Vec<DeliveryRow>,
    steps: Vec<DeliveryStepRow>,
    wraps: Vec<WrapRow>,
    leaves: Vec<NewLeaf>,
}

impl Rows {
    /// Reads them back.
    pub async fn of(store: &Store, exchange: &str) -> anyhow::Result<Self> {
        let mut tx = store.read().await?;
        let row = tx.get(exchange).await?.context("the exchange")?;
        let deliveries = tx.deliveries_of(exchange).await?;
        let mut steps = Vec::new();
        for delivery in &deliveries {
            steps.extend(tx.steps_of(&delivery.id).await?);
        }
        let mut leaves = Vec::new();
        for leaf in tx.leaves_of_exchange(exchange).await? {
            leaves.push(new_leaf(&mut tx, leaf).await?);
        }
        let rows = Self {
            exchange: row,
            items: tx.items_of(exchange).await?,
            cells: tx.cells_of(exchange).await?,
            deliveries,
            steps,
            wraps: tx.wraps_of(exchange).await?,
            leaves,
        };
        rows.are_all()?;
        Ok(rows)
    }

    /// The log says which rows the exchange wrote: these, and no others.
    fn are_all(&self) -> anyhow::Result<()> {
        let covered: BTreeSet<(&str, &str)> = self
            .leaves
            .iter()
            .flat_map(|leaf| &leaf.rows)
            .map(|row| (row.table.as_str(), row.id.as_str()))
            .collect();
        anyhow::ensure!(
            covered.len() == self.own(),
            "the log covers {} rows of an exchange of which {} were read back",
            covered.len(),
            self.own()
        );
        Ok(())
    }

    /// How many rows, those of the log left out.
    pub const fn own(&self) -> usize {
        1 + self.items.len()
            + self.cells.len()
            + self.deliveries.len()
            + self.steps.len()
            + self.wraps.len()
    }

    /// How many rows, those of the log among them.
    pub fn all(&self) -> usize {
        let of_log = |leaf: &NewLeaf| 1 + leaf.rows.len();
        self.own() + self.leaves.iter().map(of_log).sum::<usize>()
    }

    async fn insert(&self, tx: &mut Tx) -> anyhow::Result<()> {
        tx.put_bare(&self.exchange).await?;
        all(tx, &self.items).await?;
        all(tx, &self.cells).await?;
        all(tx, &self.deliveries).await?;
        all(tx, &self.steps).await?;
        all(tx, &self.wraps).await
    }
}

async fn all<R: Record>(tx: &mut Tx, rows: &[R]) -> anyhow::Result<()> {
    for row in rows {
        tx.put_bare(row).await?;
    }
    Ok(())
}

async fn new_leaf(tx: &mut Tx, leaf: LeafRow) -> anyhow::Result<NewLeaf> {
    let kind = EventKind::ALL.iter().find(|k| k.as_str() == leaf.kind);
    Ok(NewLeaf {
        kind: kind.context("a kind of event")?.as_str(),
        rows: tx.leaf_rows(&leaf.log, leaf.index).await?,
        id: leaf.id,
        at: leaf.at,
        exchange: leaf.exchange,
        nominal: leaf.nominal,
        salt: leaf.salt,
        row_salt: leaf.row_salt,
        event: leaf.event,
        data: leaf.data,
    })
}

/// Inserts the rows of many exchanges by one writer, in grouped commits; how many exchanges a
/// second. `log` is where the log's own rows go; none leaves them out.
pub async fn insert(
    store: &Store,
    exchanges: &[Rows],
    log: Option<(&str, u64)>,
) -> anyhow::Result<f64> {
    let mut index = log.map_or(0, |(_, size)| size);
    let watch = Watch::start();
    for batch in exchanges.chunks(BATCH) {
        let mut tx = store.write("bench").await?;
        for rows in batch {
            rows.insert(&mut tx).await?;
            let Some((log, _)) = log else { continue };
            for leaf in &rows.leaves {
                tx.add_leaf(log, index, leaf).await?;
                index += 1;
            }
        }
        tx.commit().await?;
    }
    Ok(super::times::count(exchanges.len()) / watch.seconds())
}
