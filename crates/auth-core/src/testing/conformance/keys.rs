//! Signing keys.
#![expect(clippy::missing_panics_doc, clippy::unwrap_used, reason = "test cases")]

use std::sync::Arc;

use super::samples::{key, later, parallel};
use crate::store::{Store, StoreError, StoreExt, Unique};
use crate::token::{Algorithm, KeyState, StoredKey};
use crate::user::Added;

fn insert(store: &Arc<dyn Store>, key: &StoredKey) -> Result<Added, StoreError> {
    store.write(|tx| tx.keys().insert(key))
}

fn all(store: &Arc<dyn Store>) -> Vec<StoredKey> {
    store.read(|tx| tx.keys().all()).unwrap()
}

/// Sealed bytes included.
pub fn a_key_comes_back_as_it_was(store: &Arc<dyn Store>) {
    assert_eq!(all(store), []);
    let stored = StoredKey { created_at: later(1), ..key("k-_1", Algorithm::EdDsa, KeyState::Verifying) };
    assert_eq!(insert(store, &stored), Ok(Added::Added));
    assert_eq!(all(store), [stored]);
}

/// Then by id.
pub fn keys_are_listed_oldest_first(store: &Arc<dyn Store>) {
    let at = |id, seconds| StoredKey { created_at: later(seconds), ..key(id, Algorithm::Es256, KeyState::Verifying) };
    for key in [at("c", 1), at("B", 1), at("a", 2), at("d", 0)] {
        assert_eq!(insert(store, &key), Ok(Added::Added));
    }
    let ids: Vec<_> = all(store).iter().map(|key| key.id.as_str().to_owned()).collect();
    assert_eq!(ids, ["d", "B", "c", "a"], "ids compare by bytes");
}

/// Others may verify.
pub fn one_key_of_an_algorithm_signs(store: &Arc<dyn Store>) {
    assert_eq!(insert(store, &key("a", Algorithm::Es256, KeyState::Signing)), Ok(Added::Added));
    assert_eq!(insert(store, &key("b", Algorithm::Es256, KeyState::Signing)), Ok(Added::Taken(Unique::ActiveKey)));
    assert_eq!(insert(store, &key("c", Algorithm::EdDsa, KeyState::Signing)), Ok(Added::Added));
    assert_eq!(insert(store, &key("d", Algorithm::Es256, KeyState::Verifying)), Ok(Added::Added));
    assert_eq!(all(store).len(), 3);
}

/// Instances that start at once make one key.
pub fn of_parallel_signing_keys_one_wins(store: &Arc<dyn Store>) {
    let answers =
        parallel(16, |number| insert(store, &key(&format!("k{number}"), Algorithm::Es256, KeyState::Signing)));
    assert_eq!(answers.iter().filter(|answer| **answer == Ok(Added::Added)).count(), 1, "{answers:?}");
    assert_eq!(all(store).len(), 1);
}

/// An id is a thumbprint: two of the same are one key.
pub fn a_key_id_used_twice_is_a_conflict(store: &Arc<dyn Store>) {
    assert_eq!(insert(store, &key("a", Algorithm::Es256, KeyState::Verifying)), Ok(Added::Added));
    let again = insert(store, &key("a", Algorithm::EdDsa, KeyState::Verifying));
    assert_eq!(again, Err(StoreError::Conflict(Unique::Id)));
}
