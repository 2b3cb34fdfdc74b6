//! Environment variables, resolved against the known keys.
//!
//! Guessing a key from underscores cannot work (`AUTH_TOKEN_ACCESS_TTL` would be `token.access.ttl`), and a name that
//! nobody reads is a setting that silently does not hold. So the known keys name the variables, and the rest is an error.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

use super::error::Finding;
use super::files;
use super::keys::{KEYS, Key};
use super::layers::{Entry, Raw};
use super::nearest::nearest_variable;
use super::origin::Origin;
use super::platform;
use super::secret::Secret;

const PREFIX: &str = "AUTH_";
const TWIN: &str = "_FILE";

/// The entries that the environment sets.
pub(super) fn entries(
    env: &[(OsString, OsString)],
    findings: &mut Vec<Finding>,
    warnings: &mut Vec<String>,
) -> Vec<(&'static Key, Entry)> {
    let mut ours = ours(env, findings);
    warnings.extend(platform::take(&mut ours));
    let mut entries = Vec::new();
    for key in KEYS {
        let own = named(&key.variable(), key, &mut ours, findings);
        let alias = key.alias.and_then(|alias| {
            ours.retain(|name, value| !(is_alias(key, name) && value.expose().is_empty()));
            named(alias, key, &mut ours, findings)
        });
        if let (Some(own), Some(alias)) = (&own, &alias) {
            warnings.extend(difference(key, own, alias));
        }
        entries.extend(own.or(alias).map(|entry| (key, entry)));
    }
    let unknown = ours.into_keys().map(|name| Finding::UnknownVariable { nearest: nearest_variable(&name), name });
    findings.extend(unknown);
    entries
}

/// The variables that concern us, as text.
fn ours(env: &[(OsString, OsString)], findings: &mut Vec<Finding>) -> BTreeMap<String, Secret> {
    let mut ours = BTreeMap::new();
    for (name, value) in env {
        let lossy = name.to_string_lossy();
        if !lossy.starts_with(PREFIX) && !KEYS.iter().any(|key| is_alias(key, &lossy)) {
            continue;
        }
        match (name.to_str(), value.to_str()) {
            (Some(name), Some(value)) => {
                ours.insert(name.to_owned(), Secret::new(value));
            }
            _ => findings.push(Finding::NotUtf8 { name: lossy.into_owned() }),
        }
    }
    ours
}

fn is_alias(key: &Key, name: &str) -> bool {
    key.alias.is_some_and(|alias| name == alias || (key.secret && name.strip_suffix(TWIN) == Some(alias)))
}

/// What `variable` or its twin says about `key`.
fn named(variable: &str, key: &Key, ours: &mut BTreeMap<String, Secret>, findings: &mut Vec<Finding>) -> Option<Entry> {
    let value = ours.remove(variable);
    let twin = if key.secret { ours.remove(&format!("{variable}{TWIN}")) } else { None };
    if let Some(path) = twin {
        match &value {
            Some(value) if !value.expose().is_empty() => {
                findings.push(Finding::BothSet { name: variable.to_owned() });
            }
            _ => return Some(from_file(format!("{variable}{TWIN}"), path.expose(), findings)),
        }
    }
    value.map(|text| Entry { raw: Raw::Text(text), origin: Origin::Environment(variable.to_owned()) })
}

fn from_file(variable: String, path: &str, findings: &mut Vec<Finding>) -> Entry {
    let path = PathBuf::from(path);
    let origin = Origin::SecretFile { variable, path: path.clone() };
    let mut unread = |finding| {
        findings.push(finding);
        Raw::Unread
    };
    let raw = match files::read(&path, &origin) {
        Ok(text) => match text.trim_end_matches(['\r', '\n']) {
            "" => unread(Finding::Unreadable {
                origin: origin.clone(),
                cause: "it is empty".to_owned(),
                remedy: "write the secret into it",
            }),
            secret => Raw::text(secret),
        },
        Err(finding) => unread(*finding),
    };
    Entry { raw, origin }
}

fn difference(key: &Key, own: &Entry, alias: &Entry) -> Option<String> {
    let same = matches!((&own.raw, &alias.raw), (Raw::Text(one), Raw::Text(other)) if one == other);
    let text = || format!("{} is set twice: {} wins over {}, which differs", key.name, own.origin, alias.origin);
    (!same).then(text)
}
