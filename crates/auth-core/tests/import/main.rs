//! Accounts that are brought from elsewhere, batch by batch, and taken out again.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod conflicts;
mod export;
mod faults;
#[path = "../support/mod.rs"]
mod support;
mod verdicts;

use auth_core::AuthService;
use auth_core::id::UserId;
use auth_core::password::{Password, PasswordHash};
use auth_core::role::Role;
use auth_core::service::{
    Authority, ImportRecord, ImportSettings, ImportVerdict, ImportedPassword, ManagedUser, OnConflict, RequestContext,
};
use auth_core::testing::CheapHasher;
use auth_core::time::Timestamp;

use support::PASSWORD;

const UPDATE: ImportSettings = ImportSettings { on_conflict: OnConflict::Update, check_names: false, dry_run: false };

fn id(last: u8) -> UserId {
    format!("019a4f5e-7b3c-7d1e-8f2a-3b4c5d6e7f{last:02x}").parse().unwrap()
}

fn hash(password: &str) -> PasswordHash {
    CheapHasher::stale(&Password::new(password))
}

#[expect(clippy::unnecessary_wraps, reason = "as records have it")]
fn password(text: &str, changed_at: Option<i64>) -> Option<ImportedPassword> {
    Some(ImportedPassword { hash: hash(text), changed_at: changed_at.map(Timestamp::from_unix_seconds) })
}

/// With the usual password.
fn named(name: &str) -> ImportRecord {
    ImportRecord { password: password(PASSWORD, None), ..ImportRecord::named(name) }
}

fn by() -> RequestContext {
    RequestContext::of(auth_core::audit::Actor::Command("root".to_owned()))
}

fn bring(service: &AuthService, records: &[ImportRecord], settings: ImportSettings) -> Vec<ImportVerdict> {
    service.import_batch(records, settings, &by()).unwrap()
}

fn bring_one(service: &AuthService, record: &ImportRecord, settings: ImportSettings) -> ImportVerdict {
    bring(service, std::slice::from_ref(record), settings).remove(0)
}

fn created(verdict: ImportVerdict) -> UserId {
    match verdict {
        ImportVerdict::Created(user) => user.id,
        other => panic!("{other:?}"),
    }
}

fn shown(service: &AuthService, name: &str) -> ManagedUser {
    service.user_named(Authority::Operator, name).unwrap()
}

#[expect(clippy::unnecessary_wraps, reason = "as records have it")]
fn roles(names: &[&str]) -> Option<std::collections::BTreeSet<Role>> {
    Some(names.iter().map(|name| Role::parse(name).unwrap()).collect())
}
