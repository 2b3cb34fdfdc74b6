//! Dates and years, in digits.

/// A date in any usual order, with or without marks between; or two. Nothing but digits and marks.
pub(super) fn is_date(text: &[char]) -> bool {
    let fields: Vec<&[char]> = text.split(|c| !c.is_ascii_digit()).filter(|field| !field.is_empty()).collect();
    let bare = text.iter().all(|c| !c.is_alphabetic());
    bare && match fields.as_slice() {
        [six] if six.len() == 6 => is_of(&six.chunks(2).collect::<Vec<_>>()),
        fields => matches!(fields.len(), 3 | 6) && fields.chunks(3).all(is_of),
    }
}

/// `19900131`, `31011990`, `01311990`.
pub(super) fn is_eight(digits: &[char]) -> bool {
    let (Some((year, rest)), Some((day, last))) = (digits.split_at_checked(4), digits.split_at_checked(4)) else {
        return false;
    };
    digits.len() == 8
        && [(year, rest), (last, day)].into_iter().any(|(year, day)| is_year(year) && is_day(day.split_at(2)))
}

/// Of somebody who lives, or of what they remember.
pub(super) fn is_year(digits: &[char]) -> bool {
    digits.len() == 4 && number(digits).is_some_and(|year| (1_900..2_100).contains(&year))
}

/// Three fields: the year first or last.
fn is_of(fields: &[&[char]]) -> bool {
    let [first, middle, last] = fields else { return false };
    let year = |field: &[char]| is_year(field) || (field.len() == 2 && number(field).is_some());
    (year(first) && is_day((middle, last))) || (year(last) && is_day((first, middle)))
}

/// A month and a day of it, in either order.
fn is_day((one, other): (&[char], &[char])) -> bool {
    let field = |digits: &[char]| number(digits).filter(|_| digits.len() <= 2);
    let (Some(one), Some(other)) = (field(one), field(other)) else { return false };
    (1..=31).contains(&one) && (1..=31).contains(&other) && one.min(other) <= 12
}

fn number(digits: &[char]) -> Option<u32> {
    digits.iter().try_fold(0_u32, |number, c| number.checked_mul(10)?.checked_add(c.to_digit(10)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chars(text: &str) -> Vec<char> {
        text.chars().collect()
    }

    #[test]
    fn dates_are_those_of_calendars_in_any_usual_order() {
        for text in ["1990-01-01", "01.02.1990", "1/31/1990", "31/1/90", "!010190!", "1990 1 1", "1.1.90-2.2.92"] {
            assert!(is_date(&chars(text)), "{text}");
        }
        for text in
            ["1990-13-32", "32.01.1990", "123-45-6789", "1990", "10.12.1.2", "1990-01-01x", "", "999999", "0-0-1990"]
        {
            assert!(!is_date(&chars(text)), "{text}");
        }
        for (text, is) in
            [("19900131", true), ("31011990", true), ("01311990", true), ("19901331", false), ("1990013", false)]
        {
            assert_eq!(is_eight(&chars(text)), is, "{text}");
        }
        for (text, is) in
            [("1899", false), ("1900", true), ("2099", true), ("2100", false), ("199", false), ("199x", false)]
        {
            assert_eq!(is_year(&chars(text)), is, "{text}");
        }
    }
}
