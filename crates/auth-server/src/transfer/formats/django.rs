//! Django: `dumpdata auth.user` (JSON or JSONL), or the table `auth_user` as CSV. Also of a user model of one's own that has a
//! password and a name, as those on `AbstractUser` do. `is_staff`, `is_superuser` and groups are not brought: what an account may do
//! here is decided here.

use auth_core::service::ImportRecord;

use super::{password, state};
use crate::transfer::fields::Fields;
use crate::transfer::{Incoming, LineFault};

pub(super) fn account(fields: Fields<'_>) -> Result<Option<Incoming>, LineFault> {
    let (key, columns) = match fields.text("model")? {
        Some(_) => ("pk", fields.object("fields")?.ok_or(LineFault::Missing("fields"))?),
        None => ("id", fields),
    };
    // A dump of more than users has models without either.
    let has = |name| columns.names().any(|one| one == name);
    if !has("password") || !(has("username") || has("email")) {
        return Ok(None);
    }
    let name = match columns.text("username")? {
        Some(name) => name,
        None => columns.needed("email").map_err(|_| LineFault::Missing("username"))?,
    };
    let id = fields.uuid(key).unwrap_or_default();
    let number = if id.is_none() { fields.number(key)? } else { None };
    // `!` and what follows on it: `set_unusable_password`.
    let hash = columns.text("password")?.filter(|hash| !hash.starts_with('!'));
    Ok(Some(Incoming::of(ImportRecord {
        id,
        legacy_id: number,
        state: columns.flag("is_active")?.map(|is_active| state(!is_active)),
        password: hash.map(|hash| password(hash, None)),
        created_at: columns.instant("date_joined")?,
        ..ImportRecord::named(name)
    })))
}
