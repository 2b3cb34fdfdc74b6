//! Passwords: what may be chosen, how it is hashed, how a hash is checked.

mod argon2;
mod class;
mod decoy;
mod fault;
mod hash;
mod hasher;
#[cfg(feature = "legacy")]
mod legacy;
mod memory;
mod params;
mod plan;
mod policy;
mod repository;
mod stored;

use unicode_normalization::{UnicodeNormalization, is_nfc};

pub use self::argon2::Argon2Hasher;
pub use self::class::HashClass;
pub use self::fault::HashFault;
pub use self::hash::PasswordHash;
pub use self::hasher::{HashError, PasswordHasher, Verdict};
#[cfg(feature = "legacy")]
pub use self::legacy::{FirebaseScrypt, Pbkdf2Digest};
pub use self::params::{Argon2Params, ParamsError};
pub use self::plan::DecoyPlan;
pub use self::policy::{PasswordFault, PasswordPolicy};
pub use self::repository::{PasswordRepository, StoredPassword};

use crate::secret::Secret;

/// A password as somebody entered it, and in NFC (NIST SP 800-63B-4, section 3.1.1.2). Never trimmed, folded or cut.
#[derive(Debug, Clone)]
pub struct Password {
    entered: Secret,
    normalised: Option<Secret>,
    too_long: bool,
}

impl Password {
    /// The most bytes that are ever hashed: 1,024 code points of four bytes.
    pub const MAX_BYTES: usize = 4_096;

    /// Takes what was entered. A text beyond [`Password::MAX_BYTES`] is wiped at once and matches nothing, at the cost
    /// of any other wrong password.
    pub fn new(entered: impl Into<Secret>) -> Self {
        let entered = entered.into();
        if entered.expose().len() > Self::MAX_BYTES {
            return Self { entered: Secret::new(""), normalised: None, too_long: true };
        }
        let text = entered.expose();
        let normalised = (!is_nfc(text)).then(|| Secret::new(text.nfc().collect::<String>()));
        // A few code points grow in NFC (up to three times, UAX 15); the bound holds after it as well.
        if normalised.as_ref().is_some_and(|text| text.expose().len() > Self::MAX_BYTES) {
            return Self { entered: Secret::new(""), normalised: None, too_long: true };
        }
        Self { entered, normalised, too_long: false }
    }

    /// In NFC: what is hashed.
    pub fn expose(&self) -> &str {
        self.normalised.as_ref().unwrap_or(&self.entered).expose()
    }

    /// As entered: what hashes made elsewhere are tried on first.
    pub fn expose_entered(&self) -> &str {
        self.entered.expose()
    }

    /// Whether both are one password: in NFC, in constant time.
    pub fn is_same(&self, other: &Self) -> bool {
        let (one, two) = (self.expose().as_bytes(), other.expose().as_bytes());
        !self.too_long && !other.too_long && aws_lc_rs::constant_time::verify_slices_are_equal(one, two).is_ok()
    }

    /// Whether the text was beyond [`Password::MAX_BYTES`].
    pub fn is_too_long(&self) -> bool {
        self.too_long
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn composed_and_decomposed_are_one_password_and_compatibility_forms_are_not() {
        assert_eq!(Password::new("e\u{301}").expose(), Password::new("é").expose());
        assert_ne!(Password::new("ﬁ").expose(), Password::new("fi").expose());
        assert_eq!(Password::new(" a ").expose(), " a ");
    }

    #[test]
    fn the_byte_bound_holds_before_and_after_nfc() {
        assert!(!Password::new("a".repeat(4_096)).is_too_long());
        assert!(Password::new("a".repeat(4_097)).is_too_long());
        // U+1D160 is four bytes, and twelve in NFC.
        assert!(Password::new("\u{1D160}".repeat(1_024)).is_too_long());
    }

    #[test]
    fn debug_shows_neither_password_nor_hash() {
        let text = format!("{:?} {:?}", Password::new("canary"), PasswordHash::new("$2b$10$canary"));
        assert!(!text.contains("canary"), "{text}");
        assert!(!format!("{:?}", PasswordHash::new("$canary")).contains("canary"));
    }
}
