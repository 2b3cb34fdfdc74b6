//! Forgetting, in batches, beside everybody else who does the same.

/// Rows in one `DELETE`: the databases take only so many values.
pub(crate) const ROWS: usize = 1_000;

/// The rows of a query, locked. Those that another transaction holds are left out, so that nobody waits and no deadlock
/// can arise: another instance forgets them, or whoever holds them brings them to life. PostgreSQL asks again, once it has
/// the lock, whether a row still is what was looked for. On SQLite there is no other writer.
macro_rules! lock_free_ones {
    ($connection:ident, $query:expr) => {
        match $connection {
            MultiConnection::Postgres(postgres) => $query.for_update().skip_locked().load(postgres),
            MultiConnection::Sqlite(sqlite) => $query.load(sqlite),
        }
    };
}
pub(crate) use lock_free_ones;

/// How many rows a statement was about.
pub(crate) fn count(rows: usize) -> u64 {
    u64::try_from(rows).unwrap_or(u64::MAX)
}
