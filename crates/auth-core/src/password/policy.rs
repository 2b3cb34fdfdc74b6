//! Which passwords may be chosen. Never asked at sign-in: an old password keeps working.

use std::collections::HashSet;

use super::Password;
use crate::user::CanonicalName;

/// Common passwords of eight characters and more, lower-cased: public breach statistics, the commonest thirty thousand.
const COMMON: &str = include_str!("common.txt");

/// Rows of a keyboard and the alphabet: a password that walks along one is no secret.
const WALKS: [&str; 6] =
    ["abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm", "1qaz2wsx3edc4rfv5tgb6yhn7ujm"];

/// What a new password must be (NIST SP 800-63B-4, section 3.1.1.2): length and a blocklist, no composition rules.
#[derive(Debug, Clone)]
pub struct PasswordPolicy {
    min_length: usize,
    max_length: usize,
    blocked: HashSet<Box<str>>,
}

impl Default for PasswordPolicy {
    fn default() -> Self {
        Self::new(8, 1_024, std::iter::empty::<&str>())
    }
}

impl PasswordPolicy {
    /// Passwords of `min_length` to `max_length` code points after NFC, none of the built-in list or of `blocked`.
    pub fn new<S: AsRef<str>>(min_length: usize, max_length: usize, blocked: impl IntoIterator<Item = S>) -> Self {
        let own = blocked.into_iter().map(|word| fold(word.as_ref()).into());
        let blocked = COMMON.lines().map(Box::from).chain(own).collect();
        Self { min_length, max_length, blocked }
    }

    /// Shortest and longest, in code points.
    pub fn lengths(&self) -> (usize, usize) {
        (self.min_length, self.max_length)
    }

    /// All faults of a password for the account `name`; none where it may be chosen.
    pub fn check(&self, password: &Password, name: &CanonicalName) -> Vec<PasswordFault> {
        if password.is_too_long() {
            return vec![PasswordFault::TooLong];
        }
        let mut faults = Vec::new();
        let length = password.expose().chars().count();
        if length < self.min_length {
            faults.push(PasswordFault::TooShort);
        }
        if length > self.max_length {
            faults.push(PasswordFault::TooLong);
            return faults;
        }
        let folded = fold(password.expose());
        if is_name(&folded, &fold(name.as_str())) {
            faults.push(PasswordFault::IsName);
        }
        if self.is_common(&folded) {
            faults.push(PasswordFault::Common);
        }
        faults
    }

    /// Listed as it is, or once what people add to get past a list is taken off again.
    fn is_common(&self, folded: &str) -> bool {
        let listed = |word: &str| self.blocked.contains(word);
        let bare = folded.trim_matches(|c: char| c.is_ascii_digit() || c.is_ascii_punctuation() || c == ' ');
        let plain = unleet(folded);
        let reversed: String = folded.chars().rev().collect();
        listed(folded)
            || listed(&plain)
            || listed(&reversed)
            || (bare.len() >= 4 && (listed(bare) || listed(&unleet(bare))))
            || half(folded).is_some_and(|half| half.chars().count() < 8 || listed(half))
            || is_walk(folded)
            || is_repetition(folded)
    }
}

/// Why a password cannot be chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum PasswordFault {
    /// Fewer code points than the policy's least.
    #[error("the password is too short")]
    TooShort,
    /// More code points than the policy's most, or more than [`Password::MAX_BYTES`].
    #[error("the password is too long")]
    TooLong,
    /// On the list of common passwords, or derived from one.
    #[error("the password is one of those that are tried first")]
    Common,
    /// The account's own name, or derived from it.
    #[error("the password is the account's name")]
    IsName,
}

fn fold(text: &str) -> String {
    text.to_lowercase()
}

fn unleet(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '0' => 'o',
            '1' | '!' => 'i',
            '3' => 'e',
            '4' | '@' => 'a',
            '5' | '$' => 's',
            '7' => 't',
            other => other,
        })
        .collect()
}

/// The name, reversed, doubled, or with digits and marks around it.
fn is_name(folded: &str, name: &str) -> bool {
    let bare = folded.trim_matches(|c: char| c.is_ascii_digit() || c.is_ascii_punctuation() || c == ' ');
    let reversed: String = folded.chars().rev().collect();
    let derived = [folded, bare, reversed.as_str(), &unleet(folded)];
    !name.is_empty() && (derived.contains(&name) || half(folded) == Some(name))
}

/// One half of a text that is the same word twice.
fn half(text: &str) -> Option<&str> {
    let (one, other) = text.split_at_checked(text.len() / 2)?;
    (text.len() > 1 && one == other).then_some(one)
}

fn is_repetition(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|first| chars.all(|c| c == first))
}

fn is_walk(text: &str) -> bool {
    let reversed: String = text.chars().rev().collect();
    !text.is_empty() && WALKS.iter().any(|walk| walk.contains(text) || walk.contains(&reversed))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(password: &str) -> Vec<PasswordFault> {
        PasswordPolicy::default().check(&Password::new(password), &CanonicalName::of("Margarete"))
    }

    #[test]
    fn lengths_are_counted_in_code_points_after_nfc() {
        assert_eq!(faults("q7#fZ\u{1F980}p"), [PasswordFault::TooShort]);
        assert_eq!(faults("q7#fZ\u{1F980}pé"), []);
        assert_eq!(faults("q7#fZ\u{1F980}e\u{301}"), [PasswordFault::TooShort], "eight before NFC, seven after");
        let long: String = "q7#fZpw-".chars().cycle().take(1_024).collect();
        assert_eq!(faults(&long), []);
        assert_eq!(faults(&format!("{long}x")), [PasswordFault::TooLong]);
        assert_eq!(faults(&"\u{1F980}x".repeat(4_096)), [PasswordFault::TooLong]);
    }

    #[test]
    fn common_passwords_are_refused_in_their_usual_disguises() {
        for password in [
            "password",
            "PASSWORD",
            "password1",
            "Password123!",
            "p4ssw0rd",
            "drowssap",
            "passwordpassword",
            "12345678",
            "qwertyuiop",
            "poiuytrewq",
            "abcdefgh",
            "aaaaaaaaaa",
            "baseball2024",
            "1qaz2wsx",
            "monkeymonkey",
        ] {
            assert_eq!(faults(password), [PasswordFault::Common], "{password}");
        }
        for password in ["correct horse battery staple", "password is my dog", "vM3-kpq0z"] {
            assert_eq!(faults(password), [], "{password}");
        }
    }

    #[test]
    fn the_name_is_no_password() {
        for password in ["margarete", "Margarete1", "eteragram", "MargareteMargarete", "m4rg4rete"] {
            assert!(faults(password).contains(&PasswordFault::IsName), "{password}");
        }
    }

    #[test]
    fn own_words_are_refused_as_well() {
        let policy = PasswordPolicy::new(8, 64, ["Contoso Ltd"]);
        assert_eq!(policy.check(&Password::new("contoso ltd"), &CanonicalName::of("a")), [PasswordFault::Common]);
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_judged(text in "\\PC{0,40}", name in "\\PC{0,20}") {
            let _ = PasswordPolicy::default().check(&Password::new(text), &CanonicalName::of(&name));
        }
    }
}
