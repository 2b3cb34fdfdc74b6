//! Stores on throw-away databases, and a way past them to the tables.
#![allow(dead_code, unused_macros, unused_imports, reason = "no test binary uses all of it")]
#![allow(clippy::unwrap_used, reason = "a test's alarm")]

use std::time::Duration;

use auth_storage::testing::{PostgresServer, SqliteFile, TestDatabase};
use auth_storage::{Backend, DieselStore, StorageSettings};
use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection, RunQueryDsl, SqliteConnection};

/// A database of one test, dropped with it.
pub(crate) enum Database {
    Sqlite(SqliteFile),
    Postgres(TestDatabase),
}

impl Database {
    pub(crate) fn empty(backend: Backend) -> Self {
        match backend {
            Backend::Sqlite => Self::Sqlite(SqliteFile::new().unwrap()),
            Backend::Postgres => Self::Postgres(PostgresServer::shared().unwrap().create_database().unwrap()),
        }
    }

    /// With the whole schema.
    pub(crate) fn migrated(backend: Backend) -> Self {
        match backend {
            Backend::Sqlite => {
                let empty = Self::empty(backend);
                empty.open().migrate().unwrap();
                empty
            }
            Backend::Postgres => {
                let migrate = |url: &str| open(url).migrate().map(drop).map_err(|error| error.to_string());
                let copy = PostgresServer::shared().unwrap().create_from_template("migrated", migrate);
                Self::Postgres(copy.unwrap())
            }
        }
    }

    pub(crate) fn url(&self) -> String {
        match self {
            Self::Sqlite(file) => file.url(),
            Self::Postgres(database) => database.url().to_owned(),
        }
    }

    pub(crate) fn settings(&self) -> StorageSettings {
        StorageSettings::new(self.url())
    }

    /// A store that waits longer than any queue of these tests, so that a slow machine fails none of them.
    pub(crate) fn open_patient(&self) -> DieselStore {
        let patient = Duration::from_secs(60);
        let mut settings = self.settings();
        (settings.pool_timeout, settings.busy_timeout, settings.statement_timeout) = (patient, patient, patient);
        auth_storage::open(settings).unwrap()
    }

    /// A store that does not wait for locks.
    pub(crate) fn open_impatient(&self) -> DieselStore {
        let impatient = Duration::from_millis(50);
        let mut settings = self.settings();
        (settings.busy_timeout, settings.statement_timeout) = (impatient, impatient);
        auth_storage::open(settings).unwrap()
    }

    pub(crate) fn open(&self) -> DieselStore {
        open(&self.url())
    }

    /// Runs statements past the store, on a connection of its own and without SQLite's checks.
    pub(crate) fn execute(&self, statements: &str) {
        match self {
            Self::Sqlite(file) => {
                let mut raw = raw_sqlite(file);
                raw.batch_execute("PRAGMA ignore_check_constraints = ON; PRAGMA foreign_keys = OFF").unwrap();
                raw.batch_execute(statements).unwrap();
            }
            Self::Postgres(database) => raw_postgres(database).batch_execute(statements).unwrap(),
        }
    }
}

pub(crate) fn raw_sqlite(file: &SqliteFile) -> SqliteConnection {
    let mut raw = SqliteConnection::establish(file.path().to_str().unwrap()).unwrap();
    raw.batch_execute("PRAGMA busy_timeout = 10000").unwrap();
    raw
}

pub(crate) fn raw_postgres(database: &TestDatabase) -> PgConnection {
    PgConnection::establish(database.url()).unwrap()
}

/// How many connections to this database wait for a lock. Asked again and again, and never after a time.
pub(crate) fn waiting(database: &TestDatabase) -> i64 {
    let query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    diesel::dsl::sql::<diesel::sql_types::BigInt>(query).get_result(&mut raw_postgres(database)).unwrap()
}

/// A store, with the schema as it is.
pub(crate) fn open(url: &str) -> DieselStore {
    auth_storage::open(StorageSettings::new(url)).unwrap()
}

/// Makes of each function `fn case(backend: Backend)` a test on either database.
macro_rules! on_both {
    ($($case:ident),+ $(,)?) => {
        mod sqlite { $(
            #[test]
            fn $case() {
                super::$case(auth_storage::Backend::Sqlite);
            }
        )+ }

        mod postgres { $(
            #[test]
            #[cfg_attr(not(postgres), ignore = "no PostgreSQL server binaries found (PATH, pg_config --bindir, \
                /usr/lib/postgresql/*/bin) and no TEST_POSTGRES_URL")]
            fn $case() {
                super::$case(auth_storage::Backend::Postgres);
            }
        )+ }
    };
}
pub(crate) use on_both;
