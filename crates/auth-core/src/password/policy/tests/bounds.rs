//! What a check costs, in characters that are looked at.

use super::*;

fn steps(password: &str, name: &str) -> usize {
    STEPS.set(0);
    faults_of(password, name);
    STEPS.take()
}

/// Twice the length, twice the steps or little more; 256 steps for each code point at the most.
#[test]
fn a_check_costs_in_proportion_to_the_length_whatever_the_password() {
    let name = "ab".repeat(127);
    let digits =
        |length: usize, inside: &str| format!("{}{inside}{}", "1".repeat(length / 2), "8".repeat(length / 2 - 1));
    let of_unit = |unit: &str, length: usize| unit.chars().cycle().take(length).collect::<String>();
    let (mut last, mut fibonacci) = ("a".to_owned(), "a8".to_owned());
    while fibonacci.len() < 1_024 {
        (last, fibonacci) = (fibonacci.clone(), fibonacci + &last);
    }
    let shapes: [(&str, &dyn Fn(usize) -> String); 9] = [
        ("one letter", &|length| "a".repeat(length)),
        ("one digit", &|length| "1".repeat(length)),
        ("a letter in digits", &|length| digits(length, "a")),
        ("marks", &|length| of_unit("!8", length)),
        ("a word with its decoration", &|length| of_unit("8passw0rd!6", length)),
        ("all but one alike", &|length| format!("{}b", "a8".repeat(length / 2 - 1))),
        ("walks", &|length| of_unit("qwertyuiopasdfghjklzxcvbnm1q2w3e4r5t6y", length)),
        ("Fibonacci's word, which repeats itself at every size", &|length| fibonacci[..length].to_owned()),
        ("code points that grow to eighteen", &|length| of_unit("\u{FDFA}8", length)),
    ];
    for (shape, of) in shapes {
        let (half, whole) = (steps(&of(512), &name), steps(&of(1_024), &name));
        assert!(whole <= 5 * half / 2 + 10_000, "{shape}: {half} steps for half of it, {whole} for all");
        assert!(whole < 256 * 1_024, "{shape}: {whole}");
    }
}

#[test]
fn a_view_has_a_bounded_number_of_parts_and_of_words() {
    for text in ["a1".repeat(512), "ab8".repeat(341), format!("{}a{}", "1".repeat(500), "8".repeat(500))] {
        let texts = Text::all_of(&fold(&text));
        assert!(texts.len() <= 4);
        for text in &texts {
            let views = text.views();
            assert!(views.len() <= 15, "{}", views.len());
            for view in views {
                assert!(view.words().count() <= 1 + (view::BEYOND + 1).pow(2));
            }
        }
    }
}

/// Where this fails, [`view::BEYOND`] is too little for the list.
#[test]
fn no_listed_word_begins_or_ends_with_more_marks_than_are_looked_beyond() {
    let most = COMMON.lines().filter(|word| word.chars().any(char::is_alphabetic)).map(|word| {
        let end = |letters: &mut dyn Iterator<Item = char>| letters.take_while(|c| !c.is_alphabetic()).count();
        end(&mut word.chars()).max(end(&mut word.chars().rev()))
    });
    assert!(most.max().unwrap() <= view::BEYOND);
}
