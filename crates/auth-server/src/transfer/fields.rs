//! What an account is written down with: the members of an object, or the fields of a row, whose values are all texts.

use auth_core::id::UserId;
use auth_core::time::Timestamp;
use serde_json::{Map, Value};

use super::LineFault;
use super::instant::instant;

/// Longer than any name, hash or id of a system that is known here, in bytes.
const LONGEST_TEXT: usize = 4_096;

/// Members or fields by name. `null` and the empty text are none.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fields<'a>(&'a Map<String, Value>);

impl<'a> Fields<'a> {
    pub(super) fn of(map: &'a Map<String, Value>) -> Self {
        Self(map)
    }

    /// The names.
    pub(super) fn names(self) -> impl Iterator<Item = &'a str> {
        self.0.keys().map(String::as_str)
    }

    fn value(self, name: &str) -> Option<&'a Value> {
        self.0.get(name).filter(|value| !value.is_null() && value.as_str() != Some(""))
    }

    pub(super) fn text(self, name: &'static str) -> Result<Option<&'a str>, LineFault> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::String(text)) if text.len() <= LONGEST_TEXT => Ok(Some(text)),
            Some(_) => Err(LineFault::Wrong(name, "a text of at most 4,096 bytes")),
        }
    }

    pub(super) fn needed(self, name: &'static str) -> Result<&'a str, LineFault> {
        self.text(name)?.ok_or(LineFault::Missing(name))
    }

    pub(super) fn number(self, name: &'static str) -> Result<Option<i64>, LineFault> {
        let number = |value: &Value| match value {
            Value::String(text) => text.trim().parse().ok(),
            value => value.as_i64(),
        };
        let wrong = LineFault::Wrong(name, "a whole number");
        self.value(name).map(|value| number(value).ok_or(wrong)).transpose()
    }

    /// As JSON, PostgreSQL, SQLite and Python write it.
    pub(super) fn flag(self, name: &'static str) -> Result<Option<bool>, LineFault> {
        let flag = |value: &Value| match value {
            Value::Bool(flag) => Some(*flag),
            Value::Number(number) => match number.as_i64() {
                Some(0) => Some(false),
                Some(1) => Some(true),
                _ => None,
            },
            Value::String(text) => match text.as_str() {
                "true" | "t" | "True" | "1" => Some(true),
                "false" | "f" | "False" | "0" => Some(false),
                _ => None,
            },
            _ => None,
        };
        let wrong = LineFault::Wrong(name, "true or false");
        self.value(name).map(|value| flag(value).ok_or(wrong)).transpose()
    }

    pub(super) fn instant(self, name: &'static str) -> Result<Option<Timestamp>, LineFault> {
        let wrong = LineFault::Wrong(name, "an instant (2026-11-23T10:00:00Z)");
        self.text(name)?.map(|text| instant(text).ok_or(wrong)).transpose()
    }

    /// Milliseconds since 1970.
    pub(super) fn millis(self, name: &'static str) -> Result<Option<Timestamp>, LineFault> {
        let micros = self.number(name)?.map(|millis| millis.checked_mul(1_000));
        let wrong = LineFault::Wrong(name, "an instant in milliseconds since 1970");
        micros.map(|micros| micros.map(Timestamp::from_micros).ok_or(wrong)).transpose()
    }

    pub(super) fn object(self, name: &'static str) -> Result<Option<Fields<'a>>, LineFault> {
        let wrong = LineFault::Wrong(name, "an object");
        self.value(name).map(|value| value.as_object().map(Fields).ok_or(wrong)).transpose()
    }

    /// The objects of an array; none where it is missing.
    pub(super) fn objects(self, name: &'static str) -> Result<Vec<Fields<'a>>, LineFault> {
        let wrong = LineFault::Wrong(name, "an array of objects");
        let Some(value) = self.value(name) else { return Ok(Vec::new()) };
        let items = value.as_array().ok_or(wrong)?;
        items.iter().map(|item| item.as_object().map(Fields).ok_or(wrong)).collect()
    }

    /// An array of texts, or a text of several words.
    pub(super) fn words(self, name: &'static str) -> Result<Option<Vec<&'a str>>, LineFault> {
        let wrong = LineFault::Wrong(name, "an array of texts");
        let words = |value: &'a Value| match value {
            Value::String(text) => Some(text.split_ascii_whitespace().collect()),
            value => value.as_array()?.iter().map(Value::as_str).collect(),
        };
        self.value(name).map(|value| words(value).ok_or(wrong)).transpose()
    }

    /// An id that can be kept: a UUID, in whichever case.
    pub(super) fn uuid(self, name: &'static str) -> Result<Option<UserId>, LineFault> {
        Ok(self.text(name)?.and_then(|text| text.to_ascii_lowercase().parse().ok()))
    }
}
