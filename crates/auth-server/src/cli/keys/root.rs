//! `keys reseal`, `keys drop-root` and `keys check`.

use std::time::Duration;

use auth_core::root_keys::RootKeyId;
use auth_core::service::{DropRootError, RequestContext, ResealError, RootKeyReport, SigningKeys};
use auth_core::token::KeyState;
use serde_json::json;

use crate::cli::output::{print, print_json, print_line};
use crate::cli::{Context, Failure, Output};

/// Keys sealed anew between two looks at how many are left.
const BATCH: usize = 100;

pub(super) fn reseal(context: &Context, keys: &SigningKeys, actor: &RequestContext) -> Result<(), Failure> {
    let mut done = 0;
    loop {
        let resealed = keys.reseal(BATCH, actor).map_err(|error| match &error {
            ResealError::Closed(key, _) => {
                let Failure::Failed(text) = Failure::of(&error) else { return Failure::of(&error) };
                Failure::Failed(format!(
                    "{text}\n  append the root key that it needs to secrets.keys, or retire it: auth-server keys retire {key}"
                ))
            }
            _ => Failure::of(&error),
        })?;
        done += resealed.done.len();
        if resealed.left == 0 {
            break;
        }
    }
    match context.output {
        Output::Json => print_json(&json!({"resealed": done})),
        Output::Table => print(&format!("{done} key(s) sealed anew under the active root key\n")),
    }
}

pub(super) fn drop_root(
    context: &Context,
    keys: &SigningKeys,
    id: &RootKeyId,
    idle: Duration,
    actor: &RequestContext,
) -> Result<(), Failure> {
    let known = keys.check_root_keys(idle).map_err(|error| Failure::of(&error))?;
    if !known.iter().any(|report| report.id == *id) {
        return Err(Failure::Failed(format!(
            "nothing knows a root key `{id}`: secrets.keys has none of that id, and nothing in the database needs it\n  \
             `auth-server keys check` lists those that there are"
        )));
    }
    let ended = keys.drop_root_key(id, idle, actor).map_err(|error| match error {
        DropRootError::Active(_) => Failure::Failed(format!(
            "root key `{id}` is the active one: new sessions are born under it\n  \
             put another key before it in secrets.keys on every instance, and restart them"
        )),
        DropRootError::Sealed(_, sealed) => {
            let sealed: Vec<_> = sealed.iter().map(|key| format!("`{key}`")).collect();
            Failure::Failed(format!(
                "signing keys are sealed under root key `{id}`: {}\n  \
                 auth-server keys reseal; or, where root key `{id}` is lost, retire each of them: auth-server keys retire ID",
                sealed.join(", ")
            ))
        }
        other => Failure::of(&other),
    })?;
    match context.output {
        Output::Json => print_json(&json!({"root_key": id.as_str(), "sessions_ended": ended})),
        Output::Table => {
            print(&format!("{ended} session(s) ended; root key `{id}` can be taken out of secrets.keys\n"))
        }
    }
}

pub(super) fn check(context: &Context, keys: &SigningKeys, idle: Duration) -> Result<(), Failure> {
    let reports = keys.check_root_keys(idle).map_err(|error| Failure::of(&error))?;
    match context.output {
        Output::Json => print_json(&json!({"root_keys": reports.iter().map(to_json).collect::<Vec<_>>()}))?,
        Output::Table => reports.iter().try_for_each(|report| print_line(&to_line(report)))?,
    }
    let faults: Vec<String> = reports.iter().flat_map(faults).collect();
    if faults.is_empty() { Ok(()) } else { Err(Failure::Failed(faults.join("\n"))) }
}

/// What keeps the server from starting.
fn faults(report: &RootKeyReport) -> Vec<String> {
    let mut faults = Vec::new();
    let needed = || report.signing_keys.iter().filter(|key| key.state != KeyState::Retired);
    if !report.is_present && (report.has_sessions || needed().next().is_some()) {
        let retire = needed().map(|key| format!("auth-server keys retire {}", key.id));
        let drop = report.has_sessions.then(|| format!("auth-server keys drop-root {}", report.id));
        let commands: Vec<String> = retire.chain(drop).collect();
        faults.push(format!(
            "root key `{}` is needed and not in secrets.keys: append it, or give it up: {}",
            report.id,
            commands.join("; ")
        ));
    }
    for key in needed() {
        if let Some(trouble) = key.trouble.as_ref().filter(|_| report.is_present) {
            faults.push(format!(
                "signing key `{0}` cannot be opened: {trouble}\n  restore its row, or auth-server keys retire {0}",
                key.id
            ));
        }
    }
    faults
}

fn to_line(report: &RootKeyReport) -> String {
    let place = match (report.is_active, report.is_present) {
        (true, _) => "active",
        (false, true) => "present",
        (false, false) => "MISSING",
    };
    let sessions = if report.has_sessions { "live sessions" } else { "no sessions" };
    format!("{place:<8} {:<32} {} signing key(s), {sessions}", report.id.as_str(), report.signing_keys.len())
}

fn to_json(report: &RootKeyReport) -> serde_json::Value {
    let key = |key: &auth_core::service::SealedKey| json!({"id": key.id.as_str(), "state": key.state.as_str(), "trouble": key.trouble.as_ref().map(ToString::to_string)});
    json!({
        "id": report.id.as_str(),
        "active": report.is_active,
        "present": report.is_present,
        "signing_keys": report.signing_keys.iter().map(key).collect::<Vec<_>>(),
        "has_sessions": report.has_sessions,
    })
}
