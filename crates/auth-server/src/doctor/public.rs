//! What clients see: the server as it is reached by its public address, through whatever is in front of it.

use std::time::Duration;

use auth_core::time::{Clock as _, SystemClock, Timestamp};
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

use super::{Finding, clock};
use crate::ask::{Answer, Asker};
use crate::assemble;
use crate::config::Settings;

/// As long as a client would wait.
const PATIENCE: Duration = Duration::from_secs(10);
/// What a request is called, to see whether its name comes back.
const NAME: &str = "auth-server-doctor";
/// Every reply has them (docs/API.md).
const HEADERS: [(&str, &str); 4] = [
    ("x-content-type-options", "nosniff"),
    ("cache-control", "no-store"),
    ("referrer-policy", "no-referrer"),
    ("content-security-policy", "default-src 'none'"),
];

pub(super) fn examine(settings: &Settings, url: &str) -> Vec<Finding> {
    let base = url.trim_end_matches('/');
    let mut findings = address(settings, base);
    let asker = Asker::new(PATIENCE);
    let before = SystemClock.now();
    let refused = match asker.get_with(&format!("{base}/v1/forward-auth"), &[("x-request-id", NAME)]) {
        Ok(answer) => answer,
        Err(error) => {
            let remedy = "see that the name leads to the proxy or the server, that it runs, and that its certificate is trusted here";
            findings.push(Finding::error("url", format!("{base} does not answer: {error}"), remedy));
            return findings;
        }
    };
    findings.extend(date(settings, (before, SystemClock.now()), &refused));
    findings.extend(replies(settings, &refused));
    let mut document =
        |path: &str, judge: &mut dyn FnMut(&Value) -> Vec<Finding>| match asker.get(&format!("{base}{path}")) {
            Ok(answer) if answer.status == 200 && answer.json().is_some() => {
                findings.extend(judge(&answer.json().unwrap_or_default()));
            }
            Ok(answer) => {
                let text = format!("{base}{path} is answered {}, and not by a document", answer.status);
                findings.push(Finding::error("url", text, "let the proxy pass every path on as it is"));
            }
            Err(error) => {
                findings.push(Finding::error("url", format!("{base}{path}: {error}"), "see what the proxy's log says"));
            }
        };
    document("/.well-known/oauth-authorization-server", &mut |found| metadata(settings, found));
    document("/.well-known/jwks.json", &mut |found| keys(settings, found));
    document("/readyz", &mut |_| vec![Finding::ok("url", format!("{base} is ready"))]);
    if asker.get(&format!("{base}/metrics")).is_ok_and(|answer| answer.status == 200) {
        let text = format!("{base}/metrics is open to clients");
        findings.push(Finding::error("url", text, "do not pass requests on to ops.bind, and keep it on loopback"));
    }
    findings
}

fn address(settings: &Settings, base: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    if base != settings.public_url {
        let text = format!("clients are told to come by {}, and you look at {base}", settings.public_url);
        findings.push(Finding::warning(
            "url",
            text,
            format!("set public_url (AUTH_PUBLIC_URL) to {base}, if they come by that"),
        ));
    }
    if !base.starts_with("https://") && !is_loopback(base) {
        let text = "passwords and tokens cross the network in clear text";
        findings.push(Finding::error(
            "url",
            text,
            "let a proxy end TLS in front of the server, and set public_url to https://…",
        ));
    }
    findings
}

fn is_loopback(url: &str) -> bool {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let place = rest.split(['/', '?']).next().unwrap_or_default();
    let has_port = |(_, port): &(&str, &str)| port.bytes().all(|b| b.is_ascii_digit());
    let host = place.rsplit_once(':').filter(has_port).map_or(place, |(host, _)| host);
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

fn date(settings: &Settings, ours: (Timestamp, Timestamp), answer: &Answer) -> Option<Finding> {
    let theirs = OffsetDateTime::parse(answer.header("date")?, &Rfc2822).ok()?;
    let theirs = Timestamp::from_unix_seconds(theirs.unix_timestamp());
    Some(clock::judge("that of whoever answers there", settings.token.leeway, ours, theirs))
}

/// Of a request without a token, which shows more than one that succeeds.
fn replies(settings: &Settings, answer: &Answer) -> Vec<Finding> {
    let mut findings = Vec::new();
    let is_problem = answer.header("content-type").is_some_and(|kind| kind.starts_with("application/problem+json"));
    if answer.status != 401 || !is_problem || answer.header("www-authenticate").is_none() {
        let text = format!("a request without a token is answered {}, and not as this server does", answer.status);
        let remedy = "let the proxy pass replies on as they are: no error pages of its own, no header taken out";
        findings.push(Finding::error("proxy", text, remedy));
    }
    if answer.header("x-request-id") != Some(NAME) {
        let text = "the name of a request (X-Request-Id) does not come back";
        findings.push(Finding::warning("proxy", text, "let the proxy pass X-Request-Id on, both ways"));
    }
    let lacks = |name: &str, value: &str| !answer.header(name).is_some_and(|found| found.contains(value));
    let mut missing: Vec<_> =
        HEADERS.iter().filter(|(name, value)| lacks(name, value)).map(|(name, _)| *name).collect();
    if settings.public_url.starts_with("https://") && lacks("strict-transport-security", "max-age=") {
        missing.push("strict-transport-security");
    }
    findings.push(if missing.is_empty() {
        Finding::ok("headers", "every security header arrives")
    } else {
        let text = format!("these headers do not arrive as they were sent: {}", missing.join(", "));
        Finding::error("headers", text, "let the proxy neither remove nor replace them")
    });
    findings
}

fn metadata(settings: &Settings, found: &Value) -> Vec<Finding> {
    let remedy = "set token.issuer and public_url on every instance to what clients are told, byte for byte";
    let issuer = found.get("issuer").and_then(Value::as_str).unwrap_or_default();
    let mut findings = vec![if issuer == settings.token.issuer {
        Finding::ok("issuer", format!("the metadata says {issuer}, as the configuration does"))
    } else {
        let text = format!("the metadata says issuer {issuer:?}, and the configuration {:?}", settings.token.issuer);
        Finding::error("issuer", text, remedy)
    }];
    let astray = found.as_object().into_iter().flatten().filter_map(|(name, value)| {
        let is_address = name == "jwks_uri" || name.ends_with("_endpoint");
        let value = value.as_str().filter(|value| is_address && !value.starts_with(&settings.public_url))?;
        let text = format!("{name} of the metadata, {value:?}, does not begin with public_url");
        Some(Finding::error("issuer", text, remedy))
    });
    findings.extend(astray);
    findings
}

/// Whether the served set is that of the configured database.
fn keys(settings: &Settings, served: &Value) -> Vec<Finding> {
    let is_there = assemble::database_file(settings).is_none_or(|path| path.exists());
    let store = if is_there { assemble::open_store(&settings.database).ok() } else { None };
    let keys = store.and_then(|store| assemble::looking_keys(settings, &store).ok());
    let Some(keys) = keys.filter(|keys| keys.hear().is_ok()) else {
        let text = "the key set cannot be compared: the configured database or its root keys cannot be read from here";
        return vec![Finding::warning(
            "key set",
            text,
            "run it where the server runs, with its configuration and user",
        )];
    };
    let set = keys.jwk_set();
    let ids = |set: &Value| {
        let keys = set.get("keys").and_then(Value::as_array).cloned().unwrap_or_default();
        let mut ids: Vec<String> = keys.iter().map(ToString::to_string).collect();
        ids.sort();
        ids
    };
    if ids(served) == ids(&set) {
        return vec![Finding::ok("key set", format!("the {} key(s) of the database are served", ids(&set).len()))];
    }
    let text = "the key set that is served is not that of the configured database";
    let remedy = "see that every instance uses this database, and that no proxy keeps the set longer than five minutes";
    vec![Finding::error("key set", text, remedy)]
}

#[cfg(test)]
mod tests;
