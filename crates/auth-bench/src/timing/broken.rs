//! Hashers that are broken on purpose: what the measurement has to find. In no server, and in this program by a feature alone.

use std::sync::Arc;

use auth_core::entropy::SystemEntropy;
use auth_core::password::{
    Argon2Hasher, Argon2Params, HashClass, HashError, HashFault, Password, PasswordHash, PasswordHasher, Verdict,
};
use clap::ValueEnum;

use crate::Fallible;

/// How.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Break {
    /// Where there is no hash, nothing is hashed.
    SkipDecoy,
    /// Where there is no hash, one of other parameters is made.
    OtherParameters,
    /// A password that is too long is refused at once.
    EarlyReturn,
    /// Every decoy is of the present class, whatever the accounts have.
    OneClass,
}

struct Broken {
    inner: Arc<dyn PasswordHasher>,
    /// Of the least cost that is allowed.
    cheap: Argon2Hasher,
    way: Break,
}

pub(super) fn hasher(inner: Arc<dyn PasswordHasher>, way: Break) -> Fallible<Arc<dyn PasswordHasher>> {
    let cheap = Argon2Hasher::new(Argon2Params::new(7_168, 5, 1)?, 1, Arc::new(SystemEntropy))?;
    Ok(Arc::new(Broken { inner, cheap, way }))
}

impl PasswordHasher for Broken {
    fn hash(&self, password: &Password) -> Result<PasswordHash, HashError> {
        self.inner.hash(password)
    }

    fn verify(&self, password: &Password, hash: Option<&PasswordHash>) -> Verdict {
        let is_decoy = hash.is_none_or(PasswordHash::is_decoy);
        match self.way {
            Break::SkipDecoy if is_decoy => Verdict::NoMatch,
            Break::OtherParameters if is_decoy => self.cheap.verify(password, None),
            Break::EarlyReturn if password.is_too_long() => Verdict::NoMatch,
            Break::OneClass if is_decoy => self.inner.verify(password, None),
            _ => self.inner.verify(password, hash),
        }
    }

    fn inspect(&self, hash: &PasswordHash) -> Result<HashClass, HashFault> {
        self.inner.inspect(hash)
    }

    fn class(&self) -> HashClass {
        self.inner.class()
    }
}
