//! Which names may be registered.

use std::collections::BTreeSet;

use precis_profiles::UsernameCaseMapped;
use precis_profiles::precis_core::profile::PrecisFastInvocation;
use unicode_security::MixedScript;

use super::name::{CanonicalName, MAX_NAME_BYTES, Skeleton, Username};

/// Names that a product needs for itself, or that make people believe they speak with it (ASVS 5.0, 6.3.2 names
/// default accounts).
const RESERVED: &[&str] = &[
    "abuse",
    "admin",
    "administrator",
    "anonymous",
    "api",
    "auth",
    "daemon",
    "guest",
    "help",
    "hostmaster",
    "info",
    "login",
    "logout",
    "mail",
    "me",
    "moderator",
    "noreply",
    "null",
    "nobody",
    "oauth",
    "official",
    "operator",
    "postmaster",
    "register",
    "root",
    "security",
    "self",
    "service",
    "settings",
    "staff",
    "superuser",
    "support",
    "sysadmin",
    "system",
    "test",
    "undefined",
    "user",
    "users",
    "webmaster",
    "www",
    ".well-known",
];

/// What a registered name must be.
#[derive(Debug, Clone)]
pub struct UsernamePolicy {
    min_length: usize,
    max_length: usize,
    reserved: BTreeSet<CanonicalName>,
    /// The looks of the reserved names: `adrnin` deceives as well as `admin`.
    reserved_looks: BTreeSet<Skeleton>,
}

impl Default for UsernamePolicy {
    fn default() -> Self {
        Self::new::<&str>(3, 64, &[])
    }
}

impl UsernamePolicy {
    /// Names of `min_length` to `max_length` code points, counted in canonical form, none of the built-in reserved ones
    /// or of `reserved`.
    pub fn new<S: AsRef<str>>(min_length: usize, max_length: usize, reserved: &[S]) -> Self {
        let own = reserved.iter().map(AsRef::as_ref);
        let all: Vec<&str> = RESERVED.iter().copied().chain(own).collect();
        Self {
            min_length,
            max_length,
            reserved: all.iter().map(|name| CanonicalName::of(name)).collect(),
            reserved_looks: all.iter().map(|name| Skeleton::of(name)).collect(),
        }
    }

    /// Shortest and longest, in code points.
    pub fn lengths(&self) -> (usize, usize) {
        (self.min_length, self.max_length)
    }

    /// The name, or the first reason against it. Never trimmed or changed: another spelling is another name.
    ///
    /// # Errors
    /// Each [`UsernameFault`] is one rule.
    pub fn check(&self, entered: &str) -> Result<Username, UsernameFault> {
        // Before any table is looked up: a name of a megabyte must not cost one.
        if entered.len() > self.max_length.saturating_mul(4 * 3).min(MAX_NAME_BYTES) {
            return Err(UsernameFault::TooLong);
        }
        if entered.is_empty() {
            return Err(UsernameFault::TooShort);
        }
        let precis = UsernameCaseMapped::enforce(entered).map_err(|_| UsernameFault::Forbidden)?;
        if precis.contains(is_invisible) {
            return Err(UsernameFault::Forbidden);
        }
        let length = precis.chars().count();
        if length < self.min_length {
            return Err(UsernameFault::TooShort);
        }
        if length > self.max_length {
            return Err(UsernameFault::TooLong);
        }
        if !precis.as_ref().is_single_script() {
            return Err(UsernameFault::MixedScripts);
        }
        let name = Username::claimed(entered).ok_or(UsernameFault::TooLong)?;
        let is_reserved = self.reserved.contains(name.canonical())
            || name.skeleton().is_some_and(|look| self.reserved_looks.contains(look));
        if is_reserved { Err(UsernameFault::Reserved) } else { Ok(name) }
    }
}

/// Joiners that PRECIS lets pass between certain letters (RFC 5892, appendix A.1 and A.2); in a name they only hide.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}')
}

impl UsernameFault {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::TooShort, Self::TooLong, Self::Forbidden, Self::MixedScripts, Self::Reserved];
}

/// Why a name cannot be registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum UsernameFault {
    /// Fewer code points than the policy's least.
    #[error("the name is too short")]
    TooShort,
    /// More code points than the policy's most.
    #[error("the name is too long")]
    TooLong,
    /// It holds spaces, control or invisible characters, or others that PRECIS refuses in names.
    #[error("the name holds a character that names must not have")]
    Forbidden,
    /// It mixes scripts, as in `аdmin` with a Cyrillic letter (UTS 39, section 5.1).
    #[error("the name mixes scripts")]
    MixedScripts,
    /// It is kept for the product itself.
    #[error("the name is reserved")]
    Reserved,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_held_to_each_rule() {
        let policy = UsernamePolicy::new(3, 8, &["Boss"]);
        for (name, fault) in [
            ("", UsernameFault::TooShort),
            ("ab", UsernameFault::TooShort),
            ("abcdefghi", UsernameFault::TooLong),
            ("a b c", UsernameFault::Forbidden),
            (" abc", UsernameFault::Forbidden),
            ("ab\u{0}c", UsernameFault::Forbidden),
            ("ab\u{202e}c", UsernameFault::Forbidden),
            ("ab\u{200b}c", UsernameFault::Forbidden),
            ("ab\u{200d}c", UsernameFault::Forbidden),
            ("\u{430}dmin", UsernameFault::MixedScripts),
            ("ADMIN", UsernameFault::Reserved),
            ("boss", UsernameFault::Reserved),
            ("b0ss", UsernameFault::Reserved),
            ("adrnin", UsernameFault::Reserved),
            ("r00t", UsernameFault::Reserved),
            ("1ogin", UsernameFault::Reserved),
        ] {
            assert_eq!(policy.check(name).map(|_| ()), Err(fault), "{name:?}");
        }
        for name in ["abc", "abcdefgh", "josé", "алиса", "田中太郎", "a.b-c_d", "ａｌｉｃｅ"] {
            assert!(policy.check(name).is_ok(), "{name:?}");
        }
    }

    #[test]
    fn a_name_that_no_index_takes_is_too_long_whatever_the_policy_says() {
        let policy = UsernamePolicy::new::<&str>(3, 255, &[]);
        assert!(policy.check(&"x".repeat(255)).is_ok());
        let marks = "e\u{323}\u{302}".repeat(255);
        assert_eq!(policy.check(&marks).map(|_| ()), Err(UsernameFault::TooLong));
    }

    #[test]
    fn a_megabyte_is_too_long() {
        assert_eq!(UsernamePolicy::default().check(&"a".repeat(1 << 20)).map(|_| ()), Err(UsernameFault::TooLong));
    }

    proptest::proptest! {
        #[test]
        fn an_accepted_name_is_kept_as_entered(text in "\\PC{0,70}") {
            if let Ok(name) = UsernamePolicy::default().check(&text) {
                proptest::prop_assert_eq!(name.as_entered(), text);
            }
        }
    }
}
