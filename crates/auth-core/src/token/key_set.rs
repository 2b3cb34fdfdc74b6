//! A set of public keys (RFC 7517, section 5), read strictly.

use serde_json::Value;

use super::jwk::{self, JwkFault};
use super::{KeyId, VerifyingKey};
use crate::json::{self, JsonFault};

/// The longest set that is read, in bytes: two hundred keys with certificate chains.
const MAX_BYTES: usize = 512 * 1_024;
/// The most keys that are read.
const MAX_KEYS: usize = 256;
/// A set is an object of an array of objects, whose members may be arrays.
const MAX_DEPTH: usize = 6;

/// Whose set it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeySetOrigin {
    /// One's own: every key must be usable.
    Own,
    /// Another issuer's: keys of other types, algorithms and purposes are skipped, and [`KeySet::skipped`] says which.
    Foreign,
}

/// The keys of an issuer, of which one is picked by `kid`.
#[derive(Debug, Clone, Default)]
pub struct KeySet {
    keys: Vec<VerifyingKey>,
    skipped: Vec<Skipped>,
}

/// A key of a foreign set that is of no use here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// Which, counted from 0.
    pub index: usize,
    /// Why.
    pub fault: JwkFault,
}

/// Why a set is refused as a whole.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeySetError {
    /// Longer than 512 KiB.
    #[error("the key set is longer than 512 KiB")]
    TooLong,
    /// More than 256 keys.
    #[error("the key set has more than 256 keys")]
    TooMany,
    /// Not one strict JSON object.
    #[error("the key set is not a strict JSON object")]
    Json(#[source] JsonFault),
    /// Without an array `keys`.
    #[error("the key set has no array `keys`")]
    NoKeys,
    /// This key, counted from 0, cannot be used.
    #[error("key {index} of the set cannot be used")]
    Key {
        /// Which.
        index: usize,
        /// Why.
        #[source]
        fault: JwkFault,
    },
    /// Two keys of one `kid`: which of them verifies would be a matter of chance.
    #[error("two keys of the set have the id `{0}`")]
    Duplicate(KeyId),
}

/// Reads a JWK set. A key that is malformed, private, off its curve, too small or otherwise dangerous refuses the set,
/// whosever it is; one that is merely of no use here refuses one's own set and is skipped in a foreign one.
///
/// # Errors
/// [`KeySetError`] says which key and why.
pub fn load_key_set(json: &[u8], origin: KeySetOrigin) -> Result<KeySet, KeySetError> {
    if json.len() > MAX_BYTES {
        return Err(KeySetError::TooLong);
    }
    let set = json::parse_object(json, MAX_DEPTH).map_err(KeySetError::Json)?;
    let jwks = set.get("keys").and_then(Value::as_array).ok_or(KeySetError::NoKeys)?;
    if jwks.len() > MAX_KEYS {
        return Err(KeySetError::TooMany);
    }
    let (mut keys, mut skipped) = (Vec::new(), Vec::new());
    for (index, jwk) in jwks.iter().enumerate() {
        match jwk::read(jwk) {
            Ok(key) => keys.push(key),
            Err(fault) if origin == KeySetOrigin::Foreign && fault.is_only_unusable() => {
                skipped.push(Skipped { index, fault });
            }
            Err(fault) => return Err(KeySetError::Key { index, fault }),
        }
    }
    Ok(KeySet { skipped, ..KeySet::new(keys)? })
}

impl KeySet {
    /// A set of these keys.
    ///
    /// # Errors
    /// [`KeySetError::Duplicate`].
    pub fn new(keys: impl IntoIterator<Item = VerifyingKey>) -> Result<Self, KeySetError> {
        let mut set = Self::default();
        for key in keys {
            if set.find(key.id().as_str()).is_some() {
                return Err(KeySetError::Duplicate(key.id().clone()));
            }
            set.keys.push(key);
        }
        Ok(set)
    }

    /// The keys, in the order of the set.
    pub fn keys(&self) -> &[VerifyingKey] {
        &self.keys
    }

    /// The keys that are of no use here.
    pub fn skipped(&self) -> &[Skipped] {
        &self.skipped
    }

    /// The key of a token: that of its `kid`; of a token without one, the only key, where that is allowed.
    pub(super) fn pick(&self, id: Option<&str>, needs_id: bool) -> Option<&VerifyingKey> {
        match (id, self.keys.as_slice()) {
            (Some(id), _) => self.find(id),
            (None, [only]) if !needs_id => Some(only),
            (None, _) => None,
        }
    }

    fn find(&self, id: &str) -> Option<&VerifyingKey> {
        self.keys.iter().find(|key| key.id().as_str() == id)
    }
}
