//! Argon2id, at most so many at once, with memory that is kept for the next hash.

use std::fmt;
use std::sync::Arc;

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash as Phc, Salt};
use argon2::{Algorithm, Argon2, Version};

use super::class::{HashClass, Kind};
use super::memory::Memories;
use super::stored::{Argon2Hash, SALT_BYTES, Stored, TAG_BYTES, same};
use super::{Argon2Params, HashError, HashFault, Password, PasswordHash, PasswordHasher, Verdict};
use crate::entropy::Entropy;

/// Argon2id, version 1.3 (RFC 9106). Also checks hashes of another cost, Argon2i and Argon2d and, with the feature
/// `legacy`, bcrypt, scrypt and PBKDF2 in the forms of many makers; all of these answer [`Verdict::Stale`].
///
/// Its working memory is kept for the next hash, for mapping it afresh each time costs half of the throughput when all
/// cores hash. There is memory for as many hashes as are made at once, each of [`Argon2Params::memory_kib`]. A stored hash
/// that needs more waits until as many others have none; one that needs more than all of it is checked alone. What is kept
/// is wiped when the hasher is dropped.
pub struct Argon2Hasher {
    params: Argon2Params,
    entropy: Arc<dyn Entropy>,
    decoy: PasswordHash,
    memories: Memories,
}

impl Argon2Hasher {
    /// A hasher that makes at most `at_once` hashes at once, and at least one; whoever calls beyond that waits.
    ///
    /// # Errors
    /// [`HashError::Entropy`] where the decoy gets no randomness.
    pub fn new(params: Argon2Params, at_once: usize, entropy: Arc<dyn Entropy>) -> Result<Self, HashError> {
        let decoy = PasswordHash::decoy(params.class(), entropy.as_ref())?;
        let own = params.with_output(TAG_BYTES).ok_or(HashError::Failed)?.block_count();
        Ok(Self { params, entropy, decoy, memories: Memories::new(at_once, own) })
    }

    /// Whether the password is the one of a hash. As many tries for every hash of a class, whether it matches nobody or
    /// somebody's other password.
    fn matches(&self, password: &Password, stored: &Stored) -> bool {
        let (entered, normalised) = (password.expose_entered(), password.expose());
        // Our own hashes are over NFC and nothing else.
        if stored.class() == self.params.class() || entered == normalised {
            return self.is(normalised, stored);
        }
        self.is(entered, stored) || self.is(normalised, stored)
    }

    fn is(&self, text: &str, stored: &Stored) -> bool {
        #[cfg(test)]
        tests::note(stored.class());
        match stored {
            Stored::Argon2(hash) => {
                let mut tag = vec![0; hash.tag.len()];
                self.derive(hash, text, &mut tag) && same(&tag, &hash.tag)
            }
            #[cfg(feature = "legacy")]
            Stored::Legacy(hash) => {
                let _turn = self.memories.hold(usize::try_from(hash.class().memory_kib()).unwrap_or(usize::MAX));
                hash.matches(text)
            }
        }
    }

    fn derive(&self, hash: &Argon2Hash, text: &str, tag: &mut [u8]) -> bool {
        let Some(params) = hash.params.with_output(tag.len()) else { return false };
        let blocks = params.block_count();
        let Some(mut memory) = self.memories.take(blocks) else { return false };
        match memory.blocks(blocks) {
            Some(area) => Argon2::new(hash.algorithm(), hash.version, params)
                .hash_password_into_with_memory(text.as_bytes(), &hash.salt, tag, area)
                .is_ok(),
            None => false,
        }
    }
}

impl PasswordHasher for Argon2Hasher {
    fn hash(&self, password: &Password) -> Result<PasswordHash, HashError> {
        if password.is_too_long() {
            return Err(HashError::Failed);
        }
        let mut salt = vec![0; SALT_BYTES];
        self.entropy.fill(&mut salt)?;
        let hash = Argon2Hash { kind: Kind::Id, version: Version::V0x13, params: self.params, salt, tag: Vec::new() };
        let mut tag = [0; TAG_BYTES];
        if !self.derive(&hash, password.expose(), &mut tag) {
            return Err(HashError::Failed);
        }
        let params = self.params.with_output(TAG_BYTES).ok_or(HashError::Failed)?;
        let phc = Phc {
            algorithm: Algorithm::Argon2id.ident(),
            version: Some(Version::V0x13.into()),
            params: ParamsString::try_from(params).map_err(|_| HashError::Failed)?,
            salt: Some(Salt::new(&hash.salt).map_err(|_| HashError::Failed)?),
            hash: Some(Output::new(&tag).map_err(|_| HashError::Failed)?),
        };
        Ok(PasswordHash::new(phc.to_string()))
    }

    fn verify(&self, password: &Password, hash: Option<&PasswordHash>) -> Verdict {
        let readable = hash.and_then(|hash| Some((hash, hash.read(self.params).ok()?)));
        let found = readable.or_else(|| Some((&self.decoy, self.decoy.read(self.params).ok()?)));
        let Some((hash, stored)) = found else { return Verdict::NoMatch };
        let matches = self.matches(password, &stored);
        // Whatever was computed: a decoy is nobody's password, and one that is too long was never chosen.
        if !matches || hash.is_decoy() || password.is_too_long() {
            return Verdict::NoMatch;
        }
        if stored.class() == self.params.class() { Verdict::Match } else { Verdict::Stale }
    }

    fn inspect(&self, hash: &PasswordHash) -> Result<HashClass, HashFault> {
        hash.inspect(self.params)
    }

    fn class(&self) -> HashClass {
        self.params.class()
    }
}

impl fmt::Debug for Argon2Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Argon2Hasher").field("params", &self.params).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
