//! A store in memory, held to the same suite as the databases.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Mutex, PoisonError};

use crate::attempts::{AttemptRepository, Tally, TallyKey, Window, WindowKey};
use crate::audit::{AuditRecord, AuditRepository};
use crate::id::{SessionId, UserId};
use crate::password::{PasswordRepository, StoredPassword};
use crate::role::{Role, RoleRepository};
use crate::session::{Ending, Session, SessionRepository};
use crate::store::{Access, Outcome, Store, StoreError, Transaction};
use crate::token::{KeyRepository, StoredKey};
use crate::user::{User, UserRepository};

thread_local! {
    static IN_TRANSACTION: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread is inside a transaction of a [`MemoryStore`].
pub fn in_transaction() -> bool {
    IN_TRANSACTION.get()
}

/// A store in memory. One transaction at a time works on a copy, which takes the original's place at the commit.
#[derive(Default)]
pub struct MemoryStore {
    state: Mutex<State>,
}

#[derive(Clone, Default)]
pub(super) struct State {
    pub(super) users: BTreeMap<UserId, User>,
    pub(super) passwords: BTreeMap<UserId, StoredPassword>,
    pub(super) decoy_plan: String,
    pub(super) roles: BTreeSet<(UserId, Role)>,
    pub(super) sessions: BTreeMap<SessionId, Session>,
    pub(super) endings: Vec<Ending>,
    pub(super) endings_counter: i64,
    pub(super) tallies: BTreeMap<TallyKey, Tally>,
    pub(super) windows: BTreeMap<WindowKey, Window>,
    pub(super) keys: Vec<StoredKey>,
    pub(super) audit: Vec<AuditRecord>,
}

pub(super) struct MemoryTransaction {
    pub(super) state: State,
    access: Access,
    failure: Option<StoreError>,
}

impl MemoryTransaction {
    /// Every writing method asks first.
    pub(super) fn writable(&mut self) -> Result<&mut State, StoreError> {
        match self.access {
            Access::Write => Ok(&mut self.state),
            Access::Read => Err(self.fail(StoreError::unavailable("the transaction is read-only"))),
        }
    }

    /// Every failure is noted: what is written before or after it does not stay.
    pub(super) fn fail(&mut self, error: StoreError) -> StoreError {
        self.failure.get_or_insert(error).clone()
    }
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }
}

/// Marks the thread, also while a panic unwinds.
struct Mark;

impl Mark {
    fn set() -> Option<Self> {
        (!IN_TRANSACTION.replace(true)).then_some(Self)
    }
}

impl Drop for Mark {
    fn drop(&mut self) {
        IN_TRANSACTION.set(false);
    }
}

impl Store for MemoryStore {
    fn run(&self, access: Access, work: &mut dyn FnMut(&mut dyn Transaction) -> Outcome) -> Result<(), StoreError> {
        let _mark = Mark::set().ok_or_else(|| StoreError::unavailable("a transaction inside a transaction"))?;
        // A panic in `work` poisons the lock and leaves the state as it was.
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let mut transaction = MemoryTransaction { state: state.clone(), access, failure: None };
        match (work(&mut transaction), transaction.failure) {
            (Outcome::Commit, Some(failure)) => return Err(failure),
            (Outcome::Commit, None) => *state = transaction.state,
            (Outcome::RollBack, _) => {}
        }
        Ok(())
    }
}

impl Transaction for MemoryTransaction {
    fn users(&mut self) -> &mut dyn UserRepository {
        self
    }

    fn passwords(&mut self) -> &mut dyn PasswordRepository {
        self
    }

    fn roles(&mut self) -> &mut dyn RoleRepository {
        self
    }

    fn sessions(&mut self) -> &mut dyn SessionRepository {
        self
    }

    fn attempts(&mut self) -> &mut dyn AttemptRepository {
        self
    }

    fn keys(&mut self) -> &mut dyn KeyRepository {
        self
    }

    fn audit(&mut self) -> &mut dyn AuditRepository {
        self
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MemoryStore")
    }
}
