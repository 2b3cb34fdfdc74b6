//! Whether the database answers, and whether its schema is that of this build.

use auth_core::StoreExt as _;

use super::files::{database_file, with_suffix};
use super::{Finding, Severity, clock, keys};
use crate::assemble;
use crate::config::Settings;

pub(super) fn examine(settings: &Settings) -> Vec<Finding> {
    let mut findings = Vec::new();
    let file = database_file(settings.database.url.expose());
    if let Some(path) = file.as_ref().filter(|path| !path.exists()) {
        // Opening it would make it.
        let text = format!("there is no {} yet; the server makes it when it starts", path.display());
        return vec![Finding::ok("database", text)];
    }
    let store = match assemble::open_store(&settings.database) {
        Ok(store) => store,
        Err(error) => return vec![Finding::of("database", error)],
    };
    findings.push(Finding::ok("database", format!("{} answers", store.backend())));
    if let (Some(path), None) = (&file, &settings.secrets.keys) {
        let keys = with_suffix(path, ".keys");
        if !keys.exists() && !store.is_new().unwrap_or(false) {
            let text = format!("the database has data, and its root key file {} is missing", keys.display());
            let remedy = "restore it from a backup, or set secrets.keys (AUTH_SECRETS_KEYS) to what it held";
            findings.push(Finding::error("keys", text, remedy));
        }
    } else if file.is_none() && settings.secrets.keys.is_none() {
        let text = "secrets.keys is not set, and PostgreSQL needs a root key, the same on every instance";
        findings.push(Finding::error(
            "keys",
            text,
            "export AUTH_SECRETS_KEYS=\"main:$(openssl rand -base64 32)\", and keep it",
        ));
    }
    findings.extend(clock::of_database(settings, &store));
    let schema = schema(settings, &store);
    let is_current = schema.severity == Severity::Ok && store.check_schema().is_ok();
    findings.push(schema);
    if is_current {
        findings.extend(keys::examine(settings, &store));
        findings.extend(old_hashes(settings, &store));
    }
    findings
}

/// Hashes that were made elsewhere, or of another cost. A cost that is refused was named before.
fn old_hashes(settings: &Settings, store: &auth_storage::DieselStore) -> Option<Finding> {
    let (params, _) = assemble::check(settings).ok()?;
    let counted = match store.read(|tx| tx.passwords().classes(64)) {
        Ok(counted) => counted,
        Err(error) => {
            let remedy = "see that the database's user may read its tables";
            return Some(Finding::error("hashes", error.to_string(), remedy));
        }
    };
    let all: u64 = counted.iter().map(|(_, users)| users).sum();
    let old: Vec<_> = counted.iter().filter(|(class, _)| *class != params.class()).collect();
    if old.is_empty() {
        return Some(Finding::ok("hashes", format!("all {all} are of the configured cost")));
    }
    let sum: u64 = old.iter().map(|(_, users)| users).sum();
    let list: Vec<_> = old.iter().map(|(class, users)| format!("{users} of {class}")).collect();
    let text = format!("{sum} of {all} are of another scheme or cost: {}", list.join(", "));
    let remedy = "each is replaced when its owner signs in; accounts whose owners never do are better deleted";
    Some(Finding::warning("hashes", text, remedy))
}

fn schema(settings: &Settings, store: &auth_storage::DieselStore) -> Finding {
    let pending = match store.migration_status() {
        Ok(all) => all.iter().filter(|one| !one.applied).count(),
        Err(error) => {
            return Finding::error("schema", error.to_string(), "see that the database's user may read its tables");
        }
    };
    match (pending, store.check_schema()) {
        (0, Ok(())) => Finding::ok("schema", "it is that of this build"),
        (0, Err(error)) => Finding::error("schema", error.to_string(), "run the release that made it, or a newer one"),
        (count, _) if settings.database.migrate_on_start => {
            Finding::ok("schema", format!("{count} migrations are missing; the server applies them when it starts"))
        }
        (count, _) => Finding::error(
            "schema",
            format!("{count} migrations are missing, and database.migrate_on_start is off"),
            "auth-server migrate run",
        ),
    }
}
