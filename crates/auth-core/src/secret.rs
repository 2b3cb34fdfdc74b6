//! Text and bytes that must never be printed, and are wiped when dropped.

use std::fmt;

use zeroize::{Zeroize, Zeroizing};

/// A secret text: a token, a password as entered, a shared key from the configuration.
///
/// `Debug` shows nothing, `Display` and `Serialize` do not exist; [`Secret::expose`] is the one way to the content, so
/// that each place which reads a secret can be found by its name.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes the text over. The buffer is wiped when the secret is dropped.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The text itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// In constant time, so that a comparison tells no more than the length.
impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        aws_lc_rs::constant_time::verify_slices_are_equal(self.0.as_bytes(), other.0.as_bytes()).is_ok()
    }
}

impl Eq for Secret {}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Secret bytes: a key, a salt, the plain form of what a store keeps sealed.
#[derive(Clone)]
pub struct SecretBytes(Zeroizing<Vec<u8>>);

impl SecretBytes {
    /// Takes the bytes over. The buffer is wiped when the secret is dropped.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// A copy of `bytes`; the original is wiped.
    pub fn take(bytes: &mut [u8]) -> Self {
        let taken = Self::new(bytes.to_vec());
        bytes.zeroize();
        taken
    }

    /// The bytes themselves.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for SecretBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretBytes(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_nothing() {
        assert!(!format!("{:?} {:?}", Secret::new("canary"), SecretBytes::new(b"canary".to_vec())).contains("canary"));
    }
}
