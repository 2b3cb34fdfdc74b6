//! What people walk along: alphabets, and the rows and columns of keyboards.

use std::collections::HashMap;
use std::sync::LazyLock;

/// Goes on at its beginning. Letters, digits, and rows of keyboards: English, German, French, Russian.
const CIRCLES: [&str; 15] = [
    "abcdefghijklmnopqrstuvwxyz",
    "0123456789",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "qwertzuiop",
    "yxcvbnm",
    "azertyuiop",
    "qsdfghjklm",
    "wxcvbn",
    "абвгдежзийклмнопрстуфхцчшщъыьэюя",
    "йцукенгшщзхъ",
    "фывапролджэ",
    "ячсмитьбю",
    "αβγδεζηθικλμνξοπρστυφχψω",
];

/// Ends where it ends: rows with their marks, the shifted digits of the English, British and German keyboard, columns in
/// either slant, odd and even digits, and the pad of digits.
const LINES: [&str; 31] = [
    "`1234567890-=",
    "qwertyuiop[]\\",
    "asdfghjkl;'",
    "zxcvbnm,./",
    "!@#$%^&*()_+",
    "!\"£$%^&*()",
    "!\"§$%&/()=",
    "1qaz",
    "2wsx",
    "3edc",
    "4rfv",
    "5tgb",
    "6yhn",
    "7ujm",
    "8ik,",
    "9ol.",
    "0p;/",
    "4esz",
    "5rdx",
    "6tfc",
    "7ygv",
    "8uhb",
    "9ijn",
    "0okm",
    "13579",
    "02468",
    "147",
    "258",
    "369",
    "159",
    "357",
];

/// A line in one direction.
pub(super) type Line = usize;

/// A key pressed again.
const SAME: Line = 0;

/// From one key to the next: the lines that go so.
static STEPS: LazyLock<HashMap<(char, char), Vec<Line>>> = LazyLock::new(|| {
    let mut steps: HashMap<(char, char), Vec<Line>> = HashMap::new();
    let circles = CIRCLES.iter().map(|keys| (keys, true));
    for (number, (keys, is_closed)) in circles.chain(LINES.iter().map(|keys| (keys, false))).enumerate() {
        let next = keys.chars().skip(1).chain(keys.chars().take(usize::from(is_closed)));
        for (one, other) in keys.chars().zip(next) {
            steps.entry((one, other)).or_default().push(2 * number + 1);
            steps.entry((other, one)).or_default().push(2 * number + 2);
        }
    }
    steps
});

/// The lines that go from one key to the other.
pub(super) fn lines(one: char, other: char) -> impl Iterator<Item = Line> {
    let same = (one == other).then_some(SAME);
    same.into_iter().chain(STEPS.get(&(one, other)).into_iter().flatten().copied())
}

/// The key that a mark is on, shift left out (the English keyboard).
pub(super) fn key(c: char) -> char {
    const SHIFTED: &str = "!@#$%^&*()_+{}|:\"<>?~";
    const KEYS: &str = "1234567890-=[]\\;',./`";
    SHIFTED.chars().zip(KEYS.chars()).find_map(|(shifted, key)| (shifted == c).then_some(key)).unwrap_or(c)
}
