//! Shared secrets that protect nothing.

use super::parse::Reason;

/// RFC 7518, section 3.2: a key for HS256 has at least the size of the hash.
const MIN_BYTES: usize = 32;

/// Fewer different bytes than this is no secret: among 32 random hexadecimal digits it happens in fewer than one of 10¹²
/// draws.
const MIN_DISTINCT: usize = 6;

/// The longest unit whose repetition is refused, in bytes. A random secret has no period at all.
const LONGEST_PERIOD: usize = 16;

/// Samples of documentation and tutorials, letters and digits only, in lower case. Most are too short as well, but
/// "a sample" is the truer reason.
const SAMPLES: &[&str] = &[
    "astringsecretatleast256bitslong",
    "changeit",
    "changeme",
    "default",
    "jwtsecret",
    "jwtsecretkey",
    "mysecret",
    "mysecretkey",
    "mysupersecretkey",
    "password",
    "secret",
    "secretkey",
    "supersecret",
    "supersecretkey",
    "test",
    "thisisasecret",
    "thisisasecretkey",
    "yoursecret",
    "yoursecretkey",
    "yoursupersecretjwttokenwithatleast32characterslong",
    "your256bitsecret",
    "your384bitsecret",
    "your512bitsecret",
];

/// Empty (no shared secret), or one that is worth the name.
pub(super) fn shared_secret(text: &str) -> Result<(), Reason> {
    if text.is_empty() {
        return Ok(());
    }
    if text.contains(char::is_control) {
        return Err("it contains a control character");
    }
    let plain: Vec<u8> = text.bytes().filter(u8::is_ascii_alphanumeric).map(|byte| byte.to_ascii_lowercase()).collect();
    let is_sample = SAMPLES.iter().any(|sample| sample.as_bytes() == plain);
    if is_sample {
        return Err("it is a known sample");
    }
    let bytes = text.as_bytes();
    if bytes.len() < MIN_BYTES {
        return Err("it has fewer than 32 bytes");
    }
    if repeats(bytes) || (plain.len() >= MIN_BYTES && repeats(&plain)) || distinct(bytes) < MIN_DISTINCT {
        return Err("it repeats itself");
    }
    if is_sequence(bytes) {
        return Err("it is a sequence");
    }
    Ok(())
}

fn repeats(bytes: &[u8]) -> bool {
    (1..=LONGEST_PERIOD).any(|period| bytes.iter().zip(bytes.iter().skip(period)).all(|(first, next)| first == next))
}

fn distinct(bytes: &[u8]) -> usize {
    let mut sorted = bytes.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    sorted.len()
}

/// Whether more than half of the bytes follow their neighbour by one step, up or down.
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

    #[test]
    fn samples_and_patterns_are_refused() {
        for (text, reason) in [
            ("secret", "sample"),
            ("Your-256-bit-secret", "sample"),
            ("changeme", "sample"),
            ("a-string-secret-at-least-256-bits-long", "sample"),
            ("your-super-secret-jwt-token-with-at-least-32-characters-long", "sample"),
            ("Zk9!", "fewer"),
            ("Zk9!Zk9!Zk9!Zk9!Zk9!Zk9!Zk9!Zk9", "fewer"),
            ("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "repeats"),
            ("changemechangemechangemechangeme", "repeats"),
            ("your-256-bit-secret-your-256-bit-secret", "repeats"),
            ("abababababababababbabababaababab", "repeats"),
            ("12345678901234567890123456789012", "repeats"),
            ("0123456789abcdef0123456789abcdef", "repeats"),
            ("abcdefghijklmnopqrstuvwxyzabcdef", "sequence"),
            ("zyxwvutsrqponmlkjihgfedcba987654", "sequence"),
            ("bm9u\nZm9vYmFyYmF6cXV4cXV1eGNvcmdlZ3JhdWx0", "control"),
        ] {
            assert!(
                shared_secret(text).is_err_and(|found| found.contains(reason)),
                "{text}: {:?}",
                shared_secret(text)
            );
        }
    }

    #[test]
    fn thirty_two_random_bytes_are_taken_and_so_is_none() {
        for text in ["", "q7Rk2mXw9ZtLb4VdYs8NcJh3GfPa6TeU", "1f8e0c6b9a4d7352e1b06f9c8d2a5e473b90cc61"] {
            assert_eq!(shared_secret(text), Ok(()), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_a_generator_makes_is_taken(bytes in prop::array::uniform32(any::<u8>()), repeat in any::<u8>()) {
            prop_assume!(distinct(&bytes) > 16);
            let hex: String = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).filter_map(|digit| char::from_digit(digit.into(), 16)).collect();
            prop_assert_eq!(shared_secret(&hex), Ok(()));
            let same: String = std::iter::repeat_n(char::from(repeat % 94 + 33), 64).collect();
            prop_assert!(shared_secret(&same).is_err());
        }
    }
}
