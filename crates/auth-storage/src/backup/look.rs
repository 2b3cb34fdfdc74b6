//! What is in a database file, and whether it is whole.

use std::path::Path;

use auth_core::store::Access;
use auth_core::time::Timestamp;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::BackupError;
use crate::config::StorageSettings;
use crate::connection::{Manager, MultiConnection};
use crate::open_error::OpenError;
use crate::schema::sessions::dsl;
use crate::store::{DieselStore, frozen};
use crate::types::Micros;

/// How much there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tally {
    /// Accounts.
    pub users: u64,
    /// Sessions, those that are over included.
    pub sessions: u64,
    /// Signing keys, those that are retired included.
    pub signing_keys: u64,
    /// Lines of the audit log.
    pub audit_events: u64,
}

impl DieselStore {
    /// Opens a database file that nobody writes to, and writes nothing to it or beside it. Not for one that a server has
    /// open: what it has not moved into the file yet would be missed.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open_backup(path: &Path) -> Result<Self, OpenError> {
        let file = |error| OpenError::path("read the file", path, error);
        let Some(name) = path.to_str() else { return Err(file(std::io::ErrorKind::InvalidFilename.into())) };
        // SQLite would only say that it cannot.
        std::fs::File::open(path).map_err(file)?;
        frozen(Manager::frozen(StorageSettings::new(format!("sqlite:{name}")))?)
    }

    /// Reads every page and every index of an SQLite file.
    ///
    /// # Errors
    /// [`BackupError::Damaged`] with what was found, or another [`BackupError`].
    pub fn check_integrity(&self) -> Result<(), BackupError> {
        let mut connection = self.own_connection()?;
        let MultiConnection::Sqlite(sqlite) = &mut connection else { return Err(BackupError::NotEmbedded) };
        let read = |error: diesel::result::Error| {
            let text = error.to_string();
            let what = if text.contains("malformed") { "it is damaged" } else { "it cannot be read" };
            BackupError::Damaged(format!("{what}: {text}"))
        };
        let found: Vec<String> =
            sql::<Text>("SELECT integrity_check FROM pragma_integrity_check LIMIT 10").load(sqlite).map_err(read)?;
        if found != ["ok"] {
            return Err(BackupError::Damaged(format!("it is damaged: {}", found.join("; "))));
        }
        let astray: i64 =
            sql::<BigInt>("SELECT count(*) FROM pragma_foreign_key_check").get_result(sqlite).map_err(read)?;
        if astray > 0 {
            return Err(BackupError::Damaged(format!("{astray} rows refer to rows that do not exist")));
        }
        // No release makes one, and one would run with our rights whatever it likes.
        let foreign: i64 = sql::<BigInt>("SELECT count(*) FROM sqlite_schema WHERE type IN ('trigger', 'view')")
            .get_result(sqlite)
            .map_err(read)?;
        if foreign > 0 {
            return Err(BackupError::Damaged("it has triggers or views, which no release makes".to_owned()));
        }
        Ok(())
    }

    /// Counts what there is. Looks through whole tables.
    ///
    /// # Errors
    /// [`BackupError::Database`].
    pub fn tally(&self) -> Result<Tally, BackupError> {
        let mut connection = self.own_connection()?;
        let mut count = |table: &'static str| {
            let query = sql::<BigInt>(&format!("SELECT count(*) FROM {table}"));
            let rows: i64 = query.get_result(&mut connection).map_err(|error| BackupError::database("read", error))?;
            Ok::<_, BackupError>(u64::try_from(rows).unwrap_or(0))
        };
        Ok(Tally {
            users: count("users")?,
            sessions: count("sessions")?,
            signing_keys: count("signing_keys")?,
            audit_events: count("audit_events")?,
        })
    }

    /// How many sessions live at `now`, those that were refreshed at `idle_since` or before left out; for metrics. Looks
    /// through the live ones.
    ///
    /// # Errors
    /// [`BackupError::Database`].
    pub fn live_sessions(&self, now: Timestamp, idle_since: Timestamp) -> Result<u64, BackupError> {
        let live = dsl::sessions
            .filter(dsl::ended_at.is_null())
            .filter(dsl::expires_at.gt(Micros::from(now)).and(dsl::rotated_at.gt(Micros::from(idle_since))));
        let mut connection =
            self.shared.pools.pool(Access::Read).get().map_err(|error| BackupError::database("read", error))?;
        let count: i64 =
            live.count().get_result(&mut *connection).map_err(|error| BackupError::database("read", error))?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    /// What time it is by a database server's clock; `None` for an embedded database, whose clock is ours.
    ///
    /// # Errors
    /// [`BackupError::Database`].
    pub fn server_time(&self) -> Result<Option<Timestamp>, BackupError> {
        let mut connection = self.own_connection()?;
        let MultiConnection::Postgres(postgres) = &mut connection else { return Ok(None) };
        let seconds: i64 = sql::<BigInt>("SELECT floor(extract(epoch FROM clock_timestamp()))::bigint")
            .get_result(postgres)
            .map_err(|error| BackupError::database("read", error))?;
        Ok(Some(Timestamp::from_unix_seconds(seconds)))
    }
}

/// The version of SQLite that is built in.
///
/// # Errors
/// [`BackupError::Database`].
pub fn sqlite_version() -> Result<String, BackupError> {
    let failed = |cause: String| BackupError::database("read", cause);
    let mut memory = SqliteConnection::establish(":memory:").map_err(|error| failed(error.to_string()))?;
    sql::<Text>("SELECT sqlite_version()").get_result(&mut memory).map_err(|error| failed(error.to_string()))
}
