//! A folded text as it is, and as it is read.

use zeroize::Zeroizing;

use super::view::View;

/// Two equal lengths: the characters, and what they stand for.
pub(super) struct Text {
    plain: Zeroizing<Vec<char>>,
    read: Zeroizing<Vec<char>>,
}

impl Text {
    /// In both directions, and with each meaning of an eight and a six. At most four; the first is the text itself.
    pub(super) fn all_of(folded: &str) -> Vec<Self> {
        let both = [folded.chars().collect::<Vec<char>>(), folded.chars().rev().collect()].map(Zeroizing::new);
        let of = |plain: &Zeroizing<Vec<char>>, letter: fn(char) -> char| {
            let read = Zeroizing::new(plain.iter().map(|c| letter(*c)).collect());
            Self { plain: plain.clone(), read }
        };
        let first = both.iter().map(|plain| of(plain, letter));
        let second = both.iter().filter(|plain| plain.contains(&'8') || plain.contains(&'6'));
        first.chain(second.map(|plain| of(plain, other_letter))).collect()
    }

    /// The text and what it is made of.
    pub(super) fn views(&self) -> Vec<View<'_>> {
        View::of(&self.plain, &self.read).with_parts()
    }
}

/// A word of a list, as texts are read.
pub(super) fn read(folded: &str) -> Vec<char> {
    folded.chars().map(letter).collect()
}

/// The letter that a digit or mark stands for. A one is an I or an L, often both in one word: so those are one letter here,
/// whichever way they are written.
fn letter(c: char) -> char {
    match c {
        '0' => 'o',
        '1' | '!' | '|' | 'l' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' | '+' => 't',
        '8' => 'b',
        '9' => 'g',
        other => other,
    }
}

/// By the other meaning of the digits that have two.
fn other_letter(c: char) -> char {
    match c {
        '8' => 's',
        '6' => 'g',
        other => letter(other),
    }
}
