//! The settings that are one word out of a few.

/// An enum whose variants have one spelling each in the configuration.
macro_rules! choice {
    ($(#[doc = $doc:literal])* $name:ident { $($(#[doc = $of:literal])* $variant:ident = $text:literal,)+ }) => {
        $(#[doc = $doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name {
            $($(#[doc = $of])* $variant,)+
        }

        impl $name {
            /// Each spelling, in the order of the documentation.
            pub(super) const NAMES: &'static [&'static str] = &[$($text),+];

            /// The variant as the configuration spells it.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }

            pub(super) fn from_name(name: &str) -> Option<Self> {
                match name {
                    $($text => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }
    };
}

choice! {
    /// How access tokens are signed (RFC 7518, section 3.1; RFC 8037, section 3.1).
    Algorithm {
        /// ECDSA on P-256 with SHA-256, by a key pair in the database.
        Es256 = "ES256",
        /// Ed25519, by a key pair in the database.
        EdDsa = "EdDSA",
        /// HMAC-SHA-256 under a configured secret that every verifier shares.
        Hs256 = "HS256",
        /// RSASSA-PSS with SHA-256, by a key pair of 3,072 bits in the database, for verifiers without elliptic curves.
        Ps256 = "PS256",
        /// RSASSA-PKCS1-v1_5 with SHA-256, for verifiers that know nothing else.
        Rs256 = "RS256",
    }
}

choice! {
    /// The `typ` header of access tokens.
    TokenType {
        /// `JWT` (RFC 7519, section 5.1), which every verifier takes.
        Jwt = "JWT",
        /// `at+jwt` (RFC 9068, section 2.1), which some stock decoders refuse.
        AtJwt = "at+jwt",
    }
}

choice! {
    /// When SQLite waits for the disk (`PRAGMA synchronous`).
    Synchronous {
        /// At every commit: an answered write survives a power cut.
        Full = "full",
        /// At checkpoints: an answered write survives a crash of the process, not a power cut.
        Normal = "normal",
    }
}

choice! {
    /// Who may register.
    RegistrationMode {
        /// Anybody.
        Open = "open",
        /// Nobody; users are made by command or import.
        Closed = "closed",
    }
}

choice! {
    /// How a log line looks.
    LogFormat {
        /// Text on a terminal, JSON elsewhere.
        Auto = "auto",
        /// One JSON object a line.
        Json = "json",
        /// For people.
        Text = "text",
    }
}

choice! {
    /// How much of a client's address the log shows.
    ClientIp {
        /// The whole address.
        Full = "full",
        /// The network only, without the part that points to one machine.
        Truncated = "truncated",
        /// Nothing.
        Off = "off",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_finds_its_variant() {
        for name in Algorithm::NAMES {
            assert_eq!(Algorithm::from_name(name).map(Algorithm::as_str), Some(*name));
        }
        assert_eq!(Algorithm::from_name("es256"), None);
        assert_eq!(TokenType::from_name("at+jwt"), Some(TokenType::AtJwt));
    }
}
