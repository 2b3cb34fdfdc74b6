//! Known devices: what a client shows to be told from strangers at its next sign-in.
//!
//! A token proves that somebody signed in to this account with it before, and nothing else: without the password it opens
//! nothing. It says whose it is and until when, under a MAC; nothing is kept of it but the failures it is used for.

use std::fmt;
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use base64ct::{Base64UrlUnpadded, Encoding};

use crate::entropy::{Entropy, EntropyError};
use crate::id::UserId;
use crate::root_keys::{Purpose, RootKeyId, RootKeyRing};
use crate::secret::Secret;
use crate::time::Timestamp;

/// What every device token begins with, so that secret scanners and people know one.
pub const DEVICE_PREFIX: &str = "auth_dt_";

/// How long a device is known after its last sign-in: a season, so that somebody who comes back every quarter is.
pub const DEVICE_LIFE: Duration = Duration::from_secs(90 * 24 * 60 * 60);

/// The layout of the bytes.
const VERSION: u8 = 1;
/// Bytes that tell which root key it was; not which one by name, for names are of any length.
const TAG: usize = 5;
/// Version, tag, account, device, expiry and credential version.
const BODY: usize = 1 + TAG + 16 + 16 + 8 + 8;
const MAC: usize = 32;
const CHECKSUM: usize = 4;
/// A multiple of three: base64 of it has neither padding nor spare bits.
const BYTES: usize = BODY + MAC + CHECKSUM;
const TEXT: usize = BYTES / 3 * 4;

/// A device, as far as its failures are counted: random, another one with every sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DeviceId(pub [u8; 16]);

impl DeviceId {
    /// A new one.
    ///
    /// # Errors
    /// [`EntropyError`] where the system gives no random bytes.
    pub fn mint(entropy: &dyn Entropy) -> Result<Self, EntropyError> {
        let mut id = [0; 16];
        entropy.fill(&mut id)?;
        Ok(Self(id))
    }
}

/// A device token as it was presented: well-formed, and nothing more is known of it.
#[derive(Clone, PartialEq, Eq)]
pub struct PresentedDevice {
    /// The account that it is of.
    pub user: UserId,
    /// The device.
    pub device: DeviceId,
    /// The account's `credential_version` when it was made: a change of password makes strangers of all.
    pub credential_version: i64,
    expires_at: Timestamp,
    body: [u8; BODY],
    mac: [u8; MAC],
}

impl PresentedDevice {
    /// Reads a token; anything that is not one is `None`.
    pub fn parse(text: &str) -> Option<Self> {
        let encoded = text.strip_prefix(DEVICE_PREFIX).filter(|encoded| encoded.len() == TEXT)?;
        let bytes = Base64UrlUnpadded::decode_vec(encoded).ok()?;
        let (signed, checksum) = bytes.split_at_checked(BODY + MAC)?;
        if checksum != checksum_of(signed) {
            return None;
        }
        let (body, mac) = signed.split_first_chunk::<BODY>()?;
        let (version, rest) = body.split_first()?;
        let (_, rest) = rest.split_first_chunk::<TAG>()?;
        let (user, rest) = rest.split_first_chunk::<16>()?;
        let (device, rest) = rest.split_first_chunk::<16>()?;
        let (expires_at, rest) = rest.split_first_chunk::<8>()?;
        let credential_version = i64::from_be_bytes(rest.try_into().ok()?);
        (*version == VERSION).then_some(Self {
            user: UserId::from_bytes(*user),
            device: DeviceId(*device),
            credential_version,
            expires_at: Timestamp::from_micros(i64::from_be_bytes(*expires_at)),
            body: *body,
            mac: mac.try_into().ok()?,
        })
    }

    /// Whether a server with this ring made it, and it has not expired. Compared in constant time.
    pub fn is_genuine(&self, ring: &RootKeyRing, now: Timestamp) -> bool {
        let same = |id: &RootKeyId| {
            ring.mac(Purpose::DeviceToken, id, &self.body)
                .is_some_and(|mac| aws_lc_rs::constant_time::verify_slices_are_equal(&mac, &self.mac).is_ok())
        };
        let tag = self.body.get(1..=TAG);
        now < self.expires_at && ring.ids().filter(|id| tag == Some(tag_of(id).as_slice())).any(same)
    }
}

/// The token of a device that signs in now; `None` where the ring cannot make one.
pub fn device_token(
    user: UserId,
    credential_version: i64,
    device: DeviceId,
    now: Timestamp,
    ring: &RootKeyRing,
) -> Option<Secret> {
    let mut bytes = Vec::with_capacity(BYTES);
    bytes.push(VERSION);
    bytes.extend_from_slice(&tag_of(ring.active()));
    bytes.extend_from_slice(user.as_bytes());
    bytes.extend_from_slice(&device.0);
    bytes.extend_from_slice(&now.saturating_add(DEVICE_LIFE).as_micros().to_be_bytes());
    bytes.extend_from_slice(&credential_version.to_be_bytes());
    bytes.extend_from_slice(&ring.mac(Purpose::DeviceToken, ring.active(), &bytes)?);
    let checksum = checksum_of(&bytes);
    bytes.extend_from_slice(&checksum);
    Some(Secret::new(format!("{DEVICE_PREFIX}{}", Base64UrlUnpadded::encode_string(&bytes))))
}

fn tag_of(id: &RootKeyId) -> [u8; TAG] {
    digest(&SHA256, id.as_str().as_bytes()).as_ref().first_chunk().copied().unwrap_or_default()
}

fn checksum_of(signed: &[u8]) -> [u8; CHECKSUM] {
    digest(&SHA256, signed).as_ref().first_chunk().copied().unwrap_or_default()
}

impl fmt::Debug for PresentedDevice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PresentedDevice({}, …)", self.user)
    }
}

#[cfg(test)]
mod tests;
