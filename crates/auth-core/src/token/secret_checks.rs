//! Shared secrets that protect nothing.

use std::collections::BTreeSet;

use super::KeyError;
use crate::secret::Secret;

/// The fewest bytes of a shared secret (RFC 7518, section 3.2: as long as the hash).
pub const MIN_SECRET_BYTES: usize = 32;

/// Secrets that stand in tutorials, manuals and default configurations: letters and digits only, in lower case. Many are too
/// short as well, but that everybody knows them is the truer reason.
const KNOWN_SECRETS: [&str; 29] = [
    "astringsecretatleast256bitslong",
    "changeit",
    "changeme",
    "changethissecretkeyinproductionenvironment",
    "default",
    "jwtsecret",
    "jwtsecretkey",
    "my32characterultrasecureandultralongsecret",
    "mysecret",
    "mysecretkey",
    "mysupersecretkey",
    "password",
    "pleasechangemetoaverylongrandomstring",
    "secret",
    "secretkey",
    "supersecret",
    "supersecretjwtkeythatshouldbechangedinproduction",
    "supersecretkey",
    "test",
    "thisisasecret",
    "thisisasecretkey",
    "thisisasecretkeythatshouldbeatleast32characters",
    "thisisaverylongsecretkeyforjwttokens",
    "your256bitsecret",
    "your384bitsecret",
    "your512bitsecret",
    "yoursecret",
    "yoursecretkey",
    "yoursupersecretjwttokenwithatleast32characterslong",
];

/// Fewer different bytes than this in 32 or more are no secret: 32 random hexadecimal digits have so few once in about 27
/// million draws (11,440 ways to choose seven digits of sixteen, each with a chance of (7/16)^32).
const FEWEST_DIFFERENT: usize = 8;

/// Whether a shared secret may sign, or may stand for a service. White space around it, such as the line end of a file,
/// does not count.
///
/// # Errors
/// [`KeyError::KnownSecret`], [`KeyError::ShortSecret`], [`KeyError::GuessableSecret`].
pub fn check_secret(secret: &Secret) -> Result<(), KeyError> {
    check_secret_bytes(secret.expose().trim().as_bytes())
}

/// The same of a secret that need not be text.
pub(super) fn check_secret_bytes(bytes: &[u8]) -> Result<(), KeyError> {
    let plain: Vec<u8> = bytes.iter().filter(|byte| byte.is_ascii_alphanumeric()).map(u8::to_ascii_lowercase).collect();
    if KNOWN_SECRETS.iter().any(|known| known.as_bytes() == plain) {
        return Err(KeyError::KnownSecret);
    }
    if bytes.len() < MIN_SECRET_BYTES {
        return Err(KeyError::ShortSecret);
    }
    // The same words with other signs between them are the same words.
    let repeats_plainly = plain.len() >= MIN_SECRET_BYTES && is_patterned(&plain);
    if is_patterned(bytes) || repeats_plainly || is_sequence(bytes) { Err(KeyError::GuessableSecret) } else { Ok(()) }
}

/// Something short repeated, or a few different bytes: as guessable as what is repeated.
pub(crate) fn is_patterned(bytes: &[u8]) -> bool {
    let repeats = |period: usize| bytes.iter().zip(bytes.iter().skip(period)).all(|(one, other)| one == other);
    let different: BTreeSet<_> = bytes.iter().collect();
    different.len() < FEWEST_DIFFERENT || (1..=bytes.len() / 2).any(repeats)
}

/// Whether more than half of the bytes follow their neighbour by one step, all up or all down. Of random
/// bytes one in 256 does.
fn is_sequence(bytes: &[u8]) -> bool {
    let steps = |step: i16| {
        bytes.windows(2).filter(|pair| matches!(pair, [a, b] if i16::from(*b) - i16::from(*a) == step)).count()
    };
    steps(1).max(steps(-1)) > bytes.len() / 2
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn judge(text: &str) -> Result<(), KeyError> {
        check_secret(&Secret::new(text))
    }

    #[test]
    fn samples_and_patterns_are_refused() {
        use KeyError::{GuessableSecret, KnownSecret, ShortSecret};
        for (text, error) in [
            ("secret", KnownSecret),
            (" Your-256-bit-secret\n", KnownSecret),
            ("changeme", KnownSecret),
            ("a-string-secret-at-least-256-bits-long", KnownSecret),
            ("Your-Super-Secret-JWT-Token-With-At-Least-32-Characters-Long", KnownSecret),
            ("", ShortSecret),
            ("Zk9!", ShortSecret),
            ("Zk9!Zk9!Zk9!Zk9!Zk9!Zk9!Zk9!Zk9", ShortSecret),
            ("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", GuessableSecret),
            ("changemechangemechangemechangeme", GuessableSecret),
            ("your-256-bit-secret-your-256-bit-secret", GuessableSecret),
            ("secret1-secret1_secret1.secret1 secret1", GuessableSecret),
            ("abababababababababbabababaababab", GuessableSecret),
            ("12345678901234567890123456789012", GuessableSecret),
            ("0123456789abcdef0123456789abcdef", GuessableSecret),
            ("abcdefghijklmnopqrstuvwxyzabcdef", GuessableSecret),
            ("zyxwvutsrqponmlkjihgfedcba987654", GuessableSecret),
        ] {
            assert_eq!(judge(text), Err(error), "{text}");
        }
        assert!(KNOWN_SECRETS.is_sorted(), "so that nobody adds one twice");
    }

    #[test]
    fn what_people_generate_is_taken() {
        for text in ["q7Rk2mXw9ZtLb4VdYs8NcJh3GfPa6TeU", "1f8e0c6b9a4d7352e1b06f9c8d2a5e473b90cc61"] {
            assert_eq!(judge(text), Ok(()), "{text}");
        }
    }

    proptest! {
        #[test]
        fn hexadecimal_digits_of_random_bytes_are_taken_and_one_letter_repeated_is_not(
            bytes in prop::array::uniform32(any::<u8>()),
            repeated in any::<u8>(),
        ) {
            prop_assume!(bytes.iter().collect::<BTreeSet<_>>().len() > 16);
            let digit = |half: u8| char::from(b"0123456789abcdef"[usize::from(half)]);
            let hex: String = bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect();
            prop_assert_eq!(judge(&hex), Ok(()));
            let same: String = std::iter::repeat_n(char::from(repeated % 94 + 33), 64).collect();
            prop_assert_eq!(judge(&same), Err(KeyError::GuessableSecret));
        }
    }
}
