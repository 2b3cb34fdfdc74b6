//! Which passwords may be chosen. Never asked at sign-in: an old password keeps working.

use std::collections::HashSet;

use super::Password;
use crate::user::CanonicalName;

/// Common passwords of eight characters and more, and shorter words that are made long enough by a year: public breach
/// statistics, the commonest thirty thousand.
const COMMON: &str = include_str!("common.txt");

/// Rows of a keyboard and the alphabet: a password that walks along one is no secret.
const WALKS: [&str; 6] =
    ["abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm", "1qaz2wsx3edc4rfv5tgb6yhn7ujm"];

/// A shorter word says too little: `io`, `app`, a country.
const LEAST_WORD: usize = 4;

/// What a new password must be (NIST SP 800-63B-4, section 3.1.1.2): length and a blocklist, no composition rules.
#[derive(Debug, Clone)]
pub struct PasswordPolicy {
    min_length: usize,
    max_length: usize,
    blocked: HashSet<Box<str>>,
    /// Folded.
    service: Vec<String>,
}

impl Default for PasswordPolicy {
    fn default() -> Self {
        Self::new(8, 1_024, std::iter::empty::<&str>())
    }
}

impl PasswordPolicy {
    /// Passwords of `min_length` (eight, where less is asked for) to `max_length` code points after NFC, none of the built-in list or of `blocked`.
    pub fn new<S: AsRef<str>>(min_length: usize, max_length: usize, blocked: impl IntoIterator<Item = S>) -> Self {
        // NIST SP 800-63B-4, section 3.1.1.2: never fewer than eight.
        let min_length = min_length.max(8);
        let own = blocked.into_iter().map(|word| fold(word.as_ref()).into());
        let blocked = COMMON.lines().map(Box::from).chain(own).collect();
        Self { min_length, max_length, blocked, service: Vec::new() }
    }

    /// Refuses what the service is called as well: hosts, URLs or names, each as a whole and each label and word of it.
    #[must_use]
    pub fn of_service<S: AsRef<str>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        for name in names {
            let name = fold(name.as_ref());
            let name = name.split_once("://").map_or(name.as_str(), |(_, rest)| rest);
            let host = name.split(['/', '?', '#']).next().unwrap_or_default();
            let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
            let words = name.split(|c: char| !c.is_alphanumeric());
            let shortest = words.chain([name, host]).filter(|word| word.chars().count() >= LEAST_WORD);
            self.service.extend(shortest.map(str::to_owned));
        }
        self.service.sort();
        self.service.dedup();
        self
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
        if self.service.iter().any(|word| is_name(&folded, word)) {
            faults.push(PasswordFault::IsService);
        }
        if self.is_common(&folded) {
            faults.push(PasswordFault::Common);
        }
        faults
    }

    /// Listed as it is, or once what people do to get past a list is undone.
    fn is_common(&self, folded: &str) -> bool {
        let listed = |word: &str| self.blocked.contains(word);
        derivations(folded).iter().any(|word| {
            let unit = period(word);
            listed(word) || is_walk(word) || (unit.len() < word.len() && (unit.chars().count() < 8 || listed(unit)))
        })
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
    /// What the service is called, or derived from it.
    #[error("the password is the name of the service")]
    IsService,
    /// The one that it would replace. Told at a change alone.
    #[error("the password is the present one")]
    Unchanged,
}

impl PasswordFault {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::TooShort, Self::TooLong, Self::Common, Self::IsName, Self::IsService, Self::Unchanged];
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

/// The text, without what people put around a word, each as it is, without leet, and reversed.
fn derivations(folded: &str) -> Vec<String> {
    // A digit at the end may be a letter of the word: `c0nt0s0!`.
    let unmarked = trimmed(folded, |c| c.is_ascii_punctuation() || c.is_whitespace());
    let plain = [folded, bare(folded), unmarked].map(str::to_owned);
    let unleet = plain.each_ref().map(|text| unleet(text));
    // Leet that is taken back may uncover what stands around the word: `m4rg4rete1990`.
    let inner = [unleet_around(folded)];
    let forms: Vec<String> = plain.into_iter().chain(unleet).chain(inner).filter(|form| !form.is_empty()).collect();
    let reversed: Vec<String> = forms.iter().map(|form| form.chars().rev().collect()).collect();
    forms.into_iter().chain(reversed).collect()
}

/// The word inside, where at most this many digits, marks and spaces stand around it: a year and a mark or two.
const AROUND: usize = 6;

fn bare(text: &str) -> &str {
    trimmed(text, is_around)
}

fn trimmed(text: &str, is_around: impl Fn(char) -> bool) -> &str {
    let word = text.trim_matches(is_around);
    if text.chars().count() - word.chars().count() <= AROUND { word } else { text }
}

fn is_around(c: char) -> bool {
    c.is_ascii_digit() || c.is_ascii_punctuation() || c.is_whitespace()
}

fn unleet_around(text: &str) -> String {
    unleet(bare(text))
}

/// The name, in any derivation of either.
fn is_name(folded: &str, name: &str) -> bool {
    let bare_name = name.trim_matches(is_around);
    let names: Vec<&str> = [name, bare_name].into_iter().filter(|name| name.chars().count() >= 3).collect();
    derivations(folded).iter().any(|word| {
        let word = period(word);
        names.contains(&word) || names.iter().any(|name| unleet(name) == word)
    })
}

/// The shortest unit that the text is a repetition of; the text itself where it is none.
fn period(text: &str) -> &str {
    let ends = text.char_indices().map(|(index, _)| index).skip(1).take_while(|index| index * 2 <= text.len());
    let unit = |end: &usize| {
        text.get(..*end).filter(|unit| text.len().is_multiple_of(unit.len()) && text.split(unit).all(str::is_empty))
    };
    ends.into_iter().find_map(|end| unit(&end)).unwrap_or(text)
}

fn is_walk(text: &str) -> bool {
    !text.is_empty() && WALKS.iter().any(|walk| walk.contains(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    static POLICY: std::sync::LazyLock<PasswordPolicy> = std::sync::LazyLock::new(PasswordPolicy::default);

    fn faults(password: &str) -> Vec<PasswordFault> {
        POLICY.check(&Password::new(password), &CanonicalName::of("Margarete"))
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
            "passwordpassword1",
            "abcabcabc",
            "letmein!2024",
            "password\u{2028}",
            "2024monkey!",
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
        for password in ["margarete", "Margarete1", "eteragram", "eteragram1", "MargareteMargarete", "m4rg4rete"] {
            assert!(faults(password).contains(&PasswordFault::IsName), "{password}");
        }
        let of = |name: &str, password: &str| {
            PasswordPolicy::default().check(&Password::new(password), &CanonicalName::of(name))
        };
        for (name, password) in [
            ("margarete1990", "margarete1990!"),
            ("margarete1990", "m4rg4rete1990"),
            ("_margarete_", "_margarete_1"),
            ("12345678a", "12345678a"),
        ] {
            assert!(of(name, password).contains(&PasswordFault::IsName), "{name} {password}");
        }
        assert_eq!(of("", "48391027-x"), []);
        assert_eq!(of("al", "vM3-kpq0z"), []);
    }

    #[test]
    fn own_words_are_refused_as_well() {
        let policy = PasswordPolicy::new(8, 64, ["Contoso Ltd"]);
        assert_eq!(policy.check(&Password::new("contoso ltd"), &CanonicalName::of("a")), [PasswordFault::Common]);
    }

    #[test]
    fn what_the_service_is_called_is_no_password() {
        let policy = PasswordPolicy::default().of_service(["https://login.Contoso.example:8443/auth", "Wide World"]);
        let faults = |text: &str| policy.check(&Password::new(text), &CanonicalName::of("a"));
        for password in [
            "contoso1",
            "C0nt0s0!",
            "contosocontoso",
            "osotnoc2024",
            "login.contoso.example",
            "login.contoso.example:8443/auth",
            "Wide World",
            "worldworld",
        ] {
            assert!(faults(password).contains(&PasswordFault::IsService), "{password}");
        }
        for password in ["contoso is my employer", "vM3-kpq0z"] {
            assert_eq!(faults(password), [], "{password}");
        }
    }

    #[test]
    fn all_faults_are_told_at_once() {
        use PasswordFault::{Common, IsName, IsService, TooShort};

        let policy = PasswordPolicy::new(15, 64, ["margarete"]).of_service(["margarete.example"]);
        let faults = policy.check(&Password::new("Margarete1"), &CanonicalName::of("Margarete"));
        assert_eq!(faults, [TooShort, IsName, IsService, Common]);
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_judged(text in "\\PC{0,40}", name in "\\PC{0,20}") {
            let _ = POLICY.check(&Password::new(text), &CanonicalName::of(&name));
        }
    }
}
