//! A text, or what it repeats; and the words that may be inside.

use std::ops::Range;

use super::{date, spend, walk};

/// Listed words are looked for up to so far beyond the outermost letters, for digits and marks may be letters of the word:
/// `$unsh1n3`. No lettered word of the built-in list begins or ends with more digits.
pub(super) const BEYOND: usize = 12;
/// A repeated part may be made of repeated parts; deeper than this nobody looks.
const DEEPEST: usize = 3;
/// Fewer characters would be too short for a password, and repeated they are no longer.
const SHORTEST: usize = 8;
/// Around what is no word in itself there are at most this many digits and marks, or as many as itself has characters: a
/// year and a mark or two.
const AROUND: usize = 6;

/// The characters and what they stand for: equally many.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    plain: &'a [char],
    read: &'a [char],
}

/// A part that repeats what is `period` before it.
struct Repetition {
    at: Range<usize>,
    period: usize,
}

impl<'a> View<'a> {
    pub(super) fn of(plain: &'a [char], read: &'a [char]) -> Self {
        Self { plain, read }
    }

    pub(super) fn read(self) -> &'a [char] {
        self.read
    }

    /// Itself, and the parts that it repeats, and those that they repeat. At most 15, none longer than itself.
    pub(super) fn with_parts(self) -> Vec<Self> {
        let mut all = vec![self];
        let mut last = vec![self];
        for _ in 0..DEEPEST {
            last = last.into_iter().flat_map(Self::parts).collect();
            all.extend(&last);
        }
        all
    }

    /// The first and the last of what is repeated: around a word that begins or ends with a digit, one of them has it whole.
    fn parts(self) -> Vec<Self> {
        let Some(Repetition { at, period }) = self.repetition() else { return Vec::new() };
        let first = self.part(at.start..at.start + period);
        let last =
            self.part(at.end - period..at.end).filter(|last| first.is_none_or(|first| first.plain != last.plain));
        first.into_iter().chain(last).collect()
    }

    fn part(self, at: Range<usize>) -> Option<Self> {
        Some(Self { plain: self.plain.get(at.clone())?, read: self.read.get(at)? })
    }

    /// From the first letter to the last one; where there is none, from the first digit; where there is none, all.
    pub(super) fn core(self) -> Range<usize> {
        let span = |is: fn(char) -> bool| {
            let first = self.plain.iter().position(|c| is(*c))?;
            Some(first..self.plain.iter().rposition(|c| is(*c))? + 1)
        };
        spend(self.plain.len());
        span(char::is_alphabetic).or_else(|| span(char::is_numeric)).unwrap_or(0..self.plain.len())
    }

    pub(super) fn is_lettered(self) -> bool {
        self.plain.iter().any(|c| c.is_alphabetic())
    }

    /// What may be a word of a list: the whole, and whatever begins shortly before the core and ends shortly behind it.
    pub(super) fn words(self) -> impl Iterator<Item = &'a [char]> {
        let core = self.core();
        let (before, behind) = if self.is_lettered() { (BEYOND, BEYOND) } else { (0, 0) };
        let ends = core.end..=self.read.len().min(core.end + behind);
        let starts = core.start.saturating_sub(before)..=core.start;
        let inner = starts.flat_map(move |start| ends.clone().filter_map(move |end| self.read.get(start..end)));
        std::iter::once(self.read).chain(inner).inspect(|word| spend(word.len()))
    }

    /// Whether it is the next thing to try: a walk, a date, a few characters over and over, or nothing that is seen.
    pub(super) fn is_predictable(self) -> bool {
        let short = |part: &Repetition| part.period < SHORTEST && part.at.len() >= 2 * part.period;
        let repeated = self.repetition().filter(|part| self.is_most(&part.at)).is_some_and(|part| short(&part));
        let core = Some(self.core()).filter(|core| self.is_most(core)).and_then(|core| self.plain.get(core));
        self.plain.is_empty()
            || repeated
            || date::is_date(self.plain)
            || walk::is_walk(self.plain)
            || core.is_some_and(walk::is_walk)
    }

    fn is_most(self, at: &Range<usize>) -> bool {
        let around = self.plain.len() - at.len();
        around <= AROUND || around <= at.len()
    }

    /// What the core repeats, to wherever that begins and ends.
    fn repetition(self) -> Option<Repetition> {
        let core = self.core();
        let inside = self.read.get(core.clone())?;
        spend(self.read.len());
        let period = inside.len() - borders(inside).last()?;
        if period == inside.len() {
            return None;
        }
        let same = |one: usize, other: usize| self.read.get(one) == self.read.get(other);
        let start = (0..core.start).rev().take_while(|index| same(*index, *index + period)).last();
        let end = (core.end..self.read.len()).take_while(|index| same(*index, *index - period)).last();
        Some(Repetition { at: start.unwrap_or(core.start)..end.map_or(core.end, |last| last + 1), period })
    }
}

/// For each beginning of the text how much of it is its end as well, itself left out (Knuth, Morris and Pratt).
pub(super) fn borders(text: &[char]) -> Vec<usize> {
    let mut borders: Vec<usize> = Vec::with_capacity(text.len());
    for (index, c) in text.iter().enumerate() {
        let mut length = index.checked_sub(1).and_then(|last| borders.get(last).copied()).unwrap_or(0);
        while length > 0 && text.get(length) != Some(c) {
            length = borders.get(length - 1).copied().unwrap_or(0);
        }
        borders.push(if index > 0 && text.get(length) == Some(c) { length + 1 } else { 0 });
    }
    borders
}
