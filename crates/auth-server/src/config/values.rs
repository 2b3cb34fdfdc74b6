//! The allowed value of each key, with its origin.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value as Json;

use super::kind::Value;
use super::origin::Origin;
use super::secret::Secret;

/// Values by key. A getter answers `None` for a key that was refused; whoever asks gives up and the finding stands.
#[derive(Debug, Default)]
pub(super) struct Values(BTreeMap<&'static str, (Value, Origin)>);

impl Values {
    pub(super) fn set(&mut self, key: &'static str, value: Value, origin: Origin) {
        self.0.insert(key, (value, origin));
    }

    pub(super) fn origin(&self, key: &str) -> Option<&Origin> {
        self.0.get(key).map(|(_, origin)| origin)
    }

    /// The value as output may show it. The default of a secret is none.
    pub(super) fn shown(&self, key: &str) -> Option<Json> {
        match self.0.get(key)? {
            (Value::Secret(secret), Origin::Default) => Some(Json::from(secret.expose())),
            (value, _) => Some(value.to_json()),
        }
    }

    pub(super) fn text(&self, key: &str) -> Option<&str> {
        if let Value::Text(text) = self.get(key)? { Some(text) } else { None }
    }

    pub(super) fn secret(&self, key: &str) -> Option<&Secret> {
        if let Value::Secret(secret) = self.get(key)? { Some(secret) } else { None }
    }

    pub(super) fn switch(&self, key: &str) -> Option<bool> {
        if let Value::Switch(on) = self.get(key)? { Some(*on) } else { None }
    }

    pub(super) fn number<T: TryFrom<u64>>(&self, key: &str) -> Option<T> {
        if let Value::Number(number) = self.get(key)? { T::try_from(*number).ok() } else { None }
    }

    pub(super) fn duration(&self, key: &str) -> Option<Duration> {
        if let Value::Duration(duration) = self.get(key)? { Some(*duration) } else { None }
    }

    pub(super) fn size(&self, key: &str) -> Option<u64> {
        if let Value::Size(bytes) = self.get(key)? { Some(*bytes) } else { None }
    }

    pub(super) fn list(&self, key: &str) -> Option<&[String]> {
        if let Value::List(items) = self.get(key)? { Some(items) } else { None }
    }

    fn get(&self, key: &str) -> Option<&Value> {
        self.0.get(key).map(|(value, _)| value)
    }
}
