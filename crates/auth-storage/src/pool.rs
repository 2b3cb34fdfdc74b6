//! The pools: one on PostgreSQL; readers and one writer on SQLite, whose own queue for the write lock is unfair.

use std::sync::Arc;
use std::time::Duration;

use auth_core::StoreError;
use auth_core::histogram::{Counts, Histogram};
use auth_core::store::Access;
use r2d2::event::{CheckoutEvent, TimeoutEvent};
use r2d2::{HandleError, HandleEvent, Pool, PooledConnection};

use crate::config::{Backend, StorageSettings};
use crate::connection::{ConnectError, Manager};

/// After this a connection to PostgreSQL is replaced, so that a server behind a name or a balancer can be changed.
const LIFETIME: Duration = Duration::from_secs(30 * 60);

/// The connections of a store.
#[derive(Debug)]
pub(crate) struct Pools {
    readers: Pool<Shared>,
    /// `None` where readers write too.
    writer: Option<Pool<Shared>>,
    waits: Arc<Histogram>,
}

/// How full a pool is; for metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct PoolState {
    /// `main` on PostgreSQL; `readers` and `writer` on SQLite.
    pub pool: &'static str,
    /// The most connections that there can be.
    pub limit: u32,
    /// Connections that are open.
    pub open: u32,
    /// Of these, the ones that nobody uses.
    pub idle: u32,
}

/// A manager that both pools share.
#[derive(Debug, Clone)]
pub(crate) struct Shared(Arc<Manager>);

/// A connection from either pool.
pub(crate) type Pooled = PooledConnection<Shared>;

impl Pools {
    pub(crate) fn new(manager: &Arc<Manager>) -> Self {
        let (settings, backend) = (&manager.settings, manager.backend());
        let size = settings.pool_size(backend);
        let waits = Arc::new(Histogram::default());
        let writer = (backend == Backend::Sqlite).then(|| pool(manager, settings, &waits, 1));
        Self { readers: pool(manager, settings, &waits, size), writer, waits }
    }

    pub(crate) fn waits(&self) -> Counts {
        self.waits.counts()
    }

    /// A connection for this access, and how often one may turn out dead before all of them have.
    pub(crate) fn pool(&self, access: Access) -> &Pool<Shared> {
        match (&self.writer, access) {
            (Some(writer), Access::Write) => writer,
            _ => &self.readers,
        }
    }

    pub(crate) fn state(&self) -> Vec<PoolState> {
        let numbers = |pool: &Pool<Shared>, name| {
            let state = pool.state();
            PoolState { pool: name, limit: pool.max_size(), open: state.connections, idle: state.idle_connections }
        };
        match &self.writer {
            Some(writer) => vec![numbers(&self.readers, "readers"), numbers(writer, "writer")],
            None => vec![numbers(&self.readers, "main")],
        }
    }
}

/// The answer where no connection was to be had.
pub(crate) fn exhausted(error: &r2d2::Error) -> StoreError {
    StoreError::unavailable(format!("no connection: {error}"))
}

fn pool(manager: &Arc<Manager>, settings: &StorageSettings, waits: &Arc<Histogram>, size: u32) -> Pool<Shared> {
    let lasting = manager.backend() == Backend::Sqlite;
    Pool::builder()
        .max_size(size)
        // Connects when it is asked, and never by itself.
        .min_idle(Some(0))
        .max_lifetime((!lasting).then_some(LIFETIME))
        .connection_timeout(settings.pool_timeout)
        .test_on_check_out(false)
        .error_handler(Box::new(Log))
        .event_handler(Box::new(Waits(Arc::clone(waits))))
        .build_unchecked(Shared(Arc::clone(manager)))
}

impl r2d2::ManageConnection for Shared {
    type Connection = <Manager as r2d2::ManageConnection>::Connection;
    type Error = ConnectError;

    fn connect(&self) -> Result<Self::Connection, ConnectError> {
        self.0.connect()
    }

    fn is_valid(&self, connection: &mut Self::Connection) -> Result<(), ConnectError> {
        self.0.is_valid(connection)
    }

    fn has_broken(&self, connection: &mut Self::Connection) -> bool {
        self.0.has_broken(connection)
    }
}

/// r2d2 connects on threads of its own; this is where their trouble goes.
#[derive(Debug)]
struct Log;

impl HandleError<ConnectError> for Log {
    fn handle_error(&self, error: ConnectError) {
        tracing::warn!(cause = %error, "cannot connect to the database");
    }
}

/// Counts how long callers waited for a connection, in vain or not.
#[derive(Debug)]
struct Waits(Arc<Histogram>);

impl HandleEvent for Waits {
    fn handle_checkout(&self, event: CheckoutEvent) {
        self.0.record(event.duration());
    }

    fn handle_timeout(&self, event: TimeoutEvent) {
        self.0.record(event.timeout());
    }
}
