//! Every word in any disguise.

use proptest::prelude::*;

use super::*;
use crate::password::policy::view::BEYOND;

/// What is written for a letter.
fn marks(letter: char) -> &'static [char] {
    match letter {
        'o' => &['0'],
        'i' | 'l' => &['1', '!', '|'],
        'e' => &['3'],
        'a' => &['4', '@'],
        's' => &['5', '$'],
        't' => &['7'],
        'b' => &['8'],
        'g' => &['9'],
        _ => &[],
    }
}

/// The word with each letter by a choice: small, large, or a mark; one letter at the least stays one.
fn disguised(word: &str, choices: &[u8]) -> String {
    let letters: Vec<usize> =
        (0..).zip(word.chars()).filter(|(_, c)| c.is_alphabetic()).map(|(place, _)| place).collect();
    let kept = letters[usize::from(choices[0]) % letters.len()];
    let each = (0..).zip(word.chars()).zip(choices.iter().cycle());
    each.map(|((place, c), choice)| match (marks(c), choice % 4) {
        (_, 0) => c.to_ascii_uppercase(),
        ([], _) | (_, 1) => c,
        _ if place == kept => c,
        (marks, _) => marks[usize::from(choice / 4) % marks.len()],
    })
    .collect()
}

/// The lists' words that have a letter, none so long that marks can hide where it begins.
fn words() -> impl Strategy<Value = &'static str> {
    let has_letter = |word: &&str| word.chars().any(char::is_alphabetic) && word.len() <= BEYOND + 1;
    proptest::sample::select(COMMON.lines().filter(has_letter).collect::<Vec<_>>())
}

fn around() -> impl Strategy<Value = String> {
    "[0-9!-/:-@\\[-`{-~ \u{200B}\u{A0}]{0,20}"
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn any_text_is_judged(text in any::<String>(), name in "\\PC{0,20}", letters in "[a-c1!\u{200B}é]{0,60}") {
        let policy = &*POLICY;
        for text in [text, letters] {
            let faults = policy.check(&Password::new(text), &CanonicalName::of(&name));
            prop_assert!(faults.len() <= 4);
        }
    }

    #[test]
    fn a_listed_word_stays_refused_in_every_disguise(
        word in words(),
        choices in proptest::collection::vec(any::<u8>(), 1..16),
        (before, behind) in (around(), around()),
        times in 1_usize..4,
        backwards: bool,
    ) {
        let unit = |times: usize| {
            let choices: Vec<u8> = choices.iter().map(|choice| choice.rotate_left(u32::try_from(times).unwrap())).collect();
            let word = disguised(word, &choices);
            let word = if backwards { word.chars().rev().collect() } else { word };
            format!("{before}{word}{behind}")
        };
        let password: String = (0..times).map(unit).collect();
        prop_assert!(faults(&password).contains(&PasswordFault::Common), "{} {:?}", word, password);
    }

    #[test]
    fn a_name_stays_refused_in_every_disguise(
        name in "[a-z]{3,20}",
        choices in proptest::collection::vec(any::<u8>(), 1..16),
        (before, behind) in (around(), around()),
        backwards: bool,
    ) {
        let word = disguised(&name, &choices);
        let word: String = if backwards { word.chars().rev().collect() } else { word };
        let disguise = format!("{before}{word}{behind}");
        let other = format!("{disguise}-vM3kpq0z");
        let found = |password: &str| faults_of(password, &name).contains(&PasswordFault::IsName);
        prop_assert!(found(&disguise), "{} {:?}", name, disguise);
        prop_assert!(!found(&other), "{} {:?}", name, other);
    }
}
