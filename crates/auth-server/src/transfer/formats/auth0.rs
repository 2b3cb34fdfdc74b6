//! Auth0: the export of password hashes that its support makes (one user a line), and users in the form of its bulk import.

use auth_core::service::{ImportRecord, ImportedPassword};
use auth_core::time::Timestamp;

use super::{password, state};
use crate::transfer::fields::Fields;
use crate::transfer::{Incoming, LineFault};

pub(super) fn account(fields: Fields<'_>) -> Result<Incoming, LineFault> {
    let object_id = fields.object("_id")?.map(|id| id.text("$oid")).transpose()?.flatten();
    let source_id = match fields.text("alt_id")? {
        Some(id) => Some(id),
        None => object_id.or(fields.text("user_id")?),
    };
    let created_at = match fields.instant("created_at")? {
        Some(at) => Some(at),
        None => object_id.and_then(made_at),
    };
    let record = ImportRecord {
        state: fields.flag("blocked")?.map(state),
        password: secret(fields)?,
        created_at,
        ..ImportRecord::named(name(fields)?)
    };
    Ok(Incoming { record, source_id: source_id.map(str::to_owned) })
}

fn name(fields: Fields<'_>) -> Result<&str, LineFault> {
    for member in ["username", "email"] {
        if let Some(name) = fields.text(member)? {
            return Ok(name);
        }
    }
    // Some users have them here alone.
    let identifiers = fields.objects("identifiers")?;
    for kind in ["username", "email", "phone"] {
        for identifier in &identifiers {
            if identifier.text("type")? == Some(kind) {
                return identifier.needed("value");
            }
        }
    }
    Err(LineFault::Other("it has no username, no email address and no identifier"))
}

fn secret(fields: Fields<'_>) -> Result<Option<ImportedPassword>, LineFault> {
    let changed_at = fields.object("password_set_date")?.map(|date| date.instant("$date")).transpose()?.flatten();
    for member in ["passwordHash", "password_hash"] {
        if let Some(hash) = fields.text(member)? {
            return Ok(Some(password(hash, changed_at)));
        }
    }
    let Some(custom) = fields.object("custom_password_hash")? else { return Ok(None) };
    let hash = custom.object("hash")?.ok_or(LineFault::Missing("custom_password_hash.hash"))?;
    // bcrypt, Argon2 and PBKDF2 come as whole strings; the others in parts, and are too fast, but for scrypt.
    match custom.text("algorithm")? {
        Some("bcrypt" | "argon2" | "pbkdf2") => Ok(Some(password(hash.needed("value")?, changed_at))),
        _ => Err(LineFault::Other("`custom_password_hash` is of an algorithm that is not brought over")),
    }
}

/// `ObjectId`s of `MongoDB` begin with the second in which they were made.
fn made_at(object_id: &str) -> Option<Timestamp> {
    let is_one = object_id.len() == 24 && object_id.bytes().all(|byte| byte.is_ascii_hexdigit());
    let seconds = i64::from_str_radix(object_id.get(..8).filter(|_| is_one)?, 16).ok()?;
    Some(Timestamp::from_unix_seconds(seconds))
}
