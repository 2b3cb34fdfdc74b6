//! A stored hash, read.

use argon2::password_hash::phc::PasswordHash as Phc;
use argon2::{Algorithm, Params, Version};

use super::class::{Cost, HashClass, Kind};
use super::fault::HashFault;
#[cfg(feature = "legacy")]
use super::legacy::Legacy;
use super::params::Argon2Params;

/// The bytes of our own salts (RFC 9106, section 3.1: recommended for password hashing).
pub(super) const SALT_BYTES: usize = 16;
/// The bytes of our own tags (RFC 9106, section 4).
pub(super) const TAG_BYTES: usize = 32;
/// Fewer, and many passwords match (NIST SP 800-63B-4 asks for no less of a key derivation function).
pub(super) const LEAST_TAG_BYTES: usize = 16;
/// The longest hash of any supported scheme is Firebase's, of about 260 characters. A longer text is no hash.
const MOST_BYTES: usize = 512;

/// A hash that was read. Whether its cost is granted is another question.
pub(super) enum Stored {
    Argon2(Argon2Hash),
    #[cfg(feature = "legacy")]
    Legacy(Legacy),
}

impl Stored {
    /// Reads a hash of any supported scheme. Takes no time or memory to speak of, whatever the text says.
    pub(super) fn read(text: &str) -> Result<Self, HashFault> {
        if text.len() > MOST_BYTES {
            return Err(HashFault::Unknown);
        }
        // Django writes its own name for the scheme before the PHC string.
        if let Some(phc) = text.strip_prefix("argon2").filter(|rest| rest.starts_with('$')).or(Some(text))
            && phc.starts_with("$argon2")
        {
            return Argon2Hash::read(phc).map(Self::Argon2).ok_or(HashFault::Corrupt("Argon2"));
        }
        #[cfg(feature = "legacy")]
        if let Some(read) = Legacy::read(text) {
            return read.map(Self::Legacy);
        }
        Err(HashFault::of(text))
    }

    pub(super) fn class(&self) -> HashClass {
        match self {
            Self::Argon2(hash) => hash.class(),
            #[cfg(feature = "legacy")]
            Self::Legacy(hash) => hash.class(),
        }
    }
}

/// A stored hash of Argon2.
pub(super) struct Argon2Hash {
    pub(super) kind: Kind,
    pub(super) version: Version,
    pub(super) params: Argon2Params,
    pub(super) salt: Vec<u8>,
    pub(super) tag: Vec<u8>,
}

impl Argon2Hash {
    fn read(text: &str) -> Option<Self> {
        let phc = Phc::new(text).ok()?;
        let kind = match phc.algorithm.as_str() {
            "argon2d" => Kind::D,
            "argon2i" => Kind::I,
            "argon2id" => Kind::Id,
            _ => return None,
        };
        let version = match phc.version {
            Some(version) => Version::try_from(version).ok()?,
            None => Version::V0x10, // The PHC string of version 1.0 has no `v`.
        };
        let params = Params::try_from(&phc).ok()?;
        // A keyed hash, or one over more than the password, cannot be checked here.
        if !params.keyid().is_empty() || !params.data().is_empty() {
            return None;
        }
        let params = Argon2Params::stored(params.m_cost(), params.t_cost(), params.p_cost());
        let salt = phc.salt.map(|salt| salt.as_ref().to_vec())?;
        let tag = phc.hash.map(|tag| tag.as_bytes().to_vec())?;
        let sound = salt.len() >= argon2::MIN_SALT_LEN && tag.len() >= LEAST_TAG_BYTES;
        sound.then_some(Self { kind, version, params, salt, tag })
    }

    fn class(&self) -> HashClass {
        let foreign = self.salt.len() < SALT_BYTES || self.tag.len() != TAG_BYTES;
        let version = self.version.into();
        HashClass(Cost::Argon2 { kind: self.kind, version, params: self.params, foreign })
    }

    pub(super) fn algorithm(&self) -> Algorithm {
        match self.kind {
            Kind::D => Algorithm::Argon2d,
            Kind::I => Algorithm::Argon2i,
            Kind::Id => Algorithm::Argon2id,
        }
    }
}

/// In constant time.
pub(super) fn same(one: &[u8], other: &[u8]) -> bool {
    aws_lc_rs::constant_time::verify_slices_are_equal(one, other).is_ok()
}
