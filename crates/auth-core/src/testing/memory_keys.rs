//! The signing keys of the store in memory.

use super::memory::MemoryTransaction;
use crate::root_keys::Sealed;
use crate::store::{StoreError, Unique};
use crate::time::Timestamp;
use crate::token::{KeyId, KeyRepository, StoredKey};
use crate::user::Added;

impl MemoryTransaction {
    fn key(&mut self, id: &KeyId) -> Result<Option<&mut StoredKey>, StoreError> {
        Ok(self.writable()?.keys.iter_mut().find(|key| key.id == *id))
    }
}

impl KeyRepository for MemoryTransaction {
    fn insert(&mut self, key: &StoredKey) -> Result<Added, StoreError> {
        let keys = &mut self.writable()?.keys;
        if keys.iter().any(|other| other.id == key.id) {
            return Err(self.fail(StoreError::Conflict(Unique::Id)));
        }
        if key.ordinal < 1 {
            return Err(self.fail(StoreError::unavailable("an ordinal below 1")));
        }
        if keys.iter().any(|other| other.ordinal == key.ordinal) {
            return Ok(Added::Taken(Unique::KeyOrdinal));
        }
        keys.push(key.clone());
        Ok(Added::Added)
    }

    fn all(&mut self) -> Result<Vec<StoredKey>, StoreError> {
        let mut keys = self.state.keys.clone();
        keys.sort_by_key(|key| key.ordinal);
        Ok(keys)
    }

    fn lock(&mut self) -> Result<Vec<StoredKey>, StoreError> {
        // One transaction at a time is all there is.
        self.writable()?;
        self.all()
    }

    fn reseal(&mut self, id: &KeyId, from: &Sealed, to: &Sealed) -> Result<bool, StoreError> {
        match self.key(id)? {
            Some(key) if key.private.as_ref() == Some(from) => {
                key.private = Some(to.clone());
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    fn bring_forward(&mut self, id: &KeyId, at: Timestamp) -> Result<bool, StoreError> {
        match self.key(id)? {
            Some(key) if key.signs_from > at && key.revoked_at.is_none() && key.private.is_some() => {
                key.signs_from = at;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    fn revoke(&mut self, id: &KeyId, now: Timestamp) -> Result<bool, StoreError> {
        match self.key(id)? {
            Some(key) if key.revoked_at.is_none() => {
                key.revoked_at = Some(now);
                key.private = None;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    fn erase(&mut self, id: &KeyId) -> Result<bool, StoreError> {
        Ok(self.key(id)?.is_some_and(|key| key.private.take().is_some()))
    }

    fn remove(&mut self, id: &KeyId) -> Result<bool, StoreError> {
        let keys = &mut self.writable()?.keys;
        let before = keys.len();
        keys.retain(|key| key.id != *id || key.revoked_at.is_some());
        Ok(keys.len() < before)
    }
}
