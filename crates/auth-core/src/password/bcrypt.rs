//! bcrypt hashes that were made elsewhere: `$2a$`, `$2b$`, `$2y$`.

use std::str::FromStr;

use ::bcrypt::HashParts;

use super::Password;

/// Two to the fourteenth rounds: about a second. A stored cost beyond it is refused unread.
const MOST_COST: u32 = 14;

/// A bcrypt hash whose cost is granted.
pub(super) struct Bcrypt<'a>(&'a str);

impl<'a> Bcrypt<'a> {
    /// `None` for another scheme, a corrupt text, or a cost that is not granted. `$2x$` marks hashes of a broken maker
    /// whose non-ASCII passwords hash to something else; it is not taken.
    pub(super) fn read(text: &'a str) -> Option<Self> {
        if !["$2a$", "$2b$", "$2y$"].iter().any(|prefix| text.starts_with(prefix)) {
            return None;
        }
        let parts = HashParts::from_str(text).ok()?;
        (4..=MOST_COST).contains(&parts.get_cost()).then_some(Self(text))
    }

    /// On the text as entered, then in NFC. Cut at 72 bytes, as its maker cut it.
    pub(super) fn matches(&self, password: &Password) -> bool {
        // bcrypt repeats its key, with a NUL between: `a` and `a NUL a` hash to the same.
        let whole = |text: &str| !text.bytes().take(72).any(|byte| byte == 0);
        let matches = |text: &str| ::bcrypt::verify(text.as_bytes(), self.0).unwrap_or(false) && whole(text);
        matches(password.expose_entered())
            || (password.expose() != password.expose_entered() && matches(password.expose()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_vectors_match() {
        // From the tests of John the Ripper's crypt_blowfish 1.3 (wrapper.c).
        for (hash, password) in [
            ("$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "U*U"),
            ("$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "U*U"),
            ("$2y$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "U*U"),
            ("$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK", "U*U*"),
        ] {
            let read = Bcrypt::read(hash).unwrap();
            assert!(read.matches(&Password::new(password)), "{hash}");
            assert!(!read.matches(&Password::new("U*V")), "{hash}");
            assert!(!read.matches(&Password::new(format!("{password}\0{password}"))), "{hash}");
        }
    }

    #[test]
    fn the_cut_at_72_bytes_is_its_makers() {
        let hash = ::bcrypt::hash_with_salt("a".repeat(80), 4, [7; 16]).unwrap().to_string();
        assert!(Bcrypt::read(&hash).unwrap().matches(&Password::new(format!("{}b", "a".repeat(72)))));
        assert!(!Bcrypt::read(&hash).unwrap().matches(&Password::new("a".repeat(71))));
    }

    #[test]
    fn hostile_and_foreign_hashes_are_not_read() {
        for text in [
            "$2x$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
            "$2b$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
            "$2b$15$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
            "$2b$03$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
            "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOe",
            "$2b$05$CCCCCCCCCCCCCCCCCCCC\u{e9}.E5YPO9kmyuRGyh0XouQYb4YMJKvyOe",
            "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$nf65EOgLrQMR",
        ] {
            assert!(Bcrypt::read(text).is_none(), "{text}");
        }
    }
}
