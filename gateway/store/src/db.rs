//! Transactions of either database. Writers of SQLite take turns on one connection; PostgreSQL
//! runs READ COMMITTED, with the log's head row locked first by whoever records.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use gateway_ledger::rows::CoveredRow;
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgArguments, PgConnectOptions, PgConnection, PgPool, PgPoolOptions};
use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _, Postgres, Transaction,
};

use crate::error::StoreError;
use crate::failpoint;
use crate::gathered::Gathered;
use crate::migrate;
use crate::ready::Ready;
use crate::row::{Record, RowRef, Value};
use crate::sqlite::{self, Lease, Sqlite};

/// A connection to PostgreSQL that was in use so lately is not asked whether it is alive.
const ALIVE: Duration = Duration::from_millis(500);

/// A session whose machine is gone, with no word to the server, gives back what it held after this
/// long: another gateway waits for it.
const RESTS: &str = "set idle_in_transaction_session_timeout to '20s'";

/// Which database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Embedded.
    Sqlite,
    /// A server.
    Postgres,
}

#[derive(Clone)]
enum Pools {
    Sqlite(Sqlite),
    Postgres(PgPool),
}

/// The records' database.
#[derive(Clone)]
pub struct Store {
    pools: Pools,
    url: String,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Store({:?})", self.kind())
    }
}

impl Store {
    /// Opens `postgres://…` or `sqlite://FILE` (created where absent) and brings the schema up
    /// to date.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        let store = Self {
            pools: Pools::open(url).await?,
            url: url.to_owned(),
        };
        migrate::records(&store).await?;
        Ok(store)
    }

    /// Opens the embedded database in a file.
    pub async fn open_file(path: &Path) -> Result<Self, StoreError> {
        Self::open(&format!("sqlite://{}", path.display())).await
    }

    /// The same database over connections of its own: for a component that is asked while the
    /// asker holds one. Two that share a pool can wait for each other.
    pub async fn apart(&self) -> Result<Self, StoreError> {
        Ok(Self {
            pools: Pools::open(&self.url).await?,
            url: self.url.clone(),
        })
    }

    pub(crate) async fn open_keys(url: &str) -> Result<Self, StoreError> {
        let store = Self {
            pools: Pools::open(url).await?,
            url: url.to_owned(),
        };
        migrate::keys(&store).await?;
        Ok(store)
    }

    /// An empty database without a schema.
    pub(crate) async fn scratch(url: &str) -> Result<Self, StoreError> {
        Ok(Self {
            pools: Pools::open(url).await?,
            url: url.to_owned(),
        })
    }

    /// Which database this is.
    pub const fn kind(&self) -> Kind {
        match self.pools {
            Pools::Sqlite(_) => Kind::Sqlite,
            Pools::Postgres(_) => Kind::Postgres,
        }
    }

    /// A transaction that only reads. On PostgreSQL it is a connection with none begun: under
    /// READ COMMITTED each statement sees what is committed when it starts, within one or not,
    /// and to begin and to end one are two round trips.
    pub async fn read(&self) -> Result<Tx, StoreError> {
        let inner = match &self.pools {
            Pools::Sqlite(file) => Inner::Sqlite(file.read().await?),
            Pools::Postgres(pool) => Inner::Postgres(Server::Plain(pool.acquire().await?)),
        };
        Ok(Tx {
            inner,
            name: "read",
            covered: BTreeMap::new(),
            marked: false,
            gathered: None,
            broken: false,
        })
    }

    /// A transaction that only reads, and sees the database as it is at its first statement
    /// until it ends.
    pub async fn snapshot(&self) -> Result<Tx, StoreError> {
        let inner = match &self.pools {
            // With its write-ahead log, every reader of SQLite has a snapshot.
            Pools::Sqlite(file) => Inner::Sqlite(file.read().await?),
            Pools::Postgres(pool) => Inner::Postgres(Server::Transaction(
                pool.begin_with("begin isolation level repeatable read read only")
                    .await?,
            )),
        };
        let mut tx = Tx {
            inner,
            name: "snapshot",
            covered: BTreeMap::new(),
            marked: false,
            gathered: None,
            broken: false,
        };
        tx.unhurried().await?;
        Ok(tx)
    }

    /// A transaction that writes, under a name that lands in `updated_by` of what it writes.
    pub async fn write(&self, name: &'static str) -> Result<Tx, StoreError> {
        let inner = match &self.pools {
            Pools::Sqlite(file) => Inner::Sqlite(file.write().await?),
            Pools::Postgres(pool) => Inner::Postgres(Server::Transaction(pool.begin().await?)),
        };
        Ok(Tx {
            inner,
            name,
            covered: BTreeMap::new(),
            marked: false,
            gathered: None,
            broken: false,
        })
    }

    /// The same, for what is of use already when a power cut may undo it: the commit does not
    /// wait for the disk. It survives the end of the process.
    pub(crate) async fn write_unsynced(&self, name: &'static str) -> Result<Tx, StoreError> {
        let inner = match &self.pools {
            Pools::Sqlite(file) => Inner::Sqlite(file.write_unsynced().await?),
            Pools::Postgres(pool) => Inner::Postgres(Server::Transaction(
                pool.begin_with("begin; set local synchronous_commit to off")
                    .await?,
            )),
        };
        Ok(Tx {
            inner,
            name,
            covered: BTreeMap::new(),
            marked: false,
            gathered: None,
            broken: false,
        })
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), StoreError> {
        let mut tx = self.read().await?;
        tx.number("select cast(1 as bigint)", &[]).await?;
        Ok(())
    }

    /// Closes the connections, writing SQLite's log back into its file.
    pub async fn close(&self) {
        match &self.pools {
            Pools::Sqlite(file) => file.close().await,
            Pools::Postgres(pool) => pool.close().await,
        }
    }

    pub(crate) const fn postgres(&self) -> Option<&PgPool> {
        match &self.pools {
            Pools::Postgres(pool) => Some(pool),
            Pools::Sqlite(_) => None,
        }
    }
}

/// Statements that a connection to PostgreSQL keeps prepared: more than there are. Of fewer, those
/// least used would be parsed, described and planned anew, again and again.
const PREPARED: usize = 1_000;

impl Pools {
    async fn open(url: &str) -> Result<Self, StoreError> {
        if let Some(file) = url.strip_prefix("sqlite://") {
            return Ok(Self::Sqlite(Sqlite::open(file)?));
        }
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            let options = PgConnectOptions::from_str(url)
                .map_err(|_| StoreError::Address("postgres://…".to_owned()))?
                .application_name("gateway")
                // Nobody reads them: the server keeps its own account of what is slow.
                .disable_statement_logging()
                .statement_cache_capacity(PREPARED);
            let pool = PgPoolOptions::new()
                .max_connections(16)
                .acquire_timeout(Duration::from_secs(10))
                // To ask of each connection whether it is alive is a round trip; one that was
                // in use a moment ago is.
                .test_before_acquire(false)
                .before_acquire(|connection, known| {
                    Box::pin(async move {
                        Ok(known.idle_for < ALIVE || connection.ping().await.is_ok())
                    })
                })
                .after_connect(|connection, _| {
                    Box::pin(async move { connection.execute(RESTS).await.map(|_| ()) })
                })
                .connect_with(options)
                .await?;
            return Ok(Self::Postgres(pool));
        }
        let scheme = url.split_once("://").map_or("this", |(scheme, _)| scheme);
        Err(StoreError::Address(scheme.to_owned()))
    }
}

pub(crate) enum Inner {
    Sqlite(Lease),
    Postgres(Server),
}

/// What PostgreSQL is spoken to over.
pub(crate) enum Server {
    /// To read: what each statement does is done at its end.
    Plain(PoolConnection<Postgres>),
    Transaction(Transaction<'static, Postgres>),
}

impl Server {
    pub fn connection(&mut self) -> &mut PgConnection {
        match self {
            Self::Plain(connection) => connection,
            Self::Transaction(transaction) => transaction,
        }
    }
}

/// One transaction. Dropped without [`Tx::commit`], it leaves nothing behind.
pub struct Tx {
    pub(crate) inner: Inner,
    name: &'static str,
    /// By table and id.
    covered: BTreeMap<(&'static str, String), CoveredRow>,
    /// It has a savepoint.
    pub(crate) marked: bool,
    pub(crate) gathered: Option<Gathered>,
    /// Rows that were kept for later could not be written.
    pub(crate) broken: bool,
}

impl std::fmt::Debug for Tx {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Tx({})", self.name)
    }
}

/// A query of PostgreSQL with its arguments.
fn query<'a>(
    sql: Cow<'static, str>,
    args: &'a [Value],
) -> sqlx::query::Query<'a, Postgres, PgArguments> {
    let mut query = sqlx::query(AssertSqlSafe(sql));
    for arg in args {
        query = match arg {
            Value::Text(value) => query.bind(value.as_deref()),
            Value::Int(value) => query.bind(*value),
            Value::Bytes(value) => query.bind(value.as_deref()),
        };
    }
    query
}

/// The same for many rows at once: an argument is a column, from top to bottom, table after table.
fn query_all<'r>(
    sql: String,
    tables: &[&'r [Vec<Value>]],
) -> sqlx::query::Query<'r, Postgres, PgArguments> {
    let mut query = sqlx::query(AssertSqlSafe(sql));
    let columns = tables.iter().flat_map(|rows| {
        let columns = rows.first().map_or(0, Vec::len);
        (0..columns).map(|column| (*rows, column))
    });
    for (rows, column) in columns {
        let values = || rows.iter().filter_map(move |row| row.get(column));
        query = match values().next() {
            Some(Value::Int(_)) => query.bind(values().map(Value::int).collect::<Vec<_>>()),
            Some(Value::Bytes(_)) => query.bind(values().map(Value::bytes).collect::<Vec<_>>()),
            Some(Value::Text(_)) | None => {
                query.bind(values().map(Value::text).collect::<Vec<_>>())
            }
        };
    }
    query
}

fn only_reads() -> StoreError {
    StoreError::Database("a transaction that reads was to write".to_owned())
}

/// A row of either database.
pub(crate) enum Row {
    Sqlite(sqlite::Row),
    Postgres(sqlx::postgres::PgRow),
}

impl Row {
    /// The value of the n-th column.
    pub(crate) fn at<'r, T>(&'r self, n: usize) -> Result<T, StoreError>
    where
        T: rusqlite::types::FromSql + sqlx::Decode<'r, Postgres> + sqlx::Type<Postgres>,
    {
        use sqlx::Row as _;
        match self {
            Self::Sqlite(row) => row.at(n),
            Self::Postgres(row) => Ok(row.try_get(n)?),
        }
    }

    /// The value of a column.
    pub(crate) fn get<'r, T>(&'r self, column: &str) -> Result<T, StoreError>
    where
        T: rusqlite::types::FromSql + sqlx::Decode<'r, Postgres> + sqlx::Type<Postgres>,
    {
        use sqlx::Row as _;
        match self {
            Self::Sqlite(row) => row.get(column),
            Self::Postgres(row) => Ok(row.try_get(column)?),
        }
    }
}

impl Tx {
    /// The transaction's name.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Goes on under another name: a batch carries the work of several.
    pub const fn rename(&mut self, name: &'static str) {
        self.name = name;
    }

    /// Runs a statement; how many rows it touched.
    pub(crate) async fn execute(
        &mut self,
        sql: impl Into<Cow<'static, str>>,
        args: &[Value],
    ) -> Result<u64, StoreError> {
        self.settle().await?;
        self.run(sql.into(), args).await
    }

    pub(crate) async fn run(
        &mut self,
        sql: Cow<'static, str>,
        args: &[Value],
    ) -> Result<u64, StoreError> {
        self.forget_known();
        match &mut self.inner {
            Inner::Sqlite(lease) => lease.execute(&sql, args),
            Inner::Postgres(Server::Plain(_)) => Err(only_reads()),
            Inner::Postgres(server) => {
                let done = query(sql, args).execute(server.connection()).await?;
                Ok(done.rows_affected())
            }
        }
    }

    /// Runs statements of the embedded database that take nothing and give nothing.
    pub(crate) fn execute_all(&mut self, sql: &str) -> Result<(), StoreError> {
        match &mut self.inner {
            Inner::Sqlite(lease) => lease.execute_all(sql),
            Inner::Postgres(_) => Err(StoreError::Database("statements one by one".to_owned())),
        }
    }

    /// Runs a query; all its rows.
    pub(crate) async fn fetch(
        &mut self,
        sql: impl Into<Cow<'static, str>>,
        args: &[Value],
    ) -> Result<Vec<Row>, StoreError> {
        self.settle().await?;
        self.ask(sql.into(), args).await
    }

    async fn ask(
        &mut self,
        sql: Cow<'static, str>,
        args: &[Value],
    ) -> Result<Vec<Row>, StoreError> {
        Ok(match &mut self.inner {
            Inner::Sqlite(lease) => {
                let rows = lease.fetch(&sql, args)?;
                rows.into_iter().map(Row::Sqlite).collect()
            }
            Inner::Postgres(server) => query(sql, args)
                .fetch_all(server.connection())
                .await?
                .into_iter()
                .map(Row::Postgres)
                .collect(),
        })
    }

    /// One number.
    pub(crate) async fn number(
        &mut self,
        sql: &'static str,
        args: &[Value],
    ) -> Result<i64, StoreError> {
        let rows = self
            .fetch(format!("select ({sql}) as number"), args)
            .await?;
        match rows.first() {
            Some(row) => Ok(row.get::<Option<i64>>("number")?.unwrap_or(0)),
            None => Ok(0),
        }
    }

    /// Rows of a table, by the rest of the statement after `select … from table`.
    pub(crate) async fn select<R: Record>(
        &mut self,
        rest: &str,
        args: &[Value],
    ) -> Result<Vec<R>, StoreError> {
        self.settle().await?;
        self.look_up(rest, args).await
    }

    async fn look_up<R: Record>(
        &mut self,
        rest: &str,
        args: &[Value],
    ) -> Result<Vec<R>, StoreError> {
        let sql = format!("{} {rest}", R::selected());
        self.ask(sql.into(), args)
            .await?
            .iter()
            .map(|row| R::from_row(&RowRef::whole(row)))
            .collect()
    }

    /// The row with this id.
    pub async fn get<R: Record>(&mut self, id: &str) -> Result<Option<R>, StoreError> {
        if self.keeps::<R>(&[id]) {
            self.settle().await?;
        }
        Ok(self.look_up("where id = $1", &[id.into()]).await?.pop())
    }

    /// The rows with these ids, by id.
    pub(crate) async fn by_ids<R: Record>(&mut self, ids: &[&str]) -> Result<Vec<R>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        if self.keeps::<R>(ids) {
            self.settle().await?;
        }
        let rest = format!("where {} order by id", self.among("id", 1));
        let list = serde_json::to_string(ids).unwrap_or_default();
        self.look_up(&rest, &[list.into()]).await
    }

    /// The ids of a table, in order.
    pub async fn ids<R: Record>(&mut self) -> Result<Vec<String>, StoreError> {
        let rows = self
            .fetch(format!("select id from {} order by id", R::TABLE), &[])
            .await?;
        rows.iter().map(|row| row.get("id")).collect()
    }

    /// Writes a row, whole: adds it, or replaces the one with its id. A covered row's digest
    /// goes on the transaction's list.
    pub async fn put<R: Record>(&mut self, row: &mut R) -> Result<(), StoreError> {
        row.set_updated_by(self.name);
        let values = row.values();
        self.cover(row, &values);
        if self.gathers(R::TABLE) {
            let replacing = crate::row::replacing(R::COLUMNS);
            return self
                .keep(R::TABLE, R::COLUMNS, &replacing, vec![values])
                .await;
        }
        self.execute(R::upsert(), &values).await.map(|_| ())
    }

    /// Writes rows as [`Tx::put`] does, no two of one id: on PostgreSQL in one statement, for each
    /// is a round trip.
    pub async fn put_all<R: Record>(&mut self, rows: &mut [R]) -> Result<(), StoreError> {
        self.put_ready(Ready::of(self.name, rows)).await
    }

    /// Runs a statement of PostgreSQL on many rows at once, of one table or of several.
    pub(crate) async fn run_all(
        &mut self,
        sql: String,
        tables: &[&[Vec<Value>]],
    ) -> Result<(), StoreError> {
        self.forget_known();
        match &mut self.inner {
            Inner::Sqlite(_) | Inner::Postgres(Server::Plain(_)) => Err(only_reads()),
            Inner::Postgres(server) => {
                query_all(sql, tables).execute(server.connection()).await?;
                Ok(())
            }
        }
    }

    /// The same, for what it returns.
    pub(crate) async fn ask_all(
        &mut self,
        sql: String,
        tables: &[&[Vec<Value>]],
    ) -> Result<Vec<Row>, StoreError> {
        match &mut self.inner {
            Inner::Sqlite(_) | Inner::Postgres(Server::Plain(_)) => Err(only_reads()),
            Inner::Postgres(server) => {
                let rows = query_all(sql, tables).fetch_all(server.connection());
                Ok(rows.await?.into_iter().map(Row::Postgres).collect())
            }
        }
    }

    fn cover<R: Record>(&mut self, row: &R, values: &[Value]) {
        if R::COVERED {
            self.cover_row(R::TABLE, row.covered_by(values));
        }
    }

    /// Puts a covered row's digest on the list.
    pub(crate) fn cover_row(&mut self, table: &'static str, row: CoveredRow) {
        self.covered.insert((table, row.id.clone()), row);
    }

    /// The covered rows written since the last call, for the event that commits to them.
    pub fn drain_covered(&mut self) -> Vec<CoveredRow> {
        std::mem::take(&mut self.covered).into_values().collect()
    }

    /// Lets this transaction rest between its statements for as long as its work takes: a backup's,
    /// or a restore's, which read files meanwhile.
    pub async fn unhurried(&mut self) -> Result<(), StoreError> {
        if let Inner::Postgres(_) = self.inner {
            let rests = "set local idle_in_transaction_session_timeout to 0";
            self.execute(rests, &[]).await?;
        }
        Ok(())
    }

    /// Sets a savepoint; in the place of the one before, in the same round trip.
    pub(crate) async fn set_savepoint(&mut self, again: bool) -> Result<(), StoreError> {
        const NEXT: &str = "release savepoint work; savepoint work";
        let sql = if again { NEXT } else { "savepoint work" };
        match &mut self.inner {
            Inner::Sqlite(lease) => lease.execute_all(sql),
            Inner::Postgres(server) => {
                server.connection().execute(sql).await?;
                Ok(())
            }
        }
    }

    pub(crate) async fn roll_back(&mut self) -> Result<(), StoreError> {
        self.run("rollback to savepoint work".into(), &[])
            .await
            .map(|_| ())
    }

    pub(crate) fn forget_covered(&mut self) {
        self.covered.clear();
    }

    /// Commits. Refuses while covered rows wait for an event.
    pub async fn commit(mut self) -> Result<(), StoreError> {
        self.settle().await?;
        if !self.covered.is_empty() {
            return Err(StoreError::Uncovered {
                name: self.name,
                rows: self.covered.len(),
            });
        }
        failpoint::reached_by("commit", self.name);
        match self.inner {
            Inner::Sqlite(lease) => lease.commit()?,
            Inner::Postgres(Server::Transaction(tx)) => tx.commit().await?,
            Inner::Postgres(Server::Plain(_)) => {}
        }
        failpoint::reached_by("committed", self.name);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    async fn rests(mut tx: Tx) -> String {
        let setting = "select current_setting('idle_in_transaction_session_timeout') as setting";
        let rows = tx.fetch(setting, &[]).await.unwrap();
        rows[0].get("setting").unwrap()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_session_that_is_gone_gives_back_what_it_held_and_a_backup_may_take_its_time() {
        for db in testing::each().await {
            if db.store.kind() == Kind::Sqlite {
                db.store.snapshot().await.unwrap();
                continue;
            }
            assert_eq!(rests(db.store.write("test").await.unwrap()).await, "20s");
            assert_eq!(rests(db.store.snapshot().await.unwrap()).await, "0");
            let mut restoring = db.store.write("restore").await.unwrap();
            restoring.unhurried().await.unwrap();
            assert_eq!(rests(restoring).await, "0");
            // The next transaction of the same connection is as any other.
            assert_eq!(rests(db.store.write("test").await.unwrap()).await, "20s");
        }
    }
}
