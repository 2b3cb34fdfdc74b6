//! A name that is no password: the account's, or the service's.

use super::fold::joined;
use super::spend;
use super::text::read;
use super::view::{View, borders};

/// A shorter name says too little.
const LEAST_NAME: usize = 3;

/// As texts are read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Word(Vec<char>);

impl Word {
    pub(super) fn of(folded: &str) -> Self {
        Self(read(folded))
    }

    /// A name as it is, without what stands around its letters, and without what stands between its parts.
    pub(super) fn all_of(folded: &str) -> Vec<Self> {
        let bare = folded.trim_matches(|c: char| !c.is_alphabetic());
        let joined = joined(bare);
        let mut words: Vec<Self> = [folded, bare, &joined].into_iter().map(Self::of).collect();
        words.retain(|word| word.0.len() >= LEAST_NAME);
        words.dedup();
        words
    }

    /// Whether the view is this word, but for digits and marks around it.
    pub(super) fn is(&self, view: View<'_>) -> bool {
        let (length, core) = (self.0.len(), view.core());
        let window = if view.is_lettered() {
            // Whatever begins before the first letter and ends behind the last one.
            core.end.saturating_sub(length)..view.read().len().min(core.start + length)
        } else if 2 * length >= view.read().len() {
            // Among digits alone, a name of digits is only what most of them are.
            0..view.read().len()
        } else {
            return false;
        };
        view.read().get(window).is_some_and(|window| contains(window, &self.0))
    }
}

/// In one pass over both (Knuth, Morris and Pratt).
fn contains(text: &[char], word: &[char]) -> bool {
    // No text that was folded has a NUL.
    let both: Vec<char> = word.iter().chain(&['\0']).chain(text).copied().collect();
    spend(both.len());
    text.len() >= word.len() && borders(&both).contains(&word.len())
}
