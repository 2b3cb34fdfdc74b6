//! The store.

use std::cell::RefCell;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use auth_core::histogram::Counts;
use auth_core::store::{Access, Outcome, Store, StoreError, Transaction};
use diesel::QueryResult;
use diesel::connection::SimpleConnection;
use diesel::r2d2::R2D2Connection;

use crate::begin::{Ended, begin, end, roll_back};
use crate::config::{Backend, StorageSettings};
use crate::connection::{Manager, MultiConnection, Role};
use crate::error::classify;
use crate::hold::{Hold, Kind};
use crate::open_error::OpenError;
use crate::pool::{PoolState, Pools, exhausted};
use crate::transaction::DieselTransaction;
use crate::url::{Target, warn_of_clear_text};

/// How often a work is run again after a deadlock or a serialization failure.
const RERUNS: u32 = 5;

/// Accounts, passwords, sessions, keys and the audit log in SQLite or PostgreSQL. Clones share the connections.
#[derive(Clone)]
pub struct DieselStore {
    pub(crate) shared: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) manager: Arc<Manager>,
    pub(crate) pools: Pools,
    /// After the connections: they go first.
    _hold: Option<Hold>,
}

/// Opens the database that the settings name. SQLite files and their folders are made where they are missing; the schema
/// is not: see [`DieselStore::migrate`].
///
/// # Errors
/// [`OpenError`] names the cause, and its `remedy` what to do.
pub fn open(settings: StorageSettings) -> Result<DieselStore, OpenError> {
    let manager = Arc::new(Manager::new(settings)?);
    manager.prepare()?;
    let hold = match &manager.target {
        Target::Sqlite(path) => {
            let held = Hold::take(path, Kind::Shared)?;
            Some(held.ok_or_else(|| OpenError::Restoring { path: path.clone() })?)
        }
        Target::Postgres(_) => None,
    };
    // The pool would only say that it timed out; the first connection says why.
    let first = manager.establish(Role::Serving);
    drop(first.map_err(|error| OpenError::Connect { backend: manager.backend(), cause: error.to_string() })?);
    if let Target::Postgres(url) = &manager.target {
        warn_of_clear_text(url, &|name| std::env::var(name).ok());
    }
    let pools = Pools::new(&manager);
    Ok(DieselStore { shared: Arc::new(Inner { manager, pools, _hold: hold }) })
}

/// A store over a file that nobody writes to, and that nobody is kept from.
pub(crate) fn frozen(manager: Manager) -> Result<DieselStore, OpenError> {
    let manager = Arc::new(manager);
    let first = manager.establish(Role::Serving);
    drop(first.map_err(|error| OpenError::Connect { backend: Backend::Sqlite, cause: error.to_string() })?);
    let pools = Pools::new(&manager);
    Ok(DieselStore { shared: Arc::new(Inner { manager, pools, _hold: None }) })
}

impl DieselStore {
    /// Which database it is.
    pub fn backend(&self) -> Backend {
        self.shared.manager.backend()
    }

    /// The file of an embedded database.
    pub fn sqlite_path(&self) -> Option<&Path> {
        match &self.shared.manager.target {
            Target::Sqlite(path) => Some(path),
            Target::Postgres(_) => None,
        }
    }

    /// How full the pools are.
    pub fn pool_state(&self) -> Vec<PoolState> {
        self.shared.pools.state()
    }

    /// How long transactions waited for their connection so far, in vain or not; for metrics.
    pub fn pool_waits(&self) -> Counts {
        self.shared.pools.waits()
    }

    /// The most transactions that run at once: more threads than this only wait.
    pub fn connections(&self) -> u32 {
        self.pool_state().iter().map(|state| state.limit).sum()
    }

    /// Whether the database answers; for readiness. Waits at most `timeout` for a connection.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where it does not.
    pub fn ping(&self, timeout: Duration) -> Result<(), StoreError> {
        let pool = self.shared.pools.pool(Access::Read);
        let mut dead = 0;
        loop {
            let mut connection = pool.get_timeout(timeout).map_err(|error| exhausted(&error))?;
            match answers(&mut connection) {
                Ok(()) => return Ok(()),
                Err(_) if connection.is_broken() && dead < pool.max_size() => dead += 1,
                Err(error) => return Err(classify(&error).into_error()),
            }
        }
    }
}

/// On SQLite a look at the file; `SELECT 1` would not touch it.
fn answers(connection: &mut MultiConnection) -> QueryResult<()> {
    match connection {
        MultiConnection::Postgres(postgres) => postgres.ping(),
        MultiConnection::Sqlite(sqlite) => sqlite.batch_execute("SELECT count(*) FROM sqlite_master"),
    }
}

impl Store for DieselStore {
    fn run(&self, access: Access, work: &mut dyn FnMut(&mut dyn Transaction) -> Outcome) -> Result<(), StoreError> {
        let _inside = Inside::enter(Arc::as_ptr(&self.shared).addr())?;
        let mut runs = 0;
        loop {
            let mut connection = begin(&self.shared.pools, access)?;
            match attempt(&mut connection, access, work) {
                Ended::Done => return Ok(()),
                Ended::Rerun(cause) if runs < RERUNS => {
                    runs += 1;
                    tracing::debug!(%cause, runs, "the transaction lost a race and is run again");
                }
                Ended::Rerun(cause) | Ended::Trouble(cause) => return Err(cause),
            }
        }
    }
}

fn attempt(
    connection: &mut MultiConnection,
    access: Access,
    work: &mut dyn FnMut(&mut dyn Transaction) -> Outcome,
) -> Ended {
    let mut transaction = DieselTransaction::new(connection, access);
    let worked = catch_unwind(AssertUnwindSafe(|| work(&mut transaction)));
    if matches!(worked, Ok(Outcome::Commit)) {
        transaction.before_commit();
    }
    let failure = transaction.into_failure();
    match worked {
        Ok(outcome) => end(connection, access, outcome, failure),
        Err(panic) => {
            roll_back(connection);
            resume_unwind(panic)
        }
    }
}

/// The stores in which this thread has a transaction open. A second one would wait for the first, on SQLite for ever, on
/// PostgreSQL as soon as the pool is full of such pairs.
struct Inside(usize);

thread_local! {
    static OPEN: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) };
}

impl Inside {
    fn enter(store: usize) -> Result<Self, StoreError> {
        OPEN.with_borrow_mut(|open| {
            if open.contains(&store) {
                return Err(StoreError::unavailable("a transaction was opened inside another one of the same store"));
            }
            open.push(store);
            Ok(Self(store))
        })
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        OPEN.with_borrow_mut(|open| open.retain(|store| *store != self.0));
    }
}

impl fmt::Debug for DieselStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DieselStore").field("backend", &self.backend()).finish_non_exhaustive()
    }
}
