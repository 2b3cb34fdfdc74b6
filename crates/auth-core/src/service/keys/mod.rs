//! The signing keys of an issuer: made, opened, heard of, rotated, retired.
//!
//! ```
//! # use std::sync::Arc;
//! # #[cfg(feature = "testing")]
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # use auth_core::{entropy::SystemEntropy, root_keys::RootKeyRing, testing::MemoryStore};
//! use auth_core::service::{KeySettings, SigningKeys};
//! use auth_core::token::{Algorithm, Jwt, TokenPolicy};
//! # let (store, root_keys) = (Arc::new(MemoryStore::new()), Arc::new(RootKeyRing::generate(&SystemEntropy)?));
//!
//! let keys = SigningKeys::new(store, root_keys, KeySettings::new(Algorithm::Es256));
//! keys.open()?; // at start: makes the first key, or says which key cannot be opened
//! let tokens = Jwt::new(keys.current(), TokenPolicy::new("https://auth.example", "https://api.example"));
//! keys.hear()?; // every second or so: what other instances did
//! keys.keep()?; // now and then: the next key is published when its time has come
//! # let _ = tokens;
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "testing"))]
//! # fn main() {}
//! ```

mod check;
mod import;
mod keep;
mod list;
mod open;
mod reseal;
mod retire;
mod rotate;

pub use check::{DropRootError, RootKeyReport, SealedKey, missing_root_keys};
pub use import::KeyImportError;
pub use keep::Kept;
pub use list::KeyListing;
pub use open::KeySetupError;
pub use reseal::{ResealError, Resealed};
pub use retire::{RetireError, RetiredKey};
pub use rotate::{RotateError, When};

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::{RequestContext, append, record};
use crate::audit::{AuditEvent, AuditRecord};
use crate::entropy::{Entropy, EntropyError, SystemEntropy};
use crate::root_keys::{Purpose, RootKeyError, RootKeyRing};
use crate::secret::{Secret, SecretBytes};
use crate::store::{Store, StoreError, StoreExt, Transaction};
use crate::time::{Clock, SystemClock, Timestamp};
use crate::token::{
    Algorithm, CurrentKeys, KeyError, KeyId, KeyRing, KeyState, RingKey, Schedule, SigningKey, StoredKey,
};
use crate::user::Added;

/// How often a decision is taken again when another instance was faster. Each time somebody has come further.
const ATTEMPTS: usize = 16;

/// What the keys are told by a configuration.
#[derive(Debug, Clone)]
pub struct KeySettings {
    /// How tokens are signed.
    pub algorithm: Algorithm,
    /// The secret of [`Algorithm::Hs256`]; kept in the store as any key, sealed.
    pub shared_secret: Option<Secret>,
    /// How long a key signs; `None`: until somebody rotates it.
    pub rotation: Option<Duration>,
    /// How long a key is published before it signs.
    pub publish_ahead: Duration,
}

impl KeySettings {
    /// The defaults: a key signs for 90 days and is published a day before.
    pub fn new(algorithm: Algorithm) -> Self {
        let day = Duration::from_secs(24 * 60 * 60);
        Self { algorithm, shared_secret: None, rotation: Some(day * 90), publish_ahead: day }
    }
}

/// The signing keys of an issuer over a store. Cheap to share: hold it in an `Arc`.
pub struct SigningKeys {
    store: Arc<dyn Store>,
    root_keys: Arc<RootKeyRing>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    settings: KeySettings,
    current: Arc<CurrentKeys>,
    /// The rows that `current` was made of.
    heard: Mutex<Vec<StoredKey>>,
}

/// A stored key that this instance cannot open, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The root key is missing, or does not open what was sealed.
    #[error(transparent)]
    Sealed(#[from] RootKeyError),
    /// It was opened and is no key, or not the one of its id.
    #[error(transparent)]
    Damaged(#[from] KeyError),
}

impl SigningKeys {
    /// Keys over this store. Nothing is read before [`SigningKeys::open`].
    pub fn new(store: Arc<dyn Store>, root_keys: Arc<RootKeyRing>, settings: KeySettings) -> Self {
        Self {
            store,
            root_keys,
            clock: Arc::new(SystemClock),
            entropy: Arc::new(SystemEntropy),
            settings,
            current: KeyRing::of(Vec::new()).into(),
            heard: Mutex::default(),
        }
    }

    /// The same under another clock.
    #[must_use]
    pub fn with_clock(self, clock: Arc<dyn Clock>) -> Self {
        Self { clock, ..self }
    }

    /// The same with other random bytes.
    #[must_use]
    pub fn with_entropy(self, entropy: Arc<dyn Entropy>) -> Self {
        Self { entropy, ..self }
    }

    /// The ring to sign and verify with, always as it was last heard.
    pub fn current(&self) -> Arc<CurrentKeys> {
        Arc::clone(&self.current)
    }

    /// The JWK set to publish now.
    pub fn jwk_set(&self) -> serde_json::Value {
        self.current.load().jwk_set(self.clock.now())
    }

    /// What was told by the configuration.
    pub fn settings(&self) -> &KeySettings {
        &self.settings
    }

    /// Reads the keys anew, as other instances left them.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn hear(&self) -> Result<Vec<(KeyId, OpenError)>, StoreError> {
        self.hear_from(self.store.as_ref())
    }

    /// The same over another handle on the same store. Answers which keys cannot be opened: their tokens are refused here,
    /// all others go on.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn hear_from(&self, store: &dyn Store) -> Result<Vec<(KeyId, OpenError)>, StoreError> {
        // Held across the read: of two that hear at once, the one that reads last must be the one that stays.
        let mut heard = self.heard();
        let stored = store.read(|tx| tx.keys().all())?;
        Ok(self.take_over(&mut heard, stored))
    }

    /// Of the keys that sign or will, those that could not be opened when they were last heard of. Asks no store.
    pub fn closed(&self) -> Vec<KeyId> {
        let (heard, open) = (self.heard(), self.current.load());
        let schedule = Schedule(&heard);
        let now = self.clock.now();
        let needed = heard.iter().filter(|row| row.revoked_at.is_none() && row.private.is_some());
        let needed = needed.filter(|row| schedule.signs_until(row).is_none_or(|until| now < until));
        let is_open = |row: &&StoredKey| open.keys().iter().any(|key| *key.key.verifying().id() == row.id);
        needed.filter(|row| !is_open(row)).map(|row| row.id.clone()).collect()
    }

    /// Makes the ring of these rows. Keys that were open stay open: an id stands for its key, however it is sealed.
    fn take_over(&self, heard: &mut Vec<StoredKey>, stored: Vec<StoredKey>) -> Vec<(KeyId, OpenError)> {
        let (before, schedule) = (self.current.load(), Schedule(&stored));
        let (mut keys, mut closed) = (Vec::new(), Vec::new());
        for row in stored.iter().filter(|row| row.revoked_at.is_none() && row.private.is_some()) {
            let open = before.keys().iter().find(|open| *open.key.verifying().id() == row.id);
            match open.map_or_else(|| self.open_key(row), |open| Ok(open.key.clone())) {
                Ok(key) => {
                    let (signs_until, accepted_until) = (schedule.signs_until(row), schedule.accepted_until(row));
                    keys.push(RingKey { key, signs_from: row.signs_from, signs_until, accepted_until });
                }
                Err(error) => closed.push((row.id.clone(), error)),
            }
        }
        if *heard != stored || before.keys().len() != keys.len() {
            self.current.replace(KeyRing::of(keys));
            *heard = stored;
        }
        closed
    }

    fn open_key(&self, row: &StoredKey) -> Result<SigningKey, OpenError> {
        let sealed = row.private.as_ref().ok_or(KeyError::Unreadable)?;
        let private = self.root_keys.open(Purpose::SigningKey, row.id.as_str(), sealed)?;
        let key = SigningKey::from_private(row.algorithm, &private)?;
        if *key.verifying().id() == row.id { Ok(key) } else { Err(KeyError::Unreadable.into()) }
    }

    /// A row for a key; its ordinal and its time are set where it is known which.
    fn row(&self, key: &SigningKey, private: &SecretBytes, now: Timestamp) -> Result<StoredKey, EntropyError> {
        let id = key.verifying().id().clone();
        let sealed = self.root_keys.seal(Purpose::SigningKey, id.as_str(), private, self.entropy.as_ref());
        let private = Some(sealed.map_err(|_| EntropyError)?);
        let algorithm = key.verifying().algorithm();
        Ok(StoredKey { id, algorithm, ordinal: 0, private, created_at: now, signs_from: now, revoked_at: None })
    }

    /// A new key of the configured algorithm, and the line of the log that tells of it.
    fn make(&self, now: Timestamp, context: &RequestContext) -> Result<(StoredKey, AuditRecord), MakeError> {
        let (key, private) = SigningKey::generate(self.settings.algorithm)?;
        let row = self.row(&key, &private, now)?;
        let event = self.record(AuditEvent::SigningKeyCreated(row.id.clone()), now, context)?;
        Ok((row, event))
    }

    /// Changes the keys if they are still those that were judged. `None` where another instance was faster: judge again.
    fn change<T>(
        &self,
        judged: &[StoredKey],
        mut change: impl FnMut(&mut dyn Transaction) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        self.store.write(|tx| if tx.keys().lock()? == judged { change(tx).map(Some) } else { Ok(None) })
    }

    fn record(&self, event: AuditEvent, now: Timestamp, context: &RequestContext) -> Result<AuditRecord, EntropyError> {
        record(event, now, context, self.entropy.as_ref())
    }

    fn heard(&self) -> MutexGuard<'_, Vec<StoredKey>> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// No key could be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MakeError {
    /// The system made no key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// No randomness.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
}

/// Inserts a key behind those that are there, `judged`.
fn insert_next(
    tx: &mut dyn Transaction,
    judged: &[StoredKey],
    row: &StoredKey,
    event: &AuditRecord,
) -> Result<StoredKey, StoreError> {
    let row = StoredKey { ordinal: Schedule(judged).next_ordinal(), ..row.clone() };
    match tx.keys().insert(&row)? {
        Added::Added => append(tx, std::slice::from_ref(event)).map(|()| row),
        Added::Taken(unique) => Err(StoreError::Conflict(unique)),
    }
}

/// Erases the private parts of the keys that are retired as they were judged. Before a row goes: with the follower of a key
/// goes its end, and what was retired must not come back.
fn settle(tx: &mut dyn Transaction, judged: &[StoredKey], now: Timestamp) -> Result<(), StoreError> {
    let schedule = Schedule(judged);
    let over = judged.iter().filter(|row| row.private.is_some() && schedule.state(row, now) == KeyState::Retired);
    over.map(|row| &row.id).try_for_each(|id| certain(tx.keys().erase(id)?))
}

/// What was judged under the lock cannot fail.
fn certain(is_done: bool) -> Result<(), StoreError> {
    if is_done { Ok(()) } else { Err(StoreError::unavailable("a key was changed under the lock")) }
}

fn overtaken() -> StoreError {
    StoreError::unavailable("other instances change the keys all the time")
}

impl fmt::Debug for SigningKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKeys").field("settings", &self.settings).finish_non_exhaustive()
    }
}
