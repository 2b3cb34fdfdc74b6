//! Migrations: compiled in, run under a lock.

mod run;

use diesel::dsl::sql;
use diesel::migration::{Migration, MigrationSource};
use diesel::sql_types::{Bool, Text};
use diesel::{QueryResult, RunQueryDsl};
use diesel_migrations::{EmbeddedMigrations, embed_migrations};

use crate::config::Backend;
use crate::connection::{ConnectError, MultiConnection, Role};
use crate::store::DieselStore;

const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");
const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");

/// A migration of this build and whether the database has it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct MigrationStatus {
    /// `<stamp>_<name>`, as its folder.
    pub name: String,
    /// Whether it has been applied.
    pub applied: bool,
}

/// Why the schema is not as this build needs it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MigrateError {
    /// The database is at the schema of a later release. Running an older one on it could damage it.
    #[error("the database has migrations that this build does not know ({}): it belongs to a newer release", versions.join(", "))]
    Newer {
        /// Their stamps.
        versions: Vec<String>,
    },
    /// Migrations are missing. [`DieselStore::migrate`] applies them.
    #[error("the database lacks migrations: {}", names.join(", "))]
    Pending {
        /// Their names.
        names: Vec<String>,
    },
    /// A migration, or what surrounds it, failed. What was applied before it stays on PostgreSQL; on SQLite nothing does.
    #[error("the migrations could not be {what}: {cause}")]
    Failed {
        /// `read` or `applied`.
        what: &'static str,
        /// What the database said.
        cause: String,
    },
}

/// The stamps and names of all migrations of this build for a database, in order.
///
/// # Errors
/// [`MigrateError::Failed`], which no release does.
pub fn migrations(backend: Backend) -> Result<Vec<String>, MigrateError> {
    let mut all = match backend {
        Backend::Postgres => names(&MigrationSource::<diesel::pg::Pg>::migrations(&POSTGRES)),
        Backend::Sqlite => names(&MigrationSource::<diesel::sqlite::Sqlite>::migrations(&SQLITE)),
    }?;
    all.sort();
    Ok(all.into_iter().map(|(_, name)| name).collect())
}

impl DieselStore {
    /// Brings the schema to that of this build and answers the names of what was applied. Of several instances that
    /// start at once, one does it and the others wait.
    ///
    /// # Errors
    /// [`MigrateError::Newer`] or [`MigrateError::Failed`].
    pub fn migrate(&self) -> Result<Vec<String>, MigrateError> {
        let mut connection = self.migration_connection()?;
        run::pending(&mut connection)
    }

    /// The migrations of this build, in order. Writes nothing.
    ///
    /// # Errors
    /// [`MigrateError::Newer`] or [`MigrateError::Failed`].
    pub fn migration_status(&self) -> Result<Vec<MigrationStatus>, MigrateError> {
        status(&mut self.migration_connection()?)
    }

    /// Whether the schema is that of this build. Writes nothing.
    ///
    /// # Errors
    /// [`MigrateError::Pending`], [`MigrateError::Newer`] or [`MigrateError::Failed`].
    pub fn check_schema(&self) -> Result<(), MigrateError> {
        let status = self.migration_status()?;
        let names: Vec<_> = status.into_iter().filter(|one| !one.applied).map(|one| one.name).collect();
        if names.is_empty() { Ok(()) } else { Err(MigrateError::Pending { names }) }
    }

    /// Whether nothing in the database depends on a root key, nobody has an account and nothing has happened: it was just
    /// made. Then, and
    /// only then, may a root key be generated beside an embedded database. Before and after the migrations.
    ///
    /// # Errors
    /// [`MigrateError::Failed`] where the database does not answer.
    pub fn is_new(&self) -> Result<bool, MigrateError> {
        let mut connection = self.migration_connection()?;
        for table in ["users", "sessions", "signing_keys", "audit_events"] {
            let filled = has_table(&mut connection, table)
                .and_then(|there| if there { has_rows(&mut connection, table) } else { Ok(false) })
                .map_err(|error| failed("read", error))?;
            if filled {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// One of its own, outside of the pool: a migration takes longer than a request may.
    fn migration_connection(&self) -> Result<MultiConnection, MigrateError> {
        self.shared.manager.establish(Role::Migrating).map_err(|ConnectError(cause)| failed("read", cause))
    }
}

fn failed(what: &'static str, cause: impl std::fmt::Display) -> MigrateError {
    MigrateError::Failed { what, cause: cause.to_string() }
}

/// Compares what is compiled in with what the database says it has. Diesel's own harness would make its table first.
fn status(connection: &mut MultiConnection) -> Result<Vec<MigrationStatus>, MigrateError> {
    let read = |error| failed("read", error);
    let mut applied: Vec<String> = Vec::new();
    if has_table(connection, "__diesel_schema_migrations").map_err(read)? {
        let versions = sql::<Text>("SELECT version FROM __diesel_schema_migrations ORDER BY version");
        applied = versions.load(connection).map_err(read)?;
    }
    let mut status = Vec::new();
    for (version, name) in compiled_in(connection)? {
        let known = applied.len();
        applied.retain(|one| *one != version);
        status.push(MigrationStatus { name, applied: applied.len() < known });
    }
    if applied.is_empty() { Ok(status) } else { Err(MigrateError::Newer { versions: applied }) }
}

/// Versions and names, in order.
fn compiled_in(connection: &MultiConnection) -> Result<Vec<(String, String)>, MigrateError> {
    let mut all = match connection {
        MultiConnection::Postgres(_) => names(&MigrationSource::<diesel::pg::Pg>::migrations(&POSTGRES)),
        MultiConnection::Sqlite(_) => names(&MigrationSource::<diesel::sqlite::Sqlite>::migrations(&SQLITE)),
    }?;
    all.sort();
    Ok(all)
}

fn names<DB: diesel::backend::Backend>(
    migrations: &diesel::migration::Result<Vec<Box<dyn Migration<DB>>>>,
) -> Result<Vec<(String, String)>, MigrateError> {
    let migrations = migrations.as_ref().map_err(|error| failed("read", error))?;
    Ok(migrations.iter().map(|one| (one.name().version().to_string(), one.name().to_string())).collect())
}

/// `table` is a name of ours, never input.
fn has_table(connection: &mut MultiConnection, table: &'static str) -> QueryResult<bool> {
    match connection {
        MultiConnection::Postgres(postgres) => {
            sql::<Bool>(&format!("SELECT to_regclass('{table}') IS NOT NULL")).get_result(postgres)
        }
        MultiConnection::Sqlite(sqlite) => {
            sql::<Bool>(&format!("SELECT count(*) > 0 FROM sqlite_master WHERE type = 'table' AND name = '{table}'"))
                .get_result(sqlite)
        }
    }
}

fn has_rows(connection: &mut MultiConnection, table: &'static str) -> QueryResult<bool> {
    sql::<Bool>(&format!("SELECT EXISTS (SELECT 1 FROM {table})")).get_result(connection)
}
