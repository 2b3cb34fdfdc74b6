//! Cursors: where a page ended, told to a client that brings it back.
//!
//! A cursor is the place, and a MAC over it and over what was asked for. So whatever a client makes up, cuts, or takes over from
//! another list is refused before any query, and a place needs no further checks.

use std::fmt::Debug;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use base64ct::{Base64UrlUnpadded, Encoding};

use super::AdminError;
use crate::id::{EventId, UserId};
use crate::root_keys::{Purpose, RootKeyId, RootKeyRing};
use crate::service::AuthService;
use crate::time::Timestamp;
use crate::user::{CanonicalName, UserPlace};

/// Half of HMAC-SHA-256: nobody guesses 128 bits (RFC 2104, section 5).
const MAC: usize = 16;

/// Where a page of a list ended.
pub(super) trait Place: Sized {
    fn to_bytes(&self) -> Vec<u8>;
    fn from_bytes(bytes: &[u8]) -> Option<Self>;
}

impl AuthService {
    /// The cursor of a place in the list that was asked for by `scope`.
    pub(super) fn cursor(&self, scope: &dyn Debug, place: &impl Place) -> Option<String> {
        let mut bytes = place.to_bytes();
        let mac = mac(&self.root_keys, self.root_keys.active(), scope, &bytes)?;
        bytes.splice(0..0, mac);
        Some(Base64UrlUnpadded::encode_string(&bytes))
    }

    /// The inverse, for the same list. Made under any root key that is still in the ring.
    pub(super) fn place<P: Place>(&self, scope: &dyn Debug, cursor: &str) -> Result<P, AdminError> {
        let bytes = Base64UrlUnpadded::decode_vec(cursor).map_err(|_| AdminError::Cursor)?;
        let (sent, place) = bytes.split_first_chunk::<MAC>().ok_or(AdminError::Cursor)?;
        let is_genuine = self.root_keys.ids().any(|id| {
            mac(&self.root_keys, id, scope, place).is_some_and(|mac| verify_slices_are_equal(&mac, sent).is_ok())
        });
        if is_genuine { P::from_bytes(place).ok_or(AdminError::Cursor) } else { Err(AdminError::Cursor) }
    }
}

/// `Debug` of what was asked for names and quotes every part of it, so that two questions never read alike.
fn mac(ring: &RootKeyRing, key: &RootKeyId, scope: &dyn Debug, place: &[u8]) -> Option<[u8; MAC]> {
    let scope = format!("{scope:?}").into_bytes();
    let length = u64::try_from(scope.len()).ok()?.to_be_bytes();
    let message = [length.as_slice(), &scope, place].concat();
    ring.mac(Purpose::Cursor, key, &message)?.first_chunk().copied()
}

impl Place for UserPlace {
    fn to_bytes(&self) -> Vec<u8> {
        match self {
            Self::Id(id) => [b"i".as_slice(), id.as_bytes()].concat(),
            Self::Name(name) => [b"n", name.as_str().as_bytes()].concat(),
            Self::Created(at, id) => [b"c".as_slice(), &at.as_micros().to_be_bytes(), id.as_bytes()].concat(),
        }
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        match bytes.split_first()? {
            (b'i', id) => Some(Self::Id(UserId::from_bytes(id.try_into().ok()?))),
            (b'n', name) => Some(Self::Name(CanonicalName::of(std::str::from_utf8(name).ok()?))),
            (b'c', rest) => {
                let (at, id) = rest.split_first_chunk()?;
                let at = Timestamp::from_micros(i64::from_be_bytes(*at));
                Some(Self::Created(at, UserId::from_bytes(id.try_into().ok()?)))
            }
            _ => None,
        }
    }
}

impl Place for EventId {
    fn to_bytes(&self) -> Vec<u8> {
        self.as_bytes().to_vec()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self::from_bytes)
    }
}
