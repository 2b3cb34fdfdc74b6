//! `keys list` and `keys public`.

use auth_core::service::{KeyListing, SigningKeys};
use auth_core::time::Timestamp;
use serde_json::json;

use crate::cli::output::{print_json, print_line};
use crate::cli::{Context, Failure, Output};

pub(super) fn list(context: &Context, keys: &SigningKeys) -> Result<(), Failure> {
    let all = keys.list().map_err(|error| Failure::of(&error))?;
    match context.output {
        Output::Json => print_json(&json!({"keys": all.iter().map(to_json).collect::<Vec<_>>()})),
        Output::Table => {
            print_line("STATE      ALGORITHM  SIGNS FROM            ACCEPTED UNTIL        ROOT KEY         ID")?;
            all.iter().try_for_each(|key| print_line(&to_line(key)))
        }
    }
}

fn to_line(key: &KeyListing) -> String {
    let until = key.accepted_until.map_or_else(|| "-".to_owned(), second);
    let state = if key.revoked_at.is_some() { "revoked" } else { key.state.as_str() };
    let root = key.root_key.as_ref().map_or("-", |root| root.as_str());
    let from = second(key.signs_from);
    format!("{state:<10} {:<10} {from:<21} {until:<21} {root:<16} {}", key.algorithm.as_str(), key.id)
}

fn to_json(key: &KeyListing) -> serde_json::Value {
    let text = |at: Option<Timestamp>| at.map(|at| at.to_string());
    json!({
        "id": key.id.as_str(),
        "algorithm": key.algorithm.as_str(),
        "state": key.state.as_str(),
        "created_at": key.created_at.to_string(),
        "signs_from": key.signs_from.to_string(),
        "accepted_until": text(key.accepted_until),
        "revoked_at": text(key.revoked_at),
        "root_key": key.root_key.as_ref().map(auth_core::root_keys::RootKeyId::as_str),
    })
}

fn second(at: Timestamp) -> String {
    at.floor_to_second().to_string()
}

/// Of those that this configuration can open: the others are not published by it either.
pub(super) fn public(keys: &SigningKeys) -> Result<(), Failure> {
    let closed = keys.hear().map_err(|error| Failure::of(&error))?;
    for (key, error) in closed {
        crate::cli::output::say_error(&format!("key `{key}` is left out, for it cannot be opened: {error}"));
    }
    print_json(&keys.jwk_set())
}
