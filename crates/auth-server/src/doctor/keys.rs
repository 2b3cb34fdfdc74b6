//! The signing keys and the root keys: how old, in which state, needed or missing.

use auth_core::service::{KeyListing, RootKeyReport};
use auth_core::time::{Clock as _, SystemClock, Timestamp};
use auth_core::token::KeyState;
use auth_storage::DieselStore;

use super::Finding;
use crate::assemble;
use crate::config::Settings;

/// A key that is rotated by hand signs no longer than this without being named (NIST SP 800-57 part 1, table 1: one to
/// three years for a private signature key).
const OLD: u64 = 365 * DAY;
const DAY: u64 = 24 * 60 * 60;

/// Of a database whose schema is that of this build.
pub(super) fn examine(settings: &Settings, store: &DieselStore) -> Vec<Finding> {
    // A ring that is missing is told elsewhere, and a new database has none yet.
    let Ok(keys) = assemble::looking_keys(settings, store) else { return Vec::new() };
    let (listed, reports) = match (keys.list(), keys.check_root_keys(settings.session.idle_timeout)) {
        (Ok(listed), Ok(reports)) => (listed, reports),
        (Err(error), _) | (_, Err(error)) => {
            let remedy = "see that the database's user may read its tables";
            return vec![Finding::error("signing", format!("the keys cannot be read: {error}"), remedy)];
        }
    };
    let rotation = settings.token.key_rotation.map(|rotation| rotation.as_secs());
    let mut findings = signing(&listed, rotation, settings.token.algorithm.as_str(), SystemClock.now());
    findings.extend(reports.iter().flat_map(root));
    findings
}

fn signing(listed: &[KeyListing], rotation: Option<u64>, configured: &str, now: Timestamp) -> Vec<Finding> {
    let Some(key) = listed.iter().find(|key| key.state == KeyState::Signing) else {
        if listed.is_empty() {
            return vec![Finding::ok("signing", "there is no signing key yet; the server makes one when it starts")];
        }
        let remedy = "auth-server keys rotate --now";
        return vec![Finding::error("signing", "no key signs: nobody can be given a token", remedy)];
    };
    let age = now.since(key.signs_from).as_secs();
    let text = format!("{} key {} has signed for {} day(s)", key.algorithm, key.id, age / DAY);
    let late = rotation.is_some_and(|rotation| age > rotation + DAY);
    let first = if late {
        let text = format!("{text}, longer than token.key_rotation");
        Finding::warning("signing", text, "see that a server runs, which rotates it; or: auth-server keys rotate")
    } else if rotation.is_none() && age > OLD {
        Finding::warning("signing", text, "auth-server keys rotate; or set token.key_rotation")
    } else if key.algorithm.as_str() != configured {
        let text = format!("{text}, and token.algorithm is {configured}");
        Finding::warning("signing", text, "restart the servers; or: auth-server keys rotate --now")
    } else {
        Finding::ok("signing", text)
    };
    let count = |state| listed.iter().filter(|key| key.state == state).count();
    let rest = format!(
        "{} key(s) published for later, {} that only verify, {} retired",
        count(KeyState::Published),
        count(KeyState::Verifying),
        count(KeyState::Retired)
    );
    vec![first, Finding::ok("signing", rest)]
}

fn root(report: &RootKeyReport) -> Vec<Finding> {
    let id = report.id.as_str();
    let is_needed = report.has_sessions || !report.signing_keys.is_empty();
    let broken = report.signing_keys.iter().filter_map(|key| Some((&key.id, key.trouble.as_ref()?)));
    let mut findings: Vec<_> = broken
        .filter(|_| report.is_present)
        .map(|(key, trouble)| {
            let text = format!("signing key {key} cannot be opened: {trouble}");
            Finding::error("root keys", text, format!("restore its row, or: auth-server keys retire {key}"))
        })
        .collect();
    findings.push(match (report.is_present, report.is_active, is_needed) {
        (false, _, _) => {
            let remedy = format!("append it to secrets.keys, or give it up: auth-server keys drop-root {id}");
            Finding::error("root keys", format!("root key {id} is needed and not in secrets.keys"), remedy)
        }
        (true, true, _) => Finding::ok("root keys", format!("root key {id} is active")),
        (true, false, true) if !report.signing_keys.is_empty() => {
            let text = format!(
                "{} signing key(s) are sealed under root key {id}, which is not active",
                report.signing_keys.len()
            );
            Finding::warning("root keys", text, "auth-server keys reseal")
        }
        (true, false, true) => Finding::ok("root keys", format!("root key {id} is needed by live sessions alone")),
        (true, false, false) => {
            let text = format!("root key {id} is needed by nothing any more");
            Finding::warning("root keys", text, "take it out of secrets.keys on every instance")
        }
    });
    findings
}

#[cfg(test)]
mod tests;
