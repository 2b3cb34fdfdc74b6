//! Two servers on one database while their keys change: nobody notices.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "tests"
)]

mod client;
mod control;
mod judge;
mod kinds;
#[allow(dead_code, reason = "shared with the tests of the command line, which use the rest")]
#[path = "../process/mod.rs"]
mod process;

use std::sync::RwLock;
use std::time::Duration;

use auth_storage::testing::{PostgresServer, TestDatabase};
use auth_storage::{DieselStore, StorageSettings};

use process::{Desk, Serving};

const ISSUER: &str = "http://auth.example";
const PASSWORD: &str = "correct horse battery";
/// `session.revocation_poll` and `session.revocation_bound` of these servers.
const POLL: (&str, Duration) = ("500ms", Duration::from_millis(500));
const BOUND: (&str, Duration) = ("8s", Duration::from_secs(8));

/// One database, and two servers on it that can be restarted otherwise configured.
struct Site {
    desk: Desk,
    url: String,
    _database: Option<TestDatabase>,
    servers: [RwLock<Option<Serving>>; 2],
}

impl Site {
    fn postgres() -> Self {
        let database = PostgresServer::shared().unwrap().create_database().unwrap();
        Self::over(Desk::new(), database.url().to_owned(), Some(database))
    }

    fn sqlite() -> Self {
        let desk = Desk::new();
        let url = format!("sqlite://{}", desk.path("auth.db"));
        Self::over(desk, url, None)
    }

    fn over(desk: Desk, url: String, database: Option<TestDatabase>) -> Self {
        Self { desk, url, _database: database, servers: [RwLock::new(None), RwLock::new(None)] }
    }

    fn store(&self) -> DieselStore {
        auth_storage::open(StorageSettings::new(self.url.clone())).unwrap()
    }

    fn environment<'e>(&'e self, more: &[(&'e str, &'e str)]) -> Vec<(&'e str, &'e str)> {
        let common = [
            ("DATABASE_URL", self.url.as_str()),
            ("AUTH_PUBLIC_URL", ISSUER),
            ("AUTH_SESSION_REVOCATION_POLL", POLL.0),
            ("AUTH_SESSION_REVOCATION_BOUND", BOUND.0),
            // A busy machine may be slow: the test is about the answers.
            ("AUTH_DATABASE_POOL_TIMEOUT", "60s"),
            ("AUTH_DATABASE_STATEMENT_TIMEOUT", "60s"),
            ("AUTH_HASHING_MAX_WAIT", "60s"),
            ("AUTH_SESSION_MAX_PER_USER", "1000"),
        ];
        [&common, more].concat()
    }

    /// Stops the server where it runs, and starts it with this configuration.
    fn restart(&self, number: usize, more: &[(&str, &str)]) {
        let stopped = self.servers[number].write().unwrap().take();
        if let Some(server) = stopped {
            assert_eq!(server.stop(), Some(0));
        }
        let server = Serving::start(&self.desk, &self.environment(more));
        *self.servers[number].write().unwrap() = Some(server);
    }

    fn address(&self, number: usize) -> Option<String> {
        self.servers[number].read().unwrap().as_ref().map(|server| server.address.clone())
    }
}
