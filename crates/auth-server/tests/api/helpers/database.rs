//! Which store a test runs on.

use std::path::Path;
use std::sync::Arc;

use auth_core::Store;
use auth_core::testing::MemoryStore;
use auth_storage::testing::{PostgresServer, SqliteFile, TestDatabase};
use auth_storage::{DieselStore, StorageSettings, Synchronous, open};

/// A kind of store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Database {
    Memory,
    Sqlite,
    Postgres,
}

/// What has to live as long as the store is used.
pub(crate) enum Keep {
    Nothing,
    File(SqliteFile),
    Server { _database: TestDatabase },
}

impl Keep {
    pub(crate) fn sqlite_file(&self) -> &Path {
        let Self::File(file) = self else { panic!("no file") };
        file.path()
    }
}

impl Database {
    /// A new and empty store, migrated.
    pub(crate) fn create(self) -> (Arc<dyn Store>, Keep) {
        match self {
            Self::Memory => (Arc::new(MemoryStore::new()), Keep::Nothing),
            Self::Sqlite => {
                let file = SqliteFile::new().unwrap();
                let store = connect(&file.url());
                store.migrate().unwrap();
                (Arc::new(store), Keep::File(file))
            }
            Self::Postgres => {
                let server = PostgresServer::shared().unwrap();
                let migrate = |url: &str| connect(url).migrate().map(drop).map_err(|error| error.to_string());
                let database = server.create_from_template("api", migrate).unwrap();
                (Arc::new(connect(database.url())), Keep::Server { _database: database })
            }
        }
    }
}

fn connect(url: &str) -> DieselStore {
    let mut settings = StorageSettings::new(url.to_owned());
    settings.synchronous = Synchronous::Normal;
    settings.pool_size = Some(4);
    open(settings).unwrap()
}

/// One named test for each kind of store.
macro_rules! on_each_database {
    ($($(#[$attribute:meta])* fn $name:ident($database:ident: Database) $body:block)+) => {$(
        $(#[$attribute])*
        mod $name {
            use super::*;

            fn case($database: Database) $body

            #[test]
            fn memory() {
                case(Database::Memory);
            }

            #[test]
            fn sqlite() {
                case(Database::Sqlite);
            }

            #[test]
            #[cfg_attr(not(postgres), ignore = "no PostgreSQL server binaries found (PATH, pg_config --bindir, \
                /usr/lib/postgresql/*/bin) and no TEST_POSTGRES_URL")]
            fn postgres() {
                case(Database::Postgres);
            }
        }
    )+};
}

pub(crate) use on_each_database;
