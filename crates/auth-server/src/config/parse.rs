//! Durations, sizes, switches, numbers and lists: from text and back.
//!
//! A parser answers with the value or with what is wrong with the text; the key adds what is allowed.

use std::fmt::Write as _;
use std::time::Duration;

/// What is wrong with a text, as a clause that follows the value.
pub(super) type Reason = &'static str;

/// Milliseconds in each unit of a duration, the largest first.
const TIME_UNITS: [(&str, u64); 5] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

/// Bytes in each unit of a size, the largest first.
const SIZE_UNITS: [(&str, u64); 4] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1)];

/// Numbers with units in falling order, such as `2h30m` or `250ms`; to the millisecond.
pub(crate) fn duration(text: &str) -> Result<Duration, Reason> {
    if text.is_empty() {
        return Err("it is empty");
    }
    let (mut rest, mut total, mut last) = (text, 0_u64, u64::MAX);
    while !rest.is_empty() {
        let (count, tail) = number_and_rest(rest)?;
        let (unit, next) = split_where(tail, |c| !c.is_ascii_alphabetic());
        let scale = scale_of(unit, &TIME_UNITS, "it has a unit other than d, h, m, s and ms")?;
        if scale >= last {
            return Err("its units do not fall from large to small");
        }
        total = count.checked_mul(scale).and_then(|part| total.checked_add(part)).ok_or("it is too large")?;
        (rest, last) = (next, scale);
    }
    Ok(Duration::from_millis(total))
}

/// The shortest text that [`duration`] reads back; what is below a millisecond is cut.
pub(super) fn format_duration(value: Duration) -> String {
    let mut rest = u64::try_from(value.as_millis()).unwrap_or(u64::MAX);
    let mut text = String::new();
    for (unit, scale) in TIME_UNITS {
        if rest >= scale {
            let _ = write!(text, "{}{unit}", rest / scale);
            rest %= scale;
        }
    }
    if text.is_empty() { "0s".to_owned() } else { text }
}

/// A number of bytes with a binary unit, such as `64KiB`. Decimal units are refused: people mean different things by them.
pub(crate) fn size(text: &str) -> Result<u64, Reason> {
    if text.is_empty() {
        return Err("it is empty");
    }
    let (count, unit) = number_and_rest(text)?;
    let scale = scale_of(unit, &SIZE_UNITS, "it has a unit other than B, KiB, MiB and GiB")?;
    count.checked_mul(scale).ok_or("it is too large")
}

/// The size in the largest unit that divides it.
pub(crate) fn format_size(bytes: u64) -> String {
    let fitting = SIZE_UNITS.into_iter().find(|(_, scale)| bytes >= *scale && bytes.is_multiple_of(*scale));
    let (unit, scale) = fitting.unwrap_or(("B", 1));
    format!("{}{unit}", bytes / scale)
}

/// Decimal digits only: no sign, no separator.
pub(super) fn number(text: &str) -> Result<u64, Reason> {
    match number_and_rest(text)? {
        (value, "") => Ok(value),
        _ => Err("it is not a whole number"),
    }
}

/// `true` or `false`.
pub(super) fn switch(text: &str) -> Result<bool, Reason> {
    match text {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err("it is neither true nor false"),
    }
}

/// Items between commas, without the blanks around them; empty items do not count.
pub(super) fn list(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
}

fn number_and_rest(text: &str) -> Result<(u64, &str), Reason> {
    let (digits, rest) = split_where(text, |c| !c.is_ascii_digit());
    if digits.is_empty() {
        return Err("it does not begin with a digit where a number belongs");
    }
    digits.parse().map(|value| (value, rest)).map_err(|_| "it is too large")
}

fn scale_of(unit: &str, units: &[(&str, u64)], unknown: Reason) -> Result<u64, Reason> {
    match units.iter().find(|(name, _)| *name == unit) {
        Some((_, scale)) => Ok(*scale),
        None if unit.is_empty() => Err("its number lacks a unit"),
        None => Err(unknown),
    }
}

fn split_where(text: &str, stop: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(stop).unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn durations_are_sums_of_falling_units() {
        for (text, millis) in
            [("2h30m", 9_000_000), ("14d", 1_209_600_000), ("250ms", 250), ("0s", 0), ("1d1h1m1s1ms", 90_061_001)]
        {
            assert_eq!(duration(text), Ok(Duration::from_millis(millis)), "{text}");
        }
    }

    #[test]
    fn durations_that_could_be_misread_are_refused() {
        for text in [
            "",
            "10",
            "2h30",
            "h",
            "1.5h",
            "-1s",
            "+1s",
            " 1s",
            "1 s",
            "30m2h",
            "1h1h",
            "1w",
            "1H",
            "99999999999999999999s",
            "18446744073709551615d",
            "１s",
        ] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn sizes_have_one_binary_unit() {
        for (text, bytes) in [("64KiB", 65_536), ("19MiB", 19_922_944), ("1GiB", 1 << 30), ("7B", 7), ("0B", 0)] {
            assert_eq!(size(text), Ok(bytes), "{text}");
            assert_eq!(format_size(bytes), text);
        }
        for text in ["", "64", "64KB", "64k", "64 KiB", "KiB", "-1B", "18446744073709551615GiB", "1MiB1KiB"] {
            assert!(size(text).is_err(), "{text}");
        }
    }

    #[test]
    fn numbers_are_digits_and_switches_are_words() {
        assert_eq!(number("0080"), Ok(80));
        for text in ["", "+1", "-1", "1_000", "0x10", "1.0", "18446744073709551616", " 1"] {
            assert!(number(text).is_err(), "{text}");
        }
        assert_eq!((switch("true"), switch("false")), (Ok(true), Ok(false)));
        for text in ["", "1", "yes", "TRUE", "on"] {
            assert!(switch(text).is_err(), "{text}");
        }
    }

    #[test]
    fn lists_are_trimmed_and_have_no_empty_items() {
        assert_eq!(list(" a , b,,c d "), ["a", "b", "c d"]);
        assert!(list("").is_empty() && list(" , ").is_empty());
    }

    proptest! {
        #[test]
        fn durations_round_trip(millis in any::<u64>()) {
            let value = Duration::from_millis(millis);
            prop_assert_eq!(duration(&format_duration(value)), Ok(value));
        }

        #[test]
        fn sizes_round_trip(bytes in any::<u64>(), shift in 0_u32..40) {
            let bytes = bytes >> shift << shift;
            prop_assert_eq!(size(&format_size(bytes)), Ok(bytes));
        }

        #[test]
        fn lists_round_trip(items in prop::collection::vec("[^,\\s]{1,8}", 0..6)) {
            prop_assert_eq!(list(&items.join(",")), items);
        }

        #[test]
        fn no_text_makes_a_parser_panic(text in any::<String>()) {
            let _ = (duration(&text), size(&text), number(&text), switch(&text), list(&text));
        }

        #[test]
        fn no_number_with_a_tail_makes_a_parser_panic(text in "[0-9]{0,24}[a-zA-Z]{0,3}[0-9]{0,3}[a-zé]{0,2}") {
            let _ = (duration(&text), size(&text), number(&text));
        }
    }
}
