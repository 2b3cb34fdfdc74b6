//! Argon2id, at most so many at once, with memory that is kept for the next hash.

use std::fmt;
use std::sync::Arc;

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash as Phc, Salt};
use argon2::{Algorithm, Argon2, Params, Version};

use super::memory::Memories;
use super::{HashError, Password, PasswordHash, PasswordHasher, Verdict};
use crate::entropy::Entropy;

const SALT_BYTES: usize = 16; // RFC 9106, section 3.1: recommended for password hashing.
const TAG_BYTES: usize = 32; // RFC 9106, section 4.

/// A configured cost may be this high.
const MOST_MEMORY_KIB: u32 = 256 * 1_024;
/// Memory times passes, in KiB: about two seconds of one core.
const MOST_WORK_KIB: u64 = 1_024 * 1_024;
/// A stored hash may ask for this much, or for as much as is configured, or a planted row would be a memory attack.
const MOST_STORED_MEMORY_KIB: u32 = 64 * 1_024;
/// Half a second of one core.
const MOST_STORED_WORK_KIB: u64 = 256 * 1_024;
const MOST_LANES: u32 = 16;

/// The least memory (KiB) for a number of passes, each set as strong as the others (OWASP Password Storage Cheat Sheet).
const OWASP_SETS: [(u32, u32); 5] = [(1, 47_104), (2, 19_456), (3, 12_288), (4, 9_216), (5, 7_168)];

/// The cost of one hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Argon2Params {
    memory_kib: u32,
    iterations: u32,
    parallelism: u32,
}

/// The cost is below every OWASP set, or beyond what a check grants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ParamsError {
    /// Weaker than every OWASP set.
    #[error(
        "weaker than the OWASP sets: at least 46 MiB for 1 pass, 19 MiB for 2, 12 MiB for 3, 9 MiB for 4, 7 MiB for 5 or more"
    )]
    TooWeak,
    /// More than 256 MiB, 1 GiB of memory times passes, or 16 lanes.
    #[error("more than 256 MiB of memory, 1 GiB of memory times passes, or 16 lanes")]
    TooCostly,
}

impl Default for Argon2Params {
    /// 19 MiB, two passes, one lane (OWASP Password Storage Cheat Sheet).
    fn default() -> Self {
        Self { memory_kib: 19_456, iterations: 2, parallelism: 1 }
    }
}

impl Argon2Params {
    /// Memory in KiB, passes, lanes.
    ///
    /// # Errors
    /// [`ParamsError`] for a cost that is too low to protect or too high to serve.
    pub fn new(memory_kib: u32, iterations: u32, parallelism: u32) -> Result<Self, ParamsError> {
        let strong = OWASP_SETS.iter().any(|(passes, memory)| iterations >= *passes && memory_kib >= *memory);
        if !strong || parallelism == 0 {
            return Err(ParamsError::TooWeak);
        }
        let params = Self { memory_kib, iterations, parallelism };
        if params.is_affordable() { Ok(params) } else { Err(ParamsError::TooCostly) }
    }

    /// Memory of one hash in KiB.
    pub fn memory_kib(self) -> u32 {
        self.memory_kib
    }

    /// Passes over the memory.
    pub fn iterations(self) -> u32 {
        self.iterations
    }

    /// Lanes.
    pub fn parallelism(self) -> u32 {
        self.parallelism
    }

    fn is_affordable(self) -> bool {
        self.is_within(MOST_MEMORY_KIB, MOST_WORK_KIB)
    }

    fn is_within(self, memory_kib: u32, work_kib: u64) -> bool {
        self.memory_kib <= memory_kib && self.work_kib() <= work_kib && self.parallelism <= MOST_LANES
    }

    fn work_kib(self) -> u64 {
        u64::from(self.memory_kib) * u64::from(self.iterations)
    }

    /// Whether a hasher of this cost grants a stored hash of `other`.
    fn grants(self, other: Self) -> bool {
        let memory_kib = self.memory_kib.max(MOST_STORED_MEMORY_KIB);
        other.iterations > 0 && other.is_within(memory_kib, self.work_kib().max(MOST_STORED_WORK_KIB))
    }

    fn of(params: &Params) -> Self {
        Self { memory_kib: params.m_cost(), iterations: params.t_cost(), parallelism: params.p_cost() }
    }

    fn with_output(self, bytes: usize) -> Option<Params> {
        Params::new(self.memory_kib, self.iterations, self.parallelism, Some(bytes)).ok()
    }
}

/// Argon2id, version 1.3 (RFC 9106). Also checks Argon2i and Argon2d hashes and, with the feature `bcrypt`, bcrypt ones;
/// both answer [`Verdict::Stale`].
///
/// Its working memory is kept for the next hash, for mapping it afresh each time costs half of the throughput when all
/// cores hash. There is memory for as many hashes as are made at once, each of [`Argon2Params::memory_kib`] or what a
/// stored hash of another cost is granted; it is wiped when the hasher is dropped.
pub struct Argon2Hasher {
    params: Argon2Params,
    entropy: Arc<dyn Entropy>,
    decoy: Decoy,
    memories: Memories,
}

struct Decoy {
    salt: [u8; SALT_BYTES],
    tag: [u8; TAG_BYTES],
}

impl Argon2Hasher {
    /// A hasher that makes at most `at_once` hashes at once, and at least one; whoever calls beyond that waits.
    ///
    /// # Errors
    /// [`HashError::Entropy`] where the decoy gets no randomness.
    pub fn new(params: Argon2Params, at_once: usize, entropy: Arc<dyn Entropy>) -> Result<Self, HashError> {
        let mut decoy = Decoy { salt: [0; SALT_BYTES], tag: [0; TAG_BYTES] };
        entropy.fill(&mut decoy.salt)?;
        entropy.fill(&mut decoy.tag)?;
        let own = params.with_output(TAG_BYTES).ok_or(HashError::Failed)?.block_count();
        Ok(Self { params, entropy, decoy, memories: Memories::new(at_once, own) })
    }

    fn digest(
        &self,
        algorithm: Algorithm,
        version: Version,
        params: Params,
        text: &str,
        salt: &[u8],
        tag: &mut [u8],
    ) -> bool {
        let blocks = params.block_count();
        let Some(mut memory) = self.memories.take(blocks) else { return false };
        match memory.blocks(blocks) {
            Some(area) => Argon2::new(algorithm, version, params)
                .hash_password_into_with_memory(text.as_bytes(), salt, tag, area)
                .is_ok(),
            None => false,
        }
    }

    fn read(&self, hash: &PasswordHash) -> Option<Stored> {
        Stored::read(hash.expose()).filter(|stored| self.params.grants(stored.params))
    }

    fn verify_decoy(&self, password: &Password) -> Verdict {
        let mut tag = [0; TAG_BYTES];
        if let Some(params) = self.params.with_output(TAG_BYTES) {
            self.digest(Algorithm::Argon2id, Version::V0x13, params, password.expose(), &self.decoy.salt, &mut tag);
        }
        // The comparison is made and its answer ignored: a decoy is nobody's password.
        let _ = same(&tag, &self.decoy.tag);
        Verdict::NoMatch
    }

    fn verify_argon2(&self, password: &Password, stored: &Stored) -> Verdict {
        let own = stored.algorithm == Algorithm::Argon2id && stored.version == Version::V0x13;
        let fresh =
            own && stored.params == self.params && stored.tag.len() == TAG_BYTES && stored.salt.len() >= SALT_BYTES;
        let matches = |text: &str| {
            let mut tag = vec![0; stored.tag.len()];
            let Some(params) = stored.params.with_output(tag.len()) else { return false };
            self.digest(stored.algorithm, stored.version, params, text, &stored.salt, &mut tag)
                && same(&tag, &stored.tag)
        };
        if matches(password.expose()) {
            return if fresh { Verdict::Match } else { Verdict::Stale };
        }
        // A hash made elsewhere may be over the text as entered; one of ours never is.
        if !fresh && password.expose() != password.expose_entered() && matches(password.expose_entered()) {
            return Verdict::Stale;
        }
        Verdict::NoMatch
    }
}

impl PasswordHasher for Argon2Hasher {
    fn hash(&self, password: &Password) -> Result<PasswordHash, HashError> {
        if password.is_too_long() {
            return Err(HashError::Failed);
        }
        let mut salt = [0; SALT_BYTES];
        self.entropy.fill(&mut salt)?;
        let mut tag = [0; TAG_BYTES];
        let params = self.params.with_output(TAG_BYTES).ok_or(HashError::Failed)?;
        if !self.digest(Algorithm::Argon2id, Version::V0x13, params.clone(), password.expose(), &salt, &mut tag) {
            return Err(HashError::Failed);
        }
        let phc = Phc {
            algorithm: Algorithm::Argon2id.ident(),
            version: Some(Version::V0x13.into()),
            params: ParamsString::try_from(params).map_err(|_| HashError::Failed)?,
            salt: Some(Salt::new(&salt).map_err(|_| HashError::Failed)?),
            hash: Some(Output::new(&tag).map_err(|_| HashError::Failed)?),
        };
        Ok(PasswordHash::new(phc.to_string()))
    }

    fn verify(&self, password: &Password, hash: Option<&PasswordHash>) -> Verdict {
        let Some(hash) = hash.filter(|_| !password.is_too_long()) else { return self.verify_decoy(password) };
        #[cfg(feature = "bcrypt")]
        if let Some(hash) = super::bcrypt::Bcrypt::read(hash.expose()) {
            // It needs no memory, and the processor like any other.
            let _turn = self.memories.take(0);
            return if hash.matches(password) { Verdict::Stale } else { Verdict::NoMatch };
        }
        match self.read(hash) {
            Some(stored) => self.verify_argon2(password, &stored),
            None => self.verify_decoy(password),
        }
    }

    fn can_verify(&self, hash: &PasswordHash) -> bool {
        #[cfg(feature = "bcrypt")]
        if super::bcrypt::Bcrypt::read(hash.expose()).is_some() {
            return true;
        }
        self.read(hash).is_some()
    }
}

/// A stored Argon2 hash.
struct Stored {
    algorithm: Algorithm,
    version: Version,
    params: Argon2Params,
    salt: Vec<u8>,
    tag: Vec<u8>,
}

impl Stored {
    fn read(text: &str) -> Option<Self> {
        let phc = Phc::new(text).ok()?;
        let algorithm = Algorithm::try_from(phc.algorithm.as_str()).ok()?;
        let version = match phc.version {
            Some(version) => Version::try_from(version).ok()?,
            None => Version::V0x10, // The PHC string of version 1.0 has no `v`.
        };
        let params = Params::try_from(&phc).ok()?;
        // A keyed hash, or one over more than the password, cannot be checked here.
        if !params.keyid().is_empty() || !params.data().is_empty() {
            return None;
        }
        let params = Argon2Params::of(&params);
        let salt = phc.salt.map(|salt| salt.as_ref().to_vec())?;
        let tag = phc.hash.map(|tag| tag.as_bytes().to_vec())?;
        let sound = salt.len() >= argon2::MIN_SALT_LEN && tag.len() >= 16;
        sound.then_some(Self { algorithm, version, params, salt, tag })
    }
}

fn same(one: &[u8], other: &[u8]) -> bool {
    aws_lc_rs::constant_time::verify_slices_are_equal(one, other).is_ok()
}

impl fmt::Debug for Argon2Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Argon2Hasher").field("params", &self.params).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::SystemEntropy;

    fn hasher() -> Argon2Hasher {
        let params = Argon2Params { memory_kib: 64, iterations: 1, parallelism: 1 };
        Argon2Hasher::new(params, 2, Arc::new(SystemEntropy)).unwrap()
    }

    #[test]
    fn a_password_matches_its_own_hash_alone() {
        let hasher = hasher();
        let hash = hasher.hash(&Password::new("correct horse")).unwrap();
        assert!(hash.expose().starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{}", hash.expose());
        assert_eq!(hasher.verify(&Password::new("correct horse"), Some(&hash)), Verdict::Match);
        assert_eq!(hasher.verify(&Password::new("correct horsf"), Some(&hash)), Verdict::NoMatch);
        assert_eq!(hasher.verify(&Password::new("correct horse\0"), Some(&hash)), Verdict::NoMatch);
        assert_eq!(hasher.verify(&Password::new("correct horse"), None), Verdict::NoMatch);
    }

    #[test]
    fn another_cost_is_stale() {
        let params = Argon2Params { memory_kib: 128, iterations: 2, parallelism: 1 };
        let other = Argon2Hasher::new(params, 1, Arc::new(SystemEntropy)).unwrap();
        let hash = other.hash(&Password::new("correct horse")).unwrap();
        assert_eq!(hasher().verify(&Password::new("correct horse"), Some(&hash)), Verdict::Stale);
    }

    #[test]
    fn the_reference_implementation_agrees() {
        // The C reference implementation's own test (src/test.c of phc-winner-argon2): argon2id, v = 1.3.
        let hash =
            PasswordHash::new("$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4");
        assert_eq!(hasher().verify(&Password::new("password"), Some(&hash)), Verdict::Stale);
        assert_eq!(hasher().verify(&Password::new("Password"), Some(&hash)), Verdict::NoMatch);
    }

    #[test]
    fn hostile_and_corrupt_hashes_match_nothing_and_allocate_nothing() {
        let hasher = hasher();
        let tail = "$c29tZXNhbHRzb21lc2FsdA$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
        for head in [
            "m=4294967295,t=2,p=1",
            "m=65536,t=4294967295,p=1",
            "m=64,t=1,p=0",
            "m=64,t=0,p=1",
            "m=64,t=1,p=16777215",
            "m=65537,t=1,p=1",
            "m=65536,t=5,p=1",
            "m=64,t=1,p=1,data=eHg",
            "m=1",
            "",
        ] {
            let hash = PasswordHash::new(format!("$argon2id$v=19${head}{tail}"));
            assert!(!hasher.can_verify(&hash), "{head}");
            assert_eq!(hasher.verify(&Password::new("password"), Some(&hash)), Verdict::NoMatch);
        }
        for text in ["", "$", "$argon2id$", "plain", "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ", "\u{1F980}$\u{0}"] {
            assert_eq!(
                hasher.verify(&Password::new("password"), Some(&PasswordHash::new(text))),
                Verdict::NoMatch,
                "{text}"
            );
        }
    }

    #[test]
    fn memory_is_kept_and_bounded() {
        let hasher = Arc::new(hasher());
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| hasher.hash(&Password::new("correct horse")).unwrap());
            }
        });
        assert!((1..=2).contains(&hasher.memories.kept()));
    }

    /// Memory is taken by a hash and by nothing else: where some is kept, the work was done.
    #[test]
    fn what_cannot_match_costs_a_hash_all_the_same() {
        let good = hasher().hash(&Password::new("correct horse")).unwrap();
        let long = Password::new("x".repeat(5_000));
        let corrupt = PasswordHash::new("$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ");
        for (password, hash) in [
            (Password::new("correct horse"), None),
            (long.clone(), None),
            (long, Some(&good)),
            (Password::new("correct horse"), Some(&corrupt)),
        ] {
            let hasher = hasher();
            assert_eq!(hasher.verify(&password, hash), Verdict::NoMatch);
            assert_eq!(hasher.memories.kept(), 1);
        }
    }

    #[test]
    fn costs_below_the_owasp_sets_are_refused() {
        assert_eq!(Argon2Params::new(19_456, 2, 1), Ok(Argon2Params::default()));
        assert_eq!(Argon2Params::new(19_455, 2, 1), Err(ParamsError::TooWeak));
        assert_eq!(Argon2Params::new(47_103, 1, 1), Err(ParamsError::TooWeak));
        assert!(Argon2Params::new(7_168, 5, 1).is_ok());
        assert_eq!(Argon2Params::new(19_456, 2, 0), Err(ParamsError::TooWeak));
        assert_eq!(Argon2Params::new(u32::MAX, 2, 1), Err(ParamsError::TooCostly));
    }
}
