//! Roles: what an account may do beyond what everybody may.

mod repository;

use std::borrow::Cow;
use std::fmt;

pub use repository::RoleRepository;

/// The name of a role: 1 to 32 of `a-z`, `0-9`, `-`, `_`, a letter first. Access tokens carry it in the claim `roles`.
///
/// The only one that means something here is [`Role::ADMIN`]; any other is for the services that read the tokens.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Role(Cow<'static, str>);

impl Role {
    /// May administer accounts, sessions and keys.
    pub const ADMIN: Self = Self(Cow::Borrowed("admin"));

    /// How many an account may have: sixteen of the longest names are half a kilobyte of a token, which may have eight.
    pub const MOST: usize = 16;

    /// The longest name, in bytes.
    pub const MAX_BYTES: usize = 32;

    /// Reads a name.
    pub fn parse(text: &str) -> Option<Self> {
        let is_letter = |b: u8| b.is_ascii_lowercase();
        let is_sound = text.len() <= Self::MAX_BYTES
            && text.bytes().next().is_some_and(is_letter)
            && text.bytes().all(|b| is_letter(b) || b.is_ascii_digit() || matches!(b, b'-' | b'_'));
        is_sound.then(|| Self(Cow::Owned(text.to_owned())))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_short_lower_case_and_begins_with_a_letter() {
        assert_eq!(Role::parse("admin"), Some(Role::ADMIN));
        for name in ["a", "help-desk", "tier_2", &"a".repeat(32)] {
            assert_eq!(Role::parse(name).as_ref().map(Role::as_str), Some(name));
        }
        for name in ["", "Admin", "2fa", "-a", "_a", "a b", "a\0", "a.b", "ädmin", "admin ", &"a".repeat(33)] {
            assert_eq!(Role::parse(name), None, "{name:?}");
        }
    }
}
