//! The keys at start-up: the signing key opened, or made where there is none; root keys that are missing, named.

use std::time::Duration;

use super::{RequestContext, append, record};
use crate::audit::AuditEvent;
use crate::entropy::{Entropy, EntropyError};
use crate::root_keys::{Purpose, RootKeyError, RootKeyId, RootKeyRing, Sealed};
use crate::secret::Secret;
use crate::store::{Store, StoreError, StoreExt, Unique};
use crate::time::Timestamp;
use crate::token::{Algorithm, KeyError, KeyId, KeyRing, SigningKey, StoredKey, check_secret};
use crate::user::Added;

/// The signing keys cannot be used. The server does not start, and never with a weaker key than configured.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeySetupError {
    /// A stored key cannot be opened; the source says which root key it needs.
    #[error("signing key `{0}` cannot be opened")]
    Sealed(KeyId, #[source] RootKeyError),
    /// A stored key was opened and is damaged, or is not the one its id names.
    #[error("signing key `{0}` is damaged")]
    Damaged(KeyId, #[source] KeyError),
    /// HS256 without a shared secret, or with one that must not sign.
    #[error("the shared secret of HS256 cannot be used")]
    SharedSecret(#[source] KeyError),
    /// No key could be made or sealed.
    #[error("no signing key could be made")]
    Create(#[source] KeyError),
    /// The store cannot serve now.
    #[error("the store failed")]
    Unavailable(#[from] StoreError),
    /// No randomness.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
}

/// Opens the signing keys of the store; makes one for `algorithm` where there is none. Several instances that start at
/// once on an empty store end up with one key. `shared_secret` signs where `algorithm` is HS256; it is never stored.
///
/// # Errors
/// [`KeySetupError`] names the key or the root key that is wrong.
pub fn load_or_create_keys(
    store: &dyn Store,
    root_keys: &RootKeyRing,
    algorithm: Algorithm,
    shared_secret: Option<&Secret>,
    now: Timestamp,
    entropy: &dyn Entropy,
) -> Result<KeyRing, KeySetupError> {
    let mut stored = store.read(|tx| tx.keys().all())?;
    let mut keys = open_all(&stored, root_keys)?;
    if algorithm == Algorithm::Hs256 {
        let secret = shared_secret.ok_or(KeySetupError::SharedSecret(KeyError::ShortSecret))?;
        check_secret(secret).map_err(KeySetupError::SharedSecret)?;
        let signing = SigningKey::shared(secret).map_err(KeySetupError::SharedSecret)?;
        return Ok(KeyRing::new(signing, keys.iter().map(|key| key.verifying().clone())));
    }
    let signing = loop {
        if let Some(signing) = signing_key(&keys, algorithm) {
            break signing.clone();
        }
        create(store, root_keys, algorithm, &stored, now, entropy)?;
        // Ours or that of an instance which was faster; where that one uses another algorithm, ours is the next.
        stored = store.read(|tx| tx.keys().all())?;
        keys = open_all(&stored, root_keys)?;
    };
    Ok(KeyRing::new(signing, keys.iter().map(|key| key.verifying().clone())))
}

/// The root keys that sessions which live at `now` were born under and the ring lacks. A server that started all the same
/// would refuse their refresh tokens. `idle` is [`super::ServiceSettings::session_idle`].
///
/// # Errors
/// [`StoreError`].
pub fn missing_root_keys(
    store: &dyn Store,
    ring: &RootKeyRing,
    now: Timestamp,
    idle: Duration,
) -> Result<Vec<RootKeyId>, StoreError> {
    let needed = store.read(|tx| tx.sessions().root_keys(now, now.saturating_sub(idle)))?;
    Ok(needed.into_iter().filter(|id| !ring.contains(id)).collect())
}

/// Those that were not revoked and have a private part, in their order.
fn open_all(stored: &[StoredKey], root_keys: &RootKeyRing) -> Result<Vec<SigningKey>, KeySetupError> {
    let accepted = stored.iter().filter(|key| key.revoked_at.is_none());
    accepted.filter_map(|key| Some(open(key, key.private.as_ref()?, root_keys))).collect()
}

fn open(stored: &StoredKey, private: &Sealed, root_keys: &RootKeyRing) -> Result<SigningKey, KeySetupError> {
    let private = root_keys
        .open(Purpose::SigningKey, stored.id.as_str(), private)
        .map_err(|error| KeySetupError::Sealed(stored.id.clone(), error))?;
    let damaged = |error| KeySetupError::Damaged(stored.id.clone(), error);
    let key = SigningKey::from_private(stored.algorithm, &private).map_err(damaged)?;
    if key.verifying().id() == &stored.id { Ok(key) } else { Err(damaged(KeyError::Unreadable)) }
}

/// The last in order.
fn signing_key(keys: &[SigningKey], algorithm: Algorithm) -> Option<&SigningKey> {
    keys.iter().rfind(|key| key.verifying().algorithm() == algorithm)
}

fn create(
    store: &dyn Store,
    root_keys: &RootKeyRing,
    algorithm: Algorithm,
    others: &[StoredKey],
    now: Timestamp,
    entropy: &dyn Entropy,
) -> Result<(), KeySetupError> {
    let last = others.iter().map(|key| key.ordinal).max().unwrap_or(0);
    let ordinal = last.checked_add(1).ok_or(KeySetupError::Create(KeyError::Generate))?;
    let (key, private) = SigningKey::generate(algorithm).map_err(KeySetupError::Create)?;
    let id = key.verifying().id().clone();
    let private = root_keys
        .seal(Purpose::SigningKey, id.as_str(), &private, entropy)
        .map_err(|error| KeySetupError::Sealed(id.clone(), error))?;
    let event = [record(AuditEvent::SigningKeyCreated(id.clone()), now, &RequestContext::system(), entropy)?];
    let private = Some(private);
    let stored = StoredKey { id, algorithm, ordinal, private, created_at: now, signs_from: now, revoked_at: None };
    store.write(|tx| match tx.keys().insert(&stored)? {
        Added::Added => append(tx, &event),
        Added::Taken(Unique::KeyOrdinal) => Ok(()),
        Added::Taken(other) => Err(StoreError::Conflict(other)),
    })?;
    Ok(())
}
