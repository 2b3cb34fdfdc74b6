//! `auth-server doctor`: what an operator should know before a user does. It looks and changes nothing.

mod clock;
mod connections;
mod database;
mod disk;
mod files;
mod hashing;
mod keys;
mod memory;
mod public;

use std::fmt;
use std::time::Duration;

use serde::Serialize;

use crate::assemble::{self, AssembleError};
use crate::config::{self, Algorithm, Inputs, Loaded};
use crate::descriptors;

/// How long anybody may keep the key set: its `Cache-Control`.
const KEY_SET_AGE: Duration = Duration::from_secs(300);

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// As it should be, or a number to know.
    Ok,
    /// It works, and could be better.
    Warning,
    /// The server does not start, does not serve, or gives away what it should keep.
    Error,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was looked at, in a word.
    pub check: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What was found. No secret.
    pub text: String,
    /// What to do; none where all is well.
    pub remedy: Option<String>,
}

impl Finding {
    fn ok(check: &'static str, text: impl Into<String>) -> Self {
        Self { check, severity: Severity::Ok, text: text.into(), remedy: None }
    }

    fn warning(check: &'static str, text: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { check, severity: Severity::Warning, text: text.into(), remedy: Some(remedy.into()) }
    }

    fn error(check: &'static str, text: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { check, severity: Severity::Error, text: text.into(), remedy: Some(remedy.into()) }
    }

    /// From an error whose first line says what and whose others say what to do.
    fn of(check: &'static str, error: AssembleError) -> Self {
        let (AssembleError::Config(text) | AssembleError::Failed(text)) = error;
        let (text, remedy) = text.split_once('\n').unwrap_or((&text, "mend what the message names"));
        Self::error(check, text, remedy.trim())
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Ok => "ok",
            Severity::Warning => "warning",
            Severity::Error => "ERROR",
        };
        write!(f, "{severity:<8} {:<10} {}", self.check, self.text)?;
        match &self.remedy {
            Some(remedy) => write!(f, "\n{:<8} {:<10} -> {}", "", "", remedy.replace('\n', " ")),
            None => Ok(()),
        }
    }
}

/// Looks at everything. Where the configuration cannot be read, that is all there is to say.
pub fn examine(inputs: &Inputs) -> Vec<Finding> {
    let loaded = match config::load(inputs) {
        Ok(loaded) => loaded,
        Err(error) => {
            let remedy = "docs/CONFIGURATION.md lists every key; `auth-server config check` says the same as this";
            return error.findings().iter().map(|one| Finding::error("config", one.to_string(), remedy)).collect();
        }
    };
    let mut findings = configuration(&loaded);
    findings.extend(files::examine(&loaded));
    findings.extend(database::examine(&loaded.settings));
    findings.extend(disk::examine(&loaded.settings));
    findings.extend(hashing::examine(&loaded.settings));
    findings.extend(memory::examine(&loaded.settings));
    findings.push(connections::examine(&loaded.settings, descriptors::most()));
    findings
}

/// Looks at the server through an address by which clients reach it. Nothing where the configuration cannot be read: that
/// is told by [`examine`].
pub fn examine_public(inputs: &Inputs, url: &str) -> Vec<Finding> {
    config::load(inputs).map(|loaded| public::examine(&loaded.settings, url)).unwrap_or_default()
}

fn configuration(loaded: &Loaded) -> Vec<Finding> {
    let settings = &loaded.settings;
    let mut findings =
        vec![Finding::ok("config", "every key and every AUTH_* variable is known and has an allowed value")];
    findings
        .extend(loaded.warnings.iter().map(|text| Finding::warning("config", text, "change or unset what it names")));
    if let Err(error) = assemble::check(settings) {
        findings.push(Finding::of("config", error));
    }
    if cfg!(debug_assertions) {
        let text = "this is a debug build: everything but the hashes is several times slower";
        findings.push(Finding::warning("build", text, "build with `cargo build --release`"));
    }
    if settings.token.algorithm == Algorithm::Hs256 {
        let text = "access tokens are signed by a shared secret (HS256): whoever verifies them can also make them";
        findings.push(Finding::warning("tokens", text, "unset token.hs256_secret where no service needs it"));
    }
    // The `max-age` of the key set.
    if settings.token.key_rotation.is_some() && settings.token.key_publish_ahead < KEY_SET_AGE {
        let text = "the next signing key is published for less than five minutes before it signs, and services may keep the key \
                    set that long: a rotation makes them refuse tokens";
        findings.push(Finding::warning("tokens", text, "set token.key_publish_ahead to 24h"));
    }
    if settings.public_url.starts_with("https://") && settings.server.trusted_proxies.is_empty() {
        let text = "public_url is https, which a proxy must end, and no proxy is trusted: every client counts as one, the proxy";
        let remedy = "set server.trusted_proxies to the addresses by which the proxy reaches this server";
        findings.push(Finding::warning("proxies", text, remedy));
    }
    // NIST SP 800-63B-4, section 3.1.1.2.
    if settings.password.min_length < 15 {
        let text = format!(
            "passwords of {} characters are taken; NIST SP 800-63B-4 wants 15 where a password is the only factor",
            settings.password.min_length
        );
        findings.push(Finding::warning("passwords", text, "set password.min_length = 15"));
    }
    if !settings.limits.enabled {
        let text = "limits.enabled is false: every password may be tried as often as this machine can hash";
        findings.push(Finding::warning(
            "limits",
            text,
            "set limits.enabled = true; limits.exempt spares your own networks",
        ));
    }
    findings
}

#[cfg(test)]
mod tests;
