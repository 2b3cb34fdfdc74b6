//! The cost of Argon2.

use argon2::{Params, Version};

use super::class::{Cost, HashClass, Kind};

/// A configured cost may be this high.
const MOST_MEMORY_KIB: u32 = 256 * 1_024;
/// Memory times passes, in KiB: about two seconds of one core.
const MOST_WORK_KIB: u64 = 1_024 * 1_024;
/// A stored hash may ask for this much (Django's default for Argon2), or for as much as is configured, or a planted row
/// would be a memory attack.
const MOST_STORED_MEMORY_KIB: u32 = 100 * 1_024;
/// Half a second of one core.
const MOST_STORED_WORK_KIB: u64 = 256 * 1_024;
const MOST_LANES: u32 = 16;

/// The least memory (KiB) for a number of passes, each set as strong as the others (OWASP Password Storage Cheat Sheet).
const OWASP_SETS: [(u32, u32); 5] = [(1, 47_104), (2, 19_456), (3, 12_288), (4, 9_216), (5, 7_168)];

/// The cost of one hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
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

    /// The class of Argon2id hashes of this cost, as they are made here.
    pub fn class(self) -> HashClass {
        HashClass(Cost::Argon2 { kind: Kind::Id, version: Version::V0x13.into(), params: self, foreign: false })
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

    /// Whether a hasher of this cost grants a stored hash of `other`. At least eight blocks a lane (RFC 9106, section 3.1).
    pub(super) fn grants(self, other: Self) -> bool {
        let memory_kib = self.memory_kib.max(MOST_STORED_MEMORY_KIB);
        let sound = other.iterations > 0
            && other.parallelism > 0
            && u64::from(other.memory_kib) >= 8 * u64::from(other.parallelism);
        sound && other.is_within(memory_kib, self.work_kib().max(MOST_STORED_WORK_KIB))
    }

    /// Of a stored hash, whatever they are.
    pub(super) fn stored(memory_kib: u32, iterations: u32, parallelism: u32) -> Self {
        Self { memory_kib, iterations, parallelism }
    }

    pub(super) fn with_output(self, bytes: usize) -> Option<Params> {
        Params::new(self.memory_kib, self.iterations, self.parallelism, Some(bytes)).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
