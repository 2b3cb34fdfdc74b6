//! Throw-away databases for tests, behind the feature `testing`.
//!
//! * [`SqliteFile`] is a path for a SQLite database in a folder of its own.
//! * [`PostgresServer`] is a PostgreSQL server that lives as long as the test process and not a moment longer, and
//!   [`TestDatabase`] is one database on it. Every test gets its own, so tests run in parallel and never clean up.
//!
//! The server is started from the binaries that [`locate`] finds, or is the one that `TEST_POSTGRES_URL` names.
//! With a runner that starts a process for each test, name one: the start (about a second) is paid by each process.
//! Unix only.
//!
//! Stable libtest cannot ignore a test while it runs, so the build script of a package whose tests want PostgreSQL
//! prints [`locate::build_script_lines`], and its tests are marked with the `cfg` that comes of it:
//!
//! ```text
//! #[test]
//! #[cfg_attr(not(postgres), ignore = "no PostgreSQL server binaries found (PATH, pg_config --bindir, \
//!     /usr/lib/postgresql/*/bin) and no TEST_POSTGRES_URL")]
//! fn names_are_unique() {
//!     let database = PostgresServer::shared().unwrap().create_database().unwrap();
//!     let mut connection = PgConnection::establish(database.url()).unwrap();
//!     // …
//! }
//! ```

mod database;
mod external;
mod folder;
mod launch;
pub mod locate;
mod postgres;
mod sqlite;

pub use database::TestDatabase;
pub use postgres::PostgresServer;
pub use sqlite::SqliteFile;
