//! bcrypt: `$2a$`, `$2b$`, `$2y$`, and `$2x$` for passwords that are ASCII.

use aws_lc_rs::digest::{SHA256, digest};
use base64ct::{Base64Bcrypt, Encoding as _};
use zeroize::Zeroizing;

use crate::password::class::{Cost, number};
use crate::password::stored::same;

/// What its makers cut a password to.
const MOST_BYTES: usize = 72;

/// A bcrypt hash.
pub(in crate::password) struct Bcrypt {
    cost: u32,
    /// `$2x$` marks the hashes of a maker whose characters beyond ASCII went wrong (CVE-2011-2483).
    ascii_only: bool,
    /// Over the hexadecimal SHA-256 of the password, as Django's `bcrypt_sha256` does.
    digested: bool,
    salt: [u8; 16],
    tag: [u8; 23],
}

impl Bcrypt {
    pub(super) fn read(text: &str) -> Option<Self> {
        let mut parts = text.strip_prefix('$')?.split('$');
        let (version, cost, rest) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() || cost.len() != 2 || rest.len() != 53 {
            return None;
        }
        let cost = number(cost.strip_prefix('0').unwrap_or(cost))?;
        let (salt, tag) = rest.split_at_checked(22)?;
        // Two and four bits of the last characters mean nothing, and some makers left them set.
        let salt = Base64Bcrypt::decode_vec(&cleared(salt, 0x0f)?).ok()?.try_into().ok()?;
        let tag = Base64Bcrypt::decode_vec(&cleared(tag, 0x03)?).ok()?.try_into().ok()?;
        Some(Self { cost, ascii_only: version == "2x", digested: false, salt, tag })
    }

    /// As Django's `bcrypt_sha256` makes them.
    pub(super) fn digested(self) -> Self {
        Self { digested: true, ..self }
    }

    pub(super) fn cost(&self) -> Cost {
        Cost::Bcrypt { cost: self.cost, digested: self.digested }
    }

    pub(super) fn matches(&self, text: &str) -> bool {
        let key = if self.digested { hexadecimal(digest(&SHA256, text.as_bytes()).as_ref()) } else { cut(text) };
        let whole = key.clone();
        let mut key = key;
        // The key ends with a NUL, where there is room for it.
        if key.len() < MOST_BYTES {
            key.push(0);
        }
        let made = Zeroizing::new(::bcrypt::bcrypt(self.cost, self.salt, &key));
        let is_same = made.get(..self.tag.len()).is_some_and(|tag| same(tag, &self.tag));
        // bcrypt repeats its key, with a NUL between: `a` and `a NUL a` hash to the same.
        is_same && !whole.contains(&0) && (text.is_ascii() || !self.ascii_only)
    }
}

/// Cut at 72 bytes, as its maker cut it.
fn cut(text: &str) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(text.bytes().take(MOST_BYTES).collect())
}

fn hexadecimal(bytes: &[u8]) -> Zeroizing<Vec<u8>> {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 0x0f]);
    Zeroizing::new(digits.map(|digit| if digit < 10 { b'0' + digit } else { b'a' + digit - 10 }).collect())
}

/// With the given bits of the last character cleared.
fn cleared(text: &str, bits: u8) -> Option<String> {
    const ALPHABET: &[u8; 64] = b"./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let (last, rest) = text.as_bytes().split_last()?;
    let value = ALPHABET.iter().position(|letter| letter == last)?;
    let last = ALPHABET.get(value & !usize::from(bits))?;
    let rest = std::str::from_utf8(rest).ok()?;
    Some(format!("{rest}{}", char::from(*last)))
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
            ("$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a", "U*U*U"),
        ] {
            let read = Bcrypt::read(hash).unwrap();
            assert!(read.matches(password), "{hash}");
            assert!(!read.matches("U*V"), "{hash}");
            assert!(!read.matches(&format!("{password}\0{password}")), "{hash}");
        }
    }

    #[test]
    fn the_cut_at_72_bytes_is_its_makers() {
        let hash = ::bcrypt::hash_with_salt("a".repeat(80), 4, [7; 16]).unwrap().to_string();
        let read = Bcrypt::read(&hash).unwrap();
        assert!(read.matches(&format!("{}b", "a".repeat(72))));
        assert!(!read.matches(&"a".repeat(71)));
    }

    #[test]
    fn a_broken_maker_s_hash_takes_ascii_alone() {
        let make = |text: &str| ::bcrypt::hash_with_salt(text, 4, [7; 16]).unwrap().to_string().replacen("2b", "2x", 1);
        assert!(Bcrypt::read(&make("letmein")).unwrap().matches("letmein"));
        assert!(!Bcrypt::read(&make("l\u{e8}tmein")).unwrap().matches("l\u{e8}tmein"));
    }

    #[test]
    fn bits_that_mean_nothing_are_not_read() {
        let odd = "$2a$05$CCCCCCCCCCCCCCCCCCCCC/E5YPO9kmyuRGyh0XouQYb4YMJKvyOeX";
        assert!(Bcrypt::read(odd).unwrap().matches("U*U"));
    }

    #[test]
    fn corrupt_and_foreign_hashes_are_not_read() {
        for text in [
            "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOe",
            "$2b$05$CCCCCCCCCCCCCCCCCCCC\u{e9}.E5YPO9kmyuRGyh0XouQYb4YMJKvyOe",
            "$2b$5$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
            "$2b$+5$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
            "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW$",
            "$2b$05",
            "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$nf65EOgLrQMR",
        ] {
            assert!(Bcrypt::read(text).is_none(), "{text}");
        }
    }
}
