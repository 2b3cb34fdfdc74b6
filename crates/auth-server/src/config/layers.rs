//! Layers of the configuration, the later over the earlier, with the origin of each value.

use std::collections::BTreeMap;

use super::error::{Finding, line};
use super::files;
use super::keys::{self, KEYS, Key};
use super::nearest::nearest_key;
use super::origin::Origin;
use super::secret::Secret;
use super::values::Values;

/// `config/default.toml`, compiled in: no folder is ever searched for it.
pub(super) const DEFAULT_FILE: &str = include_str!("../../config/default.toml");

/// A value as somebody wrote it. Held as a secret until its key is known to be none.
pub(super) enum Raw {
    Text(Secret),
    List(Vec<Secret>),
    /// A table, or a list with one inside: no key takes it.
    Table,
    /// It exists and could not be read, which is a finding already.
    Unread,
}

impl Raw {
    pub(super) fn text(text: &str) -> Self {
        Self::Text(Secret::new(text))
    }

    /// The value for an error message, without what may be a password in a URL.
    fn shown(&self) -> String {
        let quoted = |text: &Secret| format!("\"{}\"", line(without_user(text.expose())));
        match self {
            Self::Text(text) => quoted(text),
            Self::List(items) => format!("[{}]", items.iter().take(8).map(quoted).collect::<Vec<_>>().join(", ")),
            Self::Table | Self::Unread => "{…}".to_owned(),
        }
    }
}

fn without_user(text: &str) -> String {
    match text.split_once("://").and_then(|(scheme, rest)| Some((scheme, rest.rsplit_once('@')?.1))) {
        Some((scheme, rest)) => format!("{scheme}://…@{rest}"),
        None => text.to_owned(),
    }
}

/// A value and who set it.
pub(super) struct Entry {
    pub(super) raw: Raw,
    pub(super) origin: Origin,
}

/// The winning entry of each key so far.
pub(super) struct Layers(BTreeMap<&'static str, Entry>);

impl Layers {
    /// The table's defaults under those of `config/default.toml`.
    pub(super) fn built_in(findings: &mut Vec<Finding>) -> Self {
        let entry = |key: &Key| Entry { raw: Raw::text(key.default), origin: Origin::Default };
        let mut layers = Self(KEYS.iter().map(|key| (key.name, entry(key))).collect());
        layers.put(files::entries(DEFAULT_FILE, &Origin::Default, findings));
        layers
    }

    /// Puts a layer over those before.
    pub(super) fn put(&mut self, entries: Vec<(&'static Key, Entry)>) {
        self.0.extend(entries.into_iter().map(|(key, entry)| (key.name, entry)));
    }

    /// Reads the values; a key whose value is refused is missing from the answer.
    pub(super) fn values(self, findings: &mut Vec<Finding>) -> Values {
        let mut values = Values::default();
        for key in KEYS {
            let Some(entry) = self.0.get(key.name).filter(|entry| !matches!(entry.raw, Raw::Unread)) else { continue };
            match key.kind.read(&entry.raw, key.secret) {
                Ok(value) => values.set(key.name, value, entry.origin.clone()),
                Err(reason) => findings.push(Finding::Wrong {
                    key: key.name,
                    origin: entry.origin.clone(),
                    shown: if key.secret { "********".to_owned() } else { entry.raw.shown() },
                    reason,
                    allowed: key.allowed(),
                }),
            }
        }
        values
    }
}

/// What the command line sets, by key. A secret is refused: a command line is readable by every user of the machine.
pub(super) fn flags(overrides: &[(String, String)], findings: &mut Vec<Finding>) -> Vec<(&'static Key, Entry)> {
    let mut entries = Vec::new();
    for (name, value) in overrides {
        match keys::find(name) {
            Some(key) if key.secret => {
                findings.push(Finding::SecretFlag { key: key.name, variable: key.variable() });
            }
            Some(key) => entries.push((key, Entry { raw: Raw::text(value), origin: Origin::Flag })),
            None => findings.push(Finding::UnknownKey {
                origin: Origin::Flag,
                key: name.clone(),
                nearest: nearest_key(name),
            }),
        }
    }
    entries
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_value_shows_no_password() {
        assert_eq!(Raw::text("https://me:canary@example.com").shown(), "\"https://…@example.com\"");
        assert_eq!(Raw::List(vec![Secret::new("a"), Secret::new("b\n")]).shown(), "[\"a\", \"b\\n\"]");
    }
}
