//! What a key holds: how its text is read, which values are allowed, how they are written.

use std::time::Duration;

use serde_json::{Value as Json, json};

use super::layers::Raw;
use super::parse::{self, Reason};
use super::secret::Secret;

/// The kind of a key's value, with its bounds (both ends allowed).
#[derive(Debug)]
pub(super) enum Kind {
    /// Free text that passes `check`; `allowed` completes "allowed: …".
    Text {
        allowed: &'static str,
        check: fn(&str) -> Result<(), Reason>,
    },
    Switch,
    Number {
        min: u64,
        max: u64,
    },
    /// With `whole`, seconds without a fraction: times in tokens are whole seconds.
    Duration {
        min: Duration,
        max: Duration,
        whole: bool,
    },
    /// A multiple of `step` bytes.
    Size {
        min: u64,
        max: u64,
        step: u64,
    },
    List,
    /// A list whose items each pass `check`; `allowed` completes "allowed: …".
    Items {
        allowed: &'static str,
        check: fn(&str) -> Result<(), Reason>,
    },
    Choice(&'static [&'static str]),
}

/// A value that its key allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Text(String),
    Secret(Secret),
    Switch(bool),
    Number(u64),
    Duration(Duration),
    Size(u64),
    List(Vec<String>),
}

impl Kind {
    /// Reads a value that somebody wrote.
    pub(super) fn read(&self, raw: &Raw, secret: bool) -> Result<Value, Reason> {
        match (raw, self) {
            (Raw::Table | Raw::Unread, _) => Err("it holds a table"),
            (Raw::List(items), Self::List) => list(items.iter().map(|item| item.expose().to_owned()).collect()),
            (Raw::List(items), Self::Items { check, .. }) => {
                checked(items.iter().map(|item| item.expose().to_owned()).collect(), *check)
            }
            (Raw::List(_), _) => Err("it is a list"),
            (Raw::Text(text), Self::Text { check, .. }) if secret => {
                check(text.expose()).map(|()| Value::Secret(text.clone()))
            }
            (Raw::Text(text), _) => self.read_text(text.expose()),
        }
    }

    fn read_text(&self, text: &str) -> Result<Value, Reason> {
        match self {
            Self::Text { check, .. } => check(text).map(|()| Value::Text(text.to_owned())),
            Self::Switch => parse::switch(text).map(Value::Switch),
            Self::Number { min, max } => within(parse::number(text)?, *min, *max).map(Value::Number),
            Self::Duration { min, max, whole } => match within(parse::duration(text)?, *min, *max)? {
                value if *whole && value.subsec_nanos() != 0 => Err("it is not whole seconds"),
                value => Ok(Value::Duration(value)),
            },
            Self::Size { min, max, step } => match within(parse::size(text)?, *min, *max)? {
                value if !value.is_multiple_of(*step) => Err("it is not a multiple of the step"),
                value => Ok(Value::Size(value)),
            },
            Self::List => list(parse::list(text)),
            Self::Items { check, .. } => checked(parse::list(text), *check),
            Self::Choice(names) if names.contains(&text) => Ok(Value::Text(text.to_owned())),
            Self::Choice(_) => Err("it is none of the words"),
        }
    }

    /// What is allowed, for people: completes "allowed: …".
    pub(super) fn allowed(&self) -> String {
        let (time, size) =
            (|value: &Duration| parse::format_duration(*value), |value: &u64| parse::format_size(*value));
        match self {
            Self::Text { allowed, .. } | Self::Items { allowed, .. } => (*allowed).to_owned(),
            Self::Switch => "`true` or `false`".to_owned(),
            Self::Number { min, max } => format!("a whole number from {min} to {max}"),
            Self::Duration { min, max, whole } => {
                let kind = if *whole { "whole seconds" } else { "a duration" };
                format!("{kind} from `{}` to `{}`", time(min), time(max))
            }
            Self::Size { min, max, step: 1 } => {
                format!("a size from `{}` to `{}`", size(min), size(max))
            }
            Self::Size { min, max, step } => {
                format!("a multiple of `{}` from `{}` to `{}`", size(step), size(min), size(max))
            }
            Self::List => "items between commas, or a TOML array of strings".to_owned(),
            Self::Choice(names) => names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "),
        }
    }
}

impl Value {
    /// The value as output shows it; a secret that somebody set shows as stars.
    pub(super) fn to_json(&self) -> Json {
        match self {
            Self::Text(text) => json!(text),
            Self::Secret(secret) if secret.expose().is_empty() => json!(""),
            Self::Secret(_) => json!("********"),
            Self::Switch(on) => json!(on),
            Self::Number(number) => json!(number),
            Self::Duration(duration) => json!(parse::format_duration(*duration)),
            Self::Size(bytes) => json!(parse::format_size(*bytes)),
            Self::List(items) => json!(items),
        }
    }
}

fn within<T: PartialOrd + Copy>(value: T, min: T, max: T) -> Result<T, Reason> {
    if value < min {
        Err("it is too small")
    } else if value > max {
        Err("it is too large")
    } else {
        Ok(value)
    }
}

fn list(items: Vec<String>) -> Result<Value, Reason> {
    if items.iter().any(|item| item.is_empty() || item.contains(char::is_control)) {
        return Err("an item is empty or contains a control character");
    }
    Ok(Value::List(items))
}

fn checked(items: Vec<String>, check: fn(&str) -> Result<(), Reason>) -> Result<Value, Reason> {
    items.iter().try_for_each(|item| check(item)).map(|()| Value::List(items))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(kind: &Kind, text: &str) -> Result<Value, Reason> {
        kind.read(&Raw::text(text), false)
    }

    #[test]
    fn both_ends_of_a_range_are_allowed_and_the_next_values_are_not() {
        let number = Kind::Number { min: 2, max: 4 };
        assert_eq!(["1", "2", "4", "5"].map(|text| read(&number, text).is_ok()), [false, true, true, false]);
        let second = Duration::from_secs(1);
        let time = Kind::Duration { min: second, max: 2 * second, whole: true };
        assert_eq!(
            ["999ms", "1s", "1s500ms", "2s", "2s1ms"].map(|text| read(&time, text).is_ok()),
            [false, true, false, true, false]
        );
        let size = Kind::Size { min: 1024, max: 4096, step: 1024 };
        assert_eq!(
            ["1023B", "1KiB", "1025B", "4KiB", "5KiB"].map(|text| read(&size, text).is_ok()),
            [false, true, false, true, false]
        );
    }

    #[test]
    fn lists_come_as_text_or_as_arrays() {
        let array = Raw::List(vec![Secret::new("a,b"), Secret::new("c")]);
        assert_eq!(Kind::List.read(&array, false), Ok(Value::List(vec!["a,b".to_owned(), "c".to_owned()])));
        assert_eq!(read(&Kind::List, "a, b"), Ok(Value::List(vec!["a".to_owned(), "b".to_owned()])));
        assert!(Kind::Switch.read(&array, false).is_err());
        assert!(Kind::List.read(&Raw::Table, false).is_err());
    }
}
