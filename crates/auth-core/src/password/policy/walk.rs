//! Walks along alphabets and keyboards: one after another, two of them woven, years and dates between them.

use zeroize::Zeroizing;

use super::keyboard::{Line, key, lines};
use super::{date, spend};

/// Two neighbours are in many words.
const LEAST: usize = 3;
/// Of two walks that take turns (`1q2w3e`), three of each.
const LEAST_WOVEN: usize = 2 * LEAST;

/// Whether all of the text are walks, a single character left out where it is as long as a password: as it is, without
/// shift, and without marks.
pub(super) fn is_walk(text: &[char]) -> bool {
    let keys = Zeroizing::new(text.iter().map(|c| key(*c)).collect::<Vec<char>>());
    let joined = Zeroizing::new(text.iter().copied().filter(|c| c.is_alphanumeric()).collect::<Vec<char>>());
    // Marks that are more than what they part are no partition.
    let joined = Some(joined.as_slice()).filter(|joined| 2 * joined.len() > text.len());
    [text, &keys].into_iter().chain(joined).any(|text| {
        let spare = usize::from(text.len() >= 8);
        text.len() >= LEAST && covered(text) + spare >= text.len()
    })
}

/// How many characters belong to walks, years and dates.
fn covered(text: &[char]) -> usize {
    let (straight, woven) = (ends(text, 1), ends(text, 2));
    // The most up to each place; one more character never takes anything away, so the longest piece is the best one.
    let mut most = vec![0_usize; 1];
    for end in 1..=text.len() {
        let at = |lengths: &[usize], back: usize| end.checked_sub(back).and_then(|place| lengths.get(place)).copied();
        let walk = at(&straight, 1).filter(|length| *length >= LEAST);
        let turns = at(&woven, 1).zip(at(&woven, 2)).map(|(last, other)| (2 * last).min(2 * other + 1));
        let turns = turns.filter(|length| *length >= LEAST_WOVEN);
        let piece = |length: usize| end.checked_sub(length).and_then(|start| text.get(start..end));
        let year = piece(4).filter(|digits| date::is_year(digits)).map(<[char]>::len);
        let date = piece(8).filter(|digits| date::is_eight(digits)).map(<[char]>::len);
        let pieces = [walk, turns, year, date].into_iter().flatten();
        let with = pieces.filter_map(|length| Some(at(&most, length)? + length)).max();
        most.push(at(&most, 1).unwrap_or(0).max(with.unwrap_or(0)));
    }
    most.last().copied().unwrap_or(0)
}

/// For each place how many characters, each `stride` behind the one before, are the end of a walk along one line.
fn ends(text: &[char], stride: usize) -> Vec<usize> {
    let mut walks: Vec<Vec<(Line, usize)>> = Vec::with_capacity(text.len());
    for (place, c) in text.iter().enumerate() {
        let last = place.checked_sub(stride).and_then(|last| text.get(last).copied().zip(walks.get(last)));
        let here = last.map_or_else(Vec::new, |(last, walks)| {
            let length =
                |line: Line| walks.iter().find(|(other, _)| *other == line).map_or(2, |(_, length)| length + 1);
            lines(last, *c).map(|line| (line, length(line))).collect()
        });
        spend(1 + here.len());
        walks.push(here);
    }
    walks.iter().map(|walks| walks.iter().map(|(_, length)| *length).max().unwrap_or(1)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn walks_are_those_that_fingers_take() {
        for text in [
            "abc",
            "cba",
            "xyzabc",
            "qwertyasdf",
            "890123456",
            "1q2w3e4r5t6y7u",
            "q1w2e3r4",
            "a1b2c3d4",
            "!@#$%^&*",
            "1@3$5^7*",
            "qazwsxedc",
            "1qaz2wsx",
            "zse4xdr5",
            "147258369",
            "1990abcd",
            "qwe-asd-zxc",
            "aaaa1111",
            "йцукенгш",
            "aaaaaaab",
            "qwertz123",
            "19841990",
            "24121984",
            ")(*&^%$#",
            "aabbccdd",
        ] {
            assert!(is_walk(&text.chars().collect::<Vec<_>>()), "{text}");
        }
        for text in
            ["", "ab", "abd", "48391027", "qwxyerab", "password", "assessed", "1a2b9c4d", "12ab34cd", "abcdefgxy"]
        {
            assert!(!is_walk(&text.chars().collect::<Vec<_>>()), "{text}");
        }
    }
}
