//! Refresh: the token's format, and the machine that decides what a presented token means.
//!
//! A session holds no token. It holds a salt and a generation, and its refresh token of a generation is computed: under
//! a sub-key of the root key that it was born with, over its id, the generation and the salt. So a dump of the database
//! holds nothing that signs anybody in, a leaked root key alone does not either, and a lost answer can be repeated
//! because the successor is computed again, not remembered.

use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use base64ct::{Base64UrlUnpadded, Encoding};

use super::Session;
use crate::id::SessionId;
use crate::root_keys::{Purpose, RootKeyRing};
use crate::secret::Secret;
use crate::time::Timestamp;

/// What every refresh token begins with, so that secret scanners and people know one.
pub const PREFIX: &str = "auth_rt_";

const ID: usize = 16;
const GENERATION: usize = 8;
const MAC: usize = 32;
const CHECKSUM: usize = 4;
/// A multiple of three: base64 of it has neither padding nor spare bits.
const BYTES: usize = ID + GENERATION + MAC + CHECKSUM;
const TEXT: usize = BYTES / 3 * 4;

/// A refresh token as it was presented: well-formed, and nothing more is known of it.
#[derive(Clone, PartialEq, Eq)]
pub struct PresentedToken {
    /// The session that it names.
    pub session: SessionId,
    /// The generation that it names, from 1.
    pub generation: i64,
    mac: [u8; MAC],
}

impl PresentedToken {
    /// Reads a token. Anything that is not one, down to a single changed letter, is `None` before anybody asks a
    /// database.
    pub fn parse(text: &str) -> Option<Self> {
        let encoded = text.strip_prefix(PREFIX).filter(|encoded| encoded.len() == TEXT)?;
        let bytes = Base64UrlUnpadded::decode_vec(encoded).ok()?;
        let (body, checksum) = bytes.split_at_checked(BYTES - CHECKSUM)?;
        if checksum != checksum_of(body) {
            return None;
        }
        let (id, rest) = body.split_first_chunk::<ID>()?;
        let (generation, mac) = rest.split_first_chunk::<GENERATION>()?;
        let generation = i64::from_be_bytes(*generation);
        let presented = Self { session: SessionId::from_bytes(*id), generation, mac: mac.try_into().ok()? };
        (generation >= 1).then_some(presented)
    }

    /// Whether the server made it: compared in constant time. `false` as well where the ring lacks the session's key.
    pub fn is_genuine(&self, session: &Session, ring: &RootKeyRing) -> bool {
        let expected = ring.mac(Purpose::RefreshToken, &session.root_key, &message(session, self.generation));
        let same = |mac: [u8; MAC]| aws_lc_rs::constant_time::verify_slices_are_equal(&mac, &self.mac).is_ok();
        self.session == session.id && expected.is_some_and(same)
    }
}

/// The refresh token of a session's generation; `None` where the ring lacks the session's key.
pub fn token(session: &Session, generation: i64, ring: &RootKeyRing) -> Option<Secret> {
    let mut bytes = Vec::with_capacity(BYTES);
    bytes.extend_from_slice(session.id.as_bytes());
    bytes.extend_from_slice(&generation.to_be_bytes());
    bytes.extend_from_slice(&ring.mac(Purpose::RefreshToken, &session.root_key, &message(session, generation))?);
    let checksum = checksum_of(&bytes);
    bytes.extend_from_slice(&checksum);
    Some(Secret::new(format!("{PREFIX}{}", Base64UrlUnpadded::encode_string(&bytes))))
}

fn message(session: &Session, generation: i64) -> Vec<u8> {
    [session.id.as_bytes().as_slice(), &generation.to_be_bytes(), &session.salt].concat()
}

fn checksum_of(body: &[u8]) -> [u8; CHECKSUM] {
    digest(&SHA256, body).as_ref().first_chunk().copied().unwrap_or_default()
}

/// The limits of a session that are not in its row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefreshLimits {
    /// A session that was not refreshed for so long has ended.
    pub idle: Duration,
    /// For so long after a refresh its predecessor gets the same successor again. Zero is allowed: then every lost
    /// answer signs its client out.
    pub retry_window: Duration,
}

/// What a presented token means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// Not made by the server for this session. Refuse and write nothing: whoever knows a session's id from a log must
    /// not be able to end it.
    Invalid,
    /// The session has ended, or one of its limits is reached. Refuse.
    Expired,
    /// The present token: advance the generation by one, if it is still this one.
    Rotate,
    /// The present token's predecessor, within the window: the same successor again. No write, so that it extends
    /// neither the idle limit nor the window.
    Repeat,
    /// A token of a generation that the store has not reached: the store lost commits. End the session and refuse.
    Ahead,
    /// A token that was superseded: somebody has a copy. End the session and refuse.
    Reused,
}

/// Decides. Pure: everything that it looks at is given.
pub fn decide(session: &Session, presented: i64, genuine: bool, now: Timestamp, limits: &RefreshLimits) -> Step {
    // A clock that was set back must not reopen what had closed.
    let now = now.max(session.rotated_at);
    let since = now.since(session.rotated_at);
    if !genuine {
        Step::Invalid
    } else if session.ended.is_some() || since >= limits.idle || now >= session.expires_at {
        Step::Expired
    } else if presented == session.generation {
        Step::Rotate
    } else if presented.checked_add(1) == Some(session.generation) && since <= limits.retry_window {
        Step::Repeat
    } else if presented > session.generation {
        Step::Ahead
    } else {
        Step::Reused
    }
}

impl std::fmt::Debug for PresentedToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PresentedToken({}, {}, …)", self.session, self.generation)
    }
}
