//! Our own: NDJSON as `user export` writes it, and the same as a table. Strict, for a misspelt name would be a hash that is lost.

use std::collections::BTreeSet;

use auth_core::id::UserId;
use auth_core::role::Role;
use auth_core::service::{ImportRecord, ImportedPassword};

use super::{password, state};
use crate::transfer::fields::Fields;
use crate::transfer::{Incoming, LineFault};

/// What a row may have.
pub(super) const COLUMNS: [&str; 9] = [
    "id",
    "username",
    "disabled",
    "roles",
    "legacy_id",
    "created_at",
    "updated_at",
    "password_hash",
    "password_changed_at",
];
const MEMBERS: [&str; 8] = ["id", "username", "disabled", "roles", "legacy_id", "created_at", "updated_at", "password"];

pub(super) fn line(fields: Fields<'_>) -> Result<Incoming, LineFault> {
    known(fields, &MEMBERS)?;
    let hash = match fields.object("password")? {
        Some(secret) => {
            known(secret, &["hash", "changed_at"])?;
            Some(password(secret.needed("hash")?, secret.instant("changed_at")?))
        }
        None => None,
    };
    account(fields, hash)
}

pub(super) fn row(fields: Fields<'_>) -> Result<Incoming, LineFault> {
    let changed_at = fields.instant("password_changed_at")?;
    let hash = fields.text("password_hash")?.map(|hash| password(hash, changed_at));
    account(fields, hash)
}

fn account(fields: Fields<'_>, password: Option<ImportedPassword>) -> Result<Incoming, LineFault> {
    let id = fields.text("id")?.map(str::parse::<UserId>);
    let wrong = LineFault::Wrong("roles", "a list of names of 1 to 32 of a-z, 0-9, - and _, a letter first");
    let role = |name: &str| Role::parse(name).ok_or(wrong);
    let roles = fields.words("roles")?.map(|names| names.into_iter().map(role).collect::<Result<BTreeSet<_>, _>>());
    Ok(Incoming::of(ImportRecord {
        id: id.transpose().map_err(|_| LineFault::Wrong("id", "a hyphenated lower-case UUID"))?,
        legacy_id: fields.number("legacy_id")?,
        state: fields.flag("disabled")?.map(state),
        roles: roles.transpose()?,
        password,
        created_at: fields.instant("created_at")?,
        updated_at: fields.instant("updated_at")?,
        ..ImportRecord::named(fields.needed("username")?)
    }))
}

fn known(fields: Fields<'_>, names: &[&str]) -> Result<(), LineFault> {
    if fields.names().all(|name| names.contains(&name)) {
        Ok(())
    } else {
        Err(LineFault::Other("it has a member that means nothing here (docs/IMPORT.md has the list)"))
    }
}
