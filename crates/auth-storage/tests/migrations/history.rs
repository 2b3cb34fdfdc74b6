//! Steps through the migrations as files, one at a time.

use auth_storage::Backend;
use diesel::{PgConnection, SqliteConnection};
use diesel_migrations::{FileBasedMigrations, MigrationHarness};

use crate::common::{Database, raw_postgres, raw_sqlite};

/// A connection that knows the folder of its migrations.
pub(crate) enum History {
    Sqlite(SqliteConnection, FileBasedMigrations),
    Postgres(PgConnection, FileBasedMigrations),
}

fn files(folder: &str) -> FileBasedMigrations {
    FileBasedMigrations::from_path(format!("{}/migrations/{folder}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

impl History {
    pub(crate) fn of(database: &Database) -> Self {
        match database {
            Database::Sqlite(file) => Self::Sqlite(raw_sqlite(file), files("sqlite")),
            Database::Postgres(database) => Self::Postgres(raw_postgres(database), files("postgres")),
        }
    }

    /// The versions that are not applied.
    pub(crate) fn pending(&mut self) -> Vec<String> {
        match self {
            Self::Sqlite(raw, files) => names(raw.pending_migrations(files.clone())),
            Self::Postgres(raw, files) => names(raw.pending_migrations(files.clone())),
        }
    }

    pub(crate) fn up(&mut self) {
        match self {
            Self::Sqlite(raw, files) => drop(raw.run_next_migration(files.clone()).unwrap()),
            Self::Postgres(raw, files) => drop(raw.run_next_migration(files.clone()).unwrap()),
        }
    }

    pub(crate) fn down(&mut self) {
        match self {
            Self::Sqlite(raw, files) => drop(raw.revert_last_migration(files.clone()).unwrap()),
            Self::Postgres(raw, files) => drop(raw.revert_last_migration(files.clone()).unwrap()),
        }
    }
}

fn names<DB: diesel::backend::Backend>(
    migrations: diesel::migration::Result<Vec<Box<dyn diesel::migration::Migration<DB>>>>,
) -> Vec<String> {
    migrations.unwrap().iter().map(|migration| migration.name().to_string()).collect()
}

#[test]
#[cfg_attr(not(postgres), ignore = "needs PostgreSQL")]
fn both_histories_have_the_same_steps() {
    let [sqlite, postgres] =
        [Backend::Sqlite, Backend::Postgres].map(|backend| History::of(&Database::empty(backend)).pending());
    assert_eq!(sqlite, postgres);
    assert!(!sqlite.is_empty());
}
