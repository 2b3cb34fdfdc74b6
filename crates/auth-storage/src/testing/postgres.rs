//! One PostgreSQL server a test process, and a database of its own for every test.

use std::collections::HashMap;
use std::env;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use diesel::PgConnection;

use super::database::TestDatabase;
use super::external::attend;
use super::launch::{Launched, launch};
use super::locate::server_binaries;

/// A server for tests: one that lives as long as the process, or the one that `TEST_POSTGRES_URL` names.
///
/// The latter has to be PostgreSQL 13 or newer and its user has to be allowed to create databases. They are called
/// `auth_test_…`; those of test processes that are gone are dropped when the next one begins.
pub struct PostgresServer {
    /// Of a database from which others can be created and dropped.
    url: String,
    /// The beginning of all database names of this process.
    run: String,
    next: AtomicU32,
    templates: Mutex<HashMap<String, Template>>,
    _alive: Alive,
}

type Template = Arc<OnceLock<Result<TestDatabase, String>>>;

/// What has to be held for the server, or our databases on it, to stay.
enum Alive {
    Ours { _server: Launched },
    Theirs { _mark: Mutex<PgConnection> },
}

impl PostgresServer {
    /// The server of this process, started by the first call.
    ///
    /// # Errors
    ///
    /// A text for the person who reads the failed test: no binaries were found, the server did not start (with the end
    /// of its log), or `TEST_POSTGRES_URL` is of no use. Every later call returns the same.
    pub fn shared() -> Result<&'static Self, String> {
        static SHARED: OnceLock<Result<PostgresServer, String>> = OnceLock::new();
        SHARED.get_or_init(Self::start).as_ref().map_err(Clone::clone)
    }

    fn start() -> Result<Self, String> {
        let run = format!("auth_test_{:016x}", RandomState::new().hash_one(std::process::id()));
        let (url, alive) = match env::var("TEST_POSTGRES_URL") {
            Ok(url) if !url.is_empty() => {
                let mark = Mutex::new(attend(&url, &run)?);
                (url, Alive::Theirs { _mark: mark })
            }
            _ => {
                let server = launch(&server_binaries().ok_or(
                    "no PostgreSQL server binaries found (PATH, pg_config --bindir, /usr/lib/postgresql/*/bin) \
                     and no TEST_POSTGRES_URL",
                )?)?;
                (server.url.clone(), Alive::Ours { _server: server })
            }
        };
        Ok(Self { url, run, next: AtomicU32::new(0), templates: Mutex::default(), _alive: alive })
    }

    /// A new and empty database (UTF-8), dropped with the value that is returned.
    ///
    /// # Errors
    ///
    /// The server's refusal, as a text.
    pub fn create_database(&self) -> Result<TestDatabase, String> {
        self.create("template0 ENCODING 'UTF8' LOCALE 'C'")
    }

    /// A copy of the template `template_key`. The first call in the process creates it: an empty database, whose URL
    /// `prepare` gets to migrate or fill it. All its connections have to be closed when it returns, as PostgreSQL
    /// copies no database that is in use. Calls for the same key wait meanwhile; later ones do not call `prepare`.
    ///
    /// # Errors
    ///
    /// The server's refusal, or what `prepare` returned, which is then the answer for this key to the end.
    pub fn create_from_template(
        &self,
        template_key: &str,
        prepare: impl FnOnce(&str) -> Result<(), String>,
    ) -> Result<TestDatabase, String> {
        let template = {
            let mut templates = self.templates.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(templates.entry(template_key.to_owned()).or_default())
        };
        let prepared = template.get_or_init(|| {
            let database = self.create_database()?;
            prepare(database.url())?;
            Ok(database)
        });
        self.create(prepared.as_ref().map_err(Clone::clone)?.name())
    }

    fn create(&self, source: &str) -> Result<TestDatabase, String> {
        let name = format!("{}_{}", self.run, self.next.fetch_add(1, Ordering::Relaxed));
        TestDatabase::create(&self.url, name, source)
    }
}

impl fmt::Debug for PostgresServer {
    /// Without the URL, which may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresServer").field("run", &self.run).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
