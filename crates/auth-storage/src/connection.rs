//! Connections to either database behind one type, and the manager by which the pool makes them.

mod postgres;
mod sqlite;

use diesel::r2d2::R2D2Connection;
use diesel::{PgConnection, SqliteConnection};

use crate::config::{Backend, StorageSettings};
use crate::open_error::OpenError;
pub(crate) use sqlite::existing;

use crate::url::{PostgresUrl, Target, check_transport};

/// A connection to either database: one set of queries, written once.
#[derive(diesel::MultiConnection)]
pub(crate) enum MultiConnection {
    Postgres(PgConnection),
    Sqlite(SqliteConnection),
}

/// Makes connections for the pool. The backend was chosen by the URL's scheme when it was opened: the `establish` that
/// the derive makes tries one after the other, and opened a SQLite file by the name of an absent PostgreSQL server.
#[derive(Debug)]
pub(crate) struct Manager {
    pub(crate) target: Target,
    pub(crate) settings: StorageSettings,
    /// An SQLite file that nobody writes to: nothing is written to it, nor beside it.
    is_frozen: bool,
}

/// A connection could not be made; what libpq or SQLite said, without passwords.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct ConnectError(pub(crate) String);

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Requests.
    Serving,
    /// Migrations: patient, and without foreign keys on SQLite (`migrations/README.md`).
    Migrating,
}

impl Manager {
    /// Reads the URL and applies the rule about TLS.
    pub(crate) fn new(settings: StorageSettings) -> Result<Self, OpenError> {
        let target = Target::parse(settings.url.expose())?;
        if let Target::Postgres(url) = &target {
            let environment = &|name: &str| std::env::var(name).ok();
            check_transport(url, cfg!(feature = "pg-tls"), environment)
                .map_err(|leads_away| OpenError::NoTls { leads_away })?;
        }
        Ok(Self { target, settings, is_frozen: false })
    }

    /// For a file that nobody writes to.
    pub(crate) fn frozen(settings: StorageSettings) -> Result<Self, OpenError> {
        Ok(Self { is_frozen: true, ..Self::new(settings)? })
    }

    pub(crate) fn backend(&self) -> Backend {
        match self.target {
            Target::Sqlite(_) => Backend::Sqlite,
            Target::Postgres(_) => Backend::Postgres,
        }
    }

    pub(crate) fn establish(&self, role: Role) -> Result<MultiConnection, ConnectError> {
        match &self.target {
            Target::Sqlite(path) if self.is_frozen => sqlite::frozen(path).map(MultiConnection::Sqlite),
            Target::Sqlite(path) => sqlite::establish(path, &self.settings, role).map(MultiConnection::Sqlite),
            Target::Postgres(url) => postgres::establish(url, &self.settings, role).map(MultiConnection::Postgres),
        }
    }

    /// Before the first connection: what is wrong with the file or folder is said better than SQLite would.
    pub(crate) fn prepare(&self) -> Result<(), OpenError> {
        match &self.target {
            Target::Sqlite(path) => sqlite::prepare(path),
            Target::Postgres(_) => Ok(()),
        }
    }
}

/// A connection to somebody else's database, to be read.
pub(crate) fn postgres_source(url: &PostgresUrl, settings: &StorageSettings) -> Result<PgConnection, ConnectError> {
    postgres::establish(url, settings, Role::Migrating)
}

impl r2d2::ManageConnection for Manager {
    type Connection = MultiConnection;
    type Error = ConnectError;

    fn connect(&self) -> Result<MultiConnection, ConnectError> {
        self.establish(Role::Serving)
    }

    /// Asked at no checkout (`test_on_check_out` is off: it halves the rate of reads); a dead connection shows at
    /// `BEGIN`, where the store takes another.
    fn is_valid(&self, connection: &mut MultiConnection) -> Result<(), ConnectError> {
        connection.ping().map_err(|error| ConnectError(error.to_string()))
    }

    /// A connection that was lost, or that comes back with its transaction open, is not used again.
    fn has_broken(&self, connection: &mut MultiConnection) -> bool {
        connection.is_broken()
    }
}
