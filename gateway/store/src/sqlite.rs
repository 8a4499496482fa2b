//! SQLite, spoken to where it is asked: a statement takes microseconds, which is less than
//! handing it to another thread and waiting for that. One connection writes, some read.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rusqlite::types::{ToSqlOutput, Value as Held, ValueRef};
use rusqlite::{Connection, OpenFlags, Statement, ToSql};
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::error::StoreError;
use crate::row::Value;

/// Statements wait at most this long for the write lock (another process's, such as the
/// operator's command line).
const BUSY: Duration = Duration::from_secs(30);
/// Pages of the write-ahead log that are moved into the database at once (32 MiB): an exchange
/// committed alone writes 69, most of them those of the one before, and each is moved once.
const LOG_PAGES: u32 = 8_192;
/// How many connections read.
const READERS: usize = 8;
/// What the writer keeps of the file in memory, KiB: a batch of forms is some ten MiB, and what does
/// not fit is written to the log more than once.
const WRITER_KIB: i64 = 24 * 1024;
/// How many prepared statements a connection keeps.
const PREPARED: usize = 256;

/// The connections to one file.
#[derive(Clone)]
pub(crate) struct Sqlite {
    write: Arc<Pool>,
    read: Arc<Pool>,
}

/// Connections that are lent out, and those that wait.
struct Pool {
    file: String,
    writes: bool,
    waiting: Mutex<Vec<Connection>>,
    places: Arc<Semaphore>,
    /// What the columns of each query are called.
    names: Mutex<HashMap<String, Arc<[String]>>>,
}

impl Sqlite {
    /// Opens a file, and makes it where it is not there.
    pub fn open(file: &str) -> Result<Self, StoreError> {
        let write = Pool::new(file, 1, true);
        // The first connection says whether the file can be had at all.
        let first = write.connect()?;
        write.put_back(first);
        Ok(Self {
            write: Arc::new(write),
            read: Arc::new(Pool::new(file, READERS, false)),
        })
    }

    /// A transaction that only reads.
    pub async fn read(&self) -> Result<Lease, StoreError> {
        let mut lease = Lease::take(&self.read).await?;
        lease.begin("begin")?;
        Ok(lease)
    }

    /// The transaction that writes; others wait for it.
    pub async fn write(&self) -> Result<Lease, StoreError> {
        let mut lease = self.turn().await?;
        lease.begin("begin immediate")?;
        Ok(lease)
    }

    /// A turn to write. Whoever waits for those before and then for another process waits no longer
    /// for both: where that one keeps the file, many who ask at once are all answered in time, and
    /// not one after the other.
    async fn turn(&self) -> Result<Lease, StoreError> {
        let asked = Instant::now();
        let late = |_| StoreError::Unavailable("others have waited for it as long".to_owned());
        let lease = timeout(BUSY, Lease::take(&self.write))
            .await
            .map_err(late)??;
        let rest = BUSY.saturating_sub(asked.elapsed());
        lease.connection()?.busy_timeout(rest)?;
        Ok(lease)
    }

    /// The same, its commit not waiting for the disk.
    pub async fn write_unsynced(&self) -> Result<Lease, StoreError> {
        let mut lease = self.turn().await?;
        lease.unsynced = true;
        synchronous(lease.connection()?, "normal")?;
        lease.begin("begin immediate")?;
        Ok(lease)
    }

    /// Closes the connections, once those that are lent out have come back.
    pub async fn close(&self) {
        for (pool, size) in [(&self.read, READERS), (&self.write, 1)] {
            let all = u32::try_from(size).unwrap_or(u32::MAX);
            let _all = pool.places.acquire_many(all).await;
            pool.places.close();
            pool.lock().clear();
        }
    }
}

impl Pool {
    fn new(file: &str, size: usize, writes: bool) -> Self {
        Self {
            file: file.to_owned(),
            writes,
            waiting: Mutex::default(),
            places: Arc::new(Semaphore::new(size)),
            names: Mutex::default(),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn connect(&self) -> Result<Connection, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.file, flags)?;
        connection.busy_timeout(BUSY)?;
        connection.pragma_update(None, "journal_mode", "wal")?;
        synchronous(&connection, "full")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.pragma_update(None, "wal_autocheckpoint", LOG_PAGES)?;
        // What a savepoint may have to undo is as short-lived as the transaction.
        connection.pragma_update(None, "temp_store", "memory")?;
        connection.pragma_update(None, "query_only", !self.writes)?;
        if self.writes {
            connection.pragma_update(None, "cache_size", -WRITER_KIB)?;
        }
        connection.set_prepared_statement_cache_capacity(PREPARED);
        Ok(connection)
    }

    fn put_back(&self, connection: Connection) {
        self.lock().push(connection);
    }

    fn names(&self, sql: &str, statement: &Statement<'_>) -> Arc<[String]> {
        let mut known = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(names) = known.get(sql) {
            return Arc::clone(names);
        }
        let names = statement.column_names();
        let names: Arc<[String]> = names.into_iter().map(str::to_owned).collect();
        known.insert(sql.to_owned(), Arc::clone(&names));
        names
    }
}

/// A connection in a transaction. Dropped without [`Lease::commit`], it leaves nothing behind.
pub(crate) struct Lease {
    connection: Option<Connection>,
    pool: Arc<Pool>,
    unsynced: bool,
    // After the connection has gone back.
    _place: OwnedSemaphorePermit,
}

impl Lease {
    async fn take(pool: &Arc<Pool>) -> Result<Self, StoreError> {
        let closed = |_| StoreError::Unavailable("it was closed".to_owned());
        let place = Arc::clone(&pool.places).acquire_owned().await;
        let place = place.map_err(closed)?;
        let waiting = pool.lock().pop();
        let connection = match waiting {
            Some(connection) => connection,
            // It may wait for another process's lock.
            None => aside(true, || pool.connect())?,
        };
        Ok(Self {
            connection: Some(connection),
            pool: Arc::clone(pool),
            unsynced: false,
            _place: place,
        })
    }

    fn begin(&mut self, how: &str) -> Result<(), StoreError> {
        let mut begin = self.connection()?.prepare_cached(how)?;
        aside(how != "begin", || begin.execute([]))?;
        Ok(())
    }

    fn connection(&self) -> Result<&Connection, StoreError> {
        let gone = || StoreError::Unavailable("its connection is gone".to_owned());
        self.connection.as_ref().ok_or_else(gone)
    }

    /// Runs a statement; how many rows it touched.
    pub fn execute(&mut self, sql: &str, args: &[Value]) -> Result<u64, StoreError> {
        let mut statement = self.connection()?.prepare_cached(sql)?;
        bind(&mut statement, args)?;
        let touched = statement.raw_execute()?;
        Ok(u64::try_from(touched).unwrap_or(u64::MAX))
    }

    /// Adds rows, whose values are in the order of the statement's arguments. A row that cannot be
    /// added, for its key is there already, goes by `replacing`: to look for each first costs more,
    /// and holds up what is to be undone of the statement alone.
    pub fn add_all(
        &mut self,
        sql: &str,
        replacing: Option<&str>,
        rows: &[Vec<Value>],
    ) -> Result<(), StoreError> {
        let connection = self.connection()?;
        let mut statement = connection.prepare_cached(sql)?;
        for values in rows {
            for (place, value) in (1..).zip(values) {
                statement.raw_bind_parameter(place, value)?;
            }
            let added = statement.raw_execute().map_err(StoreError::from);
            match (added, replacing) {
                (Ok(_), _) => {}
                (Err(StoreError::Conflict(_)), Some(replacing)) => {
                    let mut statement = connection.prepare_cached(replacing)?;
                    bind(&mut statement, values)?;
                    statement.raw_execute()?;
                }
                (Err(error), _) => return Err(error),
            }
        }
        Ok(())
    }

    /// Runs statements that take nothing and give nothing.
    pub fn execute_all(&mut self, sql: &str) -> Result<(), StoreError> {
        Ok(self.connection()?.execute_batch(sql)?)
    }

    /// Runs a query; all its rows.
    pub fn fetch(&mut self, sql: &str, args: &[Value]) -> Result<Vec<Row>, StoreError> {
        let mut rows = Vec::new();
        self.each(sql, args, |row| {
            rows.push(row);
            Ok::<_, StoreError>(())
        })?;
        Ok(rows)
    }

    /// Runs a query and hands over each row.
    pub fn each<E: From<StoreError>>(
        &mut self,
        sql: &str,
        args: &[Value],
        mut take: impl FnMut(Row) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut statement = self
            .connection()?
            .prepare_cached(sql)
            .map_err(StoreError::from)?;
        bind(&mut statement, args)?;
        let names = self.pool.names(sql, &statement);
        let mut found = statement.raw_query();
        while let Some(row) = found.next().map_err(StoreError::from)? {
            let values = (0..names.len()).map(|n| row.get::<_, Held>(n));
            let values = values.collect::<Result<_, _>>().map_err(StoreError::from)?;
            take(Row {
                names: Arc::clone(&names),
                values,
            })?;
        }
        Ok(())
    }

    /// Commits: what was written is on the disk.
    pub fn commit(self) -> Result<(), StoreError> {
        let connection = self.connection()?;
        let mut commit = connection.prepare_cached("commit")?;
        aside(true, || commit.execute([]))?;
        Ok(())
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take() else {
            return;
        };
        let ended = connection.is_autocommit()
            || connection
                .prepare_cached("rollback")
                .is_ok_and(|mut end| end.execute([]).is_ok());
        if ended && (!self.unsynced || synchronous(&connection, "full").is_ok()) {
            self.pool.put_back(connection);
        }
    }
}

/// What a commit waits for: `full`, that it is on the disk; `normal`, that the system has it.
fn synchronous(connection: &Connection, how: &str) -> Result<(), rusqlite::Error> {
    connection.pragma_update(None, "synchronous", how)
}

/// What may wait for the disk or for another process lets other work of its thread go on
/// elsewhere.
fn aside<T>(waits: bool, work: impl FnOnce() -> T) -> T {
    let handle = Handle::try_current();
    if waits && handle.is_ok_and(|it| it.runtime_flavor() == RuntimeFlavor::MultiThread) {
        tokio::task::block_in_place(work)
    } else {
        work()
    }
}

/// SQLite numbers `$1` by where it stands first; here it is the first argument.
fn bind(statement: &mut Statement<'_>, args: &[Value]) -> Result<(), StoreError> {
    for place in 1..=statement.parameter_count() {
        let number = statement
            .parameter_name(place)
            .and_then(|name| name.get(1..)?.parse::<usize>().ok())
            .unwrap_or(place);
        let wrong = || StoreError::Database(format!("argument {number} is not there"));
        let value = args.get(number.wrapping_sub(1)).ok_or_else(wrong)?;
        statement.raw_bind_parameter(place, value)?;
    }
    Ok(())
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let value = match self {
            Self::Text(Some(text)) => ValueRef::Text(text.as_bytes()),
            Self::Int(Some(number)) => ValueRef::Integer(*number),
            Self::Bytes(Some(bytes)) => ValueRef::Blob(bytes),
            Self::Text(None) | Self::Int(None) | Self::Bytes(None) => ValueRef::Null,
        };
        Ok(ToSqlOutput::Borrowed(value))
    }
}

/// A row that was read.
pub(crate) struct Row {
    names: Arc<[String]>,
    values: Vec<Held>,
}

impl Row {
    /// The value of a column.
    pub fn get<T: rusqlite::types::FromSql>(&self, column: &str) -> Result<T, StoreError> {
        let place = self.names.iter().position(|name| name == column);
        let place =
            place.ok_or_else(|| StoreError::Database(format!("there is no column `{column}`")))?;
        self.at(place)
    }

    /// The value of the n-th column.
    pub fn at<T: rusqlite::types::FromSql>(&self, n: usize) -> Result<T, StoreError> {
        let value = self.values.get(n);
        let value = value.ok_or_else(|| StoreError::Database(format!("there is no column {n}")))?;
        T::column_result(ValueRef::from(value)).map_err(|error| {
            let column = self.names.get(n).map_or("", String::as_str);
            StoreError::Database(format!("column `{column}`: {error}"))
        })
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        let Some(failure) = error.sqlite_error() else {
            return Self::Database(error.to_string());
        };
        match (failure.code, failure.extended_code) {
            (
                _,
                rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE
                | rusqlite::ffi::SQLITE_CONSTRAINT_PRIMARYKEY,
            ) => Self::Conflict("unique".to_owned()),
            (
                rusqlite::ErrorCode::DatabaseBusy
                | rusqlite::ErrorCode::DatabaseLocked
                | rusqlite::ErrorCode::SystemIoFailure
                | rusqlite::ErrorCode::DiskFull
                | rusqlite::ErrorCode::CannotOpen,
                _,
            ) => Self::Unavailable(error.to_string()),
            _ => Self::Database(error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(lease: &Lease) -> i64 {
        let connection = lease.connection().unwrap();
        connection
            .pragma_query_value(None, "synchronous", |row| row.get(0))
            .unwrap()
    }

    #[tokio::test]
    async fn a_commit_that_does_not_wait_for_the_disk_leaves_the_next_one_waiting_for_it() {
        const FULL: i64 = 2;
        const NORMAL: i64 = 1;
        let folder = tempfile::tempdir().unwrap();
        let file = Sqlite::open(&folder.path().join("x.db").display().to_string()).unwrap();
        for commits in [true, false] {
            let lease = file.write_unsynced().await.unwrap();
            assert_eq!(level(&lease), NORMAL);
            if commits {
                lease.commit().unwrap();
            } else {
                drop(lease);
            }
            assert_eq!(level(&file.write().await.unwrap()), FULL);
        }
    }
}
