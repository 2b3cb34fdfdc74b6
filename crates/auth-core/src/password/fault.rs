//! Why a stored hash cannot be used.

/// Why a hash cannot be checked here. Never holds the text: it may be a password in the wrong place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum HashFault {
    /// There is none.
    #[error("the hash is empty")]
    Empty,
    /// It begins as no hash does that is known. A plain password ends here.
    #[error("this is no hash of a known scheme")]
    Unknown,
    /// Of a scheme that is known and not supported.
    #[error("hashes of {0} cannot be checked here")]
    Unsupported(&'static str),
    /// Of a supported scheme, and cut or changed.
    #[error("a corrupt hash of {0}")]
    Corrupt(&'static str),
    /// It asks for more work than is granted to a stored hash, or for none.
    #[error("the cost of this {0} hash is not granted")]
    Cost(&'static str),
}

/// Beginnings of hashes that are not supported, and what they are. Most are too fast to protect anything.
const UNSUPPORTED: [(&str, &str); 22] = [
    ("$1$", "MD5-crypt"),
    ("$apr1$", "Apache's MD5-crypt"),
    ("$5$", "SHA-256-crypt"),
    ("$6$", "SHA-512-crypt"),
    ("$7$", "scrypt in its crypt form"),
    ("$y$", "yescrypt"),
    ("$gy$", "gost-yescrypt"),
    ("$P$", "phpass"),
    ("$H$", "phpass"),
    ("$S$", "Drupal 7"),
    ("$bcrypt-sha256$", "passlib's bcrypt-sha256"),
    ("$balloon", "Balloon"),
    ("md5$", "Django's MD5"),
    ("sha1$", "Django's SHA-1"),
    ("unsalted_", "Django without salt"),
    ("crypt$", "Django's crypt"),
    ("{SSHA", "LDAP's salted SHA"),
    ("{SHA", "LDAP's SHA"),
    ("{SMD5", "LDAP's MD5"),
    ("{CRYPT", "LDAP's crypt"),
    ("pbkdf2:", "Werkzeug's PBKDF2"),
    ("scrypt:", "Werkzeug's scrypt"),
];

impl HashFault {
    /// What can be said of a text that no supported scheme takes.
    pub(super) fn of(text: &str) -> Self {
        if text.is_empty() {
            return Self::Empty;
        }
        if text.starts_with('!') {
            return Self::Unsupported("Django's accounts without a password");
        }
        if let Some((_, name)) = UNSUPPORTED.iter().find(|(start, _)| text.starts_with(start)) {
            return Self::Unsupported(name);
        }
        let is_hex = text.bytes().all(|byte| byte.is_ascii_hexdigit());
        match text.len() {
            32 if is_hex => Self::Unsupported("plain MD5, or another of 128 bits,"),
            40 if is_hex => Self::Unsupported("plain SHA-1, or another of 160 bits,"),
            64 if is_hex => Self::Unsupported("plain SHA-256, or another of 256 bits,"),
            128 if is_hex => Self::Unsupported("plain SHA-512, or another of 512 bits,"),
            _ => Self::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_supported_is_named() {
        for (text, fault) in [
            ("", HashFault::Empty),
            ("hunter2", HashFault::Unknown),
            ("$evil$", HashFault::Unknown),
            ("$6$rounds=5000$salt$x", HashFault::Unsupported("SHA-512-crypt")),
            ("5f4dcc3b5aa765d61d8327deb882cf99", HashFault::Unsupported("plain MD5, or another of 128 bits,")),
            ("!Xq3", HashFault::Unsupported("Django's accounts without a password")),
        ] {
            assert_eq!(HashFault::of(text), fault, "{text}");
        }
    }
}
