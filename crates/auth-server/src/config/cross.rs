//! Values that follow from others, and rules that need more than one key.

use super::checks::is_loopback;
use std::time::Duration;

use auth_core::password::Argon2Params;

use super::choices::Algorithm;
use super::error::Finding;
use super::kind::Value;
use super::origin::Origin;
use super::parse::format_size;
use super::values::Values;

/// Fills in what was left empty.
pub(super) fn derive(values: &mut Values) {
    let port = values.number::<u16>("server.port");
    fill(values, "public_url", "server.port", port.map(|port| format!("http://localhost:{port}")));
    let public_url = values.text("public_url").map(str::to_owned);
    fill(values, "token.issuer", "public_url", public_url.clone());
    fill(values, "token.audience", "public_url", public_url);
    let shared = values.secret("token.hs256_secret").is_some_and(|secret| !secret.expose().is_empty());
    if shared && values.origin("token.algorithm") == Some(&Origin::Default) {
        let algorithm = Value::Text(Algorithm::Hs256.as_str().to_owned());
        values.set("token.algorithm", algorithm, Origin::Derived("token.hs256_secret"));
    }
}

fn fill(values: &mut Values, key: &'static str, from: &'static str, text: Option<String>) {
    if let (Some(""), Some(text)) = (values.text(key), text) {
        values.set(key, Value::Text(text), Origin::Derived(from));
    }
}

/// Checks each rule whose keys all have a value.
pub(super) fn check(values: &Values) -> impl Iterator<Item = Finding> {
    let rules = [
        exposure,
        algorithm,
        tutorial_tokens,
        rotation,
        timeouts,
        revocation,
        password_lengths,
        username_lengths,
        hash_cost,
    ];
    rules.into_iter().filter_map(move |rule| rule(values))
}

fn exposure(values: &Values) -> Option<Finding> {
    let (host, url) = (values.text("server.host")?, values.text("public_url")?);
    let exposed = !is_loopback(host) && url.starts_with("http://") && !values.switch("server.allow_insecure")?;
    exposed.then(|| Finding::Conflict {
        keys: vec!["server.host", "public_url", "server.allow_insecure"],
        text: format!(
            "{host} is reached from other machines and {url} is plain HTTP, which shows passwords to the network; \
             set public_url to an https:// address, or server.allow_insecure = true where a proxy ends TLS, \
             or server.host to 127.0.0.1"
        ),
    })
}

fn algorithm(values: &Values) -> Option<Finding> {
    let keys = vec!["token.algorithm", "token.hs256_secret"];
    let (name, secret) = (values.text("token.algorithm")?, values.secret("token.hs256_secret")?);
    let shared = !secret.expose().is_empty();
    match (name == Algorithm::Hs256.as_str(), shared) {
        (false, true) => {
            let (one, other) = (values.origin("token.algorithm")?, values.origin("token.hs256_secret")?);
            let text = format!("{name} ({one}) takes no shared secret, and one is set ({other}); remove one of them");
            Some(Finding::Conflict { keys, text })
        }
        (true, false) => Some(Finding::Conflict {
            keys,
            text: "HS256 needs a shared secret; set AUTH_TOKEN_HS256_SECRET or AUTH_TOKEN_HS256_SECRET_FILE".to_owned(),
        }),
        _ => None,
    }
}

fn tutorial_tokens(values: &Values) -> Option<Finding> {
    let missing =
        values.switch("token.accept_tutorial_tokens")? && values.secret("token.hs256_secret")?.expose().is_empty();
    missing.then(|| Finding::Conflict {
        keys: vec!["token.accept_tutorial_tokens", "token.hs256_secret"],
        text: "such tokens are signed with the app's shared secret; set token.hs256_secret to it".to_owned(),
    })
}

/// A key that is published for as long as its predecessor signs would be due before that one began.
fn rotation(values: &Values) -> Option<Finding> {
    let (rotation, ahead) = (values.duration("token.key_rotation")?, values.duration("token.key_publish_ahead")?);
    let is_tight = !rotation.is_zero() && rotation < ahead + Duration::from_secs(60 * 60);
    is_tight.then(|| Finding::Conflict {
        keys: vec!["token.key_rotation", "token.key_publish_ahead"],
        text: "a key must sign for at least an hour longer than the next one is published ahead; raise the first or lower the second".to_owned(),
    })
}

fn timeouts(values: &Values) -> Option<Finding> {
    let (idle, absolute) = (values.duration("session.idle_timeout")?, values.duration("session.absolute_timeout")?);
    (idle > absolute).then(|| Finding::Conflict {
        keys: vec!["session.idle_timeout", "session.absolute_timeout"],
        text: "a session cannot idle for longer than it may exist; lower the first or raise the second".to_owned(),
    })
}

/// One poll that is lost and one that is slow must not close the doors.
fn revocation(values: &Values) -> Option<Finding> {
    let (poll, bound) = (values.duration("session.revocation_poll")?, values.duration("session.revocation_bound")?);
    (bound < poll * 3).then(|| Finding::Conflict {
        keys: vec!["session.revocation_poll", "session.revocation_bound"],
        text: "the bound must be at least three times the poll; lower the first or raise the second".to_owned(),
    })
}

fn password_lengths(values: &Values) -> Option<Finding> {
    lengths(values, "password.min_length", "password.max_length")
}

fn username_lengths(values: &Values) -> Option<Finding> {
    lengths(values, "username.min_length", "username.max_length")
}

fn lengths(values: &Values, min: &'static str, max: &'static str) -> Option<Finding> {
    let (shortest, longest) = (values.number::<u64>(min)?, values.number::<u64>(max)?);
    (shortest > longest).then(|| Finding::Conflict {
        keys: vec![min, max],
        text: format!("{shortest} to {longest} allows no length; lower the first or raise the second"),
    })
}

/// What a hash must cost at the least, and may at the most, is the core's to say.
fn hash_cost(values: &Values) -> Option<Finding> {
    let (memory, iterations) = (values.size("hashing.memory")?, values.number::<u32>("hashing.iterations")?);
    let kib = u32::try_from(memory / 1_024).unwrap_or(u32::MAX);
    let refused = Argon2Params::new(kib, iterations, values.number("hashing.parallelism")?).err()?;
    Some(Finding::Conflict {
        keys: vec!["hashing.memory", "hashing.iterations", "hashing.parallelism"],
        text: format!("{} of memory with {iterations} iterations: {refused}", format_size(memory)),
    })
}
