//! A store that fails where it is told to.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::attempts::{AttemptRepository, ForgetAttempts, Tally, TallyKey, Window, WindowKey};
use crate::audit::{AuditRecord, AuditRepository, EventQuery};
use crate::id::{EventId, SessionId, UserId};
use crate::password::{HashClass, PasswordHash, PasswordRepository, StoredPassword};
use crate::role::{Role, RoleRepository};
use crate::root_keys::{RootKeyId, Sealed};
use crate::session::{EndReason, Endings, Forget, Session, SessionRepository};
use crate::store::{Access, Outcome, Store, StoreError, Transaction};
use crate::time::Timestamp;
use crate::token::{KeyId, KeyRepository, StoredKey};
use crate::user::{AccountState, Added, CanonicalName, User, UserQuery, UserRepository, Username};

/// Wraps a store and counts every step: opening a transaction, each call of a repository, the commit (which is then
/// undone), and the moment after the commit (which then stands, unheard). The step of the number it is told fails with
/// [`StoreError::Unavailable`].
///
/// A test runs a use case once for each step until a run passes without a fault:
///
/// ```
/// # use std::sync::Arc;
/// # use auth_core::testing::{FaultyStore, MemoryStore};
/// # use auth_core::{Store, StoreError, StoreExt};
/// # fn use_case(store: &dyn Store) -> Result<(), StoreError> { store.read(|_| Ok(())) }
/// for step in 1.. {
///     let store = FaultyStore::new(Arc::new(MemoryStore::new()));
///     store.fail_at(step);
///     let result = use_case(&store);
///     assert_eq!(result.is_err(), store.has_failed());
///     if !store.has_failed() {
///         break;
///     }
/// }
/// ```
pub struct FaultyStore {
    inner: Arc<dyn Store>,
    steps: AtomicUsize,
    fail_at: AtomicUsize,
}

impl FaultyStore {
    /// A store that does not fail yet.
    pub fn new(inner: Arc<dyn Store>) -> Self {
        Self { inner, steps: AtomicUsize::new(0), fail_at: AtomicUsize::new(0) }
    }

    /// Counts anew, and fails at this step, once; 0 for never.
    pub fn fail_at(&self, step: usize) {
        self.steps.store(0, Ordering::SeqCst);
        self.fail_at.store(step, Ordering::SeqCst);
    }

    /// Whether the step was reached.
    pub fn has_failed(&self) -> bool {
        let step = self.fail_at.load(Ordering::SeqCst);
        step != 0 && self.steps() >= step
    }

    /// Steps since the count began.
    pub fn steps(&self) -> usize {
        self.steps.load(Ordering::SeqCst)
    }

    fn step(&self) -> Result<(), StoreError> {
        let step = self.steps.fetch_add(1, Ordering::SeqCst) + 1;
        if step == self.fail_at.load(Ordering::SeqCst) {
            Err(StoreError::unavailable(format!("told to fail at step {step}")))
        } else {
            Ok(())
        }
    }
}

impl Store for FaultyStore {
    fn run(&self, access: Access, work: &mut dyn FnMut(&mut dyn Transaction) -> Outcome) -> Result<(), StoreError> {
        self.step()?;
        let mut committed = Ok(());
        self.inner.run(access, &mut |tx| match work(&mut FaultyTransaction { store: self, tx }) {
            Outcome::RollBack => Outcome::RollBack,
            Outcome::Commit => {
                committed = self.step();
                if committed.is_ok() { Outcome::Commit } else { Outcome::RollBack }
            }
        })?;
        committed?;
        self.step()
    }
}

struct FaultyTransaction<'s, 't> {
    store: &'s FaultyStore,
    tx: &'t mut dyn Transaction,
}

impl Transaction for FaultyTransaction<'_, '_> {
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

/// Implements a repository by one step and the same call of the inner one.
macro_rules! forward {
    ($repository:ident by $accessor:ident { $(fn $name:ident(&mut self $(, $argument:ident: $kind:ty)*) -> $answer:ty;)* }) => {
        impl $repository for FaultyTransaction<'_, '_> {
            $(fn $name(&mut self $(, $argument: $kind)*) -> Result<$answer, StoreError> {
                self.store.step()?;
                self.tx.$accessor().$name($($argument),*)
            })*
        }
    };
}

forward! { UserRepository by users {
    fn insert(&mut self, user: &User) -> Added;
    fn by_id(&mut self, id: UserId) -> Option<User>;
    fn by_name(&mut self, name: &CanonicalName) -> Option<User>;
    fn by_legacy_id(&mut self, id: i64) -> Option<User>;
    fn lock(&mut self, id: UserId) -> Option<User>;
    fn set_state(&mut self, id: UserId, state: AccountState, now: Timestamp) -> bool;
    fn rename(&mut self, id: UserId, name: &Username, now: Timestamp) -> Option<Added>;
    fn raise_credential_version(&mut self, id: UserId, now: Timestamp) -> bool;
    fn delete(&mut self, id: UserId) -> bool;
    fn list(&mut self, query: &UserQuery, limit: u32) -> Vec<User>;
    fn count(&mut self, state: AccountState) -> u64;
}}

forward! { RoleRepository by roles {
    fn of(&mut self, user: UserId) -> Vec<Role>;
    fn of_each(&mut self, users: &[UserId]) -> Vec<(UserId, Role)>;
    fn grant(&mut self, user: UserId, role: &Role, now: Timestamp) -> bool;
    fn revoke(&mut self, user: UserId, role: &Role) -> bool;
    fn is_held_by_another(&mut self, role: &Role, except: UserId) -> bool;
    fn lock(&mut self) -> ();
}}

forward! { PasswordRepository by passwords {
    fn insert(&mut self, user: UserId, hash: &PasswordHash, now: Timestamp) -> ();
    fn get(&mut self, user: UserId) -> Option<StoredPassword>;
    fn change(&mut self, user: UserId, hash: &PasswordHash, now: Timestamp) -> bool;
    fn rehash(&mut self, user: UserId, old: &PasswordHash, new: &PasswordHash, now: Timestamp) -> bool;
    fn classes(&mut self, limit: u32) -> Vec<(HashClass, u64)>;
    fn decoy_plan(&mut self) -> String;
    fn replace_decoy_plan(&mut self, old: &str, new: &str) -> bool;
}}

forward! { SessionRepository by sessions {
    fn insert(&mut self, session: &Session) -> ();
    fn by_id(&mut self, id: SessionId) -> Option<Session>;
    fn live(&mut self, user: UserId, now: Timestamp, idle_since: Timestamp) -> Vec<Session>;
    fn rotate(&mut self, id: SessionId, presented: i64, at: Timestamp) -> bool;
    fn end(&mut self, id: SessionId, reason: EndReason, now: Timestamp) -> bool;
    fn end_all(&mut self, user: UserId, except: Option<SessionId>, reason: EndReason, now: Timestamp) -> Vec<SessionId>;
    fn refuse_before(&mut self, at: Timestamp) -> ();
    fn end_some(&mut self, reason: EndReason, now: Timestamp, limit: u32) -> u64;
    fn endings(&mut self, after: i64, limit: u32) -> Endings;
    fn forget(&mut self, before: &Forget, limit: u32) -> u64;
    fn count(&mut self) -> u64;
    fn root_keys(&mut self, now: Timestamp, idle_since: Timestamp) -> Vec<RootKeyId>;
    fn born_under(&mut self, root_key: &RootKeyId, now: Timestamp, idle_since: Timestamp, limit: u32) -> Vec<SessionId>;
}}

forward! { AttemptRepository by attempts {
    fn open(&mut self, key: &TallyKey, blank: &Tally) -> Tally;
    fn lock(&mut self, key: &TallyKey) -> Option<Tally>;
    fn get(&mut self, key: &TallyKey) -> Option<Tally>;
    fn keep(&mut self, key: &TallyKey, tally: &Tally) -> bool;
    fn clear(&mut self, key: &TallyKey) -> bool;
    fn open_window(&mut self, key: &WindowKey, blank: &Window) -> Window;
    fn keep_window(&mut self, key: &WindowKey, window: &Window) -> bool;
    fn forget(&mut self, what: &ForgetAttempts, limit: u32) -> u64;
}}

forward! { KeyRepository by keys {
    fn insert(&mut self, key: &StoredKey) -> Added;
    fn all(&mut self) -> Vec<StoredKey>;
    fn lock(&mut self) -> Vec<StoredKey>;
    fn reseal(&mut self, id: &KeyId, from: &Sealed, to: &Sealed) -> bool;
    fn bring_forward(&mut self, id: &KeyId, at: Timestamp) -> bool;
    fn revoke(&mut self, id: &KeyId, now: Timestamp) -> bool;
    fn erase(&mut self, id: &KeyId) -> bool;
    fn remove(&mut self, id: &KeyId) -> bool;
}}

forward! { AuditRepository by audit {
    fn append(&mut self, record: &AuditRecord) -> ();
    fn list(&mut self, before: Option<EventId>, limit: u32) -> Vec<AuditRecord>;
    fn find(&mut self, query: &EventQuery, limit: u32) -> Vec<AuditRecord>;
    fn forget(&mut self, before: EventId, limit: u32) -> u64;
}}

impl fmt::Debug for FaultyStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FaultyStore")
            .field("steps", &self.steps)
            .field("fail_at", &self.fail_at)
            .finish_non_exhaustive()
    }
}
