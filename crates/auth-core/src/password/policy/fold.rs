//! What two texts have in common that look alike: for comparison alone.

use std::ops::RangeInclusive;

use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

use crate::password::Password;

/// `Default_Ignorable_Code_Point` (Unicode 16, `DerivedCoreProperties.txt`): shown as nothing.
const IGNORABLE: [RangeInclusive<char>; 17] = [
    '\u{AD}'..='\u{AD}',
    '\u{34F}'..='\u{34F}',
    '\u{61C}'..='\u{61C}',
    '\u{115F}'..='\u{1160}',
    '\u{17B4}'..='\u{17B5}',
    '\u{180B}'..='\u{180F}',
    '\u{200B}'..='\u{200F}',
    '\u{202A}'..='\u{202E}',
    '\u{2060}'..='\u{206F}',
    '\u{3164}'..='\u{3164}',
    '\u{FE00}'..='\u{FE0F}',
    '\u{FEFF}'..='\u{FEFF}',
    '\u{FFA0}'..='\u{FFA0}',
    '\u{FFF0}'..='\u{FFF8}',
    '\u{1BCA0}'..='\u{1BCA3}',
    '\u{1D173}'..='\u{1D17A}',
    '\u{E0000}'..='\u{E0FFF}',
];

/// NFKC in small letters, without what is not seen. A code point may grow to eighteen (UAX 15, section 9); what is longer
/// than the longest password is cut.
pub(super) fn fold(text: &str) -> Zeroizing<String> {
    let small = text.chars().filter(|c| is_seen(*c)).nfkc().flat_map(char::to_lowercase);
    let mut folded = Zeroizing::new(String::with_capacity(2 * text.len()));
    folded.extend(small.nfkc().filter(|c| is_seen(*c)).take(Password::MAX_BYTES));
    folded
}

/// Its letters and digits alone.
pub(super) fn joined(folded: &str) -> Zeroizing<String> {
    let mut joined = Zeroizing::new(String::with_capacity(folded.len()));
    joined.extend(folded.chars().filter(|c| c.is_alphanumeric()));
    joined
}

fn is_seen(c: char) -> bool {
    !c.is_control() && !IGNORABLE.iter().any(|range| range.contains(&c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_compatibility_forms_and_what_is_not_seen_are_folded() {
        for (text, folded) in [
            ("PassWord", "password"),
            ("ｐａｓｓｗｏｒｄ", "password"),
            ("pa\u{FB06}word", "pastword"),
            ("pass\u{200B}\u{AD}word\u{FE0F}", "password"),
            ("pass\0wo\u{7}rd", "password"),
            ("\u{3164}\u{E0001}", ""),
            ("MARGARÉTE", "margaréte"),
            ("ΜΑΡΊΑ", "μαρία"),
            ("a b", "a b"),
        ] {
            assert_eq!(fold(text).as_str(), folded, "{text}");
        }
        assert_eq!(fold(&"\u{FDFA}".repeat(1_024)).chars().count(), 4_096, "each of them grows to eighteen");
        assert_eq!(joined("a.b c-1!").as_str(), "abc1");
    }
}
