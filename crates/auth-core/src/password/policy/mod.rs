//! Which passwords may be chosen. Never asked at sign-in: an old password keeps working.
//!
//! A password is compared as a whole, and never as it is entered: [`fold`] takes away case, compatibility forms and what
//! nobody sees; [`text`] reads digits and marks as the letters that they stand for, forwards and backwards; [`view`] finds
//! what is repeated, and the word inside of digits and marks. Nothing of that is hashed or kept. Each step takes time in
//! proportion to the length, and there is a bound to how many there are.

mod date;
mod fault;
mod fold;
mod keyboard;
#[cfg(test)]
mod tests;
mod text;
mod view;
mod walk;
mod word;

use std::collections::HashSet;

pub use self::fault::PasswordFault;
use self::fold::{fold, joined};
use self::text::{Text, read};
use self::view::View;
use self::word::Word;
use super::Password;
use crate::user::CanonicalName;

/// Common passwords of eight characters and more, and shorter words that are made long enough by a year: public breach
/// statistics, the commonest thirty thousand.
const COMMON: &str = include_str!("../common.txt");

/// A shorter word says too little: `io`, `app`, a country.
const LEAST_WORD: usize = 4;

/// What a new password must be (NIST SP 800-63B-4, section 3.1.1.2): length and a blocklist, no composition rules.
#[derive(Debug, Clone)]
pub struct PasswordPolicy {
    min_length: usize,
    max_length: usize,
    /// As they are read.
    blocked: HashSet<Box<[char]>>,
    service: Vec<Word>,
}

impl Default for PasswordPolicy {
    fn default() -> Self {
        Self::new(8, 1_024, std::iter::empty::<&str>())
    }
}

impl PasswordPolicy {
    /// Passwords of `min_length` (eight, where less is asked for) to `max_length` code points after NFC, none of the
    /// built-in list or of `blocked`.
    pub fn new<S: AsRef<str>>(min_length: usize, max_length: usize, blocked: impl IntoIterator<Item = S>) -> Self {
        // NIST SP 800-63B-4, section 3.1.1.2: never fewer than eight.
        let min_length = min_length.max(8);
        let common = COMMON.lines().map(read);
        let own = blocked.into_iter().map(|word| read(&fold(word.as_ref()))).filter(|word| !word.is_empty());
        let blocked = common.chain(own).map(Vec::into_boxed_slice).collect();
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
            let long = words.chain([name, host]).filter(|word| word.chars().count() >= LEAST_WORD);
            self.service.extend(long.map(Word::of));
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
        // Without what stands between its parts, a name is still one; a passphrase of common words is no common word.
        let joined = joined(&folded);
        let (texts, joined) =
            (Text::all_of(&folded), if joined == folded { Vec::new() } else { Text::all_of(&joined) });
        let views: Vec<View<'_>> = texts.iter().flat_map(Text::views).collect();
        let joined: Vec<View<'_>> = joined.iter().flat_map(Text::views).collect();
        let is_one_of =
            |words: &[Word]| views.iter().chain(&joined).any(|view| words.iter().any(|word| word.is(*view)));
        if is_one_of(&Word::all_of(&fold(name.as_str()))) {
            faults.push(PasswordFault::IsName);
        }
        if is_one_of(&self.service) {
            faults.push(PasswordFault::IsService);
        }
        // Walks and dates are the same in either direction, and digits are digits.
        let predictable = || texts.first().is_none_or(|text| text.views().into_iter().any(View::is_predictable));
        if views.iter().any(|view| view.words().any(|word| self.blocked.contains(word))) || predictable() {
            faults.push(PasswordFault::Common);
        }
        faults
    }
}

/// Counts what a check does, for the test of its bound.
fn spend(steps: usize) {
    #[cfg(test)]
    tests::note(steps);
    #[cfg(not(test))]
    let _ = steps;
}
