//! A stored hash as a text, before and after it is read.

use std::fmt;

use super::class::HashClass;
use super::fault::HashFault;
use super::stored::Stored;
use super::{Argon2Params, decoy};
use crate::entropy::{Entropy, EntropyError};

/// A stored password hash: a PHC string (`$argon2id$…`), a modular crypt string (`$2b$…`), or Django's
/// (`pbkdf2_sha256$…`). Kept as it is.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash {
    text: String,
    is_decoy: bool,
}

impl PasswordHash {
    /// Takes a hash over as it is. Whether it can be read shows at [`super::PasswordHasher::verify`]; one that cannot
    /// matches nothing.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), is_decoy: false }
    }

    /// A hash of this class that is nobody's: to check a password against it is the work of any hash of the class, and
    /// the answer is always no.
    ///
    /// # Errors
    /// [`EntropyError`] where there is no randomness for salt and tag.
    pub fn decoy(class: HashClass, entropy: &dyn Entropy) -> Result<Self, EntropyError> {
        Ok(Self { text: decoy::text(class, entropy)?, is_decoy: true })
    }

    /// Puts the hash of a known password into a decoy.
    #[cfg(test)]
    pub(super) fn pretend(&mut self, text: &str) {
        text.clone_into(&mut self.text);
    }

    /// The text, for a store or a hasher.
    pub fn expose(&self) -> &str {
        &self.text
    }

    /// Whether it is nobody's.
    pub fn is_decoy(&self) -> bool {
        self.is_decoy
    }

    /// What checking it costs; `None` where it cannot be read, whatever a hasher would grant.
    pub fn class(&self) -> Option<HashClass> {
        Stored::read(&self.text).ok().map(|stored| stored.class())
    }

    /// Whether passwords with characters beyond ASCII never match it: `$2x$`, of a maker that got those wrong.
    pub fn takes_ascii_alone(&self) -> bool {
        self.text.starts_with("$2x$")
    }

    /// What this hash is, and whether a hasher of the cost `own` checks it.
    ///
    /// # Errors
    /// [`HashFault`] says why it does not.
    pub fn inspect(&self, own: Argon2Params) -> Result<HashClass, HashFault> {
        self.read(own).map(|stored| stored.class())
    }

    pub(super) fn read(&self, own: Argon2Params) -> Result<Stored, HashFault> {
        let stored = Stored::read(&self.text)?;
        let class = stored.class();
        if class.is_granted(own) { Ok(stored) } else { Err(HashFault::Cost(class.scheme())) }
    }

    /// The scheme's name, for logs and counts; `unknown` for every text that cannot be read, so that nothing that was
    /// stored by mistake is shown.
    pub fn scheme(&self) -> &'static str {
        self.class().map_or("unknown", HashClass::scheme)
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PasswordHash({}, …)", self.scheme())
    }
}
